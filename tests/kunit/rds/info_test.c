// SPDX-License-Identifier: GPL-2.0
/*
 * Lists: each of them at every size of the buffer, and one that grows while it is
 * read.
 */
/* The module under test exports these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../../../rds/info.c"
#include "../../../rds/info_lists.c"
#include "compat/kunit.h"
#include "suites.h"

#define ELEMENTS	5
#define EACH		7

#define CONNS		3
#define SOCKS		2
#define MESSAGES	4

/**
 * struct world - what the lists of the core show
 * @trans: of the connections
 * @conns: the last is an IPv6 one
 * @socks: likewise
 * @rm: sent, or to be sent, by each connection
 * @inc: not read yet, by each socket
 */
struct world {
	struct rds_transport trans;
	struct rds_connection conns[CONNS];
	struct rds_sock socks[SOCKS];
	struct rds_message rm[CONNS][MESSAGES];
	struct rds_incoming inc[SOCKS][MESSAGES];
};

static struct world *world;

void rds_conn_for_each(struct net *net,
		       void (*visit)(struct rds_connection *conn, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < CONNS; i++)
		visit(&world->conns[i], arg);
}

void rds_sock_for_each(struct net *net, void (*visit)(struct rds_sock *rs, void *arg),
		       void *arg)
{
	unsigned int i;

	for (i = 0; i < SOCKS; i++)
		visit(&world->socks[i], arg);
}

/* 10.0.0.@last, or fd00::@last */
static void set_addr(struct in6_addr *addr, bool v6, u8 last)
{
	if (v6)
		ipv6_addr_set(addr, htonl(0xfd000000), 0, 0, htonl(last));
	else
		ipv6_addr_set_v4mapped(htonl(0x0a000000 | last), addr);
}

static void make_conn(struct rds_connection *conn, bool v6, unsigned int nr)
{
	unsigned int i;

	conn->c_trans = &world->trans;
	conn->c_isv6 = v6;
	conn->c_next_tx_seq = 100 + nr;
	set_addr(&conn->c_laddr, v6, 1);
	set_addr(&conn->c_faddr, v6, 2 + nr);
	spin_lock_init(&conn->c_lock);
	mutex_init(&conn->c_xmit_lock);
	INIT_LIST_HEAD(&conn->c_send_queue);
	INIT_LIST_HEAD(&conn->c_retrans);
	for (i = 0; i < MESSAGES; i++) {
		struct rds_message *rm = &world->rm[nr][i];

		rm->m_inc.i_conn = conn;
		rm->m_inc.i_hdr.h_sequence = cpu_to_be64(i + 1);
		list_add_tail(&rm->m_conn_item, i % 2 ? &conn->c_send_queue :
							&conn->c_retrans);
	}
}

static void make_sock(struct rds_sock *rs, bool v6, unsigned int nr)
{
	unsigned int i;

	rwlock_init(&rs->rs_sk.sk_callback_lock);
	spin_lock_init(&rs->rs_recv_lock);
	INIT_LIST_HEAD(&rs->rs_recv_queue);
	set_addr(&rs->rs_bound.addr, v6, 1);
	rs->rs_bound.port = htons(5000 + nr);
	for (i = 0; i < MESSAGES; i++) {
		struct rds_incoming *inc = &world->inc[nr][i];

		inc->i_conn = &world->conns[v6 ? CONNS - 1 : 0];
		inc->i_saddr = inc->i_conn->c_faddr;
		inc->i_hdr.h_len = cpu_to_be32(i);
		list_add_tail(&inc->i_item, &rs->rs_recv_queue);
	}
}

static int info_init(struct kunit *test)
{
	unsigned int i;

	world = kunit_kzalloc(test, sizeof(*world), GFP_KERNEL);
	if (!world)
		return -ENOMEM;
	strscpy(world->trans.t_name, "fake", sizeof(world->trans.t_name));
	for (i = 0; i < CONNS; i++)
		make_conn(&world->conns[i], i == CONNS - 1, i);
	for (i = 0; i < SOCKS; i++)
		make_sock(&world->socks[i], i == SOCKS - 1, i);
	return 0;
}

static const struct list_case {
	const char *name;
	rds_info_func func;
	unsigned int nr;
	unsigned int each;
} list_cases[] = {
	{ "connections", conns_info, CONNS - 1, 42 },
	{ "connections, IPv6", conns6_info, CONNS, 65 },
	{ "messages to send", send_info, (CONNS - 1) * MESSAGES / 2, 26 },
	{ "messages to send, IPv6", send6_info, CONNS * MESSAGES / 2, 50 },
	{ "messages to send again", retrans_info, (CONNS - 1) * MESSAGES / 2, 26 },
	{ "messages to send again, IPv6", retrans6_info, CONNS * MESSAGES / 2, 50 },
	{ "messages to read", recv_info, (SOCKS - 1) * MESSAGES, 26 },
	{ "messages to read, IPv6", recv6_info, SOCKS * MESSAGES, 50 },
	{ "sockets", socks_info, SOCKS - 1, 28 },
	{ "sockets, IPv6", socks6_info, SOCKS, 52 },
};

