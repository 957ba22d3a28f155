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
 * Only so many work requests fit into the send queue, and only so many memory
 * regions go with it. Transfers that have to wait form a line and hold nothing;
 * whenever one that is under way ends, the first ones are tried again, and nobody
 * gets past them. (The core would try again, too, but without a pause; and it forgets
 * a write that has been aborted in the meantime.)
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include "srpt.h"

/* Until there is memory. */
#define RETRY_DELAY	(HZ / 10)

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

/* No transfer of a command is under way. */
static void unmap(struct srpt_send_ioctx *ioctx)
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

/*
 * Prepare the transfer of a command's data.
 *
 * Return: 0; -ENOMEM or -EAGAIN if it may work later; -EMSGSIZE if it never will;
 *	another error of the device.
 */
static int map(struct srpt_send_ioctx *ioctx)
{
	u32 left = ioctx->cmd.data_length, len, i;
	int ret;

	for (i = 0; i < ioctx->n_rw_ctx && left; i++) {
		len = min(left, ioctx->rw_ctxs[i].len);
		ret = map_one(ioctx, &ioctx->rw_ctxs[i], len);
		if (ret < 0)
			goto undo;
		ioctx->n_rdma += ret;
		left -= len;
	}
	ret = -EMSGSIZE;
	if (ioctx->n_rdma > ioctx->ch->sq_wr_max)
		goto undo;
	return 0;

undo:
	unmap(ioctx);
	return ret;
}

/* Map the data, and take room in the send queue. Return: as map(). */
static int prepare(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	int err;

	err = map(ioctx);
	if (err)
		return err;

	spin_lock_irq(&ch->lock);
	if (ioctx->n_rdma <= ch->sq_wr_avail) {
		ioctx->n_sq = ioctx->n_rdma;
		ch->sq_wr_avail -= ioctx->n_sq;
	} else {
		err = -EAGAIN;
	}
	spin_unlock_irq(&ch->lock);
	if (err)
		unmap(ioctx);
	return err;
}

static bool may_pass(int err)
{
	return err == -EAGAIN || err == -ENOMEM;
}

/* Try the first one in the line again, if there is one. */
static void kick(struct srpt_rdma_ch *ch, unsigned long delay)
{
	lockdep_assert_held(&ch->lock);

	if (!list_empty(&ch->waiting))
		mod_delayed_work(srpt_wq, &ch->rdma_work, delay);
}

static int try_now(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	bool first;
	int err;

	spin_lock_irq(&ch->lock);
	first = list_empty(&ch->waiting);
	ch->nr_transfers += first;
	spin_unlock_irq(&ch->lock);
	if (!first)
		return -EAGAIN;

	err = prepare(ioctx);
	if (err || !ioctx->n_sq) {
		spin_lock_irq(&ch->lock);
		ch->nr_transfers--;
		kick(ch, 0);
		spin_unlock_irq(&ch->lock);
	}
	return err;
}

/**
 * srpt_rdma_start - start a transfer, or let it wait for its turn
 * @ioctx: the command
 *
 * Without data, a response does not go out before those that wait.
 *
 * Context: sleeps.
 * Return: 0, and room in the send queue has been taken; -EINPROGRESS if it waits, and
 *	its turn is srpt_rdma_retry()'s business; -ENOTCONN if the channel has ended;
 *	another error if it will never work.
 */
int srpt_rdma_start(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	int err;

	err = try_now(ioctx);
	if (!may_pass(err))
		return err;

	spin_lock_irq(&ch->lock);
	if (ch->state == CH_DISCONNECTED) {
		err = -ENOTCONN;
	} else {
		err = -EINPROGRESS;
		list_add_tail(&ioctx->waiting, &ch->waiting);
		/* What it waits for may have ended before it was in the line. */
		if (list_is_singular(&ch->waiting))
			kick(ch, 0);
	}
	spin_unlock_irq(&ch->lock);
	return err;
}

/**
 * srpt_rdma_give_back - a transfer has ended
 * @ioctx: the command; nothing happens if it has none
 *
 * Context: process context.
 */
void srpt_rdma_give_back(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;

	if (!ioctx->n_sq)
		return;

	unmap(ioctx);
	spin_lock_irq(&ch->lock);
	ch->sq_wr_avail += ioctx->n_sq;
	ch->nr_transfers--;
	kick(ch, 0);
	spin_unlock_irq(&ch->lock);
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

static void post_read(struct srpt_send_ioctx *ioctx)
{
	ioctx->rdma_cqe.done = srpt_rdma_read_done;
	if (ib_post_send(ioctx->ch->qp, chain(ioctx, &ioctx->rdma_cqe, NULL), NULL))
		srpt_post_failed(ioctx);
}

/* A transfer does not take place, and never will. */
static void fail(struct srpt_send_ioctx *ioctx)
{
	struct se_cmd *cmd = &ioctx->cmd;

	if (srpt_test_and_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA, SRPT_STATE_DATA_IN))
		transport_generic_request_failure(cmd, TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE);
	else
		transport_send_check_condition_and_sense(cmd,
							 TCM_LOGICAL_UNIT_COMMUNICATION_FAILURE,
							 0);
}

