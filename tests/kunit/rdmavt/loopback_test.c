// SPDX-License-Identifier: GPL-2.0
/*
 * The loopback engine: data, completions, errors of both ends, waiting, and
 * messages that are longer than one run.  A queue pair that is connected to
 * itself is a good deal of this already; UC and errors use two.
 */
#include <linux/delay.h>
#include <linux/vmalloc.h>
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define LONG_MESSAGE	(3 * SZ_1M + 5)

static const enum ib_wc_opcode wc_opcode[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] = IB_WC_SEND,
	[IB_WR_SEND_WITH_INV] = IB_WC_SEND,
	[IB_WR_RDMA_WRITE] = IB_WC_RDMA_WRITE,
	[IB_WR_RDMA_READ] = IB_WC_RDMA_READ,
	[IB_WR_RDMA_READ_WITH_INV] = IB_WC_RDMA_READ,
	[IB_WR_LOCAL_INV] = IB_WC_LOCAL_INV,
};

struct fixture {
	struct fake_dev *dev;
	struct ib_pd *pd;
	struct rvt_qp *a, *b;		/* connected to each other */
	struct fake_region *region;	/* of @b, one page, all rights */
	u8 *from, *to;			/* LONG_MESSAGE each, named by key 0 */
};

/* Own and peer's number differ from those that fake_modify() chooses. */
static void connect(struct kunit *test, struct rvt_qp *qp, struct rvt_qp *peer)
{
	bool rc = qp->ibqp.qp_type == IB_QPT_RC;
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_INIT, .port_num = 1,
		.qp_access_flags = IB_ACCESS_REMOTE_WRITE | (rc ? IB_ACCESS_REMOTE_READ : 0),
		.path_mtu = IB_MTU_1024, .dest_qp_num = peer->ibqp.qp_num,
		.max_dest_rd_atomic = 4, .min_rnr_timer = 1,
		.timeout = 1, .retry_cnt = 1, .rnr_retry = 1, .max_rd_atomic = 4,
		.ah_attr = { .type = RDMA_AH_ATTR_TYPE_IB, .port_num = 1, .ib = { .dlid = 1 } },
	};
	int rtr = IB_QP_STATE | IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN;
	int rts = IB_QP_STATE | IB_QP_SQ_PSN;

	if (rc) {
		rtr |= IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER;
		rts |= IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY | IB_QP_MAX_QP_RD_ATOMIC;
	}
	KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, IB_QP_STATE | IB_QP_PKEY_INDEX |
					   IB_QP_PORT | IB_QP_ACCESS_FLAGS), 0);
	attr.qp_state = IB_QPS_RTR;
	KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, rtr), 0);
	attr.qp_state = IB_QPS_RTS;
	KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, rts), 0);
}

static void free_buffer(void *arg)
{
	vfree(arg);
}

static u8 *buffer(struct kunit *test)
{
	u8 *p = vzalloc(LONG_MESSAGE);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_buffer, p), 0);
	return p;
}

static struct fixture *start(struct kunit *test, enum ib_qp_type type)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	f->dev = fake_register(test);
	f->dev->rdi.wc_opcode = wc_opcode;
	f->from = buffer(test);
	f->to = buffer(test);
	for (i = 0; i < LONG_MESSAGE; i++)
		f->from[i] = i * 7 + (i >> 8);
	f->pd = fake_pd(test, f->dev, 0);
	f->a = fake_qp(test, f->dev, f->pd, type);
	f->b = fake_qp(test, f->dev, f->pd, type);
	f->region = fake_region(test, f->b, 0, 0, 4096, IB_ACCESS_LOCAL_WRITE |
				IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_READ);
	connect(test, f->a, f->b);
	connect(test, f->b, f->a);
	return f;
}

static void post_send(struct kunit *test, struct fixture *f, u64 wr_id, u32 length)
{
	struct ib_sge sge = { .addr = (uintptr_t)f->from, .length = length };
	struct ib_send_wr wr = {
		.wr_id = wr_id, .opcode = IB_WR_SEND, .sg_list = &sge, .num_sge = 1,
	};

	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &wr, NULL), 0);
}

