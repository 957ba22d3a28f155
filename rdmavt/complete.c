// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a send work request: its resources go back, its completion is
 * delivered if somebody asked for one, and the ring moves on.
 */
/* Export checksum group: full. */
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "qp.h"
#include "trace_tx.h"

/* An index that stood at the completed entry goes along with the ring. */
static void follow(u32 *index, u32 from, u32 to)
{
	if (*index == from)
		*index = to;
}

/**
 * rvt_send_complete - complete the oldest send work request
 * @qp: the queue pair
 * @wqe: its oldest work request
 * @status: how it ended
 *
 * Does nothing in a state that has no sends to complete: resetting the queue
 * pair disposes of them.
 *
 * Context: any; the caller holds the r_lock and the s_lock.
 *
 * InfiniBand Architecture Specification, volume 1, section 10.8.6.
 */
void rvt_send_complete(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       enum ib_wc_status status)
{
	const struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	u32 here = qp->s_last;
	u32 next;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	if (!rvt_qp_may(qp, RVT_PROCESS_OR_FLUSH_SEND))
		return;

	trace_rvt_qp_send_completion(qp, wqe, here);
	next = rvt_qp_complete_swqe(qp, wqe, rdi->wc_opcode[wqe->wr.opcode],
				    status);
	follow(&qp->s_tail, here, next);
	follow(&qp->s_cur, here, next);
	follow(&qp->s_acked, here, next);
	if (qp->s_cur == next && qp->state == IB_QPS_SQD)
		qp->s_draining = 0;
}
EXPORT_SYMBOL(rvt_send_complete);
