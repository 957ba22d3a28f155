/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory regions (mr.c) and their keys (keys.c).
 */
#ifndef RVT_MR_H
#define RVT_MR_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_mr.h>

struct ib_umem;

/* The consumer chooses the low bits of a key with each registration. */
#define RVT_KEY_CONSUMER_BITS	8
#define RVT_KEY_CONSUMER_MASK	GENMASK(RVT_KEY_CONSUMER_BITS - 1, 0)

/**
 * struct rvt_mr - a memory region of any kind
 * @ibmr: what the core sees
 * @umem: the pinned pages of a user region, else NULL
 * @filled: segments set so far, of a fast registration region
 * @lock: guards @windows; the region is not withdrawn while one is being bound;
 *	outside rvt_window.lock
 * @windows: memory windows bound to it
 * @accesses: remote accesses under way with its key, see rvt_access_begin()
 * @rcu: for freeing it
 * @mr: what the data path sees; key 0 marks a region of all memory
 */
struct rvt_mr {
	struct ib_mr ibmr;
	struct ib_umem *umem;
	u32 filled;
	spinlock_t lock;	/* guards windows, and binding them */
	u32 windows;
	atomic_t accesses;
	struct rcu_head rcu;
	struct rvt_mregion mr;	/* last: ends in an array */
};

static inline struct rvt_mr *ibmr_to_rvtmr(struct ib_mr *ibmr)
{
	return container_of(ibmr, struct rvt_mr, ibmr);
}

static inline struct rvt_mr *mregion_to_rvtmr(struct rvt_mregion *mr)
{
	return container_of(mr, struct rvt_mr, mr);
}

/*
 * Nobody shall access memory with a key that is no longer good, not even who found
 * it good before.  An access lasts as long as a copy with interrupts off.
 */
static inline void rvt_wait_for_accesses(atomic_t *accesses)
{
	/* Pairs with rvt_access_begin(): one of the two sees the other. */
	smp_mb();
	atomic_cond_read_acquire(accesses, !VAL);
}

/* keys.c */
int rvt_keys_init(struct rvt_dev_info *rdi);
void rvt_keys_exit(struct rvt_dev_info *rdi);
bool rvt_rkey_replaced(struct rvt_qp *qp, u32 rkey);
int rvt_publish_key(struct rvt_lkey_table *rkt, struct rvt_mregion *mr);
void rvt_unpublish_key(struct rvt_lkey_table *rkt, struct rvt_mregion *mr);

void rvt_point_into(struct rvt_sge *sge, struct rvt_mregion *mr, u64 offset,
		    u32 len);
int rvt_point_at_memory(struct rvt_dev_info *rdi, struct rvt_sge *sge,
			void *start, u32 len);

/* mr.c */
int rvt_init_mregion_ref(struct rvt_mregion *mr, unsigned int flags);
struct ib_mr *rvt_get_dma_mr(struct ib_pd *pd, int access);
struct ib_mr *rvt_reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
			      u64 virt_addr, int access,
			      struct ib_udata *udata);
struct ib_mr *rvt_alloc_mr(struct ib_pd *pd, enum ib_mr_type type,
			   u32 max_num_sg);
int rvt_map_mr_sg(struct ib_mr *ibmr, struct scatterlist *sg, int sg_nents,
		  unsigned int *sg_offset);
struct ib_mr *rvt_rereg_user_mr(struct ib_mr *ibmr, int flags, u64 start,
				u64 length, u64 virt_addr, int access,
				struct ib_pd *pd, struct ib_udata *udata);
int rvt_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata);

#endif /* RVT_MR_H */
