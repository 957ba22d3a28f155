// SPDX-License-Identifier: GPL-2.0
/*
 * Work requests that only the kernel's consumers can post, between two queue
 * pairs of a device that exists: fast registration, invalidation, and memory
 * windows, over packets or the short cut, as the device is set.  The near end may
 * be on another provider's device: then it uses what the far end gives.
 *
 * A module of its own, because it needs a link: tests/system/consumer.sh.
 */
#include <linux/dma-mapping.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include <rdma/ib_verbs.h>
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "../../../rdmavt/qp.h"

static char *device = "rvt0";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "RDMA device to test");
static char *peer;
module_param(peer, charp, 0444);
MODULE_PARM_DESC(peer, "RDMA device of the near end, if it is another one");

#define PAGES		4
#define LENGTH		(PAGES * PAGE_SIZE)
#define REMOTE		(IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_WRITE)
#define FIRST_PSN	0xfffff0

/* One end of the connection, and its memory. */
struct end {
	struct ib_device *dev;
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct ib_qp *qp;
	u8 *data;
	u64 dma;
	struct scatterlist sg;
	struct ib_mr *mr;
};

struct fixture {
	struct ib_mw *mw;
	struct ib_qp *ud;
	struct ib_ah *ah;
	struct end near, far;
	struct end uc[2];	/* the same ends with another queue pair */
	struct ib_srq *srq;	/* where uc[1] receives, if there is one */
	unsigned int limits;	/* events of it */
	bool below;		/* one came below whoever caused it */
};

/* ---- the connection ---- */

static void open_memory(struct kunit *test, struct end *end)
{
	end->data = (u8 *)__get_free_pages(GFP_KERNEL, get_order(LENGTH));
	KUNIT_ASSERT_NOT_NULL(test, end->data);
	end->dma = ib_dma_map_single(end->dev, end->data, LENGTH, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_EQ(test, ib_dma_mapping_error(end->dev, end->dma), 0);
	end->mr = ib_alloc_mr(end->pd, IB_MR_TYPE_MEM_REG, PAGES);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, end->mr);
	sg_init_one(&end->sg, end->data, LENGTH);
	end->sg.dma_address = end->dma;
	sg_dma_len(&end->sg) = LENGTH;
	KUNIT_ASSERT_EQ(test, ib_map_mr_sg(end->mr, &end->sg, 1, NULL, PAGE_SIZE), 1);
}

static void open_end(struct kunit *test, struct end *end, const char *name)
{
	struct ib_qp_init_attr init = {
		.qp_type = IB_QPT_RC, .sq_sig_type = IB_SIGNAL_ALL_WR,
		.cap = { .max_send_wr = 16, .max_recv_wr = 4, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};

	end->dev = ib_device_get_by_name(name, RDMA_DRIVER_UNKNOWN);
	KUNIT_ASSERT_NOT_NULL(test, end->dev);
	end->pd = ib_alloc_pd(end->dev, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, end->pd);
	end->cq = ib_alloc_cq(end->dev, NULL, 64, 0, IB_POLL_DIRECT);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, end->cq);
	init.send_cq = end->cq;
	init.recv_cq = end->cq;
	end->qp = ib_create_qp(end->pd, &init);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, end->qp);
	open_memory(test, end);
}

/* An address of the port. */
static const struct ib_gid_attr *find_gid(struct kunit *test, const struct end *end)
{
	const struct ib_gid_attr *gid;
	int i;

	for (i = 0; i < 16; i++) {
		gid = rdma_get_gid_attr(end->dev, 1, i);
		if (IS_ERR(gid))
			continue;
		if (gid->gid_type == IB_GID_TYPE_ROCE_UDP_ENCAP &&
		    ipv6_addr_v4mapped((struct in6_addr *)&gid->gid))
			return gid;
		rdma_put_gid_attr(gid);
	}
	KUNIT_FAIL(test, "%s has no IPv4 address", dev_name(&end->dev->dev));
	return NULL;
}

