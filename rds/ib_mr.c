// SPDX-License-Identifier: GPL-2.0
/*
 * Regions of user memory that peers may access.
 *
 * They are registered like those of a user's verbs program: that pins the memory,
 * counts it against RLIMIT_MEMLOCK, and needs no queue pair, so that a region can
 * be made before there is a connection, and outlives it. Taking a region back
 * ends the peer's access at once; nothing is kept for later.
 *
 * There are two classes, up to two pages and up to 1 MiB, each with a limit.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "ib.h"

/* Pages that count as few. */
#define FEW_PAGES	2

unsigned int rds_ib_mr_1m_pool_size = 4096;
module_param(rds_ib_mr_1m_pool_size, uint, 0444);
MODULE_PARM_DESC(rds_ib_mr_1m_pool_size, "Max number of 1M mr per HCA");

unsigned int rds_ib_mr_8k_pool_size = 85 * 4096;
module_param(rds_ib_mr_8k_pool_size, uint, 0444);
MODULE_PARM_DESC(rds_ib_mr_8k_pool_size, "Max number of 8K mr per HCA");

/**
 * struct region - what get_mr returns
 * @node: in the list of the device
 * @rdsdev: its device, with a reference; %NULL after its removal
 * @mr: %NULL after its removal
 * @small: of the class of few pages
 */
struct region {
	struct list_head node;
	struct rds_ib_device *rdsdev;
	struct ib_mr *mr;
	bool small;
};

/* Regions outlive their device, but not the wish to look at it. */
static DEFINE_MUTEX(regions_lock); /* guards rdsdev and mr of every region, and their lists */

/**
 * rds_ib_mr_possible - can a device have regions?
 * @dev: the device
 *
 * ib_reg_user_mr() hands the driver no udata. Some look into it nevertheless, or
 * take its absence to mean that the memory is the kernel's: these are the others.
 *
 * Return: whether its driver registers user memory for the kernel.
 */
bool rds_ib_mr_possible(const struct ib_device *dev)
{
	switch (dev->ops.driver_id) {
	case RDMA_DRIVER_BNXT_RE:
	case RDMA_DRIVER_HFI1:	/* and rvt_roce */
	case RDMA_DRIVER_MLX4:
	case RDMA_DRIVER_MLX5:
	case RDMA_DRIVER_OCRDMA:
	case RDMA_DRIVER_QEDR:
	case RDMA_DRIVER_QIB:
	case RDMA_DRIVER_RXE:
	case RDMA_DRIVER_VMW_PVRDMA:
		return true;
	default:
		return false;
	}
}

static bool is_small(u64 start, u64 length)
{
	return DIV_ROUND_UP((start & ~PAGE_MASK) + length, PAGE_SIZE) <= FEW_PAGES;
}

/* Return: whether one more of its class is allowed. */
static bool count_region(struct rds_ib_device *rdsdev, bool small)
{
	unsigned int most = rdsdev->dev->attrs.max_mr / 2, limit;

	limit = small ? rds_ib_mr_8k_pool_size : rds_ib_mr_1m_pool_size;
	if (most)
		limit = min_t(u64, limit, small ? 85ULL * most : most);
	if (atomic_inc_return(small ? &rdsdev->nr_small : &rdsdev->nr_large) <= limit)
		return true;

	atomic_dec(small ? &rdsdev->nr_small : &rdsdev->nr_large);
	if (small)
		rds_ib_stats_inc(ib_rdma_mr_8k_pool_depleted);
	else
		rds_ib_stats_inc(ib_rdma_mr_1m_pool_depleted);
	return false;
}

static void uncount_region(struct rds_ib_device *rdsdev, bool small)
{
	atomic_dec(small ? &rdsdev->nr_small : &rdsdev->nr_large);
}

/* The device of a connection that is up, with a reference; or NULL. */
static struct rds_ib_device *device_of(struct rds_connection *conn)
{
	struct rds_ib_device *rdsdev = NULL;

	if (!conn || conn->c_trans != &rds_ib_transport || !rds_conn_up(conn))
		return NULL;
	mutex_lock(&conn->c_cm_lock);
	/* Whoever shuts it down has to have this lock, too, before that. */
	if (rds_conn_up(conn)) {
		rdsdev = rds_ib_of(conn)->rdsdev;
		kref_get(&rdsdev->refcount);
	}
	mutex_unlock(&conn->c_cm_lock);
	return rdsdev;
}

static struct rds_ib_device *find_device(struct rds_sock *rs, struct rds_connection *conn)
{
	struct rds_ib_device *rdsdev = device_of(conn);

	/* Otherwise the connection manager has to be asked, which takes its time. */
	if (rdsdev)
		return rdsdev;
	rdsdev = rds_ib_device_of_addr(sock_net(rds_rs_to_sk(rs)), &rs->rs_bound.addr,
				       rs->rs_bound.scope);
	return IS_ERR(rdsdev) ? ERR_PTR(-ENODEV) : rdsdev;
}

