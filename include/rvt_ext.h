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
#include <rdma/rdmavt_qp.h>

/**
 * rvt_gfp - flags for memory of which a consumer chooses the amount
 * @user: it is a process, whose memory cgroup is charged
 *
 * Return: the flags of an allocation that may sleep.
 */
static inline gfp_t rvt_gfp(bool user)
{
	return user ? GFP_KERNEL_ACCOUNT : GFP_KERNEL;
}

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

/*
 * In r_flags of a queue pair: its requests come from rvt_loopback_run(), so
 * packets with requests are not its peer's.  Set under r_lock, until it is reset.
 */
#define RVT_R_LOOPBACK	0x20

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

/**
 * struct rvt_bind_mw_wr - work request IB_WR_BIND_MW
 * @wr: opcode, flags, wr_id; no scatter list
 * @mw: the memory window, which gets the new key
 * @mr: the region that it is to open, with IB_ACCESS_MW_BIND
 * @addr: first byte, as remote requests to @mr would address it
 * @length: in bytes; 0 closes a window of type 1
 * @rkey: of a window of type 2: its key, with the consumer's choice of the low
 *	byte
 * @access: what the window allows: IB_ACCESS_REMOTE_*, and for type 2
 *	IB_ZERO_BASED
 *
 * Window and region stay until the request is complete.
 *
 * The core has no work request of its own for this.  Drivers offer it by an
 * entry for IB_WR_BIND_MW in their table of operations.
 */
struct rvt_bind_mw_wr {
	struct ib_send_wr wr;
	struct ib_mw *mw;
	struct ib_mr *mr;
	u64 addr;
	u64 length;
	u32 rkey;
	int access;
};

static inline const struct rvt_bind_mw_wr *
rvt_bind_mw_wr(const struct ib_send_wr *wr)
{
	return container_of(wr, struct rvt_bind_mw_wr, wr);
}

/**
 * rvt_wqe_is_local - does a work request concern nobody but the requester?
 * @wqe: its slot
 *
 * Return: true for those to be given to rvt_execute_local() in their turn.
 */
static inline bool rvt_wqe_is_local(const struct rvt_swqe *wqe)
{
	return wqe->wr.opcode == IB_WR_REG_MR ||
	       wqe->wr.opcode == IB_WR_LOCAL_INV ||
	       wqe->wr.opcode == IB_WR_BIND_MW;
}

/**
 * rvt_wqe_is_late - was a local work request not carried out when posted?
 * @wqe: its slot
 *
 * Return: true for one that counts in local_ops_pending, to be decremented when
 * it completes.
 */
static inline bool rvt_wqe_is_late(const struct rvt_swqe *wqe)
{
	return (wqe->wr.opcode == IB_WR_LOCAL_INV ||
		wqe->wr.opcode == IB_WR_BIND_MW) &&
	       !(wqe->wr.send_flags & RVT_SEND_COMPLETION_ONLY);
}

enum ib_wc_status rvt_execute_local(struct rvt_qp *qp,
				    const struct rvt_swqe *wqe);

/**
 * struct rvt_access - a peer's request accesses memory of this host
 * @sge: the memory, with a reference on its region
 * @count: of the accesses with the same key; rdmavt's own
 */
struct rvt_access {
	struct rvt_sge sge;
	atomic_t *count;
};

bool rvt_access_begin(struct rvt_access *access, struct rvt_qp *qp, u32 len,
		      u64 vaddr, u32 rkey, int acc);
void rvt_access_end(struct rvt_access *access);

void rvt_qp_event(struct rvt_qp *qp, enum ib_event_type type);
void rvt_fail_qp(struct rvt_qp *qp, enum ib_wc_status err);
void rvt_send_error(struct rvt_qp *qp);

int rvt_invalidate_for_peer(struct rvt_qp *qp, u32 rkey);

#endif /* RVT_EXT_H */