static void move(struct kunit *test, struct end *end, struct ib_qp_attr *attr,
		 enum ib_qp_state state, int mask)
{
	attr->qp_state = state;
	KUNIT_ASSERT_EQ(test, ib_modify_qp(end->qp, attr, IB_QP_STATE | mask), 0);
}

static void connect(struct kunit *test, struct end *end, struct end *other)
{
	const struct ib_gid_attr *gid = find_gid(test, other);
	bool rc = end->qp->qp_type == IB_QPT_RC;
	union ib_gid dgid;
	struct ib_qp_attr attr = {
		.port_num = 1, .qp_access_flags = REMOTE | IB_ACCESS_LOCAL_WRITE,
		.path_mtu = IB_MTU_1024, .dest_qp_num = other->qp->qp_num, .rq_psn = FIRST_PSN,
		.max_dest_rd_atomic = 4, .min_rnr_timer = 12, .sq_psn = FIRST_PSN,
		.timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 4,
		.ah_attr = { .type = RDMA_AH_ATTR_TYPE_ROCE, .port_num = 1 },
	};

	KUNIT_ASSERT_NOT_NULL(test, gid);
	dgid = gid->gid;
	rdma_put_gid_attr(gid);
	gid = find_gid(test, end);
	KUNIT_ASSERT_NOT_NULL(test, gid);
	rdma_ah_set_grh(&attr.ah_attr, &dgid, 0, gid->index, 64, 0);
	rdma_put_gid_attr(gid);
	move(test, end, &attr, IB_QPS_INIT,
	     IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_ACCESS_FLAGS);
	move(test, end, &attr, IB_QPS_RTR,
	     IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN |
	     (rc ? IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER : 0));
	move(test, end, &attr, IB_QPS_RTS,
	     IB_QP_SQ_PSN |
	     (rc ? IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY | IB_QP_MAX_QP_RD_ATOMIC :
		   0));
}

static int open_link(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	open_end(test, &f->near, peer ?: device);
	open_end(test, &f->far, device);
	connect(test, &f->near, &f->far);
	connect(test, &f->far, &f->near);
	return 0;
}

static void close_end(struct end *end)
{
	if (!end->dev)
		return;
	if (!IS_ERR_OR_NULL(end->qp))
		ib_destroy_qp(end->qp);
	if (!IS_ERR_OR_NULL(end->mr))
		ib_dereg_mr(end->mr);
	if (end->dma)
		ib_dma_unmap_single(end->dev, end->dma, LENGTH, DMA_BIDIRECTIONAL);
	free_pages((unsigned long)end->data, get_order(LENGTH));
	if (!IS_ERR_OR_NULL(end->cq))
		ib_free_cq(end->cq);
	if (!IS_ERR_OR_NULL(end->pd))
		ib_dealloc_pd(end->pd);
	ib_device_put(end->dev);
}

static void close_link(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i;

	if (!f)
		return;
	if (f->mw) {
		f->mw->device->ops.dealloc_mw(f->mw);
		kfree(f->mw);
	}
	if (f->ah)
		rdma_destroy_ah(f->ah, RDMA_DESTROY_AH_SLEEPABLE);
	if (f->ud)
		ib_destroy_qp(f->ud);
	for (i = 0; i < ARRAY_SIZE(f->uc); i++)
		if (!IS_ERR_OR_NULL(f->uc[i].qp))
			ib_destroy_qp(f->uc[i].qp);
	if (f->srq)
		ib_destroy_srq(f->srq);
	close_end(&f->near);
	close_end(&f->far);
}

/* ---- requests ---- */

static void post(struct kunit *test, struct end *end, const struct ib_send_wr *wr)
{
	KUNIT_ASSERT_EQ(test, ib_post_send(end->qp, wr, NULL), 0);
}

