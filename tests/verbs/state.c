// SPDX-License-Identifier: GPL-2.0
/*
 * The QP state machine as user space sees it: legal walks, refused
 * transitions and attributes, lies about the current state, flushing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "vt.h"

#define INIT_MASK	(IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS)
#define RTR_MASK	(IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | \
			 IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER)
#define RTS_MASK	(IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | \
			 IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC)

/* Attributes that suit every transition. */
static struct ibv_qp_attr good(struct vt_pair *p, const struct vt_side *s, const struct vt_side *to)
{
	struct ibv_qp_attr attr = {
		.port_num = 1, .qp_access_flags = VT_ACCESS_ALL, .path_mtu = p->conf.mtu,
		.dest_qp_num = to->qp.qpn, .rq_psn = 5, .sq_psn = 5,
		.max_dest_rd_atomic = 4, .max_rd_atomic = 4, .min_rnr_timer = 12,
		.timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
	};

	ah_attr_to(&attr.ah_attr, s->e, to->e);
	return attr;
}

static void sides(struct vt_pair *p, struct vt_link *l)
{
	memset(l, 0, sizeof(*l));
	side_create(&l->a, p->a, IBV_QPT_RC, 8192);
	side_create(&l->b, p->b, IBV_QPT_RC, 8192);
}

/* Brings side a to @state by the straight way. */
static void bring(struct vt_pair *p, struct vt_link *l, enum ibv_qp_state state)
{
	if (state >= IBV_QPS_INIT)
		side_init(&l->a, IBV_QPT_RC);
	if (state >= IBV_QPS_RTR)
		side_rtr(p, &l->a, &l->b, IBV_QPT_RC);
	if (state >= IBV_QPS_RTS)
		side_rts(p, &l->a, IBV_QPT_RC);
}

static void expect_refusal(struct vt_link *l, const struct ibv_qp_attr *attr, int mask, const char *what)
{
	enum ibv_qp_state before = end_query(l->a.e, l->a.qp.id).qp_state;
	int err = end_try_modify(l->a.e, l->a.qp.id, attr, mask);
	enum ibv_qp_state after = end_query(l->a.e, l->a.qp.id).qp_state;

	if (!err)
		vt_fail("%s: was accepted", what);
	if (after != before)
		vt_fail("%s: refused, but the state went from %d to %d", what, before, after);
}

static void one_message(struct vt_link *l, uint32_t seed)
{
	struct vt_wr recv = wr_simple(seed, 0, &l->b, 0, 4096);
	struct vt_wr send = wr_simple(seed, IBV_WR_SEND, &l->a, 0, 4096);
	struct ibv_wc wc;

	end_fill(l->a.e, l->a.mr.id, 0, 4096, seed, 0);
	end_recv(l->b.e, l->b.qp.id, &recv, 1);
	end_send(l->a.e, l->a.qp.id, &send, 1);
	wc = end_poll_one(l->a.e, l->a.cq, "SEND");
	expect_status(&wc, IBV_WC_SUCCESS, "SEND");
	wc = end_poll_one(l->b.e, l->b.cq, "receive");
	expect_status(&wc, IBV_WC_SUCCESS, "receive");
	if (wc.wr_id != seed)
		vt_fail("receive %u instead of %u", (unsigned int)wc.wr_id, seed);
	end_check(l->b.e, &(struct vt_span){ l->b.mr.id, seed, 0, 4096, 0, 0 });
}

