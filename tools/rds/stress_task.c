// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks of rds-stress. The active one keeps a number of requests under way; the
 * passive one answers each. With RDMA, a request announces memory of the active
 * side, and before it answers the passive side writes to it or reads from it, in
 * turn. Both check that messages arrive in order, once, and as they were sent.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>
#include "stress.h"

#define PAGE	4096

void fill_pattern(void *data, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 12345;
	uint8_t *byte = data;

	while (len--) {
		x = x * 1664525 + 1013904223;
		*byte++ = x >> 24;
	}
}

void check_pattern(const void *data, size_t len, uint32_t seed, const char *what)
{
	uint32_t x = seed * 2654435761u + 12345;
	const uint8_t *byte = data;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		if (byte[i] != (uint8_t)(x >> 24))
			die("%s %u: byte %zu of %zu is %#x and should be %#x", what, seed, i,
			    len, byte[i], (uint8_t)(x >> 24));
	}
}

static void wait_for(int sock, short events, int ms)
{
	struct pollfd p = { .fd = sock, .events = events };

	if (poll(&p, 1, ms) < 0 && errno != EINTR)
		die("poll: %s", strerror(errno));
}

/* Until there is room, and the peer is not congested. */
size_t send_message(int sock, const struct endpoint *to, void *buf, size_t len,
		    const void *control, size_t control_len)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_name = (void *)&to->addr, .msg_namelen = to->len,
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = (void *)control, .msg_controllen = control_len,
	};
	ssize_t ret;

	while ((ret = sendmsg(sock, &msg, MSG_DONTWAIT)) < 0) {
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			die("sending to %s port %u: %s", show_endpoint(to), get_port(to),
			    strerror(errno));
		wait_for(sock, errno == EAGAIN ? POLLOUT : POLLIN, 10);
	}
	if ((size_t)ret != len)
		die("%zd bytes of %zu were sent", ret, len);
	return ret;
}

static void *pages(size_t len)
{
	void *mem = NULL;

	if (posix_memalign(&mem, PAGE, len ? len : 1))
		die("no memory");
	memset(mem, 0, len);
	return mem;
}

/* Room for all that may be under way: without privileges, it has a limit. */
static int task_socket(const struct options *opt, const struct endpoint *me)
{
	uint32_t most = opt->req_size > opt->ack_size ? opt->req_size : opt->ack_size;
	int sock = rds_socket(me), want = most * (opt->depth < 4 ? opt->depth + 1 : 4), got;
	struct timeval second = { .tv_sec = 1 };
	unsigned long tos = opt->tos;
	socklen_t len = sizeof(got);

	if (setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &want, sizeof(want)) &&
	    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want)))
		die("SO_SNDBUF: %s", strerror(errno));
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) &&
	    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want)))
		die("SO_RCVBUF: %s", strerror(errno));
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		die("SO_RCVTIMEO: %s", strerror(errno));
	if (tos && ioctl(sock, SIOCRDSSETTOS, &tos))
		die("type of service %lu: %s", tos, strerror(errno));
	if (getsockopt(sock, SOL_SOCKET, SO_SNDBUF, &got, &len) || got / 2 < (int)most)
		die("a message of %u bytes does not fit into the send buffer: raise net.core.wmem_max",
		    most);
	return sock;
}

/* ---------------------------------------------------------------- active */

/**
 * struct slot - a request under way
 * @seq: its number
 * @begin: when it was sent
 * @memory: that was announced with it
 */
struct slot {
	uint32_t seq;
	double begin;
	uint8_t *memory;
};

