// SPDX-License-Identifier: GPL-2.0
/*
 * Memory windows of both types: what they open, to whom, and when they close.
 */
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define LENGTH	(2 * PAGE_SIZE)
#define FROM	100			/* of the region, where windows begin */
#define SIZE	(PAGE_SIZE + 50)	/* across two pages */
#define REMOTE	(IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_WRITE)

struct fixture {
	struct fake_dev *dev;
	struct ib_pd *pd;
	struct rvt_qp *qp, *other;	/* of the same protection domain */
	struct fake_region *region;
	struct ib_mw *mw;
};

static void drop_mw(void *arg)
{
	struct ib_mw *mw = arg;

	mw->device->ops.dealloc_mw(mw);
	kfree(mw);
}

/* The core does this for user space only.  The caller drops it. */
static struct ib_mw *make_mw(struct kunit *test, struct fixture *f, enum ib_mw_type type)
{
	struct ib_device *ibdev = &f->dev->rdi.ibdev;
	struct ib_mw *mw = kzalloc(ibdev->ops.size_ib_mw, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, mw);
	mw->device = ibdev;
	mw->pd = f->pd;
	mw->type = type;
	ret = ibdev->ops.alloc_mw(mw, NULL);
	if (ret)
		kfree(mw);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return mw;
}

static struct fixture *start(struct kunit *test, enum ib_mw_type type)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	f->dev = fake_register(test);
	f->pd = fake_pd(test, f->dev, 0);
	f->qp = fake_qp(test, f->dev, f->pd, IB_QPT_RC);
	f->other = fake_qp(test, f->dev, f->pd, IB_QPT_RC);
	f->region = fake_region(test, f->qp, 0x10000, 0, LENGTH,
				IB_ACCESS_LOCAL_WRITE | IB_ACCESS_MW_BIND);
	f->mw = make_mw(test, f, type);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drop_mw, f->mw), 0);
	fake_modify(test, f->qp, IB_QPS_RTS);
	return f;
}

static struct rvt_bind_mw_wr bind_wr(struct fixture *f)
{
	return (struct rvt_bind_mw_wr) {
		.wr = { .wr_id = 1, .opcode = IB_WR_BIND_MW },
		.mw = f->mw, .mr = f->region->ibmr, .rkey = f->mw->rkey + 1,
		.addr = f->region->base + FROM, .length = SIZE, .access = REMOTE,
	};
}

static int post(struct rvt_qp *qp, struct rvt_bind_mw_wr *wr)
{
	return ib_post_send(&qp->ibqp, &wr->wr, NULL);
}

static void bind(struct kunit *test, struct fixture *f)
{
	struct rvt_bind_mw_wr wr = bind_wr(f);

	f->qp->s_flags |= RVT_S_SIGNAL_REQ_WR;	/* no completion unless asked for */
	KUNIT_ASSERT_EQ(test, post(f->qp, &wr), 0);
}

static bool may(struct rvt_qp *qp, u32 rkey, u64 addr, u32 len, int acc)
{
	struct rvt_sge sge = {};

	if (!rvt_rkey_ok(qp, &sge, len, addr, rkey, acc))
		return false;
	rvt_put_mr(sge.mr);
	return true;
}

/* The first byte of the window through @qp. */
static bool opens(struct fixture *f, struct rvt_qp *qp, u32 rkey)
{
	return may(qp, rkey, f->region->base + FROM, 1, IB_ACCESS_REMOTE_READ);
}

static void needs_binding(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);

	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, f->mw->rkey));
	/* the region itself gave nothing to others */
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, f->region->ibmr->rkey));
	bind(test, f);
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, f->mw->rkey));
}

