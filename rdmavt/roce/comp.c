// SPDX-License-Identifier: GPL-2.0
/*
 * The completer: a response says how far the requests of a queue pair have got.
 *
 * U is the oldest PSN that is not acknowledged (s_last_psn + 1), N the one
 * after the highest sent (s_sending_hpsn + 1).  A response outside U..N-1 is
 * old or forged.  Inside, it acknowledges all requests before its own, as far
 * as these want no data: a READ or atomic that is passed over has lost its
 * response.
 *
 * Nothing waits for the timer if a packet tells that one was lost: a NAK does,
 * and so does a response that comes too early (an implied NAK).  But each loss
 * is told many times, by all that was on its way behind it.  So
 *
 *  - between the decision to start over and the first packet sent again, all
 *    further complaints are ignored (req.restart);
 *  - of the responses that follow a gap, only the first counts, and those that
 *    cannot belong to the same stream because they come before it (req.gap);
 *  - once the peer has said "not ready", its complaint about the packets that
 *    followed is ignored.
 *
 * Locking: r_lock and s_lock for every response.  Completions need both.
 */
#include <linux/skbuff.h>
#include <rdma/ib_hdrs.h>
#include "comp.h"
#include "counters.h"
#include "device.h"
#include "ecn.h"
#include "qp.h"
#include "req.h"
#include "send.h"
#include "trace.h"

static u32 oldest_psn(const struct rvt_qp *qp)
{
	return rvt_roce_psn_add(qp->s_last_psn, 1);
}

/* Something was acknowledged for the first time: all counters start anew. */
static void made_progress(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_qp *priv = qp->priv;

	rvt_roce_ecn_acked(qp, psn);
	qp->s_last_psn = psn & RVT_ROCE_PSN_MASK;
	qp->s_retry = qp->s_retry_cnt;
	qp->s_rnr_retry = qp->s_rnr_retry_cnt;
	priv->req.gap = false;
	if (qp->s_flags & RVT_S_WAIT_RNR)
		rvt_stop_rc_timers(qp);
}

/*
 * If nothing is left to wait for, the timer stops; after @progress it starts
 * anew.  If packets that were to be sent again have arrived after all, sending
 * goes on behind them.
 */
static void catch_up(struct rvt_qp *qp, bool progress)
{
	struct rvt_roce_qp *priv = qp->priv;
	u32 psn = oldest_psn(qp);

	if (!rvt_roce_qp_may(qp, RVT_PROCESS_SEND_OK))
		return;
	if (rvt_roce_psn_cmp(psn, qp->s_sending_hpsn) > 0) {
		rvt_stop_rc_timers(qp);
		priv->req.parts = false;
	} else if (progress && qp->timeout &&
		   !(qp->s_flags & RVT_S_WAIT_RNR)) {
		rvt_mod_retry_timer(qp);
	}
	if (priv->req.overtaken ||
	    (priv->req.at != qp->s_cur &&
	     rvt_roce_psn_cmp(qp->s_psn, psn) < 0)) {
		rvt_roce_req_seek(qp, psn);
		priv->req.restart = false;
	}
}

/*
 * The peer goes on with what it was asked for before: as long as that is new, it
 * has not come to the request that was sent again, which is not late yet.
 */
static void still_busy(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_qp *priv = qp->priv;

	if (!priv->req.gap || !(qp->s_flags & RVT_S_TIMER) ||
	    rvt_roce_psn_cmp(psn, priv->req.early_psn) <= 0)
		return;
	priv->req.early_psn = psn;
	rvt_mod_retry_timer(qp);
}

/*
 * The response at @psn shows that an earlier one is missing.  Has this been
 * dealt with already?
 */
static void implied_nak(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_qp *priv = qp->priv;

	if (priv->req.restart ||
	    (priv->req.gap && rvt_roce_psn_cmp(psn, priv->req.gap_psn) > 0)) {
		still_busy(qp, psn);
		return;
	}
	priv->req.gap = true;
	priv->req.gap_psn = psn;
	priv->req.early_psn = psn;
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_IMPLIED_NAK);
	rvt_to_iport(qp)->n_rdma_seq++;
	rvt_roce_req_retry(qp, oldest_psn(qp));
}

/* The WQE that waits for a response longest, with those that don't completed. */
static struct rvt_swqe *oldest_wqe(struct rvt_qp *qp)
{
	while (rvt_roce_qp_may(qp, RVT_PROCESS_SEND_OK) &&
	       qp->s_last != qp->s_cur) {
		struct rvt_swqe *wqe = rvt_get_swqe_ptr(qp, qp->s_last);

		if (!rvt_roce_wqe_is_local(wqe))
			return wqe;
		rvt_roce_req_complete(qp, IB_WC_SUCCESS);
	}
	return NULL;
}

/*
 * Everything up to @psn was executed by the peer.  Returns false if it was not
 * because a READ or atomic in between waits for its response.
 */
