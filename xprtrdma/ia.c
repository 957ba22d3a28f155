// SPDX-License-Identifier: GPL-2.0
/*
 * The interface adapter: what a connection needs of a device.
 *
 * rpcrdma_ia_open() makes it all, up to a queue pair that can be connected;
 * rpcrdma_ia_remove() takes it all apart again, and leaves a transport that can
 * be opened once more, on this device or another one. Both happen with
 * XPRT_LOCKED held, and nothing of a device is kept between connections. So a
 * device that is removed waits for no more than the end of the connection.
 *
 * Taking apart goes in this order: no new regions; drain the Receives, whose
 * completions may post invalidations; drain the Sends; destroy the queue pair
 * and the completion queues, after which nobody but us knows a request, a
 * Receive or a region; reset those; and the rest.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "xprt_rdma.h"

/**
 * rpcrdma_qp_event_handler - Handle one QP event (error notification)
 * @event: details of the event
 * @context: the transport that owns QP where event occurred
 *
 * Context: any, interrupts included.
 */
void rpcrdma_qp_event_handler(struct ib_event *event, void *context)
{
	struct rpcrdma_xprt *r_xprt = context;

	switch (event->event) {
	case IB_EVENT_COMM_EST:
	case IB_EVENT_SQ_DRAINED:
	case IB_EVENT_PATH_MIG:
	case IB_EVENT_QP_LAST_WQE_REACHED:
		return;
	default:
		queue_work(system_long_wq, &r_xprt->rx_ia.ia_disconnect);
	}
}

/* Start a step of the connection manager's, and wait for what it says. */
static int wait_for_event(struct rpcrdma_ia *ia, unsigned long timeout)
{
	if (!wait_for_completion_timeout(&ia->ia_event, timeout))
		return -ETIMEDOUT;
	return ia->ia_rc;
}

static int resolve(struct rpcrdma_xprt *r_xprt)
{
	unsigned long timeout = msecs_to_jiffies(2 * RPCRDMA_RESOLVE_MS);
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	int rc;

	rc = rdma_resolve_addr(ia->ia_id, NULL,
			       (struct sockaddr *)&r_xprt->rx_xprt.addr,
			       RPCRDMA_RESOLVE_MS);
	rc = rc ?: wait_for_event(ia, timeout);
	if (rc)
		return rc;

	reinit_completion(&ia->ia_event);
	rc = rdma_resolve_route(ia->ia_id, RPCRDMA_RESOLVE_MS);
	return rc ?: wait_for_event(ia, timeout);
}

static int create_qp(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct ib_qp_init_attr attr = {
		.event_handler = rpcrdma_qp_event_handler,
		.qp_context = r_xprt,
		.send_cq = ia->ia_send_cq,
		.recv_cq = ia->ia_recv_cq,
		.cap = {
			.max_send_wr = ia->ia_sq_depth,
			.max_recv_wr = ia->ia_rq_depth,
			.max_send_sge = RPCRDMA_SEND_SGES,
			.max_recv_sge = 1,
		},
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = IB_QPT_RC,
	};

	return rdma_create_qp(ia->ia_id, ia->ia_pd, &attr);
}

static int create_objects(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct ib_device *device = ia->ia_id->device;
	struct ib_pd *pd;
	struct ib_cq *cq;

	pd = ib_alloc_pd(device, 0);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	ia->ia_pd = pd;

	cq = ib_alloc_cq_any(device, r_xprt, ia->ia_sq_depth, IB_POLL_WORKQUEUE);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	ia->ia_send_cq = cq;

	cq = ib_alloc_cq_any(device, r_xprt, ia->ia_rq_depth, IB_POLL_WORKQUEUE);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	ia->ia_recv_cq = cq;

	return create_qp(r_xprt);
}

/**
 * rpcrdma_ia_open - Open and initialize an Interface Adapter.
 * @r_xprt: transport with IA to (re)initialize
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: 0 on success, negative errno if an appropriate Interface Adapter could
 *	not be found and opened; rpcrdma_ia_remove() cleans up after both.
 */
int rpcrdma_ia_open(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct rdma_cm_id *id;
	int rc;

	reinit_completion(&ia->ia_event);
	ia->ia_rc = 0;
	clear_bit(0, &ia->ia_established);
	clear_bit(0, &ia->ia_broken);
	id = rdma_create_id(r_xprt->rx_xprt.xprt_net, rpcrdma_cm_event_handler,
			    r_xprt, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	ia->ia_id = id;

	rc = resolve(r_xprt);
	if (rc)
		return rc;
	rc = rpcrdma_ia_size(ia, &id->device->attrs,
			     id->device->attrs.kernel_cap_flags & IBK_SG_GAPS_REG,
			     r_xprt->rx_xprt.max_reqs);
	if (rc) {
		pr_warn_ratelimited("%s cannot carry NFS: it lacks memory registration, or room in its queues\n",
				    dev_name(&id->device->dev));
		return rc;
	}
	ia->ia_inline_send = rpcrdma_max_inline_write;
	ia->ia_inline_recv = rpcrdma_max_inline_read;
	rpcrdma_ia_set_inline(ia);
	return create_objects(r_xprt);
}

static void destroy_qp(struct rpcrdma_ia *ia)
{
	struct ib_qp *qp = ia->ia_id->qp;

	if (qp && test_bit(0, &ia->ia_established)) {
		ib_drain_rq(qp);
		ib_drain_sq(qp);
	}
	if (qp)
		rdma_destroy_qp(ia->ia_id);
	if (ia->ia_recv_cq)
		ib_free_cq(ia->ia_recv_cq);
	ia->ia_recv_cq = NULL;
	if (ia->ia_send_cq)
		ib_free_cq(ia->ia_send_cq);
	ia->ia_send_cq = NULL;
}

/**
 * rpcrdma_ia_remove - Handle device driver unload
 * @ia: interface adapter being removed
 *
 * Divest transport H/W resources associated with this adapter, but allow it to
 * be restored later.
 *
 * Context: process context, owns XPRT_LOCKED. Not an event handler.
 */
void rpcrdma_ia_remove(struct rpcrdma_ia *ia)
{
	struct rpcrdma_xprt *r_xprt = container_of(ia, struct rpcrdma_xprt, rx_ia);

	if (!ia->ia_id)
		return;
	set_bit(0, &ia->ia_broken);
	rpcrdma_mrs_stop(r_xprt);

	down_write(&ia->ia_lock);
	destroy_qp(ia);
	rpcrdma_sendctxs_destroy(r_xprt);
	rpcrdma_reqs_reset(r_xprt);
	rpcrdma_mrs_destroy(r_xprt);
	rpcrdma_reps_destroy(r_xprt);
	rpcrdma_ia_close(ia);
	up_write(&ia->ia_lock);
	cancel_work_sync(&ia->ia_disconnect);
}

/**
 * rpcrdma_ia_close - Clean up/close an IA.
 * @ia: interface adapter to close; closing it twice does no harm
 *
 * Context: process context, owns XPRT_LOCKED and &rpcrdma_ia.ia_lock.
 */
void rpcrdma_ia_close(struct rpcrdma_ia *ia)
{
	if (ia->ia_id && ia->ia_id->qp)
		rdma_destroy_qp(ia->ia_id);
	if (ia->ia_pd)
		ib_dealloc_pd(ia->ia_pd);
	ia->ia_pd = NULL;
	if (ia->ia_id)
		rdma_destroy_id(ia->ia_id);
	ia->ia_id = NULL;
}
