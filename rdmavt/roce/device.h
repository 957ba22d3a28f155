/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A software RoCE device: one verbs device with one port, on one network
 * interface.
 */
#ifndef RVT_ROCE_DEVICE_H
#define RVT_ROCE_DEVICE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>
#include "counters.h"

struct rvt_roce_net;

#define RVT_ROCE_PORT_NUM	1
#define RVT_ROCE_GID_TBL_LEN	1024

/**
 * struct rvt_roce_dev - a software RoCE device
 * @rdi: the verbs library's part, with the ib_device; first
 * @port: the library's part of the only port
 * @ndev: network interface, held until dealloc_driver
 * @ndev_tracker: of that reference
 * @rnet: sockets and address table of @ndev's namespace, held as long
 * @node: in the list of all devices, under its mutex (device.c)
 * @net_node: in rnet->devices, RCU; written under rnet's mutex
 * @wq: send engines
 * @counters: per CPU
 * @qp_stats: struct rvt_roce_qp_stats of counters, by their id
 * @retired: what those that are gone have counted
 * @debugfs: directory of the device, or an error that debugfs knows
 * @mcast_mutex: serialises joining and leaving multicast groups of @ndev
 * @pkeys: the partition key table
 * @active_mtu: enum ib_mtu
 * @speed: IB_SPEED_*
 * @width: IB_WIDTH_*
 * @state: enum ib_port_state
 * @phys_state: enum ib_port_phys_state
 * @loopback: messages from this device to itself take the short cut; a sysfs
 *            attribute, read with READ_ONCE()
 *
 * @active_mtu to @phys_state are a cache of the interface's properties, because
 * verbs ask for them where nothing may sleep.  Written under RTNL with
 * WRITE_ONCE() (port.c), read anywhere with READ_ONCE().
 */
struct rvt_roce_dev {
	struct rvt_dev_info rdi;
	struct rvt_ibport port;
	struct net_device *ndev;
	netdevice_tracker ndev_tracker;
	struct rvt_roce_net *rnet;
	struct list_head node;
	struct list_head net_node;
	struct workqueue_struct *wq;
	struct rvt_roce_counters __percpu *counters;
	struct xarray qp_stats;
	struct rvt_roce_qp_stats retired;
	struct dentry *debugfs;
	struct mutex mcast_mutex;	/* joining and leaving groups */
	u16 pkeys[1];
	u8 active_mtu;
	u8 width;
	u16 speed;
	u8 state;
	u8 phys_state;
	bool loopback;
};

static inline struct rvt_roce_dev *to_rvt_roce_dev(struct ib_device *ibdev)
{
	return container_of(ibdev, struct rvt_roce_dev, rdi.ibdev);
}

static inline struct rvt_roce_dev *rvt_roce_rdi_dev(struct rvt_dev_info *rdi)
{
	return container_of(rdi, struct rvt_roce_dev, rdi);
}

static inline struct rvt_roce_dev *rvt_roce_qp_dev(const struct rvt_qp *qp)
{
	return to_rvt_roce_dev(qp->ibqp.device);
}

/**
 * rvt_roce_add() - add to a counter
 * @dev: device
 * @counter: which
 * @n: how much
 *
 * Context: any.
 */
static inline void rvt_roce_add(struct rvt_roce_dev *dev,
				enum rvt_roce_counter counter, u64 n)
{
	this_cpu_add(dev->counters->v[counter], n);
}

/**
 * rvt_roce_count() - count one more
 * @dev: device
 * @counter: which
 *
 * Context: any.
 */
static inline void rvt_roce_count(struct rvt_roce_dev *dev,
				  enum rvt_roce_counter counter)
{
	rvt_roce_add(dev, counter, 1);
}

/**
 * rvt_roce_count_drop() - count a dropped packet
 * @dev: device
 * @why: reason
 *
 * Context: any.
 */
static inline void rvt_roce_count_drop(struct rvt_roce_dev *dev,
				       enum rvt_roce_drop why)
{
	rvt_roce_add(dev, RVT_ROCE_CNT_DROPS + why, 1);
}

/**
 * rvt_roce_dev_create() - make a device on an interface and register it
 * @name: of the verbs device
 * @ndev: interface; the device takes its own reference
 *
 * Context: may sleep, RTNL not held.
 * Return: 0, -EEXIST if @name or @ndev has a device already, -EADDRINUSE if the
 * UDP port is taken, or another error; nothing is left behind then.
 */
int rvt_roce_dev_create(const char *name, struct net_device *ndev);

/**
 * rvt_roce_dev_get_by_netdev() - the registered device on an interface
 * @ndev: interface
 *
 * Context: may sleep.
 * Return: the device, to be given back with ib_device_put(), or NULL.
 */
struct rvt_roce_dev *rvt_roce_dev_get_by_netdev(const struct net_device *ndev);

/**
 * rvt_roce_dev_remove_all() - unregister and free every device
 *
 * For module exit; no new device can be made any more.
 *
 * Context: may sleep, RTNL not held.
 */
void rvt_roce_dev_remove_all(void);

/* Slot of the table of operations (ops.c). */
void rvt_roce_dealloc_driver(struct ib_device *ibdev);

#endif /* RVT_ROCE_DEVICE_H */
