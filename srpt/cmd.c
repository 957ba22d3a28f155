// SPDX-License-Identifier: GPL-2.0
/*
 * Commands, from the tag that they get to the tag that they return.
 *
 * What the core never hears of (commands that contradict themselves, or come
 * when the session ends) is answered from here and marked local: such a command
 * has one reference, its own response's.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include <target/target_core_backend.h>
#include "iu.h"
#include "srpt.h"

/**
 * srpt_get_send_ioctx - a tag for a command, and what belongs to it
 * @ch: the channel
 *
 * Context: the completion handler.
 * Return: it, in state %SRPT_STATE_NEW; or %NULL if all are taken.
 */
struct srpt_send_ioctx *srpt_get_send_ioctx(struct srpt_rdma_ch *ch)
{
	struct srpt_send_ioctx *ioctx;
	unsigned int cpu;
	int tag;

	tag = sbitmap_queue_get(&ch->sess->sess_tag_pool, &cpu);
	if (tag < 0)
		return NULL;

	ioctx = ch->ioctx_ring[tag];
	WARN_ON_ONCE(ioctx->ch != ch);
	atomic_set(&ioctx->state, SRPT_STATE_NEW);
	ioctx->recv_ioctx = NULL;
	ioctx->holds_recv = false;
	ioctx->local = false;
	ioctx->status_only = false;
	ioctx->n_rw_ctx = 0;
	ioctx->n_rdma = 0;
	ioctx->n_sq = 0;
	ioctx->rw_ctxs = NULL;
	ioctx->sg = NULL;
	ioctx->alias_sg = NULL;
	ioctx->table = NULL;
	memset(&ioctx->cmd, 0, sizeof(ioctx->cmd));
	memset(ioctx->sense_data, 0, sizeof(ioctx->sense_data));
	ioctx->cmd.map_tag = tag;
	ioctx->cmd.map_cpu = cpu;
	return ioctx;
}

/* The request had the data in it. */
static void return_recv_buf(struct srpt_send_ioctx *ioctx)
{
	if (!ioctx->holds_recv)
		return;
	ioctx->holds_recv = false;
	srpt_return_recv(ioctx->ch, ioctx->recv_ioctx);
}

/**
 * srpt_put_send_ioctx - a command is over
 * @ioctx: the command, which nobody refers to any more
 *
 * Context: process context.
 */
void srpt_put_send_ioctx(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;

	srpt_put_desc_tbl(ioctx);
	kfree(ioctx->table);
	return_recv_buf(ioctx);
	target_free_tag(ch->sess, &ioctx->cmd);

	/* Pairs with srpt_handle_new_iu(). */
	smp_mb();
	if (!list_empty_careful(&ch->cmd_wait_list) && srpt_ch_state(ch) == CH_LIVE)
		srpt_zerolength_write(ch);
}

/*
 * The core knows by now how much a command may return at most, and which backend
 * will do that. Some of them take the list of pages for the length.
 */
static void cut_pages(struct se_cmd *cmd)
{
	if (cmd->data_direction != DMA_FROM_DEVICE || !cmd->t_data_nents ||
	    !(cmd->se_cmd_flags & SCF_UNDERFLOW_BIT))
		return;
	cmd->t_data_nents = cmd->data_length ?
			    srpt_cut_sg(cmd->t_data_sg, cmd->data_length) : 0;
}

/*
 * Does the core write as much as it says? It does if it reads blocks itself, but what
 * becomes of a command that it hands on (pscsi), only the device knows.
 */
static bool fills_pages(const struct se_cmd *cmd)
{
	if (cmd->se_dev->transport_flags & TRANSPORT_FLAG_PASSTHROUGH)
		return false;
	switch (cmd->t_task_cdb[0]) {
	case READ_10:
	case READ_12:
	case READ_16:
		return true;
	default:
		return false;
	}
}

/* What is not written into the pages of a read must not go to the initiator. */
static void clear_pages(struct se_cmd *cmd)
{
	if (cmd->data_direction == DMA_FROM_DEVICE && cmd->t_data_nents && !fills_pages(cmd))
		sg_zero_buffer(cmd->t_data_sg, cmd->t_data_nents, cmd->data_length, 0);
}

/* Hand a command over to the core, or answer it. */
static void submit(struct srpt_send_ioctx *ioctx, struct srp_cmd *srp_cmd,
		   enum dma_data_direction dir, struct scatterlist *sg, unsigned int sg_cnt,
		   u64 data_len)
{
	struct se_cmd *cmd = &ioctx->cmd;
	int err;

	err = target_init_cmd(cmd, ioctx->ch->sess, ioctx->sense_data,
			      scsilun_to_int(&srp_cmd->lun), data_len,
			      srpt_task_attr(srp_cmd->task_attr), dir, TARGET_SCF_ACK_KREF);
	if (err) {
		srpt_reject_cmd(ioctx, err);
		return;
	}
	/* Should this fail, the core has answered. */
	err = target_submit_prep(cmd, srp_cmd->cdb, sg, sg_cnt, NULL, 0, NULL, 0, GFP_KERNEL);
	if (err)
		return;
	cut_pages(cmd);
	clear_pages(cmd);
	target_submit(cmd);
}

/**
 * srpt_execute_cmd - execute a command whose request is here
 * @ioctx: the command, which holds the buffer of its request
 *
 * Context: the completion handler.
 */
