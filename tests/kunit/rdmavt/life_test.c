// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a device, in both ways, in order and out of order; its ports,
 * their agents and addresses.
 */
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "ib_fake.h"
#include "suites.h"

/* One agent a port, and none is left behind. */
static void has_agents(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_alloc(test);
	struct rvt_dev_info *rdi = &fake->dev.rdi;
	int made, freed, i, ret;

	ret = rvt_register_device(rdi);
	KUNIT_EXPECT_EQ(test, ret, 0);
	for (i = 0; i < IB_FAKE_PORTS; i++)
		KUNIT_EXPECT_TRUE(test, !!ib_fake_port(fake, i)->send_agent);
	if (!ret)
		rvt_unregister_device(rdi);
	for (i = 0; i < IB_FAKE_PORTS; i++)
		KUNIT_EXPECT_FALSE(test, !!ib_fake_port(fake, i)->send_agent);
	made = fake->agents_made;
	freed = fake->agents_freed;
	rvt_dealloc_device(rdi);
	KUNIT_EXPECT_EQ(test, made, IB_FAKE_PORTS);
	KUNIT_EXPECT_EQ(test, freed, IB_FAKE_PORTS);
}

static void registers_again(struct kunit *test)
{
	int i, ret;

	for (i = 0; i < 3; i++) {
		struct rvt_dev_info *rdi = &ib_fake_alloc(test)->dev.rdi;

		ret = rvt_register_device(rdi);
		KUNIT_EXPECT_EQ(test, ret, 0);
		if (!ret)
			rvt_unregister_device(rdi);
		rvt_dealloc_device(rdi);
	}
}

/* The core frees the device; the library's part is freed once, and wholly. */
static void core_takes_it_down(struct kunit *test)
{
	int deallocated = 0, ret;
	struct rvt_dev_info *rdi = &ib_fake_alloc_for_core(test, &deallocated)->dev.rdi;

	ret = rvt_register_device(rdi);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (ret)
		rvt_dealloc_device(rdi);
	else
		ib_unregister_device(&rdi->ibdev);
	KUNIT_EXPECT_EQ(test, deallocated, 1);
}

static void stock_call_takes_it_down(struct kunit *test)
{
	int deallocated = 0, ret;
	struct rvt_dev_info *rdi = &ib_fake_alloc_for_core(test, &deallocated)->dev.rdi;

	ret = rvt_register_device(rdi);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (ret)
		rvt_dealloc_device(rdi);
	else
		rvt_unregister_device(rdi);
	KUNIT_EXPECT_EQ(test, deallocated, 1);
}

static void never_registered(struct kunit *test)
{
	int deallocated = 0;
	struct rvt_dev_info *rdi = &ib_fake_alloc(test)->dev.rdi;

	rvt_teardown_device(rdi);
	rvt_teardown_device(rdi);
	rvt_dealloc_device(rdi);

	rdi = &ib_fake_alloc_for_core(test, &deallocated)->dev.rdi;
	rvt_dealloc_device(rdi);
	KUNIT_EXPECT_EQ(test, deallocated, 1);
	rvt_unregister_device(NULL);
}

/* The name is taken: the core refuses, and all is given back. */
static void refused_by_the_core(struct kunit *test)
{
	struct rvt_dev_info *rdi;

	ib_fake_register(test);
	rdi = &ib_fake_alloc(test)->dev.rdi;
	KUNIT_EXPECT_LT(test, rvt_register_device(rdi), 0);
	KUNIT_EXPECT_FALSE(test, !!rdi->qp_dev);
	KUNIT_EXPECT_FALSE(test, !!rdi->lkey_table.table);
	rvt_dealloc_device(rdi);
}

static void expect_refused(struct kunit *test, struct rvt_dev_info *rdi)
{
	KUNIT_EXPECT_EQ(test, rvt_register_device(rdi), -EINVAL);
	rvt_dealloc_device(rdi);
}

