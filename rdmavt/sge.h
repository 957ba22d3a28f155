/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_SGE_H
#define RVT_SGE_H

#include <rdma/rdma_vt.h>

int rvt_wss_init(struct rvt_dev_info *rdi);
void rvt_wss_exit(struct rvt_dev_info *rdi);

#endif /* RVT_SGE_H */
