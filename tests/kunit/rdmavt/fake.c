// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of fake.h.
 */
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "fake.h"

#define ALL_RIGHTS	(IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE | \
			 IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_ATOMIC)

/* ---- callbacks ---- */

static struct fake_dev *qp_fake(struct rvt_qp *qp)
{
	return rdi_fake(ib_to_rvt(qp->ibqp.device));
}

static bool schedule_send(struct rvt_qp *qp)
{
	atomic_inc(&qp_fake(qp)->scheduled);
	return true;
}

static void do_send(struct rvt_qp *qp)
{
	atomic_inc(&qp_fake(qp)->sent);
}

static void *qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	return NULL;
}

static void qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
}

static void qp_nothing(struct rvt_qp *qp)
{
}

static void notify_error(struct rvt_qp *qp)
{
	atomic_inc(&qp_fake(qp)->errors);
}

static void restart_rc(struct rvt_qp *qp, u32 psn, int wait)
{
	qp_fake(qp)->restart_psn = psn;
	atomic_inc(&qp_fake(qp)->restarts);
}

static int get_pmtu(struct rvt_dev_info *rdi, struct rvt_qp *qp, struct ib_qp_attr *attr)
{
	return attr->path_mtu >= IB_MTU_256 && attr->path_mtu <= IB_MTU_4096 ?
	       attr->path_mtu : -EINVAL;
}

static u32 mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp, u32 pmtu)
{
	return ib_mtu_enum_to_int(pmtu);
}

static int mtu_to_path_mtu(u32 mtu)
{
	return ib_mtu_int_to_enum(mtu);
}

static int get_guid(struct rvt_dev_info *rdi, struct rvt_ibport *port, int index, __be64 *guid)
{
	*guid = cpu_to_be64(0x1000 + index);
	return 0;
}

static int query_port(struct rvt_dev_info *rdi, u32 port, struct ib_port_attr *props)
{
	props->state = IB_PORT_ACTIVE;
	props->phys_state = IB_PORT_PHYS_STATE_LINK_UP;
	props->max_mtu = IB_MTU_4096;
	props->active_mtu = IB_MTU_4096;
	props->active_width = IB_WIDTH_4X;
	props->active_speed = IB_SPEED_SDR;
	props->gid_tbl_len = 2;
	props->lid = 1;
	return 0;
}

static int shut_down(struct rvt_dev_info *rdi, u32 port)
{
	return 0;
}

static void cap_mask(struct rvt_dev_info *rdi, u32 port)
{
}

static const struct rvt_operation_params post_parms[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] = {
		.length = sizeof(struct ib_send_wr),
		.qpt_support = BIT(IB_QPT_RC) | BIT(IB_QPT_UC) | BIT(IB_QPT_UD),
	},
	[IB_WR_SEND_WITH_INV] = {
		.length = sizeof(struct ib_send_wr),
		.qpt_support = BIT(IB_QPT_RC),
	},
	[IB_WR_RDMA_WRITE] = {
		.length = sizeof(struct ib_rdma_wr),
		.qpt_support = BIT(IB_QPT_RC) | BIT(IB_QPT_UC),
	},
	[IB_WR_RDMA_READ] = {
		.length = sizeof(struct ib_rdma_wr),
		.qpt_support = BIT(IB_QPT_RC),
		.flags = RVT_OPERATION_ATOMIC,
	},
	[IB_WR_RDMA_READ_WITH_INV] = {
		.length = sizeof(struct ib_rdma_wr),
		.qpt_support = BIT(IB_QPT_RC),
		.flags = RVT_OPERATION_ATOMIC,
	},
	[IB_WR_ATOMIC_FETCH_AND_ADD] = {
		.length = sizeof(struct ib_atomic_wr),
		.qpt_support = BIT(IB_QPT_RC),
		.flags = RVT_OPERATION_ATOMIC | RVT_OPERATION_ATOMIC_SGE,
	},
	[IB_WR_BIND_MW] = {
		.length = sizeof(struct rvt_bind_mw_wr),
		.qpt_support = BIT(IB_QPT_RC) | BIT(IB_QPT_UC),
		.flags = RVT_OPERATION_LOCAL,
	},
	[IB_WR_REG_MR] = {
		.length = sizeof(struct ib_reg_wr),
		.qpt_support = BIT(IB_QPT_RC) | BIT(IB_QPT_UC),
		.flags = RVT_OPERATION_LOCAL,
	},
	[IB_WR_LOCAL_INV] = {
		.length = sizeof(struct ib_send_wr),
		.qpt_support = BIT(IB_QPT_RC) | BIT(IB_QPT_UC),
		.flags = RVT_OPERATION_LOCAL,
	},
};

