// SPDX-License-Identifier: GPL-2.0
/*
 * Rings that user space can write to at any time: completion queues and
 * receive queues with every index, count and length out of its range.  The
 * memory around them is guarded by KASAN.
 */
/* Trace events are not exported, and nobody listens. */
#define NOTRACE

#include <linux/export.h>
#include <linux/vmalloc.h>
#include "compat/kunit.h"
#include "fake.h"

/*
 * The receive ring's file itself, since what makes a ring a shared one cannot
 * be had from inside the kernel.  Its exports are the module's.
 */
#undef EXPORT_SYMBOL
#define EXPORT_SYMBOL(sym)
#include "../../../rdmavt/rq.c"
#include "suites.h"

/* The test owns the memory of its rings. */
void rvt_release_mmap_info(struct kref *ref)
{
}

void *rvt_alloc_mapped(size_t size)
{
	return vmalloc_user(size);
}

void *rvt_alloc_private(size_t size, bool user, int node)
{
	return vzalloc_node(size, node);
}

/* None of them is shared by queue pairs. */
void rvt_srq_limit_event(struct rvt_srq *srq)
{
}

#define get_index(field)	((u32)RDMA_READ_UAPI_ATOMIC(field))
#define set_index(field, value)	RDMA_WRITE_UAPI_ATOMIC(field, value)

#define SIZE	8
#define SGES	4

static const u32 hostile[] = {
	0, 1, SIZE - 1, SIZE, SIZE + 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
};

/* ---- completion queues ---- */

struct user_cq {
	struct rvt_cq cq;
	struct rvt_mmap_info ip;
	struct ib_qp qp;
};

static void free_ring_memory(void *arg)
{
	vfree(arg);
}

static void free_worker(void *arg)
{
	cancel_work_sync(&((struct rvt_cq *)arg)->comptask);
}

static void no_work(struct work_struct *work)
{
}

/* A CQ of SIZE entries as create_cq makes it for a process. */
static struct user_cq *user_cq(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct user_cq *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, u);
	u->cq.queue = vmalloc_user(struct_size(u->cq.queue, uqueue, SIZE + 1));
	KUNIT_ASSERT_NOT_NULL(test, u->cq.queue);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_ring_memory, u->cq.queue), 0);
	u->cq.kqueue = kunit_kzalloc(test, sizeof(*u->cq.kqueue), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, u->cq.kqueue);
	spin_lock_init(&u->cq.lock);
	INIT_WORK(&u->cq.comptask, no_work);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_worker, &u->cq), 0);
	u->cq.rdi = &dev->rdi;
	u->cq.ip = &u->ip;
	u->cq.ibcq.cqe = SIZE;
	u->cq.ibcq.device = &dev->rdi.ibdev;
	u->qp.qp_num = 5;
	return u;
}

static bool enter(struct user_cq *u, u64 wr_id)
{
	struct ib_wc wc = { .wr_id = wr_id, .qp = &u->qp };

	return rvt_cq_enter(&u->cq, &wc, false);
}

static void cq_order(struct kunit *test)
{
	struct user_cq *u = user_cq(test);
	u32 i;

	for (i = 0; i < 100; i++) {
		u32 head = i % (SIZE + 1);

		KUNIT_ASSERT_EQ(test, get_index(u->cq.queue->head), head);
		KUNIT_ASSERT_TRUE(test, enter(u, 1000 + i));
		KUNIT_EXPECT_EQ(test, u->cq.queue->uqueue[head].wr_id, 1000 + i);
		KUNIT_EXPECT_EQ(test, u->cq.queue->uqueue[head].qp_num, 5);
		set_index(u->cq.queue->tail, get_index(u->cq.queue->head));
	}
}

/* Full is full: an event, nothing overwritten, and no way back. */
static void cq_full(struct kunit *test)
{
	struct user_cq *u = user_cq(test);
	u32 i;

	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_TRUE(test, enter(u, i));
	KUNIT_EXPECT_FALSE(test, enter(u, 99));
	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_EQ(test, u->cq.queue->uqueue[i].wr_id, i);
	set_index(u->cq.queue->tail, get_index(u->cq.queue->head));
	KUNIT_EXPECT_FALSE(test, enter(u, 100));
}

