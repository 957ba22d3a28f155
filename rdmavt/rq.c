// SPDX-License-Identifier: GPL-2.0
/*
 * Receive rings.
 *
 * A queue pair without a shared receive queue, and every shared receive queue,
 * has a ring of receive work requests.  Whoever posts puts entries in at the
 * head, whoever receives a message takes them out at the tail; head == tail is
 * empty, so a ring of N slots holds N - 1.
 *
 * There are two kinds, with the same entries in the same memory (rq->wq):
 *
 *   private	user space never sees it; kwq->head counts.
 *   shared	user space maps it, writes entries and the head, and reads the
 *		tail.  The kernel reads the head from the ring, and posts there
 *		too if it is asked to through the post_recv command.
 *
 * A shared ring may say anything at any moment.  So the tail the kernel goes
 * by is always kwq->tail, the one in the ring is a copy for the reader; the
 * head is clamped when read; an entry's fields are each read once and checked
 * as they are used, and the slot is given back (by moving the tail) only when
 * all of it has been read.  What a process writes behind our back spoils its
 * own messages and nothing else.
 *
 * Locking: kwq->p_lock guards producing, kwq->c_lock consuming and kwq->count;
 * both together guard the ring's size and place.  p_lock comes before c_lock,
 * both come after the locks of a queue pair and before those of a completion
 * queue.  struct rvt_krwq keeps its place when a shared receive queue is
 * resized, and so do the locks.
 *
 * Export checksums: group "full", see rdmavt.h.
 */
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "mmap.h"
#include "qp.h"
#include "rq.h"
#include "srq.h"
#include "trace_qp.h"

/**
 * rvt_rq_bytes - memory of a ring
 * @size: slots
 * @max_sge: scatter entries a slot has room for
 *
 * Return: bytes, SIZE_MAX if there is no such number.
 */
size_t rvt_rq_bytes(u32 size, u32 max_sge)
{
	return size_add(sizeof(struct rvt_rwq),
			size_mul(size, rvt_rq_stride(max_sge)));
}

/**
 * rvt_alloc_rq - make a receive ring
 * @rq: where
 * @size: slots, one more than it is to hold
 * @max_sge: scatter entries for each, at most 255
 * @node: NUMA node, or NUMA_NO_NODE
 * @user: it is a process's, which is charged
 * @shared: that is going to map it
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int rvt_alloc_rq(struct rvt_rq *rq, u32 size, u32 max_sge, int node,
		 bool user, bool shared)
{
	size_t bytes = rvt_rq_bytes(size, max_sge);

	/* That is what an mmap offset can describe. */
	if (bytes > SZ_2G)
		return -ENOMEM;

	rq->kwq = kvzalloc_node(sizeof(*rq->kwq), GFP_KERNEL, node);
	if (!rq->kwq)
		return -ENOMEM;

	rq->wq = shared ? rvt_alloc_mapped(bytes) :
			  rvt_alloc_private(bytes, user, node);
	if (!rq->wq)
		goto err_free_kwq;

	spin_lock_init(&rq->kwq->p_lock);
	spin_lock_init(&rq->kwq->c_lock);
	spin_lock_init(&rq->lock);
	rq->kwq->curr_wq = rq->wq->wq;
	rq->size = size;
	rq->max_sge = max_sge;
	return 0;

err_free_kwq:
	kvfree(rq->kwq);
	rq->kwq = NULL;
	return -ENOMEM;
}

/**
 * rvt_destroy_rq - free a receive ring
 * @rq: made by rvt_alloc_rq(), or zeroed
 * @ip: describes it to user space and owns its memory, or NULL
 *
 * Context: May sleep.
 */
void rvt_destroy_rq(struct rvt_rq *rq, struct rvt_mmap_info *ip)
{
	if (ip) {
		rvt_put_mmap_info(ip);
		rq->wq = NULL;
	}
	rvt_free_rq(rq);
}

/* Index of the next slot to be filled. */
static u32 rq_head(const struct rvt_rq *rq, bool shared)
{
	u32 head;

	if (!shared) /* pairs with rq_set_head(): the entries are written */
		return smp_load_acquire(&rq->kwq->head);

	head = RDMA_READ_UAPI_ATOMIC(rq->wq->head);
	return likely(head < rq->size) ? head : 0;
}

static u32 rq_next(const struct rvt_rq *rq, u32 index)
{
	return ++index < rq->size ? index : 0;
}

/* The slots up to @tail may be filled again. */
static void rq_set_tail(struct rvt_rq *rq, u32 tail, bool shared)
{
	/* After the last look into the slots: pairs with rvt_rq_produce(). */
	smp_store_release(&rq->kwq->tail, tail);
	if (shared)
		RDMA_WRITE_UAPI_ATOMIC(rq->wq->tail, tail);
}

