// SPDX-License-Identifier: GPL-2.0
/*
 * Posting send work requests.
 *
 * A work request is checked against the driver's table of operations, copied
 * into the next slot of the send ring, its scatter list resolved into
 * references to memory regions, and numbered; then the head moves and the slot
 * belongs to the send engine, which completes it by moving s_last.  Nothing is
 * kept of a work request that is refused.
 *
 * Registering, invalidating and binding memory are done right here if they can
 * be.
 * Such a work request takes a slot (RVT_SEND_COMPLETION_ONLY) only to have its
 * completion come in turn, and none if nobody asked for one.  What is posted
 * in the error state is not done but flushed, so it takes a slot always.
 *
 * Inline data are copied into the slot when the work request is posted: its
 * first element then points to the others, which are not used as such.  What a
 * process posts is fetched before the lock is taken, for fetching may sleep.
 *
 * A single work request on an idle queue is sent in the poster's context, the
 * shortest way; otherwise the driver's send engine is scheduled.
 *
 * Locking: s_hlock guards the producer's side of the ring.  The consumer moves
 * s_last without it, by store-release once it has read all of the slot.
 */
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "mr.h"
#include "mw.h"
#include "post.h"
#include "qp.h"
#include "trace_tx.h"

/* Flags above these are the library's own. */
#define USER_SEND_FLAGS		(IB_SEND_RESERVED_START - 1)

/* Does the operation write to the memory in its scatter list? */
static bool writes_locally(enum ib_wr_opcode opcode)
{
	switch (opcode) {
	case IB_WR_RDMA_READ:
	case IB_WR_RDMA_READ_WITH_INV:
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
	case IB_WR_MASKED_ATOMIC_CMP_AND_SWP:
	case IB_WR_MASKED_ATOMIC_FETCH_AND_ADD:
		return true;
	default:
		/* A driver's own operations might. */
		return opcode >= IB_WR_RESERVED1;
	}
}

/* What the flags of an operation demand. */
static int check_operation_flags(struct rvt_qp *qp, u32 flags,
				 const struct ib_send_wr *wr)
{
	if ((flags & RVT_OPERATION_PRIV) && ibpd_to_rvtpd(qp->ibqp.pd)->user)
		return -EINVAL;
	if ((flags & RVT_OPERATION_ATOMIC) && !qp->s_max_rd_atomic)
		return -EINVAL;
	if ((flags & RVT_OPERATION_ATOMIC_SGE) &&
	    (wr->num_sge < 1 || wr->sg_list[0].length < sizeof(u64) ||
	     !IS_ALIGNED(wr->sg_list[0].addr, sizeof(u64))))
		return -EINVAL;
	return 0;
}

/**
 * rvt_qp_valid_operation - may this queue pair do that?
 * @qp: the queue pair
 * @post_parms: the driver's table of operations
 * @wr: the work request
 *
 * Context: any, s_hlock held.
 * Return: how many bytes of the work request are to be copied, or -EINVAL.
 */
int rvt_qp_valid_operation(struct rvt_qp *qp,
			   const struct rvt_operation_params *post_parms,
			   const struct ib_send_wr *wr)
{
	const struct rvt_operation_params *op;
	struct ib_ah *ah;
	int ret;

	if ((u32)wr->opcode >= RVT_OPERATION_MAX)
		return -EINVAL;
	op = &post_parms[wr->opcode];
	if (!op->length || !(op->qpt_support & BIT(qp->ibqp.qp_type)))
		return -EINVAL;
	ret = check_operation_flags(qp, op->flags, wr);
	if (ret)
		return ret;

	if (qp->allowed_ops != IB_OPCODE_UD)
		return op->length;

	ah = ud_wr(wr)->ah;
	if (!ah || ah->pd != qp->ibqp.pd)
		return -EINVAL;
	return sizeof(struct ib_ud_wr);
}

