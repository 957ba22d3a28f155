// SPDX-License-Identifier: GPL-2.0
/*
 * The responder's memory of READ and atomic requests (specification 2.6).
 */
#include "compat/kunit.h"
#include "../../../rdmavt/roce/resp.c"
#include "suites.h"

#define SLOTS	3

/* Nothing is received or sent here. */
void rvt_roce_comp_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
}

void rvt_roce_send_kick(struct rvt_qp *qp)
{
}

struct fixture {
	struct rvt_qp qp;
	struct rvt_roce_qp priv;
	struct rvt_roce_resp done[SLOTS];
	struct rvt_roce_pkt pkt;
	struct rx rx;
};

static int resp_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->qp.priv = &f->priv;
	f->priv.done = f->done;
	f->priv.done_size = SLOTS;
	f->rx.qp = &f->qp;
	f->rx.pkt = &f->pkt;
	test->priv = f;
	return 0;
}

static void remember(struct fixture *f, enum rvt_roce_resp_kind kind, u32 psn, u32 psns, u64 orig)
{
	f->done[f->priv.done_next] = (struct rvt_roce_resp){
		.kind = kind,
		.psn = psn,
		.lpsn = rvt_roce_psn_add(psn, psns - 1),
		.orig = orig,
	};
	f->priv.done_next = (f->priv.done_next + 1) % SLOTS;
}

/* What an atomic found there that is repeated, or U64_MAX if that is forgotten. */
static u64 recalled(struct fixture *f, u32 psn)
{
	const struct rvt_roce_resp *done;

	f->pkt.psn = psn;
	done = recall(&f->rx, RVT_ROCE_RESP_ATOMIC);
	return done ? done->orig : U64_MAX;
}

static void remembers_as_many(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 n;

	for (n = 0; n < 10; n++) {
		remember(f, RVT_ROCE_RESP_ATOMIC, rvt_roce_psn_add(0xfffffa, n), 1, n);
		KUNIT_EXPECT_EQ(test, recalled(f, rvt_roce_psn_add(0xfffffa, n)), n);
	}
	KUNIT_EXPECT_EQ(test, recalled(f, 1), 7);
	KUNIT_EXPECT_EQ(test, recalled(f, 0), U64_MAX);
	KUNIT_EXPECT_EQ(test, recalled(f, 4), U64_MAX);
}

static void kinds_apart(struct kunit *test)
{
	struct fixture *f = test->priv;

	remember(f, RVT_ROCE_RESP_READ, 0xfffffe, 4, 0);
	f->pkt.psn = 1;
	KUNIT_EXPECT_PTR_EQ(test, recall(&f->rx, RVT_ROCE_RESP_READ),
			    (const struct rvt_roce_resp *)&f->done[0]);
	KUNIT_EXPECT_NULL(test, recall(&f->rx, RVT_ROCE_RESP_ATOMIC));
	f->pkt.psn = 2;
	KUNIT_EXPECT_NULL(test, recall(&f->rx, RVT_ROCE_RESP_READ));
}

/* One that had the same PSN 2^24 packets ago is not meant, wherever it lies. */
static void latest_counts(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < SLOTS; i++) {
		memset(f->done, 0, sizeof(f->done));
		f->priv.done_next = i;
		remember(f, RVT_ROCE_RESP_ATOMIC, 77, 1, 1);
		remember(f, RVT_ROCE_RESP_ATOMIC, 77, 1, 2);
		KUNIT_EXPECT_EQ(test, recalled(f, 77), 2);
	}
}

/* A responder that no READ or atomic may be sent to. */
static void nothing_to_remember(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->priv.done = NULL;
	f->priv.done_size = 0;
	KUNIT_EXPECT_EQ(test, recalled(f, 77), U64_MAX);
}

/* A part lies inside the READ and ends with a full packet, or with the READ. */
static void parts(struct kunit *test)
{
	static const struct {
		u64 va;
		u32 rkey, len;
		bool ok;
	} asked[] = {
		{ 0x12000, 7, 0x3800, true },
		{ 0x12000, 7, 0x1000, true },
		{ 0x12000, 7, 0x3000, true },
		{ 0x12000, 7, 0x3801, false },
		{ 0x12000, 7, 0x4000, false },
		{ 0x12000, 7, 0xfffff000, false },
		{ 0x12000, 7, 0x1800, false },
		{ 0x12000, 7, 0, false },
		{ 0x12000, 8, 0x1000, false },
		{ 0x11000, 7, 0x1000, false },
		{ 0x12800, 7, 0x1000, false },
	};
	struct rvt_roce_resp done = { .va = 0x10000, .len = 0x5800, .rkey = 7 };
	struct rvt_qp *qp = &((struct fixture *)test->priv)->qp;
	int i;

	qp->pmtu = 0x1000;
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		struct rvt_roce_reth reth = {
			.va = cpu_to_be64(asked[i].va),
			.rkey = cpu_to_be32(asked[i].rkey),
			.len = cpu_to_be32(asked[i].len),
		};

		KUNIT_EXPECT_EQ_MSG(test, part_ok(qp, &done, &reth, 0x3800),
				    asked[i].ok, "case %d", i);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(remembers_as_many),
	KUNIT_CASE(kinds_apart),
	KUNIT_CASE(latest_counts),
	KUNIT_CASE(nothing_to_remember),
	KUNIT_CASE(parts),
	{}
};

struct kunit_suite roce_resp_suite = {
	.name = "rvt_roce-resp",
	.init = resp_init,
	.test_cases = cases,
};
