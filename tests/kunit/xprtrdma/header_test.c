// SPDX-License-Identifier: GPL-2.0
/*
 * Headers, against images made by hand: all forms taken apart and put together,
 * cut off at every byte, and with every word that must not be.
 */
#include "../../../xprtrdma/header.c"
#include "compat/kunit.h"
#include "images.h"
#include "suites.h"

struct form {
	struct image image;
	u32 proc;
	unsigned int nr_reads, nr_writes, nr_reply;
};

static const struct form forms[] = {
	{ { "inline call", 7, { 0x11223344, 1, 32, 0, 0, 0, 0 } }, RDMA_MSG, 0, 0, 0 },
	{ { "READ call", 13, { 7, 1, 32, 0, 0,
		1, 1, SEG(0xabcd01, 65536, 0x123456789abcdef0), 0, 0 } },
	  RDMA_MSG, 0, 1, 0 },
	{ { "WRITE call", 13, { 7, 1, 32, 0,
		1, 120, SEG(0xabcd02, 4096, 0xffff888000001000), 0, 0, 0 } },
	  RDMA_MSG, 1, 0, 0 },
	{ { "long call", 13, { 7, 1, 1, 1,
		1, 0, SEG(3, 9000, 0x1000), 0, 0, 0 } }, RDMA_NOMSG, 1, 0, 0 },
	{ { "long reply", 16, { 7, 1, 64, 1, 0, 0,
		1, 2, SEG(4, 4096, 0x2000), SEG(5, 16, 0x8000000000000000) } },
	  RDMA_NOMSG, 0, 0, 2 },
	{ { "everything", 36, { 7, 1, 64, 0,
		1, 40, SEG(1, 8, 1), 1, 40, SEG(2, 8, 2), 0,
		1, 1, SEG(3, 8, 3), 1, 1, SEG(4, 8, 4), 0,
		1, 1, SEG(5, 8, 5) } }, RDMA_MSG, 2, 2, 1 },
	{ { "wrong version", 7, { 7, 1, 64, 4, 1, 1, 1 } }, RDMA_ERROR, 0, 0, 0 },
	{ { "wrong chunks", 5, { 7, 1, 64, 4, 2 } }, RDMA_ERROR, 0, 0, 0 },
};

static void describe(const struct form *f, char *desc)
{
	strscpy(desc, f->image.name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(form, forms, describe);

static void decode(struct kunit *test)
{
	const struct form *f = test->param_value;
	__be32 bytes[IMAGE_WORDS + 2] = {};
	struct rpcrdma_hdr hdr;

	image_bytes(&f->image, bytes);
	/* what follows does not matter */
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(bytes, sizeof(bytes), &hdr), 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(hdr.xid), f->image.words[0]);
	KUNIT_EXPECT_EQ(test, hdr.vers, 1U);
	KUNIT_EXPECT_EQ(test, hdr.credits, f->image.words[2]);
	KUNIT_EXPECT_EQ(test, hdr.proc, f->proc);
	KUNIT_EXPECT_EQ(test, hdr.len, f->image.nr_words * 4);
	KUNIT_EXPECT_EQ(test, hdr.nr_reads, f->nr_reads);
	KUNIT_EXPECT_EQ(test, hdr.nr_writes, f->nr_writes);
	KUNIT_EXPECT_EQ(test, hdr.nr_reply, f->nr_reply);
	KUNIT_EXPECT_EQ(test, !!hdr.reply, !!f->nr_reply);
}

/* In memory of exactly that length, so that KASAN sees who looks further. */
static void cut_off(struct kunit *test)
{
	const struct form *f = test->param_value;
	size_t size = f->image.nr_words * 4, len;
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_hdr hdr;
	void *copy;

	image_bytes(&f->image, bytes);
	for (len = 0; len < size; len++) {
		copy = kmemdup(bytes, max_t(size_t, len, 1), GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, copy);
		KUNIT_EXPECT_EQ_MSG(test, rpcrdma_hdr_decode(copy, len, &hdr),
				    len < 16 ? -EMSGSIZE : -EINVAL, "%zu bytes", len);
		kfree(copy);
	}
}

/* Every single word, replaced by what no count and no choice can be. */
static void spoiled(struct kunit *test)
{
	static const u32 values[] = { 2, 0xffff, 0x10000000, 0x40000001, 0x7fffffff, 0xffffffff };
	const struct form *f = test->param_value;
	size_t size = f->image.nr_words * 4;
	struct rpcrdma_hdr hdr;
	unsigned int word, i;
	__be32 *bytes;
	int err;

	for (word = 4; word < f->image.nr_words; word++) {
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			bytes = kmalloc(size, GFP_KERNEL);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bytes);
			image_bytes(&f->image, bytes);
			bytes[word] = cpu_to_be32(values[i]);
			err = rpcrdma_hdr_decode(bytes, size, &hdr);
			KUNIT_EXPECT_TRUE(test, err == 0 || err == -EINVAL);
			if (!err)
				KUNIT_EXPECT_LE(test, (size_t)hdr.len, size);
			kfree(bytes);
		}
	}
}