static void rq_set_head(struct rvt_rq *rq, u32 head, bool shared)
{
	if (shared)
		RDMA_WRITE_UAPI_ATOMIC(rq->wq->head, head);
	else /* pairs with rq_head(): the entry is written */
		smp_store_release(&rq->kwq->head, head);
}

/**
 * rvt_rq_pending - count the receives that wait in a ring
 * @rq: the ring
 * @shared: user space maps it
 *
 * Context: any.  Exact with the ring's locks held, a guess without.
 */
u32 rvt_rq_pending(const struct rvt_rq *rq, bool shared)
{
	u32 count = rq_head(rq, shared) - READ_ONCE(rq->kwq->tail);

	return (s32)count < 0 ? count + rq->size : count;
}

/**
 * rvt_rq_produce - put one receive into a ring
 * @rq: the ring
 * @wr: what to put
 * @shared: user space maps it
 *
 * Context: any; kwq->p_lock held.
 * Return: 0; -EINVAL for too many scatter entries; -ENOMEM when it is full.
 */
int rvt_rq_produce(struct rvt_rq *rq, const struct ib_recv_wr *wr, bool shared)
{
	u32 head = rq_head(rq, shared);
	u32 next = rq_next(rq, head);
	struct rvt_rwqe *wqe;
	int i;

	lockdep_assert_held(&rq->kwq->p_lock);

	if ((u32)wr->num_sge > rq->max_sge)
		return -EINVAL;
	/* Whoever moved the tail is done with the slot: see rq_set_tail(). */
	if (next == smp_load_acquire(&rq->kwq->tail))
		return -ENOMEM;

	wqe = rvt_get_rwqe_ptr(rq, head);
	wqe->wr_id = wr->wr_id;
	wqe->num_sge = wr->num_sge;
	for (i = 0; i < wr->num_sge; i++) {
		wqe->sg_list[i].addr = wr->sg_list[i].addr;
		wqe->sg_list[i].length = wr->sg_list[i].length;
		wqe->sg_list[i].lkey = wr->sg_list[i].lkey;
	}
	rq_set_head(rq, next, shared);
	return 0;
}

/* A completion for a receive that no message will use any more. */
static void flush_one(struct rvt_qp *qp, u64 wr_id)
{
	struct ib_wc wc = {
		.wr_id = wr_id,
		.status = IB_WC_WR_FLUSH_ERR,
		.opcode = IB_WC_RECV,
		.qp = &qp->ibqp,
	};

	/* If it overflows, that has been reported; the state can't get worse. */
	rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), &wc, true);
}

/**
 * rvt_post_recv - the post_recv verb
 * @ibqp: the queue pair
 * @wr: list of receives
 * @bad_wr: set to the first one refused
 *
 * In the error state the receives are completed at once, as flushed, or go
 * behind those that are still to be flushed.  That is decided with p_lock held:
 * rvt_flush_rq() takes it after the state changed, so a receive is either in the
 * ring before the flush or sees the new state.
 *
 * InfiniBand Architecture Specification, volume 1, 11.4.1.2.
 *
 * Context: any.
 * Return: 0; -EINVAL in a state without receives, with a shared receive queue
 * or for too many scatter entries; -ENOMEM when the queue is full.
 */
int rvt_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
		  const struct ib_recv_wr **bad_wr)
{
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	struct rvt_krwq *kwq = qp->r_rq.kwq;
	unsigned long flags;
	int ret = 0;
	bool flush;

	*bad_wr = wr;
	/* Programs can post nothing. */
	if (unlikely(!wr))
		return 0;
	if (ibqp->srq) {
		trace_rvt_recv_refused(ibqp->device, ibqp->qp_num, wr, -EINVAL);
		return -EINVAL;
	}

	spin_lock_irqsave(&kwq->p_lock, flags);
	if (!rvt_qp_may(qp, RVT_POST_RECV_OK))
		ret = -EINVAL;
	flush = rvt_qp_may(qp, RVT_FLUSH_RECV) &&
		!rvt_rq_pending(&qp->r_rq, qp->ip);
	for (; wr && !ret; wr = wr->next) {
		*bad_wr = wr;
		if ((u32)wr->num_sge > qp->r_rq.max_sge)
			ret = -EINVAL;
		else if (flush)
			flush_one(qp, wr->wr_id);
		else
			ret = rvt_rq_produce(&qp->r_rq, wr, qp->ip);
	}
	spin_unlock_irqrestore(&kwq->p_lock, flags);

	if (unlikely(ret))
		trace_rvt_recv_refused(ibqp->device, ibqp->qp_num, *bad_wr,
				       ret);
	return ret;
}

