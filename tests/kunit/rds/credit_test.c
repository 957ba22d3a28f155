// SPDX-License-Identifier: GPL-2.0
/*
 * Credits: two ends that only send what they may, whatever the order, never get
 * stuck, and never send to a peer that has no receive.
 */
#include "../../../rds/ib_credit.c"
#include <linux/random.h>
#include "compat/kunit.h"
#include "suites.h"

unsigned int rds_ib_sysctl_flow_control;
DEFINE_PER_CPU(struct rds_ib_statistics, rds_ib_stats);

static unsigned int requests;

void rds_ib_ack_request(struct rds_ib_connection *ic)
{
	requests++;
}

void rds_ib_ack_attempt(struct rds_ib_connection *ic)
{
}

void rds_ib_send_more(struct rds_ib_connection *ic)
{
}

static struct rds_ib_connection *new_conn(struct kunit *test)
{
	struct rds_ib_connection *ic = kunit_kzalloc(test, sizeof(*ic), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ic);
	spin_lock_init(&ic->credit_lock);
	rds_ib_credit_init(ic);
	rds_ib_sysctl_flow_control = 1;
	requests = 0;
	rds_ib_credit_posted(ic, 1);
	KUNIT_ASSERT_EQ(test, rds_ib_credit_offer(ic), 1);
	return ic;
}

static void off(struct kunit *test)
{
	struct rds_ib_connection *ic = new_conn(test);
	unsigned int advertise;

	rds_ib_sysctl_flow_control = 0;
	rds_ib_credit_posted(ic, 100);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_offer(ic), 0);
	rds_ib_credit_agree(ic, 10);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 77, &advertise), 77);
	KUNIT_EXPECT_EQ(test, advertise, 0);
	KUNIT_EXPECT_EQ(test, requests, 0);

	/* The peer does not want any. */
	rds_ib_sysctl_flow_control = 1;
	rds_ib_credit_agree(ic, 0);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 77, &advertise), 77);
}

/* The setting changes between our offer and the peer's. */
static void changed_meanwhile(struct kunit *test)
{
	struct rds_ib_connection *ic = new_conn(test);
	unsigned int advertise;

	/* It does not count: it has had no offer. */
	rds_ib_sysctl_flow_control = 0;
	KUNIT_EXPECT_EQ(test, rds_ib_credit_offer(ic), 0);
	rds_ib_sysctl_flow_control = 1;
	rds_ib_credit_agree(ic, 10);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 77, &advertise), 77);

	/* It counts. */
	ic = new_conn(test);
	rds_ib_sysctl_flow_control = 0;
	rds_ib_credit_agree(ic, 10);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 77, &advertise), 9);
}

static void last_one(struct kunit *test)
{
	struct rds_ib_connection *ic = new_conn(test);
	unsigned int advertise;

	rds_ib_credit_agree(ic, 2);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 5, &advertise), 1);
	KUNIT_EXPECT_FALSE(test, rds_ib_credit_available(ic));
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 1, &advertise), 0);
	rds_ib_credit_posted(ic, 3);
	KUNIT_EXPECT_TRUE(test, rds_ib_credit_available(ic));
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 1, &advertise), 1);
	KUNIT_EXPECT_EQ(test, advertise, 3);
	rds_ib_credit_add(ic, U32_MAX);
	rds_ib_credit_add(ic, U32_MAX);
	KUNIT_EXPECT_EQ(test, ic->send_credits, U32_MAX);
}

static void advertise_limit(struct kunit *test)
{
	struct rds_ib_connection *ic = new_conn(test);
	unsigned int advertise;

	rds_ib_credit_agree(ic, 10);
	rds_ib_credit_posted(ic, 300);
	KUNIT_EXPECT_EQ(test, requests, 1);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 1, &advertise), 1);
	KUNIT_EXPECT_EQ(test, advertise, 255);
	rds_ib_credit_untake(ic, 1, advertise);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 1, &advertise), 1);
	KUNIT_EXPECT_EQ(test, advertise, 255);
	/* The request is forgotten when the frame goes, but not the rest. */
	requests = 0;
	rds_ib_credit_remind(ic);
	KUNIT_EXPECT_EQ(test, requests, 1);
	KUNIT_EXPECT_EQ(test, rds_ib_credit_take(ic, 1, &advertise), 1);
	KUNIT_EXPECT_EQ(test, advertise, 45);
	rds_ib_credit_remind(ic);
	KUNIT_EXPECT_EQ(test, requests, 1);
}

/* One end: what it has posted, and what is on its way to it. */
struct end {
	struct rds_ib_connection *ic;
	unsigned int free;
	unsigned int consumed;
};

static bool send_one(struct kunit *test, struct end *from, struct end *to)
{
	unsigned int advertise;

	if (!rds_ib_credit_take(from->ic, 1, &advertise))
		return false;
	KUNIT_EXPECT_GT(test, to->free, 0);
	to->free--;
	to->consumed++;
	if (advertise)
		rds_ib_credit_add(to->ic, advertise);
	return true;
}

static void post_again(struct end *end)
{
	end->free += end->consumed;
	rds_ib_credit_posted(end->ic, end->consumed);
	end->consumed = 0;
}

static void two_ends(struct kunit *test)
{
	struct end ends[2] = { { .free = 8 }, { .free = 3 } };
	unsigned int i, sent = 0;

	ends[0].ic = new_conn(test);
	ends[1].ic = new_conn(test);
	rds_ib_credit_agree(ends[0].ic, 3);
	rds_ib_credit_agree(ends[1].ic, 8);
	for (i = 0; i < 20000; i++) {
		unsigned int who = get_random_u32() & 1;

		if (get_random_u32() & 1)
			post_again(&ends[who]);
		else
			sent += send_one(test, &ends[who], &ends[!who]);
	}
	KUNIT_EXPECT_GT(test, sent, 2000);
	/* When all is posted, at least one of them can go on. */
	post_again(&ends[0]);
	post_again(&ends[1]);
	i = rds_ib_credit_available(ends[0].ic) + rds_ib_credit_available(ends[1].ic);
	KUNIT_EXPECT_GT(test, i, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(off),
	KUNIT_CASE(changed_meanwhile),
	KUNIT_CASE(last_one),
	KUNIT_CASE(advertise_limit),
	KUNIT_CASE(two_ends),
	{}
};

struct kunit_suite rds_credit_suite = {
	.name = "rds_rdma-credit",
	.test_cases = cases,
};
