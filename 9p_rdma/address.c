// SPDX-License-Identifier: GPL-2.0
/*
 * The server's address: an IPv4 or IPv6 literal, which for link-local IPv6
 * names the interface too (fe80::1%eth0). Names are for user space to resolve.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/inet.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include "p9_rdma.h"

/*
 * Nothing but an address, and perhaps a scope? The kernel's parser stops at
 * some characters that cannot be part of one, and is content.
 */
static bool is_literal(const char *text)
{
	const char *rest = text + strspn(text, "0123456789.");

	if (!*rest)
		return true;
	rest = text + strspn(text, "0123456789abcdefABCDEF:.");
	return !*rest || *rest == '%';
}

/* A single host that something can be sent to? */
static bool is_unicast(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *sin = (const void *)addr;
	const struct sockaddr_in6 *sin6 = (const void *)addr;

	if (addr->ss_family == AF_INET)
		return !ipv4_is_zeronet(sin->sin_addr.s_addr) &&
		       !ipv4_is_multicast(sin->sin_addr.s_addr) &&
		       !ipv4_is_lbcast(sin->sin_addr.s_addr);

	return !ipv6_addr_any(&sin6->sin6_addr) &&
	       !ipv6_addr_is_multicast(&sin6->sin6_addr);
}

static bool lacks_scope(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *sin6 = (const void *)addr;

	return addr->ss_family == AF_INET6 && !sin6->sin6_scope_id &&
	       ipv6_addr_type(&sin6->sin6_addr) & IPV6_ADDR_LINKLOCAL;
}

/* A scope is meant for link-local addresses and would be ignored elsewhere. */
static bool has_useless_scope(const struct sockaddr_storage *addr,
			      const char *text)
{
	const struct sockaddr_in6 *sin6 = (const void *)addr;

	return strchr(text, '%') &&
	       !(addr->ss_family == AF_INET6 && sin6->sin6_scope_id);
}

/**
 * p9_rdma_parse_address - understand the server's address
 * @net: the network namespace in which an interface is looked up
 * @text: the source of the mount command, may be %NULL
 * @port: the server's port
 * @addr: the result, zeroed by the caller
 *
 * Context: process context.
 * Return: 0, or -EINVAL after a line in the log.
 */
int p9_rdma_parse_address(struct net *net, const char *text, u16 port,
			  struct sockaddr_storage *addr)
{
	const char *name = text && *text ? text : "(none)";
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;

	if (!text || !is_literal(text) ||
	    inet_pton_with_scope(net, AF_UNSPEC, text, NULL, addr) ||
	    (addr->ss_family == AF_INET && strchr(text, ':'))) {
		pr_err("server address %s: give an IPv4 or IPv6 address in digits (for fe80:: with %%interface)\n",
		       name);
		return -EINVAL;
	}
	if (!is_unicast(addr) || has_useless_scope(addr, text)) {
		pr_err("server address %s is not that of one host\n", name);
		return -EINVAL;
	}
	if (lacks_scope(addr)) {
		pr_err("server address %s is link-local: add the interface, as in %s%%eth0\n",
		       name, name);
		return -EINVAL;
	}

	if (addr->ss_family == AF_INET)
		sin->sin_port = htons(port);
	else
		sin6->sin6_port = htons(port);
	return 0;
}
