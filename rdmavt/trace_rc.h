/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of the reliable connection's timers.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt_rc

#if !defined(RVT_TRACE_RC_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_TRACE_RC_H

#include <linux/tracepoint.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

TRACE_EVENT(rvt_rc_timeout,
	TP_PROTO(struct rvt_qp *qp, u32 psn),
	TP_ARGS(qp, psn),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, qpn)
		__field(u32, flags)
		__field(u32, psn)
		__field(u32, s_psn)
		__field(u32, next_psn)
		__field(u32, sending_psn)
		__field(u32, sending_hpsn)
		__field(u32, r_psn)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->psn = psn;
		__entry->qpn = qp->ibqp.qp_num;
		__entry->flags = qp->s_flags;
		__entry->r_psn = qp->r_psn;
		__entry->s_psn = qp->s_psn;
		__entry->next_psn = qp->s_next_psn;
		__entry->sending_hpsn = qp->s_sending_hpsn;
		__entry->sending_psn = qp->s_sending_psn;
	),
	TP_printk("[%s] qpn 0x%x s_flags 0x%x psn 0x%x s_psn 0x%x s_next_psn 0x%x s_sending_psn 0x%x sending_hpsn 0x%x r_psn 0x%x",
		  __entry->device, __entry->qpn, __entry->flags,
		  __entry->psn, __entry->s_psn, __entry->next_psn,
		  __entry->sending_psn, __entry->sending_hpsn, __entry->r_psn)
);

#endif /* RVT_TRACE_RC_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_rc
#include <trace/define_trace.h>
