// SPDX-License-Identifier: GPL-2.0
/*
 * Task management functions. The core executes them; what it is asked to abort
 * ends like other commands, only without a response (srpt_aborted_task()).
 */

#include "iu.h"
#include "srpt.h"

/**
 * srpt_handle_tsk_mgmt - execute a task management function
 * @ch: the channel
 * @recv_ioctx: the request; its buffer is posted again here
 * @send_ioctx: a tag for it
 *
 * Section 6.7 of SRP r16a.
 *
 * Context: the completion handler.
 */
void srpt_handle_tsk_mgmt(struct srpt_rdma_ch *ch,
			  struct srpt_recv_ioctx *recv_ioctx,
			  struct srpt_send_ioctx *send_ioctx)
{
	const struct srp_tsk_mgmt *req = recv_ioctx->ioctx.buf + recv_ioctx->ioctx.offset;
	struct se_cmd *cmd = &send_ioctx->cmd;
	u64 task_tag;
	int err;

	memcpy(&task_tag, &req->task_tag, sizeof(task_tag));
	srpt_start_cmd(send_ioctx, srpt_iu_tag(req));
	srpt_set_cmd_state(send_ioctx, SRPT_STATE_MGMT);
	err = target_submit_tmr(cmd, ch->sess, NULL, scsilun_to_int((struct scsi_lun *)&req->lun),
				NULL, srpt_tm_function(req->tsk_mgmt_func), GFP_KERNEL, task_tag,
				TARGET_SCF_ACK_KREF);
	if (err)
		srpt_reject_tm(send_ioctx);
	srpt_return_recv(ch, recv_ioctx);
}