static void walk(struct vt_pair *p)
{
	struct ibv_qp_attr attr;
	struct vt_link l;
	uint32_t round;

	sides(p, &l);
	for (round = 0; round < 3; round++) {
		expect_state(p->a, l.a.qp.id, IBV_QPS_RESET, "new or reset QP");
		bring(p, &l, IBV_QPS_INIT);
		expect_state(p->a, l.a.qp.id, IBV_QPS_INIT, "after INIT");
		side_rtr(p, &l.a, &l.b, IBV_QPT_RC);
		expect_state(p->a, l.a.qp.id, IBV_QPS_RTR, "after RTR");
		side_rts(p, &l.a, IBV_QPT_RC);
		attr = end_query(p->a, l.a.qp.id);
		if (attr.qp_state != IBV_QPS_RTS || attr.dest_qp_num != l.b.qp.qpn ||
		    attr.path_mtu != p->conf.mtu || attr.timeout != p->conf.timeout)
			vt_fail("query does not show what was set");
		side_init(&l.b, IBV_QPT_RC);
		side_rtr(p, &l.b, &l.a, IBV_QPT_RC);
		one_message(&l, 10 + round);
		attr.qp_state = IBV_QPS_ERR;
		end_modify(p->a, l.a.qp.id, &attr, IBV_QP_STATE);
		expect_state(p->a, l.a.qp.id, IBV_QPS_ERR, "after ERR");
		attr.qp_state = IBV_QPS_RESET;
		end_modify(p->a, l.a.qp.id, &attr, IBV_QP_STATE);
		end_modify(p->b, l.b.qp.id, &attr, IBV_QP_STATE);
	}
}

static void illegal(struct vt_pair *p)
{
	static const struct { enum ibv_qp_state from, to; int mask; } bad[] = {
		{ IBV_QPS_RESET, IBV_QPS_RTR, RTR_MASK }, { IBV_QPS_RESET, IBV_QPS_RTS, RTS_MASK },
		{ IBV_QPS_RESET, IBV_QPS_SQD, IBV_QP_STATE }, { IBV_QPS_INIT, IBV_QPS_RTS, RTS_MASK },
		{ IBV_QPS_INIT, IBV_QPS_SQD, IBV_QP_STATE }, { IBV_QPS_RTR, IBV_QPS_INIT, INIT_MASK },
		{ IBV_QPS_RTR, IBV_QPS_RTR, RTR_MASK }, { IBV_QPS_RTS, IBV_QPS_INIT, INIT_MASK },
		{ IBV_QPS_RTS, IBV_QPS_RTR, RTR_MASK }, { IBV_QPS_RTR, IBV_QPS_SQE, IBV_QP_STATE },
		{ IBV_QPS_RTS, 7, IBV_QP_STATE }, { IBV_QPS_RTS, 255, IBV_QP_STATE },
	};
	struct ibv_qp_attr attr;
	struct vt_link l;
	char what[60];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sides(p, &l);
		bring(p, &l, bad[i].from);
		attr = good(p, &l.a, &l.b);
		attr.qp_state = bad[i].to;
		snprintf(what, sizeof(what), "from state %d to %d", bad[i].from, bad[i].to);
		expect_refusal(&l, &attr, bad[i].mask, what);
		end_destroy_qp(p->a, l.a.qp.id);
		end_destroy_qp(p->b, l.b.qp.id);
	}
}

/* Each required attribute left out in turn. */
static void missing(struct vt_pair *p)
{
	static const struct { enum ibv_qp_state from, to; int mask; } step[] = {
		{ IBV_QPS_RESET, IBV_QPS_INIT, INIT_MASK }, { IBV_QPS_INIT, IBV_QPS_RTR, RTR_MASK },
		{ IBV_QPS_RTR, IBV_QPS_RTS, RTS_MASK },
	};
	struct ibv_qp_attr attr;
	struct vt_link l;
	char what[60];
	size_t i;
	int bit;

	sides(p, &l);
	attr = good(p, &l.a, &l.b);
	for (i = 0; i < 3; i++) {
		attr.qp_state = step[i].to;
		for (bit = 1; bit <= step[i].mask; bit <<= 1) {
			if (!(step[i].mask & bit) || bit == IBV_QP_STATE)
				continue;
			snprintf(what, sizeof(what), "to state %d without attribute %#x", step[i].to, bit);
			expect_refusal(&l, &attr, step[i].mask & ~bit, what);
		}
		end_modify(p->a, l.a.qp.id, &attr, step[i].mask);
	}
}