static void post_recv(struct kunit *test, struct fixture *f, u64 wr_id, u32 length)
{
	struct ib_sge sge = { .addr = (uintptr_t)f->to, .length = length };
	struct ib_recv_wr wr = { .wr_id = wr_id, .sg_list = &sge, .num_sge = 1 };

	KUNIT_ASSERT_EQ(test, ib_post_recv(&f->b->ibqp, &wr, NULL), 0);
}

/* READ to f->to, WRITE from f->from, @rkey and @offset of the region. */
static void post_rdma(struct kunit *test, struct fixture *f, enum ib_wr_opcode opcode, u32 length,
		      u32 rkey, u64 offset)
{
	struct ib_sge sge = {
		.addr = (uintptr_t)(opcode == IB_WR_RDMA_READ ? f->to : f->from), .length = length,
	};
	struct ib_rdma_wr wr = {
		.wr = { .wr_id = 1, .opcode = opcode, .sg_list = &sge, .num_sge = 1 },
		.remote_addr = f->region->base + offset, .rkey = rkey,
	};

	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &wr.wr, NULL), 0);
}

static void expect_wc(struct kunit *test, struct rvt_qp *qp, u64 wr_id, enum ib_wc_status status)
{
	struct ib_wc wc = { .status = -1 };

	KUNIT_EXPECT_EQ(test, ib_poll_cq(qp->ibqp.send_cq, 1, &wc), 1);
	KUNIT_EXPECT_EQ(test, wc.wr_id, wr_id);
	KUNIT_EXPECT_EQ(test, wc.status, status);
}

static void expect_no_wc(struct kunit *test, struct rvt_qp *qp)
{
	struct ib_wc wc;

	KUNIT_EXPECT_EQ(test, ib_poll_cq(qp->ibqp.send_cq, 1, &wc), 0);
}

static void send(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct rvt_loopback_stats stats;
	struct ib_wc wc;

	post_recv(test, f, 2, 5000);
	post_send(test, f, 1, 5000);
	stats = rvt_loopback_run(f->a);
	KUNIT_EXPECT_EQ(test, stats.bytes, 5000);
	KUNIT_EXPECT_EQ(test, stats.messages, 1);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(test, ib_poll_cq(f->b->ibqp.recv_cq, 1, &wc), 1);
	KUNIT_EXPECT_EQ(test, wc.wr_id, 2);
	KUNIT_EXPECT_EQ(test, wc.opcode, IB_WC_RECV);
	KUNIT_EXPECT_EQ(test, wc.byte_len, 5000);
	KUNIT_EXPECT_EQ(test, wc.src_qp, f->a->ibqp.qp_num);
	KUNIT_EXPECT_MEMEQ(test, f->from, f->to, 5000);
	KUNIT_EXPECT_EQ(test, f->to[5000], 0);
	KUNIT_EXPECT_EQ(test, f->b->r_msn, 1);
	KUNIT_EXPECT_FALSE(test, f->a->s_flags & RVT_S_BUSY);
}

static void rdma(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	post_rdma(test, f, IB_WR_RDMA_WRITE, 1000, f->region->ibmr->rkey, 96);
	post_rdma(test, f, IB_WR_RDMA_READ, 1200, f->region->ibmr->rkey, 0);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, fake_byte(f->region, 96), f->from, 1000);
	KUNIT_EXPECT_MEMEQ(test, f->to + 96, f->from, 1000);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* A zero length READ or WRITE looks at no key, and holds none. */
static void nothing(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	post_rdma(test, f, IB_WR_RDMA_WRITE, 0, 0x12345, 0);
	post_rdma(test, f, IB_WR_RDMA_READ, 0, f->region->ibmr->rkey, 0);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* A run ends in the middle, is asked for again, and the next goes on there. */
static void long_message(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct rvt_loopback_stats stats = {};
	int runs = 0;

	post_recv(test, f, 2, LONG_MESSAGE);
	post_send(test, f, 1, LONG_MESSAGE);
	post_recv(test, f, 4, 100);
	post_send(test, f, 3, 100);
	atomic_set(&f->dev->scheduled, 0);
	while (!stats.messages && runs < 100) {
		stats = rvt_loopback_run(f->a);
		KUNIT_EXPECT_GT(test, stats.bytes, 0);
		KUNIT_EXPECT_LE(test, stats.bytes, SZ_1M);
		runs++;
	}
	KUNIT_EXPECT_GT(test, runs, 2);
	KUNIT_EXPECT_GE(test, atomic_read(&f->dev->scheduled), runs - 1);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 3, IB_WC_SUCCESS);
	expect_wc(test, f->b, 2, IB_WC_SUCCESS);
	expect_wc(test, f->b, 4, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->from, f->to, LONG_MESSAGE);
}

