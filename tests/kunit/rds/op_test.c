// SPDX-License-Identifier: GPL-2.0
/*
 * What a user gets to know of operations, whatever the order in which a request
 * completes, or is flushed, and the peer acknowledges the message: each reports
 * once, and never a success of which nobody knows.
 */
/* The modules under test export these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
/* fake.c has others, for the queues. */
#define rds_message_notify	tested_message_notify
#define rds_message_acked	tested_message_acked
#define rds_send_finish		fake_send_finish
#include "../../../rds/notify.c"
#include "../../../rds/rdma.c"
#include "compat/kunit.h"
#include "suites.h"

/**
 * struct pair_of_ops - a message with an operation of either kind
 * @rs: its socket
 * @rm: the message
 * @rdma: the one
 * @atomic: the other
 * @finished: how often the message was
 */
struct pair_of_ops {
	struct rds_sock rs;
	struct rds_message rm;
	struct rm_rdma_op rdma;
	struct rm_atomic_op atomic;
	unsigned int finished;
};

static struct pair_of_ops *ops;

#define TOKEN_RDMA	1
#define TOKEN_ATOMIC	2

void rds_send_finish(struct rds_connection *conn, struct rds_message *rm, int status)
{
	ops->finished++;
}

int rds_pin(struct rm_op *op, const struct rds_iovec *iov, unsigned int nr,
	    bool device_writes)
{
	return 0;
}

void rds_unpin(struct rm_op *op)
{
}

static int op_init(struct kunit *test)
{
	ops = kunit_kzalloc(test, sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	spin_lock_init(&ops->rs.rs_lock);
	INIT_LIST_HEAD(&ops->rs.rs_notify_queue);
	ops->rm.m_rs = &ops->rs;
	ops->rm.m_rdma = &ops->rdma;
	ops->rm.m_atomic = &ops->atomic;
	ops->rdma.op.op_posted = true;
	ops->atomic.op.op_posted = true;
	return rds_notifier_alloc(&ops->rdma.op, &ops->rs, RDS_RDMA_NOTIFY_ME, TOKEN_RDMA) ?:
	       rds_notifier_alloc(&ops->atomic.op, &ops->rs, RDS_RDMA_NOTIFY_ME, TOKEN_ATOMIC);
}

static void op_exit(struct kunit *test)
{
	if (!ops)
		return;
	rds_notify_drop_all(&ops->rs);
	kfree(ops->rdma.op.op_notifier);
	kfree(ops->atomic.op.op_notifier);
	ops = NULL;
}

/* The next result; -1 if there is none. */
static int result(struct kunit *test, u64 token)
{
	struct rds_notifier *notifier = take(&ops->rs);
	int status;

	if (!notifier)
		return -1;
	KUNIT_EXPECT_EQ(test, notifier->n_user_token, token);
	status = notifier->n_status;
	kfree(notifier);
	return status;
}

/* A read that is not fenced: the message, and its acknowledgment, overtake it. */
static void acked_before_read(struct kunit *test)
{
	rds_message_acked(&ops->rm);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
	rds_rdma_send_complete(&ops->rm, RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_RDMA), RDS_RDMA_SUCCESS);
	rds_atomic_send_complete(&ops->rm, RDS_RDMA_REMOTE_ERROR);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_ATOMIC), RDS_RDMA_REMOTE_ERROR);
	rds_message_acked(&ops->rm);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
}

/* A write has been done when the message after it has arrived. */
static void acked_before_write(struct kunit *test)
{
	ops->rdma.op_write = true;
	rds_message_acked(&ops->rm);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_RDMA), RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
	rds_rdma_send_complete(&ops->rm, RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
}

/* The connection breaks after that: what was read, if anything, nobody knows. */
static void acked_then_flushed(struct kunit *test)
{
	rds_message_acked(&ops->rm);
	rds_notify_flushed(&ops->rs, &ops->rdma.op);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_RDMA), RDS_RDMA_DROPPED);
	rds_notify_flushed(&ops->rs, &ops->atomic.op);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_ATOMIC), RDS_RDMA_DROPPED);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
}

/* It breaks first, and the peer says on the next one that it has the message. */
static void flushed_then_acked(struct kunit *test)
{
	ops->rdma.op_write = true;
	rds_notify_flushed(&ops->rs, &ops->rdma.op);
	rds_notify_flushed(&ops->rs, &ops->atomic.op);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
	rds_message_acked(&ops->rm);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_RDMA), RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_ATOMIC), RDS_RDMA_DROPPED);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
}

static void flushed_then_cancelled(struct kunit *test)
{
	rds_notify_flushed(&ops->rs, &ops->rdma.op);
	rds_message_notify(&ops->rm, RDS_RDMA_CANCELED);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_RDMA), RDS_RDMA_CANCELED);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_ATOMIC), RDS_RDMA_CANCELED);
	rds_message_acked(&ops->rm);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
}

/* A message that is nothing but two operations ends with the second of them. */
static void two_and_nothing_else(struct kunit *test)
{
	__set_bit(RDS_MSG_NO_DATA, &ops->rm.m_flags);
	rds_rdma_send_complete(&ops->rm, RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, ops->finished, 0);
	rds_atomic_send_complete(&ops->rm, RDS_RDMA_REMOTE_ERROR);
	KUNIT_EXPECT_EQ(test, ops->finished, 1);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_RDMA), RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_ATOMIC), RDS_RDMA_REMOTE_ERROR);
}

/* Only failures are wanted. */
static void recverr(struct kunit *test)
{
	ops->rdma.op.op_notify = false;
	ops->atomic.op.op_notify = false;
	rds_rdma_send_complete(&ops->rm, RDS_RDMA_SUCCESS);
	rds_atomic_send_complete(&ops->rm, RDS_RDMA_OTHER_ERROR);
	KUNIT_EXPECT_EQ(test, result(test, TOKEN_ATOMIC), RDS_RDMA_OTHER_ERROR);
	KUNIT_EXPECT_EQ(test, result(test, 0), -1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(acked_before_read),
	KUNIT_CASE(acked_before_write),
	KUNIT_CASE(acked_then_flushed),
	KUNIT_CASE(flushed_then_acked),
	KUNIT_CASE(flushed_then_cancelled),
	KUNIT_CASE(two_and_nothing_else),
	KUNIT_CASE(recverr),
	{}
};

struct kunit_suite rds_op_suite = {
	.name = "rds-operations",
	.init = op_init,
	.exit = op_exit,
	.test_cases = cases,
};
