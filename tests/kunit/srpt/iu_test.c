// SPDX-License-Identifier: GPL-2.0
/*
 * Responses, byte by byte, and which IUs are taken at all. The code under test
 * is compiled here; data_test.c and login_test.c call it, too.
 */
/* First, for the sake of its pr_fmt(). */
#include "../../../srpt/iu.c"
#include <linux/unaligned.h>
#include "compat/kunit.h"
#include "suites.h"

#define TAG	0x1122334455667788ULL

struct fixture {
	struct srpt_rdma_ch *ch;
	struct srpt_send_ioctx *ioctx;
	u8 buf[1024];
};

static struct fixture *make(struct kunit *test, u32 max_ti_iu_len, u32 max_rsp_size)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	f->ch = kunit_kzalloc(test, sizeof(*f->ch), GFP_KERNEL);
	f->ioctx = kunit_kzalloc(test, sizeof(*f->ioctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->ch);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->ioctx);
	f->ch->max_ti_iu_len = max_ti_iu_len;
	f->ch->max_rsp_size = max_rsp_size;
	f->ioctx->ioctx.buf = f->buf;
	memset(f->buf, 0xee, sizeof(f->buf));
	return f;
}

/* The tag goes back as it came, so its bytes here are those of this machine. */
static void put_tag(u8 *at)
{
	u64 tag = TAG;

	memcpy(at, &tag, sizeof(tag));
}

static void good(struct kunit *test)
{
	struct fixture *f = make(test, 8276, 256);
	u8 want[36] = { 0xc1, 0, 0, 0, 0, 0, 0, 1 };

	put_tag(want + 8);
	KUNIT_EXPECT_EQ(test, srpt_build_cmd_rsp(f->ch, f->ioctx, TAG, 0), 36);
	KUNIT_EXPECT_MEMEQ(test, f->buf, want, sizeof(want));
	KUNIT_EXPECT_EQ(test, f->buf[36], 0xee);
}

/* Credits of commands that got no response go with the next one, once. */
static void credits(struct kunit *test)
{
	struct fixture *f = make(test, 8276, 256);
	u8 want[36] = { 0xc1, 0, 0, 0, 0, 0, 0, 6 };

	atomic_set(&f->ch->req_lim, 3);
	atomic_set(&f->ch->req_lim_delta, 5);
	put_tag(want + 8);
	srpt_build_cmd_rsp(f->ch, f->ioctx, TAG, 0);
	KUNIT_EXPECT_MEMEQ(test, f->buf, want, sizeof(want));
	KUNIT_EXPECT_EQ(test, atomic_read(&f->ch->req_lim), 9);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->ch->req_lim_delta), 0);

	want[7] = 1;
	srpt_build_cmd_rsp(f->ch, f->ioctx, TAG, 0);
	KUNIT_EXPECT_MEMEQ(test, f->buf, want, sizeof(want));
	KUNIT_EXPECT_EQ(test, atomic_read(&f->ch->req_lim), 10);
}

struct residual_case {
	const char *name;
	enum dma_data_direction dir;
	u32 scf;
	u8 flags;
	u8 at;		/* of the count; 0: there is none */
};

static const struct residual_case residuals[] = {
	{ "none", DMA_TO_DEVICE, 0, 0, 0 },
	{ "write, under", DMA_TO_DEVICE, SCF_UNDERFLOW_BIT, 0x08, 20 },
	{ "write, over", DMA_TO_DEVICE, SCF_OVERFLOW_BIT, 0x04, 20 },
	{ "read, under", DMA_FROM_DEVICE, SCF_UNDERFLOW_BIT, 0x20, 24 },
	{ "read, over", DMA_FROM_DEVICE, SCF_OVERFLOW_BIT, 0x10, 24 },
	{ "both, under wins", DMA_FROM_DEVICE, SCF_UNDERFLOW_BIT | SCF_OVERFLOW_BIT, 0x20, 24 },
	{ "no data", DMA_NONE, SCF_UNDERFLOW_BIT, 0, 0 },
};

static void describe_residual(const struct residual_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(residual, residuals, describe_residual);

static void residual(struct kunit *test)
{
	const struct residual_case *c = test->param_value;
	struct fixture *f = make(test, 8276, 256);
	u8 want[36] = { 0xc1, 0, 0, 0, 0, 0, 0, 1 };

	put_tag(want + 8);
	want[18] = c->flags;
	if (c->at)
		memcpy(want + c->at, "\x12\x34\x56\x78", 4);
	f->ioctx->cmd.data_direction = c->dir;
	f->ioctx->cmd.se_cmd_flags = c->scf;
	f->ioctx->cmd.residual_count = 0x12345678;
	KUNIT_EXPECT_EQ(test, srpt_build_cmd_rsp(f->ch, f->ioctx, TAG, 0), 36);
	KUNIT_EXPECT_MEMEQ(test, f->buf, want, sizeof(want));
}

struct sense_case {
	const char *name;
	u32 max_ti_iu_len, max_rsp_size;
	u32 want;
};

static const struct sense_case senses[] = {
	{ "all of it", 8276, 256, 96 },
	{ "just room", 132, 256, 96 },
	{ "initiator one short", 131, 256, 95 },
	{ "buffer one short", 8276, 131, 95 },
	{ "smallest login", 64, 256, 28 },
	{ "smallest buffer", 8276, 40, 4 },
	{ "initiator larger than buffer", 0xffffffff, 256, 96 },
};

static void describe_sense(const struct sense_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sense, senses, describe_sense);

static void sense(struct kunit *test)
{
	const struct sense_case *c = test->param_value;
	struct fixture *f = make(test, c->max_ti_iu_len, c->max_rsp_size);
	u32 i;

	for (i = 0; i < TRANSPORT_SENSE_BUFFER; i++)
		f->ioctx->sense_data[i] = i + 1;
	f->ioctx->cmd.scsi_sense_length = TRANSPORT_SENSE_BUFFER;
	KUNIT_EXPECT_EQ(test, srpt_build_cmd_rsp(f->ch, f->ioctx, TAG, SAM_STAT_CHECK_CONDITION),
			36 + c->want);
	KUNIT_EXPECT_EQ(test, f->buf[18], 0x02);
	KUNIT_EXPECT_EQ(test, f->buf[19], 0x02);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(f->buf + 28), c->want);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(f->buf + 32), 0);
	KUNIT_EXPECT_MEMEQ(test, f->buf + 36, f->ioctx->sense_data, c->want);
	KUNIT_EXPECT_EQ(test, f->buf[36 + c->want], 0xee);
}

