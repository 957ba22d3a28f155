// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are not here as a whole: parts of them have to be read from the
 * client (RFC 8166, section 3.4).
 *
 *	RDMA_MSG	base = what follows the header
 *	RDMA_NOMSG	base = the chunk at position 0
 *
 * The Call is the base with the other chunks put in at their positions, which
 * count the bytes of the Call as it will be. If there is just one, only that goes
 * into pages, and the base stays where it is; this is how WRITE gets its data.
 * Else everything goes into pages, one byte after the other.
 *
 * It is done twice: first without a connection, to see that all positions and
 * lengths make sense and how much memory it takes, and then in earnest.
 */

#include <linux/gfp.h>
#include <linux/slab.h>
#include "frags.h"
#include "svcrdma.h"

/* The smallest position of a chunk that is beyond @last. */
static bool next_position(const struct rpcrdma_hdr *hdr, u32 last, u32 *position)
{
	struct rpcrdma_segment seg;
	unsigned int i;
	bool found = false;
	u32 pos;

	for (i = 0; i < hdr->nr_reads; i++) {
		rpcrdma_read_entry(hdr, i, &pos, &seg);
		if (pos <= last || (found && pos >= *position))
			continue;
		*position = pos;
		found = true;
	}
	return found;
}

/* Bytes of the chunk at a position; whether there are too many comes later. */
static u64 chunk_length(const struct rpcrdma_hdr *hdr, u32 position)
{
	struct rpcrdma_segment seg;
	unsigned int i;
	u64 sum = 0;
	u32 pos;

	for (i = 0; i < hdr->nr_reads; i++) {
		rpcrdma_read_entry(hdr, i, &pos, &seg);
		if (pos == position)
			sum += seg.length;
	}
	return sum;
}

/* The pages as a message, which is what Reads are made for. */
static struct xdr_buf pages_as_message(const struct svcrdma_assembly *a)
{
	return (struct xdr_buf){
		.pages = a->pages,
		.page_len = a->limit,
	};
}

/* There is room for @len more bytes. */
static bool fits(const struct svcrdma_assembly *a, u64 len)
{
	return len <= a->limit - a->filled;
}

/* Read the bytes from @from to @to of the chunk at @position. */
static int put_chunk_range(struct svcrdma_assembly *a, u32 position, u64 from,
			   u64 to)
{
	struct xdr_buf buf = pages_as_message(a);
	struct rpcrdma_segment seg;
	u64 at = 0, begin, end;
	unsigned int i;
	u32 pos;
	int ret;

	if (!fits(a, to - from))
		return -EINVAL;
	for (i = 0; i < a->hdr->nr_reads; i++) {
		rpcrdma_read_entry(a->hdr, i, &pos, &seg);
		if (pos != position)
			continue;
		begin = max(at, from);
		end = min(at + seg.length, to);
		if (begin < end && a->xprt) {
			ret = svcrdma_rws_add(a->xprt, a->reads, &buf, a->filled,
					      end - begin, seg.handle,
					      seg.offset + (begin - at),
					      DMA_FROM_DEVICE);
			if (ret)
				return ret;
		}
		if (begin < end)
			a->filled += end - begin;
		at += seg.length;
	}
	return 0;
}

/* Padding that nobody writes shall not tell what was in the page before. */
static void clear_padding(struct svcrdma_assembly *a, u32 at)
{
	if (a->xprt && xdr_pad_size(at))
		memset(page_address(a->pages[at >> PAGE_SHIFT]) + offset_in_page(at),
		       0, xdr_pad_size(at));
}

/* A chunk, and the padding that the client leaves out. */
static int put_chunk(struct svcrdma_assembly *a, u32 position)
{
	u64 len = chunk_length(a->hdr, position);
	int ret;

	if (!fits(a, len + 3))
		return -EINVAL;
	/* Before the page is the device's. */
	clear_padding(a, a->filled + len);
	ret = put_chunk_range(a, position, 0, len);
	a->filled = xdr_align_size(a->filled);
	return ret;
}

