// SPDX-License-Identifier: GPL-2.0
/*
 * Memory keys: from a key and an address to kernel memory, or to a refusal.
 *
 * A key names a slot of the device's table in its top bits, so that finding a
 * region is one load; below follows a generation number, so that a stale key
 * does not name the slot's next region, and eight bits that belong to the
 * consumer (section 13 of the interface specification):
 *
 *	| slot: lkey_table_size bits | generation | consumer: 8 bits |
 *
 * lkey and rkey are the same number.  Key 0 names all memory.  User space may
 * never use it; a kernel protection domain may locally, and lets remote
 * requests do so only if it was allocated with rights for that
 * (IB_PD_UNSAFE_GLOBAL_RKEY).  Requests that use key 0 hold rdi->dma_mr, which
 * lives as long as the device.
 *
 * Checks run for every request and, with the remote's numbers, for every
 * packet: they take no lock and allocate nothing.  RCU keeps a region that is
 * being looked at, its percpu reference one that a request points into.
 *
 * Locking: rvt_lkey_table.lock guards changes of the table.
 */
#include <linux/pci.h>		/* export checksums: see rdmavt.h */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "mr.h"
#include "mw.h"
#include "trace_mr.h"

#define KEY_BITS	32

/* The region of all memory that requests with key 0 hold. */
static int make_dma_region(struct rvt_dev_info *rdi)
{
	struct rvt_mregion *mr;
	int ret;

	mr = kzalloc_node(sizeof(*mr), GFP_KERNEL, rdi->dparms.node);
	if (!mr)
		return -ENOMEM;
	ret = rvt_init_mregion_ref(mr, 0);
	if (ret) {
		kfree(mr);
		return ret;
	}
	rcu_assign_pointer(rdi->dma_mr, mr);
	return 0;
}

static void free_dma_region(struct rvt_dev_info *rdi)
{
	struct rvt_mregion *mr = rcu_dereference_protected(rdi->dma_mr, true);

	if (!mr)
		return;
	RCU_INIT_POINTER(rdi->dma_mr, NULL);
	percpu_ref_kill(&mr->refcount);
	wait_for_completion(&mr->comp);
	percpu_ref_exit(&mr->refcount);
	kfree(mr);
}

/**
 * rvt_keys_init - make the key table of a device
 * @rdi: the device; dparms.lkey_table_size is the number of slot bits
 *
 * Sets props.max_mr to what the table holds.
 *
 * Context: May sleep.
 * Return: 0, -EINVAL for a size of 0, -ENOMEM.
 */
int rvt_keys_init(struct rvt_dev_info *rdi)
{
	struct rvt_lkey_table *rkt = &rdi->lkey_table;
	unsigned int bits = rdi->dparms.lkey_table_size;
	int ret;

	if (!bits)
		return -EINVAL;
	if (bits > RVT_MAX_LKEY_TABLE_BITS) {
		ibdev_warn(&rdi->ibdev,
			   "a key table of %u bits is too large, using %u bits\n",
			   bits, RVT_MAX_LKEY_TABLE_BITS);
		bits = RVT_MAX_LKEY_TABLE_BITS;
		rdi->dparms.lkey_table_size = bits;
	}

	spin_lock_init(&rkt->lock);
	rkt->max = 1 << bits;
	rkt->shift = KEY_BITS - bits;
	rkt->next = 0;
	rkt->gen = 0;
	rdi->dparms.props.max_mr = rkt->max;

	ret = make_dma_region(rdi);
	if (ret)
		return ret;
	rkt->table = vzalloc_node(array_size(rkt->max, sizeof(*rkt->table)),
				  rdi->dparms.node);
	if (!rkt->table) {
		free_dma_region(rdi);
		return -ENOMEM;
	}
	return 0;
}

/**
 * rvt_keys_exit - undo rvt_keys_init(), if it was done
 * @rdi: the device; no region of it is left
 *
 * Context: May sleep.
 */
