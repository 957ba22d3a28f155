/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address vector: one resolved path to a peer, with its cached route.
 *
 * RC and UC queue pairs embed one, filled when the queue pair is given its
 * address (RTR); a UD message builds one on the stack.
 */
#ifndef RVT_ROCE_AV_H
#define RVT_ROCE_AV_H

#include <linux/in6.h>
#include <linux/spinlock.h>
#include <net/dst.h>
#include <rdma/ib_verbs.h>

struct rvt_roce_dev;

/**
 * struct rvt_roce_av - address vector
 * @saddr: own address, IPv4 as ::ffff:a.b.c.d
 * @daddr: the peer's
 * @flow_label: IPv6 flow label, 20 bits
 * @oif: index of the interface that owns @saddr: the device's own, or a VLAN
 *       on it; 0 if it is gone
 * @sport: UDP source port
 * @tclass: IPv4 TOS, IPv6 traffic class
 * @hop_limit: never 0
 * @ipv6: which of the two
 * @lock: guards @dst and @cookie, and @saddr to @ipv6 against writers; taken
 *        inside the locks of a queue pair, nothing is taken inside it
 * @dst: cached route, one reference, or NULL
 * @cookie: for dst_check()
 *
 * The path is written by rvt_roce_av_init() alone.  Its callers hold the locks
 * of the queue pair, so that whoever holds one of them may read the path
 * without @lock.
 */
struct rvt_roce_av {
	struct in6_addr saddr;
	struct in6_addr daddr;
	u32 flow_label;
	int oif;
	__be16 sport;
	u8 tclass;
	u8 hop_limit;
	bool ipv6;
	spinlock_t lock;		/* dst, cookie; writes to the path */
	struct dst_entry *dst;
	u32 cookie;
};

/**
 * rvt_roce_av_prepare() - make an address vector usable, once
 * @av: uninitialised memory
 *
 * Context: any.
 */
void rvt_roce_av_prepare(struct rvt_roce_av *av);

/**
 * rvt_roce_av_valid() - do these attributes name a path?
 * @attr: address handle attributes
 *
 * Context: any.
 * Return: true if they have two GIDs, both of IPv4 or both of IPv6.
 */
bool rvt_roce_av_valid(const struct rdma_ah_attr *attr);

/**
 * rvt_roce_av_init() - set the path of an address vector
 * @dev: device
 * @av: prepared; may be in use, a cached route is dropped
 * @attr: address handle attributes with a GRH
 * @sport: UDP source port (specification 1.2)
 *
 * Does not look up a route.
 *
 * Context: any, also with interrupts off and under the queue pair's locks.
 * Return: 0, or -EINVAL if @attr names no RoCEv2 path.
 */
int rvt_roce_av_init(struct rvt_roce_dev *dev, struct rvt_roce_av *av,
		     const struct rdma_ah_attr *attr, __be16 sport);

/**
 * rvt_roce_av_release() - drop the cached route
 * @av: prepared; stays usable, the next transmission looks up a new route
 *
 * Context: any.
 */
void rvt_roce_av_release(struct rvt_roce_av *av);

/**
 * rvt_roce_av_is_local() - does the path lead back to this very device?
 * @dev: device
 * @av: path
 *
 * Context: any.
 * Return: true if the destination is a GID of @dev and the device's loopback
 * short cut is on.
 */
bool rvt_roce_av_is_local(struct rvt_roce_dev *dev,
			  const struct rvt_roce_av *av);

/**
 * rvt_roce_av_get_dst() - a valid route for a path
 * @dev: device
 * @av: path
 *
 * Context: softirq or process context, interrupts on, no queue pair lock.
 * Return: a route with a reference for the caller, or an ERR_PTR().
 */
struct dst_entry *rvt_roce_av_get_dst(struct rvt_roce_dev *dev,
				      struct rvt_roce_av *av);

#endif /* RVT_ROCE_AV_H */
