// SPDX-License-Identifier: GPL-2.0
/*
 * Address vectors and their routes.
 *
 * A verbs address handle names an own GID (by table entry) and the peer's GID.
 * On RoCEv2 both are IP addresses.  The MAC address in the handle is not used:
 * the network stack resolves the neighbour itself, which also follows a peer
 * that moves.
 *
 * The route is looked up on first use and kept until the stack declares it
 * obsolete, which dst_check() reports: after changes of routes, addresses and
 * path MTU, and when an interface goes away.  The stack points obsolete routes
 * at its blackhole device, so that an idle queue pair delays no interface.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>
#include "av.h"
#include "device.h"
#include "gid.h"
#include "socket.h"
#include "wire.h"

#define DEFAULT_HOP_LIMIT	64

void rvt_roce_av_prepare(struct rvt_roce_av *av)
{
	memset(av, 0, sizeof(*av));
	spin_lock_init(&av->lock);
}

/* The interface that owns the source GID, or 0 if it is gone. */
static int source_ifindex(const struct ib_gid_attr *sgid)
{
	const struct net_device *ndev;
	int ifindex = 0;

	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(sgid);
	if (!IS_ERR_OR_NULL(ndev))
		ifindex = ndev->ifindex;
	rcu_read_unlock();
	return ifindex;
}

bool rvt_roce_av_valid(const struct rdma_ah_attr *attr)
{
	const struct ib_gid_attr *sgid = attr->grh.sgid_attr;
	bool ipv6;

	if (!(attr->ah_flags & IB_AH_GRH) || !sgid)
		return false;
	ipv6 = !ipv6_addr_v4mapped((const struct in6_addr *)&sgid->gid);
	if (ipv6 && !IS_ENABLED(CONFIG_IPV6))
		return false;
	return ipv6 != ipv6_addr_v4mapped((const struct in6_addr *)&attr->grh.dgid);
}

int rvt_roce_av_init(struct rvt_roce_dev *dev, struct rvt_roce_av *av,
		     const struct rdma_ah_attr *attr, __be16 sport)
{
	const struct ib_global_route *grh = &attr->grh;
	const struct ib_gid_attr *sgid = grh->sgid_attr;
	struct dst_entry *dst;
	unsigned long flags;
	int oif;

	if (!rvt_roce_av_valid(attr))
		return -EINVAL;

	oif = source_ifindex(sgid);

	spin_lock_irqsave(&av->lock, flags);
	memcpy(&av->saddr, &sgid->gid, sizeof(av->saddr));
	memcpy(&av->daddr, &grh->dgid, sizeof(av->daddr));
	av->ipv6 = !ipv6_addr_v4mapped(&av->saddr);
	av->flow_label = grh->flow_label & IB_GRH_FLOWLABEL_MASK;
	av->tclass = grh->traffic_class;
	av->hop_limit = grh->hop_limit ?: DEFAULT_HOP_LIMIT;
	av->sport = sport;
	av->oif = oif;
	dst = av->dst;
	av->dst = NULL;
	spin_unlock_irqrestore(&av->lock, flags);

	dst_release(dst);
	return 0;
}

void rvt_roce_av_release(struct rvt_roce_av *av)
{
	struct dst_entry *dst;
	unsigned long flags;

	spin_lock_irqsave(&av->lock, flags);
	dst = av->dst;
	av->dst = NULL;
	spin_unlock_irqrestore(&av->lock, flags);

	dst_release(dst);
}

bool rvt_roce_av_is_local(struct rvt_roce_dev *dev,
			  const struct rvt_roce_av *av)
{
	return READ_ONCE(dev->loopback) &&
	       rvt_roce_gid_is_local(dev, &av->daddr);
}

/* What a route depends on. */
struct av_path {
	struct in6_addr saddr;
	struct in6_addr daddr;
	u32 flow_label;
	int oif;
	__be16 sport;
	u8 tclass;
	bool ipv6;
};

