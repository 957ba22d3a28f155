// SPDX-License-Identifier: GPL-2.0
/*
 * Accepting: a service thread gives a connection request what it needs of the
 * device, and says yes.
 *
 * Until then the transport has only the connection manager's id. Whatever fails
 * on the way, svcrdma_discard() frees what there is.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sunrpc/addr.h>
#include "svcrdma.h"

/* Beside the others: one that marks the end when draining. */
#define DRAIN_WRS	1

/**
 * svcrdma_conn_event - something happened to a connection
 * @id: of the connection
 * @event: what
 *
 * Context: with @id's mutex held; sleeps.
 * Return: 0; the id is destroyed with the transport.
 */
int svcrdma_conn_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct svcrdma_xprt *sx = id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_ESTABLISHED:
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		break;
	default:
		svcrdma_close(sx);
		break;
	}
	return 0;
}

/* Context: any, interrupts included, where svcrdma_close() must not be called. */
static void qp_event(struct ib_event *event, void *context)
{
	struct svcrdma_xprt *sx = context;

	switch (event->event) {
	case IB_EVENT_PATH_MIG:
	case IB_EVENT_COMM_EST:
	case IB_EVENT_SQ_DRAINED:
	case IB_EVENT_QP_LAST_WQE_REACHED:
		break;
	default:
		svcrdma_close_later(sx);
		break;
	}
}

/* The next connection that waits to be accepted. */
static struct svcrdma_xprt *next_unaccepted(struct svcrdma_xprt *listener)
{
	struct svcrdma_xprt *sx;

	spin_lock(&listener->sx_lock);
	sx = list_first_entry_or_null(&listener->sx_accept_q,
				      struct svcrdma_xprt, sx_accept);
	if (sx) {
		list_del_init(&sx->sx_accept);
		listener->sx_nr_unaccepted--;
	}
	if (list_empty(&listener->sx_accept_q))
		clear_bit(XPT_CONN, &listener->sx_xprt.xpt_flags);
	spin_unlock(&listener->sx_lock);
	return sx;
}

/*
 * How much of everything a connection gets: Receives and Sends for all Calls,
 * and Reads and Writes for each that has both, in the largest size.
 */
static int choose_sizes(struct svcrdma_xprt *sx, struct ib_qp_init_attr *attr)
{
	struct ib_device *device = sx->sx_id->device;
	unsigned int spare = SVCRDMA_BC_REQUESTS + SVCRDMA_RECV_BATCH + DRAIN_WRS;
	unsigned int max_wr = device->attrs.max_qp_wr, ctxts, rw_wrs;

	if (!(device->attrs.max_send_sge && max_wr > 2 * spare))
		return -ENOMEM;
	sx->sx_msg_size = svcrdma_max_req_size;
	sx->sx_max_requests = min(svcrdma_max_requests, max_wr - spare);

	ctxts = 3 * sx->sx_max_requests *
		rdma_rw_mr_factor(device, sx->sx_port, SVCRDMA_MAX_PAGES);
	rw_wrs = rdma_rw_max_send_wr(device, sx->sx_port, ctxts, 0);
	sx->sx_sq_depth = min(sx->sx_max_requests + spare + rw_wrs, max_wr);
	if (rw_wrs >= sx->sx_sq_depth)
		ctxts = min(ctxts, sx->sx_sq_depth / 2);

	attr->cap.max_rdma_ctxs = ctxts;
	attr->cap.max_recv_wr = sx->sx_max_requests + spare;
	attr->cap.max_recv_sge = 1;
	attr->cap.max_send_sge = min_t(u32, device->attrs.max_send_sge, 32);
	attr->port_num = sx->sx_port;
	return 0;
}

