// SPDX-License-Identifier: GPL-2.0
/*
 * The queues of a channel, and the states of its queue pair.
 *
 * How many work requests can be under way:
 *
 *	receives	credits, spare ones, the drain's; or none, with an SRQ,
 *			of which one initiator may use up all
 *	responses	one for each credit: a response always has room
 *	spare ones	for srpt_zerolength_write() and the drain
 *	data		what configfs says (srp_sq_size, both directions), as far
 *			as the device can; rdma_rw may need several for a piece
 *
 * The completion queue has room for all of them, because every one of them
 * completes when the queue pair fails; and it has others' in it, who must not
 * suffer if an initiator does not care about credits.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include "srpt.h"

/* More entries of a work request than this do not make it faster. */
#define MAX_SEND_SGE	32

/*
 * srpt_qp_event - something happened to a queue pair
 * @event: what
 * @ctx: the channel
 *
 * Context: any.
 */
static void srpt_qp_event(struct ib_event *event, void *ctx)
{
	struct srpt_rdma_ch *ch = ctx;

	pr_debug("%s: QP event: %s\n", ch->sess_name, ib_event_msg(event->event));
	switch (event->event) {
	case IB_EVENT_COMM_EST:
		queue_work(srpt_wq, &ch->comm_est_work);
		break;
	case IB_EVENT_QP_LAST_WQE_REACHED:
		complete_all(&ch->last_wqe);
		fallthrough;
	case IB_EVENT_QP_FATAL:
	case IB_EVENT_QP_REQ_ERR:
	case IB_EVENT_QP_ACCESS_ERR:
		/*
		 * With an SRQ no receive is flushed that could say so. Before
		 * the channel is listed, its login notices.
		 */
		if (srpt_ch_is_open(ch) && !list_empty_careful(&ch->list))
			srpt_close_ch(ch);
		break;
	default:
		break;
	}
}

/* Work requests that rdma_rw makes of one transfer. */
static u32 rw_factor(const struct srpt_port *sport)
{
	struct ib_device *device = sport->sdev->device;

	/* Registration, transfer and invalidation, if it may use memory regions. */
	return rdma_protocol_iwarp(device, sport->port) || device->attrs.max_sgl_rd ? 3 : 1;
}

static int create_qp(struct srpt_rdma_ch *ch, struct ib_qp_init_attr *attr)
{
	struct srpt_device *sdev = ch->sport->sdev;
	int err;

	if (ch->rdma_cm_id) {
		err = rdma_create_qp(ch->rdma_cm_id, sdev->pd, attr);
		if (!err)
			ch->qp = ch->rdma_cm_id->qp;
		return err;
	}

	ch->qp = ib_create_qp(sdev->pd, attr);
	if (IS_ERR(ch->qp)) {
		err = PTR_ERR(ch->qp);
		ch->qp = NULL;
		return err;
	}
	return srpt_init_ch_qp(ch, ch->qp);
}

static void destroy_qp(struct srpt_rdma_ch *ch)
{
	if (ch->qp && ch->rdma_cm_id)
		rdma_destroy_qp(ch->rdma_cm_id);
	else if (ch->qp)
		ib_destroy_qp(ch->qp);
	ch->qp = NULL;
	if (ch->cq)
		ib_cq_pool_put(ch->cq, ch->cq_size);
	ch->cq = NULL;
}

/* @nr_rdma: transfers that can be under way */
static int create_queues(struct srpt_rdma_ch *ch, u32 nr_rdma)
{
	struct srpt_port *sport = ch->sport;
	struct ib_device *device = sport->sdev->device;
	u32 nr_send = ch->rq_size + SRPT_SQ_SPARE;
	u32 nr_recv = (ch->use_srq ? sport->sdev->srq_size : ch->nr_recv) + 1;
	u32 nr_data = nr_rdma * rw_factor(sport);
	struct ib_qp_init_attr attr = {
		.event_handler = srpt_qp_event,
		.qp_context = ch,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = IB_QPT_RC,
		.port_num = sport->port,
		.cap = {
			.max_send_wr = nr_send,
			.max_rdma_ctxs = nr_rdma,
			.max_send_sge = min(device->attrs.max_send_sge, MAX_SEND_SGE),
			.max_recv_wr = ch->use_srq ? 0 : nr_recv,
			.max_recv_sge = ch->use_srq ? 0 : 1,
		},
	};
	int err;

	if (nr_send + nr_data + nr_recv > device->attrs.max_cqe ||
	    nr_send + nr_data > device->attrs.max_qp_wr)
		return -EINVAL;

	ch->cq_size = nr_send + nr_data + nr_recv;
	ch->cq = ib_cq_pool_get(device, ch->cq_size, -1, IB_POLL_WORKQUEUE);
	if (IS_ERR(ch->cq)) {
		err = PTR_ERR(ch->cq);
		ch->cq = NULL;
		return err;
	}
	attr.send_cq = ch->cq;
	attr.recv_cq = ch->cq;
	attr.srq = ch->use_srq ? sport->sdev->srq : NULL;

	err = create_qp(ch, &attr);
	if (err) {
		destroy_qp(ch);
		return err;
	}
	ch->sq_wr_max = nr_data;
	ch->sq_wr_avail = nr_data;
	return 0;
}

