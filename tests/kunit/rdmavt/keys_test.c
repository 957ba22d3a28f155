// SPDX-License-Identifier: GPL-2.0
/*
 * Memory keys: what a key, an address, a length and a right may reach.
 */
#include <linux/hrtimer.h>
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define RIGHTS	(IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE | \
		 IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_ATOMIC)

struct world {
	struct fake_dev *dev;
	struct ib_pd *pd;
	struct rvt_qp *qp;
};

static struct world *world(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	w->dev = fake_register(test);
	w->pd = fake_pd(test, w->dev, 0);
	w->qp = fake_qp(test, w->dev, w->pd, IB_QPT_RC);
	return w;
}

static bool local_ok(struct world *w, u32 lkey, u64 addr, u32 len, int acc)
{
	struct ib_sge sge = { .addr = addr, .length = len, .lkey = lkey };
	struct rvt_sge out = {};
	int ret = rvt_lkey_ok(&w->dev->rdi.lkey_table, ibpd_to_rvtpd(w->qp->ibqp.pd), &out, NULL,
			      &sge, acc);

	if (ret == 1)
		rvt_put_mr(out.mr);
	return ret == 1;
}

static bool remote_ok(struct world *w, u32 rkey, u64 addr, u32 len, int acc)
{
	struct rvt_sge out = {};
	int ret = rvt_rkey_ok(w->qp, &out, len, addr, rkey, acc);

	if (ret == 1)
		rvt_put_mr(out.mr);
	return ret == 1;
}

/* Byte by byte would take for ever; 128 bits do not wrap. */
static bool naive_in_range(u64 base, u64 length, u64 addr, u32 len)
{
	unsigned __int128 end = (unsigned __int128)addr + len;

	return addr >= base && end <= (unsigned __int128)base + length;
}

struct range_case {
	const char *name;
	u64 base;
	unsigned int skip;
	u64 length;
};

static const struct range_case ranges[] = {
	{ "one page", 0x100000, 0, PAGE_SIZE },
	{ "odd bytes of three pages", 0x7f0000001000, 77, 2 * PAGE_SIZE + 1 },
	{ "one byte", 0x200000, PAGE_SIZE - 1, 1 },
	{ "address 0", 0, 0, 2 * PAGE_SIZE },
	{ "end of the address space", 0 - 2 * PAGE_SIZE, 0, 2 * PAGE_SIZE },
	{ "end of the signed half", 0x7fffffffffffe000, 0, 2 * PAGE_SIZE },
};

