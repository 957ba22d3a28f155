// SPDX-License-Identifier: GPL-2.0
/*
 * Sends messages to an NFS/RDMA server, and looks what it does about them.
 *
 * usage: badclientnfs ADDRESS < MESSAGES
 *	 badclientnfs ADDRESS flood
 *
 * Each line of MESSAGES is a name, what is expected, and the message in
 * hexadecimal. What can be expected:
 *
 *	reply	an RPC reply
 *	vers	the RPC-over-RDMA error for a wrong version
 *	chunk	the one for everything else
 *	silent	nothing, and a proper Call is answered afterwards
 *	closed	the end of the connection
 *	any	whatever it is
 *
 * After each the server must answer a proper Call, on a new connection if that
 * one has ended. It fails at the first line that turns out otherwise.
 *
 * The other way round it makes Calls with Replies in many pieces, and never posts a
 * receive for one: the server can send none, but must not wait for that. It says so
 * when it has made them, and stays connected until it is killed.
 */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>

#define ROOM		65536
#define MAX_MESSAGE	8192
#define RECVS		4
#define PROPER_XID	0x600d
#define FLOOD		36	/* Calls; a server that grants 16 can take in so many */
#define PIECES		24	/* bytes in the Reply to each, one in each segment */

static struct rdma_cm_id *id;
static uint8_t *memory;		/* what is sent, and then one part for each receive */
static struct ibv_mr *mr;
static char *address;

static void die(const char *name, const char *what)
{
	fprintf(stderr, "badclientnfs: %s: %s: %s\n", name, what, strerror(errno));
	exit(1);
}

static void post_recv(int i)
{
	if (rdma_post_recv(id, (void *)(intptr_t)i, memory + (1 + i) * ROOM, ROOM, mr))
		die("connect", "receive");
}

static void connect_to_server(int recvs)
{
	/* RFC 8797: 4 KiB both ways, and no remote invalidation. */
	static const uint8_t private_data[8] = { 0xf6, 0xab, 0x0e, 0x18, 1, 0, 3, 3 };
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP }, *addr;
	struct ibv_qp_init_attr attr = { .cap = { 4, RECVS, 1, 1, 0 }, .qp_type = IBV_QPT_RC };
	struct rdma_conn_param param = {
		.private_data = private_data, .private_data_len = sizeof(private_data),
		.responder_resources = 4, .retry_count = 7, .rnr_retry_count = 7,
	};
	int i;

	if (rdma_getaddrinfo(address, "20049", &hints, &addr) ||
	    rdma_create_ep(&id, addr, NULL, &attr))
		die("connect", "address");
	rdma_freeaddrinfo(addr);
	mr = rdma_reg_write(id, memory, (1 + RECVS) * ROOM);
	if (!mr)
		die("connect", "memory");
	for (i = 0; i < recvs; i++)
		post_recv(i);
	if (rdma_connect(id, &param))
		die("connect", "rdma_connect");
}

static void disconnect(void)
{
	rdma_disconnect(id);
	rdma_dereg_mr(mr);
	rdma_destroy_ep(id);
	id = NULL;
}

/* False if the connection has ended. */
static int send_bytes(const uint8_t *bytes, size_t len)
{
	struct ibv_wc wc;

	memcpy(memory, bytes, len);
	if (rdma_post_send(id, NULL, memory, len, mr, IBV_SEND_SIGNALED))
		return 0;
	return rdma_get_send_comp(id, &wc) == 1 && wc.status == IBV_WC_SUCCESS;
}

/* What has come within @ms; the xid in @xid. */
static const char *look(int ms, uint32_t *xid)
{
	struct pollfd files[] = {
		{ .fd = id->channel->fd, .events = POLLIN },
		{ .fd = id->recv_cq_channel->fd, .events = POLLIN },
	};
	struct ibv_cq *cq;
	struct ibv_wc wc;
	const uint32_t *words;
	void *context;
	int n;

	for (;;) {
		n = ibv_poll_cq(id->recv_cq, 1, &wc);
		if (n == 0) {
			ibv_req_notify_cq(id->recv_cq, 0);
			n = ibv_poll_cq(id->recv_cq, 1, &wc);
		}
		if (n < 0 || (n && wc.status != IBV_WC_SUCCESS))
			return "closed";
		if (n)
			break;
		n = poll(files, 2, ms);
		if (files[0].revents & POLLIN)
			return "closed";
		if (n <= 0)
			return "silent";
		if (!ibv_get_cq_event(id->recv_cq_channel, &cq, &context))
			ibv_ack_cq_events(cq, 1);
	}
	words = (const uint32_t *)(memory + (1 + wc.wr_id) * ROOM);
	*xid = be32toh(words[0]);
	post_recv(wc.wr_id);
	if (be32toh(words[3]) != 4)
		return "reply";
	return be32toh(words[4]) == 1 ? "vers" : "chunk";
}

