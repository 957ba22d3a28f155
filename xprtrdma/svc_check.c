// SPDX-License-Identifier: GPL-2.0
/*
 * What a client may say in the header of a Call.
 */

#include "svcrdma.h"

/* All segments of a list of chunks are few enough. */
static bool write_list_is_sane(const struct rpcrdma_hdr *hdr)
{
	const __be32 *chunk = hdr->writes, *segs;
	unsigned int i, nr_segs;

	if (hdr->nr_writes > SVCRDMA_MAX_WRITES)
		return false;
	for (i = 0; i < hdr->nr_writes; i++) {
		chunk = rpcrdma_write_chunk(chunk, &nr_segs, &segs);
		if (nr_segs > SVCRDMA_MAX_PAGES)
			return false;
	}
	return true;
}

/**
 * svcrdma_check_hdr - could this be a Call?
 * @hdr: a decoded header of a message that is no error and no Reply
 * @byte_len: bytes of the message
 *
 * Positions and lengths of what is to be read are checked when it is.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int svcrdma_check_hdr(const struct rpcrdma_hdr *hdr, u32 byte_len)
{
	struct rpcrdma_segment seg;
	unsigned int i;
	u32 position;

	if (hdr->proc == RDMA_MSG &&
	    (byte_len % sizeof(__be32) ||
	     byte_len - hdr->len < SVCRDMA_MIN_RPC_MSG))
		return -EINVAL;
	if (hdr->proc == RDMA_NOMSG && !hdr->nr_reads)
		return -EINVAL;
	if (hdr->nr_reads > SVCRDMA_MAX_PAGES ||
	    hdr->nr_reply > SVCRDMA_MAX_PAGES || !write_list_is_sane(hdr))
		return -EINVAL;
	for (i = 0; i < hdr->nr_reads; i++) {
		rpcrdma_read_entry(hdr, i, &position, &seg);
		if (position % sizeof(__be32))
			return -EINVAL;
	}
	return 0;
}

static bool same_rkey(const __be32 *segs, unsigned int nr_segs, u32 *rkey)
{
	struct rpcrdma_segment seg;

	for (; nr_segs; nr_segs--, segs += RPCRDMA_SEGMENT_WORDS) {
		rpcrdma_segment_decode(segs, &seg);
		if (*rkey && seg.handle != *rkey)
			return false;
		*rkey = seg.handle;
	}
	return true;
}

/**
 * svcrdma_inv_rkey - which memory region can the Reply invalidate?
 * @hdr: a decoded header
 *
 * Context: any.
 * Return: the one that the Call has; 0 if it has none or several.
 */
u32 svcrdma_inv_rkey(const struct rpcrdma_hdr *hdr)
{
	const __be32 *chunk = hdr->writes, *segs;
	unsigned int i, nr_segs;
	u32 rkey = 0;

	for (i = 0; i < hdr->nr_reads; i++)
		if (!same_rkey(hdr->reads + i * RPCRDMA_READ_WORDS + 2, 1, &rkey))
			return 0;
	for (i = 0; i < hdr->nr_writes; i++) {
		chunk = rpcrdma_write_chunk(chunk, &nr_segs, &segs);
		if (!same_rkey(segs, nr_segs, &rkey))
			return 0;
	}
	return same_rkey(hdr->reply, hdr->nr_reply, &rkey) ? rkey : 0;
}
