/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Force-included before every file of the suite, so that the code can be
 * written to the newest kernel interfaces.
 *
 * This header includes no kernel header but linux/version.h: the checksum of
 * an exported symbol (CONFIG_MODVERSIONS) depends on the types that are
 * visible where it is exported, and rdmavt has to export the checksums that
 * the distribution's drivers expect.  So the bridges here are macros, which
 * need no declaration until they are used; what needs more lives in a header
 * of its own beside this one, included by those who want it.
 */
#ifndef RDMA_ANYWHERE_COMPAT_H
#define RDMA_ANYWHERE_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "this suite needs Linux 6.1 or later: choose a newer kernel with make KDIR=..."
#endif

/* timer_container_of() was called from_timer() until 6.16. */
#ifndef COMPAT_HAVE_TIMER_CONTAINER_OF
#define timer_container_of(var, callback_timer, timer_fieldname) \
	container_of(callback_timer, typeof(*(var)), timer_fieldname)
#endif

/* hrtimer_setup() is hrtimer_init() and the function, from 6.13. */
#ifndef COMPAT_HAVE_HRTIMER_SETUP
#define hrtimer_setup(timer, callback, clock_id, mode)		\
do {								\
	struct hrtimer *__timer = (timer);			\
								\
	hrtimer_init(__timer, clock_id, mode);			\
	__timer->function = (callback);				\
} while (0)
#endif

/* __assign_str() took the string as well until 6.10, although __string() had it. */
#ifdef COMPAT_HAVE_ASSIGN_STR_DST
#define compat_assign_str(dst, src)	__assign_str(dst)
#else
#define compat_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* The create_cq verb gets all attributes of the command from 6.11: see verbs.h. */
#ifdef COMPAT_HAVE_CREATE_CQ_ATTRS
#define compat_create_cq_attrs	uverbs_attr_bundle
#else
#define compat_create_cq_attrs	ib_udata
#endif

/* From 6.6 udev can tell a device that a user has named, and leaves it alone. */
#ifndef COMPAT_HAVE_IB_NAME_ASSIGNED
#define ib_mark_name_assigned_by_user(ibdev)	((void)(ibdev))
#endif

/*
 * Symbol namespaces are string literals from 6.13 and bare words before:
 * COMPAT_NS() takes the bare word.
 */
#ifdef COMPAT_HAVE_STRING_NAMESPACES
#define COMPAT_NS(ns)	#ns
#else
#define COMPAT_NS(ns)	ns
#endif

#endif /* RDMA_ANYWHERE_COMPAT_H */
