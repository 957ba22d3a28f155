// SPDX-License-Identifier: GPL-2.0
/*
 * An initiator that logs in through the IB CM, which the kernel's own can do only
 * where a subnet administrator tells the way. This one makes the path record
 * itself, from two IPv4 addresses.
 *
 * A module of its own, because it needs a link and a target: tests/system/
 * srp-ib-cm.sh. The disk behind LUN 0 is written to.
 */
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include <rdma/ib_cm.h>
#include <rdma/ib_sa.h>
#include <scsi/scsi_proto.h>
#include <scsi/srp.h>
#include "compat/kunit.h"

static char *device = "link0";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "RDMA device of the initiator");

static char *address = "10.7.0.1";
module_param(address, charp, 0444);
MODULE_PARM_DESC(address, "its IPv4 address");

static char *peer_device = "link0";
module_param(peer_device, charp, 0444);
MODULE_PARM_DESC(peer_device, "RDMA device of the target");

static char *peer_address = "10.7.0.2";
module_param(peer_address, charp, 0444);
MODULE_PARM_DESC(peer_address, "its IPv4 address");

static unsigned long long guid;
module_param(guid, ullong, 0444);
MODULE_PARM_DESC(guid, "the target's name, its service identifier, too");

static unsigned int reason;
module_param(reason, uint, 0444);
MODULE_PARM_DESC(reason, "why good logins are turned down (0: they are not)");

static bool brief;
module_param(brief, bool, 0444);
MODULE_PARM_DESC(brief, "only log in and out");

static bool immediate = true;
module_param(immediate, bool, 0444);
MODULE_PARM_DESC(immediate, "the target takes immediate data");

#define PORT		1
#define TAG		0x1122334455667788ULL
#define PSN		0xfffffe
#define BLOCK		512
#define DATA_LEN	(16 * BLOCK)
#define IMM_OFFSET	68
#define IU_LEN		(IMM_OFFSET + 8192)
#define RSP_LEN		512
#define LBA		24
/* Long enough for a machine that does much else. */
#define TIMEOUT		(120 * HZ)

/* What is not to be found in the response to a command: it did not come. */
#define NO_RESPONSE	0x100

/* One channel: the connection, its queues, and what is sent and received. */
struct channel {
	struct fixture *f;
	struct ib_cm_id *cm_id;
	struct completion answered, ended, received;
	struct srp_login_rsp rsp;
	struct srp_login_rej rej;
	int rej_reason;
	bool granted, thrown_out, connected;
	struct ib_cq *cq;
	struct ib_qp *qp;
	struct ib_cqe send_cqe, recv_cqe;
	enum ib_wc_status status;
	u8 *iu, *answer, *data;
	u64 iu_dma, answer_dma, data_dma;
};

struct fixture {
	struct ib_device *dev;
	const struct ib_gid_attr *gid;
	struct ib_pd *pd;
	struct sa_path_rec path;
	struct channel channels[3];
};

/* ---- the way ---- */

static struct ib_device *open_device(struct kunit *test, const char *name)
{
	struct ib_device *dev = ib_device_get_by_name(name, RDMA_DRIVER_UNKNOWN);

	if (!dev)
		KUNIT_FAIL(test, "no device %s", name);
	return dev;
}

static const struct ib_gid_attr *get_gid(struct kunit *test, struct ib_device *dev,
					 const char *ipv4)
{
	const struct ib_gid_attr *attr = ERR_PTR(-EINVAL);
	union ib_gid gid = {};

	gid.raw[10] = 0xff;
	gid.raw[11] = 0xff;
	if (in4_pton(ipv4, -1, &gid.raw[12], '\0', NULL))
		attr = rdma_find_gid_by_port(dev, &gid, IB_GID_TYPE_ROCE_UDP_ENCAP, PORT, NULL);
	if (!IS_ERR(attr))
		return attr;
	KUNIT_FAIL(test, "%s has no address %s", dev_name(&dev->dev), ipv4);
	return NULL;
}

/* The target's MAC address is that of its GID; there is nobody to be asked. */
static int find_target(struct kunit *test, union ib_gid *dgid, u8 *dmac)
{
	struct ib_device *dev = open_device(test, peer_device);
	const struct ib_gid_attr *attr;
	int err = -ENODEV;

	if (!dev)
		return err;
	attr = get_gid(test, dev, peer_address);
	if (attr) {
		*dgid = attr->gid;
		err = rdma_read_gid_l2_fields(attr, NULL, dmac);
		rdma_put_gid_attr(attr);
	}
	ib_device_put(dev);
	return err;
}

