// SPDX-License-Identifier: GPL-2.0
/*
 * RC and UC between two queue pairs of one port, without packets.
 *
 * The driver calls rvt_ruc_loopback() as the send engine of a queue pair whose
 * peer is on the same port.  Each work request is carried out at once: the
 * data moves by one copy from the requester's scatter list to the responder's
 * (or back, for a READ), with the checks, completions and errors that the same
 * request would meet on the wire.
 *
 * Locking: the responder's r_lock covers the execution of a request, the
 * requester's r_lock and s_lock its completion.  Locks of two queue pairs are
 * never held together, so two queue pairs that send to each other, and one
 * that is connected to itself, are nothing special.  RVT_S_BUSY makes this the
 * only engine of the requester: its oldest work request, and the references
 * that this holds, stay until the engine completes it.  A responder obeys no
 * requester but the one that it is connected to; so what r_sge holds is not
 * disturbed when the lock is dropped between two pieces of a long copy, unless
 * the responder leaves its state, and this is looked at again each time.
 *
 * InfiniBand Architecture Specification, volume 1: 9.7 (RC), 9.8 (UC), 10.8
 * (completions).
 */
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <rdma/ib_hdrs.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "qp.h"

/* Work requests carried out before others get the processor. */
#define LOOP_BATCH	64
/* Bytes copied before interrupts are let in. */
#define LOOP_CHUNK	SZ_128K

enum loop_result {
	LOOP_DONE,
	LOOP_RNR,	/* no receive work request: try again later */
	LOOP_NO_PEER,	/* nobody there: what a lost packet is on the wire */
	LOOP_OP_ERR,	/* the responder's own receive request is at fault */
	LOOP_INVALID,	/* the request breaks the rules of the transport */
	LOOP_ACCESS,	/* the remote key does not allow it */
	LOOP_LOCAL_PROT, /* a local key is at fault */
	LOOP_LOCAL_OP,	/* an operation that this engine does not know */
};

/* What the two ends are told of a failure; 0 (success): nothing. */
static const struct {
	enum ib_wc_status requester;
	enum ib_wc_status responder;
} loop_status[] = {
	[LOOP_RNR]	  = { IB_WC_RNR_RETRY_EXC_ERR },
	[LOOP_NO_PEER]	  = { IB_WC_RETRY_EXC_ERR },
	[LOOP_OP_ERR]	  = { IB_WC_REM_OP_ERR, IB_WC_LOC_QP_OP_ERR },
	[LOOP_INVALID]	  = { IB_WC_REM_INV_REQ_ERR, IB_WC_LOC_QP_OP_ERR },
	[LOOP_ACCESS]	  = { IB_WC_REM_ACCESS_ERR, IB_WC_LOC_PROT_ERR },
	[LOOP_LOCAL_PROT] = { IB_WC_LOC_PROT_ERR },
	[LOOP_LOCAL_OP]	  = { IB_WC_LOC_QP_OP_ERR },
};

/* One run of the engine. */
struct loop {
	struct rvt_dev_info *rdi;
	struct rvt_ibport *rvp;
	struct rvt_qp *sqp;		/* requester */
	struct rvt_qp *rqp;		/* responder, NULL if there is none */
	struct rvt_swqe *wqe;		/* the work request at hand */
	struct rvt_sge_state ss;	/* how far its scatter list has come */
	struct ib_wc wc;		/* receive completion in the making */
	bool receive;			/* wc is to be delivered */
	unsigned long flags;		/* of the responder's r_lock */
};

static bool is_rc(const struct rvt_qp *qp)
{
	return qp->ibqp.qp_type == IB_QPT_RC;
}

/* The responder can take a request of this requester. */
static bool peer_ready(const struct loop *loop)
{
	const struct rvt_qp *rqp = loop->rqp;

	lockdep_assert_held(&rqp->r_lock);
	return ib_rvt_state_ops[rqp->state] & RVT_PROCESS_RECV_OK &&
	       rqp->ibqp.qp_type == loop->sqp->ibqp.qp_type &&
	       rqp->remote_qpn == loop->sqp->ibqp.qp_num;
}

/*
 * Move @length bytes of @src to @dst, one of which is the responder's r_sge:
 * its references are released as they are used up.  @copy_last: the last bytes
 * become visible last, for programs that poll on them.
 */
static void copy_piece(struct loop *loop, struct rvt_sge_state *dst,
		       struct rvt_sge_state *src, u32 length, bool copy_last)
{
	struct rvt_qp *rqp = loop->rqp;
	bool to_responder = dst == &rqp->r_sge;

