// SPDX-License-Identifier: GPL-2.0
/*
 * The server's class, its listeners, and how transports end.
 *
 *	listener	connect request -> queue -> a service thread accepts it
 *	connection	svc_accept.c
 *
 * Whatever ends a connection calls svcrdma_close(), from completions and events
 * alike. A service thread then detaches it, and whoever drops the last reference
 * has it freed: by a work item, because it may hold a spinlock. The module waits
 * for these when it is unloaded.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sunrpc/addr.h>
#include <linux/sunrpc/xprt.h>
#include "compat/sunrpc.h"
#include "svcrdma.h"

static struct workqueue_struct *free_wq;

/* ---------------------------------------------------------------- the end */

/**
 * svcrdma_close - the connection is broken
 * @sx: the connection
 *
 * Context: process context; does not sleep. Not an interrupt.
 */
void svcrdma_close(struct svcrdma_xprt *sx)
{
	svc_xprt_deferred_close(&sx->sx_xprt);
}

static void close_work(struct work_struct *work)
{
	svcrdma_close(container_of(work, struct svcrdma_xprt, sx_close));
}

/**
 * svcrdma_close_later - the connection is broken, as an event says
 * @sx: the connection, which has a queue pair
 *
 * Context: any, interrupts included.
 */
void svcrdma_close_later(struct svcrdma_xprt *sx)
{
	queue_work(free_wq, &sx->sx_close);
}

static void destroy_connection(struct svcrdma_xprt *sx)
{
	if (sx->sx_id && sx->sx_id->qp) {
		ib_drain_qp(sx->sx_id->qp);
		svcrdma_recvs_stop(sx);
		svcrdma_sends_destroy(sx);
		rdma_destroy_qp(sx->sx_id);
	}
	cancel_work_sync(&sx->sx_close);
	if (sx->sx_send_cq)
		ib_free_cq(sx->sx_send_cq);
	if (sx->sx_recv_cq)
		ib_free_cq(sx->sx_recv_cq);
	svcrdma_recvs_destroy(sx);
	if (sx->sx_pd)
		ib_dealloc_pd(sx->sx_pd);
}

static void drop_unaccepted(struct svcrdma_xprt *listener)
{
	struct svcrdma_xprt *sx, *next;

	list_for_each_entry_safe(sx, next, &listener->sx_accept_q, sx_accept) {
		list_del(&sx->sx_accept);
		svcrdma_discard(sx);
	}
}

static void free_work(struct work_struct *work)
{
	struct svcrdma_xprt *sx = container_of(work, struct svcrdma_xprt, sx_free);

	destroy_connection(sx);
	if (sx->sx_id)
		rdma_destroy_id(sx->sx_id);
	drop_unaccepted(sx);
	mutex_destroy(&sx->sx_sq_mutex);
	kfree(sx);
}

static void xpo_free(struct svc_xprt *xprt)
{
	queue_work(free_wq, &to_svcrdma(xprt)->sx_free);
}

/**
 * svcrdma_discard - free a transport that the service does not know
 * @sx: the transport, with its first reference
 *
 * Context: process context.
 */
void svcrdma_discard(struct svcrdma_xprt *sx)
{
	set_bit(XPT_CLOSE, &sx->sx_xprt.xpt_flags);
	/* The core drops one that it has taken for those that it knows. */
	__module_get(THIS_MODULE);
	svc_xprt_put(&sx->sx_xprt);
}

static void xpo_detach(struct svc_xprt *xprt)
{
	struct svcrdma_xprt *sx = to_svcrdma(xprt);

	if (!test_bit(XPT_LISTENER, &xprt->xpt_flags)) {
		rdma_disconnect(sx->sx_id);
		return;
	}
	/* The port is free again when this returns. */
	if (sx->sx_id)
		rdma_destroy_id(sx->sx_id);
	sx->sx_id = NULL;
}

/* ---------------------------------------------------------------- listening */

static struct svc_xprt_class class;

/**
 * svcrdma_xprt_alloc - make a transport
 * @serv: the service it belongs to
 * @net: network namespace
 *
 * Context: process context.
 * Return: the transport, without anything of RDMA; or %NULL.
 */
