// SPDX-License-Identifier: GPL-2.0
/*
 * Memory regions over time: registered anew in every way, deregistered by the
 * thousand, and under requests.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "vt.h"

#define REREG_TRANS	1	/* enum ib_mr_rereg_flags */
#define REREG_PD	2
#define REREG_ACCESS	4
#define SEED		700

static struct ibv_wc write_to(struct vt_link *l, const struct vt_mr *mr, uint32_t rkey)
{
	struct vt_wr wr = wr_simple(1, IBV_WR_RDMA_WRITE, &l->a, 0, 256);

	wr.raddr = mr->addr;
	wr.rkey = rkey;
	end_send(l->a.e, l->a.qp.id, &wr, 1);
	return end_poll_one(l->a.e, l->a.cq, "WRITE");
}

/* Each refusal costs the pair its queue pairs. */
static void expect_write(struct vt_pair *p, const struct vt_mr *mr, uint32_t rkey,
			 enum ibv_wc_status status, const char *what)
{
	struct vt_link l;
	struct ibv_wc wc;

	pair_link(p, &l, IBV_QPT_RC, 4096);
	end_fill(p->a, l.a.mr.id, 0, 256, SEED, 0);
	wc = write_to(&l, mr, rkey);
	expect_status(&wc, status, what);
	if (status == IBV_WC_SUCCESS)
		end_check(p->b, &(struct vt_span){ mr->id, SEED, 0, 256, 0, 0 });
	end_destroy_qp(p->a, l.a.qp.id);
	end_destroy_qp(p->b, l.b.qp.id);
}

static struct vt_mr rereg(struct vt_pair *p, const struct vt_mr *mr, uint32_t flags,
			  uint32_t access, uint32_t pd)
{
	struct vt_mr_init init = { .len = 8192, .access = access, .pd = pd, .rereg = flags };
	struct vt_mr now = *mr;
	int err = end_try_mr_rereg(p->b, mr->id, &init, &now);

	if (err)
		vt_fail("registering anew (%u): %s", flags, strerror(err));
	if (now.rkey == mr->rkey)
		vt_fail("the key stays when a region is registered anew");
	return now;
}

/* Memory at end B that can be registered anew. */
static struct vt_mr changeable(struct vt_pair *p, int access)
{
	if (end_is_rxe(p->b))
		vt_skip("stock rdma_rxe of 6.1 cannot register anew");
	return end_mr(p->b, 8192, access);
}

static void rereg_access(struct vt_pair *p)
{
	struct vt_mr mr, now;

	mr = changeable(p, VT_ACCESS_ALL);
	expect_write(p, &mr, mr.rkey, IBV_WC_SUCCESS, "before");
	now = rereg(p, &mr, REREG_ACCESS, IBV_ACCESS_LOCAL_WRITE, 0);
	expect_write(p, &now, mr.rkey, IBV_WC_REM_ACCESS_ERR, "with the old key");
	expect_write(p, &now, now.rkey, IBV_WC_REM_ACCESS_ERR, "without the right");
	now = rereg(p, &now, REREG_ACCESS, VT_ACCESS_ALL, 0);
	expect_write(p, &now, now.rkey, IBV_WC_SUCCESS, "with the right");
}

/* Pages that were pinned for reading only are pinned once more. */
static void rereg_writable(struct vt_pair *p)
{
	struct vt_mr mr, now;

	mr = changeable(p, IBV_ACCESS_REMOTE_READ);
	now = rereg(p, &mr, REREG_ACCESS, VT_ACCESS_ALL, 0);
	expect_write(p, &now, now.rkey, IBV_WC_SUCCESS, "with the right");
}

static void rereg_pd(struct vt_pair *p)
{
	struct vt_mr mr, now;

	mr = changeable(p, VT_ACCESS_ALL);
	now = rereg(p, &mr, REREG_PD, 0, 1);
	expect_write(p, &now, now.rkey, IBV_WC_REM_ACCESS_ERR, "in another protection domain");
	now = rereg(p, &now, REREG_PD, 0, 0);
	expect_write(p, &now, now.rkey, IBV_WC_SUCCESS, "back in the old one");
}

