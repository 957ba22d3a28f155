// SPDX-License-Identifier: GPL-2.0
/*
 * recvmsg(): results of operations first, then congestion updates, then messages
 * (specification 3.3). Several may read at once; who takes a message out of the
 * queue has it, and who copied it in vain looks for another.
 */
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <linux/socket.h>
#include <linux/timekeeping.h>
#include "rds.h"

static struct rds_incoming *peek(struct rds_sock *rs)
{
	struct rds_incoming *inc;

	spin_lock_bh(&rs->rs_recv_lock);
	inc = list_first_entry_or_null(&rs->rs_recv_queue, struct rds_incoming, i_item);
	if (inc)
		refcount_inc(&inc->i_refcount);
	spin_unlock_bh(&rs->rs_recv_lock);
	return inc;
}

/* Return: whether it was still there. */
static bool dequeue(struct rds_sock *rs, struct rds_incoming *inc)
{
	bool there;

	spin_lock_bh(&rs->rs_recv_lock);
	there = !list_empty(&inc->i_item);
	if (there) {
		list_del_init(&inc->i_item);
		rds_recv_uncharge(rs, inc);
	}
	spin_unlock_bh(&rs->rs_recv_lock);
	if (there)
		rds_inc_put(inc);
	return there;
}

static bool something_to_read(struct rds_sock *rs)
{
	return !list_empty_careful(&rs->rs_recv_queue) ||
	       !list_empty_careful(&rs->rs_notify_queue) ||
	       READ_ONCE(rs->rs_cong_notify);
}

/* Return: 1 if it has been told about ports that became free, 0 if there are none. */
static int deliver_cong_update(struct rds_sock *rs, struct msghdr *msg)
{
	u64 groups = READ_ONCE(rs->rs_cong_notify);
	int err;

	if (!groups)
		return 0;
	err = put_cmsg(msg, SOL_RDS, RDS_CMSG_CONG_UPDATE, sizeof(groups), &groups);
	if (err)
		return err;
	spin_lock_bh(&rs->rs_lock);
	rs->rs_cong_notify &= ~groups;
	spin_unlock_bh(&rs->rs_lock);
	return 1;
}

static int put_timestamp(struct sock *sk, struct rds_incoming *inc, struct msghdr *msg)
{
	struct __kernel_old_timeval old = {};
	struct timespec64 ts;

	if (!inc->i_tstamp || !sock_flag(sk, SOCK_RCVTSTAMP))
		return 0;
	ts = ktime_to_timespec64(inc->i_tstamp);
	if (sock_flag(sk, SOCK_TSTAMP_NEW)) {
		struct __kernel_sock_timeval tv = {
			.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / NSEC_PER_USEC,
		};

		return put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_NEW, sizeof(tv), &tv);
	}
	old.tv_sec = ts.tv_sec;
	old.tv_usec = ts.tv_nsec / NSEC_PER_USEC;
	return put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMP_OLD, sizeof(old), &old);
}

static int put_trace(struct rds_sock *rs, struct rds_incoming *inc, struct msghdr *msg)
{
	struct rds_cmsg_rx_trace trace = {};
	unsigned int nr = READ_ONCE(rs->rs_rx_traces), i, pos;
	u64 stamps[RDS_MSG_RX_DGRAM_TRACE_MAX + 1];

	if (!nr)
		return 0;
	memcpy(stamps, inc->i_trace, sizeof(inc->i_trace));
	stamps[RDS_MSG_RX_DGRAM_TRACE_MAX] = local_clock();

	trace.rx_traces = min_t(unsigned int, nr, RDS_MSG_RX_DGRAM_TRACE_MAX);
	for (i = 0; i < trace.rx_traces; i++) {
		pos = min_t(unsigned int, READ_ONCE(rs->rs_rx_trace[i]),
			    RDS_MSG_RX_DGRAM_TRACE_MAX - 1);
		trace.rx_trace_pos[i] = pos;
		trace.rx_trace[i] = stamps[pos + 1] - stamps[pos];
	}
	return put_cmsg(msg, SOL_RDS, RDS_CMSG_RXPATH_LATENCY, sizeof(trace), &trace);
}

static int put_cmsgs(struct rds_sock *rs, struct rds_incoming *inc, struct msghdr *msg)
{
	u64 cookie = inc->i_rdma_cookie;
	int err = 0;

	if (cookie)
		err = put_cmsg(msg, SOL_RDS, RDS_CMSG_RDMA_DEST, sizeof(cookie), &cookie);
	if (!err)
		err = put_timestamp(rds_rs_to_sk(rs), inc, msg);
	if (!err)
		err = put_trace(rs, inc, msg);
	return err;
}

static int deliver(struct rds_sock *rs, struct rds_incoming *inc, struct msghdr *msg,
		   size_t size, int flags, int copied)
{
	int len = be32_to_cpu(inc->i_hdr.h_len), err;

	if (size < len) {
		msg->msg_flags |= MSG_TRUNC;
		if (flags & MSG_TRUNC)
			copied = len;
	}
	err = put_cmsgs(rs, inc, msg);
	if (err)
		return err;
	if (msg->msg_name)
		msg->msg_namelen = rds_endpoint_to_sockaddr(&inc->i_saddr,
							    inc->i_hdr.h_sport,
							    rs->rs_bound.scope,
							    msg->msg_name);
	rds_stats_inc(recv_delivered);
	rds_stats_add(copy_to_user, copied);
	return copied;
}

/* Return: bytes; -EAGAIN if somebody else took it; another error. */
static int receive(struct rds_sock *rs, struct rds_incoming *inc, struct msghdr *msg,
		   size_t size, int flags)
{
	struct iov_iter start = msg->msg_iter;
	int copied = inc->i_conn->c_trans->inc_copy_to_user(inc, &msg->msg_iter);

	if (copied < 0)
		return copied;
	if (!(flags & MSG_PEEK) && !dequeue(rs, inc)) {
		msg->msg_iter = start;
		rds_stats_inc(recv_deliver_raced);
		return -EAGAIN;
	}
	return deliver(rs, inc, msg, size, flags, copied);
}

/* Return: 1 if there is something that is no message. */
static int deliver_other(struct rds_sock *rs, struct msghdr *msg)
{
	int ret = 0;

	if (!list_empty_careful(&rs->rs_notify_queue))
		ret = rds_notify_deliver(rs, msg);
	if (!ret)
		ret = deliver_cong_update(rs, msg);
	return ret;
}

/**
 * rds_recvmsg - recvmsg()
 * @sock: the socket
 * @msg: gets the message
 * @size: room for the payload
 * @flags: MSG_*
 *
 * Return: bytes, or an error of section 3.3 of the specification.
 */
int rds_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct rds_sock *rs = rds_sk_to_rs(sk);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct rds_incoming *inc;
	int ret;

	if (flags & MSG_OOB)
		return 0;
	if (flags & MSG_ERRQUEUE)
		return sock_recv_errqueue(sk, msg, size, SOL_IP, IP_RECVERR);

	for (;;) {
		ret = deliver_other(rs, msg);
		if (ret)
			return ret < 0 ? ret : 0;

		inc = peek(rs);
		if (inc) {
			ret = receive(rs, inc, msg, size, flags);
			rds_inc_put(inc);
			if (ret != -EAGAIN)
				return ret;
			continue;
		}
		if (!timeo)
			return flags & MSG_DONTWAIT ? -EAGAIN : -ETIMEDOUT;
		timeo = wait_event_interruptible_timeout(*sk_sleep(sk),
							 something_to_read(rs), timeo);
		if (timeo < 0)
			return timeo;
	}
}
