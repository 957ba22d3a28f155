// SPDX-License-Identifier: GPL-2.0
/*
 * Memory windows: a key of their own for a part of a memory region, given and
 * taken by work requests instead of by registration.
 *
 *   type 1	is bound again and again, each time with a key that the library
 *		chooses; bound to no bytes it is closed.  Any queue pair of its
 *		protection domain may use it.
 *   type 2	(2B) is bound with a key whose low byte the consumer chooses,
 *		and closed by invalidation.  Only the queue pair that it was
 *		bound on may use it, until that is reset or destroyed.
 *
 * A window has a slot in the key table, as regions do, and in it a region
 * without pages: that is how lookups tell it.  A request that comes with its
 * key is checked against the window, and then refers to the region that the
 * window is bound to, so that nothing refers to a window for longer than a
 * lookup.  The region counts its windows, and stays as long as there are some.
 *
 * Whoever holds a bound key may use it at any time, also while it is being
 * bound again.  So the description of a window is read and changed under its
 * lock, and the range is compared with that of the region each time.
 *
 * Locking: rvt_window.lock guards all of a window.  rvt_mr.lock, outside it,
 * goes with binding to that region.
 *
 * InfiniBand Architecture Specification, volume 1: 10.6.7.2.
 */
#include <linux/slab.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "mr.h"
#include "mw.h"
#include "qp.h"
#include "trace_mr.h"

#define REMOTE_RIGHTS	(IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_READ | \
			 IB_ACCESS_REMOTE_ATOMIC)
#define REMOTE_CHANGES	(IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC)

/**
 * struct rvt_window - what the data path sees of a memory window
 * @lock: guards what follows, but for @accesses
 * @type: 1 or 2
 * @target: the region that it is bound to, or NULL
 * @life: of the queue pair that it was bound on (rvt_qp_extra.life)
 * @base: the address of its first byte in requests
 * @length: in bytes
 * @offset: of its first byte in @target
 * @access: what it allows
 * @accesses: remote accesses under way with its key, without the lock
 * @rcu: for freeing it
 * @region: its slot in the key table: key and protection domain
 */
struct rvt_window {
	spinlock_t lock;	/* guards what follows */
	enum ib_mw_type type;
	struct rvt_mr *target;
	u64 life;
	u64 base;
	u64 length;
	u64 offset;
	int access;
	atomic_t accesses;
	struct rcu_head rcu;
	struct rvt_mregion region;	/* last: ends in an array */
};

static struct rvt_window *to_window(struct rvt_mregion *mr)
{
	return container_of(mr, struct rvt_window, region);
}

static struct rvt_lkey_table *key_table(const struct ib_pd *pd)
{
	return &ib_to_rvt(pd->device)->lkey_table;
}

/**
 * rvt_alloc_mw - the alloc_mw verb
 * @ibmw: the window, its device, protection domain and type set
 * @udata: unused
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP on a device whose driver has no BIND_MW; -EINVAL for
 * another type; -ENOMEM when memory or keys run out.
 */
int rvt_alloc_mw(struct ib_mw *ibmw, struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibmw->device);
	struct rvt_window *window;
	int ret;

	if (!rdi->post_parms[IB_WR_BIND_MW].length)
		return -EOPNOTSUPP;
	if (ibmw->type != IB_MW_TYPE_1 && ibmw->type != IB_MW_TYPE_2)
		return -EINVAL;

	window = kzalloc_node(sizeof(*window), rvt_gfp(udata),
			      rdi->dparms.node);
	if (!window)
		return -ENOMEM;
	spin_lock_init(&window->lock);
	window->type = ibmw->type;
	window->region.pd = ibmw->pd;
	ret = rvt_publish_key(&rdi->lkey_table, &window->region);
	if (ret) {
		kfree(window);
		return ret;
	}
	ibmw->rkey = window->region.lkey;
	ibmw_to_rvtmw(ibmw)->window = window;
	return 0;
}

/* Close the window.  Returns the region, if any, that is to forget it. */
static struct rvt_mr *close_window(struct rvt_window *window)
{
	struct rvt_mr *target = window->target;

	lockdep_assert_held(&window->lock);
	window->target = NULL;
	return target;
}