static void rereg_all(struct vt_pair *p)
{
	struct vt_mr mr, now;

	mr = changeable(p, VT_ACCESS_ALL);
	now = rereg(p, &mr, REREG_TRANS, 0, 0);
	if (now.addr == mr.addr)
		vt_fail("the test gave the region no other memory");
	expect_write(p, &now, mr.rkey, IBV_WC_REM_ACCESS_ERR, "with the old key");
	expect_write(p, &now, now.rkey, IBV_WC_SUCCESS, "to the new memory");
	now = rereg(p, &now, REREG_TRANS | REREG_PD | REREG_ACCESS, IBV_ACCESS_LOCAL_WRITE, 1);
	expect_write(p, &now, now.rkey, IBV_WC_REM_ACCESS_ERR, "after all has changed");
	now = rereg(p, &now, REREG_TRANS | REREG_PD | REREG_ACCESS, VT_ACCESS_ALL, 0);
	expect_write(p, &now, now.rkey, IBV_WC_SUCCESS, "after all has changed back");
}

static void rereg_refused(struct vt_pair *p)
{
	struct vt_mr_init init = { .len = 8192, .rereg = 8 };
	struct vt_mr mr, now;

	mr = changeable(p, VT_ACCESS_ALL);
	if (!end_try_mr_rereg(p->b, mr.id, &init, &now))
		vt_fail("unknown flags were accepted");
	init.rereg = REREG_TRANS;
	init.len = 0;
	if (!end_try_mr_rereg(p->b, mr.id, &init, &now))
		vt_fail("no bytes were accepted");
	expect_write(p, &mr, mr.rkey, IBV_WC_SUCCESS, "after refusals");
}

/*
 * What a region costs that is registered for one transfer.  A grace period for
 * each would take far longer than the limit.
 */
static void churn(struct vt_pair *p)
{
	const unsigned int rounds = 300;
	uint64_t usec = 0, start;
	struct vt_link l;
	struct vt_mr mr;
	unsigned int i;

	pair_link(p, &l, IBV_QPT_RC, 4096);
	for (i = 0; i < rounds; i++) {
		mr = end_mr(p->a, 4096, VT_ACCESS_ALL);
		start = now_usec();
		if (end_try_mr_dereg(p->a, mr.id))
			vt_fail("an unused region cannot be deregistered");
		usec += now_usec() - start;
	}
	printf("# dereg_mr: %llu us each\n", (unsigned long long)usec / rounds);
	if (!end_is_rxe(p->a) && usec / rounds > 3000)
		vt_fail("deregistration takes %llu us", (unsigned long long)usec / rounds);
}

/* A request that still uses the region: its queue pair goes, not the memory. */
static void dereg_in_use(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_mr mr;
	struct vt_wr wr;
	struct ibv_wc wc;

	if (end_is_rxe(p->a))
		vt_skip("stock rdma_rxe of 6.1 has its own view");
	pair_link(p, &l, IBV_QPT_RC, 4096);
	mr = end_mr(p->a, 4096, VT_ACCESS_ALL);
	wr = wr_simple(1, IBV_WR_SEND, &l.a, 0, 64);	/* nobody receives */
	wr.sge[0].mr = mr.id;
	end_send(p->a, l.a.qp.id, &wr, 1);
	if (end_try_mr_dereg(p->a, mr.id))
		vt_fail("a region in use cannot be deregistered");
	wc = end_poll_one(p->a, l.a.cq, "the request that used the region");
	if (wc.status == IBV_WC_SUCCESS)
		vt_fail("a message without a receiver was sent");
	expect_state(p->a, l.a.qp.id, IBV_QPS_ERR, "after its region went");
}

static void windows(struct vt_pair *p)
{
	uint32_t type;
	int err;

	if (end_is_rxe(p->a))
		vt_skip("this is about ours");
	for (type = 1; type <= 2; type++) {
		err = end_try_mw(p->a, type);
		if (err)
			vt_fail("window of type %u: %s", type, strerror(err));
	}
	if (end_try_mw(p->a, 3) != EINVAL)
		vt_fail("a window of type 3 was allocated");
}

const struct vt_case memory_cases[] = {
	{ .name = "memory/rereg_access", .run = rereg_access },
	{ .name = "memory/rereg_writable", .run = rereg_writable },
	{ .name = "memory/rereg_pd", .run = rereg_pd },
	{ .name = "memory/rereg_all", .run = rereg_all },
	{ .name = "memory/rereg_refused", .run = rereg_refused },
	{ .name = "memory/churn", .run = churn },
	{ .name = "memory/dereg_in_use", .run = dereg_in_use },
	{ .name = "memory/windows", .run = windows },
	{}
};
