// SPDX-License-Identifier: GPL-2.0
/*
 * Shared receive queues: one queue for several QPs, its limit event, resizing,
 * and what happens to a QP of it that fails.
 */
#include <errno.h>
#include <string.h>
#include "vt.h"

/* Side b's QP takes its receives from @srq. */
static void link_on_srq(struct vt_pair *p, struct vt_link *l, uint32_t srq)
{
	struct vt_qp_init init = {
		.type = IBV_QPT_RC, .srq = srq, .send_wr = 8, .send_sge = 1,
	};

	memset(l, 0, sizeof(*l));
	side_create(&l->a, p->a, IBV_QPT_RC, 65536);
	l->b.e = p->b;
	l->b.cq = end_cq(p->b, 256);
	init.scq = l->b.cq;
	init.rcq = l->b.cq;
	l->b.qp = end_qp(p->b, &init);
	l->b.mr = end_mr(p->b, 65536, VT_ACCESS_ALL);
	pair_connect(p, l, IBV_QPT_RC);
}

static uint32_t srq_of(struct end *e, uint32_t max_wr)
{
	struct vt_srq_init init = { .max_wr = max_wr, .max_sge = 2 };

	return end_srq(e, &init);
}

static void post_srq(struct end *e, uint32_t srq, struct vt_side *s, uint64_t wr_id, uint64_t off)
{
	struct vt_wr wr = wr_simple(wr_id, 0, s, off, 4096);

	if (end_try_srq_recv(e, srq, &wr, 1, NULL))
		vt_fail("receive %u is not accepted by the SRQ", (unsigned int)wr_id);
}

static void send_on(struct vt_link *l, uint32_t seed)
{
	struct vt_wr wr = wr_simple(seed, IBV_WR_SEND, &l->a, 0, 4096);
	struct ibv_wc wc;

	end_fill(l->a.e, l->a.mr.id, 0, 4096, seed, 0);
	end_send(l->a.e, l->a.qp.id, &wr, 1);
	wc = end_poll_one(l->a.e, l->a.cq, "SEND");
	expect_status(&wc, IBV_WC_SUCCESS, "SEND");
}

static void shared(struct vt_pair *p)
{
	struct vt_link l[3];
	struct ibv_wc wc;
	uint32_t i, srq;

	srq = srq_of(p->b, 16);
	for (i = 0; i < 3; i++)
		link_on_srq(p, &l[i], srq);
	for (i = 0; i < 9; i++)
		post_srq(p->b, srq, &l[0].b, i, i * 4096);
	for (i = 0; i < 9; i++) {
		send_on(&l[i % 3], 10 + i);
		wc = end_poll_one(p->b, l[i % 3].b.cq, "receive");
		expect_status(&wc, IBV_WC_SUCCESS, "receive");
		if (wc.qp_num != l[i % 3].b.qp.qpn || wc.wr_id != i)
			vt_fail("receive %u came on QP %u", (unsigned int)wc.wr_id, wc.qp_num);
		end_check(p->b, &(struct vt_span){ l[0].b.mr.id, 10 + i, wc.wr_id * 4096, 4096, 0, 0 });
	}
}

static void limit(struct vt_pair *p)
{
	struct vt_srq_init arm = { .limit = 4, .mask = IBV_SRQ_LIMIT };
	struct vt_link l;
	uint32_t i, srq, event;

	srq = srq_of(p->b, 16);
	link_on_srq(p, &l, srq);
	for (i = 0; i < 8; i++)
		post_srq(p->b, srq, &l.b, i, i * 4096);
	if (end_try_srq_modify(p->b, srq, &arm))
		vt_fail("the limit cannot be set");
	for (i = 0; i < 4; i++)
		send_on(&l, 20 + i);
	if (end_async(p->b, 200) != UINT32_MAX)
		vt_fail("event although 4 receives are left and the limit is 4");
	send_on(&l, 30);
	event = end_async(p->b, 5000);
	if (event != IBV_EVENT_SRQ_LIMIT_REACHED)
		vt_fail("event %d instead of SRQ limit reached", (int)event);
	if (end_srq_query(p->b, srq).srq_limit)
		vt_fail("the limit is still armed after its event");
	send_on(&l, 31);
	if (end_async(p->b, 200) != UINT32_MAX)
		vt_fail("the event came twice");
}

