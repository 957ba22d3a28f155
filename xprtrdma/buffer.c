// SPDX-License-Identifier: GPL-2.0
/*
 * Requests. One is a slot of the RPC client, so there are as many as the slot
 * table has entries, and an eighth more: those that a Send still holds which did
 * not have to say when it is done.
 *
 * They are made when first needed. Every now and then half of those that were
 * not needed in the meantime are freed. That eighth stays, and a few more, so that
 * there is always one to send without memory for another: it may be the Call that
 * frees some.
 */

#include <linux/err.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "xprt_rdma.h"

#define TRIM_INTERVAL	(30 * HZ)

/* Beside those that a Send may hold. */
#define MIN_REQS	RPCRDMA_MIN_SLOT_TABLE

/**
 * rpcrdma_req_create - make a request
 * @r_xprt: the transport
 * @flags: GFP flags
 *
 * Context: as @flags say.
 * Return: a request with one reference, or %NULL.
 */
struct rpcrdma_req *rpcrdma_req_create(struct rpcrdma_xprt *r_xprt, gfp_t flags)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_req *req;

	req = kzalloc(sizeof(*req), flags);
	if (!req)
		return NULL;
	kref_init(&req->rl_kref);
	req->rl_buffer = buf;
	INIT_LIST_HEAD(&req->rl_registered);
	INIT_LIST_HEAD(&req->rl_list);

	spin_lock(&buf->rb_lock);
	list_add(&req->rl_all, &buf->rb_all_reqs);
	spin_unlock(&buf->rb_lock);
	return req;
}

/**
 * rpcrdma_req_destroy - free a request that nobody has a reference to
 * @req: the request, on no list of free ones
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_req_destroy(struct rpcrdma_req *req)
{
	struct rpcrdma_buffer *buf = req->rl_buffer;

	spin_lock(&buf->rb_lock);
	list_del(&req->rl_all);
	spin_unlock(&buf->rb_lock);

	WARN_ON_ONCE(!list_empty(&req->rl_registered));
	rpcrdma_free_regbuf(req->rl_hdrbuf);
	rpcrdma_free_regbuf(req->rl_sendbuf);
	rpcrdma_free_regbuf(req->rl_recvbuf);
	kfree(req);
}

/* Take a free request, if there is one: the one that was returned last. */
static struct rpcrdma_req *pop_req(struct rpcrdma_buffer *buf)
{
	struct rpcrdma_req *req;

	lockdep_assert_held(&buf->rb_lock);
	req = list_first_entry_or_null(&buf->rb_free_reqs, struct rpcrdma_req,
				       rl_list);
	if (!req)
		return NULL;
	list_del_init(&req->rl_list);
	buf->rb_nr_free_reqs--;
	buf->rb_reqs_low = min(buf->rb_reqs_low, buf->rb_nr_free_reqs);
	return req;
}

/**
 * rpcrdma_buffer_get - Get a request buffer
 * @buffers: Buffer pool from which to obtain a buffer
 *
 * Context: process context; does not sleep.
 * Return: a fresh rpcrdma_req; NULL if there are none until one is returned;
 *	-ENOMEM if there could be another one.
 */
struct rpcrdma_req *rpcrdma_buffer_get(struct rpcrdma_buffer *buffers)
{
	struct rpcrdma_req *req;
	bool grow;

	spin_lock(&buffers->rb_lock);
	req = pop_req(buffers);
	grow = !req && buffers->rb_nr_reqs < buffers->rb_max_reqs;
	if (grow)
		buffers->rb_nr_reqs++;
	spin_unlock(&buffers->rb_lock);
	if (!grow)
		return req;

	req = rpcrdma_req_create(rpcrdma_buf_to_xprt(buffers),
				 GFP_NOWAIT | __GFP_NOWARN);
	if (!req) {
		spin_lock(&buffers->rb_lock);
		buffers->rb_nr_reqs--;
		spin_unlock(&buffers->rb_lock);
		return ERR_PTR(-ENOMEM);
	}
	return req;
}

/**
 * rpcrdma_buffer_put - Put request/reply buffers back into pool
 * @req: object to return
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_buffer_put(struct rpcrdma_req *req)
{
	struct rpcrdma_buffer *buf = req->rl_buffer;

	if (WARN_ON_ONCE(req->rl_reply)) {
		rpcrdma_rep_put(req->rl_reply);
		req->rl_reply = NULL;
	}
	/* The RPC client takes what is not 0 for its own. */
	memset(&req->rl_slot, 0, sizeof(req->rl_slot));
	spin_lock(&buf->rb_lock);
	list_add(&req->rl_list, &buf->rb_free_reqs);
	buf->rb_nr_free_reqs++;
	spin_unlock(&buf->rb_lock);
}

/* The last reference is gone: to a task that waits, or into the pool. */
static void recycle(struct kref *kref)
{
	struct rpcrdma_req *req = container_of(kref, struct rpcrdma_req, rl_kref);
	struct rpc_xprt *xprt = &rpcrdma_buf_to_xprt(req->rl_buffer)->rx_xprt;

	kref_init(&req->rl_kref);
#ifdef CONFIG_SUNRPC_BACKCHANNEL
	if (test_bit(RPCRDMA_REQ_BACKWARD, &req->rl_flags)) {
		spin_lock(&xprt->bc_pa_lock);
		list_add_tail(&req->rl_slot.rq_bc_pa_list, &xprt->bc_pa_list);
		spin_unlock(&xprt->bc_pa_lock);
		return;
	}
#endif
	if (!xprt_wake_up_backlog(xprt, &req->rl_slot))
		rpcrdma_buffer_put(req);
}

