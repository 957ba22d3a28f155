// SPDX-License-Identifier: GPL-2.0
/*
 * The tables that make a device of this driver.
 *
 * Verbs operations that are not in rvt_roce_dev_ops are the library's: it fills
 * the empty slots when the device registers.
 */

#include <linux/module.h>
#include <linux/random.h>
#include <rdma/ib_mad.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdmavt_qp.h>
#include <rvt_ext.h>
#include "av.h"
#include "counters.h"
#include "debugfs.h"
#include "device.h"
#include "gid.h"
#include "mcast.h"
#include "ops.h"
#include "pma.h"
#include "port.h"
#include "qp.h"
#include "restrack.h"
#include "sysfs.h"
#include "ud.h"
#include "wire.h"

#define MAX_QP			1048560
#define MAX_QP_WR		1048576
#define MAX_SGE			32
#define MAX_CQ			1048576
#define MAX_CQE			1048575
#define MAX_SRQ			983040
#define MAX_RD_ATOMIC		128
#define MAX_MCAST_GRP		8192
#define MAX_MCAST_QP_ATTACH	64
#define MAX_FAST_REG_PAGES	512
#define LKEY_TABLE_BITS		19
#define QP_TABLE_SIZE		4096

/*
 * More than 16 here makes the NFS client take the number as the depth of its
 * memory registrations, instead of the far larger MAX_FAST_REG_PAGES.
 */
#define MAX_SGE_RD		16

#define CONNECTED		(BIT(IB_QPT_RC) | BIT(IB_QPT_UC))
#define DATAGRAM		(BIT(IB_QPT_UD) | BIT(IB_QPT_GSI))

#define WR(type, qp_types, how) {		\
	.length = sizeof(struct type),		\
	.qpt_support = (qp_types),		\
	.flags = (how),				\
}

#define ATOMIC_WR							\
	WR(ib_atomic_wr, BIT(IB_QPT_RC),				\
	   RVT_OPERATION_ATOMIC | RVT_OPERATION_ATOMIC_SGE)

/* Which work requests may be posted on what (indexed by opcode). */
static const struct rvt_operation_params post_parms[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] = WR(ib_send_wr, CONNECTED | DATAGRAM, 0),
	[IB_WR_SEND_WITH_IMM] = WR(ib_send_wr, CONNECTED | DATAGRAM, 0),
	[IB_WR_SEND_WITH_INV] = WR(ib_send_wr, BIT(IB_QPT_RC), 0),
	[IB_WR_RDMA_WRITE] = WR(ib_rdma_wr, CONNECTED, 0),
	[IB_WR_RDMA_WRITE_WITH_IMM] = WR(ib_rdma_wr, CONNECTED, 0),
	[IB_WR_RDMA_READ] = WR(ib_rdma_wr, BIT(IB_QPT_RC),
			       RVT_OPERATION_ATOMIC),
	[IB_WR_RDMA_READ_WITH_INV] = WR(ib_rdma_wr, BIT(IB_QPT_RC),
					RVT_OPERATION_ATOMIC),
	[IB_WR_ATOMIC_CMP_AND_SWP] = ATOMIC_WR,
	[IB_WR_ATOMIC_FETCH_AND_ADD] = ATOMIC_WR,
	[IB_WR_LOCAL_INV] = WR(ib_send_wr, CONNECTED, RVT_OPERATION_LOCAL),
	[IB_WR_BIND_MW] = WR(rvt_bind_mw_wr, CONNECTED, RVT_OPERATION_LOCAL),
	[IB_WR_REG_MR] = WR(ib_reg_wr, CONNECTED, RVT_OPERATION_LOCAL),
};

/* What a work request is called in its completion. */
static const enum ib_wc_opcode wc_opcodes[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] = IB_WC_SEND,
	[IB_WR_SEND_WITH_IMM] = IB_WC_SEND,
	[IB_WR_SEND_WITH_INV] = IB_WC_SEND,
	[IB_WR_RDMA_WRITE] = IB_WC_RDMA_WRITE,
	[IB_WR_RDMA_WRITE_WITH_IMM] = IB_WC_RDMA_WRITE,
	[IB_WR_RDMA_READ] = IB_WC_RDMA_READ,
	[IB_WR_RDMA_READ_WITH_INV] = IB_WC_RDMA_READ,
	[IB_WR_ATOMIC_CMP_AND_SWP] = IB_WC_COMP_SWAP,
	[IB_WR_ATOMIC_FETCH_AND_ADD] = IB_WC_FETCH_ADD,
	[IB_WR_LOCAL_INV] = IB_WC_LOCAL_INV,
	[IB_WR_BIND_MW] = IB_WC_BIND_MW,
	[IB_WR_REG_MR] = IB_WC_REG_MR,
};

