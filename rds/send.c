// SPDX-License-Identifier: GPL-2.0
/*
 * sendmsg(): the checks, in the order of section 3.2 of the specification, then
 * a message, then a place in the queues, then as much sending as goes without
 * waiting. What goes wrong on the way to the peer is not the caller's business
 * any more: the message is sent again until it is acknowledged.
 */
#include <linux/module.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <net/ipv6.h>
#include "rds.h"

/* Answers to pings that a connection may owe; a peer could ask for any number. */
#define MAX_PONGS	64

/* What is known of a message before it is one. */
struct sending {
	struct rds_endpoint from;
	struct rds_endpoint to;
	struct rds_transport *trans;
	u8 tos;
	int ifindex;
	bool nonblock;
};

/* Both ends must be of one family, and on one interface. */
static int check_ends(struct sending *s)
{
	if (ipv6_addr_v4mapped(&s->from.addr) != ipv6_addr_v4mapped(&s->to.addr))
		return -EOPNOTSUPP;
	if (s->from.scope && s->to.scope && s->from.scope != s->to.scope)
		return -EINVAL;
	s->ifindex = s->to.scope ?: s->from.scope;
	return 0;
}

/* From where, to where, and how. */
static int find_ends(struct rds_sock *rs, struct msghdr *msg, struct sending *s)
{
	struct sock *sk = rds_rs_to_sk(rs);
	int err = 0;

	memset(s, 0, sizeof(*s));
	s->nonblock = msg->msg_flags & MSG_DONTWAIT;
	if (msg->msg_name) {
		err = rds_endpoint_for_send(msg->msg_name, msg->msg_namelen, &s->to);
		if (err)
			return err;
	}

	lock_sock(sk);
	if (!msg->msg_name)
		s->to = rs->rs_peer;
	s->from.addr = rs->rs_bound.addr;
	s->from.port = rs->rs_bound.port;
	s->from.scope = rs->rs_bound.scope;
	s->trans = rs->rs_transport;
	s->tos = READ_ONCE(rs->rs_tos);
	release_sock(sk);

	if (!s->from.port || ipv6_addr_any(&s->to.addr))
		return -ENOTCONN;
	return check_ends(s);
}

static int check_size(struct rds_sock *rs, struct msghdr *msg, size_t len)
{
	u64 rdma_bytes = 0;
	int err = rds_cmsg_check(msg, &rdma_bytes);

	if (err)
		return err;
	if (len > RDS_MAX_MSG_SIZE || rdma_bytes > RDS_MAX_MSG_SIZE)
		return -EMSGSIZE;
	return len > rds_sk_sndbuf(rs) ? -EMSGSIZE : 0;
}

static bool leads_there(const struct rds_connection *conn, const struct sending *s)
{
	return conn && !rds_addr_cmp(&conn->c_faddr, &s->to.addr) &&
	       conn->c_tos == s->tos && conn->c_ifindex == s->ifindex;
}

static struct rds_connection *find_conn(struct rds_sock *rs, const struct sending *s)
{
	struct rds_connection *conn = READ_ONCE(rs->rs_conn);

	if (leads_there(conn, s))
		return conn;
	conn = rds_conn_create_outgoing(sock_net(rds_rs_to_sk(rs)), &s->from.addr,
					&s->to.addr, s->trans, s->tos, GFP_KERNEL,
					s->ifindex);
	if (!IS_ERR(conn))
		WRITE_ONCE(rs->rs_conn, conn);
	return conn;
}

/* Operations need a transport that knows them; without data, silence. */
static int check_ops(struct rds_connection *conn, struct rds_message *rm, size_t len)
{
	bool silent = rm->m_rdma || rm->m_atomic;

	if ((rm->m_rdma && !conn->c_trans->xmit_rdma) ||
	    (rm->m_atomic && !conn->c_trans->xmit_atomic))
		return -EOPNOTSUPP;

	if (rm->m_rdma && !rm->m_rdma->op.op_silent)
		silent = false;
	if (rm->m_atomic && !rm->m_atomic->op.op_silent)
		silent = false;
	if (silent && !len && !rm->m_mr)
		__set_bit(RDS_MSG_NO_DATA, &rm->m_flags);
	return 0;
}

/* Return: 0, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS. */
static int enqueue(struct rds_sock *rs, struct rds_connection *conn,
		   struct rds_message *rm, const struct sending *s)
{
	struct sock *sk = rds_rs_to_sk(rs);
	long timeo = sock_sndtimeo(sk, s->nonblock);
	bool queued;