static void checks_its_ports(struct kunit *test)
{
	struct rvt_dev_info *rdi = &ib_fake_alloc(test)->dev.rdi;

	rdi->ports[1] = NULL;
	expect_refused(test, rdi);
	rdi = &ib_fake_alloc(test)->dev.rdi;
	rdi->ibdev.phys_port_cnt = IB_FAKE_PORTS + 1;
	expect_refused(test, rdi);
	rdi = &ib_fake_alloc(test)->dev.rdi;
	rdi->ibdev.phys_port_cnt = 0;
	expect_refused(test, rdi);
}

/* A driver that serves a verb itself need not help the library's version. */
static int own_query_port(struct ib_device *ibdev, u32 port_num, struct ib_port_attr *attr)
{
	attr->gid_tbl_len = IB_FAKE_GIDS;
	attr->pkey_tbl_len = 1;
	return 0;
}

static void own_verb_waives(struct kunit *test)
{
	static const struct ib_device_ops own = { .query_port = own_query_port };
	struct rvt_dev_info *rdi = &ib_fake_alloc(test)->dev.rdi;
	int ret;

	ib_set_device_ops(&rdi->ibdev, &own);
	rdi->driver_f.query_port_state = NULL;
	ret = rvt_register_device(rdi);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (!ret)
		rvt_unregister_device(rdi);
	rvt_dealloc_device(rdi);
}

static void tells_about_ports(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_register(test);
	struct ib_device *ibdev = &fake->dev.rdi.ibdev;
	struct ib_port_attr attr;
	union ib_gid gid;
	u16 pkey = 0;

	fake->second.sm_lid = 17;
	fake->second.gid_prefix = cpu_to_be64(0xfe80ULL << 48);
	KUNIT_EXPECT_EQ(test, ib_query_port(ibdev, 2, &attr), 0);
	KUNIT_EXPECT_EQ(test, attr.max_msg_sz, 0x80000000U);
	KUNIT_EXPECT_EQ(test, attr.sm_lid, 17U);
	KUNIT_EXPECT_EQ(test, attr.pkey_tbl_len, 1);
	KUNIT_EXPECT_EQ(test, ib_query_pkey(ibdev, 2, 0, &pkey), 0);
	KUNIT_EXPECT_EQ(test, pkey, 0xffff);
	KUNIT_EXPECT_EQ(test, ib_query_pkey(ibdev, 2, 1, &pkey), -EINVAL);
	KUNIT_EXPECT_EQ(test, ibdev->ops.query_gid(ibdev, 2, 1, &gid), 0);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(gid.global.subnet_prefix), 0xfe80ULL << 48);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(gid.global.interface_id), 0x1001ULL);
	KUNIT_EXPECT_EQ(test, ibdev->ops.query_gid(ibdev, 3, 0, &gid), -EINVAL);
}

static void changes_capabilities(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_register(test);
	struct rvt_ibport *port = &fake->dev.port;
	struct ib_port_modify change = {
		.set_port_cap_mask = IB_PORT_CM_SUP | IB_PORT_SM,
		.clr_port_cap_mask = IB_PORT_SM,
	};

	port->port_cap_flags = IB_PORT_TRAP_SUP;
	port->qkey_violations = 5;
	KUNIT_EXPECT_EQ(test, ib_modify_port(&fake->dev.rdi.ibdev, 1, IB_PORT_RESET_QKEY_CNTR,
					     &change), 0);
	KUNIT_EXPECT_EQ(test, port->port_cap_flags, (u32)(IB_PORT_TRAP_SUP | IB_PORT_CM_SUP));
	KUNIT_EXPECT_EQ(test, port->qkey_violations, 0);
}

#define ADDRESS(...)	{ .type = RDMA_AH_ATTR_TYPE_IB, __VA_ARGS__ }

