// SPDX-License-Identifier: GPL-2.0
/*
 * Every operation of every QP type at every size that is special: nothing, one
 * byte, around the path MTU, and long.  Both ends take both roles.
 *
 * Source and destination start at odd offsets that differ modulo 8 and
 * straddle pages; guard patterns before and behind the destination show
 * anything that was written beside it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vt.h"

#define SRC_OFF		(4096 - 5)
#define DST_OFF		(8192 - 22)
#define GUARD		64
#define SEED		1000
#define GUARD_SEED	2000
#define IMM		0x1234abcd
#define UD_HEADER	40

struct message {
	struct vt_link l;
	uint32_t len;
	bool two_sided;		/* consumes a receive */
};

static uint32_t size_of(const struct vt_pair *p)
{
	static const struct { const char *name; uint32_t bytes; } fixed[] = {
		{ "0", 0 }, { "1", 1 }, { "64k", 65536 }, { "1m", 1 << 20 }, { "8m", 8 << 20 },
	};
	size_t i;

	if (!strncmp(p->c->size, "mtu", 3))
		return pair_mtu(p) + atoi(p->c->size + 3);
	for (i = 0; strcmp(fixed[i].name, p->c->size); i++)
		;
	return fixed[i].bytes;
}

static bool is_imm(enum ibv_wr_opcode op)
{
	return op == IBV_WR_SEND_WITH_IMM || op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static bool is_write(enum ibv_wr_opcode op)
{
	return op == IBV_WR_RDMA_WRITE || op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

/* The end whose memory the payload goes to, and the one that it comes from. */
static struct vt_side *destination(struct vt_pair *p, struct message *m)
{
	return p->c->opcode == IBV_WR_RDMA_READ ? &m->l.a : &m->l.b;
}

static struct vt_side *source(struct vt_pair *p, struct message *m)
{
	return p->c->opcode == IBV_WR_RDMA_READ ? &m->l.b : &m->l.a;
}

static void prepare(struct vt_pair *p, struct message *m)
{
	struct vt_side *src = source(p, m), *dst = destination(p, m);

	m->len = size_of(p);
	m->two_sided = p->c->opcode == IBV_WR_SEND || is_imm(p->c->opcode);
	if (m->len > p->a->info.max_msg_sz || m->len > p->b->info.max_msg_sz)
		vt_skip("longer than a message of this device may be");
	pair_link(p, &m->l, p->c->type, DST_OFF + m->len + 4096);
	end_fill(src->e, src->mr.id, SRC_OFF, m->len, SEED, GUARD);
	end_fill(dst->e, dst->mr.id, DST_OFF - GUARD, m->len + UD_HEADER + 2 * GUARD, GUARD_SEED, 0);
}

static void post_receive(struct message *m, uint64_t wr_id, uint32_t room)
{
	struct vt_wr wr = wr_simple(wr_id, 0, &m->l.b, DST_OFF, room);

	end_recv(m->l.b.e, m->l.b.qp.id, &wr, 1);
}

static void post_request(struct vt_pair *p, struct message *m, uint64_t wr_id)
{
	bool read = p->c->opcode == IBV_WR_RDMA_READ;
	struct vt_wr wr = wr_simple(wr_id, p->c->opcode, &m->l.a, read ? DST_OFF : SRC_OFF, m->len);

	wr_to(&wr, &m->l.b, read ? SRC_OFF : DST_OFF);
	wr.imm = IMM;
	end_send(m->l.a.e, m->l.a.qp.id, &wr, 1);
}

static void check_guards(struct message *m, struct vt_side *dst)
{
	struct vt_span before = { dst->mr.id, GUARD_SEED, DST_OFF - GUARD, GUARD, 0, 0 };
	struct vt_span behind = { dst->mr.id, GUARD_SEED, DST_OFF + m->len, GUARD,
				  GUARD + m->len, 0 };

	end_check(dst->e, &before);
	end_check(dst->e, &behind);
}

/* @partial: parts may be missing, but nothing may be in the wrong place. */
static void check_payload(struct vt_pair *p, struct message *m, bool partial)
{
	struct vt_side *dst = destination(p, m);
	struct vt_span span = { dst->mr.id, SEED, DST_OFF, m->len, GUARD,
				partial ? GUARD_SEED : 0 };

	end_check(dst->e, &span);
	check_guards(m, dst);
}

static void check_sent(struct vt_pair *p, struct message *m)
{
	static const enum ibv_wc_opcode done[] = {
		[IBV_WR_RDMA_WRITE] = IBV_WC_RDMA_WRITE,
		[IBV_WR_RDMA_WRITE_WITH_IMM] = IBV_WC_RDMA_WRITE,
		[IBV_WR_SEND] = IBV_WC_SEND, [IBV_WR_SEND_WITH_IMM] = IBV_WC_SEND,
		[IBV_WR_RDMA_READ] = IBV_WC_RDMA_READ,
	};
	struct ibv_wc wc = end_poll_one(m->l.a.e, m->l.a.cq, "the request");

	expect_status(&wc, IBV_WC_SUCCESS, "request");
	if (wc.opcode != done[p->c->opcode] || wc.qp_num != m->l.a.qp.qpn)
		vt_fail("request completed with opcode %u on QP %u", wc.opcode, wc.qp_num);
	if (p->c->opcode == IBV_WR_RDMA_READ && !end_is_rxe(m->l.a.e) && wc.byte_len != m->len)
		vt_fail("READ of %u bytes completed with byte_len %u", m->len, wc.byte_len);
}

static void check_received(struct vt_pair *p, struct message *m, const struct ibv_wc *wc,
			   uint64_t wr_id)
{
	bool write = is_write(p->c->opcode);

	expect_status(wc, IBV_WC_SUCCESS, "receive");
	if (wc->wr_id != wr_id || wc->qp_num != m->l.b.qp.qpn)
		vt_fail("receive %llu on QP %u instead of %llu on QP %u",
			(unsigned long long)wc->wr_id, wc->qp_num,
			(unsigned long long)wr_id, m->l.b.qp.qpn);
	if (wc->opcode != (write ? IBV_WC_RECV_RDMA_WITH_IMM : IBV_WC_RECV))
		vt_fail("receive completed with opcode %u", wc->opcode);
	if (wc->byte_len != m->len)
		vt_fail("received %u bytes instead of %u", wc->byte_len, m->len);
	if (is_imm(p->c->opcode) != !!(wc->wc_flags & IBV_WC_WITH_IMM))
		vt_fail("receive has flags %#x", wc->wc_flags);
	if (is_imm(p->c->opcode) && wc->imm_data != IMM)
		vt_fail("immediate data %#x instead of %#x", wc->imm_data, IMM);
}

static void run_rc(struct vt_pair *p)
{
	struct message m;
	struct ibv_wc wc;

	prepare(p, &m);
	if (m.two_sided)
		post_receive(&m, 7, is_write(p->c->opcode) ? 0 : m.len);
	post_request(p, &m, 11);
	check_sent(p, &m);
	if (m.two_sided) {
		wc = end_poll_one(m.l.b.e, m.l.b.cq, "the receive");
		check_received(p, &m, &wc, 7);
	}
	check_payload(p, &m, false);
	end_poll_none(m.l.b.e, m.l.b.cq, 0);
}

/*
 * UC delivers at most once and says nothing of losses, so the message is
 * repeated until it has arrived.  An empty SEND behind a plain WRITE tells that
 * the WRITE is over, though not that it arrived.
 */
static bool uc_attempt(struct vt_pair *p, struct message *m, uint64_t k)
{
	bool plain = p->c->opcode == IBV_WR_RDMA_WRITE;
	struct vt_wr marker = wr_simple(2 * k + 1, IBV_WR_SEND, &m->l.a, 0, 0);
	struct vt_wcs wcs;

	post_request(p, m, 2 * k);
	check_sent(p, m);
	if (plain) {
		end_send(m->l.a.e, m->l.a.qp.id, &marker, 1);
		end_poll_one(m->l.a.e, m->l.a.cq, "the marker");
	}
	if (!end_poll(m->l.b.e, m->l.b.cq, 1, 500, &wcs))
		return false;
	if (!plain)
		check_received(p, m, &wcs.wc[0], 7);
	return true;
}

static void run_uc(struct vt_pair *p)
{
	struct message m;
	int k, tries = p->conf.lossy ? 40 : 5;
	bool plain = p->c->opcode == IBV_WR_RDMA_WRITE;

	prepare(p, &m);
	if (p->conf.lossy && m.len > 65536)
		vt_skip("a UC message of this size does not survive a lossy path");
	post_receive(&m, 7, is_write(p->c->opcode) ? 0 : m.len);
	for (k = 0; k < tries; k++)
		if (uc_attempt(p, &m, k))
			break;
	if (k == tries)
		vt_fail("no message arrived in %d attempts", tries);
	check_payload(p, &m, plain && p->conf.lossy);
}

/* UD: the receive starts with 40 bytes of network header. */
static void run_ud(struct vt_pair *p)
{
	struct message m;
	struct vt_wr wr;
	struct vt_wcs wcs;
	struct vt_span span;
	int k, tries = p->conf.lossy ? 40 : 3;

	prepare(p, &m);
	post_receive(&m, 7, m.len + UD_HEADER);
	for (k = 0; k < tries; k++) {
		wr = wr_simple(k, p->c->opcode, &m.l.a, SRC_OFF, m.len);
		wr_to(&wr, &m.l.b, 0);
		wr.ah = m.l.a.ah;
		wr.imm = IMM;
		end_send(m.l.a.e, m.l.a.qp.id, &wr, 1);
		check_sent(p, &m);
		if (end_poll(m.l.b.e, m.l.b.cq, 1, 500, &wcs))
			break;
	}
	if (k == tries)
		vt_fail("no datagram arrived in %d attempts", tries);
	if (wcs.wc[0].src_qp != m.l.a.qp.qpn || !(wcs.wc[0].wc_flags & IBV_WC_GRH))
		vt_fail("datagram from QP %u, flags %#x", wcs.wc[0].src_qp, wcs.wc[0].wc_flags);
	m.len += UD_HEADER;
	check_received(p, &m, &wcs.wc[0], 7);
	span = (struct vt_span){ m.l.b.mr.id, SEED, DST_OFF + UD_HEADER, m.len - UD_HEADER, GUARD, 0 };
	end_check(m.l.b.e, &span);
	check_guards(&m, &m.l.b);
}

/* ---- the table ---- */

static const struct matrix_row {
	const char *name;
	enum ibv_qp_type type;
	enum ibv_wr_opcode opcode;
	void (*run)(struct vt_pair *p);
} rows[] = {
	{ "rc/send", IBV_QPT_RC, IBV_WR_SEND, run_rc },
	{ "rc/send_imm", IBV_QPT_RC, IBV_WR_SEND_WITH_IMM, run_rc },
	{ "rc/write", IBV_QPT_RC, IBV_WR_RDMA_WRITE, run_rc },
	{ "rc/write_imm", IBV_QPT_RC, IBV_WR_RDMA_WRITE_WITH_IMM, run_rc },
	{ "rc/read", IBV_QPT_RC, IBV_WR_RDMA_READ, run_rc },
	{ "uc/send", IBV_QPT_UC, IBV_WR_SEND, run_uc },
	{ "uc/send_imm", IBV_QPT_UC, IBV_WR_SEND_WITH_IMM, run_uc },
	{ "uc/write", IBV_QPT_UC, IBV_WR_RDMA_WRITE, run_uc },
	{ "uc/write_imm", IBV_QPT_UC, IBV_WR_RDMA_WRITE_WITH_IMM, run_uc },
	{ "ud/send", IBV_QPT_UD, IBV_WR_SEND, run_ud },
	{ "ud/send_imm", IBV_QPT_UD, IBV_WR_SEND_WITH_IMM, run_ud },
};

static const char * const sizes[] = { "0", "1", "mtu-1", "mtu", "mtu+1", "64k", "1m", "8m" };

#define ROWS	(sizeof(rows) / sizeof(rows[0]))
#define SIZES	(sizeof(sizes) / sizeof(sizes[0]))
#define UD_SIZES 4	/* a datagram is one packet */

static void add_case(struct vt_case *c, const struct matrix_row *row, const char *size, bool swap)
{
	char *name;

	if (asprintf(&name, "%s/%s/%s", row->name, size, swap ? "ba" : "ab") < 0)
		vt_abort("out of memory");
	*c = (struct vt_case){
		.name = name, .run = row->run, .swap = swap,
		.type = row->type, .opcode = row->opcode, .size = size,
	};
}

const struct vt_case *matrix_cases(void)
{
	static struct vt_case table[ROWS * SIZES * 2 + 1];
	size_t r, s, n = 0;
	int swap;

	if (table[0].name)
		return table;
	for (r = 0; r < ROWS; r++)
		for (s = 0; s < (rows[r].type == IBV_QPT_UD ? UD_SIZES : SIZES); s++)
			for (swap = 0; swap < 2; swap++)
				add_case(&table[n++], &rows[r], sizes[s], swap);
	return table;
}
