// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are put together from chunks: where every byte goes, and all the
 * positions and lengths that no Call has. The client's memory is an array here,
 * and its offsets are indices.
 */
#include "../../../xprtrdma/svc_read.c"
#include "compat/kunit.h"
#include "images.h"
#include "suites.h"

#define PAGES	3

/* What was in the server's pages before. */
#define STALE	0xee

static u8 remote[16384];
static struct xdr_buf *target;

/* What svc_read.c and svc_reply.c call: a Read happens at once. */
int svcrdma_rws_add(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
		    const struct xdr_buf *buf, u32 pos, u32 len, u32 rkey,
		    u64 offset, enum dma_data_direction dir)
{
	if (dir == DMA_TO_DEVICE)
		return svc_reply_test_write(buf, pos, len, rkey, offset);
	if (offset + len > sizeof(remote) || !len || pos + len > buf->page_len)
		return -ERANGE;
	rws->wrs++;
	target->len = target->page_len;
	return write_bytes_to_xdr_buf(target, pos, remote + offset, len);
}

void svcrdma_rws_init(struct svcrdma_rws *rws)
{
	INIT_LIST_HEAD(&rws->rws);
	rws->wrs = 0;
}

void svcrdma_rws_free(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
		      enum dma_data_direction dir)
{
}

struct ib_send_wr *svcrdma_rws_chain(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
				     struct ib_cqe *cqe, struct ib_send_wr *next)
{
	return next;
}

void svcrdma_close(struct svcrdma_xprt *sx)
{
	set_bit(XPT_CLOSE, &sx->sx_xprt.xpt_flags);
}

void svcrdma_recv_put(struct svcrdma_recv *recv)
{
}

void svcrdma_recv_queue(struct svcrdma_recv *recv, struct list_head *queue)
{
}

struct percpu_counter svcrdma_stat_read;

/* A read list, and what the Call shall be: letters are bytes of the client. */
struct assembly_case {
	const char *name;
	u32 proc;
	const char *inline_msg;		/* 4 bytes for each character */
	unsigned int nr_reads;
	struct { u32 position, length, offset; } reads[4];
	int err;
	bool split;
	u32 head;
	const char *want;		/* in pages, 4 bytes for each character */
};

/* The client has 256 times A, 256 times B, ... */
#define A	0
#define B	1024
#define C	2048
#define D	3072

static const struct assembly_case assemblies[] = {
	{ "one chunk", RDMA_MSG, "123", 1, { { 8, 8, A } }, 0, true, 8, "AA" },
	{ "of nothing", RDMA_MSG, "123", 1, { { 8, 0, A } }, 0, true, 12, "" },
	{ "at the end", RDMA_MSG, "123", 1, { { 12, 4, A } }, 0, true, 12, "A" },
	{ "of two segments", RDMA_MSG, "123", 2, { { 8, 4, A }, { 8, 4, B } }, 0, true, 8, "AB" },
	{ "padded", RDMA_MSG, "123", 1, { { 8, 3, A } }, 0, true, 8, "a" },
	{ "padded in the middle", RDMA_MSG, "123", 2,
	  { { 4, 3, A }, { 12, 7, B } }, 0, false, 0, "1a2Bb3" },
	{ "padded long call", RDMA_NOMSG, "", 2,
	  { { 0, 12, A }, { 4, 3, B } }, 0, false, 0, "AbAA" },
	{ "before the message type", RDMA_MSG, "123", 1, { { 4, 4, A } }, -EINVAL },
	{ "the same of nothing", RDMA_MSG, "123", 1, { { 4, 0, A } }, -EINVAL },
	{ "beyond the end", RDMA_MSG, "123", 1, { { 16, 4, A } }, -EINVAL },
	{ "far beyond the end", RDMA_MSG, "123", 1, { { 0xfffffffc, 4, A } }, -EINVAL },
	{ "two chunks", RDMA_MSG, "123", 2, { { 4, 4, A }, { 12, 4, B } }, 0, false, 0, "1A2B3" },
	{ "in the other order", RDMA_MSG, "123", 2, { { 12, 4, B }, { 4, 4, A } }, 0, false, 0, "1A2B3" },
	{ "interleaved", RDMA_MSG, "123", 4,
	  { { 4, 4, A }, { 16, 4, C }, { 4, 4, B }, { 16, 4, D } }, 0, false, 0, "1AB2CD3" },
	{ "one behind the other", RDMA_MSG, "12", 2, { { 4, 4, A }, { 8, 4, B } }, 0, false, 0, "1AB2" },
	{ "overlapping", RDMA_MSG, "123", 2, { { 4, 12, A }, { 8, 4, B } }, -EINVAL },
	{ "a gap that is not there", RDMA_MSG, "12", 2, { { 4, 4, A }, { 16, 4, B } }, -EINVAL },
	{ "position 0 of an inline call", RDMA_MSG, "123", 1, { { 0, 8, A } }, -EINVAL },
	{ "long call", RDMA_NOMSG, "", 1, { { 0, 12, A } }, 0, false, 0, "AAA" },
	{ "of three segments", RDMA_NOMSG, "", 3, { { 0, 8, A }, { 0, 4, B }, { 0, 4, C } }, 0, false, 0, "AABC" },
	{ "not in words", RDMA_NOMSG, "", 1, { { 0, 13, A } }, -EINVAL },
	{ "too short", RDMA_NOMSG, "", 1, { { 0, 4, A } }, -EINVAL },
	{ "long call with a chunk", RDMA_NOMSG, "", 2, { { 0, 12, A }, { 8, 4, B } }, 0, false, 0, "AABA" },
	{ "with two", RDMA_NOMSG, "", 3, { { 12, 4, C }, { 0, 8, A }, { 4, 4, B } }, 0, false, 0, "ABAC" },
	{ "chunk beyond it", RDMA_NOMSG, "", 2, { { 0, 8, A }, { 12, 4, B } }, -EINVAL },
	{ "larger than memory", RDMA_MSG, "12", 1, { { 8, PAGES * PAGE_SIZE, A } }, -EINVAL },
	{ "as large as can be", RDMA_MSG, "12", 1, { { 8, 0xffffffff, A } }, -EINVAL },
	{ "a sum that wraps", RDMA_MSG, "12", 2, { { 8, 0xfffffffc, A }, { 8, 8, A } }, -EINVAL },
	{ "long calls that wrap", RDMA_NOMSG, "", 2, { { 0, 0xfffffffc, A }, { 0, 8, A } }, -EINVAL },
	{ "large and small", RDMA_NOMSG, "", 2, { { 0, 8, A }, { 4, 0xfffffffd, A } }, -EINVAL },
};

