// SPDX-License-Identifier: GPL-2.0
/*
 * Calls from the server, on the connection that the client made (RFC 8167).
 * They and their Replies are inline messages without chunks.
 *
 * A request for each is made when needed, up to twice as many as the server may
 * have under way, and kept on the transport's list. The Call is copied into it:
 * the thread that serves Calls may be busy with it for longer than the connection
 * lasts, and with it the Receive.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sunrpc/bc_xprt.h>
#include <linux/sunrpc/svc.h>
#include "compat/sunrpc.h"
#include "xprt_rdma.h"

/* The message type follows the XID (RFC 5531, section 9). */
#define RPC_TYPE_WORD	1

/**
 * rpcrdma_bc_setup - prepare for Calls from the server
 * @xprt: the transport
 * @reqs: how many the caller thinks of; here it is always as many
 *
 * Context: process context.
 * Return: 0.
 */
int rpcrdma_bc_setup(struct rpc_xprt *xprt, unsigned int reqs)
{
	WRITE_ONCE(rpcx_to_rdmax(xprt)->rx_buf.rb_bc_credits,
		   RPCRDMA_BACKWARD_CREDITS);
	return 0;
}

/**
 * rpcrdma_bc_maxpayload - the largest Call or Reply on the backchannel
 * @xprt: the transport
 *
 * Context: any; does not sleep. The transport need not be connected.
 * Return: bytes.
 */
size_t rpcrdma_bc_maxpayload(struct rpc_xprt *xprt)
{
	unsigned int size = min(rpcrdma_max_inline_read, rpcrdma_max_inline_write);
	const struct rpcrdma_ia *ia = &rpcx_to_rdmax(xprt)->rx_ia;

	if (xprt_connected(xprt))
		size = min(READ_ONCE(ia->ia_inline_send),
			   READ_ONCE(ia->ia_inline_recv));
	return min_t(size_t, size, PAGE_SIZE) - RPCRDMA_HDRLEN_MIN;
}

/**
 * rpcrdma_bc_num_slots - how many Calls the server may have under way
 * @xprt: the transport
 *
 * Context: any; does not sleep.
 * Return: how many.
 */
unsigned int rpcrdma_bc_num_slots(struct rpc_xprt *xprt)
{
	return RPCRDMA_BACKWARD_CREDITS;
}

/**
 * rpcrdma_bc_free_rqst - a Call of the server has been dealt with
 * @rqst: the Call
 *
 * Context: process context.
 */
void rpcrdma_bc_free_rqst(struct rpc_rqst *rqst)
{
	struct rpcrdma_req *req = rpcr_to_rdmar(rqst);
	struct rpc_xprt *xprt = rqst->rq_xprt;

	clear_bit(RPC_BC_PA_IN_USE, &rqst->rq_bc_pa_state);
	rpcrdma_req_put(req);
	xprt_put(xprt);
}

/**
 * rpcrdma_bc_destroy - there will be no more Calls from the server
 * @xprt: the transport
 * @reqs: how many to free at most
 *
 * Context: process context, sleeps.
 */
void rpcrdma_bc_destroy(struct rpc_xprt *xprt, unsigned int reqs)
{
	struct rpcrdma_ia *ia = &rpcx_to_rdmax(xprt)->rx_ia;
	struct rpc_rqst *rqst;

	/* What they have mapped is unmapped here or by a disconnect, not by both. */
	down_read(&ia->ia_lock);
	spin_lock(&xprt->bc_pa_lock);
	/* The service that Calls are given to may be gone when this returns. */
	WRITE_ONCE(rpcx_to_rdmax(xprt)->rx_buf.rb_bc_credits, 0);
	while (reqs--) {
		rqst = list_first_entry_or_null(&xprt->bc_pa_list,
						struct rpc_rqst, rq_bc_pa_list);
		if (!rqst)
			break;
		list_del(&rqst->rq_bc_pa_list);
		xprt->bc_alloc_count--;
		spin_unlock(&xprt->bc_pa_lock);
		rpcrdma_req_destroy(rpcr_to_rdmar(rqst));
		spin_lock(&xprt->bc_pa_lock);
	}
	spin_unlock(&xprt->bc_pa_lock);
	up_read(&ia->ia_lock);
}