/* Every byte of it and none beside, and the right ones. */
static void range(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	u64 first = f->region->base + FROM;
	struct rvt_sge sge = {};
	u32 rkey;

	bind(test, f);
	rkey = f->mw->rkey;
	KUNIT_EXPECT_TRUE(test, may(f->qp, rkey, first, SIZE, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_TRUE(test, may(f->qp, rkey, first + SIZE - 1, 1, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey, first - 1, 1, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey, first, SIZE + 1, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey, first + SIZE, 1, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey, U64_MAX, 2, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey, first, U32_MAX, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey, first, 1, IB_ACCESS_REMOTE_ATOMIC));
	KUNIT_EXPECT_FALSE(test, may(f->qp, rkey ^ 1, first, 1, IB_ACCESS_REMOTE_WRITE));

	KUNIT_ASSERT_EQ(test, rvt_rkey_ok(f->qp, &sge, 1, first + PAGE_SIZE, rkey,
					  IB_ACCESS_REMOTE_WRITE), 1);
	KUNIT_EXPECT_PTR_EQ(test, sge.vaddr, (void *)fake_byte(f->region, FROM + PAGE_SIZE));
	KUNIT_EXPECT_PTR_EQ(test, sge.mr, f->region->mr);
	rvt_put_mr(sge.mr);
}

static void zero_based(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	struct rvt_bind_mw_wr wr = bind_wr(f);
	struct rvt_sge sge = {};

	wr.access |= IB_ZERO_BASED;
	KUNIT_ASSERT_EQ(test, post(f->qp, &wr), 0);
	KUNIT_ASSERT_EQ(test, rvt_rkey_ok(f->qp, &sge, SIZE, 0, f->mw->rkey,
					  IB_ACCESS_REMOTE_READ), 1);
	KUNIT_EXPECT_PTR_EQ(test, sge.vaddr, (void *)fake_byte(f->region, FROM));
	rvt_put_mr(sge.mr);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, f->mw->rkey));
}

/* Its key is none for local elements. */
static void not_local(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_1);
	struct ib_sge sge = { .addr = f->region->base + FROM, .length = 1 };
	struct rvt_sge out;

	bind(test, f);
	sge.lkey = f->mw->rkey;
	KUNIT_EXPECT_EQ(test, rvt_lkey_ok(&f->dev->rdi.lkey_table, ibpd_to_rvtpd(f->pd), &out,
					  NULL, &sge, 0), -EINVAL);
}

/* Each wrong in one way. */
static void refusals(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	const struct rvt_bind_mw_wr good = bind_wr(f);
	struct fake_region *closed = fake_region(test, f->qp, 0x40000, 0, LENGTH,
						 IB_ACCESS_LOCAL_WRITE);
	struct fake_region *fixed = fake_region(test, f->qp, 0x80000, 0, LENGTH,
						IB_ACCESS_MW_BIND);
	struct rvt_qp *stranger = fake_qp(test, f->dev, fake_pd(test, f->dev, 0), IB_QPT_RC);
	struct rvt_bind_mw_wr wr = good;

	wr.length = 0;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr.length = LENGTH - FROM + 1;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr.length = U64_MAX;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr = good;
	wr.addr = f->region->base - 1;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr = good;
	wr.rkey ^= 0x100;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr = good;
	wr.access |= IB_ACCESS_LOCAL_WRITE;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr = good;
	wr.mr = NULL;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	/* a region that is not for windows; one that nobody may change */
	wr = good;
	wr.mr = closed->ibmr;
	wr.addr = closed->base;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr.mr = fixed->ibmr;
	wr.addr = fixed->base;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	wr.access = IB_ACCESS_REMOTE_READ;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), 0);
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, f->mw->rkey), 0);
	/* another protection domain */
	fake_modify(test, stranger, IB_QPS_RTS);
	wr = good;
	KUNIT_EXPECT_EQ(test, post(stranger, &wr), -EINVAL);
	/* a region that is not valid */
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, f->region->ibmr->rkey), 0);
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	/* none of them left anything behind */
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, fixed), 0);
}

/* Type 2 belongs to the queue pair, as long as that lives. */
static void one_queue_pair(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	u32 rkey;

	bind(test, f);
	rkey = f->mw->rkey;
	KUNIT_EXPECT_FALSE(test, opens(f, f->other, rkey));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->other, rkey), -EINVAL);
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, rkey));
	fake_modify(test, f->qp, IB_QPS_RESET);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, rkey));
}

/* Type 2 is bound once, then closed, then bound once more. */
static void invalidation(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	struct rvt_bind_mw_wr wr;
	u32 rkey;

	bind(test, f);
	rkey = f->mw->rkey;
	wr = bind_wr(f);
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), -EINVAL);
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, rkey ^ 1), -EINVAL);
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, rkey), 0);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, rkey), -EINVAL);
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), 0);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, f->mw->rkey));
}

