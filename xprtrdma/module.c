// SPDX-License-Identifier: GPL-2.0
/*
 * rpcrdma: RPC over RDMA, both sides in one module, as the RPC core expects.
 */

#include <linux/module.h>
#include "svcrdma.h"
#include "xprt_rdma.h"

static int __init rpcrdma_module_init(void)
{
	int err;

	err = svcrdma_sysctl_init();
	if (err)
		return err;
	err = svcrdma_init();
	if (err)
		goto svc_sysctl_exit;
	err = rpcrdma_transport_init();
	if (err)
		goto svc_exit;
	err = svcrdma_bc_init();
	if (err)
		goto transport_exit;
	err = rpcrdma_sysctl_init();
	if (err)
		goto bc_exit;
	return 0;

bc_exit:
	svcrdma_bc_exit();
transport_exit:
	rpcrdma_transport_exit();
svc_exit:
	svcrdma_exit();
svc_sysctl_exit:
	svcrdma_sysctl_exit();
	return err;
}

static void __exit rpcrdma_module_exit(void)
{
	rpcrdma_sysctl_exit();
	svcrdma_bc_exit();
	rpcrdma_transport_exit();
	svcrdma_exit();
	svcrdma_sysctl_exit();
}

module_init(rpcrdma_module_init);
module_exit(rpcrdma_module_exit);

MODULE_DESCRIPTION("RPC over RDMA: NFS client and server");
MODULE_LICENSE("GPL");
MODULE_ALIAS("svcrdma");
MODULE_ALIAS("xprtrdma");
MODULE_ALIAS("rpcrdma6");
