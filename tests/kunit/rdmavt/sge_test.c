// SPDX-License-Identifier: GPL-2.0
/*
 * Walking and filling scatter lists, against a reference that knows nothing of
 * segments: one byte at a time into a mirror of the memory.
 */
#include <linux/prandom.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define RIGHTS		IB_ACCESS_LOCAL_WRITE
#define REGIONS		3
#define REGION_LEN	(3 * PAGE_SIZE + 1000)
#define ELEMENTS	6

struct element {
	unsigned int region;
	u64 offset;
	u32 len;
};

struct world {
	struct fake_dev *dev;
	struct rvt_qp *qp;
	struct fake_region *region[REGIONS];
	u8 *mirror[REGIONS];
	struct element element[ELEMENTS];
	unsigned int elements;
	u32 total;
	struct rvt_sge list[ELEMENTS];
	struct rvt_sge_state ss;
	struct rnd_state rnd;
};

static u32 rnd(struct world *w, u32 below)
{
	return prandom_u32_state(&w->rnd) % below;
}

static struct world *world(struct kunit *test, u64 seed)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	prandom_seed_state(&w->rnd, seed);
	w->dev = fake_register(test);
	w->qp = fake_qp(test, w->dev, fake_pd(test, w->dev, 0), IB_QPT_RC);
	for (i = 0; i < REGIONS; i++) {
		w->region[i] = fake_region(test, w->qp, 0x100000 * (i + 1), i * 1234, REGION_LEN, RIGHTS);
		w->mirror[i] = kunit_kzalloc(test, REGION_LEN, GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->mirror[i]);
	}
	return w;
}

/* Elements that do not overlap: each has a stripe of its region to itself. */
static void choose_elements(struct world *w)
{
	const u32 stripe = REGION_LEN / ELEMENTS;
	unsigned int i;

	w->elements = 1 + rnd(w, ELEMENTS);
	w->total = 0;
	for (i = 0; i < w->elements; i++) {
		struct element *e = &w->element[i];

		e->region = rnd(w, REGIONS);
		e->offset = i * stripe + rnd(w, stripe / 2);
		e->len = 1 + rnd(w, stripe / 2);
		w->total += e->len;
	}
}

/* A long one, over segments. */
static void choose_long(struct world *w)
{
	w->elements = 1;
	w->element[0] = (struct element){ rnd(w, REGIONS), rnd(w, 1000), 2 * PAGE_SIZE + rnd(w, PAGE_SIZE) };
	w->total = w->element[0].len;
}

static void resolve(struct kunit *test, struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->elements; i++) {
		struct element *e = &w->element[i];
		struct ib_sge sge = {
			.addr = w->region[e->region]->base + e->offset, .length = e->len,
			.lkey = w->region[e->region]->ibmr->lkey,
		};

		KUNIT_ASSERT_EQ(test, rvt_lkey_ok(&w->dev->rdi.lkey_table,
						  ibpd_to_rvtpd(w->qp->ibqp.pd), &w->list[i], NULL,
						  &sge, RIGHTS), 1);
	}
	w->ss.sge = w->list[0];
	w->ss.sg_list = &w->list[1];
	w->ss.num_sge = w->elements;
	w->ss.total_len = w->total;
}

/* The reference: byte @at of the message. */
static u8 *naive_byte(struct world *w, u32 at)
{
	struct element *e = w->element;

	for (; at >= e->len; e++)
		at -= e->len;
	return &w->mirror[e->region][e->offset + at];
}

static void compare(struct kunit *test, struct world *w)
{
	unsigned int i;
	u64 at;

	for (i = 0; i < REGIONS; i++)
		for (at = 0; at < REGION_LEN; at++)
			if (*fake_byte(w->region[i], at) != w->mirror[i][at]) {
				KUNIT_FAIL(test, "region %u, byte %llu: %02x instead of %02x", i, at,
					   *fake_byte(w->region[i], at), w->mirror[i][at]);
				return;
			}
}