/**
 * srpt_rdma_go - what follows srpt_rdma_start()
 * @ioctx: the command
 * @err: what that has returned
 *
 * Context: sleeps.
 */
void srpt_rdma_go(struct srpt_send_ioctx *ioctx, int err)
{
	bool read;

	/* It may be over by now. */
	if (err == -EINPROGRESS)
		return;

	read = srpt_get_cmd_state(ioctx) == SRPT_STATE_NEED_DATA;
	switch (err) {
	case 0:
		if (read)
			post_read(ioctx);
		else
			srpt_send_response(ioctx);
		break;
	case -ENOTCONN:
		if (read)
			srpt_abort_cmd(ioctx);
		else
			srpt_drop_response(ioctx);
		break;
	default:
		fail(ioctx);
		break;
	}
}

/**
 * srpt_rdma_read - fetch the data of a write
 * @ioctx: the command
 *
 * It goes on in srpt_rdma_read_done(), or is failed.
 *
 * Context: sleeps.
 */
void srpt_rdma_read(struct srpt_send_ioctx *ioctx)
{
	srpt_set_cmd_state(ioctx, SRPT_STATE_NEED_DATA);
	if (srpt_ch_state(ioctx->ch) == CH_DISCONNECTED)
		srpt_abort_cmd(ioctx);
	else
		srpt_rdma_go(ioctx, srpt_rdma_start(ioctx));
}

/* Return: whether the first one has left the line, one way or the other. */
static bool retry_first(struct srpt_rdma_ch *ch)
{
	struct srpt_send_ioctx *ioctx;
	bool alone;
	int err;

	spin_lock_irq(&ch->lock);
	ioctx = list_first_entry_or_null(&ch->waiting, struct srpt_send_ioctx, waiting);
	alone = !ch->nr_transfers;
	ch->nr_transfers += !!ioctx;
	spin_unlock_irq(&ch->lock);
	if (!ioctx)
		return false;

	err = prepare(ioctx);
	/* As long as somebody waits, nobody else tries. So it has had all there is. */
	if (err == -EAGAIN && alone)
		err = -EMSGSIZE;

	spin_lock_irq(&ch->lock);
	if (err || !ioctx->n_sq)
		ch->nr_transfers--;
	if (!may_pass(err))
		list_del_init(&ioctx->waiting);
	else if (err == -ENOMEM)
		kick(ch, RETRY_DELAY);
	spin_unlock_irq(&ch->lock);
	if (may_pass(err))
		return false;

	srpt_rdma_go(ioctx, err);
	return true;
}

/**
 * srpt_rdma_retry - try again what waits
 * @work: of a channel
 *
 * Context: process context.
 */
void srpt_rdma_retry(struct work_struct *work)
{
	struct srpt_rdma_ch *ch = container_of(to_delayed_work(work), struct srpt_rdma_ch,
					       rdma_work);

	while (retry_first(ch))
		;
}

/**
 * srpt_finish_waiting - end the transfers that wait
 * @ch: the channel, in state %CH_DISCONNECTED
 *
 * Context: process context.
 */
void srpt_finish_waiting(struct srpt_rdma_ch *ch)
{
	struct srpt_send_ioctx *ioctx;
	LIST_HEAD(waiting);

	spin_lock_irq(&ch->lock);
	list_splice_init(&ch->waiting, &waiting);
	spin_unlock_irq(&ch->lock);
	/* It may be trying the first of them. From now on there is none. */
	cancel_delayed_work_sync(&ch->rdma_work);

	while (!list_empty(&waiting)) {
		ioctx = list_first_entry(&waiting, struct srpt_send_ioctx, waiting);
		list_del_init(&ioctx->waiting);
		srpt_rdma_go(ioctx, -ENOTCONN);
	}
}

/* The descriptors of a command are here, or never will be. */
static void table_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct srpt_send_ioctx *ioctx =
		container_of(wc->wr_cqe, struct srpt_send_ioctx, rdma_cqe);
	struct srpt_rdma_ch *ch = ioctx->ch;

	ch->nr_fetching--;
	srpt_rdma_give_back(ioctx);
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

	/* It could wait, but the initiator can as well. */
	err = try_now(ioctx);
	if (err) {
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
