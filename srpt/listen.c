// SPDX-License-Identifier: GPL-2.0
/*
 * Listening for logins through the RDMA CM.
 *
 * A connection manager's identifier belongs to a network name space, and sees the
 * logins that come to the addresses there. There is one in the initial name space,
 * and one in each other that a port with an enabled directory reaches: its device
 * is there, or a net device behind one of its GIDs.
 *
 * An identifier keeps its name space from ending, and with it the net devices
 * there. So the listener goes when the last such directory is disabled, or the
 * last such device removed; in between, an administrator has asked for it.
 *
 * What changes that - a directory, a device, a GID - ends in
 * srpt_listen_refresh(), which looks at everything anew.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <rdma/ib_cache.h>
#include "srpt.h"

/**
 * struct listener - of one name space
 * @entry: in &srpt_listeners
 * @net: the name space, with a reference
 * @cm_id: %NULL until it listens
 * @wanted: found while looking at everything anew
 */
struct listener {
	struct list_head entry;
	struct net *net;
	struct rdma_cm_id *cm_id;
	bool wanted;
};

/* Guards the listeners, their list and their port. */
static DEFINE_MUTEX(srpt_listen_mutex);
static LIST_HEAD(srpt_listeners);
static u16 srpt_rdma_cm_port;

#define BACKLOG		128

/* Listen on [::]:port, which takes IPv4 too; or, without IPv6, on 0.0.0.0:port. */
static int bind_any(struct rdma_cm_id *cm_id, u16 port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = cpu_to_be16(port),
	};
	struct sockaddr_in in4 = {
		.sin_family = AF_INET,
		.sin_port = cpu_to_be16(port),
	};
	int err;

	err = rdma_bind_addr(cm_id, (struct sockaddr *)&in6);
	if (err)
		err = rdma_bind_addr(cm_id, (struct sockaddr *)&in4);
	return err;
}

static struct rdma_cm_id *listen_on(struct net *net, u16 port)
{
	struct rdma_cm_id *cm_id;
	int err;

	cm_id = rdma_create_id(net, srpt_rdma_cm_handler, NULL, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(cm_id))
		return cm_id;

	err = bind_any(cm_id, port);
	if (!err)
		err = rdma_listen(cm_id, BACKLOG);
	if (err) {
		pr_err("cannot listen on port %u of the RDMA CM in network name space %u (see lsns): error %d\n",
		       port, net->ns.inum, err);
		rdma_destroy_id(cm_id);
		return ERR_PTR(err);
	}
	return cm_id;
}

static void remove_listener(struct listener *listener)
{
	lockdep_assert_held(&srpt_listen_mutex);

	list_del(&listener->entry);
	if (listener->cm_id)
		rdma_destroy_id(listener->cm_id);
	put_net(listener->net);
	kfree(listener);
}

static struct listener *find_listener(const struct net *net)
{
	struct listener *listener;

	lockdep_assert_held(&srpt_listen_mutex);

	list_for_each_entry(listener, &srpt_listeners, entry)
		if (net_eq(listener->net, net))
			return listener;
	return NULL;
}

/* There is to be a listener; without memory there is none, until the next time. */
static void want_listener(struct net *net)
{
	struct listener *listener;

	listener = find_listener(net);
	if (!listener) {
		listener = kzalloc(sizeof(*listener), GFP_KERNEL);
		if (!listener)
			return;
		listener->net = get_net(net);
		list_add_tail(&listener->entry, &srpt_listeners);
	}
	listener->wanted = true;
}

/* Name space of the net device behind a GID, with a reference; %NULL: none. */
static struct net *gid_net(struct ib_device *device, u32 port, int index)
{
	const struct ib_gid_attr *attr;
	struct net_device *ndev;
	struct net *net = NULL;

	attr = rdma_get_gid_attr(device, port, index);
	if (IS_ERR(attr))
		return NULL;
	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(attr);
	if (!IS_ERR(ndev))
		net = maybe_get_net(dev_net(ndev));
	rcu_read_unlock();
	rdma_put_gid_attr(attr);
	return net;
}

