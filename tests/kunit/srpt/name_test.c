// SPDX-License-Identifier: GPL-2.0
/*
 * Names of ports and initiators in all their forms.
 */
#include "../../../srpt/name.c"
#include "compat/kunit.h"
#include "suites.h"

static void port_id(struct kunit *test)
{
	static const struct {
		const char *name;
		int err;
		u8 want[16];
	} names[] = {
		{ "0x0123456789abcdef0011223344556677", 0,
		  { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 } },
		{ "0X0123456789ABCDEF0011223344556677", 0,
		  { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
		    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 } },
		{ "12", 0, { [15] = 0x12 } },
		{ "0x1234", 0, { [14] = 0x12, [15] = 0x34 } },
		/* Excess is not read, whatever it is. */
		{ "111111111111111111111111111111112222", 0,
		  { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 } },
		{ "11111111111111111111111111111111zz", 0,
		  { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 } },
		{ "", -EINVAL, {} },
		{ "0x", -EINVAL, {} },
		{ "123", -EINVAL, {} },
		{ "0x123", -EINVAL, {} },
		{ "1g", -EINVAL, {} },
		{ "g1", -EINVAL, {} },
		{ "iqn.2003-01.org.linux", -EINVAL, {} },
	};
	u8 id[16];
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		memset(id, 0xaa, sizeof(id));
		err = srpt_parse_i_port_id(id, names[i].name);
		KUNIT_EXPECT_EQ_MSG(test, err, names[i].err, "%s", names[i].name);
		if (!err)
			KUNIT_EXPECT_MEMEQ(test, id, names[i].want, sizeof(id));
	}
}

static void initiators(struct kunit *test)
{
	static const char *const good[] = {
		"fe80:0000:0000:0001", "0x00000000000000005054000000000001",
		"00000000000000005054000000000001", "10.7.0.1", "fd07::1", "::1", "ab",
	};
	static const char *const bad[] = {
		"", "x", "fe80:0:0", "10.7.0", "10.7.0.256", "fd07::1::2", "0x1",
		"iqn.2003-01.org.linux:x", "fe80:0000:0000:0001 ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_TRUE_MSG(test, srpt_is_initiator_name(good[i]), "%s", good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_FALSE_MSG(test, srpt_is_initiator_name(bad[i]), "%s", bad[i]);
}

static void gids(struct kunit *test)
{
	static const union ib_gid gid = { .raw = {
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x50, 0x54, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x1a,
	} };

	KUNIT_EXPECT_TRUE(test, srpt_is_gid_name("0xfe80000000000000505400fffe00001a", &gid));
	KUNIT_EXPECT_TRUE(test, srpt_is_gid_name("5054:00ff:fe00:001a", &gid));
	KUNIT_EXPECT_FALSE(test, srpt_is_gid_name("0xfe80000000000000505400fffe00001b", &gid));
	KUNIT_EXPECT_FALSE(test, srpt_is_gid_name("0xFE80000000000000505400FFFE00001A", &gid));
	KUNIT_EXPECT_FALSE(test, srpt_is_gid_name("fe80000000000000505400fffe00001a", &gid));
	KUNIT_EXPECT_FALSE(test, srpt_is_gid_name("5054:ff:fe00:1a", &gid));
	KUNIT_EXPECT_FALSE(test, srpt_is_gid_name("", &gid));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(port_id),
	KUNIT_CASE(initiators),
	KUNIT_CASE(gids),
	{}
};

struct kunit_suite srpt_name_suite = {
	.name = "ib_srpt-name",
	.test_cases = cases,
};