static void full(struct vt_pair *p)
{
	struct ibv_srq_attr attr;
	struct vt_side s = {};
	struct vt_wr wr;
	uint32_t srq, n;

	srq = srq_of(p->b, 7);
	s.e = p->b;
	s.mr = end_mr(p->b, 4096, VT_ACCESS_ALL);
	attr = end_srq_query(p->b, srq);
	if (attr.max_wr < 7 || attr.max_sge < 2)
		vt_fail("an SRQ of 7 WRs and 2 SGEs was made with %u and %u", attr.max_wr, attr.max_sge);
	wr = wr_simple(1, 0, &s, 0, 64);
	for (n = 0; n < 10000; n++)
		if (end_try_srq_recv(p->b, srq, &wr, 1, NULL))
			break;
	if (n < attr.max_wr || n == 10000)
		vt_fail("an SRQ of %u took %u receives", attr.max_wr, n);
}

/* Entries survive a resize, in order. */
static void resize(struct vt_pair *p)
{
	struct vt_srq_init grow = { .max_wr = 100, .mask = IBV_SRQ_MAX_WR };
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t i, srq;
	int err;

	srq = srq_of(p->b, 8);
	link_on_srq(p, &l, srq);
	for (i = 0; i < 5; i++)
		post_srq(p->b, srq, &l.b, i, i * 4096);
	err = end_try_srq_modify(p->b, srq, &grow);
	if (err == EOPNOTSUPP || err == ENOSYS)
		vt_skip("the provider does not resize SRQs");
	if (err)
		vt_fail("resize: %s", strerror(err));
	for (; i < 12; i++)
		post_srq(p->b, srq, &l.b, i, i * 4096);
	for (i = 0; i < 12; i++) {
		send_on(&l, 40 + i);
		wc = end_poll_one(p->b, l.b.cq, "receive");
		if (wc.status || wc.wr_id != i)
			vt_fail("receive %u instead of %u", (unsigned int)wc.wr_id, i);
		end_check(p->b, &(struct vt_span){ l.b.mr.id, 40 + i, i * 4096, 4096, 0, 0 });
	}
}

/* Messages take receives while the queue moves: each one once, in order. */
static void resize_busy(struct vt_pair *p)
{
	static const uint32_t sizes[] = { 30, 100, 40, 25 };
	uint64_t posted = 0, seen = 0;
	uint32_t round, i, srq;
	struct vt_wr wr[8];
	struct vt_link l;
	struct ibv_wc wc;

	srq = srq_of(p->b, 64);
	link_on_srq(p, &l, srq);
	for (i = 0; i < 8; i++)
		wr[i] = wr_simple(i, IBV_WR_SEND, &l.a, i * 4096, 4096);
	end_fill(p->a, l.a.mr.id, 0, 8 * 4096, 60, 0);
	for (round = 0; round < 40; round++) {
		struct vt_srq_init size = { .max_wr = sizes[round % 4], .mask = IBV_SRQ_MAX_WR };
		int err;

		for (; posted < seen + 16; posted++)
			post_srq(p->b, srq, &l.b, posted, posted % 16 * 4096);
		end_send(p->a, l.a.qp.id, wr, 8);
		err = end_try_srq_modify(p->b, srq, &size);
		if (err == EOPNOTSUPP || err == ENOSYS)
			vt_skip("the provider does not resize SRQs");
		if (err)
			vt_fail("resize to %u: %s", size.max_wr, strerror(err));
		for (i = 0; i < 8; i++) {
			wc = end_poll_one(p->a, l.a.cq, "SEND");
			expect_status(&wc, IBV_WC_SUCCESS, "SEND");
			wc = end_poll_one(p->b, l.b.cq, "receive");
			expect_status(&wc, IBV_WC_SUCCESS, "receive");
			if (wc.wr_id != seen)
				vt_fail("receive %u instead of %u", (unsigned int)wc.wr_id,
					(unsigned int)seen);
			end_check(p->b, &(struct vt_span){ l.b.mr.id, 60, seen % 16 * 4096, 4096,
							   i * 4096, 0 });
			seen++;
		}
	}
}

