// SPDX-License-Identifier: GPL-2.0
/*
 * Calls to the client, on a connection that it made (RFC 8167): a transport of
 * the RPC client that lives in a transport of the server. It is connected from the
 * beginning, and ends with the connection.
 *
 * Calls and their Replies are inline messages without chunks. The client's
 * credits for them are apart from those for its own Calls.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sunrpc/addr.h>
#include "svcrdma.h"
#include "xprt_rdma.h"

/* The message type follows the XID (RFC 5531, section 9). */
#define RPC_TYPE_WORD	1

/* A Reply: put it where the Call wants it. */
static void complete_call(struct rpc_xprt *xprt, const struct svcrdma_recv *recv)
{
	u32 len = recv->byte_len - recv->hdr.len;
	u32 credits = clamp_t(u32, recv->hdr.credits, 1, SVCRDMA_BC_REQUESTS);
	struct rpc_rqst *rqst;
	struct kvec *head;

	spin_lock(&xprt->queue_lock);
	rqst = xprt_lookup_rqst(xprt, recv->hdr.xid);
	if (rqst) {
		head = &rqst->rq_private_buf.head[0];
		if (len <= head->iov_len) {
			memcpy(head->iov_base, recv->buf + recv->hdr.len, len);
			spin_lock(&xprt->transport_lock);
			xprt->cwnd = credits << RPC_CWNDSHIFT;
			spin_unlock(&xprt->transport_lock);
			xprt_complete_rqst(rqst->rq_task, len);
		}
	}
	spin_unlock(&xprt->queue_lock);
}

/**
 * svcrdma_bc_reply - take in a Reply to a Call to the client
 * @recv: a message with a decoded header
 *
 * Context: service thread.
 * Return: false if it is no Reply, and the caller's to deal with.
 */
bool svcrdma_bc_reply(struct svcrdma_recv *recv)
{
	struct rpc_xprt *xprt = READ_ONCE(recv->xprt->sx_xprt.xpt_bc_xprt);
	const struct rpcrdma_hdr *hdr = &recv->hdr;
	const __be32 *msg = recv->buf + hdr->len;

	if (!xprt || hdr->proc != RDMA_MSG ||
	    hdr->nr_reads || hdr->nr_writes || hdr->reply ||
	    recv->byte_len < hdr->len + (RPC_TYPE_WORD + 1) * sizeof(__be32) ||
	    msg[0] != hdr->xid || msg[RPC_TYPE_WORD] != rpc_reply)
		return false;
	complete_call(xprt, recv);
	return true;
}

/* ---------------------------------------------------------------- transport */

static int buf_alloc(struct rpc_task *task)
{
	struct rpc_rqst *rqst = task->tk_rqstp;

	if (rqst->rq_callsize > PAGE_SIZE)
		return -EINVAL;
	rqst->rq_buffer = kmalloc(PAGE_SIZE, GFP_NOFS | __GFP_NOWARN);
	rqst->rq_rbuffer = kmalloc(rqst->rq_rcvsize, GFP_NOFS | __GFP_NOWARN);
	if (rqst->rq_buffer && rqst->rq_rbuffer)
		return 0;
	kfree(rqst->rq_buffer);
	kfree(rqst->rq_rbuffer);
	rqst->rq_buffer = NULL;
	return -ENOMEM;
}

static void buf_free(struct rpc_task *task)
{
	kfree(task->tk_rqstp->rq_buffer);
	kfree(task->tk_rqstp->rq_rbuffer);
}

static int build_call(struct svcrdma_send *send, const struct rpc_rqst *rqst)
{
	const struct svcrdma_xprt *sx = send->xprt;
	u32 room = min(sx->sx_msg_size, sx->sx_peer_recv);
	struct rpcrdma_enc enc;
	int i, len;

	rpcrdma_enc_init(&enc, send->buf, room);
	rpcrdma_enc_fixed(&enc, rqst->rq_xid, RPCRDMA_VERSION,
			  SVCRDMA_BC_REQUESTS, RDMA_MSG);
	for (i = 0; i < 3; i++)
		rpcrdma_enc_word(&enc, 0);
	len = rpcrdma_enc_len(&enc);
	if (len < 0 || rqst->rq_snd_buf.len > room - len ||
	    read_bytes_from_xdr_buf(&rqst->rq_snd_buf, 0, send->buf + len,
				    rqst->rq_snd_buf.len))
		return -EMSGSIZE;
	return len + rqst->rq_snd_buf.len;
}

