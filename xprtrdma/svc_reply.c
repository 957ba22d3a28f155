// SPDX-License-Identifier: GPL-2.0
/*
 * A Reply becomes a message (RFC 8166, section 3.5).
 *
 *	payloads	what the service named as such goes into the chunks of
 *			the write list, in order
 *	reply chunk	if the client provides one, the rest goes there
 *	inline		else the rest follows the header, and has to fit
 *
 * Padding of payloads is sent nowhere. Pages of the Reply, if anything is written
 * from them, stay with the Send until that is done.
 */

#include "frags.h"
#include "svcrdma.h"

/* Where RDMA Writes go: a chunk of the client's. */
struct target {
	const __be32 *segs;
	unsigned int nr_segs;
	u32 used;		/* bytes of the first segment */
	u32 written;		/* bytes in all */
};

static struct target make_target(const __be32 *segs, unsigned int nr_segs)
{
	return (struct target){ .segs = segs, .nr_segs = nr_segs };
}

/* Write a range of the Reply behind what is in the chunk already. */
static int write_range(struct svcrdma_send *send, struct target *t,
		       const struct xdr_buf *res, u32 pos, u32 len)
{
	struct rpcrdma_segment seg;
	u32 n;
	int ret;

	while (len) {
		if (!t->nr_segs)
			return -E2BIG;
		rpcrdma_segment_decode(t->segs, &seg);
		n = min(len, seg.length - t->used);
		if (n) {
			ret = svcrdma_rws_add(send->xprt, &send->writes, res,
					      pos, n, seg.handle,
					      seg.offset + t->used,
					      DMA_TO_DEVICE);
			if (ret)
				return ret;
		}
		pos += n;
		len -= n;
		t->used += n;
		t->written += n;
		if (t->used == seg.length) {
			t->segs += RPCRDMA_SEGMENT_WORDS;
			t->nr_segs--;
			t->used = 0;
		}
	}
	return 0;
}

/**
 * svcrdma_result_payload - a part of the Reply may go into a chunk of its own
 * @rqstp: service thread
 * @offset: where it begins in the Reply
 * @length: its bytes
 *
 * Context: service thread, while it encodes.
 * Return: 0; -E2BIG if the chunk that the client provides is too small.
 */
int svcrdma_result_payload(struct svc_rqst *rqstp, unsigned int offset,
			   unsigned int length)
{
	struct svcrdma_recv *recv = rqstp->rq_xprt_ctxt;
	const __be32 *chunk, *segs = NULL;
	unsigned int i, nr_segs = 0;
	struct rpcrdma_segment seg;
	u64 room = 0;

	if (!recv || recv->nr_payloads >= recv->hdr.nr_writes)
		return 0;
	chunk = recv->hdr.writes;
	for (i = 0; i <= recv->nr_payloads; i++)
		chunk = rpcrdma_write_chunk(chunk, &nr_segs, &segs);
	for (i = 0; i < nr_segs; i++) {
		rpcrdma_segment_decode(segs + i * RPCRDMA_SEGMENT_WORDS, &seg);
		room += seg.length;
	}
	if (length > room)
		return -E2BIG;
	recv->payloads[recv->nr_payloads].pos = offset;
	recv->payloads[recv->nr_payloads].len = length;
	recv->nr_payloads++;
	return 0;
}

/* The service counts what it encodes; but whoever encodes can go back. */
static bool payloads_are_sane(const struct svcrdma_recv *recv, u32 size)
{
	u32 pos = 0;
	unsigned int i;

	for (i = 0; i < recv->nr_payloads; i++) {
		const struct svcrdma_payload *p = &recv->payloads[i];

		if (p->pos < pos || p->pos > size || p->len > size - p->pos)
			return false;
		pos = min_t(u32, xdr_align_size(p->pos + p->len), size);
	}
	return true;
}

