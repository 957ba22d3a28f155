// SPDX-License-Identifier: GPL-2.0
/*
 * The queue of responses: its order when some are repeated, and what is kept
 * when its size changes (specification 2.6).
 */
#include <linux/slab.h>
#include "compat/kunit.h"
#include "../../../rdmavt/roce/ack.c"
#include "suites.h"

#define LIMIT	5
#define MTU	1024

/* Nothing is sent here. */
struct sk_buff *rvt_roce_alloc_skb(struct rvt_roce_dev *dev,
				   const struct rvt_roce_av *av,
				   unsigned int len)
{
	return NULL;
}

void rvt_roce_put_payload(struct sk_buff *skb, struct rvt_sge_state *ss,
			  u32 len)
{
}

/* No key is good here. */
bool rvt_access_begin(struct rvt_access *access, struct rvt_qp *qp, u32 len,
		      u64 vaddr, u32 rkey, int acc)
{
	return false;
}

struct fixture {
	struct rvt_qp qp;
	struct rvt_roce_qp priv;
};

static struct rvt_roce_resp resp_at(u32 psn)
{
	return (struct rvt_roce_resp){
		.kind = RVT_ROCE_RESP_READ,
		.psn = psn & RVT_ROCE_PSN_MASK,
		.lpsn = rvt_roce_psn_add(psn, 3),
		.len = 4 * MTU,
	};
}

static void resize(struct kunit *test, struct fixture *f, u16 limit)
{
	spin_lock(&f->qp.r_lock);
	spin_lock(&f->qp.s_lock);
	KUNIT_EXPECT_EQ(test, rvt_roce_ack_resize(&f->qp, limit), 0);
	rvt_roce_ack_commit(&f->qp);
	spin_unlock(&f->qp.s_lock);
	spin_unlock(&f->qp.r_lock);
}

static int ack_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	spin_lock_init(&f->qp.r_lock);
	spin_lock_init(&f->qp.s_lock);
	f->qp.priv = &f->priv;
	f->qp.log_pmtu = ilog2(MTU);
	f->priv.qp = &f->qp;
	test->priv = f;
	resize(test, f, LIMIT);
	return 0;
}

static void ack_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	kfree(f->priv.slots);
	kfree(f->priv.spare);
}

static void expect_queue(struct kunit *test, const struct rvt_roce_ack *ack,
			 const u32 *psn, int n)
{
	u16 i = ack->tail;

	while (n--) {
		KUNIT_ASSERT_NE(test, (int)i, (int)ack->head);
		KUNIT_EXPECT_EQ(test, ack->queue[i].psn, *psn++);
		i = next_slot(ack, i);
	}
	KUNIT_EXPECT_EQ(test, (int)i, (int)ack->head);
}

/* From every position in the ring, and where sequence numbers wrap. */
static void repeated_in_order(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_ack *ack = &f->priv.ack;
	static const u32 sorted[] = { 0xfffff0, 0xfffff8, 0, 8 };
	static const u8 orders[][4] = {
		{ 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 }, { 1, 3, 0, 2 },
	};
	int start, order, i;

	for (start = 0; start < ack->size; start++) {
		for (order = 0; order < ARRAY_SIZE(orders); order++) {
			ack->head = start;
			ack->tail = start;
			for (i = 0; i < 4; i++) {
				struct rvt_roce_resp resp =
					resp_at(sorted[orders[order][i]]);

				spin_lock(&f->qp.r_lock);
				rvt_roce_ack_repeat(&f->qp, &resp);
				spin_unlock(&f->qp.r_lock);
			}
			expect_queue(test, ack, sorted, 4);
		}
	}
}