static void describe(const struct list_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(list, list_cases, describe);

/* As many whole elements as there is room for, the same at every size. */
static void every_list(struct kunit *test)
{
	const struct list_case *c = test->param_value;
	unsigned int total = c->nr * c->each, len;
	struct rds_info_iterator all, iter;
	struct socket sock = { .sk = &world->socks[0].rs_sk };
	struct rds_info_lengths lens;

	sock_net_set(sock.sk, &init_net);
	KUNIT_ASSERT_EQ(test, 0, rds_info_collect(&sock, c->func, 2 * total, &all, &lens));
	KUNIT_EXPECT_EQ(test, all.used, total);
	for (len = 0; len <= total + c->each; len++) {
		KUNIT_ASSERT_EQ(test, 0, rds_info_collect(&sock, c->func, len, &iter, &lens));
		KUNIT_EXPECT_EQ(test, lens.nr, c->nr);
		KUNIT_EXPECT_EQ(test, lens.each, c->each);
		KUNIT_EXPECT_LE(test, iter.room, len);
		KUNIT_EXPECT_EQ(test, iter.used, min(len / c->each, c->nr) * c->each);
		KUNIT_EXPECT_MEMEQ(test, iter.buffer, all.buffer, iter.used);
		kvfree(iter.buffer);
	}
	kvfree(all.buffer);
}

static unsigned int nr_elements, grow_by, calls;

static void walker(struct socket *sock, unsigned int len, struct rds_info_iterator *iter,
		   struct rds_info_lengths *lens)
{
	unsigned int i;
	u8 element[EACH];

	calls++;
	for (i = 0; i < nr_elements; i++) {
		if (len < EACH)
			break;
		memset(element, 'a' + i, sizeof(element));
		rds_info_copy(iter, element, sizeof(element));
		len -= EACH;
	}
	lens->nr = nr_elements;
	lens->each = EACH;
	nr_elements += grow_by;
}

static void every_size(struct kunit *test)
{
	struct rds_info_lengths lens;
	struct rds_info_iterator iter;
	unsigned int len;

	for (len = 0; len <= (ELEMENTS + 2) * EACH; len++) {
		nr_elements = ELEMENTS;
		grow_by = 0;
		KUNIT_ASSERT_EQ(test, 0, rds_info_collect(NULL, walker, len, &iter, &lens));
		KUNIT_EXPECT_EQ(test, lens.nr, ELEMENTS);
		KUNIT_EXPECT_EQ(test, lens.each, EACH);
		KUNIT_EXPECT_EQ(test, iter.used, min(len / EACH, (unsigned int)ELEMENTS) * EACH);
		if (iter.used)
			KUNIT_EXPECT_EQ(test, iter.buffer[iter.used - 1],
					'a' + iter.used / EACH - 1);
		kvfree(iter.buffer);
	}
}

static void empty(struct kunit *test)
{
	struct rds_info_lengths lens;
	struct rds_info_iterator iter;

	nr_elements = 0;
	grow_by = 0;
	KUNIT_ASSERT_EQ(test, 0, rds_info_collect(NULL, walker, 1000, &iter, &lens));
	KUNIT_EXPECT_EQ(test, iter.used, 0);
	kvfree(iter.buffer);
}

/* It must end, and never write more than there is room for. */
static void growing(struct kunit *test)
{
	struct rds_info_lengths lens;
	struct rds_info_iterator iter;

	nr_elements = 1;
	grow_by = 1;
	calls = 0;
	KUNIT_ASSERT_EQ(test, 0, rds_info_collect(NULL, walker, 1000, &iter, &lens));
	KUNIT_EXPECT_LE(test, calls, MAX_TRIES + 2);
	KUNIT_EXPECT_LE(test, iter.used, iter.room);
	kvfree(iter.buffer);
}

/* What does not fit is cut off, not written. */
static void overrun(struct kunit *test)
{
	u8 buffer[8] = {}, data[20];
	struct rds_info_iterator iter = { .buffer = buffer, .room = 4 };

	memset(data, 0xff, sizeof(data));
	rds_info_copy(&iter, data, 3);
	rds_info_copy(&iter, data, sizeof(data));
	rds_info_copy(&iter, data, sizeof(data));
	KUNIT_EXPECT_EQ(test, iter.used, 4);
	KUNIT_EXPECT_EQ(test, buffer[3], 0xff);
	KUNIT_EXPECT_EQ(test, buffer[4], 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(every_list, list_gen_params),
	KUNIT_CASE(every_size),
	KUNIT_CASE(empty),
	KUNIT_CASE(growing),
	KUNIT_CASE(overrun),
	{}
};

struct kunit_suite rds_info_suite = {
	.name = "rds-info",
	.init = info_init,
	.test_cases = cases,
};
