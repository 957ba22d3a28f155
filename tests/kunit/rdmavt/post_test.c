// SPDX-License-Identifier: GPL-2.0
/*
 * Posting: what is refused and where the list stops, what a slot then says,
 * local operations, and that nothing is left of a refusal.
 */
#include <rdma/ib_verbs.h>
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define QUEUE	16	/* fake_qp() makes them that long */

struct fixture {
	struct fake_dev *dev;
	struct rvt_qp *qp;
	struct fake_region *region;
	struct ib_sge sge[9];
	struct ib_send_wr wr[QUEUE + 1];
};

static const enum ib_wc_opcode wc_opcode[RVT_OPERATION_MAX];

static struct fixture *start(struct kunit *test, enum ib_qp_state state)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	f->dev = fake_register(test);
	f->dev->rdi.wc_opcode = wc_opcode;
	f->qp = fake_qp(test, f->dev, fake_pd(test, f->dev, 0), IB_QPT_RC);
	f->region = fake_region(test, f->qp, 0, 0, 4096, IB_ACCESS_REMOTE_WRITE);
	if (state != IB_QPS_RESET)
		fake_modify(test, f->qp, state == IB_QPS_ERR ? IB_QPS_INIT : state);
	if (state == IB_QPS_ERR)
		fake_modify(test, f->qp, IB_QPS_ERR);
	for (i = 0; i < ARRAY_SIZE(f->sge); i++)
		f->sge[i] = (struct ib_sge) {
			.addr = f->region->base + i * 400, .length = 100,
			.lkey = f->region->ibmr->lkey,
		};
	for (i = 0; i < ARRAY_SIZE(f->wr); i++)
		f->wr[i] = (struct ib_send_wr) {
			.wr_id = i, .opcode = IB_WR_SEND, .sg_list = f->sge, .num_sge = 1,
			.next = i < QUEUE ? &f->wr[i + 1] : NULL,
		};
	atomic_set(&f->dev->scheduled, 0);
	atomic_set(&f->dev->sent, 0);
	return f;
}

/* Post @n of them; returns the error, *@bad is the index of the bad one. */
static int post(struct fixture *f, int n, int *bad)
{
	const struct ib_send_wr *bad_wr = NULL;
	int ret;

	f->wr[n - 1].next = NULL;
	ret = ib_post_send(&f->qp->ibqp, f->wr, &bad_wr);
	*bad = bad_wr ? bad_wr - f->wr : -1;
	return ret;
}

static int post_one(struct fixture *f)
{
	int bad;

	return post(f, 1, &bad);
}

static struct rvt_swqe *slot(struct fixture *f, u32 n)
{
	return rvt_get_swqe_ptr(f->qp, n);
}

static void too_early(struct kunit *test)
{
	static const enum ib_qp_state mute[] = { IB_QPS_RESET, IB_QPS_INIT, IB_QPS_RTR };
	struct fixture *f = start(test, IB_QPS_RESET);
	size_t i;
	int bad;

	for (i = 0; i < ARRAY_SIZE(mute); i++) {
		if (mute[i] != IB_QPS_RESET)
			fake_modify(test, f->qp, mute[i]);
		KUNIT_EXPECT_EQ(test, post(f, 3, &bad), -EINVAL);
		KUNIT_EXPECT_EQ(test, bad, 0);
		KUNIT_EXPECT_EQ(test, f->qp->s_head, 0);
	}
}

/* One request on an idle queue is sent at once, all else by the engine. */
static void who_sends(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	int bad;

	KUNIT_EXPECT_EQ(test, post(f, 1, &bad), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->sent), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->scheduled), 0);
	KUNIT_EXPECT_EQ(test, post(f, 1, &bad), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->sent), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->scheduled), 1);
}

static void lists_are_scheduled(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	int bad;

	KUNIT_EXPECT_EQ(test, post(f, 3, &bad), 0);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->sent), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->scheduled), 1);
}