	while (length) {
		u32 len = rvt_get_sge_length(&src->sge, length);

		if (WARN_ON_ONCE(!len))
			return;
		length -= len;
		rvt_copy_sge(to_responder ? rqp : loop->sqp, dst,
			     src->sge.vaddr, len, to_responder,
			     copy_last && !length);
		rvt_update_sge(src, len, !to_responder);
	}
}

/*
 * Copy the whole message, in pieces between which the lock is dropped.  An
 * error of the responder meanwhile has released its references already.
 */
static enum loop_result copy_message(struct loop *loop,
				     struct rvt_sge_state *dst,
				     struct rvt_sge_state *src, bool copy_last)
{
	struct rvt_qp *rqp = loop->rqp;
	u32 left = loop->wqe->length;

	while (left > LOOP_CHUNK) {
		copy_piece(loop, dst, src, LOOP_CHUNK, false);
		left -= LOOP_CHUNK;
		spin_unlock_irqrestore(&rqp->r_lock, loop->flags);
		spin_lock_irqsave(&rqp->r_lock, loop->flags);
		if (!peer_ready(loop))
			return LOOP_NO_PEER;
	}
	copy_piece(loop, dst, src, left, copy_last);
	rvt_put_ss(&rqp->r_sge);
	return LOOP_DONE;
}

/* Check the remote key of the request and point r_sge at the memory. */
static bool remote_memory(struct loop *loop, u32 length, u64 addr, u32 rkey,
			  int access)
{
	struct rvt_qp *rqp = loop->rqp;

	rqp->r_sge.num_sge = 0;
	if (!rvt_rkey_ok(rqp, &rqp->r_sge.sge, length, addr, rkey, access))
		return false;
	rqp->r_sge.sg_list = NULL;
	rqp->r_sge.num_sge = 1;
	rqp->r_sge.total_len = length;
	return true;
}

/* Take a receive work request for the message. */
static enum loop_result take_rwqe(struct loop *loop, bool wr_id_only,
				  enum ib_wc_opcode opcode)
{
	int ret = rvt_get_rwqe(loop->rqp, wr_id_only);

	if (ret < 0)
		return LOOP_OP_ERR;
	if (!ret)
		return LOOP_RNR;
	loop->receive = true;
	loop->wc.opcode = opcode;
	return LOOP_DONE;
}

static enum loop_result do_send(struct loop *loop)
{
	const struct ib_send_wr *wr = &loop->wqe->wr;
	enum loop_result res = take_rwqe(loop, false, IB_WC_RECV);

	if (res != LOOP_DONE)
		return res;
	if (loop->wqe->length > loop->rqp->r_len)
		return LOOP_INVALID;

	if (wr->opcode == IB_WR_SEND_WITH_IMM) {
		loop->wc.wc_flags = IB_WC_WITH_IMM;
		loop->wc.ex.imm_data = wr->ex.imm_data;
	}
	res = copy_message(loop, &loop->rqp->r_sge, &loop->ss, false);
	if (res == LOOP_DONE && wr->opcode == IB_WR_SEND_WITH_INV &&
	    !rvt_invalidate_rkey(loop->rqp, wr->ex.invalidate_rkey)) {
		loop->wc.wc_flags = IB_WC_WITH_INVALIDATE;
		loop->wc.ex.invalidate_rkey = wr->ex.invalidate_rkey;
	}
	return res;
}

static enum loop_result do_write(struct loop *loop)
{
	const struct ib_rdma_wr *wr = &loop->wqe->rdma_wr;
	bool imm = wr->wr.opcode == IB_WR_RDMA_WRITE_WITH_IMM;
	u32 length = loop->wqe->length;

	if (!(loop->rqp->qp_access_flags & IB_ACCESS_REMOTE_WRITE))
		return LOOP_INVALID;
	if (imm) {
		enum loop_result res;

		res = take_rwqe(loop, true, IB_WC_RECV_RDMA_WITH_IMM);
		if (res != LOOP_DONE)
			return res;
		loop->wc.wc_flags = IB_WC_WITH_IMM;
		loop->wc.ex.imm_data = wr->wr.ex.imm_data;
	}
	if (!length)
		return LOOP_DONE;
	if (!remote_memory(loop, length, wr->remote_addr, wr->rkey,
			   IB_ACCESS_REMOTE_WRITE))
		return LOOP_ACCESS;
	return copy_message(loop, &loop->rqp->r_sge, &loop->ss,
			    !imm && rvt_is_user_qp(loop->rqp));
}

