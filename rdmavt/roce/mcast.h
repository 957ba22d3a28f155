/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_MCAST_H
#define RVT_ROCE_MCAST_H

#include <rdma/ib_verbs.h>

/* Slots of device.h's table of operations. */
int rvt_roce_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);
int rvt_roce_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);

#endif /* RVT_ROCE_MCAST_H */
