// SPDX-License-Identifier: GPL-2.0
/*
 * Counters, by processor, and RDS_INFO_COUNTERS, which adds them up.
 */
#include <linux/module.h>
#include "rds.h"

DEFINE_PER_CPU(struct rds_statistics, rds_stats);
EXPORT_PER_CPU_SYMBOL_GPL(rds_stats);

static const char *const names[] = {
#define X(name) #name,
	RDS_STATS(X)
#undef X
};

#define NR_COUNTERS	(sizeof(struct rds_statistics) / sizeof(u64))
static_assert(ARRAY_SIZE(names) == NR_COUNTERS);

/**
 * rds_stats_info_copy - append counters to a list
 * @iter: the list
 * @values: one for each
 * @names: name
 * @nr: how many
 */
void rds_stats_info_copy(struct rds_info_iterator *iter, const u64 *values,
			 const char *const *names, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		struct rds_info_counter counter = { .value = values[i] };

		strscpy(counter.name, names[i], sizeof(counter.name));
		rds_info_copy(iter, &counter, sizeof(counter));
	}
}
EXPORT_SYMBOL_GPL(rds_stats_info_copy);

static void copy_own(struct rds_info_iterator *iter)
{
	u64 sum[NR_COUNTERS] = {};
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		const u64 *counters = (const u64 *)per_cpu_ptr(&rds_stats, cpu);

		for (i = 0; i < NR_COUNTERS; i++)
			sum[i] += counters[i];
	}
	rds_stats_info_copy(iter, sum, names, NR_COUNTERS);
}

/* All or nothing. */
static void counters_info(struct socket *sock, unsigned int len,
			  struct rds_info_iterator *iter, struct rds_info_lengths *lens)
{
	unsigned int avail = len / sizeof(struct rds_info_counter);
	unsigned int total = NR_COUNTERS + rds_trans_stats_info_copy(iter, 0);

	lens->each = sizeof(struct rds_info_counter);
	lens->nr = total;
	if (avail < total)
		return;
	copy_own(iter);
	rds_trans_stats_info_copy(iter, avail - NR_COUNTERS);
}

/**
 * rds_stats_init - at load
 *
 * Return: 0.
 */
int rds_stats_init(void)
{
	rds_info_register_func(RDS_INFO_COUNTERS, counters_info);
	return 0;
}

/**
 * rds_stats_uninit - at unload
 */
void rds_stats_uninit(void)
{
	rds_info_deregister_func(RDS_INFO_COUNTERS, counters_info);
}
