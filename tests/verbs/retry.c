// SPDX-License-Identifier: GPL-2.0
/*
 * A receiver that is not ready, a peer that does not answer, and QPs that
 * vanish in the middle of traffic.
 */
#include <string.h>
#include "vt.h"

static void link_retry(struct vt_pair *p, struct vt_link *l, uint8_t timeout, uint8_t retry, uint8_t rnr)
{
	p->conf.timeout = timeout;
	p->conf.retry = retry;
	p->conf.rnr = rnr;
	pair_link(p, l, IBV_QPT_RC, 65536);
}

static void post_sends(struct vt_link *l, uint32_t n)
{
	struct vt_wr wr[VT_MAX_WR];
	uint32_t i;

	for (i = 0; i < n; i++)
		wr[i] = wr_simple(i, IBV_WR_SEND, &l->a, 0, 1000);
	end_send(l->a.e, l->a.qp.id, wr, n);
}

/* The first of @n requests fails with @status, the rest are flushed in order. */
static void expect_failure(struct vt_link *l, uint32_t n, enum ibv_wc_status status)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct ibv_wc wc = end_poll_one(l->a.e, l->a.cq, "SEND");

		if (wc.wr_id != i)
			vt_fail("request %u completed instead of %u", (unsigned int)wc.wr_id, i);
		expect_status(&wc, i ? IBV_WC_WR_FLUSH_ERR : status, "SEND");
	}
	expect_state(l->a.e, l->a.qp.id, IBV_QPS_ERR, "requester");
}

static void rnr_none(struct vt_pair *p)
{
	struct vt_link l;

	link_retry(p, &l, 14, 7, 0);
	post_sends(&l, 4);
	expect_failure(&l, 4, IBV_WC_RNR_RETRY_EXC_ERR);
}

/* RNR code 12 is 640 us: one retry takes at least that. */
static void rnr_once(struct vt_pair *p)
{
	struct vt_link l;
	uint64_t start;

	link_retry(p, &l, 14, 7, 1);
	start = now_usec();
	post_sends(&l, 4);
	expect_failure(&l, 4, IBV_WC_RNR_RETRY_EXC_ERR);
	if (now_usec() - start < 640)
		vt_fail("gave up after %u us, before the RNR timer", (unsigned int)(now_usec() - start));
}

/* Endless retries, until the receiver is ready: all arrive, in order. */
static void rnr_endless(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_wr recv;
	struct ibv_wc wc;
	uint32_t i;

	link_retry(p, &l, 14, 7, 7);
	post_sends(&l, 8);
	end_poll_none(p->a, l.a.cq, 300);
	for (i = 0; i < 8; i++) {
		recv = wr_simple(i, 0, &l.b, i * 4096, 4096);
		end_recv(p->b, l.b.qp.id, &recv, 1);
		wc = end_poll_one(p->b, l.b.cq, "receive");
		expect_status(&wc, IBV_WC_SUCCESS, "receive");
		if (wc.wr_id != i)
			vt_fail("receive %u instead of %u", (unsigned int)wc.wr_id, i);
	}
	for (i = 0; i < 8; i++) {
		wc = end_poll_one(p->a, l.a.cq, "SEND");
		expect_status(&wc, IBV_WC_SUCCESS, "SEND");
	}
}

/* A QP that waits for its RNR timer can be torn down at once. */
static void rnr_destroy(struct vt_pair *p)
{
	struct ibv_qp_attr err = { .qp_state = IBV_QPS_ERR };
	struct vt_link l;
	uint32_t i;

	for (i = 0; i < 4; i++) {
		link_retry(p, &l, 14, 7, 7);
		post_sends(&l, 8);
		nap_usec(2000);
		if (i % 2)
			end_modify(p->a, l.a.qp.id, &err, IBV_QP_STATE);
		end_destroy_qp(p->a, l.a.qp.id);
	}
}

/*
 * Timeout code 8 is 1.05 ms, 2 retries: gives up after 3 to 12 ms by the
 * specification, later if the provider's clock is coarse.
 */
