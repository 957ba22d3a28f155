// SPDX-License-Identifier: GPL-2.0
/*
 * From a login request to a channel.
 *
 * Until there is a session, a failure undoes everything, rejects the login, and
 * leaves the connection's identifier to the connection manager. After that the
 * channel owns it, and a failure is one of the channel's: it is closed.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include "iu.h"
#include "srpt.h"
#include "trace.h"

/* How a login is answered, through one of the two connection managers. */
struct peer {
	struct ib_cm_id *ib_cm_id;
	struct rdma_cm_id *rdma_cm_id;
	const char *name;
};

static void reject(const struct peer *peer, u64 tag, u32 reason, int err)
{
	struct srp_login_rej rej;

	pr_info_ratelimited("Rejecting login with reason %#x: %s\n", reason, peer->name);
	trace_srpt_login_rejected(peer->name, reason, err);
	srpt_build_login_rej(&rej, tag, reason);
	if (peer->rdma_cm_id)
		rdma_reject(peer->rdma_cm_id, &rej, sizeof(rej), IB_CM_REJ_CONSUMER_DEFINED);
	else
		ib_send_cm_rej(peer->ib_cm_id, IB_CM_REJ_CONSUMER_DEFINED, NULL, 0, &rej,
			       sizeof(rej));
}

/* What an initiator is told when setting up has failed. */
static u32 reason_of(int err)
{
	return err == -EACCES ? SRP_LOGIN_REJ_CHANNEL_LIMIT_REACHED :
				SRP_LOGIN_REJ_INSUFFICIENT_RESOURCES;
}

/* Take over what the login and the port say. */
static void configure(struct srpt_rdma_ch *ch, const struct peer *peer, __be16 pkey,
		      const struct srp_login_req *req, const struct srpt_login *login)
{
	struct srpt_port *sport = ch->sport;

	ch->ib_cm_id = peer->ib_cm_id;
	ch->rdma_cm_id = peer->rdma_cm_id;
	ch->pkey = be16_to_cpu(pkey);
	strscpy(ch->peer, peer->name, sizeof(ch->peer));
	memcpy(ch->i_port_id, req->initiator_port_id, sizeof(ch->i_port_id));
	memcpy(ch->t_port_id, req->target_port_id, sizeof(ch->t_port_id));
	ch->rq_size = min(SRPT_MAX_RQ_SIZE, sport->sdev->device->attrs.max_qp_wr / 2);
	ch->max_ti_iu_len = login->max_ti_iu_len;
	atomic_set(&ch->req_lim, ch->rq_size);

	mutex_lock(&sport->mutex);
	ch->max_rsp_size = sport->attrib.srp_max_rsp_size;
	ch->use_srq = sport->attrib.use_srq && !srpt_get_srq(sport->sdev);
	mutex_unlock(&sport->mutex);

	ch->nr_recv = ch->use_srq ? 0 : ch->rq_size + SRPT_RQ_SPARE;
	ch->imm_data = login->imm_data && !ch->use_srq;
	if (ch->imm_data)
		ch->imm_data_offset = be16_to_cpu(req->imm_data_offset);
}

static int init_send_ring(struct srpt_rdma_ch *ch)
{
	u32 i;

	ch->ioctx_ring = (struct srpt_send_ioctx **)
		srpt_alloc_ioctx_ring(ch->sport->sdev, ch->rq_size, sizeof(*ch->ioctx_ring[0]),
				      ch->max_rsp_size, DMA_TO_DEVICE);
	if (!ch->ioctx_ring)
		return -ENOMEM;
	for (i = 0; i < ch->rq_size; i++) {
		ch->ioctx_ring[i]->ch = ch;
		INIT_LIST_HEAD(&ch->ioctx_ring[i]->stuck);
		INIT_LIST_HEAD(&ch->ioctx_ring[i]->waiting);
	}
	return 0;
}

/* Buffers, queues and a session. What there is in the end, is undone by others. */
static int set_up(struct srpt_rdma_ch *ch)
{
	int err;

	BUILD_BUG_ON(offsetof(struct srpt_send_ioctx, ioctx));

	err = init_send_ring(ch);
	if (err)
		return err;
	if (ch->nr_recv) {
		ch->recv_ring = srpt_alloc_recv_ring(ch->sport->sdev, ch->nr_recv,
						     ch->imm_data_offset);
		if (!ch->recv_ring)
			return -ENOMEM;
	}
	err = srpt_create_ch_ib(ch);
	if (err)
		return err;
	return srpt_create_session(ch);
}

/*
 * A login for a single channel ends the initiator's other ones.
 *
 * Return: whether there were any.
 */
static bool close_others(struct srpt_rdma_ch *ch)
{
	struct srpt_rdma_ch *other;
	bool any = false;

	lockdep_assert_held(&ch->sport->mutex);

	list_for_each_entry(other, &ch->sport->channels, list) {
		if (memcmp(other->i_port_id, ch->i_port_id, sizeof(ch->i_port_id)) ||
		    memcmp(other->t_port_id, ch->t_port_id, sizeof(ch->t_port_id)))
			continue;
		if (srpt_disconnect_ch(other))
			continue;
		pr_info("Relogin - closed existing channel %s\n", other->sess_name);
		any = true;
	}
	return any;
}

