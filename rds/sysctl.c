// SPDX-License-Identifier: GPL-2.0
/*
 * net.rds.* (specification 12).
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sysctl.h>
#include "compat/sysctl.h"
#include "rds.h"

static struct ctl_table_header *header;

static unsigned long one_ms;
static unsigned long longest = ~0UL;

unsigned long rds_sysctl_reconnect_min_jiffies = 1;
unsigned long rds_sysctl_reconnect_max_jiffies = HZ;
unsigned int rds_sysctl_max_unacked_packets = 8;
unsigned int rds_sysctl_max_unacked_bytes = 16 << 20;
unsigned int rds_sysctl_ping_enable = 1;

#define MILLISECONDS(name, limit, least, most)				\
	{								\
		.procname = #name "_delay_ms",				\
		.mode = 0644,						\
		.data = &rds_sysctl_##limit,				\
		.maxlen = sizeof(rds_sysctl_##limit),			\
		.proc_handler = proc_doulongvec_ms_jiffies_minmax,	\
		.extra1 = (least),					\
		.extra2 = (most),					\
	}

#define INTEGER(name)							\
	{								\
		.procname = #name,					\
		.mode = 0644,						\
		.data = &rds_sysctl_##name,				\
		.maxlen = sizeof(rds_sysctl_##name),			\
		.proc_handler = proc_dointvec,				\
	}

static struct ctl_table table[] = {
	MILLISECONDS(reconnect_min, reconnect_min_jiffies, &one_ms,
		     &rds_sysctl_reconnect_max_jiffies),
	MILLISECONDS(reconnect_max, reconnect_max_jiffies,
		     &rds_sysctl_reconnect_min_jiffies, &longest),
	INTEGER(max_unacked_packets),
	INTEGER(max_unacked_bytes),
	INTEGER(ping_enable),
	INTEGER(max_user_connections),
	INTEGER(max_peer_connections),
	COMPAT_SYSCTL_END
};

/**
 * rds_sysctl_init - at load
 *
 * Return: 0 or -ENOMEM.
 */
int rds_sysctl_init(void)
{
	one_ms = msecs_to_jiffies(1);
	header = register_net_sysctl(&init_net, "net/rds", table);
	return header ? 0 : -ENOMEM;
}

/**
 * rds_sysctl_uninit - at unload
 */
void rds_sysctl_uninit(void)
{
	unregister_net_sysctl_table(header);
}
