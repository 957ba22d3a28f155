// SPDX-License-Identifier: GPL-2.0
/*
 * Memory regions (FRWR): how a server gets to the memory of a Call.
 *
 *	free		invalid, not mapped, on rb_mrs
 *	  |	rpcrdma_mr_map()
 *	registered	mapped, on a list of the request
 *	  |	posted before the Send
 *	valid		the server may use it
 *	  |	invalidated by the server, or by a request that is posted here
 *	free		after unmapping, and only then the RPC completes
 *
 * After an error nobody knows what state a region is in; it is left alone until
 * the connection ends, when all regions are destroyed.
 *
 * There are as many as have been needed at a time, but for those which were not
 * needed for a while. A Call that finds none waits, and more are made: for one
 * large chunk at a time.
 *
 * The work request that makes a region valid says nothing, unless the connection
 * ends before it has been seen to be done: by the completion of a Send that was
 * posted with it or later. No region is freed before that.
 */

#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "frags.h"
#include "xprt_rdma.h"

#define RETRY_DELAY	(HZ / 10)

static void fastreg_done(struct ib_cq *cq, struct ib_wc *wc);
static void inv_done(struct ib_cq *cq, struct ib_wc *wc);

static unsigned int max_mrs(const struct rpcrdma_ia *ia)
{
	return ia->ia_max_requests * ia->ia_max_segs * 2;
}

static struct rpcrdma_mr *mr_create(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct rpcrdma_mr *mr;

	mr = kzalloc(sizeof(*mr), GFP_NOFS);
	if (!mr)
		return NULL;
	mr->mr_sg = kmalloc_array(ia->ia_mr_depth, sizeof(*mr->mr_sg), GFP_NOFS);
	if (!mr->mr_sg)
		goto free_mr;
	mr->mr_ibmr = ib_alloc_mr(ia->ia_pd, ia->ia_mr_type, ia->ia_mr_depth);
	if (IS_ERR(mr->mr_ibmr))
		goto free_sg;

	mr->mr_rxprt = r_xprt;
	mr->mr_reg_cqe.done = fastreg_done;
	mr->mr_inv_cqe.done = inv_done;
	INIT_LIST_HEAD(&mr->mr_list);
	r_xprt->rx_stats.mrs_allocated++;
	return mr;

free_sg:
	kfree(mr->mr_sg);
free_mr:
	kfree(mr);
	return NULL;
}

static void mr_unmap(struct rpcrdma_mr *mr)
{
	if (!mr->mr_nents)
		return;
	ib_dma_unmap_sg(mr->mr_ibmr->device, mr->mr_sg, mr->mr_nents,
			mr->mr_dir);
	mr->mr_nents = 0;
}

static void mr_destroy(struct rpcrdma_mr *mr)
{
	mr_unmap(mr);
	ib_dereg_mr(mr->mr_ibmr);
	kfree(mr->mr_sg);
	kfree(mr);
}

static struct rpcrdma_mr *pop_mr(struct rpcrdma_buffer *buf)
{
	struct rpcrdma_mr *mr;

	lockdep_assert_held(&buf->rb_lock);
	mr = list_first_entry_or_null(&buf->rb_mrs, struct rpcrdma_mr, mr_list);
	if (!mr)
		return NULL;
	list_del_init(&mr->mr_list);
	buf->rb_nr_free_mrs--;
	buf->rb_mrs_low = min(buf->rb_mrs_low, buf->rb_nr_free_mrs);
	return mr;
}

/**
 * rpcrdma_mr_get - Allocate an rpcrdma_mr object
 * @r_xprt: controlling transport
 *
 * Context: process context; does not sleep.
 * Return: an initialized rpcrdma_mr or NULL if no free rpcrdma_mr objects are
 *	available.
 */
struct rpcrdma_mr *rpcrdma_mr_get(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_mr *mr;

	spin_lock(&buf->rb_lock);
	mr = pop_mr(buf);
	spin_unlock(&buf->rb_lock);
	return mr;
}

/* There are regions again for those who wait. */
static void wake_waiters(struct rpcrdma_xprt *r_xprt)
{
	/* Pairs with the barrier of rpcrdma_mrs_wait(). */
	smp_mb();
	xprt_write_space(&r_xprt->rx_xprt);
}

