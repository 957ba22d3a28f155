// SPDX-License-Identifier: GPL-2.0
/*
 * What must be refused: keys, ranges and rights, at both ends.
 *
 * Each case makes one request wrong, behind it a good one.  The wrong one must
 * fail with the status that the InfiniBand specification gives it, the good one
 * must be flushed, and the target's memory must not have changed.
 */
#include <errno.h>
#include <string.h>
#include "vt.h"

#define MR_LEN	8192
#define SEED	900

static struct vt_link link_with_guard(struct vt_pair *p)
{
	struct vt_link l;

	pair_link(p, &l, IBV_QPT_RC, MR_LEN);
	end_fill(p->b, l.b.mr.id, 0, MR_LEN, SEED, 0);
	return l;
}

static void expect_untouched(struct vt_link *l)
{
	end_check(l->b.e, &(struct vt_span){ l->b.mr.id, SEED, 0, MR_LEN, 0, 0 });
}

/* The good request behind the wrong one. */
static void post_both(struct vt_link *l, const struct vt_wr *wrong)
{
	struct vt_wr wr[2] = { *wrong, wr_simple(99, IBV_WR_RDMA_WRITE, &l->a, 0, 64) };

	wr_to(&wr[1], &l->b, 0);
	end_send(l->a.e, l->a.qp.id, wr, 2);
}

static void expect_flush(struct vt_link *l)
{
	struct ibv_wc wc = end_poll_one(l->a.e, l->a.cq, "the request behind the wrong one");

	expect_status(&wc, IBV_WC_WR_FLUSH_ERR, "the request behind the wrong one");
	if (wc.wr_id != 99)
		vt_fail("request %u was flushed instead of 99", (unsigned int)wc.wr_id);
}

/* @wrong must end with @status at the requester and leave @l->b's memory alone. */
static void expect_remote_error(struct vt_link *l, const struct vt_wr *wrong, enum ibv_wc_status status)
{
	struct ibv_wc wc;

	post_both(l, wrong);
	wc = end_poll_one(l->a.e, l->a.cq, "the wrong request");
	expect_status(&wc, status, "the wrong request");
	if (wc.wr_id != wrong->wr_id)
		vt_fail("request %u failed instead of %u", (unsigned int)wc.wr_id, (unsigned int)wrong->wr_id);
	expect_flush(l);
	expect_state(l->a.e, l->a.qp.id, IBV_QPS_ERR, "requester after a remote error");
	expect_untouched(l);
}

/*
 * Each kind of remote access.  @spoil makes the request wrong; called with a
 * fresh pair of QPs every time, since each failure costs one.
 */
static void each_access(struct vt_pair *p, enum ibv_wc_status status,
			void (*spoil)(struct vt_link *l, struct vt_wr *wr))
{
	static const enum ibv_wr_opcode op[] = {
		IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ, IBV_WR_ATOMIC_FETCH_AND_ADD,
		IBV_WR_ATOMIC_CMP_AND_SWP,
	};
	uint32_t i;

	for (i = 0; i < 4; i++) {
		struct vt_link l = link_with_guard(p);
		struct vt_wr wr = wr_simple(1, op[i], &l.a, 0, i < 2 ? 64 : 8);

		wr_to(&wr, &l.b, 4096);
		spoil(&l, &wr);
		expect_remote_error(&l, &wr, status);
		expect_state(p->b, l.b.qp.id, IBV_QPS_ERR, "responder after a bad request");
	}
}

static void spoil_rkey(struct vt_link *l, struct vt_wr *wr)
{
	(void)l;
	wr->rkey ^= 0x100;
}

static void spoil_key_byte(struct vt_link *l, struct vt_wr *wr)
{
	(void)l;
	wr->rkey ^= 0x1;
}

static void spoil_key_zero(struct vt_link *l, struct vt_wr *wr)
{
	(void)l;
	wr->rkey = 0;
}

static void spoil_end(struct vt_link *l, struct vt_wr *wr)
{
	wr->raddr = l->b.mr.addr + MR_LEN - wr->sge[0].len + 8;
}

static void spoil_start(struct vt_link *l, struct vt_wr *wr)
{
	wr->raddr = l->b.mr.addr - 8;
}

static void spoil_wrap(struct vt_link *l, struct vt_wr *wr)
{
	(void)l;
	wr->raddr = UINT64_MAX - 7;	/* address + length wraps to a small number */
}

static void spoil_null(struct vt_link *l, struct vt_wr *wr)
{
	(void)l;
	wr->raddr = 0;
}

static void spoil_rights(struct vt_link *l, struct vt_wr *wr)
{
	/* the handle is recorded in no side: reset takes care of it */
	struct vt_mr mr = end_mr(l->b.e, 8192, IBV_ACCESS_LOCAL_WRITE);

	wr->raddr = mr.addr;
	wr->rkey = mr.rkey;
}