/* Either end goes away in the middle: its peer's memory is let go of. */
static void broken_off_by_responder(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	post_recv(test, f, 2, LONG_MESSAGE);
	post_send(test, f, 1, LONG_MESSAGE);
	rvt_ruc_loopback(f->a);
	fake_modify(test, f->b, IB_QPS_RESET);
	connect(test, f->b, f->a);
	post_recv(test, f, 3, LONG_MESSAGE);
	/* the first try finds no message begun, the second begins anew */
	rvt_ruc_loopback(f->a);
	KUNIT_EXPECT_TRUE(test, f->a->s_flags & RVT_S_WAIT_RNR);
	msleep(200);
	while (f->a->s_last != f->a->s_head) {
		KUNIT_ASSERT_FALSE(test, f->a->s_flags & RVT_S_WAIT_RNR);
		rvt_ruc_loopback(f->a);
	}
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->b, 3, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->from, f->to, LONG_MESSAGE);
}

static void broken_off_by_requester(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	post_recv(test, f, 2, LONG_MESSAGE);
	post_send(test, f, 1, LONG_MESSAGE);
	rvt_ruc_loopback(f->a);
	fake_modify(test, f->a, IB_QPS_ERR);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_WR_FLUSH_ERR);
	fake_modify(test, f->a, IB_QPS_RESET);
	connect(test, f->a, f->b);

	/* the responder is still in the middle: a new beginning is a mistake */
	post_recv(test, f, 3, 100);
	post_send(test, f, 4, 100);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 4, IB_WC_REM_INV_REQ_ERR);
	expect_wc(test, f->b, 2, IB_WC_REM_INV_REQ_ERR);
	expect_wc(test, f->b, 3, IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_EQ(test, f->a->state, IB_QPS_ERR);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_ERR);
}

/* No receive: wait, try again, give up after that often. */
static void receiver_not_ready(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	int i;

	post_send(test, f, 1, 100);
	for (i = 0; i < 1 + 1; i++) {
		KUNIT_EXPECT_FALSE(test, f->a->s_flags & RVT_S_WAIT_RNR);
		rvt_ruc_loopback(f->a);
		msleep(50);
	}
	expect_wc(test, f->a, 1, IB_WC_RNR_RETRY_EXC_ERR);
	KUNIT_EXPECT_EQ(test, f->a->state, IB_QPS_ERR);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, f->dev->port.n_rnr_naks, 2);
}

static void receiver_becomes_ready(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	f->b->r_min_rnr_timer = 31;	/* 0.5 s */
	post_send(test, f, 1, 100);
	rvt_ruc_loopback(f->a);
	KUNIT_EXPECT_TRUE(test, f->a->s_flags & RVT_S_WAIT_RNR);
	rvt_ruc_loopback(f->a);
	KUNIT_EXPECT_EQ(test, f->dev->port.n_rnr_naks, 1);
	post_recv(test, f, 2, 100);
	msleep(800);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->b, 2, IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, f->a->s_rnr_retry, 1);
}

/* As if every packet were lost. */
static void peer_gone(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	fake_modify(test, f->b, IB_QPS_RESET);
	post_send(test, f, 1, 100);
	rvt_ruc_loopback(f->a);
	expect_no_wc(test, f->a);
	msleep(200);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_RETRY_EXC_ERR);
	KUNIT_EXPECT_EQ(test, f->a->state, IB_QPS_ERR);
}