static void expect(struct kunit *test, struct end *end, enum ib_wc_status status)
{
	unsigned long deadline = jiffies + 20 * HZ;
	struct ib_wc wc;

	while (!ib_poll_cq(end->cq, 1, &wc)) {
		if (time_after(jiffies, deadline)) {
			KUNIT_FAIL(test, "no completion, not even '%s'",
				   ib_wc_status_msg(status));
			return;
		}
		usleep_range(100, 1000);
	}
	KUNIT_EXPECT_STREQ(test, ib_wc_status_msg(wc.status), ib_wc_status_msg(status));
}

static struct ib_reg_wr reg_wr_of(const struct end *end, u32 key, int access)
{
	return (struct ib_reg_wr){
		.wr.opcode = IB_WR_REG_MR, .mr = end->mr, .key = key, .access = access,
	};
}

static void reg(struct kunit *test, struct end *end, int access)
{
	struct ib_reg_wr wr = reg_wr_of(end, end->mr->rkey, access);

	post(test, end, &wr.wr);
	expect(test, end, IB_WC_SUCCESS);
}

static struct ib_send_wr local_inv(u32 rkey)
{
	return (struct ib_send_wr){
		.opcode = IB_WR_LOCAL_INV, .send_flags = IB_SEND_FENCE,
		.ex.invalidate_rkey = rkey,
	};
}

/* @len bytes from the start of one side's memory to @addr at the other's. */
static struct ib_rdma_wr rdma_wr_of(struct ib_sge *sge, enum ib_wr_opcode opcode,
				    u32 len, u64 addr, u32 rkey)
{
	sge->length = len;
	return (struct ib_rdma_wr){
		.wr = { .opcode = opcode, .sg_list = sge, .num_sge = 1 },
		.remote_addr = addr, .rkey = rkey,
	};
}

static struct ib_sge all_memory(const struct end *end)
{
	return (struct ib_sge){ .addr = end->dma, .lkey = end->pd->local_dma_lkey };
}

static struct ib_sge region(const struct end *end)
{
	return (struct ib_sge){ .addr = end->mr->iova, .lkey = end->mr->lkey };
}

static void fill(struct end *end, u8 seed)
{
	unsigned int i;

	for (i = 0; i < LENGTH; i++)
		end->data[i] = seed + i * 7 + (i >> 8);
}

static void do_write(struct kunit *test, struct fixture *f, u64 addr, u32 len, u32 rkey,
		     enum ib_wc_status status)
{
	struct ib_sge sge = all_memory(&f->near);
	struct ib_rdma_wr wr = rdma_wr_of(&sge, IB_WR_RDMA_WRITE, len, addr, rkey);

	post(test, &f->near, &wr.wr);
	expect(test, &f->near, status);
}

/* The near end may not do that, and its queue pair is of no use any more. */
static void refused(struct kunit *test, struct fixture *f, u64 addr, u32 len, u32 rkey)
{
	do_write(test, f, addr, len, rkey, IB_WC_REM_ACCESS_ERR);
}

/* ---- cases ---- */

/* For cases about what the near end refuses by itself. */
static void needs_our_device(struct kunit *test)
{
	if (peer)
		kunit_skip(test, "the near end is another provider's");
}

static void read_with_inv(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_rdma_wr wr;
	struct ib_sge sge;

	needs_our_device(test);
	reg(test, &f->near, IB_ACCESS_LOCAL_WRITE);
	reg(test, &f->far, REMOTE);
	fill(&f->far, 1);
	sge = region(&f->near);
	wr = rdma_wr_of(&sge, IB_WR_RDMA_READ_WITH_INV, LENGTH, f->far.mr->iova,
			f->far.mr->rkey);
	wr.wr.ex.invalidate_rkey = f->near.mr->rkey;
	post(test, &f->near, &wr.wr);
	expect(test, &f->near, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->near.data, f->far.data, LENGTH);
	KUNIT_EXPECT_NE_MSG(test, ib_post_send(f->near.qp, &wr.wr, NULL), 0,
			    "the key is still good");
}

