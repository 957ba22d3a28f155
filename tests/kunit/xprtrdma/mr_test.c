// SPDX-License-Identifier: GPL-2.0
/*
 * Accounting of memory regions: the pool knows how many it has, and how many it
 * could have done without.
 */
#include <rdma/ib_verbs.h>

/* No device has made these regions. */
static int deregistered;

#define ib_dereg_mr(mr)		(deregistered++)

#include "../../../xprtrdma/mr.c"
#include "compat/kunit.h"
#include "suites.h"

static struct rpcrdma_xprt *make_pool(struct kunit *test, int n)
{
	struct rpcrdma_xprt *r_xprt = kunit_kzalloc(test, sizeof(*r_xprt), GFP_KERNEL);
	struct rpcrdma_mr *mr;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r_xprt);
	spin_lock_init(&r_xprt->rx_xprt.transport_lock);
	spin_lock_init(&r_xprt->rx_buf.rb_lock);
	rpcrdma_mrs_init(&r_xprt->rx_buf);
	while (n--) {
		mr = kunit_kzalloc(test, sizeof(*mr), GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mr);
		mr->mr_rxprt = r_xprt;
		list_add(&mr->mr_all, &r_xprt->rx_buf.rb_all_mrs);
		r_xprt->rx_buf.rb_nr_mrs++;
		rpcrdma_mr_put(mr);
	}
	r_xprt->rx_buf.rb_mrs_low = r_xprt->rx_buf.rb_nr_free_mrs;
	return r_xprt;
}

static void get_and_put(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_pool(test, 3);
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_mr *mr[3];
	int i;

	for (i = 0; i < 3; i++) {
		mr[i] = rpcrdma_mr_get(r_xprt);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mr[i]);
		KUNIT_EXPECT_EQ(test, buf->rb_nr_free_mrs, 2U - i);
		KUNIT_EXPECT_EQ(test, buf->rb_mrs_low, 2U - i);
	}
	KUNIT_EXPECT_NULL(test, rpcrdma_mr_get(r_xprt));
	rpcrdma_mr_put(mr[1]);
	rpcrdma_mr_unmap_and_put(mr[0]);
	KUNIT_EXPECT_EQ(test, buf->rb_nr_free_mrs, 2U);
	KUNIT_EXPECT_EQ(test, buf->rb_mrs_low, 0U);
	KUNIT_EXPECT_EQ(test, buf->rb_nr_mrs, 3U);
	KUNIT_EXPECT_PTR_EQ(test, rpcrdma_mr_get(r_xprt), mr[0]);
}

static void release(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_pool(test, 4);
	struct rpcrdma_req *req = kunit_kzalloc(test, sizeof(*req), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, req);
	INIT_LIST_HEAD(&req->rl_registered);
	for (i = 0; i < 3; i++) {
		struct rpcrdma_mr *mr = rpcrdma_mr_get(r_xprt);

		mr->mr_seg.handle = 10 + i;
		list_add_tail(&mr->mr_list, &req->rl_registered);
	}
	rpcrdma_mrs_remote_inv(req, 99);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_buf.rb_nr_free_mrs, 1U);
	rpcrdma_mrs_remote_inv(req, 11);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_buf.rb_nr_free_mrs, 2U);
	rpcrdma_mrs_remote_inv(req, 11);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_buf.rb_nr_free_mrs, 2U);
	rpcrdma_mrs_release(req);
	KUNIT_EXPECT_EQ(test, r_xprt->rx_buf.rb_nr_free_mrs, 4U);
	KUNIT_EXPECT_TRUE(test, list_empty(&req->rl_registered));
}

/* Whoever waits for a region is let go when one comes back. */
static void wakes(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_pool(test, 1);
	struct rpcrdma_mr *mr = rpcrdma_mr_get(r_xprt);
	unsigned long *state = &r_xprt->rx_xprt.state;

	/* so that nobody is looked for */
	set_bit(XPRT_LOCKED, state);
	rpcrdma_mrs_wait(r_xprt);
	KUNIT_EXPECT_TRUE(test, test_bit(XPRT_WRITE_SPACE, state));
	rpcrdma_mr_put(mr);
	KUNIT_EXPECT_FALSE(test, test_bit(XPRT_WRITE_SPACE, state));
	rpcrdma_mrs_wait(r_xprt);
	KUNIT_EXPECT_FALSE(test, test_bit(XPRT_WRITE_SPACE, state));
}

static void expect_regions(struct kunit *test, const struct rpcrdma_buffer *buf,
			   unsigned int n)
{
	KUNIT_EXPECT_EQ(test, buf->rb_nr_mrs, n);
	KUNIT_EXPECT_EQ(test, buf->rb_nr_free_mrs, n);
}

/* Some that can be freed; none was needed since. */
static struct rpcrdma_xprt *make_large_pool(struct kunit *test, int n)
{
	struct rpcrdma_xprt *r_xprt = make_pool(test, 0);
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_mr *mr;

	r_xprt->rx_ia.ia_max_segs = 3;
	deregistered = 0;
	while (n--) {
		mr = kzalloc(sizeof(*mr), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, mr);
		mr->mr_rxprt = r_xprt;
		list_add(&mr->mr_all, &buf->rb_all_mrs);
		buf->rb_nr_mrs++;
		rpcrdma_mr_put(mr);
	}
	rpcrdma_mrs_trim(buf);
	expect_regions(test, buf, buf->rb_nr_mrs);
	return r_xprt;
}

/* Half of what was not needed goes, but enough for one chunk stays. */
static void shrinks(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_large_pool(test, 20);
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_mr *mr;
	int i;

	rpcrdma_mrs_trim(buf);
	expect_regions(test, buf, 10);

	mr = rpcrdma_mr_get(r_xprt);
	rpcrdma_mr_put(mr);
	rpcrdma_mrs_trim(buf);
	expect_regions(test, buf, 5);
	for (i = 0; i < 3; i++)
		rpcrdma_mrs_trim(buf);
	expect_regions(test, buf, 3);
	KUNIT_EXPECT_EQ(test, deregistered, 17);
	rpcrdma_mrs_destroy(r_xprt);
	expect_regions(test, buf, 0);
	KUNIT_EXPECT_EQ(test, deregistered, 20);
}

/* What was used last stays, and so does what may still complete. */
static void frees_the_oldest(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_large_pool(test, 10);
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_mr *oldest, *youngest;

	youngest = list_first_entry(&buf->rb_mrs, struct rpcrdma_mr, mr_list);
	oldest = list_last_entry(&buf->rb_mrs, struct rpcrdma_mr, mr_list);
	youngest->mr_send = 9;
	oldest->mr_send = 7;
	buf->rb_sc_done = 6;
	rpcrdma_mrs_trim(buf);
	expect_regions(test, buf, 10);
	KUNIT_EXPECT_EQ(test, deregistered, 0);

	buf->rb_sc_done = 7;
	rpcrdma_mrs_trim(buf);
	expect_regions(test, buf, 5);
	KUNIT_EXPECT_PTR_EQ(test, rpcrdma_mr_get(r_xprt), youngest);
	rpcrdma_mrs_destroy(r_xprt);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(get_and_put),
	KUNIT_CASE(release),
	KUNIT_CASE(shrinks),
	KUNIT_CASE(frees_the_oldest),
	KUNIT_CASE(wakes),
	{}
};

struct kunit_suite rpcrdma_mr_suite = {
	.name = "rpcrdma-mr",
	.test_cases = cases,
};
