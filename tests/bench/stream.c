// SPDX-License-Identifier: GPL-2.0
/*
 * Throughput: as many messages as are allowed on their way, until time is up.
 *
 * A sender of messages must not overtake the receiver, on no device: it has at
 * most `depth` messages out that the receiver has not made room for.  In one
 * thread it sees that by itself; else the receiver gives credit, by an empty
 * message for every quarter of the depth.
 */
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include "bench.h"

#define BATCH		16
#define STEPS		4		/* between two looks at the clock, a system call */
#define LOST_NSEC	100000000ULL	/* a datagram so late does not come */
#define SMALL		4096		/* below, the clock takes longer than memcpy */

struct stream {
	struct end *a, *b;		/* b: the receiver in the same thread, or NULL */
	enum ibv_wr_opcode opcode;
	uint32_t interval;		/* every so many requests have a completion */
	uint64_t posted, done;
	uint64_t received;		/* of which the sender knows */
	uint64_t lost;
	uint64_t idle;			/* since when nothing has been received, or 0 */
};

static bool has_receiver(const struct end *e)
{
	return e->opt->op == OP_SEND || e->opt->op == OP_UD;
}

/* Of which the initiator receives. */
static bool is_read(const struct end *e)
{
	return e->opt->op == OP_READ;
}

static uint32_t quarter(const struct end *e)
{
	return e->opt->depth >= 4 ? e->opt->depth / 4 : 1;
}

static void stream_init(struct stream *s, struct end *a, struct end *b)
{
	*s = (struct stream){ .a = a, .b = b };
	s->opcode = a->opt->op == OP_WRITE ? IBV_WR_RDMA_WRITE :
		is_read(a) ? IBV_WR_RDMA_READ : IBV_WR_SEND;
	/* With many queue pairs, every one has to clean up its own queue. */
	s->interval = a->opt->list > 1 ? quarter(a) : 1;
}

static uint64_t room(const struct stream *s)
{
	uint64_t depth = s->a->opt->depth, out = s->posted - s->done;

	if (has_receiver(s->a) && s->posted - s->received - s->lost > out)
		out = s->posted - s->received - s->lost;
	return out < depth ? depth - out : 0;
}

static void post(struct stream *s, uint32_t count)
{
	s->posted += end_post_sends(s->a, s->opcode, s->posted, count, s->interval);
}

static void fill_pipe(struct stream *s)
{
	uint64_t n;

	while ((n = room(s)))
		post(s, n);
}

/* The sender's side: completions, and credit if there is another process. */
static int reap(struct stream *s, bool wait)
{
	struct ibv_wc wc[BATCH];
	int n = end_poll(s->a, wc, BATCH, wait), i;

	for (i = 0; i < n; i++) {
		if (wc[i].opcode & IBV_WC_RECV) {
			s->received += quarter(s->a);
			end_post_recv(s->a, wc[i].wr_id);
		} else {
			s->done += s->interval;
		}
	}
	return n;
}

static void give_up_late(struct stream *s)
{
	uint64_t now = now_nsec();

	if (!s->idle)
		s->idle = now;
	if (now - s->idle < LOST_NSEC)
		return;
	s->lost = s->posted - s->received;
	s->idle = 0;
}

static int receive(struct stream *s)
{
	struct ibv_wc wc[BATCH];
	int n = end_poll(s->b, wc, BATCH, false), i;

	for (i = 0; i < n; i++)
		end_post_recv(s->b, wc[i].wr_id);
	s->received += n;
	if (n)
		s->idle = 0;
	else if (s->a->opt->op == OP_UD)
		give_up_late(s);
	return n;
}

static void step(struct stream *s)
{
	int n;

	if (!s->b) {
		reap(s, true);
		return;
	}
	n = reap(s, !has_receiver(s->a));
	if (has_receiver(s->a))
		n += receive(s);
	if (!n)
		sched_yield();
}

static bool all_done(const struct stream *s)
{
	return s->done == s->posted &&
		(!has_receiver(s->a) || s->received + s->lost >= s->posted);
}