static void copy_to_pages(struct svcrdma_assembly *a, const void *from, u32 len)
{
	unsigned int offset, n;
	u32 at = a->filled;

	for (; len; len -= n, from += n, at += n) {
		offset = offset_in_page(at);
		n = min_t(u32, len, PAGE_SIZE - offset);
		memcpy(page_address(a->pages[at >> PAGE_SHIFT]) + offset, from, n);
	}
}

/* A part of the base. */
static int put_base(struct svcrdma_assembly *a, u32 from, u32 len)
{
	if (a->hdr->proc == RDMA_NOMSG)
		return put_chunk_range(a, 0, from, (u64)from + len);
	if (!fits(a, len))
		return -EINVAL;
	if (a->xprt)
		copy_to_pages(a, a->inline_msg + from, len);
	a->filled += len;
	return 0;
}

static int put_everything(struct svcrdma_assembly *a, u32 base)
{
	u32 pos = 0, used = 0, gap;
	int ret;

	while (next_position(a->hdr, pos, &pos)) {
		/* It overlaps the one before, or lies beyond the end. */
		if (pos < a->filled || pos - a->filled > base - used)
			return -EINVAL;
		gap = pos - a->filled;
		ret = put_base(a, used, gap) ?: put_chunk(a, pos);
		if (ret)
			return ret;
		used += gap;
	}
	return put_base(a, used, base - used);
}

/**
 * svcrdma_assemble - put a Call together
 * @a: how; with all results 0
 *
 * Context: process context.
 * Return: 0; -EINVAL if its positions and lengths do not fit; if there is a
 *	connection, what svcrdma_rws_add() says.
 */
int svcrdma_assemble(struct svcrdma_assembly *a)
{
	bool nomsg = a->hdr->proc == RDMA_NOMSG;
	u64 base = chunk_length(a->hdr, 0);
	u32 pos, more;

	/* The base is one or the other. */
	if (nomsg ? base < SVCRDMA_MIN_RPC_MSG : base)
		return -EINVAL;
	if (!nomsg)
		base = a->inline_len;
	if (base > a->limit || base % sizeof(__be32))
		return -EINVAL;

	if (!nomsg && next_position(a->hdr, 0, &pos) &&
	    !next_position(a->hdr, pos, &more)) {
		if (pos < SVCRDMA_MIN_RPC_MSG || pos > base)
			return -EINVAL;
		a->split = true;
		/* A chunk of nothing leaves the message in one piece. */
		a->head = chunk_length(a->hdr, pos) ? pos : base;
		return put_chunk(a, pos);
	}
	return put_everything(a, base);
}

/**
 * svcrdma_free_reads - let go of what has been read, or not
 * @recv: a Call, or not
 *
 * Context: process context.
 */
void svcrdma_free_reads(struct svcrdma_recv *recv)
{
	unsigned int i;

	svcrdma_rws_free(recv->xprt, &recv->reads, DMA_FROM_DEVICE);
	for (i = 0; i < recv->nr_pages; i++)
		if (recv->pages[i])
			put_page(recv->pages[i]);
	kfree(recv->pages);
	recv->pages = NULL;
	recv->nr_pages = 0;
}

static int alloc_pages_for(struct svcrdma_recv *recv, u32 bytes)
{
	unsigned long n = DIV_ROUND_UP(bytes, PAGE_SIZE), filled = 0, got;

	recv->pages = kcalloc(n, sizeof(*recv->pages), GFP_KERNEL);
	if (!recv->pages)
		return -ENOMEM;
	recv->nr_pages = n;
	while (filled < n) {
		got = alloc_pages_bulk_array(GFP_KERNEL, n, recv->pages);
		if (got == filled)
			return -ENOMEM;
		filled = got;
	}
	return 0;
}

