// SPDX-License-Identifier: GPL-2.0
/*
 * rds_rdma.ko: the transport of RDS over InfiniBand and RoCE. What begins and ends
 * with the module.
 */
#include <linux/module.h>
#include "ib.h"

/* Set before the end begins, so that nothing new does. */
static bool unloading;

static bool ib_unloading(struct rds_connection *conn)
{
	return READ_ONCE(unloading);
}

static u8 ib_get_tos_map(u8 tos)
{
	/* The service level is made from it when connecting. */
	return tos;
}

struct rds_transport rds_ib_transport = {
	.t_name = "infiniband",
	.t_owner = THIS_MODULE,
	.t_type = RDS_TRANS_IB,
	.laddr_check = rds_ib_laddr_check,
	.net_get = rds_ib_net_get,
	.net_put = rds_ib_net_put,
	.conn_alloc = rds_ib_conn_alloc,
	.conn_free = rds_ib_conn_free,
	.conn_connect = rds_ib_conn_connect,
	.conn_shutdown = rds_ib_conn_shutdown,
	.xmit = rds_ib_xmit,
	.xmit_rdma = rds_ib_xmit_rdma,
	.xmit_atomic = rds_ib_xmit_atomic,
	.recv = rds_ib_recv,
	.inc_copy_to_user = rds_ib_inc_copy_to_user,
	.inc_free = rds_ib_inc_free,
	.cm_handle_connect = rds_ib_cm_handle_connect,
	.cm_initiate_connect = rds_ib_cm_initiate_connect,
	.cm_connect_complete = rds_ib_cm_connect_complete,
	.stats_info_copy = rds_ib_stats_info_copy,
	.get_mr = rds_ib_get_mr,
	.free_mr = rds_ib_free_mr,
	.flush_mrs = rds_ib_flush_mrs,
	.t_unloading = ib_unloading,
	.get_tos_map = ib_get_tos_map,
};

static int __init rds_ib_init(void)
{
	int err;

	err = rds_ib_sysctl_init();
	if (err)
		return err;
	err = ib_register_client(&rds_ib_client);
	if (err)
		goto uninit_sysctl;
	err = rds_ib_listen_init();
	if (err)
		goto unregister_client;
	rds_ib_info_init();
	rds_trans_register(&rds_ib_transport);
	return 0;

unregister_client:
	ib_unregister_client(&rds_ib_client);
uninit_sysctl:
	rds_ib_sysctl_uninit();
	return err;
}

static void __exit rds_ib_exit(void)
{
	WRITE_ONCE(unloading, true);
	rds_trans_unregister(&rds_ib_transport);
	rds_ib_info_uninit();
	rds_ib_listen_uninit();
	ib_unregister_client(&rds_ib_client);
	rds_ib_sysctl_uninit();
}

module_init(rds_ib_init);
module_exit(rds_ib_exit);
MODULE_AUTHOR("The RDMA anywhere authors");
MODULE_DESCRIPTION("RDS: IB transport");
MODULE_LICENSE("GPL");