/* Whatever stands in the indices, entries go into the ring and in order. */
static void cq_hostile(struct kunit *test)
{
	struct user_cq *u = user_cq(test);
	size_t h, t;
	u32 slot = 0;

	for (h = 0; h < ARRAY_SIZE(hostile); h++) {
		for (t = 0; t < ARRAY_SIZE(hostile); t++) {
			set_index(u->cq.queue->head, hostile[h]);
			set_index(u->cq.queue->tail, hostile[t]);
			u->cq.cq_full = false;
			if (!enter(u, 7))
				continue;
			KUNIT_EXPECT_EQ(test, u->cq.queue->uqueue[slot].wr_id, 7);
			u->cq.queue->uqueue[slot].wr_id = 0;
			slot = slot == SIZE ? 0 : slot + 1;
			KUNIT_EXPECT_EQ(test, get_index(u->cq.queue->head), slot);
		}
	}
}

/* ---- receive queues ---- */

struct user_rq {
	struct fake_dev *dev;
	struct rvt_qp *qp;
	struct rvt_rq *rq;
	struct fake_region *region;
	struct rvt_mmap_info ip;
	struct rvt_rq kernel_rq;	/* the QP's own, put back in the end */
};

static void put_rq_back(void *arg)
{
	struct user_rq *u = arg;

	vfree(u->qp->r_rq.wq);
	kvfree(u->qp->r_rq.kwq);
	u->qp->r_rq = u->kernel_rq;
	u->qp->ip = NULL;
}

/* A QP whose receive ring is of the shared kind. */
static struct user_rq *user_rq(struct kunit *test)
{
	struct user_rq *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, u);
	u->dev = fake_register(test);
	u->qp = fake_qp(test, u->dev, fake_pd(test, u->dev, 0), IB_QPT_RC);
	u->region = fake_region(test, u->qp, 0x100000, 0, PAGE_SIZE, IB_ACCESS_LOCAL_WRITE);
	fake_modify(test, u->qp, IB_QPS_RTS);
	u->kernel_rq = u->qp->r_rq;
	memset(&u->qp->r_rq, 0, sizeof(u->qp->r_rq));
	KUNIT_ASSERT_EQ(test, rvt_alloc_rq(&u->qp->r_rq, SIZE, SGES, NUMA_NO_NODE, true, true), 0);
	u->qp->ip = &u->ip;
	u->rq = &u->qp->r_rq;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_rq_back, u), 0);
	return u;
}

static void fill_entry(struct user_rq *u, u32 index, u64 wr_id, u8 num_sge)
{
	struct rvt_rwqe *wqe = rvt_get_rwqe_ptr(u->rq, index);
	u32 i;

	wqe->wr_id = wr_id;
	wqe->num_sge = num_sge;
	for (i = 0; i < SGES; i++) {
		wqe->sg_list[i].addr = u->region->base + i * 100;
		wqe->sg_list[i].length = 64;
		wqe->sg_list[i].lkey = u->region->ibmr->lkey;
	}
}

static int get(struct user_rq *u)
{
	int ret;

	spin_lock_irq(&u->qp->r_lock);
	ret = rvt_get_rwqe(u->qp, false);
	if (ret == 1)
		rvt_put_ss(&u->qp->r_sge);
	u->qp->r_aflags = 0;
	spin_unlock_irq(&u->qp->r_lock);
	return ret;
}

static void rq_order(struct kunit *test)
{
	struct user_rq *u = user_rq(test);
	u32 i, head = 0;

	KUNIT_EXPECT_EQ(test, get(u), 0);
	for (i = 0; i < 50; i++) {
		fill_entry(u, head, i, 1 + i % SGES);
		head = (head + 1) % SIZE;
		set_index(u->rq->wq->head, head);
		KUNIT_ASSERT_EQ(test, get(u), 1);
		KUNIT_EXPECT_EQ(test, u->qp->r_wr_id, i);
		KUNIT_EXPECT_EQ(test, u->qp->r_len, 64 * (1 + i % SGES));
		KUNIT_EXPECT_EQ(test, get_index(u->rq->wq->tail), head);
		KUNIT_EXPECT_EQ(test, get(u), 0);
	}
	KUNIT_EXPECT_EQ(test, fake_dereg(test, u->region), 0);
}