/* The window was closed, and @target has one less. */
static void forget_window(struct rvt_window *window, struct rvt_mr *target)
{
	unsigned long flags;

	if (!target)
		return;
	rvt_wait_for_accesses(&window->accesses);
	spin_lock_irqsave(&target->lock, flags);
	target->windows--;
	spin_unlock_irqrestore(&target->lock, flags);
}

/**
 * rvt_dealloc_mw - the dealloc_mw verb
 * @ibmw: the window, bound or not
 *
 * Context: Any.
 * Return: 0.
 */
int rvt_dealloc_mw(struct ib_mw *ibmw)
{
	struct rvt_window *window = ibmw_to_rvtmw(ibmw)->window;
	struct rvt_mr *target;
	unsigned long flags;

	rvt_unpublish_key(key_table(ibmw->pd), &window->region);
	spin_lock_irqsave(&window->lock, flags);
	target = close_window(window);
	spin_unlock_irqrestore(&window->lock, flags);
	forget_window(window, target);
	kfree_rcu(window, rcu);
	return 0;
}

/* May these rights to a part of @mr be given to others? */
static bool rights_ok(const struct rvt_mregion *mr, enum ib_mw_type type,
		      int access)
{
	int allowed = REMOTE_RIGHTS;

	if (type == IB_MW_TYPE_2)
		allowed |= IB_ZERO_BASED;
	if ((access & ~allowed) || !(mr->access_flags & IB_ACCESS_MW_BIND))
		return false;
	return !(access & REMOTE_CHANGES) ||
	       (mr->access_flags & IB_ACCESS_LOCAL_WRITE);
}

static bool range_ok(const struct rvt_mregion *mr, u64 offset, u64 length)
{
	return length <= mr->length && offset <= mr->length - length;
}

/* What of the region does not change while its lock is held. */
static bool region_ok(const struct rvt_mregion *mr,
		      const struct rvt_window *window,
		      const struct rvt_bind_mw_wr *wr)
{
	return mr->lkey && mr->lkey_published && mr->pd == window->region.pd &&
	       !atomic_read_acquire(&mr->lkey_invalid) &&
	       rights_ok(mr, window->type, wr->access) &&
	       range_ok(mr, wr->addr - mr->iova, wr->length);
}

/* A window of type 2 must be closed, and gets its key from the consumer. */
static bool window_ok(const struct rvt_window *window,
		      const struct rvt_bind_mw_wr *wr)
{
	if (!wr->length)
		return false;
	return window->type == IB_MW_TYPE_1 ||
	       (!window->target && !((wr->rkey ^ window->region.lkey) &
				     ~(u32)RVT_KEY_CONSUMER_MASK));
}

static u32 next_key(u32 key)
{
	return (key & ~(u32)RVT_KEY_CONSUMER_MASK) |
	       ((key + 1) & RVT_KEY_CONSUMER_MASK);
}

static void open_window(struct rvt_qp *qp, struct rvt_window *window,
			const struct rvt_bind_mw_wr *wr, struct rvt_mr *target)
{
	lockdep_assert_held(&window->lock);
	lockdep_assert_held(&target->lock);

	target->windows++;
	window->target = target;
	window->life = rvt_qp_extra(qp)->life;
	window->base = wr->access & IB_ZERO_BASED ? 0 : wr->addr;
	window->length = wr->length;
	window->offset = wr->addr - target->mr.iova;
	window->access = wr->access & REMOTE_RIGHTS;
	window->region.lkey = window->type == IB_MW_TYPE_1 ?
			      next_key(window->region.lkey) : wr->rkey;
}

static int bind(struct rvt_qp *qp, struct rvt_window *window,
		const struct rvt_bind_mw_wr *wr)
{
	struct rvt_mr *target = ibmr_to_rvtmr(wr->mr), *before = NULL;
	unsigned long flags;
	int ret = -EINVAL;

	spin_lock_irqsave(&target->lock, flags);
	spin_lock(&window->lock);
	if (region_ok(&target->mr, window, wr) && window_ok(window, wr)) {
		before = close_window(window);
		open_window(qp, window, wr, target);
		wr->mw->rkey = window->region.lkey;
		ret = 0;
	}
	spin_unlock(&window->lock);
	spin_unlock_irqrestore(&target->lock, flags);
	forget_window(window, before);
	return ret;
}

static void unbind(struct rvt_window *window)
{
	struct rvt_mr *target;
	unsigned long flags;

	spin_lock_irqsave(&window->lock, flags);
	target = close_window(window);
	spin_unlock_irqrestore(&window->lock, flags);
	forget_window(window, target);
}