/**
 * rpcrdma_mr_put - Release an rpcrdma_mr object
 * @mr: object to release; invalid, not mapped, on no list
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_mr_put(struct rpcrdma_mr *mr)
{
	struct rpcrdma_buffer *buf = &mr->mr_rxprt->rx_buf;

	spin_lock(&buf->rb_lock);
	list_add(&mr->mr_list, &buf->rb_mrs);
	buf->rb_nr_free_mrs++;
	spin_unlock(&buf->rb_lock);
	wake_waiters(mr->mr_rxprt);
}

/**
 * rpcrdma_mr_unmap_and_put - DMA unmap an MR and release it
 * @mr: object to release; invalid, on no list
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_mr_unmap_and_put(struct rpcrdma_mr *mr)
{
	mr_unmap(mr);
	rpcrdma_mr_put(mr);
}

/**
 * rpcrdma_mrs_release - take back the regions of a request
 * @req: a request whose regions are invalid
 *
 * Context: process context; does not sleep. The caller owns the regions.
 */
void rpcrdma_mrs_release(struct rpcrdma_req *req)
{
	struct rpcrdma_mr *mr, *next;

	list_for_each_entry_safe(mr, next, &req->rl_registered, mr_list) {
		list_del_init(&mr->mr_list);
		rpcrdma_mr_unmap_and_put(mr);
	}
}

/* Make enough regions for one chunk. */
static unsigned int add_mrs(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct rpcrdma_mr *mr;
	unsigned int n;

	for (n = 0; n < ia->ia_max_segs && buf->rb_nr_mrs < max_mrs(ia); n++) {
		mr = mr_create(r_xprt);
		if (!mr)
			break;
		spin_lock(&buf->rb_lock);
		list_add(&mr->mr_all, &buf->rb_all_mrs);
		buf->rb_nr_mrs++;
		list_add(&mr->mr_list, &buf->rb_mrs);
		buf->rb_nr_free_mrs++;
		spin_unlock(&buf->rb_lock);
	}
	return n;
}

/**
 * rpcrdma_mrs_create - make the first regions of a connection
 * @r_xprt: a transport with a queue pair
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: 0, or -ENOMEM if not a single one could be made.
 */
int rpcrdma_mrs_create(struct rpcrdma_xprt *r_xprt)
{
	return add_mrs(r_xprt) ? 0 : -ENOMEM;
}

static void refresh_work(struct work_struct *work)
{
	struct rpcrdma_buffer *buf = container_of(to_delayed_work(work),
						  struct rpcrdma_buffer,
						  rb_refresh);
	struct rpcrdma_xprt *r_xprt = rpcrdma_buf_to_xprt(buf);
	/* A device may ask for memory in its own way; what frees some waits for us. */
	unsigned int nofs = memalloc_nofs_save();

	if (add_mrs(r_xprt))
		wake_waiters(r_xprt);
	else if (buf->rb_nr_mrs < max_mrs(&r_xprt->rx_ia))
		queue_delayed_work(system_highpri_wq, &buf->rb_refresh,
				   RETRY_DELAY);
	memalloc_nofs_restore(nofs);
}

/**
 * rpcrdma_mrs_wait - send nothing before there are regions again
 * @r_xprt: a transport on which a Call has found none
 *
 * Context: owns XPRT_LOCKED, holds no regions.
 */
void rpcrdma_mrs_wait(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;

	xprt_wait_for_buffer_space(&r_xprt->rx_xprt);
	/* A region that comes back must see the bit, or be seen here. */
	smp_mb__after_atomic();
	if (buf->rb_nr_mrs < max_mrs(&r_xprt->rx_ia))
		queue_delayed_work(system_highpri_wq, &buf->rb_refresh, 0);
	else if (!list_empty(&buf->rb_mrs))
		xprt_write_space(&r_xprt->rx_xprt);
}

/* The region that has not been used for longest, unless it may complete again. */
static struct rpcrdma_mr *oldest_mr(const struct rpcrdma_buffer *buf)
{
	struct rpcrdma_mr *mr;

	lockdep_assert_held(&buf->rb_lock);
	if (list_empty(&buf->rb_mrs))
		return NULL;
	mr = list_last_entry(&buf->rb_mrs, struct rpcrdma_mr, mr_list);
	/* Pairs with the release in rpcrdma_sendctx_put_locked(). */
	if ((int)(smp_load_acquire(&buf->rb_sc_done) - mr->mr_send) < 0)
		return NULL;
	return mr;
}

/**
 * rpcrdma_mrs_trim - free half of the regions that were not needed lately
 * @buf: the pool
 *
 * Context: process context.
 */
void rpcrdma_mrs_trim(struct rpcrdma_buffer *buf)
{
	unsigned int keep = rpcrdma_buf_to_xprt(buf)->rx_ia.ia_max_segs;
	struct rpcrdma_mr *mr, *next;
	LIST_HEAD(unused);
	unsigned int n;

	spin_lock(&buf->rb_lock);
	n = min((buf->rb_mrs_low + 1) / 2,
		buf->rb_nr_mrs - min(buf->rb_nr_mrs, keep));
	while (n-- && (mr = oldest_mr(buf))) {
		list_del_init(&mr->mr_list);
		buf->rb_nr_free_mrs--;
		list_move(&mr->mr_all, &unused);
		buf->rb_nr_mrs--;
	}
	buf->rb_mrs_low = buf->rb_nr_free_mrs;
	spin_unlock(&buf->rb_lock);

	list_for_each_entry_safe(mr, next, &unused, mr_all)
		mr_destroy(mr);
}

