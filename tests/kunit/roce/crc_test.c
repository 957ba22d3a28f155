// SPDX-License-Identifier: GPL-2.0
/*
 * Each way to compute a CRC, against the kernel's crc32_le(): wherever the data
 * begin and end, whatever the register holds, and for any single bit.
 */
#include "compat/kunit.h"
#include "../../../rdmavt/roce/crc.c"
#include "suites.h"

/* More than is folded at once. */
#define BYTES	(2 * FOLD_BYTES + LONG_BYTES + WORD)

static int crc_init(struct kunit *test)
{
	u8 *p = kunit_kmalloc(test, BYTES, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < BYTES; i++)
		p[i] = i * 7 + i / 251;
	test->priv = p;
	scratch = alloc_percpu(struct scratch);
	KUNIT_ASSERT_NOT_NULL(test, scratch);
	return 0;
}

static void crc_exit(struct kunit *test)
{
	rvt_roce_crc_exit();
}

static void agrees(struct kunit *test, crc_fn_t *crc)
{
	u8 *p = test->priv;
	size_t len;

	for (len = 0; len <= BYTES - WORD; len += 1 + len / 256)
		KUNIT_EXPECT_EQ_MSG(test, crc(~len * 0x9e3779b1, p + len % WORD, len),
				    crc32_le(~len * 0x9e3779b1, p + len % WORD, len),
				    "%zu bytes", len);
}

static void folding(struct kunit *test)
{
	agrees(test, by_folding);
}

/* The data of one bit, at each place: wherever it is added to. */
static void single_bits(struct kunit *test, size_t len)
{
	u8 *p = test->priv;
	size_t bit;

	memset(p, 0, len);
	for (bit = 0; bit < len * 8; bit++) {
		p[bit / 8] = BIT(bit % 8);
		KUNIT_EXPECT_EQ_MSG(test, by_folding(0, p, len), crc32_le(0, p, len),
				    "bit %zu of %zu bytes", bit, len);
		p[bit / 8] = 0;
	}
}

static void single_bits_short(struct kunit *test)
{
	single_bits(test, SHORT_BYTES);
	single_bits(test, REST_BYTES);
}

static void single_bits_long(struct kunit *test)
{
	single_bits(test, LONG_BYTES);
}

static void crypto_library(struct kunit *test)
{
	if (!find_shash())
		kunit_skip(test, "this kernel has no crc32 in its crypto library");
	agrees(test, by_shash);
}

/* Whatever was chosen, and without a choice. */
static void chosen(struct kunit *test)
{
	agrees(test, rvt_roce_crc);
	put_scratch();
	rvt_roce_crc_init();
	agrees(test, rvt_roce_crc);
	KUNIT_EXPECT_EQ(test, fastest == by_shash, !!shash);
	KUNIT_EXPECT_EQ(test, fastest == by_folding, !!scratch);
}

static u32 nothing(u32 crc, const void *data, size_t len)
{
	return crc;
}

/* What is measured is really done. */
static void has_a_cost(struct kunit *test)
{
	u64 least = cost(nothing, test->priv);

	KUNIT_EXPECT_GT(test, cost(by_library, test->priv), least);
	KUNIT_EXPECT_GT(test, cost(by_folding, test->priv), least);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(folding),
	KUNIT_CASE(single_bits_short),
	KUNIT_CASE(single_bits_long),
	KUNIT_CASE(crypto_library),
	KUNIT_CASE(chosen),
	KUNIT_CASE(has_a_cost),
	{}
};

struct kunit_suite roce_crc_suite = {
	.name = "rvt_roce-crc",
	.init = crc_init,
	.exit = crc_exit,
	.test_cases = cases,
};
