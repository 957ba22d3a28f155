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
#include <rvt_ext.h>
#include "rdmavt.h"
#include "complete.h"
#include "mr.h"
#include "mw.h"
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
 * rvt_execute_local - carry out a local work request whose turn has come
 * @qp: the queue pair
 * @wqe: its slot, the one at s_last; see rvt_wqe_is_local()
 *
 * Most were carried out when they were posted, and only complete now.
 *
 * Context: any; locks of the queue pair may be held.
 * Return: what it is to be completed with.
 */
enum ib_wc_status rvt_execute_local(struct rvt_qp *qp,
				    const struct rvt_swqe *wqe)
{
	/* Posted in SQE to be flushed, and left when the state changed again. */
	if (wqe->wr.opcode == IB_WR_REG_MR &&
	    !(wqe->wr.send_flags & RVT_SEND_COMPLETION_ONLY))
		return IB_WC_WR_FLUSH_ERR;
	if (!rvt_wqe_is_late(wqe))
		return IB_WC_SUCCESS;
	if (wqe->wr.opcode == IB_WR_BIND_MW)
		return rvt_bind_mw(qp, rvt_bind_mw_wr(&wqe->wr)) ?
		       IB_WC_MW_BIND_ERR : IB_WC_SUCCESS;
	/*
	 * A REG_MR that was posted behind it did not wait: what follows may
	 * name the new key, and keys are looked up when a request is posted.
	 */
	if (rvt_invalidate_rkey(qp, wqe->wr.ex.invalidate_rkey) &&
	    !rvt_rkey_replaced(qp, wqe->wr.ex.invalidate_rkey))
		return IB_WC_LOC_PROT_ERR;
	return IB_WC_SUCCESS;
}
EXPORT_SYMBOL_GPL(rvt_execute_local);

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
	bool was_well = qp->state != IB_QPS_ERR;
	u32 old = qp->s_last;
	u32 last;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	if (!rvt_qp_may(qp, RVT_PROCESS_OR_FLUSH_SEND))
		return;

	trace_rvt_qp_send_completion(qp, wqe, old);
	/* Where the data of a READ went is closed before anybody hears of it. */
	if (wqe->wr.opcode == IB_WR_RDMA_READ_WITH_INV &&
	    status == IB_WC_SUCCESS)
		rvt_invalidate_rkey(qp, wqe->wr.ex.invalidate_rkey);
	last = rvt_qp_complete_swqe(qp, wqe, rdi->wc_opcode[wqe->wr.opcode],
				    status);
	/* It overflowed, and the inline function drops what is to be raised. */
	if (was_well && qp->state == IB_QPS_ERR && qp->ibqp.srq)
		rvt_qp_event(qp, IB_EVENT_QP_LAST_WQE_REACHED);
	if (qp->s_acked == old)
		qp->s_acked = last;
	if (qp->s_cur == old)
		qp->s_cur = last;
	if (qp->s_tail == old)
		qp->s_tail = last;
	rvt_finish_draining(qp);
}
EXPORT_SYMBOL(rvt_send_complete);