/* The @i-th range between payloads; false after the last one. */
static bool other_range(const struct svcrdma_recv *recv, u32 size,
			unsigned int i, u32 *pos, u32 *len)
{
	const struct svcrdma_payload *p = recv->payloads;

	if (i > recv->nr_payloads)
		return false;
	*pos = i ? min_t(u32, xdr_align_size(p[i - 1].pos + p[i - 1].len), size) : 0;
	*len = (i < recv->nr_payloads ? p[i].pos : size) - *pos;
	return true;
}

/* The largest message that both sides can handle. */
static u32 message_room(const struct svcrdma_xprt *sx)
{
	return min(sx->sx_msg_size, sx->sx_peer_recv);
}

static int write_payloads(struct svcrdma_send *send,
			  const struct svcrdma_recv *recv,
			  const struct xdr_buf *res)
{
	const __be32 *chunk = recv->hdr.writes, *segs;
	unsigned int i, nr_segs;
	struct target t;
	int ret;

	for (i = 0; i < recv->nr_payloads; i++) {
		chunk = rpcrdma_write_chunk(chunk, &nr_segs, &segs);
		t = make_target(segs, nr_segs);
		ret = write_range(send, &t, res, recv->payloads[i].pos,
				  recv->payloads[i].len);
		if (ret)
			return ret;
	}
	return 0;
}

/* Everything but payloads goes into the reply chunk; return how much that is. */
static int write_reply_chunk(struct svcrdma_send *send,
			     const struct svcrdma_recv *recv,
			     const struct xdr_buf *res, u32 size)
{
	struct target t = make_target(recv->hdr.reply, recv->hdr.nr_reply);
	u32 pos, len;
	unsigned int i;
	int ret;

	for (i = 0; other_range(recv, size, i, &pos, &len); i++) {
		ret = write_range(send, &t, res, pos, len);
		if (ret)
			return ret;
	}
	return t.written;
}

/* Everything but payloads follows the header; return the length of all that. */
static int copy_inline(struct svcrdma_send *send,
		       const struct svcrdma_recv *recv,
		       const struct xdr_buf *res, u32 size, u32 at)
{
	u32 room = message_room(send->xprt);
	u32 pos, len;
	unsigned int i;

	for (i = 0; other_range(recv, size, i, &pos, &len); i++) {
		if (at > room || len > room - at)
			return -E2BIG;
		if (read_bytes_from_xdr_buf(res, pos, send->buf + at, len))
			return -EINVAL;
		at += len;
	}
	return at;
}

static int encode_header(struct svcrdma_send *send,
			 const struct svcrdma_recv *recv, u32 in_reply_chunk)
{
	const struct rpcrdma_hdr *hdr = &recv->hdr;
	const __be32 *chunk = hdr->writes, *segs;
	unsigned int i, nr_segs;
	struct rpcrdma_enc enc;

	rpcrdma_enc_init(&enc, send->buf, message_room(send->xprt));
	rpcrdma_enc_fixed(&enc, hdr->xid, hdr->vers,
			  send->xprt->sx_max_requests,
			  hdr->reply ? RDMA_NOMSG : RDMA_MSG);
	rpcrdma_enc_word(&enc, 0);
	for (i = 0; i < hdr->nr_writes; i++) {
		chunk = rpcrdma_write_chunk(chunk, &nr_segs, &segs);
		rpcrdma_enc_result(&enc, segs, nr_segs,
				   i < recv->nr_payloads ? recv->payloads[i].len : 0);
	}
	rpcrdma_enc_word(&enc, 0);
	if (hdr->reply)
		rpcrdma_enc_result(&enc, hdr->reply, hdr->nr_reply,
				   in_reply_chunk);
	else
		rpcrdma_enc_word(&enc, 0);
	return rpcrdma_enc_len(&enc);
}

/*
 * Header, Writes, and what goes inline.
 *
 * Return: length of the message; an error.
 */
