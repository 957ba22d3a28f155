// SPDX-License-Identifier: GPL-2.0
/*
 * The client's sysctls, /proc/sys/sunrpc/rdma_*. As for all transports, they are
 * there if the kernel has CONFIG_SUNRPC_DEBUG.
 */

#include <linux/sysctl.h>
#include "compat/sysctl.h"
#include "xprt_rdma.h"

/* Requests that a new transport may have under way. */
unsigned int rpcrdma_slot_table_entries = RPCRDMA_DEF_SLOT_TABLE;
/* Bytes in a Receive of a new connection. */
unsigned int rpcrdma_max_inline_read = RPCRDMA_DEF_INLINE;
/* Bytes in a Send of a new connection. */
unsigned int rpcrdma_max_inline_write = RPCRDMA_DEF_INLINE;

#if IS_ENABLED(CONFIG_SUNRPC_DEBUG)
/* Of older versions of the transport; they have no effect any more. */
static unsigned int inline_write_padding;
static unsigned int memreg_strategy = RPCRDMA_FRWR;
static int pad_optimize;

static unsigned int min_slots = RPCRDMA_MIN_SLOT_TABLE;
static unsigned int max_slots = RPCRDMA_MAX_SLOT_TABLE;
static unsigned int min_inline = RPCRDMA_MIN_INLINE;
static unsigned int max_inline = RPCRDMA_MAX_INLINE;
static unsigned int max_padding = PAGE_SIZE;
static unsigned int min_memreg = RPCRDMA_BOUNCEBUFFERS;
static unsigned int max_memreg = RPCRDMA_LAST - 1;

#define PARAMETER(name, variable, handler, low, high) {			\
		.procname	= name,					\
		.data		= variable,				\
		.maxlen		= sizeof(int),				\
		.mode		= 0644,					\
		.proc_handler	= handler,				\
		.extra1		= low,					\
		.extra2		= high,					\
	}

static struct ctl_table table[] = {
	PARAMETER("rdma_slot_table_entries", &rpcrdma_slot_table_entries,
		  proc_dointvec_minmax, &min_slots, &max_slots),
	PARAMETER("rdma_max_inline_read", &rpcrdma_max_inline_read,
		  proc_dointvec_minmax, &min_inline, &max_inline),
	PARAMETER("rdma_max_inline_write", &rpcrdma_max_inline_write,
		  proc_dointvec_minmax, &min_inline, &max_inline),
	PARAMETER("rdma_inline_write_padding", &inline_write_padding,
		  proc_dointvec_minmax, SYSCTL_ZERO, &max_padding),
	PARAMETER("rdma_memreg_strategy", &memreg_strategy,
		  proc_dointvec_minmax, &min_memreg, &max_memreg),
	PARAMETER("rdma_pad_optimize", &pad_optimize, proc_dointvec, NULL, NULL),
	COMPAT_SYSCTL_END
};

static struct ctl_table_header *header;

/**
 * rpcrdma_sysctl_init - make the client's sysctls
 *
 * Return: 0 or -ENOMEM.
 */
int rpcrdma_sysctl_init(void)
{
	header = register_sysctl("sunrpc", table);
	return header ? 0 : -ENOMEM;
}

/**
 * rpcrdma_sysctl_exit - undo rpcrdma_sysctl_init()
 */
void rpcrdma_sysctl_exit(void)
{
	unregister_sysctl_table(header);
}
#else
int rpcrdma_sysctl_init(void)
{
	return 0;
}

void rpcrdma_sysctl_exit(void)
{
}
#endif
