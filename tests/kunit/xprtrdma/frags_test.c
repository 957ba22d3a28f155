// SPDX-License-Identifier: GPL-2.0
/*
 * Messages as pieces of pages: every beginning and end near the border of a page,
 * compared with a look at one byte after the other.
 */
#include "../../../xprtrdma/frags.c"
#include <linux/gfp.h>
#include "compat/kunit.h"
#include "suites.h"

#define PAGES	4

struct message {
	struct xdr_buf buf;
	struct page *pages[PAGES];
	char head[64];
	char tail[32];
};

static void free_pages_of(void *context)
{
	struct message *m = context;
	int i;

	for (i = 0; i < PAGES; i++)
		if (m->pages[i])
			__free_page(m->pages[i]);
}

static struct message *make_message(struct kunit *test)
{
	struct message *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
	for (i = 0; i < PAGES; i++) {
		m->pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m->pages[i]);
	}
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_pages_of, m), 0);
	m->buf.head[0].iov_base = m->head;
	m->buf.head[0].iov_len = sizeof(m->head);
	m->buf.tail[0].iov_base = m->tail;
	m->buf.tail[0].iov_len = sizeof(m->tail);
	m->buf.pages = m->pages;
	m->buf.page_len = 2 * PAGE_SIZE;
	return m;
}

/* Where byte @pos is, worked out the slow way. */
static void *byte_at(const struct message *m, unsigned int pos)
{
	if (pos < sizeof(m->head))
		return (void *)&m->head[pos];
	pos -= sizeof(m->head);
	if (pos < m->buf.page_len) {
		pos += m->buf.page_base;
		return page_address(m->pages[pos / PAGE_SIZE]) + pos % PAGE_SIZE;
	}
	return (void *)&m->tail[pos - m->buf.page_len];
}

/* The list covers @len bytes from @pos on, and only those. */
static void expect_covers(struct kunit *test, const struct message *m,
			  struct scatterlist *sg, unsigned int nents,
			  unsigned int pos, unsigned int len)
{
	unsigned int i, at = pos;
	struct scatterlist *s;

	for_each_sg(sg, s, nents, i) {
		KUNIT_EXPECT_PTR_EQ(test, sg_virt(s), byte_at(m, at));
		KUNIT_EXPECT_LE(test, s->offset + s->length, (unsigned int)PAGE_SIZE);
		at += s->length;
		KUNIT_EXPECT_PTR_EQ(test, sg_virt(s) + s->length - 1, byte_at(m, at - 1));
	}
	KUNIT_EXPECT_EQ(test, at - pos, len);
	KUNIT_EXPECT_TRUE(test, sg_is_last(&sg[nents - 1]));
}

static void every_alignment(struct kunit *test)
{
	struct message *m = make_message(test);
	struct scatterlist sg[8];
	unsigned int base, len, nents, done;

	for (base = 0; base < PAGE_SIZE; base += 4) {
		m->buf.page_base = base;
		for (len = 1; len <= 2 * PAGE_SIZE; len += len < 8 ? 1 : PAGE_SIZE / 2 - 3) {
			done = rpcrdma_xdr_to_sg(&m->buf, sizeof(m->head), len, sg,
						 ARRAY_SIZE(sg), false, &nents);
			KUNIT_ASSERT_EQ(test, done, len);
			KUNIT_EXPECT_EQ(test, nents,
					(unsigned int)DIV_ROUND_UP(base + len, PAGE_SIZE));
			expect_covers(test, m, sg, nents, sizeof(m->head), len);
		}
	}
}

static void whole_with_gaps(struct kunit *test)
{
	struct message *m = make_message(test);
	unsigned int size = rpcrdma_xdr_size(&m->buf), nents;
	struct scatterlist sg[8];

	m->buf.page_base = 100;
	KUNIT_EXPECT_EQ(test, size, (unsigned int)(64 + 2 * PAGE_SIZE + 32));
	KUNIT_EXPECT_EQ(test, rpcrdma_xdr_to_sg(&m->buf, 0, size, sg, ARRAY_SIZE(sg),
						true, &nents), size);
	expect_covers(test, m, sg, nents, 0, size);
}

/* Without gaps a list ends where a page would not be whole. */
static void pieces_without_gaps(struct kunit *test)
{
	struct message *m = make_message(test);
	unsigned int size = rpcrdma_xdr_size(&m->buf), nents, pos = 0, done, lists = 0;
	struct scatterlist sg[8];

	m->buf.page_base = 100;
	while (pos < size) {
		done = rpcrdma_xdr_to_sg(&m->buf, pos, size - pos, sg, ARRAY_SIZE(sg),
					 false, &nents);
		KUNIT_ASSERT_GT(test, done, 0U);
		expect_covers(test, m, sg, nents, pos, done);
		pos += done;
		lists++;
	}
	KUNIT_EXPECT_EQ(test, lists, 3U);
}

static void short_list(struct kunit *test)
{
	struct message *m = make_message(test);
	struct scatterlist sg[2];
	unsigned int nents;

	m->buf.page_base = 1;
	m->buf.page_len = 3 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, rpcrdma_xdr_to_sg(&m->buf, sizeof(m->head), 3 * PAGE_SIZE,
						sg, 2, false, &nents),
			(unsigned int)(2 * PAGE_SIZE - 1));
	KUNIT_EXPECT_EQ(test, nents, 2U);
}

static void beyond_the_end(struct kunit *test)
{
	struct message *m = make_message(test);
	unsigned int size = rpcrdma_xdr_size(&m->buf), nents, offset;
	struct scatterlist sg[8];
	struct page *page;

	KUNIT_EXPECT_EQ(test, rpcrdma_xdr_piece(&m->buf, size, &page, &offset), 0U);
	KUNIT_EXPECT_EQ(test, rpcrdma_xdr_to_sg(&m->buf, size, 1, sg, 8, true, &nents), 0U);
	KUNIT_EXPECT_EQ(test, nents, 0U);
	KUNIT_EXPECT_EQ(test, rpcrdma_xdr_to_sg(&m->buf, size - 8, 100, sg, 8, true, &nents), 8U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_alignment),
	KUNIT_CASE(whole_with_gaps),
	KUNIT_CASE(pieces_without_gaps),
	KUNIT_CASE(short_list),
	KUNIT_CASE(beyond_the_end),
	{}
};

struct kunit_suite rpcrdma_frags_suite = {
	.name = "rpcrdma-frags",
	.test_cases = cases,
};
