/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events: every change of state, of channels and of commands, and every
 * login that is turned down.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ib_srpt

#if !defined(SRPT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SRPT_TRACE_H

#include <linux/tracepoint.h>
#include "srpt.h"

#define srpt_ch_state_names				\
	{ CH_CONNECTING,	"connecting" },		\
	{ CH_LIVE,		"live" },		\
	{ CH_DISCONNECTING,	"disconnecting" },	\
	{ CH_DRAINING,		"draining" },		\
	{ CH_DISCONNECTED,	"disconnected" }

#define srpt_cmd_state_names					\
	{ SRPT_STATE_NEW,		"new" },		\
	{ SRPT_STATE_NEED_DATA,		"need_data" },		\
	{ SRPT_STATE_DATA_IN,		"data_in" },		\
	{ SRPT_STATE_CMD_RSP_SENT,	"cmd_rsp_sent" },	\
	{ SRPT_STATE_MGMT,		"mgmt" },		\
	{ SRPT_STATE_MGMT_RSP_SENT,	"mgmt_rsp_sent" },	\
	{ SRPT_STATE_DONE,		"done" }

TRACE_EVENT(srpt_ch_state,
	TP_PROTO(const struct srpt_rdma_ch *ch, enum rdma_ch_state was,
		 enum rdma_ch_state is),
	TP_ARGS(ch, was, is),
	TP_STRUCT__entry(
		__array(char, name, SRPT_NAME_SIZE)
		__field(u32, qpn)
		__field(int, was)
		__field(int, is)
	),
	TP_fast_assign(
		memcpy(__entry->name, ch->sess_name, SRPT_NAME_SIZE);
		__entry->qpn = ch->qp ? ch->qp->qp_num : 0;
		__entry->was = was;
		__entry->is = is;
	),
	TP_printk("%s qpn 0x%x %s -> %s", __entry->name, __entry->qpn,
		  __print_symbolic(__entry->was, srpt_ch_state_names),
		  __print_symbolic(__entry->is, srpt_ch_state_names))
);

TRACE_EVENT(srpt_cmd_state,
	TP_PROTO(const struct srpt_send_ioctx *ioctx, int was, int is),
	TP_ARGS(ioctx, was, is),
	TP_STRUCT__entry(
		__field(u32, qpn)
		__field(u32, index)
		__field(u64, tag)
		__field(int, was)
		__field(int, is)
	),
	TP_fast_assign(
		__entry->qpn = ioctx->ch->qp->qp_num;
		__entry->index = ioctx->ioctx.index;
		__entry->tag = ioctx->cmd.tag;
		__entry->was = was;
		__entry->is = is;
	),
	TP_printk("qpn 0x%x command %u tag 0x%llx %s -> %s", __entry->qpn,
		  __entry->index, __entry->tag,
		  __print_symbolic(__entry->was, srpt_cmd_state_names),
		  __print_symbolic(__entry->is, srpt_cmd_state_names))
);

TRACE_EVENT(srpt_login_rejected,
	TP_PROTO(const char *peer, u32 reason, int err),
	TP_ARGS(peer, reason, err),
	TP_STRUCT__entry(
		__string(peer, peer)
		__field(u32, reason)
		__field(int, err)
	),
	TP_fast_assign(
		compat_assign_str(peer, peer);
		__entry->reason = reason;
		__entry->err = err;
	),
	TP_printk("%s reason 0x%x error %d", __get_str(peer), __entry->reason,
		  __entry->err)
);

#endif /* SRPT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