static void spoil_init(struct ibv_qp_attr *a, int i)
{
	static const uint8_t port[] = { 0, 2, 255 };

	if (i < 3)
		a->port_num = port[i];
	else
		a->pkey_index = i == 3 ? 1 : 0xffff;
}

static void spoil_rtr(struct ibv_qp_attr *a, int i)
{
	switch (i) {
	case 0: a->path_mtu = 0; break;
	case 1: a->path_mtu = IBV_MTU_4096 + 1; break;
	case 2: a->path_mtu = 255; break;
	case 3: a->min_rnr_timer = 32; break;
	case 4: a->max_dest_rd_atomic = 255; break;
	case 5: a->ah_attr.grh.sgid_index = 255; break;
	case 6: a->ah_attr.port_num = 0; break;
	case 7: a->ah_attr.port_num = 3; break;
	case 8: a->ah_attr.is_global = 0; break;
	case 9: gid_of_other_family(&a->ah_attr.grh.dgid); break;
	default: a->dest_qp_num = 0x1000000; break;
	}
}

static void spoil_rts(struct ibv_qp_attr *a, int i)
{
	if (i == 0)
		a->retry_cnt = 8;
	else
		a->rnr_retry = 8;
}

static void bad_values(struct vt_pair *p)
{
	struct ibv_qp_attr attr;
	struct vt_link l;
	char what[60];
	int i;

	if (end_is_rxe(p->a))
		vt_skip("stock rdma_rxe of 6.1 accepts many of them");
	sides(p, &l);
	for (i = 0; i < 5; i++) {
		attr = good(p, &l.a, &l.b);
		attr.qp_state = IBV_QPS_INIT;
		spoil_init(&attr, i);
		snprintf(what, sizeof(what), "INIT with bad value %d", i);
		expect_refusal(&l, &attr, INIT_MASK, what);
	}
	bring(p, &l, IBV_QPS_INIT);
	for (i = 0; i < 11; i++) {
		attr = good(p, &l.a, &l.b);
		attr.qp_state = IBV_QPS_RTR;
		spoil_rtr(&attr, i);
		snprintf(what, sizeof(what), "RTR with bad value %d", i);
		expect_refusal(&l, &attr, RTR_MASK, what);
	}
	side_rtr(p, &l.a, &l.b, IBV_QPT_RC);
	for (i = 0; i < 2; i++) {
		attr = good(p, &l.a, &l.b);
		attr.qp_state = IBV_QPS_RTS;
		spoil_rts(&attr, i);
		snprintf(what, sizeof(what), "RTS with bad value %d", i);
		expect_refusal(&l, &attr, RTS_MASK, what);
	}
	/* a device that does not claim to migrate paths */
	attr = good(p, &l.a, &l.b);
	attr.qp_state = IBV_QPS_RTS;
	attr.alt_ah_attr = attr.ah_attr;
	attr.alt_port_num = 1;
	attr.path_mig_state = IBV_MIG_REARM;
	expect_refusal(&l, &attr, RTS_MASK | IBV_QP_ALT_PATH, "an alternate path");
	expect_refusal(&l, &attr, RTS_MASK | IBV_QP_PATH_MIG_STATE, "rearmed migration");
}