void rvt_keys_exit(struct rvt_dev_info *rdi)
{
	vfree(rdi->lkey_table.table);
	rdi->lkey_table.table = NULL;
	free_dma_region(rdi);
}

/* A slot that no region has, searched from the last one found; or max. */
static u32 free_slot(const struct rvt_lkey_table *rkt)
{
	u32 n;

	lockdep_assert_held(&rkt->lock);

	for (n = 0; n < rkt->max; n++) {
		u32 slot = (rkt->next + n) & (rkt->max - 1);

		if (!rcu_access_pointer(rkt->table[slot]))
			return slot;
	}
	return rkt->max;
}

static u32 make_key(const struct rvt_lkey_table *rkt, u32 slot)
{
	u32 gen_mask = BIT(rkt->shift) - BIT(RVT_KEY_CONSUMER_BITS);
	u32 key = slot << rkt->shift |
		  ((rkt->gen << RVT_KEY_CONSUMER_BITS) & gen_mask);

	/* 0 means all memory. */
	return key ?: BIT(RVT_KEY_CONSUMER_BITS);
}

/**
 * rvt_publish_key - give a region a key and let requests find it
 * @rkt: the device's key table
 * @mr: the region, complete in all other respects
 *
 * Context: Any.
 * Return: 0, or -ENOMEM when all keys are in use.
 */
int rvt_publish_key(struct rvt_lkey_table *rkt, struct rvt_mregion *mr)
{
	unsigned long flags;
	int ret = -ENOMEM;
	u32 slot;

	spin_lock_irqsave(&rkt->lock, flags);
	slot = free_slot(rkt);
	if (slot < rkt->max) {
		mr->lkey = make_key(rkt, slot);
		mr->lkey_published = 1;
		rkt->gen++;
		rkt->next = (slot + 1) & (rkt->max - 1);
		rcu_assign_pointer(rkt->table[slot], mr);
		ret = 0;
	}
	spin_unlock_irqrestore(&rkt->lock, flags);
	return ret;
}

/**
 * rvt_unpublish_key - no request shall find a region any more
 * @rkt: the device's key table
 * @mr: the region; nothing happens if it is not published
 *
 * Context: Any.  A grace period later nobody looks at @mr without a reference.
 */
void rvt_unpublish_key(struct rvt_lkey_table *rkt, struct rvt_mregion *mr)
{
	unsigned long flags;

	spin_lock_irqsave(&rkt->lock, flags);
	if (mr->lkey_published) {
		RCU_INIT_POINTER(rkt->table[mr->lkey >> rkt->shift], NULL);
		WRITE_ONCE(mr->lkey_published, 0);
	}
	spin_unlock_irqrestore(&rkt->lock, flags);
}

/*
 * Is @mr a valid region of @pd with that key?  Windows, which have no pages of
 * their own, are something else.
 */
static bool is_region(const struct rvt_mregion *mr, const struct ib_pd *pd,
		      u32 key)
{
	return likely(mr && !atomic_read_acquire(&mr->lkey_invalid) &&
		      mr->lkey == key && mr->pd == pd && !rvt_is_window(mr) &&
		      READ_ONCE(mr->lkey_published));
}

/* What has the slot of that key, under RCU, without a reference. */
static struct rvt_mregion *find_slot(struct rvt_lkey_table *rkt, u32 key)
{
	return rcu_dereference(rkt->table[key >> rkt->shift]);
}

/*
 * Do @len bytes at @addr lie in @mr, which begins at @base?  Addresses and
 * lengths are the requester's, so nothing here may wrap.
 */
static bool in_region(const struct rvt_mregion *mr, u64 base, u64 addr,
		      u32 len, u64 *offset)
{
	*offset = addr - base;
	return len <= mr->length && *offset <= mr->length - len;
}

/**
 * rvt_point_into - let an element point into a region
 * @sge: the element
 * @mr: the region, of which @sge gets the caller's reference
 * @offset: where, from the region's first byte
 * @len: bytes; the region holds them
 *
 * Context: Any.
 */
