// SPDX-License-Identifier: GPL-2.0
/*
 * Information units of SRP (T10 r16a): checks and builders.
 *
 * Nothing here knows of queue pairs or of the target core. What an initiator
 * sends is memory that only this side can write any more, so it may be read
 * more than once; every count, length and offset in it is checked here, before
 * anybody uses it.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/build_bug.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include "iu.h"

/* The layouts are those of the wire. */
static_assert(sizeof(struct srp_login_req) == 64);
static_assert(sizeof(struct srp_login_req_rdma) == 56);
static_assert(sizeof(struct srp_login_rsp) == 52);
static_assert(sizeof(struct srp_login_rej) == 32);
static_assert(sizeof(struct srp_cmd) == 48);
static_assert(sizeof(struct srp_tsk_mgmt) == 48);
static_assert(sizeof(struct srp_rsp) == 36);
static_assert(sizeof(struct srp_direct_buf) == 16);
static_assert(sizeof(struct srp_indirect_buf) == 20);

/* Up to and including the tag of the task that is meant. */
#define TSK_MGMT_MIN	offsetofend(struct srp_tsk_mgmt, task_tag)

/* Bits 0 and 1 of the request flags: multi-channel action. */
#define MULTICHAN_MASK	0x3

#define SUPPORTED_FMT	(SRP_BUF_FORMAT_DIRECT | SRP_BUF_FORMAT_INDIRECT)

/* Response data of a task management function: three reserved bytes, the code. */
#define RSP_DATA_LEN	4

/**
 * srpt_login_from_rdma - the login request in an RDMA CM request
 * @req: where to write it, in the form that the IB CM has
 * @data: private data of the request
 * @len: its bytes
 *
 * Context: any.
 * Return: whether there was one.
 */
bool srpt_login_from_rdma(struct srp_login_req *req, const void *data, u8 len)
{
	struct srp_login_req_rdma from;

	if (!data || len < sizeof(from))
		return false;

	memcpy(&from, data, sizeof(from));
	memset(req, 0, sizeof(*req));
	req->opcode = from.opcode;
	req->tag = from.tag;
	req->req_it_iu_len = from.req_it_iu_len;
	req->req_buf_fmt = from.req_buf_fmt;
	req->req_flags = from.req_flags;
	req->imm_data_offset = from.imm_data_offset;
	memcpy(req->initiator_port_id, from.initiator_port_id, 16);
	memcpy(req->target_port_id, from.target_port_id, 16);
	return true;
}

/* Is this the name of our one controller, as both halves? */
static bool is_target_port_id(const u8 *id, u64 service_guid)
{
	__be64 guid = cpu_to_be64(service_guid);

	return !memcmp(id, &guid, 8) && !memcmp(id + 8, &guid, 8);
}

/* Immediate data has to leave room for a command, and not waste buffers. */
static bool is_imm_data_offset(u32 offset)
{
	return offset >= sizeof(struct srp_cmd) && offset <= SRPT_MAX_IMM_OFFSET &&
	       IS_ALIGNED(offset, 4);
}

/**
 * srpt_check_login - can this be granted?
 * @req: the login request
 * @max_req_size: largest IU that is received here
 * @service_guid: what the target port id has to say, twice
 * @login: what is asked for, if it can be granted
 *
 * Context: any.
 * Return: 0, or the reason for which the login is rejected.
 */
