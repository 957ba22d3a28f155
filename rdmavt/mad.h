/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_MAD_H
#define RVT_MAD_H

#include <rdma/rdma_vt.h>

int rvt_mad_init(void);
void rvt_mad_exit(void);
int rvt_mad_add_device(struct rvt_dev_info *rdi);
void rvt_mad_del_device(struct rvt_dev_info *rdi);

#endif /* RVT_MAD_H */
