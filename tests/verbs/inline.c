// SPDX-License-Identifier: GPL-2.0
/*
 * Inline data: copied when posted, so that the buffer, its key and its memory
 * region do not matter from then on.
 */
#include <errno.h>
#include <string.h>
#include "vt.h"

#define SEED	500
#define SPOILT	501
#define WANTED	200

/* A pair whose end A can have @WANTED bytes inline; others are asked for it. */
static uint32_t inline_link(struct vt_pair *p, struct vt_link *l, enum ibv_qp_type type)
{
	struct vt_qp_init init = {
		.type = type, .send_wr = 64, .recv_wr = 64, .send_sge = 4, .recv_sge = 4,
		.inline_size = WANTED,
	};

	memset(l, 0, sizeof(*l));
	side_create(&l->b, p->b, type, 8192);
	l->a.e = p->a;
	l->a.cq = end_cq(p->a, 256);
	init.scq = l->a.cq;
	init.rcq = l->a.cq;
	l->a.qp = end_qp(p->a, &init);
	l->a.mr = end_mr(p->a, 8192, VT_ACCESS_ALL);
	pair_connect(p, l, type);
	if (l->a.qp.cap.max_inline_data < WANTED)
		vt_fail("%u bytes inline were asked for, %u are there", WANTED,
			l->a.qp.cap.max_inline_data);
	return l->a.qp.cap.max_inline_data;
}

static struct vt_wr inline_wr(const struct vt_link *l, uint32_t opcode, uint64_t off, uint32_t len)
{
	struct vt_wr wr = wr_simple(1, opcode, &l->a, off, len);

	wr.flags |= IBV_SEND_INLINE;
	wr.sge[0].lkey_xor = 0x5a00;	/* does not count */
	wr_to(&wr, &l->b, 0);
	wr.ah = l->a.ah;
	return wr;
}

static void expect_sent(struct vt_link *l)
{
	struct ibv_wc wc = end_poll_one(l->a.e, l->a.cq, "inline data");

	expect_status(&wc, IBV_WC_SUCCESS, "inline data");
}

/* The receiver is not ready when the buffer is given other contents. */
static void send(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_wr wr, recv;
	struct ibv_wc wc;
	uint32_t max = inline_link(p, &l, IBV_QPT_RC);

	wr = inline_wr(&l, IBV_WR_SEND, 0, max);
	end_fill(p->a, l.a.mr.id, 0, max, SEED, 0);
	end_send(p->a, l.a.qp.id, &wr, 1);
	end_fill(p->a, l.a.mr.id, 0, max, SPOILT, 0);
	recv = wr_simple(2, 0, &l.b, 0, 8192);
	end_recv(p->b, l.b.qp.id, &recv, 1);
	expect_sent(&l);
	wc = end_poll_one(p->b, l.b.cq, "receive");
	expect_status(&wc, IBV_WC_SUCCESS, "receive");
	if (wc.byte_len != max)
		vt_fail("%u bytes arrived instead of %u", wc.byte_len, max);
	end_check(p->b, &(struct vt_span){ l.b.mr.id, SEED, 0, max, 0, 0 });
}

/* Every size, several elements, RC or UC. */
static void writes(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_wr wr;
	uint32_t max = inline_link(p, &l, p->c->type), len;

	end_fill(p->a, l.a.mr.id, 0, 4096, SEED, 0);
	for (len = 0; len <= max; len = len < 70 ? len + 1 : len + 31) {
		wr = inline_wr(&l, IBV_WR_RDMA_WRITE, 0, len / 3);
		wr.sge[1] = wr.sge[0];
		wr.sge[1].off = len / 3;
		wr.sge[1].len = len - len / 3;
		wr.nsge = 2;
		end_fill(p->b, l.b.mr.id, 0, 2048, SPOILT, 0);
		end_send(p->a, l.a.qp.id, &wr, 1);
		expect_sent(&l);
		if (p->c->type == IBV_QPT_UC) {	/* sent is not there yet */
			end_check(p->b, &(struct vt_span){ l.b.mr.id, SEED, 0, len, 0, SPOILT });
			continue;
		}
		end_check(p->b, &(struct vt_span){ l.b.mr.id, SEED, 0, len, 0, 0 });
		end_check(p->b, &(struct vt_span){ l.b.mr.id, SPOILT, len, 100, len, 0 });
	}
}

