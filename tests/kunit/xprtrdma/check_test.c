// SPDX-License-Identifier: GPL-2.0
/*
 * What a client may say in a header, and which memory region a Reply can
 * invalidate.
 */
#include "../../../xprtrdma/svc_check.c"
#include <linux/slab.h>
#include "compat/kunit.h"
#include "images.h"
#include "suites.h"

struct check {
	struct image image;
	u32 body;	/* bytes that follow the header */
	int err;
	u32 inv_rkey;
};

static const struct check checks[] = {
	{ { "inline", 7, { 1, 1, 1, 0, 0, 0, 0 } }, 40, 0, 0 },
	{ { "no message", 7, { 1, 1, 1, 0, 0, 0, 0 } }, 0, -EINVAL, 0 },
	{ { "half of a message", 7, { 1, 1, 1, 0, 0, 0, 0 } }, 4, -EINVAL, 0 },
	{ { "ends within a word", 7, { 1, 1, 1, 0, 0, 0, 0 } }, 41, -EINVAL, 0 },
	{ { "long call without a chunk", 7, { 1, 1, 1, 1, 0, 0, 0 } }, 0, -EINVAL, 0 },
	{ { "long call", 13, { 1, 1, 1, 1, 1, 0, SEG(9, 64, 0), 0, 0, 0 } }, 0, 0, 9 },
	{ { "position within a word", 13, { 1, 1, 1, 0, 1, 2, SEG(9, 64, 0), 0, 0, 0 } }, 40, -EINVAL, 9 },
	{ { "one region twice", 19, { 1, 1, 1, 0, 1, 8, SEG(9, 64, 0), 1, 8, SEG(9, 64, 64), 0, 0, 0 } }, 40, 0, 9 },
	{ { "two regions", 19, { 1, 1, 1, 0, 1, 8, SEG(9, 64, 0), 1, 8, SEG(8, 64, 64), 0, 0, 0 } }, 40, 0, 0 },
	{ { "read and reply", 18, { 1, 1, 1, 0, 1, 8, SEG(9, 64, 0), 0, 0, 1, 1, SEG(7, 64, 64) } }, 40, 0, 0 },
	{ { "write", 13, { 1, 1, 1, 0, 0, 1, 1, SEG(6, 64, 0), 0, 0 } }, 40, 0, 6 },
	{ { "reply chunk of two", 16, { 1, 1, 1, 0, 0, 0, 1, 2, SEG(6, 64, 0), SEG(6, 64, 0) } }, 40, 0, 6 },
};

static void describe(const struct check *c, char *desc)
{
	strscpy(desc, c->image.name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(check, checks, describe);

static void check(struct kunit *test)
{
	const struct check *c = test->param_value;
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_hdr hdr;

	image_bytes(&c->image, bytes);
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(bytes, c->image.nr_words * 4, &hdr), 0);
	KUNIT_EXPECT_EQ(test, svcrdma_check_hdr(&hdr, hdr.len + c->body), c->err);
	KUNIT_EXPECT_EQ(test, svcrdma_inv_rkey(&hdr), c->inv_rkey);
}

/* More chunks and segments than anybody needs. */
static int check_many(struct kunit *test, unsigned int reads, unsigned int writes,
		      unsigned int segs, unsigned int reply)
{
	static const struct rpcrdma_segment seg = { 1, 1, 1 };
	size_t size = 64 + 24 * reads + writes * (8 + 16 * segs) + 16 * reply;
	struct rpcrdma_enc enc;
	struct rpcrdma_hdr hdr;
	unsigned int i, j;
	void *buf;

	buf = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	rpcrdma_enc_init(&enc, buf, size);
	rpcrdma_enc_fixed(&enc, 0, 1, 1, RDMA_MSG);
	for (i = 0; i < reads; i++)
		rpcrdma_enc_read_entry(&enc, 8, &seg);
	rpcrdma_enc_word(&enc, 0);
	for (i = 0; i < writes; i++) {
		rpcrdma_enc_word(&enc, 1);
		rpcrdma_enc_word(&enc, segs);
		for (j = 0; j < segs; j++)
			rpcrdma_enc_segment(&enc, &seg);
	}
	rpcrdma_enc_word(&enc, 0);
	rpcrdma_enc_word(&enc, !!reply);
	if (reply)
		rpcrdma_enc_word(&enc, reply);
	for (i = 0; i < reply; i++)
		rpcrdma_enc_segment(&enc, &seg);
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(buf, size, &hdr), 0);
	return svcrdma_check_hdr(&hdr, hdr.len + 40);
}

static void many(struct kunit *test)
{
	unsigned int max = SVCRDMA_MAX_PAGES;

	KUNIT_EXPECT_EQ(test, check_many(test, max, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, check_many(test, max + 1, 0, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_many(test, 0, SVCRDMA_MAX_WRITES, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, check_many(test, 0, SVCRDMA_MAX_WRITES + 1, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_many(test, 0, 1, max, 0), 0);
	KUNIT_EXPECT_EQ(test, check_many(test, 0, 1, max + 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_many(test, 0, 0, 0, max), 0);
	KUNIT_EXPECT_EQ(test, check_many(test, 0, 0, 0, max + 1), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(check, check_gen_params),
	KUNIT_CASE(many),
	{}
};

struct kunit_suite rpcrdma_check_suite = {
	.name = "rpcrdma-check",
	.test_cases = cases,
};