static void queue_full(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	int bad;

	KUNIT_EXPECT_EQ(test, post(f, QUEUE + 1, &bad), -ENOMEM);
	KUNIT_EXPECT_EQ(test, bad, QUEUE);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, QUEUE);
	KUNIT_EXPECT_EQ(test, post_one(f), -ENOMEM);

	/* one is done, one fits, across the end of the ring */
	spin_lock_irq(&f->qp->r_lock);
	spin_lock(&f->qp->s_lock);
	rvt_send_complete(f->qp, slot(f, 0), IB_WC_SUCCESS);
	spin_unlock(&f->qp->s_lock);
	spin_unlock_irq(&f->qp->r_lock);
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 0);
	KUNIT_EXPECT_EQ(test, post_one(f), -ENOMEM);
}

/* The list stops at the bad one; those before it stay, and are numbered. */
static void stops_in_the_list(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	struct ib_sge damaged = f->sge[0];
	int bad;

	damaged.lkey ^= 0x1000;
	f->wr[2].sg_list = &damaged;
	KUNIT_EXPECT_EQ(test, post(f, 5, &bad), -EINVAL);
	KUNIT_EXPECT_EQ(test, bad, 2);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 2);
	KUNIT_EXPECT_EQ(test, f->qp->s_ssn, 3);
	KUNIT_EXPECT_EQ(test, slot(f, 1)->ssn, 2);
	KUNIT_EXPECT_EQ(test, f->qp->s_next_psn, slot(f, 1)->lpsn + 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->scheduled), 1);
}

static void refusals(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	struct ib_send_wr good = f->wr[0];

	f->wr[0].num_sge = 9;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->wr[0].num_sge = -1;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->wr[0] = good;
	f->wr[0].opcode = IB_WR_LSO;			/* not in the table */
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->wr[0].opcode = RVT_OPERATION_MAX;		/* beyond it */
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->wr[0].opcode = 0x80000000;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->wr[0] = good;
	f->sge[0].length = 4097;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 0);
	KUNIT_EXPECT_EQ(test, f->qp->s_ssn, 1);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* The sum of lengths is a u32 everywhere: it must not wrap. */
static void length_wraps(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	int i;

	for (i = 0; i < 2; i++)
		f->sge[i] = (struct ib_sge) { .addr = 0x10000, .length = 0x80000000 };
	f->wr[0].num_sge = 2;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->sge[1].length--;
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, slot(f, 0)->length, U32_MAX);
	fake_modify(test, f->qp, IB_QPS_RESET);
}

/* Reading the source of a message needs no right to write to it. */
static void source_is_read_only(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	f->wr[0].opcode = IB_WR_RDMA_READ;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
}

/* An atomic is one packet, also if its answer has room for several. */
static void atomic_is_one_packet(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	struct fake_region *r = fake_region(test, f->qp, 0x100000, 0, 8192, IB_ACCESS_LOCAL_WRITE);
	struct ib_sge sge = { .addr = r->base, .length = 8192, .lkey = r->ibmr->lkey };
	struct ib_atomic_wr wr = {
		.wr = { .opcode = IB_WR_ATOMIC_FETCH_AND_ADD, .sg_list = &sge, .num_sge = 1 },
	};
	u32 psn = f->qp->s_next_psn;

	KUNIT_ASSERT_EQ(test, ib_post_send(&f->qp->ibqp, &wr.wr, NULL), 0);
	KUNIT_EXPECT_EQ(test, slot(f, 0)->psn, psn);
	KUNIT_EXPECT_EQ(test, slot(f, 0)->lpsn, psn);
	KUNIT_EXPECT_EQ(test, f->qp->s_next_psn, psn + 1);
}

/* What a consumer says in the library's own flags is not believed. */
static void flags_masked(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	f->wr[0].send_flags = ~IB_SEND_INLINE;
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, (u32)slot(f, 0)->wr.send_flags,
			(IB_SEND_RESERVED_START - 1) & ~IB_SEND_INLINE);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp->s_reserved_used), 0);
}

