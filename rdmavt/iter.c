// SPDX-License-Identifier: GPL-2.0
/*
 * Walking over all queue pairs of a device.
 *
 * The special queue pairs come first, two for each port, then the chains of
 * the hash table one after another.  A walk sees every queue pair that is
 * there from its beginning to its end; those that come or go meanwhile may or
 * may not be seen, and none is seen twice.
 *
 * rvt_qp_iter_next() is for walks that do little at each stop, such as a
 * seq_file, under the RCU read lock throughout.  rvt_qp_iter() is for callbacks
 * that sleep: a stop there holds a reference to the queue pair, which keeps it
 * from being freed but not from leaving its chain.  One that has left points at
 * what was its successor then, perhaps freed since.  So a walk does not follow
 * that pointer but looks for the next higher number from the start of the
 * chain; chains are sorted, and short.
 *
 * Export checksums: group "full", see rdmavt.h.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"

static void iter_start(struct rvt_qp_iter *iter, struct rvt_dev_info *rdi,
		       u64 v, void (*cb)(struct rvt_qp *qp, u64 v))
{
	*iter = (struct rvt_qp_iter) {
		.rdi = rdi,
		.specials = 2 * rdi->ibdev.phys_port_cnt,
		.v = v,
		.cb = cb,
	};
}

/**
 * rvt_qp_iter_init - begin a walk over the queue pairs of a device
 * @rdi: the device
 * @v: a value for the walker's own use
 * @cb: a callback for the walker's own use
 *
 * Context: process; may sleep.
 * Return: the walk, to be freed with kfree(), or NULL for lack of memory.
 */
struct rvt_qp_iter *rvt_qp_iter_init(struct rvt_dev_info *rdi, u64 v,
				     void (*cb)(struct rvt_qp *qp, u64 v))
{
	struct rvt_qp_iter *iter = kmalloc(sizeof(*iter), GFP_KERNEL);

	if (iter)
		iter_start(iter, rdi, v, cb);
	return iter;
}
EXPORT_SYMBOL(rvt_qp_iter_init);

/* The first queue pair in a slot: the special ones have one each. */
static struct rvt_qp *first_in_slot(struct rvt_qp_iter *iter, int n)
{
	if (n < iter->specials)
		return rcu_dereference(iter->rdi->ports[n / 2]->qp[n % 2]);
	return rcu_dereference(iter->rdi->qp_dev->qp_table[n - iter->specials]);
}

/* The one after the present one in the same slot. */
static struct rvt_qp *next_in_slot(struct rvt_qp_iter *iter)
{
	struct rvt_qp *qp = first_in_slot(iter, iter->n - 1);

	while (qp && qp->ibqp.qp_num <= iter->qp->ibqp.qp_num)
		qp = rcu_dereference(qp->next);
	return qp;
}

/**
 * rvt_qp_iter_next - go to the next queue pair
 * @iter: the walk
 *
 * Context: any; the caller holds the RCU read lock, and has held it since the
 * last stop if it had no reference to the queue pair there.
 * Return: 0, and iter->qp is the queue pair; 1 at the end.
 */
int rvt_qp_iter_next(struct rvt_qp_iter *iter)
{
	int end = iter->specials + iter->rdi->qp_dev->qp_table_size;
	struct rvt_qp *qp = iter->qp ? next_in_slot(iter) : NULL;

	while (!qp && iter->n < end)
		qp = first_in_slot(iter, iter->n++);
	iter->qp = qp;
	return !qp;
}
EXPORT_SYMBOL(rvt_qp_iter_next);

/*
 * Go to the next queue pair that still has an owner, and hold it.  One whose
 * count has dropped to 0 is about to be freed and not for the callback.
 */
static struct rvt_qp *next_held(struct rvt_qp_iter *iter)
{
	while (!rvt_qp_iter_next(iter))
		if (atomic_inc_not_zero(&iter->qp->refcount))
			return iter->qp;
	return NULL;
}

/**
 * rvt_qp_iter - call a function for every queue pair of a device
 * @rdi: the device
 * @v: passed to @cb
 * @cb: what to call; may sleep
 *
 * Context: process; may sleep.
 */
void rvt_qp_iter(struct rvt_dev_info *rdi, u64 v,
		 void (*cb)(struct rvt_qp *qp, u64 v))
{
	struct rvt_qp_iter iter;
	struct rvt_qp *qp, *next;

	iter_start(&iter, rdi, v, cb);
	rcu_read_lock();
	for (qp = next_held(&iter); qp; qp = next) {
		rcu_read_unlock();
		cb(qp, v);
		rcu_read_lock();
		next = next_held(&iter);
		rvt_put_qp(qp);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL(rvt_qp_iter);