/* A READ, the end of its sink, and the sink anew: in one list. */
static void read_invalidate_register(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 key = f->near.mr->rkey;
	struct ib_send_wr inv = local_inv(key);
	struct ib_reg_wr again = reg_wr_of(&f->near, ib_inc_rkey(key), IB_ACCESS_LOCAL_WRITE);
	struct ib_rdma_wr wr;
	struct ib_sge sge;

	needs_our_device(test);
	reg(test, &f->near, IB_ACCESS_LOCAL_WRITE);
	reg(test, &f->far, REMOTE);
	fill(&f->far, 2);
	sge = region(&f->near);
	wr = rdma_wr_of(&sge, IB_WR_RDMA_READ, LENGTH, f->far.mr->iova, f->far.mr->rkey);
	wr.wr.next = &inv;
	inv.next = &again.wr;
	post(test, &f->near, &wr.wr);
	expect(test, &f->near, IB_WC_SUCCESS);
	expect(test, &f->near, IB_WC_SUCCESS);
	expect(test, &f->near, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->near.data, f->far.data, LENGTH);

	fill(&f->far, 3);
	wr.wr.next = NULL;
	KUNIT_EXPECT_NE(test, ib_post_send(f->near.qp, &wr.wr, NULL), 0);
	sge.lkey = f->near.mr->lkey;
	post(test, &f->near, &wr.wr);
	expect(test, &f->near, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->near.data, f->far.data, LENGTH);
}

static void send_with_inv(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_sge sge = all_memory(&f->far);
	struct ib_recv_wr recv = { .sg_list = &sge, .num_sge = 1 };
	struct ib_send_wr send = { .opcode = IB_WR_SEND_WITH_INV };
	struct ib_wc wc = {};

	reg(test, &f->far, REMOTE);
	sge.length = 64;
	KUNIT_ASSERT_EQ(test, ib_post_recv(f->far.qp, &recv, NULL), 0);
	do_write(test, f, f->far.mr->iova, 64, f->far.mr->rkey, IB_WC_SUCCESS);
	send.ex.invalidate_rkey = f->far.mr->rkey;
	post(test, &f->near, &send);
	expect(test, &f->near, IB_WC_SUCCESS);
	KUNIT_ASSERT_EQ(test, ib_poll_cq(f->far.cq, 1, &wc), 1);
	KUNIT_EXPECT_TRUE(test, wc.wc_flags & IB_WC_WITH_INVALIDATE);
	KUNIT_EXPECT_EQ(test, wc.ex.invalidate_rkey, f->far.mr->rkey);
	refused(test, f, f->far.mr->iova, 64, f->far.mr->rkey);
}

/*
 * What was registered while nothing was on its way leaves nothing to be sent
 * twice: not even what is on its way when part of it is acknowledged.
 */
static void register_then_write(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 addr = f->far.mr->iova, repeated, late;
	struct ib_sge half = all_memory(&f->near), all = half;
	struct rvt_ibport *port;
	struct ib_rdma_wr first, second;
	int i;

	needs_our_device(test);
	port = rvt_to_iport(ibqp_to_rvtqp(f->near.qp));
	reg(test, &f->far, REMOTE);
	reg(test, &f->near, IB_ACCESS_LOCAL_WRITE);
	first = rdma_wr_of(&half, IB_WR_RDMA_WRITE, LENGTH / 2, addr, f->far.mr->rkey);
	second = rdma_wr_of(&all, IB_WR_RDMA_WRITE, LENGTH, addr, f->far.mr->rkey);
	first.wr.next = &second.wr;
	for (i = 0; i < 4; i++) {
		struct ib_send_wr inv = local_inv(f->near.mr->rkey);

		repeated = port->n_rc_dupreq;
		late = port->n_rc_timeouts;
		post(test, &f->near, &first.wr);
		expect(test, &f->near, IB_WC_SUCCESS);
		expect(test, &f->near, IB_WC_SUCCESS);
		/* a slow machine may repeat what comes too late */
		if (port->n_rc_timeouts == late)
			KUNIT_EXPECT_EQ(test, port->n_rc_dupreq, repeated);
		post(test, &f->near, &inv);
		expect(test, &f->near, IB_WC_SUCCESS);
		reg(test, &f->near, IB_ACCESS_LOCAL_WRITE);
	}
}

