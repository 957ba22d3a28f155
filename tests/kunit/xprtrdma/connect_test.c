// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting: what the RPC client is told when it does not work.
 */
#include "../../../xprtrdma/connect.c"
#include "compat/kunit.h"
#include "suites.h"

/* What connect.c calls: there is no device. */
int rpcrdma_ia_open(struct rpcrdma_xprt *r_xprt)
{
	return -ENODEV;
}

void rpcrdma_ia_remove(struct rpcrdma_ia *ia)
{
}

void rpcrdma_trim_start(struct rpcrdma_xprt *r_xprt)
{
}

/* With all others call_connect_status() of the RPC client ends the RPC. */
static bool is_retried(int rc)
{
	static const int retried[] = {
		-EADDRINUSE, -EAGAIN, -ECONNABORTED, -ECONNREFUSED, -ECONNRESET,
		-EHOSTUNREACH, -ENETDOWN, -ENETUNREACH, -ENOBUFS, -ENOTCONN,
		-EPIPE, -EPROTO, -ETIMEDOUT,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(retried); i++)
		if (rc == retried[i])
			return true;
	return false;
}

static void no_error_ends_an_rpc(struct kunit *test)
{
	int rc;

	for (rc = -1; rc >= -MAX_ERRNO; rc--)
		KUNIT_EXPECT_TRUE_MSG(test, is_retried(retried_error(rc)), "error %d", rc);
	KUNIT_EXPECT_EQ(test, retried_error(-ENOMEM), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, retried_error(-ENODEV), -ENETUNREACH);
	KUNIT_EXPECT_EQ(test, retried_error(-ECONNREFUSED), -ECONNREFUSED);
}

/* Only the first reason counts, and only an established connection is closed. */
static void first_reason(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = kunit_kzalloc(test, sizeof(*r_xprt), GFP_KERNEL);
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r_xprt);
	spin_lock_init(&r_xprt->rx_xprt.transport_lock);
	init_completion(&ia->ia_event);
	connection_ends(r_xprt, -ENODEV);
	connection_ends(r_xprt, -ECONNABORTED);
	KUNIT_EXPECT_EQ(test, ia->ia_rc, -ENODEV);
	KUNIT_EXPECT_TRUE(test, try_wait_for_completion(&ia->ia_event));
	KUNIT_EXPECT_FALSE(test, try_wait_for_completion(&ia->ia_event));
	KUNIT_EXPECT_FALSE(test, test_bit(XPRT_CLOSE_WAIT, &r_xprt->rx_xprt.state));

	clear_bit(0, &ia->ia_broken);
	set_bit(0, &ia->ia_established);
	/* so that nothing is queued */
	set_bit(XPRT_LOCKED, &r_xprt->rx_xprt.state);
	set_bit(XPRT_CONNECTED, &r_xprt->rx_xprt.state);
	rpcrdma_connection_lost(r_xprt);
	KUNIT_EXPECT_EQ(test, ia->ia_rc, -ECONNABORTED);
	KUNIT_EXPECT_TRUE(test, test_bit(XPRT_CLOSE_WAIT, &r_xprt->rx_xprt.state));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(no_error_ends_an_rpc),
	KUNIT_CASE(first_reason),
	{}
};

struct kunit_suite rpcrdma_connect_suite = {
	.name = "rpcrdma-connect",
	.test_cases = cases,
};