struct svcrdma_xprt *svcrdma_xprt_alloc(struct svc_serv *serv, struct net *net)
{
	struct svcrdma_xprt *sx = kzalloc(sizeof(*sx), GFP_KERNEL);

	if (!sx)
		return NULL;
	svc_xprt_init(net, &class, &sx->sx_xprt, serv);
	spin_lock_init(&sx->sx_lock);
	INIT_LIST_HEAD(&sx->sx_accept_q);
	INIT_LIST_HEAD(&sx->sx_accept);
	INIT_WORK(&sx->sx_free, free_work);
	INIT_WORK(&sx->sx_close, close_work);
	spin_lock_init(&sx->sx_rq_lock);
	INIT_LIST_HEAD(&sx->sx_received);
	INIT_LIST_HEAD(&sx->sx_read);
	INIT_LIST_HEAD(&sx->sx_free_recvs);
	INIT_LIST_HEAD(&sx->sx_all_recvs);
	spin_lock_init(&sx->sx_send_lock);
	INIT_LIST_HEAD(&sx->sx_free_sends);
	INIT_LIST_HEAD(&sx->sx_all_sends);
	mutex_init(&sx->sx_sq_mutex);
	INIT_LIST_HEAD(&sx->sx_sq_waiting);
	/* A client cannot have more under way than it has been granted. */
	set_bit(XPT_CONG_CTRL, &sx->sx_xprt.xpt_flags);
	return sx;
}

/* What the client can take; without a word from it, what RFC 8166 says. */
static void use_private_data(struct svcrdma_xprt *sx,
			     const struct rdma_conn_param *param)
{
	const struct rpcrdma_connect_private *priv = param->private_data;

	sx->sx_peer_recv = RPCRDMA_V1_DEF_INLINE_SIZE;
	if (!priv || param->private_data_len < sizeof(*priv) ||
	    priv->cp_magic != rpcrdma_cmp_magic ||
	    priv->cp_version != RPCRDMA_CMP_VERSION)
		return;
	sx->sx_snd_w_inv = priv->cp_flags & RPCRDMA_CMP_F_SND_W_INV_OK;
	sx->sx_peer_recv = rpcrdma_decode_buffer_size(priv->cp_recv_size);
}

/*
 * Addresses of both sides. The client's port is left out: it changes with every
 * connection, and the reply cache shall know the client again.
 */
static void set_addresses(struct svcrdma_xprt *sx, struct rdma_cm_id *id)
{
	struct sockaddr *sa = (struct sockaddr *)&id->route.addr.dst_addr;
	struct svc_xprt *xprt = &sx->sx_xprt;

	svc_xprt_set_remote(xprt, sa, svc_addr_len(sa));
	rpc_set_port((struct sockaddr *)&xprt->xpt_remote, 0);
	sa = (struct sockaddr *)&id->route.addr.src_addr;
	svc_xprt_set_local(xprt, sa, svc_addr_len(sa));
}

/* Somebody wants to connect. Return: 0 if the id is in good hands. */
static int connect_request(struct svcrdma_xprt *listener, struct rdma_cm_id *id,
			   const struct rdma_conn_param *param)
{
	struct svcrdma_xprt *sx;

	if (listener->sx_nr_unaccepted >= SVCRDMA_MAX_UNACCEPTED)
		return -EAGAIN;
	sx = svcrdma_xprt_alloc(listener->sx_xprt.xpt_server,
				listener->sx_xprt.xpt_net);
	if (!sx)
		return -ENOMEM;
	use_private_data(sx, param);
	sx->sx_ord = param->initiator_depth;
	sx->sx_id = id;
	id->context = sx;
	id->event_handler = svcrdma_conn_event;
	set_addresses(sx, id);

	spin_lock(&listener->sx_lock);
	list_add_tail(&sx->sx_accept, &listener->sx_accept_q);
	listener->sx_nr_unaccepted++;
	set_bit(XPT_CONN, &listener->sx_xprt.xpt_flags);
	spin_unlock(&listener->sx_lock);
	svc_xprt_enqueue(&listener->sx_xprt);
	return 0;
}

