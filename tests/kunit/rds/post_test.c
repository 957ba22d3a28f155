// SPDX-License-Identifier: GPL-2.0
/*
 * RDMA operations on a device that does not take all of their work requests: the
 * memory stays mapped, and the message stays, as long as one of them is in use.
 */
/* Others have these of their own. */
#define rds_ib_send_more	tested_send_more
#define rds_conn_drop		fake_drop
#include "../../../rds/ib_send.c"
#include "../../../rds/ib_rdma.c"
#include <linux/slab.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define RING		8
#define MAX_SGE		4
#define SEGMENTS	(3 * MAX_SGE)	/* three work requests */

/**
 * struct poster - a connection whose device takes only so many work requests
 * @conn: the connection
 * @ic: its transport part
 * @dev: device
 * @pd: its protection domain
 * @rdsdev: what the transport knows of the device
 * @cm_id: leads to it
 * @qp: likewise
 * @cq: of the completions
 * @rs: sending socket
 * @rm: message
 * @op: operation before it
 * @sg: its memory
 * @memory: the same
 * @takes: work requests that the device will take
 * @taken: those that it has
 * @drops: of the connection
 * @reported: results of the operation
 * @flushed: ends without a result
 */
struct poster {
	struct rds_connection conn;
	struct rds_ib_connection ic;
	struct ib_device dev;
	struct ib_pd pd;
	struct rds_ib_device rdsdev;
	struct rdma_cm_id cm_id;
	struct ib_qp qp;
	struct ib_cq cq;
	struct rds_sock rs;
	struct rds_message *rm;
	struct rm_rdma_op op;
	struct scatterlist sg[SEGMENTS];
	u8 memory[SEGMENTS][16];
	unsigned int takes;
	unsigned int taken;
	unsigned int drops;
	unsigned int reported;
	unsigned int flushed;
};

static struct poster *poster;

unsigned long rds_ib_sysctl_max_unsignaled_wr = 16;

void rds_conn_drop(struct rds_connection *conn)
{
	poster->drops++;
	atomic_set(&conn->c_state, RDS_CONN_ERROR);
}

void rds_rdma_send_complete(struct rds_message *rm, int status)
{
	poster->reported++;
}

void rds_atomic_send_complete(struct rds_message *rm, int status)
{
}

void rds_notify_flushed(struct rds_sock *rs, struct rm_op *op)
{
	poster->flushed++;
}

static int take_some(struct ib_qp *qp, const struct ib_send_wr *wr,
		     const struct ib_send_wr **bad)
{
	for (; wr; wr = wr->next) {
		if (poster->taken == poster->takes) {
			*bad = wr;
			return -ENOMEM;
		}
		poster->taken++;
	}
	return 0;
}

static int post_init(struct kunit *test)
{
	struct rds_ib_connection *ic;
	unsigned int i;

	poster = kunit_kzalloc(test, sizeof(*poster), GFP_KERNEL);
	if (!poster)
		return -ENOMEM;
	memset(&rds_fake, 0, sizeof(rds_fake));
	poster->dev.ops.post_send = take_some;
	poster->qp.device = &poster->dev;
	poster->cm_id.device = &poster->dev;
	poster->cm_id.qp = &poster->qp;
	poster->rdsdev.pd = &poster->pd;
	poster->rdsdev.max_sge = MAX_SGE;
	poster->conn.c_transport_data = &poster->ic;
	atomic_set(&poster->conn.c_state, RDS_CONN_UP);

	ic = &poster->ic;
	poster->cq.cq_context = ic;
	ic->conn = &poster->conn;
	ic->cm_id = &poster->cm_id;
	ic->rdsdev = &poster->rdsdev;
	rds_ib_ring_init(&ic->send_ring, RING);
	ic->sends = kunit_kcalloc(test, RING, sizeof(*ic->sends), GFP_KERNEL);
	if (!ic->sends)
		return -ENOMEM;

	sg_init_table(poster->sg, SEGMENTS);
	for (i = 0; i < SEGMENTS; i++)
		sg_set_buf(&poster->sg[i], poster->memory[i], sizeof(poster->memory[i]));
	poster->rm = rds_fake_message(test, 0);
	poster->rm->m_rs = &poster->rs;
	poster->rm->m_rdma = &poster->op;
	rds_fake.sock_refs++;
	poster->op.op.op_rm = poster->rm;
	poster->op.op.op_sg = poster->sg;
	poster->op.op.op_nents = SEGMENTS;
	return 0;
}

static void post_exit(struct kunit *test)
{
	if (!poster)
		return;
	if (poster->rm)
		rds_message_put(poster->rm);
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 0);
	KUNIT_EXPECT_EQ(test, rds_fake.sock_refs, 0);
	poster = NULL;
}

/* As xmit.c does it. */
static int start(unsigned int takes)
{
	poster->takes = takes;
	atomic_inc(&poster->rm->m_mapped);
	return rds_ib_xmit_rdma(&poster->conn, &poster->op);
}

static void complete_one(unsigned int index, enum ib_wc_status status)
{
	struct ib_wc wc = { .wr_cqe = &poster->ic.sends[index].cqe, .status = status };

	rds_ib_send_done(&poster->cq, &wc);
}

static void expect_in_use(struct kunit *test, bool in_use)
{
	KUNIT_EXPECT_EQ(test, atomic_read(&poster->rm->m_mapped), in_use);
	KUNIT_EXPECT_EQ(test, refcount_read(&poster->rm->m_refcount), 1 + in_use);
	KUNIT_EXPECT_EQ(test, poster->op.op.op_count, in_use ? SEGMENTS : 0);
}

static void taken_whole(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, start(3), 0);
	expect_in_use(test, true);
	complete_one(2, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, poster->reported, 1);
	KUNIT_EXPECT_EQ(test, poster->flushed, 0);
	expect_in_use(test, false);
	rds_ib_send_clear(&poster->ic);
	KUNIT_EXPECT_EQ(test, poster->drops, 0);
}

static void taken_in_part(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, start(2), -EIO);
	KUNIT_EXPECT_EQ(test, poster->drops, 1);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_used(&poster->ic.send_ring), 2);
	/* The device reads and writes it, and their completions look at it. */
	expect_in_use(test, true);
	complete_one(0, IB_WC_WR_FLUSH_ERR);
	expect_in_use(test, true);
	complete_one(1, IB_WC_WR_FLUSH_ERR);
	expect_in_use(test, true);
	rds_ib_send_clear(&poster->ic);
	expect_in_use(test, false);
	KUNIT_EXPECT_EQ(test, poster->reported, 0);
	KUNIT_EXPECT_EQ(test, poster->flushed, 1);
}

static void not_taken(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, start(0), -EIO);
	KUNIT_EXPECT_EQ(test, poster->drops, 1);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_used(&poster->ic.send_ring), 0);
	rds_ib_send_clear(&poster->ic);
	expect_in_use(test, false);
	KUNIT_EXPECT_EQ(test, poster->flushed, 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(taken_whole),
	KUNIT_CASE(taken_in_part),
	KUNIT_CASE(not_taken),
	{}
};

struct kunit_suite rds_post_suite = {
	.name = "rds_rdma-post",
	.init = post_init,
	.exit = post_exit,
	.test_cases = cases,
};
