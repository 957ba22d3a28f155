/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_CQ_H
#define RVT_CQ_H

#include <rdma/rdma_vt.h>

int rvt_cq_init(void);
void rvt_cq_exit(void);
void rvt_cq_init_device(struct rvt_dev_info *rdi);

int rvt_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		  struct ib_udata *udata);
int rvt_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata);
int rvt_req_notify_cq(struct ib_cq *ibcq, enum ib_cq_notify_flags flags);
int rvt_resize_cq(struct ib_cq *ibcq, int cqe, struct ib_udata *udata);
int rvt_poll_cq(struct ib_cq *ibcq, int num_entries, struct ib_wc *entry);

#endif /* RVT_CQ_H */
