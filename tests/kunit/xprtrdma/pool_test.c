// SPDX-License-Identifier: GPL-2.0
/*
 * The pools of requests and of Receives: they grow to what is used at a time, no
 * further than the slots allow, and shrink again.
 */

/* Other suites have their own of these. */
#define rpcrdma_post_recvs	pool_post_recvs
#define rpcrdma_rep_put		pool_rep_put
#define rpcrdma_req_put		pool_req_put
#define rpcrdma_trim_start	pool_trim_start

#include <linux/slab.h>
#include "../../../xprtrdma/xprt_rdma.h"

static bool no_memory;

static void *pool_zalloc(size_t size, gfp_t flags)
{
	return no_memory ? NULL : kzalloc(size, flags);
}

#undef kzalloc
#define kzalloc		pool_zalloc

#include "../../../xprtrdma/buffer.c"
#include "../../../xprtrdma/recv.c"
#include "../../../xprtrdma/regbuf.c"
#include "compat/kunit.h"
#include "suites.h"

#define SLOTS	16U
#define REQS	(SLOTS + SLOTS / 8)
#define KEPT	(RPCRDMA_MIN_SLOT_TABLE + SLOTS / 8)

static void destroy(void *r_xprt)
{
	rpcrdma_reps_destroy(r_xprt);
	rpcrdma_buffer_destroy(r_xprt);
}

static struct rpcrdma_xprt *make_pools(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = kunit_kzalloc(test, sizeof(*r_xprt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r_xprt);
	r_xprt->rx_xprt.max_reqs = SLOTS;
	KUNIT_ASSERT_EQ(test, rpcrdma_buffer_create(r_xprt), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy, r_xprt), 0);
	return r_xprt;
}

static unsigned int count(const struct list_head *list)
{
	const struct list_head *entry;
	unsigned int n = 0;

	list_for_each(entry, list)
		n++;
	return n;
}

/* Take @n requests at a time, and return them. */
static void use_requests(struct kunit *test, struct rpcrdma_buffer *buf, unsigned int n)
{
	struct rpcrdma_req *req[REQS];
	unsigned int i;

	for (i = 0; i < n; i++) {
		req[i] = rpcrdma_buffer_get(buf);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, req[i]);
	}
	if (n == REQS)
		KUNIT_EXPECT_NULL(test, rpcrdma_buffer_get(buf));
	while (i--)
		rpcrdma_buffer_put(req[i]);
}

static void expect_requests(struct kunit *test, const struct rpcrdma_buffer *buf,
			    unsigned int n)
{
	KUNIT_EXPECT_EQ(test, buf->rb_nr_reqs, n);
	KUNIT_EXPECT_EQ(test, buf->rb_nr_free_reqs, n);
	KUNIT_EXPECT_EQ(test, count(&buf->rb_all_reqs), n);
	KUNIT_EXPECT_EQ(test, count(&buf->rb_free_reqs), n);
}

static void requests(struct kunit *test)
{
	struct rpcrdma_buffer *buf = &make_pools(test)->rx_buf;
	struct list_head *youngest;

	expect_requests(test, buf, KEPT);
	use_requests(test, buf, 7);
	expect_requests(test, buf, 7);
	use_requests(test, buf, REQS);
	expect_requests(test, buf, REQS);

	/* All were needed, then none, and then half of what is left. */
	trim_reqs(buf);
	expect_requests(test, buf, REQS);
	youngest = buf->rb_free_reqs.next;
	trim_reqs(buf);
	KUNIT_EXPECT_PTR_EQ(test, buf->rb_free_reqs.next, youngest);
	expect_requests(test, buf, 9);
	use_requests(test, buf, 5);
	trim_reqs(buf);
	expect_requests(test, buf, 7);

	/* Some stay, and it grows again. */
	trim_reqs(buf);
	trim_reqs(buf);
	trim_reqs(buf);
	expect_requests(test, buf, KEPT);
	use_requests(test, buf, REQS);
	expect_requests(test, buf, REQS);
}

/* Without memory there are those that there always are, and more later. */
static void short_of_memory(struct kunit *test)
{
	struct rpcrdma_buffer *buf = &make_pools(test)->rx_buf;
	struct rpcrdma_req *req[KEPT];
	unsigned int i;

	no_memory = true;
	for (i = 0; i < KEPT; i++) {
		req[i] = rpcrdma_buffer_get(buf);
		KUNIT_EXPECT_NOT_ERR_OR_NULL(test, req[i]);
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(rpcrdma_buffer_get(buf)), -ENOMEM);
	KUNIT_EXPECT_EQ(test, buf->rb_nr_reqs, KEPT);
	no_memory = false;
	while (i--)
		if (!IS_ERR_OR_NULL(req[i]))
			rpcrdma_buffer_put(req[i]);
	use_requests(test, buf, REQS);
	expect_requests(test, buf, REQS);
}

/* Take @n Receives at a time, and return them. */
static void use_receives(struct kunit *test, struct rpcrdma_xprt *r_xprt, unsigned int n,
			 bool temp)
{
	struct rpcrdma_rep *rep[40];
	unsigned int i;

	for (i = 0; i < n; i++) {
		rep[i] = rep_get(r_xprt, temp);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rep[i]);
	}
	while (i--)
		rpcrdma_rep_put(rep[i]);
}

static void expect_receives(struct kunit *test, const struct rpcrdma_buffer *buf,
			    unsigned int n)
{
	KUNIT_EXPECT_EQ(test, buf->rb_nr_free_reps, n);
	KUNIT_EXPECT_EQ(test, count(&buf->rb_all_reps), n);
	KUNIT_EXPECT_EQ(test, count(&buf->rb_free_reps), n);
}

static void receives(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_pools(test);
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct list_head *youngest;

	expect_receives(test, buf, 0);
	use_receives(test, r_xprt, 12, true);
	expect_receives(test, buf, 0);
	use_receives(test, r_xprt, 40, false);
	expect_receives(test, buf, 40);

	rpcrdma_reps_trim(buf);
	expect_receives(test, buf, 40);
	use_receives(test, r_xprt, 20, false);
	youngest = buf->rb_free_reps.next;
	rpcrdma_reps_trim(buf);
	KUNIT_EXPECT_PTR_EQ(test, buf->rb_free_reps.next, youngest);
	expect_receives(test, buf, 30);
	rpcrdma_reps_trim(buf);
	expect_receives(test, buf, 15);

	/* Those that are posted come back when the connection ends. */
	rep_get(r_xprt, false);
	buf->rb_posted = 1;
	rpcrdma_reps_destroy(r_xprt);
	expect_receives(test, buf, 0);
	KUNIT_EXPECT_EQ(test, buf->rb_posted, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(requests),
	KUNIT_CASE(short_of_memory),
	KUNIT_CASE(receives),
	{}
};

struct kunit_suite rpcrdma_pool_suite = {
	.name = "rpcrdma-pool",
	.test_cases = cases,
};
