/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to cong.c and its unit tests.
 */
#ifndef RDMA_ANYWHERE_RDS_CONG_H
#define RDMA_ANYWHERE_RDS_CONG_H

#include "rds.h"

/**
 * struct rds_cong_map - the congested ports of an address
 * @m_node: in the table of maps
 * @m_users: sockets and connections that have it; under the lock of the table
 * @m_net: name space
 * @m_addr: address
 * @m_conns: connections that this map is advertised on
 * @m_shared: sender and receiver look at it: the address is local to both
 * @m_waitq: senders that wait for a port
 * @m_lock: guards @m_spare, and the exchange of it
 * @m_bits: bit P is port P, least significant bit of a byte first
 * @m_spare: where the next map is received
 */
struct rds_cong_map {
	struct hlist_node m_node;
	unsigned int m_users;
	possible_net_t m_net;
	struct in6_addr m_addr;
	struct list_head m_conns;
	bool m_shared;
	wait_queue_head_t m_waitq;
	spinlock_t m_lock; /* guards m_spare, and the exchange with m_bits */
	__le64 *m_bits;
	__le64 *m_spare;
};

u64 rds_cong_freed_groups(const __le64 *was, const __le64 *is);

#endif /* RDMA_ANYWHERE_RDS_CONG_H */