/* A failed QP leaves the SRQ's entries alone and says that it is done. */
static void last_wqe(struct vt_pair *p)
{
	struct ibv_qp_attr err = { .qp_state = IBV_QPS_ERR };
	struct vt_link l, other;
	struct ibv_wc wc;
	uint32_t i, srq, event;

	srq = srq_of(p->b, 8);
	link_on_srq(p, &l, srq);
	link_on_srq(p, &other, srq);
	for (i = 0; i < 3; i++)
		post_srq(p->b, srq, &l.b, i, i * 4096);
	end_modify(p->b, l.b.qp.id, &err, IBV_QP_STATE);
	/* stock rdma_rxe of 6.1 never says so */
	event = end_is_rxe(p->b) ? IBV_EVENT_QP_LAST_WQE_REACHED : end_async(p->b, 5000);
	if (event != IBV_EVENT_QP_LAST_WQE_REACHED)
		vt_fail("event %d instead of last WQE reached", (int)event);
	end_poll_none(p->b, l.b.cq, 100);
	send_on(&other, 60);
	wc = end_poll_one(p->b, other.b.cq, "receive");
	if (wc.status || wc.wr_id)
		vt_fail("the surviving QP got receive %u, %s", (unsigned int)wc.wr_id,
			ibv_wc_status_str(wc.status));
}

static void refusals(struct vt_pair *p)
{
	static const struct vt_srq_init bad[] = {
		{ .max_wr = 0, .max_sge = 1 }, { .max_wr = 0x7fffffff, .max_sge = 1 },
		{ .max_wr = 4, .max_sge = 0x10000 },
	};
	struct vt_srq_init lim = { .limit = 1000, .mask = IBV_SRQ_LIMIT };
	struct vt_qp_init init = { .type = IBV_QPT_RC, .send_wr = 4, .send_sge = 1 };
	struct vt_side s = {};
	uint32_t srq, i, id;
	struct vt_qp qp;
	struct vt_wr wr;

	for (i = 0; i < 3; i++)
		if (!end_try_srq(p->b, &bad[i], &id))
			vt_fail("bad SRQ attributes %u were accepted", i);
	srq = srq_of(p->b, 4);
	if (!end_try_srq_modify(p->b, srq, &lim))
		vt_fail("a limit beyond the queue was accepted");
	/* the library of the others crashes before the kernel is asked */
	if (!end_is_rxe(p->b))
		return;
	s.e = p->b;
	s.cq = end_cq(p->b, 16);
	s.mr = end_mr(p->b, 4096, VT_ACCESS_ALL);
	init.scq = s.cq;
	init.rcq = s.cq;
	init.srq = srq;
	qp = end_qp(p->b, &init);
	wr = wr_simple(1, 0, &s, 0, 64);
	if (!end_try_recv(p->b, qp.id, &wr, 1, NULL))
		vt_fail("a receive was accepted by a QP with an SRQ");
}

const struct vt_case srq_cases[] = {
	{ .name = "srq/shared", .run = shared },
	{ .name = "srq/limit", .run = limit },
	{ .name = "srq/full", .run = full },
	{ .name = "srq/resize", .run = resize },
	{ .name = "srq/resize_busy", .run = resize_busy },
	{ .name = "srq/last_wqe", .run = last_wqe },
	{ .name = "srq/refusals", .run = refusals },
	{}
};
