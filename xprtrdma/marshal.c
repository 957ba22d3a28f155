// SPDX-License-Identifier: GPL-2.0
/*
 * A Call becomes a message. What goes inline and what by RDMA follows from
 * the sizes (RFC 8166, section 3.5; RFC 8267):
 *
 *	Reply	may fit into a Receive			inline
 *		READ, and the rest of it fits		a chunk in the write list
 *		else					a reply chunk
 *	Call	fits into a Send			inline
 *		WRITE					a chunk in the read list
 *		else					a chunk at position 0
 *
 * Data may go in chunks of its own only if the security flavor does not want to
 * see it as a part of the message.
 */

#include <linux/sunrpc/auth.h>
#include "frags.h"
#include "xprt_rdma.h"

static enum rpcrdma_chunktype choose_reply(const struct rpcrdma_ia *ia,
					   const struct rpc_rqst *rqst, bool ddp)
{
	const struct xdr_buf *buf = &rqst->rq_rcv_buf;

	if (buf->buflen <= ia->ia_max_inline_recv)
		return RPCRDMA_INLINE;
	if (ddp && buf->flags & XDRBUF_READ &&
	    buf->buflen - buf->page_len <= ia->ia_max_inline_recv)
		return RPCRDMA_PAYLOAD;
	return RPCRDMA_WHOLE;
}

static enum rpcrdma_chunktype choose_call(const struct rpcrdma_ia *ia,
					  const struct rpc_rqst *rqst, bool ddp)
{
	const struct xdr_buf *buf = &rqst->rq_snd_buf;

	if (buf->len <= ia->ia_max_inline_send)
		return RPCRDMA_INLINE;
	if (ddp && buf->flags & XDRBUF_WRITE &&
	    buf->len - buf->page_len <= ia->ia_max_inline_send)
		return RPCRDMA_PAYLOAD;
	return RPCRDMA_WHOLE;
}

/*
 * Some Calls leave it to the transport to find pages for the Reply.
 */
static int fill_sparse_pages(struct xdr_buf *buf)
{
	unsigned int i, n;

	if (!(buf->flags & XDRBUF_SPARSE_PAGES))
		return 0;
	n = DIV_ROUND_UP(buf->page_base + buf->page_len, PAGE_SIZE);
	for (i = 0; i < n; i++) {
		if (!buf->pages[i])
			buf->pages[i] = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
		if (!buf->pages[i])
			return -ENOBUFS;
	}
	return 0;
}

/*
 * Register a range of a message, with as few regions as it takes.
 *
 * Return: how many; -EAGAIN if there are not enough; -EMSGSIZE if one chunk may
 *	not have that many; what rpcrdma_mr_map() says.
 */
static int register_range(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			  const struct xdr_buf *buf, unsigned int pos,
			  unsigned int len, enum dma_data_direction dir)
{
	struct rpcrdma_mr *mr;
	int nr_segs, done;

	for (nr_segs = 0; len; nr_segs++) {
		if (nr_segs == r_xprt->rx_ia.ia_max_segs)
			return -EMSGSIZE;
		mr = rpcrdma_mr_get(r_xprt);
		if (!mr)
			return -EAGAIN;
		done = rpcrdma_mr_map(mr, buf, pos, len, dir);
		if (done < 0) {
			rpcrdma_mr_put(mr);
			return done;
		}
		list_add_tail(&mr->mr_list, &req->rl_registered);
		pos += done;
		len -= done;
	}
	return nr_segs;
}

/* The first of the last @n regions of a request. */
static struct rpcrdma_mr *last_regions(struct rpcrdma_req *req, int n)
{
	struct list_head *pos = &req->rl_registered;

	while (n--)
		pos = pos->prev;
	return list_entry(pos, struct rpcrdma_mr, mr_list);
}

