// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion: a receiver that does not keep up has its port marked in the map of
 * its address, every peer gets the whole map, and nobody sends to a marked port
 * until another map says that it is free (specification 4.4).
 *
 * There is one map for an address in a name space. A local one is advertised on
 * the connections in m_conns: a bit changes, their RDS_MAP_PENDING is set, and the
 * next thing that they send is a copy of the map. A remote one is what was
 * received. If the peer is this host, it is one map for both, and nothing is
 * sent. A map lives as long as a socket or a connection has it.
 *
 * Who waits for a port sleeps on its map, or polls: then all sockets that have
 * met congestion wake up, unless they monitor groups of ports (port % 64).
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>
#include "cong.h"

#define TABLE_BITS	8

static struct hlist_head maps[1 << TABLE_BITS];
static DEFINE_SPINLOCK(maps_lock); /* guards maps, m_users and m_conns of each */

static LIST_HEAD(monitors);
static DEFINE_RWLOCK(monitors_lock); /* guards monitors */

/* How many maps have arrived: what a socket compares to know of a new one. */
static atomic_t generation = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(poll_waitq);

static struct hlist_head *bucket_of(struct net *net, const struct in6_addr *addr)
{
	u32 hash = __ipv6_addr_jhash(addr, net_hash_mix(net));

	return &maps[hash >> (32 - TABLE_BITS)];
}

static struct rds_cong_map *find_map(struct net *net, const struct in6_addr *addr)
{
	struct rds_cong_map *map;

	lockdep_assert_held(&maps_lock);
	hlist_for_each_entry(map, bucket_of(net, addr), m_node) {
		if (net_eq(read_pnet(&map->m_net), net) && !rds_addr_cmp(&map->m_addr, addr))
			return map;
	}
	return NULL;
}

static void free_map(struct rds_cong_map *map)
{
	kfree(map->m_bits);
	kfree(map->m_spare);
	kfree(map);
}

static struct rds_cong_map *alloc_map(struct net *net, const struct in6_addr *addr)
{
	struct rds_cong_map *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);

	if (!map)
		return NULL;
	write_pnet(&map->m_net, net);
	map->m_addr = *addr;
	INIT_LIST_HEAD(&map->m_conns);
	init_waitqueue_head(&map->m_waitq);
	spin_lock_init(&map->m_lock);
	map->m_bits = kzalloc(RDS_CONG_MAP_BYTES, GFP_KERNEL_ACCOUNT);
	map->m_spare = kzalloc(RDS_CONG_MAP_BYTES, GFP_KERNEL_ACCOUNT);
	if (!map->m_bits || !map->m_spare) {
		free_map(map);
		return NULL;
	}
	return map;
}

/**
 * rds_cong_get - the map of an address
 * @net: name space
 * @addr: address
 *
 * Context: sleeps.
 * Return: the map, for rds_cong_put(), or %NULL if there is no memory.
 */
struct rds_cong_map *rds_cong_get(struct net *net, const struct in6_addr *addr)
{
	struct rds_cong_map *fresh = alloc_map(net, addr), *map;

	if (!fresh)
		return NULL;
	spin_lock_bh(&maps_lock);
	map = find_map(net, addr);
	if (!map) {
		map = fresh;
		hlist_add_head(&map->m_node, bucket_of(net, addr));
	}
	map->m_users++;
	spin_unlock_bh(&maps_lock);
	if (map != fresh)
		free_map(fresh);
	return map;
}

/**
 * rds_cong_put - one user less
 * @map: the map, or %NULL
 */
void rds_cong_put(struct rds_cong_map *map)
{
	bool last;

	if (!map)
		return;
	spin_lock_bh(&maps_lock);
	last = !--map->m_users;
	if (last) {
		WARN_ON_ONCE(!list_empty(&map->m_conns));
		hlist_del(&map->m_node);
	}
	spin_unlock_bh(&maps_lock);
	if (last)
		free_map(map);
}

/**
 * rds_cong_add_conn - advertise the map of its address on a connection
 * @conn: new, with both maps
 */
void rds_cong_add_conn(struct rds_connection *conn)
{
	spin_lock_bh(&maps_lock);
	list_add_tail(&conn->c_map_item, &conn->c_lcong->m_conns);
	if (conn->c_loopback)
		conn->c_fcong->m_shared = true;
	spin_unlock_bh(&maps_lock);
}

