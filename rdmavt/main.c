// SPDX-License-Identifier: GPL-2.0
/*
 * rdmavt: verbs objects for drivers that implement the transport themselves.
 *
 * A driver brings the wire; this library brings what every such driver needs
 * and what consumers see.  Where to look:
 *
 *   device support port	registration, what a driver must bring, ports
 *   pd ah mr keys		protection domains, addresses, memory and keys
 *   cq rq srq mmap		queues, and how user space maps them
 *   qp qpn qp_* iter		queue pairs: life, numbers, states, walking them
 *   post complete loopback	send requests: posted, completed, done locally
 *   sge restart		scatter lists: filling them, going back in them
 *   timers aeth		retries, receiver not ready, acknowledgments
 *   mcast mad			multicast groups, subnet management agents
 *
 * The interface is the kernel's own <rdma/rdma_vt.h> and <rdma/rdmavt_*.h>, so
 * drivers of the kernel's rdmavt run on this one, and <rvt_ext.h> beyond it.
 */
#include <linux/module.h>
#include "rdmavt.h"
#include "cq.h"
#include "event.h"
#include "mad.h"

static int __init rvt_init(void)
{
	int ret;

	ret = rvt_cq_init();
	if (ret)
		return ret;
	ret = rvt_event_init();
	if (ret)
		goto exit_cq;
	ret = rvt_mad_init();
	if (ret)
		goto exit_event;
	return 0;

exit_event:
	rvt_event_exit();
exit_cq:
	rvt_cq_exit();
	return ret;
}

static void __exit rvt_exit(void)
{
	rvt_mad_exit();
	rvt_event_exit();
	rvt_cq_exit();
	/* Regions and windows are freed by callbacks of this module. */
	rcu_barrier();
}

/* Built in: after the core (fs_initcall), before any driver probes. */
fs_initcall_sync(rvt_init);
module_exit(rvt_exit);

MODULE_AUTHOR("The RDMA anywhere authors");
MODULE_DESCRIPTION("RDMA Verbs Transport Library");
MODULE_LICENSE("Dual BSD/GPL");