static struct dst_entry *lookup_v4(struct net *net, const struct av_path *path)
{
	struct flowi4 fl4 = {
		.flowi4_oif = path->oif,
		.flowi4_tos = RT_TOS(path->tclass),
		.flowi4_proto = IPPROTO_UDP,
		.saddr = path->saddr.s6_addr32[3],
		.daddr = path->daddr.s6_addr32[3],
		.fl4_sport = path->sport,
		.fl4_dport = htons(RVT_ROCE_PORT),
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

#if IS_ENABLED(CONFIG_IPV6)
static struct dst_entry *lookup_v6(struct net *net, const struct av_path *path)
{
	struct flowi6 fl6 = {
		.flowi6_oif = path->oif,
		.flowi6_proto = IPPROTO_UDP,
		.flowlabel = ip6_make_flowinfo(path->tclass,
					       htonl(path->flow_label)),
		.saddr = path->saddr,
		.daddr = path->daddr,
		.fl6_sport = path->sport,
		.fl6_dport = htons(RVT_ROCE_PORT),
	};

	return ip6_dst_lookup_flow(net, NULL, &fl6, NULL);
}

static u32 dst_cookie(const struct dst_entry *dst, bool ipv6)
{
	return ipv6 ? rt6_get_cookie((const struct rt6_info *)dst) : 0;
}
#else
static struct dst_entry *lookup_v6(struct net *net, const struct av_path *path)
{
	return ERR_PTR(-EAFNOSUPPORT);
}

static u32 dst_cookie(const struct dst_entry *dst, bool ipv6)
{
	return 0;
}
#endif

/* Takes a reference to a cached route, or tells what to look for. */
static struct dst_entry *cached(struct rvt_roce_av *av, struct av_path *path,
				u32 *cookie)
{
	struct dst_entry *dst;
	unsigned long flags;

	spin_lock_irqsave(&av->lock, flags);
	dst = av->dst;
	*cookie = av->cookie;
	if (dst) {
		dst_hold(dst);
	} else {
		path->saddr = av->saddr;
		path->daddr = av->daddr;
		path->flow_label = av->flow_label;
		path->oif = av->oif;
		path->sport = av->sport;
		path->tclass = av->tclass;
		path->ipv6 = av->ipv6;
	}
	spin_unlock_irqrestore(&av->lock, flags);
	return dst;
}

/* Keeps a new route for the next packet, unless the path changed meanwhile. */
static void keep(struct rvt_roce_av *av, const struct av_path *path,
		 struct dst_entry *dst)
{
	struct dst_entry *old = NULL;
	unsigned long flags;

	dst_hold(dst);
	spin_lock_irqsave(&av->lock, flags);
	if (ipv6_addr_equal(&av->daddr, &path->daddr) &&
	    ipv6_addr_equal(&av->saddr, &path->saddr) &&
	    av->oif == path->oif && av->tclass == path->tclass) {
		old = av->dst;
		av->dst = dst;
		av->cookie = dst_cookie(dst, path->ipv6);
	} else {
		old = dst;
	}
	spin_unlock_irqrestore(&av->lock, flags);
	dst_release(old);
}

/* Forgets an obsolete route, unless somebody has replaced it already. */
static void forget(struct rvt_roce_av *av, struct dst_entry *dst)
{
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&av->lock, flags);
	ours = av->dst == dst;
	if (ours)
		av->dst = NULL;
	spin_unlock_irqrestore(&av->lock, flags);
	if (ours)
		dst_release(dst);
}

struct dst_entry *rvt_roce_av_get_dst(struct rvt_roce_dev *dev,
				      struct rvt_roce_av *av)
{
	struct net *net = dev->rnet->net;
	struct dst_entry *dst;
	struct av_path path;
	u32 cookie;

	/* An interface that moved away takes its device along, a bit later. */
	if (!net_eq(net, dev_net(dev->ndev)))
		return ERR_PTR(-ENODEV);

	while ((dst = cached(av, &path, &cookie))) {
		if (dst_check(dst, cookie))
			return dst;
		forget(av, dst);
		dst_release(dst);
	}

	dst = path.ipv6 ? lookup_v6(net, &path) : lookup_v4(net, &path);
	if (!IS_ERR(dst))
		keep(av, &path, dst);
	return dst;
}
