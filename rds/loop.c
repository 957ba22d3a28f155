// SPDX-License-Identifier: GPL-2.0
/*
 * The loopback transport, from 127.0.0.0/8 and ::1 to any address of this host: a
 * message is received by handing it over. The reader and the sender then share it;
 * nobody writes to it any more.
 *
 * Connections are up at once and never break. Congestion needs no messages: both
 * ends look at the same map.
 */
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <net/ipv6.h>
#include "rds.h"

/**
 * rds_loop_addr - does an address belong to the loopback transport?
 * @addr: the address
 *
 * Return: whether it does.
 */
bool rds_loop_addr(const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return ipv4_is_loopback(addr->s6_addr32[3]);
	return ipv6_addr_loopback(addr);
}

/**
 * rds_loop_reaches - is an address one of this host's?
 * @net: name space
 * @addr: the address
 * @scope: its interface, if link-local
 *
 * Return: whether it is. A loopback address is, also while its interface is down.
 */
bool rds_loop_reaches(struct net *net, const struct in6_addr *addr, u32 scope)
{
	return rds_loop_addr(addr) || rds_addr_is_local(net, addr, scope);
}

static int loop_laddr_check(struct net *net, const struct in6_addr *addr, u32 scope)
{
	return rds_loop_addr(addr) ? 0 : -EADDRNOTAVAIL;
}

static int loop_conn_alloc(struct rds_connection *conn, gfp_t gfp)
{
	return 0;
}

static void loop_conn_free(void *data)
{
}

static int loop_conn_connect(struct rds_connection *conn)
{
	rds_connect_complete(conn);
	return 0;
}

static void loop_conn_shutdown(struct rds_connection *conn)
{
}

static int loop_xmit(struct rds_connection *conn, struct rds_message *rm,
		     unsigned int hdr_off, unsigned int sg, unsigned int off)
{
	struct rds_header *hdr = &rm->m_inc.i_hdr;
	const struct in6_addr *from = &conn->c_laddr, *to = &conn->c_faddr;

	/* The answer to a ping is queued where the ping came from. */
	if (!hdr->h_sport)
		swap(from, to);
	/* For the receiver; rds_inc_put() drops it. */
	rds_message_addref(rm);
	rds_inc_init(&rm->m_inc, conn, from);
	rds_recv_incoming(conn, from, to, &rm->m_inc, GFP_KERNEL);
	rds_inc_put(&rm->m_inc);

	rds_send_drop_acked(conn, be64_to_cpu(hdr->h_sequence), NULL);
	return sizeof(*hdr) + be32_to_cpu(hdr->h_len);
}

struct rds_transport rds_loop_transport = {
	.t_name = "loopback",
	.t_owner = THIS_MODULE,
	.t_type = RDS_TRANS_LOOP,
	.laddr_check = loop_laddr_check,
	.conn_alloc = loop_conn_alloc,
	.conn_free = loop_conn_free,
	.conn_connect = loop_conn_connect,
	.conn_shutdown = loop_conn_shutdown,
	.xmit = loop_xmit,
	.inc_copy_to_user = rds_message_copy_to_user,
	.inc_free = rds_message_inc_free,
};
