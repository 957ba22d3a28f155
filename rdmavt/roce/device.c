// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a device.
 *
 * A device is made by `rdma link add` (link.c) and goes when user space deletes
 * it, when its interface is unregistered or moves to another network namespace,
 * or when the module is unloaded.  All of these end in the RDMA core's
 * unregistration, of which several may run at once, and which calls
 * rvt_roce_dealloc_driver() exactly once, at the end: the device is invisible,
 * all queue pairs and other objects are gone, and what is left is freed there.
 * The core frees the memory itself.
 *
 * A device that never got that far is undone by the same function, so it looks
 * at what there is.  In order of making:
 *
 *	memory, counters	create()
 *	interface reference
 *	list of all devices	claims the interface: a second device finds it
 *	sockets			packets may arrive from here on
 *	workqueue
 *	verbs device		rvt_register_device()
 *
 * Undoing goes backwards, but that the sockets come first: when they are given
 * up and a grace period is over, no packet is on its way through the device.
 *
 * The list holds no reference; its mutex keeps a device from being freed while
 * somebody looks at it.  The mutex is taken inside RTNL.
 */

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <rvt_ext.h>
#include "debugfs.h"
#include "device.h"
#include "ops.h"
#include "port.h"
#include "socket.h"
#include "wire.h"

static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_mutex);	/* guards devices */

static struct rvt_roce_dev *find(const struct net_device *ndev)
{
	struct rvt_roce_dev *dev;

	lockdep_assert_held(&devices_mutex);

	list_for_each_entry(dev, &devices, node)
		if (dev->ndev == ndev)
			return dev;
	return NULL;
}

struct rvt_roce_dev *rvt_roce_dev_get_by_netdev(const struct net_device *ndev)
{
	struct rvt_roce_dev *dev;

	mutex_lock(&devices_mutex);
	dev = find(ndev);
	if (dev && !ib_device_try_get(&dev->rdi.ibdev))
		dev = NULL;
	mutex_unlock(&devices_mutex);
	return dev;
}

void rvt_roce_dealloc_driver(struct ib_device *ibdev)
{
	struct rvt_roce_dev *dev = to_rvt_roce_dev(ibdev);

	rvt_roce_debugfs_remove(dev);
	/* Receivers that found the device look queue pairs up in its tables. */
	if (dev->rnet)
		rvt_roce_socket_put(dev);
	rvt_teardown_device(&dev->rdi);
	if (dev->wq)
		destroy_workqueue(dev->wq);
	free_percpu(dev->counters);
	xa_destroy(&dev->qp_stats);
	mutex_destroy(&dev->mcast_mutex);

	mutex_lock(&devices_mutex);
	if (!list_empty(&dev->node))
		list_del_init(&dev->node);
	netdev_put(dev->ndev, &dev->ndev_tracker);
	mutex_unlock(&devices_mutex);
}

/* From the MAC address, or random if the interface has none. */
static __be64 node_guid(const struct net_device *ndev)
{
	u8 mac[ETH_ALEN];
	__be64 guid;

	if (ndev->addr_len == ETH_ALEN && !is_zero_ether_addr(ndev->dev_addr))
		ether_addr_copy(mac, ndev->dev_addr);
	else
		eth_random_addr(mac);
	addrconf_addr_eui48((u8 *)&guid, mac);
	return guid;
}

static struct rvt_roce_dev *alloc(const char *name, struct net_device *ndev)
{
	struct rvt_dev_info *rdi;
	struct rvt_roce_dev *dev;

	rdi = rvt_alloc_device(sizeof(*dev), 1);
	if (!rdi)
		return NULL;
	dev = rvt_roce_rdi_dev(rdi);

	/* From here on the destructor runs when the memory is given back. */
	INIT_LIST_HEAD(&dev->node);
	xa_init_flags(&dev->qp_stats, XA_FLAGS_ALLOC1);
	mutex_init(&dev->mcast_mutex);
	dev->ndev = ndev;
	netdev_hold(ndev, &dev->ndev_tracker, GFP_KERNEL);
	ib_set_device_ops(&rdi->ibdev, &rvt_roce_dev_ops);

	dev->counters = alloc_percpu(struct rvt_roce_counters);
	if (!dev->counters) {
		rvt_dealloc_device(rdi);
		return NULL;
	}

