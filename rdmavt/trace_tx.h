/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of the send queue: a request goes in, a request is done.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt_tx

#if !defined(RVT_TRACE_TX_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_TRACE_TX_H

#include <linux/tracepoint.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

#define rvt_show_wr_opcode(opcode)					\
	__print_symbolic(opcode,					\
		{ IB_WR_SEND, "SEND" },					\
		{ IB_WR_SEND_WITH_IMM, "SEND_WITH_IMM" },		\
		{ IB_WR_SEND_WITH_INV, "SEND_WITH_INV" },		\
		{ IB_WR_RDMA_READ, "RDMA_READ" },			\
		{ IB_WR_RDMA_READ_WITH_INV, "RDMA_READ_WITH_INV" },	\
		{ IB_WR_BIND_MW, "BIND_MW" },				\
		{ IB_WR_RDMA_READ_WITH_INV, "RDMA_READ_WITH_INV" },	\
		{ IB_WR_RDMA_WRITE, "RDMA_WRITE" },			\
		{ IB_WR_RDMA_WRITE_WITH_IMM, "RDMA_WRITE_WITH_IMM" },	\
		{ IB_WR_ATOMIC_CMP_AND_SWP, "ATOMIC_CMP_AND_SWP" },	\
		{ IB_WR_ATOMIC_FETCH_AND_ADD, "ATOMIC_FETCH_AND_ADD" },	\
		{ IB_WR_REG_MR, "REG_MR" },				\
		{ IB_WR_LOCAL_INV, "LOCAL_INV" },			\
		{ IB_WR_RESERVED1, "RESERVED1" },			\
		{ IB_WR_RESERVED2, "RESERVED2" },			\
		{ IB_WR_RESERVED3, "RESERVED3" })

TRACE_EVENT(rvt_post_one_wr,
	TP_PROTO(struct rvt_qp *qp, struct rvt_swqe *wqe, int wr_num_sge),
	TP_ARGS(qp, wqe, wr_num_sge),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(struct rvt_swqe *, wqe)
		__field(u32, qpn)
		__field(u32, qpt)
		__field(u32, psn)
		__field(u32, lpsn)
		__field(u32, ssn)
		__field(u32, length)
		__field(u32, opcode)
		__field(u32, size)
		__field(u32, avail)
		__field(u32, head)
		__field(u32, last)
		__field(pid_t, pid)
		__field(int, send_flags)
		__field(int, num_sge)
		__field(int, wr_num_sge)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->qpn = qp->ibqp.qp_num;
		__entry->qpt = qp->ibqp.qp_type;
		__entry->pid = qp->pid;
		__entry->size = qp->s_size;
		__entry->avail = qp->s_avail;
		__entry->head = qp->s_head;
		__entry->last = READ_ONCE(qp->s_last);
		__entry->wqe = wqe;
		__entry->wr_id = wqe->wr.wr_id;
		__entry->opcode = wqe->wr.opcode;
		__entry->send_flags = wqe->wr.send_flags;
		__entry->num_sge = wqe->wr.num_sge;
		__entry->wr_num_sge = wr_num_sge;
		__entry->length = wqe->length;
		__entry->ssn = wqe->ssn;
		__entry->psn = wqe->psn;
		__entry->lpsn = wqe->lpsn;
	),
	TP_printk("[%s] wqe %p wr_id %llx send_flags %x qpn %x qpt %u psn %x lpsn %x ssn %x length %u opcode 0x%.2x,%s size %u avail %u head %u last %u pid %u num_sge %u wr_num_sge %u",
		  __entry->device, __entry->wqe, __entry->wr_id,
		  __entry->send_flags, __entry->qpn, __entry->qpt,
		  __entry->psn, __entry->lpsn, __entry->ssn, __entry->length,
		  __entry->opcode, rvt_show_wr_opcode(__entry->opcode),
		  __entry->size, __entry->avail, __entry->head, __entry->last,
		  __entry->pid, __entry->num_sge, __entry->wr_num_sge)
);

TRACE_EVENT(rvt_post_refused,
	TP_PROTO(struct rvt_qp *qp, const struct ib_send_wr *wr, int ret),
	TP_ARGS(qp, wr, ret),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(u32, qpn)
		__field(u32, opcode)
		__field(int, send_flags)
		__field(int, num_sge)
		__field(u8, state)
		__field(int, ret)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->wr_id = wr->wr_id;
		__entry->qpn = qp->ibqp.qp_num;
		__entry->opcode = wr->opcode;
		__entry->send_flags = wr->send_flags;
		__entry->num_sge = wr->num_sge;
		__entry->state = qp->state;
		__entry->ret = ret;
	),
	TP_printk("[%s] qpn 0x%x state %u wr_id %llx opcode 0x%.2x,%s send_flags %x num_sge %d error %d",
		  __entry->device, __entry->qpn, __entry->state,
		  __entry->wr_id, __entry->opcode,
		  rvt_show_wr_opcode(__entry->opcode), __entry->send_flags,
		  __entry->num_sge, __entry->ret)
);

TRACE_EVENT(rvt_qp_send_completion,
	TP_PROTO(struct rvt_qp *qp, struct rvt_swqe *wqe, u32 idx),
	TP_ARGS(qp, wqe, idx),
	TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(struct rvt_swqe *, wqe)
		__field(u32, idx)
		__field(u32, qpn)
		__field(u32, qpt)
		__field(u32, length)
		__field(u32, ssn)
		__field(u32, opcode)
		__field(int, send_flags)
	),
	TP_fast_assign(
		strscpy(__entry->device, dev_name(&qp->ibqp.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->idx = idx;
		__entry->qpn = qp->ibqp.qp_num;
		__entry->qpt = qp->ibqp.qp_type;
		__entry->wqe = wqe;
		__entry->wr_id = wqe->wr.wr_id;
		__entry->opcode = wqe->wr.opcode;
		__entry->send_flags = wqe->wr.send_flags;
		__entry->length = wqe->length;
		__entry->ssn = wqe->ssn;
	),
	TP_printk("[%s] qpn 0x%x qpt %u wqe %p idx %u wr_id %llx length %u ssn %u opcode %x send_flags %x",
		  __entry->device, __entry->qpn, __entry->qpt, __entry->wqe,
		  __entry->idx, __entry->wr_id, __entry->length, __entry->ssn,
		  __entry->opcode, __entry->send_flags)
);

#endif /* RVT_TRACE_TX_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_tx
#include <trace/define_trace.h>