/**
 * srpt_create_ch_ib - create the queues of a channel and post its receives
 * @ch: a channel that is configured; srpt_destroy_ch_ib() undoes this, whatever
 *	has become of it
 *
 * Should the device not have what configfs asks for, less is tried.
 *
 * Context: sleeps.
 * Return: 0 or an error of the device.
 */
int srpt_create_ch_ib(struct srpt_rdma_ch *ch)
{
	u32 sq_size = max_t(u32, ch->sport->attrib.srp_sq_size, SRPT_MIN_SQ_SIZE);
	int err;

	do {
		err = create_queues(ch, sq_size / 2);
		sq_size /= 2;
	} while (err && sq_size >= SRPT_MIN_SQ_SIZE);
	if (err) {
		pr_err("%s: no queue pair: error %d\n", dev_name(&ch->sport->sdev->device->dev),
		       err);
		return err;
	}
	return srpt_post_recv_ring(ch);
}

/**
 * srpt_destroy_ch_ib - queues and buffers go
 * @ch: a channel on which nothing is posted, or has never been connected
 *
 * Context: sleeps.
 */
void srpt_destroy_ch_ib(struct srpt_rdma_ch *ch)
{
	struct srpt_device *sdev = ch->sport->sdev;

	destroy_qp(ch);
	srpt_free_recv_ring(sdev, ch->recv_ring, ch->nr_recv);
	srpt_free_ioctx_ring((struct srpt_ioctx **)ch->ioctx_ring, sdev, ch->rq_size,
			     ch->max_rsp_size, DMA_TO_DEVICE);
	if (ch->use_srq)
		srpt_put_srq(sdev);
}

/**
 * srpt_init_ch_qp - make a queue pair take receives
 * @ch: its channel, which came through the IB CM
 * @qp: the queue pair, new
 *
 * Nobody gets to access memory here from outside.
 *
 * Context: sleeps.
 * Return: 0 or an error of the device.
 */
int srpt_init_ch_qp(struct srpt_rdma_ch *ch, struct ib_qp *qp)
{
	struct srpt_port *sport = ch->sport;
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_INIT,
		.qp_access_flags = IB_ACCESS_LOCAL_WRITE,
		.port_num = sport->port,
	};

	if (ib_find_cached_pkey(sport->sdev->device, sport->port, ch->pkey, &attr.pkey_index))
		pr_err("%s: P_Key %#06x is not in the table of port %u\n", ch->peer, ch->pkey,
		       sport->port);
	return ib_modify_qp(qp, &attr,
			    IB_QP_STATE | IB_QP_ACCESS_FLAGS | IB_QP_PORT | IB_QP_PKEY_INDEX);
}

/* As the IB CM says, with our own depth of RDMA READs. */
static int move_qp(struct srpt_rdma_ch *ch, struct ib_qp *qp, enum ib_qp_state state)
{
	struct ib_qp_attr attr = { .qp_state = state };
	int mask, err;

	err = ib_cm_init_qp_attr(ch->ib_cm_id, &attr, &mask);
	if (err)
		return err;
	if (state == IB_QPS_RTR)
		attr.max_dest_rd_atomic = SRPT_RDMA_DEPTH;
	else
		attr.max_rd_atomic = SRPT_RDMA_DEPTH;
	return ib_modify_qp(qp, &attr, mask);
}

/**
 * srpt_ch_qp_rtr - make a queue pair receive
 * @ch: its channel, which came through the IB CM
 * @qp: the queue pair
 *
 * Context: sleeps.
 * Return: 0 or an error.
 */
int srpt_ch_qp_rtr(struct srpt_rdma_ch *ch, struct ib_qp *qp)
{
	return move_qp(ch, qp, IB_QPS_RTR);
}

/**
 * srpt_ch_qp_rts - make a queue pair send
 * @ch: its channel, which came through the IB CM
 * @qp: the queue pair
 *
 * Context: sleeps.
 * Return: 0 or an error.
 */
int srpt_ch_qp_rts(struct srpt_rdma_ch *ch, struct ib_qp *qp)
{
	return move_qp(ch, qp, IB_QPS_RTS);
}

/**
 * srpt_ch_qp_err - make a queue pair fail
 * @ch: its channel
 *
 * Context: sleeps.
 * Return: 0 or an error.
 */
int srpt_ch_qp_err(struct srpt_rdma_ch *ch)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };

	return ib_modify_qp(ch->qp, &attr, IB_QP_STATE);
}

/**
 * srpt_zerolength_write - make the completion handler look at what waits
 * @ch: its channel
 *
 * An RDMA WRITE of no bytes needs no key (C9-88 of the InfiniBand
 * specification). One at a time is enough.
 *
 * Context: any.
 * Return: 0 or an error of the device.
 */
int srpt_zerolength_write(struct srpt_rdma_ch *ch)
{
	struct ib_rdma_wr wr = {
		.wr = {
			.wr_cqe = &ch->kick_cqe,
			.opcode = IB_WR_RDMA_WRITE,
			.send_flags = IB_SEND_SIGNALED,
		},
	};
	int err;

	if (test_and_set_bit(SRPT_CH_KICK, &ch->flags))
		return 0;
	err = ib_post_send(ch->qp, &wr.wr, NULL);
	if (err)
		clear_bit(SRPT_CH_KICK, &ch->flags);
	return err;
}