/* Zero lengths take no entry, neighbours share one. */
static void entries_merge(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	f->sge[1].length = 0;
	f->sge[2].addr = f->sge[0].addr + f->sge[0].length;
	f->wr[0].num_sge = 4;
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, slot(f, 0)->wr.num_sge, 2);
	KUNIT_EXPECT_EQ(test, slot(f, 0)->length, 300);
	fake_modify(test, f->qp, IB_QPS_RESET);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* The data are those of the moment of posting; keys do not count. */
static void inline_data(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	struct rvt_swqe *wqe;
	u8 from[3] = "abc", more[4] = "defg";
	int i;

	for (i = 0; i < 2; i++) {
		f->sge[i].addr = (uintptr_t)(i ? more : from);
		f->sge[i].length = i ? sizeof(more) : sizeof(from);
		f->sge[i].lkey = 0xbad;
	}
	f->wr[0].num_sge = 2;
	f->wr[0].send_flags = IB_SEND_INLINE;
	KUNIT_ASSERT_EQ(test, post_one(f), 0);
	memset(from, 0, sizeof(from));
	memset(more, 0, sizeof(more));
	wqe = slot(f, 0);
	KUNIT_EXPECT_EQ(test, wqe->length, 7);
	KUNIT_ASSERT_EQ(test, wqe->wr.num_sge, 1);
	KUNIT_EXPECT_EQ(test, wqe->sg_list[0].length, 7);
	KUNIT_EXPECT_EQ(test, wqe->sg_list[0].mr->lkey, 0);
	KUNIT_EXPECT_EQ(test, memcmp(wqe->sg_list[0].vaddr, "abcdefg", 7), 0);

	/* no bytes need no element */
	f->sge[0].length = 0;
	f->wr[0].num_sge = 1;
	KUNIT_ASSERT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, slot(f, 1)->wr.num_sge, 0);
	KUNIT_EXPECT_EQ(test, slot(f, 1)->length, 0);
}

/* As much as the queue pair says, not a byte more, however it is divided. */
static void inline_limit(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	struct ib_qp_init_attr init;
	struct ib_qp_attr attr;
	u8 *data = kunit_kzalloc(test, 4096, GFP_KERNEL);
	u32 max;

	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_EQ(test, ib_query_qp(&f->qp->ibqp, &attr, IB_QP_CAP, &init), 0);
	max = attr.cap.max_inline_data;
	KUNIT_EXPECT_EQ(test, init.cap.max_inline_data, max);
	KUNIT_ASSERT_GE(test, max, 2U);
	memset(data, 0x5a, max);
	f->sge[0] = (struct ib_sge) { .addr = (uintptr_t)data, .length = max };
	f->sge[1] = (struct ib_sge) { .addr = (uintptr_t)data, .length = 1 };
	f->wr[0].send_flags = IB_SEND_INLINE;
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, memcmp(slot(f, 0)->sg_list[0].vaddr, data, max), 0);
	f->wr[0].num_sge = 2;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->sge[1].length = U32_MAX;	/* a sum that wraps */
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	f->wr[0].num_sge = 1;
	f->sge[0].length = max + 1;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 1);
	/* the slot behind was not touched */
	KUNIT_EXPECT_EQ(test, slot(f, 1)->length, 0);
}

static void prepare_inv(struct fixture *f, int flags)
{
	f->wr[0].opcode = IB_WR_LOCAL_INV;
	f->wr[0].num_sge = 0;
	f->wr[0].send_flags = flags;
	f->wr[0].ex.invalidate_rkey = f->region->ibmr->rkey;
	/* fake_qp() signals all */
	f->qp->s_flags |= RVT_S_SIGNAL_REQ_WR;
}

static bool invalid(struct fixture *f)
{
	return atomic_read(&f->region->mr->lkey_invalid);
}

static void invalidate_unsignalled(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	prepare_inv(f, 0);
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_TRUE(test, invalid(f));
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 0);
	f->wr[0].ex.invalidate_rkey ^= 1;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
}

