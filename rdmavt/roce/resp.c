// SPDX-License-Identifier: GPL-2.0
/*
 * The responder of a reliable connection: requests are executed in the order
 * of their PSNs, each exactly once.
 *
 *	ahead of r_psn	something is missing: one NAK, and wait for it
 *	r_psn		check, execute, acknowledge
 *	behind		a duplicate: acknowledge again, repeat READ responses and
 *			the stored results of atomics, execute nothing
 *
 * The checks of a request come in the order of section 2.5 of the
 * specification, and an error ends the connection: the request is answered by
 * a NAK, after the responses to those before it, and the queue pair goes to
 * ERR.  Until that has happened further requests are ignored (dead).
 *
 * "Receiver not ready" is no error: nothing has changed when it is sent, and
 * the request comes again.
 *
 * A WRITE looks its key up for every packet and holds nothing in between.  An
 * invalidation waits for the packet that is being copied: when it has returned,
 * nothing more is written.
 *
 * Locking: r_lock.  What is to be sent goes through ack.c, which takes s_lock.
 */
#include <linux/atomic.h>
#include <linux/skbuff.h>
#include <rdma/ib_hdrs.h>
#include <rvt_ext.h>
#include "ack.h"
#include "comp.h"
#include "counters.h"
#include "device.h"
#include "packet.h"
#include "qp.h"
#include "resp.h"
#include "send.h"

#define MAX_MESSAGE	BIT(31)

/* What became of a request. */
enum verdict {
	DONE,
	NOT_READY,	/* no receive WQE */
	INVALID,	/* breaks the rules of the transport */
	TOO_LONG,	/* for the receive WQE */
	NO_ACCESS,	/* the remote key does not allow it */
	BAD_RECEIVE,	/* a local key does not; the WQE is complete */
	CQ_FULL,	/* executed, but nobody can be told */
};

static const struct rvt_roce_fatal verdicts[] = {
	[INVALID] = {
		.nak = RVT_ROCE_NAK_INV_REQ,
		.status = IB_WC_REM_INV_REQ_ERR,
		.event = IB_EVENT_QP_REQ_ERR,
		.has_event = true,
	},
	[TOO_LONG] = {
		.nak = RVT_ROCE_NAK_INV_REQ,
		.status = IB_WC_LOC_LEN_ERR,
	},
	[NO_ACCESS] = {
		.nak = RVT_ROCE_NAK_ACCESS,
		.status = IB_WC_REM_ACCESS_ERR,
		.event = IB_EVENT_QP_ACCESS_ERR,
		.has_event = true,
	},
	[BAD_RECEIVE] = {
		.nak = RVT_ROCE_NAK_OP,
		.status = IB_WC_LOC_QP_OP_ERR,
	},
	[CQ_FULL] = {
		.status = IB_WC_LOC_QP_OP_ERR,
		.event = IB_EVENT_QP_FATAL,
		.has_event = true,
	},
};

/* One packet on its way through here. */
struct rx {
	const struct rvt_roce_pkt *pkt;
	struct rvt_qp *qp;
	bool kick;			/* the send engine has to run */
};

bool rvt_roce_resp_in_sequence(u8 prev, const struct rvt_roce_opcode *op)
{
	const u32 kind = RVT_ROCE_OP_SEND | RVT_ROCE_OP_WRITE;
	const struct rvt_roce_opcode *before = &rvt_roce_opcodes[prev];
	bool inside = !(before->flags & RVT_ROCE_OP_END);

	if (op->flags & RVT_ROCE_OP_START)
		return !inside;
	return inside && (op->flags & kind) == (before->flags & kind);
}

bool rvt_roce_resp_size_ok(const struct rvt_roce_pkt *pkt, u32 pmtu)
{
	if (!(pkt->op->flags & RVT_ROCE_OP_END))
		return pkt->len == pmtu;
	if (pkt->op->flags & RVT_ROCE_OP_NONEMPTY && !pkt->len)
		return false;
	return pkt->len <= pmtu;
}

static void acknowledge(struct rx *rx)
{
	struct rvt_qp *qp = rx->qp;

	rvt_roce_ack_post(qp, rvt_roce_psn_add(qp->r_psn, -1),
			  rvt_compute_aeth(qp));
	rx->kick = true;
}

/* Once, until the packet at r_psn arrives. */
static void nak(struct rx *rx, u8 syndrome)
{
	struct rvt_qp *qp = rx->qp;

	qp->r_nak_state = syndrome & RVT_ROCE_AETH_TYPE_MASK;
	rvt_roce_ack_post(qp, qp->r_psn, rvt_roce_nak_aeth(qp, syndrome));
	rx->kick = true;
}

