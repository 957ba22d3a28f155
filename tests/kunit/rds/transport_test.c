// SPDX-License-Identifier: GPL-2.0
/*
 * A third transport, made of nothing but what rds.h promises to one: rds knows
 * nothing of it. It carries messages inside the memory of one host, in the place of
 * a TCP transport (RDS_TRANS_TCP), between any addresses of IPv4 that the host has.
 * system/rds-transport runs the cases of every transport over it.
 *
 * It is as difficult as a transport may be: it takes a few bytes at a time, and is
 * full, or in want of memory, every now and then.
 *
 * Two connections, each the other's peer, come up and go down together. A message
 * is received where it is sent, under ends_lock: so who shuts a connection down,
 * and has taken its peer from it, receives no more.
 */
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/route.h>
#include "../../../rds/rds.h"

/* What is taken at a time. */
#define PART	7000

/**
 * struct datagram - a message that is being received
 * @inc: common part
 * @data: payload
 */
struct datagram {
	struct rds_incoming inc;
	u8 data[];
};

/**
 * struct end - what the transport has of a connection
 * @conn: the connection
 * @peer: the other end, while it is connected
 * @datagram: that it sends and that the peer has received in part
 * @calls: of xmit; under c_xmit_lock
 */
struct end {
	struct rds_connection *conn;
	struct end *peer;
	struct datagram *datagram;
	unsigned int calls;
};

static DEFINE_MUTEX(ends_lock); /* guards peer and datagram of every end */
static struct rds_transport test_transport;
static atomic64_t nr_messages;
static bool unloading;

static int test_laddr_check(struct net *net, const struct in6_addr *addr, u32 scope)
{
	if (!ipv6_addr_v4mapped(addr))
		return -EADDRNOTAVAIL;
	return inet_addr_type(net, addr->s6_addr32[3]) == RTN_LOCAL ? 0 : -EADDRNOTAVAIL;
}

static int test_conn_alloc(struct rds_connection *conn, gfp_t gfp)
{
	struct end *end = kzalloc(sizeof(*end), gfp);

	if (!end)
		return -ENOMEM;
	end->conn = conn;
	conn->c_transport_data = end;
	return 0;
}

static void test_conn_free(void *data)
{
	kfree(data);
}

/* ---------------------------------------------------------------- connecting */

/*
 * Return: 0, and whether @there was waiting to be asked; -EAGAIN if it is not down
 * yet, and does not want to connect, either.
 */
static int pair(struct end *here, struct end *there, bool *accepted)
{
	lockdep_assert_held(&ends_lock);
	*accepted = false;
	/* The other one was faster. */
	if (here->peer == there)
		return 0;
	if (there->peer) {
		rds_conn_drop(there->conn);
		return -EAGAIN;
	}
	*accepted = rds_conn_transition(there->conn, RDS_CONN_DOWN, RDS_CONN_CONNECTING);
	if (!*accepted && rds_conn_state(there->conn) != RDS_CONN_CONNECTING)
		return -EAGAIN;
	here->peer = there;
	there->peer = here;
	return 0;
}

static int test_conn_connect(struct rds_connection *conn)
{
	struct net *net = rds_conn_net(conn);
	struct rds_connection *other;
	bool accepted;
	int err;

	if (test_laddr_check(net, &conn->c_faddr, 0))
		return -EHOSTUNREACH;
	other = rds_conn_create(net, &conn->c_faddr, &conn->c_laddr, &test_transport,
				conn->c_tos, GFP_KERNEL, conn->c_ifindex);
	if (IS_ERR(other))
		return PTR_ERR(other);
	mutex_lock(&ends_lock);
	err = pair(conn->c_transport_data, other->c_transport_data, &accepted);
	mutex_unlock(&ends_lock);
	if (err)
		return err;
	if (accepted)
		rds_connect_complete(other);
	rds_connect_complete(conn);
	return 0;
}

static void forget_datagram(struct end *end)
{
	if (end->datagram)
		rds_inc_put(&end->datagram->inc);
	end->datagram = NULL;
}

static void test_conn_shutdown(struct rds_connection *conn)
{
	struct end *end = conn->c_transport_data;

	mutex_lock(&ends_lock);
	forget_datagram(end);
	if (end->peer) {
		/* It is on its way to @conn. */
		forget_datagram(end->peer);
		end->peer->peer = NULL;
		rds_conn_drop(end->peer->conn);
	}
	end->peer = NULL;
	mutex_unlock(&ends_lock);
}

/* ---------------------------------------------------------------- messages */