/* A QP is in the state that it is in, whatever the caller says. */
static void cur_state_lies(struct vt_pair *p)
{
	static const struct { enum ibv_qp_state real, claimed, to; int mask; } lie[] = {
		{ IBV_QPS_RESET, IBV_QPS_RTS, IBV_QPS_RTS, IBV_QP_STATE },
		{ IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, RTR_MASK },
		{ IBV_QPS_RESET, IBV_QPS_RTR, IBV_QPS_RTS, RTS_MASK },
		{ IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, RTS_MASK },
		{ IBV_QPS_INIT, IBV_QPS_RTS, IBV_QPS_SQD, IBV_QP_STATE },
		{ IBV_QPS_ERR, IBV_QPS_RTS, IBV_QPS_RTS, IBV_QP_STATE },
		{ IBV_QPS_RESET, IBV_QPS_SQD, IBV_QPS_RTS, IBV_QP_STATE },
	};
	struct ibv_qp_attr attr, err = { .qp_state = IBV_QPS_ERR };
	struct vt_link l;
	char what[80];
	size_t i;

	if (end_is_rxe(p->a))
		vt_skip("stock rdma_rxe of 6.1 believes them");
	for (i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
		sides(p, &l);
		bring(p, &l, lie[i].real == IBV_QPS_ERR ? IBV_QPS_INIT : lie[i].real);
		if (lie[i].real == IBV_QPS_ERR)
			end_modify(p->a, l.a.qp.id, &err, IBV_QP_STATE);
		attr = good(p, &l.a, &l.b);
		attr.qp_state = lie[i].to;
		attr.cur_qp_state = lie[i].claimed;
		snprintf(what, sizeof(what), "state %d claimed to be %d, to %d",
			 lie[i].real, lie[i].claimed, lie[i].to);
		expect_refusal(&l, &attr, lie[i].mask | IBV_QP_CUR_STATE, what);
		end_destroy_qp(p->a, l.a.qp.id);
		end_destroy_qp(p->b, l.b.qp.id);
	}
}

static void post_too_early(struct vt_pair *p)
{
	static const enum ibv_qp_state state[] = { IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR };
	struct vt_link l;
	struct vt_wr wr;
	int i;

	if (end_is_rxe(p->a))
		vt_skip("the user-space provider of stock rdma_rxe accepts them");
	for (i = 0; i < 3; i++) {
		uint32_t bad = 77;

		sides(p, &l);
		bring(p, &l, state[i]);
		wr = wr_simple(1, IBV_WR_SEND, &l.a, 0, 8);
		if (end_try_send(p->a, l.a.qp.id, &wr, 1, &bad) != EINVAL)
			vt_fail("a send was accepted in state %d", state[i]);
		if (bad)
			vt_fail("bad_wr is %u in state %d", bad, state[i]);
	}
}

/* More sends than the queue holds, and a bad one in the middle of a list. */
static void post_limits(struct vt_pair *p)
{
	struct vt_wr wr[16];
	struct vt_link l;
	uint32_t i, n, bad;

	if (end_is_rxe(p->a))
		vt_skip("the user-space provider of stock rdma_rxe refuses other things");
	sides(p, &l);
	pair_connect(p, &l, IBV_QPT_RC);
	for (i = 0; i < 16; i++) {
		wr[i] = wr_simple(i, IBV_WR_RDMA_WRITE, &l.a, 0, 64);
		wr_to(&wr[i], &l.b, 0);
	}
	wr[3].sge[0].lkey_xor = 0x100;
	if (!end_try_send(p->a, l.a.qp.id, wr, 8, &bad))
		vt_fail("a bad key was accepted");
	if (bad != 3)
		vt_fail("bad_wr is %u instead of 3", bad);
	for (i = 0; i < 3; i++)
		end_poll_one(p->a, l.a.cq, "a request before the bad one");
	end_poll_none(p->a, l.a.cq, 50);
	/* a receiver that is never ready keeps the queue full */
	for (i = 0; i < 16; i++)
		wr[i] = wr_simple(i, IBV_WR_SEND, &l.a, 0, 64);
	for (n = 0; n < 1000; n++)
		if (end_try_send(p->a, l.a.qp.id, wr, 1, &bad))
			break;
	if (n < 64 || n == 1000)
		vt_fail("a send queue of 64 took %u requests", n);
	if (bad)
		vt_fail("bad_wr is %u", bad);
}

