// SPDX-License-Identifier: GPL-2.0
/*
 * A hostile peer of RDS over RDMA: it is no socket, but a queue pair of a user.
 *
 * usage: badrds HERE PEER FRAMES [SEED [any]]
 *
 * It waits on HERE for connections of RDS at PEER, which must have something to
 * send here, and sends FRAMES frames over as many connections as that takes. Most
 * are right, so that those that are not meet every state; a small model says which
 * must end the connection, and which must not. With "any", they may end at any
 * time, as when the peer has no memory.
 *
 * Then it asks for connections itself, and says anything in the requests.
 *
 * Every byte of a message's payload is the same: who reads it, can see whether
 * anything else has got between.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>

#define RDS_PORT	18634
#define DPORT		5000
#define FRAGMENT	4096
#define MAP_BYTES	8192
#define MAX_MESSAGE	(1024 * 1024)
#define SLOTS		32
#define SLOT_SIZE	8192
#define RECEIVES	512
#define REQUESTS	200
#define PATIENCE_MS	60000

#define FLAG_MAP	1
#define FLAG_ACK	2
#define FLAG_AGAIN	4

struct header {
	uint64_t sequence, ack;
	uint32_t len;
	uint16_t sport, dport;
	uint8_t flags, credit, padding[4];
	uint16_t sum;
	uint8_t extensions[16];
} __attribute__((packed));

struct hello {
	uint32_t from, to;
	uint8_t major, minor;
	uint16_t minors;
	uint8_t tos, reserved[3];
	uint64_t ack;
	uint32_t credits, padding;
} __attribute__((packed));

/* What the peer has to think of a frame. */
enum verdict { GOOD, BAD };

/* What it has to know of those before. */
static struct {
	bool in_message;
	struct header first;
	uint32_t left;
	uint8_t byte;
} model;

static struct sockaddr_in here, peer;
static struct rdma_event_channel *channel;
static struct rdma_cm_id *conn;		/* that is in use, or NULL */
static struct ibv_mr *mr;
static uint8_t *memory;			/* a slot for each send, and one for all receives */
static uint64_t sequence;
static uint32_t state = 1;
static bool may_end;			/* at any time: "any" */
static bool odd_hello;			/* the peer may not like ours */
static unsigned int connections, refused, surprises;