/* A ring holds one less than its slots; no index makes it hold more. */
static void rq_hostile_indices(struct kunit *test)
{
	struct user_rq *u = user_rq(test);
	size_t h, t;
	u32 i, n;

	for (i = 0; i < SIZE; i++)
		fill_entry(u, i, i, 1);
	for (h = 0; h < ARRAY_SIZE(hostile); h++) {
		for (t = 0; t < ARRAY_SIZE(hostile); t++) {
			for (n = 0; n < 3 * SIZE; n++) {
				set_index(u->rq->wq->tail, hostile[t]);
				set_index(u->rq->wq->head, hostile[h]);
				if (get(u) != 1)
					break;
			}
			KUNIT_EXPECT_LT(test, n, SIZE);
		}
	}
	KUNIT_EXPECT_EQ(test, fake_dereg(test, u->region), 0);
}

/* More elements than an entry has room for: a protection error, not a read beyond it. */
static void rq_hostile_entries(struct kunit *test)
{
	struct user_rq *u = user_rq(test);
	u32 n, head = 0;
	struct ib_wc wc;

	for (n = SGES + 1; n <= 255; n++) {
		fill_entry(u, head, n, n);
		head = (head + 1) % SIZE;
		set_index(u->rq->wq->head, head);
		KUNIT_EXPECT_EQ(test, get(u), -1);
		KUNIT_ASSERT_EQ(test, ib_poll_cq(u->qp->ibqp.recv_cq, 1, &wc), 1);
		KUNIT_EXPECT_EQ(test, wc.status, IB_WC_LOC_PROT_ERR);
		KUNIT_EXPECT_EQ(test, wc.wr_id, n);
	}
	/* lengths whose sum wraps, keys and addresses that are wrong */
	fill_entry(u, head, 1, SGES);
	rvt_get_rwqe_ptr(u->rq, head)->sg_list[1].length = 0xffffffff;
	head = (head + 1) % SIZE;
	set_index(u->rq->wq->head, head);
	KUNIT_EXPECT_EQ(test, get(u), -1);
	fill_entry(u, head, 1, SGES);
	rvt_get_rwqe_ptr(u->rq, head)->sg_list[3].lkey ^= 1;
	head = (head + 1) % SIZE;
	set_index(u->rq->wq->head, head);
	KUNIT_EXPECT_EQ(test, get(u), -1);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, u->region), 0);
}

/* Flushing ends, however the indices stand. */
static void rq_hostile_flush(struct kunit *test)
{
	struct user_rq *u = user_rq(test);
	struct ib_wc wc[SIZE];
	size_t h, t;
	int n;

	for (h = 0; h < ARRAY_SIZE(hostile); h++) {
		for (t = 0; t < ARRAY_SIZE(hostile); t++) {
			set_index(u->rq->wq->head, hostile[h]);
			set_index(u->rq->wq->tail, hostile[t]);
			spin_lock_irq(&u->qp->r_lock);
			rvt_flush_rq(u->qp);
			spin_unlock_irq(&u->qp->r_lock);
			n = ib_poll_cq(u->qp->ibqp.recv_cq, SIZE, wc);
			KUNIT_EXPECT_LT(test, n, SIZE);
			KUNIT_EXPECT_EQ(test, ib_poll_cq(u->qp->ibqp.recv_cq, 1, wc), 0);
		}
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(cq_order),
	KUNIT_CASE(cq_full),
	KUNIT_CASE(cq_hostile),
	KUNIT_CASE(rq_order),
	KUNIT_CASE(rq_hostile_indices),
	KUNIT_CASE(rq_hostile_entries),
	KUNIT_CASE(rq_hostile_flush),
	{}
};

struct kunit_suite rdmavt_rings_suite = {
	.name = "rdmavt-rings",
	.test_cases = cases,
};
