// SPDX-License-Identifier: GPL-2.0
/*
 * Round trips, one at a time.
 *
 * A send goes there and another one comes back with the same bytes; a write or
 * a read is a round trip by itself: the request, and what the other side's device
 * says to it.  Slot 0 goes out; what comes back is in slot 1.
 */
#include <stdlib.h>
#include <string.h>
#include "bench.h"

#define SAMPLES		65536
/*
 * Round trips between two looks at the clock, which is a system call in User
 * Mode Linux, and dearer than sending a message.
 */
#define GROUP		16

struct rounds {
	uint32_t *nsec;			/* of one, the mean of a group */
	uint64_t n;
};

static bool is_ping(const struct end *e)
{
	return e->opt->op == OP_PING;
}

/* Of which the client receives. */
static bool is_read(const struct end *e)
{
	return e->opt->op == OP_READ_RTT;
}

static enum ibv_wr_opcode opcode(const struct end *e)
{
	return is_read(e) ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE;
}

/* Until there is a receive completion of @e; those of sends pass by. */
static void wait_recv(struct end *e)
{
	struct ibv_wc wc;

	do {
		end_poll(e, &wc, 1, true);
	} while (!(wc.opcode & IBV_WC_RECV));
}

static void wait_send(struct end *e)
{
	struct ibv_wc wc;

	end_poll(e, &wc, 1, true);
}

/* Posts the next receive before it answers. */
static void answer(struct end *e)
{
	wait_recv(e);
	end_post_recv(e, 0);
	end_post_send(e, IBV_WR_SEND, 0, e->opt->size, true);
}

static void one_round(struct end *a, struct end *b)
{
	if (!is_ping(a)) {
		end_post_send(a, opcode(a), 0, a->opt->size, true);
		wait_send(a);
		return;
	}
	end_post_send(a, IBV_WR_SEND, 0, a->opt->size, true);
	if (b)
		answer(b);
	wait_recv(a);
	end_post_recv(a, 1);
}

static void run_for(struct end *a, struct end *b, double seconds, struct rounds *r)
{
	uint64_t begin = now_nsec(), end = begin + seconds * 1e9, now;
	int i;

	do {
		for (i = 0; i < GROUP; i++)
			one_round(a, b);
		now = now_nsec();
		r->nsec[r->n++ % SAMPLES] = (now - begin) / GROUP;
		begin = now;
	} while (now < end);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void run(struct end *a, struct end *b, struct bench_result *out)
{
	struct rounds r = { .nsec = calloc(SAMPLES, sizeof(*r.nsec)) };
	uint64_t n;

	if (!r.nsec)
		die("out of memory");
	/* pages that are touched for the first time cost much */
	memset(r.nsec, 1, SAMPLES * sizeof(*r.nsec));
	run_for(a, b, a->opt->warmup, &r);
	r.n = 0;
	clock_read(&out->begin);
	run_for(a, b, a->opt->seconds, &r);
	clock_read(&out->end);
	n = r.n < SAMPLES ? r.n : SAMPLES;
	qsort(r.nsec, n, sizeof(*r.nsec), by_value);
	out->messages = r.n * GROUP;
	out->median_usec = r.nsec[n / 2] / 1e3;
	out->p99_usec = r.nsec[n * 99 / 100] / 1e3;
	free(r.nsec);
}

static void prepare(struct end *e, bool client)
{
	if (client != is_read(e))
		end_fill(e);
	else
		end_spoil(e);
	if (!is_ping(e))
		return;
	if (client)
		memset(end_slot(e, 1), 0xee, e->opt->size);
	end_post_recv(e, client ? 1 : 0);
}

static void check_client(struct end *e)
{
	if (is_read(e))
		end_check(e, 1);
	if (is_ping(e) && memcmp(end_slot(e, 0), end_slot(e, 1), e->opt->size))
		die("payload: what came back is not what was sent");
}

void round_together(struct end *a, struct end *b, struct bench_result *r)
{
	prepare(a, true);
	prepare(b, false);
	run(a, b, r);
	check_client(a);
	if (!is_read(a))
		end_check(b, 1);
}

void round_client(struct end *e, int ctl, struct bench_result *r)
{
	char stop = 1;

	prepare(e, true);
	ctl_meet(ctl);
	run(e, NULL, r);
	check_client(e);
	/* a message of another length is the last one */
	if (is_ping(e))
		end_post_send(e, IBV_WR_SEND, 0, 0, true);
	ctl_send(ctl, &stop, 1);
	ctl_meet(ctl);
}

void round_server(struct end *e, int ctl)
{
	struct ibv_wc wc;
	char stop;

	prepare(e, false);
	ctl_meet(ctl);
	while (is_ping(e)) {
		end_poll(e, &wc, 1, true);
		if (!(wc.opcode & IBV_WC_RECV))
			continue;
		if (!wc.byte_len)
			break;
		end_post_recv(e, 0);
		end_post_send(e, IBV_WR_SEND, 0, e->opt->size, true);
	}
	ctl_recv(ctl, &stop, 1);
	if (!is_read(e))
		end_check(e, 1);
	ctl_meet(ctl);
}
