/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fabric interface of the SCSI target core, where it has changed.
 */
#ifndef RDMA_ANYWHERE_COMPAT_TARGET_H
#define RDMA_ANYWHERE_COMPAT_TARGET_H

#include <target/target_core_base.h>
#include <target/target_core_fabric.h>

/*
 * target_submit() runs a command in the caller's context. From 6.7 on a fabric
 * has to say that it wants this; otherwise the command goes to a workqueue.
 */
#ifdef COMPAT_HAVE_TARGET_SUBMIT_TYPE
#define COMPAT_TARGET_SUBMIT_DIRECT				\
	.default_submit_type = TARGET_DIRECT_SUBMIT,		\
	.direct_submit_supp = 1,
#else
#define COMPAT_TARGET_SUBMIT_DIRECT
#endif

#endif /* RDMA_ANYWHERE_COMPAT_TARGET_H */
