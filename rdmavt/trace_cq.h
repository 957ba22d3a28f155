/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace system rvt_cq: completion queues made, completions put in and taken.
 */
#if !defined(RVT_TRACE_CQ_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_TRACE_CQ_H

#include <linux/tracepoint.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_cq.h>

#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt_cq

#define rvt_show_wc_opcode(opcode)				\
	__print_symbolic(opcode,				\
		{ IB_WC_SEND,			"SEND" },	\
		{ IB_WC_RDMA_WRITE,		"RDMA_WRITE" },	\
		{ IB_WC_RDMA_READ,		"RDMA_READ" },	\
		{ IB_WC_COMP_SWAP,		"COMP_SWAP" },	\
		{ IB_WC_FETCH_ADD,		"FETCH_ADD" },	\
		{ IB_WC_LSO,			"LSO" },	\
		{ IB_WC_LOCAL_INV,		"LOCAL_INV" },	\
		{ IB_WC_REG_MR,			"REG_MR" },	\
		{ IB_WC_MASKED_COMP_SWAP,	"MASKED_COMP_SWAP" },	\
		{ IB_WC_MASKED_FETCH_ADD,	"MASKED_FETCH_ADD" },	\
		{ IB_WC_RECV,			"RECV" },	\
		{ IB_WC_RECV_RDMA_WITH_IMM,	"RECV_RDMA_WITH_IMM" })

TRACE_EVENT(rvt_create_cq,
	    TP_PROTO(const struct rvt_cq *cq,
		     const struct ib_cq_init_attr *attr),
	    TP_ARGS(cq, attr),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(bool, user)
		__field(u32, cqe)
		__field(int, comp_vector)
		__field(int, comp_vector_cpu)
		__field(u32, flags)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, rvt_get_ibdev_name(cq->rdi),
			IB_DEVICE_NAME_MAX);
		__entry->user = cq->ip;
		__entry->cqe = attr->cqe;
		__entry->comp_vector = attr->comp_vector;
		__entry->comp_vector_cpu = cq->comp_vector_cpu;
		__entry->flags = attr->flags;
	    ),
	    TP_printk("[%s] user cq %s cqe %u comp_vector %d comp_vector_cpu %d flags %x",
		      __entry->device, __entry->user ? "yes" : "no",
		      __entry->cqe, __entry->comp_vector,
		      __entry->comp_vector_cpu, __entry->flags)
);

DECLARE_EVENT_CLASS(rvt_cq_entry,
	    TP_PROTO(const struct rvt_cq *cq, const struct ib_wc *wc, u32 idx),
	    TP_ARGS(cq, wc, idx),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(u32, idx)
		__field(u32, status)
		__field(u32, opcode)
		__field(u32, length)
		__field(u32, qpn)
		__field(u32, flags)
		__field(u32, imm)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, rvt_get_ibdev_name(cq->rdi),
			IB_DEVICE_NAME_MAX);
		__entry->wr_id = wc->wr_id;
		__entry->idx = idx;
		__entry->status = wc->status;
		__entry->opcode = wc->opcode;
		__entry->length = wc->byte_len;
		__entry->qpn = wc->qp->qp_num;
		__entry->flags = wc->wc_flags;
		__entry->imm = be32_to_cpu(wc->ex.imm_data);
	    ),
	    TP_printk("[%s] idx %u wr_id %llx status %u opcode %u,%s length %u qpn %x flags %x imm %x",
		      __entry->device, __entry->idx, __entry->wr_id,
		      __entry->status, __entry->opcode,
		      rvt_show_wc_opcode(__entry->opcode), __entry->length,
		      __entry->qpn, __entry->flags, __entry->imm)
);

DEFINE_EVENT(rvt_cq_entry, rvt_cq_enter,
	     TP_PROTO(const struct rvt_cq *cq, const struct ib_wc *wc, u32 idx),
	     TP_ARGS(cq, wc, idx));

DEFINE_EVENT(rvt_cq_entry, rvt_cq_poll,
	     TP_PROTO(const struct rvt_cq *cq, const struct ib_wc *wc, u32 idx),
	     TP_ARGS(cq, wc, idx));

TRACE_EVENT(rvt_cq_overflow,
	    TP_PROTO(const struct rvt_cq *cq, const struct ib_wc *wc),
	    TP_ARGS(cq, wc),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, wr_id)
		__field(u32, status)
		__field(u32, qpn)
		__field(int, cqe)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, dev_name(&cq->ibcq.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->wr_id = wc->wr_id;
		__entry->status = wc->status;
		__entry->qpn = wc->qp->qp_num;
		__entry->cqe = cq->ibcq.cqe;
	    ),
	    TP_printk("[%s] wr_id %llx status %u qpn %x lost, entries %d",
		      __entry->device, __entry->wr_id, __entry->status,
		      __entry->qpn, __entry->cqe)
);

#endif /* RVT_TRACE_CQ_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_cq
#include <trace/define_trace.h>
