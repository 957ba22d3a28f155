// SPDX-License-Identifier: GPL-2.0
/*
 * The transport's counters, by processor.
 */
#include <linux/module.h>
#include "ib.h"

DEFINE_PER_CPU(struct rds_ib_statistics, rds_ib_stats);

static const char *const names[] = {
#define X(name) #name,
	RDS_IB_STATS(X)
#undef X
};

#define NR_COUNTERS	(sizeof(struct rds_ib_statistics) / sizeof(u64))

/**
 * rds_ib_stats_info_copy - stats_info_copy of the transport
 * @iter: the list
 * @avail: how many fit
 *
 * Return: how many there are.
 */
unsigned int rds_ib_stats_info_copy(struct rds_info_iterator *iter, unsigned int avail)
{
	u64 sum[NR_COUNTERS] = {};
	unsigned int i;
	int cpu;

	if (avail < NR_COUNTERS)
		return NR_COUNTERS;
	for_each_possible_cpu(cpu) {
		const u64 *counters = (const u64 *)per_cpu_ptr(&rds_ib_stats, cpu);

		for (i = 0; i < NR_COUNTERS; i++)
			sum[i] += counters[i];
	}
	rds_stats_info_copy(iter, sum, names, NR_COUNTERS);
	return NR_COUNTERS;
}
