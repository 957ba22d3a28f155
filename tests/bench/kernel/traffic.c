// SPDX-License-Identifier: GPL-2.0
/*
 * Messages, from completion to completion, all of it in softirq.
 *
 * A rate: @depth messages are on their way, in lists of a quarter of that; when a
 * quarter has arrived, and their receives are posted again, the next list goes
 * out.  One request in a quarter is signaled, and needs no answer here: that what
 * it sent has arrived says more.
 *
 * A round trip: there and back for a send, until its completion for a write or a
 * read; then the next one.
 */
#include "bench.h"

#define QKEY		0x1ee7

static bool is_rate(const struct bench *bench)
{
	return bench->op == OP_SEND || bench->op == OP_UD;
}

static u32 quarter(const struct bench *bench)
{
	return bench->depth / 4;
}

static void fail(struct bench *bench, int err)
{
	unsigned long flags;

	spin_lock_irqsave(&bench->lock, flags);
	if (!bench->failed)
		bench->failed = err;
	bench->stop = true;
	spin_unlock_irqrestore(&bench->lock, flags);
	complete(&bench->idle);
}

static u64 slot_addr(const struct bench_end *end, u64 n)
{
	return end->addr + (u32)n % end->slots * end->slot_size;
}

/* Payload is behind the room for a datagram's header, on both sides. */
static u32 payload_at(const struct bench *bench)
{
	return bench_is_ud(bench) ? BENCH_GRH : 0;
}

static void post_recv(struct bench *bench, struct bench_end *end, u64 n)
{
	struct ib_sge sge = {
		.addr = slot_addr(end, n),
		.length = end->slot_size,
		.lkey = end->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &bench->recv,
		.sg_list = &sge,
		.num_sge = 1,
	};
	int err = ib_post_recv(end->qp, &wr, NULL);

	if (err)
		fail(bench, err);
}

/* @wr is a work request of any kind; the caller adds what is special about it. */
static void prepare(struct bench *bench, struct bench_end *end,
		    struct ib_send_wr *wr, struct ib_sge *sge, u64 n)
{
	sge->addr = slot_addr(end, n) + payload_at(bench);
	sge->length = bench->size;
	sge->lkey = end->pd->local_dma_lkey;
	wr->wr_cqe = &bench->send;
	wr->sg_list = sge;
	wr->num_sge = 1;
}

static void post(struct bench *bench, struct bench_end *end,
		 struct ib_send_wr *wr)
{
	int err = ib_post_send(end->qp, wr, NULL);

	if (err)
		fail(bench, err);
}

/* The next quarter; @n is the number of its first message. */
static void post_list(struct bench *bench, u64 n)
{
	struct bench_end *end = &bench->a;
	u32 i, count = quarter(bench);
	struct ib_ud_wr *wr;

	spin_lock_bh(&bench->list_lock);
	for (i = 0; i < count; i++) {
		wr = &bench->wr[i];
		memset(wr, 0, sizeof(*wr));
		prepare(bench, end, &wr->wr, &bench->sge[i], n + i);
		wr->wr.opcode = IB_WR_SEND;
		if (i + 1 < count)
			wr->wr.next = &wr[1].wr;
		else
			wr->wr.send_flags = IB_SEND_SIGNALED;
		if (bench_is_ud(bench)) {
			wr->ah = end->ah;
			wr->remote_qpn = bench->b.qp->qp_num;
			wr->remote_qkey = QKEY;
		}
	}
	post(bench, end, &bench->wr[0].wr);
	spin_unlock_bh(&bench->list_lock);
}

static void post_ping(struct bench *bench, struct bench_end *end)
{
	struct ib_send_wr wr = { .opcode = IB_WR_SEND };
	struct ib_sge sge;

	prepare(bench, end, &wr, &sge, 0);
	wr.send_flags = IB_SEND_SIGNALED;
	post(bench, end, &wr);
}

static void post_rdma(struct bench *bench)
{
	struct bench_end *end = &bench->a;
	struct ib_rdma_wr wr = {
		.wr.opcode = bench->op == OP_READ_RTT ? IB_WR_RDMA_READ :
							IB_WR_RDMA_WRITE,
		.wr.send_flags = IB_SEND_SIGNALED,
		.remote_addr = slot_addr(&bench->b, 0),
		.rkey = bench->b.pd->unsafe_global_rkey,
	};
	struct ib_sge sge;

	prepare(bench, end, &wr.wr, &sge, 0);
	post(bench, end, &wr.wr);
}

/*
 * One more has arrived, or come back.  Returns true if something is to be sent,
 * and then @n is its number.
 */