void rvt_point_into(struct rvt_sge *sge, struct rvt_mregion *mr, u64 offset,
		    u32 len)
{
	struct rvt_seg *seg;
	u64 index;

	sge->mr = mr;
	sge->sge_length = len;
	if (unlikely(!len)) {
		/* Possibly just behind the last segment. */
		sge->vaddr = NULL;
		sge->length = 0;
		sge->m = 0;
		sge->n = 0;
		return;
	}

	offset += mr->offset;
	index = offset >> mr->page_shift;
	offset &= BIT_ULL(mr->page_shift) - 1;
	sge->m = index / RVT_SEGSZ;
	sge->n = index % RVT_SEGSZ;
	seg = &mr->map[sge->m]->segs[sge->n];
	sge->vaddr = seg->vaddr + offset;
	sge->length = seg->length - offset;
}

/* Point @sge at @len bytes at the kernel address @addr. */
static bool point_at_memory(struct rvt_sge *sge, struct rvt_mregion *mr,
			    u64 addr, u32 len)
{
	u64 end;

	if (check_add_overflow(addr, (u64)len, &end) ||
	    !percpu_ref_tryget_live_rcu(&mr->refcount))
		return false;

	sge->mr = mr;
	sge->vaddr = (void *)(uintptr_t)addr;
	sge->sge_length = len;
	sge->length = len;
	sge->m = 0;
	sge->n = 0;
	return true;
}

/**
 * rvt_point_at_memory - let an element point at the library's own memory
 * @rdi: the device
 * @sge: gets the memory, with a reference on the region of all memory
 * @start: of the memory
 * @len: bytes
 *
 * Context: Any.
 * Return: 0, or -EINVAL on a device that is going away.
 */
int rvt_point_at_memory(struct rvt_dev_info *rdi, struct rvt_sge *sge,
			void *start, u32 len)
{
	bool ok;

	rcu_read_lock();
	ok = point_at_memory(sge, rcu_dereference(rdi->dma_mr),
			     (uintptr_t)start, len);
	rcu_read_unlock();
	return ok ? 0 : -EINVAL;
}

/* The offset in its region of the byte behind @sge. */
static u64 end_offset(const struct rvt_sge *sge)
{
	const struct rvt_mregion *mr = sge->mr;
	u64 index = (u64)sge->m * RVT_SEGSZ + sge->n;
	void *start = mr->map[sge->m]->segs[sge->n].vaddr;

	return (index << mr->page_shift) + (sge->vaddr - start) -
	       mr->offset + sge->sge_length;
}

/* Let @last cover @len bytes more if they follow it, @offset into @mr. */
static bool extend(struct rvt_sge *last, const struct rvt_mregion *mr,
		   u64 offset, u32 len)
{
	u32 sum;

	if (!last || last->mr != mr || !last->sge_length ||
	    end_offset(last) != offset ||
	    check_add_overflow(last->sge_length, len, &sum))
		return false;

	last->sge_length = sum;
	return true;
}

/* The same for key 0. */
static bool extend_memory(struct rvt_sge *last, const struct ib_sge *sge)
{
	u64 end;
	u32 sum;

	if (!last || last->mr->lkey ||
	    (uintptr_t)last->vaddr + last->sge_length != sge->addr ||
	    check_add_overflow(sge->addr, (u64)sge->length, &end) ||
	    check_add_overflow(last->sge_length, sge->length, &sum))
		return false;

	last->sge_length = sum;
	last->length = sum;
	return true;
}

static int resolve_memory(struct rvt_lkey_table *rkt, struct rvt_pd *pd,
			  struct rvt_sge *isge, struct rvt_sge *last_sge,
			  struct ib_sge *sge)
{
	if (pd->user)
		return -EINVAL;
	if (extend_memory(last_sge, sge)) {
		trace_rvt_sge_adjacent(pd, last_sge, sge);
		return 0;
	}
	if (rvt_point_at_memory(ib_to_rvt(pd->ibpd.device), isge,
				(void *)(uintptr_t)sge->addr, sge->length))
		return -EINVAL;
	trace_rvt_sge_new(pd, isge, sge);
	return 1;
}

