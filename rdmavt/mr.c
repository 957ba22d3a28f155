// SPDX-License-Identifier: GPL-2.0
/*
 * Memory regions.
 *
 * The data path copies with the CPU, so a region is a table of kernel
 * addresses: equal segments of a power of two bytes, 256 to a page of the
 * two-level map in struct rvt_mregion.  There are three kinds:
 *
 *   DMA	all memory, key 0.  No segments: an address is a kernel address.
 *		Requests that use key 0 hold the device's own region of this
 *		kind (keys.c); one made by get_dma_mr carries access rights,
 *		and nothing ever refers to it.
 *   user	pinned user pages, keyed, fixed for life.
 *   fast	a keyed table that the consumer fills with map_mr_sg and makes
 *		valid with a REG_MR request, again and again.
 *
 * Life: a keyed region is published in the key table, where the data path
 * finds it under RCU and takes a reference that lasts as long as a request
 * points into it.  Deregistration unpublishes, kills the reference count, so
 * that nobody gets a reference any more, and if there are references moves the
 * queue pairs that hold them into the error state, which makes them let go.
 * The last put completes mr->comp.  From then on nobody touches the memory, so
 * it goes back to its owner at once; struct rvt_mr, at which somebody may still
 * look under RCU, goes a grace period later.
 *
 * The reference count of a keyed region counts in one place, not on each CPU,
 * though percpu_ref could: killing it would then take a grace period, and
 * programs that register memory for each transfer wait for deregistration.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <rdma/ib_umem.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "mr.h"
#include "trace_mr.h"

/* struct rvt_sge counts pages of the map in 16 bits. */
#define MAX_MAP_PAGES	(U16_MAX + 1)
#define MAX_SEGMENTS	(MAX_MAP_PAGES * RVT_SEGSZ)

/* How long deregistration waits for requests before it gives up. */
#define DRAIN_TIMEOUT	(5 * HZ)

static void mregion_unused(struct percpu_ref *ref)
{
	struct rvt_mregion *mr = container_of(ref, struct rvt_mregion,
					      refcount);

	complete(&mr->comp);
}

/**
 * rvt_init_mregion_ref - make a region ready to be referred to
 * @mr: the region; gets one reference, which percpu_ref_kill() drops
 * @flags: of percpu_ref_init()
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int rvt_init_mregion_ref(struct rvt_mregion *mr, unsigned int flags)
{
	init_completion(&mr->comp);
	return percpu_ref_init(&mr->refcount, mregion_unused, flags,
			       GFP_KERNEL);
}

static void free_map(struct rvt_mregion *mr)
{
	while (mr->mapsz)
		kfree(mr->map[--mr->mapsz]);
}

static int alloc_map(struct rvt_mregion *mr, u32 pages, gfp_t gfp, int node)
{
	for (; mr->mapsz < pages; mr->mapsz++) {
		mr->map[mr->mapsz] = kzalloc_node(sizeof(**mr->map),
						  gfp, node);
		if (!mr->map[mr->mapsz]) {
			free_map(mr);
			return -ENOMEM;
		}
	}
	return 0;
}

/* A keyed region with room for @segments, not yet published. */
static struct rvt_mr *new_region(struct ib_pd *pd, u64 segments)
{
	int node = ib_to_rvt(pd->device)->dparms.node;
	gfp_t gfp = rvt_gfp(ibpd_to_rvtpd(pd)->user);
	struct rvt_mr *mr;
	u32 pages;
	int ret;

	if (segments > MAX_SEGMENTS)
		return ERR_PTR(-EINVAL);

	pages = DIV_ROUND_UP((u32)segments, RVT_SEGSZ);
	mr = kvzalloc_node(struct_size(mr, mr.map, pages), gfp, node);
	if (!mr)
		return ERR_PTR(-ENOMEM);

	mr->mr.pd = pd;
	mr->mr.max_segs = segments;
	mr->mr.page_shift = PAGE_SHIFT;
	spin_lock_init(&mr->lock);
	ret = alloc_map(&mr->mr, pages, gfp, node);
	if (ret)
		goto free_region;
	ret = rvt_init_mregion_ref(&mr->mr, PERCPU_REF_INIT_ATOMIC);
	if (ret)
		goto free_map;
	return mr;

free_map:
	free_map(&mr->mr);
free_region:
	kvfree(mr);
	return ERR_PTR(ret);
}

static void free_region_rcu(struct rcu_head *rcu)
{
	struct rvt_mr *mr = container_of(rcu, struct rvt_mr, rcu);

	percpu_ref_exit(&mr->mr.refcount);
	free_map(&mr->mr);
	kvfree(mr);
}

