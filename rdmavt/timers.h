/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timers of a reliable connection; most of what they offer is declared in
 * <rdma/rdmavt_qp.h>.
 */
#ifndef RVT_TIMERS_H
#define RVT_TIMERS_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

void rvt_init_timers(struct rvt_qp *qp);
void rvt_rc_timeout(struct timer_list *t);
void rvt_stop_rnr_timer(struct rvt_qp *qp);

#endif /* RVT_TIMERS_H */
