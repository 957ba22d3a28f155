/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RPC-over-RDMA version 1 headers (RFC 8166), for both sides: how they are
 * taken apart and put together.
 */
#ifndef RDMA_ANYWHERE_RPCRDMA_HEADER_H
#define RDMA_ANYWHERE_RPCRDMA_HEADER_H

#include <linux/types.h>
#include <linux/sunrpc/xdr.h>
#include <linux/sunrpc/rpc_rdma.h>

/* Words of XDR. */
#define RPCRDMA_FIXED_WORDS	4
#define RPCRDMA_SEGMENT_WORDS	4
#define RPCRDMA_READ_WORDS	6	/* discriminator, position, segment */

/**
 * struct rpcrdma_segment - memory of the requester that RDMA may touch
 * @handle: its rkey
 * @length: bytes
 * @offset: where it begins
 */
struct rpcrdma_segment {
	u32 handle;
	u32 length;
	u64 offset;
};

/**
 * struct rpcrdma_hdr - a header, taken apart
 * @xid: transaction id
 * @vers: protocol version; the only one that has more members is 1
 * @credits: wanted or granted
 * @proc: &enum rpcrdma_proc
 * @len: bytes of the header; what follows is the RPC message
 * @err: for RDMA_ERROR: &enum rpcrdma_errcode
 * @vers_low: for ERR_VERS: versions that the responder knows
 * @vers_high: for ERR_VERS
 * @nr_reads: entries in the read list
 * @reads: the first of them, in the message itself, like the following
 * @nr_writes: chunks in the write list
 * @writes: the first of them
 * @nr_reply: segments of the reply chunk; 0 if there is none
 * @reply: the first of them
 *
 * Everything that the pointers lead to has been found to lie in the message.
 */
struct rpcrdma_hdr {
	__be32 xid;
	u32 vers;
	u32 credits;
	u32 proc;
	unsigned int len;
	u32 err;
	u32 vers_low;
	u32 vers_high;
	unsigned int nr_reads;
	const __be32 *reads;
	unsigned int nr_writes;
	const __be32 *writes;
	unsigned int nr_reply;
	const __be32 *reply;
};

/**
 * struct rpcrdma_enc - a header that is being put together
 * @start: its first word
 * @p: the next one
 * @end: behind the last one that there is room for
 * @overflow: there was not enough room
 */
struct rpcrdma_enc {
	__be32 *start;
	__be32 *p;
	__be32 *end;
	bool overflow;
};

int rpcrdma_hdr_decode(const void *buf, size_t len, struct rpcrdma_hdr *hdr);
void rpcrdma_segment_decode(const __be32 *p, struct rpcrdma_segment *seg);
void rpcrdma_read_entry(const struct rpcrdma_hdr *hdr, unsigned int i,
			u32 *position, struct rpcrdma_segment *seg);
const __be32 *rpcrdma_write_chunk(const __be32 *p, unsigned int *nr_segs,
				  const __be32 **segs);

void rpcrdma_enc_init(struct rpcrdma_enc *enc, void *buf, size_t size);
void rpcrdma_enc_word(struct rpcrdma_enc *enc, u32 word);
void rpcrdma_enc_fixed(struct rpcrdma_enc *enc, __be32 xid, u32 vers,
		       u32 credits, u32 proc);
void rpcrdma_enc_segment(struct rpcrdma_enc *enc,
			 const struct rpcrdma_segment *seg);
void rpcrdma_enc_read_entry(struct rpcrdma_enc *enc, u32 position,
			    const struct rpcrdma_segment *seg);
void rpcrdma_enc_result(struct rpcrdma_enc *enc, const __be32 *segs,
			unsigned int nr_segs, u32 length);
int rpcrdma_enc_len(const struct rpcrdma_enc *enc);

#endif /* RDMA_ANYWHERE_RPCRDMA_HEADER_H */