/**
 * rvt_flush_rq - complete receives of a queue pair as flushed
 * @qp: in the error state, without a shared receive queue
 *
 * Context: r_lock held.
 * Return: how many; RVT_FLUSH_BATCH if there may be more.
 */
u32 rvt_flush_rq(struct rvt_qp *qp)
{
	struct rvt_rq *rq = &qp->r_rq;
	u32 tail, head, n = 0;

	lockdep_assert_held(&qp->r_lock);

	spin_lock(&rq->kwq->p_lock);
	spin_lock(&rq->kwq->c_lock);
	head = rq_head(rq, qp->ip);
	for (tail = rq->kwq->tail; tail != head && n < RVT_FLUSH_BATCH; n++) {
		flush_one(qp, READ_ONCE(rvt_get_rwqe_ptr(rq, tail)->wr_id));
		tail = rq_next(rq, tail);
	}
	rq_set_tail(rq, tail, qp->ip);
	rq->kwq->count = 0;
	spin_unlock(&rq->kwq->c_lock);
	spin_unlock(&rq->kwq->p_lock);
	return n;
}

/**
 * rvt_reset_rq - forget all receives in a ring
 * @rq: the ring
 * @shared: user space maps it
 *
 * Context: any.
 */
void rvt_reset_rq(struct rvt_rq *rq, bool shared)
{
	unsigned long flags;

	spin_lock_irqsave(&rq->kwq->p_lock, flags);
	spin_lock(&rq->kwq->c_lock);
	rq->kwq->count = 0;
	rq_set_head(rq, 0, shared);
	rq_set_tail(rq, 0, shared);
	spin_unlock(&rq->kwq->c_lock);
	spin_unlock_irqrestore(&rq->kwq->p_lock, flags);
}

/* Copy the next @pending entries of the ring to the start of @wq. */
static void copy_pending(struct rvt_rq *rq, struct rvt_rwq *wq,
			 u32 pending)
{
	size_t stride = rvt_rq_stride(rq->max_sge);
	u32 i, tail = rq->kwq->tail;

	for (i = 0; i < pending; i++) {
		memcpy((void *)wq->wq + i * stride, rvt_get_rwqe_ptr(rq, tail),
		       stride);
		tail = rq_next(rq, tail);
	}
}

/**
 * rvt_move_rq - let a ring go on in other memory
 * @rq: the ring
 * @wq: the new memory, zeroed, with room for @size slots; replaced by the old,
 *	which nobody uses any more
 * @size: slots
 * @shared: user space maps the old memory, and will map the new
 *
 * The caller lets only one of these run at a time.
 *
 * Context: process context.
 * Return: 0; -EINVAL if more receives wait than the new ring can hold.
 */
int rvt_move_rq(struct rvt_rq *rq, struct rvt_rwq **wq, u32 size, bool shared)
{
	struct rvt_krwq *kwq = rq->kwq;
	int ret = -EINVAL;
	u32 pending;

	spin_lock_irq(&kwq->p_lock);
	spin_lock(&kwq->c_lock);
	/* User space may change it meanwhile: what was not counted is lost. */
	pending = rvt_rq_pending(rq, shared);
	if (pending < size) {
		copy_pending(rq, *wq, pending);
		swap(rq->wq, *wq);
		kwq->curr_wq = rq->wq->wq;
		kwq->count = pending;
		rq->size = size;
		rq_set_head(rq, pending, shared);
		rq_set_tail(rq, 0, shared);
		ret = 0;
	}
	spin_unlock(&kwq->c_lock);
	spin_unlock_irq(&kwq->p_lock);
	return ret;
}

/*
 * Turn the entry's scatter list into r_sge, with a reference on each memory
 * region.  Returns -EINVAL, having dropped them, if the list or a key is bad.
 */
static int build_sges(struct rvt_qp *qp, struct ib_pd *ibpd,
		      const struct rvt_rwqe *wqe, u32 max_sge)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	struct rvt_sge_state *ss = &qp->r_sge;
	struct rvt_sge *sge = &ss->sge, *last = NULL;
	u32 i, num_sge = READ_ONCE(wqe->num_sge);
	u32 len = 0;
	int ret;

	ss->sg_list = qp->r_sg_list;
	ss->num_sge = 0;
	if (num_sge > max_sge)
		return -EINVAL;

	for (i = 0; i < num_sge; i++) {
		struct ib_sge entry = {
			.addr = READ_ONCE(wqe->sg_list[i].addr),
			.length = READ_ONCE(wqe->sg_list[i].length),
			.lkey = READ_ONCE(wqe->sg_list[i].lkey),
		};

		if (!entry.length)
			continue;
		if (check_add_overflow(len, entry.length, &len))
			goto err_put_sges;
		ret = rvt_lkey_ok(&rdi->lkey_table, ibpd_to_rvtpd(ibpd), sge,
				  last, &entry, IB_ACCESS_LOCAL_WRITE);
		if (unlikely(ret < 0))
			goto err_put_sges;
		if (!ret)
			continue;
		last = sge;
		sge = qp->r_sg_list + ss->num_sge++;
	}
	qp->r_len = len;
	ss->total_len = len;
	return 0;

