// SPDX-License-Identifier: GPL-2.0
/*
 * The receiver of an unreliable connection.
 *
 * Nothing is sent back and nothing is repeated.  A message of which a packet
 * was lost, or that is wrong in any way, is dropped without a word: the rest of
 * it is ignored until the next message begins, and the receive WQE that it had
 * taken waits for the next SEND.  For that r_sge keeps what was taken from the
 * queue, and the data go through a copy of it (uc_sge).
 *
 * Locking: r_lock.
 */
#include <rdma/ib_hdrs.h>
#include <rvt_ext.h>
#include "counters.h"
#include "device.h"
#include "packet.h"
#include "qp.h"
#include "resp.h"

/* No message is being received: as after the last packet of one. */
#define IDLE	IB_OPCODE_UC_SEND_LAST

/*
 * A receive WQE, perhaps the one that a message before this had taken.  A SEND
 * needs it with its memory; a WRITE takes it when all else is done, so that
 * none without memory is ever left over.
 */
static bool take_receive(struct rvt_qp *qp, bool wr_id_only)
{
	struct rvt_roce_qp *priv = qp->priv;
	int got;

	if (test_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		return true;
	got = rvt_get_rwqe(qp, wr_id_only);
	/* Its memory may not be used: it has completed, in error. */
	if (got < 0)
		rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
	if (got <= 0)
		return false;
	if (!wr_id_only)
		priv->uc_len = qp->r_len;
	return true;
}

static bool end_message(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	qp->r_msn = (qp->r_msn + 1) & IB_MSN_MASK;
	if (!(pkt->op->flags & (RVT_ROCE_OP_SEND | RVT_ROCE_OP_IMM)))
		return true;
	/* The memory that came with it. */
	to_rvt_roce_qp(qp)->uc_sge.num_sge = 0;
	rvt_put_ss(&qp->r_sge);
	if (rvt_roce_resp_complete(qp, pkt))
		return true;
	rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
	return false;
}

static bool do_send(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	struct rvt_roce_qp *priv = qp->priv;

	if (pkt->op->flags & RVT_ROCE_OP_START) {
		if (!take_receive(qp, false))
			return false;
		priv->uc_sge = qp->r_sge;
		qp->r_rcv_len = 0;
	}
	if (!rvt_roce_resp_size_ok(pkt, qp->pmtu) ||
	    pkt->len > priv->uc_len - qp->r_rcv_len)
		return false;
	rvt_copy_sge(qp, &priv->uc_sge, (void *)pkt->payload, pkt->len, false,
		     false);
	qp->r_rcv_len += pkt->len;
	return !(pkt->op->flags & RVT_ROCE_OP_END) || end_message(qp, pkt);
}

static bool do_write(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_WRITE) ||
	    !rvt_roce_resp_check_write(qp, pkt) ||
	    !rvt_roce_resp_write(qp, pkt))
		return false;
	if (!(pkt->op->flags & RVT_ROCE_OP_END))
		return true;
	if (pkt->op->flags & RVT_ROCE_OP_RWQE && !take_receive(qp, true))
		return false;
	return end_message(qp, pkt);
}

/* Returns false if the message is dropped. */
static bool execute(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt)
{
	u32 flags = pkt->op->flags;

	/* A gap ends the message before it, and so does a new beginning. */
	if (pkt->psn != qp->r_psn || flags & RVT_ROCE_OP_START)
		qp->r_state = IDLE;
	qp->r_psn = rvt_roce_psn_add(pkt->psn, 1);

	if (!rvt_roce_resp_in_sequence(qp->r_state, pkt->op))
		return false;
	if (qp->state == IB_QPS_RTR && !(qp->r_flags & RVT_R_COMM_EST))
		rvt_comm_est(qp);
	if (flags & RVT_ROCE_OP_SEND)
		return do_send(qp, pkt);
	return flags & RVT_ROCE_OP_WRITE && do_write(qp, pkt);
}

/**
 * rvt_roce_uc_rcv() - a packet of an unreliable connection
 * @pkt: packet, checked by the front end
 * @qp: UC queue pair
 *
 * Context: softirq, RCU read side, no queue pair lock.
 */
void rvt_roce_uc_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	if (qp->r_flags & RVT_R_LOOPBACK) {
		/* Not the peer's, and the message at hand is. */
		rvt_roce_count_drop(pkt->dev, RVT_ROCE_DROP_QP_STATE);
	} else if (rvt_roce_qp_may(qp, RVT_PROCESS_RECV_OK) &&
		   execute(qp, pkt)) {
		qp->r_state = pkt->opcode;
	} else {
		qp->r_state = IDLE;
		rvt_roce_count_drop(pkt->dev, RVT_ROCE_DROP_PROTOCOL);
	}
	spin_unlock_irqrestore(&qp->r_lock, flags);
}