u32 srpt_check_login(const struct srp_login_req *req, u32 max_req_size,
		     u64 service_guid, struct srpt_login *login)
{
	u32 len = be32_to_cpu(req->req_it_iu_len);

	if (req->opcode != SRP_LOGIN_REQ)
		return SRP_LOGIN_REJ_UNABLE_ESTABLISH_CHANNEL;
	if (len > max_req_size || len < 64)
		return SRP_LOGIN_REJ_REQ_IT_IU_LENGTH_TOO_LARGE;
	if (!is_target_port_id(req->target_port_id, service_guid))
		return SRP_LOGIN_REJ_UNABLE_ASSOCIATE_CHANNEL;
	if (be16_to_cpu(req->req_buf_fmt) & ~SUPPORTED_FMT)
		return SRP_LOGIN_REJ_UNSUPPORTED_DESCRIPTOR_FMT;

	switch (req->req_flags & MULTICHAN_MASK) {
	case SRP_MULTICHAN_SINGLE:
		login->multi = false;
		break;
	case SRP_MULTICHAN_MULTI:
		login->multi = true;
		break;
	default:
		return SRP_LOGIN_REJ_MULTI_CHANNEL_UNSUPPORTED;
	}

	login->max_ti_iu_len = len;
	login->imm_data = (req->req_flags & SRP_IMMED_REQUESTED) &&
			  is_imm_data_offset(be16_to_cpu(req->imm_data_offset));
	return 0;
}

/**
 * srpt_build_login_rsp - the answer to a login that is granted
 * @rsp: where to write it
 * @req: the request
 * @ch: the channel: its credits, and whether immediate data is granted
 * @max_req_size: largest IU that is received here
 * @terminated: other channels of this initiator end for this one
 *
 * Context: any.
 */
void srpt_build_login_rsp(struct srp_login_rsp *rsp, const struct srp_login_req *req,
			  const struct srpt_rdma_ch *ch, u32 max_req_size, bool terminated)
{
	memset(rsp, 0, sizeof(*rsp));
	rsp->opcode = SRP_LOGIN_RSP;
	rsp->req_lim_delta = cpu_to_be32(ch->rq_size);
	rsp->tag = req->tag;
	rsp->max_it_iu_len = cpu_to_be32(max_req_size);
	rsp->max_ti_iu_len = cpu_to_be32(ch->max_ti_iu_len);
	rsp->buf_fmt = cpu_to_be16(SUPPORTED_FMT);
	if ((req->req_flags & MULTICHAN_MASK) == SRP_MULTICHAN_MULTI)
		rsp->rsp_flags = SRP_LOGIN_RSP_MULTICHAN_MAINTAINED;
	else if (terminated)
		rsp->rsp_flags = SRP_LOGIN_RSP_MULTICHAN_TERMINATED;
	if (ch->imm_data)
		rsp->rsp_flags |= SRP_LOGIN_RSP_IMMED_SUPP;
}

/**
 * srpt_build_login_rej - the answer to a login that is not granted
 * @rej: where to write it
 * @tag: of the request
 * @reason: why, in host byte order
 *
 * Context: any.
 */
void srpt_build_login_rej(struct srp_login_rej *rej, u64 tag, u32 reason)
{
	memset(rej, 0, sizeof(*rej));
	rej->opcode = SRP_LOGIN_REJ;
	rej->reason = cpu_to_be32(reason);
	rej->tag = tag;
	rej->buf_fmt = cpu_to_be16(SUPPORTED_FMT);
}

/**
 * srpt_iu_tag - the tag of an IU
 * @iu: the IU, which is whole
 *
 * Context: any.
 * Return: the tag. Its bytes belong to the initiator: they are compared and sent
 *	back, and mean nothing here.
 */
u64 srpt_iu_tag(const void *iu)
{
	u64 tag;

	memcpy(&tag, iu + offsetof(struct srp_cmd, tag), sizeof(tag));
	return tag;
}

/**
 * srpt_iu_is_whole - is all there that every IU of this kind has?
 * @iu: the IU
 * @len: bytes of it
 *
 * Context: any.
 * Return: false for an IU that is too short, and for one that no initiator
 *	sends on a channel.
 */
