// SPDX-License-Identifier: GPL-2.0
/*
 * RDS_INFO_IB_CONNECTIONS (specification 10).
 */
#include <linux/module.h>
#include "ib.h"

/* What is known while it is up, the same in both forms. */
#define FILL_UP(info, conn, ic)						\
do {									\
	rdma_read_gids((ic)->cm_id, (union ib_gid *)&(info)->src_gid,	\
		       (union ib_gid *)&(info)->dst_gid);		\
	(info)->max_send_wr = (ic)->send_ring.size;			\
	(info)->max_recv_wr = (ic)->recv_ring.size;			\
	(info)->max_send_sge = (ic)->rdsdev->max_sge;			\
	(info)->rdma_mr_max = rds_ib_mr_1m_pool_size;			\
	(info)->rdma_mr_size = RDS_MAX_MSG_SIZE / PAGE_SIZE + 1;	\
} while (0)

/* Is there an id to look at? It stays while c_cm_lock is held in state UP. */
static bool lock_up(struct rds_connection *conn)
{
	/* The walk holds a spinlock. */
	if (!mutex_trylock(&conn->c_cm_lock))
		return false;
	if (rds_conn_up(conn))
		return true;
	mutex_unlock(&conn->c_cm_lock);
	return false;
}

static int fill(struct rds_connection *conn, void *buffer)
{
	struct rds_info_rdma_connection *info = buffer;

	if (conn->c_trans != &rds_ib_transport || conn->c_isv6)
		return 0;
	info->src_addr = conn->c_laddr.s6_addr32[3];
	info->dst_addr = conn->c_faddr.s6_addr32[3];
	info->tos = conn->c_tos;
	info->sl = rds_ib_of(conn)->sl;
	if (lock_up(conn)) {
		FILL_UP(info, conn, rds_ib_of(conn));
		mutex_unlock(&conn->c_cm_lock);
	}
	return 1;
}

static int fill6(struct rds_connection *conn, void *buffer)
{
	struct rds6_info_rdma_connection *info = buffer;

	if (conn->c_trans != &rds_ib_transport)
		return 0;
	info->src_addr = conn->c_laddr;
	info->dst_addr = conn->c_faddr;
	info->tos = conn->c_tos;
	info->sl = rds_ib_of(conn)->sl;
	if (lock_up(conn)) {
		FILL_UP(info, conn, rds_ib_of(conn));
		mutex_unlock(&conn->c_cm_lock);
	}
	return 1;
}

RDS_CONN_LIST(conns_info, struct rds_info_rdma_connection, fill)
RDS_CONN_LIST(conns6_info, struct rds6_info_rdma_connection, fill6)

/**
 * rds_ib_info_init - at load
 */
void rds_ib_info_init(void)
{
	rds_info_register_func(RDS_INFO_IB_CONNECTIONS, conns_info);
	if (IS_ENABLED(CONFIG_IPV6))
		rds_info_register_func(RDS6_INFO_IB_CONNECTIONS, conns6_info);
}

/**
 * rds_ib_info_uninit - at unload
 */
void rds_ib_info_uninit(void)
{
	rds_info_deregister_func(RDS_INFO_IB_CONNECTIONS, conns_info);
	if (IS_ENABLED(CONFIG_IPV6))
		rds_info_deregister_func(RDS6_INFO_IB_CONNECTIONS, conns6_info);
}
