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
 * A run of the engine has a budget of bytes.  A message that does not fit is
 * left where it is: the requester remembers the work request (s_wqe), how far
 * it has come in its scatter list (s_sge) and what is left (s_len), the
 * responder where the data goes or comes from (r_sge) and how much of it has
 * passed (r_rcv_len), and that it is in the middle of a message (r_state).  A
 * responder that has been reset meanwhile is known by that.
 *
 * Whenever the responder's lock was dropped the remote key is looked up again,
 * as it would be for the next packet: the responder may have invalidated it, and
 * then gets its memory back however long the message is.
 *
 * Locking: the responder's r_lock covers the execution of a request, the
 * requester's r_lock and s_lock its completion.  Locks of two queue pairs are
 * never held together, so two queue pairs that send to each other, and one
 * that is connected to itself, are nothing special.  RVT_S_BUSY makes this the
 * only engine of the requester: s_wqe, s_sge and s_len belong to whoever set
 * it, and its oldest work request stays until the engine completes it.  A
 * responder obeys no requester but the one that it is connected to, by number
 * and by address: numbers are used by other hosts as well.  From the first
 * message on it carries RVT_R_LOOPBACK, for which the driver drops packets that
 * claim to be its peer's.  So its message is not disturbed when the lock is
 * dropped between two pieces, unless the responder leaves its state, and this is
 * looked at again each time.  A run is one RCU read section: who is to be reset
 * waits for it to end.
 *
 * InfiniBand Architecture Specification, volume 1: 9.7 (RC), 9.8 (UC), 10.8
 * (completions).
 *
 * Export checksums: group "full", see rdmavt.h.
 */
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <rdma/ib_hdrs.h>
#include <rdma/uverbs_ioctl.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "complete.h"
#include "qp.h"

/* Bytes copied before others get the processor. */
#define LOOP_BUDGET	SZ_512K
/* What the smallest work request takes of that. */
#define LOOP_MIN_COST	SZ_8K
/* Bytes copied before interrupts are let in. */
#define LOOP_CHUNK	SZ_64K

enum loop_result {
	LOOP_DONE,
	LOOP_MORE,	/* the budget is used up in the middle of a message */
	LOOP_RNR,	/* no receive work request: try again later */
	LOOP_NO_PEER,	/* nobody there: what a lost packet is on the wire */
	LOOP_OP_ERR,	/* the responder's own receive request is at fault */
	LOOP_INVALID,	/* the request breaks the rules of the transport */
	LOOP_LENGTH,	/* the message is longer than the receive request */
	LOOP_ACCESS,	/* the remote key does not allow it */
	LOOP_LOCAL_PROT, /* a local key is at fault */
	LOOP_BIND,	/* a memory window cannot be bound like that */
	LOOP_LOCAL_OP,	/* an operation that this engine does not know */
};

/* What the two ends are told of a failure on RC; 0 (success): nothing. */
static const struct {
	enum ib_wc_status requester;
	enum ib_wc_status responder;
	enum ib_event_type event;	/* if no receive request can tell */
} loop_status[] = {
	[LOOP_RNR]	  = { IB_WC_RNR_RETRY_EXC_ERR },
	[LOOP_NO_PEER]	  = { IB_WC_RETRY_EXC_ERR },
	[LOOP_OP_ERR]	  = { IB_WC_REM_OP_ERR, IB_WC_LOC_QP_OP_ERR },
	[LOOP_INVALID]	  = { IB_WC_REM_INV_REQ_ERR, IB_WC_REM_INV_REQ_ERR,
			      IB_EVENT_QP_REQ_ERR },
	[LOOP_LENGTH]	  = { IB_WC_REM_INV_REQ_ERR, IB_WC_LOC_LEN_ERR },
	[LOOP_ACCESS]	  = { IB_WC_REM_ACCESS_ERR, IB_WC_REM_ACCESS_ERR,
			      IB_EVENT_QP_ACCESS_ERR },
	[LOOP_LOCAL_PROT] = { IB_WC_LOC_PROT_ERR },
	[LOOP_BIND]	  = { IB_WC_MW_BIND_ERR },
	[LOOP_LOCAL_OP]	  = { IB_WC_LOC_QP_OP_ERR },
};

/* The addresses of a connection, if it has any. */
struct loop_path {
	bool global;
	union ib_gid own, peer;
};

