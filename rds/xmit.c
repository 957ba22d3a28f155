// SPDX-License-Identifier: GPL-2.0
/*
 * From a connection's queue to its transport.
 *
 * Whoever has something to send tries to become the sender, by c_xmit_lock. If
 * there is one already, it leaves: the sender looks at the queue once more after
 * it has let go of the lock, and both look and enqueue under c_lock, so that one
 * of the two sees the message.
 *
 * A sender that found the transport full, or the connection down, does not look
 * again: c_send_w is queued when that changes. As this may happen before it has
 * let go of the lock, c_send_w waits for the lock.
 *
 * A message moves to c_retrans before the first byte is given to the transport,
 * because its acknowledgment may be back before the transport returns. One that
 * the transport took in part stays c_xmit_rm until the rest has gone.
 */
#include <linux/module.h>
#include "rds.h"

/* How often a transport may say "at once again" without taking a byte. */
#define MAX_ROUNDS	4096

int rds_send_batch_count = 1024;
module_param_named(send_batch_count, rds_send_batch_count, int, 0444);
MODULE_PARM_DESC(send_batch_count, "messages that one sender may send before others get a turn");

static bool sent_before_with_op(struct rds_message *rm)
{
	return test_bit(RDS_MSG_RETRANSMITTED, &rm->m_flags) &&
	       ((rm->m_rdma && rm->m_rdma->op.op_posted && !rm->m_rdma->op.op_done) ||
		(rm->m_atomic && rm->m_atomic->op.op_posted && !rm->m_atomic->op.op_done));
}

static struct rds_message *take_first(struct rds_connection *conn)
{
	struct rds_message *rm;

	spin_lock_bh(&conn->c_lock);
	rm = list_first_entry_or_null(&conn->c_send_queue, struct rds_message, m_conn_item);
	if (rm) {
		list_move_tail(&rm->m_conn_item, &conn->c_retrans);
		conn->c_has_sent = true;
		rds_message_addref(rm);
	}
	spin_unlock_bh(&conn->c_lock);
	return rm;
}

/* Is it time to ask the peer for an acknowledgment? */
static void count_unacked(struct rds_connection *conn, struct rds_message *rm)
{
	u32 len = be32_to_cpu(rm->m_inc.i_hdr.h_len);
	u8 flags = 0;

	lockdep_assert_held(&conn->c_xmit_lock);
	if (!conn->c_unacked_packets || conn->c_unacked_bytes < len) {
		conn->c_unacked_packets = rds_sysctl_max_unacked_packets;
		conn->c_unacked_bytes = rds_sysctl_max_unacked_bytes;
		set_bit(RDS_MSG_ACK_REQUIRED, &rm->m_flags);
	} else {
		conn->c_unacked_packets--;
		conn->c_unacked_bytes -= len;
	}

	if (test_bit(RDS_MSG_ACK_REQUIRED, &rm->m_flags)) {
		flags |= RDS_FLAG_ACK_REQUIRED;
		rds_stats_inc(send_ack_required);
	}
	if (test_bit(RDS_MSG_RETRANSMITTED, &rm->m_flags))
		flags |= RDS_FLAG_RETRANSMITTED;
	rm->m_inc.i_hdr.h_flags = flags;
}

/*
 * The next message to send, with a reference in c_xmit_rm.
 *
 * Return: 0; -ENOENT if there is none; -ENOMEM.
 */
static int next_message(struct rds_connection *conn)
{
	struct rds_message *rm;

	if (test_and_clear_bit(RDS_MAP_PENDING, &conn->c_flags)) {
		if (conn->c_loopback) {
			rds_cong_map_updated(conn->c_fcong, ~0ULL);
		} else {
			conn->c_xmit_rm = rds_cong_message(conn);
			if (conn->c_xmit_rm)
				return 0;
			set_bit(RDS_MAP_PENDING, &conn->c_flags);
			return -ENOMEM;
		}
	}

	for (;;) {
		rm = take_first(conn);
		if (!rm)
			return -ENOENT;
		if (!sent_before_with_op(rm))
			break;
		/* Nobody knows whether the peer's memory has been changed. */
		rds_send_finish(conn, rm, RDS_RDMA_DROPPED);
		rds_message_put(rm);
	}
	count_unacked(conn, rm);
	conn->c_xmit_rm = rm;
	return 0;
}

static void done_with_message(struct rds_connection *conn)
{
	struct rds_message *rm = conn->c_xmit_rm;

	conn->c_xmit_rm = NULL;
	conn->c_xmit_sent = 0;
	rds_message_put(rm);
}

/*
 * Give an operation to the transport, if that has not happened yet.
 *
 * Return: 0; -ECANCELED if nobody wants it any more; or as the transport.
 */
static int xmit_op(struct rds_connection *conn, struct rds_message *rm, struct rm_op *op,
		   bool rdma)
{
	int err;

	if (op->op_posted)
		return 0;
	/* The transport undoes this when the last work request is complete. */
	atomic_inc(&rm->m_mapped);
	/* Who cancels it, takes it out of the queue, and then waits for m_mapped. */
	smp_mb__after_atomic();
	if (!test_bit(RDS_MSG_ON_CONN, &rm->m_flags)) {
		rds_message_unmapped(rm);
		return -ECANCELED;
	}
	op->op_posted = true;
	err = rdma ? conn->c_trans->xmit_rdma(conn, rm->m_rdma) :
		     conn->c_trans->xmit_atomic(conn, rm->m_atomic);
	/* Nobody knows how much of it has been done, or is being done. */
	if (err == -EIO)
		return err;
	if (err) {
		op->op_posted = false;
		rds_message_unmapped(rm);
		return err;
	}
	rds_stats_inc(send_rdma);
	if (rdma)
		rds_stats_add(send_rdma_bytes, rm->m_rdma->op_bytes);
	return 0;
}

