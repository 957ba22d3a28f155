// SPDX-License-Identifier: GPL-2.0
/*
 * Where the data of a command is: every format, with every count, length and
 * offset at its limits and past them.
 */
#include <linux/unaligned.h>
#include "../../../srpt/iu.h"
#include "compat/kunit.h"
#include "suites.h"

#define IU_SIZE	16384

/* A command under construction. */
struct iu {
	struct srp_cmd *cmd;
	u32 len;
};

static struct iu start(struct kunit *test, u8 fmt, u8 add_cdb)
{
	struct iu iu = { kunit_kzalloc(test, IU_SIZE, GFP_KERNEL) };

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, iu.cmd);
	iu.cmd->opcode = SRP_CMD;
	iu.cmd->buf_fmt = fmt;
	iu.cmd->add_cdb_len = add_cdb;
	iu.cmd->cdb[0] = 0x28;	/* READ(10) */
	iu.len = 48 + (add_cdb & ~3);
	return iu;
}

static void add_direct(struct iu *iu, u64 va, u32 key, u32 len)
{
	void *at = (void *)iu->cmd + iu->len;

	put_unaligned_be64(va, at);
	put_unaligned_be32(key, at + 8);
	put_unaligned_be32(len, at + 12);
	iu->len += 16;
}

static void add_be32(struct iu *iu, u32 value)
{
	put_unaligned_be32(value, (void *)iu->cmd + iu->len);
	iu->len += 4;
}

/* @bytes: length of the table; @total: what it is said to add up to */
static void start_table(struct iu *iu, u32 bytes, u32 total, u8 count)
{
	add_direct(iu, 0, 0, bytes);
	add_be32(iu, total);
	if (iu->cmd->buf_fmt >> 4)
		iu->cmd->data_out_desc_cnt = count;
	else
		iu->cmd->data_in_desc_cnt = count;
}

static void none(struct kunit *test)
{
	struct iu iu = start(test, 0x00, 0);
	struct srpt_data data;

	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 48, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, data.dir, DMA_NONE);
	KUNIT_EXPECT_EQ(test, data.len, 0);
	KUNIT_EXPECT_EQ(test, data.nr, 0);
}

static void direct(struct kunit *test)
{
	static const struct {
		u8 fmt;
		enum dma_data_direction dir;
	} ways[] = { { 0x01, DMA_FROM_DEVICE }, { 0x10, DMA_TO_DEVICE } };
	struct srpt_data data;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		struct iu iu = start(test, ways[i].fmt, 4);

		add_direct(&iu, 0x1000, 7, 4096);
		KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, iu.len, 0, &data), 0);
		KUNIT_EXPECT_EQ(test, data.dir, ways[i].dir);
		KUNIT_EXPECT_EQ(test, data.len, 4096);
		KUNIT_EXPECT_EQ(test, data.nr, 1);
		KUNIT_EXPECT_PTR_EQ(test, (const void *)data.desc, (const void *)iu.cmd + 52);
		KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, iu.len - 1, 0, &data), -EINVAL);
		KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 51, 0, &data), -EINVAL);
	}
}

static int parse_direct_len(struct kunit *test, u32 len, struct srpt_data *data)
{
	struct iu iu = start(test, 0x01, 0);

	add_direct(&iu, 0, 0, len);
	return srpt_parse_data(iu.cmd, iu.len, 0, data);
}

static void direct_lengths(struct kunit *test)
{
	struct srpt_data data;

	KUNIT_EXPECT_EQ(test, parse_direct_len(test, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, data.dir, DMA_NONE);
	KUNIT_EXPECT_EQ(test, parse_direct_len(test, 1, &data), 0);
	KUNIT_EXPECT_EQ(test, parse_direct_len(test, SRPT_MAX_DATA, &data), 0);
	KUNIT_EXPECT_EQ(test, parse_direct_len(test, SRPT_MAX_DATA + 1, &data), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_direct_len(test, 0xffffffff, &data), -EINVAL);
}

static void indirect(struct kunit *test)
{
	struct iu iu = start(test, 0x20, 0);
	struct srpt_data data;

	start_table(&iu, 48, 4096 + 512, 3);
	add_direct(&iu, 0x1000, 1, 4096);
	add_direct(&iu, 0x9000, 2, 0);
	add_direct(&iu, 0x5000, 3, 512);
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, iu.len, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, data.dir, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, data.len, 4608);
	KUNIT_EXPECT_EQ(test, data.nr, 3);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)data.desc, (const void *)iu.cmd + 68);
	/* The last descriptor is cut off. */
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, iu.len - 1, 0, &data), -EINVAL);
}