/* A response that is under way goes back, and never forward. */
static void goes_back(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_ack *ack = &f->priv.ack;
	struct rvt_roce_resp resp = resp_at(100);

	spin_lock(&f->qp.r_lock);
	rvt_roce_ack_respond(&f->qp, &resp);
	ack->queue[ack->tail].psn = 102;
	ack->queue[ack->tail].first = false;
	resp.psn = 103;
	resp.len = MTU;
	rvt_roce_ack_repeat(&f->qp, &resp);
	expect_queue(test, ack, (u32 []){ 102 }, 1);
	KUNIT_EXPECT_FALSE(test, ack->queue[ack->tail].first);
	resp.psn = 101;
	resp.len = 3 * MTU;
	rvt_roce_ack_repeat(&f->qp, &resp);
	spin_unlock(&f->qp.r_lock);
	expect_queue(test, ack, (u32 []){ 101 }, 1);
	KUNIT_EXPECT_TRUE(test, ack->queue[ack->tail].first);
}

/* Asked for a part, a response ends with that, unless more is asked for, too. */
static void goes_back_for_a_part(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_ack *ack = &f->priv.ack;
	struct rvt_roce_resp resp = resp_at(0xfffffe), *queued;

	spin_lock(&f->qp.r_lock);
	rvt_roce_ack_respond(&f->qp, &resp);
	queued = &ack->queue[ack->tail];
	queued->psn = 1;
	queued->len = MTU;
	resp.psn = 0xffffff;
	resp.len = MTU;
	rvt_roce_ack_repeat(&f->qp, &resp);
	expect_queue(test, ack, (u32 []){ 0xffffff }, 1);
	KUNIT_EXPECT_EQ(test, queued->len, MTU);

	resp.psn = 0;
	resp.len = MTU + 1;
	rvt_roce_ack_repeat(&f->qp, &resp);
	spin_unlock(&f->qp.r_lock);
	expect_queue(test, ack, (u32 []){ 0xffffff }, 1);
	KUNIT_EXPECT_EQ(test, queued->len, 2 * MTU + 1);
}

/* Repetitions fill what is left, and no more. */
static void room(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_ack *ack = &f->priv.ack;
	int i;

	for (i = 0; i < 100; i++) {
		struct rvt_roce_resp resp = resp_at(8 * i);
		bool was_room;

		spin_lock(&f->qp.r_lock);
		was_room = rvt_roce_ack_room(&f->qp);
		rvt_roce_ack_repeat(&f->qp, &resp);
		spin_unlock(&f->qp.r_lock);
		KUNIT_EXPECT_EQ(test, was_room, i < LIMIT + REPEATS);
	}
	KUNIT_EXPECT_EQ(test, (int)next_slot(ack, ack->head), (int)ack->tail);
}

static void remember(struct rvt_roce_qp *priv, u32 psn)
{
	priv->done[priv->done_next] = resp_at(psn);
	if (++priv->done_next == priv->done_size)
		priv->done_next = 0;
}

/* Oldest first from done_next on; how many, and how far back, is @n. */
static void expect_done(struct kunit *test, const struct rvt_roce_qp *priv,
			u32 latest, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		int at = (priv->done_next + priv->done_size - 1 - i) %
			 priv->done_size;

		KUNIT_EXPECT_EQ(test, priv->done[at].psn, latest - 8 * i);
	}
}

static void resize_keeps(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_resp resp = resp_at(1000);
	int i;

	for (i = 0; i < 7; i++)
		remember(&f->priv, 800 + 8 * i);
	spin_lock(&f->qp.r_lock);
	rvt_roce_ack_respond(&f->qp, &resp);
	spin_unlock(&f->qp.r_lock);

	resize(test, f, 16);
	expect_done(test, &f->priv, 848, LIMIT);
	remember(&f->priv, 856);
	expect_done(test, &f->priv, 856, LIMIT + 1);
	resize(test, f, 2);
	expect_done(test, &f->priv, 856, 2);
	resize(test, f, 2);
	expect_queue(test, &f->priv.ack, (u32 []){ 1000 }, 1);
	resize(test, f, 0);
	KUNIT_EXPECT_EQ(test, (int)f->priv.done_size, 0);
	expect_queue(test, &f->priv.ack, (u32 []){ 1000 }, 1);
}

