/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver's part of a queue pair.
 */
#ifndef RVT_ROCE_QP_H
#define RVT_ROCE_QP_H

#include <linux/workqueue.h>
#include <rdma/rdmavt_qp.h>
#include "av.h"
#include "net.h"

/**
 * struct rvt_roce_qp - the driver's part of a queue pair
 * @qp: the library's part
 * @work: send engine; holds a reference to @qp while queued
 * @av: path to the peer of an RC or UC queue pair
 * @inflight: packets that the network stack still holds
 * @loopback: the peer is on this very device; decided when the address is set
 */
struct rvt_roce_qp {
	struct rvt_qp *qp;
	struct work_struct work;
	struct rvt_roce_av av;
	struct rvt_roce_inflight *inflight;
	bool loopback;
};

static inline struct rvt_roce_qp *to_rvt_roce_qp(const struct rvt_qp *qp)
{
	return qp->priv;
}

/* The library's callbacks; contracts in <rdma/rdma_vt.h>. */
void *rvt_roce_qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp);
void rvt_roce_qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp);
void rvt_roce_notify_qp_reset(struct rvt_qp *qp);
void rvt_roce_flush_qp_waiters(struct rvt_qp *qp);
void rvt_roce_stop_send_queue(struct rvt_qp *qp);
void rvt_roce_quiesce_qp(struct rvt_qp *qp);
void rvt_roce_notify_error_qp(struct rvt_qp *qp);
void rvt_roce_notify_restart_rc(struct rvt_qp *qp, u32 psn, int wait);
int rvt_roce_get_pmtu_from_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp,
				struct ib_qp_attr *attr);
u32 rvt_roce_mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			 u32 pmtu);
int rvt_roce_mtu_to_path_mtu(u32 mtu);
int rvt_roce_check_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			     int attr_mask, struct ib_udata *udata);
void rvt_roce_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			int attr_mask, struct ib_udata *udata);
int rvt_roce_setup_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       bool *call_send);
bool rvt_roce_schedule_send(struct rvt_qp *qp);
bool rvt_roce_schedule_send_no_lock(struct rvt_qp *qp);
void rvt_roce_do_send(struct rvt_qp *qp);

#endif /* RVT_ROCE_QP_H */
