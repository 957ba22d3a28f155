/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables that make a device of this driver: limits, verbs operations,
 * callbacks of the verbs library, work request types.
 */
#ifndef RVT_ROCE_OPS_H
#define RVT_ROCE_OPS_H

#include <rdma/ib_verbs.h>

struct rvt_dev_info;

extern const struct ib_device_ops rvt_roce_dev_ops;

/**
 * rvt_roce_set_params() - limits and callbacks
 * @rdi: new device, before rvt_register_device()
 */
void rvt_roce_set_params(struct rvt_dev_info *rdi);

#endif /* RVT_ROCE_OPS_H */