/**
 * rvt_qp_is_avail - is there room in the send ring?
 * @qp: the queue pair
 * @rdi: its device
 * @reserved_op: the operation may use the slots that are kept back for it
 *
 * s_avail counts the slots that are free for certain; only when it is used up
 * it is computed anew from where the consumer has got to.
 *
 * Context: any, s_hlock held.
 * Return: 0 or -ENOMEM.
 */
int rvt_qp_is_avail(struct rvt_qp *qp, struct rvt_dev_info *rdi,
		    bool reserved_op)
{
	u32 last, in_use;
	int avail, kept_back;

	lockdep_assert_held(&qp->s_hlock);

	if (unlikely(reserved_op))
		return atomic_read(&qp->s_reserved_used) <
		       rdi->dparms.reserved_operations ? 0 : -ENOMEM;
	if (likely(qp->s_avail))
		return 0;

	/*
	 * rvt_qp_wqe_unreserve() counts down before s_last moves: so read
	 * s_last first, and the count is not too high for it.
	 */
	last = smp_load_acquire(&qp->s_last);
	kept_back = rdi->dparms.reserved_operations -
		    atomic_read(&qp->s_reserved_used);
	in_use = qp->s_head >= last ? qp->s_head - last :
				      qp->s_head + qp->s_size - last;
	avail = (int)(qp->s_size - in_use) - 1 - kept_back;
	if (avail <= 0)
		return -ENOMEM;
	qp->s_avail = avail;
	return 0;
}

/* What is to be done with a work request that concerns local memory only. */
enum local_fate {
	LOCAL_NOT,	/* it is of another kind */
	LOCAL_NOW,	/* before rvt_post_one_wr() returns */
	LOCAL_IN_TURN,	/* by the send engine, or flushed by it */
};

static enum local_fate local_fate(struct rvt_qp *qp, u32 op_flags,
				  const struct ib_send_wr *wr)
{
	if (!(op_flags & RVT_OPERATION_LOCAL))
		return LOCAL_NOT;
	if (rvt_qp_may(qp, RVT_FLUSH_SEND))
		return LOCAL_IN_TURN;
	if (wr->opcode != IB_WR_REG_MR &&
	    ((wr->send_flags & IB_SEND_FENCE) ||
	     atomic_read(&qp->local_ops_pending)))
		return LOCAL_IN_TURN;
	return LOCAL_NOW;
}

static int do_local(struct rvt_qp *qp, const struct ib_send_wr *wr)
{
	switch (wr->opcode) {
	case IB_WR_REG_MR:
		return rvt_fast_reg_mr(qp, reg_wr(wr)->mr, reg_wr(wr)->key,
				       reg_wr(wr)->access);
	case IB_WR_LOCAL_INV:
		return rvt_invalidate_rkey(qp, wr->ex.invalidate_rkey);
	case IB_WR_BIND_MW:
		return rvt_bind_mw(qp, rvt_bind_mw_wr(wr));
	default:
		return -EINVAL;
	}
}

static bool wants_completion(struct rvt_qp *qp, const struct ib_send_wr *wr)
{
	return !(READ_ONCE(qp->s_flags) & RVT_S_SIGNAL_REQ_WR) ||
	       (wr->send_flags & IB_SEND_SIGNALED);
}

/* The flag means nothing for an operation that sends no data. */
static bool is_inline(const struct ib_send_wr *wr)
{
	if (!(wr->send_flags & IB_SEND_INLINE))
		return false;
	switch (wr->opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
	case IB_WR_SEND_WITH_INV:
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return true;
	default:
		return false;
	}
}

/* How much there is of inline data, or -EINVAL for more than a slot holds. */
static int inline_length(const struct rvt_qp *qp, const struct ib_send_wr *wr)
{
	u32 max = rvt_max_inline(qp->s_max_sge), length = 0;
	int i;

	for (i = 0; i < wr->num_sge; i++) {
		if (wr->sg_list[i].length > max - length)
			return -EINVAL;
		length += wr->sg_list[i].length;
	}
	return length;
}