/* One run of the engine. */
struct loop {
	struct rvt_dev_info *rdi;
	struct rvt_ibport *rvp;
	struct rvt_qp *sqp;		/* requester */
	struct rvt_qp *rqp;		/* responder, NULL if there is none */
	struct loop_path path;		/* the requester's */
	struct rvt_swqe *wqe;		/* the work request at hand */
	struct rvt_access access;	/* to remote memory, under r_lock */
	u32 budget;			/* bytes that may still be copied */
	struct rvt_loopback_stats stats;	/* what was done */
	unsigned long flags;		/* of the responder's r_lock */
};

/* How an operation is carried out. */
struct loop_op {
	/* Check, take what is needed, set up r_sge; s_len: bytes to copy. */
	enum loop_result (*start)(struct loop *loop);
	enum ib_wc_opcode receive;	/* 0 (IB_WC_SEND): none */
	int access;			/* to remote memory; 0: none */
	bool read;			/* data moves to the requester */
};

static bool is_rc(const struct rvt_qp *qp)
{
	return qp->ibqp.qp_type == IB_QPT_RC;
}

/* A lock of the queue pair is held. */
static struct loop_path path_of(const struct rvt_qp *qp)
{
	const struct rdma_ah_attr *ah = &qp->remote_ah_attr;
	struct loop_path path = {};

	if (rdma_ah_get_ah_flags(ah) & IB_AH_GRH && ah->grh.sgid_attr) {
		path.global = true;
		path.own = ah->grh.sgid_attr->gid;
		path.peer = ah->grh.dgid;
	}
	return path;
}

/* Does the responder's path lead to the requester, and the other way round? */
static bool paths_meet(const struct loop *loop)
{
	struct loop_path path = path_of(loop->rqp);

	return !path.global || !loop->path.global ||
	       (!memcmp(&path.peer, &loop->path.own, sizeof(path.peer)) &&
		!memcmp(&path.own, &loop->path.peer, sizeof(path.own)));
}

/* The responder can take a request of this requester. */
static bool peer_ready(const struct loop *loop)
{
	const struct rvt_qp *rqp = loop->rqp;

	lockdep_assert_held(&rqp->r_lock);
	return rvt_qp_may(rqp, RVT_PROCESS_RECV_OK) &&
	       rqp->ibqp.qp_type == loop->sqp->ibqp.qp_type &&
	       rqp->remote_qpn == loop->sqp->ibqp.qp_num && paths_meet(loop);
}

/* Check the remote key of the request and point r_sge at the memory. */
static bool remote_memory(struct loop *loop, u32 length, u64 addr, u32 rkey,
			  int access)
{
	struct rvt_sge_state *ss = &loop->rqp->r_sge;

	if (!rvt_access_begin(&loop->access, loop->rqp, length, addr, rkey,
			      access))
		return false;
	ss->sge = loop->access.sge;
	ss->sg_list = NULL;
	ss->num_sge = 1;
	ss->total_len = length;
	return true;
}

/* Take a receive work request for the message. */
static enum loop_result take_rwqe(struct loop *loop, bool wr_id_only)
{
	int ret = rvt_get_rwqe(loop->rqp, wr_id_only);

	if (ret < 0)
		return LOOP_OP_ERR;
	return ret ? LOOP_DONE : LOOP_RNR;
}

static enum loop_result start_send(struct loop *loop)
{
	enum loop_result res = take_rwqe(loop, false);

	if (res == LOOP_DONE && loop->wqe->length > loop->rqp->r_len)
		res = LOOP_LENGTH;
	return res;
}

static enum loop_result start_write(struct loop *loop)
{
	const struct ib_rdma_wr *wr = &loop->wqe->rdma_wr;

	if (!(loop->rqp->qp_access_flags & IB_ACCESS_REMOTE_WRITE))
		return LOOP_INVALID;
	if (loop->wqe->length &&
	    !remote_memory(loop, loop->wqe->length, wr->remote_addr, wr->rkey,
			   IB_ACCESS_REMOTE_WRITE))
		return LOOP_ACCESS;
	return LOOP_DONE;
}

static enum loop_result start_write_imm(struct loop *loop)
{
	enum loop_result res;

	if (!(loop->rqp->qp_access_flags & IB_ACCESS_REMOTE_WRITE))
		return LOOP_INVALID;
	res = take_rwqe(loop, true);
	return res == LOOP_DONE ? start_write(loop) : res;
}