/**
 * rds_cong_remove_conn - undo rds_cong_add_conn()
 * @conn: on its way out
 */
void rds_cong_remove_conn(struct rds_connection *conn)
{
	spin_lock_bh(&maps_lock);
	list_del_init(&conn->c_map_item);
	spin_unlock_bh(&maps_lock);
}

/* Every peer is to get the map. */
static void advertise(struct rds_cong_map *map)
{
	struct rds_connection *conn;

	spin_lock_bh(&maps_lock);
	list_for_each_entry(conn, &map->m_conns, c_map_item) {
		if (conn->c_loopback || test_and_set_bit(RDS_MAP_PENDING, &conn->c_flags))
			continue;
		rds_stats_inc(cong_update_queued);
		if (rds_conn_up(conn))
			rds_queue_send(conn, 0);
	}
	spin_unlock_bh(&maps_lock);
}

/**
 * rds_cong_set_port - a receiver has fallen behind, or has caught up
 * @map: of its address
 * @port: its port
 * @congested: which of the two
 *
 * Context: any, under rs_recv_lock, so that changes arrive in order.
 */
void rds_cong_set_port(struct rds_cong_map *map, __be16 port, bool congested)
{
	unsigned int bit = ntohs(port);

	if (congested)
		set_bit_le(bit, map->m_bits);
	else
		clear_bit_le(bit, map->m_bits);
	advertise(map);
	if (!congested && READ_ONCE(map->m_shared))
		rds_cong_map_updated(map, RDS_CONG_MONITOR_MASK(bit));
}

/**
 * rds_cong_test_port - may one send?
 * @map: of the destination's address
 * @port: its port
 *
 * Return: whether it is congested.
 */
bool rds_cong_test_port(struct rds_cong_map *map, __be16 port)
{
	return test_bit_le(ntohs(port), READ_ONCE(map->m_bits));
}

/* The answer to a non-blocking sender, who may want to be told when to try again. */
static int no_room(struct rds_cong_map *map, __be16 port, struct rds_sock *rs)
{
	if (READ_ONCE(rs->rs_cong_monitor)) {
		spin_lock_bh(&rs->rs_lock);
		rs->rs_cong_mask |= RDS_CONG_MONITOR_MASK(ntohs(port));
		spin_unlock_bh(&rs->rs_lock);
		/* Against the update that came before the mask was set. */
		smp_mb();
		if (!rds_cong_test_port(map, port))
			return 0;
	}
	rds_stats_inc(cong_send_error);
	return -ENOBUFS;
}

/**
 * rds_cong_wait - until one may send to a port
 * @map: of the destination's address
 * @port: its port
 * @nonblock: do not wait
 * @rs: who wants to send
 *
 * Context: sleeps, interruptibly.
 * Return: 0, -ENOBUFS if it would have to wait, -ERESTARTSYS.
 */
int rds_cong_wait(struct rds_cong_map *map, __be16 port, bool nonblock,
		  struct rds_sock *rs)
{
	int err;

	if (!rds_cong_test_port(map, port))
		return 0;

	if (nonblock) {
		err = no_room(map, port, rs);
	} else {
		rds_stats_inc(cong_send_blocked);
		err = wait_event_interruptible(map->m_waitq,
					       !rds_cong_test_port(map, port));
	}
	if (err)
		WRITE_ONCE(rs->rs_seen_congestion, true);
	return err;
}

/* Tell a socket that monitors, which of the groups it waits for are free. */
static void notify_monitor(struct rds_sock *rs, u64 groups)
{
	spin_lock_bh(&rs->rs_lock);
	rs->rs_cong_notify |= rs->rs_cong_mask & groups;
	rs->rs_cong_mask &= ~groups;
	groups = rs->rs_cong_notify;
	spin_unlock_bh(&rs->rs_lock);
	if (groups)
		rds_wake_sk_sleep(rs);
}

/**
 * rds_cong_map_updated - ports have become free
 * @map: the map, already changed
 * @groups: bit port % 64 of each
 *
 * Context: any.
 */
void rds_cong_map_updated(struct rds_cong_map *map, u64 groups)
{
	struct rds_sock *rs;

	rds_stats_inc(cong_update_received);
	atomic_inc(&generation);
	/* The bits have to be seen by whoever is not seen waiting. */
	smp_mb();
	wake_up_all(&map->m_waitq);
	wake_up_all(&poll_waitq);

	if (!groups)
		return;
	read_lock_bh(&monitors_lock);
	list_for_each_entry(rs, &monitors, rs_cong_list)
		notify_monitor(rs, groups);
	read_unlock_bh(&monitors_lock);
}
EXPORT_SYMBOL_GPL(rds_cong_map_updated);

