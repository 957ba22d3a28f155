// SPDX-License-Identifier: GPL-2.0
/*
 * From a transport to a socket's queue (specification 4.6).
 *
 * A receiver is never refused: a message that has been acknowledged must not be
 * lost. It is marked as congested instead, long before its buffer is full, and
 * free again when half of that has been read.
 */
#include <linux/module.h>
#include <linux/sched/clock.h>
#include "rds.h"

/**
 * rds_inc_init - prepare for a message
 * @inc: its header may be filled in before or after
 * @conn: whence it comes
 * @saddr: sender's address
 */
void rds_inc_init(struct rds_incoming *inc, struct rds_connection *conn,
		  const struct in6_addr *saddr)
{
	refcount_set(&inc->i_refcount, 1);
	INIT_LIST_HEAD(&inc->i_item);
	inc->i_conn = conn;
	inc->i_saddr = *saddr;
	inc->i_rdma_cookie = 0;
	inc->i_tstamp = 0;
	memset(inc->i_trace, 0, sizeof(inc->i_trace));
	inc->i_trace[RDS_MSG_RX_HDR_TO_DGRAM_START] = local_clock();
}
EXPORT_SYMBOL_GPL(rds_inc_init);

/**
 * rds_inc_put - one user less
 * @inc: the message
 *
 * Context: any.
 */
void rds_inc_put(struct rds_incoming *inc)
{
	if (refcount_dec_and_test(&inc->i_refcount)) {
		WARN_ON_ONCE(!list_empty(&inc->i_item));
		inc->i_conn->c_trans->inc_free(inc);
	}
}
EXPORT_SYMBOL_GPL(rds_inc_put);

/* Count @delta bytes; peers get to know when that changes whether they may send. */
static void charge(struct rds_sock *rs, int delta)
{
	int limit = rds_sk_rcvbuf(rs);
	bool congested;

	lockdep_assert_held(&rs->rs_recv_lock);
	rs->rs_rcv_bytes += delta;
	if (delta > 0)
		rds_stats_add(recv_bytes_added_to_sock, delta);
	else
		rds_stats_add(recv_bytes_freed_fromsock, -delta);

	if (rs->rs_congested)
		congested = rs->rs_rcv_bytes >= limit / 2;
	else
		congested = rs->rs_rcv_bytes > limit;
	if (congested == rs->rs_congested)
		return;
	rs->rs_congested = congested;
	rds_cong_set_port(rs->rs_cong_map, rs->rs_bound.port, congested);
}

/**
 * rds_recv_uncharge - a message has been read
 * @rs: the socket
 * @inc: the message
 *
 * Context: rs_recv_lock held.
 */
void rds_recv_uncharge(struct rds_sock *rs, struct rds_incoming *inc)
{
	charge(rs, -(int)rds_charge_of(&inc->i_hdr));
}

/**
 * rds_recv_drop_all - nobody will read any more
 * @rs: a socket that has been marked as dead, so that nothing is queued to it
 */
void rds_recv_drop_all(struct rds_sock *rs)
{
	struct rds_incoming *inc, *next;
	LIST_HEAD(dropped);

	spin_lock_bh(&rs->rs_recv_lock);
	list_splice_init(&rs->rs_recv_queue, &dropped);
	rs->rs_rcv_bytes = 0;
	if (rs->rs_congested) {
		rs->rs_congested = false;
		rds_cong_set_port(rs->rs_cong_map, rs->rs_bound.port, false);
	}
	spin_unlock_bh(&rs->rs_recv_lock);

	list_for_each_entry_safe(inc, next, &dropped, i_item) {
		list_del_init(&inc->i_item);
		rds_inc_put(inc);
	}
}

/* What the sender says beside the message. */
static void process_extensions(struct rds_sock *rs, struct rds_incoming *inc)
{
	union {
		struct rds_ext_rdma rdma;
		struct rds_ext_rdma_dest dest;
		u8 space[RDS_HEADER_EXT_SPACE];
	} ext;
	unsigned int pos = 0;

	for (;;) {
		switch (rds_message_next_extension(&inc->i_hdr, &pos, &ext)) {
		case RDS_EXTHDR_NONE:
			return;
		case RDS_EXTHDR_RDMA:
			rds_mr_used(rs, be32_to_cpu(ext.rdma.rkey), &inc->i_saddr);
			break;
		case RDS_EXTHDR_RDMA_DEST:
			inc->i_rdma_cookie = (u64)be32_to_cpu(ext.dest.offset) << 32 |
					     be32_to_cpu(ext.dest.rkey);
			break;
		}
	}
}