/* Are READs and atomics enabled, and has the responder room for one? */
static bool may_respond(const struct loop *loop, int access)
{
	return (loop->rqp->qp_access_flags & access) &&
	       loop->rqp->r_max_rd_atomic;
}

static enum loop_result start_read(struct loop *loop)
{
	const struct ib_rdma_wr *wr = &loop->wqe->rdma_wr;

	if (!may_respond(loop, IB_ACCESS_REMOTE_READ))
		return LOOP_INVALID;
	if (loop->wqe->length &&
	    !remote_memory(loop, loop->wqe->length, wr->remote_addr, wr->rkey,
			   IB_ACCESS_REMOTE_READ))
		return LOOP_ACCESS;
	return LOOP_DONE;
}

static u64 perform_atomic(const struct ib_atomic_wr *wr, void *where)
{
	if (wr->wr.opcode == IB_WR_ATOMIC_FETCH_AND_ADD)
		return atomic64_fetch_add(wr->compare_add, (atomic64_t *)where);
	return cmpxchg64((u64 *)where, wr->compare_add, wr->swap);
}

/* Too short to have pieces: all is done here. */
static enum loop_result start_atomic(struct loop *loop)
{
	const struct ib_atomic_wr *wr = &loop->wqe->atomic_wr;
	struct rvt_sge_state *ss = &loop->rqp->r_sge;
	u64 old;

	if (!may_respond(loop, IB_ACCESS_REMOTE_ATOMIC) ||
	    !IS_ALIGNED(wr->remote_addr, sizeof(u64)))
		return LOOP_INVALID;
	if (!remote_memory(loop, sizeof(u64), wr->remote_addr, wr->rkey,
			   IB_ACCESS_REMOTE_ATOMIC))
		return LOOP_ACCESS;
	/* A region may begin anywhere; the processor wants it aligned. */
	if (!IS_ALIGNED((unsigned long)ss->sge.vaddr, sizeof(u64)) ||
	    ss->sge.length < sizeof(u64))
		return LOOP_INVALID;

	old = perform_atomic(wr, ss->sge.vaddr);
	if (loop->sqp->s_sge.num_sge)
		rvt_copy_sge(loop->sqp, &loop->sqp->s_sge, &old, sizeof(old),
			     false, false);
	loop->sqp->s_len = 0;
	return LOOP_DONE;
}

static const struct loop_op loop_ops[] = {
	[IB_WR_SEND]		    = { start_send, IB_WC_RECV },
	[IB_WR_SEND_WITH_IMM]	    = { start_send, IB_WC_RECV },
	[IB_WR_SEND_WITH_INV]	    = { start_send, IB_WC_RECV },
	[IB_WR_RDMA_WRITE]	    = { start_write,
					.access = IB_ACCESS_REMOTE_WRITE },
	[IB_WR_RDMA_WRITE_WITH_IMM] = { start_write_imm,
					IB_WC_RECV_RDMA_WITH_IMM,
					IB_ACCESS_REMOTE_WRITE },
	[IB_WR_RDMA_READ]	    = { start_read,
					.access = IB_ACCESS_REMOTE_READ,
					.read = true },
	[IB_WR_RDMA_READ_WITH_INV]  = { start_read,
					.access = IB_ACCESS_REMOTE_READ,
					.read = true },
	[IB_WR_ATOMIC_CMP_AND_SWP]  = { start_atomic },
	[IB_WR_ATOMIC_FETCH_AND_ADD] = { start_atomic },
};

static const struct loop_op *loop_op(const struct rvt_swqe *wqe)
{
	if ((u32)wqe->wr.opcode >= ARRAY_SIZE(loop_ops) ||
	    !loop_ops[wqe->wr.opcode].start)
		return NULL;
	return &loop_ops[wqe->wr.opcode];
}

/* The responder's state while a message is under way, and between messages. */
static void set_in_message(struct rvt_qp *rqp, bool yes)
{
	if (is_rc(rqp))
		rqp->r_state = yes ? IB_OPCODE_RC_SEND_MIDDLE :
				     IB_OPCODE_RC_SEND_LAST;
	else
		rqp->r_state = yes ? IB_OPCODE_UC_SEND_MIDDLE :
				     IB_OPCODE_UC_SEND_LAST;
}

static bool in_message(const struct rvt_qp *rqp)
{
	return rqp->r_flags & RVT_R_LOOPBACK &&
	       rqp->r_state == (is_rc(rqp) ? IB_OPCODE_RC_SEND_MIDDLE :
					     IB_OPCODE_UC_SEND_MIDDLE);
}

