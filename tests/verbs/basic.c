// SPDX-License-Identifier: GPL-2.0
/*
 * What every work request may rely on, beyond the bytes of one message:
 * scatter and gather, ordering, signalling, events, fences, atomics.
 */
#include <string.h>
#include "vt.h"

#define MR_LEN	(256 * 1024)

/* ---- scatter and gather ---- */

static const uint32_t pieces[] = { 1, 4097, 3, 0, 2000, 8, 2047, 1 };	/* 8157 bytes */
static const uint32_t other_pieces[] = { 2048, 1, 6000, 7, 101 };	/* as many */

/* Spreads @n pieces over the MR, far apart and in descending order. */
static uint32_t spread(struct vt_wr *wr, const struct vt_side *s, const uint32_t *len, uint32_t n)
{
	uint32_t i, total = 0;

	for (i = 0; i < n; i++) {
		wr->sge[i] = (struct vt_sge){ s->mr.id, len[i], (uint64_t)(n - i) * 16384 - 11, 0 };
		total += len[i];
	}
	wr->nsge = n;
	return total;
}

static void fill_pieces(const struct vt_side *s, const struct vt_wr *wr, uint32_t seed)
{
	uint64_t pos = 0;
	uint32_t i;

	for (i = 0; i < wr->nsge; pos += wr->sge[i++].len)
		end_fill(s->e, s->mr.id, wr->sge[i].off, wr->sge[i].len, seed, pos);
}

static void check_pieces(const struct vt_side *s, const struct vt_wr *wr, uint32_t seed)
{
	uint64_t pos = 0;
	uint32_t i;

	for (i = 0; i < wr->nsge; pos += wr->sge[i++].len) {
		struct vt_span span = { s->mr.id, seed, wr->sge[i].off, wr->sge[i].len, pos, 0 };

		end_check(s->e, &span);
	}
}

static void multi_sge_send(struct vt_pair *p)
{
	struct vt_wr send = { .wr_id = 1, .opcode = IBV_WR_SEND, .flags = IBV_SEND_SIGNALED };
	struct vt_wr recv = { .wr_id = 2 };
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t len;

	pair_link(p, &l, IBV_QPT_RC, MR_LEN);
	len = spread(&send, &l.a, pieces, 8);
	if (spread(&recv, &l.b, other_pieces, 5) != len)
		vt_fail("the two lists differ in length");
	fill_pieces(&l.a, &send, 5);
	end_recv(p->b, l.b.qp.id, &recv, 1);
	end_send(p->a, l.a.qp.id, &send, 1);
	wc = end_poll_one(p->a, l.a.cq, "gathered SEND");
	expect_status(&wc, IBV_WC_SUCCESS, "gathered SEND");
	wc = end_poll_one(p->b, l.b.cq, "scattered receive");
	expect_status(&wc, IBV_WC_SUCCESS, "scattered receive");
	if (wc.byte_len != len)
		vt_fail("received %u bytes instead of %u", wc.byte_len, len);
	check_pieces(&l.b, &recv, 5);
}

static void multi_sge_rdma(struct vt_pair *p, enum ibv_wr_opcode op)
{
	struct vt_wr wr = { .wr_id = 1, .opcode = op, .flags = IBV_SEND_SIGNALED };
	struct vt_link l;
	struct vt_span whole;
	struct ibv_wc wc;
	uint32_t len;

	pair_link(p, &l, IBV_QPT_RC, MR_LEN);
	len = spread(&wr, &l.a, pieces, 8);
	wr_to(&wr, &l.b, 4093);
	whole = (struct vt_span){ l.b.mr.id, 6, 4093, len, 0, 0 };
	if (op == IBV_WR_RDMA_READ)
		end_fill(p->b, l.b.mr.id, 4093, len, 6, 0);
	else
		fill_pieces(&l.a, &wr, 6);
	end_send(p->a, l.a.qp.id, &wr, 1);
	wc = end_poll_one(p->a, l.a.cq, "RDMA");
	expect_status(&wc, IBV_WC_SUCCESS, "RDMA");
	if (op == IBV_WR_RDMA_READ)
		check_pieces(&l.a, &wr, 6);
	else
		end_check(p->b, &whole);
}