static void queue_to_sock(struct rds_sock *rs, struct rds_incoming *inc)
{
	struct sock *sk = rds_rs_to_sk(rs);
	bool dead;

	spin_lock_bh(&rs->rs_recv_lock);
	dead = sock_flag(sk, SOCK_DEAD);
	if (!dead) {
		charge(rs, rds_charge_of(&inc->i_hdr));
		if (sock_flag(sk, SOCK_RCVTSTAMP))
			inc->i_tstamp = ktime_get_real();
		inc->i_trace[RDS_MSG_RX_DGRAM_DELIVERED] = local_clock();
		refcount_inc(&inc->i_refcount);
		list_add_tail(&inc->i_item, &rs->rs_recv_queue);
	}
	spin_unlock_bh(&rs->rs_recv_lock);

	if (dead) {
		rds_stats_inc(recv_drop_dead_sock);
		return;
	}
	rds_stats_inc(recv_queued);
	rds_wake_sk_sleep(rs);
}

/* Has it been received before? Otherwise, gaps are normal: see 4.5. */
static bool is_old(struct rds_connection *conn, const struct rds_header *hdr)
{
	u64 seq = be64_to_cpu(hdr->h_sequence);

	if ((hdr->h_flags & RDS_FLAG_RETRANSMITTED) && seq < conn->c_next_rx_seq) {
		rds_stats_inc(recv_drop_old_seq);
		return true;
	}
	WRITE_ONCE(conn->c_next_rx_seq, seq + 1);
	return false;
}

/*
 * A message that waits to be read needs its connection, which stays as long as a
 * socket has the transport; connections of the loopback transport stay anyway.
 */
static bool keeps_conn(const struct rds_sock *rs, const struct rds_connection *conn)
{
	return conn->c_trans == &rds_loop_transport ||
	       READ_ONCE(rs->rs_transport) == conn->c_trans;
}

/* The socket that a message is for, with a reference; or NULL. */
static struct rds_sock *find_receiver(struct rds_connection *conn,
				      const struct in6_addr *daddr, __be16 dport)
{
	struct rds_sock *rs;

	rs = rds_find_bound(rds_conn_net(conn), daddr, dport, conn->c_ifindex);
	if (!rs || keeps_conn(rs, conn))
		return rs;
	rds_sock_put(rs);
	return NULL;
}

/**
 * rds_recv_incoming - a message has arrived
 * @conn: on which connection; calls for one connection are serialized
 * @saddr: sender
 * @daddr: receiver
 * @inc: the message, whole; the caller keeps its reference
 * @gfp: how to allocate, if necessary
 *
 * Context: process context, because a peer may be done with a region; any, if the
 *	transport has none. While the connection exists.
 */
void rds_recv_incoming(struct rds_connection *conn, const struct in6_addr *saddr,
		       const struct in6_addr *daddr, struct rds_incoming *inc,
		       gfp_t gfp)
{
	const struct rds_header *hdr = &inc->i_hdr;
	struct rds_sock *rs;

	if (hdr->h_flags == RDS_FLAG_CONG_BITMAP) {
		rds_cong_receive(conn, inc);
		return;
	}
	inc->i_trace[RDS_MSG_RX_DGRAM_REASSEMBLE] = local_clock();
	if (is_old(conn, hdr))
		return;

	if (!hdr->h_dport && rds_sysctl_ping_enable) {
		/* The port of a ping is the one that gets the answer. */
		if (hdr->h_sport) {
			rds_stats_inc(recv_ping);
			rds_send_pong(conn, hdr->h_sport);
		}
		return;
	}

	rs = find_receiver(conn, daddr, hdr->h_dport);
	if (!rs) {
		rds_stats_inc(recv_drop_no_sock);
		return;
	}
	process_extensions(rs, inc);
	queue_to_sock(rs, inc);
	rds_sock_put(rs);
}
EXPORT_SYMBOL_GPL(rds_recv_incoming);
