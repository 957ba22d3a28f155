// SPDX-License-Identifier: GPL-2.0
/*
 * Memory windows of the other end: what we write and read through them, and
 * that it ends with them.
 *
 * A program cannot bind windows of our devices (the kernel's command to post
 * takes no such requests), so these are about peers that can; those that are
 * ours have tests/kunit/roce/consumer_test.c.
 */
#include <string.h>
#include "vt.h"

#define MR_LEN	16384
#define START	5000		/* of the window, in its region */
#define LENGTH	6000
#define END	(START + LENGTH)
#define SEED	1100

struct windowed {
	struct vt_link l;
	struct vt_mr mr;
	struct vt_window w;
	uint32_t rkey;
};

static struct ibv_wc access_window(struct windowed *x, enum ibv_wr_opcode opcode)
{
	struct vt_wr wr = wr_simple(1, opcode, &x->l.a, 0, LENGTH);

	wr.raddr = x->mr.addr + START;
	wr.rkey = x->rkey;
	end_send(x->l.a.e, x->l.a.qp.id, &wr, 1);
	return end_poll_one(x->l.a.e, x->l.a.cq, "access to the window");
}

static void expect_access(struct windowed *x)
{
	struct end *a = x->l.a.e, *b = x->l.b.e;
	struct ibv_wc wc;

	end_fill(b, x->mr.id, 0, MR_LEN, SEED, 0);
	end_fill(a, x->l.a.mr.id, 0, LENGTH, SEED + 1, 0);
	wc = access_window(x, IBV_WR_RDMA_WRITE);
	expect_status(&wc, IBV_WC_SUCCESS, "WRITE into the window");
	end_check(b, &(struct vt_span){ x->mr.id, SEED + 1, START, LENGTH, 0, 0 });
	end_check(b, &(struct vt_span){ x->mr.id, SEED, 0, START, 0, 0 });
	end_check(b, &(struct vt_span){ x->mr.id, SEED, END, MR_LEN - END, END, 0 });
	end_fill(b, x->mr.id, START, LENGTH, SEED + 2, 0);
	wc = access_window(x, IBV_WR_RDMA_READ);
	expect_status(&wc, IBV_WC_SUCCESS, "READ from the window");
	end_check(a, &(struct vt_span){ x->l.a.mr.id, SEED + 2, 0, LENGTH, 0, 0 });
}

/* @x->l.b's memory is not changed, and the queue pairs are lost. */
static void expect_refusal(struct windowed *x, const char *what)
{
	struct end *b = x->l.b.e;
	struct ibv_wc wc;

	end_fill(b, x->mr.id, 0, MR_LEN, SEED, 0);
	wc = access_window(x, IBV_WR_RDMA_WRITE);
	expect_status(&wc, IBV_WC_REM_ACCESS_ERR, what);
	end_check(b, &(struct vt_span){ x->mr.id, SEED, 0, MR_LEN, 0, 0 });
}

static void bind(struct windowed *x)
{
	struct vt_bind request = { x->w.id, x->mr.id, START, LENGTH };
	struct end *b = x->l.b.e;
	struct ibv_wc wc;

	x->rkey = end_bind(b, x->l.b.qp.id, &request);
	wc = end_poll_one(b, x->l.b.cq, "binding");
	expect_status(&wc, IBV_WC_SUCCESS, "binding");
}

static struct windowed open_window(struct vt_pair *p, uint32_t type)
{
	struct windowed x = {};

	if (!end_is_rxe(p->b))
		vt_skip("a program binds no windows of ours");
	pair_link(p, &x.l, IBV_QPT_RC, MR_LEN);
	x.mr = end_mr(p->b, MR_LEN, VT_ACCESS_ALL | IBV_ACCESS_MW_BIND);
	x.w = end_window(p->b, type);
	bind(&x);
	expect_access(&x);
	return x;
}

/* Bound anew it has another key.  (Stock rdma_rxe of 6.1 keeps no window's bounds.) */
static void type_1(struct vt_pair *p)
{
	struct windowed x = open_window(p, IBV_MW_TYPE_1);
	uint32_t before = x.rkey;

	bind(&x);
	if (x.rkey == before)
		vt_fail("the key stays when a window is bound anew");
	expect_access(&x);
	x.rkey = before;
	expect_refusal(&x, "with the key that it had before");
}

static void invalidated(struct vt_pair *p)
{
	struct windowed x = open_window(p, IBV_MW_TYPE_2);
	struct vt_wr inv = {
		.opcode = IBV_WR_LOCAL_INV, .flags = IBV_SEND_SIGNALED, .imm = x.rkey,
	};
	struct ibv_wc wc;

	end_send(p->b, x.l.b.qp.id, &inv, 1);
	wc = end_poll_one(p->b, x.l.b.cq, "invalidation");
	expect_status(&wc, IBV_WC_SUCCESS, "invalidation");
	expect_refusal(&x, "after its invalidation");
}

/* The request that ends it is ours. */
static void invalidated_by_send(struct vt_pair *p)
{
	struct windowed x = open_window(p, IBV_MW_TYPE_2);
	struct vt_wr recv = wr_simple(1, 0, &x.l.b, 0, 64);
	struct vt_wr send = wr_simple(2, IBV_WR_SEND_WITH_INV, &x.l.a, 0, 64);
	struct ibv_wc wc;

	end_recv(p->b, x.l.b.qp.id, &recv, 1);
	send.imm = x.rkey;
	end_send(p->a, x.l.a.qp.id, &send, 1);
	wc = end_poll_one(p->a, x.l.a.cq, "SEND with invalidation");
	expect_status(&wc, IBV_WC_SUCCESS, "SEND with invalidation");
	wc = end_poll_one(p->b, x.l.b.cq, "its receive");
	expect_status(&wc, IBV_WC_SUCCESS, "its receive");
	expect_refusal(&x, "after its invalidation");
}

const struct vt_case window_cases[] = {
	{ .name = "window/type_1", .run = type_1 },
	{ .name = "window/invalidated", .run = invalidated },
	{ .name = "window/invalidated_by_send", .run = invalidated_by_send },
	{}
};