err_put_sges:
	rvt_put_ss(ss);
	return -EINVAL;
}

/*
 * Take the entry at the tail.  Returns what rvt_get_rwqe() does; *@left is the
 * number of entries that remain, or at least RVT_RQ_RECOUNT of them.
 */
static int rq_consume(struct rvt_qp *qp, struct rvt_rq *rq, struct ib_pd *pd,
		      bool shared, bool wr_id_only, u32 *left)
{
	struct rvt_krwq *kwq = rq->kwq;
	struct rvt_rwqe *wqe;
	int ret = 1;

	lockdep_assert_held(&kwq->c_lock);

	if (kwq->count < RVT_RQ_RECOUNT)
		kwq->count = rvt_rq_pending(rq, shared);
	if (!kwq->count)
		return 0;

	wqe = rvt_get_rwqe_ptr(rq, kwq->tail);
	qp->r_wr_id = READ_ONCE(wqe->wr_id);
	if (!wr_id_only && build_sges(qp, pd, wqe, rq->max_sge))
		ret = -1;
	rq_set_tail(rq, rq_next(rq, kwq->tail), shared);
	*left = --kwq->count;
	return ret;
}

/* The event is raised once, then user or ULP set a limit again. */
static bool srq_limit_reached(struct rvt_srq *srq, u32 left)
{
	if (!srq->ibsrq.event_handler || left >= srq->limit)
		return false;
	left = rvt_rq_pending(&srq->rq, srq->ip);
	if (left >= srq->limit)
		return false;
	srq->limit = 0;
	return true;
}

static void complete_bad_rwqe(struct rvt_qp *qp)
{
	struct ib_wc wc = {
		.wr_id = qp->r_wr_id,
		.status = IB_WC_LOC_PROT_ERR,
		.opcode = IB_WC_RECV,
		.qp = &qp->ibqp,
	};

	/* The caller is about to put the queue pair into error anyway. */
	rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), &wc, true);
}

/**
 * rvt_get_rwqe - take a receive for the message that is coming in
 * @qp: the receiving queue pair
 * @wr_id_only: the message has immediate data but does not use the receive's
 *	memory
 *
 * Fills r_wr_id and, unless @wr_id_only, r_sge (a reference on each memory
 * region) and r_len; sets the bit RVT_R_WRID_VALID of r_aflags.
 *
 * Context: any, r_lock held, interrupts off.
 * Return: 1 for success, 0 if there is none, -1 if its memory may not be used,
 * in which case its completion has been queued.
 */
int rvt_get_rwqe(struct rvt_qp *qp, bool wr_id_only)
{
	struct rvt_srq *srq = NULL;
	struct ib_pd *pd = qp->ibqp.pd;
	struct rvt_rq *rq = &qp->r_rq;
	bool limit = false, shared;
	unsigned long flags;
	u32 left;
	int ret;

	if (qp->ibqp.srq) {
		srq = ibsrq_to_rvtsrq(qp->ibqp.srq);
		pd = srq->ibsrq.pd;
		rq = &srq->rq;
		shared = srq->ip;
	} else {
		shared = qp->ip;
	}

	if (!rvt_qp_may(qp, RVT_PROCESS_RECV_OK))
		return 0;

	spin_lock_irqsave(&rq->kwq->c_lock, flags);
	ret = rq_consume(qp, rq, pd, shared, wr_id_only, &left);
	if (ret && srq)
		limit = srq_limit_reached(srq, left);
	spin_unlock_irqrestore(&rq->kwq->c_lock, flags);
	trace_rvt_get_rwqe(qp, ret);

	if (limit) {
		trace_rvt_srq_limit(&srq->ibsrq, left);
		rvt_srq_limit_event(srq);
	}
	if (ret > 0)
		set_bit(RVT_R_WRID_VALID, &qp->r_aflags);
	else if (ret < 0)
		complete_bad_rwqe(qp);
	return ret;
}
EXPORT_SYMBOL(rvt_get_rwqe);