static void describe(const struct range_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(range, ranges, describe);

/* All combinations of starts and lengths near every edge. */
static void range(struct kunit *test)
{
	const struct range_case *c = test->param_value;
	struct world *w = world(test);
	struct fake_region *r = fake_region(test, w->qp, c->base, c->skip, c->length, RIGHTS);
	const u64 start[] = {
		r->base, r->base + 1, r->base - 1, r->base + c->length / 2, r->base + c->length,
		r->base + c->length - 1, r->base + c->length + 1, 0, 1, U64_MAX, U64_MAX - 1,
		U64_MAX - U32_MAX, r->base - U32_MAX, r->base ^ 1ULL << 63,
	};
	const u32 len[] = {
		1, 2, c->length / 2, c->length - 1, c->length, c->length + 1, PAGE_SIZE,
		0x7fffffff, 0x80000000, U32_MAX - 1, U32_MAX,
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(start); i++) {
		for (j = 0; j < ARRAY_SIZE(len); j++) {
			bool want = naive_in_range(r->base, c->length, start[i], len[j]);

			if (!len[j])
				continue;
			KUNIT_EXPECT_EQ_MSG(test, local_ok(w, r->ibmr->lkey, start[i], len[j], 0),
					    want, "local %#llx+%#x", start[i], len[j]);
			KUNIT_EXPECT_EQ_MSG(test, remote_ok(w, r->ibmr->rkey, start[i], len[j],
							    IB_ACCESS_REMOTE_READ),
					    want, "remote %#llx+%#x", start[i], len[j]);
		}
	}
}

/* Local access needs all rights asked for, remote access one of them. */
static void rights(struct kunit *test)
{
	static const int one[] = {
		IB_ACCESS_LOCAL_WRITE, IB_ACCESS_REMOTE_WRITE, IB_ACCESS_REMOTE_READ,
		IB_ACCESS_REMOTE_ATOMIC,
	};
	struct world *w = world(test);
	int has, ask;

	for (has = 0; has < 16; has++) {
		struct fake_region *r;
		int flags = 0, i;

		for (i = 0; i < 4; i++)
			flags |= has & BIT(i) ? one[i] : 0;
		r = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, flags);
		for (ask = 1; ask < 16; ask++) {
			int want = 0;

			for (i = 0; i < 4; i++)
				want |= ask & BIT(i) ? one[i] : 0;
			KUNIT_EXPECT_EQ(test, local_ok(w, r->ibmr->lkey, r->base, 1, want),
					(flags & want) == want);
			KUNIT_EXPECT_EQ(test, remote_ok(w, r->ibmr->rkey, r->base, 1, want),
					!!(flags & want));
		}
		KUNIT_EXPECT_TRUE(test, local_ok(w, r->ibmr->lkey, r->base, 1, 0));
		KUNIT_ASSERT_EQ(test, fake_dereg(test, r), 0);
	}
}

/* Any bit of the key counts. */
static void key_bits(struct kunit *test)
{
	struct world *w = world(test);
	struct fake_region *r = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);
	int bit;

	for (bit = 0; bit < 32; bit++) {
		u32 key = r->ibmr->lkey ^ BIT(bit);

		if (!key)	/* all memory, which is another matter */
			continue;
		KUNIT_EXPECT_FALSE(test, local_ok(w, key, r->base, 1, 0));
		KUNIT_EXPECT_FALSE(test, remote_ok(w, key, r->base, 1, IB_ACCESS_REMOTE_READ));
	}
}

static void other_pd(struct kunit *test)
{
	struct world *w = world(test);
	struct rvt_qp *stranger = fake_qp(test, w->dev, fake_pd(test, w->dev, 0), IB_QPT_RC);
	struct fake_region *r = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);
	struct world other = { .dev = w->dev, .qp = stranger };

	KUNIT_EXPECT_TRUE(test, local_ok(w, r->ibmr->lkey, r->base, 1, 0));
	KUNIT_EXPECT_FALSE(test, local_ok(&other, r->ibmr->lkey, r->base, 1, 0));
	KUNIT_EXPECT_FALSE(test, remote_ok(&other, r->ibmr->rkey, r->base, 1, IB_ACCESS_REMOTE_READ));
	KUNIT_EXPECT_EQ(test, rvt_fast_reg_mr(stranger, r->ibmr, r->ibmr->lkey, RIGHTS), -EACCES);
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(stranger, r->ibmr->rkey), -EINVAL);
}

/* A slot's next region has another key, and the old key is dead at once. */
static void generations(struct kunit *test)
{
	struct world *w = world(test);
	u32 last[64];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(last); i++) {
		struct fake_region *r = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);

		last[i] = r->ibmr->lkey;
		KUNIT_EXPECT_EQ(test, r->ibmr->lkey, r->ibmr->rkey);
		KUNIT_EXPECT_NE(test, last[i], 0);
		KUNIT_EXPECT_EQ(test, last[i] & 0xff, 0);
		for (j = 0; j < i; j++) {
			KUNIT_EXPECT_NE(test, last[j], last[i]);
			KUNIT_EXPECT_FALSE(test, local_ok(w, last[j], r->base, 1, 0));
		}
		KUNIT_EXPECT_TRUE(test, local_ok(w, last[i], r->base, 1, 0));
		KUNIT_ASSERT_EQ(test, fake_dereg(test, r), 0);
		KUNIT_EXPECT_FALSE(test, local_ok(w, last[i], r->base, 1, 0));
	}
}

