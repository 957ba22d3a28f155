// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion maps: the bits on the wire, which groups become free, and what a
 * frame from a peer does.
 */
/* The module under test exports these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../../../rds/cong.c"
#include <linux/random.h>
#include "compat/kunit.h"
#include "suites.h"

static struct in6_addr test_addr(u8 last)
{
	struct in6_addr addr = {};

	addr.s6_addr[0] = 0x20;
	addr.s6_addr[15] = last;
	return addr;
}

static void put_map(void *map)
{
	rds_cong_put(map);
}

static struct rds_cong_map *get_map(struct kunit *test, u8 last)
{
	struct in6_addr addr = test_addr(last);
	struct rds_cong_map *map = rds_cong_get(&init_net, &addr);

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_map, map));
	return map;
}

static void one_for_an_address(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, get_map(test, 1), get_map(test, 1));
	KUNIT_EXPECT_PTR_NE(test, get_map(test, 1), get_map(test, 2));
}

/* The last user takes it along; the next gets one that is empty. */
static void life(struct kunit *test)
{
	struct in6_addr addr = test_addr(9);
	struct rds_cong_map *map = rds_cong_get(&init_net, &addr);

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_PTR_EQ(test, rds_cong_get(&init_net, &addr), map);
	rds_cong_set_port(map, htons(7), true);
	rds_cong_put(map);
	map = rds_cong_get(&init_net, &addr);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_TRUE(test, rds_cong_test_port(map, htons(7)));
	rds_cong_put(map);
	rds_cong_put(map);
	map = rds_cong_get(&init_net, &addr);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_FALSE(test, rds_cong_test_port(map, htons(7)));
	rds_cong_put(map);
	KUNIT_EXPECT_TRUE(test, hlist_empty(bucket_of(&init_net, &addr)));
}

/* Port P is bit P % 8 of byte P / 8, on every machine. */
static void layout(struct kunit *test)
{
	static const u16 ports[] = { 0, 1, 7, 8, 63, 64, 4711, 65535 };
	struct rds_cong_map *map;
	unsigned int i;
	const u8 *bytes;

	map = get_map(test, 1);
	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		u16 port = ports[i];

		bytes = (const u8 *)map->m_bits;
		rds_cong_set_port(map, htons(port), true);
		KUNIT_EXPECT_EQ(test, bytes[port / 8], 1 << (port % 8));
		KUNIT_EXPECT_TRUE(test, rds_cong_test_port(map, htons(port)));
		rds_cong_set_port(map, htons(port), false);
		KUNIT_EXPECT_EQ(test, bytes[port / 8], 0);
		KUNIT_EXPECT_FALSE(test, rds_cong_test_port(map, htons(port)));
	}
}

static u64 slow_freed_groups(const u8 *was, const u8 *is)
{
	u64 groups = 0;
	unsigned int port;

	for (port = 0; port < RDS_CONG_MAP_BITS; port++) {
		u8 bit = 1 << (port % 8);

		if ((was[port / 8] & bit) && !(is[port / 8] & bit))
			groups |= 1ULL << (port % 64);
	}
	return groups;
}

static void freed_groups(struct kunit *test)
{
	u8 *was = kunit_kzalloc(test, RDS_CONG_MAP_BYTES, GFP_KERNEL);
	u8 *is = kunit_kzalloc(test, RDS_CONG_MAP_BYTES, GFP_KERNEL);
	unsigned int i, j;

	KUNIT_ASSERT_TRUE(test, was && is);
	for (i = 0; i < 20; i++) {
		for (j = 0; j < i * 3; j++) {
			was[get_random_u32() % RDS_CONG_MAP_BYTES] = get_random_u32();
			is[get_random_u32() % RDS_CONG_MAP_BYTES] = get_random_u32();
		}
		KUNIT_EXPECT_EQ(test, rds_cong_freed_groups((__le64 *)was, (__le64 *)is),
				slow_freed_groups(was, is));
	}
}

static size_t wire_bytes;

static int copy_ones(struct rds_incoming *inc, struct iov_iter *to)
{
	u8 byte = 0xff;
	size_t i;

	for (i = 0; i < wire_bytes; i++)
		if (copy_to_iter(&byte, 1, to) != 1)
			return -EFAULT;
	return wire_bytes;
}

static void frame(struct kunit *test)
{
	struct rds_transport trans = { .inc_copy_to_user = copy_ones };
	struct rds_connection *conn = kunit_kzalloc(test, sizeof(*conn), GFP_KERNEL);
	struct rds_incoming *inc = kunit_kzalloc(test, sizeof(*inc), GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, conn && inc);
	conn->c_trans = &trans;
	conn->c_fcong = get_map(test, 3);
	wire_bytes = RDS_CONG_MAP_BYTES;

	/* A length that is none is ignored. */
	inc->i_hdr.h_len = cpu_to_be32(RDS_CONG_MAP_BYTES - 1);
	rds_cong_receive(conn, inc);
	KUNIT_EXPECT_FALSE(test, rds_cong_test_port(conn->c_fcong, htons(9)));
	/* So is a frame that has less than it says. */
	inc->i_hdr.h_len = cpu_to_be32(RDS_CONG_MAP_BYTES);
	wire_bytes = 100;
	rds_cong_receive(conn, inc);
	KUNIT_EXPECT_FALSE(test, rds_cong_test_port(conn->c_fcong, htons(9)));

	wire_bytes = RDS_CONG_MAP_BYTES;
	rds_cong_receive(conn, inc);
	KUNIT_EXPECT_TRUE(test, rds_cong_test_port(conn->c_fcong, htons(9)));
	KUNIT_EXPECT_TRUE(test, rds_cong_test_port(conn->c_fcong, htons(65535)));
	/* From ourselves it would say what is known better. */
	rds_cong_set_port(conn->c_fcong, htons(9), false);
	conn->c_loopback = true;
	rds_cong_receive(conn, inc);
	KUNIT_EXPECT_FALSE(test, rds_cong_test_port(conn->c_fcong, htons(9)));
}

static void generations(struct kunit *test)
{
	unsigned int recent = 0;
	struct rds_cong_map *map;

	map = get_map(test, 4);
	rds_cong_updated_since(&recent);
	KUNIT_EXPECT_FALSE(test, rds_cong_updated_since(&recent));
	rds_cong_map_updated(map, 1);
	KUNIT_EXPECT_TRUE(test, rds_cong_updated_since(&recent));
	KUNIT_EXPECT_FALSE(test, rds_cong_updated_since(&recent));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_for_an_address),
	KUNIT_CASE(life),
	KUNIT_CASE(layout),
	KUNIT_CASE(freed_groups),
	KUNIT_CASE(frame),
	KUNIT_CASE(generations),
	{}
};

struct kunit_suite rds_cong_suite = {
	.name = "rds-congestion",
	.test_cases = cases,
};
