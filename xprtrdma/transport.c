// SPDX-License-Identifier: GPL-2.0
/*
 * What the RPC client calls: the operations of a transport, and the class that
 * makes one. Slots are requests (buffer.c); the congestion window of the RPC
 * client is the credits of the server.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sunrpc/addr.h>
#include <linux/sunrpc/debug.h>
#include "xprt_rdma.h"

/* An RPC that is not answered ends the connection. */
static const struct rpc_timeout default_timeout = {
	.to_initval = 60 * HZ,
	.to_maxval = 60 * HZ,
};

static struct sockaddr *xprt_addr(struct rpc_xprt *xprt)
{
	return (struct sockaddr *)&xprt->addr;
}

/* The two strings that change with the port. */
static int format_port(struct rpc_xprt *xprt)
{
	unsigned short port = rpc_get_port(xprt_addr(xprt));
	char *text = kasprintf(GFP_KERNEL, "%u", port);
	char *hex = kasprintf(GFP_KERNEL, "%4hx", port);

	if (!text || !hex) {
		kfree(text);
		kfree(hex);
		return -ENOMEM;
	}
	kfree(xprt->address_strings[RPC_DISPLAY_PORT]);
	xprt->address_strings[RPC_DISPLAY_PORT] = text;
	kfree(xprt->address_strings[RPC_DISPLAY_HEX_PORT]);
	xprt->address_strings[RPC_DISPLAY_HEX_PORT] = hex;
	return 0;
}

/* Describe where a transport leads to; free_addresses() cleans up after failures. */
static int format_addresses(struct rpc_xprt *xprt)
{
	const char **strings = xprt->address_strings;
	struct sockaddr *sap = xprt_addr(xprt);
	char buf[INET6_ADDRSTRLEN + 10];

	switch (sap->sa_family) {
	case AF_INET:
		strings[RPC_DISPLAY_HEX_ADDR] =
			kasprintf(GFP_KERNEL, "%08x",
				  ntohl(((struct sockaddr_in *)sap)->sin_addr.s_addr));
		strings[RPC_DISPLAY_NETID] = RPCBIND_NETID_RDMA;
		break;
	case AF_INET6:
		strings[RPC_DISPLAY_HEX_ADDR] =
			kasprintf(GFP_KERNEL, "%pi6",
				  &((struct sockaddr_in6 *)sap)->sin6_addr);
		strings[RPC_DISPLAY_NETID] = RPCBIND_NETID_RDMA6;
		break;
	default:
		return -EAFNOSUPPORT;
	}
	rpc_ntop(sap, buf, sizeof(buf));
	strings[RPC_DISPLAY_ADDR] = kstrdup(buf, GFP_KERNEL);
	strings[RPC_DISPLAY_PROTO] = "rdma";
	if (!strings[RPC_DISPLAY_ADDR] || !strings[RPC_DISPLAY_HEX_ADDR])
		return -ENOMEM;
	return format_port(xprt);
}

static void free_addresses(struct rpc_xprt *xprt)
{
	kfree(xprt->address_strings[RPC_DISPLAY_ADDR]);
	kfree(xprt->address_strings[RPC_DISPLAY_PORT]);
	kfree(xprt->address_strings[RPC_DISPLAY_HEX_ADDR]);
	kfree(xprt->address_strings[RPC_DISPLAY_HEX_PORT]);
}

/* ---------------------------------------------------------------- slots */

static void alloc_slot(struct rpc_xprt *xprt, struct rpc_task *task)
{
	struct rpcrdma_buffer *buf = &rpcx_to_rdmax(xprt)->rx_buf;
	struct rpcrdma_req *req = rpcrdma_buffer_get(buf);

	/* Who knows when one is returned: the task looks again, a little later. */
	if (IS_ERR(req)) {
		task->tk_status = PTR_ERR(req);
		return;
	}
	if (req) {
		task->tk_rqstp = &req->rl_slot;
		task->tk_status = 0;
		return;
	}
	task->tk_status = -EAGAIN;
	xprt_add_backlog_noncongested(xprt, task);
	/* One may have been returned before anybody was seen to wait. */
	req = rpcrdma_buffer_get(buf);
	if (!IS_ERR_OR_NULL(req) && !xprt_wake_up_backlog(xprt, &req->rl_slot))
		rpcrdma_buffer_put(req);
}

static void free_slot(struct rpc_xprt *xprt, struct rpc_rqst *rqst)
{
	rpcrdma_req_put(rpcr_to_rdmar(rqst));
}

