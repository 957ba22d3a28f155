// SPDX-License-Identifier: GPL-2.0
/*
 * What a server may say in a Reply: about chunks, of which it can have written no
 * more than it was given, and about credits; and what is counted as a bad one.
 */
#include "../../../xprtrdma/reply.c"
#include "compat/kunit.h"
#include "images.h"
#include "suites.h"

/* Receives that there is memory for, and the window when they were asked for. */
static unsigned int memory;
static unsigned long cwnd_before;

/* What reply.c calls. */
void rpcrdma_post_recvs(struct rpcrdma_xprt *r_xprt, bool temp)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;

	cwnd_before = r_xprt->rx_xprt.cwnd;
	buf->rb_posted = min(memory, buf->rb_credits + 2 * buf->rb_bc_credits +
			     RPCRDMA_RECV_BATCH);
}

void rpcrdma_rep_put(struct rpcrdma_rep *rep)
{
}

#ifdef CONFIG_SUNRPC_BACKCHANNEL
bool rpcrdma_bc_receive_call(struct rpcrdma_xprt *r_xprt, struct rpcrdma_rep *rep)
{
	return false;
}
#endif

/* The server has been given region 1 of 100 bytes and 2 of 50. */
struct reply_case {
	struct image image;
	enum rpcrdma_chunktype wtype;
	int want;
};