static void fail(struct rx *rx, enum verdict verdict)
{
	struct rvt_roce_fatal fatal = verdicts[verdict];

	rvt_roce_count_drop(rx->pkt->dev, RVT_ROCE_DROP_PROTOCOL);
	fatal.psn = rx->pkt->psn;
	rvt_roce_ack_fatal(rx->qp, &fatal);
	rx->kick = true;
}

/* ---- messages ---- */

static enum verdict take_receive(struct rvt_qp *qp, bool wr_id_only)
{
	int ret = rvt_get_rwqe(qp, wr_id_only);

	if (ret < 0)
		return BAD_RECEIVE;
	return ret ? DONE : NOT_READY;
}

static __be32 imm_data(const struct rvt_roce_pkt *pkt)
{
	/* The last of the extension headers. */
	return get_unaligned((__be32 *)((void *)pkt->bth + pkt->op->hdr_len -
					sizeof(__be32)));
}

bool rvt_roce_resp_complete(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	bool write = pkt->op->flags & RVT_ROCE_OP_WRITE;
	struct ib_wc wc = {
		.wr_id = qp->r_wr_id,
		.status = IB_WC_SUCCESS,
		.opcode = write ? IB_WC_RECV_RDMA_WITH_IMM : IB_WC_RECV,
		.byte_len = write ? qp->r_len : qp->r_rcv_len,
		.qp = &qp->ibqp,
		.src_qp = qp->remote_qpn,
		.port_num = qp->port_num,
	};

	lockdep_assert_held(&qp->r_lock);
	if (pkt->op->flags & RVT_ROCE_OP_IMM) {
		wc.wc_flags = IB_WC_WITH_IMM;
		wc.ex.imm_data = imm_data(pkt);
	} else if (pkt->op->flags & RVT_ROCE_OP_IETH) {
		u32 rkey = be32_to_cpu(imm_data(pkt));

		/* A key that is no longer valid is as good as invalidated. */
		if (!rvt_invalidate_for_peer(qp, rkey)) {
			wc.wc_flags = IB_WC_WITH_INVALIDATE;
			wc.ex.invalidate_rkey = rkey;
		}
	}
	clear_bit(RVT_R_WRID_VALID, &qp->r_aflags);
	return rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), &wc, pkt->se);
}

/* The last packet of a SEND or WRITE was placed. */
static enum verdict end_message(struct rx *rx)
{
	struct rvt_qp *qp = rx->qp;

	qp->r_msn = (qp->r_msn + 1) & IB_MSN_MASK;
	if (!test_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		return DONE;
	return rvt_roce_resp_complete(qp, rx->pkt) ? DONE : CQ_FULL;
}

static enum verdict do_send(struct rx *rx)
{
	const struct rvt_roce_pkt *pkt = rx->pkt;
	struct rvt_qp *qp = rx->qp;
	enum verdict verdict;

