/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of queue pairs: the hash table, and waiting for a receiver that
 * is not ready.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt_qp

#if !defined(RVT_TRACE_QP_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_TRACE_QP_H

#include <linux/hrtimer.h>
#include <linux/tracepoint.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

DECLARE_EVENT_CLASS(rvt_qphash_template,
	TP_PROTO(struct rvt_qp *qp, u32 bucket),
	TP_ARGS(qp, bucket),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, bucket)
		__field(u32, qpn)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->bucket = bucket;
		__entry->qpn = qp->ibqp.qp_num;
	),
	TP_printk("[%s] qpn 0x%x bucket %u",
		  __entry->device, __entry->qpn, __entry->bucket)
);

DEFINE_EVENT(rvt_qphash_template, rvt_qpinsert,
	     TP_PROTO(struct rvt_qp *qp, u32 bucket), TP_ARGS(qp, bucket));

DEFINE_EVENT(rvt_qphash_template, rvt_qpremove,
	     TP_PROTO(struct rvt_qp *qp, u32 bucket), TP_ARGS(qp, bucket));

DECLARE_EVENT_CLASS(rvt_rnrnak_template,
	TP_PROTO(struct rvt_qp *qp, u32 to),
	TP_ARGS(qp, to),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(void *, timer)
		__field(u32, flags)
		__field(u32, qpn)
		__field(u32, to)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->timer = &qp->s_rnr_timer;
		__entry->flags = qp->s_flags;
		__entry->qpn = qp->ibqp.qp_num;
		__entry->to = to;
	),
	TP_printk("[%s] qpn 0x%x hrtimer 0x%p s_flags 0x%x timeout %u us",
		  __entry->device, __entry->qpn, __entry->timer,
		  __entry->flags, __entry->to)
);

DEFINE_EVENT(rvt_rnrnak_template, rvt_rnrnak_add,
	     TP_PROTO(struct rvt_qp *qp, u32 to), TP_ARGS(qp, to));

DEFINE_EVENT(rvt_rnrnak_template, rvt_rnrnak_timeout,
	     TP_PROTO(struct rvt_qp *qp, u32 to), TP_ARGS(qp, to));

DEFINE_EVENT(rvt_rnrnak_template, rvt_rnrnak_stop,
	     TP_PROTO(struct rvt_qp *qp, u32 to), TP_ARGS(qp, to));

#endif /* RVT_TRACE_QP_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_qp
#include <trace/define_trace.h>