/* Type 1 is bound again as often as one likes; the old key is void. */
static void binding_again(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_1);
	struct rvt_bind_mw_wr wr;
	u32 rkey;

	bind(test, f);
	rkey = f->mw->rkey;
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_TRUE(test, opens(f, f->other, rkey));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, rkey), -EINVAL);
	bind(test, f);
	KUNIT_EXPECT_NE(test, f->mw->rkey, rkey);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, f->mw->rkey));
	/* no bytes close it */
	wr = bind_wr(f);
	wr.mr = NULL;
	wr.length = 0;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), 0);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, f->mw->rkey));
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* A region stays as long as windows are bound to it, and as it is. */
static void region_stays(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	struct ib_mr *ibmr = f->region->ibmr;
	u32 rkey;

	bind(test, f);
	rkey = f->mw->rkey;
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), -EBUSY);
	KUNIT_EXPECT_EQ(test, rvt_fast_reg_mr(f->qp, ibmr, ibmr->rkey, REMOTE), -EINVAL);
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, rkey));
	/* the window leads nowhere when the region is invalid */
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, ibmr->rkey), 0);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, rkey), 0);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

static void goes_while_bound(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	struct ib_mw *mw = make_mw(test, f, IB_MW_TYPE_2);
	struct rvt_bind_mw_wr wr = bind_wr(f);
	u32 rkey;

	wr.mw = mw;
	wr.rkey = mw->rkey + 1;
	KUNIT_EXPECT_EQ(test, post(f->qp, &wr), 0);
	rkey = mw->rkey;
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, rkey));
	drop_mw(mw);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, rkey));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(f->qp, rkey), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, f->region), 0);
}

/* In turn behind a fence, when the driver gets there. */
static void behind_a_fence(struct kunit *test)
{
	struct fixture *f = start(test, IB_MW_TYPE_2);
	struct rvt_bind_mw_wr wr = bind_wr(f);
	struct rvt_swqe *wqe;

	wr.wr.send_flags = IB_SEND_FENCE | IB_SEND_SIGNALED;
	KUNIT_ASSERT_EQ(test, post(f->qp, &wr), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp->local_ops_pending), 1);
	KUNIT_EXPECT_FALSE(test, opens(f, f->qp, wr.rkey));
	wqe = rvt_get_swqe_ptr(f->qp, f->qp->s_last);
	KUNIT_EXPECT_TRUE(test, rvt_wqe_is_local(wqe));
	KUNIT_EXPECT_TRUE(test, rvt_wqe_is_late(wqe));
	KUNIT_EXPECT_EQ(test, rvt_execute_local(f->qp, wqe), IB_WC_SUCCESS);
	KUNIT_EXPECT_TRUE(test, opens(f, f->qp, wr.rkey));
	/* it is bound now */
	KUNIT_EXPECT_EQ(test, rvt_execute_local(f->qp, wqe), IB_WC_MW_BIND_ERR);
}

static void needs_a_driver(struct kunit *test)
{
	static const struct rvt_operation_params none[RVT_OPERATION_MAX];
	struct fixture *f = start(test, IB_MW_TYPE_1);
	struct ib_device *ibdev = &f->dev->rdi.ibdev;
	struct ib_mw *mw = kunit_kzalloc(test, ibdev->ops.size_ib_mw, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mw);
	mw->device = ibdev;
	mw->pd = f->pd;
	mw->type = 3;
	KUNIT_EXPECT_EQ(test, ibdev->ops.alloc_mw(mw, NULL), -EINVAL);
	mw->type = IB_MW_TYPE_1;
	f->dev->rdi.post_parms = none;
	KUNIT_EXPECT_EQ(test, ibdev->ops.alloc_mw(mw, NULL), -EOPNOTSUPP);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(needs_binding),
	KUNIT_CASE(range),
	KUNIT_CASE(zero_based),
	KUNIT_CASE(not_local),
	KUNIT_CASE(refusals),
	KUNIT_CASE(one_queue_pair),
	KUNIT_CASE(invalidation),
	KUNIT_CASE(binding_again),
	KUNIT_CASE(region_stays),
	KUNIT_CASE(goes_while_bound),
	KUNIT_CASE(behind_a_fence),
	KUNIT_CASE(needs_a_driver),
	{}
};

struct kunit_suite rdmavt_mw_suite = {
	.name = "rdmavt-mw",
	.test_cases = cases,
};