/* Copies the whole message in chunks of random size. */
static void copy_message(struct kunit *test, struct world *w, bool copy_last)
{
	u8 *data = kunit_kmalloc(test, w->total, GFP_KERNEL);
	u32 at = 0, i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, data);
	prandom_bytes_state(&w->rnd, data, w->total);
	while (at < w->total) {
		u32 n = min(1 + rnd(w, rnd(w, 2) ? 16 : 5000), w->total - at);

		rvt_copy_sge(w->qp, &w->ss, data + at, n, true, copy_last);
		at += n;
	}
	for (i = 0; i < w->total; i++)
		*naive_byte(w, i) = data[i];
	kunit_kfree(test, data);
	KUNIT_EXPECT_EQ(test, w->ss.num_sge, 0);
}

/* No reference is left: else this takes five seconds and fails. */
static void expect_unreferenced(struct kunit *test, struct world *w)
{
	unsigned int i;

	for (i = 0; i < REGIONS; i++)
		KUNIT_EXPECT_EQ(test, fake_dereg(test, w->region[i]), 0);
}

static void copy_many(struct kunit *test, u64 seed, void (*choose)(struct world *w))
{
	struct world *w = world(test, seed);
	int round;

	for (round = 0; round < 100; round++) {
		choose(w);
		resolve(test, w);
		copy_message(test, w, round % 2);
		compare(test, w);
	}
	expect_unreferenced(test, w);
}

static void copy_short(struct kunit *test)
{
	copy_many(test, 1, choose_elements);
}

static void copy_long(struct kunit *test)
{
	copy_many(test, 2, choose_long);
}

/* Skipping is copying without the data. */
static void skip(struct kunit *test)
{
	struct world *w = world(test, 3);
	int round;

	for (round = 0; round < 200; round++) {
		u32 at;
		u8 byte = round + 1;

		choose_elements(w);
		resolve(test, w);
		at = rnd(w, w->total);
		rvt_skip_sge(&w->ss, at, true);
		rvt_copy_sge(w->qp, &w->ss, &byte, 1, true, false);
		*naive_byte(w, at) = byte;
		compare(test, w);
		rvt_put_ss(&w->ss);
	}
	expect_unreferenced(test, w);
}

/* A retry begins in the middle: every byte of the message, from every start. */
static void restart(struct kunit *test)
{
	struct world *w = world(test, 4);
	struct rvt_swqe *wqe = kunit_kzalloc(test, struct_size(wqe, sg_list, ELEMENTS), GFP_KERNEL);
	struct rvt_sge_state ss;
	int round;
	u32 at;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, wqe);
	for (round = 0; round < 20; round++) {
		choose_elements(w);
		resolve(test, w);
		memcpy(wqe->sg_list, w->list, sizeof(w->list));
		wqe->wr.num_sge = w->elements;
		wqe->length = w->total;
		for (at = 0; at < w->total; at += 1 + rnd(w, 50)) {
			u8 byte = at * 7 + round;

			KUNIT_EXPECT_EQ(test, rvt_restart_sge(&ss, wqe, at), w->total - at);
			rvt_copy_sge(w->qp, &ss, &byte, 1, false, true);
			*naive_byte(w, at) = byte;
		}
		compare(test, w);
		KUNIT_EXPECT_EQ(test, rvt_restart_sge(&ss, wqe, w->total), 0);
		rvt_put_ss(&w->ss);
	}
	expect_unreferenced(test, w);
}

/* Copies around the cache put the same bytes into the same places. */
static void copy_modes(struct kunit *test)
{
	struct world *w = world(test, 5);
	int round;

	w->dev->rdi.dparms.sge_copy_mode = RVT_SGE_COPY_CACHELESS;
	for (round = 0; round < 50; round++) {
		choose_long(w);
		resolve(test, w);
		copy_message(test, w, round % 2);
		compare(test, w);
	}
	expect_unreferenced(test, w);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(copy_short),
	KUNIT_CASE(copy_long),
	KUNIT_CASE(skip),
	KUNIT_CASE(restart),
	KUNIT_CASE(copy_modes),
	{}
};

struct kunit_suite rdmavt_sge_suite = {
	.name = "rdmavt-sge",
	.test_cases = cases,
};
