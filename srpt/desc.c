// SPDX-License-Identifier: GPL-2.0
/*
 * Where the data of a command is, on both sides. An initiator with many
 * descriptors may leave them in its own memory; they are fetched then.
 *
 * The core works with one list of pages for the whole command, as block devices
 * want it, wherever the pieces of the initiator's memory end. If there are more of
 * them than one, each has a list of its own beside it, of its part of these pages.
 * Immediate data needs no pages: it is in the request already, aligned as block
 * devices want it.
 */

#include <linux/slab.h>
#include <linux/unaligned.h>
#include "iu.h"
#include "srpt.h"

/* Descriptors that describe something. */
static u32 count_used(const struct srpt_data *data)
{
	u32 i, nr = 0;

	for (i = 0; i < data->nr; i++)
		nr += get_unaligned_be32(&data->desc[i].len) != 0;
	return nr;
}

/*
 * The next @len bytes of @pages, which start @offset bytes into its first entry, as
 * a list of their own.
 *
 * Return: entries of that list.
 */
static unsigned int alias(struct scatterlist *list, struct scatterlist **pages,
			  unsigned int *offset, u32 len)
{
	unsigned int nents = 0, part;

	while (len) {
		part = min(len, (*pages)->length - *offset);
		sg_set_page(&list[nents++], sg_page(*pages), part, (*pages)->offset + *offset);
		len -= part;
		*offset += part;
		if (*offset == (*pages)->length) {
			*pages = sg_next(*pages);
			*offset = 0;
		}
	}
	sg_mark_end(&list[nents - 1]);
	return nents;
}

/* Fill in contexts of @nr descriptors. */
static void fill_rw_ctxs(struct srpt_send_ioctx *ioctx, const struct srpt_data *data, u32 nr)
{
	struct scatterlist *pages = ioctx->sg, *list = ioctx->alias_sg;
	const struct srp_direct_buf *desc = data->desc;
	struct srpt_rw_ctx *ctx = ioctx->rw_ctxs;
	unsigned int offset = 0;

	for (; nr; nr--, ctx++, desc++) {
		while (!get_unaligned_be32(&desc->len))
			desc++;
		ctx->raddr = get_unaligned_be64(&desc->va);
		ctx->rkey = get_unaligned_be32(&desc->key);
		ctx->len = get_unaligned_be32(&desc->len);
		ctx->mapped_nents = 0;
		ctx->sg = list ?: pages;
		if (list)
			list += alias(list, &pages, &offset, ctx->len);
	}
}

/* Room for data that has to be moved. srpt_put_desc_tbl() undoes it, even if it fails. */
static int alloc_rw_ctxs(struct srpt_send_ioctx *ioctx, const struct srpt_data *data)
{
	u32 nr = count_used(data), nents;
	int err;

	err = target_alloc_sgl(&ioctx->sg, &ioctx->sg_cnt, data->len, false, false);
	if (err)
		return err;
	ioctx->rw_ctxs = &ioctx->s_rw_ctx;
	if (nr > 1) {
		/* Where a piece ends, it may end in the middle of a page. */
		nents = ioctx->sg_cnt + nr - 1;
		ioctx->rw_ctxs = kvcalloc(nr, sizeof(*ioctx->rw_ctxs), GFP_KERNEL);
		ioctx->alias_sg = kvmalloc_array(nents, sizeof(*ioctx->alias_sg), GFP_KERNEL);
		if (!ioctx->rw_ctxs || !ioctx->alias_sg)
			return -ENOMEM;
		sg_init_table(ioctx->alias_sg, nents);
	}
	fill_rw_ctxs(ioctx, data, nr);
	ioctx->n_rw_ctx = nr;
	return 0;
}

/* Use the descriptors that have been fetched, or fetch them. */
static int get_table(struct srpt_send_ioctx *ioctx, struct srpt_data *data)
{
	int err;

	if (ioctx->table) {
		data->desc = ioctx->table;
		return srpt_check_table(data);
	}
	err = srpt_fetch_table(ioctx, data->table_va, data->table_key, data->table_len);
	return err ?: -EINPROGRESS;
}

/*
 * The data in a request. Its buffer is contiguous, but not all backends (pscsi) take
 * an entry that goes beyond a page.
 */
static int list_imm(struct srpt_send_ioctx *ioctx, const struct srpt_data *data,
		    struct scatterlist **sg, unsigned int *sg_cnt)
{
	unsigned int nents = DIV_ROUND_UP(offset_in_page(data->imm) + data->len, PAGE_SIZE);
	struct scatterlist *list = ioctx->imm_sg;
	u32 at, len;

	if (nents > ARRAY_SIZE(ioctx->imm_sg)) {
		ioctx->alias_sg = kvmalloc_array(nents, sizeof(*list), GFP_KERNEL);
		if (!ioctx->alias_sg)
			return -ENOMEM;
		list = ioctx->alias_sg;
	}
	*sg = list;
	*sg_cnt = nents;
	sg_init_table(list, nents);
	for (at = 0; at < data->len; at += len) {
		len = min_t(u32, PAGE_SIZE - offset_in_page(data->imm + at), data->len - at);
		sg_set_buf(list++, data->imm + at, len);
	}
	return 0;
}

/**
 * srpt_get_desc_tbl - find the data of a command, and room for it
 * @ioctx: the command
 * @srp_cmd: the request, in the buffer of @ioctx->recv_ioctx
 * @dir: the way that the data goes, as the core sees it
 * @sg: memory for it, which nobody has cleared; or %NULL
 * @sg_cnt: entries of @sg
 * @data_len: bytes
 *
 * Context: sleeps.
 * Return: 0; -EINVAL for a command that contradicts itself; -EINPROGRESS if its
 *	descriptors have to be fetched first, and srpt_execute_cmd() will come
 *	again; -ENOMEM or another error that may pass.
 */
int srpt_get_desc_tbl(struct srpt_send_ioctx *ioctx, struct srp_cmd *srp_cmd,
		      enum dma_data_direction *dir, struct scatterlist **sg,
		      unsigned int *sg_cnt, u64 *data_len)
{
	struct srpt_data data;
	int err;

	err = srpt_parse_data(srp_cmd, ioctx->recv_ioctx->byte_len, ioctx->ch->imm_data_offset,
			      &data);
	if (!err && data.table_len)
		err = get_table(ioctx, &data);
	if (err)
		return err;

	*dir = data.dir;
	*data_len = data.len;
	*sg = NULL;
	*sg_cnt = 0;
	if (!data.len)
		return 0;
	if (data.imm)
		return list_imm(ioctx, &data, sg, sg_cnt);

	err = alloc_rw_ctxs(ioctx, &data);
	*sg = ioctx->sg;
	*sg_cnt = ioctx->sg_cnt;
	return err;
}

/**
 * srpt_put_desc_tbl - undo srpt_get_desc_tbl()
 * @ioctx: the command, whose data is not mapped any more
 *
 * Context: process context.
 */
void srpt_put_desc_tbl(struct srpt_send_ioctx *ioctx)
{
	if (ioctx->sg)
		target_free_sgl(ioctx->sg, ioctx->sg_cnt);
	ioctx->sg = NULL;
	kvfree(ioctx->alias_sg);
	ioctx->alias_sg = NULL;
	if (ioctx->rw_ctxs != &ioctx->s_rw_ctx)
		kvfree(ioctx->rw_ctxs);
	ioctx->rw_ctxs = NULL;
	ioctx->n_rw_ctx = 0;
}
