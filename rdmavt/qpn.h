/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queue pair numbers.
 */
#ifndef RVT_QPN_H
#define RVT_QPN_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

int init_qpn_table(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt);
void free_qpn_table(struct rvt_qpn_table *qpt);
int alloc_qpn(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt,
	      enum ib_qp_type type, u32 port_num, u8 exclude_prefix);
void free_qpn(struct rvt_qpn_table *qpt, u32 qpn, u32 port_num);

#endif /* RVT_QPN_H */
