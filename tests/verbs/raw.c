// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs that the kernel has and the user-space provider of our devices has
 * not: as commands of the kernel's own interface, <rdma/ib_user_verbs.h>.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <rdma/ib_user_verbs.h>
#include "agent.h"

/* A command without a response that changes its length. */
static int command(struct ibv_context *ctx, uint32_t code, void *cmd, size_t size, size_t resp)
{
	struct ib_uverbs_cmd_hdr *hdr = cmd;

	hdr->command = code;
	hdr->in_words = size / 4;
	hdr->out_words = resp / 4;
	return write(ctx->cmd_fd, cmd, size) == (ssize_t)size ? 0 : errno;
}

/* Change the region; its buffer is the new one if @how says so. */
int raw_rereg_mr(struct ibv_pd *pd, struct ibv_mr *mr, uint32_t flags, void *buf, size_t len,
		 uint32_t access)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_rereg_mr cmd;
	} req = {
		.cmd = {
			.response = (uintptr_t)&resp, .mr_handle = mr->handle, .flags = flags,
			.start = (uintptr_t)buf, .length = len, .hca_va = (uintptr_t)buf,
			.pd_handle = pd->handle, .access_flags = access,
		},
	};
	int err = command(pd->context, IB_USER_VERBS_CMD_REREG_MR, &req, sizeof(req),
			  sizeof(resp));

	if (err)
		return err;
	mr->lkey = resp.lkey;
	mr->rkey = resp.rkey;
	return 0;
}

/* Allocate a window and free it; the kernel takes no other use of it from us. */
int raw_mw(struct ibv_pd *pd, uint32_t type)
{
	struct ib_uverbs_alloc_mw_resp resp = {};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_alloc_mw cmd;
	} req = {
		.cmd = { .response = (uintptr_t)&resp, .pd_handle = pd->handle, .mw_type = type },
	};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_dealloc_mw cmd;
	} end = {};
	int err = command(pd->context, IB_USER_VERBS_CMD_ALLOC_MW, &req, sizeof(req),
			  sizeof(resp));

	if (err)
		return err;
	if (!resp.rkey)
		return EBADMSG;
	end.cmd.mw_handle = resp.mw_handle;
	return command(pd->context, IB_USER_VERBS_CMD_DEALLOC_MW, &end, sizeof(end), 0);
}

/* Post a list of no sends, and one of no receives. */
int raw_post_nothing(struct ibv_qp *qp)
{
	struct ib_uverbs_post_send_resp resp = {};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_post_send cmd;
	} send = {
		.cmd = {
			.response = (uintptr_t)&resp, .qp_handle = qp->handle,
			.wqe_size = sizeof(struct ib_uverbs_send_wr),
		},
	};
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_post_recv cmd;
	} recv = {
		.cmd = {
			.response = (uintptr_t)&resp, .qp_handle = qp->handle,
			.wqe_size = sizeof(struct ib_uverbs_recv_wr),
		},
	};
	int err = command(qp->context, IB_USER_VERBS_CMD_POST_SEND, &send, sizeof(send),
			  sizeof(resp));

	if (err)
		return err;
	return command(qp->context, IB_USER_VERBS_CMD_POST_RECV, &recv, sizeof(recv),
		       sizeof(resp));
}
