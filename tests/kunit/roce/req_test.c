// SPDX-License-Identifier: GPL-2.0
/*
 * What the requester asks for: a READ as a whole, and what is missing of it in
 * parts (specification 2.5).
 */
/* Trace events are not exported, and nobody listens. */
#define NOTRACE

#include "compat/kunit.h"
#include "../../../rdmavt/roce/req.c"
#include "suites.h"

#define PSN	0xffff00
#define PSNS	10000
#define MTU	1024
/* The last packet is short. */
#define LENGTH	(PSNS * MTU - 24)

/* Nothing is sent here. */
bool rvt_roce_schedule_send(struct rvt_qp *qp)
{
	return false;
}

struct fixture {
	struct rvt_qp qp;
	struct rvt_roce_qp priv;
	struct rvt_swqe wqe;
};

static int req_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->qp.priv = &f->priv;
	f->qp.ibqp.qp_type = IB_QPT_RC;
	f->qp.allowed_ops = IB_OPCODE_RC;
	f->qp.pmtu = MTU;
	f->qp.log_pmtu = ilog2(MTU);
	f->qp.s_last_psn = PSN - 1;
	f->priv.ecn.window = U16_MAX;
	f->wqe.wr.opcode = IB_WR_RDMA_READ;
	f->wqe.psn = PSN;
	/* As the library has it: not wrapped. */
	f->wqe.lpsn = PSN + PSNS - 1;
	f->wqe.length = LENGTH;
	test->priv = f;
	return 0;
}

/* @k packets have come; the next request is planned. */
static struct request plan_at(struct fixture *f, u32 k)
{
	struct request r = {};

	f->qp.s_psn = rvt_roce_psn_add(PSN, k);
	f->qp.s_last_psn = rvt_roce_psn_add(PSN, (int)k - 1);
	plan(&f->qp, &f->wqe, &r);
	return r;
}

static void read_at_once(struct kunit *test)
{
	struct request r = plan_at(test->priv, 0);

	KUNIT_EXPECT_EQ(test, r.psns, PSNS);
	KUNIT_EXPECT_EQ(test, r.dma_len, LENGTH);
	KUNIT_EXPECT_EQ(test, r.len, 0);
	KUNIT_EXPECT_EQ(test, (int)r.opcode, IB_OPCODE_RC_RDMA_READ_REQUEST);
	KUNIT_EXPECT_TRUE(test, r.last);
	KUNIT_EXPECT_TRUE(test, r.ask);
}

/* From every packet on: all of it, nothing beyond it, and little after a loss. */
static void read_in_parts(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 from, k;

	for (from = 1; from < PSNS; from++) {
		struct request r = plan_at(f, from);

		KUNIT_EXPECT_LE(test, r.psns, max(PART_PSNS, from));
		KUNIT_EXPECT_EQ(test, r.offset, from * MTU);
		KUNIT_EXPECT_EQ(test, r.last, from + r.psns == PSNS);
		KUNIT_EXPECT_EQ(test, r.dma_len, r.last ? LENGTH - from * MTU :
							  r.psns * MTU);
		KUNIT_EXPECT_TRUE(test, r.ask);
	}
	for (from = 1; from < PSNS; from += 331) {
		unsigned int parts = 0;

		for (k = from; k < PSNS; k += plan_at(f, k).psns)
			parts++;
		KUNIT_EXPECT_EQ(test, k, PSNS);
		KUNIT_EXPECT_LE(test, parts, 2 * ilog2(PSNS));
	}
}

/* A part is asked for when the one before it is complete; a READ is not. */
static void parts_wait(struct kunit *test)
{
	struct fixture *f = test->priv;

	plan_at(f, 100);
	KUNIT_EXPECT_TRUE(test, may_send(&f->qp, &f->wqe));
	f->qp.s_last_psn = rvt_roce_psn_add(PSN, 98);
	KUNIT_EXPECT_FALSE(test, may_send(&f->qp, &f->wqe));
	f->wqe.psn = f->qp.s_psn;
	KUNIT_EXPECT_TRUE(test, may_send(&f->qp, &f->wqe));
}

/* An empty READ has one response, and so has an atomic. */
static void one_response(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct request r;

	f->wqe.length = 0;
	f->wqe.lpsn = PSN;
	r = plan_at(f, 0);
	KUNIT_EXPECT_EQ(test, r.psns, 1);
	KUNIT_EXPECT_EQ(test, r.dma_len, 0);
	KUNIT_EXPECT_TRUE(test, r.last);

	f->wqe.length = sizeof(u64);
	f->wqe.wr.opcode = IB_WR_ATOMIC_FETCH_AND_ADD;
	r = plan_at(f, 0);
	KUNIT_EXPECT_EQ(test, r.psns, 1);
	KUNIT_EXPECT_EQ(test, r.len, 0);
	KUNIT_EXPECT_TRUE(test, r.last);
}

static void write_in_packets(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct request r;
	u32 k;

	f->wqe.wr.opcode = IB_WR_RDMA_WRITE;
	for (k = 0; k < PSNS; k++) {
		r = plan_at(f, k);
		KUNIT_EXPECT_EQ(test, r.psns, 1);
		KUNIT_EXPECT_EQ(test, r.len, min_t(u32, MTU, LENGTH - k * MTU));
		KUNIT_EXPECT_EQ(test, r.last, k == PSNS - 1);
	}
	KUNIT_EXPECT_EQ(test, plan_at(f, 0).dma_len, LENGTH);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(read_at_once),
	KUNIT_CASE(read_in_parts),
	KUNIT_CASE(parts_wait),
	KUNIT_CASE(one_response),
	KUNIT_CASE(write_in_packets),
	{}
};

struct kunit_suite roce_req_suite = {
	.name = "rvt_roce-req",
	.init = req_init,
	.test_cases = cases,
};
