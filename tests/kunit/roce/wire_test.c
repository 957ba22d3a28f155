// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence numbers across the wrap, padding, and the base transport header
 * byte by byte (specification 1.3, 1.6, 1.8).
 */
#include "compat/kunit.h"
#include "../../../rdmavt/roce/wire.h"
#include "suites.h"

static const u32 interesting[] = {
	0, 1, 2, 0x7ffffe, 0x7fffff, 0x800000, 0x800001, 0xfffffe, 0xffffff,
	0x123456, 0x923456,
};

/* What the arithmetic means, the long way round. */
static int naive_diff(u32 a, u32 b)
{
	int d = (int)(a & 0xffffff) - (int)(b & 0xffffff);

	if (d >= 1 << 23)
		d -= 1 << 24;
	if (d < -(1 << 23))
		d += 1 << 24;
	return d;
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void psn_diff(struct kunit *test)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(interesting); i++) {
		for (j = 0; j < ARRAY_SIZE(interesting); j++) {
			u32 a = interesting[i], b = interesting[j];
			int want = naive_diff(a, b);

			KUNIT_EXPECT_EQ_MSG(test, rvt_roce_psn_diff(a, b), want, "%06x - %06x", a, b);
			KUNIT_EXPECT_EQ_MSG(test, sign(rvt_roce_psn_cmp(a, b)), sign(want),
					    "%06x ? %06x", a, b);
			/* a BTH word has flags above the number */
			KUNIT_EXPECT_EQ(test, rvt_roce_psn_diff(a | 0x80000000, b), want);
			KUNIT_EXPECT_EQ(test, rvt_roce_psn_diff(a, b | 0xff000000), want);
		}
	}
}

static void psn_add(struct kunit *test)
{
	static const int step[] = { 0, 1, -1, 127, -127, 0x7fffff, -0x800000 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(interesting); i++) {
		for (j = 0; j < ARRAY_SIZE(step); j++) {
			u32 sum = rvt_roce_psn_add(interesting[i], step[j]);

			KUNIT_EXPECT_EQ(test, sum >> 24, 0);
			KUNIT_EXPECT_EQ(test, rvt_roce_psn_diff(sum, interesting[i]), step[j]);
		}
	}
}

/* A sender 2^23 - 1 ahead is ahead; one step more, and it is behind. */
static void psn_window(struct kunit *test)
{
	u32 psn;

	for (psn = 0; psn < 0x1000000; psn += 0x10101) {
		u32 edge = rvt_roce_psn_add(psn, 0x7fffff);

		KUNIT_EXPECT_GT(test, rvt_roce_psn_cmp(edge, psn), 0);
		KUNIT_EXPECT_LT(test, rvt_roce_psn_cmp(rvt_roce_psn_add(edge, 1), psn), 0);
	}
}

static void pad(struct kunit *test)
{
	u32 len;

	for (len = 0; len < 10000; len++) {
		KUNIT_ASSERT_LE(test, rvt_roce_pad(len), 3);
		KUNIT_ASSERT_EQ(test, (len + rvt_roce_pad(len)) % 4, 0);
	}
	KUNIT_EXPECT_EQ(test, rvt_roce_pad(0x80000000), 0);
	KUNIT_EXPECT_EQ(test, rvt_roce_pad(0xffffffff), 1);
}

static void sizes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_bth), 12);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_reth), 16);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_atomic_eth), 28);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_aeth), 4);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_atomic_ack_eth), 8);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_deth), 8);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_immdt), 4);
	KUNIT_EXPECT_EQ(test, sizeof(struct rvt_roce_ieth), 4);
}

static void bth(struct kunit *test)
{
	static const u8 plain[] = { 0x04, 0x40, 0xff, 0xff, 0, 0, 0, 0x11, 0, 0, 0x01, 0x23 };
	static const u8 full[] = { 0x17, 0xf0, 0xff, 0xff, 0, 0xab, 0xcd, 0xef, 0x80, 0xff, 0xff, 0xfe };
	struct rvt_roce_bth h;

	rvt_roce_bth_init(&h, 0x04, 0, 0, 0x11, 0x123, false);
	KUNIT_EXPECT_MEMEQ(test, &h, plain, sizeof(plain));
	/* numbers wider than their field must not spill into the flags */
	rvt_roce_bth_init(&h, 0x17, RVT_ROCE_BTH_SE, 3, 0xffabcdef, 0x7ffffffe, true);
	KUNIT_EXPECT_MEMEQ(test, &h, full, sizeof(full));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(psn_diff),
	KUNIT_CASE(psn_add),
	KUNIT_CASE(psn_window),
	KUNIT_CASE(pad),
	KUNIT_CASE(sizes),
	KUNIT_CASE(bth),
	{}
};

struct kunit_suite roce_wire_suite = {
	.name = "rvt_roce-wire",
	.test_cases = cases,
};