/* Nobody refers to @mr; it was never published or is so no more. */
static void free_region(struct rvt_mr *mr)
{
	call_rcu(&mr->rcu, free_region_rcu);
}

/* Give @mr, complete in all other respects, a key. */
static int publish(struct rvt_mr *mr)
{
	struct rvt_dev_info *rdi = ib_to_rvt(mr->mr.pd->device);
	int ret = rvt_publish_key(&rdi->lkey_table, &mr->mr);

	if (ret)
		return ret;
	mr->ibmr.lkey = mr->mr.lkey;
	mr->ibmr.rkey = mr->mr.lkey;
	return 0;
}

/**
 * rvt_get_dma_mr - the get_dma_mr verb: rights to all memory
 * @pd: of the kernel
 * @access: what key 0 allows with this protection domain
 *
 * Context: May sleep.
 * Return: the region, or an ERR_PTR(): -EPERM for user space, -ENOMEM.
 */
struct ib_mr *rvt_get_dma_mr(struct ib_pd *pd, int access)
{
	struct rvt_mr *mr;

	if (ibpd_to_rvtpd(pd)->user)
		return ERR_PTR(-EPERM);

	mr = kvzalloc_node(sizeof(*mr), GFP_KERNEL,
			   ib_to_rvt(pd->device)->dparms.node);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&mr->lock);
	mr->mr.pd = pd;
	mr->mr.access_flags = access;
	return &mr->ibmr;
}

/* Point segment @index at @vaddr. */
static void set_segment(struct rvt_mr *mr, u32 index, void *vaddr)
{
	u32 m = index / RVT_SEGSZ, n = index % RVT_SEGSZ;
	struct rvt_seg *seg = &mr->mr.map[m]->segs[n];

	seg->vaddr = vaddr;
	seg->length = BIT_ULL(mr->mr.page_shift);
}

static int fill_from_umem(struct rvt_mr *mr)
{
	struct sg_page_iter iter;
	u32 n = 0;

	for_each_sgtable_page(&mr->umem->sgt_append.sgt, &iter, 0) {
		void *vaddr = page_address(sg_page_iter_page(&iter));

		if (!vaddr || n >= mr->mr.max_segs)
			return -EINVAL;
		set_segment(mr, n, vaddr);
		trace_rvt_mr_user_seg(&mr->ibmr, &mr->mr, n / RVT_SEGSZ,
				      n % RVT_SEGSZ, vaddr, PAGE_SIZE);
		n++;
	}
	return 0;
}

/**
 * rvt_reg_user_mr - the reg_user_mr verb
 * @pd: of the process
 * @start: user address of the first byte
 * @length: in bytes
 * @virt_addr: how remote requests are to address the first byte
 * @access: enum ib_access_flags
 * @udata: unused
 *
 * Section 13 of the interface specification.
 *
 * Context: Process context of the user; may sleep.
 * Return: the region, or an ERR_PTR(): -EINVAL for no bytes or more than the
 * map can hold, -ENOMEM when memory or keys run out, or the error of
 * ib_umem_get().
 */
struct ib_mr *rvt_reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
			      u64 virt_addr, int access,
			      struct ib_udata *udata)
{
	struct ib_umem *umem;
	struct rvt_mr *mr;
	int ret;

	if (!length)
		return ERR_PTR(-EINVAL);

	umem = ib_umem_get(pd->device, start, length, access);
	if (IS_ERR(umem))
		return ERR_CAST(umem);

	mr = new_region(pd, ib_umem_num_pages(umem));
	if (IS_ERR(mr)) {
		ret = PTR_ERR(mr);
		goto release_umem;
	}

	mr->ibmr.pd = pd;
	mr->umem = umem;
	mr->mr.user_base = start;
	mr->mr.iova = virt_addr;
	mr->mr.length = length;
	mr->mr.offset = ib_umem_offset(umem);
	mr->mr.access_flags = access;

	ret = fill_from_umem(mr);
	if (!ret)
		ret = publish(mr);
	if (ret)
		goto free_region;
	return &mr->ibmr;

free_region:
	free_region(mr);
release_umem:
	ib_umem_release(umem);
	return ERR_PTR(ret);
}

/**
 * rvt_alloc_mr - the alloc_mr verb: a region for fast registration
 * @pd: the protection domain
 * @type: IB_MR_TYPE_MEM_REG
 * @max_num_sg: how many pages it is to hold
 *
 * The region is invalid until a REG_MR request makes it valid.
 *
 * Context: May sleep.
 * Return: the region, or an ERR_PTR(): -EINVAL for another type or for more
 * pages than the device offers, -ENOMEM when memory or keys run out.
 */
