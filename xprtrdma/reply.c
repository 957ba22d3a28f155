// SPDX-License-Identifier: GPL-2.0
/*
 * A message becomes a Reply.
 *
 *	Receive		whose is it, and what has the server written?
 *	regions		those that the server has not invalidated are, here
 *	completion	what came inline is put into place, and the task goes on
 *
 * The server is not trusted: it may answer what was not asked, and twice, and
 * say that it wrote more than it could have.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "frags.h"
#include "xprt_rdma.h"

/*
 * What the server says about a chunk, compared with what it was given: the same
 * segments, filled one after the other.
 *
 * Return: bytes written, or -EIO.
 */
static int chunk_length(const struct rpcrdma_req *req, const __be32 *segs,
			unsigned int nr_segs)
{
	const struct rpcrdma_mr *mr;
	struct rpcrdma_segment seg;
	unsigned int sum = 0;
	bool ended = false;

	list_for_each_entry(mr, &req->rl_registered, mr_list) {
		if (mr->mr_dir != DMA_FROM_DEVICE)
			continue;
		if (!nr_segs--)
			return -EIO;
		rpcrdma_segment_decode(segs, &seg);
		segs += RPCRDMA_SEGMENT_WORDS;
		if (seg.handle != mr->mr_seg.handle ||
		    seg.length > mr->mr_seg.length || (ended && seg.length))
			return -EIO;
		ended = seg.length < mr->mr_seg.length;
		sum += seg.length;
	}
	return nr_segs ? -EIO : sum;
}

static int write_list_length(const struct rpcrdma_req *req,
			     const struct rpcrdma_hdr *hdr)
{
	unsigned int nr_segs;
	const __be32 *segs;

	if (!hdr->nr_writes)
		return 0;
	if (hdr->nr_writes != 1 || req->rl_wtype != RPCRDMA_PAYLOAD)
		return -EIO;
	rpcrdma_write_chunk(hdr->writes, &nr_segs, &segs);
	return chunk_length(req, segs, nr_segs);
}

static int reply_chunk_length(const struct rpcrdma_req *req,
			      const struct rpcrdma_hdr *hdr)
{
	if (!hdr->reply)
		return 0;
	if (req->rl_wtype != RPCRDMA_WHOLE)
		return -EIO;
	return chunk_length(req, hdr->reply, hdr->nr_reply);
}

static void report_error(const struct rpcrdma_xprt *r_xprt,
			 const struct rpcrdma_hdr *hdr)
{
	const char *server;

	rcu_read_lock();
	server = r_xprt->rx_xprt.address_strings[RPC_DISPLAY_ADDR];
	if (hdr->err == ERR_VERS)
		pr_notice_ratelimited("%s speaks versions %u to %u of RPC-over-RDMA, not 1\n",
				      server, hdr->vers_low, hdr->vers_high);
	else
		pr_notice_ratelimited("%s could not make sense of a request, or not fit the reply into it\n",
				      server);
	rcu_read_unlock();
}

/*
 * Bytes of the Reply that are in place already.
 *
 * Return: how many, or -EIO for a Reply that does not make sense.
 */
static int rdma_length(struct rpcrdma_xprt *r_xprt,
		       const struct rpcrdma_req *req,
		       const struct rpcrdma_hdr *hdr)
{
	int written, reply;

	if (hdr->proc == RDMA_ERROR) {
		report_error(r_xprt, hdr);
		return -EIO;
	}
	written = write_list_length(req, hdr);
	reply = reply_chunk_length(req, hdr);
	if (hdr->nr_reads || written < 0 || reply < 0)
		return -EIO;
	if (hdr->proc == RDMA_MSG)
		return reply ? -EIO : written;
	return !reply || written ? -EIO : reply;
}