static enum rdma_link_layer get_link_layer(struct ib_device *ibdev, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

static int modify_device(struct ib_device *ibdev, int mask,
			 struct ib_device_modify *modify)
{
	if (mask & ~IB_DEVICE_MODIFY_NODE_DESC)
		return -EOPNOTSUPP;
	if (mask & IB_DEVICE_MODIFY_NODE_DESC)
		memcpy(ibdev->node_desc, modify->node_desc,
		       sizeof(ibdev->node_desc));
	return 0;
}

/*
 * User space maps rings made of ordinary memory, which lives as long as the
 * mapping.  So there is nothing to revoke, and with this callback the core does
 * not wait for programs to close a device that goes away.
 */
static void disassociate_ucontext(struct ib_ucontext *ucontext)
{
}

/*
 * Before anybody can unregister the device again, and when there are tables of
 * queue pairs to look at.
 */
static int enable_driver(struct ib_device *ibdev)
{
	rvt_roce_debugfs_add(to_rvt_roce_dev(ibdev));
	return 0;
}

/* The driver id stands for the user space ABI, which is rdmavt's. */
const struct ib_device_ops rvt_roce_dev_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_HFI1,

	.add_gid = rvt_roce_add_gid,
	.alloc_hw_port_stats = rvt_roce_alloc_hw_port_stats,
	.attach_mcast = rvt_roce_attach_mcast,
	.counter_alloc_stats = rvt_roce_counter_alloc_stats,
	.counter_bind_qp = rvt_roce_counter_bind_qp,
	.counter_dealloc = rvt_roce_counter_dealloc,
	.counter_unbind_qp = rvt_roce_counter_unbind_qp,
	.counter_update_stats = rvt_roce_counter_update_stats,
	.dealloc_driver = rvt_roce_dealloc_driver,
	.del_gid = rvt_roce_del_gid,
	.detach_mcast = rvt_roce_detach_mcast,
	.device_group = &rvt_roce_attr_group,
	.disassociate_ucontext = disassociate_ucontext,
	.enable_driver = enable_driver,
	.fill_res_cq_entry = rvt_roce_fill_res_cq_entry,
	.fill_res_qp_entry = rvt_roce_fill_res_qp_entry,
	.get_hw_stats = rvt_roce_get_hw_stats,
	.get_link_layer = get_link_layer,
	.modify_device = modify_device,
	.process_mad = rvt_roce_process_mad,
};

/* Both ends have addresses of one family. */
static int check_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr)
{
	return rvt_roce_av_valid(attr) ? 0 : -EINVAL;
}

static const struct rvt_driver_provided callbacks = {
	.cap_mask_chg = rvt_roce_cap_mask_chg,
	.check_ah = check_ah,
	.check_modify_qp = rvt_roce_check_modify_qp,
	.do_send = rvt_roce_do_send,
	.flush_qp_waiters = rvt_roce_flush_qp_waiters,
	.get_guid_be = rvt_roce_get_guid_be,
	.get_pmtu_from_attr = rvt_roce_get_pmtu_from_attr,
	.modify_qp = rvt_roce_modify_qp,
	.mtu_from_qp = rvt_roce_mtu_from_qp,
	.mtu_to_path_mtu = rvt_roce_mtu_to_path_mtu,
	.notify_error_qp = rvt_roce_notify_error_qp,
	.notify_new_ah = rvt_roce_notify_new_ah,
	.notify_qp_reset = rvt_roce_notify_qp_reset,
	.notify_restart_rc = rvt_roce_notify_restart_rc,
	.qp_priv_alloc = rvt_roce_qp_priv_alloc,
	.qp_priv_free = rvt_roce_qp_priv_free,
	.query_port_state = rvt_roce_query_port_state,
	.quiesce_qp = rvt_roce_quiesce_qp,
	.schedule_send = rvt_roce_schedule_send,
	.schedule_send_no_lock = rvt_roce_schedule_send_no_lock,
	.setup_wqe = rvt_roce_setup_wqe,
	.shut_down_port = rvt_roce_shut_down_port,
	.stop_send_queue = rvt_roce_stop_send_queue,
};

