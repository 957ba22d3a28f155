/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rings that user space maps: offsets, publication, the mmap verb.
 * The life cycle is told at the head of mmap.c.
 */
#ifndef RVT_MMAP_H
#define RVT_MMAP_H

#include <rdma/rdma_vt.h>

struct ib_udata;
struct vm_area_struct;

void rvt_mmap_init(struct rvt_dev_info *rdi);
void *rvt_alloc_mapped(size_t size);
void *rvt_alloc_private(size_t size, bool user, int node);
struct rvt_mmap_info *rvt_create_mmap_info(struct rvt_dev_info *rdi, u32 size,
					   struct ib_udata *udata, void *obj);
void rvt_update_mmap_info(struct rvt_dev_info *rdi, struct rvt_mmap_info *ip,
			  u32 size, void *obj);
void rvt_publish_mmap_info(struct rvt_dev_info *rdi, struct rvt_mmap_info *ip);
void rvt_release_mmap_info(struct kref *ref);
int rvt_mmap(struct ib_ucontext *context, struct vm_area_struct *vma);

/**
 * rvt_put_mmap_info - the owner of a ring gives it up
 * @ip: from rvt_create_mmap_info(), or NULL
 *
 * Frees @ip and the memory it describes unless an mmap call is in progress,
 * which then does it.  Pages that are mapped live on in their mappings.
 *
 * Context: May sleep.
 */
static inline void rvt_put_mmap_info(struct rvt_mmap_info *ip)
{
	if (ip)
		kref_put(&ip->ref, rvt_release_mmap_info);
}

#endif /* RVT_MMAP_H */