/**
 * rpcrdma_mrs_init - prepare the pool
 * @buf: the pool
 */
void rpcrdma_mrs_init(struct rpcrdma_buffer *buf)
{
	INIT_LIST_HEAD(&buf->rb_mrs);
	INIT_LIST_HEAD(&buf->rb_all_mrs);
	INIT_DELAYED_WORK(&buf->rb_refresh, refresh_work);
}

/**
 * rpcrdma_mrs_stop - make and free no more regions
 * @r_xprt: a transport that is being disconnected
 *
 * Context: process context, owns XPRT_LOCKED, so that nothing can start it anew.
 */
void rpcrdma_mrs_stop(struct rpcrdma_xprt *r_xprt)
{
	cancel_delayed_work_sync(&r_xprt->rx_buf.rb_refresh);
	cancel_delayed_work_sync(&r_xprt->rx_buf.rb_trim);
}

/**
 * rpcrdma_mrs_destroy - destroy all regions, whatever state they are in
 * @r_xprt: a transport whose queue pair is gone and whose requests are reset
 *
 * Context: process context, owns XPRT_LOCKED and &rpcrdma_ia.ia_lock.
 */
void rpcrdma_mrs_destroy(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_mr *mr, *next;
	LIST_HEAD(all);

	spin_lock(&buf->rb_lock);
	list_splice_init(&buf->rb_all_mrs, &all);
	INIT_LIST_HEAD(&buf->rb_mrs);
	buf->rb_nr_mrs = 0;
	buf->rb_nr_free_mrs = 0;
	spin_unlock(&buf->rb_lock);

	list_for_each_entry_safe(mr, next, &all, mr_all)
		mr_destroy(mr);
}

static void prepare_reg(struct rpcrdma_mr *mr)
{
	struct ib_mr *ibmr = mr->mr_ibmr;

	/* A server that kept the key of the last use shall not get in. */
	ib_update_fast_reg_key(ibmr, (u8)ibmr->rkey + 1);
	mr->mr_reg = (struct ib_reg_wr){
		.wr.wr_cqe = &mr->mr_reg_cqe,
		.wr.opcode = IB_WR_REG_MR,
		.mr = ibmr,
		.key = ibmr->rkey,
		.access = mr->mr_dir == DMA_TO_DEVICE ? IB_ACCESS_REMOTE_READ :
			  IB_ACCESS_REMOTE_WRITE | IB_ACCESS_LOCAL_WRITE,
	};
	mr->mr_seg.handle = ibmr->rkey;
	mr->mr_seg.length = ibmr->length;
	mr->mr_seg.offset = ibmr->iova;
}

/**
 * rpcrdma_mr_map - let a region cover a range of a message
 * @mr: a free region
 * @buf: the message
 * @pos: where the range begins
 * @len: its bytes, not 0
 * @dir: who will write
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: bytes covered, which may be less than @len; or an error, and the region
 *	is not mapped: -ENOBUFS if the device has no room for it now, -EIO.
 */
int rpcrdma_mr_map(struct rpcrdma_mr *mr, const struct xdr_buf *buf,
		   unsigned int pos, unsigned int len,
		   enum dma_data_direction dir)
{
	struct rpcrdma_ia *ia = &mr->mr_rxprt->rx_ia;
	unsigned int nents, done;
	int mapped;

	done = rpcrdma_xdr_to_sg(buf, pos, len, mr->mr_sg, ia->ia_mr_depth,
				 ia->ia_mr_type == IB_MR_TYPE_SG_GAPS, &nents);
	if (!done)
		return -EIO;
	mapped = ib_dma_map_sg(ia->ia_id->device, mr->mr_sg, nents, dir);
	if (!mapped)
		return -ENOBUFS;
	mr->mr_nents = nents;
	mr->mr_dir = dir;

	if (ib_map_mr_sg(mr->mr_ibmr, mr->mr_sg, mapped, NULL, PAGE_SIZE) != mapped) {
		mr_unmap(mr);
		return -EIO;
	}
	prepare_reg(mr);
	return done;
}

/* Making a region valid says nothing unless it fails. */
static void fastreg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rpcrdma_mr *mr = container_of(wc->wr_cqe, struct rpcrdma_mr,
					     mr_reg_cqe);

	if (wc->status != IB_WC_SUCCESS)
		rpcrdma_connection_lost(mr->mr_rxprt);
}