static const struct reply_case replies[] = {
	{ { "inline", 7, { 1, 1, 1, 0, 0, 0, 0 } }, RPCRDMA_INLINE, 0 },
	{ { "payload", 17, { 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 20, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, 120 },
	{ { "payload of nothing", 17, { 1, 1, 1, 0, 0, 1, 2, SEG(1, 0, 0), SEG(2, 0, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, 0 },
	{ { "no payload", 7, { 1, 1, 1, 0, 0, 0, 0 } }, RPCRDMA_PAYLOAD, 0 },
	{ { "more than a segment has", 17,
	    { 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 51, 0), 0, 0 } }, RPCRDMA_PAYLOAD, -EIO },
	{ { "a sum that wraps", 17,
	    { 1, 1, 1, 0, 0, 1, 2, SEG(1, 0xffffffff, 0), SEG(2, 2, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "a hole", 17, { 1, 1, 1, 0, 0, 1, 2, SEG(1, 99, 0), SEG(2, 1, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "other regions", 17, { 1, 1, 1, 0, 0, 1, 2, SEG(2, 50, 0), SEG(1, 10, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "too few segments", 13, { 1, 1, 1, 0, 0, 1, 1, SEG(1, 100, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "too many segments", 21,
	    { 1, 1, 1, 0, 0, 1, 3, SEG(1, 100, 0), SEG(2, 50, 0), SEG(3, 0, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "too many chunks", 23,
	    { 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 20, 0), 1, 1, SEG(1, 1, 0), 0, 0 } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "payload that nobody asked for", 17,
	    { 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 20, 0), 0, 0 } }, RPCRDMA_INLINE, -EIO },
	{ { "payload, not the whole", 17,
	    { 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 20, 0), 0, 0 } }, RPCRDMA_WHOLE, -EIO },
	{ { "whole", 16, { 1, 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 50, 0) } },
	  RPCRDMA_WHOLE, 150 },
	{ { "the whole is nothing", 16, { 1, 1, 1, 1, 0, 0, 1, 2, SEG(1, 0, 0), SEG(2, 0, 0) } },
	  RPCRDMA_WHOLE, -EIO },
	{ { "there is no whole", 7, { 1, 1, 1, 1, 0, 0, 0 } }, RPCRDMA_WHOLE, -EIO },
	{ { "inline instead", 16, { 1, 1, 1, 0, 0, 0, 1, 2, SEG(1, 0, 0), SEG(2, 0, 0) } },
	  RPCRDMA_WHOLE, 0 },
	{ { "inline and whole", 16, { 1, 1, 1, 0, 0, 0, 1, 2, SEG(1, 8, 0), SEG(2, 0, 0) } },
	  RPCRDMA_WHOLE, -EIO },
	{ { "whole that nobody asked for", 16,
	    { 1, 1, 1, 1, 0, 0, 1, 2, SEG(1, 100, 0), SEG(2, 50, 0) } },
	  RPCRDMA_PAYLOAD, -EIO },
	{ { "something to read", 13, { 1, 1, 1, 0, 1, 8, SEG(1, 4, 0), 0, 0, 0 } },
	  RPCRDMA_INLINE, -EIO },
	{ { "chunks are wrong", 5, { 1, 1, 1, 4, 2 } }, RPCRDMA_INLINE, -EIO },
};

static void describe(const struct reply_case *c, char *desc)
{
	strscpy(desc, c->image.name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reply, replies, describe);

static struct rpcrdma_xprt *make_transport(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = kunit_kzalloc(test, sizeof(*r_xprt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r_xprt);
	spin_lock_init(&r_xprt->rx_xprt.transport_lock);
	spin_lock_init(&r_xprt->rx_xprt.queue_lock);
	r_xprt->rx_xprt.address_strings[RPC_DISPLAY_ADDR] = "a server";
	r_xprt->rx_xprt.cwnd = RPC_CWNDSCALE;
	r_xprt->rx_ia.ia_max_requests = 100;
	r_xprt->rx_buf.rb_credits = 1;
	return r_xprt;
}

static void add_region(struct kunit *test, struct rpcrdma_req *req, u32 handle,
		       u32 length, enum dma_data_direction dir)
{
	struct rpcrdma_mr *mr = kunit_kzalloc(test, sizeof(*mr), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mr);
	mr->mr_seg.handle = handle;
	mr->mr_seg.length = length;
	mr->mr_dir = dir;
	list_add_tail(&mr->mr_list, &req->rl_registered);
}

static void length(struct kunit *test)
{
	const struct reply_case *c = test->param_value;
	struct rpcrdma_xprt *r_xprt = make_transport(test);
	struct rpcrdma_req *req = kunit_kzalloc(test, sizeof(*req), GFP_KERNEL);
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_hdr hdr;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, req);
	INIT_LIST_HEAD(&req->rl_registered);
	add_region(test, req, 9, 1000, DMA_TO_DEVICE);
	add_region(test, req, 1, 100, DMA_FROM_DEVICE);
	add_region(test, req, 2, 50, DMA_FROM_DEVICE);
	req->rl_wtype = c->wtype;
	image_bytes(&c->image, bytes);
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(bytes, c->image.nr_words * 4, &hdr), 0);
	KUNIT_EXPECT_EQ(test, rdma_length(r_xprt, req, &hdr), c->want);
}

static void grant(struct kunit *test, struct rpcrdma_xprt *r_xprt, u32 credits,
		  unsigned int receives, unsigned int want)
{
	memory = receives;
	update_credits(r_xprt, credits);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_xprt.cwnd, (unsigned long)want << RPC_CWNDSHIFT);
}

/* There are Receives before there can be Replies. */
static void credits(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_transport(test);

	grant(test, r_xprt, 10, 1000, 10);
	KUNIT_EXPECT_EQ(test, cwnd_before, RPC_CWNDSCALE);
	grant(test, r_xprt, 0, 1000, 1);
	grant(test, r_xprt, 0xffffffff, 1000, 100);
	grant(test, r_xprt, 40, 1000, 40);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_buf.rb_credits, 40U);
}

/* Without memory for them there are fewer requests, until there is. */
static void short_of_receives(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_transport(test);

	r_xprt->rx_buf.rb_bc_credits = 16;
	grant(test, r_xprt, 64, 40, 8);
	grant(test, r_xprt, 64, 20, 1);
	grant(test, r_xprt, 64, 1000, 64);
}

static void receive(struct kunit *test, struct rpcrdma_xprt *r_xprt,
		    const struct image *image, unsigned long bad)
{
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_regbuf rb = { .rg_data = bytes };
	struct rpcrdma_rep rep = {
		.rr_rxprt = r_xprt, .rr_rdmabuf = &rb, .rr_len = image->nr_words * 4,
	};

	image_bytes(image, bytes);
	rpcrdma_reply_handler(&rep);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_stats.bad_replies, bad);
}

/* Nobody waits for any of these. */
static void bad_replies(struct kunit *test)
{
	static const struct image late = { "late", 7, { 1, 1, 1, 0, 0, 0, 0 } };
	static const struct image version = { "version", 7, { 1, 2, 1, 0, 0, 0, 0 } };
	static const struct image broken = { "broken", 7, { 1, 1, 1, 0, 7, 0, 0 } };
	static const struct image brief = { "brief", 3, { 1, 1, 1 } };
	struct rpcrdma_xprt *r_xprt = make_transport(test);

	receive(test, r_xprt, &late, 0);
	receive(test, r_xprt, &version, 1);
	receive(test, r_xprt, &broken, 2);
	receive(test, r_xprt, &brief, 3);
	receive(test, r_xprt, &late, 3);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(length, reply_gen_params),
	KUNIT_CASE(credits),
	KUNIT_CASE(short_of_receives),
	KUNIT_CASE(bad_replies),
	{}
};

struct kunit_suite rpcrdma_reply_suite = {
	.name = "rpcrdma-reply",
	.test_cases = cases,
};