/* The Call is here: back to the service threads. */
static void reads_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct svcrdma_recv *recv = container_of(wc->wr_cqe,
						 struct svcrdma_recv, read_cqe);
	struct svcrdma_xprt *sx = recv->xprt;

	svcrdma_post_done(sx, recv->reads.wrs);
	svcrdma_rws_free(sx, &recv->reads, DMA_FROM_DEVICE);
	if (wc->status != IB_WC_SUCCESS) {
		svcrdma_close(sx);
		svcrdma_recv_put(recv);
		return;
	}
	svcrdma_recv_queue(recv, &sx->sx_read);
}

/**
 * svcrdma_start_reads - read from the client what is missing of a Call
 * @recv: a Call that has passed svcrdma_check_hdr(), with a read list
 *
 * Context: service thread.
 * Return: 0, and @recv will come back on &svcrdma_xprt.sx_read, or never; -EINVAL
 *	for positions and lengths that do not fit; -ENOTCONN or another error
 *	with which the connection ends. @recv is the caller's unless it is 0.
 */
int svcrdma_start_reads(struct svcrdma_recv *recv)
{
	struct svcrdma_xprt *sx = recv->xprt;
	struct svcrdma_assembly a = {
		.hdr = &recv->hdr,
		.inline_msg = recv->buf + recv->hdr.len,
		.inline_len = recv->byte_len - recv->hdr.len,
		.limit = SVCRDMA_MAX_PAGES * PAGE_SIZE,
	};
	struct ib_send_wr *wr;
	int ret;

	ret = svcrdma_assemble(&a);
	if (ret)
		return ret;
	ret = alloc_pages_for(recv, max(a.filled, 1U));
	if (ret)
		return ret;

	a.xprt = sx;
	a.pages = recv->pages;
	a.reads = &recv->reads;
	a.filled = 0;
	ret = svcrdma_assemble(&a);
	if (ret)
		return ret == -EINVAL ? -EIO : ret;
	recv->page_bytes = a.filled;
	recv->head = a.head;
	recv->split = a.split;
	percpu_counter_inc(&svcrdma_stat_read);

	if (!recv->reads.wrs) {
		svcrdma_recv_queue(recv, &sx->sx_read);
		return 0;
	}
	recv->read_cqe.done = reads_done;
	wr = svcrdma_rws_chain(sx, &recv->reads, &recv->read_cqe, NULL);
	return svcrdma_post(sx, &recv->job, wr, recv->reads.wrs);
}

/**
 * svcrdma_deliver_read - hand a Call that has been read to a service thread
 * @rqstp: the thread
 * @recv: the Call
 *
 * Context: service thread.
 * Return: bytes of the Call.
 */
int svcrdma_deliver_read(struct svc_rqst *rqstp, struct svcrdma_recv *recv)
{
	u32 inline_len = recv->byte_len - recv->hdr.len, first;
	void *msg = recv->buf + recv->hdr.len;
	struct xdr_buf *arg = &rqstp->rq_arg;

	arg->page_base = 0;
	if (recv->split) {
		arg->head[0].iov_base = msg;
		arg->head[0].iov_len = recv->head;
		arg->pages = recv->pages;
		arg->page_len = recv->page_bytes;
		arg->tail[0].iov_base = msg + recv->head;
		arg->tail[0].iov_len = inline_len - recv->head;
	} else {
		first = min_t(u32, recv->page_bytes, PAGE_SIZE);
		arg->head[0].iov_base = page_address(recv->pages[0]);
		arg->head[0].iov_len = first;
		arg->pages = recv->pages + 1;
		arg->page_len = recv->page_bytes - first;
		arg->tail[0].iov_base = NULL;
		arg->tail[0].iov_len = 0;
	}
	arg->len = rpcrdma_xdr_size(arg);
	arg->buflen = arg->len;
	return arg->len;
}
