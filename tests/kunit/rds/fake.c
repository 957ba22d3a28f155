// SPDX-License-Identifier: GPL-2.0
#include "../../../rds/rds.h"
#include <linux/slab.h>
#include "compat/kunit.h"
#include "fake.h"

struct rds_fake rds_fake;

DEFINE_PER_CPU(struct rds_statistics, rds_stats);
unsigned int rds_sysctl_max_unacked_packets;
unsigned int rds_sysctl_max_unacked_bytes;
unsigned int rds_sysctl_ping_enable = 1;
struct rds_transport rds_loop_transport;

/* A message that says it has @len bytes; the fake transports do not look at them. */
struct rds_message *rds_fake_message(struct kunit *test, u32 len)
{
	struct rds_message *rm = kzalloc(sizeof(*rm), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rm);
	refcount_set(&rm->m_refcount, 1);
	INIT_LIST_HEAD(&rm->m_sock_item);
	INIT_LIST_HEAD(&rm->m_conn_item);
	rm->m_inc.i_hdr.h_len = cpu_to_be32(len);
	rds_fake.messages++;
	return rm;
}

void rds_message_addref(struct rds_message *rm)
{
	refcount_inc(&rm->m_refcount);
}

void rds_message_put(struct rds_message *rm)
{
	if (!refcount_dec_and_test(&rm->m_refcount))
		return;
	if (rm->m_rs)
		rds_fake.sock_refs--;
	rds_fake.messages--;
	kfree(rm);
}

/* Of congestion maps, which are for scenarios. */
struct rds_message *rds_message_alloc(size_t len, gfp_t gfp)
{
	return NULL;
}

int rds_message_copy_from_user(struct rds_message *rm, struct iov_iter *from)
{
	return -EFAULT;
}

void rds_message_wait(struct rds_message *rm)
{
}

void rds_message_unmapped(struct rds_message *rm)
{
	atomic_dec(&rm->m_mapped);
}

void rds_message_notify(struct rds_message *rm, int status)
{
	rds_fake.notified++;
	rds_fake.last_status = status;
}

void rds_message_acked(struct rds_message *rm)
{
	rds_message_notify(rm, RDS_RDMA_SUCCESS);
}

void rds_sock_addref(struct rds_sock *rs)
{
	rds_fake.sock_refs++;
}

void rds_sock_put(struct rds_sock *rs)
{
	rds_fake.sock_refs--;
}

void rds_wake_sk_sleep(struct rds_sock *rs)
{
	rds_fake.wakeups++;
}

void rds_queue_send(struct rds_connection *conn, unsigned long delay)
{
	rds_fake.queued_sends++;
}
