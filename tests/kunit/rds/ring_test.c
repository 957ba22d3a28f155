// SPDX-License-Identifier: GPL-2.0
/*
 * Rings of work requests against a naive queue, at the sizes where it goes wrong.
 */
#include "../../../rds/ib_ring.c"
#include <linux/random.h>
#include "compat/kunit.h"
#include "suites.h"

static void full_and_empty(struct kunit *test)
{
	struct rds_ib_ring ring;
	u32 first;

	rds_ib_ring_init(&ring, 3);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_take(&ring, 5, &first), 3);
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_take(&ring, 1, &first), 0);
	rds_ib_ring_give_back(&ring, 2);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_take(&ring, 1, &first), 1);
	KUNIT_EXPECT_EQ(test, first, 0);
	rds_ib_ring_untake(&ring, 1);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_used(&ring), 1);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_take(&ring, 2, &first), 2);
	KUNIT_EXPECT_EQ(test, first, 0);
}

static void one_entry(struct kunit *test)
{
	struct rds_ib_ring ring;
	u32 first, i;

	rds_ib_ring_init(&ring, 1);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, rds_ib_ring_take(&ring, 1, &first), 1);
		KUNIT_EXPECT_EQ(test, rds_ib_ring_until(&ring, 0), 1);
		rds_ib_ring_give_back(&ring, 1);
		KUNIT_EXPECT_EQ(test, rds_ib_ring_until(&ring, 0), 0);
	}
}

static void until(struct kunit *test)
{
	struct rds_ib_ring ring;
	u32 first;

	rds_ib_ring_init(&ring, 8);
	rds_ib_ring_take(&ring, 6, &first);
	rds_ib_ring_give_back(&ring, 6);
	rds_ib_ring_take(&ring, 5, &first);
	KUNIT_EXPECT_EQ(test, first, 6);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_until(&ring, 6), 1);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_until(&ring, 2), 5);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_until(&ring, 3), 0);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_until(&ring, 5), 0);
}

static void against_a_queue(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 3, 255, 256, 257 };
	struct rds_ib_ring ring;
	unsigned int s, i;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		u32 size = sizes[s], taken = 0, given = 0, first, count, part;

		rds_ib_ring_init(&ring, size);
		for (i = 0; i < 20000; i++) {
			count = rds_ib_ring_take(&ring, get_random_u32() % (size + 2), &first);
			if (count)
				KUNIT_ASSERT_EQ(test, first, taken % size);
			taken += count;
			part = count ? get_random_u32() % (count + 1) : 0;
			rds_ib_ring_untake(&ring, part);
			taken -= part;
			KUNIT_ASSERT_EQ(test, rds_ib_ring_used(&ring), taken - given);
			if (taken == given)
				continue;
			part = get_random_u32() % (taken - given) + 1;
			KUNIT_ASSERT_EQ(test, rds_ib_ring_until(&ring, (given + part - 1) % size),
					part);
			rds_ib_ring_give_back(&ring, part);
			given += part;
		}
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(full_and_empty),
	KUNIT_CASE(one_entry),
	KUNIT_CASE(until),
	KUNIT_CASE(against_a_queue),
	{}
};

struct kunit_suite rds_ring_suite = {
	.name = "rds_rdma-ring",
	.test_cases = cases,
};