/* Is there something left of a message that came in packets? */
static bool in_packets(const struct rvt_qp *rqp)
{
	return !(rqp->r_flags & RVT_R_LOOPBACK) &&
	       (test_bit(RVT_R_WRID_VALID, &rqp->r_aflags) ||
		rqp->r_sge.num_sge);
}

/* Complete the receive that a message was using, as far as it was. */
static void complete_receive(struct loop *loop, struct ib_wc *wc)
{
	struct rvt_qp *rqp = loop->rqp;
	bool solicited = wc->status != IB_WC_SUCCESS ||
			 (loop->wqe->wr.send_flags & IB_SEND_SOLICITED);

	if (!test_and_clear_bit(RVT_R_WRID_VALID, &rqp->r_aflags))
		return;
	wc->wr_id = rqp->r_wr_id;
	wc->qp = &rqp->ibqp;
	wc->src_qp = rqp->remote_qpn;
	wc->slid = rdma_ah_get_dlid(&rqp->remote_ah_attr) & U16_MAX;
	wc->sl = rdma_ah_get_sl(&rqp->remote_ah_attr);
	wc->port_num = rqp->port_num;
	if (!rvt_cq_enter(ibcq_to_rvtcq(rqp->ibqp.recv_cq), wc, solicited))
		rvt_rc_error(rqp, IB_WC_LOC_QP_OP_ERR);
}

/*
 * A message failed.  A UC responder waits for the next one: only the receive
 * that it may have taken for this one is lost.
 */
static void fail_message(struct loop *loop, enum loop_result res)
{
	enum ib_event_type event = loop_status[res].event;
	struct rvt_qp *rqp = loop->rqp;
	struct ib_wc wc = {
		.status = loop_status[res].responder,
		.opcode = IB_WC_RECV,
	};

	if (!wc.status)
		return;
	if (is_rc(rqp) || res == LOOP_OP_ERR) {
		if (test_bit(RVT_R_WRID_VALID, &rqp->r_aflags))
			event = 0;
		rvt_rc_error(rqp, wc.status);
		if (event)
			rvt_qp_event(rqp, event);
	} else {
		rvt_put_ss(&rqp->r_sge);
		set_in_message(rqp, false);
		complete_receive(loop, &wc);
	}
}

/* All data has arrived. */
static void end_message(struct loop *loop, const struct loop_op *op)
{
	const struct ib_send_wr *wr = &loop->wqe->wr;
	struct rvt_qp *rqp = loop->rqp;
	struct ib_wc wc = {
		.status = IB_WC_SUCCESS,
		.opcode = op->receive,
		.byte_len = loop->wqe->length,
	};

	rvt_put_ss(&rqp->r_sge);
	set_in_message(rqp, false);
	rqp->r_msn++;
	if (!op->receive)
		return;

	if (wr->opcode == IB_WR_SEND_WITH_INV) {
		if (!rvt_invalidate_for_peer(rqp, wr->ex.invalidate_rkey)) {
			wc.wc_flags = IB_WC_WITH_INVALIDATE;
			wc.ex.invalidate_rkey = wr->ex.invalidate_rkey;
		}
	} else if (wr->opcode != IB_WR_SEND) {
		wc.wc_flags = IB_WC_WITH_IMM;
		wc.ex.imm_data = wr->ex.imm_data;
	}
	complete_receive(loop, &wc);
}

/* The rest of the remote memory, if the key is still good for it. */
static enum loop_result renew_access(struct loop *loop,
				     const struct loop_op *op)
{
	const struct ib_rdma_wr *wr = &loop->wqe->rdma_wr;
	struct rvt_qp *rqp = loop->rqp;

	if (!op->access)
		return LOOP_DONE;
	rvt_put_ss(&rqp->r_sge);
	return remote_memory(loop, loop->sqp->s_len,
			     wr->remote_addr + rqp->r_rcv_len, wr->rkey,
			     op->access) ? LOOP_DONE : LOOP_ACCESS;
}