static const struct {
	struct image image;
	int err;
} refused[] = {
	{ { "version 0", 7, { 1, 0, 1, 0 } }, -EPROTONOSUPPORT },
	{ { "version 2", 7, { 1, 2, 1, 0 } }, -EPROTONOSUPPORT },
	{ { "RDMA_MSGP", 9, { 1, 1, 1, 2 } }, -EINVAL },
	{ { "RDMA_DONE", 4, { 1, 1, 1, 3 } }, -EINVAL },
	{ { "procedure 5", 7, { 1, 1, 1, 5 } }, -EINVAL },
	{ { "procedure -1", 7, { 1, 1, 1, 0xffffffff } }, -EINVAL },
	{ { "read list: 2", 13, { 1, 1, 1, 0, 2 } }, -EINVAL },
	{ { "write list: 2", 13, { 1, 1, 1, 0, 0, 2 } }, -EINVAL },
	{ { "reply chunk: 2", 13, { 1, 1, 1, 0, 0, 0, 2 } }, -EINVAL },
	{ { "write chunk of nothing", 13, { 1, 1, 1, 0, 0, 1, 0, 0, 0 } }, -EINVAL },
	{ { "reply chunk of nothing", 13, { 1, 1, 1, 0, 0, 0, 1, 0 } }, -EINVAL },
	{ { "write chunk of too many", 13, { 1, 1, 1, 0, 0, 1, 2, SEG(1, 1, 1), 0, 0 } }, -EINVAL },
	{ { "count that wraps", 13, { 1, 1, 1, 0, 0, 1, 0x40000000, 0, 0 } }, -EINVAL },
	{ { "reply count that wraps", 13, { 1, 1, 1, 0, 0, 0, 1, 0x10000001, SEG(1, 1, 1) } }, -EINVAL },
	{ { "read list without end", 10, { 1, 1, 1, 0, 1, 0, SEG(1, 1, 1) } }, -EINVAL },
	{ { "error 3", 7, { 1, 1, 1, 4, 3 } }, -EINVAL },
};

static void refuse(struct kunit *test)
{
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_hdr hdr;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		image_bytes(&refused[i].image, bytes);
		KUNIT_EXPECT_EQ_MSG(test,
				    rpcrdma_hdr_decode(bytes, refused[i].image.nr_words * 4, &hdr),
				    refused[i].err, "%s", refused[i].image.name);
	}
}

static void entries(struct kunit *test)
{
	const struct form *f = &forms[5];
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_segment seg;
	struct rpcrdma_hdr hdr;
	const __be32 *chunk, *segs;
	unsigned int n;
	u32 position;

	image_bytes(&f->image, bytes);
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(bytes, sizeof(bytes), &hdr), 0);
	rpcrdma_read_entry(&hdr, 1, &position, &seg);
	KUNIT_EXPECT_EQ(test, position, 40U);
	KUNIT_EXPECT_EQ(test, seg.handle, 2U);
	KUNIT_EXPECT_EQ(test, seg.offset, 2ULL);
	chunk = rpcrdma_write_chunk(hdr.writes, &n, &segs);
	chunk = rpcrdma_write_chunk(chunk, &n, &segs);
	KUNIT_EXPECT_EQ(test, n, 1U);
	rpcrdma_segment_decode(segs, &seg);
	KUNIT_EXPECT_EQ(test, seg.handle, 4U);
	KUNIT_EXPECT_EQ(test, be32_to_cpup(chunk), 0U);
	rpcrdma_segment_decode(hdr.reply, &seg);
	KUNIT_EXPECT_EQ(test, seg.handle, 5U);

	image_bytes(&forms[1].image, bytes);
	KUNIT_ASSERT_EQ(test, rpcrdma_hdr_decode(bytes, sizeof(bytes), &hdr), 0);
	rpcrdma_write_chunk(hdr.writes, &n, &segs);
	rpcrdma_segment_decode(segs, &seg);
	KUNIT_EXPECT_EQ(test, seg.offset, 0x123456789abcdef0ULL);
	KUNIT_EXPECT_EQ(test, seg.length, 65536U);
}