	dev->loopback = true;
	dev->pkeys[0] = RVT_ROCE_PKEY_DEFAULT;
	dev_set_name(&rdi->ibdev.dev, "%s", name);
	strscpy(rdi->ibdev.name, name, sizeof(rdi->ibdev.name));
	ib_mark_name_assigned_by_user(&rdi->ibdev);
	strscpy(rdi->ibdev.node_desc, "rvt_roce", sizeof(rdi->ibdev.node_desc));
	rdi->ibdev.node_type = RDMA_NODE_IB_CA;
	rdi->ibdev.phys_port_cnt = 1;
	rdi->ibdev.num_comp_vectors = num_possible_cpus();
	rdi->ibdev.node_guid = node_guid(ndev);
	rvt_roce_set_params(rdi);
	return dev;
}

static void init_port(struct rvt_roce_dev *dev)
{
	struct rvt_ibport *port = &dev->port;

	spin_lock_init(&port->lock);
	port->mcast_tree = RB_ROOT;
	port->port_cap_flags = IB_PORT_CM_SUP;
	port->gid_prefix = cpu_to_be64(0xfe80000000000000ULL);
	rvt_init_port(&dev->rdi, port, 0, dev->pkeys);
}

/* One device per interface: the first one in the list wins. */
static int claim(struct rvt_roce_dev *dev)
{
	int err = 0;

	rtnl_lock();
	mutex_lock(&devices_mutex);
	if (find(dev->ndev)) {
		err = -EEXIST;
	} else if (dev->ndev->reg_state != NETREG_REGISTERED) {
		err = -ENODEV;
	} else {
		list_add_tail(&dev->node, &devices);
		rvt_roce_port_init(dev);
	}
	mutex_unlock(&devices_mutex);
	rtnl_unlock();
	return err;
}

/*
 * The interface may have changed or left while the device could not be found
 * yet as a registered one, and its notifier had nothing to tell or unregister.
 */
static void check_interface(struct net_device *ndev)
{
	struct rvt_roce_dev *dev;

	rtnl_lock();
	dev = rvt_roce_dev_get_by_netdev(ndev);
	if (dev) {
		if (ndev->reg_state != NETREG_REGISTERED ||
		    !net_eq(dev_net(ndev), dev->rnet->net))
			ib_unregister_device_queued(&dev->rdi.ibdev);
		else
			rvt_roce_port_refresh(dev);
		ib_device_put(&dev->rdi.ibdev);
	}
	rtnl_unlock();
}

static int make(struct rvt_roce_dev *dev)
{
	int err;

	err = claim(dev);
	if (err)
		return err;
	err = rvt_roce_socket_get(dev);
	if (err)
		return err;
	init_port(dev);

	dev->wq = alloc_workqueue("%s", WQ_MEM_RECLAIM | WQ_HIGHPRI, 0,
				  rvt_get_ibdev_name(&dev->rdi));
	if (!dev->wq)
		return -ENOMEM;

	err = ib_device_set_netdev(&dev->rdi.ibdev, dev->ndev,
				   RVT_ROCE_PORT_NUM);
	if (err)
		return err;

	err = rvt_register_device(&dev->rdi);
	/* The core's word for a name that is taken. */
	return err == -ENFILE ? -EEXIST : err;
}

int rvt_roce_dev_create(const char *name, struct net_device *ndev)
{
	struct rvt_roce_dev *dev;
	int err;

	dev = alloc(name, ndev);
	if (!dev)
		return -ENOMEM;

	/* A registered device may be unregistered by others at any time. */
	get_device(&dev->rdi.ibdev.dev);
	err = make(dev);
	/* Not rvt_dealloc_device(): packets may arrive, so the sockets go first. */
	if (err)
		ib_dealloc_device(&dev->rdi.ibdev);
	else
		check_interface(ndev);
	put_device(&dev->rdi.ibdev.dev);
	return err;
}

/* Keeps the memory, so that an unregistration of it can be waited for. */
static struct rvt_roce_dev *first(void)
{
	struct rvt_roce_dev *dev;

	mutex_lock(&devices_mutex);
	dev = list_first_entry_or_null(&devices, struct rvt_roce_dev, node);
	if (dev)
		get_device(&dev->rdi.ibdev.dev);
	mutex_unlock(&devices_mutex);
	return dev;
}

void rvt_roce_dev_remove_all(void)
{
	struct rvt_roce_dev *dev;

	/*
	 * Not by driver id: it is that of real hfi1 devices too.  If the device
	 * is on its way out already, this waits until it is gone.
	 */
	while ((dev = first())) {
		ib_unregister_device(&dev->rdi.ibdev);
		put_device(&dev->rdi.ibdev.dev);
	}
	/* A destructor that has left the list may be at its last instructions. */
	synchronize_rcu();
}