/* Copy what came inline to where the RPC client wants it; return how much. */
static unsigned int copy_in(struct rpcrdma_xprt *r_xprt, struct xdr_buf *buf,
			    unsigned int pos, void *from, unsigned int len)
{
	unsigned int size = rpcrdma_xdr_size(buf);

	if (pos >= size)
		return 0;
	len = min(len, size - pos);
	if (write_bytes_to_xdr_buf(buf, pos, from, len))
		return 0;
	if (pos + len > buf->head[0].iov_len)
		r_xprt->rx_stats.bytes_fixed_up +=
			pos + len - max_t(unsigned int, pos, buf->head[0].iov_len);
	return len;
}

/*
 * Around data that has been written by RDMA: the head is what comes before it,
 * and the rest follows it and its padding. As far as the RPC client reckoned;
 * if nothing follows, the head is all there is.
 */
static unsigned int place_around(struct rpcrdma_xprt *r_xprt,
				 struct rpc_rqst *rqst, void *from,
				 unsigned int len, unsigned int rdmalen)
{
	struct xdr_buf *buf = &rqst->rq_rcv_buf;
	unsigned int head = min_t(unsigned int, len, buf->head[0].iov_len);
	unsigned int pos;

	buf->head[0].iov_len = head;
	rqst->rq_private_buf.head[0].iov_len = head;
	copy_in(r_xprt, buf, 0, from, head);
	pos = head + xdr_align_size(rdmalen);
	return pos + copy_in(r_xprt, buf, pos, from + head, len - head);
}

/* Put a Reply together; return its length. */
static unsigned int place_reply(struct rpcrdma_xprt *r_xprt,
				struct rpcrdma_req *req)
{
	struct rpcrdma_rep *rep = req->rl_reply;
	void *from = rep->rr_rdmabuf->rg_data + rep->rr_hdr.len;
	unsigned int len = rep->rr_len - rep->rr_hdr.len;
	struct rpc_rqst *rqst = &req->rl_slot;

	r_xprt->rx_stats.bytes_written += rep->rr_rdmalen;
	if (rep->rr_hdr.proc == RDMA_NOMSG)
		return rep->rr_rdmalen;
	if (req->rl_wtype == RPCRDMA_PAYLOAD && rep->rr_rdmalen)
		return place_around(r_xprt, rqst, from, len, rep->rr_rdmalen);
	return copy_in(r_xprt, &rqst->rq_rcv_buf, 0, from, len);
}

/**
 * rpcrdma_complete_rqst - hand a Reply to the task that waits for it
 * @req: pinned, with a Reply, without regions
 *
 * Context: completion of a Receive or of an invalidation.
 */
void rpcrdma_complete_rqst(struct rpcrdma_req *req)
{
	struct rpcrdma_rep *rep = req->rl_reply;
	struct rpcrdma_xprt *r_xprt = rep->rr_rxprt;
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct rpc_rqst *rqst = &req->rl_slot;
	unsigned int len = 0;

	if (rep->rr_rdmalen >= 0)
		len = place_reply(r_xprt, req);
	if (!len) {
		r_xprt->rx_stats.bad_replies++;
		rqst->rq_task->tk_status = -EIO;
	}
	req->rl_reply = NULL;

	spin_lock(&xprt->queue_lock);
	xprt_complete_rqst(rqst->rq_task, len);
	xprt_unpin_rqst(rqst);
	spin_unlock(&xprt->queue_lock);
	rpcrdma_rep_put(rep);
}

/**
 * rpcrdma_abandon_reply - a Reply cannot be used, because a region is in doubt
 * @req: pinned, with a Reply
 *
 * The connection is about to end, and the Call will be sent again.
 *
 * Context: completion of a Receive or of an invalidation.
 */
void rpcrdma_abandon_reply(struct rpcrdma_req *req)
{
	struct rpcrdma_rep *rep = req->rl_reply;
	struct rpc_xprt *xprt = &rep->rr_rxprt->rx_xprt;

	req->rl_reply = NULL;
	spin_lock(&xprt->queue_lock);
	xprt_unpin_rqst(&req->rl_slot);
	spin_unlock(&xprt->queue_lock);
	rpcrdma_rep_put(rep);
}