static void die(const char *what)
{
	fprintf(stderr, "badrds: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t any(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (uint64_t)(state >> 4) * below >> 28;
}

static uint64_t any64(void)
{
	uint64_t x = (uint64_t)any(1 << 28) << 40 ^ (uint64_t)any(1 << 28) << 20 ^ any(1 << 28);

	return x >> any(64);
}

static void any_bytes(void *to, size_t len)
{
	uint8_t *bytes = to;

	while (len--)
		*bytes++ = any(256);
}

/* ---------------------------------------------------------------- frames */

static uint16_t sum_of(const struct header *hdr)
{
	const uint8_t *bytes = (const uint8_t *)hdr;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(*hdr); i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put_sum(struct header *hdr)
{
	hdr->sum = 0;
	hdr->sum = htobe16(sum_of(hdr));
}

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t some_length(void)
{
	static const uint32_t edges[] = { 0, 1, 48, 4047, 4048, 4095, 4096, 4097, 8191, 8192,
					  8193 };

	if (any(500) == 0)
		return MAX_MESSAGE - any(2);
	return any(2) ? edges[any(sizeof(edges) / sizeof(*edges))] : any(20000);
}

static void add_extension(struct header *hdr)
{
	static const uint8_t sizes[] = { 0, 4, 4, 8, 0, 2, 4 };
	uint8_t type = any(sizeof(sizes));

	hdr->extensions[0] = type;
	any_bytes(&hdr->extensions[1], sizes[type]);
}

static void new_message(struct header *hdr)
{
	bool again = !any(4);

	/* A gap, the next, or one that has been there. */
	sequence += any(8) ? 1 : any(4);
	memset(hdr, 0, sizeof(*hdr));
	hdr->sequence = htobe64(sequence - (again && sequence > 3 ? any(3) : 0));
	hdr->ack = htobe64(any(1000));
	hdr->len = htobe32(some_length());
	hdr->sport = htobe16(any(4) ? 4000 : any(3));
	hdr->dport = htobe16(any(8) ? DPORT : any(3));
	hdr->flags = (again ? FLAG_AGAIN : 0) | (any(4) ? 0 : FLAG_ACK);
	if (!any(4))
		add_extension(hdr);
}

/* A header that no good peer would send here, now. Some are harmless. */
static void spoil(struct header *hdr, uint32_t *len)
{
	static const uint32_t lens[] = { 0, 1, 8191, 8193, MAX_MESSAGE, MAX_MESSAGE + 1,
					 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff };
	uint8_t *bytes = (uint8_t *)hdr;

	switch (any(9)) {
	case 0:
		bytes[any(sizeof(*hdr))] ^= 1 << any(8);
		return;
	case 1:
		*len = any(sizeof(*hdr) + FRAGMENT + 1);
		return;
	case 2:
		hdr->len = htobe32(lens[any(sizeof(lens) / sizeof(*lens))]);
		break;
	case 3:
		hdr->flags = any(256);
		break;
	case 4:
		any_bytes(hdr->extensions, sizeof(hdr->extensions));
		break;
	case 5:
		for (bytes = hdr->extensions; bytes < (uint8_t *)(hdr + 1); bytes++)
			*bytes = any(8);
		break;
	case 6:
		hdr->ack = any64();
		hdr->sequence = any64();
		break;
	case 7:
		any_bytes(hdr, sizeof(*hdr));
		hdr->sum = 0;
		return;
	case 8:	/* more than there is room for */
		*len = sizeof(*hdr) + FRAGMENT + 1 + any(1000);
		return;
	}
	put_sum(hdr);
}

static enum verdict judge(const struct header *hdr, uint32_t len)
{
	uint32_t total = be32toh(hdr->len), data = len - sizeof(*hdr);

	if (len < sizeof(*hdr) || len > sizeof(*hdr) + FRAGMENT ||
	    (hdr->sum && sum_of(hdr)))
		return BAD;
	if (!total && !hdr->sport && !hdr->dport && !(hdr->flags & FLAG_MAP))
		return GOOD;
	if (!model.in_message) {
		if (total > MAX_MESSAGE || (hdr->flags == FLAG_MAP && total != MAP_BYTES))
			return BAD;
		model.first = *hdr;
		model.left = total;
	} else if (hdr->sequence != model.first.sequence || hdr->len != model.first.len ||
		   hdr->sport != model.first.sport || hdr->dport != model.first.dport) {
		return BAD;
	}
	if (data != min32(model.left, FRAGMENT))
		return BAD;
	model.left -= data;
	model.in_message = model.left;
	return GOOD;
}

/* Write a frame. */
static enum verdict make_frame(uint8_t *to, uint32_t *len)
{
	struct header hdr;
	bool map;

	if (model.in_message) {
		hdr = model.first;
		*len = sizeof(hdr) + min32(model.left, FRAGMENT);
	} else {
		new_message(&hdr);
		model.byte = 1 + any(255);
		if (!any(8)) {
			hdr.flags = FLAG_MAP;
			hdr.sequence = hdr.sport = hdr.dport = 0;
			hdr.len = htobe32(MAP_BYTES);
		} else if (!any(8)) {
			hdr.sequence = hdr.sport = hdr.dport = hdr.len = 0;
			hdr.credit = any(256);
		}
		*len = sizeof(hdr) + min32(be32toh(hdr.len), FRAGMENT);
	}
	put_sum(&hdr);
	/* Connecting takes time: what ends a connection cannot be too frequent. */
	if (!any(may_end ? 100 : 150))
		spoil(&hdr, len);
	/* A map must not say that everything is congested, or nobody sends. */
	map = (model.in_message ? model.first.flags : hdr.flags) == FLAG_MAP;
	memset(to + sizeof(hdr), map ? 0 : model.byte, SLOT_SIZE - sizeof(hdr));
	memcpy(to, &hdr, sizeof(hdr));
	return judge(&hdr, *len);
}

/* ---------------------------------------------------------------- connections */

static size_t make_hello(struct hello *hello)
{
	size_t len = sizeof(*hello);

	*hello = (struct hello){
		.from = here.sin_addr.s_addr, .to = peer.sin_addr.s_addr, .major = 3, .minor = 1,
		.minors = htobe16(3), .ack = htobe64(any(100)),
		.credits = htobe32(any(2) * any(1000)),
	};
	odd_hello = !any(16);
	if (!odd_hello)
		return len;
	if (any(2))
		((uint8_t *)hello)[any(len)] = any(256);
	else
		any_bytes(hello, len);
	return any(2) ? len : any(len);
}

static void post_receive(void)
{
	/* Nobody looks at what the peer sends. */
	if (rdma_post_recv(conn, NULL, memory + SLOTS * SLOT_SIZE, SLOT_SIZE, mr))
		die("receive");
}

static void set_up(void)
{
	struct ibv_qp_init_attr attr = {
		.cap = { SLOTS, RECEIVES, 1, 1, 0 }, .qp_type = IBV_QPT_RC,
	};
	int i;

	if (rdma_create_qp(conn, NULL, &attr))
		die("queue pair");
	mr = rdma_reg_msgs(conn, memory, (SLOTS + 1) * SLOT_SIZE);
	if (!mr)
		die("memory");
	for (i = 0; i < RECEIVES; i++)
		post_receive();
	model.in_message = false;
}

static void close_connection(void)
{
	rdma_disconnect(conn);
	rdma_destroy_qp(conn);
	rdma_dereg_mr(mr);
	rdma_destroy_id(conn);
	conn = NULL;
}

static void answer(struct rdma_cm_id *id)
{
	struct hello hello;
	struct rdma_conn_param param = { .private_data = &hello, .rnr_retry_count = 7 };

	if (conn)
		close_connection();
	if (!any(50)) {
		any_bytes(&hello, sizeof(hello));
		rdma_reject(id, &hello, any(sizeof(hello)));
		rdma_destroy_id(id);
		return;
	}
	conn = id;
	set_up();
	param.private_data_len = make_hello(&hello);
	if (rdma_accept(conn, &param)) {
		close_connection();
		return;
	}
	connections++;
}

/* What has happened within @ms. Return: whether @conn is of use, or there is none. */
static bool handle_events(int ms)
{
	struct pollfd poller = { .fd = channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	enum rdma_cm_event_type type;
	struct rdma_cm_id *id;

	while (poll(&poller, 1, ms) > 0) {
		if (rdma_get_cm_event(channel, &event))
			die("event");
		type = event->event;
		id = event->id;
		rdma_ack_cm_event(event);
		ms = 0;
		if (type == RDMA_CM_EVENT_CONNECT_REQUEST) {
			answer(id);
			return true;
		}
		if (id == conn && type != RDMA_CM_EVENT_ESTABLISHED)
			return false;
	}
	return true;
}

/* Take the completions that there are. Return: sends that were, -1 after a failure. */
static int reap(void)
{
	struct ibv_wc wc;
	int done = 0;

	while (ibv_poll_cq(conn->recv_cq, 1, &wc) > 0) {
		if (wc.status != IBV_WC_SUCCESS)
			return -1;
		post_receive();
	}
	while (ibv_poll_cq(conn->send_cq, 1, &wc) > 0) {
		if (wc.status != IBV_WC_SUCCESS)
			return -1;
		done++;
	}
	return done;
}

/* Wait until @count sends are complete. Return: whether the connection goes on. */
static bool complete(int count)
{
	struct rdma_cm_id *was = conn;
	int waited, done;

	for (waited = 0; waited < PATIENCE_MS && count > 0; waited++) {
		done = reap();
		if (done < 0)
			return false;
		count -= done;
		if (count > 0 && !handle_events(1))
			return false;
		/* The peer has begun anew. */
		if (conn != was)
			return false;
	}
	if (count > 0)
		die("the peer does not receive any more");
	return true;
}

static void expect_end(void)
{
	struct rdma_cm_id *was = conn;
	int waited;

	for (waited = 0; waited < PATIENCE_MS; waited++) {
		if (reap() < 0 || !handle_events(1))
			return;
		if (conn != was)
			return;
	}
	die("the peer goes on after a frame that is none");
}

/* Some frames. Return: how many. */
static unsigned int send_some(void)
{
	struct rdma_cm_id *was = conn;
	enum verdict verdict = GOOD;
	uint32_t len;
	int count;
	bool fine;

	for (count = 0; count < SLOTS && verdict == GOOD; count++) {
		verdict = make_frame(memory + count * SLOT_SIZE, &len);
		if (rdma_post_send(conn, NULL, memory + count * SLOT_SIZE, len, mr,
				   IBV_SEND_SIGNALED))
			die("send");
	}
	fine = complete(count) && conn == was;
	if (verdict == BAD) {
		refused++;
		if (fine)
			expect_end();
	} else if (!fine && !odd_hello) {
		surprises++;
	}
	if (conn == was && (verdict == BAD || !fine))
		close_connection();
	return count;
}

static void send_frames(unsigned int wanted)
{
	unsigned int sent = 0, said = 0;
	struct rdma_cm_id *listener;
	int waited;

	if (rdma_create_id(channel, &listener, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(listener, (struct sockaddr *)&here) || rdma_listen(listener, 8))
		die("listen");
	while (sent < wanted) {
		for (waited = 0; !conn && waited < PATIENCE_MS; waited += 100)
			handle_events(100);
		if (!conn)
			die("the peer does not connect");
		sent += send_some();
		if (sent / 10000 > said) {
			said = sent / 10000;
			printf("%u frames, %u connections\n", sent, connections);
			fflush(stdout);
		}
	}
	if (conn)
		close_connection();
	rdma_destroy_id(listener);
	printf("%u frames on %u connections; %u were refused, %u ended by themselves\n", sent,
	       connections, refused, surprises);
	/* A queue pair may give up on a slow machine; but that is rare. */
	if (!may_end && surprises > connections / 10 + 3)
		die("too many connections ended that were fine");
}

/* ---------------------------------------------------------------- requests */

static bool wait_event(enum rdma_cm_event_type wanted)
{
	struct pollfd poller = { .fd = channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	bool as_wanted;

	if (poll(&poller, 1, PATIENCE_MS) <= 0)
		die("nothing happens");
	if (rdma_get_cm_event(channel, &event))
		die("event");
	as_wanted = event->event == wanted;
	rdma_ack_cm_event(event);
	return as_wanted;
}

/* Return: whether the peer has accepted. */
static bool request(void)
{
	struct sockaddr_in from = here;
	struct hello hello;
	struct rdma_conn_param param = { .private_data = &hello, .retry_count = 1,
					 .rnr_retry_count = 7 };
	bool accepted = false;

	from.sin_port = 0;
	param.private_data_len = make_hello(&hello);
	if (rdma_create_id(channel, &conn, NULL, RDMA_PS_TCP))
		die("id");
	if (rdma_resolve_addr(conn, (struct sockaddr *)&from, (struct sockaddr *)&peer, 2000) ||
	    !wait_event(RDMA_CM_EVENT_ADDR_RESOLVED) || rdma_resolve_route(conn, 2000) ||
	    !wait_event(RDMA_CM_EVENT_ROUTE_RESOLVED)) {
		rdma_destroy_id(conn);
		conn = NULL;
		return false;
	}
	set_up();
	if (!rdma_connect(conn, &param))
		accepted = wait_event(RDMA_CM_EVENT_ESTABLISHED);
	if (accepted && any(2))
		send_some();
	if (conn)
		close_connection();
	return accepted;
}

static void ask(void)
{
	unsigned int i, accepted = 0;

	for (i = 0; i < REQUESTS; i++)
		accepted += request();
	printf("%u requests, %u accepted\n", i, accepted);
}

int main(int argc, char **argv)
{
	if (argc < 4 || inet_pton(AF_INET, argv[1], &here.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[2], &peer.sin_addr) != 1) {
		fputs("usage: badrds HERE PEER FRAMES [SEED [any]]\n", stderr);
		return 2;
	}
	here.sin_family = peer.sin_family = AF_INET;
	here.sin_port = peer.sin_port = htons(RDS_PORT);
	if (argc > 4)
		state = atoi(argv[4]);
	may_end = argc > 5;
	memory = calloc(SLOTS + 1, SLOT_SIZE);
	channel = rdma_create_event_channel();
	if (!memory || !channel)
		die("start");
	send_frames(atoi(argv[3]));
	ask();
	return 0;
}
