// SPDX-License-Identifier: GPL-2.0
/*
 * net.rds.ib.* (specification 12). Sizes count for connections that are made
 * afterwards.
 */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/sysctl.h>
#include "compat/sysctl.h"
#include "ib.h"

static struct ctl_table_header *header;

static unsigned long least = 1;
static unsigned long max_wr = U32_MAX;
static unsigned long max_unsignaled = 64;

unsigned long rds_ib_sysctl_max_send_wr = 256;
unsigned long rds_ib_sysctl_max_recv_wr = 1024;
unsigned long rds_ib_sysctl_max_unsignaled_wr = 16;
unsigned long rds_ib_sysctl_max_recv_allocation;
unsigned int rds_ib_sysctl_flow_control;

/* A number between two others, or any. */
#define NUMBER(name, lowest, highest) {					\
	.procname = #name, .data = &rds_ib_sysctl_##name,		\
	.maxlen = sizeof(rds_ib_sysctl_##name), .mode = 0644,		\
	.proc_handler = proc_doulongvec_minmax,				\
	.extra1 = lowest, .extra2 = highest,				\
}

static struct ctl_table table[] = {
	NUMBER(max_send_wr, &least, &max_wr),
	NUMBER(max_recv_wr, &least, &max_wr),
	NUMBER(max_unsignaled_wr, &least, &max_unsignaled),
	NUMBER(max_recv_allocation, NULL, NULL),
	{
		.procname = "flow_control", .data = &rds_ib_sysctl_flow_control,
		.maxlen = sizeof(rds_ib_sysctl_flow_control), .mode = 0644,
		.proc_handler = proc_dointvec,
	},
	COMPAT_SYSCTL_END
};

/**
 * rds_ib_sysctl_init - at load
 *
 * Return: 0 or -ENOMEM.
 */
int rds_ib_sysctl_init(void)
{
	/* A third of the memory. */
	rds_ib_sysctl_max_recv_allocation = totalram_pages() / 3 *
					    (PAGE_SIZE / RDS_FRAG_SIZE);
	header = register_net_sysctl(&init_net, "net/rds/ib", table);
	return header ? 0 : -ENOMEM;
}

/**
 * rds_ib_sysctl_uninit - at unload
 */
void rds_ib_sysctl_uninit(void)
{
	unregister_net_sysctl_table(header);
}
