// SPDX-License-Identifier: GPL-2.0
/*
 * Options and ioctls of a socket (specification 3.5).
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include "rds.h"

static int set_bool(bool *to, sockptr_t optval, unsigned int optlen)
{
	int value;

	if (optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	*to = value;
	return 0;
}

static int set_recverr(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	bool on;
	int err = set_bool(&on, optval, optlen);

	if (!err)
		WRITE_ONCE(rs->rs_recverr, on);
	return err;
}

static int set_cong_monitor(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	bool on;
	int err = set_bool(&on, optval, optlen);

	if (err)
		return err;
	lock_sock(rds_rs_to_sk(rs));
	rds_cong_monitor(rs, on);
	release_sock(rds_rs_to_sk(rs));
	return 0;
}

/* Whichever family it says it is: what there is of it decides. */
static int read_destination(struct rds_endpoint *dest, sockptr_t optval, unsigned int optlen)
{
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin;

	memset(dest, 0, sizeof(*dest));
	if (optlen < sizeof(sin))
		return -EINVAL;
	if (optlen < sizeof(sin6)) {
		if (copy_from_sockptr(&sin, optval, sizeof(sin)))
			return -EFAULT;
		ipv6_addr_set_v4mapped(sin.sin_addr.s_addr, &dest->addr);
		dest->port = sin.sin_port;
		return 0;
	}
	if (copy_from_sockptr(&sin6, optval, sizeof(sin6)))
		return -EFAULT;
	dest->addr = sin6.sin6_addr;
	dest->port = sin6.sin6_port;
	return 0;
}

static int cancel_sent_to(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	struct rds_endpoint dest;
	int err;

	/* Before anything else that bind() has written. */
	if (!smp_load_acquire(&rs->rs_is_bound))
		return -ENOTCONN;
	err = read_destination(&dest, optval, optlen);
	if (!err)
		rds_send_drop_to(rs, &dest);
	return err;
}

/**
 * rds_attach_transport - a socket begins to use a transport
 * @rs: the socket, locked, without a transport
 * @trans: the transport, whose reference goes to the socket, or back if this fails
 *
 * Return: 0 or the transport's error.
 */
int rds_attach_transport(struct rds_sock *rs, struct rds_transport *trans)
{
	int err = 0;

	if (trans->net_get)
		err = trans->net_get(sock_net(rds_rs_to_sk(rs)));
	if (err) {
		rds_trans_put(trans);
		return err;
	}
	WRITE_ONCE(rs->rs_transport, trans);
	return 0;
}

static int attach_by_number(struct rds_sock *rs, int type)
{
	struct rds_transport *trans;

	if (type < 0 || type >= RDS_TRANS_COUNT)
		return -EINVAL;
	trans = rds_trans_get(type);
	return trans ? rds_attach_transport(rs, trans) : -ENOPROTOOPT;
}

static int set_transport(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	int type, err;

	lock_sock(rds_rs_to_sk(rs));
	err = -EOPNOTSUPP;
	if (rs->rs_transport)
		goto unlock;
	err = -EINVAL;
	if (optlen != sizeof(type))
		goto unlock;
	err = -EFAULT;
	if (copy_from_sockptr(&type, optval, sizeof(type)))
		goto unlock;
	err = attach_by_number(rs, type);
unlock:
	release_sock(rds_rs_to_sk(rs));
	return err;
}

