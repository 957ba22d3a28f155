// SPDX-License-Identifier: GPL-2.0
/*
 * Lists: every size of the buffer, and a list that grows while it is read.
 */
/* The module under test exports these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../../../rds/info.c"
#include "compat/kunit.h"
#include "suites.h"

#define ELEMENTS	5
#define EACH		7

/* info.c walks through connections: there are none here. */
void rds_conn_for_each(struct net *net,
		       void (*visit)(struct rds_connection *conn, void *arg), void *arg)
{
}

static unsigned int nr_elements, grow_by, calls;

static void walker(struct socket *sock, unsigned int len, struct rds_info_iterator *iter,
		   struct rds_info_lengths *lens)
{
	unsigned int i;
	u8 element[EACH];

	calls++;
	for (i = 0; i < nr_elements; i++) {
		if (len < EACH)
			break;
		memset(element, 'a' + i, sizeof(element));
		rds_info_copy(iter, element, sizeof(element));
		len -= EACH;
	}
	lens->nr = nr_elements;
	lens->each = EACH;
	nr_elements += grow_by;
}

static void every_size(struct kunit *test)
{
	struct rds_info_lengths lens;
	struct rds_info_iterator iter;
	unsigned int len;

	for (len = 0; len <= (ELEMENTS + 2) * EACH; len++) {
		nr_elements = ELEMENTS;
		grow_by = 0;
		KUNIT_ASSERT_EQ(test, 0, rds_info_collect(NULL, walker, len, &iter, &lens));
		KUNIT_EXPECT_EQ(test, lens.nr, ELEMENTS);
		KUNIT_EXPECT_EQ(test, lens.each, EACH);
		KUNIT_EXPECT_EQ(test, iter.used, min(len / EACH, (unsigned int)ELEMENTS) * EACH);
		if (iter.used)
			KUNIT_EXPECT_EQ(test, iter.buffer[iter.used - 1],
					'a' + iter.used / EACH - 1);
		kvfree(iter.buffer);
	}
}

static void empty(struct kunit *test)
{
	struct rds_info_lengths lens;
	struct rds_info_iterator iter;

	nr_elements = 0;
	grow_by = 0;
	KUNIT_ASSERT_EQ(test, 0, rds_info_collect(NULL, walker, 1000, &iter, &lens));
	KUNIT_EXPECT_EQ(test, iter.used, 0);
	kvfree(iter.buffer);
}

/* It must end, and never write more than there is room for. */
static void growing(struct kunit *test)
{
	struct rds_info_lengths lens;
	struct rds_info_iterator iter;

	nr_elements = 1;
	grow_by = 1;
	calls = 0;
	KUNIT_ASSERT_EQ(test, 0, rds_info_collect(NULL, walker, 1000, &iter, &lens));
	KUNIT_EXPECT_LE(test, calls, MAX_TRIES + 2);
	KUNIT_EXPECT_LE(test, iter.used, iter.room);
	kvfree(iter.buffer);
}

/* What does not fit is cut off, not written. */
static void overrun(struct kunit *test)
{
	u8 buffer[8] = {}, data[20];
	struct rds_info_iterator iter = { .buffer = buffer, .room = 4 };

	memset(data, 0xff, sizeof(data));
	rds_info_copy(&iter, data, 3);
	rds_info_copy(&iter, data, sizeof(data));
	rds_info_copy(&iter, data, sizeof(data));
	KUNIT_EXPECT_EQ(test, iter.used, 4);
	KUNIT_EXPECT_EQ(test, buffer[3], 0xff);
	KUNIT_EXPECT_EQ(test, buffer[4], 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_size),
	KUNIT_CASE(empty),
	KUNIT_CASE(growing),
	KUNIT_CASE(overrun),
	{}
};

struct kunit_suite rds_info_suite = {
	.name = "rds-info",
	.test_cases = cases,
};
