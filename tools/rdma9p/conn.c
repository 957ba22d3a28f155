// SPDX-License-Identifier: GPL-2.0
/*
 * A client and its stream to the server: how they begin and how they end.
 *
 *	the client asks to connect	-> REACHING, upstream_reach()
 *	the server is reached		-> ACCEPTED, or the client is rejected
 *	the client is connected		-> OPEN
 *	the server hangs up		-> DRAINING, until its replies are sent
 *	anything fails			-> DEAD
 *
 * The two live and die together: there is nothing in 9P to go on with on
 * another connection. What happens to one client is no business of the others.
 * A dead connection is destroyed by conn_bury(), after everybody who might
 * still look at it has returned.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway.h"

/* For the last replies to be acknowledged. */
#define DRAIN_SECONDS	10

static struct conn *conns;
static unsigned int nr_conns;
static bool some_dead;

static void name_peer(struct conn *conn)
{
	const struct sockaddr *addr = rdma_get_peer_addr(conn->id);
	char host[INET6_ADDRSTRLEN] = "?";

	if (addr->sa_family == AF_INET)
		inet_ntop(AF_INET,
			  &((const struct sockaddr_in *)addr)->sin_addr,
			  host, sizeof(host));
	else if (addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)addr)->sin6_addr,
			  host, sizeof(host));
	snprintf(conn->peer, sizeof(conn->peer),
		 addr->sa_family == AF_INET6 ? "client [%s]:%u" :
		 "client %s:%u", host, ntohs(rdma_get_dst_port(conn->id)));
}

/**
 * conn_new - a client asks to connect
 * @id: its end here
 * @p: what it asks for
 *
 * Return: the connection, which owns @id and may be dead already; %NULL after a
 *	message if there cannot be one, and @id is still the caller's.
 */
struct conn *conn_new(struct rdma_cm_id *id, const struct rdma_conn_param *p)
{
	struct conn *conn;

	if (nr_conns >= settings.max_conns) {
		log_error("refusing a client: there are %u, the limit (--max-clients)",
			  nr_conns);
		return NULL;
	}
	conn = calloc(1, sizeof(*conn));
	if (!conn) {
		log_error("refusing a client: no memory");
		return NULL;
	}

	conn->id = id;
	conn->fd = -1;
	conn->heard = loop_seconds();
	conn->grant.responder_resources = p->initiator_depth;
	conn->grant.initiator_depth = p->responder_resources;
	id->context = conn;
	name_peer(conn);
	requests_init(conn);
	conn->next = conns;
	conns = conn;
	nr_conns++;
	upstream_reach(conn);
	return conn;
}

static int accept_client(struct conn *conn)
{
	struct rdma_conn_param param = {
		.responder_resources = conn->grant.responder_resources,
		.initiator_depth = conn->grant.initiator_depth,
		/* Or the client's sends fail when our receives run out. */
		.rnr_retry_count = 7,
	};

	if (verbs_make(conn) ||
	    region_make(&conn->hello, conn->pd,
			HELLO_SIZE + splitter_memory(HELLO_SIZE)))
		return -1;

	conn->splitter = &conn->hello_splitter;
	splitter_init(conn->splitter, conn->hello.base + HELLO_SIZE,
		      HELLO_SIZE);
	/* The first request may come before we are told of the connection. */
	if (requests_post_first(conn) || rdma_accept(conn->id, &param)) {
		log_error("%s: cannot accept: %s", conn->peer,
			  strerror(errno));
		return -1;
	}
	conn->rdma_accepted = true;
	return 0;
}

/**
 * conn_reached - the server has been reached, let the client in
 * @conn: the client
 */
void conn_reached(struct conn *conn)
{
	if (accept_client(conn))
		conn_end(conn, "not accepted");
	else
		conn->state = CONN_ACCEPTED;
}

/**
 * conn_end - the end of a connection
 * @conn: the client
 * @why: for those who want to know
 */
void conn_end(struct conn *conn, const char *why)
{
	if (conn->state == CONN_DEAD)
		return;
	log_info("%s: %s", conn->peer, why);
	upstream_close(conn);
	conn->state = CONN_DEAD;
	some_dead = true;
}

/**
 * conn_fail - the end of a connection that something is wrong with
 * @conn: the client
 * @fmt: what is wrong, without newline
 */
void conn_fail(struct conn *conn, const char *fmt, ...)
{
	char what[256];
	va_list args;

	if (conn->state == CONN_DEAD)
		return;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	log_error("%s: %s; closing this connection", conn->peer, what);
	conn_end(conn, "closed");
}

/**
 * conn_drain - the server has hung up
 * @conn: the client, which still gets the replies that were read
 */
void conn_drain(struct conn *conn)
{
	log_info("%s: the 9P server hangs up", conn->peer);
	upstream_close(conn);
	conn->state = CONN_DRAINING;
	conn->deadline = loop_seconds() + DRAIN_SECONDS;
}

static void destroy(struct conn *conn)
{
	if (conn->rdma_accepted)
		rdma_disconnect(conn->id);
	else
		rdma_reject(conn->id, NULL, 0);
	verbs_free(conn);
	rdma_destroy_id(conn->id);
	free(conn->requests);
	free(conn);
	nr_conns--;
}

/**
 * conn_bury - destroy the dead
 */
void conn_bury(void)
{
	struct conn **link = &conns;
	struct conn *conn;

	if (!some_dead)
		return;
	some_dead = false;
	while ((conn = *link)) {
		if (conn->state == CONN_DEAD) {
			*link = conn->next;
			destroy(conn);
		} else {
			link = &conn->next;
		}
	}
}

/**
 * conn_tick - a second has passed
 */
void conn_tick(void)
{
	long now = loop_seconds();
	struct conn *conn;

	for (conn = conns; conn; conn = conn->next) {
		if (conn->state == CONN_DRAINING && now > conn->deadline)
			conn_end(conn, "does not take its last replies");
		else if (conn->state == CONN_OPEN && settings.keepalive &&
			 now - conn->heard >= (long)settings.keepalive)
			verbs_probe(conn);
	}
}

/**
 * conn_end_all - the end of everything
 */
void conn_end_all(void)
{
	struct conn *conn;

	for (conn = conns; conn; conn = conn->next)
		conn_end(conn, "the gateway is stopping");
	conn_bury();
}
