/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What user space can learn about objects.
 */
#ifndef RVT_RESTRACK_H
#define RVT_RESTRACK_H

struct ib_mr;
struct sk_buff;

int rvt_fill_res_mr_entry(struct sk_buff *msg, struct ib_mr *ibmr);

#endif /* RVT_RESTRACK_H */
