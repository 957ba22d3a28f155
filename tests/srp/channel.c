// SPDX-License-Identifier: GPL-2.0
/*
 * See channel.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <rdma/rdma_verbs.h>
#include "channel.h"

#define PORT		"5555"
#define RECV_ROOM	512
#define RESOLVE_MS	30000

/* How long the target may take for an answer, seconds. */
#define PATIENCE	60

static const char *target, *initiator;
static uint64_t target_guid;

void die(const char *what)
{
	fprintf(stderr, "srp: %s: %s\n", what, strerror(errno));
	exit(1);
}

void channel_peer(const char *to, const char *from, const char *guid)
{
	target = to;
	initiator = from;
	target_guid = strtoull(guid, NULL, 16);
}

void channel_login(uint8_t *login, uint8_t initiator_ext)
{
	memset(login, 0, 56);
	put16(login + 8, 6);
	login[10] = 0x80;
	put32(login + 12, CHANNEL_IMM_OFFSET + 8192);
	login[16 + 7] = initiator_ext;
	put64(login + 32, target_guid);
	put64(login + 40, target_guid);
	put16(login + 48, CHANNEL_IMM_OFFSET);
}

static void allocate(struct channel *c)
{
	c->iu = calloc(1, CHANNEL_ROOM);
	c->recvs = calloc(CHANNEL_RECVS, RECV_ROOM);
	c->data = malloc(CHANNEL_ROOM);
	if (!c->iu || !c->recvs || !c->data)
		die("memory");
	memset(c->data, 0xaa, CHANNEL_ROOM);
	c->mr = rdma_reg_msgs(c->id, c->iu, CHANNEL_ROOM);
	c->data_mr = ibv_reg_mr(c->id->pd, c->data, CHANNEL_ROOM, IBV_ACCESS_LOCAL_WRITE |
				IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE);
	c->recv_mr = rdma_reg_msgs(c->id, c->recvs, CHANNEL_RECVS * RECV_ROOM);
	if (!c->mr || !c->data_mr || !c->recv_mr)
		die("memory regions");
}

static struct rdma_addrinfo *address(const char *host, const char *port, int flags)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP, .ai_flags = flags }, *info;

	if (rdma_getaddrinfo(host, port, &hints, &info))
		die(host);
	return info;
}

/* The time to answer is part of the route. */
static void find_way(struct channel *c, uint8_t ack_timeout)
{
	struct rdma_addrinfo *from = address(initiator, NULL, RAI_PASSIVE | RAI_NUMERICHOST);
	struct rdma_addrinfo *to = address(target, PORT, RAI_NUMERICHOST);

	if (rdma_create_id(NULL, &c->id, NULL, RDMA_PS_TCP) ||
	    rdma_resolve_addr(c->id, from->ai_src_addr, to->ai_dst_addr, RESOLVE_MS))
		die(target);
	if (ack_timeout && rdma_set_option(c->id, RDMA_OPTION_ID, RDMA_OPTION_ID_ACK_TIMEOUT,
					   &ack_timeout, sizeof(ack_timeout)))
		die("time to answer");
	if (rdma_resolve_route(c->id, RESOLVE_MS))
		die("route");
	rdma_freeaddrinfo(from);
	rdma_freeaddrinfo(to);
}

int channel_connect(struct channel *c, const uint8_t *login, uint8_t len, uint8_t ack_timeout)
{
	struct ibv_qp_init_attr attr = {
		.cap = { 512, CHANNEL_RECVS, 1, 1, 0 }, .qp_type = IBV_QPT_RC,
	};
	struct rdma_conn_param param = {
		.private_data = login, .private_data_len = len,
		.responder_resources = 4, .initiator_depth = 4,
		.retry_count = 7, .rnr_retry_count = 7,
	};
	const uint8_t *answer;

	memset(c, 0, sizeof(*c));
	find_way(c, ack_timeout);
	if (rdma_create_qp(c->id, NULL, &attr))
		die("queue pair");
	allocate(c);
	if (!rdma_connect(c->id, &param)) {
		answer = c->id->event->param.conn.private_data;
		if (answer[0] != 0xc0)
			die("login response");
		c->credits = get32(answer + 4);
		c->imm = answer[26] & 0x80;
		return 0;
	}
	if (errno != ECONNREFUSED)
		die("connect");
	answer = c->id->event->param.conn.private_data;
	if (c->id->event->param.conn.private_data_len >= 32 && answer[0] == 0xc2)
		c->reason = get32(answer + 4);
	c->closed = true;
	return -1;
}

void channel_free(struct channel *c)
{
	/* Memory regions end before the domain that rdma_destroy_ep() frees. */
	rdma_destroy_qp(c->id);
	rdma_dereg_mr(c->mr);
	rdma_dereg_mr(c->data_mr);
	rdma_dereg_mr(c->recv_mr);
	rdma_destroy_ep(c->id);
	free(c->iu);
	free(c->recvs);
	free(c->data);
}

void channel_leave(struct channel *c)
{
	/* Destroying the endpoint answers a request to disconnect. */
	if (!c->closed)
		rdma_disconnect(c->id);
	channel_free(c);
}

void channel_post_recv(struct channel *c)
{
	uint8_t *buf = c->recvs + c->posted++ % CHANNEL_RECVS * RECV_ROOM;

	if (rdma_post_recv(c->id, buf, buf, RECV_ROOM, c->recv_mr))
		die("receive");
}

void channel_send(struct channel *c, uint32_t len)
{
	struct ibv_sge sge = { (uintptr_t)c->iu, len, c->mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge, .num_sge = len ? 1 : 0, .opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};

	if (ibv_post_send(c->id->qp, &wr, &bad))
		die("send");
}

/* Has the target ended it? */
static bool has_ended(struct channel *c)
{
	struct rdma_cm_event *event;
	int what;

	if (rdma_get_cm_event(c->id->channel, &event))
		die("event");
	what = event->event;
	rdma_ack_cm_event(event);
	if (what == RDMA_CM_EVENT_DISCONNECTED || what == RDMA_CM_EVENT_REJECTED)
		c->closed = true;
	return c->closed;
}

const uint8_t *channel_reply(struct channel *c)
{
	struct pollfd file = { .fd = c->id->channel->fd, .events = POLLIN };
	time_t end = time(NULL) + PATIENCE;
	struct ibv_wc wc;

	while (time(NULL) < end) {
		while (ibv_poll_cq(c->id->recv_cq, 1, &wc) > 0)
			if (wc.status == IBV_WC_SUCCESS)
				return (const uint8_t *)(uintptr_t)wc.wr_id;
		if (poll(&file, 1, 20) > 0 && has_ended(c))
			return NULL;
	}
	fprintf(stderr, "srp: no answer\n");
	exit(1);
}