bool srpt_iu_is_whole(const void *iu, u32 len)
{
	if (!len)
		return false;
	switch (*(const u8 *)iu) {
	case SRP_CMD:
		return len >= sizeof(struct srp_cmd);
	case SRP_TSK_MGMT:
		return len >= TSK_MGMT_MIN;
	case SRP_I_LOGOUT:
	case SRP_CRED_RSP:
	case SRP_AER_RSP:
		return len >= sizeof(struct srp_cred_rsp);
	default:
		return false;
	}
}

/* Bytes of additional CDB: the two lowest bits of the field are reserved. */
static u32 add_cdb_len(const struct srp_cmd *cmd)
{
	return cmd->add_cdb_len & ~3;
}

/**
 * srpt_cdb_len - bytes of the CDB, as its opcode and its own fields tell
 * @cmd: the command, at least its fixed part
 *
 * Context: any.
 * Return: that number.
 */
u32 srpt_cdb_len(const struct srp_cmd *cmd)
{
	return scsi_command_size(cmd->cdb);
}

static u32 desc_len(const struct srp_direct_buf *desc)
{
	__be32 len;

	/* IUs start where their immediate data is aligned, so they are not. */
	memcpy(&len, &desc->len, sizeof(len));
	return be32_to_cpu(len);
}

static int parse_direct(const void *at, u32 room, struct srpt_data *data)
{
	if (room < sizeof(struct srp_direct_buf))
		return -EINVAL;
	data->desc = at;
	data->nr = 1;
	data->len = desc_len(at);
	return 0;
}

/**
 * srpt_check_table - do the descriptors describe what the command says?
 * @data: the data, with its descriptors
 *
 * A table whose lengths do not add up would be used with either of the sums.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int srpt_check_table(const struct srpt_data *data)
{
	u32 sum = 0, i;

	for (i = 0; i < data->nr; i++)
		if (check_add_overflow(sum, desc_len(&data->desc[i]), &sum))
			return -EINVAL;
	return sum == data->len ? 0 : -EINVAL;
}

/* The table is in the initiator's memory, and what is in the IU a part of it. */
static int parse_remote_table(const struct srp_direct_buf *table, struct srpt_data *data)
{
	__be64 va;
	__be32 key;

	if (!data->len || data->nr > SRPT_MAX_TABLE)
		return -EINVAL;
	memcpy(&va, &table->va, sizeof(va));
	memcpy(&key, &table->key, sizeof(key));
	data->table_va = be64_to_cpu(va);
	data->table_key = be32_to_cpu(key);
	data->table_len = data->nr * sizeof(*table);
	data->desc = NULL;
	return 0;
}

/* @count is how many descriptors the initiator says are in the IU. */
static int parse_indirect(const void *at, u32 room, u32 count, struct srpt_data *data)
{
	const struct srp_indirect_buf *buf = at;
	__be32 total;
	u32 bytes;

	if (room < sizeof(*buf))
		return -EINVAL;
	bytes = desc_len(&buf->table_desc);
	memcpy(&total, &buf->len, sizeof(total));
	data->len = be32_to_cpu(total);
	data->desc = buf->desc_list;
	data->nr = bytes / sizeof(struct srp_direct_buf);
	if (bytes % sizeof(struct srp_direct_buf))
		return -EINVAL;
	if (data->nr > count)
		return parse_remote_table(&buf->table_desc, data);
	if (bytes > room - sizeof(*buf))
		return -EINVAL;
	return srpt_check_table(data);
}

/* @at is @offset bytes into an IU of @iu_len bytes. */
static int parse_imm(const void *at, u32 offset, u32 iu_len, u32 imm_data_offset,
		     struct srpt_data *data)
{
	__be32 len;
	u32 end;

	if (!imm_data_offset || offset + sizeof(struct srp_imm_buf) > imm_data_offset ||
	    imm_data_offset > iu_len)
		return -EINVAL;
	memcpy(&len, at, sizeof(len));
	data->len = be32_to_cpu(len);
	if (check_add_overflow(imm_data_offset, data->len, &end) || end > iu_len)
		return -EINVAL;
	data->imm = (void *)at - offset + imm_data_offset;
	return 0;
}

