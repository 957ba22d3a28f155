/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The requester: from send WQEs to request packets (RC and UC).
 */
#ifndef RVT_ROCE_REQ_H
#define RVT_ROCE_REQ_H

#include <rdma/rdmavt_qp.h>
#include <rvt_ext.h>
#include "send.h"

/**
 * rvt_roce_req_build() - build request packets
 * @qp: RC or UC queue pair
 * @burst: where to; its room is used as far as the window, the credits and the
 *         order of work requests allow
 *
 * Context: s_lock held, by the engine that has set RVT_S_BUSY.
 */
void rvt_roce_req_build(struct rvt_qp *qp, struct rvt_roce_burst *burst);

/**
 * rvt_roce_req_settle() - complete the oldest WQEs that wait for no peer
 * @qp: RC or UC queue pair
 *
 * Those are local operations, UC messages that were sent, and work requests
 * that this driver does not know.
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_req_settle(struct rvt_qp *qp);

/**
 * rvt_roce_req_complete() - complete the oldest WQE
 * @qp: RC or UC queue pair
 * @status: how it went
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_req_complete(struct rvt_qp *qp, enum ib_wc_status status);

/**
 * rvt_roce_req_flush() - complete all WQEs as flushed
 * @qp: queue pair in SQE or ERR, of which no engine has a WQE
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_req_flush(struct rvt_qp *qp);

/**
 * rvt_roce_req_fail() - complete the oldest WQE in error, and enter ERR or SQE
 * @qp: RC or UC queue pair
 * @status: what went wrong
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_req_fail(struct rvt_qp *qp, enum ib_wc_status status);

/**
 * rvt_roce_req_seek() - go on sending from another packet
 * @qp: RC queue pair
 * @psn: the packet; it belongs to a WQE that was begun, or follows the last one
 *
 * Context: s_lock held.
 */
void rvt_roce_req_seek(struct rvt_qp *qp, u32 psn);

/**
 * rvt_roce_req_restart() - send again from a packet that was lost
 * @qp: RC queue pair
 * @psn: the packet
 *
 * Until it has been sent, further reports of its loss are old.
 *
 * Context: s_lock held.
 */
void rvt_roce_req_restart(struct rvt_qp *qp, u32 psn);

/**
 * rvt_roce_req_retry() - the same, if the retry counter allows it
 * @qp: RC queue pair
 * @psn: the packet
 *
 * Otherwise the oldest WQE fails.
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_req_retry(struct rvt_qp *qp, u32 psn);

/**
 * rvt_roce_req_reset() - forget everything
 * @qp: queue pair
 *
 * Context: s_lock held.
 */
void rvt_roce_req_reset(struct rvt_qp *qp);

/* REG_MR and its like concern no peer and have no PSN. */
static inline bool rvt_roce_wqe_is_local(const struct rvt_swqe *wqe)
{
	return rvt_wqe_is_local(wqe);
}

static inline bool rvt_roce_wqe_is_read(const struct rvt_swqe *wqe)
{
	return wqe->wr.opcode == IB_WR_RDMA_READ ||
	       wqe->wr.opcode == IB_WR_RDMA_READ_WITH_INV;
}

static inline bool rvt_roce_wqe_is_atomic(const struct rvt_swqe *wqe)
{
	return wqe->wr.opcode == IB_WR_ATOMIC_CMP_AND_SWP ||
	       wqe->wr.opcode == IB_WR_ATOMIC_FETCH_AND_ADD;
}

/* Answered by a response that brings data, not by an acknowledgment. */
static inline bool rvt_roce_wqe_wants_data(const struct rvt_swqe *wqe)
{
	return rvt_roce_wqe_is_read(wqe) || rvt_roce_wqe_is_atomic(wqe);
}

#endif /* RVT_ROCE_REQ_H */