/**
 * rvt_lkey_ok - resolve an element of a request's scatter list
 * @rkt: the device's key table
 * @pd: the protection domain that the request belongs to
 * @isge: gets the memory, with a reference on its region
 * @last_sge: the element before it, or NULL; extended when @sge follows it
 * @sge: the element, in kernel memory
 * @acc: access flags, all of which the region must have
 *
 * Sections 2 and 13 of the interface specification.
 *
 * Context: Any.
 * Return: 1 when @isge was filled, 0 when @last_sge was extended instead,
 * -EINVAL when the key does not allow it.
 */
int rvt_lkey_ok(struct rvt_lkey_table *rkt, struct rvt_pd *pd,
		struct rvt_sge *isge, struct rvt_sge *last_sge,
		struct ib_sge *sge, int acc)
{
	struct rvt_mregion *mr;
	u64 offset;

	if (!sge->lkey)
		return resolve_memory(rkt, pd, isge, last_sge, sge);

	rcu_read_lock();
	mr = find_slot(rkt, sge->lkey);
	if (unlikely(!is_region(mr, &pd->ibpd, sge->lkey) ||
		     (mr->access_flags & acc) != acc ||
		     !in_region(mr, mr->user_base, sge->addr, sge->length,
				&offset)))
		goto refuse;

	if (extend(last_sge, mr, offset, sge->length)) {
		rcu_read_unlock();
		trace_rvt_sge_adjacent(pd, last_sge, sge);
		return 0;
	}
	if (unlikely(!percpu_ref_tryget_live_rcu(&mr->refcount)))
		goto refuse;
	rcu_read_unlock();

	rvt_point_into(isge, mr, offset, sge->length);
	trace_rvt_sge_new(pd, isge, sge);
	return 1;

refuse:
	rcu_read_unlock();
	trace_rvt_lkey_refused(pd->ibpd.device, 0, sge->lkey, sge->addr,
			       sge->length, acc);
	return -EINVAL;
}
EXPORT_SYMBOL(rvt_lkey_ok);

/* Did this protection domain give remote requests rights to all memory? */
static bool global_rkey_ok(struct ib_pd *pd, int acc)
{
	struct ib_mr *ibmr = pd->__internal_mr;

	/* A driver with regions of its own answers for them itself. */
	if (ibpd_to_rvtpd(pd)->user || !ibmr ||
	    pd->device->ops.get_dma_mr != rvt_get_dma_mr)
		return false;
	return ibmr_to_rvtmr(ibmr)->mr.access_flags & acc;
}

/* Resolve a remote request's key, of which @mr has the slot. */
static bool resolve_remote(struct rvt_qp *qp, struct rvt_mregion *mr,
			   struct rvt_sge *sge, u32 len, u64 vaddr, u32 rkey,
			   int acc)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	struct ib_pd *pd = qp->ibqp.pd;
	u64 offset;

	if (unlikely(!rkey))
		return global_rkey_ok(pd, acc) &&
		       point_at_memory(sge, rcu_dereference(rdi->dma_mr), vaddr,
				       len);
	if (unlikely(!is_region(mr, pd, rkey)))
		return mr && rvt_is_window(mr) &&
		       rvt_window_ok(qp, mr, sge, len, vaddr, rkey, acc);
	if (!(mr->access_flags & acc) ||
	    !in_region(mr, mr->iova, vaddr, len, &offset) ||
	    !percpu_ref_tryget_live_rcu(&mr->refcount))
		return false;
	rvt_point_into(sge, mr, offset, len);
	return true;
}

/**
 * rvt_rkey_ok - resolve the memory that a remote request wants to access
 * @qp: the queue pair that received it
 * @sge: gets the memory, with a reference on its region
 * @len: bytes
 * @vaddr: address in the request
 * @rkey: key in the request
 * @acc: access flags, one of which the region must have
 *
 * Sections 2 and 13 of the interface specification.
 *
 * Context: Any.
 * Return: 1 when @sge was filled, 0 when the key does not allow it.
 */