static void make_path(struct kunit *test, struct fixture *f)
{
	struct sa_path_rec *path = &f->path;
	u8 dmac[ETH_ALEN] = {};

	path->rec_type = SA_PATH_REC_TYPE_ROCE_V2;
	KUNIT_ASSERT_EQ(test, find_target(test, &path->dgid, dmac), 0);
	sa_path_set_dmac(path, dmac);
	path->sgid = f->gid->gid;
	path->service_id = cpu_to_be64(guid);
	path->pkey = cpu_to_be16(0xffff);
	path->hop_limit = 64;
	path->reversible = 1;
	path->numb_path = 1;
	path->mtu_selector = IB_SA_EQ;
	path->mtu = IB_MTU_1024;
	path->rate_selector = IB_SA_EQ;
	path->rate = IB_RATE_10_GBPS;
	path->packet_life_time_selector = IB_SA_EQ;
	path->packet_life_time = 14;
}

/* ---- a channel ---- */

static int handle_cm(struct ib_cm_id *cm_id, const struct ib_cm_event *event)
{
	struct channel *c = cm_id->context;

	switch (event->event) {
	case IB_CM_REP_RECEIVED:
		memcpy(&c->rsp, event->private_data, sizeof(c->rsp));
		c->granted = true;
		complete(&c->answered);
		break;
	case IB_CM_REJ_RECEIVED:
		memcpy(&c->rej, event->private_data, sizeof(c->rej));
		c->rej_reason = event->param.rej_rcvd.reason;
		fallthrough;
	case IB_CM_REQ_ERROR:
		complete(&c->answered);
		break;
	case IB_CM_DREQ_RECEIVED:
		ib_send_cm_drep(cm_id, NULL, 0);
		c->thrown_out = true;
		fallthrough;
	case IB_CM_DREP_RECEIVED:
		complete(&c->ended);
		break;
	default:
		break;
	}
	return 0;
}

static void handle_send(struct ib_cq *cq, struct ib_wc *wc)
{
}

static void handle_recv(struct ib_cq *cq, struct ib_wc *wc)
{
	struct channel *c = container_of(wc->wr_cqe, struct channel, recv_cqe);

	c->status = wc->status;
	complete(&c->received);
}

static u64 allocate(struct kunit *test, struct channel *c, u8 **buf, size_t len)
{
	u64 dma;

	*buf = kzalloc(len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *buf);
	dma = ib_dma_map_single(c->f->dev, *buf, len, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_EQ(test, ib_dma_mapping_error(c->f->dev, dma), 0);
	return dma;
}

static void release(struct channel *c, u8 *buf, u64 dma, size_t len)
{
	if (dma)
		ib_dma_unmap_single(c->f->dev, dma, len, DMA_BIDIRECTIONAL);
	kfree(buf);
}

static void open_channel(struct kunit *test, struct channel *c)
{
	struct ib_qp_init_attr init = {
		.qp_type = IB_QPT_RC, .sq_sig_type = IB_SIGNAL_ALL_WR,
		.cap = { .max_send_wr = 8, .max_recv_wr = 8, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};

	init_completion(&c->answered);
	init_completion(&c->ended);
	init_completion(&c->received);
	c->send_cqe.done = handle_send;
	c->recv_cqe.done = handle_recv;
	c->iu_dma = allocate(test, c, &c->iu, IU_LEN);
	c->answer_dma = allocate(test, c, &c->answer, RSP_LEN);
	c->data_dma = allocate(test, c, &c->data, DATA_LEN);
	c->cq = ib_alloc_cq(c->f->dev, c, 32, 0, IB_POLL_WORKQUEUE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c->cq);
	init.send_cq = c->cq;
	init.recv_cq = c->cq;
	c->qp = ib_create_qp(c->f->pd, &init);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c->qp);
	c->cm_id = ib_create_cm_id(c->f->dev, handle_cm, c);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c->cm_id);
}

