// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the 9P/RDMA gateway that breaks the rules on request, and says
 * what became of it.
 *
 * usage: badclient9p ADDRESS WHAT
 *
 * WHAT is one of
 *
 *	version		Tversion for 1 MiB; prints the msize of the reply
 *	hold		the same, then waits until the connection is closed
 *	silent		connects, sends nothing and waits
 *	bad-size	the size field says something else than the transport
 *	tiny		three bytes
 *	no-version	Tattach before Tversion
 *	short-version	Tversion that ends before its msize
 *	huge-version	Tversion larger than anybody needs
 *	above-msize	Tversion for 4096, then a message above that
 *
 * It prints "closed", "rejected" or "msize N", or fails after 20 seconds.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>
#include "../../tools/rdma9p/frame.h"

#define ROOM	65536

static struct rdma_cm_id *id;
static uint8_t *memory;		/* two halves: what is sent, and received */
static struct ibv_mr *mr;

static void die(const char *what)
{
	fprintf(stderr, "badclient9p: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void end(const char *how)
{
	puts(how);
	exit(0);
}

static void connect_to(char *address)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP };
	struct ibv_qp_init_attr attr = {
		.cap = { 4, 4, 1, 1, 0 }, .qp_type = IBV_QPT_RC,
	};
	struct rdma_conn_param param = {
		.retry_count = 7, .rnr_retry_count = 7,
	};
	struct rdma_addrinfo *addr;

	if (rdma_getaddrinfo(address, "5640", &hints, &addr) ||
	    rdma_create_ep(&id, addr, NULL, &attr))
		die("address");
	memory = calloc(2, ROOM);
	mr = memory ? rdma_reg_msgs(id, memory, 2 * ROOM) : NULL;
	if (!mr || rdma_post_recv(id, NULL, memory + ROOM, ROOM, mr))
		die("memory");
	if (rdma_connect(id, &param))
		errno == ECONNREFUSED ? end("rejected") : die("connect");
}

/* Send @bytes of a message that claims to be of @size. */
static void send_message(unsigned int type, uint32_t size, uint32_t bytes)
{
	struct ibv_wc wc;

	frame_put32(memory, size);
	memory[4] = type;
	memory[5] = 0xff;
	memory[6] = 0xff;
	if (rdma_post_send(id, NULL, memory, bytes, mr, IBV_SEND_SIGNALED))
		die("send");
	/* Whether it succeeds depends on how quickly the gateway hangs up. */
	rdma_get_send_comp(id, &wc);
}

static void send_version(uint32_t msize)
{
	memcpy(memory + FRAME_HEADER, "....\10\0" "9P2000.L", 14);
	frame_set_msize(memory, msize);
	send_message(TVERSION, 21, 21);
}

/* Wait for a reply, or the end of the connection. */
static uint32_t reply(void)
{
	struct pollfd files[] = {
		{ .fd = id->channel->fd, .events = POLLIN },
		{ .fd = id->recv_cq_channel->fd, .events = POLLIN },
	};
	struct rdma_cm_event *event;
	struct ibv_wc wc;

	if (ibv_req_notify_cq(id->recv_cq, 0))
		die("completion queue");
	for (;;) {
		if (ibv_poll_cq(id->recv_cq, 1, &wc) == 1) {
			if (wc.status != IBV_WC_SUCCESS)
				end("closed");
			return wc.byte_len;
		}
		if (poll(files, 2, 20000) != 2 && !files[0].revents &&
		    !files[1].revents) {
			errno = ETIMEDOUT;
			die("neither reply nor end");
		}
		if (files[0].revents && !rdma_get_cm_event(id->channel, &event))
			end("closed");
	}
}

int main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[2] : "";

	if (argc != 3) {
		fputs("usage: badclient9p ADDRESS WHAT\n", stderr);
		return 2;
	}
	connect_to(argv[1]);
	if (!strcmp(what, "version") || !strcmp(what, "hold")) {
		send_version(1 << 20);
		if (reply() < 11 || frame_type(memory + ROOM) != RVERSION)
			end("some other reply");
		printf("msize %u\n", frame_msize(memory + ROOM));
		fflush(stdout);
		if (!strcmp(what, "version"))
			return 0;
		if (rdma_post_recv(id, NULL, memory + ROOM, ROOM, mr))
			die("receive");
	} else if (!strcmp(what, "bad-size")) {
		send_message(TVERSION, 20, 21);
	} else if (!strcmp(what, "tiny")) {
		send_message(TVERSION, 3, 3);
	} else if (!strcmp(what, "no-version")) {
		send_message(104, 30, 30);
	} else if (!strcmp(what, "short-version")) {
		send_message(TVERSION, 10, 10);
	} else if (!strcmp(what, "huge-version")) {
		send_message(TVERSION, 20000, 20000);
	} else if (!strcmp(what, "above-msize")) {
		send_version(4096);
		reply();
		if (rdma_post_recv(id, NULL, memory + ROOM, ROOM, mr))
			die("receive");
		send_message(116, 5000, 5000);
	} else if (strcmp(what, "silent")) {
		fprintf(stderr, "badclient9p: what is %s?\n", what);
		return 2;
	}
	reply();
	end("some reply");
}
