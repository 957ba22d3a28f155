// SPDX-License-Identifier: GPL-2.0
/*
 * Queue pair numbers: unique, in their lanes, never 0 or 1 or reserved, not
 * reused at once, right across the wrap at 2^24, and exhaustible.
 */
#include <linux/vmalloc.h>
#include "compat/kunit.h"
#include "../../../rdmavt/qpn.c"
#include "suites.h"

#define TOP	0x1000000U

struct fixture {
	struct rvt_dev_info *rdi;
	struct rvt_qpn_table *qpt;
	unsigned long *given;	/* numbers that are out */
};

static void set_range(struct rvt_dev_info *rdi, int inc, int qos_shift, int res_start, int res_end)
{
	rdi->dparms.qpn_inc = inc;
	rdi->dparms.qos_shift = qos_shift;
	rdi->dparms.qpn_res_start = res_start;
	rdi->dparms.qpn_res_end = res_end;
}

static int qpn_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	test->priv = f;
	f->rdi = kunit_kzalloc(test, sizeof(*f->rdi), GFP_KERNEL);
	f->qpt = kunit_kzalloc(test, sizeof(*f->qpt), GFP_KERNEL);
	f->given = vzalloc(TOP / 8);
	if (!f->rdi || !f->qpt || !f->given)
		return -ENOMEM;
	set_range(f->rdi, 1, 1, 0x800000, 0x81ffff);
	return 0;
}

static void qpn_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	if (f->qpt)
		free_qpn_table(f->qpt);
	vfree(f->given);
}

static void start(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, init_qpn_table(f->rdi, f->qpt), 0);
}

static int alloc_rc(struct fixture *f)
{
	return alloc_qpn(f->rdi, f->qpt, IB_QPT_RC, 1, 0);
}

/* Allocates one and checks all that holds for every number. */
static u32 alloc_checked(struct kunit *test)
{
	struct fixture *f = test->priv;
	const struct rvt_driver_params *dp = &f->rdi->dparms;
	int qpn = alloc_rc(f);

	KUNIT_ASSERT_GT_MSG(test, qpn, 1, "a number for a management QP, or an error");
	KUNIT_ASSERT_LT(test, qpn, (int)TOP);
	KUNIT_ASSERT_FALSE_MSG(test, test_and_set_bit(qpn, f->given), "%d is given out twice", qpn);
	KUNIT_ASSERT_FALSE_MSG(test, qpn >= dp->qpn_res_start && qpn <= dp->qpn_res_end,
			       "%d is reserved", qpn);
	if (dp->qos_shift > 1)
		KUNIT_ASSERT_EQ_MSG(test, qpn & ((1 << dp->qos_shift) - 2), 0, "QoS bits of %d", qpn);
	return qpn;
}

static void release(struct fixture *f, u32 qpn)
{
	clear_bit(qpn, f->given);
	free_qpn(f->qpt, qpn, 1);
}

static void bad_parameters(struct kunit *test)
{
	static const struct {
		int inc, qos, start, end;
	} bad[] = {
		{ 1, 1, 10, 9 }, { 1, 1, -1, 5 }, { 1, 1, 0, TOP }, { 0, 1, 100, 200 },
		{ -1, 1, 100, 200 }, { 1, 8, 100, 200 }, { 200, 1, 100, 200 },
	};
	struct fixture *f = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		set_range(f->rdi, bad[i].inc, bad[i].qos, bad[i].start, bad[i].end);
		KUNIT_EXPECT_EQ_MSG(test, init_qpn_table(f->rdi, f->qpt), -EINVAL, "case %zu", i);
	}
}

struct lane_case {
	const char *name;
	int inc, qos;
};

static const struct lane_case lanes[] = {
	{ "hfi1", 1, 1 }, { "one lane", 1, 0 }, { "eight lanes", 1, 3 }, { "odd increment", 3, 0 },
	{ "widest", 1, 7 },
};

static void describe(const struct lane_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lane, lanes, describe);

static void unique(struct kunit *test)
{
	const struct lane_case *c = test->param_value;
	struct fixture *f = test->priv;
	int i;

	set_range(f->rdi, c->inc, c->qos, 0x800000, 0x81ffff);
	start(test);
	for (i = 0; i < 100000; i++)
		alloc_checked(test);
}