static void spoil_pd(struct vt_link *l, struct vt_wr *wr)
{
	struct vt_mr_init init = { .len = 8192, .access = VT_ACCESS_ALL, .pd = 1 };
	struct vt_mr mr;

	if (end_try_mr(l->b.e, &init, &mr))
		vt_fail("no MR in the second PD");
	wr->raddr = mr.addr;
	wr->rkey = mr.rkey;
}

static void spoil_gone(struct vt_link *l, struct vt_wr *wr)
{
	struct vt_mr mr = end_mr(l->b.e, 8192, VT_ACCESS_ALL);

	if (end_try_mr_dereg(l->b.e, mr.id))
		vt_fail("MR cannot be deregistered");
	wr->raddr = mr.addr;
	wr->rkey = mr.rkey;
}

static void rkey(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_rkey);
}

static void rkey_byte(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_key_byte);
}

static void rkey_zero(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_key_zero);
}

static void beyond_end(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_end);
}

static void before_start(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_start);
}

static void wrapping(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_wrap);
}

static void null_address(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_null);
}

static void mr_rights(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_rights);
}

static void other_pd(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_pd);
}

static void deregistered(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_ACCESS_ERR, spoil_gone);
}

/* The QP itself may deny what the MR would allow. */
static void spoil_qp_rights(struct vt_link *l, struct vt_wr *wr)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS, .qp_access_flags = 0 };

	(void)wr;
	end_modify(l->b.e, l->b.qp.id, &attr, IBV_QP_STATE | IBV_QP_ACCESS_FLAGS);
}

static void qp_rights(struct vt_pair *p)
{
	each_access(p, IBV_WC_REM_INV_REQ_ERR, spoil_qp_rights);
}

/* A long message must be refused as a whole, not after its first packets. */
static void long_range(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_mr big = end_mr(p->a, 1 << 20, VT_ACCESS_ALL);
	struct vt_wr wr = {
		.wr_id = 1, .opcode = IBV_WR_RDMA_WRITE, .flags = IBV_SEND_SIGNALED,
		.nsge = 1, .sge = { { .mr = big.id, .len = 1 << 20 } },
	};

	wr_to(&wr, &l.b, 0);
	expect_remote_error(&l, &wr, IBV_WC_REM_ACCESS_ERR);
}

/* Without a payload there is nothing to protect: key and address do not count. */
static void empty_access(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	static const enum ibv_wr_opcode op[] = { IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ };
	uint32_t i;

	for (i = 0; i < 2; i++) {
		struct vt_wr wr = wr_simple(i, op[i], &l.a, 0, 0);
		struct ibv_wc wc;

		wr.raddr = 0xdead;
		wr.rkey = 0xbeef00;
		end_send(p->a, l.a.qp.id, &wr, 1);
		wc = end_poll_one(p->a, l.a.cq, "empty RDMA");
		expect_status(&wc, IBV_WC_SUCCESS, "empty RDMA");
	}
	expect_untouched(&l);
}

/* ---- the requester's own keys: refused at the post, or completed in error ---- */

static void expect_local_error(struct vt_pair *p, struct vt_link *l, const struct vt_wr *wrong)
{
	struct ibv_wc wc;
	uint32_t bad = 77;
	int err = end_try_send(p->a, l->a.qp.id, wrong, 1, &bad);

	if (err) {
		if (err != EINVAL)
			vt_fail("the post failed with '%s'", strerror(err));
		if (bad)
			vt_fail("bad_wr is %u", bad);
		end_poll_none(p->a, l->a.cq, 50);
	} else {
		wc = end_poll_one(p->a, l->a.cq, "the wrong request");
		/* stock rdma_rxe notices when it is under way, and says this or that */
		if (!end_is_rxe(p->a) || wc.status == IBV_WC_SUCCESS)
			expect_status(&wc, IBV_WC_LOC_PROT_ERR, "the wrong request");
	}
	expect_untouched(l);
}

static void lkey(struct vt_pair *p)
{
	static const enum ibv_wr_opcode op[] = { IBV_WR_SEND, IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ };
	uint32_t i;

	for (i = 0; i < 3; i++) {
		struct vt_link l = link_with_guard(p);
		struct vt_wr wr = wr_simple(1, op[i], &l.a, 0, 64);
		struct vt_wr recv = wr_simple(1, 0, &l.b, 0, 64);

		end_recv(p->b, l.b.qp.id, &recv, 1);
		wr_to(&wr, &l.b, 0);
		wr.sge[0].lkey_xor = 0x100;
		expect_local_error(p, &l, &wr);
	}
}