static void close_channel(struct channel *c)
{
	/* Its events use the rest. */
	if (!IS_ERR_OR_NULL(c->cm_id))
		ib_destroy_cm_id(c->cm_id);
	if (c->connected)
		ib_drain_qp(c->qp);
	if (!IS_ERR_OR_NULL(c->qp))
		ib_destroy_qp(c->qp);
	if (!IS_ERR_OR_NULL(c->cq))
		ib_free_cq(c->cq);
	release(c, c->iu, c->iu_dma, IU_LEN);
	release(c, c->answer, c->answer_dma, RSP_LEN);
	release(c, c->data, c->data_dma, DATA_LEN);
}

/* ---- logging in and out ---- */

static struct srp_login_req good_login(const struct fixture *f, u8 flags)
{
	__be64 name = cpu_to_be64(guid);
	struct srp_login_req req = {
		.opcode = SRP_LOGIN_REQ,
		.tag = TAG,
		.req_it_iu_len = cpu_to_be32(IU_LEN),
		.req_buf_fmt = cpu_to_be16(SRP_BUF_FORMAT_DIRECT | SRP_BUF_FORMAT_INDIRECT),
		.req_flags = flags | SRP_IMMED_REQUESTED,
		.imm_data_offset = cpu_to_be16(IMM_OFFSET),
	};

	req.initiator_port_id[7] = 7;
	memcpy(req.initiator_port_id + 8, f->gid->gid.raw + 8, 8);
	memcpy(req.target_port_id, &name, 8);
	memcpy(req.target_port_id + 8, &name, 8);
	return req;
}

/* Until there is an answer. */
static void request(struct kunit *test, struct channel *c, const struct srp_login_req *req)
{
	struct ib_cm_req_param param = {
		.primary_path = &c->f->path,
		.ppath_sgid_attr = c->f->gid,
		.service_id = c->f->path.service_id,
		.qp_num = c->qp->qp_num,
		.qp_type = IB_QPT_RC,
		.starting_psn = PSN,
		.private_data = req,
		.private_data_len = sizeof(*req),
		.responder_resources = 4,
		.initiator_depth = 4,
		.remote_cm_response_timeout = 20,
		.local_cm_response_timeout = 20,
		.flow_control = 1,
		.retry_count = 7,
		.rnr_retry_count = 7,
		.max_cm_retries = 15,
	};

	KUNIT_ASSERT_EQ(test, ib_send_cm_req(c->cm_id, &param), 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&c->answered, TIMEOUT), 0);
}

static void move(struct kunit *test, struct channel *c, enum ib_qp_state state)
{
	struct ib_qp_attr attr = { .qp_state = state };
	int mask;

	KUNIT_ASSERT_EQ(test, ib_cm_init_qp_attr(c->cm_id, &attr, &mask), 0);
	KUNIT_ASSERT_EQ(test, ib_modify_qp(c->qp, &attr, mask), 0);
	c->connected = true;
}

/* A login that is granted; the next of the three channels. */
static struct channel *log_in(struct kunit *test, u8 flags)
{
	struct fixture *f = test->priv;
	struct srp_login_req req = good_login(f, flags);
	struct channel *c = f->channels;

	while (c->cm_id)
		c++;
	open_channel(test, c);
	request(test, c, &req);
	KUNIT_ASSERT_TRUE_MSG(test, c->granted, "reason %#x, REJ %d", be32_to_cpu(c->rej.reason),
			      c->rej_reason);
	move(test, c, IB_QPS_INIT);
	move(test, c, IB_QPS_RTR);
	move(test, c, IB_QPS_RTS);
	KUNIT_ASSERT_EQ(test, ib_send_cm_rtu(c->cm_id, NULL, 0), 0);
	return c;
}

static void expect_end(struct kunit *test, struct channel *c, bool thrown_out)
{
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&c->ended, TIMEOUT), 0);
	KUNIT_EXPECT_EQ(test, c->thrown_out, thrown_out);
}

static void log_out(struct kunit *test, struct channel *c)
{
	KUNIT_ASSERT_EQ(test, ib_send_cm_dreq(c->cm_id, NULL, 0), 0);
	expect_end(test, c, false);
}

/* ---- commands ---- */