/* A larger buffer, unless the connection is just being taken apart. */
static bool grow(struct rpcrdma_xprt *r_xprt, struct rpcrdma_regbuf **rb,
		 size_t size, enum dma_data_direction direction)
{
	bool done;

	size = max_t(size_t, size, RPCRDMA_INITIAL_BUF);
	if (*rb && (*rb)->rg_size >= size)
		return true;
	if (!down_read_trylock(&r_xprt->rx_ia.ia_lock))
		return false;
	done = rpcrdma_regbuf_grow(rb, size, direction, rpc_task_gfp_mask());
	up_read(&r_xprt->rx_ia.ia_lock);
	if (done && size > RPCRDMA_INITIAL_BUF)
		r_xprt->rx_stats.bytes_grown += size;
	return done;
}

static int buf_alloc(struct rpc_task *task)
{
	struct rpc_rqst *rqst = task->tk_rqstp;
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(rqst->rq_xprt);
	struct rpcrdma_req *req = rpcr_to_rdmar(rqst);

	if (!grow(r_xprt, &req->rl_sendbuf, rqst->rq_callsize, DMA_TO_DEVICE) ||
	    !grow(r_xprt, &req->rl_recvbuf, rqst->rq_rcvsize, DMA_NONE))
		return -ENOMEM;
	rqst->rq_buffer = req->rl_sendbuf->rg_data;
	rqst->rq_rbuffer = req->rl_recvbuf->rg_data;
	return 0;
}

/* The buffers stay with the request; its regions must not stay valid. */
static void buf_free(struct rpc_task *task)
{
	struct rpc_rqst *rqst = task->tk_rqstp;
	struct rpcrdma_req *req = rpcr_to_rdmar(rqst);

	clear_bit(RPCRDMA_REQ_AWAITED, &req->rl_flags);
	if (!list_empty_careful(&req->rl_registered))
		rpcrdma_mrs_invalidate_sync(rpcx_to_rdmax(rqst->rq_xprt), req);
}

/* ---------------------------------------------------------------- connection */

static void close(struct rpc_xprt *xprt)
{
	rpcrdma_xprt_disconnect(rpcx_to_rdmax(xprt));
	xprt->reestablish_timeout = 0;
	++xprt->connect_cookie;
	xprt_disconnect_done(xprt);
}

static void connect(struct rpc_xprt *xprt, struct rpc_task *task)
{
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(xprt);
	unsigned long delay = 0;

	if (WARN_ON_ONCE(!xprt_lock_connect(xprt, task, r_xprt)))
		return;
	if (r_xprt->rx_failed) {
		delay = xprt_reconnect_delay(xprt);
		xprt_reconnect_backoff(xprt, RPCRDMA_INIT_REEST_TO);
	}
	queue_delayed_work(system_long_wq, &r_xprt->rx_connect_worker, delay);
}

static void set_port(struct rpc_xprt *xprt, u16 port)
{
	rpc_set_port(xprt_addr(xprt), port);
	/* Without memory the strings show the old port. */
	format_port(xprt);
}

/* Without an answer nobody knows whether the server is there. */
static void timer(struct rpc_xprt *xprt, struct rpc_task *task)
{
	xprt_force_disconnect(xprt);
}

static void set_connect_timeout(struct rpc_xprt *xprt,
				unsigned long connect_timeout,
				unsigned long reconnect_timeout)
{
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(xprt);
	unsigned long initval;

	spin_lock(&xprt->transport_lock);
	if (connect_timeout < xprt->connect_timeout) {
		r_xprt->rx_timeout = *xprt->timeout;
		initval = max(connect_timeout / (xprt->timeout->to_retries + 1),
			      10UL * HZ);
		r_xprt->rx_timeout.to_initval = initval;
		r_xprt->rx_timeout.to_maxval = initval;
		xprt->timeout = &r_xprt->rx_timeout;
		xprt->connect_timeout = connect_timeout;
	}
	xprt->max_reconnect_timeout = min(xprt->max_reconnect_timeout,
					  reconnect_timeout);
	spin_unlock(&xprt->transport_lock);
}