/* NFS version 3, procedure NULL. */
static int proper_call(void)
{
	static const uint32_t call[] = {
		PROPER_XID, 1, 1, 0, 0, 0, 0,
		PROPER_XID, 0, 2, 100003, 3, 0, 0, 0, 0, 0,
	};
	uint32_t words[sizeof(call) / 4], xid = 0;
	const char *what;
	size_t i;

	for (i = 0; i < sizeof(call) / 4; i++)
		words[i] = htobe32(call[i]);
	if (!send_bytes((uint8_t *)words, sizeof(words)))
		return 0;
	do {
		what = look(20000, &xid);
	} while (xid != PROPER_XID && strcmp(what, "closed") && strcmp(what, "silent"));
	return !strcmp(what, "reply");
}

/* Where a byte of a Reply goes. */
static void add_segment(uint32_t **word)
{
	uint64_t offset = (uintptr_t)memory + ROOM;

	*(*word)++ = htobe32(mr->rkey);
	*(*word)++ = htobe32(1);
	*(*word)++ = htobe32(offset >> 32);
	*(*word)++ = htobe32(offset);
}

static void flood(void)
{
	static const uint32_t call[] = { 0, 2, 100003, 3, 0, 0, 0, 0, 0 };
	uint32_t words[128], *word;
	uint32_t xid;
	size_t i;

	connect_to_server(0);
	for (xid = 1; xid <= FLOOD; xid++) {
		const uint32_t header[] = { xid, 1, FLOOD, 0, 0, 0, 1, PIECES };

		word = words;
		for (i = 0; i < sizeof(header) / 4; i++)
			*word++ = htobe32(header[i]);
		for (i = 0; i < PIECES; i++)
			add_segment(&word);
		*word++ = htobe32(xid);
		for (i = 0; i < sizeof(call) / 4; i++)
			*word++ = htobe32(call[i]);
		if (!send_bytes((uint8_t *)words, (word - words) * 4))
			die("flood", "send");
	}
	puts("flooded");
	fflush(stdout);
	pause();
}

static size_t parse_hex(const char *hex, uint8_t *bytes)
{
	size_t len = 0;
	unsigned int byte;

	while (len < MAX_MESSAGE && sscanf(hex + 2 * len, "%2x", &byte) == 1)
		bytes[len++] = byte;
	return len;
}

static void try_message(const char *name, const char *expected, const char *hex)
{
	/* whether nothing comes is only known after a while */
	int ms = !strcmp(expected, "silent") || !strcmp(expected, "any") ? 100 : 20000;
	uint8_t bytes[MAX_MESSAGE];
	const char *what = "closed";
	uint32_t xid;

	if (!id)
		connect_to_server(RECVS);
	if (send_bytes(bytes, parse_hex(hex, bytes)))
		what = look(ms, &xid);
	if (strcmp(expected, "any") && strcmp(expected, what)) {
		fprintf(stderr, "badclientnfs: %s: %s, not %s\n", name, what, expected);
		exit(1);
	}
	if (strcmp(what, "closed") && proper_call())
		return;
	if (strcmp(expected, "any") && strcmp(expected, "closed")) {
		fprintf(stderr, "badclientnfs: %s: the connection does not work any more\n", name);
		exit(1);
	}
	disconnect();
	connect_to_server(RECVS);
	if (!proper_call()) {
		fprintf(stderr, "badclientnfs: %s: the server does not work any more\n", name);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static char line[4 * MAX_MESSAGE], name[4 * MAX_MESSAGE], hex[4 * MAX_MESSAGE];
	char expected[16];
	int n = 0;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "flood"))) {
		fputs("usage: badclientnfs ADDRESS < MESSAGES\n"
		      "       badclientnfs ADDRESS flood\n", stderr);
		return 2;
	}
	address = argv[1];
	memory = calloc(1 + RECVS, ROOM);
	if (!memory)
		die("start", "memory");
	if (argc == 3)
		flood();
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%s %15s %s", name, expected, hex) != 3)
			die(line, "no message");
		try_message(name, expected, hex);
		n++;
	}
	printf("%d messages\n", n);
	return 0;
}
