/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory windows.
 */
#ifndef RVT_MW_H
#define RVT_MW_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_mr.h>

struct rvt_window;

/**
 * struct rvt_mw - a memory window as the core sees it
 * @ibmw: the core's part
 * @window: what the key table and the data path see
 */
struct rvt_mw {
	struct ib_mw ibmw;
	struct rvt_window *window;
};

static inline struct rvt_mw *ibmw_to_rvtmw(struct ib_mw *ibmw)
{
	return container_of(ibmw, struct rvt_mw, ibmw);
}

/* Is what the key table has found part of a window?  It has no pages then. */
static inline bool rvt_is_window(const struct rvt_mregion *mr)
{
	return !mr->max_segs;
}

struct rvt_bind_mw_wr;

int rvt_alloc_mw(struct ib_mw *ibmw, struct ib_udata *udata);
int rvt_dealloc_mw(struct ib_mw *ibmw);
int rvt_bind_mw(struct rvt_qp *qp, const struct rvt_bind_mw_wr *wr);
int rvt_invalidate_window(struct rvt_qp *qp, struct rvt_mregion *mr, u32 rkey);
atomic_t *rvt_window_accesses(struct rvt_mregion *mr);
bool rvt_window_ok(struct rvt_qp *qp, struct rvt_mregion *mr,
		   struct rvt_sge *sge, u32 len, u64 vaddr, u32 rkey, int acc);

#endif /* RVT_MW_H */
