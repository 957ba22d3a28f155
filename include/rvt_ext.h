/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rdmavt offers beyond the kernel's <rdma/rdma_vt.h>.
 *
 * The kernel's headers describe a library whose devices belong to a PCI
 * driver's probe and remove functions.  A device made by "rdma link add" has
 * neither: user space may delete it, the netdev below it may vanish, and the
 * RDMA core then unregisters it from a work item and frees it through
 * ib_device_ops.dealloc_driver.  This header has the calls for such drivers.
 */
#ifndef RVT_EXT_H
#define RVT_EXT_H

#include <rdma/rdma_vt.h>

struct rvt_qp;

/**
 * rvt_teardown_device - free whatever rdmavt holds for a device
 * @rdi: device from rvt_alloc_device()
 *
 * For drivers that set ops.dealloc_driver, to be called from there before the
 * driver frees what its ports and queue pairs use.  Such a driver may use
 * ib_unregister_device_queued(), ib_unregister_driver() and let user space
 * delete its devices; it never calls rvt_unregister_device().
 *
 * Undoes the steps of rvt_register_device() that were done, and none other:
 * the device may never have been registered, registration may have failed
 * half way, and a second call does nothing.  rvt_dealloc_device() may follow
 * or be the caller (through dealloc_driver).
 *
 * Context: May sleep.  No verbs object of the device is left.
 */
void rvt_teardown_device(struct rvt_dev_info *rdi);

/*
 * For drivers whose own ops.attach_mcast and ops.detach_mcast have to do
 * something about the network as well.
 */
int rvt_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);
int rvt_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);

/**
 * struct rvt_loopback_stats - what a run of the loopback engine has done
 * @bytes: copied, those of READs and of messages that failed later included
 * @messages: work requests carried out successfully
 */
struct rvt_loopback_stats {
	u64 bytes;
	u32 messages;
};

struct rvt_loopback_stats rvt_loopback_run(struct rvt_qp *sqp);

#endif /* RVT_EXT_H */
