// SPDX-License-Identifier: GPL-2.0
/*
 * Rings that user space maps.
 *
 * A completion queue, a receive queue or a shared receive queue made for user
 * space lives in zeroed vmalloc memory that the process maps through the
 * device file.  struct rvt_mmap_info ties that memory to an offset:
 *
 *   create	the offset is chosen and goes into the command's reply;
 *   publish	the command has succeeded: the entry waits on pending_mmaps;
 *   mmap	takes the entry from the list (one mapping a publication) and
 *		puts the pages into the process;
 *   update	resize put other memory in its place: new offset, publish again;
 *   put	destroy drops the owner's reference, the memory is freed.
 *
 * Every page that is mapped has a reference for that.  So mappings need no
 * bookkeeping: pages outlive the ring, the queue, the device and this module
 * for as long as somebody has them mapped, and a driver may offer
 * disassociate_ucontext.  They are charged to the memory cgroup of the process
 * that made the ring, until the last of them is gone.  The kref covers the time
 * between finding an entry and having mapped it, and nothing more.
 *
 * Locking: pending_lock guards the list.  map_mutex keeps update from changing
 * an entry (and its caller from freeing the old memory) while it is mapped; it
 * nests inside mmap_lock, hence nothing below it may touch user memory.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/shmparam.h>
#include <rdma/uverbs_ioctl.h>
#include <rvt_ext.h>
#include "compat/mm.h"
#include "rdmavt.h"
#include "mmap.h"

/* Lower offsets belong to the driver, see ib_device_ops.mmap of newer kernels. */
#define FIRST_OFFSET_PAGE	ALIGN(256, SHMLBA >> PAGE_SHIFT)

/* Guards offset, size and obj of published entries. */
static DEFINE_MUTEX(map_mutex);

/**
 * rvt_mmap_init - prepare a device for rings of user space
 * @rdi: the device
 */
void rvt_mmap_init(struct rvt_dev_info *rdi)
{
	INIT_LIST_HEAD(&rdi->pending_mmaps);
	spin_lock_init(&rdi->pending_lock);
	spin_lock_init(&rdi->mmap_offset_lock);
	rdi->mmap_offset = FIRST_OFFSET_PAGE;
}

/**
 * rvt_alloc_mapped - memory for a ring that user space is to map
 * @size: bytes
 *
 * Context: Process context of the user; may sleep.
 * Return: zeroed memory, charged to the user, for vfree(); NULL without memory.
 */