static void local_range(struct vt_pair *p)
{
	static const struct { uint64_t off; uint32_t len; } bad[] = {
		{ MR_LEN - 63, 64 }, { MR_LEN, 1 }, { 0, MR_LEN + 1 }, { -1ULL, 2 },
		{ 0, 0x80000000 }, { 16, 0xfffffff0 },
	};
	uint32_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vt_link l = link_with_guard(p);
		struct vt_wr wr = wr_simple(1, IBV_WR_RDMA_WRITE, &l.a, bad[i].off, bad[i].len);

		wr_to(&wr, &l.b, 0);
		if (end_is_rxe(p->a) && bad[i].len > 1 << 20)
			continue;	/* it refuses only when it gets there */
		expect_local_error(p, &l, &wr);
	}
}

/* The sum of the SGEs does not fit 32 bits. */
static void length_wrap(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_wr wr = wr_simple(1, IBV_WR_RDMA_WRITE, &l.a, 0, 0x80000000);

	if (end_is_rxe(p->a))
		vt_skip("stock rdma_rxe does not notice");
	wr.sge[1] = wr.sge[0];
	wr.sge[2] = (struct vt_sge){ l.a.mr.id, 16, 0, 0 };
	wr.nsge = 3;
	wr_to(&wr, &l.b, 0);
	expect_local_error(p, &l, &wr);
}

/* Where a READ or an atomic puts its result needs the right to local writing. */
static void local_rights(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_mr ro = end_mr(p->a, 4096, 0);
	struct vt_wr wr = {
		.wr_id = 1, .opcode = IBV_WR_RDMA_READ, .flags = IBV_SEND_SIGNALED,
		.nsge = 1, .sge = { { .mr = ro.id, .len = 64 } },
	};

	end_fill(p->a, ro.id, 0, 4096, 5, 0);
	wr_to(&wr, &l.b, 0);
	expect_local_error(p, &l, &wr);
	end_check(p->a, &(struct vt_span){ ro.id, 5, 0, 4096, 0, 0 });
}

static void local_pd(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_mr_init init = { .len = 4096, .access = VT_ACCESS_ALL, .pd = 1 };
	struct vt_mr mr;
	struct vt_wr wr;

	if (end_try_mr(p->a, &init, &mr))
		vt_fail("no MR in the second PD");
	wr = wr_simple(1, IBV_WR_RDMA_WRITE, &l.a, 0, 64);
	wr.sge[0].mr = mr.id;
	wr_to(&wr, &l.b, 0);
	expect_local_error(p, &l, &wr);
}

/* ---- receives ---- */

static void send_to_bad_receive(struct vt_pair *p, struct vt_link *l, struct vt_wr *recv,
				uint32_t len, enum ibv_wc_status remote,
				enum ibv_wc_status local, enum ibv_wc_status rxe_local)
{
	struct vt_wr next = wr_simple(2, 0, &l->b, 0, 4096);
	struct vt_wr send = wr_simple(1, IBV_WR_SEND, &l->a, 0, len);
	struct ibv_wc wc;

	end_recv(p->b, l->b.qp.id, recv, 1);
	end_recv(p->b, l->b.qp.id, &next, 1);
	post_both(l, &send);
	wc = end_poll_one(p->a, l->a.cq, "SEND to a bad receive");
	expect_status(&wc, remote, "SEND to a bad receive");
	expect_flush(l);
	wc = end_poll_one(p->b, l->b.cq, "the bad receive");
	expect_status(&wc, end_is_rxe(p->b) ? rxe_local : local, "the bad receive");
	if (wc.wr_id != recv->wr_id)
		vt_fail("receive %u failed instead of %u", (unsigned int)wc.wr_id, (unsigned int)recv->wr_id);
	wc = end_poll_one(p->b, l->b.cq, "the receive behind it");
	expect_status(&wc, IBV_WC_WR_FLUSH_ERR, "the receive behind it");
	expect_state(p->b, l->b.qp.id, IBV_QPS_ERR, "responder");
}

static void recv_lkey(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_wr recv = wr_simple(1, 0, &l.b, 0, 64);

	recv.sge[0].lkey_xor = 0x100;
	send_to_bad_receive(p, &l, &recv, 64, IBV_WC_REM_OP_ERR, IBV_WC_LOC_PROT_ERR, IBV_WC_LOC_QP_OP_ERR);
	expect_untouched(&l);
}

