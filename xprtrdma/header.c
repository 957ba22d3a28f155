// SPDX-License-Identifier: GPL-2.0
/*
 * RPC-over-RDMA version 1 headers (RFC 8166, section 4.2).
 *
 *	xid vers credit proc			every header
 *	{ 1 position segment } ... 0		read list
 *	{ 1 n segment[n] } ... 0		write list
 *	0 | 1 n segment[n]			reply chunk
 *
 * with segment = handle length offset(2 words). Decoding happens once, counts
 * everything, and leaves pointers into the message; nobody looks at the list
 * words again but through the functions here. What the numbers in the segments
 * mean is for the side that uses them to check.
 *
 * No locks: a message belongs to whoever received it.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <asm/byteorder.h>
#include "header.h"

/* Words of a message that have not been looked at yet. */
struct words {
	const __be32 *p;
	const __be32 *end;
};

static bool next_word(struct words *w, u32 *word)
{
	if (w->p == w->end)
		return false;
	*word = be32_to_cpup(w->p++);
	return true;
}

static bool skip_words(struct words *w, size_t n)
{
	if (n > w->end - w->p)
		return false;
	w->p += n;
	return true;
}

/* Optional data in XDR: 0, or 1 and the data. */
static bool next_discriminator(struct words *w, bool *present)
{
	u32 word;

	if (!next_word(w, &word) || word > 1)
		return false;
	*present = word;
	return true;
}

static bool skip_read_list(struct words *w, struct rpcrdma_hdr *hdr)
{
	bool present;

	hdr->reads = w->p;
	for (;;) {
		if (!next_discriminator(w, &present))
			return false;
		if (!present)
			return true;
		if (!skip_words(w, RPCRDMA_READ_WORDS - 1))
			return false;
		hdr->nr_reads++;
	}
}

/* A chunk without segments has no meaning. */
static bool skip_chunk(struct words *w, u32 *nr_segs)
{
	if (!next_word(w, nr_segs) || !*nr_segs)
		return false;
	return *nr_segs <= (w->end - w->p) / RPCRDMA_SEGMENT_WORDS &&
	       skip_words(w, *nr_segs * RPCRDMA_SEGMENT_WORDS);
}

static bool skip_write_list(struct words *w, struct rpcrdma_hdr *hdr)
{
	bool present;
	u32 nr_segs;

	hdr->writes = w->p;
	for (;;) {
		if (!next_discriminator(w, &present))
			return false;
		if (!present)
			return true;
		if (!skip_chunk(w, &nr_segs))
			return false;
		hdr->nr_writes++;
	}
}

static bool skip_reply_chunk(struct words *w, struct rpcrdma_hdr *hdr)
{
	bool present;

	if (!next_discriminator(w, &present))
		return false;
	if (!present)
		return true;
	hdr->reply = w->p + 1;
	return skip_chunk(w, &hdr->nr_reply);
}

static bool decode_error(struct words *w, struct rpcrdma_hdr *hdr)
{
	if (!next_word(w, &hdr->err))
		return false;
	switch (hdr->err) {
	case ERR_VERS:
		return next_word(w, &hdr->vers_low) &&
		       next_word(w, &hdr->vers_high);
	case ERR_CHUNK:
		return true;
	default:
		return false;
	}
}

static bool decode_body(struct words *w, struct rpcrdma_hdr *hdr)
{
	switch (hdr->proc) {
	case RDMA_MSG:
	case RDMA_NOMSG:
		return skip_read_list(w, hdr) && skip_write_list(w, hdr) &&
		       skip_reply_chunk(w, hdr);
	case RDMA_ERROR:
		return decode_error(w, hdr);
	default:
		/* RDMA_MSGP and RDMA_DONE are no longer in use (RFC 8166). */
		return false;
	}
}

/**
 * rpcrdma_hdr_decode - take a received header apart
 * @buf: the message, aligned to a word
 * @len: bytes received
 * @hdr: result; what the error leaves undecided is 0
 *
 * Context: any.
 * Return: 0; -EMSGSIZE if there is not even the fixed part, and @hdr says
 *	nothing; -EPROTONOSUPPORT if the version is not 1; -EINVAL for a
 *	procedure that nobody uses and for lists that do not fit.
 */
int rpcrdma_hdr_decode(const void *buf, size_t len, struct rpcrdma_hdr *hdr)
{
	struct words w = { buf, buf + round_down(len, sizeof(__be32)) };

	*hdr = (struct rpcrdma_hdr){};
	if (len < RPCRDMA_FIXED_WORDS * sizeof(__be32))
		return -EMSGSIZE;
	hdr->xid = *w.p++;
	hdr->vers = be32_to_cpup(w.p++);
	hdr->credits = be32_to_cpup(w.p++);
	hdr->proc = be32_to_cpup(w.p++);
	if (hdr->vers != RPCRDMA_VERSION)
		return -EPROTONOSUPPORT;
	if (!decode_body(&w, hdr))
		return -EINVAL;
	hdr->len = (const void *)w.p - buf;
	return 0;
}

/**
 * rpcrdma_segment_decode - read a segment of a decoded header
 * @p: where it is
 * @seg: result
 *
 * Context: any.
 */
