/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of the wire: what came, what went, what was dropped and why; and
 * what a connection made of it.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt_roce

#if !defined(RVT_ROCE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_ROCE_TRACE_H

#include <linux/skbuff.h>
#include <linux/tracepoint.h>
#include <rdma/rdmavt_qp.h>
#include "device.h"
#include "opcode.h"
#include "packet.h"
#include "wire.h"

#define rvt_roce_drop_names					\
	{ RVT_ROCE_DROP_NO_DEVICE,	"no_device" },		\
	{ RVT_ROCE_DROP_MALFORMED,	"malformed" },		\
	{ RVT_ROCE_DROP_OPCODE,		"opcode" },		\
	{ RVT_ROCE_DROP_ICRC,		"icrc" },		\
	{ RVT_ROCE_DROP_NO_QP,		"no_qp" },		\
	{ RVT_ROCE_DROP_QP_TYPE,	"qp_type" },		\
	{ RVT_ROCE_DROP_QP_STATE,	"qp_state" },		\
	{ RVT_ROCE_DROP_ADDRESS,	"address" },		\
	{ RVT_ROCE_DROP_PKEY,		"pkey" },		\
	{ RVT_ROCE_DROP_QKEY,		"qkey" },		\
	{ RVT_ROCE_DROP_NO_RECV,	"no_recv" },		\
	{ RVT_ROCE_DROP_TOO_LONG,	"too_long" },		\
	{ RVT_ROCE_DROP_PROTOCOL,	"protocol" },		\
	{ RVT_ROCE_DROP_NOMEM,		"no_memory" },		\
	{ RVT_ROCE_DROP_TX_ROUTE,	"tx_route" },		\
	{ RVT_ROCE_DROP_TX_MTU,		"tx_mtu" },		\
	{ RVT_ROCE_DROP_TX_STACK,	"tx_stack" }

TRACE_EVENT(rvt_roce_rx,
	TP_PROTO(const struct rvt_roce_pkt *pkt),
	TP_ARGS(pkt),
	TP_STRUCT__entry(
		__string(dev, rvt_get_ibdev_name(&pkt->dev->rdi))
		__string(op, pkt->op->name)
		__array(u8, saddr, 16)
		__field(u32, qpn)
		__field(u32, psn)
		__field(u32, len)
		__field(bool, ackreq)
	),
	TP_fast_assign(
		compat_assign_str(dev, rvt_get_ibdev_name(&pkt->dev->rdi));
		compat_assign_str(op, pkt->op->name);
		memcpy(__entry->saddr, &pkt->saddr, 16);
		__entry->qpn = pkt->qpn;
		__entry->psn = pkt->psn;
		__entry->len = pkt->len;
		__entry->ackreq = pkt->ackreq;
	),
	TP_printk("[%s] %s from %pI6c qpn 0x%x psn 0x%x len %u%s",
		  __get_str(dev), __get_str(op), __entry->saddr, __entry->qpn,
		  __entry->psn, __entry->len, __entry->ackreq ? " A" : "")
);

TRACE_EVENT(rvt_roce_rx_drop,
	TP_PROTO(const struct rvt_roce_dev *dev, const struct rvt_roce_pkt *pkt,
		 enum rvt_roce_drop why),
	TP_ARGS(dev, pkt, why),
	TP_STRUCT__entry(
		__string(dev, dev ? rvt_get_ibdev_name(&dev->rdi) : "-")
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
		__field(u32, qpn)
		__field(u32, psn)
		__field(u8, opcode)
		__field(u8, why)
	),
	TP_fast_assign(
		compat_assign_str(dev, dev ? rvt_get_ibdev_name(&dev->rdi) : "-");
		memcpy(__entry->saddr, &pkt->saddr, 16);
		memcpy(__entry->daddr, &pkt->daddr, 16);
		__entry->qpn = pkt->qpn;
		__entry->psn = pkt->psn;
		__entry->opcode = pkt->opcode;
		__entry->why = why;
	),
	TP_printk("[%s] %s: from %pI6c to %pI6c opcode 0x%02x qpn 0x%x psn 0x%x",
		  __get_str(dev),
		  __print_symbolic(__entry->why, rvt_roce_drop_names),
		  __entry->saddr, __entry->daddr, __entry->opcode,
		  __entry->qpn, __entry->psn)
);

