// SPDX-License-Identifier: GPL-2.0
/*
 * Multicast groups of InfiniBand ports.
 *
 * The queue pairs are only as much of one as groups look at.
 */
#include "compat/kunit.h"
#include "ib_fake.h"
#include "suites.h"

#define LID		0xc001
#define MAX_GRPS	3
#define MAX_ATTACH	2

struct fixture {
	struct ib_fake *fake;
	struct rvt_qp *qp[4];
	const struct ib_device_ops *ops;
};

static int mcast_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	size_t i;

	if (!f)
		return -ENOMEM;
	test->priv = f;
	f->fake = ib_fake_register(test);
	f->fake->dev.rdi.dparms.props.max_mcast_grp = MAX_GRPS;
	f->fake->dev.rdi.dparms.props.max_mcast_qp_attach = MAX_ATTACH;
	f->ops = &f->fake->dev.rdi.ibdev.ops;
	for (i = 0; i < ARRAY_SIZE(f->qp); i++) {
		struct rvt_qp *qp = kunit_kzalloc(test, sizeof(*qp), GFP_KERNEL);

		if (!qp)
			return -ENOMEM;
		qp->ibqp.device = &f->fake->dev.rdi.ibdev;
		qp->ibqp.qp_num = 70 + i;
		qp->state = IB_QPS_RTS;
		qp->port_num = 1;
		atomic_set(&qp->refcount, 1);
		init_waitqueue_head(&qp->wait);
		f->qp[i] = qp;
	}
	return 0;
}

static union ib_gid group(u8 n)
{
	union ib_gid gid = { .raw = { 0xff, 0x12, [15] = n } };

	return gid;
}

static int attach(struct fixture *f, int qp, u8 n, u16 lid)
{
	union ib_gid gid = group(n);

	return f->ops->attach_mcast(&f->qp[qp]->ibqp, &gid, lid);
}

static int detach(struct fixture *f, int qp, u8 n, u16 lid)
{
	union ib_gid gid = group(n);

	return f->ops->detach_mcast(&f->qp[qp]->ibqp, &gid, lid);
}

/* A bit for each queue pair that a packet to this group would reach. */
static u32 members(struct fixture *f, int port, u8 n, u16 lid)
{
	union ib_gid gid = group(n);
	struct rvt_mcast *mcast = rvt_mcast_find(ib_fake_port(f->fake, port), &gid, lid);
	struct rvt_mcast_qp *member;
	u32 found = 0;
	size_t i;

	if (!mcast)
		return 0;
	rcu_read_lock();
	list_for_each_entry_rcu(member, &mcast->qp_list, list)
		for (i = 0; i < ARRAY_SIZE(f->qp); i++)
			if (member->qp == f->qp[i])
				found |= BIT(i);
	if (atomic_dec_return(&mcast->refcount) <= 1)
		wake_up(&mcast->wait);
	rcu_read_unlock();
	return found;
}

static void finds_members(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 n;

	f->qp[2]->port_num = 2;
	for (n = 1; n <= MAX_GRPS; n++)
		KUNIT_EXPECT_EQ(test, attach(f, 0, n, LID), 0);
	KUNIT_EXPECT_EQ(test, attach(f, 1, 2, LID), 0);
	KUNIT_EXPECT_EQ(test, members(f, 0, 1, LID), BIT(0));
	KUNIT_EXPECT_EQ(test, members(f, 0, 2, LID), BIT(0) | BIT(1));
	KUNIT_EXPECT_EQ(test, members(f, 0, 2, LID + 1), 0U);
	KUNIT_EXPECT_EQ(test, members(f, 0, 9, LID), 0U);
	KUNIT_EXPECT_EQ(test, members(f, 1, 2, LID), 0U);

	KUNIT_EXPECT_EQ(test, detach(f, 0, 2, LID), 0);
	KUNIT_EXPECT_EQ(test, members(f, 0, 2, LID), BIT(1));
	KUNIT_EXPECT_EQ(test, detach(f, 1, 2, LID), 0);
	KUNIT_EXPECT_EQ(test, members(f, 0, 2, LID), 0U);
	KUNIT_EXPECT_EQ(test, attach(f, 2, 2, LID), 0);
	KUNIT_EXPECT_EQ(test, members(f, 1, 2, LID), BIT(2));
	KUNIT_EXPECT_EQ(test, members(f, 0, 2, LID), 0U);

	KUNIT_EXPECT_EQ(test, detach(f, 2, 2, LID), 0);
	KUNIT_EXPECT_EQ(test, detach(f, 0, 1, LID), 0);
	KUNIT_EXPECT_EQ(test, detach(f, 0, 3, LID), 0);
	KUNIT_EXPECT_EQ(test, f->fake->dev.rdi.n_mcast_grps_allocated, 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp[0]->refcount), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp[1]->refcount), 1);
}

static void attaches_once(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, attach(f, 0, 1, LID), 0);
	KUNIT_EXPECT_EQ(test, attach(f, 0, 1, LID), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->qp[0]->refcount), 2);
	KUNIT_EXPECT_EQ(test, detach(f, 0, 1, LID), 0);
	KUNIT_EXPECT_EQ(test, detach(f, 0, 1, LID), -EINVAL);
}

static void has_limits(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < MAX_ATTACH; i++)
		KUNIT_EXPECT_EQ(test, attach(f, i, 1, LID), 0);
	KUNIT_EXPECT_EQ(test, attach(f, MAX_ATTACH, 1, LID), -ENOMEM);
	for (i = 2; i <= MAX_GRPS; i++)
		KUNIT_EXPECT_EQ(test, attach(f, 0, i, LID), 0);
	KUNIT_EXPECT_EQ(test, attach(f, 0, i, LID), -ENOMEM);

	for (i = 0; i < MAX_ATTACH; i++)
		KUNIT_EXPECT_EQ(test, detach(f, i, 1, LID), 0);
	for (i = 2; i <= MAX_GRPS; i++)
		KUNIT_EXPECT_EQ(test, detach(f, 0, i, LID), 0);
}

static void refuses(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, attach(f, 0, 1, LID), 0);
	KUNIT_EXPECT_EQ(test, attach(f, 1, 1, LID + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, detach(f, 0, 1, LID + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, detach(f, 0, 2, LID), -EINVAL);
	KUNIT_EXPECT_EQ(test, detach(f, 1, 1, LID), -EINVAL);

	f->qp[1]->ibqp.qp_num = 1;
	KUNIT_EXPECT_EQ(test, attach(f, 1, 1, LID), -EINVAL);
	f->qp[2]->state = IB_QPS_RESET;
	KUNIT_EXPECT_EQ(test, attach(f, 2, 1, LID), -EINVAL);
	f->qp[3]->port_num = 0;
	KUNIT_EXPECT_EQ(test, attach(f, 3, 1, LID), -EINVAL);
	KUNIT_EXPECT_EQ(test, detach(f, 3, 1, LID), -EINVAL);

	/* Out of its group it comes even from RESET. */
	f->qp[0]->state = IB_QPS_RESET;
	f->qp[0]->port_num = 0;
	KUNIT_EXPECT_EQ(test, detach(f, 0, 1, LID), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(finds_members),
	KUNIT_CASE(attaches_once),
	KUNIT_CASE(has_limits),
	KUNIT_CASE(refuses),
	{}
};

struct kunit_suite rdmavt_mcast_suite = {
	.name = "rdmavt-mcast",
	.init = mcast_init,
	.test_cases = cases,
};