static enum loop_result do_read(struct loop *loop)
{
	const struct ib_rdma_wr *wr = &loop->wqe->rdma_wr;
	u32 length = loop->wqe->length;

	if (!(loop->rqp->qp_access_flags & IB_ACCESS_REMOTE_READ))
		return LOOP_INVALID;
	if (!length)
		return LOOP_DONE;
	if (!remote_memory(loop, length, wr->remote_addr, wr->rkey,
			   IB_ACCESS_REMOTE_READ))
		return LOOP_ACCESS;
	return copy_message(loop, &loop->ss, &loop->rqp->r_sge, false);
}

static enum loop_result do_atomic(struct loop *loop)
{
	const struct ib_atomic_wr *wr = &loop->wqe->atomic_wr;
	struct rvt_qp *rqp = loop->rqp;
	u64 old;

	if (!(rqp->qp_access_flags & IB_ACCESS_REMOTE_ATOMIC) ||
	    wr->remote_addr & (sizeof(u64) - 1))
		return LOOP_INVALID;
	if (!remote_memory(loop, sizeof(u64), wr->remote_addr, wr->rkey,
			   IB_ACCESS_REMOTE_ATOMIC))
		return LOOP_ACCESS;
	/* A region may begin anywhere; the processor wants it aligned. */
	if (!IS_ALIGNED((unsigned long)rqp->r_sge.sge.vaddr, sizeof(u64))) {
		rvt_put_ss(&rqp->r_sge);
		return LOOP_INVALID;
	}
	if (wr->wr.opcode == IB_WR_ATOMIC_FETCH_AND_ADD)
		old = atomic64_fetch_add(wr->compare_add,
					 (atomic64_t *)rqp->r_sge.sge.vaddr);
	else
		old = cmpxchg64((u64 *)rqp->r_sge.sge.vaddr, wr->compare_add,
				wr->swap);
	rvt_put_ss(&rqp->r_sge);
	if (loop->ss.num_sge)
		rvt_copy_sge(loop->sqp, &loop->ss, &old, sizeof(old), false,
			     false);
	return LOOP_DONE;
}

static enum loop_result execute(struct loop *loop)
{
	switch (loop->wqe->wr.opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
	case IB_WR_SEND_WITH_INV:
		return do_send(loop);
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return do_write(loop);
	case IB_WR_RDMA_READ:
		return do_read(loop);
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		return do_atomic(loop);
	default:
		return LOOP_LOCAL_OP;
	}
}

/* Deliver the receive completion. Caller holds the responder's r_lock. */
static void complete_receive(struct loop *loop)
{
	struct rvt_qp *rqp = loop->rqp;
	struct ib_wc *wc = &loop->wc;

	clear_bit(RVT_R_WRID_VALID, &rqp->r_aflags);
	wc->wr_id = rqp->r_wr_id;
	wc->status = IB_WC_SUCCESS;
	wc->byte_len = loop->wqe->length;
	wc->qp = &rqp->ibqp;
	wc->src_qp = rqp->remote_qpn;
	wc->slid = rdma_ah_get_dlid(&rqp->remote_ah_attr) & U16_MAX;
	wc->sl = rdma_ah_get_sl(&rqp->remote_ah_attr);
	wc->port_num = 1;
	if (!rvt_cq_enter(ibcq_to_rvtcq(rqp->ibqp.recv_cq), wc,
			  loop->wqe->wr.send_flags & IB_SEND_SOLICITED))
		rvt_rc_error(rqp, IB_WC_LOC_QP_OP_ERR);
}

/* The responder's half of a work request. */
static enum loop_result respond(struct loop *loop)
{
	struct rvt_qp *rqp = loop->rqp;
	enum loop_result res;

	if (!rqp)
		return LOOP_NO_PEER;

	loop->receive = false;
	memset(&loop->wc, 0, sizeof(loop->wc));
	spin_lock_irqsave(&rqp->r_lock, loop->flags);
	if (peer_ready(loop)) {
		if (rqp->state == IB_QPS_RTR &&
		    !(rqp->r_flags & RVT_R_COMM_EST))
			rvt_comm_est(rqp);
		res = execute(loop);
		if (res == LOOP_DONE && loop->receive)
			complete_receive(loop);
		else if (loop_status[res].responder)
			rvt_rc_error(rqp, loop_status[res].responder);
	} else {
		res = LOOP_NO_PEER;
	}
	spin_unlock_irqrestore(&rqp->r_lock, loop->flags);
	return res;
}

