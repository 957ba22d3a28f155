// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses: what each of bind(), connect() and sendmsg() makes of them.
 */
/* The module under test exports these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../../../rds/address.c"
#include "compat/kunit.h"
#include "suites.h"

struct address_case {
	const char *text;
	u32 scope;
	int bind, connect;
};

static const struct address_case addresses[] = {
	{ "10.0.0.1", 0, 0, 0 },
	{ "127.0.0.1", 0, 0, 0 },
	{ "0.0.0.0", 0, -EINVAL, -EDESTADDRREQ },
	{ "224.0.0.1", 0, -EINVAL, -EINVAL },
	{ "255.255.255.255", 0, -EINVAL, -EINVAL },
	{ "2001:db8::1", 0, 0, 0 },
	{ "::1", 0, 0, 0 },
	{ "::", 0, -EINVAL, -EPROTOTYPE },
	{ "ff02::1", 0, -EINVAL, -EPROTOTYPE },
	{ "::ffff:10.0.0.1", 0, 0, 0 },
	{ "::ffff:0.0.0.0", 0, -EINVAL, -EPROTOTYPE },
	{ "::ffff:224.0.0.1", 0, -EINVAL, -EPROTOTYPE },
	{ "::ffff:255.255.255.255", 0, -EINVAL, -EPROTOTYPE },
	{ "fe80::1", 0, -EINVAL, -EINVAL },
	{ "fe80::1", 3, 0, 0 },
};

static void describe(const struct address_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%%%u", c->text, c->scope);
}

KUNIT_ARRAY_PARAM(address, addresses, describe);

static int to_sockaddr(const char *text, u32 scope, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (in4_pton(text, -1, (u8 *)&sin->sin_addr, -1, NULL)) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(77);
		return sizeof(*sin);
	}
	in6_pton(text, -1, (u8 *)&sin6->sin6_addr, -1, NULL);
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(77);
	sin6->sin6_scope_id = scope;
	return sizeof(*sin6);
}

static void parse(struct kunit *test)
{
	const struct address_case *c = test->param_value;
	struct sockaddr_storage ss, back = {};
	int len = to_sockaddr(c->text, c->scope, &ss);
	struct rds_endpoint ep;

	KUNIT_EXPECT_EQ(test, rds_endpoint_for_connect(&ss, len, &ep), c->connect);
	KUNIT_EXPECT_EQ(test, rds_endpoint_for_send(&ss, len, &ep), c->bind);
	KUNIT_EXPECT_EQ(test, rds_endpoint_for_bind(&ss, len, &ep), c->bind);
	if (c->bind || !strncmp(c->text, "::ffff:", 7))
		return;
	KUNIT_EXPECT_EQ(test, rds_endpoint_to_sockaddr(&ep.addr, ep.port, ep.scope, &back), len);
	KUNIT_EXPECT_MEMEQ(test, &back, &ss, len);
}

static void short_ones(struct kunit *test)
{
	struct sockaddr_storage ss;
	struct rds_endpoint ep;
	int len = to_sockaddr("10.0.0.1", 0, &ss), i;

	for (i = 0; i < len; i++) {
		KUNIT_EXPECT_EQ(test, rds_endpoint_for_bind(&ss, i, &ep), -EINVAL);
		KUNIT_EXPECT_EQ(test, rds_endpoint_for_connect(&ss, i, &ep), -EINVAL);
		KUNIT_EXPECT_EQ(test, rds_endpoint_for_send(&ss, i, &ep), -EINVAL);
	}
	len = to_sockaddr("2001:db8::1", 0, &ss);
	for (i = 0; i < len; i++)
		KUNIT_EXPECT_EQ(test, rds_endpoint_for_bind(&ss, i, &ep), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(parse, address_gen_params),
	KUNIT_CASE(short_ones),
	{}
};

struct kunit_suite rds_address_suite = {
	.name = "rds-address",
	.test_cases = cases,
};