int rvt_rkey_ok(struct rvt_qp *qp, struct rvt_sge *sge,
		u32 len, u64 vaddr, u32 rkey, int acc)
{
	struct ib_device *ibdev = qp->ibqp.device;
	int ok;

	rcu_read_lock();
	ok = resolve_remote(qp, find_slot(&ib_to_rvt(ibdev)->lkey_table, rkey),
			    sge, len, vaddr, rkey, acc);
	rcu_read_unlock();
	if (unlikely(!ok))
		trace_rvt_rkey_refused(ibdev, qp->ibqp.qp_num, rkey, vaddr, len,
				       acc);
	return ok;
}
EXPORT_SYMBOL(rvt_rkey_ok);

/**
 * rvt_access_begin - access the memory that a remote request names
 * @access: gets the memory
 * @qp: the queue pair that received the request
 * @len: bytes
 * @vaddr: address in the request
 * @rkey: key in the request
 * @acc: access flags, one of which the region must have
 *
 * As rvt_rkey_ok().  Besides, until rvt_access_end() is called whoever invalidates
 * the key waits: when an invalidation has returned, its owner may give the memory
 * to somebody else.  Key 0 has none.
 *
 * Context: Any, interrupts off; nothing that waits for another may be done until
 * rvt_access_end().
 * Return: true when the access may begin.
 */
bool rvt_access_begin(struct rvt_access *access, struct rvt_qp *qp, u32 len,
		      u64 vaddr, u32 rkey, int acc)
{
	struct ib_device *ibdev = qp->ibqp.device;
	struct rvt_mregion *mr;
	bool ok;

	rcu_read_lock();
	mr = find_slot(&ib_to_rvt(ibdev)->lkey_table, rkey);
	access->count = NULL;
	if (mr && rkey) {
		access->count = rvt_is_window(mr) ? rvt_window_accesses(mr) :
				&mregion_to_rvtmr(mr)->accesses;
		atomic_inc(access->count);
		/* Pairs with rvt_wait_for_accesses(). */
		smp_mb__after_atomic();
	}
	ok = resolve_remote(qp, mr, &access->sge, len, vaddr, rkey, acc);
	if (unlikely(!ok)) {
		rvt_access_end(access);
		trace_rvt_rkey_refused(ibdev, qp->ibqp.qp_num, rkey, vaddr, len,
				       acc);
	}
	rcu_read_unlock();
	return ok;
}
EXPORT_SYMBOL_GPL(rvt_access_begin);

/**
 * rvt_access_end - the memory was accessed
 * @access: begun; or zeroed, or ended before
 *
 * The reference on the region stays with the element.
 *
 * Context: As rvt_access_begin(), interrupts off since then.
 */
void rvt_access_end(struct rvt_access *access)
{
	if (!access->count)
		return;
	/* What was copied comes before. */
	smp_mb__before_atomic();
	atomic_dec(access->count);
	access->count = NULL;
}
EXPORT_SYMBOL_GPL(rvt_access_end);

/**
 * rvt_fast_reg_mr - make a fast registration region valid
 * @qp: the queue pair that the REG_MR request was posted to
 * @ibmr: the region, filled by map_mr_sg
 * @key: its key, with the consumer's choice of the low byte
 * @access: what the key allows
 *
 * Context: Any.
 * Return: 0; -EACCES for a region of another protection domain; -EINVAL for
 * one that is not for fast registration, or not of that key.
 */