static const struct rvt_driver_provided callbacks = {
	.schedule_send = schedule_send,
	.schedule_send_no_lock = schedule_send,
	.do_send = do_send,
	.qp_priv_alloc = qp_priv_alloc,
	.qp_priv_free = qp_priv_free,
	.notify_qp_reset = qp_nothing,
	.flush_qp_waiters = qp_nothing,
	.stop_send_queue = qp_nothing,
	.quiesce_qp = qp_nothing,
	.notify_error_qp = notify_error,
	.notify_restart_rc = restart_rc,
	.get_pmtu_from_attr = get_pmtu,
	.mtu_from_qp = mtu_from_qp,
	.mtu_to_path_mtu = mtu_to_path_mtu,
	.get_guid_be = get_guid,
	.query_port_state = query_port,
	.shut_down_port = shut_down,
	.cap_mask_chg = cap_mask,
};

/* ---- the device ---- */

static void fill_props(struct ib_device_attr *props)
{
	props->max_qp = 100;
	props->max_qp_wr = 1000;
	props->max_send_sge = 16;
	props->max_recv_sge = 16;
	props->max_sge_rd = 16;
	props->max_cq = 100;
	props->max_cqe = 1000;
	props->max_pd = 100;
	props->max_ah = 100;
	props->max_srq = 10;
	props->max_srq_wr = 1000;
	props->max_srq_sge = 16;
	props->max_mcast_grp = 4;
	props->max_mcast_qp_attach = 4;
	props->max_fast_reg_page_list_len = 512;
	props->max_qp_rd_atom = 16;
	props->max_qp_init_rd_atom = 16;
}

static void fill_params(struct rvt_driver_params *dp)
{
	fill_props(&dp->props);
	dp->lkey_table_size = 4;
	dp->qp_table_size = 16;
	dp->qpn_inc = 1;
	dp->qpn_res_start = 0x800000;
	dp->qpn_res_end = 0x81ffff;
	dp->nports = 1;
	dp->npkeys = 1;
	dp->node = NUMA_NO_NODE;
	dp->psn_mask = 0xffffff;
	dp->psn_shift = 8;
	dp->psn_modify_mask = 0xffffff;
	dp->qos_shift = 1;
	dp->max_rdma_atomic = 16;
}

static void put_device_back(void *arg)
{
	rvt_dealloc_device(arg);
}

static void unregister(void *arg)
{
	rvt_unregister_device(arg);
}

struct fake_dev *fake_alloc(struct kunit *test)
{
	struct rvt_dev_info *rdi = rvt_alloc_device(sizeof(struct fake_dev), 1);
	struct fake_dev *dev;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rdi);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_device_back, rdi), 0);
	dev = rdi_fake(rdi);
	fill_params(&rdi->dparms);
	rdi->driver_f = callbacks;
	rdi->post_parms = post_parms;
	rdi->ibdev.phys_port_cnt = 1;
	rdi->ibdev.num_comp_vectors = 1;
	rdi->ibdev.node_guid = cpu_to_be64(0x1234);
	KUNIT_ASSERT_EQ(test, dev_set_name(&rdi->ibdev.dev, "kunit_rvt0"), 0);
	spin_lock_init(&dev->port.lock);
	dev->port.mcast_tree = RB_ROOT;
	dev->pkeys[0] = 0xffff;
	rvt_init_port(rdi, &dev->port, 0, dev->pkeys);
	return dev;
}

struct fake_dev *fake_register(struct kunit *test)
{
	struct fake_dev *dev = fake_alloc(test);

	KUNIT_ASSERT_EQ(test, rvt_register_device(&dev->rdi), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unregister, &dev->rdi), 0);
	return dev;
}

/* ---- objects ---- */

static void drop_pd(void *arg)
{
	ib_dealloc_pd(arg);
}

struct ib_pd *fake_pd(struct kunit *test, struct fake_dev *dev, unsigned int flags)
{
	struct ib_pd *pd = ib_alloc_pd(&dev->rdi.ibdev, flags);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pd));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drop_pd, pd), 0);
	return pd;
}

static void drop_cq(void *arg)
{
	ib_destroy_cq(arg);
}

struct ib_cq *fake_cq(struct kunit *test, struct fake_dev *dev, int cqe)
{
	struct ib_cq_init_attr attr = { .cqe = cqe };
	struct ib_cq *cq = ib_create_cq(&dev->rdi.ibdev, NULL, NULL, NULL, &attr);

	KUNIT_ASSERT_FALSE(test, IS_ERR(cq));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drop_cq, cq), 0);
	return cq;
}

static void drop_qp(void *arg)
{
	ib_destroy_qp(arg);
}

struct rvt_qp *fake_qp(struct kunit *test, struct fake_dev *dev, struct ib_pd *pd,
		       enum ib_qp_type type)
{
	struct ib_cq *cq = fake_cq(test, dev, 100);
	struct ib_qp_init_attr attr = {
		.send_cq = cq, .recv_cq = cq, .qp_type = type, .port_num = 1,
		.cap = {
			.max_send_wr = 16, .max_recv_wr = 16,
			.max_send_sge = 8, .max_recv_sge = 8,
		},
	};
	struct ib_qp *qp = ib_create_qp(pd, &attr);

	KUNIT_ASSERT_FALSE(test, IS_ERR(qp));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drop_qp, qp), 0);
	return ibqp_to_rvtqp(qp);
}

