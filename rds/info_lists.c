// SPDX-License-Identifier: GPL-2.0
/*
 * The lists of the core: connections, sockets, messages; each in an IPv4 form,
 * which leaves out IPv6, and an IPv6 form, which has both (specification 10).
 * Only the reader's own network name space is shown.
 *
 * Every element is zeroed before it is filled in.
 */
#include <linux/module.h>
#include <net/ipv6.h>
#include "rds.h"

/* A walk through sockets or messages. */
struct walk {
	struct rds_info_iterator *iter;
	unsigned int room;
	unsigned int each;
	unsigned int nr;
	bool v6;
	bool retrans;
};

static void add(struct walk *walk, const void *item)
{
	walk->nr++;
	if (walk->room < walk->each)
		return;
	rds_info_copy(walk->iter, item, walk->each);
	walk->room -= walk->each;
}

static u8 conn_flags(struct rds_connection *conn)
{
	enum rds_conn_state state = rds_conn_state(conn);
	u8 flags = 0;

	if (mutex_is_locked(&conn->c_xmit_lock))
		flags |= RDS_INFO_CONNECTION_FLAG_SENDING;
	if (state == RDS_CONN_CONNECTING)
		flags |= RDS_INFO_CONNECTION_FLAG_CONNECTING;
	if (state == RDS_CONN_UP)
		flags |= RDS_INFO_CONNECTION_FLAG_CONNECTED;
	return flags;
}

static int fill_conn(struct rds_connection *conn, void *buffer)
{
	struct rds_info_connection *info = buffer;

	if (conn->c_isv6)
		return 0;
	info->next_tx_seq = READ_ONCE(conn->c_next_tx_seq);
	info->next_rx_seq = READ_ONCE(conn->c_next_rx_seq);
	info->laddr = conn->c_laddr.s6_addr32[3];
	info->faddr = conn->c_faddr.s6_addr32[3];
	strscpy(info->transport, conn->c_trans->t_name, sizeof(info->transport));
	info->flags = conn_flags(conn);
	info->tos = conn->c_tos;
	return 1;
}

static int fill_conn6(struct rds_connection *conn, void *buffer)
{
	struct rds6_info_connection *info = buffer;

	info->next_tx_seq = READ_ONCE(conn->c_next_tx_seq);
	info->next_rx_seq = READ_ONCE(conn->c_next_rx_seq);
	info->laddr = conn->c_laddr;
	info->faddr = conn->c_faddr;
	strscpy(info->transport, conn->c_trans->t_name, sizeof(info->transport));
	info->flags = conn_flags(conn);
	return 1;
}

RDS_CONN_LIST(conns_info, struct rds_info_connection, fill_conn)
RDS_CONN_LIST(conns6_info, struct rds6_info_connection, fill_conn6)

/* A message, whose ends are @laddr and @faddr to whoever looks. */
static void add_message(struct walk *walk, const struct rds_incoming *inc,
			const struct in6_addr *laddr, const struct in6_addr *faddr,
			__be16 lport, __be16 fport)
{
	u64 seq = be64_to_cpu(inc->i_hdr.h_sequence);
	u32 len = be32_to_cpu(inc->i_hdr.h_len);
	u8 tos = inc->i_conn->c_tos;

	if (walk->v6) {
		struct rds6_info_message info = {
			.seq = seq, .len = len, .laddr = *laddr, .faddr = *faddr,
			.lport = lport, .fport = fport, .tos = tos,
		};

		add(walk, &info);
	} else if (ipv6_addr_v4mapped(laddr)) {
		struct rds_info_message info = {
			.seq = seq, .len = len, .laddr = laddr->s6_addr32[3],
			.faddr = faddr->s6_addr32[3],
			.lport = lport, .fport = fport, .tos = tos,
		};

		add(walk, &info);
	}
}

static void visit_conn_messages(struct rds_connection *conn, void *arg)
{
	struct walk *walk = arg;
	struct rds_message *rm;

	spin_lock(&conn->c_lock);
	list_for_each_entry(rm, walk->retrans ? &conn->c_retrans : &conn->c_send_queue,
			    m_conn_item)
		add_message(walk, &rm->m_inc, &conn->c_laddr, &conn->c_faddr,
			    rm->m_inc.i_hdr.h_sport, rm->m_inc.i_hdr.h_dport);
	spin_unlock(&conn->c_lock);
}

static void visit_sock_messages(struct rds_sock *rs, void *arg)
{
	struct walk *walk = arg;
	struct rds_incoming *inc;

	spin_lock(&rs->rs_recv_lock);
	list_for_each_entry(inc, &rs->rs_recv_queue, i_item)
		add_message(walk, inc, &rs->rs_bound.addr, &inc->i_saddr,
			    inc->i_hdr.h_dport, inc->i_hdr.h_sport);
	spin_unlock(&rs->rs_recv_lock);
}