static int create_qp(struct svcrdma_xprt *sx, struct ib_qp_init_attr *attr)
{
	/* rdma_rw adds what its contexts need. */
	unsigned int rw_wrs = rdma_rw_max_send_wr(sx->sx_id->device, sx->sx_port,
						  attr->cap.max_rdma_ctxs, 0);
	int ret;

	attr->event_handler = qp_event;
	attr->qp_context = sx;
	attr->send_cq = sx->sx_send_cq;
	attr->recv_cq = sx->sx_recv_cq;
	attr->sq_sig_type = IB_SIGNAL_REQ_WR;
	attr->qp_type = IB_QPT_RC;
	attr->cap.max_send_wr = sx->sx_sq_depth - min(rw_wrs, sx->sx_sq_depth / 2);
	ret = rdma_create_qp(sx->sx_id, sx->sx_pd, attr);
	if (ret)
		return ret;
	svcrdma_sq_init(sx, min(sx->sx_sq_depth, attr->cap.max_send_wr) - DRAIN_WRS);
	return 0;
}

static int create_objects(struct svcrdma_xprt *sx)
{
	struct ib_device *device = sx->sx_id->device;
	struct ib_qp_init_attr attr = {};
	struct ib_pd *pd;
	struct ib_cq *cq;
	int ret;

	sx->sx_port = sx->sx_id->port_num;
	if (!rdma_protocol_ib(device, sx->sx_port) &&
	    !rdma_protocol_roce(device, sx->sx_port) &&
	    !rdma_protocol_iwarp(device, sx->sx_port))
		return -EOPNOTSUPP;
	if (!(device->attrs.device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS))
		sx->sx_snd_w_inv = false;
	ret = choose_sizes(sx, &attr);
	if (ret)
		return ret;

	pd = ib_alloc_pd(device, 0);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	sx->sx_pd = pd;
	cq = ib_alloc_cq_any(device, sx, sx->sx_sq_depth, IB_POLL_WORKQUEUE);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	sx->sx_send_cq = cq;
	cq = ib_alloc_cq_any(device, sx, attr.cap.max_recv_wr, IB_POLL_WORKQUEUE);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	sx->sx_recv_cq = cq;
	return create_qp(sx, &attr);
}

static int say_yes(struct svcrdma_xprt *sx)
{
	struct rpcrdma_connect_private priv = {
		.cp_magic = rpcrdma_cmp_magic,
		.cp_version = RPCRDMA_CMP_VERSION,
		.cp_send_size = rpcrdma_encode_buffer_size(sx->sx_msg_size),
		.cp_recv_size = rpcrdma_encode_buffer_size(sx->sx_msg_size),
	};
	struct rdma_conn_param param = {
		.private_data = &priv,
		.private_data_len = sizeof(priv),
		.initiator_depth = min_t(int, sx->sx_ord,
					 sx->sx_id->device->attrs.max_qp_init_rd_atom),
		.retry_count = 7,
		.rnr_retry_count = 6,
	};
	int ret;

	/* Without Reads no large Call would get through. */
	if (!param.initiator_depth)
		return -EINVAL;
	rdma_lock_handler(sx->sx_id);
	ret = rdma_accept(sx->sx_id, &param);
	rdma_unlock_handler(sx->sx_id);
	return ret;
}

/**
 * svcrdma_accept - accept a connection
 * @xprt: the listener
 *
 * Context: service thread, owns XPT_BUSY of @xprt.
 * Return: the connection, or %NULL.
 */
struct svc_xprt *svcrdma_accept(struct svc_xprt *xprt)
{
	struct svcrdma_xprt *sx = next_unaccepted(to_svcrdma(xprt));
	int ret;

	if (!sx)
		return NULL;
	ret = create_objects(sx);
	/* Without a single one nobody would ever post more. */
	if (!ret && (!svcrdma_post_recvs(sx) || !sx->sx_posted))
		ret = -ENOMEM;
	ret = ret ?: say_yes(sx);
	if (ret) {
		pr_notice_ratelimited("cannot accept a connection from %pISc (error %d): see the limits of %s with ibv_devinfo -v\n",
				      &sx->sx_xprt.xpt_remote, ret,
				      dev_name(&sx->sx_id->device->dev));
		svcrdma_discard(sx);
		return NULL;
	}
	return &sx->sx_xprt;
}