static void invalidate_signalled(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	prepare_inv(f, IB_SEND_SIGNALED);
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_TRUE(test, invalid(f));
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 1);
	KUNIT_EXPECT_TRUE(test, slot(f, 0)->wr.send_flags & RVT_SEND_COMPLETION_ONLY);
	KUNIT_EXPECT_EQ(test, f->qp->s_ssn, 1);
	f->wr[0].ex.invalidate_rkey ^= 1;
	KUNIT_EXPECT_EQ(test, post_one(f), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 1);
}

/* Fenced: after all before it, and so is what follows it. */
static void invalidate_in_turn(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	prepare_inv(f, IB_SEND_FENCE);
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	f->wr[0].send_flags = 0;
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_FALSE(test, invalid(f));
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp->local_ops_pending), 2);
}

/* The region is registered under another key before its turn comes. */
static void invalidate_former_key(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	struct ib_mr *ibmr = f->region->ibmr;
	struct ib_reg_wr reg = {
		.wr.opcode = IB_WR_REG_MR, .mr = ibmr, .key = ibmr->rkey + 1,
		.access = IB_ACCESS_REMOTE_READ,
	};
	const u32 former = ibmr->rkey;

	prepare_inv(f, IB_SEND_FENCE);
	KUNIT_ASSERT_EQ(test, post_one(f), 0);
	KUNIT_ASSERT_EQ(test, ib_post_send(&f->qp->ibqp, &reg.wr, NULL), 0);
	KUNIT_EXPECT_EQ(test, rvt_execute_local(f->qp, slot(f, 0)), IB_WC_SUCCESS);
	KUNIT_EXPECT_FALSE(test, invalid(f));
	KUNIT_EXPECT_EQ(test, ibmr->rkey, former + 1);
	slot(f, 0)->wr.ex.invalidate_rkey = former ^ 0x10000;
	KUNIT_EXPECT_EQ(test, rvt_execute_local(f->qp, slot(f, 0)), IB_WC_LOC_PROT_ERR);
}

/* Not done if there is no room to say so. */
static void invalidate_no_room(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);
	int bad;

	KUNIT_ASSERT_EQ(test, post(f, QUEUE, &bad), 0);
	prepare_inv(f, IB_SEND_SIGNALED);
	KUNIT_EXPECT_EQ(test, post_one(f), -ENOMEM);
	KUNIT_EXPECT_FALSE(test, invalid(f));
	prepare_inv(f, 0);
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_TRUE(test, invalid(f));
}

static int refuse_setup(struct rvt_qp *qp, struct rvt_swqe *wqe, bool *call_send)
{
	return -EMSGSIZE;
}

/* A driver's refusal leaves no number used and no reference held. */
static void driver_refuses(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RTS);

	f->dev->rdi.driver_f.setup_wqe = refuse_setup;
	KUNIT_EXPECT_EQ(test, post_one(f), -EMSGSIZE);
	prepare_inv(f, IB_SEND_FENCE);
	KUNIT_EXPECT_EQ(test, post_one(f), -EMSGSIZE);
	f->dev->rdi.driver_f.setup_wqe = NULL;
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 0);
	KUNIT_EXPECT_EQ(test, f->qp->s_ssn, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp->local_ops_pending), 0);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* Posts in the error state are taken, and nothing is done but a flush. */
static void error_state(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_ERR);
	int bad;

	KUNIT_EXPECT_EQ(test, post(f, 2, &bad), 0);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->dev->scheduled), 1);
	prepare_inv(f, 0);
	KUNIT_EXPECT_EQ(test, post_one(f), 0);
	KUNIT_EXPECT_EQ(test, f->qp->s_head, 3);
	KUNIT_EXPECT_FALSE(test, invalid(f));
}