static int xmit_ops(struct rds_connection *conn, struct rds_message *rm)
{
	int err = 0;

	if (rm->m_rdma)
		err = xmit_op(conn, rm, &rm->m_rdma->op, true);
	if (!err && rm->m_atomic)
		err = xmit_op(conn, rm, &rm->m_atomic->op, false);
	return err;
}

/* Where in the message the transport has to go on. */
static int xmit_data(struct rds_connection *conn, struct rds_message *rm)
{
	unsigned int sent = conn->c_xmit_sent, hdr_off, data;

	hdr_off = min_t(unsigned int, sent, sizeof(struct rds_header));
	data = sent - hdr_off;
	return conn->c_trans->xmit(conn, rm, hdr_off, data >> PAGE_SHIFT, data & ~PAGE_MASK);
}

/*
 * Send what there is of c_xmit_rm.
 *
 * Return: 0 when all of it has gone, 1 if the transport is full, -EAGAIN,
 *	-ENOMEM or another error of the transport.
 */
static int xmit_message(struct rds_connection *conn)
{
	struct rds_message *rm = conn->c_xmit_rm;
	u32 total = sizeof(struct rds_header) + be32_to_cpu(rm->m_inc.i_hdr.h_len);
	unsigned int rounds = 0;
	int ret;

	ret = xmit_ops(conn, rm);
	/* The peer must not think that it has been done. */
	if (ret == -ECANCELED)
		return 0;
	if (ret)
		return ret;
	if (test_bit(RDS_MSG_NO_DATA, &rm->m_flags))
		return 0;

	while (conn->c_xmit_sent < total) {
		ret = xmit_data(conn, rm);
		if (!ret)
			return 1;
		if (ret < 0 && ret != -EAGAIN)
			return ret;
		if (ret > 0) {
			conn->c_xmit_sent += ret;
			rounds = 0;
		} else if (++rounds == MAX_ROUNDS) {
			rds_stats_inc(send_stuck_rm);
			return -EAGAIN;
		}
	}
	return 0;
}

/*
 * Return: 0 when the queue is empty, 1 if the transport is full and will call,
 *	-EAGAIN when others should get a turn, -ENOMEM.
 */
static int xmit_batch(struct rds_connection *conn)
{
	int left = max(rds_send_batch_count, 2) - 1;
	int ret;

	lockdep_assert_held(&conn->c_xmit_lock);
	while (left--) {
		if (!conn->c_xmit_rm) {
			ret = next_message(conn);
			if (ret == -ENOENT) {
				rds_stats_inc(send_queue_empty);
				return 0;
			}
			if (ret)
				return ret;
		}
		ret = xmit_message(conn);
		if (ret)
			return ret;
		done_with_message(conn);
	}
	return -EAGAIN;
}

static int xmit_locked(struct rds_connection *conn)
{
	int ret;

	if (!rds_conn_up(conn))
		return 1;
	if (conn->c_trans->xmit_prepare)
		conn->c_trans->xmit_prepare(conn);
	ret = xmit_batch(conn);
	if (conn->c_trans->xmit_complete)
		conn->c_trans->xmit_complete(conn);
	return ret;
}

static bool anything_left(struct rds_connection *conn)
{
	bool left;

	spin_lock_bh(&conn->c_lock);
	left = !list_empty(&conn->c_send_queue);
	spin_unlock_bh(&conn->c_lock);
	return left || test_bit(RDS_MAP_PENDING, &conn->c_flags);
}

/**
 * rds_send_xmit - send what is queued
 * @conn: the connection
 *
 * Context: process context.
 * Return: 0 if there is nothing more to do here: all is sent, or somebody else
 *	is at it or will be; -EAGAIN to be called again soon, -ENOMEM later;
 *	another error of the transport, which has dropped the connection.
 */
int rds_send_xmit(struct rds_connection *conn)
{
	int ret;

	do {
		if (!mutex_trylock(&conn->c_xmit_lock)) {
			rds_stats_inc(send_lock_contention);
			return 0;
		}
		ret = xmit_locked(conn);
		mutex_unlock(&conn->c_xmit_lock);
		if (ret)
			return ret < 0 ? ret : 0;
	} while (anything_left(conn));
	return 0;
}
EXPORT_SYMBOL_GPL(rds_send_xmit);

/**
 * rds_send_xmit_worker - send what is queued, after whoever is sending now
 * @conn: the connection
 *
 * Context: process context; sleeps.
 * Return: as of rds_send_xmit().
 */
int rds_send_xmit_worker(struct rds_connection *conn)
{
	int ret;

	mutex_lock(&conn->c_xmit_lock);
	ret = xmit_locked(conn);
	mutex_unlock(&conn->c_xmit_lock);
	if (ret)
		return ret < 0 ? ret : 0;
	return anything_left(conn) ? rds_send_xmit(conn) : 0;
}
