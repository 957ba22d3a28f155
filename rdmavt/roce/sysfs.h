/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_SYSFS_H
#define RVT_ROCE_SYSFS_H

struct attribute_group;

/* Slot of device.h's table of operations. */
extern const struct attribute_group rvt_roce_attr_group;

#endif /* RVT_ROCE_SYSFS_H */