static void silent(struct vt_pair *p)
{
	struct vt_link l;
	uint64_t took;

	link_retry(p, &l, 8, 2, 7);
	end_destroy_qp(p->b, l.b.qp.id);
	took = now_usec();
	post_sends(&l, 8);
	expect_failure(&l, 8, IBV_WC_RETRY_EXC_ERR);
	took = now_usec() - took;
	if (took > 3000000)
		vt_fail("gave up only after %u ms", (unsigned int)(took / 1000));
}

static void silent_read(struct vt_pair *p)
{
	struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };
	struct vt_wr wr;
	struct vt_link l;
	struct ibv_wc wc;

	link_retry(p, &l, 8, 2, 7);
	end_modify(p->b, l.b.qp.id, &reset, IBV_QP_STATE);
	wr = wr_simple(0, IBV_WR_RDMA_READ, &l.a, 0, 10000);
	wr_to(&wr, &l.b, 0);
	end_send(p->a, l.a.qp.id, &wr, 1);
	wc = end_poll_one(p->a, l.a.cq, "READ");
	expect_status(&wc, IBV_WC_RETRY_EXC_ERR, "READ from a silent peer");
}

/* Destroying a QP with work in flight, from either side, many times. */
static void destroy_busy(struct vt_pair *p, bool responder)
{
	static const enum ibv_wr_opcode op[] = { IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ };
	struct vt_link l;
	struct vt_wr wr[8];
	struct vt_wcs wcs;
	uint32_t round, i;

	for (round = 0; round < 10; round++) {
		p->conf.timeout = 8;
		p->conf.retry = 1;
		pair_link(p, &l, IBV_QPT_RC, 1 << 20);
		for (i = 0; i < 8; i++) {
			wr[i] = wr_simple(i, op[round % 2], &l.a, 0, 1 << 20);
			wr_to(&wr[i], &l.b, 0);
		}
		end_send(p->a, l.a.qp.id, wr, 8);
		nap_usec(round * 200);
		if (!responder) {
			end_destroy_qp(p->a, l.a.qp.id);
			continue;
		}
		end_destroy_qp(p->b, l.b.qp.id);
		for (i = 0; i < 8; i += wcs.n)
			if (!end_poll(p->a, l.a.cq, 8 - i, 30000, &wcs))
				vt_fail("%u of 8 requests never completed", 8 - i);
	}
}

static void destroy_requester(struct vt_pair *p)
{
	destroy_busy(p, false);
}

static void destroy_responder(struct vt_pair *p)
{
	destroy_busy(p, true);
}

/* Memory that is taken away under traffic: the request fails, nothing else does. */
static void dereg_busy(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_wr wr[8];
	struct vt_wcs wcs;
	uint32_t round, i;

	for (round = 0; round < 5; round++) {
		pair_link(p, &l, IBV_QPT_RC, 1 << 20);
		for (i = 0; i < 8; i++) {
			wr[i] = wr_simple(i, round % 2 ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE,
					  &l.a, 0, 1 << 20);
			wr_to(&wr[i], &l.b, 0);
		}
		end_send(p->a, l.a.qp.id, wr, 8);
		nap_usec(round * 300);
		end_try_mr_dereg(p->b, l.b.mr.id);
		for (i = 0; i < 8; i += wcs.n)
			if (!end_poll(p->a, l.a.cq, 8 - i, 30000, &wcs))
				vt_fail("%u of 8 requests never completed", 8 - i);
	}
}

const struct vt_case retry_cases[] = {
	{ .name = "retry/rnr_none", .run = rnr_none },
	{ .name = "retry/rnr_once", .run = rnr_once },
	{ .name = "retry/rnr_endless/ab", .run = rnr_endless },
	{ .name = "retry/rnr_endless/ba", .run = rnr_endless, .swap = true },
	{ .name = "retry/rnr_destroy", .run = rnr_destroy },
	{ .name = "retry/silent", .run = silent },
	{ .name = "retry/silent_read", .run = silent_read },
	{ .name = "retry/destroy_requester", .run = destroy_requester },
	{ .name = "retry/destroy_responder", .run = destroy_responder },
	{ .name = "retry/dereg_busy", .run = dereg_busy },
	{}
};
