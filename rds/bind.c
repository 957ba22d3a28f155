// SPDX-License-Identifier: GPL-2.0
/*
 * Bound sockets, by name space, address, port and interface.
 *
 * Receivers look up under RCU and take a reference of a socket that still has
 * one; sockets are freed after a grace period. A socket is bound once in its
 * life, and leaves the table when it is closed.
 */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include "rds.h"

/* 0 is for pings, 1 for probes. */
#define MIN_PORT	2

static struct rhashtable bound;

static const struct rhashtable_params bound_params = {
	.key_len = sizeof(struct rds_bound_key),
	.key_offset = offsetof(struct rds_sock, rs_bound),
	.head_offset = offsetof(struct rds_sock, rs_bound_node),
	.automatic_shrinking = true,
};

/**
 * rds_find_bound - the socket that a message is for
 * @net: name space
 * @addr: address
 * @port: port
 * @scope: interface of a link-local address, else 0
 *
 * Return: the socket with a reference for rds_sock_put(), or %NULL.
 */
struct rds_sock *rds_find_bound(struct net *net, const struct in6_addr *addr,
				__be16 port, u32 scope)
{
	struct rds_bound_key key = { .net = net, .addr = *addr, .port = port,
				     .scope = scope };
	struct rds_sock *rs;

	rcu_read_lock();
	rs = rhashtable_lookup(&bound, &key, bound_params);
	if (rs && !refcount_inc_not_zero(&rds_rs_to_sk(rs)->sk_refcnt))
		rs = NULL;
	rcu_read_unlock();
	return rs;
}

static int insert(struct rds_sock *rs, u16 port)
{
	int err;

	rs->rs_bound.port = htons(port);
	err = rhashtable_lookup_insert_fast(&bound, &rs->rs_bound_node, bound_params);
	if (!err) {
		rds_sock_addref(rs);
		return 0;
	}
	rs->rs_bound.port = 0;
	return err == -EEXIST ? -EADDRINUSE : -ENOMEM;
}

/* Any free port; from a random one upwards, so that they are not reused soon. */
static int insert_anywhere(struct rds_sock *rs)
{
	u16 first = max_t(u16, get_random_u32(), MIN_PORT);
	u16 port = first;
	int err;

	do {
		if (port >= MIN_PORT) {
			err = insert(rs, port);
			if (err != -EADDRINUSE)
				return err;
		}
		port++;
	} while (port != first);
	return -EADDRINUSE;
}

static int add_bound(struct rds_sock *rs, const struct rds_endpoint *ep)
{
	memset(&rs->rs_bound, 0, sizeof(rs->rs_bound));
	rs->rs_bound.net = sock_net(rds_rs_to_sk(rs));
	rs->rs_bound.addr = ep->addr;
	rs->rs_bound.scope = ep->scope;

	if (!ep->port)
		return insert_anywhere(rs);
	if (ntohs(ep->port) < MIN_PORT)
		return -EINVAL;
	return insert(rs, ntohs(ep->port));
}

/**
 * rds_remove_bound - nothing more is received
 * @rs: a socket that is being closed
 */
void rds_remove_bound(struct rds_sock *rs)
{
	if (!rs->rs_bound.port)
		return;
	rhashtable_remove_fast(&bound, &rs->rs_bound_node, bound_params);
	rds_sock_put(rs);
}

/*
 * Give @rs the transport that owns the address.
 *
 * Return: 0, *@attached if it had none before; -ENOPROTOOPT if the one that was
 *	chosen cannot be used there, -EADDRNOTAVAIL if none can.
 */
static int find_transport(struct rds_sock *rs, const struct rds_endpoint *ep,
			  bool *attached)
{
	struct net *net = sock_net(rds_rs_to_sk(rs));
	struct rds_transport *trans = rs->rs_transport;
	int err;

	*attached = false;
	if (trans)
		return trans->laddr_check(net, &ep->addr, ep->scope) ?
			-ENOPROTOOPT : 0;

	trans = rds_trans_get_for_addr(net, &ep->addr, ep->scope);
	if (!trans) {
		pr_info_ratelimited("RDS: %s: no transport for %pI6c: load rds_rdma, and see rdma link\n",
				    __func__, &ep->addr);
		return -EADDRNOTAVAIL;
	}
	err = rds_attach_transport(rs, trans);
	*attached = !err;
	return err;
}

static void detach_transport(struct rds_sock *rs)
{
	struct rds_transport *trans = rs->rs_transport;

	WRITE_ONCE(rs->rs_transport, NULL);
	if (trans->net_put)
		trans->net_put(sock_net(rds_rs_to_sk(rs)));
	rds_trans_put(trans);
}

/**
 * rds_bind - bind()
 * @sock: the socket
 * @uaddr: address
 * @len: its bytes
 *
 * Return: 0 or an error of section 3.1 of the specification.
 */
int rds_bind(struct socket *sock, struct sockaddr *uaddr, int len)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);
	struct rds_cong_map *map;
	struct rds_endpoint ep;
	bool attached;
	int err;

	err = rds_endpoint_for_bind(uaddr, len, &ep);
	if (err)
		return err;

	lock_sock(sock->sk);
	err = -EINVAL;
	if (rs->rs_bound.port ||
	    (rs->rs_peer.scope && ep.scope && rs->rs_peer.scope != ep.scope))
		goto unlock;
	err = find_transport(rs, &ep, &attached);
	if (err)
		goto unlock;

	err = -ENOMEM;
	map = rds_cong_get(sock_net(sock->sk), &ep.addr);
	if (map) {
		/* Before anything can be received. */
		rs->rs_cong_map = map;
		err = add_bound(rs, &ep);
	}
	if (err) {
		rs->rs_cong_map = NULL;
		rds_cong_put(map);
	}
	if (err && attached)
		detach_transport(rs);
	if (!err) {
		/* Whoever sees it set, sees what is bound, and the transport. */
		smp_store_release(&rs->rs_is_bound, true);
	}
unlock:
	release_sock(sock->sk);
	return err;
}

/**
 * rds_bind_init - at load
 *
 * Return: 0 or -ENOMEM.
 */
int rds_bind_init(void)
{
	return rhashtable_init(&bound, &bound_params);
}

/**
 * rds_bind_uninit - at unload: no socket is left
 */
void rds_bind_uninit(void)
{
	rhashtable_destroy(&bound);
}