static void describe(const struct assembly_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(assembly, assemblies, describe);

/* Three of a lower-case letter, and a byte of padding. */
static void spell(const char *text, u8 *to)
{
	for (; *text; text++, to += 4) {
		bool padded = *text >= 'a';

		memset(to, padded ? *text - 'a' + 'A' : *text, 4);
		if (padded)
			to[3] = 0;
	}
}

static void free_one(void *page)
{
	__free_page(page);
}

static void make_header(struct kunit *test, const struct assembly_case *c,
			struct rpcrdma_hdr *hdr, __be32 *bytes, size_t size)
{
	struct rpcrdma_segment seg = { .handle = 1 };
	struct rpcrdma_enc enc;
	unsigned int i;

	rpcrdma_enc_init(&enc, bytes, size);
	rpcrdma_enc_fixed(&enc, 0, 1, 1, c->proc);
	for (i = 0; i < c->nr_reads; i++) {
		seg.length = c->reads[i].length;
		seg.offset = c->reads[i].offset;
		rpcrdma_enc_read_entry(&enc, c->reads[i].position, &seg);
	}
	for (i = 0; i < 3; i++)
		rpcrdma_enc_word(&enc, 0);
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(bytes, rpcrdma_enc_len(&enc), hdr), 0);
}

static void assemble(struct kunit *test)
{
	const struct assembly_case *c = test->param_value;
	static struct page *pages[PAGES];
	static u8 inline_msg[32], want[32];
	static __be32 bytes[64];
	struct xdr_buf buf = { .pages = pages, .page_len = PAGES * PAGE_SIZE };
	struct svcrdma_assembly a = {}, b;
	struct rpcrdma_hdr hdr;
	struct svcrdma_rws rws = {};
	int i;

	for (i = 0; i < 4; i++)
		memset(remote + 1024 * i, 'A' + i, 1024);
	make_header(test, c, &hdr, bytes, sizeof(bytes));
	spell(c->inline_msg, inline_msg);
	a.hdr = &hdr;
	a.inline_msg = inline_msg;
	a.inline_len = 4 * strlen(c->inline_msg);
	a.limit = PAGES * PAGE_SIZE;
	b = a;
	KUNIT_ASSERT_EQ(test, svcrdma_assemble(&a), c->err);
	if (c->err)
		return;
	KUNIT_EXPECT_EQ(test, a.filled, (u32)(4 * strlen(c->want)));
	KUNIT_EXPECT_EQ(test, a.split, c->split);
	KUNIT_EXPECT_EQ(test, a.head, c->head);

	for (i = 0; i < PAGES; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pages[i]);
		/* Nothing of it may become a part of the Call. */
		memset(page_address(pages[i]), STALE, PAGE_SIZE);
		KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_one, pages[i]), 0);
	}
	target = &buf;
	b.xprt = (struct svcrdma_xprt *)&rws;	/* not used by what is here */
	b.pages = pages;
	b.reads = &rws;
	KUNIT_ASSERT_EQ(test, svcrdma_assemble(&b), 0);
	KUNIT_EXPECT_EQ(test, b.filled, a.filled);
	spell(c->want, want);
	KUNIT_EXPECT_MEMEQ(test, page_address(pages[0]), want, 4 * strlen(c->want));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(assemble, assembly_gen_params),
	{}
};

struct kunit_suite rpcrdma_assemble_suite = {
	.name = "rpcrdma-assemble",
	.test_cases = cases,
};
