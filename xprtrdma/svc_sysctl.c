// SPDX-License-Identifier: GPL-2.0
/*
 * The server's parameters and counters, /proc/sys/sunrpc/svc_rdma/.
 *
 * Counters are reset by writing to them, whatever is written.
 */

#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sunrpc/xprtrdma.h>
#include "compat/sysctl.h"
#include "svcrdma.h"

/* Calls that a client may have under way. */
unsigned int svcrdma_max_requests = 64;
/* Bytes in a Receive, and the most in a Send. */
unsigned int svcrdma_max_req_size = RPCRDMA_DEF_INLINE;
/* Of no effect: the connection's own limit is used. */
static unsigned int max_outbound_read_requests = 16;
/* Of older versions; they count nothing any more. */
static unsigned int unused;

/* Calls that had to be read from the client. */
struct percpu_counter svcrdma_stat_read;
/* Messages received. */
struct percpu_counter svcrdma_stat_recv;
/* Replies of which a part was written by RDMA. */
struct percpu_counter svcrdma_stat_write;
/* Waits for room in a send queue. */
struct percpu_counter svcrdma_stat_sq_starve;

static struct percpu_counter *const counters[] = {
	&svcrdma_stat_read,
	&svcrdma_stat_recv,
	&svcrdma_stat_write,
	&svcrdma_stat_sq_starve,
};

static unsigned int min_requests = RPCRDMA_MIN_SLOT_TABLE;
static unsigned int max_requests = RPCRDMA_MAX_SLOT_TABLE;
static unsigned int min_size = RPCRDMA_DEF_INLINE;
static unsigned int max_size = RPCRDMA_MAX_INLINE;
static unsigned int min_ord = 1;
static unsigned int max_ord = 255;

static int counter_handler(COMPAT_CTL_TABLE *entry, int write, void *buffer,
			   size_t *lenp, loff_t *ppos)
{
	struct percpu_counter *counter = entry->data;
	char text[24];
	size_t len;

	if (write) {
		percpu_counter_set(counter, 0);
		*ppos += *lenp;
		return 0;
	}
	len = scnprintf(text, sizeof(text), "%lld\n",
			percpu_counter_sum_positive(counter));
	if (*ppos >= len) {
		*lenp = 0;
		return 0;
	}
	*lenp = min_t(size_t, *lenp, len - *ppos);
	memcpy(buffer, text + *ppos, *lenp);
	*ppos += *lenp;
	return 0;
}

#define PARAMETER(name, variable, low, high) {				\
		.procname	= name,					\
		.data		= variable,				\
		.maxlen		= sizeof(unsigned int),			\
		.mode		= 0644,					\
		.proc_handler	= proc_dointvec_minmax,			\
		.extra1		= low,					\
		.extra2		= high,					\
	}

#define COUNTER(name, counter) {					\
		.procname	= name,					\
		.data		= counter,				\
		.maxlen		= sizeof(struct percpu_counter),	\
		.mode		= 0644,					\
		.proc_handler	= counter_handler,			\
	}

#define UNUSED_COUNTER(name)						\
	PARAMETER(name, &unused, SYSCTL_ZERO, SYSCTL_ZERO)

static struct ctl_table table[] = {
	PARAMETER("max_requests", &svcrdma_max_requests, &min_requests,
		  &max_requests),
	PARAMETER("max_req_size", &svcrdma_max_req_size, &min_size, &max_size),
	PARAMETER("max_outbound_read_requests", &max_outbound_read_requests,
		  &min_ord, &max_ord),
	COUNTER("rdma_stat_read", &svcrdma_stat_read),
	COUNTER("rdma_stat_recv", &svcrdma_stat_recv),
	COUNTER("rdma_stat_write", &svcrdma_stat_write),
	COUNTER("rdma_stat_sq_starve", &svcrdma_stat_sq_starve),
	UNUSED_COUNTER("rdma_stat_rq_starve"),
	UNUSED_COUNTER("rdma_stat_rq_poll"),
	UNUSED_COUNTER("rdma_stat_rq_prod"),
	UNUSED_COUNTER("rdma_stat_sq_poll"),
	UNUSED_COUNTER("rdma_stat_sq_prod"),
	COMPAT_SYSCTL_END
};

static struct ctl_table_header *header;

static void destroy_counters(size_t n)
{
	while (n--)
		percpu_counter_destroy(counters[n]);
}

/**
 * svcrdma_sysctl_init - make the server's parameters and counters
 *
 * Return: 0 or -ENOMEM.
 */
int svcrdma_sysctl_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (percpu_counter_init(counters[i], 0, GFP_KERNEL)) {
			destroy_counters(i);
			return -ENOMEM;
		}
	}
	header = register_sysctl("sunrpc/svc_rdma", table);
	if (!header) {
		destroy_counters(ARRAY_SIZE(counters));
		return -ENOMEM;
	}
	return 0;
}

/**
 * svcrdma_sysctl_exit - undo svcrdma_sysctl_init()
 */
void svcrdma_sysctl_exit(void)
{
	unregister_sysctl_table(header);
	destroy_counters(ARRAY_SIZE(counters));
}
