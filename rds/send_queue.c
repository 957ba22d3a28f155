// SPDX-License-Identifier: GPL-2.0
/*
 * The two queues that a message is in: its socket's, from which it can be
 * cancelled and against whose buffer it counts, and its connection's, first of
 * what is to be sent, then of what has not been acknowledged.
 *
 * A message enters both at once, under both locks, so that sequences are in the
 * order of the socket. It leaves them in any order: RDS_MSG_ON_SOCK and
 * RDS_MSG_ON_CONN, each under the lock of its queue, say who may take it out, and
 * with it the queue's reference.
 */
#include <linux/module.h>
#include "rds.h"

static bool take_from_sock(struct rds_sock *rs, struct rds_message *rm)
{
	lockdep_assert_held(&rs->rs_lock);
	if (!test_and_clear_bit(RDS_MSG_ON_SOCK, &rm->m_flags))
		return false;
	list_del_init(&rm->m_sock_item);
	rs->rs_snd_bytes -= rds_charge_of(&rm->m_inc.i_hdr);
	return true;
}

static bool take_from_conn(struct rds_connection *conn, struct rds_message *rm)
{
	lockdep_assert_held(&conn->c_lock);
	if (!test_and_clear_bit(RDS_MSG_ON_CONN, &rm->m_flags))
		return false;
	list_del_init(&rm->m_conn_item);
	if (test_bit(RDS_MSG_PONG, &rm->m_flags))
		conn->c_pongs--;
	return true;
}

/**
 * rds_send_enqueue - a message is to be sent
 * @rs: its socket
 * @conn: its connection
 * @rm: the message
 * @sport: from
 * @dport: to
 *
 * Return: whether there was room in the socket's buffer.
 */
bool rds_send_enqueue(struct rds_sock *rs, struct rds_connection *conn,
		      struct rds_message *rm, __be16 sport, __be16 dport)
{
	struct rds_header *hdr = &rm->m_inc.i_hdr;
	size_t limit = rds_sk_sndbuf(rs);

	spin_lock_bh(&rs->rs_lock);
	if (rs->rs_snd_bytes >= limit) {
		spin_unlock_bh(&rs->rs_lock);
		return false;
	}
	rs->rs_snd_bytes += rds_charge_of(hdr);
	/* The sender should not have to wait for long. */
	if (rs->rs_snd_bytes >= limit / 2)
		__set_bit(RDS_MSG_ACK_REQUIRED, &rm->m_flags);

	hdr->h_sport = sport;
	hdr->h_dport = dport;
	rm->m_inc.i_conn = conn;
	__set_bit(RDS_MSG_ON_SOCK, &rm->m_flags);
	__set_bit(RDS_MSG_ON_CONN, &rm->m_flags);
	rds_sock_addref(rs);
	rm->m_rs = rs;
	refcount_add(2, &rm->m_refcount);
	list_add_tail(&rm->m_sock_item, &rs->rs_send_queue);

	spin_lock(&conn->c_lock);
	hdr->h_sequence = cpu_to_be64(conn->c_next_tx_seq++);
	list_add_tail(&rm->m_conn_item, &conn->c_send_queue);
	spin_unlock(&conn->c_lock);
	spin_unlock_bh(&rs->rs_lock);
	rds_stats_inc(send_queued);
	return true;
}

/* The peer has it, or never will: out of the socket's queue. */
static void leave_sock(struct rds_message *rm, int status)
{
	struct rds_sock *rs = rm->m_rs;
	bool taken;

	if (!rs)
		return;
	spin_lock_bh(&rs->rs_lock);
	taken = take_from_sock(rs, rm);
	spin_unlock_bh(&rs->rs_lock);

	if (status == RDS_RDMA_SUCCESS)
		rds_message_acked(rm);
	else
		rds_message_notify(rm, status);
	if (taken) {
		rds_wake_sk_sleep(rs);
		rds_message_put(rm);
	}
}

static void put_list(struct list_head *list, int status)
{
	struct rds_message *rm, *next;

	list_for_each_entry_safe(rm, next, list, m_conn_item) {
		list_del_init(&rm->m_conn_item);
		leave_sock(rm, status);
		rds_message_put(rm);
	}
}

/**
 * rds_send_finish - a message will not be sent, or not again
 * @conn: its connection
 * @rm: the message; the caller has a reference
 * @status: RDS_RDMA_* of its operations, as far as it is not known already
 */
void rds_send_finish(struct rds_connection *conn, struct rds_message *rm, int status)
{
	bool taken;

	spin_lock_bh(&conn->c_lock);
	taken = take_from_conn(conn, rm);
	spin_unlock_bh(&conn->c_lock);
	leave_sock(rm, status);
	if (taken)
		rds_message_put(rm);
}

static bool seq_acked(struct rds_message *rm, u64 ack)
{
	return be64_to_cpu(rm->m_inc.i_hdr.h_sequence) <= ack;
}

/**
 * rds_send_drop_acked - the peer has received messages
 * @conn: the connection
 * @ack: up to this sequence; ignored if nothing like it was sent
 * @is_acked: tells for a message; %NULL compares sequences
 *
 * Context: any.
 */