static int encode_read_list(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			    struct rpcrdma_enc *enc)
{
	const struct xdr_buf *buf = &req->rl_slot.rq_snd_buf;
	unsigned int pos = 0, len = buf->len;
	struct rpcrdma_mr *mr;
	int n;

	if (req->rl_rtype != RPCRDMA_INLINE) {
		if (req->rl_rtype == RPCRDMA_PAYLOAD) {
			pos = buf->head[0].iov_len;
			len = buf->page_len;
		}
		n = register_range(r_xprt, req, buf, pos, len, DMA_TO_DEVICE);
		if (n < 0)
			return n;
		mr = last_regions(req, n);
		list_for_each_entry_from(mr, &req->rl_registered, mr_list)
			rpcrdma_enc_read_entry(enc, pos, &mr->mr_seg);
		r_xprt->rx_stats.read_segs += n;
		r_xprt->rx_stats.bytes_offered += len;
	}
	rpcrdma_enc_word(enc, 0);
	return 0;
}

/* A chunk for the server to write to: the discriminator, and the segments. */
static int encode_target(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			 struct rpcrdma_enc *enc, unsigned int pos,
			 unsigned int len)
{
	struct rpcrdma_mr *mr;
	int n;

	n = register_range(r_xprt, req, &req->rl_slot.rq_rcv_buf, pos, len,
			   DMA_FROM_DEVICE);
	if (n < 0)
		return n;
	rpcrdma_enc_word(enc, 1);
	rpcrdma_enc_word(enc, n);
	mr = last_regions(req, n);
	list_for_each_entry_from(mr, &req->rl_registered, mr_list)
		rpcrdma_enc_segment(enc, &mr->mr_seg);
	return n;
}

static int encode_write_list(struct rpcrdma_xprt *r_xprt,
			     struct rpcrdma_req *req, struct rpcrdma_enc *enc)
{
	const struct xdr_buf *buf = &req->rl_slot.rq_rcv_buf;
	int n;

	if (req->rl_wtype == RPCRDMA_PAYLOAD) {
		n = encode_target(r_xprt, req, enc, buf->head[0].iov_len,
				  buf->page_len);
		if (n < 0)
			return n;
		r_xprt->rx_stats.write_segs += n;
	}
	rpcrdma_enc_word(enc, 0);
	return 0;
}

static int encode_reply_chunk(struct rpcrdma_xprt *r_xprt,
			      struct rpcrdma_req *req, struct rpcrdma_enc *enc)
{
	int n;

	if (req->rl_wtype != RPCRDMA_WHOLE) {
		rpcrdma_enc_word(enc, 0);
		return 0;
	}
	n = encode_target(r_xprt, req, enc, 0,
			  rpcrdma_xdr_size(&req->rl_slot.rq_rcv_buf));
	if (n < 0)
		return n;
	r_xprt->rx_stats.reply_segs += n;
	return 0;
}

static int encode_header(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req)
{
	struct rpcrdma_enc enc;
	int rc;

	rpcrdma_enc_init(&enc, req->rl_hdrbuf->rg_data, req->rl_hdrbuf->rg_size);
	rpcrdma_enc_fixed(&enc, req->rl_slot.rq_xid, RPCRDMA_VERSION,
			  r_xprt->rx_ia.ia_max_requests,
			  req->rl_rtype == RPCRDMA_WHOLE ? RDMA_NOMSG : RDMA_MSG);
	rc = encode_read_list(r_xprt, req, &enc);
	rc = rc ?: encode_write_list(r_xprt, req, &enc);
	rc = rc ?: encode_reply_chunk(r_xprt, req, &enc);
	if (rc)
		return rc;
	rc = rpcrdma_enc_len(&enc);
	if (rc < 0)
		return rc;
	req->rl_hdrlen = rc;
	return 0;
}

/*
 * What of the Call follows the header, and whether it has to be copied there:
 * data does, and what is not in the buffer of the request.
 *
 * Return: bytes to be copied.
 */