/**
 * rds_cong_freed_groups - what has become free from one map to the next
 * @was: the one
 * @is: the next
 *
 * Return: bit port % 64 of every port that has been, and is not any more.
 */
u64 rds_cong_freed_groups(const __le64 *was, const __le64 *is)
{
	u64 groups = 0;
	unsigned int i;

	for (i = 0; i < RDS_CONG_MAP_BYTES / sizeof(*was); i++)
		groups |= le64_to_cpu(was[i] & ~is[i]);
	return groups;
}

/**
 * rds_cong_receive - the peer's map has arrived
 * @conn: whence
 * @inc: the frame; one of another length than a map's is ignored
 *
 * Context: any.
 */
void rds_cong_receive(struct rds_connection *conn, struct rds_incoming *inc)
{
	struct rds_cong_map *map = conn->c_fcong;
	struct kvec vec = { .iov_len = RDS_CONG_MAP_BYTES };
	struct iov_iter to;
	u64 groups = 0;
	bool whole;

	/* To us it would say what we know better. */
	if (conn->c_loopback || be32_to_cpu(inc->i_hdr.h_len) != RDS_CONG_MAP_BYTES)
		return;

	spin_lock_bh(&map->m_lock);
	vec.iov_base = map->m_spare;
	iov_iter_kvec(&to, ITER_DEST, &vec, 1, vec.iov_len);
	whole = conn->c_trans->inc_copy_to_user(inc, &to) == RDS_CONG_MAP_BYTES;
	if (whole) {
		__le64 *was = map->m_bits;

		groups = rds_cong_freed_groups(was, map->m_spare);
		/* The bits are there before the pointer that leads to them. */
		smp_store_release(&map->m_bits, map->m_spare);
		map->m_spare = was;
	}
	spin_unlock_bh(&map->m_lock);
	if (whole)
		rds_cong_map_updated(map, groups);
}

/**
 * rds_cong_message - a frame with our map
 * @conn: where it is to be sent
 *
 * Context: sleeps.
 * Return: the message, or %NULL.
 */
struct rds_message *rds_cong_message(struct rds_connection *conn)
{
	struct rds_message *rm = rds_message_alloc(RDS_CONG_MAP_BYTES, GFP_NOIO | __GFP_NOWARN);
	struct kvec vec = { conn->c_lcong->m_bits, RDS_CONG_MAP_BYTES };
	struct iov_iter from;

	if (!rm)
		return NULL;
	rm->m_inc.i_hdr.h_flags = RDS_FLAG_CONG_BITMAP;
	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, vec.iov_len);
	if (rds_message_copy_from_user(rm, &from)) {
		rds_message_put(rm);
		return NULL;
	}
	return rm;
}

/**
 * rds_cong_monitor - begin or end to monitor groups of ports
 * @rs: the socket, locked, or being closed
 * @on: which of the two
 */
void rds_cong_monitor(struct rds_sock *rs, bool on)
{
	write_lock_bh(&monitors_lock);
	if (on && !rs->rs_cong_monitor)
		list_add_tail(&rs->rs_cong_list, &monitors);
	else if (!on && rs->rs_cong_monitor)
		list_del_init(&rs->rs_cong_list);
	WRITE_ONCE(rs->rs_cong_monitor, on);
	write_unlock_bh(&monitors_lock);
	if (on)
		return;

	spin_lock_bh(&rs->rs_lock);
	rs->rs_cong_mask = 0;
	rs->rs_cong_notify = 0;
	spin_unlock_bh(&rs->rs_lock);
}

/**
 * rds_cong_updated_since - has a map arrived?
 * @recent: what the caller knows; updated
 *
 * Return: whether there is something new.
 */
bool rds_cong_updated_since(unsigned int *recent)
{
	unsigned int now = atomic_read(&generation);

	if (*recent == now)
		return false;
	*recent = now;
	return true;
}

/**
 * rds_cong_poll_wait - let poll() wake up when a map arrives
 * @file: of the socket
 * @wait: of poll()
 */
void rds_cong_poll_wait(struct file *file, struct poll_table_struct *wait)
{
	poll_wait(file, &poll_waitq, wait);
}
