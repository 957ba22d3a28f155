// SPDX-License-Identifier: GPL-2.0
/*
 * Multicast groups on the network interface.
 *
 * The verbs library knows which queue pairs are attached to a group.  For
 * packets to arrive, the interface has to join the IP group as well: with IGMP
 * or MLD, so that switches forward it, and in the interface's filter.  The RDMA
 * connection manager does that for its own IPv4 joins; a consumer that uses
 * verbs only relies on the driver.  Memberships are counted by the stack, so
 * both together do no harm.
 *
 * The interface joins with a group's first queue pair and leaves with its last.
 * mcast_mutex makes that one step with the change in the library.  It is taken
 * outside RTNL.
 */

#include <linux/igmp.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <rvt_ext.h>
#include "device.h"
#include "mcast.h"

static bool has_group(struct rvt_roce_dev *dev, union ib_gid *gid)
{
	struct rvt_mcast *group = rvt_mcast_find(&dev->port, gid, 0);

	if (!group)
		return false;
	/* A detach may wait for this reference, so let it see it go. */
	rcu_read_lock();
	if (atomic_dec_return(&group->refcount) <= 1)
		wake_up(&group->wait);
	rcu_read_unlock();
	return true;
}

static int join_v4(struct net_device *ndev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get_rtnl(ndev);

	if (!in_dev)
		return -ENODEV;
	ip_mc_inc_group(in_dev, addr);
	return 0;
}

static void leave_v4(struct net_device *ndev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get_rtnl(ndev);

	/* Memberships go with the interface's IP configuration. */
	if (in_dev)
		ip_mc_dec_group(in_dev, addr);
}

#if IS_ENABLED(CONFIG_IPV6)
static int join_v6(struct net_device *ndev, const struct in6_addr *addr)
{
	return ipv6_dev_mc_inc(ndev, addr);
}

static void leave_v6(struct net_device *ndev, const struct in6_addr *addr)
{
	if (__in6_dev_get(ndev))
		ipv6_dev_mc_dec(ndev, addr);
}
#else
static int join_v6(struct net_device *ndev, const struct in6_addr *addr)
{
	return -EAFNOSUPPORT;
}

static void leave_v6(struct net_device *ndev, const struct in6_addr *addr)
{
}
#endif

static int join(struct rvt_roce_dev *dev, const struct in6_addr *addr)
{
	int err;

	rtnl_lock();
	if (ipv6_addr_v4mapped(addr))
		err = join_v4(dev->ndev, addr->s6_addr32[3]);
	else
		err = join_v6(dev->ndev, addr);
	rtnl_unlock();
	return err;
}

static void leave(struct rvt_roce_dev *dev, const struct in6_addr *addr)
{
	rtnl_lock();
	if (ipv6_addr_v4mapped(addr))
		leave_v4(dev->ndev, addr->s6_addr32[3]);
	else
		leave_v6(dev->ndev, addr);
	rtnl_unlock();
}

int rvt_roce_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct rvt_roce_dev *dev = to_rvt_roce_dev(ibqp->device);
	const struct in6_addr *addr = (const struct in6_addr *)gid;
	bool first;
	int err;

	mutex_lock(&dev->mcast_mutex);
	first = !has_group(dev, gid);
	err = first ? join(dev, addr) : 0;
	if (!err) {
		err = rvt_attach_mcast(ibqp, gid, 0);
		if (err && first)
			leave(dev, addr);
	}
	mutex_unlock(&dev->mcast_mutex);
	return err;
}

int rvt_roce_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct rvt_roce_dev *dev = to_rvt_roce_dev(ibqp->device);
	int err;

	mutex_lock(&dev->mcast_mutex);
	err = rvt_detach_mcast(ibqp, gid, 0);
	if (!err && !has_group(dev, gid))
		leave(dev, (const struct in6_addr *)gid);
	mutex_unlock(&dev->mcast_mutex);
	return err;
}
