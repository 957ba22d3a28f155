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

TRACE_EVENT(rvt_qp_modify,
	TP_PROTO(struct rvt_qp *qp, u8 from, u8 to, int mask, int ret),
	TP_ARGS(qp, from, to, mask, ret),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, qpn)
		__field(u8, from)
		__field(u8, to)
		__field(int, mask)
		__field(int, ret)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->qpn = qp->ibqp.qp_num;
		__entry->from = from;
		__entry->to = to;
		__entry->mask = mask;
		__entry->ret = ret;
	),
	TP_printk("[%s] qpn 0x%x state %u to %u mask %x error %d",
		  __entry->device, __entry->qpn, __entry->from, __entry->to,
		  __entry->mask, __entry->ret)
);

TRACE_EVENT(rvt_qp_error,
	TP_PROTO(struct rvt_qp *qp, int status),
	TP_ARGS(qp, status),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, qpn)
		__field(u8, from)
		__field(int, status)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->qpn = qp->ibqp.qp_num;
		__entry->from = qp->state;
		__entry->status = status;
	),
	TP_printk("[%s] qpn 0x%x state %u to error, status %d",
		  __entry->device, __entry->qpn, __entry->from,
		  __entry->status)
);

/* A send failed where nothing but the send queue has to stop. */
TRACE_EVENT(rvt_qp_send_error,
	TP_PROTO(struct rvt_qp *qp),
	TP_ARGS(qp),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, qpn)
		__field(u8, from)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->qpn = qp->ibqp.qp_num;
		__entry->from = qp->state;
	),
	TP_printk("[%s] qpn 0x%x state %u to SQE", __entry->device,
		  __entry->qpn, __entry->from)
);

TRACE_EVENT(rvt_qp_event,
	TP_PROTO(struct rvt_qp *qp, int event),
	TP_ARGS(qp, event),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, qpn)
		__field(int, event)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->qpn = qp->ibqp.qp_num;
		__entry->event = event;
	),
	TP_printk("[%s] qpn 0x%x event %d", __entry->device, __entry->qpn,
		  __entry->event)
);

/* A receive taken for a message: 1, none there: 0, a bad one: -1. */
TRACE_EVENT(rvt_get_rwqe,
	TP_PROTO(struct rvt_qp *qp, int ret),
	TP_ARGS(qp, ret),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(u32, qpn)
		__field(u32, length)
		__field(int, ret)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->wr_id = ret ? qp->r_wr_id : 0;
		__entry->qpn = qp->ibqp.qp_num;
		__entry->length = ret > 0 ? qp->r_len : 0;
		__entry->ret = ret;
	),
	TP_printk("[%s] qpn 0x%x wr_id %llx length %u result %d",
		  __entry->device, __entry->qpn, __entry->wr_id,
		  __entry->length, __entry->ret)
);

/* Of a queue pair, or of a shared receive queue: then qpn is 0. */
TRACE_EVENT(rvt_recv_refused,
	TP_PROTO(struct ib_device *ibdev, u32 qpn, const struct ib_recv_wr *wr,
		 int ret),
	TP_ARGS(ibdev, qpn, wr, ret),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(u32, qpn)
		__field(int, num_sge)
		__field(int, ret)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&ibdev->dev),
			IB_DEVICE_NAME_MAX);
		__entry->wr_id = wr->wr_id;
		__entry->qpn = qpn;
		__entry->num_sge = wr->num_sge;
		__entry->ret = ret;
	),
	TP_printk("[%s] qpn 0x%x wr_id %llx num_sge %d error %d",
		  __entry->device, __entry->qpn, __entry->wr_id,
		  __entry->num_sge, __entry->ret)
);

TRACE_EVENT(rvt_srq_limit,
	TP_PROTO(struct ib_srq *srq, u32 left),
	TP_ARGS(srq, left),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(const struct ib_srq *, srq)
		__field(u32, left)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&srq->device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->srq = srq;
		__entry->left = left;
	),
	TP_printk("[%s] srq %p left %u", __entry->device, __entry->srq,
		  __entry->left)
);

#endif /* RVT_TRACE_QP_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_qp
#include <trace/define_trace.h>
