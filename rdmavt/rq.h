/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Receive rings, of queue pairs and shared receive queues alike.
 */
#ifndef RVT_RQ_H
#define RVT_RQ_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

/* An entry count above this is as good as any: see rvt_rq_pending(). */
#define RVT_RQ_RECOUNT	16

int rvt_alloc_rq(struct rvt_rq *rq, u32 size, u32 max_sge, int node,
		 bool user, bool shared);
void rvt_destroy_rq(struct rvt_rq *rq, struct rvt_mmap_info *ip);
size_t rvt_rq_bytes(u32 size, u32 max_sge);
u32 rvt_rq_pending(const struct rvt_rq *rq, bool shared);
int rvt_rq_produce(struct rvt_rq *rq, const struct ib_recv_wr *wr,
		   bool shared);

/* So many receives are flushed before interrupts are let in. */
#define RVT_FLUSH_BATCH	256U

u32 rvt_flush_rq(struct rvt_qp *qp);
void rvt_reset_rq(struct rvt_rq *rq, bool shared);
int rvt_move_rq(struct rvt_rq *rq, struct rvt_rwq **wq, u32 size,
		bool shared);
int rvt_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
		  const struct ib_recv_wr **bad_wr);

/* Bytes from one entry of a ring to the next. */
static inline size_t rvt_rq_stride(u32 max_sge)
{
	return sizeof(struct rvt_rwqe) + max_sge * sizeof(struct rvt_wqe_sge);
}

#endif /* RVT_RQ_H */
