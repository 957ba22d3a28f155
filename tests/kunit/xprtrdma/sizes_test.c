// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection gets of devices of all sizes.
 */
#include "../../../xprtrdma/sizes.c"
#include "compat/kunit.h"
#include "suites.h"

/* Too large for the stack. */
static struct ib_device_attr attrs;

static void device(unsigned int pages, int wrs)
{
	attrs = (struct ib_device_attr){
		.device_cap_flags = IB_DEVICE_MEM_MGT_EXTENSIONS,
		.max_fast_reg_page_list_len = pages,
		.max_qp_wr = wrs,
		.max_send_sge = 32,
	};
}

static void large(struct kunit *test)
{
	static struct rpcrdma_ia ia;

	device(512, 16384);
	KUNIT_ASSERT_EQ(test, rpcrdma_ia_size(&ia, &attrs, false, 128), 0);
	KUNIT_EXPECT_EQ(test, ia.ia_mr_depth, RPCRDMA_MAX_DATA_SEGS);
	KUNIT_EXPECT_EQ(test, ia.ia_max_segs, 3U);
	KUNIT_EXPECT_EQ(test, ia.ia_max_requests, 128U);
	KUNIT_EXPECT_EQ(test, ia.ia_mr_type, IB_MR_TYPE_MEM_REG);
	KUNIT_ASSERT_EQ(test, rpcrdma_ia_size(&ia, &attrs, true, 128), 0);
	KUNIT_EXPECT_EQ(test, ia.ia_mr_type, IB_MR_TYPE_SG_GAPS);
}

/* Whatever the device: no queue is larger than it can be, and all fits. */
static void all(struct kunit *test)
{
	static struct rpcrdma_ia ia;
	unsigned int pages, slots, fitting = 0;
	int wrs;

	for (pages = 0; pages < 600; pages += 7) {
		for (wrs = 1; wrs < 20000; wrs = wrs * 3 / 2 + 1) {
			device(pages, wrs);
			for (slots = 4; slots <= 16384; slots *= 4) {
				if (rpcrdma_ia_size(&ia, &attrs, false, slots))
					continue;
				fitting++;
				KUNIT_EXPECT_LE(test, ia.ia_sq_depth, (unsigned int)wrs);
				KUNIT_EXPECT_LE(test, ia.ia_rq_depth, (unsigned int)wrs);
				KUNIT_EXPECT_GE(test, ia.ia_max_requests, 1U);
				KUNIT_EXPECT_LE(test, ia.ia_max_requests, slots);
				KUNIT_EXPECT_GE(test, ia.ia_mr_depth * (ia.ia_max_segs - 2),
						RPCRDMA_MAX_DATA_SEGS);
				KUNIT_EXPECT_LE(test, ia.ia_max_segs,
						(unsigned int)RPCRDMA_MAX_HDR_SEGS);
			}
		}
	}
	KUNIT_EXPECT_GT(test, fitting, 1000U);
}

static void refused(struct kunit *test)
{
	static struct rpcrdma_ia ia;

	device(512, 16384);
	attrs.device_cap_flags = 0;
	KUNIT_EXPECT_EQ(test, rpcrdma_ia_size(&ia, &attrs, false, 128), -EINVAL);
	device(0, 16384);
	KUNIT_EXPECT_EQ(test, rpcrdma_ia_size(&ia, &attrs, false, 128), -EINVAL);
	device(512, 16384);
	attrs.max_send_sge = 2;
	KUNIT_EXPECT_EQ(test, rpcrdma_ia_size(&ia, &attrs, false, 128), -ENOMEM);
	device(4, 16384);
	KUNIT_EXPECT_EQ(test, rpcrdma_ia_size(&ia, &attrs, false, 128), -ENOMEM);
	device(512, 40);
	KUNIT_EXPECT_EQ(test, rpcrdma_ia_size(&ia, &attrs, false, 128), -ENOMEM);
}

/* A header with all that is left out of the largest message still fits. */
static void inline_sizes(struct kunit *test)
{
	static struct rpcrdma_ia ia;

	for (ia.ia_max_segs = 3; ia.ia_max_segs <= RPCRDMA_MAX_HDR_SEGS; ia.ia_max_segs++) {
		ia.ia_inline_send = RPCRDMA_MIN_INLINE;
		ia.ia_inline_recv = RPCRDMA_MIN_INLINE;
		rpcrdma_ia_set_inline(&ia);
		KUNIT_EXPECT_EQ(test, ia.ia_max_inline_send,
				RPCRDMA_MIN_INLINE - (28 + 24 * ia.ia_max_segs +
						      8 + 16 * ia.ia_max_segs));
		KUNIT_EXPECT_EQ(test, ia.ia_max_inline_recv,
				RPCRDMA_MIN_INLINE - (28 + 8 + 16 * ia.ia_max_segs));
	}
	ia.ia_inline_send = 100;
	ia.ia_inline_recv = 100;
	rpcrdma_ia_set_inline(&ia);
	KUNIT_EXPECT_EQ(test, ia.ia_max_inline_send, 0U);
	KUNIT_EXPECT_EQ(test, ia.ia_max_inline_recv, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(large),
	KUNIT_CASE(all),
	KUNIT_CASE(refused),
	KUNIT_CASE(inline_sizes),
	{}
};

struct kunit_suite rpcrdma_sizes_suite = {
	.name = "rpcrdma-sizes",
	.test_cases = cases,
};
