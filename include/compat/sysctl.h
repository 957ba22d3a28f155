/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sysctl tables: older kernels find their end by an empty entry, newer ones by
 * their size, and take an empty entry for a mistake.
 */
#ifndef RDMA_ANYWHERE_COMPAT_SYSCTL_H
#define RDMA_ANYWHERE_COMPAT_SYSCTL_H

#include <linux/sysctl.h>

/* The macro register_sysctl() came with the size, in 6.6. */
#ifdef register_sysctl
#define COMPAT_SYSCTL_END
#else
#define COMPAT_SYSCTL_END	{ }
#endif

/* What a handler gets, from 6.11 on read-only. */
#ifdef COMPAT_HAVE_CONST_CTL_TABLE
#define COMPAT_CTL_TABLE	const struct ctl_table
#else
#define COMPAT_CTL_TABLE	struct ctl_table
#endif

#endif /* RDMA_ANYWHERE_COMPAT_SYSCTL_H */
