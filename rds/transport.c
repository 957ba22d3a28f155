// SPDX-License-Identifier: GPL-2.0
/*
 * The table of transports: one slot for each number that user space knows, and
 * the loopback transport beside it.
 *
 * A socket that is bound to a transport pins its module. Every other use is under
 * the semaphore, which a module that goes away takes for writing.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include "rds.h"

static DECLARE_RWSEM(transports_sem); /* guards transports */
static struct rds_transport *transports[RDS_TRANS_COUNT];

/**
 * rds_trans_register - a transport is there
 * @trans: the transport; lives until rds_trans_unregister()
 *
 * The first of its type wins.
 */
void rds_trans_register(struct rds_transport *trans)
{
	bool taken;

	if (WARN_ON_ONCE(trans->t_type >= RDS_TRANS_COUNT))
		return;

	down_write(&transports_sem);
	taken = transports[trans->t_type];
	if (!taken)
		transports[trans->t_type] = trans;
	up_write(&transports_sem);

	if (taken)
		pr_err("RDS: a transport of type %u is there already: %s is not used\n",
		       trans->t_type, trans->t_name);
	else
		pr_info("RDS: registered transport %s\n", trans->t_name);
}
EXPORT_SYMBOL_GPL(rds_trans_register);

/**
 * rds_trans_unregister - and gone
 * @trans: the transport; no socket uses it
 */
void rds_trans_unregister(struct rds_transport *trans)
{
	down_write(&transports_sem);
	if (transports[trans->t_type] == trans)
		transports[trans->t_type] = NULL;
	up_write(&transports_sem);
}
EXPORT_SYMBOL_GPL(rds_trans_unregister);

/**
 * rds_trans_put - a socket does not use a transport any more
 * @trans: the transport
 */
void rds_trans_put(struct rds_transport *trans)
{
	module_put(trans->t_owner);
}

static struct rds_transport *get_registered(unsigned int type)
{
	struct rds_transport *trans;

	down_read(&transports_sem);
	trans = transports[type];
	if (trans && !try_module_get(trans->t_owner))
		trans = NULL;
	up_read(&transports_sem);
	return trans;
}

/**
 * rds_trans_get - the transport that was asked for
 * @type: RDS_TRANS_*, less than RDS_TRANS_COUNT
 *
 * Context: sleeps; loads its module if it is not there.
 * Return: the transport, for rds_trans_put(), or %NULL.
 */
struct rds_transport *rds_trans_get(unsigned int type)
{
	static const char *const modules[RDS_TRANS_COUNT] = {
		[RDS_TRANS_IB] = "rds_rdma",
		[RDS_TRANS_TCP] = "rds_tcp",
	};
	struct rds_transport *trans = get_registered(type);

	if (trans || !modules[type])
		return trans;
	request_module("%s", modules[type]);
	return get_registered(type);
}

/**
 * rds_trans_get_for_addr - the transport that an address belongs to
 * @net: name space
 * @addr: address of this host
 * @scope: interface, if link-local
 *
 * Context: sleeps.
 * Return: the transport, for rds_trans_put(), or %NULL.
 */
struct rds_transport *rds_trans_get_for_addr(struct net *net,
					     const struct in6_addr *addr, u32 scope)
{
	struct rds_transport *found = NULL;
	unsigned int i;

	if (rds_loop_addr(addr))
		return try_module_get(rds_loop_transport.t_owner) ?
			&rds_loop_transport : NULL;

	down_read(&transports_sem);
	for (i = 0; i < RDS_TRANS_COUNT && !found; i++) {
		struct rds_transport *trans = transports[i];

		if (trans && !trans->laddr_check(net, addr, scope) &&
		    try_module_get(trans->t_owner))
			found = trans;
	}
	up_read(&transports_sem);
	return found;
}

/**
 * rds_trans_stats_info_copy - counters of all transports
 * @iter: whereto
 * @avail: how many fit
 *
 * Return: how many there are.
 */
unsigned int rds_trans_stats_info_copy(struct rds_info_iterator *iter,
				       unsigned int avail)
{
	unsigned int total = 0, i, nr;

	down_read(&transports_sem);
	for (i = 0; i < RDS_TRANS_COUNT; i++) {
		if (!transports[i] || !transports[i]->stats_info_copy)
			continue;
		nr = transports[i]->stats_info_copy(iter, avail);
		avail -= min(avail, nr);
		total += nr;
	}
	up_read(&transports_sem);
	return total;
}
