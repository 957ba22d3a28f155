// SPDX-License-Identifier: GPL-2.0
/*
 * Regions of a device: which devices can have them, and what a removal of the
 * device does to one that is being made.
 */
#include "../../../rds/ib.h"

static void unlock(struct mutex *lock);
static struct ib_mr *register_memory(void);
static int deregister_memory(struct ib_mr *mr);

#define mutex_unlock(lock)	unlock(lock)
#define ib_reg_user_mr(pd, start, length, iova, access)	register_memory()
#define ib_dereg_mr(mr)		deregister_memory(mr)
#include "../../../rds/ib_mr.c"
#undef mutex_unlock
#include "compat/kunit.h"
#include "suites.h"

#define R_KEY	0x1234

/**
 * struct owner - a socket, and its device
 * @rs: the socket
 * @conn: one of its connections
 * @ic: the transport's part of that
 * @dev: device
 * @rdsdev: what the transport knows of the device
 * @mr: the only registration
 * @made: registrations
 * @ended: of these, how many
 * @fails: the device does not register anything
 * @asked: how often the connection manager was, for the device
 * @removed_after: the device is removed when regions_lock has been let go of so
 *	often; 0: it is not
 */
struct owner {
	struct rds_sock rs;
	struct rds_connection conn;
	struct rds_ib_connection ic;
	struct ib_device dev;
	struct rds_ib_device rdsdev;
	struct ib_mr mr;
	unsigned int made;
	unsigned int ended;
	bool fails;
	unsigned int asked;
	unsigned int removed_after;
};

static struct owner *owner;

struct rds_transport rds_ib_transport;

struct rds_ib_device *rds_ib_device_of_addr(struct net *net, const struct in6_addr *addr,
					    u32 scope)
{
	owner->asked++;
	kref_get(&owner->rdsdev.refcount);
	return &owner->rdsdev;
}

static void complete_unused(struct kref *refcount)
{
	complete(&owner->rdsdev.unused);
}

void rds_ib_device_put(struct rds_ib_device *rdsdev)
{
	kref_put(&rdsdev->refcount, complete_unused);
}

static struct ib_mr *register_memory(void)
{
	if (owner->fails)
		return ERR_PTR(-EFAULT);
	owner->made++;
	owner->mr.rkey = R_KEY;
	return &owner->mr;
}

static int deregister_memory(struct ib_mr *mr)
{
	owner->ended++;
	return 0;
}

static void unlock(struct mutex *lock)
{
	mutex_unlock(lock);
	if (owner->removed_after && !--owner->removed_after)
		rds_ib_mr_device_removed(&owner->rdsdev);
}

static int ib_mr_init(struct kunit *test)
{
	owner = kunit_kzalloc(test, sizeof(*owner), GFP_KERNEL);
	if (!owner)
		return -ENOMEM;
	owner->dev.ops.driver_id = RDMA_DRIVER_HFI1;
	owner->rdsdev.dev = &owner->dev;
	kref_init(&owner->rdsdev.refcount);
	init_completion(&owner->rdsdev.unused);
	INIT_LIST_HEAD(&owner->rdsdev.mrs);
	owner->ic.rdsdev = &owner->rdsdev;
	owner->conn.c_trans = &rds_ib_transport;
	owner->conn.c_transport_data = &owner->ic;
	mutex_init(&owner->conn.c_cm_lock);
	atomic_set(&owner->conn.c_state, RDS_CONN_UP);
	return 0;
}

static void ib_mr_exit(struct kunit *test)
{
	if (!owner)
		return;
	KUNIT_EXPECT_EQ(test, owner->ended, owner->made);
	KUNIT_EXPECT_EQ(test, kref_read(&owner->rdsdev.refcount), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->rdsdev.nr_small), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&owner->rdsdev.mrs));
	owner = NULL;
}

static void *get(u32 *key)
{
	return rds_ib_get_mr(NULL, 0, &owner->rs, key, NULL, PAGE_SIZE, 100);
}

/* These look at the udata of a registration, and there is none. */
static void drivers(struct kunit *test)
{
	static const enum rdma_driver_id unable[] = {
		RDMA_DRIVER_UNKNOWN, RDMA_DRIVER_IRDMA, RDMA_DRIVER_MTHCA, RDMA_DRIVER_HNS,
	};
	void *region;
	unsigned int i;
	u32 key;

	for (i = 0; i < ARRAY_SIZE(unable); i++) {
		owner->dev.ops.driver_id = unable[i];
		region = get(&key);
		KUNIT_EXPECT_PTR_EQ(test, region, ERR_PTR(-EOPNOTSUPP));
		if (!IS_ERR(region))
			rds_ib_free_mr(region, 0);
	}
	KUNIT_EXPECT_EQ(test, owner->made, 0);

	owner->dev.ops.driver_id = RDMA_DRIVER_MLX5;
	region = get(&key);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, key, R_KEY);
	rds_ib_free_mr(region, 0);
}

static u64 counted_as_freed(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(rds_ib_stats, cpu).s_ib_rdma_mr_8k_free;
	return sum;
}

static void failed(struct kunit *test)
{
	u64 before = counted_as_freed();
	void *region;
	u32 key;

	owner->fails = true;
	KUNIT_EXPECT_PTR_EQ(test, get(&key), ERR_PTR(-EFAULT));
	KUNIT_EXPECT_EQ(test, counted_as_freed(), before);
	owner->fails = false;
	region = get(&key);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	rds_ib_free_mr(region, 0);
	KUNIT_EXPECT_EQ(test, counted_as_freed(), before + 1);
}

/* Just after the region is in the list of the device, and before that. */
static void removed_while_made(struct kunit *test)
{
	void *region;
	u32 key = 0;

	owner->removed_after = 1;
	region = get(&key);
	KUNIT_EXPECT_EQ(test, owner->made, 1);
	KUNIT_EXPECT_EQ(test, owner->ended, 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, key, R_KEY);
	rds_ib_free_mr(region, 0);

	KUNIT_EXPECT_PTR_EQ(test, get(&key), ERR_PTR(-ENODEV));
	KUNIT_EXPECT_EQ(test, owner->made, 2);
}

static void removed_later(struct kunit *test)
{
	void *region;
	u32 key;

	region = get(&key);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	rds_ib_mr_device_removed(&owner->rdsdev);
	KUNIT_EXPECT_EQ(test, owner->ended, 1);
	rds_ib_free_mr(region, 0);
}

/* A connection that is up knows its device. */
static void whose_device(struct kunit *test)
{
	void *region;
	u32 key;

	region = rds_ib_get_mr(NULL, 0, &owner->rs, &key, &owner->conn, PAGE_SIZE, 100);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, owner->asked, 0);
	rds_ib_free_mr(region, 0);

	atomic_set(&owner->conn.c_state, RDS_CONN_ERROR);
	owner->ic.rdsdev = NULL;
	region = rds_ib_get_mr(NULL, 0, &owner->rs, &key, &owner->conn, PAGE_SIZE, 100);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, owner->asked, 1);
	rds_ib_free_mr(region, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(drivers),
	KUNIT_CASE(failed),
	KUNIT_CASE(removed_while_made),
	KUNIT_CASE(removed_later),
	KUNIT_CASE(whose_device),
	{}
};

struct kunit_suite rds_ib_mr_suite = {
	.name = "rds_rdma-regions",
	.init = ib_mr_init,
	.exit = ib_mr_exit,
	.test_cases = cases,
};