/* ---- memory windows ---- */

/* The core allocates them for user space only. */
static void make_window(struct kunit *test, struct fixture *f, enum ib_mw_type type)
{
	struct ib_device *dev = f->far.dev;
	struct ib_mw *mw = kzalloc(dev->ops.size_ib_mw, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, mw);
	mw->device = dev;
	mw->pd = f->far.pd;
	mw->type = type;
	ret = dev->ops.alloc_mw(mw, NULL);
	if (ret)
		kfree(mw);
	else
		f->mw = mw;
	KUNIT_ASSERT_EQ(test, ret, 0);
}

/* The second page of the far end's memory. */
static void bind(struct kunit *test, struct fixture *f)
{
	struct rvt_bind_mw_wr wr = {
		.wr.opcode = IB_WR_BIND_MW, .mw = f->mw, .mr = f->far.mr,
		.rkey = ib_inc_rkey(f->mw->rkey), .addr = f->far.mr->iova + PAGE_SIZE,
		.length = PAGE_SIZE, .access = REMOTE,
	};

	reg(test, &f->far, IB_ACCESS_LOCAL_WRITE | IB_ACCESS_MW_BIND);
	post(test, &f->far, &wr.wr);
	expect(test, &f->far, IB_WC_SUCCESS);
}

static void use_window(struct kunit *test, struct fixture *f, enum ib_mw_type type)
{
	u8 *window;

	make_window(test, f, type);
	bind(test, f);
	window = f->far.data + PAGE_SIZE;
	fill(&f->near, 4);
	memset(f->far.data, 0, LENGTH);
	do_write(test, f, f->far.mr->iova + PAGE_SIZE, PAGE_SIZE, f->mw->rkey, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, window, f->near.data, PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(f->far.data, 0, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(window + PAGE_SIZE, 0, LENGTH - 2 * PAGE_SIZE));
}

static void window_1(struct kunit *test)
{
	struct fixture *f = test->priv;

	use_window(test, f, IB_MW_TYPE_1);
	refused(test, f, f->far.mr->iova + PAGE_SIZE, PAGE_SIZE + 1, f->mw->rkey);
}

static void window_2(struct kunit *test)
{
	struct fixture *f = test->priv;

	use_window(test, f, IB_MW_TYPE_2);
	refused(test, f, f->far.mr->iova + PAGE_SIZE - 1, 1, f->mw->rkey);
}

static void window_invalidated(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_send_wr inv;

	use_window(test, f, IB_MW_TYPE_2);
	inv = local_inv(f->mw->rkey);
	post(test, &f->far, &inv);
	expect(test, &f->far, IB_WC_SUCCESS);
	refused(test, f, f->far.mr->iova + PAGE_SIZE, 1, f->mw->rkey);
}

/* ---- paths ---- */

static int change_path(struct kunit *test, struct fixture *f, const char *to)
{
	const struct ib_gid_attr *gid = find_gid(test, &f->near);
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_SQD,
		.ah_attr = { .type = RDMA_AH_ATTR_TYPE_ROCE, .port_num = 1 },
	};
	union ib_gid dgid;

	KUNIT_ASSERT_NOT_NULL(test, gid);
	dgid = gid->gid;
	if (to)
		KUNIT_ASSERT_EQ(test, in6_pton(to, -1, dgid.raw, -1, NULL), 1);
	rdma_ah_set_grh(&attr.ah_attr, &dgid, 0, gid->index, 64, 0);
	rdma_put_gid_attr(gid);
	return ib_modify_qp(f->near.qp, &attr, IB_QP_STATE | IB_QP_AV);
}