/* What is owed at the end is an ACK, but not one for what was not answered. */
static void conclude(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_resp resp = resp_at(100);
	struct rvt_roce_fatal fatal = { .psn = 104, .nak = RVT_ROCE_NAK_OP };

	spin_lock(&f->qp.r_lock);
	rvt_roce_ack_post(&f->qp, 99, 0);
	rvt_roce_ack_fatal(&f->qp, &fatal);
	spin_lock(&f->qp.s_lock);
	rvt_roce_ack_conclude(&f->qp);
	KUNIT_EXPECT_TRUE(test, rvt_roce_ack_owed(&f->qp));
	KUNIT_EXPECT_FALSE(test, f->priv.ack.fatal.pending);
	spin_unlock(&f->qp.s_lock);

	rvt_roce_ack_respond(&f->qp, &resp);
	spin_lock(&f->qp.s_lock);
	f->priv.ack.due = true;
	rvt_roce_ack_conclude(&f->qp);
	KUNIT_EXPECT_FALSE(test, rvt_roce_ack_owed(&f->qp));
	spin_unlock(&f->qp.s_lock);
	spin_unlock(&f->qp.r_lock);
	expect_queue(test, &f->priv.ack, NULL, 0);
}

static void build(struct kunit *test, struct fixture *f)
{
	struct rvt_roce_burst burst = { .room = 16 };

	__skb_queue_head_init(&burst.list);
	spin_lock(&f->qp.s_lock);
	rvt_roce_ack_build(&f->qp, &burst);
	spin_unlock(&f->qp.s_lock);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&burst.list));
}

/*
 * Who has the data may invalidate the key, and a duplicate of the request may
 * still come in.  That is no error, but a request that was never answered is one.
 */
static void key_is_gone(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_resp done = resp_at(100), new = resp_at(104);

	done.repeat = true;
	spin_lock(&f->qp.r_lock);
	rvt_roce_ack_repeat(&f->qp, &done);
	build(test, f);
	KUNIT_EXPECT_FALSE(test, f->priv.dead);
	expect_queue(test, &f->priv.ack, NULL, 0);

	rvt_roce_ack_repeat(&f->qp, &done);
	rvt_roce_ack_respond(&f->qp, &new);
	build(test, f);
	spin_unlock(&f->qp.r_lock);
	KUNIT_EXPECT_TRUE(test, f->priv.dead);
	KUNIT_EXPECT_EQ(test, f->priv.ack.fatal.psn, 104U);
	KUNIT_EXPECT_EQ(test, (int)f->priv.ack.fatal.nak, RVT_ROCE_NAK_ACCESS);
	expect_queue(test, &f->priv.ack, NULL, 0);
}

/* One that is still being answered does not become a repeated one. */
static void going_back_is_no_repeat(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct rvt_roce_ack *ack = &f->priv.ack;
	struct rvt_roce_resp resp = resp_at(100), again = resp_at(100);

	again.repeat = true;
	spin_lock(&f->qp.r_lock);
	rvt_roce_ack_respond(&f->qp, &resp);
	ack->queue[ack->tail].psn = 102;
	rvt_roce_ack_repeat(&f->qp, &again);
	expect_queue(test, ack, (u32 []){ 100 }, 1);
	KUNIT_EXPECT_FALSE(test, ack->queue[ack->tail].repeat);
	spin_unlock(&f->qp.r_lock);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(repeated_in_order),
	KUNIT_CASE(goes_back),
	KUNIT_CASE(goes_back_for_a_part),
	KUNIT_CASE(room),
	KUNIT_CASE(resize_keeps),
	KUNIT_CASE(conclude),
	KUNIT_CASE(key_is_gone),
	KUNIT_CASE(going_back_is_no_repeat),
	{}
};

struct kunit_suite roce_ack_suite = {
	.name = "rvt_roce-ack",
	.init = ack_init,
	.exit = ack_exit,
	.test_cases = cases,
};