static int parse_remote(struct kunit *test, u32 nr, u32 total, struct srpt_data *data)
{
	struct iu iu = start(test, 0x20, 0);

	start_table(&iu, nr * 16, total, 1);
	put_unaligned_be64(0x123456789abcULL, (void *)iu.cmd + 48);
	put_unaligned_be32(0x5566, (void *)iu.cmd + 56);
	add_direct(&iu, 0, 0, 512);
	return srpt_parse_data(iu.cmd, iu.len, 0, data);
}

/* There are more descriptors than those in the IU. */
static void remote_table(struct kunit *test)
{
	struct srp_direct_buf descs[2] = {
		{ .len = cpu_to_be32(512) }, { .len = cpu_to_be32(100) },
	};
	struct srpt_data data;

	KUNIT_EXPECT_EQ(test, parse_remote(test, 2, 612, &data), 0);
	KUNIT_EXPECT_EQ(test, data.table_va, 0x123456789abcULL);
	KUNIT_EXPECT_EQ(test, data.table_key, 0x5566);
	KUNIT_EXPECT_EQ(test, data.table_len, 32);
	KUNIT_EXPECT_EQ(test, data.nr, 2);
	data.desc = descs;
	KUNIT_EXPECT_EQ(test, srpt_check_table(&data), 0);
	data.len++;
	KUNIT_EXPECT_EQ(test, srpt_check_table(&data), -EINVAL);

	KUNIT_EXPECT_EQ(test, parse_remote(test, SRPT_MAX_TABLE, SRPT_MAX_DATA, &data), 0);
	KUNIT_EXPECT_EQ(test, parse_remote(test, SRPT_MAX_TABLE + 1, 512, &data), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_remote(test, 2, 0, &data), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_remote(test, 2, SRPT_MAX_DATA + 1, &data), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_remote(test, 0x10000000, 512, &data), -EINVAL);
}

static void indirect_full(struct kunit *test)
{
	struct iu iu = start(test, 0x02, 252);
	struct srpt_data data;
	int i;

	start_table(&iu, 255 * 16, 255 * 4096, 255);
	for (i = 0; i < 255; i++)
		add_direct(&iu, i * 4096, i, 4096);
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, iu.len, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, data.dir, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, data.nr, 255);
	KUNIT_EXPECT_EQ(test, data.len, 255 * 4096);
}

struct table_case {
	const char *name;
	u32 bytes, total;
	u8 count;
	u32 lens[2];
	u32 cut;
	int err;
};

static const struct table_case tables[] = {
	{ "sums up", 32, 1024, 2, { 512, 512 }, 0, 0 },
	{ "total is short", 32, 1023, 2, { 512, 512 }, 0, -EINVAL },
	{ "total is long", 32, 1025, 2, { 512, 512 }, 0, -EINVAL },
	{ "sum overflows", 32, 0, 2, { 0xffffffff, 1 }, 0, -EINVAL },
	{ "too much", 32, SRPT_MAX_DATA + 1, 2, { SRPT_MAX_DATA, 1 }, 0, -EINVAL },
	{ "as much as can be", 32, SRPT_MAX_DATA, 2, { SRPT_MAX_DATA - 1, 1 }, 0, 0 },
	{ "nothing", 0, 0, 2, { 0, 0 }, 0, 0 },
	{ "no entries, but a total", 0, 512, 2, { 512, 0 }, 0, -EINVAL },
	{ "length is no multiple", 31, 1024, 2, { 512, 512 }, 0, -EINVAL },
	{ "table is cut off", 255 * 16, 1024, 255, { 512, 512 }, 0, -EINVAL },
	{ "length of 4 GiB", 0xfffffff0, 1024, 255, { 512, 512 }, 0, -EINVAL },
	{ "cut within the table", 32, 1024, 2, { 512, 512 }, 16, -EINVAL },
	{ "cut before the total", 0, 0, 2, { 0, 0 }, 36, -EINVAL },
};