/**
 * rvt_bind_mw - carry out a BIND_MW request
 * @qp: the queue pair that it was posted to
 * @wr: the request
 *
 * A request for no bytes closes a window of type 1.
 *
 * InfiniBand Architecture Specification, volume 1, 10.6.7.2.
 *
 * Context: Any.
 * Return: 0, or -EINVAL, and the window is as it was.
 */
int rvt_bind_mw(struct rvt_qp *qp, const struct rvt_bind_mw_wr *wr)
{
	struct rvt_window *window = ibmw_to_rvtmw(wr->mw)->window;
	int ret = -EINVAL;

	if (wr->mw->pd == qp->ibqp.pd) {
		if (!wr->length && wr->mw->type == IB_MW_TYPE_1) {
			unbind(window);
			ret = 0;
		} else if (wr->mr) {
			ret = bind(qp, window, wr);
		}
	}
	trace_rvt_bind_mw(qp->ibqp.device, qp->ibqp.qp_num, wr->mw->rkey, ret);
	return ret;
}

/* Is it open, under that key, to requests that come in on @qp? */
static bool is_open(const struct rvt_window *window, const struct rvt_qp *qp,
		    u32 rkey)
{
	lockdep_assert_held(&window->lock);
	return window->target && window->region.lkey == rkey &&
	       window->region.pd == qp->ibqp.pd &&
	       (window->type == IB_MW_TYPE_1 ||
		window->life == rvt_qp_extra(qp)->life);
}

/**
 * rvt_invalidate_window - close a window of type 2
 * @qp: the queue pair that was asked to, locally or by its peer
 * @mr: the window's slot, found under RCU
 * @rkey: the window's full key
 *
 * Context: Any; RCU read lock held.
 * Return: 0, or -EINVAL for one that is not open to requests on @qp.
 */
int rvt_invalidate_window(struct rvt_qp *qp, struct rvt_mregion *mr, u32 rkey)
{
	struct rvt_window *window = to_window(mr);
	struct rvt_mr *target = NULL;
	unsigned long flags;
	int ret = -EINVAL;

	spin_lock_irqsave(&window->lock, flags);
	if (window->type == IB_MW_TYPE_2 && is_open(window, qp, rkey)) {
		target = close_window(window);
		ret = 0;
	}
	spin_unlock_irqrestore(&window->lock, flags);
	forget_window(window, target);
	return ret;
}

/* Resolve a request through an open window. */
static bool look_through(const struct rvt_window *window, struct rvt_sge *sge,
			 u32 len, u64 vaddr, int acc)
{
	u64 offset = vaddr - window->base;
	struct rvt_mregion *mr = &window->target->mr;

	if (!(window->access & acc) || len > window->length ||
	    offset > window->length - len)
		return false;
	offset += window->offset;
	if (atomic_read_acquire(&mr->lkey_invalid) ||
	    !range_ok(mr, offset, len) ||
	    !percpu_ref_tryget_live_rcu(&mr->refcount))
		return false;
	rvt_point_into(sge, mr, offset, len);
	return true;
}

/**
 * rvt_window_accesses - where accesses with the key of a window are counted
 * @mr: the window's slot, found under RCU
 *
 * Return: the counter; it lives as long as @mr.
 */
atomic_t *rvt_window_accesses(struct rvt_mregion *mr)
{
	return &to_window(mr)->accesses;
}

/**
 * rvt_window_ok - resolve the memory that a remote request wants to access
 *	through a window
 * @qp: the queue pair that received it
 * @mr: the window's slot, found under RCU
 * @sge: gets the memory, with a reference on its region
 * @len: bytes
 * @vaddr: address in the request
 * @rkey: key in the request
 * @acc: access flags, one of which the window must have
 *
 * Context: Any; RCU read lock held.
 * Return: true when @sge was filled, false when the window does not allow it.
 */
bool rvt_window_ok(struct rvt_qp *qp, struct rvt_mregion *mr,
		   struct rvt_sge *sge, u32 len, u64 vaddr, u32 rkey, int acc)
{
	struct rvt_window *window = to_window(mr);
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&window->lock, flags);
	ok = is_open(window, qp, rkey) &&
	     look_through(window, sge, len, vaddr, acc);
	spin_unlock_irqrestore(&window->lock, flags);
	return ok;
}