/* Copy inline data into a slot, from the kernel's memory or the stage. */
static int copy_inline(struct rvt_qp *qp, const struct ib_send_wr *wr,
		       void *to, u32 length)
{
	struct rvt_qp_extra *extra = rvt_qp_extra(qp);
	int i;

	if (!rvt_is_user_qp(qp)) {
		for (i = 0; i < wr->num_sge; i++) {
			memcpy(to, (void *)(uintptr_t)wr->sg_list[i].addr,
			       wr->sg_list[i].length);
			to += wr->sg_list[i].length;
		}
		return 0;
	}

	if (length > extra->inline_left)
		return -EFAULT;
	memcpy(to, extra->inline_data, length);
	extra->inline_data += length;
	extra->inline_left -= length;
	return 0;
}

static int fill_inline(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       const struct ib_send_wr *wr)
{
	int ret, length = inline_length(qp, wr);

	if (length <= 0)
		return length;
	ret = copy_inline(qp, wr, &wqe->sg_list[1], length);
	if (ret)
		return ret;
	ret = rvt_point_at_memory(ib_to_rvt(qp->ibqp.device),
				  &wqe->sg_list[0], &wqe->sg_list[1], length);
	if (ret)
		return ret;
	wqe->wr.num_sge = 1;
	wqe->length = length;
	return 0;
}

/*
 * Resolve the scatter list.  The slot then counts the entries that are in use,
 * each with a reference to its memory region.
 */
static int fill_sges(struct rvt_qp *qp, struct rvt_swqe *wqe,
		     const struct ib_send_wr *wr)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	struct rvt_pd *pd = ibpd_to_rvtpd(qp->ibqp.pd);
	int acc = writes_locally(wr->opcode) ? IB_ACCESS_LOCAL_WRITE : 0;
	struct rvt_sge *last = NULL;
	int i, ret;

	for (i = 0; i < wr->num_sge; i++) {
		struct rvt_sge *sge = &wqe->sg_list[wqe->wr.num_sge];

		if (!wr->sg_list[i].length)
			continue;
		if (check_add_overflow(wqe->length, wr->sg_list[i].length,
				       &wqe->length))
			return -EINVAL;
		ret = rvt_lkey_ok(&rdi->lkey_table, pd, sge, last,
				  &wr->sg_list[i], acc);
		if (unlikely(ret < 0))
			return ret;
		if (ret) {
			wqe->wr.num_sge++;
			last = sge;
		}
	}
	return 0;
}

/* One packet asks and one answers, whatever room there is for the answer. */
static bool is_atomic(const struct rvt_qp *qp, const struct rvt_swqe *wqe)
{
	const struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);

	return rdi->post_parms[wqe->wr.opcode].flags & RVT_OPERATION_ATOMIC_SGE;
}

/* Packet and request numbers, as if the slot were taken for certain. */
static void number_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe, bool local)
{
	u8 log_pmtu = qp->log_pmtu;

	if (local) {
		wqe->ssn = 0;
		wqe->psn = 0;
		wqe->lpsn = 0;
		return;
	}

	if (qp->allowed_ops == IB_OPCODE_UD)
		log_pmtu = rvt_get_swqe_ah(wqe)->log_pmtu;
	wqe->ssn = qp->s_ssn;
	wqe->psn = qp->s_next_psn;
	wqe->lpsn = wqe->psn;
	if (wqe->length && !is_atomic(qp, wqe))
		wqe->lpsn += (wqe->length - 1) >> log_pmtu;
}

/*
 * Fill a slot that is not published yet.  On failure it holds no references.
 */
static int build_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe,
		     const struct ib_send_wr *wr, size_t length, bool local,
		     bool *call_send)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	int ret = 0;

	memcpy(&wqe->ud_wr, wr, length);
	wqe->wr.send_flags &= USER_SEND_FLAGS;
	wqe->wr.num_sge = 0;
	wqe->length = 0;

	if (qp->allowed_ops == IB_OPCODE_UD)
		rdma_copy_ah_attr(wqe->ud_wr.attr,
				  &rvt_get_swqe_ah(wqe)->attr);
	if (is_inline(wr))
		ret = fill_inline(qp, wqe, wr);
	else if (!local)
		ret = fill_sges(qp, wqe, wr);
	if (!ret) {
		number_wqe(qp, wqe, local);
		if (rdi->driver_f.setup_wqe)
			ret = rdi->driver_f.setup_wqe(qp, wqe, call_send);
	}
	if (ret < 0)
		rvt_put_qp_swqe(qp, wqe);
	return min(ret, 0);
}

