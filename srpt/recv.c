// SPDX-License-Identifier: GPL-2.0
/*
 * What arrives.
 *
 * Everything here runs in the completion handler, which is one at a time for a
 * channel; so the list of what has to wait needs no lock. IUs wait while the
 * login is not known to have been answered (an IU may overtake that news), and
 * while all tags are taken: an initiator may use a credit as soon as it sees the
 * response, which can be before this side has seen that the response went out.
 * Task management waits as long as descriptors are being fetched: the core does not
 * know these commands yet, so it would say that they are gone. Whatever waits is
 * looked at again when a send or a fetch completes, and when srpt_put_send_ioctx()
 * frees a tag and finds somebody waiting.
 *
 * A buffer is posted again as soon as its IU has been dealt with, or when the
 * command is over that has its data in it. An initiator that sends what is no
 * IU, or sends without credit, is disconnected.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include "iu.h"
#include "srpt.h"

/**
 * srpt_post_recv - let the device receive into a buffer
 * @sdev: the device
 * @ch: the channel; %NULL, or one with an SRQ: into the SRQ
 * @ioctx: the buffer
 *
 * Context: any.
 * Return: 0 or an error of the device.
 */
int srpt_post_recv(struct srpt_device *sdev, struct srpt_rdma_ch *ch,
		   struct srpt_recv_ioctx *ioctx)
{
	struct ib_sge sge = {
		.addr = ioctx->ioctx.dma + ioctx->ioctx.offset,
		.length = srp_max_req_size,
		.lkey = sdev->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &ioctx->ioctx.cqe,
		.sg_list = &sge,
		.num_sge = 1,
	};

	ib_dma_sync_single_for_device(sdev->device, sge.addr, sge.length, DMA_FROM_DEVICE);
	ioctx->ioctx.cqe.done = srpt_recv_done;
	if (!ch || ch->use_srq)
		return ib_post_srq_recv(sdev->srq, &wr, NULL);
	return ib_post_recv(ch->qp, &wr, NULL);
}

/**
 * srpt_post_recv_ring - let the device receive into all buffers of a channel
 * @ch: the channel
 *
 * Context: any.
 * Return: 0 or an error of the device.
 */
int srpt_post_recv_ring(struct srpt_rdma_ch *ch)
{
	int err;
	u32 i;

	for (i = 0; i < ch->nr_recv; i++) {
		err = srpt_post_recv(ch->sport->sdev, ch, ch->recv_ring[i]);
		if (err)
			return err;
	}
	return 0;
}

/**
 * srpt_return_recv - an IU has been dealt with
 * @ch: the channel
 * @ioctx: its buffer, which is posted again, unless the channel is closing
 *
 * Context: any.
 */
void srpt_return_recv(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *ioctx)
{
	/* Should that fail, the queue pair has, which others notice. */
	if (ch->use_srq || srpt_ch_is_open(ch))
		srpt_post_recv(ch->sport->sdev, ch, ioctx);
}

static void *iu_of(const struct srpt_recv_ioctx *ioctx)
{
	return ioctx->ioctx.buf + ioctx->ioctx.offset;
}

/* The initiator does not keep to the protocol. */
static void violation(struct srpt_rdma_ch *ch, const struct srpt_recv_ioctx *ioctx,
		      const char *what)
{
	pr_warn_ratelimited("%s (%s): %s: opcode %#04x, %u bytes; disconnecting\n", ch->sess_name,
			    ch->peer, what, *(u8 *)iu_of(ioctx), ioctx->byte_len);
	srpt_disconnect_ch_unlocked(ch);
}

static bool needs_tag(u8 opcode)
{
	return opcode == SRP_CMD || opcode == SRP_TSK_MGMT;
}

/* Return: false if there is no tag for it. */
static bool handle_request(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *recv_ioctx,
			   u8 opcode)
{
	struct srpt_send_ioctx *send_ioctx = srpt_get_send_ioctx(ch);

	if (!send_ioctx)
		return false;

	if (opcode == SRP_CMD)
		srpt_handle_cmd(ch, recv_ioctx, send_ioctx);
	else
		srpt_handle_tsk_mgmt(ch, recv_ioctx, send_ioctx);
	return true;
}

/*
 * Deal with an IU, and with its buffer.
 *
 * Return: false if that is not possible yet.
 */