static int accept_rdma(struct srpt_rdma_ch *ch, const struct srp_login_rsp *rsp)
{
	struct rdma_conn_param param = {
		.private_data = rsp,
		.private_data_len = sizeof(*rsp),
		.responder_resources = SRPT_RDMA_DEPTH,
		.initiator_depth = SRPT_RDMA_DEPTH,
		.flow_control = 1,
		.rnr_retry_count = 7,
	};

	return rdma_accept(ch->rdma_cm_id, &param);
}

static int accept_ib(struct srpt_rdma_ch *ch, const struct srp_login_rsp *rsp)
{
	struct ib_cm_rep_param param = {
		.qp_num = ch->qp->qp_num,
		.private_data = rsp,
		.private_data_len = sizeof(*rsp),
		.responder_resources = SRPT_RDMA_DEPTH,
		.initiator_depth = SRPT_RDMA_DEPTH,
		.flow_control = 1,
		.rnr_retry_count = 7,
		.srq = 1,
	};
	int err;

	err = srpt_ch_qp_rtr(ch, ch->qp);
	return err ?: ib_send_cm_rep(ch->ib_cm_id, &param);
}

/* The last step: under the mutex of all who may want the channel to end. */
static int admit(struct srpt_rdma_ch *ch, const struct srp_login_req *req, bool multi)
{
	struct srpt_port *sport = ch->sport;
	struct srp_login_rsp rsp;
	bool terminated = false;
	int err = -ENODEV;

	mutex_lock(&sport->mutex);
	if (sport->gone || !srpt_ch_is_open(ch) || !READ_ONCE(ch->tpg->enabled))
		goto unlock;
	if (!multi)
		terminated = close_others(ch);
	list_add_tail(&ch->list, &sport->channels);

	srpt_build_login_rsp(&rsp, req, ch, srp_max_req_size, terminated);
	mod_delayed_work(srpt_wq, &ch->timeout_work, SRPT_CONNECT_TIMEOUT);
	err = ch->rdma_cm_id ? accept_rdma(ch, &rsp) : accept_ib(ch, &rsp);
unlock:
	mutex_unlock(&sport->mutex);
	return err;
}

/* A channel that is set up, and owns the connection from now on. */
static void finish_login(struct srpt_rdma_ch *ch, const struct peer *peer,
			 const struct srp_login_req *req, bool multi)
{
	int err;

	if (ch->rdma_cm_id)
		ch->rdma_cm_id->context = ch;
	else
		ch->ib_cm_id->context = ch;

	err = admit(ch, req, multi);
	if (!err)
		return;
	reject(peer, req->tag, reason_of(err), err);
	srpt_close_ch(ch);
}

/**
 * srpt_cm_req_recv - a login request
 * @sdev: the device that it came through
 * @ib_cm_id: the connection, for the IB CM
 * @rdma_cm_id: the connection, for the RDMA CM
 * @port_num: the port
 * @pkey: partition key of the connection
 * @req: the request
 * @src_addr: the initiator's address
 *
 * Context: sleeps; an event of the connection.
 * Return: 0, and a channel owns the connection; or an error, and the login has
 *	been rejected.
 */
int srpt_cm_req_recv(struct srpt_device *const sdev, struct ib_cm_id *ib_cm_id,
		     struct rdma_cm_id *rdma_cm_id, u8 port_num, __be16 pkey,
		     const struct srp_login_req *req, const char *src_addr)
{
	struct srpt_port *sport = &sdev->port[port_num - 1];
	struct peer peer = { ib_cm_id, rdma_cm_id, src_addr };
	struct srpt_login login;
	struct srpt_rdma_ch *ch;
	u32 reason;
	int err;

	pr_debug("Received SRP_LOGIN_REQ with i_port_id %16phN, t_port_id %16phN and it_iu_len %u on port %u\n",
		 req->initiator_port_id, req->target_port_id, be32_to_cpu(req->req_it_iu_len),
		 port_num);
	err = -EINVAL;
	reason = srpt_check_login(req, srp_max_req_size, srpt_service_guid, &login);
	if (reason)
		goto reject;

	reason = SRP_LOGIN_REJ_INSUFFICIENT_RESOURCES;
	if (!srpt_port_is_enabled(sport)) {
		pr_info_ratelimited("%s-%u is not enabled\n", dev_name(&sdev->device->dev),
				    port_num);
		goto reject;
	}

	ch = srpt_alloc_ch(sport);
	if (IS_ERR(ch)) {
		err = PTR_ERR(ch);
		goto reject;
	}
	configure(ch, &peer, pkey, req, &login);
	err = set_up(ch);
	if (err) {
		reason = reason_of(err);
		goto free_ch;
	}

	finish_login(ch, &peer, req, login.multi);
	return 0;

free_ch:
	/* The connection is not ours. */
	srpt_destroy_ch_ib(ch);
	srpt_free_ch(ch);
reject:
	reject(&peer, req->tag, reason, err);
	return err;
}
