// SPDX-License-Identifier: GPL-2.0
/*
 * rvt_roce: RDMA over Converged Ethernet, version 2, in software.
 *
 * A driver of the verbs library rdmavt that makes any Ethernet interface an
 * RDMA device.  The library has the verbs objects and their rules; this module
 * has the wire.  Where to look:
 *
 *	link.c device.c port.c sysfs.c ops.c	making, describing and removing
 *						devices
 *	socket.c gid.c recv.c packet.c		from the network: which device,
 *						which queue pair
 *	av.c net.c				to the network: routes, headers
 *	wire.h opcode.c icrc.c crc.c		the format
 *	ud.c mcast.c				datagrams and multicast
 *	qp.c send.c req.c comp.c resp.c ack.c uc.c
 *						connections
 *	ecn.c					congestion
 *	counters.c pma.c restrack.c debugfs.c trace.c
 *						watching all this
 *
 * Documentation/rvt_roce.rst describes the packet path, locking and teardown.
 */

#include <linux/module.h>
#include "crc.h"
#include "debugfs.h"
#include "device.h"
#include "link.h"
#include "net.h"
#include "socket.h"

static int __init rvt_roce_init(void)
{
	int err;

	rvt_roce_debugfs_init();
	rvt_roce_crc_init();
	err = rvt_roce_socket_init();
	if (err)
		goto crc_exit;

	err = rvt_roce_link_init();
	if (err)
		goto socket_exit;
	return 0;

socket_exit:
	rvt_roce_socket_exit();
crc_exit:
	rvt_roce_crc_exit();
	rvt_roce_debugfs_exit();
	return err;
}

/* Each step takes away who could start what the next one waits for. */
static void __exit rvt_roce_exit(void)
{
	rvt_roce_link_stop();
	rvt_roce_dev_remove_all();
	rvt_roce_link_exit();
	rvt_roce_socket_exit();
	rvt_roce_debugfs_exit();
	rvt_roce_net_drain();
	rvt_roce_crc_exit();
}

module_init(rvt_roce_init);
module_exit(rvt_roce_exit);

MODULE_DESCRIPTION("Software RoCEv2 on any Ethernet interface");
MODULE_LICENSE("GPL");