static size_t announce(const struct options *opt, int sock, struct slot *slot,
		       uint64_t *cookie, struct cmsghdr *cmsg)
{
	struct rds_get_mr_args args = {
		.vec = { (uintptr_t)slot->memory, opt->rdma_size },
		.cookie_addr = (uintptr_t)cookie,
		.flags = RDS_RDMA_USE_ONCE | RDS_RDMA_READWRITE,
	};

	cmsg->cmsg_level = SOL_RDS;
	if (!opt->use_get_mr) {
		cmsg->cmsg_type = RDS_CMSG_RDMA_MAP;
		cmsg->cmsg_len = CMSG_LEN(sizeof(args));
		memcpy(CMSG_DATA(cmsg), &args, sizeof(args));
		return CMSG_SPACE(sizeof(args));
	}
	if (setsockopt(sock, SOL_RDS, RDS_GET_MR, &args, sizeof(args)))
		die("RDS_GET_MR: %s", strerror(errno));
	cmsg->cmsg_type = RDS_CMSG_RDMA_DEST;
	cmsg->cmsg_len = CMSG_LEN(sizeof(*cookie));
	memcpy(CMSG_DATA(cmsg), cookie, sizeof(*cookie));
	return CMSG_SPACE(sizeof(*cookie));
}

/* Memory that is read by RDMA, or written. */
static void prepare_memory(const struct options *opt, uint8_t *memory, uint32_t seq, bool is_read)
{
	if (is_read)
		fill_pattern(memory, opt->rdma_size, seq);
	else if (opt->rdma_size)
		memset(memory, 0, opt->rdma_size);
}

/* @time is not long ago: to look at a clock may take longer than to send. */
static void send_request(const struct options *opt, int sock, const struct endpoint *to,
			 uint8_t *buf, struct slot *slot, uint32_t seq, double time)
{
	union {
		char space[CMSG_SPACE(sizeof(struct rds_get_mr_args))];
		struct cmsghdr align;
	} control = {};
	static uint64_t cookie;
	struct message *head = (void *)buf;
	size_t control_len = 0;

	slot->seq = seq;
	head->seq = seq;
	head->kind = seq % 2 ? REQUEST_READ : REQUEST_WRITE;
	head->cookie = 0;
	/* What nobody looks at, need not be filled: that takes longer than to send it. */
	if (opt->verify) {
		fill_pattern(head + 1, opt->req_size - sizeof(*head), seq);
		prepare_memory(opt, slot->memory, seq, head->kind == REQUEST_READ);
	}
	if (opt->rdma_size)
		control_len = announce(opt, sock, slot, &cookie, &control.align);
	slot->begin = opt->verify ? now() : time;
	send_message(sock, to, buf, opt->req_size, control_len ? &control : NULL, control_len);
}

static void check_reply(const struct options *opt, const uint8_t *buf, ssize_t len,
			struct slot *slot)
{
	const struct message *head = (const void *)buf;

	if (len != (ssize_t)opt->ack_size)
		die("a reply of %zd bytes instead of %u", len, opt->ack_size);
	if (head->seq != slot->seq || head->kind != REPLY)
		die("reply %u (kind %u) instead of reply %u", head->seq, head->kind, slot->seq);
	if (opt->verify)
		check_pattern(head + 1, len - sizeof(*head), ~head->seq, "reply");
	if (opt->rdma_size && opt->verify)
		check_pattern(slot->memory, opt->rdma_size, head->seq, "RDMA for request");
}

/* It was no error, but nothing has come within a second. */
static bool nothing_came(void)
{
	return errno == ETIMEDOUT || errno == EAGAIN || errno == EINTR;
}

/* Return: the time. */
static double receive_reply(const struct options *opt, int sock, uint8_t *buf, struct slot *slot,
			    struct counts *counts)
{
	double time;
	ssize_t len;

	while ((len = recv(sock, buf, opt->ack_size + 1, 0)) < 0) {
		if (!nothing_came())
			die("receiving: %s", strerror(errno));
		if (now() - slot->begin > 120)
			die("no reply to request %u for two minutes", slot->seq);
	}
	check_reply(opt, buf, len, slot);
	time = now();
	counts->usec += (time - slot->begin) * 1e6;
	counts->messages++;
	counts->rdma += opt->rdma_size;
	return time;
}

