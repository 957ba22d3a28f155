// SPDX-License-Identifier: GPL-2.0
/*
 * The server's send queue: what finds no room waits in its turn, and a client that
 * takes nothing holds up nobody.
 */
#include "../../../xprtrdma/svc_send.c"
#include "compat/kunit.h"
#include "suites.h"

#define DEPTH	10

struct percpu_counter svcrdma_stat_sq_starve;

/* What has been posted: the ids, as letters. */
static char posted[32];
static int post_error;

static int fake_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
			  const struct ib_send_wr **bad)
{
	size_t n = strlen(posted);

	if (post_error)
		return post_error;
	posted[n] = wr->wr_id;
	posted[n + 1] = 0;
	return 0;
}

struct queue {
	struct svcrdma_xprt sx;
	struct rdma_cm_id id;
	struct ib_qp qp;
	struct svcrdma_job jobs[26];
	struct ib_send_wr wrs[26];
};

static void destroy_counter(void *unused)
{
	percpu_counter_destroy(&svcrdma_stat_sq_starve);
}

static struct queue *make_queue(struct kunit *test)
{
	struct queue *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);
	struct ib_device *device = kunit_kzalloc(test, sizeof(*device), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, q);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, device);
	KUNIT_ASSERT_EQ(test, percpu_counter_init(&svcrdma_stat_sq_starve, 0, GFP_KERNEL), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy_counter, NULL), 0);
	device->ops.post_send = fake_post_send;
	q->qp.device = device;
	q->id.qp = &q->qp;
	q->sx.sx_id = &q->id;
	mutex_init(&q->sx.sx_sq_mutex);
	INIT_LIST_HEAD(&q->sx.sx_sq_waiting);
	/* so that no service is looked for */
	set_bit(XPT_BUSY, &q->sx.sx_xprt.xpt_flags);
	svcrdma_sq_init(&q->sx, DEPTH);
	posted[0] = 0;
	post_error = 0;
	return q;
}

static int post(struct queue *q, char name, unsigned int wrs)
{
	struct ib_send_wr *wr = &q->wrs[name - 'a'];

	wr->wr_id = name;
	return svcrdma_post(&q->sx, &q->jobs[name - 'a'], wr, wrs);
}

/* Small ones do not overtake a large one. */
static void in_turn(struct kunit *test)
{
	struct queue *q = make_queue(test);

	KUNIT_EXPECT_EQ(test, post(q, 'a', 4), 0);
	KUNIT_EXPECT_EQ(test, post(q, 'b', 4), 0);
	KUNIT_EXPECT_EQ(test, post(q, 'c', 8), 0);
	KUNIT_EXPECT_EQ(test, post(q, 'd', 1), 0);
	KUNIT_EXPECT_STREQ(test, posted, "ab");
	KUNIT_EXPECT_EQ(test, percpu_counter_sum(&svcrdma_stat_sq_starve), 2LL);
	svcrdma_post_done(&q->sx, 4);
	KUNIT_EXPECT_STREQ(test, posted, "ab");
	svcrdma_post_done(&q->sx, 4);
	KUNIT_EXPECT_STREQ(test, posted, "abcd");
	svcrdma_post_done(&q->sx, 9);
	KUNIT_EXPECT_EQ(test, q->sx.sx_sq_avail, (unsigned int)DEPTH);
	KUNIT_EXPECT_FALSE(test, test_bit(XPT_CLOSE, &q->sx.sx_xprt.xpt_flags));
}

/* Calls are taken as long as half of it is free, and nothing waits. */
static void open_and_shut(struct kunit *test)
{
	struct queue *q = make_queue(test);

	KUNIT_EXPECT_TRUE(test, q->sx.sx_sq_open);
	post(q, 'a', 5);
	KUNIT_EXPECT_TRUE(test, q->sx.sx_sq_open);
	post(q, 'b', 1);
	KUNIT_EXPECT_FALSE(test, q->sx.sx_sq_open);
	svcrdma_post_done(&q->sx, 1);
	KUNIT_EXPECT_TRUE(test, q->sx.sx_sq_open);
	post(q, 'c', 6);
	KUNIT_EXPECT_FALSE(test, q->sx.sx_sq_open);
	svcrdma_post_done(&q->sx, 5);
	KUNIT_EXPECT_STREQ(test, posted, "abc");
	KUNIT_EXPECT_FALSE(test, q->sx.sx_sq_open);
	svcrdma_post_done(&q->sx, 6);
	KUNIT_EXPECT_TRUE(test, q->sx.sx_sq_open);
}

static void too_large(struct kunit *test)
{
	struct queue *q = make_queue(test);

	KUNIT_EXPECT_EQ(test, post(q, 'a', DEPTH), 0);
	KUNIT_EXPECT_EQ(test, post(q, 'b', DEPTH + 1), -ENOTCONN);
	KUNIT_EXPECT_TRUE(test, test_bit(XPT_CLOSE, &q->sx.sx_xprt.xpt_flags));
	KUNIT_EXPECT_STREQ(test, posted, "a");
}

/* At the end nothing is posted any more, and what waits is left alone. */
static void the_end(struct kunit *test)
{
	struct queue *q = make_queue(test);

	post(q, 'a', DEPTH);
	post(q, 'b', 1);
	set_bit(XPT_CLOSE, &q->sx.sx_xprt.xpt_flags);
	KUNIT_EXPECT_EQ(test, post(q, 'c', 1), -ENOTCONN);
	svcrdma_post_done(&q->sx, DEPTH);
	KUNIT_EXPECT_STREQ(test, posted, "a");
	KUNIT_EXPECT_FALSE(test, list_empty(&q->sx.sx_sq_waiting));
}

/* What a failed post has left in the queue nobody knows: it is not given back. */
static void post_fails(struct kunit *test)
{
	struct queue *q = make_queue(test);

	post_error = -EINVAL;
	KUNIT_EXPECT_EQ(test, post(q, 'a', 1), 0);
	KUNIT_EXPECT_TRUE(test, test_bit(XPT_CLOSE, &q->sx.sx_xprt.xpt_flags));
	KUNIT_EXPECT_TRUE(test, list_empty(&q->sx.sx_sq_waiting));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(in_turn),
	KUNIT_CASE(open_and_shut),
	KUNIT_CASE(too_large),
	KUNIT_CASE(the_end),
	KUNIT_CASE(post_fails),
	{}
};

struct kunit_suite rpcrdma_svc_send_suite = {
	.name = "rpcrdma-svc-send",
	.test_cases = cases,
};