/* The library never does that, but any program may. */
static void post_nothing(struct vt_pair *p)
{
	struct vt_link l;

	if (end_is_rxe(p->a))
		vt_skip("stock rdma_rxe has its requests in memory that it shares");
	sides(p, &l);
	if (end_try_post_nothing(p->a, l.a.qp.id))
		vt_fail("nothing could not be posted in RESET");
	pair_connect(p, &l, IBV_QPT_RC);
	if (end_try_post_nothing(p->a, l.a.qp.id))
		vt_fail("nothing could not be posted in RTS");
	one_message(&l, 77);
}

static void flush(struct vt_pair *p)
{
	struct ibv_qp_attr err = { .qp_state = IBV_QPS_ERR };
	struct vt_wr wr;
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t i;

	sides(p, &l);
	pair_connect(p, &l, IBV_QPT_RC);
	for (i = 0; i < 8; i++) {
		wr = wr_simple(100 + i, 0, &l.a, 0, 64);
		end_recv(p->a, l.a.qp.id, &wr, 1);
	}
	for (i = 0; i < 4; i++) {	/* no receive at b: they stay */
		wr = wr_simple(i, IBV_WR_SEND, &l.a, 0, 64);
		wr.flags = i % 2 ? IBV_SEND_SIGNALED : 0;
		end_send(p->a, l.a.qp.id, &wr, 1);
	}
	end_modify(p->a, l.a.qp.id, &err, IBV_QP_STATE);
	for (i = 0; i < 12; i++) {
		static uint32_t next_send, next_recv;

		if (!i)
			next_send = next_recv = 0;
		wc = end_poll_one(p->a, l.a.cq, "a flushed request");
		expect_status(&wc, IBV_WC_WR_FLUSH_ERR, "flush");
		if (wc.wr_id >= 100 ? wc.wr_id != 100 + next_recv++ : wc.wr_id != next_send++)
			vt_fail("flushed out of order: %u", (unsigned int)wc.wr_id);
	}
	wr = wr_simple(50, IBV_WR_SEND, &l.a, 0, 64);
	end_send(p->a, l.a.qp.id, &wr, 1);
	wc = end_poll_one(p->a, l.a.cq, "a send posted in the error state");
	expect_status(&wc, IBV_WC_WR_FLUSH_ERR, "send posted in the error state");
}

/*
 * Receives that are posted to a queue pair in error are flushed, though the
 * kernel does not see a process put them into its ring.
 */
static void flush_late(struct vt_pair *p)
{
	struct ibv_qp_attr err = { .qp_state = IBV_QPS_ERR };
	struct vt_wr wr;
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t i;

	sides(p, &l);
	pair_connect(p, &l, IBV_QPT_RC);
	end_modify(p->a, l.a.qp.id, &err, IBV_QP_STATE);
	for (i = 0; i < 3; i++) {
		wr = wr_simple(i, 0, &l.a, 0, 64);
		end_recv(p->a, l.a.qp.id, &wr, 1);
		wc = end_poll_one(p->a, l.a.cq, "a receive posted in the error state");
		expect_status(&wc, IBV_WC_WR_FLUSH_ERR, "receive posted in the error state");
		if (wc.wr_id != i)
			vt_fail("receive %u instead of %u", (unsigned int)wc.wr_id, i);
		nap_usec(300000);	/* less and less is expected */
	}
	/* in the state RESET there are none */
	err.qp_state = IBV_QPS_RESET;
	end_modify(p->a, l.a.qp.id, &err, IBV_QP_STATE);
	end_poll_none(p->a, l.a.cq, 50);
}

/* After a reset neither old sends nor old receives are left. */
static void reset_empties(struct vt_pair *p)
{
	struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };
	struct vt_wr wr;
	struct vt_link l;
	uint32_t i;

	sides(p, &l);
	pair_connect(p, &l, IBV_QPT_RC);
	for (i = 0; i < 5; i++) {
		wr = wr_simple(100 + i, 0, &l.b, 0, 64);
		end_recv(p->b, l.b.qp.id, &wr, 1);
		wr = wr_simple(200 + i, IBV_WR_SEND, &l.b, 0, 64);
		end_send(p->b, l.b.qp.id, &wr, 1);
	}
	end_modify(p->b, l.b.qp.id, &reset, IBV_QP_STATE);
	end_modify(p->a, l.a.qp.id, &reset, IBV_QP_STATE);
	end_poll_none(p->b, l.b.cq, 100);
	pair_connect(p, &l, IBV_QPT_RC);
	one_message(&l, 5);
	end_poll_none(p->b, l.b.cq, 100);
}

