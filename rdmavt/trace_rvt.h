/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace system rvt: remarks on the life of a device.
 */
#if !defined(RVT_TRACE_RVT_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_TRACE_RVT_H

#include <linux/tracepoint.h>
#include <rdma/rdma_vt.h>

#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt

#define RVT_TRACE_MSG_MAX 128

TRACE_EVENT(rvt_dbg,
	    TP_PROTO(struct rvt_dev_info *rdi, const char *msg),
	    TP_ARGS(rdi, msg),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__array(char, msg, RVT_TRACE_MSG_MAX)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, rvt_get_ibdev_name(rdi),
			IB_DEVICE_NAME_MAX);
		strscpy(__entry->msg, msg, RVT_TRACE_MSG_MAX);
	    ),
	    TP_printk("[%s]: %s", __entry->device, __entry->msg)
);

#endif /* RVT_TRACE_RVT_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_rvt
#include <trace/define_trace.h>
