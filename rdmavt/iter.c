// SPDX-License-Identifier: GPL-2.0
/*
 * Walking over all queue pairs of a device.
 *
 * The special queue pairs come first, two for each port, then the chains of
 * the hash table one after another.  A walk sees every queue pair that is
 * there from its beginning to its end; those that come or go meanwhile may or
 * may not be seen.
 *
 * rvt_qp_iter_next() is for walks that do little at each stop, such as a
 * seq_file, under the RCU read lock throughout.  rvt_qp_iter() is for callbacks
 * that sleep: a stop there holds a reference to the queue pair, which keeps it
 * from being freed but not from leaving its chain.  One that has left points at
 * what was its successor then, perhaps freed since; so the walk goes on from it
 * only while it is in the table, and else takes its chain from the start.
 */
/* Export checksum group: full. */
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"

/**
 * rvt_qp_iter_init - begin a walk over the queue pairs of a device
 * @rdi: the device
 * @v: a value for the walker's own use
 * @cb: a callback for the walker's own use
 *
 * Context: process; may sleep.
 *
 * Return: the walk, to be freed with kfree(), or NULL for lack of memory.
 */
struct rvt_qp_iter *rvt_qp_iter_init(struct rvt_dev_info *rdi, u64 v,
				     void (*cb)(struct rvt_qp *qp, u64 v))
{
	struct rvt_qp_iter *iter = kzalloc(sizeof(*iter), GFP_KERNEL);

	if (!iter)
		return NULL;
	iter->rdi = rdi;
	iter->specials = 2 * rdi->ibdev.phys_port_cnt;
	iter->v = v;
	iter->cb = cb;
	return iter;
}
EXPORT_SYMBOL(rvt_qp_iter_init);

static struct rvt_qp *special_qp(struct rvt_qp_iter *iter, int n)
{
	return rcu_dereference(iter->rdi->ports[n / 2]->qp[n % 2]);
}

static struct rvt_qp *first_in_bucket(struct rvt_qp_iter *iter, int n)
{
	return rcu_dereference(iter->rdi->qp_dev->qp_table[n]);
}

/**
 * rvt_qp_iter_next - go to the next queue pair
 * @iter: the walk
 *
 * Context: any; the caller holds the RCU read lock, and has held it since the
 * last stop if it had no reference to the queue pair there.
 *
 * Return: 0, and iter->qp is the queue pair; 1 at the end.
 */
int rvt_qp_iter_next(struct rvt_qp_iter *iter)
{
	int end = iter->specials + iter->rdi->qp_dev->qp_table_size;
	struct rvt_qp *qp = NULL;

	/* iter->n is the slot after the one that iter->qp hangs in. */
	if (iter->qp && iter->n > iter->specials)
		qp = rcu_dereference(iter->qp->next);
	while (!qp && iter->n < end) {
		int n = iter->n++;

		qp = n < iter->specials ? special_qp(iter, n) :
			first_in_bucket(iter, n - iter->specials);
	}
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

/* Make the walk good again after the callback, whatever happened meanwhile. */
static void resume(struct rvt_qp_iter *iter)
{
	struct rvt_qp *qp = iter->qp;

	if (iter->n <= iter->specials ||
	    rvt_lookup_qpn(iter->rdi, NULL, qp->ibqp.qp_num) == qp)
		return;
	iter->qp = NULL;
	iter->n--;
}

/**
 * rvt_qp_iter - call a function for every queue pair of a device
 * @rdi: the device
 * @v: passed to @cb
 * @cb: what to call; may sleep
 *
 * A queue pair may be presented again if another that shares its chain in the
 * table was destroyed during the walk.  Does nothing if memory is short.
 *
 * Context: process; may sleep.
 */
void rvt_qp_iter(struct rvt_dev_info *rdi, u64 v,
		 void (*cb)(struct rvt_qp *qp, u64 v))
{
	struct rvt_qp_iter *iter = rvt_qp_iter_init(rdi, v, cb);
	struct rvt_qp *qp;

	if (!iter)
		return;
	rcu_read_lock();
	while ((qp = next_held(iter))) {
		rcu_read_unlock();
		iter->cb(qp, iter->v);
		rcu_read_lock();
		resume(iter);
		rvt_put_qp(qp);
	}
	rcu_read_unlock();
	kfree(iter);
}
EXPORT_SYMBOL(rvt_qp_iter);
