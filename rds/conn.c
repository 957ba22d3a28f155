// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: the table of them, and how they begin and end.
 *
 * A connection is known by its name space, both addresses, transport, type of
 * service and interface. It is made by the first message or by the peer's
 * request, and stays, up or down, until the transport lets go of the name space,
 * or the module goes. Nobody counts references: sockets and their messages are
 * gone by then, and so is whatever the transport had running.
 *
 * A connection from an address to itself has two ends on this host. The one that
 * was asked for is in the table; the other, passive, hangs on it, never connects,
 * and only receives.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>
#include "rds.h"

#define TABLE_BITS	12

static struct hlist_head conns[1 << TABLE_BITS];
static DEFINE_SPINLOCK(conns_lock); /* guards conns, and c_passive of each */
static struct kmem_cache *conn_slab;

/* What makes a connection the one that is wanted. */
struct identity {
	struct net *net;
	const struct in6_addr *laddr;
	const struct in6_addr *faddr;
	struct rds_transport *trans;
	u8 tos;
	int ifindex;
	unsigned int owner;
};

static struct hlist_head *bucket_of(const struct identity *id)
{
	u32 hash = __ipv6_addr_jhash(id->laddr, net_hash_mix(id->net));

	hash = __ipv6_addr_jhash(id->faddr, hash);
	return &conns[hash >> (32 - TABLE_BITS)];
}

static struct rds_connection *find_conn(const struct identity *id)
{
	struct rds_connection *conn;

	lockdep_assert_held(&conns_lock);
	hlist_for_each_entry(conn, bucket_of(id), c_node) {
		if (net_eq(rds_conn_net(conn), id->net) &&
		    !rds_addr_cmp(&conn->c_faddr, id->faddr) &&
		    !rds_addr_cmp(&conn->c_laddr, id->laddr) &&
		    conn->c_trans == id->trans && conn->c_tos == id->tos &&
		    conn->c_ifindex == id->ifindex)
			return conn;
	}
	return NULL;
}

/* Also of one that is not complete, but has no part of the transport's. */
static void free_core(struct rds_connection *conn)
{
	rds_cong_put(conn->c_lcong);
	rds_cong_put(conn->c_fcong);
	rds_quota_give_back(conn->c_owner);
	kmem_cache_free(conn_slab, conn);
}

static void free_conn(struct rds_connection *conn)
{
	conn->c_trans->conn_free(conn->c_transport_data);
	free_core(conn);
}

/* Return: a connection that nobody knows yet, or an ERR_PTR(). */
static struct rds_connection *alloc_conn(const struct identity *id, gfp_t gfp)
{
	struct rds_connection *conn;
	int err;

	err = rds_quota_take(id->owner);
	if (err)
		return ERR_PTR(err);
	conn = kmem_cache_zalloc(conn_slab, gfp);
	if (!conn) {
		rds_quota_give_back(id->owner);
		return ERR_PTR(-ENOMEM);
	}

	conn->c_owner = id->owner;
	write_pnet(&conn->c_net, id->net);
	conn->c_laddr = *id->laddr;
	conn->c_faddr = *id->faddr;
	conn->c_ifindex = id->ifindex;
	conn->c_tos = id->tos;
	conn->c_isv6 = !ipv6_addr_v4mapped(id->laddr);
	conn->c_trans = id->trans;
	/* An address may come and go, but what is sent there does not leave. */
	conn->c_loopback = id->trans == &rds_loop_transport ||
			   rds_addr_is_local(id->net, id->faddr, id->ifindex);
	INIT_LIST_HEAD(&conn->c_map_item);
	INIT_LIST_HEAD(&conn->c_send_queue);
	INIT_LIST_HEAD(&conn->c_retrans);
	spin_lock_init(&conn->c_lock);
	conn->c_next_tx_seq = 1;
	rds_state_init(conn);

	conn->c_lcong = rds_cong_get(id->net, id->laddr);
	conn->c_fcong = rds_cong_get(id->net, id->faddr);
	err = -ENOMEM;
	if (conn->c_lcong && conn->c_fcong)
		err = id->trans->conn_alloc(conn, gfp);
	if (err) {
		free_core(conn);
		return ERR_PTR(err);
	}
	return conn;
}

