// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: made, named, polled, closed.
 *
 * Messages have references of their socket, so it outlives its close; nothing is
 * queued to it any more then. It is freed after a grace period (SOCK_RCU_FREE),
 * because receivers find it under RCU.
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <net/ipv6.h>
#include "rds.h"

static LIST_HEAD(socks);
static DEFINE_SPINLOCK(socks_lock); /* guards socks */

/**
 * rds_sock_addref - one more user
 * @rs: the socket
 */
void rds_sock_addref(struct rds_sock *rs)
{
	sock_hold(rds_rs_to_sk(rs));
}

/**
 * rds_sock_put - one user less
 * @rs: the socket
 */
void rds_sock_put(struct rds_sock *rs)
{
	sock_put(rds_rs_to_sk(rs));
}

/**
 * rds_sock_for_each - visit the sockets that are open
 * @net: of this name space
 * @visit: called under a spinlock
 * @arg: for it
 */
void rds_sock_for_each(struct net *net, void (*visit)(struct rds_sock *rs, void *arg),
		       void *arg)
{
	struct rds_sock *rs;

	spin_lock_bh(&socks_lock);
	list_for_each_entry(rs, &socks, rs_item) {
		if (net_eq(sock_net(rds_rs_to_sk(rs)), net))
			visit(rs, arg);
	}
	spin_unlock_bh(&socks_lock);
}

/**
 * rds_wake_sk_sleep - something has changed for whoever waits
 * @rs: the socket
 *
 * Context: any.
 */
void rds_wake_sk_sleep(struct rds_sock *rs)
{
	struct sock *sk = rds_rs_to_sk(rs);
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (!sock_flag(sk, SOCK_DEAD) && skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLIN | EPOLLOUT | EPOLLRDNORM |
					   EPOLLWRNORM | EPOLLRDBAND);
	rcu_read_unlock();
}

/* The socket does not accept messages any more, and peers get to know. */
static void stop_receiving(struct rds_sock *rs)
{
	spin_lock_bh(&rs->rs_recv_lock);
	sock_orphan(rds_rs_to_sk(rs));
	spin_unlock_bh(&rs->rs_recv_lock);
	rds_recv_drop_all(rs);
	rds_cong_monitor(rs, false);
	rds_remove_bound(rs);
	rds_cong_put(rs->rs_cong_map);
}

static int rds_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct rds_sock *rs;

	if (!sk)
		return 0;
	rs = rds_sk_to_rs(sk);

	stop_receiving(rs);
	rds_send_drop_to(rs, NULL);
	rds_mr_drop_all(rs);
	rds_notify_drop_all(rs);

	spin_lock_bh(&socks_lock);
	list_del_init(&rs->rs_item);
	spin_unlock_bh(&socks_lock);

	if (rs->rs_transport) {
		if (rs->rs_transport->net_put)
			rs->rs_transport->net_put(sock_net(sk));
		rds_trans_put(rs->rs_transport);
	}
	sock->sk = NULL;
	sock_put(sk);
	return 0;
}

static int rds_connect(struct socket *sock, struct sockaddr *uaddr, int len, int flags)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);
	struct rds_endpoint ep;
	int err = rds_endpoint_for_connect(uaddr, len, &ep);

	if (err)
		return err;
	lock_sock(sock->sk);
	if (ep.scope && rs->rs_bound.scope && ep.scope != rs->rs_bound.scope) {
		err = -EINVAL;
	} else {
		rs->rs_peer = ep;
		rs->rs_family = uaddr->sa_family;
		sock->state = SS_CONNECTED;
	}
	release_sock(sock->sk);
	return err;
}

static int name_of_peer(struct rds_sock *rs, void *uaddr)
{
	if (!rs->rs_family)
		return -ENOTCONN;
	return rds_endpoint_to_sockaddr(&rs->rs_peer.addr, rs->rs_peer.port,
					rs->rs_bound.scope, uaddr);
}