/* Begin with a work request, or go on where the last run left off. */
static enum loop_result start_message(struct loop *loop,
				      const struct loop_op *op)
{
	struct rvt_qp *sqp = loop->sqp, *rqp = loop->rqp;
	struct rvt_swqe *wqe = loop->wqe;
	enum loop_result res;

	if (sqp->s_wqe == wqe)
		return in_message(rqp) &&
		       rqp->r_rcv_len == wqe->length - sqp->s_len ?
		       renew_access(loop, op) : LOOP_NO_PEER;

	/* The requester gave up a message and began anew. */
	if (in_message(rqp) || in_packets(rqp)) {
		fail_message(loop, LOOP_INVALID);
		if (is_rc(rqp))
			return LOOP_INVALID;
	}
	rqp->r_flags |= RVT_R_LOOPBACK;

	rvt_restart_sge(&sqp->s_sge, wqe, 0);
	sqp->s_len = wqe->length;
	res = op->start(loop);
	if (res == LOOP_DONE) {
		rqp->r_rcv_len = 0;
		set_in_message(rqp, true);
	}
	return res;
}

/*
 * Copy a piece of the message.  The responder's references are released as
 * they are used up; the requester's go with its work request.
 */
static void copy_piece(struct loop *loop, const struct loop_op *op, u32 length)
{
	struct rvt_qp *sqp = loop->sqp, *rqp = loop->rqp;
	struct rvt_sge_state *src = op->read ? &rqp->r_sge : &sqp->s_sge;
	struct rvt_sge_state *dst = op->read ? &sqp->s_sge : &rqp->r_sge;
	/* Programs poll on the last byte of what is written to them. */
	bool copy_last = length == sqp->s_len && rvt_is_user_qp(rqp) &&
			 loop->wqe->wr.opcode == IB_WR_RDMA_WRITE;

	sqp->s_len -= length;
	rqp->r_rcv_len += length;
	while (length) {
		u32 len = rvt_get_sge_length(&src->sge, length);

		if (WARN_ON_ONCE(!len))
			return;
		length -= len;
		rvt_copy_sge(op->read ? sqp : rqp, dst, src->sge.vaddr, len,
			     !op->read, copy_last && !length);
		rvt_update_sge(src, len, op->read);
	}
}

/*
 * Copy what is left of the message, or what the budget allows, in pieces
 * between which the lock is dropped.  An error of the responder meanwhile has
 * released its references already.
 */
static enum loop_result copy_message(struct loop *loop,
				     const struct loop_op *op)
{
	struct rvt_qp *sqp = loop->sqp, *rqp = loop->rqp;
	enum loop_result res = LOOP_DONE;
	u32 length;

	while (sqp->s_len && res == LOOP_DONE) {
		length = min3(sqp->s_len, loop->budget, (u32)LOOP_CHUNK);
		if (!length)
			return LOOP_MORE;
		copy_piece(loop, op, length);
		loop->budget -= length;
		loop->stats.bytes += length;
		if (!sqp->s_len)
			break;

		rvt_access_end(&loop->access);
		spin_unlock_irqrestore(&rqp->r_lock, loop->flags);
		spin_lock_irqsave(&rqp->r_lock, loop->flags);
		res = peer_ready(loop) ? renew_access(loop, op) : LOOP_NO_PEER;
	}
	return res;
}

/* The responder's half of a work request. */
static enum loop_result respond(struct loop *loop)
{
	const struct loop_op *op = loop_op(loop->wqe);
	struct rvt_qp *rqp = loop->rqp;
	enum loop_result res = LOOP_NO_PEER;

	if (!op)
		return LOOP_LOCAL_OP;
	if (!rqp)
		return LOOP_NO_PEER;

	spin_lock_irqsave(&rqp->r_lock, loop->flags);
	if (peer_ready(loop)) {
		if (rqp->state == IB_QPS_RTR &&
		    !(rqp->r_flags & RVT_R_COMM_EST))
			rvt_comm_est(rqp);
		res = start_message(loop, op);
		if (res == LOOP_DONE)
			res = copy_message(loop, op);
		rvt_access_end(&loop->access);
		if (res == LOOP_DONE)
			end_message(loop, op);
		else
			fail_message(loop, res);
	}
	spin_unlock_irqrestore(&rqp->r_lock, loop->flags);
	return res;
}

static enum loop_result do_local(struct loop *loop)
{
	switch (rvt_execute_local(loop->sqp, loop->wqe)) {
	case IB_WC_SUCCESS:
		return LOOP_DONE;
	case IB_WC_MW_BIND_ERR:
		return LOOP_BIND;
	default:
		return LOOP_LOCAL_PROT;
	}
}

/* Each costs something, so that the smallest ones come to an end too. */
static enum loop_result carry_out(struct loop *loop)
{
	u32 budget = loop->budget;
	enum loop_result res;