/*
 * The send queue stands still, and the path may be changed.  Each engine has its
 * own idea of what was sent before, so one does not go on where the other was.
 */
static void path_changes(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_qp_attr attr = {};
	struct rvt_ibport *port;
	bool short_cut;
	u64 before;
	int i;

	needs_our_device(test);
	port = rvt_to_iport(ibqp_to_rvtqp(f->near.qp));
	before = port->n_loop_pkts;
	reg(test, &f->far, REMOTE);
	for (i = 0; i < 5; i++)
		do_write(test, f, f->far.mr->iova, LENGTH, f->far.mr->rkey, IB_WC_SUCCESS);
	short_cut = port->n_loop_pkts != before;
	move(test, &f->near, &attr, IB_QPS_SQD, 0);
	KUNIT_EXPECT_EQ(test, change_path(test, f, NULL), 0);
	KUNIT_EXPECT_EQ(test, change_path(test, f, "::ffff:10.7.0.99"), short_cut ? -EINVAL : 0);
	KUNIT_EXPECT_EQ(test, change_path(test, f, NULL), 0);
	KUNIT_EXPECT_EQ_MSG(test, change_path(test, f, "fe80::1"), -EINVAL,
			    "from an address of IPv4 to one of IPv6");
	move(test, &f->near, &attr, IB_QPS_RTS, 0);
	fill(&f->near, 5);
	do_write(test, f, f->far.mr->iova, LENGTH, f->far.mr->rkey, IB_WC_SUCCESS);
	KUNIT_EXPECT_MEMEQ(test, f->near.data, f->far.data, LENGTH);
}

/* ---- nothing to send ---- */

/*
 * How many datagrams without a scatter list make a ring that ends where its last
 * page does.
 */
static u32 full_pages(void)
{
	size_t bytes = sizeof(struct rvt_qp_extra) + sizeof(struct rvt_swqe);
	u32 n;

	for (n = 1; n < PAGE_SIZE; n++) {
		bytes += sizeof(struct rvt_swqe);
		if (PAGE_ALIGN(bytes) - bytes < sizeof(struct rvt_sge))
			break;
	}
	return n;
}

static void open_datagrams(struct kunit *test, struct fixture *f, u32 n)
{
	const struct ib_gid_attr *gid = find_gid(test, &f->near);
	struct ib_qp_init_attr init = {
		.qp_type = IB_QPT_UD, .sq_sig_type = IB_SIGNAL_ALL_WR,
		.send_cq = f->near.cq, .recv_cq = f->near.cq, .cap = { .max_send_wr = n },
	};
	struct end end = {};
	struct ib_qp_attr attr = { .port_num = 1 };
	struct rdma_ah_attr ah = { .type = RDMA_AH_ATTR_TYPE_ROCE, .port_num = 1 };
	union ib_gid dgid;

	KUNIT_ASSERT_NOT_NULL(test, gid);
	dgid = gid->gid;
	rdma_ah_set_grh(&ah, &dgid, 0, gid->index, 64, 0);
	rdma_put_gid_attr(gid);
	end.qp = ib_create_qp(f->near.pd, &init);
	KUNIT_ASSERT_FALSE(test, IS_ERR(end.qp));
	f->ud = end.qp;
	f->ah = rdma_create_ah(f->near.pd, &ah, RDMA_CREATE_AH_SLEEPABLE);
	if (IS_ERR(f->ah))
		f->ah = NULL;
	KUNIT_ASSERT_NOT_NULL(test, f->ah);
	move(test, &end, &attr, IB_QPS_INIT, IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_QKEY);
	move(test, &end, &attr, IB_QPS_RTR, 0);
	move(test, &end, &attr, IB_QPS_RTS, IB_QP_SQ_PSN);
}