/* The first byte is at its offset in the page: that is what cookies say. */
static int register_region(struct region *region, u64 start, u64 length, u32 *key_ret)
{
	struct rds_ib_device *rdsdev = region->rdsdev;
	struct ib_mr *mr;
	bool listed;

	mr = ib_reg_user_mr(rdsdev->pd, start, length, start & ~PAGE_MASK,
			    IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_READ |
			    IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	mutex_lock(&regions_lock);
	/* Whoever removes the device marks it when it empties the list. */
	listed = !rdsdev->dead;
	if (listed) {
		region->mr = mr;
		*key_ret = mr->rkey;
		list_add_tail(&region->node, &rdsdev->mrs);
	}
	mutex_unlock(&regions_lock);
	/* One that is in the list may be gone by now. */
	if (listed)
		return 0;
	ib_dereg_mr(mr);
	return -ENODEV;
}

/**
 * rds_ib_get_mr - get_mr of the transport
 * @sg: %NULL: this transport pins memory itself
 * @nr_sg: 0
 * @rs: socket
 * @key_ret: R_Key
 * @conn: whose device to take if it is up, or %NULL
 * @start: address in the calling process
 * @length: bytes
 *
 * Context: the user's process; sleeps.
 * Return: the region, or an ERR_PTR(): -ENODEV; -EOPNOTSUPP if the device can have
 *	none; -EAGAIN if there are too many; -ENOMEM, also if the user may not lock
 *	so much; -EFAULT.
 */
void *rds_ib_get_mr(struct scatterlist *sg, unsigned long nr_sg, struct rds_sock *rs,
		    u32 *key_ret, struct rds_connection *conn, u64 start, u64 length)
{
	struct rds_ib_device *rdsdev;
	struct region *region;
	int err;

	if (WARN_ON_ONCE(sg || nr_sg))
		return ERR_PTR(-EINVAL);
	rdsdev = find_device(rs, conn);
	if (IS_ERR(rdsdev))
		return rdsdev;

	err = -EOPNOTSUPP;
	if (!rds_ib_mr_possible(rdsdev->dev))
		goto put_device;
	err = -ENOMEM;
	region = kzalloc(sizeof(*region), GFP_KERNEL);
	if (!region)
		goto put_device;
	region->rdsdev = rdsdev;
	region->small = is_small(start, length);
	err = -EAGAIN;
	if (!count_region(rdsdev, region->small))
		goto free_region;
	err = register_region(region, start, length, key_ret);
	if (err)
		goto uncount_region;

	if (region->small)
		rds_ib_stats_inc(ib_rdma_mr_8k_alloc);
	else
		rds_ib_stats_inc(ib_rdma_mr_1m_alloc);
	return region;

uncount_region:
	uncount_region(rdsdev, region->small);
free_region:
	kfree(region);
put_device:
	rds_ib_device_put(rdsdev);
	return ERR_PTR(err);
}

/* Its memory belongs to nobody but its owner any more. */
static void deregister(struct region *region)
{
	struct rds_ib_device *rdsdev = region->rdsdev;

	lockdep_assert_held(&regions_lock);
	if (!rdsdev)
		return;
	list_del(&region->node);
	ib_dereg_mr(region->mr);
	region->mr = NULL;
	region->rdsdev = NULL;
	uncount_region(rdsdev, region->small);
	if (region->small)
		rds_ib_stats_inc(ib_rdma_mr_8k_free);
	else
		rds_ib_stats_inc(ib_rdma_mr_1m_free);
	rds_ib_device_put(rdsdev);
}

/**
 * rds_ib_free_mr - free_mr of the transport
 * @trans_private: region
 * @invalidate: at once; which it always is
 *
 * Context: process context; sleeps.
 */
void rds_ib_free_mr(void *trans_private, int invalidate)
{
	struct region *region = trans_private;

	mutex_lock(&regions_lock);
	deregister(region);
	mutex_unlock(&regions_lock);
	kfree(region);
}

/**
 * rds_ib_flush_mrs - flush_mrs of the transport
 *
 * Whoever is taking a region back, has done so when this returns.
 */
void rds_ib_flush_mrs(void)
{
	mutex_lock(&regions_lock);
	mutex_unlock(&regions_lock);
}

/**
 * rds_ib_mr_device_removed - all regions of a device end, and there are no new ones
 * @rdsdev: the device
 */
void rds_ib_mr_device_removed(struct rds_ib_device *rdsdev)
{
	struct region *region, *next;

	mutex_lock(&regions_lock);
	rdsdev->dead = true;
	list_for_each_entry_safe(region, next, &rdsdev->mrs, node)
		deregister(region);
	mutex_unlock(&regions_lock);
}
