// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: made, registered with the core, taken down.
 *
 * The stock life of a device:
 *
 *   rvt_alloc_device()		zeroed memory for the driver's structure;
 *   rvt_init_port()		once for each port; the driver fills the rest;
 *   rvt_register_device()	the library's state, then the core;
 *   rvt_unregister_device()	the core, then the library's state;
 *   rvt_dealloc_device()	frees the memory.
 *
 * A driver with ops.dealloc_driver lets the core take the device down, at
 * whoever's request, and calls rvt_teardown_device() from there.  The core
 * then frees the memory.
 *
 * Each piece of the library's state is a pointer that is NULL while the piece
 * does not exist, and each function that takes one down looks at that.  So a
 * device can be taken down at any point of its life, more than once.
 */
#include <linux/pci.h>		/* export checksums: see rdmavt.h */
#include <linux/slab.h>
#include <rdma/rvt-abi.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "ah.h"
#include "cq.h"
#include "device.h"
#include "mad.h"
#include "mcast.h"
#include "mmap.h"
#include "mr.h"
#include "mw.h"
#include "pd.h"
#include "port.h"
#include "post.h"
#include "qp.h"
#include "restrack.h"
#include "rq.h"
#include "sge.h"
#include "srq.h"
#include "trace_rvt.h"

/* <rdma/rvt-abi.h>: rings are mapped. */
#define UVERBS_ABI_VERSION	2

/**
 * rvt_alloc_device - allocate a device
 * @size: of the driver's structure, which begins with struct rvt_dev_info
 * @nports: how many ports it has
 *
 * Context: May sleep.
 * Return: the device, zeroed, or NULL.
 */
struct rvt_dev_info *rvt_alloc_device(size_t size, int nports)
{
	struct ib_device *ibdev = _ib_alloc_device(size);
	struct rvt_ibport **ports;

	if (!ibdev)
		return NULL;

	ports = kcalloc(nports, sizeof(*ports), GFP_KERNEL);
	if (!ports) {
		ib_dealloc_device(ibdev);
		return NULL;
	}
	ib_to_rvt(ibdev)->ports = ports;
	ib_to_rvt(ibdev)->dparms.nports = nports;
	return ib_to_rvt(ibdev);
}
EXPORT_SYMBOL(rvt_alloc_device);

/* Undo what was done of rvt_register_device(), the core's part excepted. */
static void free_state(struct rvt_dev_info *rdi)
{
	rvt_mad_del_device(rdi);
	rvt_qp_exit(rdi);
	rvt_wss_exit(rdi);
	rvt_keys_exit(rdi);
}

/**
 * rvt_dealloc_device - free a device
 * @rdi: from rvt_alloc_device(); not registered
 *
 * Context: May sleep.
 */
void rvt_dealloc_device(struct rvt_dev_info *rdi)
{
	rvt_teardown_device(rdi);
	ib_dealloc_device(&rdi->ibdev);
}
EXPORT_SYMBOL(rvt_dealloc_device);

void rvt_teardown_device(struct rvt_dev_info *rdi)
{
	free_state(rdi);
	kfree(rdi->ports);
	rdi->ports = NULL;
}
EXPORT_SYMBOL_GPL(rvt_teardown_device);

static int rvt_query_device(struct ib_device *ibdev,
			    struct ib_device_attr *props,
			    struct ib_udata *udata)
{
	if (udata->inlen || udata->outlen)
		return -EINVAL;
	*props = ib_to_rvt(ibdev)->dparms.props;
	return 0;
}

static int rvt_get_numa_node(struct ib_device *ibdev)
{
	return ib_to_rvt(ibdev)->dparms.node;
}

static int rvt_alloc_ucontext(struct ib_ucontext *context,
			      struct ib_udata *udata)
{
	return 0;
}

static void rvt_dealloc_ucontext(struct ib_ucontext *context)
{
}

