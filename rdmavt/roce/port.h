/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The port: what the network interface's state means in verbs terms.
 */
#ifndef RVT_ROCE_PORT_H
#define RVT_ROCE_PORT_H

#include <linux/types.h>

struct ib_port_attr;
struct rvt_dev_info;
struct rvt_ibport;
struct rvt_roce_dev;

/**
 * rvt_roce_port_mtu() - largest path MTU that fits an interface MTU
 * @mtu: interface MTU in bytes
 *
 * Return: enum ib_mtu, or 0 if not even 256 bytes fit.
 */
int rvt_roce_port_mtu(unsigned int mtu);

/**
 * rvt_roce_port_init() - look at the interface for the first time
 * @dev: device
 *
 * Context: RTNL held.
 */
void rvt_roce_port_init(struct rvt_roce_dev *dev);

/**
 * rvt_roce_port_refresh() - look at the interface again, tell what changed
 * @dev: device, registered and held (ib_device_try_get())
 *
 * Context: RTNL held.
 */
void rvt_roce_port_refresh(struct rvt_roce_dev *dev);

/* Slots of the table for the verbs library. */
int rvt_roce_query_port_state(struct rvt_dev_info *rdi, u32 port_num,
			      struct ib_port_attr *props);
int rvt_roce_shut_down_port(struct rvt_dev_info *rdi, u32 port_num);
void rvt_roce_cap_mask_chg(struct rvt_dev_info *rdi, u32 port_num);
int rvt_roce_get_guid_be(struct rvt_dev_info *rdi, struct rvt_ibport *rvp,
			 int guid_index, __be64 *guid);

#endif /* RVT_ROCE_PORT_H */
