// SPDX-License-Identifier: GPL-2.0
/*
 * The queue pair of a client, and what completes on it.
 *
 * A work request's id is the address of what it is about, and its lowest bit
 * says which: a request buffer that was received into, or a chunk that a reply
 * was sent from. A probe has no address.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include "gateway.h"

#define SENT		1ULL
#define PROBE		SENT
#define BATCH		32

static void completed(struct conn *conn, const struct ibv_wc *wc)
{
	void *what = (void *)(uintptr_t)(wc->wr_id & ~SENT);

	if (wc->status != IBV_WC_SUCCESS) {
		if (wc->status == IBV_WC_LOC_LEN_ERR)
			conn_fail(conn, "message above %zu bytes, the limit",
				  conn->msize ?: HELLO_SIZE);
		else if (wc->status == IBV_WC_WR_FLUSH_ERR)
			conn_end(conn, "the client is gone");
		else
			conn_fail(conn, "%s failed: %s",
				  wc->wr_id & SENT ? "sending" : "receiving",
				  ibv_wc_status_str(wc->status));
		return;
	}

	conn->heard = loop_seconds();
	if (wc->wr_id == PROBE)
		conn->probing = false;
	else if (wc->wr_id & SENT)
		replies_sent(conn, what);
	else
		requests_received(conn, what, wc->byte_len);
}

static void poll_completions(struct conn *conn)
{
	struct ibv_wc wc[BATCH];
	int i, n;

	do {
		n = ibv_poll_cq(conn->cq, BATCH, wc);
		for (i = 0; i < n && conn->state != CONN_DEAD; i++)
			completed(conn, &wc[i]);
	} while (n == BATCH && conn->state != CONN_DEAD);

	if (n < 0)
		conn_fail(conn, "cannot poll for completions");
}

static void completions_ready(struct source *source, uint32_t events)
{
	struct conn *conn = container_of(source, struct conn, completions);
	struct ibv_cq *cq;
	void *context;

	(void)events;
	if (conn->state == CONN_DEAD)
		return;
	if (!ibv_get_cq_event(conn->channel, &cq, &context))
		ibv_ack_cq_events(cq, 1);

	/* What completes from now on makes an event again. */
	if (ibv_req_notify_cq(conn->cq, 0)) {
		conn_fail(conn, "cannot wait for completions");
		return;
	}
	poll_completions(conn);
	if (conn->state != CONN_DEAD)
		requests_write(conn);
	if (conn->state != CONN_DEAD)
		replies_pump(conn);
}

/**
 * verbs_last_words - find out whether a client goes because something failed
 * @conn: the client, which has disconnected
 *
 * That it has gone may be known before the completion that made it go. What did
 * complete does not matter any more.
 */
void verbs_last_words(struct conn *conn)
{
	struct ibv_wc wc;

	while (conn->state != CONN_DEAD && conn->cq &&
	       ibv_poll_cq(conn->cq, 1, &wc) == 1)
		if (wc.status != IBV_WC_SUCCESS && wc.status != IBV_WC_WR_FLUSH_ERR)
			completed(conn, &wc);
}

/* How deep the queues can be: what was asked for, or what the device has. */
static unsigned int clamp_depth(struct ibv_context *verbs)
{
	struct ibv_device_attr attr;
	unsigned int depth = settings.depth;

	if (ibv_query_device(verbs, &attr))
		return depth;
	if (depth + 1 > (unsigned int)attr.max_qp_wr)
		depth = attr.max_qp_wr - 1;
	if (2 * (depth + 1) > (unsigned int)attr.max_cqe)
		depth = attr.max_cqe / 2 - 1;
	return depth;
}