static bool count(struct bench *bench, u64 *n)
{
	unsigned long flags;
	bool go = true;

	spin_lock_irqsave(&bench->lock, flags);
	bench->received++;
	if (is_rate(bench) && bench->received % quarter(bench))
		go = false;
	if (bench->stop) {
		go = false;
		if (!is_rate(bench) || bench->received == bench->posted)
			complete(&bench->idle);
	}
	*n = bench->posted;
	if (go)
		bench->posted += is_rate(bench) ? quarter(bench) : 1;
	spin_unlock_irqrestore(&bench->lock, flags);
	return go;
}

static bool is_ok(struct bench *bench, const struct ib_wc *wc)
{
	if (likely(wc->status == IB_WC_SUCCESS))
		return true;
	/* What is flushed at the end is no failure. */
	if (wc->status != IB_WC_WR_FLUSH_ERR)
		fail(bench, -EIO);
	return false;
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct bench *bench = container_of(wc->wr_cqe, struct bench, recv);
	u64 n;

	if (!is_ok(bench, wc))
		return;
	if (is_rate(bench)) {
		/* Slots are used in turn, and this one is free again. */
		post_recv(bench, &bench->b, bench->received);
		if (count(bench, &n))
			post_list(bench, n);
	} else if (cq == bench->b.cq) {
		post_recv(bench, &bench->b, 0);
		post_ping(bench, &bench->b);
	} else {
		post_recv(bench, &bench->a, 1);
		if (count(bench, &n))
			post_ping(bench, &bench->a);
	}
}

static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct bench *bench = container_of(wc->wr_cqe, struct bench, send);
	u64 n;

	if (!is_ok(bench, wc) || is_rate(bench) || bench->op == OP_PING)
		return;
	if (count(bench, &n))
		post_rdma(bench);
}

static u8 pattern(u32 slot, u32 at)
{
	return (slot * 2654435761u + at * 40503u) >> 8;
}

static void fill(struct bench *bench, struct bench_end *end)
{
	u32 slot, at;

	for (slot = 0; slot < end->slots; slot++)
		for (at = 0; at < bench->size; at++)
			end->buf[slot * end->slot_size + payload_at(bench) + at] =
				pattern(slot, at);
}

static void spoil(struct bench_end *end)
{
	memset(end->buf, 0xee, (size_t)end->slots * end->slot_size);
}

/**
 * bench_start() - begin
 * @bench: connected
 *
 * Context: may sleep.
 * Return: 0, or why nothing could be posted.
 */
int bench_start(struct bench *bench)
{
	struct bench_end *from = bench->op == OP_READ_RTT ? &bench->b :
							    &bench->a;
	u32 i;

	bench->recv.done = recv_done;
	bench->send.done = send_done;
	spoil(&bench->a);
	spoil(&bench->b);
	fill(bench, from);

	if (is_rate(bench)) {
		for (i = 0; i < bench->depth; i++)
			post_recv(bench, &bench->b, i);
		bench->posted = bench->depth;
		for (i = 0; i < 4; i++)
			post_list(bench, i * quarter(bench));
		return bench->failed;
	}
	bench->posted = 1;
	if (bench->op == OP_PING) {
		post_recv(bench, &bench->b, 0);
		post_recv(bench, &bench->a, 1);
		post_ping(bench, &bench->a);
	} else {
		post_rdma(bench);
	}
	return bench->failed;
}

/**
 * bench_stop() - end, when all that is under way has arrived
 * @bench: started
 *
 * Context: may sleep.
 * Return: 0; -ETIMEDOUT if something never arrives; what else went wrong.
 */
int bench_stop(struct bench *bench)
{
	unsigned long flags;

	spin_lock_irqsave(&bench->lock, flags);
	bench->stop = true;
	spin_unlock_irqrestore(&bench->lock, flags);
	if (!wait_for_completion_timeout(&bench->idle, 5 * HZ))
		return -ETIMEDOUT;
	return bench->failed;
}

static bool slots_ok(const struct bench *bench, const struct bench_end *end,
		     u32 first, u32 n, u32 wanted)
{
	u32 slot, at;

	for (slot = 0; slot < n; slot++)
		for (at = 0; at < bench->size; at++)
			if (end->buf[(first + slot) * end->slot_size +
				     payload_at(bench) + at] !=
			    pattern(wanted + slot, at))
				return false;
	return true;
}

/**
 * bench_payload_ok() - has everything arrived as it was sent?
 * @bench: stopped, and everything did arrive
 *
 * Return: false if a byte is wrong.
 */
bool bench_payload_ok(const struct bench *bench)
{
	switch (bench->op) {
	case OP_SEND:
	case OP_UD:
		return slots_ok(bench, &bench->b, 0, bench->depth, 0);
	case OP_PING:
		return slots_ok(bench, &bench->b, 0, 1, 0) &&
		       slots_ok(bench, &bench->a, 1, 1, 0);
	case OP_WRITE_RTT:
		return slots_ok(bench, &bench->b, 0, 1, 0);
	case OP_READ_RTT:
		return slots_ok(bench, &bench->a, 0, 1, 0);
	}
	return false;
}