static void say_goodbye(const struct options *opt, int sock, const struct endpoint *to,
			uint8_t *buf)
{
	struct message *head = (void *)buf;
	int seconds = 10;

	head->kind = LAST;
	send_message(sock, to, buf, sizeof(*head), NULL, 0);
	/* What a socket has not sent when it is closed, is cancelled. */
	while (recv(sock, buf, opt->ack_size, 0) < 0 && nothing_came() && --seconds)
		;
}

void active_task(const struct options *opt, const struct endpoint *me,
		 const struct endpoint *peer, struct counts *counts)
{
	uint8_t *out = pages(opt->req_size), *in = pages(opt->ack_size + 1);
	struct slot *slots = calloc(opt->depth, sizeof(*slots));
	double time = now(), end = time + (opt->seconds ? opt->seconds : 1e9);
	uint32_t sent = 0, received = 0, i;
	int sock = task_socket(opt, me);

	for (i = 0; i < opt->depth && opt->rdma_size; i++)
		slots[i].memory = pages(opt->rdma_size);
	while ((time < end && !*enough) || received < sent) {
		while (sent - received < opt->depth && time < end && !*enough) {
			send_request(opt, sock, peer, out, &slots[sent % opt->depth], sent, time);
			sent++;
		}
		/* It may have been enough between the two questions. */
		if (received == sent)
			continue;
		time = receive_reply(opt, sock, in, &slots[received % opt->depth], counts);
		received++;
	}
	say_goodbye(opt, sock, peer, out);
	close(sock);
}

/* ---------------------------------------------------------------- passive */

/* An RDMA operation that goes before the reply. */
static size_t start_rdma(const struct options *opt, const struct message *request,
			 uint8_t *memory, struct rds_iovec *iov, struct cmsghdr *cmsg)
{
	bool write = request->kind == REQUEST_WRITE;
	struct rds_rdma_args args = {
		.cookie = request->cookie,
		.remote_vec = { 0, opt->rdma_size },
		.local_vec_addr = (uintptr_t)iov,
		.nr_local = 1,
		.flags = RDS_RDMA_NOTIFY_ME | RDS_RDMA_USE_ONCE |
			 (write ? RDS_RDMA_READWRITE : RDS_RDMA_FENCE),
		.user_token = request->seq,
	};

	iov->addr = (uintptr_t)memory;
	iov->bytes = opt->rdma_size;
	if (opt->verify)
		prepare_memory(opt, memory, request->seq, write);
	cmsg->cmsg_level = SOL_RDS;
	cmsg->cmsg_type = RDS_CMSG_RDMA_ARGS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(args));
	memcpy(CMSG_DATA(cmsg), &args, sizeof(args));
	return CMSG_SPACE(sizeof(args));
}

/**
 * struct passive - a passive task
 * @opt: options
 * @sock: socket
 * @peer: active task
 * @counts: what it has done
 * @in: buffer for requests
 * @out: buffer for replies
 * @memory: for each RDMA operation under way
 * @pending: its request, or %UINT64_MAX
 * @expected: next request
 */
struct passive {
	const struct options *opt;
	int sock;
	const struct endpoint *peer;
	struct counts *counts;
	uint8_t *in, *out;
	uint8_t *memory[MAX_DEPTH];
	struct message pending[MAX_DEPTH];
	bool busy[MAX_DEPTH];
	uint32_t expected;
};

static void rdma_done(struct passive *p, const struct rds_rdma_notify *note)
{
	uint32_t seq = note->user_token, slot = seq % p->opt->depth;

	if (note->status != RDS_RDMA_SUCCESS)
		die("RDMA for request %u: status %d", seq, note->status);
	if (!p->busy[slot] || p->pending[slot].seq != seq)
		die("status of an RDMA that was not asked for: %u", seq);
	p->busy[slot] = false;
	if (p->pending[slot].kind == REQUEST_READ && p->opt->verify)
		check_pattern(p->memory[slot], p->opt->rdma_size, seq, "RDMA read");
	p->counts->rdma += p->opt->rdma_size;
}