/* The core takes from here what the driver has not set; in order of files. */
static const struct ib_device_ops device_ops = {
	.uverbs_abi_ver = UVERBS_ABI_VERSION,

	.query_device = rvt_query_device,
	.get_numa_node = rvt_get_numa_node,

	.alloc_ucontext = rvt_alloc_ucontext,
	.mmap = rvt_mmap,
	.dealloc_ucontext = rvt_dealloc_ucontext,
	INIT_RDMA_OBJ_SIZE(ib_ucontext, rvt_ucontext, ibucontext),

	.get_port_immutable = rvt_get_port_immutable,
	.query_port = rvt_query_port,
	.query_pkey = rvt_query_pkey,
	.query_gid = rvt_query_gid,
	.modify_port = rvt_modify_port,

	.alloc_pd = rvt_alloc_pd,
	.dealloc_pd = rvt_dealloc_pd,
	INIT_RDMA_OBJ_SIZE(ib_pd, rvt_pd, ibpd),

	.create_ah = rvt_create_ah,
	.create_user_ah = rvt_create_ah,
	.query_ah = rvt_query_ah,
	.modify_ah = rvt_modify_ah,
	.destroy_ah = rvt_destroy_ah,
	INIT_RDMA_OBJ_SIZE(ib_ah, rvt_ah, ibah),

	.get_dma_mr = rvt_get_dma_mr,
	.reg_user_mr = rvt_reg_user_mr,
	.alloc_mr = rvt_alloc_mr,
	.map_mr_sg = rvt_map_mr_sg,
	.rereg_user_mr = rvt_rereg_user_mr,
	.dereg_mr = rvt_dereg_mr,

	.alloc_mw = rvt_alloc_mw,
	.dealloc_mw = rvt_dealloc_mw,
	INIT_RDMA_OBJ_SIZE(ib_mw, rvt_mw, ibmw),

	.create_cq = rvt_create_cq,
	.poll_cq = rvt_poll_cq,
	.req_notify_cq = rvt_req_notify_cq,
	.resize_cq = rvt_resize_cq,
	.modify_cq = rvt_modify_cq,
	.destroy_cq = rvt_destroy_cq,
	INIT_RDMA_OBJ_SIZE(ib_cq, rvt_moderated_cq, cq.ibcq),

	.create_srq = rvt_create_srq,
	.post_srq_recv = rvt_post_srq_recv,
	.query_srq = rvt_query_srq,
	.modify_srq = rvt_modify_srq,
	.destroy_srq = rvt_destroy_srq,
	INIT_RDMA_OBJ_SIZE(ib_srq, rvt_srq_own, srq.ibsrq),

	.create_qp = rvt_create_qp,
	.modify_qp = rvt_modify_qp,
	.post_send = rvt_post_send,
	.post_recv = rvt_post_recv,
	.query_qp = rvt_query_qp,
	.destroy_qp = rvt_destroy_qp,
	INIT_RDMA_OBJ_SIZE(ib_qp, rvt_qp, ibqp),

	.fill_res_mr_entry = rvt_fill_res_mr_entry,

	.attach_mcast = rvt_attach_mcast,
	.detach_mcast = rvt_detach_mcast,
};

/* Has the driver called rvt_init_port() for every port that the core sees? */
static bool ports_set(struct rvt_dev_info *rdi)
{
	u32 n, ports = rdi->ibdev.phys_port_cnt;

	for (n = 0; n < ports; n++)
		if (n >= rdi->dparms.nports || !rdi->ports[n])
			break;
	if (ports && n == ports)
		return true;

	ibdev_err(&rdi->ibdev,
		  "not registered: its driver announces %u ports and has set up %u\n",
		  ports, n);
	return false;
}

static void describe_to_core(struct rvt_dev_info *rdi)
{
	struct ib_device *ibdev = &rdi->ibdev;

	ibdev->uverbs_cmd_mask |=
		BIT_ULL(IB_USER_VERBS_CMD_POLL_CQ) |
		BIT_ULL(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ) |
		BIT_ULL(IB_USER_VERBS_CMD_POST_SEND) |
		BIT_ULL(IB_USER_VERBS_CMD_POST_RECV) |
		BIT_ULL(IB_USER_VERBS_CMD_POST_SRQ_RECV);
	ibdev->node_type = RDMA_NODE_IB_CA;
	if (!ibdev->num_comp_vectors)
		ibdev->num_comp_vectors = 1;
}

