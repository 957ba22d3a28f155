// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a command.
 */
/* Trace events belong to the module. */
#define SRPT_TRACE_H
#define trace_srpt_cmd_state(ioctx, was, is) do { } while (0)
#include "../../../srpt/ioctx.c"
#include "compat/kunit.h"
#include "suites.h"

static struct srpt_send_ioctx *make(struct kunit *test, enum srpt_command_state state)
{
	struct srpt_send_ioctx *ioctx = kunit_kzalloc(test, sizeof(*ioctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ioctx);
	atomic_set(&ioctx->state, state);
	return ioctx;
}

static void set(struct kunit *test)
{
	struct srpt_send_ioctx *ioctx = make(test, SRPT_STATE_NEW);

	KUNIT_EXPECT_EQ(test, srpt_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA), SRPT_STATE_NEW);
	KUNIT_EXPECT_EQ(test, srpt_set_cmd_state(ioctx, SRPT_STATE_CMD_RSP_SENT),
			SRPT_STATE_NEED_DATA);
	KUNIT_EXPECT_EQ(test, srpt_set_cmd_state(ioctx, SRPT_STATE_DONE),
			SRPT_STATE_CMD_RSP_SENT);
	KUNIT_EXPECT_EQ(test, srpt_get_cmd_state(ioctx), SRPT_STATE_DONE);
}

static void done_is_final(struct kunit *test)
{
	struct srpt_send_ioctx *ioctx = make(test, SRPT_STATE_DONE);
	int state;

	for (state = SRPT_STATE_NEW; state <= SRPT_STATE_DONE; state++) {
		KUNIT_EXPECT_EQ(test, srpt_set_cmd_state(ioctx, state), SRPT_STATE_DONE);
		KUNIT_EXPECT_EQ(test, srpt_get_cmd_state(ioctx), SRPT_STATE_DONE);
	}
}

static void test_and_set(struct kunit *test)
{
	struct srpt_send_ioctx *ioctx = make(test, SRPT_STATE_NEED_DATA);

	KUNIT_EXPECT_FALSE(test, srpt_test_and_set_cmd_state(ioctx, SRPT_STATE_NEW,
							     SRPT_STATE_DATA_IN));
	KUNIT_EXPECT_EQ(test, srpt_get_cmd_state(ioctx), SRPT_STATE_NEED_DATA);
	KUNIT_EXPECT_TRUE(test, srpt_test_and_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA,
							    SRPT_STATE_DATA_IN));
	KUNIT_EXPECT_EQ(test, srpt_get_cmd_state(ioctx), SRPT_STATE_DATA_IN);
	KUNIT_EXPECT_FALSE(test, srpt_test_and_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA,
							     SRPT_STATE_DATA_IN));
}

/* Room for an IU wherever its immediate data has to be. */
static void buffers(struct kunit *test)
{
	u32 offset;

	for (offset = 48; offset <= SRPT_MAX_IMM_OFFSET; offset++)
		KUNIT_EXPECT_LE(test, ALIGN(offset, SRPT_IMM_ALIGN) - offset + srp_max_req_size,
				srpt_req_buf_size());
	KUNIT_EXPECT_EQ(test, srpt_req_buf_size() % SRPT_IMM_ALIGN, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(set),
	KUNIT_CASE(done_is_final),
	KUNIT_CASE(test_and_set),
	KUNIT_CASE(buffers),
	{}
};

struct kunit_suite srpt_ioctx_suite = {
	.name = "ib_srpt-ioctx",
	.test_cases = cases,
};