/* The same for the device itself; it moves out of one that ends. */
static struct net *device_net(struct ib_device *device)
{
	struct net *net;

	rcu_read_lock();
	net = maybe_get_net(read_pnet(&device->coredev.rdma_net));
	rcu_read_unlock();
	return net;
}

static void want_listeners_of_port(struct srpt_port *sport)
{
	struct ib_device *device = sport->sdev->device;
	struct ib_port_attr attr;
	struct net *net;
	int i;

	if (!srpt_port_is_enabled(sport) || ib_query_port(device, sport->port, &attr))
		return;
	for (i = -1; i < attr.gid_tbl_len; i++) {
		net = i < 0 ? device_net(device) : gid_net(device, sport->port, i);
		if (!net)
			continue;
		want_listener(net);
		put_net(net);
	}
}

static void refresh(void)
{
	struct listener *listener, *next;
	struct rdma_cm_id *cm_id;

	lockdep_assert_held(&srpt_listen_mutex);

	if (!srpt_rdma_cm_port)
		return;
	list_for_each_entry(listener, &srpt_listeners, entry)
		listener->wanted = net_eq(listener->net, &init_net);
	srpt_visit_ports(want_listeners_of_port);

	list_for_each_entry_safe(listener, next, &srpt_listeners, entry) {
		if (!listener->wanted) {
			remove_listener(listener);
			continue;
		}
		if (listener->cm_id)
			continue;
		cm_id = listen_on(listener->net, srpt_rdma_cm_port);
		if (IS_ERR(cm_id))
			remove_listener(listener);
		else
			listener->cm_id = cm_id;
	}
}

/**
 * srpt_listen_refresh - listen where there is something to log in to
 *
 * To be called when a directory has been enabled or disabled, a device removed, or
 * when its GIDs have changed. Connections stay.
 *
 * Context: sleeps; until the handler of a listener that goes has returned.
 */
void srpt_listen_refresh(void)
{
	mutex_lock(&srpt_listen_mutex);
	refresh();
	mutex_unlock(&srpt_listen_mutex);
}

/* The first one, in the initial name space, decides whether a port can be had. */
static struct listener *first_listener(u16 port)
{
	struct listener *listener;
	struct rdma_cm_id *cm_id;

	listener = kzalloc(sizeof(*listener), GFP_KERNEL);
	if (!listener)
		return ERR_PTR(-ENOMEM);
	cm_id = listen_on(&init_net, port);
	if (IS_ERR(cm_id)) {
		kfree(listener);
		return ERR_CAST(cm_id);
	}
	listener->net = get_net(&init_net);
	listener->cm_id = cm_id;
	return listener;
}

/**
 * srpt_listen_set_port - where the RDMA CM takes logins
 * @port: of RDMA_PS_TCP; 0: nowhere
 *
 * Connections stay. If it cannot be listened on @port in the initial name space,
 * all stays as it is.
 *
 * Context: sleeps.
 * Return: 0 or an error of the RDMA CM.
 */
int srpt_listen_set_port(u16 port)
{
	struct listener *listener, *next, *first = NULL;
	int err = 0;

	mutex_lock(&srpt_listen_mutex);
	if (port == srpt_rdma_cm_port)
		goto unlock;
	if (port) {
		first = first_listener(port);
		if (IS_ERR(first)) {
			err = PTR_ERR(first);
			goto unlock;
		}
	}
	list_for_each_entry_safe(listener, next, &srpt_listeners, entry)
		remove_listener(listener);
	if (first)
		list_add(&first->entry, &srpt_listeners);
	srpt_rdma_cm_port = port;
	refresh();
unlock:
	mutex_unlock(&srpt_listen_mutex);
	return err;
}

/**
 * srpt_listen_port - where the RDMA CM takes logins
 *
 * Context: sleeps.
 * Return: the port, or 0.
 */
u16 srpt_listen_port(void)
{
	u16 port;

	mutex_lock(&srpt_listen_mutex);
	port = srpt_rdma_cm_port;
	mutex_unlock(&srpt_listen_mutex);
	return port;
}