/**
 * rpcrdma_req_put - drop a reference to a request
 * @req: the request
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_req_put(struct rpcrdma_req *req)
{
	kref_put(&req->rl_kref, recycle);
}

/**
 * rpcrdma_reqs_reset - let go of what requests had of a connection
 * @r_xprt: a transport whose queue pair is gone
 *
 * Their memory regions are destroyed by rpcrdma_mrs_destroy().
 *
 * Context: process context, owns XPRT_LOCKED and &rpcrdma_ia.ia_lock.
 */
void rpcrdma_reqs_reset(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct rpcrdma_req *req;

	spin_lock(&xprt->transport_lock);
	xprt->cong = 0;
	xprt->cwnd = RPC_CWNDSCALE;
	spin_lock(&buf->rb_lock);
	list_for_each_entry(req, &buf->rb_all_reqs, rl_all) {
		struct rpcrdma_mr *mr, *next;

		req->rl_slot.rq_cong = 0;
		clear_bit(RPCRDMA_REQ_AWAITED, &req->rl_flags);
		list_for_each_entry_safe(mr, next, &req->rl_registered, mr_list)
			list_del_init(&mr->mr_list);
		rpcrdma_regbuf_unmap(req->rl_hdrbuf);
		rpcrdma_regbuf_unmap(req->rl_sendbuf);
		rpcrdma_regbuf_unmap(req->rl_recvbuf);
	}
	spin_unlock(&buf->rb_lock);
	spin_unlock(&xprt->transport_lock);
}

/* Free half of the requests that were not needed since last time. */
static void trim_reqs(struct rpcrdma_buffer *buf)
{
	struct rpcrdma_req *req, *next;
	unsigned int n;
	LIST_HEAD(unused);

	spin_lock(&buf->rb_lock);
	/* Those that were used last are at the other end. */
	n = min((buf->rb_reqs_low + 1) / 2,
		buf->rb_nr_reqs - min(buf->rb_nr_reqs, buf->rb_min_reqs));
	buf->rb_nr_reqs -= n;
	buf->rb_nr_free_reqs -= n;
	while (n--)
		list_move(buf->rb_free_reqs.prev, &unused);
	buf->rb_reqs_low = buf->rb_nr_free_reqs;
	spin_unlock(&buf->rb_lock);

	list_for_each_entry_safe(req, next, &unused, rl_list)
		rpcrdma_req_destroy(req);
}

static void trim_work(struct work_struct *work)
{
	struct rpcrdma_buffer *buf = container_of(to_delayed_work(work),
						  struct rpcrdma_buffer, rb_trim);
	/* A disconnect waits for this, and what frees memory may wait for that. */
	unsigned int nofs = memalloc_nofs_save();

	trim_reqs(buf);
	rpcrdma_reps_trim(buf);
	rpcrdma_mrs_trim(buf);
	queue_delayed_work(system_long_wq, &buf->rb_trim, TRIM_INTERVAL);
	memalloc_nofs_restore(nofs);
}

/**
 * rpcrdma_trim_start - look every now and then for what is not needed
 * @r_xprt: a transport that is connected
 *
 * Context: process context, owns XPRT_LOCKED.
 */
void rpcrdma_trim_start(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;

	spin_lock(&buf->rb_lock);
	buf->rb_reqs_low = buf->rb_nr_free_reqs;
	buf->rb_reps_low = buf->rb_nr_free_reps;
	buf->rb_mrs_low = buf->rb_nr_free_mrs;
	spin_unlock(&buf->rb_lock);
	queue_delayed_work(system_long_wq, &buf->rb_trim, TRIM_INTERVAL);
}

/**
 * rpcrdma_buffer_create - prepare the pools
 * @r_xprt: a new transport
 *
 * Context: process context.
 * Return: 0 or -ENOMEM; rpcrdma_buffer_destroy() cleans up after both.
 */
int rpcrdma_buffer_create(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	unsigned int slots = r_xprt->rx_xprt.max_reqs;
	unsigned int held = DIV_ROUND_UP(slots, 8);

	spin_lock_init(&buf->rb_lock);
	INIT_LIST_HEAD(&buf->rb_free_reqs);
	INIT_LIST_HEAD(&buf->rb_all_reqs);
	INIT_LIST_HEAD(&buf->rb_free_reps);
	INIT_LIST_HEAD(&buf->rb_all_reps);
	rpcrdma_mrs_init(buf);
	INIT_DELAYED_WORK(&buf->rb_trim, trim_work);
	buf->rb_min_reqs = MIN_REQS + held;
	buf->rb_max_reqs = slots + held;

	while (buf->rb_nr_reqs < buf->rb_min_reqs) {
		struct rpcrdma_req *req = rpcrdma_req_create(r_xprt, GFP_KERNEL);

		if (!req)
			return -ENOMEM;
		buf->rb_nr_reqs++;
		rpcrdma_buffer_put(req);
	}
	return 0;
}

/**
 * rpcrdma_buffer_destroy - free everything in the pools
 * @r_xprt: a transport that is disconnected and that nobody uses
 *
 * Context: process context.
 */
void rpcrdma_buffer_destroy(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_req *req, *next;

	list_for_each_entry_safe(req, next, &buf->rb_all_reqs, rl_all)
		rpcrdma_req_destroy(req);
}