/* The slot at the head is complete: number the next one, hand this one over. */
static void publish_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe, bool local,
			bool reserved_op)
{
	if (!local) {
		qp->s_ssn++;
		qp->s_next_psn = wqe->lpsn + 1;
	}
	if (unlikely(reserved_op)) {
		wqe->wr.send_flags |= RVT_SEND_RESERVE_USED;
		rvt_qp_wqe_reserve(qp, wqe);
	} else {
		qp->s_avail--;
	}
	/* The engine reads the head, then the slot. */
	smp_store_release(&qp->s_head, rvt_qp_swqe_incr(qp, qp->s_head));
}

/**
 * rvt_post_one_wr - post one send work request
 * @qp: the queue pair
 * @wr: the work request
 * @call_send: the driver may clear it to have the send engine scheduled rather
 *	than called
 *
 * Context: any, s_hlock held.
 * Return: 0; -EINVAL for an operation, a key or a scatter list that will not
 * do, or for too much inline data; -EFAULT for inline data that cannot be read;
 * -ENOMEM when the queue is full; what registering memory or the driver
 * returned.
 */
int rvt_post_one_wr(struct rvt_qp *qp, const struct ib_send_wr *wr,
		    bool *call_send)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	struct rvt_swqe *wqe;
	enum local_fate fate;
	bool reserved_op;
	int length, ret;
	u32 op_flags;

	lockdep_assert_held(&qp->s_hlock);
	BUILD_BUG_ON(IB_WR_RESERVED10 >= RVT_OPERATION_MAX);
	BUILD_BUG_ON(sizeof(struct rvt_bind_mw_wr) >
		     offsetof(struct rvt_swqe, psn));

	if ((u32)wr->num_sge > qp->s_max_sge)
		return -EINVAL;
	length = rvt_qp_valid_operation(qp, rdi->post_parms, wr);
	if (length < 0)
		return length;

	op_flags = rdi->post_parms[wr->opcode].flags;
	fate = local_fate(qp, op_flags, wr);
	if (fate == LOCAL_NOW && !wants_completion(qp, wr))
		return do_local(qp, wr);

	reserved_op = op_flags & RVT_OPERATION_USE_RESERVE;
	ret = rvt_qp_is_avail(qp, rdi, reserved_op);
	if (ret)
		return ret;

	wqe = rvt_get_swqe_ptr(qp, qp->s_head);
	ret = build_wqe(qp, wqe, wr, length, fate != LOCAL_NOT, call_send);
	if (ret)
		return ret;
	if (fate == LOCAL_NOW) {
		/* A slot of this kind holds no references to undo. */
		ret = do_local(qp, wr);
		if (ret)
			return ret;
		wqe->wr.send_flags |= RVT_SEND_COMPLETION_ONLY;
	} else if (rvt_wqe_is_late(wqe)) {
		atomic_inc(&qp->local_ops_pending);
	}
	publish_wqe(qp, wqe, fate != LOCAL_NOT, reserved_op);
	trace_rvt_post_one_wr(qp, wqe, wr->num_sge);
	return 0;
}

/* Bytes of inline data in the list, as far as it can be posted at all. */
static size_t list_inline_length(const struct rvt_qp *qp,
				 const struct ib_send_wr *wr)
{
	u32 slots = qp->s_size;
	size_t sum = 0;
	int length;

	for (; wr && slots--; wr = wr->next) {
		if (!is_inline(wr) || (u32)wr->num_sge > qp->s_max_sge)
			continue;
		length = inline_length(qp, wr);
		if (length < 0)
			break;
		sum += length;
	}
	return sum;
}