/*
 * The server's transport keeps this one until it ends.  Not before the first Call:
 * sunrpc destroys a new transport that it has no memory to name, whoever else has
 * a reference.
 */
static void attach(struct rpc_xprt *xprt)
{
	struct svc_xprt *server = xprt->bc_xprt;

	if (server->xpt_bc_xprt)
		return;
	/* Whoever ends the connection sees it, or is seen to have done so. */
	smp_store_mb(server->xpt_bc_xprt, xprt_get(xprt));
}

static int send_request(struct rpc_rqst *rqst)
{
	struct svcrdma_xprt *sx = to_svcrdma(rqst->rq_xprt->bc_xprt);
	struct svcrdma_send *send;
	int ret;

	attach(rqst->rq_xprt);
	if (svc_xprt_is_dead(&sx->sx_xprt)) {
		xprt_disconnect_done(rqst->rq_xprt);
		return -ENOTCONN;
	}
	if (!xprt_request_get_cong(rqst->rq_xprt, rqst))
		return -EBADSLT;
	send = svcrdma_send_get(sx);
	if (!send)
		return -ENOMEM;
	ret = build_call(send, rqst);
	if (ret < 0) {
		svcrdma_send_put(send);
		return ret;
	}
	rqst->rq_xtime = ktime_get();
	return svcrdma_post_send(send, ret, 0);
}

static void close(struct rpc_xprt *xprt)
{
	xprt_disconnect_done(xprt);
	xprt->cwnd = RPC_CWNDSCALE;
}

static void inject_disconnect(struct rpc_xprt *xprt)
{
}

static const struct rpc_xprt_ops ops = {
	.reserve_xprt		= xprt_reserve_xprt_cong,
	.release_xprt		= xprt_release_xprt_cong,
	.alloc_slot		= xprt_alloc_slot,
	.free_slot		= xprt_free_slot,
	.release_request	= xprt_release_rqst_cong,
	.wait_for_reply_request	= xprt_wait_for_reply_request_def,
	.buf_alloc		= buf_alloc,
	.buf_free		= buf_free,
	.send_request		= send_request,
	.close			= close,
	.destroy		= rpcrdma_xprt_free,
	.print_stats		= rpcrdma_print_stats,
	.enable_swap		= rpcrdma_enable_swap,
	.disable_swap		= rpcrdma_disable_swap,
	.inject_disconnect	= inject_disconnect,
};

static struct rpc_xprt *setup(struct xprt_create *args);

static struct xprt_class bc_class = {
	.list	= LIST_HEAD_INIT(bc_class.list),
	.name	= "rdma backchannel",
	.owner	= THIS_MODULE,
	.ident	= XPRT_TRANSPORT_BC_RDMA,
	.setup	= setup,
	.netid	= { "" },
};

static struct rpc_xprt *setup(struct xprt_create *args)
{
	struct rpc_xprt *xprt = rpcrdma_xprt_alloc(args, SVCRDMA_BC_REQUESTS,
						   SVCRDMA_BC_REQUESTS);

	if (IS_ERR(xprt))
		return xprt;
	xprt->ops = &ops;
	xprt->xprt_class = &bc_class;
	xprt->prot = XPRT_TRANSPORT_BC_RDMA;
	xprt->max_payload = rpcrdma_max_inline_read;
	xprt->cwnd = RPC_CWNDSCALE;
	xprt_set_bound(xprt);
	xprt_set_connected(xprt);

	xprt->bc_xprt = args->bc_xprt;
	return xprt;
}

/**
 * svcrdma_bc_init - let the RPC client know of this transport
 *
 * Return: 0 or -EEXIST.
 */
int svcrdma_bc_init(void)
{
	return xprt_register_transport(&bc_class);
}

/**
 * svcrdma_bc_exit - undo svcrdma_bc_init()
 */
void svcrdma_bc_exit(void)
{
	xprt_unregister_transport(&bc_class);
}