static void transmit(struct kunit *test, struct channel *c, u32 len)
{
	struct ib_sge to = { c->answer_dma, RSP_LEN, c->f->pd->local_dma_lkey };
	struct ib_sge from = { c->iu_dma, len, c->f->pd->local_dma_lkey };
	struct ib_recv_wr recv = { .wr_cqe = &c->recv_cqe, .sg_list = &to, .num_sge = 1 };
	struct ib_send_wr send = {
		.wr_cqe = &c->send_cqe, .sg_list = &from, .num_sge = 1, .opcode = IB_WR_SEND,
	};

	reinit_completion(&c->received);
	memset(c->answer, 0, RSP_LEN);
	ib_dma_sync_single_for_device(c->f->dev, c->answer_dma, RSP_LEN, DMA_BIDIRECTIONAL);
	ib_dma_sync_single_for_device(c->f->dev, c->iu_dma, IU_LEN, DMA_BIDIRECTIONAL);
	ib_dma_sync_single_for_device(c->f->dev, c->data_dma, DATA_LEN, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_EQ(test, ib_post_recv(c->qp, &recv, NULL), 0);
	KUNIT_ASSERT_EQ(test, ib_post_send(c->qp, &send, NULL), 0);
}

/* SCSI status of what is in the IU, or NO_RESPONSE. */
static int execute(struct kunit *test, struct channel *c, u32 len)
{
	struct srp_rsp *rsp = (struct srp_rsp *)c->answer;

	transmit(test, c, len);
	if (!wait_for_completion_timeout(&c->received, TIMEOUT) || c->status)
		return NO_RESPONSE;
	ib_dma_sync_single_for_cpu(c->f->dev, c->answer_dma, RSP_LEN, DMA_BIDIRECTIONAL);
	ib_dma_sync_single_for_cpu(c->f->dev, c->data_dma, DATA_LEN, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, rsp->opcode, SRP_RSP);
	KUNIT_EXPECT_EQ(test, rsp->tag, TAG);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(rsp->req_lim_delta), 1);
	return rsp->status;
}

static struct srp_cmd *new_cmd(struct channel *c, u8 fmt)
{
	struct srp_cmd *cmd = (struct srp_cmd *)c->iu;

	memset(c->iu, 0, IU_LEN);
	cmd->opcode = SRP_CMD;
	cmd->tag = TAG;
	cmd->buf_fmt = fmt;
	return cmd;
}

static struct srp_cmd *new_rw(struct channel *c, u8 fmt, u8 opcode, u8 blocks)
{
	struct srp_cmd *cmd = new_cmd(c, fmt);

	cmd->cdb[0] = opcode;
	cmd->cdb[5] = LBA;
	cmd->cdb[8] = blocks;
	return cmd;
}

static void describe(struct channel *c, struct srp_direct_buf *buf, u32 from, u32 len)
{
	buf->va = cpu_to_be64(c->data_dma + from);
	buf->key = cpu_to_be32(c->f->pd->unsafe_global_rkey);
	buf->len = cpu_to_be32(len);
}

/* All of the data, in one piece or (the second half first) in two. */
static int transfer(struct kunit *test, struct channel *c, u8 opcode, bool pieces)
{
	u8 fmt = pieces ? SRP_DATA_DESC_INDIRECT : SRP_DATA_DESC_DIRECT;
	u8 shift = opcode == WRITE_10 ? 4 : 0;
	struct srp_cmd *cmd = new_rw(c, fmt << shift, opcode, DATA_LEN / BLOCK);
	struct srp_indirect_buf *indirect = (struct srp_indirect_buf *)cmd->add_data;

	if (!pieces) {
		describe(c, (struct srp_direct_buf *)cmd->add_data, 0, DATA_LEN);
		return execute(test, c, sizeof(*cmd) + sizeof(struct srp_direct_buf));
	}
	*(shift ? &cmd->data_out_desc_cnt : &cmd->data_in_desc_cnt) = 2;
	indirect->table_desc.len = cpu_to_be32(2 * sizeof(struct srp_direct_buf));
	indirect->len = cpu_to_be32(DATA_LEN);
	describe(c, &indirect->desc_list[0], DATA_LEN / 2, DATA_LEN / 2);
	describe(c, &indirect->desc_list[1], 0, DATA_LEN / 2);
	return execute(test, c, sizeof(*cmd) + sizeof(*indirect) +
		       2 * sizeof(struct srp_direct_buf));
}

