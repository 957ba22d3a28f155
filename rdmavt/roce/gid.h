/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which addresses belong to which device.
 */
#ifndef RVT_ROCE_GID_H
#define RVT_ROCE_GID_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/types.h>

struct ib_gid_attr;
struct rvt_roce_dev;
struct rvt_roce_net;

/**
 * struct rvt_roce_gid - one entry of a device's GID table
 * @node: in rvt_roce_net.gids
 * @addr: the address, IPv4 as ::ffff:a.b.c.d
 * @dev: the device
 * @ifindex: interface that owns the address: the device's, or a VLAN on it
 * @vlan_id: of that VLAN, 0xffff if it is none
 * @rcu: for freeing
 */
struct rvt_roce_gid {
	struct hlist_node node;
	struct in6_addr addr;
	struct rvt_roce_dev *dev;
	int ifindex;
	u16 vlan_id;
	struct rcu_head rcu;
};

/* Slots of device.h's table of operations. */
int rvt_roce_add_gid(const struct ib_gid_attr *attr, void **context);
int rvt_roce_del_gid(const struct ib_gid_attr *attr, void **context);

/**
 * rvt_roce_gid_is_local() - is an address one of this device's own?
 * @dev: device
 * @addr: address
 *
 * Context: any.
 */
bool rvt_roce_gid_is_local(struct rvt_roce_dev *dev,
			   const struct in6_addr *addr);

/**
 * rvt_roce_gid_vlan() - the VLAN that owns an address
 * @dev: device
 * @addr: address of that device
 *
 * Context: any.
 * Return: VLAN number, or 0xffff if it belongs to the interface itself.
 */
u16 rvt_roce_gid_vlan(struct rvt_roce_dev *dev, const struct in6_addr *addr);

/**
 * rvt_roce_gid_next() - devices that have an address
 * @rnet: namespace
 * @addr: address
 * @prev: last result, NULL to begin
 *
 * Several devices may share an address, e.g. the link local one of an
 * interface and of a VLAN on it.
 *
 * Context: RCU read side.
 * Return: the next entry, or NULL.
 */
struct rvt_roce_gid *rvt_roce_gid_next(struct rvt_roce_net *rnet,
				       const struct in6_addr *addr,
				       struct rvt_roce_gid *prev);

#endif /* RVT_ROCE_GID_H */
