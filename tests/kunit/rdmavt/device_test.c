// SPDX-License-Identifier: GPL-2.0
/*
 * Registration: what a driver must bring along, and that nothing is left of a
 * device that was refused.
 */
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

static void registers(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);

	KUNIT_EXPECT_EQ(test, dev->rdi.ibdev.phys_port_cnt, 1);
	KUNIT_EXPECT_STREQ(test, dev_name(&dev->rdi.ibdev.dev), "kunit_rvt0");
	KUNIT_EXPECT_EQ(test, dev->rdi.ibdev.attrs.max_mr, 16);
}

struct lacking_case {
	const char *name;
	size_t offset;
};

#define LACKING(member) { #member, offsetof(struct rvt_driver_provided, member) }

static const struct lacking_case lackings[] = {
	LACKING(schedule_send), LACKING(schedule_send_no_lock), LACKING(do_send),
	LACKING(qp_priv_alloc), LACKING(qp_priv_free), LACKING(notify_qp_reset),
	LACKING(flush_qp_waiters), LACKING(stop_send_queue), LACKING(quiesce_qp),
	LACKING(notify_error_qp), LACKING(notify_restart_rc), LACKING(get_pmtu_from_attr),
	LACKING(mtu_from_qp), LACKING(mtu_to_path_mtu), LACKING(get_guid_be),
	LACKING(query_port_state), LACKING(shut_down_port), LACKING(cap_mask_chg),
};

static void describe(const struct lacking_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lacking, lackings, describe);

static void lacks(struct kunit *test)
{
	const struct lacking_case *c = test->param_value;
	struct fake_dev *dev = fake_alloc(test);

	memset((void *)&dev->rdi.driver_f + c->offset, 0, sizeof(void *));
	KUNIT_EXPECT_EQ(test, rvt_register_device(&dev->rdi), -EINVAL);
}

static void bad_sizes(struct kunit *test)
{
	struct fake_dev *dev = fake_alloc(test);

	KUNIT_EXPECT_EQ(test, rvt_register_device(NULL), -EINVAL);
	dev->rdi.dparms.qp_table_size = 0;
	KUNIT_EXPECT_EQ(test, rvt_register_device(&dev->rdi), -EINVAL);
	dev->rdi.dparms.qp_table_size = 16;
	dev->rdi.dparms.lkey_table_size = 0;
	KUNIT_EXPECT_EQ(test, rvt_register_device(&dev->rdi), -EINVAL);
	dev->rdi.dparms.lkey_table_size = 4;
	dev->rdi.dparms.qpn_res_end = 0;
	KUNIT_EXPECT_EQ(test, rvt_register_device(&dev->rdi), -EINVAL);
}

/* max_cq, max_pd and max_qp of the driver's properties hold. */
static void limits(struct kunit *test)
{
	struct fake_dev *dev = fake_alloc(test);
	struct ib_cq_init_attr attr = { .cqe = 1 };
	struct ib_pd *pd;
	struct ib_cq *cq;

	dev->rdi.dparms.props.max_cq = 1;
	dev->rdi.dparms.props.max_pd = 1;
	KUNIT_ASSERT_EQ(test, rvt_register_device(&dev->rdi), 0);
	pd = ib_alloc_pd(&dev->rdi.ibdev, 0);
	KUNIT_EXPECT_FALSE(test, IS_ERR(pd));
	KUNIT_EXPECT_EQ(test, PTR_ERR(ib_alloc_pd(&dev->rdi.ibdev, 0)), -ENOMEM);
	cq = ib_create_cq(&dev->rdi.ibdev, NULL, NULL, NULL, &attr);
	KUNIT_EXPECT_FALSE(test, IS_ERR(cq));
	KUNIT_EXPECT_EQ(test, PTR_ERR(ib_create_cq(&dev->rdi.ibdev, NULL, NULL, NULL, &attr)), -ENOMEM);
	ib_destroy_cq(cq);
	ib_dealloc_pd(pd);
	rvt_unregister_device(&dev->rdi);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(registers),
	KUNIT_CASE_PARAM(lacks, lacking_gen_params),
	KUNIT_CASE(bad_sizes),
	KUNIT_CASE(limits),
	{}
};

struct kunit_suite rdmavt_device_suite = {
	.name = "rdmavt-device",
	.test_cases = cases,
};
