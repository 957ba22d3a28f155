// SPDX-License-Identifier: GPL-2.0
/*
 * Sends under way: a ring without a lock.
 *
 *	tail	the last one that was given back	Send completions
 *	head	the last one that was taken		owner of XPRT_LOCKED
 *
 * Those behind the tail up to the head are in use. The queue completes in
 * order, so a Send that completes gives back all before it as well, which is
 * why not every Send has to say that it is done. One place stays empty, to tell
 * a full ring from an empty one.
 *
 * The taker reads the tail, which the other side stores with release semantics
 * after it has finished with the entries; it stores the head before the Send is
 * posted, and posting orders that before the completion.
 */

#include <linux/slab.h>
#include "xprt_rdma.h"

static unsigned long next_place(const struct rpcrdma_buffer *buf,
				unsigned long place)
{
	return place + 1 < buf->rb_sc_size ? place + 1 : 0;
}

static unsigned long previous_place(const struct rpcrdma_buffer *buf,
				    unsigned long place)
{
	return place ? place - 1 : buf->rb_sc_size - 1;
}

/* The Send is over: so is its claim to the request. */
static void release(struct rpcrdma_sendctx *sc)
{
	struct rpcrdma_req *req = sc->sc_req;

	sc->sc_req = NULL;
	if (req)
		rpcrdma_req_put(req);
}

/**
 * rpcrdma_sendctxs_create - make the ring
 * @r_xprt: a transport with a device
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: 0 or -ENOMEM; rpcrdma_sendctxs_destroy() cleans up after both.
 */
int rpcrdma_sendctxs_create(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	unsigned long size = r_xprt->rx_ia.ia_max_requests + 2, i;

	buf->rb_sc_ring = kcalloc(size, sizeof(*buf->rb_sc_ring), GFP_NOFS);
	if (!buf->rb_sc_ring)
		return -ENOMEM;
	buf->rb_sc_size = size;
	buf->rb_sc_head = 0;
	buf->rb_sc_tail = 0;
	buf->rb_sc_nr = 0;
	buf->rb_sc_done = 0;
	buf->rb_sc_unsignaled = 0;
	for (i = 0; i < size; i++) {
		struct rpcrdma_sendctx *sc = kzalloc(sizeof(*sc), GFP_NOFS);

		if (!sc)
			return -ENOMEM;
		sc->sc_cqe.done = rpcrdma_wc_send;
		sc->sc_rxprt = r_xprt;
		buf->rb_sc_ring[i] = sc;
	}
	return 0;
}

/**
 * rpcrdma_sendctxs_destroy - free the ring, and what was sent last
 * @r_xprt: a transport whose send queue is drained
 *
 * Context: process context, owns XPRT_LOCKED.
 */
void rpcrdma_sendctxs_destroy(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	unsigned long i;

	if (!buf->rb_sc_ring)
		return;
	for (i = 0; i < buf->rb_sc_size; i++) {
		if (!buf->rb_sc_ring[i])
			continue;
		release(buf->rb_sc_ring[i]);
		kfree(buf->rb_sc_ring[i]);
	}
	kfree(buf->rb_sc_ring);
	buf->rb_sc_ring = NULL;
}

/**
 * rpcrdma_sendctx_get_locked - Acquire a send context
 * @buf: transport buffers from which to acquire an unused context
 *
 * The caller serializes calls (per rpcrdma_buffer), and provides an effective
 * memory barrier that flushes the new value of rb_sc_head.
 *
 * When the ring is full, the transport does not send until a completion has
 * made room.
 *
 * Context: owns XPRT_LOCKED.
 * Return: a free send completion context; or NULL if the queue is empty.
 */
struct rpcrdma_sendctx *rpcrdma_sendctx_get_locked(struct rpcrdma_buffer *buf)
{
	struct rpcrdma_xprt *r_xprt = rpcrdma_buf_to_xprt(buf);
	unsigned long next = next_place(buf, buf->rb_sc_head);

	/* Pairs with the release: the entry is free before the tail moves. */
	if (next != smp_load_acquire(&buf->rb_sc_tail)) {
		buf->rb_sc_head = next;
		return buf->rb_sc_ring[next];
	}

	r_xprt->rx_stats.ring_full++;
	xprt_wait_for_buffer_space(&r_xprt->rx_xprt);
	/* The completion may have come before anybody was seen to wait. */
	smp_mb__after_atomic();
	if (next != READ_ONCE(buf->rb_sc_tail))
		xprt_write_space(&r_xprt->rx_xprt);
	return NULL;
}

/**
 * rpcrdma_sendctx_unget_locked - give back the context that was taken last
 * @buf: where it came from
 *
 * Context: owns XPRT_LOCKED since rpcrdma_sendctx_get_locked(), nothing has
 *	been posted.
 */
void rpcrdma_sendctx_unget_locked(struct rpcrdma_buffer *buf)
{
	buf->rb_sc_head = previous_place(buf, buf->rb_sc_head);
}

/**
 * rpcrdma_sendctx_put_locked - Release a send context
 * @sc: send context to release, and all that were posted before it
 *
 * The caller serializes calls to this function (per rpcrdma_buffer).
 *
 * Context: Send completion.
 */
void rpcrdma_sendctx_put_locked(struct rpcrdma_sendctx *sc)
{
	struct rpcrdma_buffer *buf = &sc->sc_rxprt->rx_buf;
	unsigned long place = buf->rb_sc_tail;

	do {
		place = next_place(buf, place);
		release(buf->rb_sc_ring[place]);
	} while (buf->rb_sc_ring[place] != sc);

	/* What was posted before it has completed too, and nobody looks at it again. */
	smp_store_release(&buf->rb_sc_done, sc->sc_nr);
	/* Whoever takes an entry must see it released. */
	smp_store_release(&buf->rb_sc_tail, place);
	/* Pairs with the barrier of a taker that found nothing. */
	smp_mb();
	xprt_write_space(&sc->sc_rxprt->rx_xprt);
}