static void drain(struct vt_pair *p)
{
	struct ibv_qp_attr sqd = { .qp_state = IBV_QPS_SQD, .en_sqd_async_notify = 1 };
	struct ibv_qp_attr rts = { .qp_state = IBV_QPS_RTS };
	struct vt_wr wr;
	struct vt_link l;
	struct ibv_wc wc;
	uint32_t event;

	if (end_is_rxe(p->a))
		vt_skip("stock rdma_rxe of 6.1 does not wake up when SQD ends");
	sides(p, &l);
	pair_connect(p, &l, IBV_QPT_RC);
	one_message(&l, 5);
	end_modify(p->a, l.a.qp.id, &sqd, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY);
	event = end_async(p->a, 5000);
	if (event != IBV_EVENT_SQ_DRAINED)
		vt_fail("event %d instead of SQ drained", (int)event);
	wr = wr_simple(1, 0, &l.b, 0, 64);
	end_recv(p->b, l.b.qp.id, &wr, 1);
	wr = wr_simple(2, IBV_WR_SEND, &l.a, 0, 64);
	end_send(p->a, l.a.qp.id, &wr, 1);
	end_poll_none(p->a, l.a.cq, 200);
	end_modify(p->a, l.a.qp.id, &rts, IBV_QP_STATE);
	wc = end_poll_one(p->a, l.a.cq, "the send that waited in SQD");
	expect_status(&wc, IBV_WC_SUCCESS, "the send that waited in SQD");
}

/* Limits of create. */
static void create(struct vt_pair *p)
{
	static const struct vt_qp_init bad[] = {
		{ .type = IBV_QPT_RC, .send_wr = 0x7fffffff, .recv_wr = 1, .send_sge = 1, .recv_sge = 1 },
		{ .type = IBV_QPT_RC, .send_wr = 1, .recv_wr = 0x7fffffff, .send_sge = 1, .recv_sge = 1 },
		{ .type = IBV_QPT_RC, .send_wr = 1, .recv_wr = 1, .send_sge = 0x10000, .recv_sge = 1 },
		{ .type = IBV_QPT_RC, .send_wr = 1, .recv_wr = 1, .send_sge = 1, .recv_sge = 0x10000 },
		{ .type = IBV_QPT_RAW_PACKET, .send_wr = 1, .recv_wr = 1, .send_sge = 1, .recv_sge = 1 },
	};
	struct vt_qp_init init;
	uint32_t cq = end_cq(p->a, 16);
	struct vt_qp qp;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		init = bad[i];
		init.scq = cq;
		init.rcq = cq;
		if (!end_try_qp(p->a, &init, &qp))
			vt_fail("bad QP attributes %zu were accepted", i);
	}
}

const struct vt_case state_cases[] = {
	{ .name = "state/walk", .run = walk },
	{ .name = "state/illegal", .run = illegal },
	{ .name = "state/missing", .run = missing },
	{ .name = "state/bad_values", .run = bad_values },
	{ .name = "state/cur_state_lies", .run = cur_state_lies },
	{ .name = "state/post_too_early", .run = post_too_early },
	{ .name = "state/post_limits", .run = post_limits },
	{ .name = "state/post_nothing", .run = post_nothing },
	{ .name = "state/flush", .run = flush },
	{ .name = "state/flush_late", .run = flush_late },
	{ .name = "state/reset_empties", .run = reset_empties },
	{ .name = "state/drain", .run = drain },
	{ .name = "state/create", .run = create },
	{}
};