static void visit_sock(struct rds_sock *rs, void *arg)
{
	const struct sock *sk = rds_rs_to_sk(rs);
	struct walk *walk = arg;

	if (walk->v6) {
		struct rds6_info_socket info = {
			.sndbuf = rds_sk_sndbuf(rs), .rcvbuf = rds_sk_rcvbuf(rs),
			.bound_addr = rs->rs_bound.addr, .bound_port = rs->rs_bound.port,
			.connected_addr = rs->rs_peer.addr,
			.connected_port = rs->rs_peer.port,
			.inum = sock_i_ino((struct sock *)sk),
		};

		add(walk, &info);
	} else if (ipv6_addr_v4mapped(&rs->rs_bound.addr)) {
		struct rds_info_socket info = {
			.sndbuf = rds_sk_sndbuf(rs), .rcvbuf = rds_sk_rcvbuf(rs),
			.bound_addr = rs->rs_bound.addr.s6_addr32[3],
			.bound_port = rs->rs_bound.port,
			.connected_addr = rs->rs_peer.addr.s6_addr32[3],
			.connected_port = rs->rs_peer.port,
			.inum = sock_i_ino((struct sock *)sk),
		};

		add(walk, &info);
	}
}

static void finish(const struct walk *walk, struct rds_info_lengths *lens)
{
	lens->nr = walk->nr;
	lens->each = walk->each;
}

static void walk_conns(struct socket *sock, unsigned int len,
		       struct rds_info_iterator *iter, struct rds_info_lengths *lens,
		       bool v6, bool retrans)
{
	struct walk walk = {
		.iter = iter, .room = len, .v6 = v6, .retrans = retrans,
		.each = v6 ? sizeof(struct rds6_info_message) :
			     sizeof(struct rds_info_message),
	};

	rds_conn_for_each(sock_net(sock->sk), visit_conn_messages, &walk);
	finish(&walk, lens);
}

static void walk_socks(struct socket *sock, unsigned int len,
		       struct rds_info_iterator *iter, struct rds_info_lengths *lens,
		       bool v6, unsigned int each,
		       void (*visit)(struct rds_sock *rs, void *arg))
{
	struct walk walk = { .iter = iter, .room = len, .v6 = v6, .each = each };

	rds_sock_for_each(sock_net(sock->sk), visit, &walk);
	finish(&walk, lens);
}

#define LIST(name, call, ...)						\
static void name(struct socket *sock, unsigned int len,			\
		 struct rds_info_iterator *iter,			\
		 struct rds_info_lengths *lens)				\
{									\
	call(sock, len, iter, lens, __VA_ARGS__);			\
}

LIST(send_info, walk_conns, false, false)
LIST(send6_info, walk_conns, true, false)
LIST(retrans_info, walk_conns, false, true)
LIST(retrans6_info, walk_conns, true, true)
LIST(recv_info, walk_socks, false, sizeof(struct rds_info_message), visit_sock_messages)
LIST(recv6_info, walk_socks, true, sizeof(struct rds6_info_message), visit_sock_messages)
LIST(socks_info, walk_socks, false, sizeof(struct rds_info_socket), visit_sock)
LIST(socks6_info, walk_socks, true, sizeof(struct rds6_info_socket), visit_sock)

static const struct {
	int optname;
	rds_info_func func;
} lists[] = {
	{ RDS_INFO_CONNECTIONS, conns_info },
	{ RDS_INFO_SEND_MESSAGES, send_info },
	{ RDS_INFO_RETRANS_MESSAGES, retrans_info },
	{ RDS_INFO_RECV_MESSAGES, recv_info },
	{ RDS_INFO_SOCKETS, socks_info },
#if IS_ENABLED(CONFIG_IPV6)
	{ RDS6_INFO_CONNECTIONS, conns6_info },
	{ RDS6_INFO_SEND_MESSAGES, send6_info },
	{ RDS6_INFO_RETRANS_MESSAGES, retrans6_info },
	{ RDS6_INFO_RECV_MESSAGES, recv6_info },
	{ RDS6_INFO_SOCKETS, socks6_info },
#endif
};

/**
 * rds_info_lists_init - at load
 *
 * Return: 0.
 */
int rds_info_lists_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		rds_info_register_func(lists[i].optname, lists[i].func);
	return 0;
}

/**
 * rds_info_lists_uninit - at unload
 */
void rds_info_lists_uninit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		rds_info_deregister_func(lists[i].optname, lists[i].func);
}
