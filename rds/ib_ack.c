// SPDX-License-Identifier: GPL-2.0
/*
 * Acknowledgments. Every header carries one; if the peer asks for one and there is
 * nothing to send, a frame goes out that is nothing else. There is one work
 * request for that: while it is in use, what is asked for waits and is answered
 * together.
 */
#include <linux/module.h>
#include "ib.h"

/**
 * rds_ib_ack_init - before anything is received
 * @ic: the connection
 */
void rds_ib_ack_init(struct rds_ib_connection *ic)
{
	ic->ack_flags = 0;
	ic->ack_recv = 0;
	atomic64_set(&ic->ack_next, 0);
}

/**
 * rds_ib_ack_piggyback - the acknowledgment for a message's header
 * @ic: the connection
 *
 * Return: sequence.
 */
u64 rds_ib_ack_piggyback(struct rds_ib_connection *ic)
{
	if (test_and_clear_bit(RDS_IB_ACK_REQUESTED, &ic->ack_flags))
		rds_ib_stats_inc(ib_ack_send_piggybacked);
	/* Whoever sets the bit again has set this before. */
	smp_mb__after_atomic();
	return atomic64_read(&ic->ack_next);
}

static void ack_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rds_ib_connection *ic = cq->cq_context;

	clear_bit(RDS_IB_ACK_IN_FLIGHT, &ic->ack_flags);
	/* Who found it in use, has left a request. */
	smp_mb__after_atomic();
	if (wc->status == IB_WC_SUCCESS) {
		rds_ib_ack_attempt(ic);
	} else if (rds_conn_up(ic->conn)) {
		pr_err_ratelimited("RDS/IB: %pI6c: sending an acknowledgment failed: %s\n",
				   &ic->conn->c_faddr, ib_wc_status_msg(wc->status));
		rds_conn_drop(ic->conn);
	}
}

static int post(struct rds_ib_connection *ic, unsigned int advertise)
{
	struct ib_device *dev = ic->cm_id->device;
	struct ib_send_wr wr = {
		.wr_cqe = &ic->ack_cqe,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED | IB_SEND_SOLICITED,
	};
	struct ib_sge sge = {
		.addr = ic->ack_dma,
		.length = sizeof(*ic->ack_hdr),
		.lkey = ic->rdsdev->pd->local_dma_lkey,
	};

	wr.sg_list = &sge;
	ic->ack_cqe.done = ack_done;
	ib_dma_sync_single_for_cpu(dev, ic->ack_dma, sizeof(*ic->ack_hdr), DMA_TO_DEVICE);
	rds_message_populate_header(ic->ack_hdr, 0, 0, 0);
	ic->ack_hdr->h_ack = cpu_to_be64(atomic64_read(&ic->ack_next));
	ic->ack_hdr->h_credit = advertise;
	rds_message_make_checksum(ic->ack_hdr);
	ib_dma_sync_single_for_device(dev, ic->ack_dma, sizeof(*ic->ack_hdr), DMA_TO_DEVICE);
	return ib_post_send(ic->cm_id->qp, &wr, NULL);
}

/* Return: whether the work request for it may be posted now. */
static bool begin(struct rds_ib_connection *ic, unsigned int *advertise)
{
	while (test_bit(RDS_IB_ACK_REQUESTED, &ic->ack_flags)) {
		if (test_and_set_bit(RDS_IB_ACK_IN_FLIGHT, &ic->ack_flags)) {
			rds_ib_stats_inc(ib_ack_send_delayed);
			return false;
		}
		if (rds_ib_credit_take(ic, 1, advertise))
			return true;
		clear_bit(RDS_IB_ACK_IN_FLIGHT, &ic->ack_flags);
		/* New credits lead here again; those of just now found it in use. */
		smp_mb__after_atomic();
		if (!rds_ib_credit_available(ic))
			return false;
	}
	return false;
}

/**
 * rds_ib_ack_attempt - send an acknowledgment, if one is wanted
 * @ic: the connection, connected
 *
 * Context: while the queue pair exists.
 */
void rds_ib_ack_attempt(struct rds_ib_connection *ic)
{
	unsigned int advertise;

	if (!begin(ic, &advertise))
		return;
	clear_bit(RDS_IB_ACK_REQUESTED, &ic->ack_flags);
	/* Who asks from here on, wants another: ack_next is read after this. */
	smp_mb__after_atomic();
	rds_ib_credit_remind(ic);
	if (!post(ic, advertise)) {
		rds_ib_stats_inc(ib_ack_sent);
		return;
	}
	rds_ib_stats_inc(ib_ack_send_failure);
	clear_bit(RDS_IB_ACK_IN_FLIGHT, &ic->ack_flags);
	rds_conn_drop(ic->conn);
}

/**
 * rds_ib_ack_request - the peer wants to know, or should
 * @ic: the connection
 *
 * Context: any.
 */
void rds_ib_ack_request(struct rds_ib_connection *ic)
{
	set_bit(RDS_IB_ACK_REQUESTED, &ic->ack_flags);
}
