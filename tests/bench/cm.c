// SPDX-License-Identifier: GPL-2.0
/*
 * How many connections a second the RDMA connection manager makes and takes
 * down again, one after the other: addresses and route resolved, queue pair
 * made, connected, disconnected, all destroyed.  Both sides sleep while they
 * wait.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <rdma/rdma_cma.h>
#include <string.h>
#include "bench.h"

static struct sockaddr_in address_of(const char *text, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &sin.sin_addr) != 1)
		die("%s is not an IPv4 address", text);
	return sin;
}

static void must(int rc, const char *what)
{
	if (rc)
		die("%s: %s", what, strerror(errno));
}

/* The library makes protection domain and completion queues where none are given. */
static void make_qp(struct rdma_cm_id *id)
{
	struct ibv_qp_init_attr init = {
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};

	must(rdma_create_qp(id, NULL, &init), "rdma_create_qp");
}

static void expect(struct rdma_event_channel *channel, enum rdma_cm_event_type type)
{
	struct rdma_cm_event *event;

	must(rdma_get_cm_event(channel, &event), "rdma_get_cm_event");
	if (event->event != type)
		die("connection manager: %s (status %d) instead of %s",
		    rdma_event_str(event->event), event->status, rdma_event_str(type));
	rdma_ack_cm_event(event);
}

static void connect_once(struct rdma_event_channel *channel, struct sockaddr_in *from,
			 struct sockaddr_in *to)
{
	struct rdma_conn_param param = { .retry_count = 7, .rnr_retry_count = 7 };
	struct rdma_cm_id *id;

	must(rdma_create_id(channel, &id, NULL, RDMA_PS_TCP), "rdma_create_id");
	must(rdma_resolve_addr(id, (struct sockaddr *)from, (struct sockaddr *)to, 2000),
	     "rdma_resolve_addr");
	expect(channel, RDMA_CM_EVENT_ADDR_RESOLVED);
	must(rdma_resolve_route(id, 2000), "rdma_resolve_route");
	expect(channel, RDMA_CM_EVENT_ROUTE_RESOLVED);
	make_qp(id);
	must(rdma_connect(id, &param), "rdma_connect");
	expect(channel, RDMA_CM_EVENT_ESTABLISHED);
	must(rdma_disconnect(id), "rdma_disconnect");
	expect(channel, RDMA_CM_EVENT_DISCONNECTED);
	rdma_destroy_qp(id);
	must(rdma_destroy_id(id), "rdma_destroy_id");
}

static uint64_t connect_for(const struct bench_options *o, struct rdma_event_channel *channel,
			    double seconds)
{
	struct sockaddr_in from = address_of(o->address, 0);
	struct sockaddr_in to = address_of(o->peer_address, o->port);
	uint64_t end = now_nsec() + seconds * 1e9, n = 0;

	do {
		connect_once(channel, &from, &to);
		n++;
	} while (now_nsec() < end);
	return n;
}

void cm_client(const struct bench_options *o, struct bench_result *r)
{
	struct rdma_event_channel *channel = rdma_create_event_channel();

	if (!channel)
		die("there is no RDMA connection manager; is rdma_ucm loaded?");
	connect_for(o, channel, o->warmup);
	clock_read(&r->begin);
	r->messages = connect_for(o, channel, o->seconds);
	clock_read(&r->end);
	rdma_destroy_event_channel(channel);
}

static void serve_event(struct rdma_event_channel *channel)
{
	struct rdma_conn_param param = { .rnr_retry_count = 7 };
	struct rdma_cm_event *event;
	enum rdma_cm_event_type type;
	struct rdma_cm_id *id;

	must(rdma_get_cm_event(channel, &event), "rdma_get_cm_event");
	type = event->event;
	id = event->id;
	rdma_ack_cm_event(event);
	switch (type) {
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		make_qp(id);
		must(rdma_accept(id, &param), "rdma_accept");
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		rdma_disconnect(id);
		rdma_destroy_qp(id);
		must(rdma_destroy_id(id), "rdma_destroy_id");
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		break;
	default:
		die("connection manager: %s at the server", rdma_event_str(type));
	}
}

/* Until the client has gone, which shows on @ctl. */
void cm_server(const struct bench_options *o, int ctl)
{
	struct sockaddr_in sin = address_of(o->peer_address, o->port);
	struct rdma_event_channel *channel = rdma_create_event_channel();
	struct rdma_cm_id *listener;
	struct pollfd fds[2];

	if (!channel)
		die("there is no RDMA connection manager; is rdma_ucm loaded?");
	must(rdma_create_id(channel, &listener, NULL, RDMA_PS_TCP), "rdma_create_id");
	must(rdma_bind_addr(listener, (struct sockaddr *)&sin), "rdma_bind_addr");
	must(rdma_listen(listener, 64), "rdma_listen");
	ctl_meet(ctl);
	fds[0] = (struct pollfd){ channel->fd, POLLIN, 0 };
	fds[1] = (struct pollfd){ ctl, POLLIN, 0 };
	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		serve_event(channel);
}
