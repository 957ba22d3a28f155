/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_DEVICE_H
#define RVT_DEVICE_H

#include <rdma/rdma_vt.h>

bool rvt_device_supported(struct rvt_dev_info *rdi);

#endif /* RVT_DEVICE_H */