/* Put @conn into the table, unless it is there: then return that one. */
static struct rds_connection *insert(const struct identity *id,
				     struct rds_connection *conn)
{
	struct rds_connection *there;

	spin_lock_bh(&conns_lock);
	there = find_conn(id);
	if (!there) {
		conn->c_hashed = true;
		hlist_add_head(&conn->c_node, bucket_of(id));
		/* Inside the lock: whoever finds it may remove it. */
		rds_cong_add_conn(conn);
	}
	spin_unlock_bh(&conns_lock);
	return there;
}

/* Make @conn the passive end of @active, unless that has one: return that one. */
static struct rds_connection *insert_passive(struct rds_connection *active,
					     struct rds_connection *conn)
{
	struct rds_connection *there;

	spin_lock_bh(&conns_lock);
	there = active->c_passive;
	if (!there) {
		active->c_passive = conn;
		rds_cong_add_conn(conn);
	}
	spin_unlock_bh(&conns_lock);
	return there;
}

static struct rds_connection *lookup(const struct identity *id)
{
	struct rds_connection *conn;

	spin_lock_bh(&conns_lock);
	conn = find_conn(id);
	spin_unlock_bh(&conns_lock);
	return conn;
}

static struct rds_connection *find_or_make(const struct identity *id, gfp_t gfp)
{
	struct rds_connection *conn = lookup(id), *there;

	if (conn)
		return conn;
	conn = alloc_conn(id, gfp);
	if (IS_ERR(conn))
		return conn;
	there = insert(id, conn);
	if (!there)
		return conn;
	free_conn(conn);
	return there;
}

/* The end of @active, which is connected with itself, that accepts. */
static struct rds_connection *passive_end(struct rds_connection *active,
					  const struct identity *id, gfp_t gfp)
{
	struct rds_connection *conn, *there;

	/* One that is there does not count as one more, not even for a moment. */
	spin_lock_bh(&conns_lock);
	there = active->c_passive;
	spin_unlock_bh(&conns_lock);
	if (there)
		return there;
	conn = alloc_conn(id, gfp);
	if (IS_ERR(conn))
		return conn;
	there = insert_passive(active, conn);
	if (!there)
		return conn;
	free_conn(conn);
	return there;
}

/**
 * rds_conn_create - the connection that a peer asks for
 * @net: name space
 * @laddr: our address
 * @faddr: theirs
 * @trans: transport
 * @tos: type of service
 * @gfp: how to allocate; the function may sleep whatever it says
 * @ifindex: interface of link-local addresses, else 0
 *
 * Return: the connection, which may have been there before, or an ERR_PTR():
 *	-ENOMEM, -EOPNOTSUPP, -EDQUOT if peers have enough.
 */
struct rds_connection *rds_conn_create(struct net *net, const struct in6_addr *laddr,
				       const struct in6_addr *faddr,
				       struct rds_transport *trans, u8 tos,
				       gfp_t gfp, int ifindex)
{
	struct identity id = { net, laddr, faddr, trans, tos, ifindex, RDS_OWNER_PEER };
	struct rds_connection *conn = find_or_make(&id, gfp);

	if (IS_ERR(conn) || rds_addr_cmp(laddr, faddr))
		return conn;
	if (trans->t_prefer_loopback)
		return ERR_PTR(-EOPNOTSUPP);
	return passive_end(conn, &id, gfp);
}
EXPORT_SYMBOL_GPL(rds_conn_create);

/**
 * rds_conn_create_outgoing - the connection for a message
 * @net: name space
 * @laddr: our address
 * @faddr: theirs
 * @trans: transport
 * @tos: type of service
 * @gfp: how to allocate; the function may sleep whatever it says
 * @ifindex: interface of link-local addresses, else 0
 *
 * Return: the connection, which may have been there before, or an ERR_PTR():
 *	-ENETUNREACH from a loopback address to another host, -ENOMEM, -EDQUOT if
 *	the calling user has enough.
 */
struct rds_connection *rds_conn_create_outgoing(struct net *net,
						const struct in6_addr *laddr,
						const struct in6_addr *faddr,
						struct rds_transport *trans, u8 tos,
						gfp_t gfp, int ifindex)
{
	struct identity id = { net, laddr, faddr, trans, tos, ifindex,
			       __kuid_val(current_uid()) };

	if (trans->t_prefer_loopback && rds_addr_is_local(net, faddr, ifindex))
		id.trans = &rds_loop_transport;
	else if (trans == &rds_loop_transport && !rds_loop_reaches(net, faddr, ifindex))
		return ERR_PTR(-ENETUNREACH);
	return find_or_make(&id, gfp);
}
EXPORT_SYMBOL_GPL(rds_conn_create_outgoing);

