// SPDX-License-Identifier: GPL-2.0
/*
 * rds.ko: sockets for reliable datagrams. What begins and ends with the module,
 * and with each network name space.
 *
 * A name space goes away when its last socket has: what is left then are the
 * connections of the loopback transport, and the congestion maps. Transports see
 * to it that theirs are gone before: see net_put in rds.h.
 */
#include <linux/module.h>
#include <linux/net.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include "rds.h"

struct workqueue_struct *rds_wq;
EXPORT_SYMBOL_GPL(rds_wq);

static const struct net_proto_family rds_family_ops = {
	.family = AF_RDS,
	.create = rds_create,
	.owner = THIS_MODULE,
};

static void __net_exit rds_net_exit(struct net *net)
{
	rds_conn_destroy_all(net, &rds_loop_transport);
}

static struct pernet_operations rds_net_ops = {
	.exit = rds_net_exit,
};

/* What sockets need, in the order in which it has to be there. */
static const struct {
	int (*init)(void);
	void (*uninit)(void);
} parts[] = {
	{ rds_bind_init, rds_bind_uninit },
	{ rds_quota_init, rds_quota_uninit },
	{ rds_conn_init, rds_conn_uninit },
	{ rds_sysctl_init, rds_sysctl_uninit },
	{ rds_stats_init, rds_stats_uninit },
	{ rds_info_lists_init, rds_info_lists_uninit },
};

static void uninit_parts(unsigned int nr)
{
	while (nr--)
		parts[nr].uninit();
}

static int __init init_parts(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err) {
			uninit_parts(i);
			return err;
		}
	}
	return 0;
}

static int __init rds_init(void)
{
	int err;

	/* Not ordered: a connection that is slow must not hold up the others. */
	rds_wq = alloc_workqueue("krdsd", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!rds_wq)
		return -ENOMEM;
	err = init_parts();
	if (err)
		goto destroy_wq;
	err = register_pernet_device(&rds_net_ops);
	if (err)
		goto uninit_parts;
	err = proto_register(&rds_proto, 1);
	if (err)
		goto unregister_pernet;
	err = sock_register(&rds_family_ops);
	if (err)
		goto unregister_proto;
	return 0;

unregister_proto:
	proto_unregister(&rds_proto);
unregister_pernet:
	unregister_pernet_device(&rds_net_ops);
uninit_parts:
	uninit_parts(ARRAY_SIZE(parts));
destroy_wq:
	destroy_workqueue(rds_wq);
	return err;
}

/* No socket is left: each has a reference of the module until it is freed. */
static void __exit rds_exit(void)
{
	sock_unregister(AF_RDS);
	proto_unregister(&rds_proto);
	unregister_pernet_device(&rds_net_ops);
	uninit_parts(ARRAY_SIZE(parts));
	destroy_workqueue(rds_wq);
}

module_init(rds_init);
module_exit(rds_exit);
MODULE_AUTHOR("The RDMA anywhere authors");
MODULE_DESCRIPTION("RDS: Reliable Datagram Sockets v4.0 (Feb 12, 2009)");
MODULE_VERSION("4.0");
MODULE_LICENSE("GPL");