/* Without a timeout the requester waits until its peer is there. */
static void peer_late(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	int i;

	fake_modify(test, f->b, IB_QPS_RESET);
	f->a->timeout = 0;
	post_send(test, f, 1, 100);
	for (i = 0; i < 4; i++) {
		rvt_ruc_loopback(f->a);
		expect_no_wc(test, f->a);
		msleep(100);
	}
	connect(test, f->b, f->a);
	post_recv(test, f, 2, 100);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->b, 2, IB_WC_SUCCESS);
}

/* Nobody takes messages from a queue pair it is not connected to. */
static void stranger(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct rvt_qp *c = fake_qp(test, f->dev, f->pd, IB_QPT_RC);

	connect(test, c, f->b);
	post_recv(test, f, 2, 100);
	f->a = c;
	post_send(test, f, 1, 100);
	rvt_ruc_loopback(c);
	msleep(200);
	rvt_ruc_loopback(c);
	expect_wc(test, c, 1, IB_WC_RETRY_EXC_ERR);
	expect_no_wc(test, f->b);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_RTS);
}

static void set_path(struct rvt_qp *qp, const struct ib_gid_attr *own, const union ib_gid *peer)
{
	spin_lock_irq(&qp->r_lock);
	rdma_ah_set_grh(&qp->remote_ah_attr, (union ib_gid *)peer, 0, 0, 64, 0);
	qp->remote_ah_attr.grh.sgid_attr = own;
	spin_unlock_irq(&qp->r_lock);
}

/* The attributes of a path hold references that these have not. */
static void forget_path(struct rvt_qp *qp)
{
	spin_lock_irq(&qp->r_lock);
	rdma_ah_set_ah_flags(&qp->remote_ah_attr, 0);
	qp->remote_ah_attr.grh.sgid_attr = NULL;
	spin_unlock_irq(&qp->r_lock);
}

/* Numbers fit, as they may by chance or design, but its peer is on another host. */
static void other_host(struct kunit *test)
{
	static const struct ib_gid_attr here = { .gid.raw = { [15] = 1 } };
	static const union ib_gid there = { .raw = { [15] = 2 } };
	struct fixture *f = start(test, IB_QPT_RC);

	set_path(f->a, &here, &here.gid);
	set_path(f->b, &here, &there);
	post_recv(test, f, 2, 100);
	post_send(test, f, 1, 100);
	rvt_ruc_loopback(f->a);
	msleep(200);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_RETRY_EXC_ERR);
	expect_no_wc(test, f->b);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_RTS);
	forget_path(f->a);
	forget_path(f->b);
}

static void same_host(struct kunit *test)
{
	static const struct ib_gid_attr one = { .gid.raw = { [15] = 1 } };
	static const struct ib_gid_attr two = { .gid.raw = { [15] = 2 } };
	struct fixture *f = start(test, IB_QPT_RC);

	set_path(f->a, &one, &two.gid);
	set_path(f->b, &two, &one.gid);
	post_recv(test, f, 2, 100);
	post_send(test, f, 1, 100);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->b, 2, IB_WC_SUCCESS);
	KUNIT_EXPECT_TRUE(test, f->b->r_flags & RVT_R_LOOPBACK);
	KUNIT_EXPECT_FALSE(test, f->a->r_flags & RVT_R_LOOPBACK);
	forget_path(f->a);
	forget_path(f->b);
}

/* What a message in packets had taken is given back before the first one of ours. */
static void after_packets(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_UC);

	post_recv(test, f, 2, 100);
	post_recv(test, f, 3, 100);
	spin_lock_irq(&f->b->r_lock);
	KUNIT_EXPECT_EQ(test, rvt_get_rwqe(f->b, false), 1);
	f->b->r_state = IB_OPCODE_UC_SEND_FIRST;
	spin_unlock_irq(&f->b->r_lock);
	post_send(test, f, 1, 100);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->b, 2, IB_WC_REM_INV_REQ_ERR);
	expect_wc(test, f->b, 3, IB_WC_SUCCESS);
}

static void too_long(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	post_recv(test, f, 2, 99);
	post_recv(test, f, 3, 99);
	post_send(test, f, 1, 100);
	post_send(test, f, 4, 10);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_REM_INV_REQ_ERR);
	expect_wc(test, f->a, 4, IB_WC_WR_FLUSH_ERR);
	expect_wc(test, f->b, 2, IB_WC_LOC_LEN_ERR);
	expect_wc(test, f->b, 3, IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_EQ(test, f->to[0], 0);
	KUNIT_EXPECT_EQ(test, f->a->state, IB_QPS_ERR);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_ERR);
}

