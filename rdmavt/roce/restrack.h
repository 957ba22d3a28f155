/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_RESTRACK_H
#define RVT_ROCE_RESTRACK_H

struct ib_cq;
struct ib_qp;
struct sk_buff;

/* Slots of the table of operations (ops.c). */
int rvt_roce_fill_res_cq_entry(struct sk_buff *msg, struct ib_cq *ibcq);
int rvt_roce_fill_res_qp_entry(struct sk_buff *msg, struct ib_qp *ibqp);

#endif /* RVT_ROCE_RESTRACK_H */