/* Ends on a multiple of a quarter, so that no request is left without an answer. */
static void run_for(struct stream *s, double seconds)
{
	uint64_t end = now_nsec() + seconds * 1e9;
	int i;

	do {
		for (i = 0; i < STEPS; i++) {
			fill_pipe(s);
			step(s);
		}
	} while (now_nsec() < end);
	while (s->posted % quarter(s->a)) {
		if (room(s))
			post(s, 1);
		else
			step(s);
	}
	while (!all_done(s))
		step(s);
}

static void run(struct stream *s, struct bench_result *r)
{
	const struct bench_options *o = s->a->opt;
	uint64_t before, lost;

	run_for(s, o->warmup);
	before = has_receiver(s->a) ? s->received : s->done;
	lost = s->lost;
	clock_read(&r->begin);
	run_for(s, o->seconds);
	clock_read(&r->end);
	r->messages = (has_receiver(s->a) ? s->received : s->done) - before;
	r->bytes = r->messages * o->size;
	r->lost = s->lost - lost;
}

static void prepare(struct end *e, bool sender)
{
	uint32_t i;

	if (sender != is_read(e))
		end_fill(e);
	else
		end_spoil(e);
	if (has_receiver(e))
		for (i = 0; i < e->opt->depth; i++)
			end_post_recv(e, i);
}

/* What the processor needs for the same bytes, from this end's memory to other memory. */
static void compare_memcpy(struct end *e, struct bench_result *r)
{
	size_t len = e->opt->depth * e->slot_size;
	char *to;

	if (e->opt->size < SMALL)
		return;
	to = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		  -1, 0);
	if (to == MAP_FAILED)
		die("out of memory");
	r->memcpy_rate = memcpy_rate(to, e->buf, e->opt->size, e->slot_size, e->opt->depth);
	munmap(to, len);
}

void stream_together(struct end *a, struct end *b, struct bench_result *r)
{
	struct stream s;

	prepare(a, true);
	prepare(b, false);
	stream_init(&s, a, b);
	run(&s, r);
	end_check(is_read(a) ? a : b, r->messages);
	compare_memcpy(a, r);
}

void stream_client(struct end *e, int ctl, struct bench_result *r)
{
	struct stream s;

	prepare(e, true);
	ctl_meet(ctl);
	stream_init(&s, e, NULL);
	run(&s, r);
	ctl_send(ctl, &s.posted, sizeof(s.posted));
	if (is_read(e))
		end_check(e, r->messages);
	ctl_meet(ctl);		/* the server has checked, too, and sleeps */
	compare_memcpy(e, r);
	ctl_meet(ctl);
}

/* Sleeps until there is a completion or a word from the client. */
static bool client_is_done(struct end *e, int ctl)
{
	struct pollfd fds[] = { { e->channel->fd, POLLIN, 0 }, { ctl, POLLIN, 0 } };
	struct ibv_cq *cq;
	void *context;

	if (poll(fds, 2, -1) < 0)
		die("poll failed");
	if (fds[0].revents) {
		if (ibv_get_cq_event(e->channel, &cq, &context))
			die("ibv_get_cq_event failed");
		ibv_ack_cq_events(cq, 1);
		return false;
	}
	return fds[1].revents;
}

static void serve_completions(struct end *e, uint64_t *received)
{
	struct ibv_wc wc[BATCH];
	int n, i;

	while ((n = end_poll(e, wc, BATCH, false)) > 0) {
		for (i = 0; i < n; i++) {
			if (!(wc[i].opcode & IBV_WC_RECV))
				continue;
			end_post_recv(e, wc[i].wr_id);
			if (++*received % quarter(e) == 0)
				end_post_send(e, IBV_WR_SEND, 0, 0, true);
		}
	}
}

void stream_server(struct end *e, int ctl)
{
	uint64_t received = 0, posted;

	prepare(e, false);
	ctl_meet(ctl);
	do {
		if (ibv_req_notify_cq(e->cq, 0))
			die("ibv_req_notify_cq failed");
		serve_completions(e, &received);
	} while (!client_is_done(e, ctl));
	ctl_recv(ctl, &posted, sizeof(posted));
	serve_completions(e, &received);
	if (has_receiver(e) && received != posted)
		die("%llu messages were sent and %llu received", (unsigned long long)posted,
		    (unsigned long long)received);
	if (!is_read(e))
		end_check(e, posted);
	ctl_meet(ctl);
	ctl_meet(ctl);		/* the client has measured memcpy */
}
