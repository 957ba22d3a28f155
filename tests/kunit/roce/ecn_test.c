// SPDX-License-Identifier: GPL-2.0
/*
 * The window of a sender that hears of congestion.
 */
#include "compat/kunit.h"
#include "../../../rdmavt/roce/ecn.h"
#include "suites.h"

static void cut_halves(struct kunit *test)
{
	u16 window = RVT_ROCE_WINDOW;

	window = rvt_roce_window_cut(window);
	KUNIT_EXPECT_EQ(test, (int)window, RVT_ROCE_WINDOW / 2);
	window = rvt_roce_window_cut(window);
	KUNIT_EXPECT_EQ(test, (int)window, RVT_ROCE_WINDOW / 4);
}

/* A flood of notifications stops nobody for good. */
static void cut_ends(struct kunit *test)
{
	u16 window = RVT_ROCE_WINDOW;
	int i;

	for (i = 0; i < 100; i++) {
		window = rvt_roce_window_cut(window);
		KUNIT_ASSERT_GE(test, (int)window, RVT_ROCE_WINDOW_MIN);
	}
	KUNIT_EXPECT_EQ(test, (int)window, RVT_ROCE_WINDOW_MIN);
}

/* By one for each window, in whatever portions it is acknowledged. */
static void grows_by_one(struct kunit *test)
{
	static const u32 portions[] = { 1, 2, 7, 16, 64 };
	int i, n;

	for (i = 0; i < ARRAY_SIZE(portions); i++) {
		struct rvt_roce_ecn ecn = { .window = 64 };

		for (n = 0; n < 64; n += portions[i])
			rvt_roce_window_grow(&ecn, portions[i]);
		KUNIT_EXPECT_EQ(test, (int)ecn.window, 65);
	}
}

static void grows_no_further(struct kunit *test)
{
	struct rvt_roce_ecn ecn = { .window = RVT_ROCE_WINDOW_MIN };
	u32 acked = 0;

	while (ecn.window < RVT_ROCE_WINDOW && acked < 100000) {
		rvt_roce_window_grow(&ecn, 1);
		acked++;
	}
	/* 2 + 3 + ... + 127 */
	KUNIT_EXPECT_EQ(test, acked, RVT_ROCE_WINDOW * (RVT_ROCE_WINDOW - 1) / 2 - 1);
	rvt_roce_window_grow(&ecn, 1000000);
	KUNIT_EXPECT_EQ(test, (int)ecn.window, RVT_ROCE_WINDOW);
}

/* An acknowledgment of very much at once, as of a long READ. */
static void grows_slowly(struct kunit *test)
{
	struct rvt_roce_ecn ecn = { .window = 10 };

	rvt_roce_window_grow(&ecn, 1 << 22);
	KUNIT_EXPECT_EQ(test, (int)ecn.window, 11);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(cut_halves),
	KUNIT_CASE(cut_ends),
	KUNIT_CASE(grows_by_one),
	KUNIT_CASE(grows_no_further),
	KUNIT_CASE(grows_slowly),
	{}
};

struct kunit_suite roce_ecn_suite = {
	.name = "rvt_roce-ecn",
	.test_cases = cases,
};
