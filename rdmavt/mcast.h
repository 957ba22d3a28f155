/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_MCAST_H
#define RVT_MCAST_H

#include <rdma/rdma_vt.h>

void rvt_mcast_init(struct rvt_dev_info *rdi);
int rvt_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);
int rvt_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);

/**
 * rvt_mcast_tree_empty - no queue pair is attached to a group of this port
 * @ibp: the port
 *
 * For reporting leaks at the end of a device's life.
 */
static inline bool rvt_mcast_tree_empty(const struct rvt_ibport *ibp)
{
	return RB_EMPTY_ROOT(&ibp->mcast_tree);
}

#endif /* RVT_MCAST_H */