static void expect_image(struct kunit *test, const struct rpcrdma_enc *enc,
			 const struct image *image)
{
	__be32 bytes[IMAGE_WORDS];

	image_bytes(image, bytes);
	KUNIT_ASSERT_EQ(test, rpcrdma_enc_len(enc), (int)image->nr_words * 4);
	KUNIT_EXPECT_MEMEQ(test, enc->start, bytes, image->nr_words * 4);
}

static void encode(struct kunit *test)
{
	static const struct rpcrdma_segment seg = { 0xabcd02, 4096, 0xffff888000001000 };
	static const struct rpcrdma_segment target = { 0xabcd01, 65536, 0x123456789abcdef0 };
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_enc enc;
	int i;

	rpcrdma_enc_init(&enc, bytes, sizeof(bytes));
	rpcrdma_enc_fixed(&enc, cpu_to_be32(7), 1, 32, RDMA_MSG);
	rpcrdma_enc_read_entry(&enc, 120, &seg);
	for (i = 0; i < 3; i++)
		rpcrdma_enc_word(&enc, 0);
	expect_image(test, &enc, &forms[2].image);

	rpcrdma_enc_init(&enc, bytes, sizeof(bytes));
	rpcrdma_enc_fixed(&enc, cpu_to_be32(7), 1, 32, RDMA_MSG);
	rpcrdma_enc_word(&enc, 0);
	rpcrdma_enc_word(&enc, 1);
	rpcrdma_enc_word(&enc, 1);
	rpcrdma_enc_segment(&enc, &target);
	rpcrdma_enc_word(&enc, 0);
	rpcrdma_enc_word(&enc, 0);
	expect_image(test, &enc, &forms[1].image);
}

/* Results: filled segments, one that is filled in part, and empty ones. */
static void encode_result(struct kunit *test)
{
	static const struct image chunk = { "chunk", 12, {
		SEG(1, 100, 0x1000), SEG(2, 100, 0x2000), SEG(3, 100, 0x3000) } };
	static const struct {
		u32 length, want[3];
	} cases[] = {
		{ 0, { 0, 0, 0 } }, { 1, { 1, 0, 0 } }, { 100, { 100, 0, 0 } },
		{ 101, { 100, 1, 0 } }, { 299, { 100, 100, 99 } }, { 300, { 100, 100, 100 } },
	};
	__be32 segs[12], bytes[IMAGE_WORDS];
	struct rpcrdma_enc enc;
	size_t i, j;

	image_bytes(&chunk, segs);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rpcrdma_enc_init(&enc, bytes, sizeof(bytes));
		rpcrdma_enc_result(&enc, segs, 3, cases[i].length);
		KUNIT_ASSERT_EQ(test, rpcrdma_enc_len(&enc), 14 * 4);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(bytes[0]), 1U);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(bytes[1]), 3U);
		for (j = 0; j < 3; j++) {
			KUNIT_EXPECT_EQ(test, bytes[2 + 4 * j], segs[4 * j]);
			KUNIT_EXPECT_EQ(test, be32_to_cpu(bytes[3 + 4 * j]), cases[i].want[j]);
			KUNIT_EXPECT_EQ(test, bytes[5 + 4 * j], segs[4 * j + 3]);
		}
	}
}

static void encode_overflow(struct kunit *test)
{
	static const struct rpcrdma_segment seg = { 1, 2, 3 };
	struct rpcrdma_enc enc;
	__be32 bytes[12];

	bytes[11] = cpu_to_be32(0xdead);
	rpcrdma_enc_init(&enc, bytes, 11 * 4);
	rpcrdma_enc_fixed(&enc, cpu_to_be32(7), 1, 32, RDMA_MSG);
	rpcrdma_enc_read_entry(&enc, 0, &seg);
	KUNIT_EXPECT_EQ(test, rpcrdma_enc_len(&enc), 40);
	rpcrdma_enc_word(&enc, 0);
	KUNIT_EXPECT_EQ(test, rpcrdma_enc_len(&enc), 44);
	rpcrdma_enc_word(&enc, 0);
	KUNIT_EXPECT_EQ(test, rpcrdma_enc_len(&enc), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(bytes[11]), 0xdeadU);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(decode, form_gen_params),
	KUNIT_CASE_PARAM(cut_off, form_gen_params),
	KUNIT_CASE_PARAM(spoiled, form_gen_params),
	KUNIT_CASE(refuse),
	KUNIT_CASE(entries),
	KUNIT_CASE(encode),
	KUNIT_CASE(encode_result),
	KUNIT_CASE(encode_overflow),
	{}
};

struct kunit_suite rpcrdma_header_suite = {
	.name = "rpcrdma-header",
	.test_cases = cases,
};