static int make_state(struct rvt_dev_info *rdi)
{
	int ret;

	rvt_ah_init(rdi);
	rvt_cq_init_device(rdi);
	rvt_mcast_init(rdi);
	rvt_mmap_init(rdi);
	rvt_pd_init(rdi);
	rvt_srq_init(rdi);

	ret = rvt_driver_qp_init(rdi);
	if (ret)
		return ret;
	ret = rvt_keys_init(rdi);
	if (ret)
		return ret;
	ret = rvt_wss_init(rdi);
	if (ret)
		return ret;
	return rvt_mad_add_device(rdi);
}

/*
 * A driver that sets the size of an object itself allows for the library's
 * public structure in it, and for no more.
 */
static void set_ops(struct rvt_dev_info *rdi)
{
	bool own_cq_size = rdi->ibdev.ops.size_ib_cq;

	ib_set_device_ops(&rdi->ibdev, &device_ops);
	if (own_cq_size && rdi->ibdev.ops.modify_cq == rvt_modify_cq)
		rdi->ibdev.ops.modify_cq = NULL;
}

/**
 * rvt_register_device - make a device known to the RDMA core
 * @rdi: the device, named, and filled in as section 5 of the interface
 *	specification says
 *
 * Context: May sleep.
 * Return: 0; -EINVAL for a device that lacks something; -ENOMEM; or the error
 * of ib_register_device().  On failure all is as before, but for the library's
 * functions among the device's ops.
 */
int rvt_register_device(struct rvt_dev_info *rdi)
{
	int ret;

	if (!rdi || !rvt_get_ibdev_name(rdi) || !rvt_device_supported(rdi) ||
	    !ports_set(rdi))
		return -EINVAL;

	set_ops(rdi);
	describe_to_core(rdi);
	ret = make_state(rdi);
	if (ret) {
		ibdev_err(&rdi->ibdev,
			  "not registered: error %d setting up its tables\n",
			  ret);
		goto free_state;
	}

	/* No DMA device: addresses in requests are kernel addresses. */
	ret = ib_register_device(&rdi->ibdev, rvt_get_ibdev_name(rdi), NULL);
	if (ret) {
		ibdev_err(&rdi->ibdev, "error %d registering with the core\n",
			  ret);
		/* It had addresses for a moment, and packets find it by these. */
		synchronize_rcu();
		goto free_state;
	}
	trace_rvt_dbg(rdi, "registered");
	return 0;

free_state:
	free_state(rdi);
	return ret;
}
EXPORT_SYMBOL(rvt_register_device);

/**
 * rvt_unregister_device - take a device away from the RDMA core
 * @rdi: a registered device, or NULL
 *
 * For drivers without ops.dealloc_driver.  With it, the device is gone when
 * this returns.
 *
 * Context: Sleeps until all users have left.
 */
void rvt_unregister_device(struct rvt_dev_info *rdi)
{
	bool freed;

	if (!rdi)
		return;
	trace_rvt_dbg(rdi, "unregister");
	freed = rdi->ibdev.ops.dealloc_driver;
	ib_unregister_device(&rdi->ibdev);
	if (!freed)
		free_state(rdi);
}
EXPORT_SYMBOL(rvt_unregister_device);

/**
 * rvt_init_port - tell the library about a port
 * @rdi: the device, not registered yet
 * @port: the driver's port
 * @port_index: which one, from 0
 * @pkey_table: its partition keys, dparms.npkeys of them
 *
 * Both stay the driver's, who keeps them for as long as the device lives.
 *
 * Return: 0, or -EINVAL for a port that the device was not allocated with.
 */
int rvt_init_port(struct rvt_dev_info *rdi, struct rvt_ibport *port,
		  int port_index, u16 *pkey_table)
{
	if (WARN_ON_ONCE(port_index < 0 || port_index >= rdi->dparms.nports))
		return -EINVAL;

	rdi->ports[port_index] = port;
	port->pkey_table = pkey_table;
	return 0;
}
EXPORT_SYMBOL(rvt_init_port);