static unsigned int choose_inline(const struct rpcrdma_req *req,
				  unsigned int *head, struct kvec *tail)
{
	const struct xdr_buf *buf = &req->rl_slot.rq_snd_buf;
	unsigned int pad;

	*head = 0;
	*tail = (struct kvec){};
	if (req->rl_rtype == RPCRDMA_WHOLE)
		return 0;

	if (req->rl_rtype == RPCRDMA_INLINE && buf->page_len)
		return buf->len;
	if (!rpcrdma_regbuf_has(req->rl_sendbuf, buf->head[0].iov_base,
				buf->head[0].iov_len) ||
	    (buf->tail[0].iov_len &&
	     !rpcrdma_regbuf_has(req->rl_sendbuf, buf->tail[0].iov_base,
				 buf->tail[0].iov_len)))
		return req->rl_rtype == RPCRDMA_INLINE ? buf->len : 0;

	*head = buf->head[0].iov_len;
	*tail = buf->tail[0];
	if (req->rl_rtype == RPCRDMA_PAYLOAD) {
		/* The padding of the data is no part of the chunk, nor of the rest. */
		pad = tail->iov_len % sizeof(__be32);
		tail->iov_base += pad;
		tail->iov_len -= pad;
	}
	return 0;
}

/* Copy the Call behind its header. */
static int pull_up(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
		   unsigned int len)
{
	if (len > req->rl_hdrbuf->rg_size - req->rl_hdrlen ||
	    read_bytes_from_xdr_buf(&req->rl_slot.rq_snd_buf, 0,
				    req->rl_hdrbuf->rg_data + req->rl_hdrlen, len))
		return -EMSGSIZE;
	req->rl_hdrlen += len;
	r_xprt->rx_stats.bytes_pulled_up += len;
	return 0;
}

static int build_message(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			 struct rpcrdma_sendctx **sc)
{
	unsigned int head, copy;
	struct kvec tail;
	int rc;

	copy = choose_inline(req, &head, &tail);
	if (req->rl_rtype == RPCRDMA_PAYLOAD && !head) {
		/* Its parts are not where they can be sent from. */
		req->rl_rtype = RPCRDMA_WHOLE;
	}
	if (!rpcrdma_regbuf_grow(&req->rl_hdrbuf,
				 r_xprt->rx_ia.ia_inline_send -
				 r_xprt->rx_ia.ia_max_inline_send + copy,
				 DMA_TO_DEVICE, rpc_task_gfp_mask()))
		return -ENOMEM;
	rc = encode_header(r_xprt, req);
	if (!rc && copy)
		rc = pull_up(r_xprt, req, copy);
	if (rc)
		return rc;

	*sc = rpcrdma_sendctx_get_locked(&r_xprt->rx_buf);
	if (!*sc)
		return -ENOSR;
	rc = rpcrdma_prepare_send(r_xprt, req, *sc, head, &tail);
	if (rc)
		rpcrdma_sendctx_unget_locked(&r_xprt->rx_buf);
	return rc;
}

/**
 * rpcrdma_marshal_req - make a Call into a message, and post it
 * @r_xprt: a connected transport
 * @rqst: the Call
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: 0; -EAGAIN after XPRT_WRITE_SPACE was set, -ENOMEM, -ENOBUFS if it may
 *	work later; -ENOTCONN if the connection has to be closed; -EMSGSIZE and
 *	-EIO if it will never work.
 */
int rpcrdma_marshal_req(struct rpcrdma_xprt *r_xprt, struct rpc_rqst *rqst)
{
	struct rpcrdma_req *req = rpcr_to_rdmar(rqst);
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	bool ddp = !test_bit(RPCAUTH_AUTH_DATATOUCH,
			     &rqst->rq_cred->cr_auth->au_flags);
	struct rpcrdma_sendctx *sc = NULL;
	int rc;

	rc = fill_sparse_pages(&rqst->rq_rcv_buf);
	if (rc)
		return rc;
	req->rl_wtype = choose_reply(ia, rqst, ddp);
	req->rl_rtype = choose_call(ia, rqst, ddp);
	if (WARN_ON_ONCE(!list_empty(&req->rl_registered)))
		return -EIO;

	rc = build_message(r_xprt, req, &sc);
	if (rc) {
		r_xprt->rx_stats.failed_marshals++;
		rpcrdma_mrs_release(req);
		if (rc == -EAGAIN)
			rpcrdma_mrs_wait(r_xprt);
		return rc == -ENOSR ? -EAGAIN : rc;
	}
	if (req->rl_rtype == RPCRDMA_WHOLE)
		r_xprt->rx_stats.long_calls++;
	return rpcrdma_send(r_xprt, req, sc) ? -ENOTCONN : 0;
}