	if (rds_send_enqueue(rs, conn, rm, s->from.port, s->to.port))
		return 0;
	rds_stats_inc(send_queue_full);
	if (!timeo)
		return -EAGAIN;

	timeo = wait_event_interruptible_timeout(*sk_sleep(sk),
						 (queued = rds_send_enqueue(rs, conn, rm,
									    s->from.port,
									    s->to.port)),
						 timeo);
	if (timeo < 0)
		return timeo;
	return queued ? 0 : -ETIMEDOUT;
}

static void transmit(struct rds_connection *conn)
{
	int ret = rds_send_xmit(conn);

	if (ret == -ENOMEM || ret == -EAGAIN)
		rds_queue_send(conn, 1);
}

static int send(struct rds_sock *rs, struct msghdr *msg, struct rds_message *rm,
		const struct sending *s, size_t len)
{
	struct rds_connection *conn = find_conn(rs, s);
	int err;

	if (IS_ERR(conn))
		return PTR_ERR(conn);
	err = rds_cmsg_send(rs, rm, msg, conn);
	if (err == -EAGAIN)
		rds_conn_connect_if_down(conn);
	if (!err)
		err = check_ops(conn, rm, len);
	if (!err && rds_conn_dying(conn))
		err = -EAGAIN;
	if (!err) {
		rds_conn_connect_if_down(conn);
		err = rds_cong_wait(conn->c_fcong, s->to.port, s->nonblock, rs);
	}
	if (!err)
		err = enqueue(rs, conn, rm, s);
	if (err)
		return err;

	transmit(conn);
	/* It may have gone down, with nothing to send, between check and queue. */
	rds_conn_connect_if_down(conn);
	return 0;
}

/**
 * rds_sendmsg - sendmsg()
 * @sock: the socket
 * @msg: name, control messages, payload
 * @len: bytes of payload
 *
 * Return: @len, or an error of section 3.2 of the specification.
 */
int rds_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct rds_sock *rs = rds_sk_to_rs(sock->sk);
	struct rds_message *rm;
	struct sending s;
	int err;

	if (msg->msg_flags & ~(MSG_DONTWAIT | MSG_CMSG_COMPAT | MSG_ZEROCOPY))
		return -EOPNOTSUPP;
	err = find_ends(rs, msg, &s);
	if (err)
		return err;
	/* No transport here can tell when it is done with the user's pages. */
	if ((msg->msg_flags & MSG_ZEROCOPY) && sock_flag(sock->sk, SOCK_ZEROCOPY))
		return -EOPNOTSUPP;
	err = check_size(rs, msg, len);
	if (err)
		return err;

	rm = rds_message_alloc(len, GFP_KERNEL_ACCOUNT);
	if (!rm)
		return -ENOMEM;
	rm->m_daddr = s.to.addr;
	err = rds_message_copy_from_user(rm, &msg->msg_iter);
	if (!err)
		err = send(rs, msg, rm, &s, len);
	if (err)
		rds_mr_abandon(rs, rm);
	rds_message_put(rm);
	return err ?: len;
}

/**
 * rds_send_pong - answer a ping
 * @conn: on which it came
 * @dport: its sender
 *
 * Context: any.
 */
void rds_send_pong(struct rds_connection *conn, __be16 dport)
{
	struct rds_message *rm = rds_message_alloc(0, GFP_ATOMIC);
	struct rds_header *hdr;
	bool queued = false;

	if (!rm)
		return;
	hdr = &rm->m_inc.i_hdr;
	hdr->h_dport = dport;
	rm->m_daddr = conn->c_faddr;
	rm->m_inc.i_conn = conn;
	__set_bit(RDS_MSG_PONG, &rm->m_flags);

	spin_lock_bh(&conn->c_lock);
	if (conn->c_pongs < MAX_PONGS) {
		conn->c_pongs++;
		__set_bit(RDS_MSG_ON_CONN, &rm->m_flags);
		rds_message_addref(rm);
		hdr->h_sequence = cpu_to_be64(conn->c_next_tx_seq++);
		list_add_tail(&rm->m_conn_item, &conn->c_send_queue);
		queued = true;
	}
	spin_unlock_bh(&conn->c_lock);
	rds_message_put(rm);

	if (queued) {
		rds_stats_inc(send_pong);
		rds_queue_send(conn, 0);
	}
}