static void multi_sge_write(struct vt_pair *p)
{
	multi_sge_rdma(p, IBV_WR_RDMA_WRITE);
}

static void multi_sge_read(struct vt_pair *p)
{
	multi_sge_rdma(p, IBV_WR_RDMA_READ);
}

/* ---- order and signalling ---- */

/* Mixed operations, posted in lists, complete in the order of posting. */
static void order(struct vt_pair *p)
{
	static const enum ibv_wr_opcode op[] = {
		IBV_WR_SEND, IBV_WR_RDMA_READ, IBV_WR_RDMA_WRITE,
		IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WR_RDMA_WRITE_WITH_IMM,
		IBV_WR_RDMA_READ, IBV_WR_SEND_WITH_IMM, IBV_WR_ATOMIC_CMP_AND_SWP,
	};
	struct vt_wr send[16], recv[16];
	struct vt_link l;
	struct vt_wcs wcs;
	uint32_t round, i, n = 0;

	pair_link(p, &l, IBV_QPT_RC, MR_LEN);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16; i++)
			recv[i] = wr_simple(round * 16 + i, 0, &l.b, 131072, 8192);
		end_recv(p->b, l.b.qp.id, recv, 16);
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 16; i++) {
			enum ibv_wr_opcode o = op[i % 8];
			bool atomic = o == IBV_WR_ATOMIC_FETCH_AND_ADD || o == IBV_WR_ATOMIC_CMP_AND_SWP;

			send[i] = wr_simple(n++, o, &l.a, 4096 * i, atomic ? 8 : i * 300);
			wr_to(&send[i], &l.b, 65536);
		}
		end_send(p->a, l.a.qp.id, send, 16);
	}
	for (n = 0; n < 48; n += wcs.n) {
		if (!end_poll(p->a, l.a.cq, 16, 30000, &wcs))
			vt_fail("only %u of 48 completions", n);
		for (i = 0; i < wcs.n; i++) {
			expect_status(&wcs.wc[i], IBV_WC_SUCCESS, "mixed request");
			if (wcs.wc[i].wr_id != n + i)
				vt_fail("completion %u is of request %u", n + i, (unsigned int)wcs.wc[i].wr_id);
		}
	}
	/* 3 of 8 consume a receive */
	for (n = 0; n < 18; n += wcs.n) {
		if (!end_poll(p->b, l.b.cq, 18 - n, 10000, &wcs))
			vt_fail("only %u of 18 receives", n);
		for (i = 0; i < wcs.n; i++)
			if (wcs.wc[i].status || wcs.wc[i].wr_id != n + i)
				vt_fail("receive %u is of request %u, %s", n + i, (unsigned int)wcs.wc[i].wr_id,
					ibv_wc_status_str(wcs.wc[i].status));
	}
	end_poll_none(p->b, l.b.cq, 50);
}

static void unsignalled(struct vt_pair *p)
{
	struct vt_wr wr[16];
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t round, i;

	pair_link(p, &l, IBV_QPT_RC, MR_LEN);
	end_fill(p->a, l.a.mr.id, 0, 65536, 3, 0);
	/* more than the send queue holds: silent completions must free slots */
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 16; i++) {
			wr[i] = wr_simple(round * 16 + i, IBV_WR_RDMA_WRITE, &l.a, i * 4096, 4096);
			wr_to(&wr[i], &l.b, i * 4096);
			wr[i].flags = i == 15 ? IBV_SEND_SIGNALED : 0;
		}
		end_send(p->a, l.a.qp.id, wr, 16);
		wc = end_poll_one(p->a, l.a.cq, "the signalled request");
		expect_status(&wc, IBV_WC_SUCCESS, "signalled request");
		if (wc.wr_id != round * 16 + 15)
			vt_fail("request %u completed although unsignalled", (unsigned int)wc.wr_id);
	}
	end_poll_none(p->a, l.a.cq, 50);
	end_check(p->b, &(struct vt_span){ l.b.mr.id, 3, 0, 65536, 0, 0 });
}

