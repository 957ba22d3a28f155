// SPDX-License-Identifier: GPL-2.0
/*
 * Acknowledgments: one at a time, none forgotten, whatever happens in between.
 */
/* credit_test.c has others of these. */
#define rds_ib_ack_attempt	tested_ack_attempt
#define rds_ib_ack_request	tested_ack_request
#define rds_ib_credit_take	fake_credit_take
#define rds_ib_credit_available	fake_credit_available
#define rds_ib_credit_remind	fake_credit_remind
#include "../../../rds/ib_ack.c"
#include "compat/kunit.h"
#include "suites.h"

/**
 * struct acks - a connection whose device counts
 * @conn: the connection
 * @ic: its transport part
 * @dev: device
 * @pd: its protection domain
 * @rdsdev: what the transport knows of the device
 * @cm_id: leads to it
 * @qp: likewise
 * @cq: of the completions
 * @hdr: of acknowledgments
 * @posted: acknowledgments that were
 * @said: sequence in the last of them
 * @credits: frames that may be sent
 * @late: credits that come when somebody has just found none
 * @untold: frames that it takes to tell the peer of all receives
 */
struct acks {
	struct rds_connection conn;
	struct rds_ib_connection ic;
	struct ib_device dev;
	struct ib_pd pd;
	struct rds_ib_device rdsdev;
	struct rdma_cm_id cm_id;
	struct ib_qp qp;
	struct ib_cq cq;
	struct rds_header hdr;
	unsigned int posted;
	u64 said;
	unsigned int credits;
	unsigned int late;
	unsigned int untold;
};

static struct acks *acks;

unsigned int rds_ib_credit_take(struct rds_ib_connection *ic, unsigned int wanted,
				unsigned int *advertise)
{
	*advertise = 0;
	if (acks->credits) {
		acks->credits--;
		return 1;
	}
	/* Their arrival finds the work request in use. */
	swap(acks->credits, acks->late);
	if (acks->credits)
		rds_ib_ack_attempt(ic);
	return 0;
}

bool rds_ib_credit_available(struct rds_ib_connection *ic)
{
	return acks->credits;
}

void rds_ib_credit_remind(struct rds_ib_connection *ic)
{
	if (acks->untold && --acks->untold)
		rds_ib_ack_request(ic);
}

static int fake_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
			  const struct ib_send_wr **bad)
{
	acks->posted++;
	acks->said = be64_to_cpu(acks->hdr.h_ack);
	return 0;
}

static int ack_init(struct kunit *test)
{
	struct rds_ib_connection *ic;

	acks = kunit_kzalloc(test, sizeof(*acks), GFP_KERNEL);
	if (!acks)
		return -ENOMEM;
	acks->dev.ops.post_send = fake_post_send;
	acks->qp.device = &acks->dev;
	acks->cm_id.device = &acks->dev;
	acks->cm_id.qp = &acks->qp;
	acks->rdsdev.pd = &acks->pd;
	ic = &acks->ic;
	ic->conn = &acks->conn;
	ic->cm_id = &acks->cm_id;
	ic->rdsdev = &acks->rdsdev;
	ic->ack_hdr = &acks->hdr;
	acks->cq.cq_context = ic;
	atomic_set(&acks->conn.c_state, RDS_CONN_UP);
	acks->credits = 100;
	rds_ib_ack_init(ic);
	return 0;
}

static void received(u64 seq)
{
	atomic64_set(&acks->ic.ack_next, seq);
	rds_ib_ack_request(&acks->ic);
	rds_ib_ack_attempt(&acks->ic);
}

static void completed(void)
{
	struct ib_wc wc = { .wr_cqe = &acks->ic.ack_cqe, .status = IB_WC_SUCCESS };

	acks->ic.ack_cqe.done(&acks->cq, &wc);
}

static void one_at_a_time(struct kunit *test)
{
	rds_ib_ack_attempt(&acks->ic);
	KUNIT_EXPECT_EQ(test, acks->posted, 0);
	received(1);
	KUNIT_EXPECT_EQ(test, acks->posted, 1);
	KUNIT_EXPECT_EQ(test, acks->said, 1);
	received(2);
	received(3);
	KUNIT_EXPECT_EQ(test, acks->posted, 1);
	/* What came meanwhile is answered together. */
	completed();
	KUNIT_EXPECT_EQ(test, acks->posted, 2);
	KUNIT_EXPECT_EQ(test, acks->said, 3);
	completed();
	KUNIT_EXPECT_EQ(test, acks->posted, 2);
}

static void with_a_message(struct kunit *test)
{
	received(1);
	received(2);
	KUNIT_EXPECT_EQ(test, rds_ib_ack_piggyback(&acks->ic), 2);
	completed();
	KUNIT_EXPECT_EQ(test, acks->posted, 1);
}

static void without_credits(struct kunit *test)
{
	acks->credits = 0;
	received(1);
	KUNIT_EXPECT_EQ(test, acks->posted, 0);
	acks->credits = 1;
	rds_ib_ack_attempt(&acks->ic);
	KUNIT_EXPECT_EQ(test, acks->posted, 1);
}

/* They come when it has found none, and before it says that it has given up. */
static void credits_just_now(struct kunit *test)
{
	acks->credits = 0;
	acks->late = 1;
	received(1);
	KUNIT_EXPECT_EQ(test, acks->posted, 1);
	KUNIT_EXPECT_EQ(test, acks->said, 1);
}

/* One frame after another, until the peer knows of all receives. */
static void more_credits_than_fit(struct kunit *test)
{
	acks->untold = 3;
	received(1);
	KUNIT_EXPECT_EQ(test, acks->posted, 1);
	completed();
	KUNIT_EXPECT_EQ(test, acks->posted, 2);
	completed();
	KUNIT_EXPECT_EQ(test, acks->posted, 3);
	completed();
	KUNIT_EXPECT_EQ(test, acks->posted, 3);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(with_a_message),
	KUNIT_CASE(without_credits),
	KUNIT_CASE(credits_just_now),
	KUNIT_CASE(more_credits_than_fit),
	{}
};

struct kunit_suite rds_ack_suite = {
	.name = "rds_rdma-ack",
	.init = ack_init,
	.test_cases = cases,
};