int rvt_fast_reg_mr(struct rvt_qp *qp, struct ib_mr *ibmr, u32 key,
		    int access)
{
	struct rvt_mr *mr = ibmr_to_rvtmr(ibmr);

	if (qp->ibqp.pd != mr->mr.pd)
		return -EACCES;
	/* Windows describe what the region is now. */
	if (!mr->mr.lkey || mr->umem || READ_ONCE(mr->windows) ||
	    (key ^ mr->mr.lkey) & ~(u32)RVT_KEY_CONSUMER_MASK)
		return -EINVAL;

	atomic_set(&mr->mr.lkey_invalid, 1);
	/* Nobody shall use the old key with the new rights. */
	rvt_wait_for_accesses(&mr->accesses);
	ibmr->lkey = key;
	ibmr->rkey = key;
	mr->mr.lkey = key;
	mr->mr.access_flags = access;
	mr->mr.iova = ibmr->iova;
	mr->mr.user_base = ibmr->iova;
	atomic_set_release(&mr->mr.lkey_invalid, 0);
	return 0;
}
EXPORT_SYMBOL(rvt_fast_reg_mr);

/* A region must have one of the access flags in @rights, if there are any. */
static int invalidate(struct rvt_qp *qp, u32 rkey, int rights)
{
	struct rvt_lkey_table *rkt = &ib_to_rvt(qp->ibqp.device)->lkey_table;
	struct rvt_mregion *mr;
	int ret = -EINVAL;

	if (!rkey)
		return -EINVAL;

	rcu_read_lock();
	mr = rcu_dereference(rkt->table[rkey >> rkt->shift]);
	if (mr && rvt_is_window(mr)) {
		ret = rvt_invalidate_window(qp, mr, rkey);
	} else if (mr && mr->lkey == rkey && mr->pd == qp->ibqp.pd &&
		   !mregion_to_rvtmr(mr)->umem &&
		   (!rights || (mr->access_flags & rights))) {
		atomic_set(&mr->lkey_invalid, 1);
		rvt_wait_for_accesses(&mregion_to_rvtmr(mr)->accesses);
		ret = 0;
	}
	rcu_read_unlock();
	trace_rvt_invalidate(qp->ibqp.device, qp->ibqp.qp_num, rkey, ret);
	return ret;
}

/**
 * rvt_invalidate_rkey - make a fast registration region or a window invalid
 * @qp: the queue pair that was asked to, locally or by its peer
 * @rkey: the region's full key
 *
 * Regions of user memory are not for this request: their owner deregisters
 * them.  Nor are windows of type 1, which are bound anew.
 *
 * Context: Any.
 * Return: 0, or -EINVAL when that is no such region or window of the same
 * protection domain.
 */
int rvt_invalidate_rkey(struct rvt_qp *qp, u32 rkey)
{
	return invalidate(qp, rkey, 0);
}
EXPORT_SYMBOL(rvt_invalidate_rkey);

/**
 * rvt_invalidate_for_peer - the same, as a message from the peer demands
 * @qp: the queue pair that received the message
 * @rkey: the full key
 *
 * What a peer may not access it may not take away either.
 *
 * Context: Any.
 * Return: 0, or -EINVAL when that is no such region or window of the same
 * protection domain, or a region without remote access.
 */
int rvt_invalidate_for_peer(struct rvt_qp *qp, u32 rkey)
{
	return invalidate(qp, rkey, IB_ACCESS_REMOTE_READ |
			  IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC);
}
EXPORT_SYMBOL_GPL(rvt_invalidate_for_peer);

/**
 * rvt_rkey_replaced - has a region been registered under another key?
 * @qp: the queue pair that was asked to invalidate @rkey
 * @rkey: a key that rvt_invalidate_rkey() does not know
 *
 * Context: Any.
 * Return: true for the former key of a fast registration region of the same
 * protection domain.
 */
bool rvt_rkey_replaced(struct rvt_qp *qp, u32 rkey)
{
	struct rvt_lkey_table *rkt = &ib_to_rvt(qp->ibqp.device)->lkey_table;
	struct rvt_mregion *mr;
	bool replaced;

	rcu_read_lock();
	mr = rcu_dereference(rkt->table[rkey >> rkt->shift]);
	replaced = rkey && mr && !rvt_is_window(mr) && mr->pd == qp->ibqp.pd &&
		   !mregion_to_rvtmr(mr)->umem &&
		   !((mr->lkey ^ rkey) & ~(u32)RVT_KEY_CONSUMER_MASK);
	rcu_read_unlock();
	return replaced;
}