static void sig_all(struct vt_pair *p)
{
	struct vt_qp_init init = {
		.type = IBV_QPT_RC, .send_wr = 8, .recv_wr = 1, .send_sge = 1, .recv_sge = 1, .sig_all = true,
	};
	struct vt_link l;
	struct vt_wr wr;
	struct ibv_wc wc;

	memset(&l, 0, sizeof(l));
	side_create(&l.a, p->a, IBV_QPT_RC, 4096);
	side_create(&l.b, p->b, IBV_QPT_RC, 4096);
	init.scq = l.a.cq;
	init.rcq = l.a.cq;
	l.a.qp = end_qp(p->a, &init);
	pair_connect(p, &l, IBV_QPT_RC);
	wr = wr_simple(5, IBV_WR_RDMA_WRITE, &l.a, 0, 100);
	wr_to(&wr, &l.b, 0);
	wr.flags = 0;
	end_send(p->a, l.a.qp.id, &wr, 1);
	wc = end_poll_one(p->a, l.a.cq, "a request of a signal-all QP");
	expect_status(&wc, IBV_WC_SUCCESS, "request");
}

/* A fenced SEND must carry what the READ before it brought. */
static void fence(struct vt_pair *p)
{
	struct vt_wr wr[2], recv;
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t i;

	pair_link(p, &l, IBV_QPT_RC, MR_LEN);
	for (i = 0; i < 20; i++) {
		end_fill(p->b, l.b.mr.id, 0, 65536, 100 + i, 0);
		recv = wr_simple(9, 0, &l.b, 131072, 65536);
		end_recv(p->b, l.b.qp.id, &recv, 1);
		wr[0] = wr_simple(0, IBV_WR_RDMA_READ, &l.a, 0, 65536);
		wr_to(&wr[0], &l.b, 0);
		wr[0].flags = 0;
		wr[1] = wr_simple(1, IBV_WR_SEND, &l.a, 0, 65536);
		wr[1].flags |= IBV_SEND_FENCE;
		end_send(p->a, l.a.qp.id, wr, 2);
		wc = end_poll_one(p->a, l.a.cq, "the fenced SEND");
		expect_status(&wc, IBV_WC_SUCCESS, "fenced SEND");
		wc = end_poll_one(p->b, l.b.cq, "the receive");
		expect_status(&wc, IBV_WC_SUCCESS, "receive");
		end_check(p->b, &(struct vt_span){ l.b.mr.id, 100 + i, 131072, 65536, 0, 0 });
	}
}

/* ---- events ---- */

static void send_one(struct vt_link *l, uint64_t wr_id, uint32_t flags)
{
	struct vt_wr recv = wr_simple(wr_id, 0, &l->b, 0, 100);
	struct vt_wr send = wr_simple(wr_id, IBV_WR_SEND, &l->a, 0, 100);
	struct ibv_wc wc;

	send.flags |= flags;
	end_recv(l->b.e, l->b.qp.id, &recv, 1);
	end_send(l->a.e, l->a.qp.id, &send, 1);
	wc = end_poll_one(l->a.e, l->a.cq, "SEND");
	expect_status(&wc, IBV_WC_SUCCESS, "SEND");
}

static void notify(struct vt_pair *p)
{
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_RC, 4096);
	send_one(&l, 1, 0);
	if (end_wait(p->b, l.b.cq, 200))
		vt_fail("event from a CQ that was not armed");
	end_poll_one(p->b, l.b.cq, "receive");
	end_arm(p->b, l.b.cq, false);
	send_one(&l, 2, 0);
	if (!end_wait(p->b, l.b.cq, 5000))
		vt_fail("no event from an armed CQ");
	send_one(&l, 3, 0);
	if (end_wait(p->b, l.b.cq, 200))
		vt_fail("two events for one arming");
}

