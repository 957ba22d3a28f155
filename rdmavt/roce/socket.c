// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets.
 *
 * RoCEv2 packets arrive on UDP port 4791.  Each network namespace with at least
 * one device has a socket per address family, opened for the first device and
 * released with the last: a namespace without devices listens to nothing, and
 * a namespace that goes away finds no sockets, because its interfaces go first
 * and take their devices along.
 *
 * The sockets are kernel sockets that do not pin the namespace.  So the
 * namespace's exit has to wait until the last device has let go (net_exit()):
 * an interface that survives its namespace, a physical one, is moved rather
 * than deleted, and its device is unregistered from a work item.
 */

#include <linux/netdevice.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/udp_tunnel.h>
#include "device.h"
#include "recv.h"
#include "socket.h"
#include "wire.h"

static unsigned int net_id;

/*
 * ICMP errors that quote one of our packets.  They belong to no socket by
 * port, as ours are sent from many; claiming them lets the stack learn path
 * MTUs and redirects.
 */
static int encap_err_lookup(struct sock *sk, struct sk_buff *skb)
{
	return 0;
}

static struct socket *open_socket(struct rvt_roce_net *rnet, int family)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = rnet,
		.encap_type = 1,
		.encap_rcv = rvt_roce_udp_rcv,
		.encap_err_lookup = encap_err_lookup,
	};
	struct udp_port_cfg port = {
		.family = family,
		.local_udp_port = htons(RVT_ROCE_PORT),
		.ipv6_v6only = family == AF_INET6,
	};
	struct socket *sock;
	int err;

	err = udp_sock_create(rnet->net, &port, &sock);
	if (err)
		return ERR_PTR(err);

	/* Receive only: no packet is ever queued to the socket itself. */
	setup_udp_tunnel_sock(rnet->net, sock, &tunnel);
	return sock;
}

static void close_socket(struct socket **sock)
{
	if (*sock)
		udp_tunnel_sock_release(*sock);
	*sock = NULL;
}

static int open_sockets(struct rvt_roce_net *rnet)
{
	struct socket *sock;

	sock = open_socket(rnet, AF_INET);
	if (IS_ERR(sock))
		return PTR_ERR(sock);
	rnet->sock4 = sock;

	sock = open_socket(rnet, AF_INET6);
	if (!IS_ERR(sock)) {
		rnet->sock6 = sock;
		return 0;
	}
	/* A host without IPv6 does without it. */
	if (PTR_ERR(sock) == -EAFNOSUPPORT || PTR_ERR(sock) == -EPFNOSUPPORT)
		return 0;

	close_socket(&rnet->sock4);
	return PTR_ERR(sock);
}

int rvt_roce_socket_get(struct rvt_roce_dev *dev)
{
	struct rvt_roce_net *rnet = net_generic(dev_net(dev->ndev), net_id);
	int err = 0;

	mutex_lock(&rnet->mutex);
	if (!rnet->users)
		err = open_sockets(rnet);
	if (!err) {
		WRITE_ONCE(rnet->users, rnet->users + 1);
		dev->rnet = rnet;
		list_add_tail_rcu(&dev->net_node, &rnet->devices);
	}
	mutex_unlock(&rnet->mutex);
	return err;
}

void rvt_roce_socket_put(struct rvt_roce_dev *dev)
{
	struct rvt_roce_net *rnet = dev->rnet;

	mutex_lock(&rnet->mutex);
	list_del_rcu(&dev->net_node);
	if (rnet->users == 1) {
		close_socket(&rnet->sock4);
		close_socket(&rnet->sock6);
	}
	/* Receivers that still see the device or the sockets. */
	synchronize_net();
	WRITE_ONCE(rnet->users, rnet->users - 1);
	if (!rnet->users)
		wake_up_all(&rnet->idle);
	mutex_unlock(&rnet->mutex);
}

static int __net_init net_init(struct net *net)
{
	struct rvt_roce_net *rnet = net_generic(net, net_id);

	rnet->net = net;
	mutex_init(&rnet->mutex);
	INIT_LIST_HEAD(&rnet->devices);
	init_waitqueue_head(&rnet->idle);
	spin_lock_init(&rnet->gid_lock);
	hash_init(rnet->gids);
	return 0;
}

static void __net_exit net_exit(struct net *net)
{
	struct rvt_roce_net *rnet = net_generic(net, net_id);

	wait_event(rnet->idle, !READ_ONCE(rnet->users));
	/* Whoever woke us may still hold the mutex. */
	mutex_lock(&rnet->mutex);
	mutex_unlock(&rnet->mutex);
	mutex_destroy(&rnet->mutex);
}

/*
 * A subsystem, not a device: subsystems exit after the namespace's interfaces
 * have been unregistered or moved.
 */
static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &net_id,
	.size = sizeof(struct rvt_roce_net),
};

int rvt_roce_socket_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void rvt_roce_socket_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
