// SPDX-License-Identifier: GPL-2.0
/*
 * Where clients come from: the listening id, and the events of all ids.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include "gateway.h"

#define BACKLOG	64

static struct rdma_event_channel *channel;
static struct rdma_cm_id *listener;	/* NULL while its device is away */
static struct rdma_addrinfo *address;	/* NULL: all */

static void client_asks(struct rdma_cm_id *id, const struct rdma_conn_param *p)
{
	if (conn_new(id, p))
		return;
	rdma_reject(id, NULL, 0);
	rdma_destroy_id(id);
}

static void forget_listener(void)
{
	rdma_destroy_id(listener);
	listener = NULL;
}

/* With an address it belongs to a device, and is of no use without. */
static void listener_event(enum rdma_cm_event_type type)
{
	if (type != RDMA_CM_EVENT_DEVICE_REMOVAL)
		return;
	log_error("the RDMA device with address %s was removed; waiting for one that has it",
		  settings.listen);
	forget_listener();
}

static void client_event(struct rdma_cm_id *id, enum rdma_cm_event_type event)
{
	struct conn *conn = id->context;

	if (id == listener) {
		listener_event(event);
		return;
	}

	switch (event) {
	case RDMA_CM_EVENT_ESTABLISHED:
		log_info("%s: connected", conn->peer);
		if (conn->state == CONN_ACCEPTED)
			conn->state = CONN_OPEN;
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		verbs_last_words(conn);
		conn_end(conn, "disconnected");
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		conn_fail(conn, "the RDMA device was removed");
		break;
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		break;
	default:
		conn_fail(conn, "%s", rdma_event_str(event));
		break;
	}
}

/* Take one event. Returns false if there is none. */
static bool take_event(void)
{
	struct rdma_conn_param param;
	enum rdma_cm_event_type type;
	struct rdma_cm_event *event;
	struct rdma_cm_id *id;

	if (rdma_get_cm_event(channel, &event))
		return false;

	/* An id cannot be destroyed while one of its events is held. */
	id = event->id;
	type = event->event;
	param = event->param.conn;
	rdma_ack_cm_event(event);

	if (type == RDMA_CM_EVENT_CONNECT_REQUEST)
		client_asks(id, &param);
	else
		client_event(id, type);
	return true;
}

static void channel_ready(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	/* One at a time: what it does may end what the next one is about. */
	take_event();
}

static struct source channel_source = { .ready = channel_ready };

/* The address to listen on, or NULL after a message. */
static struct rdma_addrinfo *listen_address(void)
{
	struct rdma_addrinfo hints = {
		.ai_flags = RAI_PASSIVE | RAI_NUMERICHOST,
		.ai_port_space = RDMA_PS_TCP,
	};
	struct rdma_addrinfo *list;
	char port[8];

	snprintf(port, sizeof(port), "%u", settings.port);
	if (rdma_getaddrinfo(settings.listen, port, &hints, &list)) {
		log_error("--listen %s: give an IPv4 or IPv6 address of this host in digits",
			  settings.listen);
		return NULL;
	}
	return list;
}

static const char *hint(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "; another program listens there, use another --port or stop it";
	case ENODEV:
	case EADDRNOTAVAIL:
		return "; no RDMA device has this address (rdma link, ip addr)";
	case EACCES:
		return "; ports below 1024 are for root";
	default:
		return "";
	}
}

/* Return: 0, or -1 with errno, and there is no listener. */
static int bind_and_listen(struct sockaddr *addr)
{
	int err;

	if (rdma_create_id(channel, &listener, NULL, RDMA_PS_TCP)) {
		listener = NULL;
		return -1;
	}
	if (!rdma_bind_addr(listener, addr) && !rdma_listen(listener, BACKLOG))
		return 0;

	err = errno;
	forget_listener();
	errno = err;
	return -1;
}

static int listen_any(void)
{
	/* One socket for both families. */
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(settings.port),
	};

	return bind_and_listen((struct sockaddr *)&any);
}

static int start_listening(void)
{
	return address ? bind_and_listen(address->ai_src_addr) : listen_any();
}

/**
 * clients_listen - let clients come
 *
 * Return: 0, or -1 after a message.
 */
int clients_listen(void)
{
	int flags;

	if (settings.listen) {
		address = listen_address();
		if (!address)
			return -1;
	}
	channel = rdma_create_event_channel();
	if (!channel) {
		log_error("no RDMA connection manager: %s; load the module rdma_ucm, and make an RDMA device (rdma link add)",
			  strerror(errno));
		return -1;
	}
	flags = fcntl(channel->fd, F_GETFL);
	if (fcntl(channel->fd, F_SETFL, flags | O_NONBLOCK) ||
	    loop_add(channel->fd, &channel_source, EPOLLIN)) {
		log_error("cannot wait for clients: %s", strerror(errno));
		return -1;
	}
	if (!start_listening())
		return 0;
	log_error("cannot listen on %s port %u: %s%s",
		  settings.listen ?: "all addresses", settings.port,
		  strerror(errno), hint(errno));
	return -1;
}

/**
 * clients_tick - a second has passed
 *
 * If the listener has lost its device, there may be one again.
 */
void clients_tick(void)
{
	if (!listener && !start_listening())
		log_error("listening on %s port %u again", settings.listen,
			  settings.port);
}

/**
 * clients_unlisten - undo clients_listen(), as far as it came
 */
void clients_unlisten(void)
{
	if (listener)
		rdma_destroy_id(listener);
	if (channel)
		rdma_destroy_event_channel(channel);
	if (address)
		rdma_freeaddrinfo(address);
}