static void solicited(struct vt_pair *p)
{
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_RC, 4096);
	end_arm(p->b, l.b.cq, true);
	send_one(&l, 1, 0);
	if (end_wait(p->b, l.b.cq, 200))
		vt_fail("event of an unsolicited message");
	send_one(&l, 2, IBV_SEND_SOLICITED);
	if (!end_wait(p->b, l.b.cq, 5000))
		vt_fail("no event of a solicited message");
	end_poll_one(p->b, l.b.cq, "receive");
	end_poll_one(p->b, l.b.cq, "receive");
}

/* ---- atomics ---- */

static uint64_t atomic(struct vt_link *l, uint32_t opcode, uint64_t off, uint64_t compare, uint64_t swap)
{
	struct vt_wr wr = wr_simple(1, opcode, &l->a, 64, 8);
	struct ibv_wc wc;

	wr_to(&wr, &l->b, off);
	wr.compare = compare;
	wr.swap = swap;
	end_store(l->a.e, l->a.mr.id, 64, 0x1111);
	end_send(l->a.e, l->a.qp.id, &wr, 1);
	wc = end_poll_one(l->a.e, l->a.cq, "atomic");
	expect_status(&wc, IBV_WC_SUCCESS, "atomic");
	if (wc.opcode != (opcode == IBV_WR_ATOMIC_CMP_AND_SWP ? IBV_WC_COMP_SWAP : IBV_WC_FETCH_ADD))
		vt_fail("atomic completed with opcode %u", wc.opcode);
	return end_load(l->a.e, l->a.mr.id, 64);
}

static void expect_word(struct end *e, uint32_t mr, uint64_t off, uint64_t want)
{
	uint64_t got = end_load(e, mr, off);

	if (got != want)
		vt_fail("word at +%u is %#llx instead of %#llx", (unsigned int)off,
			(unsigned long long)got, (unsigned long long)want);
}

static void atomics(struct vt_pair *p)
{
	const uint64_t first = 0x0123456789abcdefULL, second = 0xfedcba9876543210ULL;
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_RC, 8192);
	end_store(p->b, l.b.mr.id, 4088, 77);
	end_store(p->b, l.b.mr.id, 4096, first);
	end_store(p->b, l.b.mr.id, 4104, 78);
	if (atomic(&l, IBV_WR_ATOMIC_CMP_AND_SWP, 4096, second, 5) != first)
		vt_fail("a failing compare-and-swap returned the wrong value");
	expect_word(p->b, l.b.mr.id, 4096, first);
	if (atomic(&l, IBV_WR_ATOMIC_CMP_AND_SWP, 4096, first, second) != first)
		vt_fail("compare-and-swap returned the wrong value");
	expect_word(p->b, l.b.mr.id, 4096, second);
	if (atomic(&l, IBV_WR_ATOMIC_FETCH_AND_ADD, 4096, 0x10000000000000f0ULL, 0) != second)
		vt_fail("fetch-and-add returned the wrong value");
	expect_word(p->b, l.b.mr.id, 4096, second + 0x10000000000000f0ULL);
	expect_word(p->b, l.b.mr.id, 4088, 77);
	expect_word(p->b, l.b.mr.id, 4104, 78);
}