static void describe(const struct table_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(table, tables, describe);

static void table(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	struct iu iu = start(test, 0x02, 0);
	struct srpt_data data;

	start_table(&iu, c->bytes, c->total, c->count);
	add_direct(&iu, 0, 0, c->lens[0]);
	add_direct(&iu, 0, 0, c->lens[1]);
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, iu.len - c->cut, 0, &data), c->err);
	if (!c->err && !c->total)
		KUNIT_EXPECT_EQ(test, data.dir, DMA_NONE);
}

/* Every byte of the format that is not one of six is refused. */
static void formats(struct kunit *test)
{
	static const u8 good[] = { 0x00, 0x01, 0x02, 0x10, 0x20, 0x30 };
	unsigned int fmt;

	for (fmt = 0; fmt < 256; fmt++) {
		struct iu iu = start(test, fmt, 0);
		struct srpt_data data;
		int err;

		/* Fits all formats: 16 bytes of table, 512 in all. */
		if (fmt == 0x30)
			add_be32(&iu, 16);
		else
			start_table(&iu, 16, 512, 1);
		add_direct(&iu, 0, 0, 512);
		iu.len = 512;
		err = srpt_parse_data(iu.cmd, iu.len, 68, &data);
		KUNIT_EXPECT_EQ_MSG(test, err, memchr(good, fmt, sizeof(good)) ? 0 : -EINVAL,
				    "format 0x%02x", fmt);
	}
}

static int parse_imm_len(struct kunit *test, u32 len, u32 iu_len, u32 offset, u8 add_cdb)
{
	struct iu iu = start(test, 0x30, add_cdb);
	struct srpt_data data;
	int err;

	add_be32(&iu, len);
	err = srpt_parse_data(iu.cmd, iu_len, offset, &data);
	if (!err && len) {
		KUNIT_EXPECT_PTR_EQ(test, data.imm, (void *)iu.cmd + offset);
		KUNIT_EXPECT_EQ(test, data.dir, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, data.len, len);
	}
	return err;
}

static void immediate(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 68 + 512, 68, 0), 0);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 68 + 513, 68, 0), 0);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 8192, 68 + 8192, 68, 0), 0);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 0, 68, 68, 0), 0);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 0, 67, 68, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 68 + 511, 68, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 0xffffffff, 8192, 68, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 0xffffffbc, 8192, 68, 0), -EINVAL);
	/* Not granted. */
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 8192, 0, 0), -EINVAL);
	/* The descriptor has to end before the data begins. */
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 8192, 68, 16), 0);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 8192, 68, 20), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 8192, 48, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse_imm_len(test, 512, 8192, 52, 0), 0);
}

/* A CDB of variable length says how long it is, and has to be there. */
static void long_cdb(struct kunit *test)
{
	struct iu iu = start(test, 0x00, 252);
	struct srpt_data data;

	iu.cmd->cdb[0] = 0x7f;
	iu.cmd->cdb[7] = 252;
	KUNIT_EXPECT_EQ(test, srpt_cdb_len(iu.cmd), 260);
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 300, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 299, 0, &data), -EINVAL);
	iu.cmd->cdb[7] = 255;
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 300, 0, &data), 0);
	iu.cmd->add_cdb_len = 4;
	iu.cmd->cdb[7] = 12;
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 300, 0, &data), 0);
	iu.cmd->cdb[7] = 13;
	KUNIT_EXPECT_EQ(test, srpt_parse_data(iu.cmd, 300, 0, &data), -EINVAL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(none),
	KUNIT_CASE(direct),
	KUNIT_CASE(direct_lengths),
	KUNIT_CASE(indirect),
	KUNIT_CASE(remote_table),
	KUNIT_CASE(indirect_full),
	KUNIT_CASE_PARAM(table, table_gen_params),
	KUNIT_CASE(formats),
	KUNIT_CASE(immediate),
	KUNIT_CASE(long_cdb),
	{}
};

struct kunit_suite srpt_data_suite = {
	.name = "ib_srpt-data",
	.test_cases = cases,
};
