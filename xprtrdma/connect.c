// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting and disconnecting.
 *
 * The RPC client asks for a connection when it has something to send, and the
 * connect worker makes one. While it works it owns XPRT_LOCKED, under the name
 * of the transport, so that nobody sends or disconnects.
 *
 * Whatever ends a connection calls xprt_force_disconnect(), from any context and
 * any number of times; the RPC client then calls rpcrdma_xprt_disconnect() once
 * it has got XPRT_LOCKED, connects anew if there is anything left to do, and
 * sends again all Calls that have not been answered.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/mm.h>
#include <rdma/ib_cm.h>
#include "xprt_rdma.h"

/* What the server can send and receive, if it says so; if not, what RFC 8166 says. */
static void use_private_data(struct rpcrdma_xprt *r_xprt,
			     const struct rdma_conn_param *param)
{
	const struct rpcrdma_connect_private *priv = param->private_data;
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	unsigned int send = RPCRDMA_V1_DEF_INLINE_SIZE;
	unsigned int recv = RPCRDMA_V1_DEF_INLINE_SIZE;

	if (priv && param->private_data_len >= sizeof(*priv) &&
	    priv->cp_magic == rpcrdma_cmp_magic &&
	    priv->cp_version == RPCRDMA_CMP_VERSION) {
		send = rpcrdma_decode_buffer_size(priv->cp_send_size);
		recv = rpcrdma_decode_buffer_size(priv->cp_recv_size);
	}
	/* Receives keep their size: they are posted. */
	ia->ia_inline_send = min(ia->ia_inline_send, recv);
	ia->ia_inline_recv = min(ia->ia_inline_recv, send);
	rpcrdma_ia_set_inline(ia);
}

static int reject_error(struct rdma_cm_id *id, int status)
{
	if (rdma_cap_ib_cm(id->device, id->port_num) &&
	    status == IB_CM_REJ_STALE_CONN)
		return -ENOTCONN;
	return -ECONNREFUSED;
}

/* The end, for this reason: of the connection, or of the try to make one. */
static void connection_ends(struct rpcrdma_xprt *r_xprt, int rc)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;

	if (test_and_set_bit(0, &ia->ia_broken))
		return;
	ia->ia_rc = rc;
	complete(&ia->ia_event);
	if (test_bit(0, &ia->ia_established))
		xprt_force_disconnect(&r_xprt->rx_xprt);
}

/**
 * rpcrdma_connection_lost - a work request has failed: the connection is over
 * @r_xprt: the transport
 *
 * Only the first call for a connection has an effect.
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_connection_lost(struct rpcrdma_xprt *r_xprt)
{
	connection_ends(r_xprt, -ECONNABORTED);
}

/**
 * rpcrdma_cm_event_handler - Handle RDMA CM events
 * @id: rdma_cm_id on which an event has occurred
 * @event: details of the event
 *
 * Context: called with @id's mutex held; sleeps.
 * Return: 1 if caller should destroy @id, otherwise 0. It is always destroyed by
 *	whoever owns the connection, hence 0.
 */
int rpcrdma_cm_event_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct rpcrdma_xprt *r_xprt = id->context;
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;

	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		complete(&ia->ia_event);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		use_private_data(r_xprt, &event->param.conn);
		set_bit(0, &ia->ia_established);
		complete(&ia->ia_event);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
		connection_ends(r_xprt, -EPROTO);
		break;
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_UNREACHABLE:
		connection_ends(r_xprt, -ENETUNREACH);
		break;
	case RDMA_CM_EVENT_CONNECT_ERROR:
		connection_ends(r_xprt, -ENOTCONN);
		break;
	case RDMA_CM_EVENT_REJECTED:
		connection_ends(r_xprt, reject_error(id, event->status));
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		connection_ends(r_xprt, -ECONNABORTED);
		break;
	case RDMA_CM_EVENT_ADDR_CHANGE:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		connection_ends(r_xprt, -ENODEV);
		break;
	default:
		break;
	}
	return 0;
}

/**
 * rpcrdma_disconnect_worker - Force a disconnect
 * @work: endpoint to be disconnected
 *
 * Provider callbacks can possibly run in an IRQ context. This function is
 * invoked in a worker thread to guarantee that disconnect wake-up calls are
 * always done in process context.
 *
 * Context: process context.
 */
void rpcrdma_disconnect_worker(struct work_struct *work)
{
	struct rpcrdma_ia *ia = container_of(work, struct rpcrdma_ia,
					     ia_disconnect);

	rpcrdma_connection_lost(container_of(ia, struct rpcrdma_xprt, rx_ia));
}