/* Work requests that concern nobody but the requester. */
static bool is_local(const struct rvt_swqe *wqe)
{
	return wqe->wr.opcode == IB_WR_REG_MR ||
	       wqe->wr.opcode == IB_WR_LOCAL_INV;
}

/*
 * Carried out when it was posted, all but for an invalidation that had to wait
 * for the work requests before it.
 */
static enum loop_result do_local(struct loop *loop)
{
	struct ib_send_wr *wr = &loop->wqe->wr;

	if (wr->opcode == IB_WR_LOCAL_INV &&
	    !(wr->send_flags & RVT_SEND_COMPLETION_ONLY) &&
	    rvt_invalidate_rkey(loop->sqp, wr->ex.invalidate_rkey))
		return LOOP_LOCAL_PROT;
	return LOOP_DONE;
}

static enum loop_result carry_out(struct loop *loop)
{
	struct rvt_swqe *wqe = loop->wqe;

	loop->ss.sge = wqe->sg_list[0];
	loop->ss.sg_list = wqe->sg_list + 1;
	loop->ss.num_sge = wqe->wr.num_sge;
	loop->ss.total_len = wqe->length;
	return is_local(wqe) ? do_local(loop) : respond(loop);
}

/* Hold the requester back for @ns; the RNR timer sets it going again. */
static void pause_requester(struct rvt_qp *sqp, u64 ns)
{
	lockdep_assert_held(&sqp->s_lock);
	sqp->s_flags |= RVT_S_WAIT_RNR;
	hrtimer_start(&sqp->s_rnr_timer, ns_to_ktime(ns),
		      HRTIMER_MODE_REL_PINNED);
}

/*
 * Shall the requester try again later?  Counts the attempt and arms the timer.
 * Caller holds the requester's r_lock and s_lock.
 */
static bool retry_later(struct loop *loop, enum loop_result res)
{
	struct rvt_qp *sqp = loop->sqp;

	lockdep_assert_held(&sqp->s_lock);
	if (!is_rc(sqp) ||
	    !(ib_rvt_state_ops[sqp->state] & RVT_PROCESS_SEND_OK))
		return false;

	if (res == LOOP_NO_PEER) {
		loop->rvp->n_pkt_drops++;
		if (!sqp->s_retry)
			return false;
		sqp->s_retry--;
		loop->rvp->n_rc_timeouts++;
		pause_requester(sqp, 4096ULL << sqp->timeout);
		return true;
	}
	if (res != LOOP_RNR)
		return false;

	loop->rvp->n_rnr_naks++;
	if (!(loop->rdi->post_parms[loop->wqe->wr.opcode].flags &
	      RVT_OPERATION_IGN_RNR_CNT)) {
		if (!sqp->s_rnr_retry)
			return false;
		if (sqp->s_rnr_retry_cnt < 7)
			sqp->s_rnr_retry--;
	}
	rvt_add_rnr_timer(sqp, (u32)READ_ONCE(loop->rqp->r_min_rnr_timer) <<
			       IB_AETH_CREDIT_SHIFT);
	return true;
}

/* Complete the oldest work request; an invalidation that waited is over. */
static void complete_wqe(struct rvt_qp *sqp, struct rvt_swqe *wqe,
			 enum ib_wc_status status)
{
	if (wqe->wr.opcode == IB_WR_LOCAL_INV &&
	    !(wqe->wr.send_flags & RVT_SEND_COMPLETION_ONLY))
		atomic_dec(&sqp->local_ops_pending);
	rvt_send_complete(sqp, wqe, status);
}

/* What the requester is told: nothing goes wrong that UC could hear of. */
static enum ib_wc_status send_status(const struct rvt_qp *sqp,
				     enum loop_result res)
{
	switch (res) {
	case LOOP_DONE:
		return IB_WC_SUCCESS;
	case LOOP_LOCAL_PROT:
	case LOOP_LOCAL_OP:
		return loop_status[res].requester;
	default:
		return is_rc(sqp) ? loop_status[res].requester : IB_WC_SUCCESS;
	}
}

/*
 * The requester's half of the end of a work request.  Caller holds its r_lock
 * and s_lock.  Returns false if the engine has to stop; *@last_wqe is set if
 * IB_EVENT_QP_LAST_WQE_REACHED is due when the locks are gone.
 */
