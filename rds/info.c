// SPDX-License-Identifier: GPL-2.0
/*
 * RDS_INFO_* options: lists of what there is (specification 10).
 *
 * Who knows a list registers a function for it, which walks through the list
 * under its locks and hands over element after element. They are collected in
 * kernel memory, of which no more is taken than the list needs, and copied to
 * the user at the end.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "info.h"

/* A list that grows each time it is looked at has to be cut off. */
#define MAX_TRIES	4

static rds_info_func funcs[RDS_INFO_LAST - RDS_INFO_FIRST + 1];
static DECLARE_RWSEM(funcs_sem); /* guards funcs, and those that run */

/**
 * rds_info_register_func - there is a list
 * @optname: RDS_INFO_*
 * @func: its walker
 */
void rds_info_register_func(int optname, rds_info_func func)
{
	if (WARN_ON_ONCE(optname < RDS_INFO_FIRST || optname > RDS_INFO_LAST))
		return;
	down_write(&funcs_sem);
	WARN_ON_ONCE(funcs[optname - RDS_INFO_FIRST]);
	funcs[optname - RDS_INFO_FIRST] = func;
	up_write(&funcs_sem);
}
EXPORT_SYMBOL_GPL(rds_info_register_func);

/**
 * rds_info_deregister_func - and there is not any more
 * @optname: RDS_INFO_*
 * @func: its walker
 *
 * Context: sleeps until nobody is in @func.
 */
void rds_info_deregister_func(int optname, rds_info_func func)
{
	if (WARN_ON_ONCE(optname < RDS_INFO_FIRST || optname > RDS_INFO_LAST))
		return;
	down_write(&funcs_sem);
	if (!WARN_ON_ONCE(funcs[optname - RDS_INFO_FIRST] != func))
		funcs[optname - RDS_INFO_FIRST] = NULL;
	up_write(&funcs_sem);
}
EXPORT_SYMBOL_GPL(rds_info_deregister_func);

/**
 * rds_info_copy - one more element, or a part of one
 * @iter: whereto
 * @data: what
 * @bytes: how much; what does not fit is left out
 *
 * Context: any.
 */
void rds_info_copy(struct rds_info_iterator *iter, const void *data,
		   unsigned long bytes)
{
	unsigned long part = min(bytes, iter->room - iter->used);

	if (part)
		memcpy(iter->buffer + iter->used, data, part);
	iter->used += part;
}
EXPORT_SYMBOL_GPL(rds_info_copy);

static size_t total_of(const struct rds_info_lengths *lens)
{
	return (size_t)lens->nr * lens->each;
}

/**
 * rds_info_collect - walk through a list
 * @sock: who asks
 * @func: walker
 * @len: room that the user has
 * @iter: gets a buffer, for kvfree(), with no more than @len
 * @lens: what there is
 *
 * The first walk only counts. What comes in between may be missing, as long as
 * there is enough room for the user not to care.
 *
 * Return: 0 or -ENOMEM.
 */
int rds_info_collect(struct socket *sock, rds_info_func func, unsigned int len,
		     struct rds_info_iterator *iter, struct rds_info_lengths *lens)
{
	unsigned int tries = 0;

	memset(iter, 0, sizeof(*iter));
	func(sock, 0, iter, lens);
	do {
		kvfree(iter->buffer);
		iter->room = min_t(size_t, len, total_of(lens));
		iter->used = 0;
		iter->buffer = kvmalloc(max(iter->room, 1UL), GFP_KERNEL | __GFP_NOWARN);
		if (!iter->buffer)
			return -ENOMEM;
		func(sock, iter->room, iter, lens);
	} while (total_of(lens) > iter->room && iter->room < len && ++tries < MAX_TRIES);
	return 0;
}

static int report(const struct rds_info_iterator *iter, unsigned int len,
		  const struct rds_info_lengths *lens, char __user *optval,
		  int __user *optlen)
{
	size_t total = total_of(lens);

	if (iter->used && copy_to_user(optval, iter->buffer, iter->used))
		return -EFAULT;
	if (put_user((int)min_t(size_t, total, INT_MAX), optlen))
		return -EFAULT;
	return total > len ? -ENOSPC : lens->each;
}

/**
 * rds_info_getsockopt - read a list
 * @sock: who asks
 * @optname: RDS_INFO_*
 * @optval: where to
 * @optlen: bytes there, and then of the whole list
 *
 * Return: bytes of an element, -ENOSPC if not all of them fit, or another error
 *	of section 10 of the specification.
 */
int rds_info_getsockopt(struct socket *sock, int optname, char __user *optval,
			int __user *optlen)
{
	struct rds_info_lengths lens = {};
	struct rds_info_iterator iter;
	rds_info_func func;
	int len, ret;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0 || len > INT_MAX - (int)PAGE_SIZE + 1 ||
	    (unsigned long)optval + len < (unsigned long)optval)
		return -EINVAL;

	down_read(&funcs_sem);
	func = funcs[optname - RDS_INFO_FIRST];
	if (func)
		ret = rds_info_collect(sock, func, len, &iter, &lens);
	up_read(&funcs_sem);
	if (!func)
		return -ENOPROTOOPT;

	if (!ret)
		ret = report(&iter, len, &lens, optval, optlen);
	kvfree(iter.buffer);
	return ret;
}

struct conn_walk {
	struct rds_info_iterator *iter;
	struct rds_info_lengths *lens;
	unsigned int len;
	rds_conn_visitor visitor;
	void *buffer;
	size_t item_len;
};

static void visit_conn(struct rds_connection *conn, void *arg)
{
	struct conn_walk *walk = arg;

	memset(walk->buffer, 0, walk->item_len);
	if (!walk->visitor(conn, walk->buffer))
		return;
	if (walk->len >= walk->item_len) {
		rds_info_copy(walk->iter, walk->buffer, walk->item_len);
		walk->len -= walk->item_len;
	}
	walk->lens->nr++;
}

/**
 * rds_for_each_conn_info - a list of connections
 * @sock: whose name space counts
 * @len: room
 * @iter: whereto
 * @lens: result
 * @visitor: fills in an element, which is zero before; 0 leaves it out
 * @buffer: room for an element
 * @item_len: its bytes
 */
void rds_for_each_conn_info(struct socket *sock, unsigned int len,
			    struct rds_info_iterator *iter,
			    struct rds_info_lengths *lens,
			    rds_conn_visitor visitor, u64 *buffer, size_t item_len)
{
	struct conn_walk walk = { iter, lens, len, visitor, buffer, item_len };

	lens->nr = 0;
	lens->each = item_len;
	rds_conn_for_each(sock_net(sock->sk), visit_conn, &walk);
}
EXPORT_SYMBOL_GPL(rds_for_each_conn_info);