static void bad_rkey(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	post_rdma(test, f, IB_WR_RDMA_WRITE, 4096, f->region->ibmr->rkey, 1);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_REM_ACCESS_ERR);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_ERR);
	KUNIT_EXPECT_EQ(test, *fake_byte(f->region, 1), 0);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

static void not_enabled(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	f->b->qp_access_flags = 0;
	post_rdma(test, f, IB_WR_RDMA_READ, 100, f->region->ibmr->rkey, 0);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_REM_INV_REQ_ERR);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_ERR);
}

/* UC hears of nothing, and goes on. */
static void uc_is_silent(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_UC);

	post_send(test, f, 1, 100);				/* no receive */
	post_rdma(test, f, IB_WR_RDMA_WRITE, 10, 0x12300, 0);	/* no such key */
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	post_recv(test, f, 3, 99);
	post_recv(test, f, 4, 100);
	post_send(test, f, 5, 100);				/* too long */
	post_send(test, f, 6, 100);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 5, IB_WC_SUCCESS);
	expect_wc(test, f->a, 6, IB_WC_SUCCESS);
	expect_wc(test, f->b, 3, IB_WC_LOC_LEN_ERR);
	expect_wc(test, f->b, 4, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->from, f->to, 100);
	KUNIT_EXPECT_EQ(test, f->a->state, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_RTS);
}

/* What was not begun waits in SQD; the way back sets it going. */
static void draining(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct ib_qp_attr attr = { .qp_state = IB_QPS_SQD };

	post_recv(test, f, 2, LONG_MESSAGE);
	post_recv(test, f, 4, 100);
	post_send(test, f, 1, LONG_MESSAGE);
	post_send(test, f, 3, 100);
	rvt_ruc_loopback(f->a);
	KUNIT_ASSERT_EQ(test, ib_modify_qp(&f->a->ibqp, &attr, IB_QP_STATE), 0);
	KUNIT_EXPECT_TRUE(test, f->a->s_draining);
	while (f->a->s_draining)
		rvt_ruc_loopback(f->a);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_no_wc(test, f->a);

	atomic_set(&f->dev->scheduled, 0);
	attr.qp_state = IB_QPS_RTS;
	KUNIT_ASSERT_EQ(test, ib_modify_qp(&f->a->ibqp, &attr, IB_QP_STATE), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->scheduled), 1);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 3, IB_WC_SUCCESS);
}

static void to_itself(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);

	fake_modify(test, f->a, IB_QPS_RESET);
	connect(test, f->a, f->a);
	f->b = f->a;
	post_recv(test, f, 2, LONG_MESSAGE);
	post_send(test, f, 1, LONG_MESSAGE);
	while (f->a->s_last != f->a->s_head)
		rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 2, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->from, f->to, LONG_MESSAGE);
}

/* A fenced invalidation takes place between its neighbours. */
static void late_invalidation(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct ib_send_wr inv = {
		.wr_id = 2, .opcode = IB_WR_LOCAL_INV, .send_flags = IB_SEND_FENCE,
		.ex.invalidate_rkey = f->region->ibmr->rkey,
	};

	post_rdma(test, f, IB_WR_RDMA_WRITE, 10, f->region->ibmr->rkey, 0);
	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &inv, NULL), 0);
	post_rdma(test, f, IB_WR_RDMA_WRITE, 10, f->region->ibmr->rkey, 0);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 2, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_REM_ACCESS_ERR);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->a->local_ops_pending), 0);
}

