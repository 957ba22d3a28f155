/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rbench: how fast an RDMA device, or a file on top of one, is.
 *
 * One measurement for each run of the program, one line of JSON for each
 * measurement.  The two ends are
 *
 *	in one thread that polls both (-m poll), which on a machine with one
 *	processor is the only way to poll that does not measure the scheduler; or
 *	in two processes that sleep until there is a completion (-m event), on
 *	one machine or, with `rbench serve`, on two.
 *
 * Everything is prepared before the clock is started and checked after it has
 * been stopped: the buffers of the receiver are overwritten with rubbish before
 * the run and have to hold what the sender has after it.
 */
#ifndef BENCH_H
#define BENCH_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_op {
	OP_SEND, OP_WRITE, OP_READ, OP_UD,	/* throughput, one way */
	OP_PING,				/* send there and send back */
	OP_WRITE_RTT, OP_READ_RTT,		/* until the completion */
	OP_CM,					/* connect and disconnect */
};

#define BENCH_NAME	64
#define BENCH_MAX_QPS	1024

/* Plain data: a client sends it to `rbench serve`, of the same build. */
struct bench_options {
	uint32_t op;
	uint32_t size;			/* bytes of a message */
	uint32_t depth;			/* messages on their way, over all QPs */
	uint32_t qps;
	uint32_t list;			/* requests that one call posts */
	uint32_t mtu;			/* bytes, 0: the port's */
	uint32_t port;			/* of `serve`, and of RDMA CM */
	bool events;
	double seconds, warmup;
	char device[BENCH_NAME], address[BENCH_NAME];	/* of the client */
	char peer_device[BENCH_NAME], peer_address[BENCH_NAME];
	char host[BENCH_NAME];		/* where `rbench serve` is */
};

/* What a clock says before and after. */
struct bench_clock {
	uint64_t nsec;			/* CLOCK_MONOTONIC */
	double machine;			/* seconds that the processors were busy */
	double process;			/* seconds of this process */
};

struct bench_result {
	struct bench_clock begin, end;
	uint64_t messages, bytes, lost;
	double memcpy_rate;		/* bytes a second, the same slots */
	double median_usec, p99_usec;	/* round trips */
};

/* One end of the connections: its device, memory and queue pairs. */
struct card {				/* what the other end has to know */
	uint32_t qpn[BENCH_MAX_QPS];
	union ibv_gid gid;
	uint32_t rkey;
	uint64_t addr;
};

struct end {
	const struct bench_options *opt;
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp[BENCH_MAX_QPS];
	struct ibv_ah *ah;		/* UD only */
	struct ibv_mr *mr;
	char *buf;			/* depth slots of slot_size */
	size_t slot_size;
	int gid_index;
	struct card mine, peer;
};

#define BENCH_QKEY	0x1ee7
#define BENCH_GRH	40		/* before every datagram received */
/*
 * Requests posted by one call.  Of lists of more than ten the library that
 * rdma-core has for our driver makes calls with three of them each.
 */
#define BENCH_LIST	8
#define BENCH_PATIENCE	20		/* seconds without a completion: give up */

/* ---- end.c ---- */
void end_open(struct end *e, const struct bench_options *o, const char *device,
	      const char *address);
void end_connect(struct end *e);
void end_close(struct end *e);
char *end_slot(const struct end *e, uint64_t n);
void end_fill(struct end *e);
void end_spoil(struct end *e);
/* May end the program: message @n of @messages must be what was sent. */
void end_check(const struct end *e, uint64_t messages);
void end_post_recv(struct end *e, uint64_t n);
void end_post_send(struct end *e, enum ibv_wr_opcode opcode, uint64_t n, uint32_t len,
		   bool signaled);
/*
 * Messages @n and following, at most @count of them; those of number -1 modulo
 * @interval are signaled.  Returns how many were posted.
 */
uint32_t end_post_sends(struct end *e, enum ibv_wr_opcode opcode, uint64_t n, uint32_t count,
			uint32_t interval);
/* Completions, at most @n; sleeps until there is one if @wait and the mode is -m event. */
int end_poll(struct end *e, struct ibv_wc *wc, int n, bool wait);
bool end_has_grh(const struct end *e);

/* ---- stream.c, round.c, cm.c, file.c ---- */
void stream_client(struct end *e, int ctl, struct bench_result *r);
void stream_server(struct end *e, int ctl);
void stream_together(struct end *a, struct end *b, struct bench_result *r);
void round_client(struct end *e, int ctl, struct bench_result *r);
void round_server(struct end *e, int ctl);
void round_together(struct end *a, struct end *b, struct bench_result *r);
void cm_client(const struct bench_options *o, struct bench_result *r);
void cm_server(const struct bench_options *o, int ctl);
int file_main(int argc, char **argv);

/* ---- clock.c ---- */
uint64_t now_nsec(void);
void clock_read(struct bench_clock *c);
double clock_seconds(const struct bench_result *r);
void result_print(const char *what, const struct bench_result *r);
double memcpy_rate(char *to, const char *from, size_t size, size_t slot_size, size_t slots);

/* ---- main.c ---- */
void ctl_send(int ctl, const void *data, size_t len);
void ctl_recv(int ctl, void *data, size_t len);
/* Both ends have come here. */
void ctl_meet(int ctl);
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t parse_size(const char *text);

#endif