/* A session begins with unit attentions. */
static int test_unit(struct kunit *test, struct channel *c)
{
	int status, i;

	for (i = 0; i < 3; i++) {
		new_cmd(c, 0);
		status = execute(test, c, sizeof(struct srp_cmd));
		if (status != SAM_STAT_CHECK_CONDITION)
			break;
	}
	return status;
}

static void fill(u8 *data, size_t len, u8 seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = seed + i + i / 251;
}

static void expect_data(struct kunit *test, const u8 *data, size_t len, u8 seed)
{
	u8 *want = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, want);
	fill(want, len, seed);
	KUNIT_EXPECT_MEMEQ(test, data, want, len);
}

/* ---- the cases ---- */

static void login(struct kunit *test)
{
	struct channel *c = log_in(test, SRP_MULTICHAN_SINGLE);

	KUNIT_EXPECT_EQ(test, c->rsp.opcode, SRP_LOGIN_RSP);
	KUNIT_EXPECT_EQ(test, c->rsp.tag, TAG);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(c->rsp.req_lim_delta), 128);
	KUNIT_EXPECT_GE(test, be32_to_cpu(c->rsp.max_it_iu_len), IU_LEN);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(c->rsp.max_ti_iu_len), IU_LEN);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(c->rsp.buf_fmt), 6);
	KUNIT_EXPECT_EQ(test, c->rsp.rsp_flags, immediate ? SRP_LOGIN_RSP_IMMED_SUPP : 0);
	KUNIT_EXPECT_EQ(test, test_unit(test, c), SAM_STAT_GOOD);
	log_out(test, c);
}

static void data(struct kunit *test)
{
	struct channel *c = log_in(test, SRP_MULTICHAN_SINGLE);
	u8 *copy = kunit_kzalloc(test, DATA_LEN, GFP_KERNEL);
	const size_t half = DATA_LEN / 2;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_EQ(test, test_unit(test, c), SAM_STAT_GOOD);

	fill(c->data, DATA_LEN, 1);
	KUNIT_EXPECT_EQ(test, transfer(test, c, WRITE_10, false), SAM_STAT_GOOD);
	memset(c->data, 0, DATA_LEN);
	KUNIT_EXPECT_EQ(test, transfer(test, c, READ_10, true), SAM_STAT_GOOD);
	memcpy(copy, c->data + half, half);
	memcpy(copy + half, c->data, half);
	expect_data(test, copy, DATA_LEN, 1);

	fill(copy, DATA_LEN, 77);
	memcpy(c->data + half, copy, half);
	memcpy(c->data, copy + half, half);
	KUNIT_EXPECT_EQ(test, transfer(test, c, WRITE_10, true), SAM_STAT_GOOD);
	memset(c->data, 0, DATA_LEN);
	KUNIT_EXPECT_EQ(test, transfer(test, c, READ_10, false), SAM_STAT_GOOD);
	expect_data(test, c->data, DATA_LEN, 77);
	log_out(test, c);
}

static void immediate_data(struct kunit *test)
{
	struct channel *c = log_in(test, SRP_MULTICHAN_SINGLE);
	struct srp_cmd *cmd;

	KUNIT_ASSERT_EQ(test, test_unit(test, c), SAM_STAT_GOOD);
	cmd = new_rw(c, SRP_DATA_DESC_IMM << 4, WRITE_10, 8);
	((struct srp_imm_buf *)cmd->add_data)->len = cpu_to_be32(BLOCK * 8);
	fill(c->iu + IMM_OFFSET, BLOCK * 8, 123);
	KUNIT_EXPECT_EQ(test, execute(test, c, IMM_OFFSET + BLOCK * 8), SAM_STAT_GOOD);
	KUNIT_EXPECT_EQ(test, transfer(test, c, READ_10, false), SAM_STAT_GOOD);
	expect_data(test, c->data, BLOCK * 8, 123);
	log_out(test, c);
}