static void datagram(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_wr wr, recv;
	struct ibv_wc wc;

	inline_link(p, &l, IBV_QPT_UD);
	recv = wr_simple(2, 0, &l.b, 0, 4096);
	end_recv(p->b, l.b.qp.id, &recv, 1);
	end_fill(p->a, l.a.mr.id, 0, 150, SEED, 0);
	wr = inline_wr(&l, IBV_WR_SEND, 0, 150);
	end_send(p->a, l.a.qp.id, &wr, 1);
	expect_sent(&l);
	wc = end_poll_one(p->b, l.b.cq, "receive");
	expect_status(&wc, IBV_WC_SUCCESS, "receive");
	end_check(p->b, &(struct vt_span){ l.b.mr.id, SEED, 40, 150, 0, 0 });
}

static void list(struct vt_pair *p)
{
	struct vt_wr wr[8];
	struct vt_link l;
	uint32_t i;

	inline_link(p, &l, IBV_QPT_RC);
	end_fill(p->a, l.a.mr.id, 0, 4096, SEED, 0);
	end_fill(p->b, l.b.mr.id, 0, 4096, SPOILT, 0);
	for (i = 0; i < 8; i++) {
		wr[i] = inline_wr(&l, IBV_WR_RDMA_WRITE, i * 100, 100);
		wr[i].raddr += i * 100;
		if (i % 3 == 1) {	/* one that is not inline between others */
			wr[i].flags &= ~IBV_SEND_INLINE;
			wr[i].sge[0].lkey_xor = 0;
		}
	}
	end_send(p->a, l.a.qp.id, wr, 8);
	for (i = 0; i < 8; i++)
		expect_sent(&l);
	end_check(p->b, &(struct vt_span){ l.b.mr.id, SEED, 0, 800, 0, 0 });
}

static void expect_refused(struct vt_link *l, const struct vt_wr *wr, uint32_t n, uint32_t at,
			   int want, const char *what)
{
	uint32_t bad = 77, i;
	int err = end_try_send(l->a.e, l->a.qp.id, wr, n, &bad);

	if (err != want)
		vt_fail("%s: '%s' instead of '%s'", what, strerror(err), strerror(want));
	if (bad != at)
		vt_fail("%s: bad_wr is %u instead of %u", what, bad, at);
	for (i = 0; i < at; i++)
		expect_sent(l);
	end_poll_none(l->a.e, l->a.cq, 20);
}

/* Too much; from an address that is not there; those before are sent. */
static void refused(struct vt_pair *p)
{
	struct vt_wr wr[3];
	struct vt_link l;
	uint32_t i, max;

	if (end_is_rxe(p->a))
		vt_skip("the user-space provider of stock rdma_rxe copies, or not, by itself");
	max = inline_link(p, &l, IBV_QPT_RC);
	for (i = 0; i < 3; i++)
		wr[i] = inline_wr(&l, IBV_WR_RDMA_WRITE, 0, 50);
	wr[0].sge[0].len = max + 1;
	expect_refused(&l, wr, 1, 0, EINVAL, "too long");
	wr[0].sge[0].len = max;
	wr[0].sge[1] = wr[0].sge[0];
	wr[0].nsge = 2;
	expect_refused(&l, wr, 1, 0, EINVAL, "too long in two");
	wr[0].sge[1].len = 0xffffffff;
	expect_refused(&l, wr, 1, 0, EINVAL, "a sum that wraps");
	wr[0] = wr[2];
	wr[1].sge[0].off = 1ULL << 46;
	expect_refused(&l, wr, 3, 1, EFAULT, "an address that is not there");
	wr[1].sge[0].off = 0;
	wr[1].sge[0].len = max + 1;
	expect_refused(&l, wr, 3, 1, EINVAL, "too long in a list");
}

const struct vt_case inline_cases[] = {
	{ .name = "inline/send/ab", .run = send },
	{ .name = "inline/send/ba", .run = send, .swap = true },
	{ .name = "inline/write/rc", .run = writes, .type = IBV_QPT_RC },
	{ .name = "inline/write/uc", .run = writes, .type = IBV_QPT_UC },
	{ .name = "inline/datagram", .run = datagram },
	{ .name = "inline/list", .run = list },
	{ .name = "inline/refused", .run = refused },
	{}
};
