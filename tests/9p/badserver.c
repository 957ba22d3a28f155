// SPDX-License-Identifier: GPL-2.0
/*
 * A 9P server over RDMA that misbehaves when asked to.
 *
 * Its file system is one empty directory. What happens when a client looks up a
 * name in there depends on the name:
 *
 *	unknown-tag	the reply has another tag
 *	duplicate	the reply comes twice
 *	oversize	the reply is larger than msize
 *	bad-size	the size field says something else than the transport
 *	tiny		three bytes
 *	wrong-type	the reply is one to Tread
 *	hang...		no reply; Tflush is answered
 *	late...		no reply until Tflush, then both, the reply first
 *	held...		neither is answered, until somebody looks up "release"
 *	disconnect	the connection is closed
 *	exit		the program ends, without a word
 *	anything else	there is no such file
 *
 * usage: badserver9p ADDRESS [PORT [MSIZE]]
 */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include "../../tools/rdma9p/frame.h"

#define DEPTH	64

enum {
	RLERROR = 7, TSTATFS = 8, TGETATTR = 24, TATTACH = 104, TFLUSH = 108,
	TWALK = 110, RREAD = 117, TCLUNK = 120,
};

struct waiting {
	uint16_t tag;
	char name[64];
};

struct client {
	struct rdma_cm_id *id;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	uint8_t *memory;	/* DEPTH receive buffers, and DEPTH to send */
	unsigned int next_send;
	struct waiting waiting[DEPTH];	/* requests not answered */
	int nr_waiting;
	uint16_t flushes[DEPTH];	/* tags of Tflush not answered */
	int nr_flushes;
};

static uint32_t msize = 65536;
static uint32_t slot;	/* bytes of a buffer */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

__attribute__((format(printf, 1, 2)))
static void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static void post_recv(struct client *c, uint8_t *buf)
{
	struct ibv_sge sge = { (uintptr_t)buf, slot, c->mr->lkey };
	struct ibv_recv_wr wr = {
		.wr_id = (uintptr_t)buf, .sg_list = &sge, .num_sge = 1,
	};
	struct ibv_recv_wr *bad;

	if (ibv_post_recv(c->id->qp, &wr, &bad))
		say("post_recv failed");
}

/* Send @bytes of a message that claims to be of @size. */
static void send_raw(struct client *c, uint8_t type, uint16_t tag,
		     const void *body, uint32_t size, uint32_t bytes)
{
	uint8_t *buf = c->memory + (DEPTH + c->next_send++ % DEPTH) * slot;
	struct ibv_sge sge = { (uintptr_t)buf, bytes, c->mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};
	struct ibv_send_wr *bad;

	frame_put32(buf, size);
	buf[4] = type;
	put16(buf + 5, tag);
	if (body)
		memcpy(buf + FRAME_HEADER, body, size - FRAME_HEADER);
	if (ibv_post_send(c->id->qp, &wr, &bad))
		say("post_send failed");
}

static void reply(struct client *c, uint8_t type, uint16_t tag,
		  const void *body, uint32_t length)
{
	send_raw(c, type, tag, body, FRAME_HEADER + length,
		 FRAME_HEADER + length);
}

static void reply_error(struct client *c, uint16_t tag, uint32_t err)
{
	uint8_t body[4];

	frame_put32(body, err);
	reply(c, RLERROR, tag, body, sizeof(body));
}