/* The key that the data came in under is void when the READ is complete. */
static void read_and_invalidate(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct fake_region *sink = fake_region(test, f->a, 0x100000, 0, 4096,
					       IB_ACCESS_LOCAL_WRITE);
	struct ib_sge sge = { .addr = sink->base, .length = 512, .lkey = sink->ibmr->lkey };
	struct ib_rdma_wr wr = {
		.wr = {
			.wr_id = 1, .opcode = IB_WR_RDMA_READ_WITH_INV, .sg_list = &sge,
			.num_sge = 1, .ex.invalidate_rkey = sink->ibmr->rkey,
		},
		.remote_addr = f->region->base, .rkey = f->region->ibmr->rkey,
	};

	memset(fake_byte(f->region, 0), 0x42, 512);
	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &wr.wr, NULL), 0);
	KUNIT_EXPECT_FALSE(test, atomic_read(&sink->mr->lkey_invalid));
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, fake_byte(sink, 0), fake_byte(f->region, 0), 512);
	KUNIT_EXPECT_TRUE(test, atomic_read(&sink->mr->lkey_invalid));
	KUNIT_EXPECT_EQ(test, ib_post_send(&f->a->ibqp, &wr.wr, NULL), -EINVAL);
}

/* The peer's key is void, and the receive says which. */
static void send_and_invalidate(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct ib_send_wr wr = {
		.wr_id = 1, .opcode = IB_WR_SEND_WITH_INV,
		.ex.invalidate_rkey = f->region->ibmr->rkey,
	};
	struct ib_wc wc;

	post_recv(test, f, 2, 100);
	post_recv(test, f, 3, 100);
	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &wr, NULL), 0);
	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &wr, NULL), 0);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_EXPECT_TRUE(test, atomic_read(&f->region->mr->lkey_invalid));
	KUNIT_ASSERT_EQ(test, ib_poll_cq(f->b->ibqp.recv_cq, 1, &wc), 1);
	KUNIT_EXPECT_EQ(test, wc.wc_flags & IB_WC_WITH_INVALIDATE, IB_WC_WITH_INVALIDATE);
	KUNIT_EXPECT_EQ(test, wc.ex.invalidate_rkey, f->region->ibmr->rkey);
}

/* A peer cannot close what was never open to it. */
static void own_region_stays_valid(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct fake_region *own = fake_region(test, f->b, 0x100000, 0, 4096, IB_ACCESS_LOCAL_WRITE);
	struct ib_send_wr wr = {
		.wr_id = 1, .opcode = IB_WR_SEND_WITH_INV, .ex.invalidate_rkey = own->ibmr->rkey,
	};
	struct ib_wc wc;

	post_recv(test, f, 2, 100);
	KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &wr, NULL), 0);
	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(test, ib_poll_cq(f->b->ibqp.recv_cq, 1, &wc), 1);
	KUNIT_EXPECT_EQ(test, wc.wc_flags & IB_WC_WITH_INVALIDATE, 0);
	KUNIT_EXPECT_FALSE(test, atomic_read(&own->mr->lkey_invalid));
}

/* A message that leaves little of a run's budget to the next. */
#define MOST_OF_A_RUN	(SZ_512K - SZ_8K)

/* The responder closes its memory between two runs: not a byte more is moved. */
static void close_in_the_middle(struct kunit *test, enum ib_wr_opcode opcode)
{
	u32 length = 4 * PAGE_SIZE, done, i;
	struct fixture *f = start(test, IB_QPT_RC);
	u32 rkey;

	f->region = fake_region(test, f->b, 0x100000, 0, length, IB_ACCESS_LOCAL_WRITE |
				IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_READ);
	rkey = f->region->ibmr->rkey;
	post_recv(test, f, 2, MOST_OF_A_RUN);
	post_send(test, f, 1, MOST_OF_A_RUN);
	post_rdma(test, f, opcode, length, rkey, 0);
	rvt_ruc_loopback(f->a);
	done = length - f->a->s_len;
	KUNIT_ASSERT_GT(test, done, 0);
	KUNIT_ASSERT_LT(test, done, length);
	KUNIT_ASSERT_EQ(test, rvt_invalidate_rkey(f->b, rkey), 0);

	rvt_ruc_loopback(f->a);
	expect_wc(test, f->a, 1, IB_WC_SUCCESS);
	expect_wc(test, f->a, 1, IB_WC_REM_ACCESS_ERR);
	KUNIT_EXPECT_EQ(test, f->b->state, IB_QPS_ERR);
	for (i = done; i < length && !*fake_byte(f->region, i); i++)
		;
	KUNIT_EXPECT_EQ(test, i, length);
	/* what the SEND has left there */
	KUNIT_EXPECT_MEMEQ(test, f->to + done, f->from + done, length - done);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

static void write_to_closed(struct kunit *test)
{
	close_in_the_middle(test, IB_WR_RDMA_WRITE);
}

static void read_from_closed(struct kunit *test)
{
	close_in_the_middle(test, IB_WR_RDMA_READ);
}

static bool run_engine(struct rvt_qp *qp)
{
	rvt_ruc_loopback(qp);
	return true;
}

struct tracked {
	struct ib_cqe cqe;
	enum ib_wc_status status;
	int turn;		/* it was the how-manyth to complete, from 1 */
	int *turns;
};

static void tracked_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct tracked *t = container_of(wc->wr_cqe, struct tracked, cqe);

	t->status = wc->status;
	t->turn = ++*t->turns;
}