	if (pkt->op->flags & RVT_ROCE_OP_START) {
		verdict = take_receive(qp, false);
		if (verdict != DONE)
			return verdict;
		qp->r_rcv_len = 0;
	}
	if (!rvt_roce_resp_size_ok(pkt, qp->pmtu))
		return INVALID;
	if (pkt->len > qp->r_len - qp->r_rcv_len)
		return TOO_LONG;
	rvt_copy_sge(qp, &qp->r_sge, (void *)pkt->payload, pkt->len, true,
		     false);
	qp->r_rcv_len += pkt->len;
	if (!(pkt->op->flags & RVT_ROCE_OP_END))
		return DONE;
	rvt_put_ss(&qp->r_sge);
	return end_message(rx);
}

bool rvt_roce_resp_write(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	const struct rvt_roce_write *write = &to_rvt_roce_qp(qp)->write;
	bool first = pkt->op->flags & RVT_ROCE_OP_START;
	bool last = pkt->op->flags & RVT_ROCE_OP_END &&
		    !(pkt->op->flags & RVT_ROCE_OP_IMM);
	struct rvt_sge_state ss = { .num_sge = 1 };
	struct rvt_access access;

	lockdep_assert_held(&qp->r_lock);
	if (!pkt->len)
		return true;
	/* The first packet is refused if any of the message would be. */
	if (!rvt_access_begin(&access, qp, first ? qp->r_len : pkt->len,
			      write->va + qp->r_rcv_len, write->rkey,
			      IB_ACCESS_REMOTE_WRITE))
		return false;
	ss.sge = access.sge;
	/* The copy drops the reference with the last byte of the element. */
	ss.sge.sge_length = pkt->len;
	rvt_copy_sge(qp, &ss, (void *)pkt->payload, pkt->len, true,
		     last && rvt_is_user_qp(qp));
	rvt_access_end(&access);
	qp->r_rcv_len += pkt->len;
	return true;
}

bool rvt_roce_resp_check_write(struct rvt_qp *qp,
			       const struct rvt_roce_pkt *pkt)
{
	struct rvt_roce_write *write = &to_rvt_roce_qp(qp)->write;
	u32 left;

	lockdep_assert_held(&qp->r_lock);
	if (pkt->op->flags & RVT_ROCE_OP_START) {
		const struct rvt_roce_reth *reth = pkt->ext;

		write->va = be64_to_cpu(reth->va);
		write->rkey = be32_to_cpu(reth->rkey);
		qp->r_len = be32_to_cpu(reth->len);
		qp->r_rcv_len = 0;
	}
	if (qp->r_len > MAX_MESSAGE || !rvt_roce_resp_size_ok(pkt, qp->pmtu))
		return false;
	left = qp->r_len - qp->r_rcv_len;
	return pkt->op->flags & RVT_ROCE_OP_END ? pkt->len == left :
						  pkt->len < left;
}

static enum verdict do_write(struct rx *rx)
{
	const struct rvt_roce_pkt *pkt = rx->pkt;
	struct rvt_qp *qp = rx->qp;
	enum verdict verdict;

	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_WRITE))
		return INVALID;
	/* Nothing may have changed if this says "not ready". */
	if (pkt->op->flags & RVT_ROCE_OP_RWQE) {
		verdict = take_receive(qp, true);
		if (verdict != DONE)
			return verdict;
	}
	if (!rvt_roce_resp_check_write(qp, pkt))
		return INVALID;
	if (!rvt_roce_resp_write(qp, pkt))
		return NO_ACCESS;
	return pkt->op->flags & RVT_ROCE_OP_END ? end_message(rx) : DONE;
}

/* ---- READ and atomics ---- */

/* PSNs that the responses to a READ take. */
static u32 read_psns(struct rvt_qp *qp, u32 len)
{
	return len ? rvt_div_round_up_mtu(qp, len) : 1;
}

static bool may_read(struct rvt_qp *qp, const struct rvt_roce_resp *resp)
{
	struct rvt_sge sge;

	if (!resp->len)
		return true;
	if (!rvt_rkey_ok(qp, &sge, resp->len, resp->va, resp->rkey,
			 IB_ACCESS_REMOTE_READ))
		return false;
	rvt_put_mr(sge.mr);
	return true;
}

/* Execution begins: remember the request in case it comes again. */
static void accept_response(struct rx *rx, struct rvt_roce_resp *resp)
{
	struct rvt_roce_qp *priv = rx->qp->priv;
	struct rvt_qp *qp = rx->qp;

	qp->r_msn = (qp->r_msn + 1) & IB_MSN_MASK;
	resp->aeth = rvt_compute_aeth(qp);
	priv->done[priv->done_next] = *resp;
	if (++priv->done_next == priv->done_size)
		priv->done_next = 0;
	rvt_roce_ack_respond(qp, resp);
	rx->kick = true;
}

static enum verdict do_read(struct rx *rx)
{
	const struct rvt_roce_pkt *pkt = rx->pkt;
	const struct rvt_roce_reth *reth = pkt->ext;
	struct rvt_qp *qp = rx->qp;
	struct rvt_roce_resp resp = {
		.kind = RVT_ROCE_RESP_READ,
		.va = be64_to_cpu(reth->va),
		.rkey = be32_to_cpu(reth->rkey),
		.len = be32_to_cpu(reth->len),
		.psn = pkt->psn,
	};

	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_READ) ||
	    !qp->r_max_rd_atomic || !rvt_roce_ack_room(qp) ||
	    resp.len > MAX_MESSAGE)
		return INVALID;
	if (!may_read(qp, &resp))
		return NO_ACCESS;
	resp.lpsn = rvt_roce_psn_add(pkt->psn, read_psns(qp, resp.len) - 1);
	qp->r_psn = resp.lpsn;
	accept_response(rx, &resp);
	return DONE;
}

/*
 * The processor's own atomic operations: requests of other queue pairs, those
 * of the library's short cut and programs on this host see each as one.
 */