static int own_name(struct rds_sock *rs, void *uaddr)
{
	struct sockaddr_in6 *sin6 = uaddr;

	if (rs->rs_bound.port)
		return rds_endpoint_to_sockaddr(&rs->rs_bound.addr, rs->rs_bound.port,
						rs->rs_bound.scope, uaddr);
	memset(sin6, 0, sizeof(*sin6));
	sin6->sin6_family = rs->rs_family ?: AF_UNSPEC;
	return rs->rs_family == AF_INET6 ? sizeof(*sin6) : sizeof(struct sockaddr_in);
}

static int rds_getname(struct socket *sock, struct sockaddr *uaddr, int peer)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);
	int ret;

	lock_sock(sock->sk);
	ret = peer ? name_of_peer(rs, uaddr) : own_name(rs, uaddr);
	release_sock(sock->sk);
	return ret;
}

static bool readable(struct rds_sock *rs)
{
	return !list_empty_careful(&rs->rs_recv_queue) ||
	       !list_empty_careful(&rs->rs_notify_queue);
}

static __poll_t rds_poll(struct file *file, struct socket *sock,
			 struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	struct rds_sock *rs = rds_sk_to_rs(sk);
	__poll_t mask = 0;

	poll_wait(file, sk_sleep(sk), wait);
	if (READ_ONCE(rs->rs_seen_congestion))
		rds_cong_poll_wait(file, wait);

	if (!READ_ONCE(rs->rs_cong_monitor)) {
		if (rds_cong_updated_since(&rs->rs_cong_generation))
			mask |= EPOLLIN | EPOLLRDNORM | EPOLLWRBAND;
	} else if (READ_ONCE(rs->rs_cong_notify)) {
		mask |= EPOLLIN | EPOLLRDNORM;
	}
	if (readable(rs))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(rs->rs_snd_bytes) < rds_sk_sndbuf(rs))
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (sk->sk_err || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;

	if (mask)
		WRITE_ONCE(rs->rs_seen_congestion, false);
	return mask;
}

const struct proto_ops rds_proto_ops = {
	.accept		= sock_no_accept,
	.bind		= rds_bind,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= rds_ioctl,
#endif
	.connect	= rds_connect,
	.family		= AF_RDS,
	.getname	= rds_getname,
	.getsockopt	= rds_getsockopt,
	.ioctl		= rds_ioctl,
	.listen		= sock_no_listen,
	.mmap		= sock_no_mmap,
	.owner		= THIS_MODULE,
	.poll		= rds_poll,
	.recvmsg	= rds_recvmsg,
	.release	= rds_release,
	.sendmsg	= rds_sendmsg,
	.setsockopt	= rds_setsockopt,
	.shutdown	= sock_no_shutdown,
	.socketpair	= sock_no_socketpair,
};

struct proto rds_proto = {
	.name = "RDS",
	.owner = THIS_MODULE,
	.obj_size = sizeof(struct rds_sock),
};

static void init_sock(struct rds_sock *rs)
{
	INIT_LIST_HEAD(&rs->rs_cong_list);
	spin_lock_init(&rs->rs_lock);
	INIT_LIST_HEAD(&rs->rs_send_queue);
	INIT_LIST_HEAD(&rs->rs_notify_queue);
	rs->rs_mrs = RB_ROOT;
	spin_lock_init(&rs->rs_recv_lock);
	INIT_LIST_HEAD(&rs->rs_recv_queue);

	spin_lock_bh(&socks_lock);
	list_add_tail(&rs->rs_item, &socks);
	spin_unlock_bh(&socks_lock);
}

/**
 * rds_create - socket()
 * @net: name space
 * @sock: the socket
 * @protocol: 0
 * @kern: not for user space
 *
 * Return: 0, -ESOCKTNOSUPPORT, -ENOMEM.
 */
int rds_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct sock *sk;

	if (sock->type != SOCK_SEQPACKET || protocol)
		return -ESOCKTNOSUPPORT;
	sk = sk_alloc(net, AF_RDS, GFP_KERNEL, &rds_proto, kern);
	if (!sk)
		return -ENOMEM;

	sock_init_data(sock, sk);
	sock->ops = &rds_proto_ops;
	sk->sk_protocol = protocol;
	sock_set_flag(sk, SOCK_RCU_FREE);
	init_sock(rds_sk_to_rs(sk));
	return 0;
}