struct ib_mr *rvt_alloc_mr(struct ib_pd *pd, enum ib_mr_type type,
			   u32 max_num_sg)
{
	u32 limit = ib_to_rvt(pd->device)->dparms.props.max_fast_reg_page_list_len;
	struct rvt_mr *mr;
	int ret;

	if (type != IB_MR_TYPE_MEM_REG || !max_num_sg ||
	    (limit && max_num_sg > limit))
		return ERR_PTR(-EINVAL);

	mr = new_region(pd, max_num_sg);
	if (IS_ERR(mr))
		return ERR_CAST(mr);

	atomic_set(&mr->mr.lkey_invalid, 1);
	ret = publish(mr);
	if (ret) {
		free_region(mr);
		return ERR_PTR(ret);
	}
	return &mr->ibmr;
}

/* ib_sg_to_pages() calls this with the start of each page. */
static int set_page(struct ib_mr *ibmr, u64 addr)
{
	struct rvt_mr *mr = ibmr_to_rvtmr(ibmr);
	void *vaddr = (void *)(uintptr_t)addr;
	u32 n = mr->filled;

	if (n == mr->mr.max_segs)
		return -ENOMEM;

	set_segment(mr, n, vaddr);
	trace_rvt_mr_page_seg(ibmr, &mr->mr, n / RVT_SEGSZ, n % RVT_SEGSZ,
			      vaddr, ibmr->page_size);
	mr->filled++;
	return 0;
}

/**
 * rvt_map_mr_sg - the map_mr_sg verb: fill a fast registration region
 * @ibmr: the region; its page_size is set
 * @sg: the memory, mapped by ib_dma_map_sg(), hence kernel addresses
 * @sg_nents: how many entries
 * @sg_offset: bytes to skip in the first; gets where the region stopped
 *
 * Context: Any.
 * Return: how many entries the region holds now, or -EINVAL for a page size
 * that is no power of two.
 */
int rvt_map_mr_sg(struct ib_mr *ibmr, struct scatterlist *sg, int sg_nents,
		  unsigned int *sg_offset)
{
	struct rvt_mr *mr = ibmr_to_rvtmr(ibmr);
	int mapped;

	if (!is_power_of_2(ibmr->page_size))
		return -EINVAL;

	mr->filled = 0;
	mr->mr.length = 0;
	mr->mr.page_shift = ilog2(ibmr->page_size);
	mapped = ib_sg_to_pages(ibmr, sg, sg_nents, sg_offset, set_page);

	mr->mr.user_base = ibmr->iova;
	mr->mr.iova = ibmr->iova;
	mr->mr.offset = ibmr->iova & (ibmr->page_size - 1);
	mr->mr.length = ibmr->length;
	trace_rvt_map_mr_sg(ibmr, &mr->mr, sg_nents, sg_offset);
	return mapped;
}

/**
 * rvt_mr_has_lkey - does this region have that key
 * @mr: the region, or NULL
 * @lkey: the key, not 0
 *
 * Return: true if so.
 */
bool rvt_mr_has_lkey(struct rvt_mregion *mr, u32 lkey)
{
	return mr && mr->lkey == lkey;
}

/**
 * rvt_ss_has_lkey - does what is left of a scatter list use that key
 * @ss: the list
 * @lkey: the key, not 0
 *
 * Context: Under the lock that guards @ss.
 * Return: true if so.
 */
bool rvt_ss_has_lkey(struct rvt_sge_state *ss, u32 lkey)
{
	int i;

	if (!ss->num_sge)
		return false;
	if (rvt_mr_has_lkey(ss->sge.mr, lkey))
		return true;
	for (i = 0; i < ss->num_sge - 1; i++)
		if (rvt_mr_has_lkey(ss->sg_list[i].mr, lkey))
			return true;
	return false;
}

/* Receives of a shared receive queue use the keys of its protection domain. */
static void clean_qp(struct rvt_qp *qp, u64 v)
{
	struct rvt_mregion *mr = (struct rvt_mregion *)(uintptr_t)v;
	struct ib_srq *srq = qp->ibqp.srq;

	if (qp->ibqp.qp_num <= 1)
		return;
	if (qp->ibqp.pd == mr->pd || (srq && srq->pd == mr->pd))
		rvt_qp_mr_clean(qp, mr->lkey);
}

/*
 * Wait until nobody refers to @mr.  Gives up after a while, with a reference
 * that the next attempt drops, so that it can tell when the others are gone.
 */
