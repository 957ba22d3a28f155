// SPDX-License-Identifier: GPL-2.0
/*
 * Moving data: RDMA READ for what initiators write, RDMA WRITE for what they
 * read.
 *
 * Memory is mapped when the transfer is about to start, not when the command
 * arrives: only then is it known how much of it there is (an INQUIRY may have
 * room for more than there is to say), and only then does a read's memory have
 * in it what is to be sent. It is unmapped before the core looks at what was
 * fetched.
 *
 * Only so many work requests fit into the send queue. Transfers that have to
 * wait are tried again by the core.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include "srpt.h"

/**
 * srpt_cut_sg - make a list of pages end after some bytes
 * @sg: the list
 * @len: those bytes; at least one, and no more than there are
 *
 * The pages behind that stay on the list, for those who count its entries as they
 * were.
 *
 * Context: any.
 * Return: entries that it has now.
 */
unsigned int srpt_cut_sg(struct scatterlist *sg, u32 len)
{
	unsigned int nents = 1;

	while (sg->length < len) {
		len -= sg->length;
		sg = sg_next(sg);
		nents++;
	}
	sg->length = len;
	return nents;
}

/* Return: work requests, or an error. */
static int map_one(struct srpt_send_ioctx *ioctx, struct srpt_rw_ctx *ctx, u32 len)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	unsigned int nents = srpt_cut_sg(ctx->sg, len);
	int ret;

	ret = rdma_rw_ctx_init(&ctx->rw, ch->qp, ch->sport->port, ctx->sg, nents, 0, ctx->raddr,
			       ctx->rkey, target_reverse_dma_direction(&ioctx->cmd));
	if (ret > 0)
		ctx->mapped_nents = nents;
	return ret;
}

/**
 * srpt_rdma_unmap - no transfer of a command is under way
 * @ioctx: the command
 *
 * Context: process context.
 */
void srpt_rdma_unmap(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	struct srpt_rw_ctx *ctx;
	u32 i;

	for (i = 0; i < ioctx->n_rw_ctx; i++) {
		ctx = &ioctx->rw_ctxs[i];
		if (!ctx->mapped_nents)
			continue;
		rdma_rw_ctx_destroy(&ctx->rw, ch->qp, ch->sport->port, ctx->sg,
				    ctx->mapped_nents,
				    target_reverse_dma_direction(&ioctx->cmd));
		ctx->mapped_nents = 0;
	}
	ioctx->n_rdma = 0;
}

/**
 * srpt_rdma_map - prepare the transfer of a command's data
 * @ioctx: the command; nothing happens if that has been done
 *
 * Context: sleeps.
 * Return: 0; -ENOMEM or -EAGAIN if it may work later; -EMSGSIZE if it never
 *	will; another error of the device.
 */
int srpt_rdma_map(struct srpt_send_ioctx *ioctx)
{
	u32 left = ioctx->cmd.data_length, len, i;
	int ret;

	if (ioctx->n_rdma)
		return 0;

	for (i = 0; i < ioctx->n_rw_ctx && left; i++) {
		len = min(left, ioctx->rw_ctxs[i].len);
		ret = map_one(ioctx, &ioctx->rw_ctxs[i], len);
		if (ret < 0)
			goto unmap;
		ioctx->n_rdma += ret;
		left -= len;
	}
	ret = -EMSGSIZE;
	if (ioctx->n_rdma > ioctx->ch->sq_wr_max)
		goto unmap;
	return 0;

unmap:
	srpt_rdma_unmap(ioctx);
	return ret;
}

/**
 * srpt_rdma_take - take room in the send queue for a transfer
 * @ioctx: the command, whose data is mapped
 *
 * Context: any.
 * Return: 0; -EAGAIN if there is none at present.
 */
int srpt_rdma_take(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;

	if (atomic_sub_return(ioctx->n_rdma, &ch->sq_wr_avail) < 0) {
		atomic_add(ioctx->n_rdma, &ch->sq_wr_avail);
		return -EAGAIN;
	}
	ioctx->n_sq = ioctx->n_rdma;
	return 0;
}

/**
 * srpt_rdma_give_back - a transfer has completed
 * @ioctx: the command
 *
 * Context: any.
 */
void srpt_rdma_give_back(struct srpt_send_ioctx *ioctx)
{
	atomic_add(ioctx->n_sq, &ioctx->ch->sq_wr_avail);
	ioctx->n_sq = 0;
}

/* Chains are built from their end. @cqe: its completion, if @last is %NULL. */
static struct ib_send_wr *chain(struct srpt_send_ioctx *ioctx, struct ib_cqe *cqe,
				struct ib_send_wr *last)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	u32 i;

	for (i = ioctx->n_rw_ctx; i--;) {
		if (!ioctx->rw_ctxs[i].mapped_nents)
			continue;
		last = rdma_rw_ctx_wrs(&ioctx->rw_ctxs[i].rw, ch->qp, ch->sport->port, cqe, last);
		cqe = NULL;
	}
	return last;
}

