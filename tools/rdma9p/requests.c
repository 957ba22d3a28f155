// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: received from the client, written to the server.
 *
 * A request is written from the buffer it was received in, several of them with
 * one system call, and the buffer is posted again when it has been written. If
 * the server reads slowly, the buffers stay here, and a client that sends more
 * than the depth allows is told to retry by the transport.
 *
 * Before msize is agreed on there is one small buffer, for Tversion. It goes
 * back only after the reply, and only if that did not settle anything: receives
 * are used in order, and one that is too small for what comes later must not be
 * among them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "frame.h"
#include "gateway.h"

#define BATCH	64

/**
 * requests_init - begin with nothing
 * @conn: a new client
 */
void requests_init(struct conn *conn)
{
	conn->to_write_tail = &conn->to_write;
}

/**
 * requests_post_first - get ready for Tversion
 * @conn: the client, with its hello region
 *
 * Return: 0 or errno.
 */
int requests_post_first(struct conn *conn)
{
	conn->first = (struct request) {
		.data = conn->hello.base,
		.capacity = HELLO_SIZE,
		.lkey = conn->hello.mr->lkey,
	};
	return verbs_post_recv(conn, &conn->first);
}

/* Make a Tversion ask for no more than there is room for. */
static bool limit_version(struct conn *conn, struct request *req)
{
	size_t limit = conn->msize ?: settings.msize;

	if (!frame_has_msize(req->data)) {
		conn_fail(conn, "malformed Tversion of %u bytes",
			  req->size);
		return false;
	}
	if (frame_msize(req->data) > limit)
		frame_set_msize(req->data, limit);
	conn->proposed = frame_msize(req->data);
	return true;
}

static bool acceptable(struct conn *conn, const struct request *req)
{
	size_t limit = conn->msize ?: HELLO_SIZE;

	if (req->size < FRAME_HEADER || frame_size(req->data) != req->size) {
		conn_fail(conn, "malformed message: %u bytes, and its size field says %u",
			  req->size, req->size < sizeof(uint32_t) ? 0 :
			  frame_size(req->data));
		return false;
	}
	if (req->size > limit) {
		conn_fail(conn, "message of %u bytes, above the msize of %zu",
			  req->size, limit);
		return false;
	}
	if (!conn->msize && frame_type(req->data) != TVERSION) {
		conn_fail(conn, "message of type %u before Tversion",
			  frame_type(req->data));
		return false;
	}
	return true;
}

/**
 * requests_received - a request has come
 * @conn: the client
 * @req: its buffer
 * @size: bytes received
 */
void requests_received(struct conn *conn, struct request *req, uint32_t size)
{
	if (conn->state == CONN_DRAINING)
		return;

	req->size = size;
	req->next = NULL;
	if (!acceptable(conn, req))
		return;
	if (frame_type(req->data) == TVERSION && !limit_version(conn, req))
		return;

	*conn->to_write_tail = req;
	conn->to_write_tail = &req->next;
}

/* The first request has been written whole. Returns 0 or errno. */
static int retire_first(struct conn *conn)
{
	struct request *req = conn->to_write;

	conn->to_write = req->next;
	if (!conn->to_write)
		conn->to_write_tail = &conn->to_write;
	conn->written = 0;
	conn->unanswered++;
	return req == &conn->first ? 0 : verbs_post_recv(conn, req);
}

/* So many bytes of the queue have gone. Returns 0 or errno. */
static int advance(struct conn *conn, size_t bytes)
{
	int err = 0;

	conn->written += bytes;
	while (!err && conn->to_write &&
	       conn->written >= conn->to_write->size) {
		size_t rest = conn->written - conn->to_write->size;

		err = retire_first(conn);
		conn->written = rest;
	}
	return err;
}

static size_t gather(const struct conn *conn, struct iovec *iov)
{
	size_t skip = conn->written;
	const struct request *req;
	size_t n = 0;

	for (req = conn->to_write; req && n < BATCH; req = req->next) {
		iov[n].iov_base = req->data + skip;
		iov[n].iov_len = req->size - skip;
		skip = 0;
		n++;
	}
	return n;
}

/* The server takes no more. What it has answered is still to be read. */
static void drop_queue(struct conn *conn)
{
	conn->to_write = NULL;
	conn->to_write_tail = &conn->to_write;
	conn->written = 0;
}

/* Write once. Returns 0 or errno. */
static int write_some(struct conn *conn)
{
	struct iovec iov[BATCH];
	struct msghdr msg = {
		.msg_iov = iov,
		.msg_iovlen = gather(conn, iov),
	};
	ssize_t sent = sendmsg(conn->fd, &msg, MSG_NOSIGNAL);

	return sent < 0 ? errno : advance(conn, sent);
}

/**
 * requests_write - write to the server what it will take
 * @conn: the client
 */
void requests_write(struct conn *conn)
{
	int err = 0;

	if (conn->state != CONN_ACCEPTED && conn->state != CONN_OPEN)
		return;

	while (!err && conn->to_write)
		err = write_some(conn);

	if (err == EPIPE || err == ECONNRESET) {
		drop_queue(conn);
	} else if (err && err != EAGAIN && err != EINTR) {
		conn_fail(conn, "cannot pass a request on: %s", strerror(err));
		return;
	}
	upstream_interest(conn, EPOLLOUT, conn->to_write);
}

/**
 * requests_settle - msize is agreed on: make room for requests of that size
 * @conn: the client
 * @msize: the size
 *
 * Return: 0, or -1 after a message.
 */
int requests_settle(struct conn *conn, uint32_t msize)
{
	/* On cache line boundaries. */
	size_t stride = ((size_t)msize + 63) & ~(size_t)63;
	size_t receive = stride * conn->depth;
	unsigned int i;
	int err;

	conn->requests = calloc(conn->depth, sizeof(*conn->requests));
	if (!conn->requests) {
		log_error("%s: no memory", conn->peer);
		return -1;
	}
	if (region_make(&conn->bulk, conn->pd,
			receive + splitter_memory(msize)))
		return -1;

	splitter_init(&conn->bulk_splitter, conn->bulk.base + receive, msize);
	for (i = 0; i < conn->depth; i++) {
		struct request *req = &conn->requests[i];

		req->data = conn->bulk.base + i * stride;
		req->capacity = msize;
		req->lkey = conn->bulk.mr->lkey;
		err = verbs_post_recv(conn, req);
		if (err) {
			log_error("%s: cannot post receives: %s", conn->peer,
				  strerror(err));
			return -1;
		}
	}
	conn->msize = msize;
	return 0;
}
