// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams: Q_Key, the 40-byte header area, what is dropped in silence,
 * address handles with bad values, multicast.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "vt.h"

#define GRH	40

static void post_datagram_recv(struct vt_side *s, uint64_t wr_id, uint32_t room)
{
	struct vt_wr wr = wr_simple(wr_id, 0, s, 4096, room);

	end_recv(s->e, s->qp.id, &wr, 1);
}

static void send_datagram(struct vt_link *l, uint32_t seed, uint32_t len, uint32_t qkey)
{
	struct vt_wr wr = wr_simple(seed, IBV_WR_SEND, &l->a, 0, len);
	struct ibv_wc wc;

	end_fill(l->a.e, l->a.mr.id, 0, len, seed, 0);
	wr_to(&wr, &l->b, 0);
	wr.ah = l->a.ah;
	wr.rqkey = qkey;
	end_send(l->a.e, l->a.qp.id, &wr, 1);
	wc = end_poll_one(l->a.e, l->a.cq, "datagram");
	expect_status(&wc, IBV_WC_SUCCESS, "datagram");
}

static void expect_datagram(struct vt_link *l, uint64_t wr_id, uint32_t seed, uint32_t len)
{
	struct ibv_wc wc = end_poll_one(l->b.e, l->b.cq, "receive");

	expect_status(&wc, IBV_WC_SUCCESS, "receive");
	if (wc.wr_id != wr_id || wc.byte_len != len + GRH || wc.src_qp != l->a.qp.qpn)
		vt_fail("receive %u of %u bytes from QP %u", (unsigned int)wc.wr_id, wc.byte_len, wc.src_qp);
	end_check(l->b.e, &(struct vt_span){ l->b.mr.id, seed, 4096 + GRH, len, 0, 0 });
}

static void qkey(struct vt_pair *p)
{
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_UD, 16384);
	post_datagram_recv(&l.b, 1, 200 + GRH);
	send_datagram(&l, 1, 100, VT_QKEY ^ 1);
	end_poll_none(p->b, l.b.cq, 200);
	send_datagram(&l, 2, 100, VT_QKEY);
	expect_datagram(&l, 1, 2, 100);
}

/* Without a receive a datagram is lost; the next one is not. */
static void no_receive(struct vt_pair *p)
{
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_UD, 16384);
	send_datagram(&l, 1, 100, VT_QKEY);
	nap_usec(100000);
	post_datagram_recv(&l.b, 1, 200 + GRH);
	end_poll_none(p->b, l.b.cq, 200);
	send_datagram(&l, 2, 100, VT_QKEY);
	expect_datagram(&l, 1, 2, 100);
}

static void small_receive(struct vt_pair *p)
{
	struct vt_link l;

	if (end_is_rxe(p->b))
		vt_skip("stock rdma_rxe of 6.1 fails the QP");
	pair_link(p, &l, IBV_QPT_UD, 16384);
	post_datagram_recv(&l.b, 1, 99 + GRH);
	send_datagram(&l, 1, 100, VT_QKEY);
	end_poll_none(p->b, l.b.cq, 200);
	send_datagram(&l, 2, 99, VT_QKEY);
	expect_datagram(&l, 1, 2, 99);
}

static void too_long(struct vt_pair *p)
{
	uint32_t mtu = 128u << p->a->info.active_mtu;
	struct vt_link l;
	struct vt_wr wr;
	struct vt_wcs wcs;

	pair_link(p, &l, IBV_QPT_UD, 16384);
	post_datagram_recv(&l.b, 1, mtu + 100 + GRH);
	wr = wr_simple(1, IBV_WR_SEND, &l.a, 0, mtu + 1);
	wr_to(&wr, &l.b, 0);
	wr.ah = l.a.ah;
	/* refused, or completed without anything being sent */
	if (!end_try_send(p->a, l.a.qp.id, &wr, 1, NULL))
		end_poll(p->a, l.a.cq, 1, 1000, &wcs);
	end_poll_none(p->b, l.b.cq, 200);
	if (end_is_rxe(p->a))
		return;
	send_datagram(&l, 2, 100, VT_QKEY);
	expect_datagram(&l, 1, 2, 100);
}