/**
 * srpt_rdma_write_wrs - work requests that store a read's data
 * @ioctx: the command; to be called once
 * @last: the work request that goes after them
 *
 * Context: any.
 * Return: the first of them.
 */
struct ib_send_wr *srpt_rdma_write_wrs(struct srpt_send_ioctx *ioctx,
				       struct ib_send_wr *last)
{
	return chain(ioctx, NULL, last);
}

/**
 * srpt_rdma_read_done - a write's data is here, or never will be
 * @cq: not used
 * @wc: how the last of the RDMA READs completed
 *
 * Context: the completion handler.
 */
void srpt_rdma_read_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct srpt_send_ioctx *ioctx =
		container_of(wc->wr_cqe, struct srpt_send_ioctx, rdma_cqe);
	struct srpt_rdma_ch *ch = ioctx->ch;

	srpt_rdma_give_back(ioctx);
	srpt_rdma_unmap(ioctx);
	if (wc->status != IB_WC_SUCCESS) {
		if (srpt_ch_is_open(ch)) {
			pr_info("%s: RDMA READ failed: %s\n", ch->sess_name,
				ib_wc_status_msg(wc->status));
			srpt_close_ch(ch);
		}
		srpt_abort_cmd(ioctx);
		return;
	}
	if (!WARN_ON_ONCE(!srpt_test_and_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA,
						       SRPT_STATE_DATA_IN)))
		target_execute_cmd(&ioctx->cmd);
}

/**
 * srpt_rdma_read - fetch the data of a write
 * @ioctx: the command
 *
 * It goes on in srpt_rdma_read_done(), or is failed from here.
 *
 * Context: sleeps.
 * Return: 0; -EAGAIN or -ENOMEM if the core is to try again; another error if it
 *	is to fail the command.
 */
int srpt_rdma_read(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	int err;

	srpt_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA);
	if (srpt_ch_state(ch) == CH_DISCONNECTED) {
		srpt_abort_cmd(ioctx);
		return 0;
	}

	err = srpt_rdma_map(ioctx);
	if (err)
		return err;
	err = srpt_rdma_take(ioctx);
	if (err)
		return err;

	ioctx->rdma_cqe.done = srpt_rdma_read_done;
	if (ib_post_send(ch->qp, chain(ioctx, &ioctx->rdma_cqe, NULL), NULL))
		srpt_post_failed(ioctx);
	return 0;
}

/* The descriptors of a command are here, or never will be. */
static void table_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct srpt_send_ioctx *ioctx =
		container_of(wc->wr_cqe, struct srpt_send_ioctx, rdma_cqe);
	struct srpt_rdma_ch *ch = ioctx->ch;

	ch->nr_fetching--;
	srpt_rdma_give_back(ioctx);
	srpt_rdma_unmap(ioctx);
	ioctx->n_rw_ctx = 0;
	if (wc->status != IB_WC_SUCCESS) {
		if (srpt_ch_is_open(ch)) {
			pr_info("%s: RDMA READ of descriptors failed: %s\n", ch->sess_name,
				ib_wc_status_msg(wc->status));
			srpt_close_ch(ch);
		}
		srpt_abort_cmd(ioctx);
		return;
	}
	ioctx->local = false;
	srpt_set_cmd_state(ioctx, SRPT_STATE_NEW);
	srpt_execute_cmd(ioctx);
	srpt_process_wait_list(ch);
}

/**
 * srpt_fetch_table - fetch the descriptors of a command
 * @ioctx: the command
 * @va: where they are
 * @key: the key to them
 * @len: their bytes
 *
 * Until they are here, in @ioctx->table, their memory takes the place of the
 * command's own; srpt_execute_cmd() comes next.
 *
 * Context: the completion handler.
 * Return: 0, or an error, and the command is to be rejected.
 */
int srpt_fetch_table(struct srpt_send_ioctx *ioctx, u64 va, u32 key, u32 len)
{
	struct srpt_rw_ctx *ctx = &ioctx->s_rw_ctx;
	int err;

	ioctx->table = kmalloc(len, GFP_KERNEL);
	if (!ioctx->table)
		return -ENOMEM;
	sg_init_one(&ioctx->table_sg, ioctx->table, len);
	*ctx = (struct srpt_rw_ctx) {
		.raddr = va, .rkey = key, .len = len, .sg = &ioctx->table_sg,
	};
	ioctx->rw_ctxs = ctx;
	ioctx->n_rw_ctx = 1;
	ioctx->cmd.data_direction = DMA_TO_DEVICE;
	ioctx->cmd.data_length = len;

	err = srpt_rdma_map(ioctx) ?: srpt_rdma_take(ioctx);
	if (err) {
		srpt_rdma_unmap(ioctx);
		ioctx->n_rw_ctx = 0;
		return err;
	}

	/* Should it not come to that, the channel ends, and nobody asks. */
	ioctx->ch->nr_fetching++;
	ioctx->local = true;
	srpt_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA);
	ioctx->rdma_cqe.done = table_done;
	if (ib_post_send(ioctx->ch->qp, chain(ioctx, &ioctx->rdma_cqe, NULL), NULL))
		srpt_post_failed(ioctx);
	return 0;
}
