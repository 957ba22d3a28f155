// SPDX-License-Identifier: GPL-2.0
/*
 * Completing send work requests.
 *
 * What a completion entry looks like, and when there is one, is settled by
 * rvt_qp_complete_swqe() in <rdma/rdmavt_qp.h>, which some drivers call
 * directly.  This file keeps the indices behind it together, and ends the
 * draining of the send queue.
 *
 * Export checksums: group "full", see rdmavt.h.
 */
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "complete.h"
#include "qp.h"
#include "trace_tx.h"

/**
 * rvt_finish_draining - see whether a draining send queue has run dry
 * @qp: the queue pair
 *
 * To be called when s_last or s_cur moved.  What was begun before the
 * transition to SQD must be done; what was not begun stays.
 *
 * Context: any, s_lock held.
 */
void rvt_finish_draining(struct rvt_qp *qp)
{
	u8 was = qp->s_draining;

	lockdep_assert_held(&qp->s_lock);

	if (!was || qp->s_last != qp->s_cur)
		return;
	qp->s_draining = RVT_DRAINING_NOT;
	if (qp->state == IB_QPS_SQD && was == RVT_DRAINING_NOTIFY)
		rvt_qp_event(qp, IB_EVENT_SQ_DRAINED);
}

/**
 * rvt_send_complete - the oldest send work request is done
 * @qp: the queue pair
 * @wqe: its slot, the one at s_last
 * @status: how it ended
 *
 * InfiniBand Architecture Specification, volume 1, 10.7.3.1.
 *
 * Context: any, r_lock and s_lock held (the completion queue may overflow, and
 * the queue pair then goes into error).
 */
void rvt_send_complete(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       enum ib_wc_status status)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	u32 old = qp->s_last;
	u32 last;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	if (!rvt_qp_may(qp, RVT_PROCESS_OR_FLUSH_SEND))
		return;

	trace_rvt_qp_send_completion(qp, wqe, old);
	last = rvt_qp_complete_swqe(qp, wqe, rdi->wc_opcode[wqe->wr.opcode],
				    status);
	if (qp->s_acked == old)
		qp->s_acked = last;
	if (qp->s_cur == old)
		qp->s_cur = last;
	if (qp->s_tail == old)
		qp->s_tail = last;
	rvt_finish_draining(qp);
}
EXPORT_SYMBOL(rvt_send_complete);