static void receive_states(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_RESET);
	struct ib_recv_wr wr[2] = {
		{ .wr_id = 50, .next = &wr[1], .sg_list = f->sge, .num_sge = 1 },
		{ .wr_id = 51, .sg_list = f->sge, .num_sge = 9 },
	};
	const struct ib_recv_wr *bad = NULL;
	struct ib_wc wc[3];

	KUNIT_EXPECT_EQ(test, ib_post_recv(&f->qp->ibqp, wr, &bad), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, bad, (const struct ib_recv_wr *)&wr[0]);
	fake_modify(test, f->qp, IB_QPS_INIT);
	KUNIT_EXPECT_EQ(test, ib_post_recv(&f->qp->ibqp, wr, &bad), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, bad, (const struct ib_recv_wr *)&wr[1]);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(f->qp->ibqp.recv_cq, 3, wc), 0);

	/* the one in the ring first, then those that come too late */
	fake_modify(test, f->qp, IB_QPS_ERR);
	wr[0].wr_id = 52;
	wr[0].next = NULL;
	KUNIT_EXPECT_EQ(test, ib_post_recv(&f->qp->ibqp, wr, &bad), 0);
	KUNIT_ASSERT_EQ(test, ib_poll_cq(f->qp->ibqp.recv_cq, 3, wc), 2);
	KUNIT_EXPECT_EQ(test, wc[0].wr_id, 50);
	KUNIT_EXPECT_EQ(test, wc[0].status, IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_EQ(test, wc[0].opcode, IB_WC_RECV);
	KUNIT_EXPECT_EQ(test, wc[1].wr_id, 52);
	KUNIT_EXPECT_EQ(test, wc[1].status, IB_WC_WR_FLUSH_ERR);

	/* a ring starts empty after a reset */
	fake_modify(test, f->qp, IB_QPS_RESET);
	fake_modify(test, f->qp, IB_QPS_INIT);
	KUNIT_EXPECT_EQ(test, ib_post_recv(&f->qp->ibqp, wr, &bad), 0);
	fake_modify(test, f->qp, IB_QPS_RESET);
	fake_modify(test, f->qp, IB_QPS_INIT);
	fake_modify(test, f->qp, IB_QPS_ERR);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(f->qp->ibqp.recv_cq, 3, wc), 0);
}

static void receive_full(struct kunit *test)
{
	struct fixture *f = start(test, IB_QPS_INIT);
	struct ib_recv_wr wr = { .sg_list = f->sge, .num_sge = 1 };
	const struct ib_recv_wr *bad = NULL;
	int i;

	for (i = 0; i < QUEUE; i++)
		KUNIT_EXPECT_EQ(test, ib_post_recv(&f->qp->ibqp, &wr, NULL), 0);
	KUNIT_EXPECT_EQ(test, ib_post_recv(&f->qp->ibqp, &wr, &bad), -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, bad, (const struct ib_recv_wr *)&wr);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(too_early),
	KUNIT_CASE(who_sends),
	KUNIT_CASE(lists_are_scheduled),
	KUNIT_CASE(queue_full),
	KUNIT_CASE(stops_in_the_list),
	KUNIT_CASE(refusals),
	KUNIT_CASE(length_wraps),
	KUNIT_CASE(source_is_read_only),
	KUNIT_CASE(atomic_is_one_packet),
	KUNIT_CASE(flags_masked),
	KUNIT_CASE(entries_merge),
	KUNIT_CASE(inline_data),
	KUNIT_CASE(inline_limit),
	KUNIT_CASE(invalidate_unsignalled),
	KUNIT_CASE(invalidate_signalled),
	KUNIT_CASE(invalidate_in_turn),
	KUNIT_CASE(invalidate_former_key),
	KUNIT_CASE(invalidate_no_room),
	KUNIT_CASE(driver_refuses),
	KUNIT_CASE(error_state),
	KUNIT_CASE(receive_states),
	KUNIT_CASE(receive_full),
	{}
};

struct kunit_suite rdmavt_post_suite = {
	.name = "rdmavt-post",
	.test_cases = cases,
};
