// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a command: one list for the core, whatever the pieces of the
 * initiator's memory are like, and lists of the same pages for these.
 */
#include "../../../srpt/desc.c"
#include "compat/kunit.h"
#include "suites.h"

int srpt_fetch_table(struct srpt_send_ioctx *ioctx, u64 va, u32 key, u32 len)
{
	return -ENOMEM;
}

/* A command and its request. */
struct fixture {
	struct srpt_rdma_ch ch;
	struct srpt_recv_ioctx recv;
	struct srpt_send_ioctx ioctx;
	enum dma_data_direction dir;
	struct scatterlist *sg;
	unsigned int sg_cnt;
	u64 len;
};

static struct fixture *make(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	f->ioctx.ch = &f->ch;
	f->ioctx.recv_ioctx = &f->recv;
	return f;
}

/* READ(10) into pieces of these lengths. */
static struct fixture *divide(struct kunit *test, const u32 *len, u8 nr)
{
	u32 bytes = sizeof(struct srp_cmd) + sizeof(struct srp_indirect_buf) +
		    nr * sizeof(struct srp_direct_buf);
	struct srp_cmd *cmd = kunit_kzalloc(test, bytes, GFP_KERNEL);
	struct srp_indirect_buf *buf = (void *)(cmd + 1);
	struct fixture *f = make(test);
	u32 total = 0;
	int err;
	u8 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cmd);
	cmd->opcode = SRP_CMD;
	cmd->buf_fmt = SRP_DATA_DESC_INDIRECT;
	cmd->data_in_desc_cnt = nr;
	cmd->cdb[0] = READ_10;
	for (i = 0; i < nr; i++) {
		put_unaligned_be64(0x1000000ULL * i, &buf->desc_list[i].va);
		put_unaligned_be32(i, &buf->desc_list[i].key);
		put_unaligned_be32(len[i], &buf->desc_list[i].len);
		total += len[i];
	}
	put_unaligned_be32(nr * sizeof(struct srp_direct_buf), &buf->table_desc.len);
	put_unaligned_be32(total, &buf->len);

	f->recv.byte_len = bytes;
	err = srpt_get_desc_tbl(&f->ioctx, cmd, &f->dir, &f->sg, &f->sg_cnt, &f->len);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, f->dir, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, f->len, total);
	return f;
}

/* All entries but the last end where a page does, which is where blocks do. */
static void expect_pages(struct kunit *test, const struct fixture *f)
{
	struct scatterlist *sg;
	u64 left = f->len;
	unsigned int i;

	for_each_sg(f->sg, sg, f->sg_cnt, i) {
		KUNIT_EXPECT_EQ(test, sg->offset, 0);
		KUNIT_EXPECT_EQ(test, sg->length, min_t(u64, left, PAGE_SIZE));
		left -= sg->length;
	}
	KUNIT_EXPECT_EQ(test, left, 0);
}

/* The lists of the pieces, one after the other, are what the core has. */
static void expect_same(struct kunit *test, const struct fixture *f, const u32 *len)
{
	struct scatterlist *page = f->sg, *sg;
	unsigned int at = 0;
	u32 i, left;

	for (i = 0; i < f->ioctx.n_rw_ctx; i++) {
		left = len[i];
		KUNIT_EXPECT_EQ(test, f->ioctx.rw_ctxs[i].len, left);
		KUNIT_EXPECT_EQ(test, f->ioctx.rw_ctxs[i].rkey, i);
		for (sg = f->ioctx.rw_ctxs[i].sg; sg; sg = sg_next(sg)) {
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
			KUNIT_EXPECT_PTR_EQ(test, sg_page(sg), sg_page(page));
			KUNIT_EXPECT_EQ(test, sg->offset, at);
			left -= sg->length;
			at += sg->length;
			if (at < page->length)
				continue;
			KUNIT_EXPECT_EQ(test, at, page->length);
			page = sg_next(page);
			at = 0;
		}
		KUNIT_EXPECT_EQ(test, left, 0);
	}
	KUNIT_EXPECT_PTR_EQ(test, page, NULL);
}

static void one_piece(struct kunit *test)
{
	static const u32 len[] = { 2 * PAGE_SIZE + 512 };
	struct fixture *f = divide(test, len, 1);

	KUNIT_EXPECT_EQ(test, f->ioctx.n_rw_ctx, 1);
	KUNIT_EXPECT_PTR_EQ(test, f->ioctx.rw_ctxs[0].sg, f->sg);
	expect_pages(test, f);
	srpt_put_desc_tbl(&f->ioctx);
}

