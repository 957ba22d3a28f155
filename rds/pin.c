// SPDX-License-Identifier: GPL-2.0
/*
 * User memory under RDMA operations: pinned when the operation is made, let go
 * when its message is. In between, it counts against the user's RLIMIT_MEMLOCK,
 * together with regions and whatever else is pinned for RDMA (pinned_vm). That
 * takes no lock: a message goes in a completion, which serves others, too, and
 * whoever holds the lock of an address space may take as long as they like.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "rds.h"

static unsigned int pages_of(const struct rds_iovec *iov)
{
	return DIV_ROUND_UP((iov->addr & ~PAGE_MASK) + iov->bytes, PAGE_SIZE);
}

/* Account for @op->op_nr_pages, if the user may have that many. */
static int account(struct rm_op *op)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	struct mm_struct *mm = current->mm;

	if (atomic64_add_return(op->op_nr_pages, &mm->pinned_vm) > limit &&
	    !capable(CAP_IPC_LOCK)) {
		atomic64_sub(op->op_nr_pages, &mm->pinned_vm);
		return -ENOMEM;
	}
	op->op_mm = mm;
	mmgrab(mm);
	return 0;
}

static void unaccount(struct rm_op *op)
{
	if (!op->op_mm)
		return;
	atomic64_sub(op->op_nr_pages, &op->op_mm->pinned_vm);
	mmdrop(op->op_mm);
}

/* Pin one vector, and append its pages and segments. */
static int pin_one(struct rm_op *op, const struct rds_iovec *iov, unsigned int gup)
{
	unsigned int nr = pages_of(iov), i, off = iov->addr & ~PAGE_MASK;
	struct page **pages = op->op_pages + op->op_nr_pages;
	size_t left = iov->bytes, part;
	int pinned;

	pinned = pin_user_pages_fast(iov->addr & PAGE_MASK, nr, gup, pages);
	if (pinned < 0)
		return pinned;
	if (pinned < nr) {
		unpin_user_pages(pages, pinned);
		return -EFAULT;
	}

	for (i = 0; i < nr; i++) {
		part = min_t(size_t, left, PAGE_SIZE - off);
		sg_set_page(&op->op_sg[op->op_nr_pages + i], pages[i], part, off);
		left -= part;
		off = 0;
	}
	op->op_nr_pages += nr;
	return 0;
}

static int allocate(struct rm_op *op, unsigned int nr)
{
	op->op_pages = kvcalloc(nr, sizeof(*op->op_pages), GFP_KERNEL);
	op->op_sg = kvcalloc(nr, sizeof(*op->op_sg), GFP_KERNEL);
	if (!op->op_pages || !op->op_sg)
		return -ENOMEM;
	sg_init_table(op->op_sg, nr);
	op->op_nents = nr;
	return 0;
}

/**
 * rds_pin - take hold of user memory
 * @op: the operation
 * @iov: vectors, each checked to be neither empty nor to wrap
 * @nr: how many
 * @device_writes: the device will write to it
 *
 * Context: the user's process; sleeps.
 * Return: 0; -EFAULT; -ENOMEM, also if the user may not lock that much. Whatever
 *	it is, rds_unpin() undoes it.
 */
int rds_pin(struct rm_op *op, const struct rds_iovec *iov, unsigned int nr,
	    bool device_writes)
{
	unsigned int gup = FOLL_LONGTERM | (device_writes ? FOLL_WRITE : 0);
	unsigned int total = 0, i;
	int err;

	for (i = 0; i < nr; i++)
		total += pages_of(&iov[i]);
	err = allocate(op, total);
	for (i = 0; i < nr && !err; i++)
		err = pin_one(op, &iov[i], gup);
	op->op_dirty = device_writes;
	return err ?: account(op);
}

/**
 * rds_unpin - let go of it, and of the notifier if nobody has taken that
 * @op: an operation that no device works on
 *
 * Context: process context; sleeps.
 */
void rds_unpin(struct rm_op *op)
{
	unaccount(op);
	if (op->op_nr_pages)
		unpin_user_pages_dirty_lock(op->op_pages, op->op_nr_pages,
					    op->op_dirty);
	kvfree(op->op_pages);
	kvfree(op->op_sg);
	kfree(op->op_notifier);
}