void rds_send_drop_acked(struct rds_connection *conn, u64 ack,
			 bool (*is_acked)(struct rds_message *rm, u64 ack))
{
	struct rds_message *rm, *next;
	LIST_HEAD(done);

	if (!is_acked)
		is_acked = seq_acked;

	spin_lock_bh(&conn->c_lock);
	if (is_acked == seq_acked && ack >= conn->c_next_tx_seq)
		ack = 0;
	list_for_each_entry_safe(rm, next, &conn->c_retrans, m_conn_item) {
		if (!is_acked(rm, ack))
			break;
		take_from_conn(conn, rm);
		list_add_tail(&rm->m_conn_item, &done);
	}
	/*
	 * After a reset, what was received is back in the other queue. It must
	 * have been sent before: what was not, cannot have been received.
	 */
	list_for_each_entry_safe(rm, next, &conn->c_send_queue, m_conn_item) {
		if (!test_bit(RDS_MSG_RETRANSMITTED, &rm->m_flags) || !is_acked(rm, ack))
			break;
		take_from_conn(conn, rm);
		list_add_tail(&rm->m_conn_item, &done);
	}
	spin_unlock_bh(&conn->c_lock);
	put_list(&done, RDS_RDMA_SUCCESS);
}
EXPORT_SYMBOL_GPL(rds_send_drop_acked);

/* No peer has received more; sequences must not wrap around. */
#define LAST_SANE_SEQ	BIT_ULL(62)

/**
 * rds_send_begin_after - the peer remembers messages of before our reboot
 * @conn: a connection that comes up
 * @ack: the last sequence that the peer has received
 *
 * What is sent again is old for the peer if its sequence is not above that, and
 * would get lost: the first sequence has to be. Once something has been sent, the
 * peer has forgotten what was before.
 */
void rds_send_begin_after(struct rds_connection *conn, u64 ack)
{
	struct rds_message *rm;
	u64 seq = ack + 1;

	spin_lock_bh(&conn->c_lock);
	if (!conn->c_has_sent && ack && ack < LAST_SANE_SEQ) {
		list_for_each_entry(rm, &conn->c_send_queue, m_conn_item)
			rm->m_inc.i_hdr.h_sequence = cpu_to_be64(seq++);
		conn->c_next_tx_seq = seq;
	}
	spin_unlock_bh(&conn->c_lock);
}
EXPORT_SYMBOL_GPL(rds_send_begin_after);

/**
 * rds_send_reset - what was not acknowledged has to be sent again
 * @conn: a connection whose transport has stopped
 *
 * Context: c_xmit_lock held.
 */
void rds_send_reset(struct rds_connection *conn)
{
	struct rds_message *rm;

	lockdep_assert_held(&conn->c_xmit_lock);
	if (conn->c_xmit_rm) {
		rm = conn->c_xmit_rm;
		conn->c_xmit_rm = NULL;
		rds_message_put(rm);
	}
	conn->c_xmit_sent = 0;
	conn->c_unacked_packets = 0;
	conn->c_unacked_bytes = 0;
	clear_bit(RDS_LL_SEND_FULL, &conn->c_flags);
	clear_bit(RDS_MAP_PENDING, &conn->c_flags);

	spin_lock_bh(&conn->c_lock);
	list_for_each_entry(rm, &conn->c_retrans, m_conn_item) {
		set_bit(RDS_MSG_ACK_REQUIRED, &rm->m_flags);
		set_bit(RDS_MSG_RETRANSMITTED, &rm->m_flags);
	}
	list_splice_init(&conn->c_retrans, &conn->c_send_queue);
	spin_unlock_bh(&conn->c_lock);
}

/**
 * rds_send_discard - no message of a connection will be sent any more
 * @conn: a connection that is being destroyed
 */
void rds_send_discard(struct rds_connection *conn)
{
	struct rds_message *rm, *next;
	LIST_HEAD(done);

	spin_lock_bh(&conn->c_lock);
	list_splice_init(&conn->c_retrans, &conn->c_send_queue);
	list_for_each_entry_safe(rm, next, &conn->c_send_queue, m_conn_item) {
		take_from_conn(conn, rm);
		list_add_tail(&rm->m_conn_item, &done);
	}
	spin_unlock_bh(&conn->c_lock);
	put_list(&done, RDS_RDMA_DROPPED);
}

static bool is_for(const struct rds_message *rm, const struct rds_endpoint *dest)
{
	return !dest || (!rds_addr_cmp(&rm->m_daddr, &dest->addr) &&
			 rm->m_inc.i_hdr.h_dport == dest->port);
}

static void cancel(struct rds_message *rm)
{
	struct rds_connection *conn = rm->m_inc.i_conn;
	bool taken;

	spin_lock_bh(&conn->c_lock);
	taken = take_from_conn(conn, rm);
	spin_unlock_bh(&conn->c_lock);
	/* Once it has been sent, memory is in use until the device is done. */
	rds_message_wait(rm);
	rds_message_notify(rm, RDS_RDMA_CANCELED);
	if (taken)
		rds_message_put(rm);
}

/**
 * rds_send_drop_to - cancel messages
 * @rs: of this socket
 * @dest: to this address and port, or to anybody if %NULL
 *
 * What has been sent in part goes on being sent: the peer waits for the rest.
 *
 * Context: sleeps, until no device uses user memory of these messages.
 */
void rds_send_drop_to(struct rds_sock *rs, const struct rds_endpoint *dest)
{
	struct rds_message *rm, *next;
	LIST_HEAD(cancelled);

	spin_lock_bh(&rs->rs_lock);
	list_for_each_entry_safe(rm, next, &rs->rs_send_queue, m_sock_item) {
		if (is_for(rm, dest) && take_from_sock(rs, rm))
			list_add_tail(&rm->m_sock_item, &cancelled);
	}
	spin_unlock_bh(&rs->rs_lock);
	if (list_empty(&cancelled))
		return;

	list_for_each_entry_safe(rm, next, &cancelled, m_sock_item) {
		list_del_init(&rm->m_sock_item);
		cancel(rm);
		rds_message_put(rm);
	}
	rds_wake_sk_sleep(rs);
}