static struct rpcrdma_req *bc_req_create(struct rpcrdma_xprt *r_xprt)
{
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct rpcrdma_req *req;

	req = rpcrdma_req_create(r_xprt, GFP_NOFS | __GFP_NOWARN);
	if (!req)
		return NULL;
	set_bit(RPCRDMA_REQ_BACKWARD, &req->rl_flags);
	if (!rpcrdma_regbuf_grow(&req->rl_sendbuf, PAGE_SIZE, DMA_NONE,
				 GFP_NOFS | __GFP_NOWARN) ||
	    !rpcrdma_regbuf_grow(&req->rl_recvbuf, PAGE_SIZE, DMA_NONE,
				 GFP_NOFS | __GFP_NOWARN)) {
		rpcrdma_req_destroy(req);
		return NULL;
	}
	req->rl_slot.rq_xprt = xprt;
	return req;
}

/* A request for a Call of the server, unless it has too many under way. */
static struct rpcrdma_req *bc_req_get(struct rpcrdma_xprt *r_xprt)
{
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct rpcrdma_req *req = NULL;
	struct rpc_rqst *rqst;
	bool create = false;

	spin_lock(&xprt->bc_pa_lock);
	rqst = list_first_entry_or_null(&xprt->bc_pa_list, struct rpc_rqst,
					rq_bc_pa_list);
	if (rqst) {
		list_del(&rqst->rq_bc_pa_list);
	} else if (xprt->bc_alloc_count < RPCRDMA_BACKWARD_WRS) {
		xprt->bc_alloc_count++;
		create = true;
	}
	spin_unlock(&xprt->bc_pa_lock);
	if (rqst)
		return rpcr_to_rdmar(rqst);
	if (create)
		req = bc_req_create(r_xprt);
	if (create && !req) {
		spin_lock(&xprt->bc_pa_lock);
		xprt->bc_alloc_count--;
		spin_unlock(&xprt->bc_pa_lock);
	}
	return req;
}

/* Is this a Call? Whoever asks may not look behind the end. */
static bool is_call(const struct rpcrdma_rep *rep)
{
	const struct rpcrdma_hdr *hdr = &rep->rr_hdr;
	const __be32 *msg = rep->rr_rdmabuf->rg_data + hdr->len;

	return hdr->proc == RDMA_MSG &&
	       !hdr->nr_reads && !hdr->nr_writes && !hdr->reply &&
	       rep->rr_len >= hdr->len + (RPC_TYPE_WORD + 1) * sizeof(__be32) &&
	       msg[0] == hdr->xid && msg[RPC_TYPE_WORD] == rpc_call;
}

static void init_buffers(struct rpcrdma_req *req,
			 const struct rpcrdma_rep *rep)
{
	unsigned int len = rep->rr_len - rep->rr_hdr.len;
	struct rpc_rqst *rqst = &req->rl_slot;

	rqst->rq_xid = rep->rr_hdr.xid;
	rqst->rq_buffer = NULL;
	rqst->rq_bytes_sent = 0;
	rqst->rq_reply_bytes_recvd = 0;
	memcpy(req->rl_recvbuf->rg_data,
	       rep->rr_rdmabuf->rg_data + rep->rr_hdr.len, len);
	xdr_buf_init(&rqst->rq_rcv_buf, req->rl_recvbuf->rg_data, len);
	rqst->rq_rcv_buf.len = len;
	rqst->rq_private_buf = rqst->rq_rcv_buf;
	xdr_buf_init(&rqst->rq_snd_buf, req->rl_sendbuf->rg_data,
		     req->rl_sendbuf->rg_size);
	set_bit(RPC_BC_PA_IN_USE, &rqst->rq_bc_pa_state);
}

/* Give a Call to a thread, unless rpcrdma_bc_destroy() came first. */
static bool enqueue(struct rpcrdma_xprt *r_xprt, struct svc_serv *serv,
		    struct rpcrdma_req *req)
{
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	bool served;

	spin_lock(&xprt->bc_pa_lock);
	served = r_xprt->rx_buf.rb_bc_credits && xprt_get(xprt);
	if (served) {
		/* bc_svc_process() takes it off again. */
		atomic_inc(&xprt->bc_slot_count);
		compat_enqueue_bc_request(serv, &req->rl_slot);
	}
	spin_unlock(&xprt->bc_pa_lock);
	return served;
}

