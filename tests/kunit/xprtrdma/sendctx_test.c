// SPDX-License-Identifier: GPL-2.0
/*
 * The ring of Sends: it gets full and empty, wraps, and a completion gives back
 * all before it.
 */
#include "../../../xprtrdma/sendctx.c"
#include "compat/kunit.h"
#include "suites.h"

static int returned;

/* What sendctx.c calls. */
void rpcrdma_req_put(struct rpcrdma_req *req)
{
	returned++;
}

void rpcrdma_wc_send(struct ib_cq *cq, struct ib_wc *wc)
{
}

static struct rpcrdma_xprt *make_ring(struct kunit *test, unsigned int requests)
{
	struct rpcrdma_xprt *r_xprt = kunit_kzalloc(test, sizeof(*r_xprt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r_xprt);
	spin_lock_init(&r_xprt->rx_xprt.transport_lock);
	r_xprt->rx_ia.ia_max_requests = requests;
	KUNIT_ASSERT_EQ(test, rpcrdma_sendctxs_create(r_xprt), 0);
	returned = 0;
	return r_xprt;
}

/* Any request will do. */
static struct rpcrdma_sendctx *take(struct rpcrdma_xprt *r_xprt)
{
	static struct rpcrdma_req req;
	struct rpcrdma_sendctx *sc = rpcrdma_sendctx_get_locked(&r_xprt->rx_buf);

	if (sc)
		sc->sc_req = &req;
	return sc;
}

static void fills(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_ring(test, 4);
	struct rpcrdma_sendctx *sc, *last = NULL;
	int n = 0;

	while ((sc = take(r_xprt))) {
		last = sc;
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, 5);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_stats.ring_full, 1UL);
	KUNIT_EXPECT_TRUE(test, test_bit(XPRT_WRITE_SPACE, &r_xprt->rx_xprt.state));
	clear_bit(XPRT_WRITE_SPACE, &r_xprt->rx_xprt.state);
	rpcrdma_sendctx_put_locked(last);
	KUNIT_EXPECT_EQ(test, returned, 5);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, take(r_xprt));
	rpcrdma_sendctxs_destroy(r_xprt);
	KUNIT_EXPECT_EQ(test, returned, 6);
}

static void gives_back_all_before(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_ring(test, 4);
	struct rpcrdma_sendctx *sc[3];
	int i, round;

	/* often enough to wrap at every place */
	for (round = 1; round <= 20; round++) {
		for (i = 0; i < 3; i++) {
			sc[i] = take(r_xprt);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sc[i]);
		}
		rpcrdma_sendctx_put_locked(sc[1]);
		KUNIT_EXPECT_EQ(test, returned, 3 * round - 1);
		KUNIT_EXPECT_NULL(test, sc[0]->sc_req);
		KUNIT_EXPECT_NOT_NULL(test, sc[2]->sc_req);
		rpcrdma_sendctx_put_locked(sc[2]);
		KUNIT_EXPECT_EQ(test, returned, 3 * round);
	}
	rpcrdma_sendctxs_destroy(r_xprt);
	KUNIT_EXPECT_EQ(test, returned, 60);
}

static void unget(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_ring(test, 4);
	struct rpcrdma_sendctx *first, *second;
	int i;

	for (i = 0; i < 10; i++) {
		first = rpcrdma_sendctx_get_locked(&r_xprt->rx_buf);
		rpcrdma_sendctx_unget_locked(&r_xprt->rx_buf);
		second = take(r_xprt);
		KUNIT_ASSERT_PTR_EQ(test, first, second);
		rpcrdma_sendctx_put_locked(second);
	}
	rpcrdma_sendctxs_destroy(r_xprt);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(fills),
	KUNIT_CASE(gives_back_all_before),
	KUNIT_CASE(unget),
	{}
};

struct kunit_suite rpcrdma_sendctx_suite = {
	.name = "rpcrdma-sendctx",
	.test_cases = cases,
};