static u64 execute_atomic(const struct rvt_roce_pkt *pkt, void *vaddr)
{
	const struct rvt_roce_atomic_eth *eth = pkt->ext;
	u64 swap_add = be64_to_cpu(eth->swap_add);

	if (pkt->opcode == IB_OPCODE_RC_FETCH_ADD)
		return atomic64_fetch_add(swap_add, (atomic64_t *)vaddr);
	return cmpxchg64((u64 *)vaddr, be64_to_cpu(eth->compare), swap_add);
}

static enum verdict do_atomic(struct rx *rx)
{
	const struct rvt_roce_pkt *pkt = rx->pkt;
	const struct rvt_roce_atomic_eth *eth = pkt->ext;
	struct rvt_roce_resp resp = {
		.kind = RVT_ROCE_RESP_ATOMIC,
		.psn = pkt->psn,
		.lpsn = pkt->psn,
	};
	u64 va = be64_to_cpu(eth->va);
	struct rvt_qp *qp = rx->qp;
	struct rvt_access access;
	bool aligned;

	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_ATOMIC) ||
	    !qp->r_max_rd_atomic || !rvt_roce_ack_room(qp) ||
	    !IS_ALIGNED(va, sizeof(u64)))
		return INVALID;
	if (!rvt_access_begin(&access, qp, sizeof(u64), va,
			      be32_to_cpu(eth->rkey), IB_ACCESS_REMOTE_ATOMIC))
		return NO_ACCESS;
	/* A region may begin anywhere; the processor wants it aligned. */
	aligned = IS_ALIGNED((unsigned long)access.sge.vaddr, sizeof(u64));
	if (aligned)
		resp.orig = execute_atomic(pkt, access.sge.vaddr);
	rvt_access_end(&access);
	rvt_put_mr(access.sge.mr);
	if (!aligned)
		return INVALID;
	accept_response(rx, &resp);
	return DONE;
}

static enum verdict execute(struct rx *rx)
{
	u32 flags = rx->pkt->op->flags;

	if (!rvt_roce_resp_in_sequence(rx->qp->r_state, rx->pkt->op))
		return INVALID;
	if (flags & RVT_ROCE_OP_SEND)
		return do_send(rx);
	if (flags & RVT_ROCE_OP_WRITE)
		return do_write(rx);
	if (flags & RVT_ROCE_OP_READ)
		return do_read(rx);
	if (flags & RVT_ROCE_OP_ATOMIC)
		return do_atomic(rx);
	return INVALID;
}

/* ---- by PSN ---- */

static void not_ready(struct rx *rx)
{
	rvt_roce_qp_count(rx->qp, RVT_ROCE_CNT_SENT_RNR_NAK);
	nak(rx, RVT_ROCE_AETH_RNR | (rx->qp->r_min_rnr_timer &
				     RVT_ROCE_AETH_VALUE));
}

static void in_order(struct rx *rx)
{
	const struct rvt_roce_pkt *pkt = rx->pkt;
	enum verdict verdict = execute(rx);
	struct rvt_qp *qp = rx->qp;

	switch (verdict) {
	case DONE:
		/* A READ has moved r_psn to the last of its PSNs. */
		qp->r_psn = rvt_roce_psn_add(qp->r_psn, 1);
		qp->r_state = pkt->opcode;
		qp->r_nak_state = 0;
		if (pkt->ackreq &&
		    pkt->op->flags & (RVT_ROCE_OP_SEND | RVT_ROCE_OP_WRITE))
			acknowledge(rx);
		break;
	case NOT_READY:
		not_ready(rx);
		break;
	default:
		fail(rx, verdict);
	}
}

/*
 * A packet before this one was lost.  A repeated NAK would make the requester
 * start over again and again; but if this packet is not behind the one that
 * showed the gap, the requester has started over and its packet was lost again.
 */
static void ahead(struct rx *rx)
{
	struct rvt_roce_qp *priv = rx->qp->priv;
	struct rvt_qp *qp = rx->qp;

	rvt_roce_qp_count(rx->qp, RVT_ROCE_CNT_OUT_OF_SEQ_REQUEST);
	if (qp->r_nak_state == RVT_ROCE_AETH_RNR ||
	    (qp->r_nak_state == RVT_ROCE_AETH_NAK &&
	     rvt_roce_psn_cmp(rx->pkt->psn, priv->nak_psn) > 0))
		return;
	priv->nak_psn = rx->pkt->psn;
	rvt_roce_qp_count(rx->qp, RVT_ROCE_CNT_SENT_SEQ_NAK);
	nak(rx, RVT_ROCE_NAK_PSN);
}

/*
 * The remembered request that a duplicate belongs to.  PSNs come round again
 * while an old request is still remembered: the latest one is meant.
 */
