// SPDX-License-Identifier: GPL-2.0
/*
 * Server addresses: literals of both families, scopes, and everything that is
 * not the address of one host.
 */
/* First, for the sake of its pr_fmt(). */
#include "../../../9p_rdma/address.c"
#include "compat/kunit.h"
#include "suites.h"

struct address_case {
	const char *text;
	int family;	/* 0: refused */
};

static const struct address_case addresses[] = {
	{ "10.0.0.1", AF_INET }, { "127.0.0.1", AF_INET }, { "255.255.255.254", AF_INET },
	{ "::1", AF_INET6 }, { "2001:db8::1", AF_INET6 }, { "fe80::1%lo", AF_INET6 },
	{ "0.0.0.0", 0 }, { "224.0.0.1", 0 }, { "255.255.255.255", 0 },
	{ "::", 0 }, { "ff02::1", 0 }, { "fe80::1", 0 }, { "fe80::1%nosuchdev", 0 },
	{ "10.0.0.1%lo", 0 }, { "2001:db8::1%lo", 0 },
	{ "", 0 }, { "host", 0 }, { "10.0.0", 0 }, { "10.0.0.256", 0 }, { "10.0.0.1.2", 0 },
	{ "10.0.0.1:5640", 0 }, { "10.0.0.1x", 0 }, { " 10.0.0.1", 0 }, { "1:2:3", 0 },
	{ "[::1]", 0 }, { "2001:db8::1::2", 0 },
};

static void describe(const struct address_case *c, char *desc)
{
	strscpy(desc, *c->text ? c->text : "(nothing)", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(address, addresses, describe);

static void parse(struct kunit *test)
{
	const struct address_case *c = test->param_value;
	struct sockaddr_storage addr = {};
	int err = p9_rdma_parse_address(&init_net, c->text, 5640, &addr);

	if (!c->family) {
		KUNIT_EXPECT_EQ(test, err, -EINVAL);
		return;
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, (int)addr.ss_family, c->family);
	if (c->family == AF_INET)
		KUNIT_EXPECT_EQ(test, ntohs(((struct sockaddr_in *)&addr)->sin_port), 5640);
	else
		KUNIT_EXPECT_EQ(test, ntohs(((struct sockaddr_in6 *)&addr)->sin6_port), 5640);
}

static void none(struct kunit *test)
{
	struct sockaddr_storage addr = {};

	KUNIT_EXPECT_EQ(test, p9_rdma_parse_address(&init_net, NULL, 5640, &addr), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(parse, address_gen_params),
	KUNIT_CASE(none),
	{}
};

struct kunit_suite p9_rdma_address_suite = {
	.name = "9pnet_rdma-address",
	.test_cases = cases,
};