static bool dispatch(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *ioctx)
{
	enum rdma_ch_state state = srpt_ch_state(ch);
	u8 opcode = *(u8 *)iu_of(ioctx);

	if (state == CH_CONNECTING)
		return false;
	if (state != CH_LIVE) {
		srpt_return_recv(ch, ioctx);
		return true;
	}

	if (opcode == SRP_TSK_MGMT && ch->nr_fetching)
		return false;

	/* Commands post their buffers themselves. */
	if (needs_tag(opcode))
		return handle_request(ch, ioctx, opcode);

	if (opcode == SRP_I_LOGOUT)
		srpt_disconnect_ch_unlocked(ch);
	srpt_return_recv(ch, ioctx);
	return true;
}

/**
 * srpt_process_wait_list - deal with what waits, as far as possible
 * @ch: the channel
 *
 * Context: the completion handler.
 */
void srpt_process_wait_list(struct srpt_rdma_ch *ch)
{
	struct srpt_recv_ioctx *ioctx;

	while (!list_empty(&ch->cmd_wait_list)) {
		ioctx = list_first_entry(&ch->cmd_wait_list, struct srpt_recv_ioctx, wait_list);
		/* Off the list first: it may have been posted again on return. */
		list_del(&ioctx->wait_list);
		if (dispatch(ch, ioctx))
			continue;
		list_add(&ioctx->wait_list, &ch->cmd_wait_list);
		break;
	}
}

/**
 * srpt_handle_new_iu - deal with an IU that has arrived
 * @ch: the channel
 * @recv_ioctx: the IU, which is whole
 *
 * Context: the completion handler.
 * Return: whether it has been dealt with; otherwise it waits.
 */
bool srpt_handle_new_iu(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *recv_ioctx)
{
	if (list_empty(&ch->cmd_wait_list) && dispatch(ch, recv_ioctx))
		return true;

	list_add_tail(&recv_ioctx->wait_list, &ch->cmd_wait_list);
	/*
	 * Pairs with srpt_put_send_ioctx(), which frees a tag before it looks
	 * at the list: either it sees this entry, or there is a tag now.
	 */
	smp_mb();
	srpt_process_wait_list(ch);
	return false;
}

/* Return: whether the initiator may send this, and has sent all of it. */
static bool is_allowed(struct srpt_rdma_ch *ch, const struct srpt_recv_ioctx *ioctx)
{
	if (!srpt_iu_is_whole(iu_of(ioctx), ioctx->byte_len)) {
		violation(ch, ioctx, "not an SRP request");
		return false;
	}
	if (needs_tag(*(u8 *)iu_of(ioctx)) && atomic_dec_return(&ch->req_lim) < 0) {
		violation(ch, ioctx, "a request without a credit");
		return false;
	}
	return true;
}

/**
 * srpt_recv_done - a receive has completed
 * @cq: not used
 * @wc: how it completed
 *
 * Context: the completion handler.
 */
void srpt_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct srpt_recv_ioctx *ioctx =
		container_of(wc->wr_cqe, struct srpt_recv_ioctx, ioctx.cqe);
	struct srpt_rdma_ch *ch = wc->qp->qp_context;
	struct srpt_device *sdev = ch->sport->sdev;

	if (wc->status != IB_WC_SUCCESS) {
		/* Before the channel is listed, its login notices; see srpt_qp_event(). */
		if (srpt_ch_is_open(ch) && !list_empty_careful(&ch->list)) {
			pr_debug("%s: receiving failed: %s\n", ch->sess_name,
				 ib_wc_status_msg(wc->status));
			srpt_close_ch(ch);
		}
		srpt_return_recv(ch, ioctx);
		return;
	}

	ioctx->byte_len = wc->byte_len;
	ib_dma_sync_single_for_cpu(sdev->device, ioctx->ioctx.dma + ioctx->ioctx.offset,
				   ioctx->byte_len, DMA_FROM_DEVICE);
	if (is_allowed(ch, ioctx))
		srpt_handle_new_iu(ch, ioctx);
	else
		srpt_return_recv(ch, ioctx);
}

/**
 * srpt_kick_done - srpt_zerolength_write() has completed
 * @cq: not used
 * @wc: how it completed
 *
 * Context: the completion handler.
 */
void srpt_kick_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct srpt_rdma_ch *ch = container_of(wc->wr_cqe, struct srpt_rdma_ch, kick_cqe);

	clear_bit(SRPT_CH_KICK, &ch->flags);
	/* Pairs with the test_and_set_bit() of whoever has found it still set. */
	smp_mb__after_atomic();
	if (wc->status == IB_WC_SUCCESS)
		srpt_process_wait_list(ch);
	else if (srpt_ch_is_open(ch))
		srpt_close_ch(ch);
}