static void set_attributes(struct ib_device_attr *props)
{
	props->max_mr_size = U64_MAX;
	props->page_size_cap = PAGE_SIZE;
	props->vendor_id = 0xffffff;
	props->max_qp = MAX_QP;
	props->max_qp_wr = MAX_QP_WR;
	props->device_cap_flags = IB_DEVICE_BAD_PKEY_CNTR |
				  IB_DEVICE_BAD_QKEY_CNTR |
				  IB_DEVICE_PORT_ACTIVE_EVENT |
				  IB_DEVICE_SYS_IMAGE_GUID |
				  IB_DEVICE_RC_RNR_NAK_GEN |
				  IB_DEVICE_SRQ_RESIZE |
				  IB_DEVICE_MEM_WINDOW |
				  IB_DEVICE_MEM_WINDOW_TYPE_2B |
				  IB_DEVICE_MEM_MGT_EXTENSIONS;
	props->kernel_cap_flags = IBK_ALLOW_USER_UNREG;
	props->max_send_sge = MAX_SGE;
	props->max_recv_sge = MAX_SGE;
	props->max_sge_rd = MAX_SGE_RD;
	props->max_cq = MAX_CQ;
	props->max_cqe = MAX_CQE;
	props->max_mr = 1 << LKEY_TABLE_BITS;
	props->max_mw = 1 << LKEY_TABLE_BITS;
	props->cq_caps.max_cq_moderation_count = U16_MAX;
	props->cq_caps.max_cq_moderation_period = U16_MAX;
	props->max_pd = 1 << 20;
	props->max_ah = 1 << 20;
	props->max_qp_rd_atom = MAX_RD_ATOMIC;
	props->max_qp_init_rd_atom = MAX_RD_ATOMIC;
	props->max_res_rd_atom = MAX_RD_ATOMIC * MAX_QP;
	props->atomic_cap = IB_ATOMIC_HCA;
	props->max_mcast_grp = MAX_MCAST_GRP;
	props->max_mcast_qp_attach = MAX_MCAST_QP_ATTACH;
	props->max_total_mcast_qp_attach = MAX_MCAST_QP_ATTACH * MAX_MCAST_GRP;
	props->max_srq = MAX_SRQ;
	props->max_srq_wr = MAX_QP_WR;
	props->max_srq_sge = MAX_SGE;
	props->max_fast_reg_page_list_len = MAX_FAST_REG_PAGES;
	props->max_pkeys = 1;
	props->local_ca_ack_delay = 15;
}

void rvt_roce_set_params(struct rvt_dev_info *rdi)
{
	struct rvt_driver_params *dparms = &rdi->dparms;

	set_attributes(&dparms->props);
	dparms->props.sys_image_guid = rdi->ibdev.node_guid;

	dparms->lkey_table_size = LKEY_TABLE_BITS;
	dparms->qp_table_size = QP_TABLE_SIZE;
	/*
	 * A device that is deleted and made again should not hand out the
	 * numbers that peers still remember as connected.
	 */
	dparms->qpn_start = get_random_u32() % RVT_BITS_PER_PAGE;
	dparms->qpn_inc = 1;
	dparms->qos_shift = 1;
	dparms->qpn_res_start = RVT_ROCE_QPN_MULTICAST;
	dparms->qpn_res_end = RVT_ROCE_QPN_MULTICAST;
	dparms->nports = 1;
	dparms->npkeys = 1;
	dparms->node = NUMA_NO_NODE;
	dparms->psn_mask = RVT_ROCE_PSN_MASK;
	dparms->psn_modify_mask = RVT_ROCE_PSN_MASK;
	dparms->psn_shift = 8;
	dparms->core_cap_flags = RDMA_CORE_PORT_IBA_ROCE_UDP_ENCAP;
	dparms->max_mad_size = IB_MGMT_MAD_SIZE;
	dparms->max_rdma_atomic = MAX_RD_ATOMIC;

	rdi->post_parms = post_parms;
	rdi->wc_opcode = wc_opcodes;
	rdi->driver_f = callbacks;
}