/* Fetch @want bytes of inline data; returns how many could be read. */
static size_t fetch_inline(const struct rvt_qp *qp, const struct ib_send_wr *wr,
			   u8 *to, size_t want)
{
	size_t done = 0;
	int i;

	for (; wr && done < want; wr = wr->next) {
		if (!is_inline(wr) || (u32)wr->num_sge > qp->s_max_sge)
			continue;
		for (i = 0; i < wr->num_sge; i++) {
			u32 length = wr->sg_list[i].length;

			if (copy_from_user(to + done,
					   u64_to_user_ptr(wr->sg_list[i].addr),
					   length))
				return done;
			done += length;
		}
	}
	return done;
}

/* Where inline data of a process wait until there is a slot for them. */
struct stage {
	u8 *data;
	size_t len;
	u8 few[128];	/* what most posts have needs no allocation */
};

/*
 * Inline data of a process, to be used up by copy_inline().  One that cannot
 * be read ends the stage, and posting there.
 */
static int stage_inline(struct rvt_qp *qp, const struct ib_send_wr *wr,
			struct stage *stage)
{
	size_t want = 0;

	stage->data = stage->few;
	stage->len = 0;
	if (rvt_is_user_qp(qp))
		want = list_inline_length(qp, wr);
	if (!want)
		return 0;
	if (want > sizeof(stage->few)) {
		stage->data = kvmalloc(want, GFP_KERNEL);
		if (!stage->data)
			return -ENOMEM;
	}
	stage->len = fetch_inline(qp, wr, stage->data, want);
	return 0;
}

static void clear_stage(struct stage *stage)
{
	if (stage->data != stage->few)
		kvfree(stage->data);
}

/* Post what can be of a list.  Returns how many there are, and the error. */
static unsigned int post_list(struct rvt_qp *qp, const struct ib_send_wr *wr,
			      const struct ib_send_wr **bad_wr,
			      bool *call_send, int *ret)
{
	unsigned int posted = 0;

	lockdep_assert_held(&qp->s_hlock);

	*call_send = !wr->next && qp->s_head == READ_ONCE(qp->s_last);
	for (; wr; wr = wr->next) {
		*ret = rvt_qp_may(qp, RVT_POST_SEND_OK) ?
		       rvt_post_one_wr(qp, wr, call_send) : -EINVAL;
		if (unlikely(*ret)) {
			trace_rvt_post_refused(qp, wr, *ret);
			*bad_wr = wr;
			break;
		}
		posted++;
	}
	return posted;
}

/**
 * rvt_post_send - the post_send verb
 * @ibqp: the queue pair
 * @wr: list of work requests
 * @bad_wr: set to the first one refused
 *
 * Work requests before the one that is refused stay posted.
 *
 * InfiniBand Architecture Specification, volume 1, 11.4.1.1.
 *
 * Context: any; process context for inline data of a process.
 * Return: 0; -EINVAL in a state without sending; what rvt_post_one_wr()
 * returned for the one refused.
 */
int rvt_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
		  const struct ib_send_wr **bad_wr)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibqp->device);
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	struct rvt_qp_extra *extra = rvt_qp_extra(qp);
	unsigned long flags;
	unsigned int posted;
	struct stage stage;
	bool call_send;
	int ret;

	/* Programs can post nothing. */
	if (unlikely(!wr))
		return 0;
	ret = stage_inline(qp, wr, &stage);
	if (ret) {
		*bad_wr = wr;
		return ret;
	}

	spin_lock_irqsave(&qp->s_hlock, flags);
	extra->inline_data = stage.data;
	extra->inline_left = stage.len;
	posted = post_list(qp, wr, bad_wr, &call_send, &ret);
	extra->inline_data = NULL;
	extra->inline_left = 0;
	spin_unlock_irqrestore(&qp->s_hlock, flags);
	clear_stage(&stage);

	if (!posted)
		return ret;
	if (call_send)
		rdi->driver_f.do_send(qp);
	else
		rdi->driver_f.schedule_send_no_lock(qp);
	return ret;
}