void *rvt_alloc_mapped(size_t size)
{
	/* Caches that tell a page's addresses apart want a matching one. */
	if (SHMLBA != PAGE_SIZE)
		return vmalloc_user(size);
	return __vmalloc(PAGE_ALIGN(size), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
}

/**
 * rvt_alloc_private - memory for a ring that user space does not map
 * @size: bytes
 * @user: it belongs to a process, which is charged
 * @node: NUMA node of the kernel's, or NUMA_NO_NODE
 *
 * Context: Process context of the user; may sleep.
 * Return: zeroed memory for vfree(), NULL without memory.
 */
void *rvt_alloc_private(size_t size, bool user, int node)
{
	if (!user)
		return vzalloc_node(size, node);
	return __vmalloc(size, rvt_gfp(user) | __GFP_ZERO);
}

/*
 * mmap_offset counts pages, not bytes: 32 bits then last for 16 TiB of rings.
 * After that numbers return, which only matters to a process that has left a
 * ring unmapped all that time: lookup finds the newest entry first.
 */
static u64 next_offset(struct rvt_dev_info *rdi, u32 size)
{
	u32 pages = ALIGN((u64)size, SHMLBA) >> PAGE_SHIFT;
	u32 first, end;

	spin_lock(&rdi->mmap_offset_lock);
	first = rdi->mmap_offset;
	if (check_add_overflow(first, pages, &end)) {
		first = FIRST_OFFSET_PAGE;
		end = first + pages;
	}
	rdi->mmap_offset = end;
	spin_unlock(&rdi->mmap_offset_lock);

	return (u64)first << PAGE_SHIFT;
}

/**
 * rvt_create_mmap_info - describe a ring that user space is to map
 * @rdi: the device
 * @size: bytes in @obj, at most 2 GiB
 * @udata: of the command that makes the ring
 * @obj: the ring, from rvt_alloc_mapped()
 *
 * On success @obj belongs to the result: rvt_put_mmap_info() frees it.
 *
 * Context: Process context of the user; may sleep.
 * Return: the entry, not yet published, or an ERR_PTR().
 */
struct rvt_mmap_info *rvt_create_mmap_info(struct rvt_dev_info *rdi, u32 size,
					   struct ib_udata *udata, void *obj)
{
	struct rvt_ucontext *context;
	struct rvt_mmap_info *ip;

	if (!udata || size > SZ_2G)
		return ERR_PTR(-EINVAL);

	ip = kzalloc_node(sizeof(*ip), GFP_KERNEL, rdi->dparms.node);
	if (!ip)
		return ERR_PTR(-ENOMEM);

	context = rdma_udata_to_drv_context(udata, struct rvt_ucontext,
					    ibucontext);
	ip->context = &context->ibucontext;
	ip->obj = obj;
	ip->size = PAGE_ALIGN(size);
	ip->offset = next_offset(rdi, ip->size);
	INIT_LIST_HEAD(&ip->pending_mmaps);
	kref_init(&ip->ref);
	return ip;
}

/**
 * rvt_update_mmap_info - another ring takes this entry's place
 * @rdi: the device
 * @ip: the entry
 * @size: bytes in @obj, at most 2 GiB
 * @obj: the new ring, from rvt_alloc_mapped(), owned by @ip from now on
 *
 * The entry gets a new offset and is to be published again.  When this
 * returns nobody is about to map the old memory: the caller frees it.
 *
 * Context: May sleep; no spinlock held.
 */
void rvt_update_mmap_info(struct rvt_dev_info *rdi, struct rvt_mmap_info *ip,
			  u32 size, void *obj)
{
	mutex_lock(&map_mutex);
	ip->obj = obj;
	ip->size = PAGE_ALIGN(size);
	ip->offset = next_offset(rdi, ip->size);
	mutex_unlock(&map_mutex);
}

/**
 * rvt_publish_mmap_info - allow one mmap of a ring
 * @rdi: the device
 * @ip: the entry
 *
 * To be called when the command can no longer fail.
 *
 * Context: May sleep.
 */
void rvt_publish_mmap_info(struct rvt_dev_info *rdi, struct rvt_mmap_info *ip)
{
	spin_lock(&rdi->pending_lock);
	list_move(&ip->pending_mmaps, &rdi->pending_mmaps);
	spin_unlock(&rdi->pending_lock);
}

/**
 * rvt_release_mmap_info - free an entry and its ring
 * @ref: &rvt_mmap_info.ref, which reached zero
 */
void rvt_release_mmap_info(struct kref *ref)
{
	struct rvt_mmap_info *ip = container_of(ref, struct rvt_mmap_info, ref);
	struct rvt_dev_info *rdi = ib_to_rvt(ip->context->device);

	spin_lock(&rdi->pending_lock);
	list_del(&ip->pending_mmaps);
	spin_unlock(&rdi->pending_lock);

	vfree(ip->obj);
	kfree(ip);
}

/* Take a published entry from the list, with a reference. */
static struct rvt_mmap_info *claim(struct rvt_dev_info *rdi,
				   struct ib_ucontext *context, u64 offset)
{
	struct rvt_mmap_info *ip;

	spin_lock(&rdi->pending_lock);
	list_for_each_entry(ip, &rdi->pending_mmaps, pending_mmaps) {
		if (ip->context != context || ip->offset != offset)
			continue;
		/* Its owner may be on the way to rvt_release_mmap_info(). */
		if (!kref_get_unless_zero(&ip->ref))
			continue;
		list_del_init(&ip->pending_mmaps);
		spin_unlock(&rdi->pending_lock);
		return ip;
	}
	spin_unlock(&rdi->pending_lock);
	return NULL;
}

static int map_ring(struct vm_area_struct *vma, struct rvt_mmap_info *ip)
{
	unsigned long size = vma->vm_end - vma->vm_start;
	unsigned long done;
	int ret = 0;

	lockdep_assert_held(&map_mutex);

	if (size > ip->size)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (done = 0; done < size && !ret; done += PAGE_SIZE)
		ret = vm_insert_page(vma, vma->vm_start + done,
				     vmalloc_to_page(ip->obj + done));
	return ret;
}

/**
 * rvt_mmap - the mmap verb: give a process a ring
 * @context: of the process
 * @vma: where; its offset is the one that the create or resize command returned
 *
 * Context: Process context, mmap_lock held.
 * Return: 0; -EINVAL for an offset that no command returned or that is mapped
 * already, a length above the ring's, or a private mapping; or -ENOMEM, after
 * which the call may be repeated.
 */
int rvt_mmap(struct ib_ucontext *context, struct vm_area_struct *vma)
{
	struct rvt_dev_info *rdi = ib_to_rvt(context->device);
	struct rvt_mmap_info *ip;
	int ret = -EINVAL;

	/* A private mapping would copy the indices at the first write. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	mutex_lock(&map_mutex);
	ip = claim(rdi, context, (u64)vma->vm_pgoff << PAGE_SHIFT);
	if (ip) {
		ret = map_ring(vma, ip);
		if (ret)
			rvt_publish_mmap_info(rdi, ip);
	}
	mutex_unlock(&map_mutex);

	rvt_put_mmap_info(ip);
	return ret;
}