/* lkey_table_size is 4 bits. */
static void table_full(struct kunit *test)
{
	struct world *w = world(test);
	struct fake_region *r[16];
	struct ib_mr *more;
	int i;

	KUNIT_EXPECT_EQ(test, w->dev->rdi.ibdev.attrs.max_mr, 16);
	for (i = 0; i < 16; i++)
		r[i] = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);
	more = ib_alloc_mr(w->pd, IB_MR_TYPE_MEM_REG, 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(more), -ENOMEM);
	KUNIT_ASSERT_EQ(test, fake_dereg(test, r[7]), 0);
	fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);
	for (i = 0; i < 16; i++)
		if (i != 7)
			KUNIT_EXPECT_TRUE(test, local_ok(w, r[i]->ibmr->lkey, r[i]->base, 1, 0));
}

/* Invalid until registered, valid until invalidated; the low byte is the consumer's. */
static void invalidation(struct kunit *test)
{
	struct world *w = world(test);
	struct fake_region *r = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);
	u32 key = r->ibmr->lkey;

	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(w->qp, key ^ 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(w->qp, 0), -EINVAL);
	KUNIT_EXPECT_TRUE(test, local_ok(w, key, r->base, 1, 0));
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(w->qp, key), 0);
	KUNIT_EXPECT_FALSE(test, local_ok(w, key, r->base, 1, 0));
	KUNIT_EXPECT_FALSE(test, remote_ok(w, key, r->base, 1, IB_ACCESS_REMOTE_READ));
	KUNIT_EXPECT_EQ(test, rvt_fast_reg_mr(w->qp, r->ibmr, key ^ 0x100, RIGHTS), -EINVAL);
	KUNIT_EXPECT_EQ(test, rvt_fast_reg_mr(w->qp, r->ibmr, key | 0x5a, RIGHTS), 0);
	KUNIT_EXPECT_FALSE(test, local_ok(w, key, r->base, 1, 0));
	KUNIT_EXPECT_TRUE(test, local_ok(w, key | 0x5a, r->base, 1, 0));
	KUNIT_EXPECT_TRUE(test, remote_ok(w, key | 0x5a, r->base, 1, IB_ACCESS_REMOTE_READ));
}

/* A copy that is under way on another processor; one processor will do. */
struct copy {
	struct rvt_access access;
	struct hrtimer timer;
	bool ended;
};

static enum hrtimer_restart end_copy(struct hrtimer *timer)
{
	struct copy *copy = container_of(timer, struct copy, timer);

	WRITE_ONCE(copy->ended, true);
	rvt_access_end(&copy->access);
	return HRTIMER_NORESTART;
}

/* When an invalidation has returned, nobody accesses the memory any more. */
static void invalidation_waits(struct kunit *test)
{
	struct world *w = world(test);
	struct fake_region *r = fake_region(test, w->qp, 0x100000, 0, PAGE_SIZE, RIGHTS);
	u32 key = r->ibmr->rkey;
	struct copy *copy = kunit_kzalloc(test, sizeof(*copy), GFP_KERNEL);
	bool ended;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_TRUE(test, rvt_access_begin(&copy->access, w->qp, 8, r->base, key,
						 IB_ACCESS_REMOTE_WRITE));
	hrtimer_setup(&copy->timer, end_copy, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&copy->timer, ms_to_ktime(50), HRTIMER_MODE_REL);
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(w->qp, key), 0);
	ended = READ_ONCE(copy->ended);
	KUNIT_EXPECT_TRUE(test, ended);
	hrtimer_cancel(&copy->timer);
	rvt_put_mr(copy->access.sge.mr);
	KUNIT_EXPECT_FALSE(test, rvt_access_begin(&copy->access, w->qp, 8, r->base, key,
						  IB_ACCESS_REMOTE_WRITE));
	/* It was not counted: this returns. */
	KUNIT_EXPECT_EQ(test, rvt_invalidate_rkey(w->qp, key), 0);
}