/* On UC the sender does not hear of it. */
static void recv_lkey_uc(struct vt_pair *p)
{
	struct vt_link l;
	struct vt_wr recv, send;
	struct ibv_wc wc;

	if (end_is_rxe(p->b))
		vt_skip("stock rdma_rxe completes it with another status");
	pair_link(p, &l, IBV_QPT_UC, MR_LEN);
	recv = wr_simple(1, 0, &l.b, 0, 64);
	recv.sge[0].lkey_xor = 0x100;
	send = wr_simple(2, IBV_WR_SEND, &l.a, 0, 64);
	end_recv(p->b, l.b.qp.id, &recv, 1);
	recv = wr_simple(3, 0, &l.b, 0, 64);
	end_recv(p->b, l.b.qp.id, &recv, 1);
	end_send(p->a, l.a.qp.id, &send, 1);
	wc = end_poll_one(p->a, l.a.cq, "SEND to a bad receive");
	expect_status(&wc, IBV_WC_SUCCESS, "SEND to a bad receive");
	wc = end_poll_one(p->b, l.b.cq, "the bad receive");
	expect_status(&wc, IBV_WC_LOC_PROT_ERR, "the bad receive");
	wc = end_poll_one(p->b, l.b.cq, "the receive behind it");
	expect_status(&wc, IBV_WC_WR_FLUSH_ERR, "the receive behind it");
	expect_state(p->b, l.b.qp.id, IBV_QPS_ERR, "responder");
}

static void recv_range(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_wr recv = wr_simple(1, 0, &l.b, MR_LEN - 32, 64);

	send_to_bad_receive(p, &l, &recv, 64, IBV_WC_REM_OP_ERR, IBV_WC_LOC_PROT_ERR, IBV_WC_LOC_QP_OP_ERR);
}

static enum ibv_wc_status too_small_status(const struct vt_pair *p)
{
	return end_is_rxe(p->b) ? IBV_WC_REM_OP_ERR : IBV_WC_REM_INV_REQ_ERR;
}

static void recv_too_small(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_wr recv = wr_simple(1, 0, &l.b, 0, 64);

	send_to_bad_receive(p, &l, &recv, 65, too_small_status(p), IBV_WC_LOC_LEN_ERR,
			    IBV_WC_LOC_QP_OP_ERR);
}

/* Too long by the last of several packets. */
static void recv_too_small_long(struct vt_pair *p)
{
	uint32_t mtu = pair_mtu(p), room = 3 * mtu;
	struct vt_link l;
	struct vt_wr recv;

	pair_link(p, &l, IBV_QPT_RC, 4 * mtu);
	recv = wr_simple(1, 0, &l.b, 0, room);
	end_fill(p->b, l.b.mr.id, room, mtu, SEED, 0);
	send_to_bad_receive(p, &l, &recv, room + 1, too_small_status(p), IBV_WC_LOC_LEN_ERR,
			    IBV_WC_LOC_QP_OP_ERR);
	end_check(p->b, &(struct vt_span){ l.b.mr.id, SEED, room, mtu, 0, 0 });
}

/* ---- atomics ---- */

static void atomic_alignment(struct vt_pair *p)
{
	struct vt_link l = link_with_guard(p);
	struct vt_wr wr = wr_simple(1, IBV_WR_ATOMIC_FETCH_AND_ADD, &l.a, 0, 8);

	wr_to(&wr, &l.b, 0);
	if (end_is_rxe(p->a))
		vt_skip("the user-space provider of stock rdma_rxe refuses it");
	wr.raddr += 4;
	expect_remote_error(&l, &wr, IBV_WC_REM_INV_REQ_ERR);
}

const struct vt_case protection_cases[] = {
	{ .name = "protection/rkey", .run = rkey },
	{ .name = "protection/rkey_byte", .run = rkey_byte },
	{ .name = "protection/rkey_zero", .run = rkey_zero },
	{ .name = "protection/beyond_end", .run = beyond_end },
	{ .name = "protection/before_start", .run = before_start },
	{ .name = "protection/wrapping", .run = wrapping },
	{ .name = "protection/null_address", .run = null_address },
	{ .name = "protection/long_range", .run = long_range },
	{ .name = "protection/mr_rights", .run = mr_rights },
	{ .name = "protection/qp_rights", .run = qp_rights },
	{ .name = "protection/other_pd", .run = other_pd },
	{ .name = "protection/deregistered", .run = deregistered },
	{ .name = "protection/empty_access", .run = empty_access },
	{ .name = "protection/lkey", .run = lkey },
	{ .name = "protection/local_range", .run = local_range },
	{ .name = "protection/length_wrap", .run = length_wrap },
	{ .name = "protection/local_rights", .run = local_rights },
	{ .name = "protection/local_pd", .run = local_pd },
	{ .name = "protection/recv_lkey", .run = recv_lkey },
	{ .name = "protection/recv_lkey_uc", .run = recv_lkey_uc },
	{ .name = "protection/recv_range", .run = recv_range },
	{ .name = "protection/recv_too_small", .run = recv_too_small },
	{ .name = "protection/recv_too_small_long", .run = recv_too_small_long },
	{ .name = "protection/atomic_alignment", .run = atomic_alignment },
	{}
};