static int send_request(struct rpc_rqst *rqst)
{
	struct rpc_xprt *xprt = rqst->rq_xprt;
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(xprt);
	int rc = -ENOTCONN;

#ifdef CONFIG_SUNRPC_BACKCHANNEL
	if (unlikely(!rqst->rq_buffer))
		return rpcrdma_bc_send_reply(rqst);
#endif
	if (!xprt_connected(xprt))
		return -ENOTCONN;
	if (!xprt_request_get_cong(xprt, rqst))
		return -EBADSLT;

	/* A Call is not sent twice on a connection (RFC 8166, section 3.3.2). */
	if (rqst->rq_connect_cookie != xprt->connect_cookie)
		rc = rpcrdma_marshal_req(r_xprt, rqst);
	if (rc == -ENOTCONN) {
		close(xprt);
		return rc;
	}
	if (rc)
		return rc;

	rqst->rq_xmit_bytes_sent += rqst->rq_snd_buf.len;
	/* Nothing would return the credit. */
	if (!rpc_reply_expected(rqst->rq_task))
		xprt_force_disconnect(xprt);
	return 0;
}

static void inject_disconnect(struct rpc_xprt *xprt)
{
	struct rdma_cm_id *id = rpcx_to_rdmax(xprt)->rx_ia.ia_id;

	if (id)
		rdma_disconnect(id);
}

/* ---------------------------------------------------------------- the rest */

/**
 * rpcrdma_enable_swap - get ready for swapping over NFS
 * @xprt: the transport
 *
 * Connecting, and tasks of the RPC client, may then use what memory is reserved.
 *
 * Return: 0.
 */
int rpcrdma_enable_swap(struct rpc_xprt *xprt)
{
	atomic_inc(&xprt->swapper);
	return 0;
}

/**
 * rpcrdma_disable_swap - undo rpcrdma_enable_swap()
 * @xprt: the transport
 */
void rpcrdma_disable_swap(struct rpc_xprt *xprt)
{
	atomic_dec(&xprt->swapper);
}

/**
 * rpcrdma_print_stats - the line of a transport in /proc/self/mountstats
 * @xprt: the transport
 * @seq: where to
 *
 * Context: process context.
 */
void rpcrdma_print_stats(struct rpc_xprt *xprt, struct seq_file *seq)
{
	const struct rpcrdma_stats *s = &rpcx_to_rdmax(xprt)->rx_stats;
	long idle = 0;

	if (xprt_connected(xprt))
		idle = (long)(jiffies - xprt->last_used) / HZ;
	seq_puts(seq, "\txprt:\trdma ");
	seq_printf(seq, "0 %lu %lu %lu %ld %lu %lu %lu %llu %llu ",
		   xprt->stat.bind_count, xprt->stat.connect_count,
		   xprt->stat.connect_time / HZ, idle, xprt->stat.sends,
		   xprt->stat.recvs, xprt->stat.bad_xids, xprt->stat.req_u,
		   xprt->stat.bklog_u);
	seq_printf(seq, "%lu %lu %lu %llu %llu %llu %llu %lu %lu %lu %lu ",
		   s->read_segs, s->write_segs, s->reply_segs,
		   s->bytes_offered, s->bytes_written, s->bytes_pulled_up,
		   s->bytes_fixed_up, s->bytes_grown, s->failed_marshals,
		   s->bad_replies, s->long_calls);
	/* Regions recycled and orphaned: there is no such thing any more. */
	seq_printf(seq, "0 0 %lu %lu %lu 0\n", s->mrs_allocated, s->local_invs,
		   s->ring_full);
}

/**
 * rpcrdma_xprt_alloc - make what transports of both directions have in common
 * @args: what the RPC client wants
 * @slots: requests that there are from the beginning
 * @max_slots: the most requests
 *
 * Context: process context.
 * Return: a transport that knows where it leads to, and holds this module, for
 *	rpcrdma_xprt_free(); -EBADF, -EIO, -EAFNOSUPPORT or -ENOMEM.
 */
struct rpc_xprt *rpcrdma_xprt_alloc(const struct xprt_create *args,
				    unsigned int slots, unsigned int max_slots)
{
	struct rpc_xprt *xprt;
	int rc;

	if (args->addrlen > sizeof(xprt->addr))
		return ERR_PTR(-EBADF);
	if (!try_module_get(THIS_MODULE))
		return ERR_PTR(-EIO);
	/* One size for all, because of what print_stats shows. */
	xprt = xprt_alloc(args->net, sizeof(struct rpcrdma_xprt), slots,
			  max_slots);
	if (!xprt) {
		module_put(THIS_MODULE);
		return ERR_PTR(-ENOMEM);
	}
	xprt->timeout = &default_timeout;
	xprt->addrlen = args->addrlen;
	memcpy(&xprt->addr, args->dstaddr, args->addrlen);
	rc = format_addresses(xprt);
	if (rc) {
		rpcrdma_xprt_free(xprt);
		return ERR_PTR(rc);
	}
	return xprt;
}

/**
 * rpcrdma_xprt_free - undo rpcrdma_xprt_alloc()
 * @xprt: the transport
 *
 * Context: process context.
 */