void srpt_execute_cmd(struct srpt_send_ioctx *ioctx)
{
	struct srpt_recv_ioctx *recv_ioctx = ioctx->recv_ioctx;
	struct srp_cmd *srp_cmd = recv_ioctx->ioctx.buf + recv_ioctx->ioctx.offset;
	bool imm = srp_cmd->buf_fmt >> 4 == SRP_DATA_DESC_IMM;
	struct srpt_rdma_ch *ch = ioctx->ch;
	enum dma_data_direction dir;
	struct scatterlist *sg;
	unsigned int sg_cnt;
	u64 data_len;
	int err;

	err = srpt_get_desc_tbl(ioctx, srp_cmd, &dir, &sg, &sg_cnt, &data_len);
	if (err == -EINPROGRESS)
		return;

	/* With data in it, the buffer goes with the command, which may end now. */
	ioctx->holds_recv = imm;
	if (err)
		srpt_reject_cmd(ioctx, err);
	else
		submit(ioctx, srp_cmd, dir, sg, sg_cnt, data_len);
	if (!imm)
		srpt_return_recv(ch, recv_ioctx);
}

/**
 * srpt_handle_cmd - execute a command
 * @ch: the channel
 * @recv_ioctx: the request; its buffer is posted again as soon as possible
 * @send_ioctx: a tag for it
 *
 * Context: the completion handler.
 */
void srpt_handle_cmd(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *recv_ioctx,
		     struct srpt_send_ioctx *send_ioctx)
{
	send_ioctx->recv_ioctx = recv_ioctx;
	send_ioctx->holds_recv = true;
	srpt_start_cmd(send_ioctx,
		       srpt_iu_tag(recv_ioctx->ioctx.buf + recv_ioctx->ioctx.offset));
	srpt_execute_cmd(send_ioctx);
}

/**
 * srpt_finish_cmd - a response is out of the way
 * @ioctx: its command
 *
 * It has been sent, or never will be.
 *
 * Context: process context.
 */
void srpt_finish_cmd(struct srpt_send_ioctx *ioctx)
{
	enum srpt_command_state was = srpt_set_cmd_state(ioctx, SRPT_STATE_DONE);

	WARN_ON_ONCE(was != SRPT_STATE_CMD_RSP_SENT && was != SRPT_STATE_MGMT_RSP_SENT);
	srpt_rdma_give_back(ioctx);
	if (ioctx->local)
		srpt_put_send_ioctx(ioctx);
	else
		transport_generic_free_cmd(&ioctx->cmd, 0);
}

/**
 * srpt_abort_cmd - a transfer of a command has failed
 * @ioctx: the command
 *
 * A command that waits for its data gets none; one whose response was under way
 * is over. Others will notice themselves.
 *
 * Context: process context.
 * Return: the state that it was in.
 */
int srpt_abort_cmd(struct srpt_send_ioctx *ioctx)
{
	enum srpt_command_state state = srpt_get_cmd_state(ioctx);

	switch (state) {
	case SRPT_STATE_NEED_DATA:
		if (ioctx->local) {
			/* Not even its descriptors. */
			srpt_set_cmd_state(ioctx, SRPT_STATE_DONE);
			srpt_put_send_ioctx(ioctx);
		} else if (srpt_test_and_set_cmd_state(ioctx, state, SRPT_STATE_DATA_IN)) {
			transport_generic_request_failure(&ioctx->cmd,
							  TCM_CHECK_CONDITION_ABORT_CMD);
		}
		break;
	case SRPT_STATE_CMD_RSP_SENT:
	case SRPT_STATE_MGMT_RSP_SENT:
		srpt_finish_cmd(ioctx);
		break;
	default:
		break;
	}
	return state;
}

static void abort_transfer(struct srpt_send_ioctx *ioctx)
{
	srpt_rdma_give_back(ioctx);
	srpt_abort_cmd(ioctx);
}

/**
 * srpt_post_failed - the device has not taken all work requests of a command
 * @ioctx: the command
 *
 * It may have taken some, so that the memory may still be in use. The command
 * ends when the queue pair has been drained.
 *
 * Context: process context.
 */
void srpt_post_failed(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	bool drained;

	/* As soon as the command is listed, the release work may end both. */
	srpt_get_ch(ch);
	spin_lock_irq(&ch->lock);
	drained = ch->state == CH_DISCONNECTED;
	if (!drained)
		list_add_tail(&ioctx->stuck, &ch->stuck);
	spin_unlock_irq(&ch->lock);

	if (drained)
		abort_transfer(ioctx);
	else
		srpt_close_ch(ch);
	srpt_put_ch(ch);
}

/**
 * srpt_finish_stuck - end the commands of srpt_post_failed()
 * @ch: the channel, in state %CH_DISCONNECTED
 *
 * Context: process context.
 */
void srpt_finish_stuck(struct srpt_rdma_ch *ch)
{
	struct srpt_send_ioctx *ioctx;
	LIST_HEAD(stuck);

	spin_lock_irq(&ch->lock);
	list_splice_init(&ch->stuck, &stuck);
	spin_unlock_irq(&ch->lock);

	while (!list_empty(&stuck)) {
		ioctx = list_first_entry(&stuck, struct srpt_send_ioctx, stuck);
		list_del_init(&ioctx->stuck);
		abort_transfer(ioctx);
	}
}