/*
 * Take in what the server grants: first the Receives, then the requests, and no
 * more of these than there are Receives for. If memory was short, the next
 * Reply's grant is another one, and all is tried again.
 */
static void update_credits(struct rpcrdma_xprt *r_xprt, u32 granted)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	unsigned int bc = 2 * READ_ONCE(buf->rb_bc_credits);

	granted = clamp(granted, 1U, r_xprt->rx_ia.ia_max_requests);
	if (granted != buf->rb_credits) {
		buf->rb_credits = granted;
		rpcrdma_post_recvs(r_xprt, false);
		granted = clamp(buf->rb_posted - min(buf->rb_posted, bc), 1U,
				granted);
		buf->rb_credits = granted;
		spin_lock(&xprt->transport_lock);
		xprt->cwnd = granted << RPC_CWNDSHIFT;
		spin_unlock(&xprt->transport_lock);
	}
}

/* Find the request that this answers, and take its regions over. */
static struct rpcrdma_req *find_request(struct rpcrdma_xprt *r_xprt, __be32 xid)
{
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct rpcrdma_req *req = NULL;
	struct rpc_rqst *rqst;

	spin_lock(&xprt->queue_lock);
	rqst = xprt_lookup_rqst(xprt, xid);
	if (rqst) {
		req = rpcr_to_rdmar(rqst);
		/* Not sent yet, or answered before: a guess, or a duplicate. */
		if (test_and_clear_bit(RPCRDMA_REQ_AWAITED, &req->rl_flags))
			xprt_pin_rqst(rqst);
		else
			req = NULL;
	}
	spin_unlock(&xprt->queue_lock);
	return req;
}

/* Does the Reply fit to the Call? Then see to its regions, or complete it. */
static void accept_reply(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			 struct rpcrdma_rep *rep, bool sound)
{
	req->rl_reply = rep;
	rep->rr_rdmalen = sound ? rdma_length(r_xprt, req, &rep->rr_hdr) : -EIO;
	if (rep->rr_inv_rkey)
		rpcrdma_mrs_remote_inv(req, rep->rr_inv_rkey);
	if (list_empty(&req->rl_registered)) {
		rpcrdma_complete_rqst(req);
	} else if (rpcrdma_mrs_invalidate(r_xprt, req)) {
		rpcrdma_connection_lost(r_xprt);
		rpcrdma_abandon_reply(req);
	}
}

/**
 * rpcrdma_reply_handler - take in a message
 * @rep: what has been received; this function sees to it that it is reused
 *
 * Context: Receive completion.
 */
void rpcrdma_reply_handler(struct rpcrdma_rep *rep)
{
	struct rpcrdma_xprt *r_xprt = rep->rr_rxprt;
	struct rpcrdma_req *req;
	int err;

	err = rpcrdma_hdr_decode(rep->rr_rdmabuf->rg_data, rep->rr_len,
				 &rep->rr_hdr);
	if (err == -EMSGSIZE || err == -EPROTONOSUPPORT)
		goto bad;
	r_xprt->rx_xprt.reestablish_timeout = 0;
	if (!err && rpcrdma_bc_receive_call(r_xprt, rep)) {
		rpcrdma_post_recvs(r_xprt, false);
		return;
	}
	req = find_request(r_xprt, rep->rr_hdr.xid);
	/* A Reply that nobody waits for any more does no harm. */
	if (!req && err)
		goto bad;
	if (!req)
		goto drop;
	update_credits(r_xprt, rep->rr_hdr.credits);
	accept_reply(r_xprt, req, rep, !err);
	rpcrdma_post_recvs(r_xprt, false);
	return;

bad:
	r_xprt->rx_stats.bad_replies++;
drop:
	rpcrdma_rep_put(rep);
	rpcrdma_post_recvs(r_xprt, false);
}
