// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: which there are, and what they can do.
 *
 * A device that is removed takes its connections and regions along: the removal
 * returns when none of them is left. Connections look for another device, or wait
 * for this one to come back.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include "ib.h"

/* Held to find a device and take a reference, and to let nobody find it any more. */
static DEFINE_MUTEX(find_lock);

static void last_put(struct kref *refcount)
{
	struct rds_ib_device *rdsdev = container_of(refcount, struct rds_ib_device, refcount);

	complete(&rdsdev->unused);
}

/**
 * rds_ib_device_get - the device of an id
 * @dev: the device
 *
 * Context: sleeps; somebody has a reference of @dev.
 * Return: with a reference, or %NULL if it cannot be used, or not any more.
 */
struct rds_ib_device *rds_ib_device_get(struct ib_device *dev)
{
	struct rds_ib_device *rdsdev;

	mutex_lock(&find_lock);
	rdsdev = ib_get_client_data(dev, &rds_ib_client);
	if (rdsdev)
		kref_get(&rdsdev->refcount);
	mutex_unlock(&find_lock);
	return rdsdev;
}

/**
 * rds_ib_device_put - one user less
 * @rdsdev: the device
 */
void rds_ib_device_put(struct rds_ib_device *rdsdev)
{
	kref_put(&rdsdev->refcount, last_put);
}

static int no_event(struct rdma_cm_id *cm_id, struct rdma_cm_event *event)
{
	return 0;
}

/**
 * rds_ib_device_of_addr - the device that an address of this host leads to
 * @net: name space
 * @addr: the address
 * @scope: its interface, if link-local
 *
 * Context: sleeps. Not in a handler of the connection manager.
 * Return: with a reference, or an ERR_PTR().
 */
struct rds_ib_device *rds_ib_device_of_addr(struct net *net, const struct in6_addr *addr,
					    u32 scope)
{
	struct rds_ib_device *rdsdev = ERR_PTR(-EADDRNOTAVAIL);
	struct sockaddr_storage ss = {};
	struct rdma_cm_id *cm_id;
	int err;

	if (!rds_addr_is_local(net, addr, scope))
		return rdsdev;
	/* The connection manager knows; binding an id asks it. */
	cm_id = rdma_create_id(net, no_event, NULL, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(cm_id))
		return ERR_CAST(cm_id);
	rds_endpoint_to_sockaddr(addr, 0, scope, &ss);
	err = rdma_bind_addr(cm_id, (struct sockaddr *)&ss);
	if (!err && cm_id->device)
		rdsdev = rds_ib_device_get(cm_id->device) ?: ERR_PTR(-EADDRNOTAVAIL);
	rdma_destroy_id(cm_id);
	return rdsdev;
}

/**
 * rds_ib_laddr_check - laddr_check of the transport
 * @net: name space
 * @addr: address
 * @scope: interface, if link-local
 *
 * Return: 0, or an error if no device can be reached from there.
 */
int rds_ib_laddr_check(struct net *net, const struct in6_addr *addr, u32 scope)
{
	struct rds_ib_device *rdsdev = rds_ib_device_of_addr(net, addr, scope);

	if (IS_ERR(rdsdev))
		return PTR_ERR(rdsdev);
	rds_ib_device_put(rdsdev);
	return 0;
}

static struct rds_ib_device *alloc_device(struct ib_device *dev)
{
	struct rds_ib_device *rdsdev = kzalloc(sizeof(*rdsdev), GFP_KERNEL);

	if (!rdsdev)
		return ERR_PTR(-ENOMEM);
	kref_init(&rdsdev->refcount);
	init_completion(&rdsdev->unused);
	INIT_LIST_HEAD(&rdsdev->mrs);
	rdsdev->dev = dev;
	rdsdev->max_wrs = dev->attrs.max_qp_wr;
	rdsdev->max_sge = min(dev->attrs.max_send_sge, RDS_IB_MAX_SGE);
	return rdsdev;
}

static bool suits(const struct ib_device *dev)
{
	return dev->node_type == RDMA_NODE_IB_CA && dev->attrs.max_send_sge >= 2 &&
	       dev->attrs.max_recv_sge >= 2 && dev->attrs.max_qp_wr > RDS_IB_SPARE_WRS;
}

/* What waits for a device, may have one now. */
static void connect_again(struct rds_connection *conn, void *arg)
{
	if (conn->c_trans == &rds_ib_transport)
		rds_conn_connect_if_down(conn);
}

static int add_device(struct ib_device *dev)
{
	struct rds_ib_device *rdsdev;
	int err;

	if (!suits(dev))
		return -EOPNOTSUPP;
	rdsdev = alloc_device(dev);
	if (IS_ERR(rdsdev))
		return PTR_ERR(rdsdev);
	rdsdev->pd = ib_alloc_pd(dev, 0);
	if (IS_ERR(rdsdev->pd)) {
		err = PTR_ERR(rdsdev->pd);
		kfree(rdsdev);
		return err;
	}
	ib_set_client_data(dev, &rds_ib_client, rdsdev);
	pr_info("RDS/IB: %s: added%s\n", dev->name, rds_ib_mr_possible(dev) ? "" :
		", for messages only: its driver registers no memory for the kernel");
	rds_conn_for_each(NULL, connect_again, NULL);
	return 0;
}

static void drop_if_on(struct rds_connection *conn, void *arg)
{
	if (conn->c_trans != &rds_ib_transport)
		return;
	if (READ_ONCE(rds_ib_of(conn)->rdsdev) == arg)
		rds_conn_drop(conn);
	if (conn->c_passive && READ_ONCE(rds_ib_of(conn->c_passive)->rdsdev) == arg)
		rds_conn_drop(conn->c_passive);
}

static void remove_device(struct ib_device *dev, void *client_data)
{
	struct rds_ib_device *rdsdev = client_data;

	if (!rdsdev)
		return;
	mutex_lock(&find_lock);
	ib_set_client_data(dev, &rds_ib_client, NULL);
	mutex_unlock(&find_lock);

	rds_ib_mr_device_removed(rdsdev);
	rds_ib_device_put(rdsdev);
	/* Again and again: one may just have been about to use the device. */
	do {
		rds_conn_for_each(NULL, drop_if_on, rdsdev);
	} while (!wait_for_completion_timeout(&rdsdev->unused, HZ / 10));
	ib_dealloc_pd(rdsdev->pd);
	kfree(rdsdev);
}

struct ib_client rds_ib_client = {
	.name = "rds_ib",
	.add = add_device,
	.remove = remove_device,
};