static void sense(struct kunit *test)
{
	struct channel *c = log_in(test, SRP_MULTICHAN_SINGLE);
	struct srp_rsp *rsp = (struct srp_rsp *)c->answer;

	KUNIT_ASSERT_EQ(test, test_unit(test, c), SAM_STAT_GOOD);
	new_cmd(c, 0)->cdb[0] = 0xff;
	KUNIT_EXPECT_EQ(test, execute(test, c, sizeof(struct srp_cmd)), SAM_STAT_CHECK_CONDITION);
	KUNIT_EXPECT_EQ(test, rsp->flags, SRP_RSP_FLAG_SNSVALID);
	KUNIT_EXPECT_GE(test, be32_to_cpu(rsp->sense_data_len), 18);
	/* Response code, and the sense key: illegal request */
	KUNIT_EXPECT_EQ(test, c->answer[sizeof(*rsp)] & 0x7f, 0x70);
	KUNIT_EXPECT_EQ(test, c->answer[sizeof(*rsp) + 2] & 0xf, 5);
	log_out(test, c);
}

/* A login for a single channel ends those that there are. */
static void relogin(struct kunit *test)
{
	struct channel *first = log_in(test, SRP_MULTICHAN_SINGLE), *second;

	KUNIT_EXPECT_EQ(test, test_unit(test, first), SAM_STAT_GOOD);
	second = log_in(test, SRP_MULTICHAN_SINGLE);
	KUNIT_EXPECT_EQ(test, second->rsp.rsp_flags & 3, SRP_LOGIN_RSP_MULTICHAN_TERMINATED);
	expect_end(test, first, true);
	KUNIT_EXPECT_EQ(test, test_unit(test, second), SAM_STAT_GOOD);
	log_out(test, second);
}

static void several_channels(struct kunit *test)
{
	struct channel *first = log_in(test, SRP_MULTICHAN_SINGLE), *second, *third;

	second = log_in(test, SRP_MULTICHAN_MULTI);
	KUNIT_EXPECT_EQ(test, second->rsp.rsp_flags & 3, SRP_LOGIN_RSP_MULTICHAN_MAINTAINED);
	KUNIT_EXPECT_EQ(test, test_unit(test, second), SAM_STAT_GOOD);
	KUNIT_EXPECT_EQ(test, test_unit(test, first), SAM_STAT_GOOD);
	third = log_in(test, SRP_MULTICHAN_SINGLE);
	KUNIT_EXPECT_EQ(test, third->rsp.rsp_flags & 3, SRP_LOGIN_RSP_MULTICHAN_TERMINATED);
	expect_end(test, first, true);
	expect_end(test, second, true);
	KUNIT_EXPECT_EQ(test, test_unit(test, third), SAM_STAT_GOOD);
	log_out(test, third);
}

/* With SRP_I_LOGOUT: it is the target that disconnects. */
static void logout_by_message(struct kunit *test)
{
	struct channel *c = log_in(test, SRP_MULTICHAN_SINGLE);

	KUNIT_EXPECT_EQ(test, test_unit(test, c), SAM_STAT_GOOD);
	new_cmd(c, 0)->opcode = SRP_I_LOGOUT;
	transmit(test, c, sizeof(struct srp_i_logout));
	expect_end(test, c, true);
}

/* The initiator has been granted what it does not want any more. */
static void taken_back(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct srp_login_req req = good_login(f, SRP_MULTICHAN_SINGLE);
	struct channel *c = f->channels;

	open_channel(test, c);
	request(test, c, &req);
	KUNIT_ASSERT_TRUE(test, c->granted);
	KUNIT_EXPECT_EQ(test, ib_send_cm_rej(c->cm_id, IB_CM_REJ_CONSUMER_DEFINED, NULL, 0,
					     NULL, 0), 0);
}

static void refuse(struct kunit *test, const struct srp_login_req *req, u32 want)
{
	struct fixture *f = test->priv;
	struct channel *c = f->channels;
	u32 got;

	open_channel(test, c);
	request(test, c, req);
	got = be32_to_cpu(c->rej.reason);
	KUNIT_EXPECT_FALSE(test, c->granted);
	KUNIT_EXPECT_EQ(test, c->rej_reason, IB_CM_REJ_CONSUMER_DEFINED);
	KUNIT_EXPECT_EQ(test, c->rej.opcode, SRP_LOGIN_REJ);
	KUNIT_EXPECT_EQ(test, c->rej.tag, TAG);
	KUNIT_EXPECT_EQ(test, got, want);
	KUNIT_EXPECT_TRUE(test, c->rej.buf_fmt == cpu_to_be16(6));
	close_channel(c);
	memset(c, 0, sizeof(*c));
	c->f = f;
}