/* Bytes 0..39 of the buffer: an IPv6 header, or an IPv4 one from byte 20. */
static void check_header(struct vt_link *l)
{
	uint64_t word[5];
	uint8_t h[40];
	const union ibv_gid *src = &l->a.e->info.gid, *dst = &l->b.e->info.gid;
	uint32_t i, sum = 0;

	for (i = 0; i < 5; i++)
		word[i] = end_load(l->b.e, l->b.mr.id, 4096 + 8 * i);
	memcpy(h, word, sizeof(h));
	if (h[0] >> 4 == 6) {
		if (memcmp(h + 8, src, 16) || memcmp(h + 24, dst, 16))
			vt_fail("the addresses in the IPv6 header are not those of the GIDs");
		if (h[6] != 17)
			vt_fail("next header %u is not UDP", h[6]);
		return;
	}
	if (h[20] != 0x45)
		vt_fail("neither an IPv6 nor an IPv4 header: bytes 0 and 20 are %02x and %02x", h[0], h[20]);
	for (i = 0; i < 20; i += 2)
		sum += h[20 + i] << 8 | h[21 + i];
	sum = (sum & 0xffff) + (sum >> 16);
	if (((sum & 0xffff) + (sum >> 16)) != 0xffff && !end_is_rxe(l->b.e))
		vt_fail("the checksum of the IPv4 header is wrong");
	if (memcmp(h + 32, src->raw + 12, 4) || memcmp(h + 36, dst->raw + 12, 4))
		vt_fail("the addresses in the IPv4 header are not those of the GIDs");
	if (h[29] != 17)
		vt_fail("protocol %u is not UDP", h[29]);
}

static void header(struct vt_pair *p)
{
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_UD, 16384);
	post_datagram_recv(&l.b, 1, 200 + GRH);
	send_datagram(&l, 2, 100, VT_QKEY);
	expect_datagram(&l, 1, 2, 100);
	check_header(&l);
}

/* One queue, many senders. */
static void fan_in(struct vt_pair *p)
{
	struct vt_link l[4];
	struct vt_wr wr;
	struct ibv_wc wc;
	uint32_t i, seen = 0;

	pair_link(p, &l[0], IBV_QPT_UD, 65536);
	for (i = 1; i < 4; i++) {
		l[i] = l[0];
		side_create(&l[i].a, p->a, IBV_QPT_UD, 65536);
		side_init(&l[i].a, IBV_QPT_UD);
		side_rtr(p, &l[i].a, &l[0].b, IBV_QPT_UD);
		side_rts(p, &l[i].a, IBV_QPT_UD);
		l[i].a.ah = l[0].a.ah;
	}
	for (i = 0; i < 4; i++) {
		wr = wr_simple(i, 0, &l[0].b, 4096 * (i + 1), 1000 + GRH);
		end_recv(p->b, l[0].b.qp.id, &wr, 1);
	}
	for (i = 0; i < 4; i++)
		send_datagram(&l[i], 50 + i, 100 + i, VT_QKEY);
	for (i = 0; i < 4; i++) {
		uint32_t from;

		wc = end_poll_one(p->b, l[0].b.cq, "receive");
		expect_status(&wc, IBV_WC_SUCCESS, "receive");
		for (from = 0; from < 4 && l[from].a.qp.qpn != wc.src_qp; from++)
			;
		if (from == 4 || seen & 1u << from || wc.byte_len != 100 + from + GRH)
			vt_fail("datagram of %u bytes from QP %u", wc.byte_len, wc.src_qp);
		seen |= 1u << from;
		end_check(p->b, &(struct vt_span){ l[0].b.mr.id, 50 + from,
						   4096 * (wc.wr_id + 1) + GRH, 100 + from, 0, 0 });
	}
}

