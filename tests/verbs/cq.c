// SPDX-License-Identifier: GPL-2.0
/*
 * Completion queues: size, wrapping, resizing, overflow.
 */
#include <errno.h>
#include <string.h>
#include "vt.h"

/* A loop-free link whose side a completes into a CQ of @cqe entries. */
static void link_on_cq(struct vt_pair *p, struct vt_link *l, uint32_t cqe)
{
	struct vt_qp_init init = {
		.type = IBV_QPT_RC, .send_wr = 64, .recv_wr = 4, .send_sge = 1, .recv_sge = 1,
	};

	memset(l, 0, sizeof(*l));
	l->a.e = p->a;
	l->a.cq = end_cq(p->a, cqe);
	init.scq = l->a.cq;
	init.rcq = end_cq(p->a, 16);
	l->a.qp = end_qp(p->a, &init);
	l->a.mr = end_mr(p->a, 4096, VT_ACCESS_ALL);
	side_create(&l->b, p->b, IBV_QPT_RC, 4096);
	pair_connect(p, l, IBV_QPT_RC);
}

static void post_writes(struct vt_link *l, uint64_t first, uint32_t n)
{
	struct vt_wr wr[VT_MAX_WR];
	uint32_t i;

	for (i = 0; i < n; i++) {
		wr[i] = wr_simple(first + i, IBV_WR_RDMA_WRITE, &l->a, 0, 64);
		wr_to(&wr[i], &l->b, 0);
	}
	end_send(l->a.e, l->a.qp.id, wr, n);
}

static void expect_run(struct vt_link *l, uint64_t first, uint32_t n)
{
	struct ibv_wc wc;

	for (; n; n--, first++) {
		wc = end_poll_one(l->a.e, l->a.cq, "WRITE");
		expect_status(&wc, IBV_WC_SUCCESS, "WRITE");
		if (wc.wr_id != first)
			vt_fail("completion %u instead of %u", (unsigned int)wc.wr_id, (unsigned int)first);
	}
}

/* The ring wraps many times at every fill level. */
static void wrap(struct vt_pair *p)
{
	struct vt_link l;
	uint64_t next = 0;
	uint32_t round;

	link_on_cq(p, &l, 7);
	for (round = 0; round < 100; round++) {
		uint32_t n = 1 + round % 7;

		post_writes(&l, next, n);
		expect_run(&l, next, n);
		next += n;
	}
	end_poll_none(p->a, l.a.cq, 20);
}

static void overflow(struct vt_pair *p)
{
	struct vt_link l;
	uint32_t event, i;
	struct vt_wcs wcs;

	link_on_cq(p, &l, 2);
	for (i = 0; i < 4; i++)
		post_writes(&l, i * 15, 15);
	event = end_async(p->a, 5000);
	if (event != IBV_EVENT_CQ_ERR)
		vt_fail("event %d instead of CQ error", (int)event);
	/* what is in the CQ is good, and in order */
	end_poll(p->a, l.a.cq, 1, 1000, &wcs);
	if (wcs.n && (wcs.wc[0].wr_id || wcs.wc[0].status))
		vt_fail("the first completion is %u, %s", (unsigned int)wcs.wc[0].wr_id,
			ibv_wc_status_str(wcs.wc[0].status));
}

static void resize(struct vt_pair *p)
{
	struct vt_link l;
	int err;

	link_on_cq(p, &l, 10);
	post_writes(&l, 0, 8);
	nap_usec(200000);
	err = end_try_cq_resize(p->a, l.a.cq, 60);
	if (err)
		vt_fail("grow: %s", strerror(err));
	post_writes(&l, 8, 16);
	post_writes(&l, 24, 16);
	nap_usec(200000);
	err = end_try_cq_resize(p->a, l.a.cq, 20);
	if (!err)
		vt_fail("a CQ with 40 entries was shrunk to 20");
	expect_run(&l, 0, 30);
	err = end_try_cq_resize(p->a, l.a.cq, 20);
	if (err)
		vt_fail("shrink: %s", strerror(err));
	expect_run(&l, 30, 10);
	post_writes(&l, 40, 16);
	expect_run(&l, 40, 16);
}

/* Completions arrive while the ring moves: none is lost, none comes twice. */
static void resize_busy(struct vt_pair *p)
{
	static const uint32_t sizes[] = { 200, 64, 63, 100, 40, 255 };
	uint64_t posted = 0, seen = 0;
	struct vt_link l;
	uint32_t round;

	link_on_cq(p, &l, 60);
	for (round = 0; round < 60; round++) {
		int err;

		post_writes(&l, posted, 15);
		post_writes(&l, posted + 15, 15);
		posted += 30;
		err = end_try_cq_resize(p->a, l.a.cq, sizes[round % 6]);
		if (err)
			vt_fail("resize to %u: %s", sizes[round % 6], strerror(err));
		expect_run(&l, seen, round % 3 ? 30 : 25);
		seen += round % 3 ? 30 : 25;
		if (posted > seen && round % 3 == 2) {
			expect_run(&l, seen, posted - seen);
			seen = posted;
		}
	}
	expect_run(&l, seen, posted - seen);
	end_poll_none(p->a, l.a.cq, 20);
}

static void bad_sizes(struct vt_pair *p)
{
	static const uint32_t bad[] = { 0, 0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t i, cq, good = end_cq(p->a, 16);

	for (i = 0; i < 4; i++) {
		if (!end_try_cq(p->a, bad[i], &cq))
			vt_fail("a CQ of %u entries was created", bad[i]);
		if (!end_try_cq_resize(p->a, good, bad[i]))
			vt_fail("a CQ was resized to %u entries", bad[i]);
	}
	if (!end_try_cq(p->a, p->a->info.max_cqe + 1, &cq))
		vt_fail("a CQ larger than max_cqe was created");
}

/* A CQ in use cannot go. */
static void busy(struct vt_pair *p)
{
	struct vt_req req = { .op = VT_CQ_DESTROY };
	struct vt_rep rep;
	struct vt_link l;

	link_on_cq(p, &l, 10);
	req.obj = l.a.cq;
	if (end_call(p->a, &req, &rep) != EBUSY)
		vt_fail("a CQ with a QP was destroyed");
	post_writes(&l, 0, 5);
	expect_run(&l, 0, 5);
}

const struct vt_case cq_cases[] = {
	{ .name = "cq/wrap", .run = wrap },
	{ .name = "cq/overflow", .run = overflow },
	{ .name = "cq/resize", .run = resize },
	{ .name = "cq/resize_busy", .run = resize_busy },
	{ .name = "cq/bad_sizes", .run = bad_sizes },
	{ .name = "cq/busy", .run = busy },
	{}
};
