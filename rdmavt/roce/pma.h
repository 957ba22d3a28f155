/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_PMA_H
#define RVT_ROCE_PMA_H

#include <linux/types.h>

struct ib_device;
struct ib_grh;
struct ib_mad;
struct ib_wc;

/* Slot of the table of operations (ops.c). */
int rvt_roce_process_mad(struct ib_device *ibdev, int flags, u32 port,
			 const struct ib_wc *wc, const struct ib_grh *grh,
			 const struct ib_mad *in, struct ib_mad *out,
			 size_t *out_size, u16 *out_pkey_index);

#endif /* RVT_ROCE_PMA_H */
