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