static int build_reply(struct svcrdma_send *send,
		       const struct svcrdma_recv *recv,
		       const struct xdr_buf *res)
{
	u32 size = rpcrdma_xdr_size(res);
	int ret, in_reply_chunk = 0;

	if (!payloads_are_sane(recv, size))
		return -EINVAL;
	ret = write_payloads(send, recv, res);
	if (ret)
		return ret;
	if (recv->hdr.reply) {
		in_reply_chunk = write_reply_chunk(send, recv, res, size);
		if (in_reply_chunk < 0)
			return in_reply_chunk;
	}
	ret = encode_header(send, recv, in_reply_chunk);
	if (ret < 0 || recv->hdr.reply)
		return ret;
	return copy_inline(send, recv, res, size, ret);
}

/* The Reply's pages may not be used again before they have been written. */
static void take_pages(struct svc_rqst *rqstp, struct svcrdma_send *send)
{
	struct page **page;

	if (!send->writes.wrs) {
		/* It has been copied: the thread keeps the page that it begins in. */
		if (rqstp->rq_next_page != rqstp->rq_respages)
			rqstp->rq_respages++;
		return;
	}
	for (page = rqstp->rq_respages; page != rqstp->rq_next_page; page++) {
		send->pages[send->nr_pages++] = *page;
		*page = NULL;
	}
	rqstp->rq_next_page = rqstp->rq_respages;
}

/**
 * svcrdma_send_error - tell the client that a message makes no sense, or that the
 *	Reply does not fit into what it provides
 * @recv: the message, with at least the fixed part of a header
 * @err: -EPROTONOSUPPORT if it has the wrong version; everything else is a matter
 *	of chunks
 *
 * Context: service thread.
 */
void svcrdma_send_error(struct svcrdma_recv *recv, int err)
{
	struct svcrdma_xprt *sx = recv->xprt;
	struct svcrdma_send *send = svcrdma_send_get(sx);
	struct rpcrdma_enc enc;

	if (!send) {
		svcrdma_close(sx);
		return;
	}
	rpcrdma_enc_init(&enc, send->buf, sx->sx_msg_size);
	rpcrdma_enc_fixed(&enc, recv->hdr.xid, recv->hdr.vers,
			  sx->sx_max_requests, RDMA_ERROR);
	if (err == -EPROTONOSUPPORT) {
		rpcrdma_enc_word(&enc, ERR_VERS);
		rpcrdma_enc_word(&enc, RPCRDMA_VERSION);
		rpcrdma_enc_word(&enc, RPCRDMA_VERSION);
	} else {
		rpcrdma_enc_word(&enc, ERR_CHUNK);
	}
	svcrdma_post_send(send, rpcrdma_enc_len(&enc), 0);
}

/**
 * svcrdma_sendto - send a Reply
 * @rqstp: service thread
 *
 * Context: service thread.
 * Return: bytes sent; -ENOTCONN if the connection has ended or does so now.
 */
int svcrdma_sendto(struct svc_rqst *rqstp)
{
	struct svcrdma_recv *recv = rqstp->rq_xprt_ctxt;
	struct svcrdma_xprt *sx = to_svcrdma(rqstp->rq_xprt);
	struct svcrdma_send *send;
	int ret;

	if (svc_xprt_is_dead(rqstp->rq_xprt))
		return -ENOTCONN;
	send = svcrdma_send_get(sx);
	if (!send)
		goto close;

	ret = build_reply(send, recv, &rqstp->rq_res);
	switch (ret) {
	case -E2BIG:
	case -EINVAL:
	case -EMSGSIZE:
		svcrdma_send_put(send);
		svcrdma_send_error(recv, ret);
		return 0;
	}
	if (ret < 0) {
		svcrdma_send_put(send);
		goto close;
	}
	if (send->writes.wrs)
		percpu_counter_inc(&svcrdma_stat_write);
	take_pages(rqstp, send);
	return svcrdma_post_send(send, ret, recv->inv_rkey) ?: rqstp->rq_res.len;

close:
	svcrdma_close(sx);
	return -ENOTCONN;
}