static void bad_logins(struct kunit *test)
{
	const struct srp_login_req good = good_login(test->priv, SRP_MULTICHAN_SINGLE);
	struct srp_login_req req = good;

	req.opcode = SRP_CMD;
	refuse(test, &req, SRP_LOGIN_REJ_UNABLE_ESTABLISH_CHANNEL);
	req = good;
	req.req_it_iu_len = cpu_to_be32(63);
	refuse(test, &req, SRP_LOGIN_REJ_REQ_IT_IU_LENGTH_TOO_LARGE);
	req.req_it_iu_len = cpu_to_be32(1 << 20);
	refuse(test, &req, SRP_LOGIN_REJ_REQ_IT_IU_LENGTH_TOO_LARGE);
	req = good;
	req.target_port_id[15] ^= 1;
	refuse(test, &req, SRP_LOGIN_REJ_UNABLE_ASSOCIATE_CHANNEL);
	req = good;
	req.target_port_id[0] ^= 1;
	refuse(test, &req, SRP_LOGIN_REJ_UNABLE_ASSOCIATE_CHANNEL);
	req = good;
	req.req_buf_fmt = cpu_to_be16(0x0008);
	refuse(test, &req, SRP_LOGIN_REJ_UNSUPPORTED_DESCRIPTOR_FMT);
	req = good;
	req.req_flags = 0x02;
	refuse(test, &req, SRP_LOGIN_REJ_MULTI_CHANNEL_UNSUPPORTED);
}

/* What the target's administrator does not want. */
static void turned_down(struct kunit *test)
{
	struct srp_login_req req = good_login(test->priv, SRP_MULTICHAN_SINGLE);

	refuse(test, &req, reason);
}

/* ---- the suite ---- */

static bool is_wanted(const char *name)
{
	if (reason)
		return !strcmp(name, "turned_down");
	if (brief)
		return !strcmp(name, "login");
	return strcmp(name, "turned_down") && (immediate || strcmp(name, "immediate_data"));
}

static int open_link(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	if (!is_wanted(test->name))
		kunit_skip(test, "as the parameters say");
	for (i = 0; i < ARRAY_SIZE(f->channels); i++)
		f->channels[i].f = f;
	f->dev = open_device(test, device);
	KUNIT_ASSERT_NOT_NULL(test, f->dev);
	f->gid = get_gid(test, f->dev, address);
	KUNIT_ASSERT_NOT_NULL(test, f->gid);
	make_path(test, f);
	f->pd = ib_alloc_pd(f->dev, IB_PD_UNSAFE_GLOBAL_RKEY);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->pd);
	return 0;
}

static void close_link(struct kunit *test)
{
	struct fixture *f = test->priv;
	size_t i;

	if (!f || !f->dev)
		return;
	for (i = 0; i < ARRAY_SIZE(f->channels); i++)
		close_channel(&f->channels[i]);
	if (!IS_ERR_OR_NULL(f->pd))
		ib_dealloc_pd(f->pd);
	if (f->gid)
		rdma_put_gid_attr(f->gid);
	ib_device_put(f->dev);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(login),
	KUNIT_CASE(data),
	KUNIT_CASE(immediate_data),
	KUNIT_CASE(sense),
	KUNIT_CASE(relogin),
	KUNIT_CASE(several_channels),
	KUNIT_CASE(logout_by_message),
	KUNIT_CASE(taken_back),
	KUNIT_CASE(bad_logins),
	KUNIT_CASE(turned_down),
	{}
};

static struct kunit_suite srpt_ib_cm_suite = {
	.name = "srpt-ib-cm",
	.init = open_link,
	.exit = close_link,
	.test_cases = cases,
};

/* A suite that the kernel finds in a module runs before the parameters are known. */
static struct kunit_suite *suites[] = { &srpt_ib_cm_suite };

static int __init ib_cm_test_init(void)
{
	return compat_kunit_run(suites, ARRAY_SIZE(suites));
}

static void __exit ib_cm_test_exit(void)
{
	__kunit_test_suites_exit(suites, ARRAY_SIZE(suites));
}

module_init(ib_cm_test_init);
module_exit(ib_cm_test_exit);
MODULE_DESCRIPTION("SRP logins through the InfiniBand connection manager");
MODULE_LICENSE("GPL");