static void to_init(struct kunit *test, struct rvt_qp *qp)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_INIT, .port_num = 1, .qp_access_flags = ALL_RIGHTS,
	};

	KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, IB_QP_STATE | IB_QP_PKEY_INDEX |
					   IB_QP_PORT | IB_QP_ACCESS_FLAGS), 0);
}

static void to_rtr(struct kunit *test, struct rvt_qp *qp)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTR, .path_mtu = IB_MTU_1024, .dest_qp_num = qp->ibqp.qp_num,
		.max_dest_rd_atomic = 4, .min_rnr_timer = 1,
		.ah_attr = { .type = RDMA_AH_ATTR_TYPE_IB, .port_num = 1, .ib = { .dlid = 1 } },
	};

	KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, IB_QP_STATE | IB_QP_AV |
					   IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN |
					   IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER), 0);
}

static void to_rts(struct kunit *test, struct rvt_qp *qp)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTS, .timeout = 8, .retry_cnt = 3, .rnr_retry = 3,
		.max_rd_atomic = 4,
	};

	KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, IB_QP_STATE | IB_QP_SQ_PSN |
					   IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY |
					   IB_QP_MAX_QP_RD_ATOMIC), 0);
}

void fake_modify(struct kunit *test, struct rvt_qp *qp, enum ib_qp_state state)
{
	struct ib_qp_attr attr = { .qp_state = state };

	if (state == IB_QPS_RESET || state == IB_QPS_ERR) {
		KUNIT_ASSERT_EQ(test, ib_modify_qp(&qp->ibqp, &attr, IB_QP_STATE), 0);
		return;
	}
	to_init(test, qp);
	if (state >= IB_QPS_RTR)
		to_rtr(test, qp);
	if (state >= IB_QPS_RTS)
		to_rts(test, qp);
}

/* ---- memory ---- */

static void drop_region(void *arg)
{
	struct fake_region *r = arg;
	unsigned int i;

	if (r->ibmr)
		ib_dereg_mr(r->ibmr);
	for (i = 0; i < r->pages; i++)
		free_page((unsigned long)r->page[i]);
}

/* Fills a scatter list with the region's pages, and maps it. */
static void map_region(struct kunit *test, struct fake_region *r)
{
	struct scatterlist sg[ARRAY_SIZE(r->page)];
	unsigned int i, offset = r->skip;
	u64 left = r->length;

	sg_init_table(sg, r->pages);
	for (i = 0; i < r->pages; i++) {
		unsigned int n = min_t(u64, left, PAGE_SIZE - offset);

		sg_set_buf(&sg[i], r->page[i] + offset, n);
		/* virtual DMA: the device's addresses are the kernel's */
		sg_dma_address(&sg[i]) = (uintptr_t)r->page[i] + offset;
		sg_dma_len(&sg[i]) = n;
		left -= n;
		offset = 0;
	}
	KUNIT_ASSERT_EQ(test, ib_map_mr_sg(r->ibmr, sg, r->pages, NULL, PAGE_SIZE), (int)r->pages);
	KUNIT_ASSERT_EQ(test, r->ibmr->length, r->length);
}

struct fake_region *fake_region(struct kunit *test, struct rvt_qp *qp, u64 base,
				unsigned int skip, u64 length, int access)
{
	struct fake_region *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int want = DIV_ROUND_UP(skip + length, PAGE_SIZE);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	KUNIT_ASSERT_LE(test, want, ARRAY_SIZE(r->page));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, drop_region, r), 0);
	for (; r->pages < want; r->pages++) {
		r->page[r->pages] = (u8 *)get_zeroed_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, r->page[r->pages]);
	}
	/* neighbours in the region need not be neighbours in memory */
	if (want > 1)
		swap(r->page[0], r->page[want - 1]);
	r->skip = skip;
	r->length = length;
	r->ibmr = ib_alloc_mr(qp->ibqp.pd, IB_MR_TYPE_MEM_REG, want);
	if (IS_ERR(r->ibmr)) {
		r->ibmr = NULL;
		KUNIT_ASSERT_NOT_NULL(test, r->ibmr);
	}
	map_region(test, r);
	/* a region's offset in its page and its address must agree */
	r->base = base + skip;
	r->ibmr->iova = r->base;
	KUNIT_ASSERT_EQ(test, rvt_fast_reg_mr(qp, r->ibmr, r->ibmr->lkey, access), 0);
	/* struct rvt_mr is the library's own; its table is public */
	r->mr = rcu_dereference_protected(ib_to_rvt(qp->ibqp.device)->lkey_table.table
			[r->ibmr->lkey >> ib_to_rvt(qp->ibqp.device)->lkey_table.shift], true);
	return r;
}

u8 *fake_byte(struct fake_region *r, u64 offset)
{
	offset += r->skip;
	return r->page[offset / PAGE_SIZE] + offset % PAGE_SIZE;
}

int fake_dereg(struct kunit *test, struct fake_region *r)
{
	int ret = ib_dereg_mr(r->ibmr);

	if (!ret)
		r->ibmr = NULL;
	return ret;
}