static void pieces(struct kunit *test)
{
	static const u32 lens[][4] = {
		{ 100, 412, 1, 511 },
		{ 512, 1024, 4096, 512 },
		{ PAGE_SIZE - 1, 1, PAGE_SIZE, 1 },
		{ 1, PAGE_SIZE, 3 * PAGE_SIZE, PAGE_SIZE - 1 },
		{ 3 * PAGE_SIZE + 7, PAGE_SIZE - 7, PAGE_SIZE + 1, 2 * PAGE_SIZE - 1 },
	};
	struct fixture *f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		f = divide(test, lens[i], 4);
		KUNIT_EXPECT_EQ(test, f->ioctx.n_rw_ctx, 4);
		expect_pages(test, f);
		expect_same(test, f, lens[i]);
		srpt_put_desc_tbl(&f->ioctx);
		KUNIT_EXPECT_EQ(test, f->ioctx.n_rw_ctx, 0);
	}
}

/* Pieces of no bytes are none. */
static void empty_pieces(struct kunit *test)
{
	static const u32 len[] = { 0, 100, 0, 0, 412, 0 };
	struct fixture *f = divide(test, len, 6);

	KUNIT_EXPECT_EQ(test, f->ioctx.n_rw_ctx, 2);
	KUNIT_EXPECT_EQ(test, f->ioctx.rw_ctxs[0].rkey, 1);
	KUNIT_EXPECT_EQ(test, f->ioctx.rw_ctxs[1].rkey, 4);
	KUNIT_EXPECT_EQ(test, f->ioctx.rw_ctxs[1].sg->offset, 100);
	expect_pages(test, f);
	srpt_put_desc_tbl(&f->ioctx);
}

/* Immediate data: @len bytes, @at bytes into a page. */
static void expect_imm(struct kunit *test, u8 *buf, u32 at, u32 len)
{
	const u32 offset = sizeof(struct srp_cmd) + sizeof(struct srp_imm_buf);
	struct srp_cmd *cmd = (void *)(buf + at - offset);
	struct fixture *f = make(test);
	struct scatterlist *sg;
	u32 done = 0;
	int i;

	memset(cmd, 0, offset);
	cmd->opcode = SRP_CMD;
	cmd->buf_fmt = SRP_DATA_DESC_IMM << 4;
	cmd->cdb[0] = WRITE_10;
	put_unaligned_be32(len, cmd + 1);
	f->ch.imm_data_offset = offset;
	f->recv.byte_len = offset + len;
	KUNIT_ASSERT_EQ(test, 0, srpt_get_desc_tbl(&f->ioctx, cmd, &f->dir, &f->sg,
						   &f->sg_cnt, &f->len));
	KUNIT_EXPECT_EQ(test, f->dir, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, f->ioctx.n_rw_ctx, 0);
	for_each_sg(f->sg, sg, f->sg_cnt, i) {
		KUNIT_EXPECT_PTR_EQ(test, sg_virt(sg), (void *)buf + at + done);
		KUNIT_EXPECT_LE(test, sg->offset + sg->length, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, sg_is_last(sg), i == f->sg_cnt - 1);
		done += sg->length;
	}
	KUNIT_EXPECT_EQ(test, done, len);
	srpt_put_desc_tbl(&f->ioctx);
}

static void immediate(struct kunit *test)
{
	const unsigned int order = get_order(8 * PAGE_SIZE);
	u8 *buf = (u8 *)__get_free_pages(GFP_KERNEL, order);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	expect_imm(test, buf, 512, 512);
	expect_imm(test, buf, PAGE_SIZE - 512, 512);
	expect_imm(test, buf, PAGE_SIZE - 512, 1024);
	expect_imm(test, buf, PAGE_SIZE, PAGE_SIZE);
	expect_imm(test, buf, 512, SRPT_MAX_IMM_SIZE);
	expect_imm(test, buf, PAGE_SIZE - 512, SRPT_MAX_IMM_SIZE);
	/* Who has set srp_max_req_size may send more. */
	expect_imm(test, buf, PAGE_SIZE - 512, 7 * PAGE_SIZE);
	free_pages((unsigned long)buf, order);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_piece),
	KUNIT_CASE(pieces),
	KUNIT_CASE(empty_pieces),
	KUNIT_CASE(immediate),
	{}
};

struct kunit_suite srpt_desc_suite = {
	.name = "ib_srpt-desc",
	.test_cases = cases,
};
