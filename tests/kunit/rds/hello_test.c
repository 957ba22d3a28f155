// SPDX-License-Identifier: GPL-2.0
/*
 * Private data of the connection manager: the bytes, and the versions that come
 * out of them.
 */
#include "../../../rds/ib_private.c"
#include <linux/inet.h>
#include "compat/kunit.h"
#include "suites.h"

static const struct rds_ib_hello example = {
	.major = 3, .minor = 1, .minor_mask = 3, .tos = 5, .ack = 0x0102030405060708ULL,
	.credits = 9,
};

static void bytes_v4(struct kunit *test)
{
	static const u8 wire[32] = {
		10, 0, 0, 1, 10, 0, 0, 2, 3, 1, 0, 3, 5, 0, 0, 0,
		1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9,
	};
	struct rds_ib_hello hello = example, back;
	union rds_ib_hello_wire out;

	ipv6_addr_set_v4mapped(in_aton("10.0.0.1"), &hello.saddr);
	ipv6_addr_set_v4mapped(in_aton("10.0.0.2"), &hello.daddr);
	KUNIT_EXPECT_EQ(test, rds_ib_hello_write(&out, &hello, false), sizeof(wire));
	KUNIT_EXPECT_MEMEQ(test, &out, wire, sizeof(wire));
	KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&back, wire, sizeof(wire), false), 0);
	KUNIT_EXPECT_MEMEQ(test, &back, &hello, sizeof(hello));
}

static void round_trip_v6(struct kunit *test)
{
	struct rds_ib_hello hello = example, back;
	union rds_ib_hello_wire out;

	in6_pton("2001:db8::1", -1, (u8 *)&hello.saddr, -1, NULL);
	in6_pton("2001:db8::2", -1, (u8 *)&hello.daddr, -1, NULL);
	KUNIT_EXPECT_EQ(test, rds_ib_hello_write(&out, &hello, true), 56);
	KUNIT_EXPECT_EQ(test, out.v6.tail.major, 3);
	KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&back, &out, 56, true), 0);
	KUNIT_EXPECT_MEMEQ(test, &back, &hello, sizeof(hello));
}

static void too_short(struct kunit *test)
{
	struct rds_ib_hello hello;
	u8 data[56] = {};
	size_t len;

	KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&hello, NULL, 0, false), -EINVAL);
	for (len = 0; len < 28; len++)
		KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&hello, data, len, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&hello, data, 28, false), 0);
	for (len = 0; len < 52; len++)
		KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&hello, data, len, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, rds_ib_hello_read(&hello, data, 56, true), 0);
}

static void versions(struct kunit *test)
{
	static const struct {
		u8 major, minor;
		u16 mask;
		unsigned int version;
	} cases[] = {
		{ 0, 0, 0, 0x400 }, { 3, 0, 3, 0 }, { 3, 1, 3, 0x301 }, { 3, 1, 0, 0x301 },
		{ 3, 2, 3, 0 }, { 4, 0, 1, 0x400 }, { 4, 1, 3, 0x401 }, { 4, 1, 2, 0x401 },
		{ 4, 7, 0xff, 0x401 }, { 4, 2, 4, 0 }, { 4, 1, 0, 0 }, { 5, 0, 3, 0 },
		{ 2, 1, 3, 0 },
	};
	struct rds_ib_hello hello = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		hello.major = cases[i].major;
		hello.minor = cases[i].minor;
		hello.minor_mask = cases[i].mask;
		KUNIT_EXPECT_EQ_MSG(test, rds_ib_negotiate(&hello), cases[i].version,
				    "%u.%u mask %x", hello.major, hello.minor, hello.minor_mask);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bytes_v4),
	KUNIT_CASE(round_trip_v6),
	KUNIT_CASE(too_short),
	KUNIT_CASE(versions),
	{}
};

struct kunit_suite rds_hello_suite = {
	.name = "rds_rdma-hello",
	.test_cases = cases,
};
