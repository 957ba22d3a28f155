/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat_create_cq_udata() - what a driver and its library tell each other, out
 * of what the create_cq verb gets; NULL from the kernel.
 *
 * No header is included for older kernels: it would change the checksums of
 * exported symbols, see compat.h.
 */
#ifndef RDMA_ANYWHERE_COMPAT_VERBS_H
#define RDMA_ANYWHERE_COMPAT_VERBS_H

#ifdef COMPAT_HAVE_CREATE_CQ_ATTRS
#include <rdma/uverbs_ioctl.h>

#define compat_create_cq_udata(attrs)	((attrs) ? &(attrs)->driver_udata : NULL)
#else
#define compat_create_cq_udata(attrs)	(attrs)
#endif

#endif /* RDMA_ANYWHERE_COMPAT_VERBS_H */
