// SPDX-License-Identifier: GPL-2.0
/*
 * Own addresses.
 *
 * The RDMA core keeps the GID table of each device: an entry for each address
 * of its interface, and of VLANs on that.  The receive path needs the reverse,
 * from an address to the device, for each packet.  So the core's changes are
 * followed into a hash table per network namespace.
 *
 * The core adds and deletes entries one at a time for a device, and deletes
 * all that are left while it unregisters the device.
 */

#include <linux/if_vlan.h>
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <rdma/ib_cache.h>
#include "device.h"
#include "gid.h"
#include "socket.h"

static u32 hash_addr(const struct in6_addr *addr)
{
	return hash_min(ipv6_addr_hash(addr), RVT_ROCE_GID_HASH_BITS);
}

/* The entry is not valid yet, so the core's accessor would not tell. */
static void set_owner(struct rvt_roce_gid *gid, const struct ib_gid_attr *attr)
{
	const struct net_device *ndev;

	gid->vlan_id = 0xffff;
	rcu_read_lock();
	ndev = rcu_dereference(attr->ndev);
	if (ndev) {
		gid->ifindex = ndev->ifindex;
		if (is_vlan_dev(ndev))
			gid->vlan_id = vlan_dev_vlan_id(ndev);
	}
	rcu_read_unlock();
}

int rvt_roce_add_gid(const struct ib_gid_attr *attr, void **context)
{
	struct rvt_roce_dev *dev = to_rvt_roce_dev(attr->device);
	struct rvt_roce_net *rnet = dev->rnet;
	struct rvt_roce_gid *gid;

	gid = kzalloc(sizeof(*gid), GFP_KERNEL);
	if (!gid)
		return -ENOMEM;
	memcpy(&gid->addr, &attr->gid, sizeof(gid->addr));
	gid->dev = dev;
	set_owner(gid, attr);

	spin_lock_bh(&rnet->gid_lock);
	hlist_add_head_rcu(&gid->node, &rnet->gids[hash_addr(&gid->addr)]);
	spin_unlock_bh(&rnet->gid_lock);
	*context = gid;
	return 0;
}

int rvt_roce_del_gid(const struct ib_gid_attr *attr, void **context)
{
	struct rvt_roce_net *rnet = to_rvt_roce_dev(attr->device)->rnet;
	struct rvt_roce_gid *gid = *context;

	if (!gid)
		return 0;
	spin_lock_bh(&rnet->gid_lock);
	hlist_del_rcu(&gid->node);
	spin_unlock_bh(&rnet->gid_lock);
	*context = NULL;
	kfree_rcu(gid, rcu);
	return 0;
}

struct rvt_roce_gid *rvt_roce_gid_next(struct rvt_roce_net *rnet,
				       const struct in6_addr *addr,
				       struct rvt_roce_gid *prev)
{
	struct hlist_node *node;

	node = prev ? rcu_dereference(hlist_next_rcu(&prev->node)) :
		rcu_dereference(hlist_first_rcu(&rnet->gids[hash_addr(addr)]));
	for (; node; node = rcu_dereference(hlist_next_rcu(node))) {
		struct rvt_roce_gid *gid;

		gid = hlist_entry(node, struct rvt_roce_gid, node);
		if (ipv6_addr_equal(&gid->addr, addr))
			return gid;
	}
	return NULL;
}

static struct rvt_roce_gid *find_own(struct rvt_roce_dev *dev,
				     const struct in6_addr *addr)
{
	struct rvt_roce_gid *gid = NULL;

	do {
		gid = rvt_roce_gid_next(dev->rnet, addr, gid);
	} while (gid && gid->dev != dev);
	return gid;
}

bool rvt_roce_gid_is_local(struct rvt_roce_dev *dev,
			   const struct in6_addr *addr)
{
	bool found;

	rcu_read_lock();
	found = find_own(dev, addr);
	rcu_read_unlock();
	return found;
}

u16 rvt_roce_gid_vlan(struct rvt_roce_dev *dev, const struct in6_addr *addr)
{
	const struct rvt_roce_gid *gid;
	u16 vlan_id = 0xffff;

	rcu_read_lock();
	gid = find_own(dev, addr);
	if (gid)
		vlan_id = gid->vlan_id;
	rcu_read_unlock();
	return vlan_id;
}
