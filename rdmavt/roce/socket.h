/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The UDP sockets of a network namespace, and the devices behind them.
 */
#ifndef RVT_ROCE_SOCKET_H
#define RVT_ROCE_SOCKET_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct net;
struct rvt_roce_dev;
struct socket;

#define RVT_ROCE_GID_HASH_BITS	8

/**
 * struct rvt_roce_net - what this module has in a network namespace
 * @net: the namespace; not held, this structure lives in it
 * @mutex: guards @users, @sock4 and @sock6, and writes to @devices
 * @users: devices that hold the sockets
 * @sock4: bound to port 4791 of every IPv4 address, NULL without users
 * @sock6: the same for IPv6; NULL too if the host has no IPv6
 * @devices: rvt_roce_dev.net_node, RCU
 * @idle: woken when @users falls to 0
 * @gid_lock: guards writes to @gids
 * @gids: own addresses of all devices, see gid.c; RCU
 */
struct rvt_roce_net {
	struct net *net;
	struct mutex mutex;		/* users, sockets, list of devices */
	unsigned int users;
	struct socket *sock4;
	struct socket *sock6;
	struct list_head devices;
	wait_queue_head_t idle;
	spinlock_t gid_lock;		/* writes to gids */
	DECLARE_HASHTABLE(gids, RVT_ROCE_GID_HASH_BITS);
};

/**
 * rvt_roce_socket_get() - open the sockets of the interface's namespace
 * @dev: device with @ndev set; gets @rnet
 *
 * The first device of a namespace opens the sockets.
 *
 * Context: may sleep, RTNL not held.
 * Return: 0, -EADDRINUSE if another program has UDP port 4791, or the error of
 * socket creation.
 */
int rvt_roce_socket_get(struct rvt_roce_dev *dev);

/**
 * rvt_roce_socket_put() - let the sockets go
 * @dev: device; nothing is received for it any more when this returns
 *
 * Context: may sleep, RTNL not held.
 */
void rvt_roce_socket_put(struct rvt_roce_dev *dev);

int rvt_roce_socket_init(void);
void rvt_roce_socket_exit(void);

#endif /* RVT_ROCE_SOCKET_H */