/* Context: with the id's mutex held. An error has the id destroyed. */
static int listen_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct svcrdma_xprt *listener = id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		return connect_request(listener, id, &event->param.conn);
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		/* The one that has the address it is bound to; it waits for us. */
		svcrdma_close(listener);
		return 0;
	default:
		return 0;
	}
}

static int start_listening(struct svcrdma_xprt *sx, struct net *net,
			   struct sockaddr *sa)
{
	struct rdma_cm_id *id;
	int ret;

	id = rdma_create_id(net, listen_event, sx, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return PTR_ERR(id);
	/* The other family has a listener of its own. */
	ret = rdma_set_afonly(id, 1);
	ret = ret ?: rdma_bind_addr(id, sa);
	ret = ret ?: rdma_listen(id, SVCRDMA_BACKLOG);
	if (ret) {
		rdma_destroy_id(id);
		return ret;
	}
	sx->sx_id = id;
	return 0;
}

static struct svc_xprt *xpo_create(struct svc_serv *serv, struct net *net,
				   struct sockaddr *sa, int salen, int flags)
{
	struct svcrdma_xprt *sx;
	int ret;

	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return ERR_PTR(-EAFNOSUPPORT);
	sx = svcrdma_xprt_alloc(serv, net);
	if (!sx)
		return ERR_PTR(-ENOMEM);
	set_bit(XPT_LISTENER, &sx->sx_xprt.xpt_flags);
	ret = start_listening(sx, net, sa);
	if (ret) {
		svcrdma_discard(sx);
		return ERR_PTR(ret);
	}
	sa = (struct sockaddr *)&sx->sx_id->route.addr.src_addr;
	svc_xprt_set_local(&sx->sx_xprt, sa, salen);
	return &sx->sx_xprt;
}

/*
 * A client whose Replies fill half of the send queue is served no further, so that
 * what waits for room stays small. svcrdma_post_done() asks again.
 */
static int xpo_has_wspace(struct svc_xprt *xprt)
{
	/* Either this sees the room, or whoever made it sees that there is work. */
	smp_mb();
	return READ_ONCE(to_svcrdma(xprt)->sx_sq_open);
}

static void xpo_kill_temp_xprt(struct svc_xprt *xprt)
{
}

static const struct svc_xprt_ops ops = {
	.xpo_create		= xpo_create,
	.xpo_accept		= svcrdma_accept,
	.xpo_has_wspace		= xpo_has_wspace,
	.xpo_recvfrom		= svcrdma_recvfrom,
	.xpo_sendto		= svcrdma_sendto,
	.xpo_result_payload	= svcrdma_result_payload,
	.xpo_release_ctxt	= svcrdma_release_ctxt,
	.xpo_detach		= xpo_detach,
	.xpo_free		= xpo_free,
	COMPAT_XPO_SECURE_PORT
	.xpo_kill_temp_xprt	= xpo_kill_temp_xprt,
};

static struct svc_xprt_class class = {
	.xcl_name	= "rdma",
	.xcl_owner	= THIS_MODULE,
	.xcl_ops	= &ops,
	.xcl_max_payload = RPCSVC_MAXPAYLOAD,
	.xcl_ident	= XPRT_TRANSPORT_RDMA,
};

/**
 * svcrdma_init - let services know of this transport
 *
 * Return: 0; -ENOMEM; -EEXIST if there is one already.
 */
int svcrdma_init(void)
{
	int ret;

	free_wq = alloc_workqueue("svcrdma", WQ_UNBOUND, 0);
	if (!free_wq)
		return -ENOMEM;
	ret = svc_reg_xprt_class(&class);
	if (ret)
		destroy_workqueue(free_wq);
	return ret;
}

/**
 * svcrdma_exit - undo svcrdma_init(), and wait for what is being freed
 */
void svcrdma_exit(void)
{
	svc_unreg_xprt_class(&class);
	destroy_workqueue(free_wq);
}
