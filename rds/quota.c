// SPDX-License-Identifier: GPL-2.0
/*
 * How many connections there may be, because nobody needs a privilege to cause
 * one: a message to a new address does, or one with a new type of service. Each
 * has some memory for itself, and much more as long as it is up.
 *
 * Every user has a number of their own, so that none takes what the others need;
 * all peers together have another. Who is privileged is counted, and not limited.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/xarray.h>
#include "rds.h"

/* Memory that there is to be for each connection of a user. */
#define MEMORY_FOR_ONE	(16UL << 20)

unsigned int rds_sysctl_max_user_connections;
unsigned int rds_sysctl_max_peer_connections;

/* Numbers by owner; there is no entry for none. */
static DEFINE_XARRAY(counts);
static DEFINE_MUTEX(counts_lock); /* guards changes of counts */

static unsigned long count_of(unsigned int owner)
{
	void *entry = xa_load(&counts, owner);

	return entry ? xa_to_value(entry) : 0;
}

/* Return: 0 or -ENOMEM, which a smaller number than before never gives. */
static int set_count(unsigned int owner, unsigned long count)
{
	lockdep_assert_held(&counts_lock);
	if (!count)
		return xa_err(xa_erase(&counts, owner));
	return xa_err(xa_store(&counts, owner, xa_mk_value(count), GFP_KERNEL));
}

static bool may_have(unsigned int owner, unsigned long count)
{
	if (owner == RDS_OWNER_PEER) {
		if (count <= READ_ONCE(rds_sysctl_max_peer_connections))
			return true;
		pr_warn_ratelimited("RDS: peers have asked for %lu connections: no more, unless net.rds.max_peer_connections is raised\n",
				    count - 1);
		return false;
	}
	if (count <= READ_ONCE(rds_sysctl_max_user_connections) || capable(CAP_NET_ADMIN))
		return true;
	pr_warn_ratelimited("RDS: user %u has caused %lu connections: no more, unless net.rds.max_user_connections is raised\n",
			    owner, count - 1);
	return false;
}

/**
 * rds_quota_take - one more connection
 * @owner: uid of the calling process, or RDS_OWNER_PEER
 *
 * Context: sleeps.
 * Return: 0; -EDQUOT if there are enough; -ENOMEM.
 */
int rds_quota_take(unsigned int owner)
{
	unsigned long count;
	int err = -EDQUOT;

	mutex_lock(&counts_lock);
	count = count_of(owner) + 1;
	if (may_have(owner, count))
		err = set_count(owner, count);
	mutex_unlock(&counts_lock);
	return err;
}

/**
 * rds_quota_give_back - one less
 * @owner: as it was for rds_quota_take()
 *
 * Context: sleeps.
 */
void rds_quota_give_back(unsigned int owner)
{
	mutex_lock(&counts_lock);
	set_count(owner, count_of(owner) - 1);
	mutex_unlock(&counts_lock);
}

/**
 * rds_quota_init - at load
 *
 * Return: 0.
 */
int rds_quota_init(void)
{
	unsigned long most = totalram_pages() / (MEMORY_FOR_ONE / PAGE_SIZE);

	rds_sysctl_max_user_connections = clamp(most, 64UL, 1024UL);
	rds_sysctl_max_peer_connections = 4 * rds_sysctl_max_user_connections;
	return 0;
}

/**
 * rds_quota_uninit - at unload: no connection is left
 */
void rds_quota_uninit(void)
{
	WARN_ON_ONCE(!xa_empty(&counts));
	xa_destroy(&counts);
}