/* Replays of lost answers must not add twice. */
static void atomic_sum(struct vt_pair *p)
{
	struct vt_wr wr[16];
	struct vt_link l;
	struct vt_wcs wcs;
	uint32_t round, i, n;

	pair_link(p, &l, IBV_QPT_RC, 8192);
	end_store(p->b, l.b.mr.id, 0, 0);
	for (round = 0; round < 16; round++) {
		for (i = 0; i < 16; i++) {
			wr[i] = wr_simple(i, IBV_WR_ATOMIC_FETCH_AND_ADD, &l.a, i * 8, 8);
			wr_to(&wr[i], &l.b, 0);
			wr[i].compare = 1;
		}
		end_send(p->a, l.a.qp.id, wr, 16);
		for (n = 0; n < 16; n += wcs.n)
			if (!end_poll(p->a, l.a.cq, 16 - n, 30000, &wcs) || wcs.wc[0].status)
				vt_fail("fetch-and-add did not complete: %s",
					wcs.n ? ibv_wc_status_str(wcs.wc[0].status) : "no completion");
		for (i = 0; i < 16; i++)
			expect_word(p->a, l.a.mr.id, i * 8, round * 16 + i);
	}
	expect_word(p->b, l.b.mr.id, 0, 256);
}

/* ---- many and small path MTUs ---- */

static void many_qps(struct vt_pair *p)
{
	static struct vt_link l[24];
	struct vt_wr wr;
	struct ibv_wc wc;
	uint32_t i;

	for (i = 0; i < 24; i++) {
		pair_link(p, &l[i], IBV_QPT_RC, 32768);
		end_fill(p->a, l[i].a.mr.id, 0, 32768, 200 + i, 0);
	}
	for (i = 0; i < 24; i++) {
		wr = wr_simple(i, IBV_WR_RDMA_WRITE, &l[i].a, 0, 32768);
		wr_to(&wr, &l[i].b, 0);
		end_send(p->a, l[i].a.qp.id, &wr, 1);
	}
	for (i = 0; i < 24; i++) {
		wc = end_poll_one(p->a, l[i].a.cq, "WRITE");
		expect_status(&wc, IBV_WC_SUCCESS, "WRITE");
		end_check(p->b, &(struct vt_span){ l[i].b.mr.id, 200 + i, 0, 32768, 0, 0 });
	}
}

static void path_mtus(struct vt_pair *p)
{
	enum ibv_mtu top = p->conf.mtu;
	struct vt_link l;
	struct vt_wr wr;
	struct ibv_wc wc;

	for (p->conf.mtu = IBV_MTU_256; p->conf.mtu <= top; p->conf.mtu++) {
		pair_link(p, &l, IBV_QPT_RC, 70000);
		end_fill(p->a, l.a.mr.id, 0, 70000, 300 + p->conf.mtu, 0);
		wr = wr_simple(1, IBV_WR_RDMA_WRITE, &l.a, 0, 70000);
		wr_to(&wr, &l.b, 0);
		end_send(p->a, l.a.qp.id, &wr, 1);
		wc = end_poll_one(p->a, l.a.cq, "WRITE");
		expect_status(&wc, IBV_WC_SUCCESS, "WRITE");
		end_check(p->b, &(struct vt_span){ l.b.mr.id, 300 + p->conf.mtu, 0, 70000, 0, 0 });
	}
}

const struct vt_case basic_cases[] = {
	{ .name = "basic/multi_sge_send", .run = multi_sge_send },
	{ .name = "basic/multi_sge_write", .run = multi_sge_write },
	{ .name = "basic/multi_sge_read", .run = multi_sge_read },
	{ .name = "basic/order/ab", .run = order },
	{ .name = "basic/order/ba", .run = order, .swap = true },
	{ .name = "basic/unsignalled", .run = unsignalled },
	{ .name = "basic/sig_all", .run = sig_all },
	{ .name = "basic/fence", .run = fence },
	{ .name = "basic/notify", .run = notify },
	{ .name = "basic/solicited", .run = solicited },
	{ .name = "basic/atomics/ab", .run = atomics },
	{ .name = "basic/atomics/ba", .run = atomics, .swap = true },
	{ .name = "basic/atomic_sum/ab", .run = atomic_sum },
	{ .name = "basic/atomic_sum/ba", .run = atomic_sum, .swap = true },
	{ .name = "basic/many_qps", .run = many_qps },
	{ .name = "basic/path_mtus", .run = path_mtus },
	{}
};