static int begin(struct end *end, struct rds_message *rm)
{
	u32 len = be32_to_cpu(rm->m_inc.i_hdr.h_len);
	struct datagram *datagram = kvzalloc(struct_size(datagram, data, len), GFP_KERNEL);

	if (!datagram)
		return -ENOMEM;
	rds_inc_init(&datagram->inc, end->peer->conn, &end->conn->c_laddr);
	datagram->inc.i_hdr = rm->m_inc.i_hdr;
	end->datagram = datagram;
	return 0;
}

/* The message is whole; it is received and, with that, acknowledged. */
static void deliver(struct end *end)
{
	struct rds_connection *conn = end->conn;
	struct datagram *datagram = end->datagram;
	const struct rds_header *hdr = &datagram->inc.i_hdr;
	u64 seq = be64_to_cpu(hdr->h_sequence);

	end->datagram = NULL;
	rds_recv_incoming(end->peer->conn, &conn->c_laddr, &conn->c_faddr, &datagram->inc,
			  GFP_KERNEL);
	rds_inc_put(&datagram->inc);
	atomic64_inc(&nr_messages);
	rds_send_drop_acked(conn, seq, NULL);
}

/* Return: bytes that were taken, or -ENOMEM. */
static int take(struct end *end, struct rds_message *rm, unsigned int hdr_off,
		unsigned int start)
{
	u32 len = be32_to_cpu(rm->m_inc.i_hdr.h_len), part = min_t(u32, len - start, PART);
	int taken = part, err;

	lockdep_assert_held(&ends_lock);
	if (!hdr_off) {
		err = begin(end, rm);
		if (err)
			return err;
		taken += sizeof(struct rds_header);
	}
	sg_pcopy_to_buffer(rm->m_sg, rm->m_nents, end->datagram->data + start, part, start);
	if (start + part == len)
		deliver(end);
	return taken;
}

static int test_xmit(struct rds_connection *conn, struct rds_message *rm,
		     unsigned int hdr_off, unsigned int sg, unsigned int off)
{
	struct end *end = conn->c_transport_data;
	int ret = 0;

	end->calls++;
	if (end->calls % 11 == 0)
		return -EAGAIN;
	if (end->calls % 101 == 0)
		return -ENOMEM;
	if (end->calls % 17 == 0) {
		rds_queue_send(conn, 0);
		return 0;
	}
	mutex_lock(&ends_lock);
	if (end->peer)
		ret = take(end, rm, hdr_off, sg * PAGE_SIZE + off);
	mutex_unlock(&ends_lock);
	return ret;
}

static int test_inc_copy_to_user(struct rds_incoming *inc, struct iov_iter *to)
{
	struct datagram *datagram = container_of(inc, struct datagram, inc);
	size_t len = min_t(size_t, be32_to_cpu(inc->i_hdr.h_len), iov_iter_count(to));

	return copy_to_iter(datagram->data, len, to) == len ? len : -EFAULT;
}

static void test_inc_free(struct rds_incoming *inc)
{
	kvfree(container_of(inc, struct datagram, inc));
}

static unsigned int test_stats_info_copy(struct rds_info_iterator *iter, unsigned int avail)
{
	static const char *const names[] = { "test_messages" };
	u64 values[] = { atomic64_read(&nr_messages) };

	if (avail >= ARRAY_SIZE(values))
		rds_stats_info_copy(iter, values, names, ARRAY_SIZE(values));
	return ARRAY_SIZE(values);
}

static bool test_unloading(struct rds_connection *conn)
{
	return READ_ONCE(unloading) || !check_net(rds_conn_net(conn));
}

static struct rds_transport test_transport = {
	.t_name = "test",
	.t_owner = THIS_MODULE,
	.t_type = RDS_TRANS_TCP,
	.laddr_check = test_laddr_check,
	.conn_alloc = test_conn_alloc,
	.conn_free = test_conn_free,
	.conn_connect = test_conn_connect,
	.conn_shutdown = test_conn_shutdown,
	.xmit = test_xmit,
	.inc_copy_to_user = test_inc_copy_to_user,
	.inc_free = test_inc_free,
	.stats_info_copy = test_stats_info_copy,
	.t_unloading = test_unloading,
};

static void __net_exit test_net_exit(struct net *net)
{
	rds_conn_destroy_all(net, &test_transport);
}

static struct pernet_operations test_net_ops = {
	.exit = test_net_exit,
};

static int __init test_init(void)
{
	int err = register_pernet_subsys(&test_net_ops);

	if (!err)
		rds_trans_register(&test_transport);
	return err;
}

static void __exit test_exit(void)
{
	WRITE_ONCE(unloading, true);
	rds_trans_unregister(&test_transport);
	unregister_pernet_subsys(&test_net_ops);
}

module_init(test_init);
module_exit(test_exit);
MODULE_DESCRIPTION("A transport for tests of rds");
MODULE_LICENSE("GPL");
