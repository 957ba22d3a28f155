// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of ib_fake.h.
 */
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "ib_fake.h"

static struct ib_fake *to_ib_fake(struct rvt_dev_info *rdi)
{
	return container_of(rdi, struct ib_fake, dev.rdi);
}

static void agent_made(struct rvt_dev_info *rdi, int port_index)
{
	to_ib_fake(rdi)->agents_made++;
}

static void agent_freed(struct rvt_dev_info *rdi, int port_index)
{
	to_ib_fake(rdi)->agents_freed++;
}

struct ib_fake *ib_fake_alloc(struct kunit *test)
{
	/* Its callbacks and parameters do for this one. */
	struct fake_dev *model = fake_alloc(test);
	struct rvt_dev_info *rdi = rvt_alloc_device(sizeof(struct ib_fake), IB_FAKE_PORTS);
	struct ib_fake *fake;

	KUNIT_ASSERT_NOT_NULL(test, rdi);
	fake = to_ib_fake(rdi);
	rdi->dparms = model->rdi.dparms;
	rdi->dparms.nports = IB_FAKE_PORTS;
	rdi->dparms.core_cap_flags = RDMA_CORE_PORT_IBA_IB;
	rdi->dparms.max_mad_size = IB_MGMT_MAD_SIZE;
	/* What ib_mad wants. */
	rdi->dparms.props.max_cqe = 2000;
	rdi->driver_f = model->rdi.driver_f;
	rdi->driver_f.notify_create_mad_agent = agent_made;
	rdi->driver_f.notify_free_mad_agent = agent_freed;
	rdi->post_parms = model->rdi.post_parms;
	rdi->ibdev.phys_port_cnt = IB_FAKE_PORTS;
	rdi->ibdev.node_guid = cpu_to_be64(0x5678);
	rvt_set_ibdev_name(rdi, "%s%d", "kunit_ib", 0);

	fake->dev.pkeys[0] = 0xffff;
	spin_lock_init(&fake->dev.port.lock);
	spin_lock_init(&fake->second.lock);
	rvt_init_port(rdi, &fake->dev.port, 0, fake->dev.pkeys);
	rvt_init_port(rdi, &fake->second, 1, fake->dev.pkeys);
	return fake;
}

static void dealloc_driver(struct ib_device *ibdev)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);

	rvt_teardown_device(rdi);
	++*to_ib_fake(rdi)->deallocated;
}

struct ib_fake *ib_fake_alloc_for_core(struct kunit *test, int *deallocated)
{
	static const struct ib_device_ops ops = { .dealloc_driver = dealloc_driver };
	struct ib_fake *fake = ib_fake_alloc(test);

	fake->deallocated = deallocated;
	ib_set_device_ops(&fake->dev.rdi.ibdev, &ops);
	return fake;
}

static void unregister(void *rdi)
{
	rvt_unregister_device(rdi);
	rvt_dealloc_device(rdi);
}

struct ib_fake *ib_fake_register(struct kunit *test)
{
	struct ib_fake *fake = ib_fake_alloc(test);
	struct rvt_dev_info *rdi = &fake->dev.rdi;
	int ret = rvt_register_device(rdi);

	if (ret)
		rvt_dealloc_device(rdi);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unregister, rdi), 0);
	return fake;
}