/* Nothing is read behind the last slot, which has no room for an element. */
static void empty_datagrams(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i, n = full_pages();
	struct ib_ud_wr wr = { .wr.opcode = IB_WR_SEND };

	needs_our_device(test);
	KUNIT_ASSERT_LT(test, n, (u32)PAGE_SIZE);
	open_datagrams(test, f, n);
	wr.ah = f->ah;
	wr.remote_qpn = f->ud->qp_num;
	for (i = 0; i <= n; i++) {
		KUNIT_ASSERT_EQ(test, ib_post_send(f->ud, &wr.wr, NULL), 0);
		expect(test, &f->near, IB_WC_SUCCESS);
	}
}

/* ---- a send that fails where no delivery is promised ---- */

static void open_unreliable(struct kunit *test, struct fixture *f)
{
	struct ib_qp_init_attr init = {
		.qp_type = IB_QPT_UC, .sq_sig_type = IB_SIGNAL_ALL_WR,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(f->uc); i++) {
		f->uc[i] = i ? f->far : f->near;
		init.send_cq = f->uc[i].cq;
		init.recv_cq = f->uc[i].cq;
		init.srq = i ? f->srq : NULL;
		f->uc[i].qp = ib_create_qp(f->uc[i].pd, &init);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->uc[i].qp);
	}
	connect(test, &f->uc[0], &f->uc[1]);
	connect(test, &f->uc[1], &f->uc[0]);
}

static void expect_state(struct kunit *test, struct end *end, enum ib_qp_state state)
{
	struct ib_qp_init_attr init;
	struct ib_qp_attr attr;

	KUNIT_ASSERT_EQ(test, ib_query_qp(end->qp, &attr, IB_QP_STATE, &init), 0);
	KUNIT_EXPECT_EQ(test, attr.qp_state, state);
}

static void deliver(struct kunit *test, struct end *from, struct end *to)
{
	struct ib_send_wr send = { .opcode = IB_WR_SEND };
	struct ib_recv_wr recv = {};

	KUNIT_ASSERT_EQ(test, ib_post_recv(to->qp, &recv, NULL), 0);
	post(test, from, &send);
	expect(test, from, IB_WC_SUCCESS);
	expect(test, to, IB_WC_SUCCESS);
}

static void hold_engine(struct end *end, bool hold)
{
	struct rvt_qp *qp = ibqp_to_rvtqp(end->qp);

	spin_lock_irq(&qp->s_lock);
	if (hold)
		qp->s_flags |= RVT_S_BUSY;
	else
		qp->s_flags &= ~RVT_S_BUSY;
	spin_unlock_irq(&qp->s_lock);
}

/* What the engine had no time to flush is not sent when the state changes. */
static void flushed_by_modification(struct kunit *test, struct end *end)
{
	struct ib_send_wr send = { .opcode = IB_WR_SEND };
	struct ib_reg_wr again = reg_wr_of(end, end->mr->rkey, IB_ACCESS_LOCAL_WRITE);
	struct ib_qp_attr attr = {};

	hold_engine(end, true);
	again.wr.next = &send;
	post(test, end, &again.wr);
	post(test, end, &send);
	hold_engine(end, false);
	move(test, end, &attr, IB_QPS_RTS, 0);
	expect(test, end, IB_WC_WR_FLUSH_ERR);
	expect(test, end, IB_WC_WR_FLUSH_ERR);
	expect(test, end, IB_WC_WR_FLUSH_ERR);
}

