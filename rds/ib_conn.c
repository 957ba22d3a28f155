// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection needs while it is not down: rings, buffers, a completion
 * queue, a queue pair. Set up when the device is known, by a handler of the
 * connection manager; taken apart by c_down_w, whatever there is of it.
 *
 * The order at the end: disconnect, drain, so that every completion has been seen
 * and no more will come, then the queues, then what they used, then the id, whose
 * destruction waits for its handlers.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "ib.h"

/**
 * rds_ib_conn_alloc - conn_alloc of the transport
 * @conn: new connection
 * @gfp: how to allocate
 *
 * Return: 0 or -ENOMEM.
 */
int rds_ib_conn_alloc(struct rds_connection *conn, gfp_t gfp)
{
	struct rds_ib_connection *ic = kzalloc(sizeof(*ic), gfp);

	if (!ic)
		return -ENOMEM;
	ic->conn = conn;
	mutex_init(&ic->refill_lock);
	spin_lock_init(&ic->credit_lock);
	conn->c_transport_data = ic;
	return 0;
}

/**
 * rds_ib_conn_free - conn_free of the transport
 * @data: c_transport_data of a connection that is down
 */
void rds_ib_conn_free(void *data)
{
	kfree(data);
}

/* A header that a device can reach. */
static struct rds_header *alloc_header(struct ib_device *dev, u64 *dma,
				       enum dma_data_direction dir)
{
	struct rds_header *hdr = kzalloc(sizeof(*hdr), GFP_KERNEL);

	if (!hdr)
		return NULL;
	*dma = ib_dma_map_single(dev, hdr, sizeof(*hdr), dir);
	if (ib_dma_mapping_error(dev, *dma)) {
		kfree(hdr);
		return NULL;
	}
	return hdr;
}

static void free_header(struct ib_device *dev, struct rds_header *hdr, u64 dma,
			enum dma_data_direction dir)
{
	if (!hdr)
		return;
	ib_dma_unmap_single(dev, dma, sizeof(*hdr), dir);
	kfree(hdr);
}

static int alloc_buffers(struct rds_ib_connection *ic, struct ib_device *dev)
{
	u32 i;

	ic->sends = kvcalloc(ic->send_ring.size, sizeof(*ic->sends), GFP_KERNEL);
	ic->recvs = kvcalloc(ic->recv_ring.size, sizeof(*ic->recvs), GFP_KERNEL);
	ic->ack_hdr = alloc_header(dev, &ic->ack_dma, DMA_TO_DEVICE);
	if (!ic->sends || !ic->recvs || !ic->ack_hdr)
		return -ENOMEM;

	for (i = 0; i < ic->send_ring.size; i++) {
		ic->sends[i].hdr = alloc_header(dev, &ic->sends[i].hdr_dma, DMA_TO_DEVICE);
		if (!ic->sends[i].hdr)
			return -ENOMEM;
	}
	for (i = 0; i < ic->recv_ring.size; i++) {
		ic->recvs[i].hdr = alloc_header(dev, &ic->recvs[i].hdr_dma, DMA_FROM_DEVICE);
		if (!ic->recvs[i].hdr)
			return -ENOMEM;
	}
	return 0;
}

static void free_buffers(struct rds_ib_connection *ic, struct ib_device *dev)
{
	u32 i;

	for (i = 0; ic->sends && i < ic->send_ring.size; i++)
		free_header(dev, ic->sends[i].hdr, ic->sends[i].hdr_dma, DMA_TO_DEVICE);
	for (i = 0; ic->recvs && i < ic->recv_ring.size; i++)
		free_header(dev, ic->recvs[i].hdr, ic->recvs[i].hdr_dma, DMA_FROM_DEVICE);
	free_header(dev, ic->ack_hdr, ic->ack_dma, DMA_TO_DEVICE);
	kvfree(ic->sends);
	kvfree(ic->recvs);
	ic->sends = NULL;
	ic->recvs = NULL;
	ic->ack_hdr = NULL;
}

static void qp_event(struct ib_event *event, void *context)
{
	struct rds_connection *conn = context;

	rds_ib_stats_inc(ib_evt_handler_call);
	switch (event->event) {
	case IB_EVENT_COMM_EST:
		rdma_notify(rds_ib_of(conn)->cm_id, IB_EVENT_COMM_EST);
		break;
	case IB_EVENT_QP_LAST_WQE_REACHED:
	case IB_EVENT_SQ_DRAINED:
		break;
	default:
		rds_conn_drop(conn);
	}
}