static const struct rvt_roce_resp *recall(const struct rx *rx,
					  enum rvt_roce_resp_kind kind)
{
	struct rvt_roce_qp *priv = rx->qp->priv;
	unsigned int i = priv->done_next, n;

	for (n = 0; n < priv->done_size; n++) {
		const struct rvt_roce_resp *done;

		i = (i ?: priv->done_size) - 1;
		done = &priv->done[i];
		if (done->kind == kind &&
		    rvt_roce_psn_cmp(rx->pkt->psn, done->psn) >= 0 &&
		    rvt_roce_psn_cmp(rx->pkt->psn, done->lpsn) <= 0)
			return done;
	}
	return NULL;
}

/*
 * Is @reth the rest of a READ, of which @left bytes are left at its PSN, or a
 * part that ends with a full packet?
 */
static bool part_ok(const struct rvt_qp *qp, const struct rvt_roce_resp *done,
		    const struct rvt_roce_reth *reth, u32 left)
{
	u32 len = be32_to_cpu(reth->len);

	if (be64_to_cpu(reth->va) != done->va + (done->len - left) ||
	    be32_to_cpu(reth->rkey) != done->rkey)
		return false;
	return len == left || (len && len < left && IS_ALIGNED(len, qp->pmtu));
}

/* What is left of a READ, from the packet that the requester misses first. */
static void repeat_read(struct rx *rx)
{
	const struct rvt_roce_resp *done = recall(rx, RVT_ROCE_RESP_READ);
	const struct rvt_roce_reth *reth = rx->pkt->ext;
	struct rvt_roce_resp resp;
	u32 offset;

	if (!done)
		return;
	offset = rvt_roce_psn_diff(rx->pkt->psn, done->psn) <<
		 rx->qp->log_pmtu;
	if (!part_ok(rx->qp, done, reth, done->len - offset))
		return;
	resp = *done;
	resp.psn = rx->pkt->psn;
	resp.va += offset;
	resp.len = be32_to_cpu(reth->len);
	resp.repeat = true;
	rvt_roce_ack_repeat(rx->qp, &resp);
	rx->kick = true;
}

static void repeat_atomic(struct rx *rx)
{
	const struct rvt_roce_resp *done = recall(rx, RVT_ROCE_RESP_ATOMIC);

	if (!done)
		return;
	rvt_roce_ack_repeat(rx->qp, done);
	rx->kick = true;
}

static void duplicate(struct rx *rx)
{
	rvt_roce_qp_count(rx->qp, RVT_ROCE_CNT_DUPLICATE_REQUEST);
	rvt_to_iport(rx->qp)->n_rc_dupreq++;
	if (rx->pkt->op->flags & RVT_ROCE_OP_READ)
		repeat_read(rx);
	else if (rx->pkt->op->flags & RVT_ROCE_OP_ATOMIC)
		repeat_atomic(rx);
	else if (rx->pkt->ackreq)
		acknowledge(rx);
}

static bool is_alive(const struct rvt_qp *qp)
{
	return rvt_roce_qp_may(qp, RVT_PROCESS_RECV_OK) &&
	       !(qp->r_flags & RVT_R_LOOPBACK) &&
	       !READ_ONCE(to_rvt_roce_qp(qp)->dead);
}

static void dispatch(struct rx *rx)
{
	struct rvt_qp *qp = rx->qp;
	int distance = rvt_roce_psn_cmp(rx->pkt->psn, qp->r_psn);

	if (distance > 0) {
		ahead(rx);
	} else if (distance < 0) {
		duplicate(rx);
	} else {
		if (qp->state == IB_QPS_RTR && !(qp->r_flags & RVT_R_COMM_EST))
			rvt_comm_est(qp);
		in_order(rx);
	}
}

void rvt_roce_resp_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	struct rx rx = { .pkt = pkt, .qp = qp };
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	if (is_alive(qp))
		dispatch(&rx);
	else
		rvt_roce_count_drop(pkt->dev, RVT_ROCE_DROP_QP_STATE);
	spin_unlock_irqrestore(&qp->r_lock, flags);

	if (rx.kick)
		rvt_roce_send_kick(qp);
}

/**
 * rvt_roce_rc_rcv() - a packet of a reliable connection
 * @pkt: packet, checked by the front end
 * @qp: RC queue pair
 *
 * Context: softirq, RCU read side, no queue pair lock.
 */
void rvt_roce_rc_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	if (pkt->op->flags & RVT_ROCE_OP_RESPONSE)
		rvt_roce_comp_rcv(pkt, qp);
	else
		rvt_roce_resp_rcv(pkt, qp);
}