/**
 * rpcrdma_bc_receive_call - take in a Call of the server
 * @r_xprt: the transport
 * @rep: a message with a decoded header
 *
 * Context: Receive completion.
 * Return: false if it is no Call, and the caller's to deal with.
 */
bool rpcrdma_bc_receive_call(struct rpcrdma_xprt *r_xprt,
			     struct rpcrdma_rep *rep)
{
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct svc_serv *serv = READ_ONCE(xprt->bc_serv);
	struct rpcrdma_req *req;

	if (!serv || !READ_ONCE(r_xprt->rx_buf.rb_bc_credits) || !is_call(rep))
		return false;

	req = rep->rr_len - rep->rr_hdr.len <= PAGE_SIZE ?
	      bc_req_get(r_xprt) : NULL;
	if (!req) {
		rcu_read_lock();
		pr_warn_ratelimited("%s calls back more, or more often, than it may: disconnecting\n",
				    xprt->address_strings[RPC_DISPLAY_ADDR]);
		rcu_read_unlock();
		rpcrdma_rep_put(rep);
		rpcrdma_connection_lost(r_xprt);
		return true;
	}
	init_buffers(req, rep);
	rpcrdma_rep_put(rep);
	if (!enqueue(r_xprt, serv, req)) {
		clear_bit(RPC_BC_PA_IN_USE, &req->rl_slot.rq_bc_pa_state);
		rpcrdma_req_put(req);
	}
	return true;
}

/* Header and Reply, one behind the other. */
static int build_reply(struct rpcrdma_req *req)
{
	struct rpc_rqst *rqst = &req->rl_slot;
	unsigned int len = rqst->rq_snd_buf.len;
	struct rpcrdma_enc enc;
	int i;

	if (!rpcrdma_regbuf_grow(&req->rl_hdrbuf, RPCRDMA_HDRLEN_MIN + PAGE_SIZE,
				 DMA_TO_DEVICE, rpc_task_gfp_mask()))
		return -ENOMEM;
	rpcrdma_enc_init(&enc, req->rl_hdrbuf->rg_data, RPCRDMA_HDRLEN_MIN);
	rpcrdma_enc_fixed(&enc, rqst->rq_xid, RPCRDMA_VERSION,
			  RPCRDMA_BACKWARD_CREDITS, RDMA_MSG);
	for (i = 0; i < 3; i++)
		rpcrdma_enc_word(&enc, 0);
	req->rl_hdrlen = rpcrdma_enc_len(&enc);
	if (len > PAGE_SIZE ||
	    read_bytes_from_xdr_buf(&rqst->rq_snd_buf, 0,
				    req->rl_hdrbuf->rg_data + req->rl_hdrlen, len))
		return -EMSGSIZE;
	req->rl_hdrlen += len;
	return 0;
}

/**
 * rpcrdma_bc_send_reply - answer a Call of the server
 * @rqst: the Call, with the Reply in its send buffer
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: like the send_request operation of a transport.
 */
int rpcrdma_bc_send_reply(struct rpc_rqst *rqst)
{
	struct rpc_xprt *xprt = rqst->rq_xprt;
	struct rpcrdma_xprt *r_xprt = rpcx_to_rdmax(xprt);
	struct rpcrdma_req *req = rpcr_to_rdmar(rqst);
	static const struct kvec nothing;
	struct rpcrdma_sendctx *sc;
	int rc;

	if (!xprt_connected(xprt))
		return -ENOTCONN;
	rc = build_reply(req);
	if (rc)
		return rc;
	if (req->rl_hdrlen > r_xprt->rx_ia.ia_inline_send)
		return -EMSGSIZE;
	sc = rpcrdma_sendctx_get_locked(&r_xprt->rx_buf);
	if (!sc)
		return -EAGAIN;
	rc = rpcrdma_prepare_send(r_xprt, req, sc, 0, &nothing);
	if (rc) {
		rpcrdma_sendctx_unget_locked(&r_xprt->rx_buf);
		return rc;
	}
	if (rpcrdma_send(r_xprt, req, sc)) {
		xprt_force_disconnect(xprt);
		return -ENOTCONN;
	}
	return 0;
}