/* Key 0 is all memory: for the kernel, and for its peers only where it said so. */
static void key_zero(struct kunit *test)
{
	struct world *w = world(test);
	struct world unsafe = { .dev = w->dev };
	u8 *buf = kunit_kzalloc(test, 64, GFP_KERNEL);
	u64 addr = (uintptr_t)buf;

	unsafe.qp = fake_qp(test, w->dev, fake_pd(test, w->dev, IB_PD_UNSAFE_GLOBAL_RKEY), IB_QPT_RC);
	KUNIT_EXPECT_TRUE(test, local_ok(w, 0, addr, 64, IB_ACCESS_LOCAL_WRITE));
	KUNIT_EXPECT_FALSE(test, remote_ok(w, 0, addr, 64, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_TRUE(test, remote_ok(&unsafe, 0, addr, 64, IB_ACCESS_REMOTE_WRITE));
	KUNIT_EXPECT_FALSE(test, remote_ok(&unsafe, 0, U64_MAX - 10, 64, IB_ACCESS_REMOTE_WRITE));
	/* as a process would */
	ibpd_to_rvtpd(w->pd)->user = true;
	KUNIT_EXPECT_FALSE(test, local_ok(w, 0, addr, 64, 0));
	KUNIT_EXPECT_FALSE(test, remote_ok(w, 0, addr, 64, IB_ACCESS_REMOTE_READ));
	ibpd_to_rvtpd(w->pd)->user = false;
}

static int add_sge(struct world *w, struct rvt_sge *out, struct rvt_sge *last, u32 lkey, u64 addr, u32 len)
{
	struct ib_sge sge = { .addr = addr, .length = len, .lkey = lkey };

	return rvt_lkey_ok(&w->dev->rdi.lkey_table, ibpd_to_rvtpd(w->pd), out, last, &sge, 0);
}

/* An element that follows the one before extends it, and nothing else does. */
static void adjacent(struct kunit *test)
{
	struct world *w = world(test);
	struct fake_region *r = fake_region(test, w->qp, 0x100000, 100, 3 * PAGE_SIZE, RIGHTS);
	u32 key = r->ibmr->lkey;
	struct rvt_sge first = {}, next = {};

	KUNIT_ASSERT_EQ(test, add_sge(w, &first, NULL, key, r->base, PAGE_SIZE), 1);
	KUNIT_EXPECT_EQ(test, add_sge(w, &next, &first, key, r->base + PAGE_SIZE, 10), 0);
	KUNIT_EXPECT_EQ(test, first.sge_length, PAGE_SIZE + 10);
	KUNIT_EXPECT_EQ(test, add_sge(w, &next, &first, key, r->base + PAGE_SIZE + 10, 2 * PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, add_sge(w, &next, &first, key, r->base + PAGE_SIZE + 11, 5), 1);
	rvt_put_mr(next.mr);
	KUNIT_EXPECT_EQ(test, add_sge(w, &next, &first, key, r->base, 5), 1);
	rvt_put_mr(next.mr);
	rvt_put_mr(first.mr);
	KUNIT_EXPECT_EQ(test, fake_dereg(test, r), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(range, range_gen_params),
	KUNIT_CASE(rights),
	KUNIT_CASE(key_bits),
	KUNIT_CASE(other_pd),
	KUNIT_CASE(generations),
	KUNIT_CASE(table_full),
	KUNIT_CASE(invalidation),
	KUNIT_CASE(invalidation_waits),
	KUNIT_CASE(key_zero),
	KUNIT_CASE(adjacent),
	{}
};

struct kunit_suite rdmavt_keys_suite = {
	.name = "rdmavt-keys",
	.test_cases = cases,
};