static int set_timestamp(struct rds_sock *rs, int optname, sockptr_t optval,
			 unsigned int optlen)
{
	struct sock *sk = rds_rs_to_sk(rs);
	int value;

	if (optlen != sizeof(value) || copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	lock_sock(sk);
	sock_valbool_flag(sk, SOCK_RCVTSTAMP, value);
	sock_valbool_flag(sk, SOCK_TSTAMP_NEW, value && optname == SO_TIMESTAMP_NEW);
	release_sock(sk);
	return 0;
}

/* Every failure is -EFAULT: so it has always been. */
static int set_rx_traces(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	struct rds_rx_trace_so trace;
	unsigned int i;

	if (optlen != sizeof(trace) || copy_from_sockptr(&trace, optval, sizeof(trace)) ||
	    trace.rx_traces > RDS_MSG_RX_DGRAM_TRACE_MAX)
		return -EFAULT;

	WRITE_ONCE(rs->rs_rx_traces, 0);
	for (i = 0; i < trace.rx_traces; i++) {
		if (trace.rx_trace_pos[i] >= RDS_MSG_RX_DGRAM_TRACE_MAX)
			return -EFAULT;
		WRITE_ONCE(rs->rs_rx_trace[i], trace.rx_trace_pos[i]);
	}
	WRITE_ONCE(rs->rs_rx_traces, trace.rx_traces);
	return 0;
}

/**
 * rds_setsockopt - setsockopt()
 * @sock: the socket
 * @level: SOL_RDS
 * @optname: option
 * @optval: its value
 * @optlen: bytes of it
 *
 * Return: 0 or an error of section 3.5 of the specification.
 */
int rds_setsockopt(struct socket *sock, int level, int optname, sockptr_t optval,
		   unsigned int optlen)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);

	if (level != SOL_RDS)
		return -ENOPROTOOPT;
	switch (optname) {
	case RDS_CANCEL_SENT_TO:
		return cancel_sent_to(rs, optval, optlen);
	case RDS_GET_MR:
		return rds_get_mr(rs, optval, optlen);
	case RDS_GET_MR_FOR_DEST:
		return rds_get_mr_for_dest(rs, optval, optlen);
	case RDS_FREE_MR:
		return rds_free_mr(rs, optval, optlen);
	case RDS_RECVERR:
		return set_recverr(rs, optval, optlen);
	case RDS_CONG_MONITOR:
		return set_cong_monitor(rs, optval, optlen);
	case SO_RDS_TRANSPORT:
		return set_transport(rs, optval, optlen);
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
		return set_timestamp(rs, optname, optval, optlen);
	case SO_RDS_MSG_RXPATH_LATENCY:
		return set_rx_traces(rs, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

static int put_int(int value, char __user *optval, int __user *optlen)
{
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(int))
		return -EINVAL;
	if (put_user(value, (int __user *)optval) ||
	    put_user((int)sizeof(int), optlen))
		return -EFAULT;
	return 0;
}

/* A bind() that fails may let go of the transport, and of its module. */
static int transport_number(struct rds_sock *rs)
{
	int number;

	lock_sock(rds_rs_to_sk(rs));
	number = rs->rs_transport ? (int)rs->rs_transport->t_type : RDS_TRANS_NONE;
	release_sock(rds_rs_to_sk(rs));
	return number;
}

/**
 * rds_getsockopt - getsockopt()
 * @sock: the socket
 * @level: SOL_RDS
 * @optname: option
 * @optval: its value
 * @optlen: bytes of it
 *
 * Return: 0, the size of an element for lists, or an error of sections 3.5 and
 *	10 of the specification.
 */
int rds_getsockopt(struct socket *sock, int level, int optname,
		   char __user *optval, int __user *optlen)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);

	if (level != SOL_RDS)
		return -ENOPROTOOPT;
	if (optname >= RDS_INFO_FIRST && optname <= RDS_INFO_LAST)
		return rds_info_getsockopt(sock, optname, optval, optlen);

	switch (optname) {
	case RDS_RECVERR:
		return put_int(READ_ONCE(rs->rs_recverr), optval, optlen);
	case SO_RDS_TRANSPORT:
		return put_int(transport_number(rs), optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_tos(struct rds_sock *rs, u8 __user *arg)
{
	struct rds_transport *trans;
	u8 tos;
	int err;

	if (get_user(tos, arg))
		return -EFAULT;

	lock_sock(rds_rs_to_sk(rs));
	trans = rs->rs_transport;
	if (!trans || !trans->get_tos_map) {
		err = -ENOIOCTLCMD;
	} else if (rs->rs_tos || READ_ONCE(rs->rs_conn)) {
		err = -EINVAL;
	} else {
		WRITE_ONCE(rs->rs_tos, trans->get_tos_map(tos));
		err = 0;
	}
	release_sock(rds_rs_to_sk(rs));
	return err;
}

/**
 * rds_ioctl - ioctl()
 * @sock: the socket
 * @cmd: SIOCRDSSETTOS or SIOCRDSGETTOS; a byte, the same for 32-bit programs
 * @arg: where that is
 *
 * Return: 0 or an error.
 */
int rds_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);
	u8 __user *tos = (u8 __user *)arg;

	switch (cmd) {
	case SIOCRDSSETTOS:
		return set_tos(rs, tos);
	case SIOCRDSGETTOS:
		return put_user(READ_ONCE(rs->rs_tos), tos);
	default:
		return -ENOIOCTLCMD;
	}
}
