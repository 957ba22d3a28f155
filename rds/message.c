// SPDX-License-Identifier: GPL-2.0
/*
 * Messages: a header, payload, in pages of its own unless it is short, and up to
 * two operations that go before it.
 *
 * A message lives as long as somebody has a reference: the socket's queue, the
 * connection's, every work request that uses its memory, and on the loopback
 * transport the socket that received it. Its memory may be under access by a
 * device (m_mapped) after all queues have forgotten it; who wants to give
 * user memory back, waits for that.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait_bit.h>
#include "rds.h"

/* A payload that is not longer follows the message itself. */
#define MAX_INLINE	1024

/* How long a peer may keep user memory that is wanted back. */
#define PATIENCE	(30 * HZ)

/* Return: whether there is memory for the payload. */
static bool alloc_payload(struct rds_message *rm, size_t len, gfp_t gfp)
{
	struct page *page;
	unsigned int i;

	if (rm->m_inline) {
		sg_set_buf(rm->m_sg, &rm->m_sg[1], len);
		return true;
	}
	for (i = 0; i < rm->m_nents; i++) {
		page = alloc_page(gfp);
		if (!page)
			return false;
		sg_set_page(&rm->m_sg[i], page,
			    min_t(size_t, len - i * PAGE_SIZE, PAGE_SIZE), 0);
	}
	return true;
}

/**
 * rds_message_alloc - a message with room for a payload
 * @len: bytes of payload, up to RDS_MAX_MSG_SIZE
 * @gfp: how to allocate
 *
 * Return: the message with one reference, its length filled in, or %NULL.
 */
struct rds_message *rds_message_alloc(size_t len, gfp_t gfp)
{
	unsigned int nents = DIV_ROUND_UP(len, PAGE_SIZE);
	bool is_short = len && len <= MAX_INLINE;
	struct rds_message *rm;

	rm = kzalloc(struct_size(rm, m_sg, nents) + (is_short ? len : 0), gfp);
	if (!rm)
		return NULL;
	refcount_set(&rm->m_refcount, 1);
	INIT_LIST_HEAD(&rm->m_sock_item);
	INIT_LIST_HEAD(&rm->m_conn_item);
	rm->m_nents = nents;
	rm->m_inline = is_short;
	if (nents)
		sg_init_table(rm->m_sg, nents);
	if (!alloc_payload(rm, len, gfp)) {
		rds_message_put(rm);
		return NULL;
	}
	rm->m_inc.i_hdr.h_len = cpu_to_be32(len);
	return rm;
}

/**
 * rds_message_copy_from_user - fill in the payload
 * @rm: with room for all of @from
 * @from: whence
 *
 * Return: 0 or -EFAULT.
 */
int rds_message_copy_from_user(struct rds_message *rm, struct iov_iter *from)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(rm->m_sg, sg, rm->m_nents, i) {
		if (copy_page_from_iter(sg_page(sg), sg->offset, sg->length, from) !=
		    sg->length)
			return -EFAULT;
		rds_stats_add(copy_from_user, sg->length);
	}
	return 0;
}

/**
 * rds_message_copy_to_user - inc_copy_to_user of messages received as sent
 * @inc: embedded in the sender's message
 * @to: whereto
 *
 * Return: bytes or -EFAULT.
 */
int rds_message_copy_to_user(struct rds_incoming *inc, struct iov_iter *to)
{
	struct rds_message *rm = container_of(inc, struct rds_message, m_inc);
	struct scatterlist *sg;
	unsigned int i;
	int copied = 0;

	for_each_sg(rm->m_sg, sg, rm->m_nents, i) {
		size_t part = min_t(size_t, sg->length, iov_iter_count(to));

		if (!part)
			break;
		if (copy_page_to_iter(sg_page(sg), sg->offset, part, to) != part)
			return -EFAULT;
		copied += part;
	}
	return copied;
}

/**
 * rds_message_inc_free - inc_free of messages received as sent
 * @inc: embedded in the sender's message
 */
void rds_message_inc_free(struct rds_incoming *inc)
{
	rds_message_put(container_of(inc, struct rds_message, m_inc));
}

/**
 * rds_message_addref - one more user
 * @rm: the message
 */
void rds_message_addref(struct rds_message *rm)
{
	refcount_inc(&rm->m_refcount);
}
EXPORT_SYMBOL_GPL(rds_message_addref);

static void free_payload(struct rds_message *rm)
{
	unsigned int i;

	if (rm->m_inline)
		return;
	for (i = 0; i < rm->m_nents && sg_page(&rm->m_sg[i]); i++)
		__free_page(sg_page(&rm->m_sg[i]));
}

static void free_message(struct rds_message *rm)
{
	WARN_ON_ONCE(!list_empty(&rm->m_sock_item) || !list_empty(&rm->m_conn_item));

	free_payload(rm);
	rds_rdma_free_op(rm->m_rdma);
	rds_atomic_free_op(rm->m_atomic);
	if (rm->m_mr)
		rds_mr_put(rm->m_mr);
	if (rm->m_rs)
		rds_sock_put(rm->m_rs);
	kfree(rm);
}

/**
 * rds_message_put - one user less
 * @rm: the message
 *
 * Context: process context if it has operations or a region, else any.
 */
void rds_message_put(struct rds_message *rm)
{
	if (refcount_dec_and_test(&rm->m_refcount))
		free_message(rm);
}
EXPORT_SYMBOL_GPL(rds_message_put);

/**
 * rds_message_unmapped - the device is done with an operation's memory
 * @rm: the message; the caller has a reference
 */
void rds_message_unmapped(struct rds_message *rm)
{
	if (atomic_dec_and_test(&rm->m_mapped))
		wake_up_var(&rm->m_mapped);
}
EXPORT_SYMBOL_GPL(rds_message_unmapped);

/**
 * rds_message_wait - until the device is done with user memory
 * @rm: the message; without operations there is nothing to wait for
 *
 * Work requests complete, with an error when the connection breaks. A peer that
 * acknowledges, but says that it is not ready, could put that off for ever, and
 * with it the end of the process that waits: so its connection is broken.
 *
 * Context: process context; sleeps.
 */
void rds_message_wait(struct rds_message *rm)
{
	if (!rm->m_rdma && !rm->m_atomic)
		return;
	while (!wait_var_event_timeout(&rm->m_mapped, !atomic_read(&rm->m_mapped), PATIENCE))
		rds_conn_drop(rm->m_inc.i_conn);
}