/* The sweep ends at 2^24 and begins again, with 0 and 1 still left out. */
static void wrap(struct kunit *test)
{
	const struct lane_case *c = test->param_value;
	struct fixture *f = test->priv;
	int i;

	set_range(f->rdi, c->inc, c->qos, 0x800000, 0x81ffff);
	start(test);
	f->qpt->last = TOP - 1 - (TOP - 1) % f->qpt->incr;
	for (i = 0; i < 1000; i++)
		release(f, alloc_checked(test));
	for (i = 0; i < 1000; i++)
		alloc_checked(test);
}

static void management(struct kunit *test)
{
	static const enum ib_qp_type type[] = { IB_QPT_SMI, IB_QPT_GSI };
	struct fixture *f = test->priv;
	u32 port;
	int t;

	start(test);
	for (port = 1; port <= 2; port++) {
		for (t = 0; t < 2; t++) {
			KUNIT_EXPECT_EQ(test, alloc_qpn(f->rdi, f->qpt, type[t], port, 0), t);
			KUNIT_EXPECT_EQ(test, alloc_qpn(f->rdi, f->qpt, type[t], port, 0), -EINVAL);
		}
	}
	free_qpn(f->qpt, 1, 1);
	KUNIT_EXPECT_EQ(test, alloc_qpn(f->rdi, f->qpt, IB_QPT_GSI, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, alloc_qpn(f->rdi, f->qpt, IB_QPT_GSI, 1, 0), 1);
	KUNIT_EXPECT_EQ(test, alloc_qpn(f->rdi, f->qpt, IB_QPT_GSI, 0, 0), -EINVAL);
}

/* Packets to the former owner may still be on their way. */
static void late_reuse(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 first, qpn;
	int i;

	start(test);
	first = alloc_checked(test);
	release(f, first);
	for (i = 0; i < 1000; i++) {
		qpn = alloc_checked(test);
		KUNIT_ASSERT_NE(test, qpn, first);
		release(f, qpn);
	}
}

/* Nearly all is reserved: the rest is handed out to the last number, then -ENOMEM. */
static void exhaustion(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i, qpn, last = 0;

	set_range(f->rdi, 1, 0, 100, TOP - 51);
	start(test);
	for (i = 0; i < 98 + 50; i++)
		last = alloc_checked(test);
	KUNIT_EXPECT_EQ(test, alloc_rc(f), -ENOMEM);
	release(f, 50);
	release(f, last);
	alloc_checked(test);
	alloc_checked(test);
	KUNIT_EXPECT_EQ(test, alloc_rc(f), -ENOMEM);
	for (qpn = 2; qpn < 100; qpn++)
		KUNIT_EXPECT_TRUE(test, test_bit(qpn, f->given));
}

/* Accelerated IP devices: found by their low 16 bits, so these are unique. */
static void prefixed(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i, qpn;

	start(test);
	for (i = 0; i < 1000; i++) {
		qpn = alloc_qpn(f->rdi, f->qpt, IB_QPT_UD, 1, RVT_AIP_QP_PREFIX);
		KUNIT_ASSERT_GT(test, qpn, 0);
		KUNIT_ASSERT_EQ(test, qpn & ~0xffff, RVT_AIP_QP_BASE);
		KUNIT_ASSERT_FALSE(test, test_and_set_bit(qpn & 0xffff, f->given));
		alloc_checked(test);
	}
	free_qpn(f->qpt, qpn, 1);
	clear_bit(qpn & 0xffff, f->given);
	f->qpt->last = (qpn & 0xffff) - f->qpt->incr;
	KUNIT_EXPECT_EQ(test, alloc_checked(test), qpn & 0xffff);
}

static int own_alloc(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt, enum ib_qp_type type,
		     u32 port)
{
	return 4711;
}

static void driver_hook(struct kunit *test)
{
	struct fixture *f = test->priv;

	start(test);
	f->rdi->driver_f.alloc_qpn = own_alloc;
	KUNIT_EXPECT_EQ(test, alloc_rc(f), 4711);
	KUNIT_EXPECT_EQ(test, alloc_qpn(f->rdi, f->qpt, IB_QPT_GSI, 1, 0), 4711);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bad_parameters),
	KUNIT_CASE_PARAM(unique, lane_gen_params),
	KUNIT_CASE_PARAM(wrap, lane_gen_params),
	KUNIT_CASE(management),
	KUNIT_CASE(late_reuse),
	KUNIT_CASE(exhaustion),
	KUNIT_CASE(prefixed),
	KUNIT_CASE(driver_hook),
	{}
};

struct kunit_suite rdmavt_qpn_suite = {
	.name = "rdmavt-qpn",
	.init = qpn_init,
	.exit = qpn_exit,
	.test_cases = cases,
};
