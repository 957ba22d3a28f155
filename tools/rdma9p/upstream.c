// SPDX-License-Identifier: GPL-2.0
/*
 * The way to the 9P server: a stream for each client, over TCP or a UNIX
 * socket. Names are looked up once, when the gateway starts, because a look-up
 * can take long and there is one thread for everybody.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>
#include "gateway.h"

/* unix:PATH as a list of one address. A leading @ means an abstract name. */
static int resolve_unix(const char *path, struct addrinfo **list)
{
	static struct sockaddr_un addr = { .sun_family = AF_UNIX };
	static struct addrinfo info = {
		.ai_family = AF_UNIX,
		.ai_socktype = SOCK_STREAM,
		.ai_addr = (struct sockaddr *)&addr,
	};
	size_t length = strlen(path);

	if (!length || length >= sizeof(addr.sun_path)) {
		log_error("--to unix:%s: give a path of 1 to %zu characters",
			  path, sizeof(addr.sun_path) - 1);
		return -1;
	}
	memcpy(addr.sun_path, path, length + 1);
	info.ai_addrlen = offsetof(struct sockaddr_un, sun_path) + length + 1;
	if (*path == '@') {
		addr.sun_path[0] = '\0';
		info.ai_addrlen--;
	}
	*list = &info;
	return 0;
}

/* HOST:PORT, where an IPv6 address is in brackets. Writes to @text. */
static int resolve_tcp(char *text, struct addrinfo **list)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char *colon = strrchr(text, ':');
	char *host = text;
	char *end = colon;
	int err;

	if (colon && *host == '[' && colon > host && colon[-1] == ']') {
		host++;
		end--;
	} else if (colon && strchr(text, ':') != colon) {
		colon = NULL;
	}
	if (!colon || end == host || !colon[1]) {
		log_error("--to tcp:%s: give tcp:HOST:PORT, with an IPv6 address in brackets",
			  text);
		return -1;
	}
	*end = '\0';
	err = getaddrinfo(host, colon + 1, &hints, list);
	if (err)
		log_error("cannot look up %s port %s: %s", host, colon + 1,
			  err == EAI_SYSTEM ? strerror(errno) :
			  gai_strerror(err));
	return err ? -1 : 0;
}

/**
 * upstream_resolve - understand where the 9P server is
 * @to: tcp:HOST:PORT or unix:PATH
 * @list: the addresses
 *
 * Return: 0, or -1 after a message.
 */
int upstream_resolve(const char *to, struct addrinfo **list)
{
	char *copy;
	int err;

	if (!strncmp(to, "unix:", 5))
		return resolve_unix(to + 5, list);
	if (strncmp(to, "tcp:", 4)) {
		log_error("--to %s: give tcp:HOST:PORT or unix:PATH", to);
		return -1;
	}
	copy = strdup(to + 4);
	if (!copy) {
		log_error("no memory");
		return -1;
	}
	err = resolve_tcp(copy, list);
	free(copy);
	return err;
}

static void give_up(struct conn *conn, int err)
{
	conn_fail(conn, "cannot reach the 9P server at %s: %s; is it running?",
		  settings.to, strerror(err));
}

/* Begin to connect to @address. Returns 0 or errno. */
static int try_address(struct conn *conn, const struct addrinfo *address)
{
	static const int one = 1;
	int err;

	conn->fd = socket(address->ai_family,
			  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return errno;

	if (address->ai_family != AF_UNIX) {
		setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one,
			   sizeof(one));
		setsockopt(conn->fd, SOL_SOCKET, SO_KEEPALIVE, &one,
			   sizeof(one));
	}
	conn->interest = EPOLLOUT;
	if ((connect(conn->fd, address->ai_addr, address->ai_addrlen) &&
	     errno != EINPROGRESS) ||
	    loop_add(conn->fd, &conn->stream, conn->interest)) {
		err = errno;
		close(conn->fd);
		conn->fd = -1;
		return err;
	}
	return 0;
}

/* Go through the addresses that are left, until one can be tried. */
static void try_next(struct conn *conn, int err)
{
	const struct addrinfo *address;

	while ((address = conn->address)) {
		conn->address = address->ai_next;
		err = try_address(conn, address);
		if (!err)
			return;
	}
	give_up(conn, err);
}

static void stream_ready(struct source *source, uint32_t events)
{
	struct conn *conn = container_of(source, struct conn, stream);
	socklen_t length = sizeof(int);
	int err = 0;

	if (conn->state == CONN_DEAD || conn->fd < 0)
		return;

	if (conn->state == CONN_REACHING) {
		getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &length);
		if (err) {
			upstream_close(conn);
			try_next(conn, err);
			return;
		}
		upstream_interest(conn, EPOLLIN, true);
		upstream_interest(conn, EPOLLOUT, false);
		conn_reached(conn);
		return;
	}

	if (events & EPOLLOUT)
		requests_write(conn);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) &&
	    conn->state != CONN_DEAD)
		replies_pump(conn);
}

/**
 * upstream_reach - connect to the 9P server
 * @conn: a new client; conn_reached() is called when it is done
 */
void upstream_reach(struct conn *conn)
{
	conn->stream.ready = stream_ready;
	conn->address = settings.upstream;
	try_next(conn, 0);
}

/**
 * upstream_close - close the stream, if it is open
 * @conn: the client
 */
void upstream_close(struct conn *conn)
{
	if (conn->fd < 0)
		return;
	loop_remove(conn->fd);
	close(conn->fd);
	conn->fd = -1;
}

/**
 * upstream_interest - wait for something on the stream, or no longer
 * @conn: the client
 * @events: EPOLLIN or EPOLLOUT
 * @on: wait?
 */
void upstream_interest(struct conn *conn, uint32_t events, bool on)
{
	uint32_t interest = on ? conn->interest | events :
			    conn->interest & ~events;

	uint32_t before = conn->interest;
	int err;

	if (interest == before || conn->fd < 0)
		return;
	conn->interest = interest;
	/* Not even for nothing: epoll would still report that it hung up. */
	if (!interest)
		loop_remove(conn->fd);
	err = !interest ? 0 : before ?
	      loop_change(conn->fd, &conn->stream, interest) :
	      loop_add(conn->fd, &conn->stream, interest);
	if (err)
		conn_fail(conn, "cannot wait for the 9P server: %s",
			  strerror(errno));
}