static bool starts(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

static void wait_with(struct client *c, uint16_t tag, const char *name)
{
	struct waiting *w = &c->waiting[c->nr_waiting++];

	w->tag = tag;
	snprintf(w->name, sizeof(w->name), "%s", name);
	say("tag %u waits: %s", tag, name);
}

static void release(struct client *c)
{
	int i;

	for (i = 0; i < c->nr_waiting; i++)
		reply_error(c, c->waiting[i].tag, ENOENT);
	for (i = 0; i < c->nr_flushes; i++)
		reply(c, TFLUSH + 1, c->flushes[i], NULL, 0);
	say("released %d and %d", c->nr_waiting, c->nr_flushes);
	c->nr_waiting = 0;
	c->nr_flushes = 0;
}

static void walk_to(struct client *c, uint16_t tag, const char *name)
{
	uint8_t body[16] = {};

	if (starts(name, "hang") || starts(name, "late") ||
	    starts(name, "held")) {
		wait_with(c, tag, name);
		return;
	}
	say("tag %u: %s", tag, name);
	if (!strcmp(name, "unknown-tag")) {
		reply_error(c, tag ^ 0x5555, ENOENT);
	} else if (!strcmp(name, "oversize")) {
		send_raw(c, RLERROR, tag, NULL, msize + 64, msize + 64);
	} else if (!strcmp(name, "bad-size")) {
		send_raw(c, RLERROR, tag, NULL, 11, 12);
	} else if (!strcmp(name, "tiny")) {
		send_raw(c, RLERROR, tag, NULL, 3, 3);
	} else if (!strcmp(name, "wrong-type")) {
		reply(c, RREAD, tag, body, sizeof(body));
	} else if (!strcmp(name, "disconnect")) {
		rdma_disconnect(c->id);
	} else if (!strcmp(name, "exit")) {
		_exit(0);
	} else {
		if (!strcmp(name, "release"))
			release(c);
		reply_error(c, tag, ENOENT);
		if (!strcmp(name, "duplicate"))
			reply_error(c, tag, ENOENT);
	}
}

static void walk(struct client *c, uint16_t tag, const uint8_t *msg)
{
	/* fid, newfid, number of names, and the first with its length */
	const uint8_t *p = msg + FRAME_HEADER + 8;
	uint8_t body[2] = {};
	char name[64];

	if (!get16(p)) {
		reply(c, TWALK + 1, tag, body, sizeof(body));
		return;
	}
	snprintf(name, sizeof(name), "%.*s", get16(p + 2), p + 4);
	walk_to(c, tag, name);
}

static void flush(struct client *c, uint16_t tag, uint16_t oldtag)
{
	struct waiting old;
	int i;

	for (i = 0; i < c->nr_waiting; i++)
		if (c->waiting[i].tag == oldtag)
			break;
	old = i < c->nr_waiting ? c->waiting[i] :
	      (struct waiting) { .name = "(answered)" };
	say("tag %u: flush of %u, %s", tag, oldtag, old.name);
	if (starts(old.name, "held")) {
		c->flushes[c->nr_flushes++] = tag;
		return;
	}
	if (i < c->nr_waiting)
		c->waiting[i] = c->waiting[--c->nr_waiting];
	if (starts(old.name, "late"))
		reply_error(c, oldtag, ENOENT);
	reply(c, TFLUSH + 1, tag, NULL, 0);
}

static void version(struct client *c, uint16_t tag, const uint8_t *msg)
{
	uint8_t body[14] = "....\10\0" "9P2000.L";

	if (frame_msize(msg) < msize)
		msize = frame_msize(msg);
	frame_put32(body, msize);
	reply(c, RVERSION, tag, body, sizeof(body));
}

static void getattr(struct client *c, uint16_t tag)
{
	uint8_t body[153] = { 0xff, 7 };	/* valid: the basic ones */

	body[8] = 0x80;				/* qid: a directory */
	body[17] = 1;
	frame_put32(body + 21, 040755);
	body[33] = 2;				/* links */
	reply(c, TGETATTR + 1, tag, body, sizeof(body));
}

static void request(struct client *c, const uint8_t *msg)
{
	uint8_t qid[13] = { 0x80, [9] = 1 };
	uint16_t tag = get16(msg + 5);

	switch (frame_type(msg)) {
	case TVERSION:
		version(c, tag, msg);
		break;
	case TATTACH:
		reply(c, TATTACH + 1, tag, qid, sizeof(qid));
		break;
	case TGETATTR:
		getattr(c, tag);
		break;
	case TCLUNK:
		reply(c, TCLUNK + 1, tag, NULL, 0);
		break;
	case TFLUSH:
		flush(c, tag, get16(msg + FRAME_HEADER));
		break;
	case TWALK:
		walk(c, tag, msg);
		break;
	default:
		reply_error(c, tag, EOPNOTSUPP);
		break;
	}
}

static void make_client(struct client *c)
{
	struct ibv_qp_init_attr attr = {
		.cap = { DEPTH, DEPTH, 1, 1, 0 }, .qp_type = IBV_QPT_RC,
	};
	struct rdma_conn_param param = { .rnr_retry_count = 7 };
	int i;

	c->channel = ibv_create_comp_channel(c->id->verbs);
	c->cq = ibv_create_cq(c->id->verbs, 2 * DEPTH, NULL, c->channel, 0);
	attr.send_cq = c->cq;
	attr.recv_cq = c->cq;
	if (!c->cq || rdma_create_qp(c->id, NULL, &attr))
		die("queue pair");
	c->memory = aligned_alloc(4096, 2UL * DEPTH * slot);
	c->mr = ibv_reg_mr(c->id->pd, c->memory, 2UL * DEPTH * slot,
			   IBV_ACCESS_LOCAL_WRITE);
	if (!c->mr)
		die("memory");
	for (i = 0; i < DEPTH; i++)
		post_recv(c, c->memory + (size_t)i * slot);
	ibv_req_notify_cq(c->cq, 0);
	if (rdma_accept(c->id, &param))
		die("accept");
}

/* A client's thread. Everything it has stays until the program ends. */
static void *serve(void *arg)
{
	struct client *c = arg;
	struct ibv_cq *cq;
	struct ibv_wc wc;
	void *context;

	for (;;) {
		while (ibv_poll_cq(c->cq, 1, &wc) == 1) {
			uint8_t *msg = (uint8_t *)(uintptr_t)wc.wr_id;

			if (wc.status != IBV_WC_SUCCESS) {
				say("client gone: %s",
				    ibv_wc_status_str(wc.status));
				rdma_disconnect(c->id);
				return NULL;
			}
			if (!msg)
				continue;
			if (wc.byte_len != frame_size(msg))
				say("malformed request");
			request(c, msg);
			post_recv(c, msg);
		}
		if (ibv_get_cq_event(c->channel, &cq, &context))
			die("completion channel");
		ibv_ack_cq_events(cq, 1);
		ibv_req_notify_cq(c->cq, 0);
	}
}

static void new_client(struct rdma_cm_id *id)
{
	struct client *c = calloc(1, sizeof(*c));
	pthread_t thread;

	if (!c)
		die("memory");
	c->id = id;
	make_client(c);
	if (pthread_create(&thread, NULL, serve, c))
		die("thread");
}

int main(int argc, char **argv)
{
	struct rdma_addrinfo hints = {
		.ai_flags = RAI_PASSIVE, .ai_port_space = RDMA_PS_TCP,
	};
	struct rdma_event_channel *channel = rdma_create_event_channel();
	struct rdma_cm_event *event;
	struct rdma_addrinfo *addr;
	struct rdma_cm_id *id;

	if (argc < 2) {
		say("usage: badserver9p ADDRESS [PORT [MSIZE]]");
		return 2;
	}
	if (argc > 3)
		msize = strtoul(argv[3], NULL, 0);
	slot = (msize + 4096) & ~4095U;
	if (!channel ||
	    rdma_getaddrinfo(argv[1], argc > 2 ? argv[2] : "5640", &hints,
			     &addr) ||
	    rdma_create_id(channel, &id, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(id, addr->ai_src_addr) || rdma_listen(id, 8))
		die("listen");
	say("listening");
	while (!rdma_get_cm_event(channel, &event)) {
		enum rdma_cm_event_type type = event->event;

		id = event->id;
		rdma_ack_cm_event(event);
		if (type == RDMA_CM_EVENT_CONNECT_REQUEST)
			new_client(id);
		else if (type == RDMA_CM_EVENT_DISCONNECTED)
			rdma_disconnect(id);
	}
	die("event");
}