static bool finish(struct loop *loop, enum loop_result res, bool *last_wqe)
{
	struct rvt_qp *sqp = loop->sqp;
	enum ib_wc_status status;

	if (retry_later(loop, res))
		return false;

	status = send_status(sqp, res);
	if (status == IB_WC_SUCCESS) {
		loop->rvp->n_loop_pkts++;
		sqp->s_rnr_retry = sqp->s_rnr_retry_cnt;
		sqp->s_retry = sqp->s_retry_cnt;
	}
	complete_wqe(sqp, loop->wqe, status);
	if (status != IB_WC_SUCCESS && is_rc(sqp))
		*last_wqe |= rvt_error_qp(sqp, IB_WC_WR_FLUSH_ERR);
	return true;
}

/*
 * Find the next work request to carry out, flushing what is to be flushed.
 * Caller holds r_lock and s_lock.  Returns false if there is none.
 */
static bool next_wqe(struct loop *loop)
{
	struct rvt_qp *sqp = loop->sqp;

	lockdep_assert_held(&sqp->s_lock);
	while (sqp->s_last != READ_ONCE(sqp->s_head)) {
		int ops = ib_rvt_state_ops[sqp->state];

		/* The entry was written before s_head: pairs with post_send. */
		smp_rmb();
		loop->wqe = rvt_get_swqe_ptr(sqp, sqp->s_last);
		if (ops & RVT_PROCESS_NEXT_SEND_OK) {
			if (sqp->s_flags & RVT_S_ANY_WAIT)
				return false;
			if (sqp->s_last == sqp->s_cur)
				sqp->s_cur = rvt_qp_swqe_incr(sqp, sqp->s_cur);
			return true;
		}
		/* A request begun before SQD is carried through. */
		if (ops & RVT_PROCESS_SEND_OK)
			return sqp->s_last != sqp->s_cur &&
			       !(sqp->s_flags & RVT_S_ANY_WAIT);
		if (!(ops & RVT_FLUSH_SEND))
			return false;
		complete_wqe(sqp, loop->wqe, IB_WC_WR_FLUSH_ERR);
	}
	return false;
}

static bool engine_begin(struct rvt_qp *sqp)
{
	lockdep_assert_held(&sqp->s_lock);
	if (sqp->s_flags & (RVT_S_BUSY | RVT_S_ANY_WAIT) ||
	    !(ib_rvt_state_ops[sqp->state] & RVT_PROCESS_OR_FLUSH_SEND))
		return false;
	sqp->s_flags |= RVT_S_BUSY;
	return true;
}

/**
 * rvt_ruc_loopback - send engine of an RC or UC queue pair whose peer is on
 *	the same port
 * @sqp: the requester
 *
 * Carries out the posted work requests in order until there are no more, the
 * requester has to wait (RNR, peer not ready), or a batch is done, in which
 * case the driver's schedule_send() is asked to call again.
 *
 * Context: Any but with locks of a queue pair held. Takes the r_lock and
 * s_lock of the requester and the r_lock of the responder, one after another.
 *
 * InfiniBand Architecture Specification, volume 1, sections 9.7 and 9.8.
 */
void rvt_ruc_loopback(struct rvt_qp *sqp)
{
	struct loop loop = {
		.rdi = ib_to_rvt(sqp->ibqp.device),
		.rvp = rvt_to_iport(sqp),
		.sqp = sqp,
	};
	bool more, last_wqe = false;
	int batch = LOOP_BATCH;
	unsigned long flags;

	rcu_read_lock();
	loop.rqp = rvt_lookup_qpn(loop.rdi, loop.rvp, sqp->remote_qpn);

	spin_lock_irqsave(&sqp->r_lock, flags);
	spin_lock(&sqp->s_lock);
	more = engine_begin(sqp);
	if (!more)
		goto unlock;

	while ((more = next_wqe(&loop)) && batch--) {
		enum loop_result res;

		spin_unlock(&sqp->s_lock);
		spin_unlock_irqrestore(&sqp->r_lock, flags);
		res = carry_out(&loop);
		spin_lock_irqsave(&sqp->r_lock, flags);
		spin_lock(&sqp->s_lock);
		more = finish(&loop, res, &last_wqe);
		if (!more)
			break;
	}
	sqp->s_flags &= ~RVT_S_BUSY;
	if (more)
		loop.rdi->driver_f.schedule_send(sqp);
unlock:
	spin_unlock(&sqp->s_lock);
	spin_unlock_irqrestore(&sqp->r_lock, flags);
	rcu_read_unlock();
	if (last_wqe)
		rvt_qp_event(sqp, IB_EVENT_QP_LAST_WQE_REACHED);
}
EXPORT_SYMBOL(rvt_ruc_loopback);