/* ib_drain_qp() returns when all others have completed, in order, as flushed. */
static void drain(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPT_RC);
	struct ib_sge sge = { .addr = (uintptr_t)f->from, .length = 100 };
	struct tracked sends[3], recvs[3];
	int sent = 0, received = 0, i;

	f->dev->rdi.driver_f.do_send = rvt_ruc_loopback;
	f->dev->rdi.driver_f.schedule_send_no_lock = run_engine;
	f->a->ibqp.send_cq->poll_ctx = IB_POLL_DIRECT;	/* who waits polls */
	f->b->r_min_rnr_timer = 0;			/* 655 ms */
	for (i = 0; i < 3; i++) {
		struct ib_recv_wr recv = { .wr_cqe = &recvs[i].cqe };
		struct ib_send_wr send = {
			.wr_cqe = &sends[i].cqe, .opcode = IB_WR_SEND,
			.sg_list = &sge, .num_sge = 1,
		};

		sends[i] = (struct tracked) { { tracked_done }, .turns = &sent };
		recvs[i] = (struct tracked) { { tracked_done }, .turns = &received };
		KUNIT_ASSERT_EQ(test, ib_post_recv(&f->a->ibqp, &recv, NULL), 0);
		/* the peer has no receive */
		KUNIT_ASSERT_EQ(test, ib_post_send(&f->a->ibqp, &send, NULL), 0);
	}
	ib_drain_qp(&f->a->ibqp);
	KUNIT_EXPECT_EQ(test, f->a->state, IB_QPS_ERR);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, sends[i].turn, i + 1);
		KUNIT_EXPECT_EQ(test, sends[i].status, IB_WC_WR_FLUSH_ERR);
		KUNIT_EXPECT_EQ(test, recvs[i].turn, i + 1);
		KUNIT_EXPECT_EQ(test, recvs[i].status, IB_WC_WR_FLUSH_ERR);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(send),
	KUNIT_CASE(rdma),
	KUNIT_CASE(read_and_invalidate),
	KUNIT_CASE(send_and_invalidate),
	KUNIT_CASE(own_region_stays_valid),
	KUNIT_CASE(write_to_closed),
	KUNIT_CASE(read_from_closed),
	KUNIT_CASE(drain),
	KUNIT_CASE(nothing),
	KUNIT_CASE(long_message),
	KUNIT_CASE(broken_off_by_responder),
	KUNIT_CASE(broken_off_by_requester),
	KUNIT_CASE(receiver_not_ready),
	KUNIT_CASE(receiver_becomes_ready),
	KUNIT_CASE(peer_gone),
	KUNIT_CASE(peer_late),
	KUNIT_CASE(stranger),
	KUNIT_CASE(other_host),
	KUNIT_CASE(same_host),
	KUNIT_CASE(after_packets),
	KUNIT_CASE(too_long),
	KUNIT_CASE(bad_rkey),
	KUNIT_CASE(not_enabled),
	KUNIT_CASE(uc_is_silent),
	KUNIT_CASE(draining),
	KUNIT_CASE(to_itself),
	KUNIT_CASE(late_invalidation),
	{}
};

struct kunit_suite rdmavt_loopback_suite = {
	.name = "rdmavt-loopback",
	.test_cases = cases,
};