static bool acknowledge(struct rvt_qp *qp, u32 psn)
{
	struct rvt_swqe *wqe;

	while ((wqe = oldest_wqe(qp))) {
		if (rvt_roce_psn_cmp(psn, oldest_psn(qp)) < 0)
			break;
		if (rvt_roce_wqe_wants_data(wqe))
			return false;
		if (rvt_roce_psn_cmp(psn, wqe->lpsn) < 0) {
			/* In the middle of a message. */
			made_progress(qp, psn);
			break;
		}
		made_progress(qp, wqe->lpsn);
		rvt_roce_req_complete(qp, IB_WC_SUCCESS);
	}
	return true;
}

static void got_ack(struct rvt_qp *qp, u32 psn, u32 aeth)
{
	bool complete = acknowledge(qp, psn);

	rvt_get_credit(qp, aeth);
	if (!complete)
		implied_nak(qp, psn);
}

static void got_rnr_nak(struct rvt_qp *qp, u32 psn, u32 aeth)
{
	if (!acknowledge(qp, rvt_roce_psn_add(psn, -1))) {
		implied_nak(qp, psn);
		return;
	}
	if (qp->s_flags & RVT_S_WAIT_RNR || !oldest_wqe(qp))
		return;
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_RCVD_RNR_NAK);
	rvt_to_iport(qp)->n_rnr_naks++;
	if (!qp->s_rnr_retry) {
		rvt_roce_qp_count(qp, RVT_ROCE_CNT_RNR_RETRY_EXCEEDED);
		rvt_roce_req_fail(qp, IB_WC_RNR_RETRY_EXC_ERR);
		return;
	}
	/* 7 is for ever. */
	if (qp->s_rnr_retry_cnt < 7)
		qp->s_rnr_retry--;
	rvt_stop_rc_timers(qp);
	rvt_roce_req_restart(qp, psn);
	rvt_add_rnr_timer(qp, aeth);
}

static void got_sequence_nak(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_qp *priv = qp->priv;

	if (!acknowledge(qp, rvt_roce_psn_add(psn, -1))) {
		implied_nak(qp, psn);
		return;
	}
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_RCVD_SEQ_NAK);
	rvt_to_iport(qp)->n_seq_naks++;
	if (priv->req.restart || qp->s_flags & RVT_S_WAIT_RNR ||
	    !oldest_wqe(qp))
		return;
	rvt_roce_req_retry(qp, psn);
}

/* The peer is in ERR: there is nothing to wait for, not even lost responses. */
static void got_fatal_nak(struct rvt_qp *qp, u32 psn, u8 syndrome)
{
	enum ib_wc_status status = IB_WC_REM_OP_ERR;

	if (syndrome == RVT_ROCE_NAK_INV_REQ)
		status = IB_WC_REM_INV_REQ_ERR;
	else if (syndrome == RVT_ROCE_NAK_ACCESS)
		status = IB_WC_REM_ACCESS_ERR;

	rvt_to_iport(qp)->n_other_naks++;
	acknowledge(qp, rvt_roce_psn_add(psn, -1));
	if (oldest_wqe(qp))
		rvt_roce_req_fail(qp, status);
}

static bool is_ack(u32 aeth)
{
	return !((aeth >> IB_AETH_CREDIT_SHIFT) & RVT_ROCE_AETH_TYPE_MASK);
}

static void got_acknowledge(struct rvt_qp *qp, u32 psn, u32 aeth)
{
	u8 syndrome = aeth >> IB_AETH_CREDIT_SHIFT;

	/* Only types 0x00 to 0x60 exist; bit 7 is to be ignored. */
	syndrome &= RVT_ROCE_AETH_TYPE_MASK | RVT_ROCE_AETH_VALUE;
	if (!is_ack(aeth))
		trace_rvt_roce_rcvd_nak(qp, psn, syndrome);
	switch (syndrome & RVT_ROCE_AETH_TYPE_MASK) {
	case RVT_ROCE_AETH_ACK:
		got_ack(qp, psn, aeth);
		break;
	case RVT_ROCE_AETH_RNR:
		got_rnr_nak(qp, psn, aeth);
		break;
	case RVT_ROCE_AETH_NAK:
		if (syndrome == RVT_ROCE_NAK_PSN)
			got_sequence_nak(qp, psn);
		else
			got_fatal_nak(qp, psn, syndrome);
		break;
	}
}

/*
 * The WQE that a response with data belongs to.  NULL if it came too early, in
 * which case an earlier one is missing, or belongs to no such WQE.
 */
static struct rvt_swqe *match(struct rvt_qp *qp, u32 psn, bool read)
{
	struct rvt_swqe *wqe;

	/* All before it, but no part of a READ that it may belong to. */
	wqe = oldest_wqe(qp);
	if (wqe && !rvt_roce_wqe_wants_data(wqe)) {
		acknowledge(qp, rvt_roce_psn_add(psn, -1));
		wqe = oldest_wqe(qp);
	}
	if (!wqe)
		return NULL;
	if (rvt_roce_psn_cmp(psn, oldest_psn(qp)) > 0) {
		implied_nak(qp, psn);
		return NULL;
	}
	if (read ? rvt_roce_wqe_is_read(wqe) : rvt_roce_wqe_is_atomic(wqe))
		return wqe;
	rvt_roce_req_fail(qp, IB_WC_BAD_RESP_ERR);
	return NULL;
}

