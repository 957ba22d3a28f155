/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared receive queues.
 */
#ifndef RVT_SRQ_H
#define RVT_SRQ_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>
#include "event.h"

/**
 * struct rvt_srq_own - a shared receive queue with what the kernel's struct
 *	rvt_srq has no room for
 * @srq: the queue
 * @events: see rvt_srq_limit_event()
 */
struct rvt_srq_own {
	struct rvt_srq srq;
	struct rvt_events events;
};

void rvt_srq_init(struct rvt_dev_info *rdi);
int rvt_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *init_attr,
		   struct ib_udata *udata);
int rvt_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr,
		   enum ib_srq_attr_mask attr_mask, struct ib_udata *udata);
int rvt_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr);
int rvt_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata);
void rvt_srq_limit_event(struct rvt_srq *srq);
int rvt_post_srq_recv(struct ib_srq *ibsrq, const struct ib_recv_wr *wr,
		      const struct ib_recv_wr **bad_wr);

#endif /* RVT_SRQ_H */