static int make_cq(struct conn *conn)
{
	int flags;

	conn->channel = ibv_create_comp_channel(conn->id->verbs);
	if (!conn->channel)
		return -1;
	flags = fcntl(conn->channel->fd, F_GETFL);
	if (fcntl(conn->channel->fd, F_SETFL, flags | O_NONBLOCK))
		return -1;

	/* A reply for each request, the first of all, and a probe. */
	conn->cq = ibv_create_cq(conn->id->verbs, 2 * (conn->depth + 1), NULL,
				 conn->channel, 0);
	if (!conn->cq || ibv_req_notify_cq(conn->cq, 0))
		return -1;

	conn->completions.ready = completions_ready;
	return loop_add(conn->channel->fd, &conn->completions, EPOLLIN);
}

static int make_qp(struct conn *conn)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = conn->cq,
		.recv_cq = conn->cq,
		.cap = {
			.max_send_wr = conn->depth + 1,
			.max_recv_wr = conn->depth + 1,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.qp_type = IBV_QPT_RC,
		.sq_sig_all = 1,
	};

	return rdma_create_qp(conn->id, conn->pd, &attr);
}

/**
 * verbs_make - make a client's queue pair and what it needs
 * @conn: the client
 *
 * Return: 0, or -1 after a message; verbs_free() cleans up.
 */
int verbs_make(struct conn *conn)
{
	conn->depth = clamp_depth(conn->id->verbs);
	conn->sends_free = conn->depth;
	conn->pd = ibv_alloc_pd(conn->id->verbs);
	if (!conn->pd || make_cq(conn) || make_qp(conn)) {
		log_error("%s: cannot make a queue pair of depth %u: %s; try a smaller --depth",
			  conn->peer, conn->depth, strerror(errno));
		return -1;
	}
	return 0;
}

/**
 * verbs_free - undo verbs_make(), as far as it came
 * @conn: the client
 */
void verbs_free(struct conn *conn)
{
	if (conn->id->qp)
		rdma_destroy_qp(conn->id);
	if (conn->cq)
		ibv_destroy_cq(conn->cq);
	if (conn->channel) {
		loop_remove(conn->channel->fd);
		ibv_destroy_comp_channel(conn->channel);
	}
	region_free(&conn->hello);
	region_free(&conn->bulk);
	if (conn->pd)
		ibv_dealloc_pd(conn->pd);
}

/**
 * verbs_post_recv - receive a request
 * @conn: the client
 * @req: the buffer
 *
 * Return: 0 or errno.
 */
int verbs_post_recv(struct conn *conn, struct request *req)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)req->data,
		.length = req->capacity,
		.lkey = req->lkey,
	};
	struct ibv_recv_wr wr = {
		.wr_id = (uintptr_t)req,
		.sg_list = &sge,
		.num_sge = 1,
	};
	struct ibv_recv_wr *bad;

	return ibv_post_recv(conn->id->qp, &wr, &bad);
}

/**
 * verbs_post_send - send a reply
 * @conn: the client, with a free send
 * @chunk: where the reply lies
 * @frame: the reply
 * @size: its size
 *
 * Return: 0 or errno.
 */
int verbs_post_send(struct conn *conn, struct chunk *chunk, uint8_t *frame,
		    uint32_t size)
{
	const struct region *region = conn->splitter == &conn->bulk_splitter ?
				      &conn->bulk : &conn->hello;
	struct ibv_sge sge = {
		.addr = (uintptr_t)frame,
		.length = size,
		.lkey = region->mr->lkey,
	};
	struct ibv_send_wr wr = {
		.wr_id = (uintptr_t)chunk | SENT,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};
	struct ibv_send_wr *bad;

	return ibv_post_send(conn->id->qp, &wr, &bad);
}

/**
 * verbs_probe - see whether the client's host is still there
 * @conn: the client
 *
 * An RDMA write of no bytes is acknowledged by the client's device and seen by
 * nobody else. If it is not acknowledged, its completion says so.
 */
void verbs_probe(struct conn *conn)
{
	struct ibv_send_wr wr = {
		.wr_id = PROBE,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
	};
	struct ibv_send_wr *bad;

	if (conn->probing)
		return;
	conn->probing = !ibv_post_send(conn->id->qp, &wr, &bad);
}