static const struct {
	const char *name;
	struct rdma_ah_attr attr;
	int ret;
} addresses[] = {
	{ "plain", ADDRESS(.port_num = 1), 0 },
	{ "the other port", ADDRESS(.port_num = 2), 0 },
	{ "port 0", ADDRESS(.port_num = 0), -EINVAL },
	{ "port beyond the last", ADDRESS(.port_num = 3), -EINVAL },
	{ "known rate", ADDRESS(.port_num = 1, .static_rate = IB_RATE_10_GBPS), 0 },
	{ "unknown rate", ADDRESS(.port_num = 1, .static_rate = 1), -EINVAL },
	{ "last GID", ADDRESS(.port_num = 1, .ah_flags = IB_AH_GRH,
			      .grh.sgid_index = IB_FAKE_GIDS - 1), 0 },
	{ "GID beyond the last", ADDRESS(.port_num = 1, .ah_flags = IB_AH_GRH,
					 .grh.sgid_index = IB_FAKE_GIDS), -EINVAL },
	{ "GID that is not used", ADDRESS(.port_num = 1, .grh.sgid_index = 200), 0 },
};

/* Also in a context that must not sleep. */
static void checks_addresses(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_register(test);
	unsigned long flags;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct rdma_ah_attr attr = addresses[i].attr;

		local_irq_save(flags);
		ret = rvt_check_ah(&fake->dev.rdi.ibdev, &attr);
		local_irq_restore(flags);
		KUNIT_EXPECT_EQ_MSG(test, ret, addresses[i].ret, "%s", addresses[i].name);
	}
}

static void keeps_addresses(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_register(test);
	struct ib_pd *pd = fake_pd(test, &fake->dev, 0);
	struct rdma_ah_attr attr = ADDRESS(.port_num = 1, .sl = 3, .ib.dlid = 12), back;
	struct ib_ah *ah = rdma_create_ah(pd, &attr, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(ah));
	KUNIT_EXPECT_EQ(test, rdma_query_ah(ah, &back), 0);
	KUNIT_EXPECT_EQ(test, rdma_ah_get_dlid(&back), 12U);
	KUNIT_EXPECT_EQ(test, rdma_ah_get_sl(&back), 3);

	rdma_ah_set_dlid(&attr, 13);
	KUNIT_EXPECT_EQ(test, rdma_modify_ah(ah, &attr), 0);
	rdma_ah_set_port_num(&attr, 3);
	rdma_ah_set_dlid(&attr, 14);
	KUNIT_EXPECT_LT(test, rdma_modify_ah(ah, &attr), 0);
	KUNIT_EXPECT_EQ(test, rdma_query_ah(ah, &back), 0);
	KUNIT_EXPECT_EQ(test, rdma_ah_get_dlid(&back), 13U);
	rdma_destroy_ah(ah, RDMA_DESTROY_AH_SLEEPABLE);
}

static void limits_addresses(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_register(test);
	struct ib_pd *pd = fake_pd(test, &fake->dev, 0);
	struct rdma_ah_attr attr = ADDRESS(.port_num = 1, .ib.dlid = 12);
	int before = fake->dev.rdi.n_ahs_allocated;
	struct ib_ah *ah, *more;

	fake->dev.rdi.dparms.props.max_ah = before + 1;
	ah = rdma_create_ah(pd, &attr, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ah));
	more = rdma_create_ah(pd, &attr, 0);
	KUNIT_EXPECT_EQ(test, (int)PTR_ERR_OR_ZERO(more), -ENOMEM);
	if (!IS_ERR(more))
		rdma_destroy_ah(more, RDMA_DESTROY_AH_SLEEPABLE);
	rdma_destroy_ah(ah, RDMA_DESTROY_AH_SLEEPABLE);
	KUNIT_EXPECT_EQ(test, fake->dev.rdi.n_ahs_allocated, before);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(has_agents),
	KUNIT_CASE(registers_again),
	KUNIT_CASE(core_takes_it_down),
	KUNIT_CASE(stock_call_takes_it_down),
	KUNIT_CASE(never_registered),
	KUNIT_CASE(refused_by_the_core),
	KUNIT_CASE(checks_its_ports),
	KUNIT_CASE(own_verb_waives),
	KUNIT_CASE(tells_about_ports),
	KUNIT_CASE(changes_capabilities),
	KUNIT_CASE(checks_addresses),
	KUNIT_CASE(keeps_addresses),
	KUNIT_CASE(limits_addresses),
	{}
};

struct kunit_suite rdmavt_life_suite = {
	.name = "rdmavt-life",
	.test_cases = cases,
};
