// SPDX-License-Identifier: GPL-2.0
/*
 * Responses.
 *
 * The data of a read and the response to it are posted together, in that order;
 * only the response's completion is asked for, and comes after the data has
 * arrived. There is always room for a response in the send queue (qp.c), so only
 * data may have to wait. A response counts as sent when its work request is
 * over, however that ends; if the channel has ended before, at once.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include "iu.h"
#include "srpt.h"

/* ASC and ASCQ: invalid field in command information unit */
#define ASC_INVALID_FIELD_IN_IU		0x0e
#define ASCQ_INVALID_FIELD_IN_IU	0x03

static void post(struct srpt_send_ioctx *ioctx, u32 len, bool data)
{
	struct srpt_rdma_ch *ch = ioctx->ch;
	struct srpt_device *sdev = ch->sport->sdev;
	struct ib_sge sge = {
		.addr = ioctx->ioctx.dma,
		.length = len,
		.lkey = sdev->pd->local_dma_lkey,
	};
	struct ib_send_wr wr = {
		.wr_cqe = &ioctx->ioctx.cqe,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED,
	};

	ib_dma_sync_single_for_device(sdev->device, ioctx->ioctx.dma, ch->max_rsp_size,
				      DMA_TO_DEVICE);
	ioctx->ioctx.cqe.done = srpt_send_done;
	if (ib_post_send(ch->qp, data ? srpt_rdma_write_wrs(ioctx, &wr) : &wr, NULL))
		srpt_post_failed(ioctx);
}

/* The buffer is the CPU's until it is posted. */
static void own_buffer(struct srpt_send_ioctx *ioctx)
{
	struct srpt_rdma_ch *ch = ioctx->ch;

	ib_dma_sync_single_for_cpu(ch->sport->sdev->device, ioctx->ioctx.dma, ch->max_rsp_size,
				   DMA_TO_DEVICE);
}

static void send_cmd_rsp(struct srpt_send_ioctx *ioctx, u8 status, bool data)
{
	int len;

	srpt_set_cmd_state(ioctx, SRPT_STATE_CMD_RSP_SENT);
	own_buffer(ioctx);
	len = srpt_build_cmd_rsp(ioctx->ch, ioctx, ioctx->cmd.tag, status);
	post(ioctx, len, data);
}

static void send_tm_rsp(struct srpt_send_ioctx *ioctx, u8 rsp_code)
{
	int len;

	srpt_set_cmd_state(ioctx, SRPT_STATE_MGMT_RSP_SENT);
	own_buffer(ioctx);
	len = srpt_build_tskmgmt_rsp(ioctx->ch, ioctx, rsp_code, ioctx->cmd.tag);
	post(ioctx, len, false);
}

/* Does data go with this response? */
static bool has_data(const struct srpt_send_ioctx *ioctx)
{
	return !ioctx->status_only && ioctx->n_rw_ctx && ioctx->cmd.data_length &&
	       ioctx->cmd.data_direction == DMA_FROM_DEVICE;
}

/**
 * srpt_send_response - send a response
 * @ioctx: the command; if there is room in the send queue for data of it, that goes
 *	first
 *
 * Context: sleeps.
 */
void srpt_send_response(struct srpt_send_ioctx *ioctx)
{
	struct se_cmd *cmd = &ioctx->cmd;

	if (cmd->se_cmd_flags & SCF_SCSI_TMR_CDB)
		send_tm_rsp(ioctx, srpt_tm_rsp_code(cmd->se_tmr_req->response));
	else
		send_cmd_rsp(ioctx, cmd->scsi_status, ioctx->n_sq);
}

/**
 * srpt_drop_response - there is nobody any more to send a response to
 * @ioctx: the command, whose channel is in state %CH_DISCONNECTED
 *
 * Context: process context.
 */
void srpt_drop_response(struct srpt_send_ioctx *ioctx)
{
	srpt_set_cmd_state(ioctx, SRPT_STATE_CMD_RSP_SENT);
	srpt_finish_cmd(ioctx);
}

/**
 * srpt_queue_response - answer a command, or a task management function
 * @cmd: the command
 *
 * Who is told that a command is over, has its data already: a function waits for
 * the data that does.
 *
 * Context: sleeps, but not for the initiator.
 */
void srpt_queue_response(struct se_cmd *cmd)
{
	struct srpt_send_ioctx *ioctx = container_of(cmd, struct srpt_send_ioctx, cmd);

	if (srpt_ch_state(ioctx->ch) == CH_DISCONNECTED)
		srpt_drop_response(ioctx);
	else if (cmd->se_cmd_flags & SCF_SCSI_TMR_CDB || has_data(ioctx))
		srpt_rdma_go(ioctx, srpt_rdma_start(ioctx));
	else
		srpt_send_response(ioctx);
}

/**
 * srpt_reject_cmd - answer a command that the core does not get
 * @ioctx: the command, with its tag
 * @err: why; -EINVAL is the initiator's fault, anything else may pass
 *
 * Context: the completion handler.
 */
void srpt_reject_cmd(struct srpt_send_ioctx *ioctx, int err)
{
	u8 status = SAM_STAT_BUSY;

	ioctx->local = true;
	ioctx->status_only = true;
	ioctx->cmd.se_cmd_flags = 0;
	ioctx->cmd.scsi_sense_length = 0;
	if (err == -EINVAL) {
		status = SAM_STAT_CHECK_CONDITION;
		scsi_build_sense_buffer(0, ioctx->sense_data, ILLEGAL_REQUEST,
					ASC_INVALID_FIELD_IN_IU, ASCQ_INVALID_FIELD_IN_IU);
		ioctx->cmd.scsi_sense_length = TRANSPORT_SENSE_BUFFER;
		pr_debug("%s: command %#llx contradicts itself\n", ioctx->ch->sess_name,
			 ioctx->cmd.tag);
	}
	send_cmd_rsp(ioctx, status, false);
}

/**
 * srpt_reject_tm - answer a task management function that the core does not get
 * @ioctx: the function, with its tag
 *
 * Context: the completion handler.
 */
void srpt_reject_tm(struct srpt_send_ioctx *ioctx)
{
	ioctx->local = true;
	send_tm_rsp(ioctx, SRPT_TM_FAILED);
}

/**
 * srpt_send_done - a response has been sent
 * @cq: not used
 * @wc: how it completed
 *
 * Context: the completion handler.
 */
void srpt_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct srpt_send_ioctx *ioctx =
		container_of(wc->wr_cqe, struct srpt_send_ioctx, ioctx.cqe);
	struct srpt_rdma_ch *ch = ioctx->ch;

	if (wc->status != IB_WC_SUCCESS && srpt_ch_is_open(ch)) {
		pr_info("%s: sending a response failed: %s\n", ch->sess_name,
			ib_wc_status_msg(wc->status));
		srpt_close_ch(ch);
	}
	/* The channel stays until this handler has returned. */
	srpt_finish_cmd(ioctx);
	srpt_process_wait_list(ch);
}