/* Nothing runs for @conn any more, and nobody can find it. */
static void destroy(struct rds_connection *conn)
{
	rds_state_stop(conn);
	rds_cong_remove_conn(conn);
	rds_send_discard(conn);
	free_conn(conn);
}

/**
 * rds_conn_destroy - the end of a connection
 * @conn: no socket that could use it is left, and the transport makes no new
 *	calls for it but those that conn_shutdown waits for
 *
 * Context: sleeps.
 */
void rds_conn_destroy(struct rds_connection *conn)
{
	struct rds_connection *passive;

	spin_lock_bh(&conns_lock);
	if (conn->c_hashed) {
		hlist_del_init(&conn->c_node);
		conn->c_hashed = false;
	}
	passive = conn->c_passive;
	conn->c_passive = NULL;
	spin_unlock_bh(&conns_lock);

	if (passive)
		destroy(passive);
	destroy(conn);
}
EXPORT_SYMBOL_GPL(rds_conn_destroy);

/* Any connection of @trans in @net, taken out of the table. */
static struct rds_connection *take_one(struct net *net, struct rds_transport *trans)
{
	struct rds_connection *conn;
	unsigned int i;

	spin_lock_bh(&conns_lock);
	for (i = 0; i < ARRAY_SIZE(conns); i++) {
		hlist_for_each_entry(conn, &conns[i], c_node) {
			if (conn->c_trans != trans ||
			    (net && !net_eq(rds_conn_net(conn), net)))
				continue;
			hlist_del_init(&conn->c_node);
			conn->c_hashed = false;
			spin_unlock_bh(&conns_lock);
			return conn;
		}
	}
	spin_unlock_bh(&conns_lock);
	return NULL;
}

/**
 * rds_conn_destroy_all - the end of many
 * @net: of this name space, or of all if %NULL
 * @trans: of this transport
 *
 * Context: sleeps; see rds_conn_destroy().
 */
void rds_conn_destroy_all(struct net *net, struct rds_transport *trans)
{
	struct rds_connection *conn;

	while ((conn = take_one(net, trans)))
		rds_conn_destroy(conn);
}
EXPORT_SYMBOL_GPL(rds_conn_destroy_all);

/**
 * rds_conn_for_each - visit the connections in the table
 * @net: of this name space, or of all if %NULL
 * @visit: called under a spinlock
 * @arg: for it
 */
void rds_conn_for_each(struct net *net,
		       void (*visit)(struct rds_connection *conn, void *arg),
		       void *arg)
{
	struct rds_connection *conn;
	unsigned int i;

	spin_lock_bh(&conns_lock);
	for (i = 0; i < ARRAY_SIZE(conns); i++) {
		hlist_for_each_entry(conn, &conns[i], c_node) {
			if (!net || net_eq(rds_conn_net(conn), net))
				visit(conn, arg);
		}
	}
	spin_unlock_bh(&conns_lock);
}
EXPORT_SYMBOL_GPL(rds_conn_for_each);

/**
 * rds_conn_dying - is there no future?
 * @conn: the connection
 *
 * Return: whether it is being destroyed, or its transport unloaded.
 */
bool rds_conn_dying(struct rds_connection *conn)
{
	return test_bit(RDS_CONN_DYING, &conn->c_flags) ||
	       (conn->c_trans->t_unloading && conn->c_trans->t_unloading(conn));
}
EXPORT_SYMBOL_GPL(rds_conn_dying);

/**
 * rds_conn_init - at load
 *
 * Return: 0 or -ENOMEM.
 */
int rds_conn_init(void)
{
	conn_slab = kmem_cache_create("rds_connection", sizeof(struct rds_connection),
				      0, SLAB_ACCOUNT, NULL);
	return conn_slab ? 0 : -ENOMEM;
}

/**
 * rds_conn_uninit - at unload
 */
void rds_conn_uninit(void)
{
	rds_conn_destroy_all(NULL, &rds_loop_transport);
	kmem_cache_destroy(conn_slab);
}