DECLARE_EVENT_CLASS(rvt_roce_tx_template,
	TP_PROTO(const struct rvt_roce_dev *dev, const struct sk_buff *skb,
		 int why),
	TP_ARGS(dev, skb, why),
	TP_STRUCT__entry(
		__string(dev, rvt_get_ibdev_name(&dev->rdi))
		__field(u32, qpn)
		__field(u32, psn)
		__field(u32, len)
		__field(u8, opcode)
		__field(u8, why)
	),
	TP_fast_assign(
		/* Fully built or not, the BTH follows the UDP header. */
		const struct rvt_roce_bth *bth =
			(const void *)(skb_transport_header(skb) +
				       RVT_ROCE_UDP_BYTES);

		compat_assign_str(dev, rvt_get_ibdev_name(&dev->rdi));
		__entry->qpn = be32_to_cpu(bth->qpn) & RVT_ROCE_QPN_MASK;
		__entry->psn = be32_to_cpu(bth->apsn) & RVT_ROCE_PSN_MASK;
		__entry->len = skb->len;
		__entry->opcode = bth->opcode;
		__entry->why = why;
	),
	TP_printk("[%s] opcode 0x%02x qpn 0x%x psn 0x%x len %u %s",
		  __get_str(dev), __entry->opcode, __entry->qpn, __entry->psn,
		  __entry->len,
		  __entry->why ? __print_symbolic(__entry->why,
						  rvt_roce_drop_names) : "")
);

DEFINE_EVENT(rvt_roce_tx_template, rvt_roce_tx,
	TP_PROTO(const struct rvt_roce_dev *dev, const struct sk_buff *skb,
		 int why),
	TP_ARGS(dev, skb, why)
);

DEFINE_EVENT(rvt_roce_tx_template, rvt_roce_tx_drop,
	TP_PROTO(const struct rvt_roce_dev *dev, const struct sk_buff *skb,
		 int why),
	TP_ARGS(dev, skb, why)
);

DECLARE_EVENT_CLASS(rvt_roce_decision,
	TP_PROTO(const struct rvt_qp *qp, u32 psn, unsigned int what),
	TP_ARGS(qp, psn, what),
	TP_STRUCT__entry(
		__string(dev, dev_name(&qp->ibqp.device->dev))
		__field(u32, qpn)
		__field(u32, psn)
		__field(u32, last_psn)
		__field(unsigned int, what)
	),
	TP_fast_assign(
		compat_assign_str(dev, dev_name(&qp->ibqp.device->dev));
		__entry->qpn = qp->ibqp.qp_num;
		__entry->psn = psn & RVT_ROCE_PSN_MASK;
		__entry->last_psn = qp->s_last_psn & RVT_ROCE_PSN_MASK;
		__entry->what = what;
	),
	TP_printk("[%s] qpn 0x%x psn 0x%x acknowledged 0x%x syndrome 0x%02x",
		  __get_str(dev), __entry->qpn, __entry->psn, __entry->last_psn,
		  __entry->what)
);

DEFINE_EVENT_PRINT(rvt_roce_decision, rvt_roce_retry,
	TP_PROTO(const struct rvt_qp *qp, u32 psn, unsigned int left),
	TP_ARGS(qp, psn, left),
	TP_printk("[%s] qpn 0x%x from psn 0x%x acknowledged 0x%x retries left %u",
		  __get_str(dev), __entry->qpn, __entry->psn, __entry->last_psn,
		  __entry->what)
);

DEFINE_EVENT(rvt_roce_decision, rvt_roce_rcvd_nak,
	TP_PROTO(const struct rvt_qp *qp, u32 psn, unsigned int syndrome),
	TP_ARGS(qp, psn, syndrome)
);

DEFINE_EVENT(rvt_roce_decision, rvt_roce_sent_nak,
	TP_PROTO(const struct rvt_qp *qp, u32 psn, unsigned int syndrome),
	TP_ARGS(qp, psn, syndrome)
);

DEFINE_EVENT_PRINT(rvt_roce_decision, rvt_roce_window_cut,
	TP_PROTO(const struct rvt_qp *qp, u32 psn, unsigned int window),
	TP_ARGS(qp, psn, window),
	TP_printk("[%s] qpn 0x%x up to psn 0x%x acknowledged 0x%x window %u",
		  __get_str(dev), __entry->qpn, __entry->psn, __entry->last_psn,
		  __entry->what)
);

#endif /* RVT_ROCE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