static int create_qp(struct rds_ib_connection *ic)
{
	struct ib_qp_init_attr attr = {
		.event_handler = qp_event,
		.qp_context = ic->conn,
		.send_cq = ic->cq,
		.recv_cq = ic->cq,
		.cap = {
			.max_send_wr = ic->send_ring.size + RDS_IB_SPARE_WRS,
			.max_recv_wr = ic->recv_ring.size + RDS_IB_SPARE_WRS,
			.max_send_sge = ic->rdsdev->max_sge,
			.max_recv_sge = 2,
		},
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = IB_QPT_RC,
	};

	return rdma_create_qp(ic->cm_id, ic->rdsdev->pd, &attr);
}

static int create_queues(struct rds_ib_connection *ic, struct ib_device *dev)
{
	unsigned int nr = ic->send_ring.size + ic->recv_ring.size + 2 * RDS_IB_SPARE_WRS;
	int err;

	ic->cq = ib_alloc_cq_any(dev, ic, nr, IB_POLL_WORKQUEUE);
	if (IS_ERR(ic->cq)) {
		err = PTR_ERR(ic->cq);
		ic->cq = NULL;
		return err;
	}
	return create_qp(ic);
}

static u32 ring_size(const struct rds_ib_connection *ic, unsigned long wanted)
{
	unsigned int most = ic->rdsdev->max_wrs - RDS_IB_SPARE_WRS;

	return clamp_t(unsigned long, wanted, 1, most);
}

/**
 * rds_ib_conn_set_up - make what a connection needs
 * @ic: the connection, in state CONNECTING
 * @cm_id: bound to a device
 *
 * What it makes is taken apart by rds_ib_conn_shutdown(), also if it fails.
 *
 * Context: a handler of @cm_id, c_cm_lock held.
 * Return: 0, -EOPNOTSUPP for a device that cannot be used, or another error.
 */
int rds_ib_conn_set_up(struct rds_ib_connection *ic, struct rdma_cm_id *cm_id)
{
	struct ib_device *dev = cm_id->device;
	int err;

	lockdep_assert_held(&ic->conn->c_cm_lock);
	ic->rdsdev = rds_ib_device_get(dev);
	if (!ic->rdsdev)
		return -EOPNOTSUPP;
	rds_ib_ring_init(&ic->send_ring, ring_size(ic, rds_ib_sysctl_max_send_wr));
	rds_ib_ring_init(&ic->recv_ring, ring_size(ic, rds_ib_sysctl_max_recv_wr));
	rds_ib_ack_init(ic);
	rds_ib_credit_init(ic);
	ic->unsignaled = 0;
	ic->broken = false;

	err = alloc_buffers(ic, dev);
	if (!err)
		err = create_queues(ic, dev);
	/* Before anybody can send, and before credits are offered. */
	if (!err)
		err = rds_ib_recv_begin(ic);
	if (err == -ENOMEM)
		pr_warn_ratelimited("RDS/IB: %pI6c: no memory for a connection: see net.rds.ib.max_recv_allocation\n",
				    &ic->conn->c_faddr);
	return err;
}

static void destroy_queues(struct rds_ib_connection *ic)
{
	if (ic->cm_id->qp) {
		rdma_disconnect(ic->cm_id);
		/*
		 * Also if it never came up: the peer may send before the connection
		 * manager has told us, and then a completion posts receives.
		 */
		ib_drain_qp(ic->cm_id->qp);
		rdma_destroy_qp(ic->cm_id);
	}
	if (ic->cq)
		ib_free_cq(ic->cq);
	ic->cq = NULL;
}

/**
 * rds_ib_conn_shutdown - conn_shutdown of the transport
 * @conn: the connection, in state DISCONNECTING
 *
 * Context: c_xmit_lock held; sleeps.
 */
void rds_ib_conn_shutdown(struct rds_connection *conn)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	struct rdma_cm_id *cm_id = ic->cm_id;

	if (!cm_id)
		return;
	destroy_queues(ic);
	if (ic->sends)
		rds_ib_send_clear(ic);
	rds_ib_recv_clear(ic);
	if (cm_id->device)
		free_buffers(ic, cm_id->device);

	/* Handlers have seen the state, or are waited for here. */
	rdma_destroy_id(cm_id);
	ic->cm_id = NULL;
	if (ic->rdsdev)
		rds_ib_device_put(ic->rdsdev);
	ic->rdsdev = NULL;
}