static void read_control(struct passive *p, struct msghdr *msg, uint64_t *cookie)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		struct rds_rdma_notify note;

		if (cmsg->cmsg_level != SOL_RDS)
			continue;
		switch (cmsg->cmsg_type) {
		case RDS_CMSG_RDMA_STATUS:
			memcpy(&note, CMSG_DATA(cmsg), sizeof(note));
			rdma_done(p, &note);
			break;
		case RDS_CMSG_RDMA_DEST:
			memcpy(cookie, CMSG_DATA(cmsg), sizeof(*cookie));
			break;
		}
	}
}

static void answer(struct passive *p, struct message *request)
{
	union {
		char space[CMSG_SPACE(sizeof(struct rds_rdma_args))];
		struct cmsghdr align;
	} control = {};
	struct message *head = (void *)p->out;
	uint32_t slot = request->seq % p->opt->depth;
	struct rds_iovec iov;
	size_t control_len = 0;

	head->seq = request->seq;
	head->kind = REPLY;
	if (p->opt->verify)
		fill_pattern(head + 1, p->opt->ack_size - sizeof(*head), ~request->seq);
	if (p->opt->rdma_size) {
		control_len = start_rdma(p->opt, request, p->memory[slot], &iov, &control.align);
		p->pending[slot] = *request;
		p->busy[slot] = true;
	}
	send_message(p->sock, p->peer, p->out, p->opt->ack_size,
		     control_len ? &control : NULL, control_len);
	p->counts->messages++;
}

/* Return: whether there will be more. */
static bool take_request(struct passive *p, ssize_t len, uint64_t cookie)
{
	struct message request;

	memcpy(&request, p->in, sizeof(request));
	if (request.kind == LAST) {
		send_message(p->sock, p->peer, p->out, sizeof(request), NULL, 0);
		return false;
	}
	if (len != (ssize_t)p->opt->req_size)
		die("a request of %zd bytes instead of %u", len, p->opt->req_size);
	if (request.seq != p->expected)
		die("request %u instead of request %u", request.seq, p->expected);
	p->expected++;
	if (p->opt->verify)
		check_pattern(p->in + sizeof(request), len - sizeof(request), request.seq,
			      "request");
	request.cookie = cookie;
	if (p->opt->rdma_size && !cookie)
		die("request %u announces no memory", request.seq);
	answer(p, &request);
	return true;
}

/* The slot of a request must be free before it is used for the next. */
static bool one_round(struct passive *p)
{
	union {
		char space[16 * CMSG_SPACE(sizeof(struct rds_rdma_notify))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { p->in, p->opt->req_size + 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	uint64_t cookie = 0;
	ssize_t len = recvmsg(p->sock, &msg, 0);

	if (len < 0) {
		if (!nothing_came())
			die("receiving: %s", strerror(errno));
		return true;
	}
	read_control(p, &msg, &cookie);
	return len ? take_request(p, len, cookie) : true;
}

/*
 * What a socket has not sent when it is closed, is cancelled; so wait until the other
 * side has the answer to its last message, and ends.
 */
static void wait_for_end(int control)
{
	struct pollfd p = { .fd = control, .events = POLLIN };

	while (poll(&p, 1, 10000) < 0 && errno == EINTR)
		;
}

void passive_task(const struct options *opt, const struct endpoint *me,
		  const struct endpoint *peer, struct counts *counts, int control)
{
	static struct passive p;
	uint32_t i;

	p.opt = opt;
	p.peer = peer;
	p.counts = counts;
	p.sock = task_socket(opt, me);
	p.in = pages(opt->req_size + 1);
	p.out = pages(opt->ack_size);
	for (i = 0; i < opt->depth && opt->rdma_size; i++)
		p.memory[i] = pages(opt->rdma_size);
	while (one_round(&p))
		;
	for (i = 0; i < opt->depth; i++) {
		if (p.busy[i])
			die("no status of the RDMA for request %u", p.pending[i].seq);
	}
	wait_for_end(control);
	close(p.sock);
}