/**
 * srpt_parse_data - find the data of a command
 * @cmd: the command
 * @iu_len: bytes of it
 * @imm_data_offset: where immediate data starts in an IU; 0 if the channel has
 *	none
 * @data: what was found
 *
 * Bidirectional commands are refused: the target core executes none.
 * Section 6.6 of SRP r16a; immediate data is that of SRP2.
 *
 * Context: any.
 * Return: 0, or -EINVAL if the command contradicts itself.
 */
int srpt_parse_data(const struct srp_cmd *cmd, u32 iu_len, u32 imm_data_offset,
		    struct srpt_data *data)
{
	u32 offset = sizeof(*cmd) + add_cdb_len(cmd);
	const void *at = (const void *)cmd + offset;
	u32 count = cmd->data_out_desc_cnt + cmd->data_in_desc_cnt;
	u8 out = cmd->buf_fmt >> 4, in = cmd->buf_fmt & 0xf;
	int err;

	memset(data, 0, sizeof(*data));
	data->dir = DMA_NONE;
	if (offset > iu_len || srpt_cdb_len(cmd) > sizeof(cmd->cdb) + add_cdb_len(cmd))
		return -EINVAL;
	if (in && out)
		return -EINVAL;

	switch (in | out) {
	case SRP_NO_DATA_DESC:
		return 0;
	case SRP_DATA_DESC_DIRECT:
		err = parse_direct(at, iu_len - offset, data);
		break;
	case SRP_DATA_DESC_INDIRECT:
		err = parse_indirect(at, iu_len - offset, count, data);
		break;
	case SRP_DATA_DESC_IMM:
		err = in ? -EINVAL : parse_imm(at, offset, iu_len, imm_data_offset, data);
		break;
	default:
		return -EINVAL;
	}
	if (err || data->len > SRPT_MAX_DATA)
		return -EINVAL;
	if (data->len)
		data->dir = in ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	return 0;
}

/**
 * srpt_task_attr - what the core calls a task attribute
 * @attr: of a command
 *
 * Context: any.
 * Return: one of TCM_*_TAG. What SRP does not define is taken for ordered,
 *	the attribute that reorders nothing.
 */
int srpt_task_attr(u8 attr)
{
	switch (attr) {
	case 0:
		return TCM_SIMPLE_TAG;
	case 1:
		return TCM_HEAD_TAG;
	case 4:
		return TCM_ACA_TAG;
	default:
		return TCM_ORDERED_TAG;
	}
}

/**
 * srpt_tm_function - what the core calls a task management function
 * @func: of the request
 *
 * Context: any.
 * Return: one of TMR_*, or one that the core does not know either.
 */
u8 srpt_tm_function(u8 func)
{
	switch (func) {
	case SRP_TSK_ABORT_TASK:
		return TMR_ABORT_TASK;
	case SRP_TSK_ABORT_TASK_SET:
		return TMR_ABORT_TASK_SET;
	case SRP_TSK_CLEAR_TASK_SET:
		return TMR_CLEAR_TASK_SET;
	case SRP_TSK_LUN_RESET:
		return TMR_LUN_RESET;
	case SRP_TSK_CLEAR_ACA:
		return TMR_CLEAR_ACA;
	default:
		return U8_MAX;
	}
}

/**
 * srpt_tm_rsp_code - the core's verdict on a task management function, for the
 *	initiator
 * @response: one of TMR_*, as se_tmr_req has it
 *
 * Context: any.
 * Return: the response code of section 6.9.
 */
u8 srpt_tm_rsp_code(u8 response)
{
	switch (response) {
	case TMR_FUNCTION_COMPLETE:
		return SRPT_TM_COMPLETE;
	case TMR_FUNCTION_REJECTED:
		return SRPT_TM_NOT_SUPPORTED;
	default:
		return SRPT_TM_FAILED;
	}
}