	res = rvt_wqe_is_local(loop->wqe) ? do_local(loop) : respond(loop);
	if (budget - loop->budget < LOOP_MIN_COST)
		loop->budget = budget - min_t(u32, budget, LOOP_MIN_COST);
	return res;
}

/* Hold the requester back; the RNR timer sets it going again. */
static void wait_for_peer(struct rvt_qp *sqp)
{
	u64 ns = jiffies64_to_nsecs(sqp->timeout_jiffies);

	lockdep_assert_held(&sqp->s_lock);
	sqp->s_flags |= RVT_S_WAIT_RNR;
	hrtimer_start(&sqp->s_rnr_timer, ns_to_ktime(ns),
		      HRTIMER_MODE_REL_PINNED);
}

static bool peer_retry(struct loop *loop)
{
	struct rvt_qp *sqp = loop->sqp;

	loop->rvp->n_pkt_drops++;
	if (!is_rc(sqp))
		return false;
	/* Without a timeout nobody ever finds out that the peer is silent. */
	if (sqp->timeout) {
		if (!sqp->s_retry)
			return false;
		sqp->s_retry--;
		loop->rvp->n_rc_timeouts++;
	}
	wait_for_peer(sqp);
	return true;
}

static bool rnr_retry(struct loop *loop)
{
	const struct rvt_operation_params *params = loop->rdi->post_parms;
	u32 code = READ_ONCE(loop->rqp->r_min_rnr_timer);
	struct rvt_qp *sqp = loop->sqp;

	if (!is_rc(sqp))
		return false;
	loop->rvp->n_rnr_naks++;
	if (!(params[loop->wqe->wr.opcode].flags & RVT_OPERATION_IGN_RNR_CNT)) {
		if (!sqp->s_rnr_retry)
			return false;
		/* 7 stands for endless patience. */
		if (sqp->s_rnr_retry_cnt < 7)
			sqp->s_rnr_retry--;
	}
	rvt_add_rnr_timer(sqp, code << IB_AETH_CREDIT_SHIFT);
	return true;
}

/*
 * Shall the requester try again later?  Counts the attempt and starts the
 * timer.
 */
static bool retry_later(struct loop *loop, enum loop_result res)
{
	lockdep_assert_held(&loop->sqp->s_lock);

	if (!rvt_qp_may(loop->sqp, RVT_PROCESS_SEND_OK))
		return false;
	if (res == LOOP_NO_PEER)
		return peer_retry(loop);
	return res == LOOP_RNR && rnr_retry(loop);
}

/* Complete the oldest work request. */
static void complete_wqe(struct rvt_qp *sqp, struct rvt_swqe *wqe,
			 enum ib_wc_status status)
{
	if (rvt_wqe_is_late(wqe))
		atomic_dec(&sqp->local_ops_pending);
	sqp->s_wqe = NULL;
	rvt_send_complete(sqp, wqe, status);
}

/* What the requester is told: nothing goes wrong that UC could hear of. */
static enum ib_wc_status send_status(const struct rvt_qp *sqp,
				     enum loop_result res)
{
	if (res == LOOP_DONE)
		return IB_WC_SUCCESS;
	if (is_rc(sqp) || res == LOOP_LOCAL_PROT || res == LOOP_BIND ||
	    res == LOOP_LOCAL_OP)
		return loop_status[res].requester;
	return IB_WC_SUCCESS;
}

/*
 * The requester's half of the end of a work request.  Returns false if the
 * engine has to stop until a timer runs it again.
 */
static bool finish(struct loop *loop, enum loop_result res)
{
	struct rvt_qp *sqp = loop->sqp;
	enum ib_wc_status status;

	sqp->s_wqe = res == LOOP_MORE ? loop->wqe : NULL;
	if (res == LOOP_MORE)
		return true;
	if (retry_later(loop, res))
		return false;

	status = send_status(sqp, res);
	if (status == IB_WC_SUCCESS) {
		loop->rvp->n_loop_pkts++;
		loop->stats.messages++;
		sqp->s_rnr_retry = sqp->s_rnr_retry_cnt;
		sqp->s_retry = sqp->s_retry_cnt;
	}
	complete_wqe(sqp, loop->wqe, status);
	if (status != IB_WC_SUCCESS)
		rvt_send_error(sqp);
	return true;
}