void rpcrdma_xprt_free(struct rpc_xprt *xprt)
{
	free_addresses(xprt);
	xprt_free(xprt);
	module_put(THIS_MODULE);
}

static void free_transport(struct rpc_xprt *xprt)
{
	rpcrdma_buffer_destroy(rpcx_to_rdmax(xprt));
	rpcrdma_xprt_free(xprt);
}

static void destroy(struct rpc_xprt *xprt)
{
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(xprt);

	cancel_delayed_work_sync(&r_xprt->rx_connect_worker);
	rpcrdma_xprt_disconnect(r_xprt);
	free_transport(xprt);
}

static const struct rpc_xprt_ops ops = {
	.reserve_xprt		= xprt_reserve_xprt_cong,
	.release_xprt		= xprt_release_xprt_cong,
	.alloc_slot		= alloc_slot,
	.free_slot		= free_slot,
	.release_request	= xprt_release_rqst_cong,
	.wait_for_reply_request	= xprt_wait_for_reply_request_def,
	.timer			= timer,
	.rpcbind		= rpcb_getport_async,
	.set_port		= set_port,
	.connect		= connect,
	.buf_alloc		= buf_alloc,
	.buf_free		= buf_free,
	.send_request		= send_request,
	.close			= close,
	.destroy		= destroy,
	.set_connect_timeout	= set_connect_timeout,
	.print_stats		= rpcrdma_print_stats,
	.enable_swap		= rpcrdma_enable_swap,
	.disable_swap		= rpcrdma_disable_swap,
	.inject_disconnect	= inject_disconnect,
#ifdef CONFIG_SUNRPC_BACKCHANNEL
	.bc_setup		= rpcrdma_bc_setup,
	.bc_maxpayload		= rpcrdma_bc_maxpayload,
	.bc_num_slots		= rpcrdma_bc_num_slots,
	.bc_free_rqst		= rpcrdma_bc_free_rqst,
	.bc_destroy		= rpcrdma_bc_destroy,
#endif
};

static struct rpc_xprt *setup(struct xprt_create *args);

static struct xprt_class transport_class = {
	.list	= LIST_HEAD_INIT(transport_class.list),
	.name	= "rdma",
	.owner	= THIS_MODULE,
	.ident	= XPRT_TRANSPORT_RDMA,
	.setup	= setup,
	.netid	= { "rdma", "rdma6", "" },
};

static void init_transport(struct rpc_xprt *xprt)
{
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(xprt);
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;

	xprt->ops = &ops;
	xprt->xprt_class = &transport_class;
	xprt->connect_timeout = RPCRDMA_CONNECT_TO;
	xprt->max_reconnect_timeout = RPCRDMA_MAX_REEST_TO;
	xprt->bind_timeout = RPCRDMA_BIND_TO;
	xprt->reestablish_timeout = RPCRDMA_INIT_REEST_TO;
	xprt->idle_timeout = RPCRDMA_IDLE_DISC_TO;
	/* MOUNT and NLM beside it go over TCP. */
	xprt->prot = IPPROTO_TCP;
	xprt->max_payload = RPCRDMA_MAX_DATA_SEGS << PAGE_SHIFT;
	if (rpc_get_port(xprt_addr(xprt)))
		xprt_set_bound(xprt);

	INIT_DELAYED_WORK(&r_xprt->rx_connect_worker, rpcrdma_connect_worker);
	INIT_WORK(&ia->ia_disconnect, rpcrdma_disconnect_worker);
	init_rwsem(&ia->ia_lock);
	init_completion(&ia->ia_event);
}

static struct rpc_xprt *setup(struct xprt_create *args)
{
	struct rpc_xprt *xprt = rpcrdma_xprt_alloc(args, 0,
						   rpcrdma_slot_table_entries);
	int rc;

	if (IS_ERR(xprt))
		return xprt;
	init_transport(xprt);
	rc = rpcrdma_buffer_create(rpcx_to_rdmax(xprt));
	if (rc) {
		free_transport(xprt);
		return ERR_PTR(rc);
	}
	return xprt;
}

/**
 * rpcrdma_transport_init - let the RPC client know of this transport
 *
 * Return: 0 or -EEXIST, if there is one already.
 */
int rpcrdma_transport_init(void)
{
	return xprt_register_transport(&transport_class);
}

/**
 * rpcrdma_transport_exit - undo rpcrdma_transport_init()
 */
void rpcrdma_transport_exit(void)
{
	xprt_unregister_transport(&transport_class);
}