/* The common part; all credits that are owed go with it. */
static struct srp_rsp *start_rsp(struct srpt_rdma_ch *ch, struct srpt_send_ioctx *ioctx, u64 tag)
{
	struct srp_rsp *rsp = ioctx->ioctx.buf;
	int delta = 1 + atomic_xchg(&ch->req_lim_delta, 0);

	atomic_add(delta, &ch->req_lim);
	memset(rsp, 0, sizeof(*rsp));
	rsp->opcode = SRP_RSP;
	rsp->req_lim_delta = cpu_to_be32(delta);
	rsp->tag = tag;
	return rsp;
}

static void set_residual(struct srp_rsp *rsp, const struct se_cmd *cmd)
{
	bool under = cmd->se_cmd_flags & SCF_UNDERFLOW_BIT;
	__be32 count = cpu_to_be32(cmd->residual_count);

	if (!under && !(cmd->se_cmd_flags & SCF_OVERFLOW_BIT))
		return;
	if (cmd->data_direction == DMA_TO_DEVICE) {
		rsp->flags |= under ? SRP_RSP_FLAG_DOUNDER : SRP_RSP_FLAG_DOOVER;
		rsp->data_out_res_cnt = count;
	} else if (cmd->data_direction == DMA_FROM_DEVICE) {
		rsp->flags |= under ? SRP_RSP_FLAG_DIUNDER : SRP_RSP_FLAG_DIOVER;
		rsp->data_in_res_cnt = count;
	}
}

/**
 * srpt_build_cmd_rsp - build the response to a command
 * @ch: its channel; the credits that are owed to it go with the response
 * @ioctx: the command; the response is built in its buffer
 * @tag: of the request
 * @status: SCSI status
 *
 * Sense data is cut to what both sides have room for. Section 6.9.
 *
 * Context: any.
 * Return: bytes of the response.
 */
int srpt_build_cmd_rsp(struct srpt_rdma_ch *ch, struct srpt_send_ioctx *ioctx,
		       u64 tag, int status)
{
	struct srp_rsp *rsp = start_rsp(ch, ioctx, tag);
	u32 room = min(ch->max_ti_iu_len, ch->max_rsp_size) - sizeof(*rsp);
	u32 sense_len = ioctx->cmd.scsi_sense_length;

	WARN_ON_ONCE(status & 1);
	rsp->status = status;
	set_residual(rsp, &ioctx->cmd);
	if (!sense_len)
		return sizeof(*rsp);

	if (sense_len > room) {
		pr_debug("%s: sense data cut from %u to %u bytes\n", ch->sess_name, sense_len,
			 room);
		sense_len = room;
	}
	rsp->flags |= SRP_RSP_FLAG_SNSVALID;
	rsp->sense_data_len = cpu_to_be32(sense_len);
	memcpy(rsp->data, ioctx->sense_data, sense_len);
	return sizeof(*rsp) + sense_len;
}

/**
 * srpt_build_tskmgmt_rsp - build the response to a task management function
 * @ch: its channel; the credits that are owed to it go with the response
 * @ioctx: the function; the response is built in its buffer
 * @rsp_code: response code
 * @tag: of the request
 *
 * Context: any.
 * Return: bytes of the response.
 */
int srpt_build_tskmgmt_rsp(struct srpt_rdma_ch *ch, struct srpt_send_ioctx *ioctx,
			   u8 rsp_code, u64 tag)
{
	struct srp_rsp *rsp = start_rsp(ch, ioctx, tag);

	rsp->flags = SRP_RSP_FLAG_RSPVALID;
	rsp->resp_data_len = cpu_to_be32(RSP_DATA_LEN);
	memset(rsp->data, 0, RSP_DATA_LEN - 1);
	rsp->data[RSP_DATA_LEN - 1] = rsp_code;
	return sizeof(*rsp) + RSP_DATA_LEN;
}
