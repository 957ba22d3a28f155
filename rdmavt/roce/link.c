// SPDX-License-Identifier: GPL-2.0
/*
 * Links: devices as the administrator sees them.
 *
 *	rdma link add NAME type rvt netdev IFACE
 *	rdma link delete NAME
 *
 * and devices as their interface sees them: it goes up and down, changes its
 * MTU, or leaves.  The interface's notifier runs under RTNL, which the removal
 * of a device needs as well, so that is left to a work item.
 */

#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <rdma/rdma_netlink.h>
#include "device.h"
#include "link.h"
#include "port.h"
#include "wire.h"

/*
 * netlink has no channel for a reason here, so each refusal is one line in the
 * log that tells what to do.
 */
static int check_netdev(const char *name, struct net_device *ndev)
{
	struct net_device *master;

	if (ndev->flags & IFF_LOOPBACK || ndev->type != ARPHRD_ETHER) {
		netdev_warn(ndev,
			    "cannot carry RDMA device %s: not an Ethernet interface; choose one that has a MAC address, e.g. a veth or dummy\n",
			    name);
		return -EOPNOTSUPP;
	}
	/* The core gives an interface's device the addresses of its VLANs. */
	if (is_vlan_dev(ndev)) {
		netdev_warn(ndev,
			    "cannot carry RDMA device %s: make the link on %s, it serves the addresses of its VLANs too\n",
			    name, vlan_dev_real_dev(ndev)->name);
		return -EOPNOTSUPP;
	}
	if (netif_is_bond_slave(ndev) || netif_is_team_port(ndev)) {
		master = netdev_master_upper_dev_get(ndev);
		netdev_warn(ndev,
			    "cannot carry RDMA device %s: it is a port of %s; make the link on that\n",
			    name, master ? master->name : "another interface");
		return -EBUSY;
	}
	if (!rvt_roce_port_mtu(ndev->mtu)) {
		netdev_warn(ndev,
			    "cannot carry RDMA device %s: MTU %u is too small; set it to %d or more\n",
			    name, ndev->mtu, 256 + RVT_ROCE_MAX_HDR_BYTES);
		return -EINVAL;
	}
	return 0;
}

/* Asks early: the core would find out, but only after most of the work. */
static bool name_taken(const char *name)
{
	struct ib_device *ibdev;

	ibdev = ib_device_get_by_name(name, RDMA_DRIVER_UNKNOWN);
	if (ibdev)
		ib_device_put(ibdev);
	return ibdev;
}

/* Either the name is taken, or the interface. */
static void explain_exists(const char *name, const struct net_device *ndev)
{
	struct rvt_roce_dev *dev = rvt_roce_dev_get_by_netdev(ndev);

	if (dev) {
		netdev_warn(ndev,
			    "has RDMA device %s already; delete it with: rdma link delete %s\n",
			    rvt_get_ibdev_name(&dev->rdi),
			    rvt_get_ibdev_name(&dev->rdi));
		ib_device_put(&dev->rdi.ibdev);
		return;
	}
	if (name_taken(name))
		netdev_warn(ndev,
			    "there is an RDMA device called %s already; choose another name\n",
			    name);
	else
		netdev_warn(ndev,
			    "cannot carry RDMA device %s yet: an earlier one is still being removed; try again\n",
			    name);
}

static void explain(const char *name, const struct net_device *ndev, int err)
{
	switch (err) {
	case -EEXIST:
		explain_exists(name, ndev);
		break;
	case -EADDRINUSE:
		netdev_warn(ndev,
			    "cannot carry RDMA device %s: UDP port %d is in use in this network namespace (is rdma_rxe loaded?)\n",
			    name, RVT_ROCE_PORT);
		break;
	default:
		netdev_warn(ndev, "cannot carry RDMA device %s: error %d\n",
			    name, err);
	}
}

static int newlink(const char *name, struct net_device *ndev)
{
	int err;

	rtnl_lock();
	err = check_netdev(name, ndev);
	rtnl_unlock();
	if (err)
		return err;

	err = name_taken(name) ? -EEXIST : rvt_roce_dev_create(name, ndev);
	if (err)
		explain(name, ndev, err);
	return err;
}

static struct rdma_link_ops link_ops = {
	.type = "rvt",
	.newlink = newlink,
};

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *info)
{
	struct net_device *ndev = netdev_notifier_info_to_dev(info);
	struct rvt_roce_dev *dev;

	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
	case NETDEV_CHANGEMTU:
	case NETDEV_UNREGISTER:
		break;
	default:
		return NOTIFY_DONE;
	}

	/*
	 * A device that is being made is not found.  Its maker looks at the
	 * interface again when it is done.
	 */
	dev = rvt_roce_dev_get_by_netdev(ndev);
	if (!dev)
		return NOTIFY_DONE;
	if (event == NETDEV_UNREGISTER)
		ib_unregister_device_queued(&dev->rdi.ibdev);
	else
		rvt_roce_port_refresh(dev);
	ib_device_put(&dev->rdi.ibdev);
	return NOTIFY_OK;
}

static struct notifier_block netdev_nb = {
	.notifier_call = netdev_event,
};

int rvt_roce_link_init(void)
{
	int err;

	err = register_netdevice_notifier(&netdev_nb);
	if (err)
		return err;
	rdma_link_register(&link_ops);
	return 0;
}

void rvt_roce_link_stop(void)
{
	rdma_link_unregister(&link_ops);
}

void rvt_roce_link_exit(void)
{
	unregister_netdevice_notifier(&netdev_nb);
}

MODULE_ALIAS_RDMA_LINK("rvt");