static int cm_connect(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct rpcrdma_connect_private priv = {
		.cp_magic = rpcrdma_cmp_magic,
		.cp_version = RPCRDMA_CMP_VERSION,
		.cp_flags = RPCRDMA_CMP_F_SND_W_INV_OK,
		.cp_send_size = rpcrdma_encode_buffer_size(ia->ia_inline_send),
		.cp_recv_size = rpcrdma_encode_buffer_size(ia->ia_inline_recv),
	};
	struct rdma_conn_param param = {
		.private_data = &priv,
		.private_data_len = sizeof(priv),
		/* The server reads, and the client never does. */
		.responder_resources = min(U8_MAX, ia->ia_id->device->attrs.max_qp_rd_atom),
		.retry_count = 6,
	};
	int rc;

	reinit_completion(&ia->ia_event);
	rc = rdma_connect(ia->ia_id, &param);
	if (rc)
		return rc;
	if (!wait_for_completion_timeout(&ia->ia_event,
					 r_xprt->rx_xprt.connect_timeout))
		return -ETIMEDOUT;
	return test_bit(0, &ia->ia_broken) ? ia->ia_rc : 0;
}

static int make_connection(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	int rc;

	rc = rpcrdma_ia_open(r_xprt);
	if (rc)
		return rc;

	buf->rb_credits = 1;
	rpcrdma_post_recvs(r_xprt, true);
	if (!buf->rb_posted)
		return -ENOMEM;
	rc = cm_connect(r_xprt);
	if (rc)
		return rc;

	rc = rpcrdma_sendctxs_create(r_xprt) ?: rpcrdma_mrs_create(r_xprt);
	if (rc)
		return rc;
	rpcrdma_trim_start(r_xprt);
	return 0;
}

/*
 * Say it so that the RPC client tries again. Any other error ends every RPC that
 * waits for a connection: what was still to be written would be lost because
 * memory was short, or a device was on its way out.
 */
static int retried_error(int rc)
{
	switch (rc) {
	case -ECONNABORTED:
	case -ECONNREFUSED:
	case -ENETUNREACH:
	case -ENOBUFS:
	case -ENOTCONN:
	case -EPROTO:
	case -ETIMEDOUT:
		return rc;
	case -ENODEV:
		return -ENETUNREACH;
	case -EAGAIN:
	case -ENOMEM:
		return -ENOBUFS;
	default:
		return -EPROTO;
	}
}

static void now_connected(struct rpc_xprt *xprt)
{
	xprt->connect_cookie++;
	xprt->stat.connect_count++;
	xprt->stat.connect_time += (long)(jiffies - xprt->stat.connect_start);
	xprt_set_connected(xprt);
}

/**
 * rpcrdma_connect_worker - make a connection
 * @work: the transport's
 *
 * Context: process context, owns XPRT_LOCKED in the name of the transport.
 */
void rpcrdma_connect_worker(struct work_struct *work)
{
	struct rpcrdma_xprt *r_xprt = container_of(to_delayed_work(work),
						   struct rpcrdma_xprt,
						   rx_connect_worker);
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	unsigned int flags = current->flags & PF_MEMALLOC;
	/* What frees memory may have to wait for this connection. */
	unsigned int nofs = memalloc_nofs_save();
	int rc;

	if (atomic_read(&xprt->swapper))
		current->flags |= PF_MEMALLOC;

	rpcrdma_xprt_disconnect(r_xprt);
	rc = make_connection(r_xprt);
	r_xprt->rx_failed = rc;
	if (rc) {
		rcu_read_lock();
		pr_notice_ratelimited("%s: cannot connect to %s:%s (error %d)\n",
				      xprt->servername ?: "?",
				      xprt->address_strings[RPC_DISPLAY_ADDR],
				      xprt->address_strings[RPC_DISPLAY_PORT], rc);
		rcu_read_unlock();
		rpcrdma_xprt_disconnect(r_xprt);
		rc = retried_error(rc);
	} else {
		now_connected(xprt);
		rc = -EAGAIN;
	}
	xprt_clear_connecting(xprt);
	xprt_unlock_connect(xprt, r_xprt);
	xprt_wake_pending_tasks(xprt, rc);

	current->flags = (current->flags & ~PF_MEMALLOC) | flags;
	memalloc_nofs_restore(nofs);
}

/**
 * rpcrdma_xprt_disconnect - end the connection, if there is one
 * @r_xprt: the transport
 *
 * When this returns, nothing of the device is in use any more.
 *
 * Context: process context, owns XPRT_LOCKED. Not an event handler.
 */
void rpcrdma_xprt_disconnect(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;

	if (!ia->ia_id)
		return;
	/* Fails everything under way, also what others wait for. */
	if (ia->ia_id->qp)
		rdma_disconnect(ia->ia_id);
	rpcrdma_ia_remove(ia);
}
