/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_SEND_H
#define RVT_ROCE_SEND_H

struct rvt_qp;
struct work_struct;

void rvt_roce_send_work(struct work_struct *work);
void rvt_roce_send_resume(struct rvt_qp *qp);

#endif /* RVT_ROCE_SEND_H */
