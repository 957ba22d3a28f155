// SPDX-License-Identifier: GPL-2.0
/*
 * What RDMA reads and writes directly are ranges of an xdr_buf, which has a
 * head, pages and a tail. Here they become scatterlists. An element never
 * crosses the border of a page.
 *
 * No locks: the message belongs to the caller.
 */

#include <linux/minmax.h>
#include <linux/mm.h>
#include "frags.h"

/**
 * rpcrdma_xdr_size - how long a message can be or is
 * @buf: the message
 *
 * Context: any.
 * Return: bytes in all three parts.
 */
unsigned int rpcrdma_xdr_size(const struct xdr_buf *buf)
{
	return buf->head[0].iov_len + buf->page_len + buf->tail[0].iov_len;
}

static unsigned int kvec_piece(const struct kvec *kvec, unsigned int pos,
			       struct page **page, unsigned int *offset)
{
	void *at = kvec->iov_base + pos;

	*page = virt_to_page(at);
	*offset = offset_in_page(at);
	return min_t(size_t, kvec->iov_len - pos, PAGE_SIZE - *offset);
}

/**
 * rpcrdma_xdr_piece - find a position of a message in memory
 * @buf: the message
 * @pos: the position
 * @page: result: the page there
 * @offset: result: where in that page
 *
 * Context: any.
 * Return: how many bytes lie one after the other there; 0 behind the end.
 */
unsigned int rpcrdma_xdr_piece(const struct xdr_buf *buf, unsigned int pos,
			       struct page **page, unsigned int *offset)
{
	unsigned int at;

	if (pos < buf->head[0].iov_len)
		return kvec_piece(&buf->head[0], pos, page, offset);
	pos -= buf->head[0].iov_len;

	if (pos < buf->page_len) {
		at = buf->page_base + pos;
		*page = buf->pages[at >> PAGE_SHIFT];
		*offset = offset_in_page(at);
		return min_t(unsigned int, buf->page_len - pos,
			     PAGE_SIZE - *offset);
	}
	pos -= buf->page_len;

	if (pos < buf->tail[0].iov_len)
		return kvec_piece(&buf->tail[0], pos, page, offset);
	return 0;
}

/**
 * rpcrdma_xdr_to_sg - describe a range of a message, or a part of it
 * @buf: the message
 * @pos: where the range begins
 * @len: its bytes, not 0
 * @sg: the list to fill, which ends with the last element used
 * @max_nents: elements that it has
 * @gaps: elements in the middle need not be whole pages
 * @nents: result: elements used
 *
 * Context: any.
 * Return: bytes described: the list was full, the next piece would have left a
 *	gap, or the range has ended.
 */
unsigned int rpcrdma_xdr_to_sg(const struct xdr_buf *buf, unsigned int pos,
			       unsigned int len, struct scatterlist *sg,
			       unsigned int max_nents, bool gaps,
			       unsigned int *nents)
{
	unsigned int done = 0, n = 0, end = 0, offset, piece;
	struct page *page;

	/* The three parts may each begin and end within a page. */
	max_nents = min_t(unsigned int, max_nents, len / PAGE_SIZE + 6);
	sg_init_table(sg, max_nents);
	while (done < len && n < max_nents) {
		piece = rpcrdma_xdr_piece(buf, pos + done, &page, &offset);
		piece = min(piece, len - done);
		if (!piece)
			break;
		if (n && !gaps && (offset || end != PAGE_SIZE))
			break;
		sg_set_page(&sg[n++], page, piece, offset);
		end = offset + piece;
		done += piece;
	}
	if (n)
		sg_mark_end(&sg[n - 1]);
	*nents = n;
	return done;
}