/* The library does not wrap lpsn, hence the comparison. */
static bool is_last(const struct rvt_swqe *wqe, u32 psn)
{
	return !rvt_roce_psn_cmp(psn, wqe->lpsn);
}

/* Has the packet the place and size that a response at this PSN has? */
static bool read_response_ok(const struct rvt_qp *qp,
			     const struct rvt_swqe *wqe,
			     const struct rvt_roce_pkt *pkt, u32 offset)
{
	bool end = pkt->op->flags & RVT_ROCE_OP_END;

	if (is_last(wqe, pkt->psn))
		return end && pkt->len == wqe->length - offset;
	/* The response to a part ends where that does. */
	if (end && !to_rvt_roce_qp(qp)->req.parts)
		return false;
	return pkt->len == qp->pmtu;
}

static void place_read_data(struct rvt_qp *qp, struct rvt_swqe *wqe,
			    const struct rvt_roce_pkt *pkt, u32 offset)
{
	struct rvt_roce_qp *priv = qp->priv;

	if (!priv->req.read || priv->req.read_psn != pkt->psn)
		rvt_restart_sge(&qp->s_rdma_read_sge, wqe, offset);
	rvt_copy_sge(qp, &qp->s_rdma_read_sge, (void *)pkt->payload, pkt->len,
		     false, false);
	priv->req.read = !is_last(wqe, pkt->psn);
	priv->req.read_psn = rvt_roce_psn_add(pkt->psn, 1);
}

static void got_read_response(struct rvt_qp *qp,
			      const struct rvt_roce_pkt *pkt)
{
	struct rvt_swqe *wqe = match(qp, pkt->psn, true);
	u32 offset;

	if (!wqe)
		return;
	if (pkt->op->flags & RVT_ROCE_OP_AETH) {
		u32 aeth = get_unaligned_be32(pkt->ext);

		if (!is_ack(aeth))
			return;
		rvt_get_credit(qp, aeth);
	}
	offset = rvt_roce_psn_diff(pkt->psn, wqe->psn) << qp->log_pmtu;
	if (!read_response_ok(qp, wqe, pkt, offset)) {
		rvt_roce_req_fail(qp, IB_WC_BAD_RESP_ERR);
		return;
	}
	place_read_data(qp, wqe, pkt, offset);
	made_progress(qp, pkt->psn);
	if (is_last(wqe, pkt->psn))
		rvt_roce_req_complete(qp, IB_WC_SUCCESS);
}

static void got_atomic_ack(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	const struct rvt_roce_aeth *aeth = pkt->ext;
	const struct rvt_roce_atomic_ack_eth *ack = (void *)(aeth + 1);
	struct rvt_swqe *wqe = match(qp, pkt->psn, false);
	struct rvt_sge_state ss;
	u64 orig;

	if (!wqe || !is_ack(be32_to_cpu(aeth->aeth)))
		return;
	rvt_get_credit(qp, be32_to_cpu(aeth->aeth));
	orig = be64_to_cpu(ack->orig);
	if (rvt_restart_sge(&ss, wqe, 0) >= sizeof(orig))
		rvt_copy_sge(qp, &ss, &orig, sizeof(orig), false, false);
	made_progress(qp, pkt->psn);
	rvt_roce_req_complete(qp, IB_WC_SUCCESS);
}

static void got_response(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	u32 flags = pkt->op->flags;
	u32 before = qp->s_last_psn;

	if (flags & RVT_ROCE_OP_READ)
		got_read_response(qp, pkt);
	else if (flags & RVT_ROCE_OP_ATOMICACK)
		got_atomic_ack(qp, pkt);
	else
		got_acknowledge(qp, pkt->psn, get_unaligned_be32(pkt->ext));
	/* What else waits for nobody now. */
	oldest_wqe(qp);
	catch_up(qp, qp->s_last_psn != before);
}

/* The last acknowledgment once more: it may bring new credits. */
static void got_old_response(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	u32 aeth;

	if (pkt->psn != qp->s_last_psn || pkt->opcode != IB_OPCODE_RC_ACKNOWLEDGE)
		return;
	aeth = get_unaligned_be32(pkt->ext);
	if (is_ack(aeth))
		rvt_get_credit(qp, aeth);
}

void rvt_roce_comp_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	unsigned long flags;
	bool kick = false;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_lock);
	if (!rvt_roce_qp_may(qp, RVT_PROCESS_SEND_OK) ||
	    to_rvt_roce_qp(qp)->loopback ||
	    rvt_roce_psn_cmp(pkt->psn, qp->s_sending_hpsn) > 0)
		goto unlock;
	if (rvt_roce_psn_cmp(pkt->psn, qp->s_last_psn) > 0) {
		got_response(qp, pkt);
		/* What waited for this can be sent now. */
		kick = qp->s_last != rvt_roce_sq_head(qp);
	} else {
		got_old_response(qp, pkt);
	}
unlock:
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, flags);
	if (kick)
		rvt_roce_send_kick(qp);
}