/* The send queue stops and can be set going again; receiving goes on. */
static void unreliable_send_error(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct end *near = &f->uc[0], *far = &f->uc[1];
	struct ib_send_wr send = { .opcode = IB_WR_SEND };
	struct ib_send_wr wrong = local_inv(f->far.mr->rkey);

	needs_our_device(test);
	open_unreliable(test, f);
	deliver(test, near, far);
	/* that is of another protection domain */
	wrong.next = &send;
	post(test, near, &wrong);
	expect(test, near, IB_WC_LOC_PROT_ERR);
	expect(test, near, IB_WC_WR_FLUSH_ERR);
	expect_state(test, near, IB_QPS_SQE);
	post(test, near, &send);
	expect(test, near, IB_WC_WR_FLUSH_ERR);
	deliver(test, far, near);

	flushed_by_modification(test, near);
	deliver(test, near, far);
	deliver(test, far, near);
	expect_state(test, near, IB_QPS_RTS);
}

/* ---- events ---- */

static void on_event(struct ib_event *event, void *context)
{
	struct fixture *f = context;

	f->limits += event->event == IB_EVENT_SRQ_LIMIT_REACHED;
	f->below |= irqs_disabled();
}

static u32 limit_of(struct kunit *test, struct ib_srq *srq)
{
	struct ib_srq_attr attr = {};

	KUNIT_ASSERT_EQ(test, ib_query_srq(srq, &attr), 0);
	return attr.srq_limit;
}

static void open_srq(struct kunit *test, struct fixture *f)
{
	struct ib_srq_init_attr init = {
		.attr = { .max_wr = 4, .max_sge = 1, .srq_limit = 5 },
		.event_handler = on_event, .srq_context = f,
	};
	struct ib_srq *srq = ib_create_srq(f->far.pd, &init);
	struct ib_srq_attr limit = { .srq_limit = 2 };

	KUNIT_ASSERT_FALSE(test, IS_ERR(srq));
	f->srq = srq;
	/* one that makes no sense, as of a program that left it undefined */
	KUNIT_EXPECT_EQ(test, limit_of(test, srq), 0U);
	KUNIT_ASSERT_EQ(test, ib_modify_srq(srq, &limit, IB_SRQ_LIMIT), 0);
}

/*
 * The owner of a queue hears that it runs low, but not where its peer takes from
 * it: with the locks of both.
 */
static void srq_runs_low(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_send_wr send = { .opcode = IB_WR_SEND };
	struct ib_recv_wr recv = {};
	unsigned int i;

	needs_our_device(test);
	open_srq(test, f);
	open_unreliable(test, f);
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, ib_post_srq_recv(f->srq, &recv, NULL), 0);
	for (i = 0; i < 4; i++) {
		post(test, &f->uc[0], &send);
		expect(test, &f->uc[0], IB_WC_SUCCESS);
		expect(test, &f->uc[1], IB_WC_SUCCESS);
		/* raising it disarms it */
		KUNIT_EXPECT_EQ(test, limit_of(test, f->srq), i < 2 ? 2U : 0U);
	}
	/* none is lost with the queue */
	ib_destroy_qp(f->uc[1].qp);
	f->uc[1].qp = NULL;
	ib_destroy_srq(f->srq);
	f->srq = NULL;
	KUNIT_EXPECT_EQ(test, f->limits, 1U);
	KUNIT_EXPECT_FALSE(test, f->below);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(read_with_inv),
	KUNIT_CASE(read_invalidate_register),
	KUNIT_CASE(send_with_inv),
	KUNIT_CASE(register_then_write),
	KUNIT_CASE(window_1),
	KUNIT_CASE(window_2),
	KUNIT_CASE(window_invalidated),
	KUNIT_CASE(path_changes),
	KUNIT_CASE(empty_datagrams),
	KUNIT_CASE(unreliable_send_error),
	KUNIT_CASE(srq_runs_low),
	{}
};

static struct kunit_suite suite = {
	.name = "rvt_roce-consumer",
	.init = open_link,
	.exit = close_link,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("Tests of what only the kernel's RDMA consumers can do");
MODULE_LICENSE("GPL");
