// SPDX-License-Identifier: GPL-2.0
/*
 * Agents that send subnet management packets.
 *
 * A driver whose ports have a subnet management interface sends traps to the
 * subnet manager; for that each such port gets a MAD agent that can send and
 * never receives.  RoCE ports have none.
 *
 * The agents live from when the core offers the device to its clients until it
 * takes it back, whoever asks for that: the driver, user space, or a move to
 * another network namespace, which takes the device back and offers it again.
 * So this file is a client of the core like ib_mad itself.  Clients leave in
 * the reverse order of their arrival, hence ib_mad is still there when the
 * agents go.
 *
 * A client sees the devices of all drivers; "devices" knows which are ours.
 */
#include <linux/xarray.h>
#include "rdmavt.h"
#include "mad.h"

/* The devices of this library, by address. */
static DEFINE_XARRAY(devices);

static void send_done(struct ib_mad_agent *agent,
		      struct ib_mad_send_wc *wc)
{
	ib_free_send_mad(wc->send_buf);
}

static void remove_agent(struct rvt_dev_info *rdi, int port_index)
{
	struct rvt_ibport *port = rdi->ports[port_index];
	struct ib_mad_agent *agent = port->send_agent;
	struct rvt_ah *sm_ah;

	if (!agent)
		return;

	/* In this order: no new sends, no queued sends, no address. */
	port->send_agent = NULL;
	if (rdi->driver_f.notify_free_mad_agent)
		rdi->driver_f.notify_free_mad_agent(rdi, port_index);
	ib_unregister_mad_agent(agent);

	sm_ah = port->sm_ah;
	port->sm_ah = NULL;
	if (sm_ah)
		rdma_destroy_ah(&sm_ah->ibah, RDMA_DESTROY_AH_SLEEPABLE);
}

static int add_agent(struct rvt_dev_info *rdi, int port_index)
{
	struct ib_mad_agent *agent;

	if (!rdma_cap_ib_smi(&rdi->ibdev, port_index + 1))
		return 0;

	agent = ib_register_mad_agent(&rdi->ibdev, port_index + 1, IB_QPT_SMI,
				      NULL, 0, send_done, NULL, NULL, 0);
	if (IS_ERR(agent))
		return PTR_ERR(agent);

	rdi->ports[port_index]->send_agent = agent;
	if (rdi->driver_f.notify_create_mad_agent)
		rdi->driver_f.notify_create_mad_agent(rdi, port_index);
	return 0;
}

static void remove_agents(struct ib_device *ibdev, void *client_data)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);
	u32 port;

	rdma_for_each_port(ibdev, port)
		remove_agent(rdi, port - 1);
}

static int add_agents(struct ib_device *ibdev)
{
	struct rvt_dev_info *rdi = xa_load(&devices, (unsigned long)ibdev);
	u32 port;
	int ret;

	if (!rdi)
		return -EOPNOTSUPP;

	rdma_for_each_port(ibdev, port) {
		ret = add_agent(rdi, port - 1);
		if (ret) {
			ibdev_warn(ibdev,
				   "no subnet traps will be sent: error %d creating an SMI agent on port %u\n",
				   ret, port);
			remove_agents(ibdev, NULL);
			return ret;
		}
	}
	return 0;
}

static struct ib_client smi_client = {
	.name = "rdmavt",
	.add = add_agents,
	.remove = remove_agents,
};

/**
 * rvt_mad_add_device - have agents made for a device
 * @rdi: about to be registered with the core
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.  Failure to make an agent later is logged, and the
 * device works without.
 */
int rvt_mad_add_device(struct rvt_dev_info *rdi)
{
	return xa_err(xa_store(&devices, (unsigned long)&rdi->ibdev, rdi,
			       GFP_KERNEL));
}

/**
 * rvt_mad_del_device - forget a device
 * @rdi: no longer registered with the core, or never was
 *
 * Context: May sleep.
 */
void rvt_mad_del_device(struct rvt_dev_info *rdi)
{
	xa_erase(&devices, (unsigned long)&rdi->ibdev);
}

/**
 * rvt_mad_init - start to look after the agents of all devices
 *
 * Return: 0 or -errno.
 */
int rvt_mad_init(void)
{
	return ib_register_client(&smi_client);
}

/**
 * rvt_mad_exit - stop; no device of this library is registered any more
 */
void rvt_mad_exit(void)
{
	ib_unregister_client(&smi_client);
	WARN_ON_ONCE(!xa_empty(&devices));
}