static void bad_ah(struct vt_pair *p)
{
	struct ibv_ah_attr attr;
	uint32_t ah;
	int i;

	for (i = 0; i < 7; i++) {
		ah_attr_to(&attr, p->a, p->b);
		switch (i) {
		case 0: attr.port_num = 0; break;
		case 1: attr.port_num = 2; break;
		case 2: attr.port_num = 255; break;
		case 3: attr.grh.sgid_index = 255; break;
		case 4: attr.is_global = 0; break;
		case 5: memset(&attr.grh.dgid, 0, sizeof(attr.grh.dgid)); break;
		case 6: gid_of_other_family(&attr.grh.dgid); break;
		}
		if (i >= 5 && end_is_rxe(p->a))
			continue;
		if (!end_try_ah(p->a, &attr, &ah))
			vt_fail("bad AH attributes %d were accepted", i);
	}
	ah_attr_to(&attr, p->a, p->b);
	if (end_try_ah(p->a, &attr, &ah))
		vt_fail("good AH attributes were refused");
}

/* A group of two receivers and a stranger; both members get one copy. */
static void multicast(struct vt_pair *p)
{
	union ibv_gid ipv4 = { .raw = { [10] = 0xff, [11] = 0xff, [12] = 239, [13] = 18, [14] = 5, [15] = 15 } };
	union ibv_gid ipv6 = { .raw = { 0xff, 0x0e, [12] = 18, [13] = 5, [14] = 15 } };
	union ibv_gid group = p->b->info.gid.raw[10] == 0xff ? ipv4 : ipv6;
	struct ibv_ah_attr attr;
	struct vt_link l, more;
	struct vt_wr wr;
	struct ibv_wc wc;

	pair_link(p, &l, IBV_QPT_UD, 16384);
	pair_link(p, &more, IBV_QPT_UD, 16384);
	if (end_try_mcast(p->b, l.b.qp.id, &group, false) ||
	    end_try_mcast(p->b, more.b.qp.id, &group, false) ||
	    end_try_mcast(p->b, l.b.qp.id, &group, false))
		vt_fail("cannot attach to the group");
	post_datagram_recv(&l.b, 1, 200 + GRH);
	post_datagram_recv(&more.b, 2, 200 + GRH);
	post_datagram_recv(&more.a, 3, 200 + GRH);
	ah_attr_to(&attr, p->a, p->b);
	attr.grh.dgid = group;
	wr = wr_simple(1, IBV_WR_SEND, &l.a, 0, 100);
	wr.ah = end_ah(p->a, &attr);
	wr.rqpn = 0xffffff;
	wr.rqkey = VT_QKEY;
	end_fill(p->a, l.a.mr.id, 0, 100, 7, 0);
	end_send(p->a, l.a.qp.id, &wr, 1);
	wc = end_poll_one(p->a, l.a.cq, "multicast");
	expect_status(&wc, IBV_WC_SUCCESS, "multicast");
	expect_datagram(&l, 1, 7, 100);
	more.a.qp = l.a.qp;
	expect_datagram(&more, 2, 7, 100);
	end_poll_none(p->a, more.a.cq, 200);
	if (end_try_mcast(p->b, l.b.qp.id, &group, true))
		vt_fail("cannot detach from the group");
	if (!end_try_mcast(p->b, l.b.qp.id, &group, true))
		vt_fail("detached twice");
	post_datagram_recv(&l.b, 1, 200 + GRH);
	post_datagram_recv(&more.b, 2, 200 + GRH);
	end_send(p->a, l.a.qp.id, &wr, 1);
	end_poll_one(p->a, l.a.cq, "multicast");
	expect_datagram(&more, 2, 7, 100);
	end_poll_none(p->b, l.b.cq, 200);
}

const struct vt_case ud_cases[] = {
	{ .name = "ud/qkey", .run = qkey },
	{ .name = "ud/no_receive", .run = no_receive },
	{ .name = "ud/small_receive", .run = small_receive },
	{ .name = "ud/too_long", .run = too_long },
	{ .name = "ud/header", .run = header },
	{ .name = "ud/fan_in", .run = fan_in },
	{ .name = "ud/bad_ah", .run = bad_ah },
	{ .name = "ud/multicast/ab", .run = multicast },
	{ .name = "ud/multicast/ba", .run = multicast, .swap = true },
	{}
};