static struct rpcrdma_mr *inv_mr(struct ib_wc *wc)
{
	return container_of(wc->wr_cqe, struct rpcrdma_mr, mr_inv_cqe);
}

static void inv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	if (wc->status != IB_WC_SUCCESS)
		rpcrdma_connection_lost(inv_mr(wc)->mr_rxprt);
}

/* All regions of a request are invalid: its Reply can be passed on. */
static void last_inv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rpcrdma_mr *mr = inv_mr(wc);
	struct rpcrdma_req *req = mr->mr_req;

	if (wc->status != IB_WC_SUCCESS) {
		rpcrdma_connection_lost(mr->mr_rxprt);
		rpcrdma_abandon_reply(req);
		return;
	}
	rpcrdma_mrs_release(req);
	rpcrdma_complete_rqst(req);
}

/* The same, for a task that has given up and waits only for this. */
static void last_inv_wake(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rpcrdma_mr *mr = inv_mr(wc);
	struct rpcrdma_req *req = mr->mr_req;

	if (wc->status != IB_WC_SUCCESS)
		rpcrdma_connection_lost(mr->mr_rxprt);
	else
		rpcrdma_mrs_release(req);
	complete(req->rl_done);
}

/* Post invalidation of all regions of a request; @done ends it. */
static int post_inv(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
		    void (*done)(struct ib_cq *cq, struct ib_wc *wc))
{
	struct ib_send_wr *first = NULL, **link = &first;
	struct rpcrdma_mr *mr, *last = NULL;

	list_for_each_entry(mr, &req->rl_registered, mr_list) {
		mr->mr_req = req;
		mr->mr_inv_cqe.done = inv_done;
		mr->mr_inv = (struct ib_send_wr){
			.wr_cqe = &mr->mr_inv_cqe,
			.opcode = IB_WR_LOCAL_INV,
			.ex.invalidate_rkey = mr->mr_seg.handle,
		};
		*link = &mr->mr_inv;
		link = &mr->mr_inv.next;
		last = mr;
		r_xprt->rx_stats.local_invs++;
	}
	if (WARN_ON_ONCE(!last))
		return -EINVAL;
	last->mr_inv.send_flags = IB_SEND_SIGNALED;
	last->mr_inv_cqe.done = done;
	return ib_post_send(r_xprt->rx_ia.ia_id->qp, first, NULL);
}

/**
 * rpcrdma_mrs_remote_inv - the server has invalidated a region
 * @req: the request that it belongs to
 * @rkey: which one
 *
 * Context: Receive completion, owns the regions.
 */
void rpcrdma_mrs_remote_inv(struct rpcrdma_req *req, u32 rkey)
{
	struct rpcrdma_mr *mr;

	list_for_each_entry(mr, &req->rl_registered, mr_list) {
		if (mr->mr_seg.handle != rkey)
			continue;
		list_del_init(&mr->mr_list);
		rpcrdma_mr_unmap_and_put(mr);
		return;
	}
}

/**
 * rpcrdma_mrs_invalidate - invalidate the regions of a request, then complete it
 * @r_xprt: the transport
 * @req: a request with a Reply and with regions
 *
 * Context: Receive completion, owns the regions.
 * Return: 0, or an error: then the RPC will not be completed.
 */
int rpcrdma_mrs_invalidate(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req)
{
	return post_inv(r_xprt, req, last_inv_done);
}

/**
 * rpcrdma_mrs_invalidate_sync - invalidate the regions of a request, now
 * @r_xprt: the transport
 * @req: a request whose task does not wait for a Reply any more
 *
 * Should that fail, the connection is on its way down: the regions are left to
 * rpcrdma_mrs_destroy(), and the server cannot get at them before that.
 *
 * Context: process context. The caller owns the regions, if the connection has
 *	not ended.
 */
void rpcrdma_mrs_invalidate_sync(struct rpcrdma_xprt *r_xprt,
				 struct rpcrdma_req *req)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct rpcrdma_ia *ia = &r_xprt->rx_ia;
	struct rpcrdma_mr *mr, *next;

	down_read(&ia->ia_lock);
	if (list_empty(&req->rl_registered))
		goto unlock;
	req->rl_done = &done;
	if (post_inv(r_xprt, req, last_inv_wake))
		rpcrdma_connection_lost(r_xprt);
	else
		wait_for_completion(&done);
	req->rl_done = NULL;
	list_for_each_entry_safe(mr, next, &req->rl_registered, mr_list)
		list_del_init(&mr->mr_list);
unlock:
	up_read(&ia->ia_lock);
}
