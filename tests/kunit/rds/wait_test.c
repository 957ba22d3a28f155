// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting until a device is done with user memory: a connection that does not
 * come to an end with it is broken. Time does not pass here.
 */
/* The modules under test export these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
/* fake.c has others, for the queues. */
#define rds_message_addref		tested_message_addref
#define rds_message_alloc		tested_message_alloc
#define rds_message_copy_from_user	tested_message_copy_from_user
#define rds_message_put			tested_message_put
#define rds_message_unmapped		tested_message_unmapped
#define rds_message_wait		tested_message_wait
#include <linux/wait_bit.h>

static unsigned long waited;

#undef wait_var_event_timeout
#define wait_var_event_timeout(var, condition, timeout)		\
({								\
	bool over = (condition);				\
								\
	waited += over ? 0 : (timeout);				\
	over;							\
})
#include "../../../rds/message.c"
#include "compat/kunit.h"
#include "suites.h"

static struct rds_message rm;
static struct rds_connection conn;
static unsigned int drops;

/* The work requests of a connection that is broken are flushed, in the end. */
void rds_conn_drop(struct rds_connection *dropped)
{
	if (dropped == &conn && ++drops == 2)
		rds_message_unmapped(&rm);
}

static int wait_init(struct kunit *test)
{
	memset(&rm, 0, sizeof(rm));
	rm.m_inc.i_conn = &conn;
	atomic_set(&rm.m_mapped, 1);
	waited = 0;
	drops = 0;
	return 0;
}

static void not_ready_for_ever(struct kunit *test)
{
	struct rm_rdma_op op = {};

	rm.m_rdma = &op;
	rds_message_wait(&rm);
	KUNIT_EXPECT_EQ(test, drops, 2);
	KUNIT_EXPECT_EQ(test, waited, 2 * PATIENCE);
}

static void done_already(struct kunit *test)
{
	struct rm_atomic_op op = {};

	rm.m_atomic = &op;
	rds_message_unmapped(&rm);
	rds_message_wait(&rm);
	KUNIT_EXPECT_EQ(test, drops, 0);
	KUNIT_EXPECT_EQ(test, waited, 0);
}

static void nothing_to_wait_for(struct kunit *test)
{
	rds_message_wait(&rm);
	KUNIT_EXPECT_EQ(test, drops, 0);
	KUNIT_EXPECT_EQ(test, waited, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(not_ready_for_ever),
	KUNIT_CASE(done_already),
	KUNIT_CASE(nothing_to_wait_for),
	{}
};

struct kunit_suite rds_wait_suite = {
	.name = "rds-wait",
	.init = wait_init,
	.test_cases = cases,
};