static void flush(struct loop *loop)
{
	complete_wqe(loop->sqp, loop->wqe, IB_WC_WR_FLUSH_ERR);
	loop->budget -= min_t(u32, loop->budget, LOOP_MIN_COST);
}

/*
 * Find the next work request to carry out, flushing what is to be flushed.
 * Returns false if there is none, or the budget is used up.
 */
static bool next_wqe(struct loop *loop)
{
	struct rvt_qp *sqp = loop->sqp;

	lockdep_assert_held(&sqp->r_lock);
	lockdep_assert_held(&sqp->s_lock);

	/* Whoever moved the head has written the entry: see publish_wqe(). */
	while (loop->budget && sqp->s_last != smp_load_acquire(&sqp->s_head)) {
		loop->wqe = rvt_get_swqe_ptr(sqp, sqp->s_last);
		if (rvt_qp_may(sqp, RVT_PROCESS_NEXT_SEND_OK)) {
			if (sqp->s_last == sqp->s_cur)
				sqp->s_cur = rvt_qp_swqe_incr(sqp, sqp->s_cur);
			return !(sqp->s_flags & RVT_S_ANY_WAIT);
		}
		/* A request begun before SQD is carried through. */
		if (rvt_qp_may(sqp, RVT_PROCESS_SEND_OK))
			return sqp->s_last != sqp->s_cur &&
			       !(sqp->s_flags & RVT_S_ANY_WAIT);
		if (!rvt_qp_may(sqp, RVT_FLUSH_SEND))
			return false;
		flush(loop);
	}
	return false;
}

static bool engine_begin(struct rvt_qp *sqp)
{
	lockdep_assert_held(&sqp->s_lock);

	if (sqp->s_flags & (RVT_S_BUSY | RVT_S_ANY_WAIT) ||
	    !rvt_qp_may(sqp, RVT_PROCESS_OR_FLUSH_SEND))
		return false;
	sqp->s_flags |= RVT_S_BUSY;
	return true;
}

/**
 * rvt_loopback_run - rvt_ruc_loopback() for drivers that count
 * @sqp: the requester
 *
 * Carries out the posted work requests in order until there are no more, the
 * requester has to wait (RNR, peer not ready), or the budget is used up, in
 * which case the driver's schedule_send() is asked to call again.
 *
 * Context: any but with locks of a queue pair held; takes the r_lock and
 * s_lock of the requester and the r_lock of the responder, one after another.
 * Return: what this run has done.
 *
 * InfiniBand Architecture Specification, volume 1, sections 9.7 and 9.8.
 */
struct rvt_loopback_stats rvt_loopback_run(struct rvt_qp *sqp)
{
	struct loop loop = {
		.rdi = ib_to_rvt(sqp->ibqp.device),
		.rvp = rvt_to_iport(sqp),
		.sqp = sqp,
		.budget = LOOP_BUDGET,
	};
	enum loop_result res;
	unsigned long flags;
	bool go_on = true;

	rcu_read_lock();
	loop.rqp = rvt_lookup_qpn(loop.rdi, loop.rvp, sqp->remote_qpn);

	spin_lock_irqsave(&sqp->r_lock, flags);
	spin_lock(&sqp->s_lock);
	if (!engine_begin(sqp))
		goto unlock;
	loop.path = path_of(sqp);

	while (go_on && next_wqe(&loop)) {
		spin_unlock(&sqp->s_lock);
		spin_unlock_irqrestore(&sqp->r_lock, flags);
		res = carry_out(&loop);
		spin_lock_irqsave(&sqp->r_lock, flags);
		spin_lock(&sqp->s_lock);
		go_on = finish(&loop, res);
	}
	sqp->s_flags &= ~RVT_S_BUSY;
	if (!loop.budget && go_on)
		loop.rdi->driver_f.schedule_send(sqp);

unlock:
	spin_unlock(&sqp->s_lock);
	spin_unlock_irqrestore(&sqp->r_lock, flags);
	rcu_read_unlock();
	return loop.stats;
}
EXPORT_SYMBOL_GPL(rvt_loopback_run);

/**
 * rvt_ruc_loopback - send engine of an RC or UC queue pair whose peer is on
 *	the same port
 * @sqp: the requester
 *
 * Context: as for rvt_loopback_run(), which it is.
 */
void rvt_ruc_loopback(struct rvt_qp *sqp)
{
	rvt_loopback_run(sqp);
}
EXPORT_SYMBOL(rvt_ruc_loopback);
