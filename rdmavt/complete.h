/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completing send work requests; rvt_send_complete() is declared in
 * <rdma/rdmavt_qp.h>.
 */
#ifndef RVT_COMPLETE_H
#define RVT_COMPLETE_H

#include <rdma/rdmavt_qp.h>

/* rvt_qp.s_draining: in the state SQD, are requests still being carried out? */
enum rvt_draining {
	RVT_DRAINING_NOT,
	RVT_DRAINING_QUIETLY,
	RVT_DRAINING_NOTIFY,	/* IB_EVENT_SQ_DRAINED was asked for */
};

void rvt_finish_draining(struct rvt_qp *qp);

#endif /* RVT_COMPLETE_H */