static int drain(struct rvt_dev_info *rdi, struct rvt_mregion *mr)
{
	if (percpu_ref_is_dying(&mr->refcount))
		rvt_put_mr(mr);
	else
		percpu_ref_kill(&mr->refcount);
	if (try_wait_for_completion(&mr->comp))
		return 0;

	rvt_qp_iter(rdi, (uintptr_t)mr, clean_qp);

	if (wait_for_completion_timeout(&mr->comp, DRAIN_TIMEOUT))
		return 0;
	if (percpu_ref_tryget(&mr->refcount)) {
		ibdev_err(&rdi->ibdev,
			  "memory region with key 0x%x is still used by requests: not deregistered, try again\n",
			  mr->lkey);
		return -EBUSY;
	}
	/* The last user left just now. */
	wait_for_completion(&mr->comp);
	return 0;
}

/*
 * No request shall find the region any more, and no window be bound to it:
 * unless one is.
 */
static int withdraw(struct rvt_dev_info *rdi, struct rvt_mr *mr)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&mr->lock, flags);
	if (mr->windows)
		ret = -EBUSY;
	else
		rvt_unpublish_key(&rdi->lkey_table, &mr->mr);
	spin_unlock_irqrestore(&mr->lock, flags);
	return ret;
}

/* The same pages with other rights, or in another protection domain. */
static int change_region(struct rvt_mr *mr, struct ib_pd *pd, int access)
{
	struct rvt_dev_info *rdi = ib_to_rvt(pd->device);
	int ret;

	ret = withdraw(rdi, mr);
	if (ret)
		return ret;
	/* Those who have checked the old rights come too late, or are counted. */
	synchronize_rcu();
	ret = drain(rdi, &mr->mr);
	if (ret)
		return ret;

	reinit_completion(&mr->mr.comp);
	percpu_ref_reinit(&mr->mr.refcount);
	mr->mr.pd = pd;
	mr->mr.access_flags = access;
	return publish(mr);
}

/**
 * rvt_rereg_user_mr - the rereg_user_mr verb: change a region of user memory
 * @ibmr: the region
 * @flags: enum ib_mr_rereg_flags, what of the following is to change
 * @start: user address of the first byte
 * @length: in bytes
 * @virt_addr: how remote requests are to address the first byte
 * @access: enum ib_access_flags
 * @pd: the protection domain
 * @udata: unused
 *
 * The keys change, whatever else does.  Queue pairs with requests that use the
 * region go into the error state.  Other pages, and the right to write to pages
 * that were pinned without it, take a new region.
 *
 * InfiniBand Architecture Specification, volume 1, 11.2.8.7.
 *
 * Context: Process context of the user; may sleep.
 * Return: NULL, or a region that replaces @ibmr, or an ERR_PTR(): -EBUSY when
 * windows are bound to the region, or when requests still use it after 5
 * seconds, and then nobody can use it any more; what rvt_reg_user_mr() returns.
 */
struct ib_mr *rvt_rereg_user_mr(struct ib_mr *ibmr, int flags, u64 start,
				u64 length, u64 virt_addr, int access,
				struct ib_pd *pd, struct ib_udata *udata)
{
	struct rvt_mr *mr = ibmr_to_rvtmr(ibmr);
	struct ib_umem *umem = mr->umem;

	if (!umem)
		return ERR_PTR(-EINVAL);
	if (READ_ONCE(mr->windows))
		return ERR_PTR(-EBUSY);
	if (!(flags & IB_MR_REREG_ACCESS))
		access = mr->mr.access_flags;
	if (flags & IB_MR_REREG_TRANS)
		return rvt_reg_user_mr(pd, start, length, virt_addr, access,
				       udata);
	if (umem->writable || !ib_access_writable(access))
		return ERR_PTR(change_region(mr, pd, access));
	/* The addresses mean something only where they come from. */
	if (umem->owning_mm != current->mm)
		return ERR_PTR(-EINVAL);
	return rvt_reg_user_mr(pd, mr->mr.user_base, mr->mr.length,
			       mr->mr.iova, access, udata);
}

/**
 * rvt_dereg_mr - the dereg_mr verb
 * @ibmr: the region
 * @udata: unused
 *
 * Queue pairs with requests that use the region go into the error state.
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY when requests still use the region after 5 seconds, or
 * a window is bound to it; it can be deregistered later.
 */
int rvt_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata)
{
	struct rvt_mr *mr = ibmr_to_rvtmr(ibmr);
	struct rvt_dev_info *rdi = ib_to_rvt(mr->mr.pd->device);
	struct ib_umem *umem = mr->umem;
	int ret;

	/* A DMA region: nothing can refer to it. */
	if (!mr->mr.lkey) {
		kvfree(mr);
		return 0;
	}

	ret = withdraw(rdi, mr);
	if (!ret)
		ret = drain(rdi, &mr->mr);
	if (ret)
		return ret;

	free_region(mr);
	ib_umem_release(umem);
	return 0;
}
