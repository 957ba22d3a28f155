// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses: what bind(), connect() and sendmsg() accept, each by its own rules
 * (specification 3.1 and 3.2), and the way back. Inside, all are IPv6 ones, with
 * IPv4 mapped into them, so that nothing else has to tell the families apart.
 */
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "rds.h"

/**
 * rds_addr_cmp - order of addresses
 * @a1: one
 * @a2: another
 *
 * Return: negative, 0, positive as @a1 is before, equal to or after @a2.
 */
int rds_addr_cmp(const struct in6_addr *a1, const struct in6_addr *a2)
{
	return memcmp(a1, a2, sizeof(*a1));
}
EXPORT_SYMBOL_GPL(rds_addr_cmp);

/**
 * rds_addr_is_local - does an address belong to this host?
 * @net: as seen from this name space
 * @addr: the address
 * @scope: its interface, if link-local
 *
 * Context: any.
 * Return: whether it does.
 */
bool rds_addr_is_local(struct net *net, const struct in6_addr *addr, u32 scope)
{
	bool local;

	if (ipv6_addr_v4mapped(addr))
		return inet_addr_type(net, addr->s6_addr32[3]) == RTN_LOCAL;
	if (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())
		return false;

	rcu_read_lock();
	local = ipv6_chk_addr(net, addr, scope ? dev_get_by_index_rcu(net, scope) : NULL,
			      scope);
	rcu_read_unlock();
	return local;
}
EXPORT_SYMBOL_GPL(rds_addr_is_local);

/* May this be the address of one host? */
static bool host_v4(__be32 addr)
{
	return addr != htonl(INADDR_ANY) && addr != htonl(INADDR_BROADCAST) &&
	       !ipv4_is_multicast(addr);
}

static bool host_v6(const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return host_v4(addr->s6_addr32[3]);
	return ipv6_addr_type(addr) & IPV6_ADDR_UNICAST;
}

static void set_v4(struct rds_endpoint *ep, const struct sockaddr_in *sin)
{
	ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &ep->addr);
	ep->port = sin->sin_port;
	ep->scope = 0;
}

/* Return: 0, or -EINVAL for a link-local address on no interface. */
static int set_v6(struct rds_endpoint *ep, const struct sockaddr_in6 *sin6)
{
	ep->addr = sin6->sin6_addr;
	ep->port = sin6->sin6_port;
	ep->scope = 0;
	if (!(ipv6_addr_type(&ep->addr) & IPV6_ADDR_LINKLOCAL))
		return 0;
	ep->scope = sin6->sin6_scope_id;
	return ep->scope ? 0 : -EINVAL;
}

static bool has_family(int len)
{
	return len >= (int)offsetofend(struct sockaddr, sa_family);
}

/* The address of one host, of either family; everything else is -EINVAL. */
static int one_host(const void *uaddr, int len, struct rds_endpoint *ep)
{
	const struct sockaddr_in6 *sin6 = uaddr;
	const struct sockaddr_in *sin = uaddr;

	if (!has_family(len))
		return -EINVAL;
	switch (sin->sin_family) {
	case AF_INET:
		if (len < (int)sizeof(*sin) || !host_v4(sin->sin_addr.s_addr))
			return -EINVAL;
		set_v4(ep, sin);
		return 0;
	case AF_INET6:
		if (!IS_ENABLED(CONFIG_IPV6) || len < (int)sizeof(*sin6) ||
		    !host_v6(&sin6->sin6_addr))
			return -EINVAL;
		return set_v6(ep, sin6);
	default:
		return -EINVAL;
	}
}

/**
 * rds_endpoint_for_bind - the address of a bind()
 * @uaddr: from user space, already copied
 * @len: its bytes
 * @ep: result
 *
 * Return: 0 or -EINVAL. Section 3.1 of the specification.
 */
int rds_endpoint_for_bind(const void *uaddr, int len, struct rds_endpoint *ep)
{
	return one_host(uaddr, len, ep);
}

/**
 * rds_endpoint_for_send - the name of a sendmsg()
 * @uaddr: from user space, already copied
 * @len: its bytes
 * @ep: result
 *
 * Return: 0 or -EINVAL. Section 3.2 of the specification.
 */
int rds_endpoint_for_send(const void *uaddr, int len, struct rds_endpoint *ep)
{
	if (len < (int)sizeof(struct sockaddr_in))
		return -EINVAL;
	return one_host(uaddr, len, ep);
}

static int connect_v4(const struct sockaddr_in *sin, struct rds_endpoint *ep)
{
	if (sin->sin_addr.s_addr == htonl(INADDR_ANY))
		return -EDESTADDRREQ;
	if (!host_v4(sin->sin_addr.s_addr))
		return -EINVAL;
	set_v4(ep, sin);
	return 0;
}

/**
 * rds_endpoint_for_connect - the address of a connect()
 * @uaddr: from user space, already copied
 * @len: its bytes
 * @ep: result
 *
 * Return: 0, -EINVAL, -EDESTADDRREQ for no address, -EPROTOTYPE for an IPv6
 *	address that is not a host's, -EAFNOSUPPORT. Section 3.1 of the
 *	specification.
 */
int rds_endpoint_for_connect(const void *uaddr, int len, struct rds_endpoint *ep)
{
	const struct sockaddr_in6 *sin6 = uaddr;

	if (!has_family(len))
		return -EINVAL;
	switch (sin6->sin6_family) {
	case AF_INET:
		if (len < (int)sizeof(struct sockaddr_in))
			return -EINVAL;
		return connect_v4(uaddr, ep);
	case AF_INET6:
		if (len < (int)sizeof(*sin6))
			return -EINVAL;
		if (!IS_ENABLED(CONFIG_IPV6) || !host_v6(&sin6->sin6_addr))
			return -EPROTOTYPE;
		return set_v6(ep, sin6);
	default:
		return -EAFNOSUPPORT;
	}
}

/**
 * rds_endpoint_to_sockaddr - tell user space an address
 * @addr: the address
 * @port: its port
 * @scope: its interface, if link-local
 * @uaddr: room for a struct sockaddr_in6, all of which that is used is written
 *
 * Return: bytes used: those of a struct sockaddr_in for IPv4.
 */
int rds_endpoint_to_sockaddr(const struct in6_addr *addr, __be16 port, u32 scope,
			     void *uaddr)
{
	struct sockaddr_in6 *sin6 = uaddr;
	struct sockaddr_in *sin = uaddr;

	if (ipv6_addr_v4mapped(addr)) {
		memset(sin, 0, sizeof(*sin));
		sin->sin_family = AF_INET;
		sin->sin_port = port;
		sin->sin_addr.s_addr = addr->s6_addr32[3];
		return sizeof(*sin);
	}
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = port;
	sin6->sin6_addr = *addr;
	sin6->sin6_scope_id = scope;
	return sizeof(*sin6);
}
EXPORT_SYMBOL_GPL(rds_endpoint_to_sockaddr);