void rpcrdma_segment_decode(const __be32 *p, struct rpcrdma_segment *seg)
{
	seg->handle = be32_to_cpu(p[0]);
	seg->length = be32_to_cpu(p[1]);
	seg->offset = (u64)be32_to_cpu(p[2]) << 32 | be32_to_cpu(p[3]);
}

/**
 * rpcrdma_read_entry - read an entry of the read list
 * @hdr: a decoded header
 * @i: which one; less than @hdr->nr_reads
 * @position: where in the RPC message the bytes belong
 * @seg: where they are
 *
 * Context: any.
 */
void rpcrdma_read_entry(const struct rpcrdma_hdr *hdr, unsigned int i,
			u32 *position, struct rpcrdma_segment *seg)
{
	const __be32 *p = hdr->reads + i * RPCRDMA_READ_WORDS + 1;

	*position = be32_to_cpup(p);
	rpcrdma_segment_decode(p + 1, seg);
}

/**
 * rpcrdma_write_chunk - read the head of a chunk in the write list
 * @p: the chunk: @writes of a decoded header, or what this function returned
 * @nr_segs: result: how many segments it has
 * @segs: result: the first of them
 *
 * Context: any.
 * Return: the next chunk, if there is one.
 */
const __be32 *rpcrdma_write_chunk(const __be32 *p, unsigned int *nr_segs,
				  const __be32 **segs)
{
	*nr_segs = be32_to_cpu(p[1]);
	*segs = p + 2;
	return *segs + *nr_segs * RPCRDMA_SEGMENT_WORDS;
}

/**
 * rpcrdma_enc_init - begin a header
 * @enc: encoder
 * @buf: where to, aligned to a word
 * @size: bytes that it has
 *
 * Context: any.
 */
void rpcrdma_enc_init(struct rpcrdma_enc *enc, void *buf, size_t size)
{
	enc->start = buf;
	enc->p = buf;
	enc->end = enc->start + size / sizeof(__be32);
	enc->overflow = false;
}

/**
 * rpcrdma_enc_word - append a word
 * @enc: encoder
 * @word: in the order of the processor
 *
 * What does not fit is remembered until rpcrdma_enc_len().
 *
 * Context: any.
 */
void rpcrdma_enc_word(struct rpcrdma_enc *enc, u32 word)
{
	if (enc->p == enc->end)
		enc->overflow = true;
	else
		*enc->p++ = cpu_to_be32(word);
}

/**
 * rpcrdma_enc_fixed - append what every header has
 * @enc: encoder
 * @xid: transaction id
 * @vers: version
 * @credits: wanted or granted
 * @proc: &enum rpcrdma_proc
 *
 * Context: any.
 */
void rpcrdma_enc_fixed(struct rpcrdma_enc *enc, __be32 xid, u32 vers,
		       u32 credits, u32 proc)
{
	rpcrdma_enc_word(enc, be32_to_cpu(xid));
	rpcrdma_enc_word(enc, vers);
	rpcrdma_enc_word(enc, credits);
	rpcrdma_enc_word(enc, proc);
}

/**
 * rpcrdma_enc_segment - append a segment
 * @enc: encoder
 * @seg: the segment
 *
 * Context: any.
 */
void rpcrdma_enc_segment(struct rpcrdma_enc *enc,
			 const struct rpcrdma_segment *seg)
{
	rpcrdma_enc_word(enc, seg->handle);
	rpcrdma_enc_word(enc, seg->length);
	rpcrdma_enc_word(enc, upper_32_bits(seg->offset));
	rpcrdma_enc_word(enc, lower_32_bits(seg->offset));
}

/**
 * rpcrdma_enc_read_entry - append an entry of the read list
 * @enc: encoder
 * @position: where in the RPC message the bytes belong
 * @seg: where they are
 *
 * Context: any.
 */
void rpcrdma_enc_read_entry(struct rpcrdma_enc *enc, u32 position,
			    const struct rpcrdma_segment *seg)
{
	rpcrdma_enc_word(enc, 1);
	rpcrdma_enc_word(enc, position);
	rpcrdma_enc_segment(enc, seg);
}

/**
 * rpcrdma_enc_result - append a chunk of the request, with what became of it
 * @enc: encoder
 * @segs: the segments that the requester provided
 * @nr_segs: how many
 * @length: bytes that have been written to them, in order
 *
 * Context: any.
 */
void rpcrdma_enc_result(struct rpcrdma_enc *enc, const __be32 *segs,
			unsigned int nr_segs, u32 length)
{
	struct rpcrdma_segment seg;

	rpcrdma_enc_word(enc, 1);
	rpcrdma_enc_word(enc, nr_segs);
	for (; nr_segs; nr_segs--, segs += RPCRDMA_SEGMENT_WORDS) {
		rpcrdma_segment_decode(segs, &seg);
		seg.length = min(seg.length, length);
		length -= seg.length;
		rpcrdma_enc_segment(enc, &seg);
	}
}

/**
 * rpcrdma_enc_len - end a header
 * @enc: encoder
 *
 * Context: any.
 * Return: its length in bytes, or -EMSGSIZE if it did not fit.
 */
int rpcrdma_enc_len(const struct rpcrdma_enc *enc)
{
	if (enc->overflow)
		return -EMSGSIZE;
	return (enc->p - enc->start) * sizeof(__be32);
}