static void tskmgmt(struct kunit *test)
{
	struct fixture *f = make(test, 8276, 256);
	u8 want[40] = { 0xc1, 0, 0, 0, 0, 0, 0, 3, [18] = 0x01, [35] = 4, [39] = 5 };

	put_tag(want + 8);
	atomic_set(&f->ch->req_lim_delta, 2);
	KUNIT_EXPECT_EQ(test, srpt_build_tskmgmt_rsp(f->ch, f->ioctx, SRPT_TM_FAILED, TAG), 40);
	KUNIT_EXPECT_MEMEQ(test, f->buf, want, sizeof(want));
	KUNIT_EXPECT_EQ(test, f->buf[40], 0xee);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->ch->req_lim), 3);
}

static void tm_codes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x01), TMR_ABORT_TASK);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x02), TMR_ABORT_TASK_SET);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x04), TMR_CLEAR_TASK_SET);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x08), TMR_LUN_RESET);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x40), TMR_CLEAR_ACA);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x00), 0xff);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0x03), 0xff);
	KUNIT_EXPECT_EQ(test, srpt_tm_function(0xff), 0xff);

	KUNIT_EXPECT_EQ(test, srpt_tm_rsp_code(TMR_FUNCTION_COMPLETE), 0);
	KUNIT_EXPECT_EQ(test, srpt_tm_rsp_code(TMR_FUNCTION_REJECTED), 4);
	KUNIT_EXPECT_EQ(test, srpt_tm_rsp_code(TMR_FUNCTION_FAILED), 5);
	KUNIT_EXPECT_EQ(test, srpt_tm_rsp_code(TMR_TASK_DOES_NOT_EXIST), 5);
	KUNIT_EXPECT_EQ(test, srpt_tm_rsp_code(TMR_LUN_DOES_NOT_EXIST), 5);
	KUNIT_EXPECT_EQ(test, srpt_tm_rsp_code(TMR_TASK_MGMT_FUNCTION_NOT_SUPPORTED), 5);
}

static void task_attrs(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, srpt_task_attr(0), TCM_SIMPLE_TAG);
	KUNIT_EXPECT_EQ(test, srpt_task_attr(1), TCM_HEAD_TAG);
	KUNIT_EXPECT_EQ(test, srpt_task_attr(2), TCM_ORDERED_TAG);
	KUNIT_EXPECT_EQ(test, srpt_task_attr(3), TCM_ORDERED_TAG);
	KUNIT_EXPECT_EQ(test, srpt_task_attr(4), TCM_ACA_TAG);
	KUNIT_EXPECT_EQ(test, srpt_task_attr(0xff), TCM_ORDERED_TAG);
}

static void whole(struct kunit *test)
{
	static const struct {
		u8 opcode;
		u32 min;	/* 0: never */
	} kinds[] = {
		{ SRP_CMD, 48 }, { SRP_TSK_MGMT, 40 }, { SRP_I_LOGOUT, 16 },
		{ SRP_CRED_RSP, 16 }, { SRP_AER_RSP, 16 }, { SRP_LOGIN_REQ, 0 },
		{ SRP_RSP, 0 }, { SRP_LOGIN_RSP, 0 }, { SRP_T_LOGOUT, 0 },
		{ SRP_CRED_REQ, 0 }, { 0x04, 0 }, { 0xff, 0 },
	};
	u8 iu[64] = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		iu[0] = kinds[i].opcode;
		KUNIT_EXPECT_FALSE(test, srpt_iu_is_whole(iu, 0));
		KUNIT_EXPECT_EQ_MSG(test, srpt_iu_is_whole(iu, 64), kinds[i].min != 0, "0x%02x",
				    iu[0]);
		if (!kinds[i].min)
			continue;
		KUNIT_EXPECT_TRUE(test, srpt_iu_is_whole(iu, kinds[i].min));
		KUNIT_EXPECT_FALSE(test, srpt_iu_is_whole(iu, kinds[i].min - 1));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(good),
	KUNIT_CASE(credits),
	KUNIT_CASE_PARAM(residual, residual_gen_params),
	KUNIT_CASE_PARAM(sense, sense_gen_params),
	KUNIT_CASE(tskmgmt),
	KUNIT_CASE(tm_codes),
	KUNIT_CASE(task_attrs),
	KUNIT_CASE(whole),
	{}
};

struct kunit_suite srpt_iu_suite = {
	.name = "ib_srpt-iu",
	.test_cases = cases,
};
