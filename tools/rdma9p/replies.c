// SPDX-License-Identifier: GPL-2.0
/*
 * Replies: read from the server, sent to the client.
 *
 * The stream is read into registered memory and cut into messages there
 * (splitter.c), and each is sent from where it lies. Reading pauses when no
 * chunk or no send is free, and goes on when a send has completed.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include "frame.h"
#include "gateway.h"

/* Others want their turn too. */
#define READS_PER_TURN	16

/* The server has answered Tversion. Returns false after ending the connection. */
static bool take_version(struct conn *conn, uint8_t *frame)
{
	uint32_t msize;

	if (frame_type(frame) != RVERSION)
		return true;
	if (!frame_has_msize(frame)) {
		conn_fail(conn, "malformed Rversion from the 9P server");
		return false;
	}
	msize = frame_msize(frame);
	if (msize > conn->proposed) {
		log_error("%s: the 9P server granted an msize of %u, though asked for %u",
			  conn->peer, msize, conn->proposed);
		msize = conn->proposed;
		frame_set_msize(frame, msize);
	}
	if (conn->msize)
		return true;
	if (msize < FRAME_MIN_MSIZE) {
		conn_fail(conn, "an msize of %u is less than %u",
			  msize, FRAME_MIN_MSIZE);
		return false;
	}
	if (requests_settle(conn, msize)) {
		conn_end(conn, "no room");
		return false;
	}
	log_info("%s: msize %u", conn->peer, msize);
	return true;
}

/* Send one message. Returns false after ending the connection. */
static bool forward(struct conn *conn, struct chunk *chunk, uint8_t *frame,
		    uint32_t size)
{
	int err;

	if (!conn->unanswered) {
		conn_fail(conn, "the 9P server sent a reply to no request");
		return false;
	}
	conn->unanswered--;
	if (!take_version(conn, frame))
		return false;

	/* Nothing agreed on: the client may try once more. */
	err = conn->msize ? 0 : verbs_post_recv(conn, &conn->first);
	if (!err)
		err = verbs_post_send(conn, chunk, frame, size);
	if (err) {
		conn_fail(conn, "cannot post: %s", strerror(err));
		return false;
	}
	conn->sends_free--;
	conn->sends_busy++;

	if (conn->msize && conn->splitter == &conn->hello_splitter) {
		splitter_take_rest(&conn->bulk_splitter, conn->splitter);
		conn->splitter = &conn->bulk_splitter;
	}
	return true;
}

/*
 * Send what has been read.
 *
 * Return: true if more should be read.
 */
static bool forward_all(struct conn *conn)
{
	struct chunk *chunk;
	enum split split;
	uint8_t *frame;
	uint32_t size;

	while (conn->sends_free) {
		split = splitter_next(conn->splitter, &frame, &size, &chunk);
		if (split == SPLIT_MORE)
			return true;
		if (split == SPLIT_BAD) {
			conn_fail(conn, "the 9P server sent a message of %u bytes, the limit being %zu",
				  size, conn->splitter->limit);
			return false;
		}
		if (!forward(conn, chunk, frame, size))
			return false;
	}
	return false;
}

/*
 * Read once.
 *
 * Return: true if there may be more.
 */
static bool read_some(struct conn *conn)
{
	size_t room;
	void *place = splitter_room(conn->splitter, &room);
	ssize_t got;

	conn->stalled = !place;
	if (!place)
		return false;

	got = recv(conn->fd, place, room, 0);
	if (got > 0) {
		splitter_filled(conn->splitter, got);
		return (size_t)got == room;
	}
	if (!got || errno == ECONNRESET)
		conn_drain(conn);
	else if (errno != EAGAIN && errno != EINTR)
		conn_fail(conn, "cannot read from the 9P server: %s",
			  strerror(errno));
	return false;
}

/**
 * replies_pump - carry replies while that is possible
 * @conn: the client
 */
void replies_pump(struct conn *conn)
{
	int turns = READS_PER_TURN;
	bool more = true;

	if (conn->state == CONN_REACHING || conn->state == CONN_DEAD)
		return;

	while (forward_all(conn) && more && conn->fd >= 0 && turns--)
		more = read_some(conn);

	if (conn->state == CONN_DRAINING && !conn->sends_busy)
		conn_end(conn, "the 9P server has hung up");
	else if (conn->state != CONN_DEAD)
		upstream_interest(conn, EPOLLIN,
				  conn->sends_free && !conn->stalled);
}

/**
 * replies_sent - a send has completed
 * @conn: the client; replies_pump() is called next
 * @chunk: where the reply lay
 */
void replies_sent(struct conn *conn, struct chunk *chunk)
{
	splitter_release(chunk);
	conn->sends_free++;
	conn->sends_busy--;
}
