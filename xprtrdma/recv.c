// SPDX-License-Identifier: GPL-2.0
/*
 * Receives: as many are posted as there may be Replies and Calls of the server
 * under way, and some more, so that they can be posted in batches.
 *
 * Nobody posts but the connect worker, before the connection is up, and the
 * Receive completions, which the completion queue runs one at a time.
 *
 * One that waits for regions to become invalid is replaced, so that for a moment
 * there are more than are posted. Of those that were not needed since, half are
 * freed every now and then, and all when the connection ends.
 */

#include <linux/err.h>
#include <linux/slab.h>
#include "xprt_rdma.h"

static struct rpcrdma_rep *rep_create(struct rpcrdma_xprt *r_xprt, bool temp)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_rep *rep;

	rep = kzalloc(sizeof(*rep), GFP_NOFS | __GFP_NOWARN);
	if (!rep)
		return NULL;
	rep->rr_cqe.done = rpcrdma_wc_receive;
	rep->rr_rxprt = r_xprt;
	rep->rr_temp = temp;
	spin_lock(&buf->rb_lock);
	list_add(&rep->rr_all, &buf->rb_all_reps);
	spin_unlock(&buf->rb_lock);
	return rep;
}

static void rep_destroy(struct rpcrdma_rep *rep)
{
	struct rpcrdma_buffer *buf = &rep->rr_rxprt->rx_buf;

	spin_lock(&buf->rb_lock);
	list_del(&rep->rr_all);
	spin_unlock(&buf->rb_lock);
	rpcrdma_free_regbuf(rep->rr_rdmabuf);
	kfree(rep);
}

/**
 * rpcrdma_rep_put - a Receive is not needed any more
 * @rep: not posted, on no list
 *
 * Context: process context; does not sleep.
 */
void rpcrdma_rep_put(struct rpcrdma_rep *rep)
{
	struct rpcrdma_buffer *buf = &rep->rr_rxprt->rx_buf;

	if (rep->rr_temp) {
		rep_destroy(rep);
		return;
	}
	spin_lock(&buf->rb_lock);
	list_add(&rep->rr_list, &buf->rb_free_reps);
	buf->rb_nr_free_reps++;
	spin_unlock(&buf->rb_lock);
}

/* Take one that is not posted, if there is any. */
static struct rpcrdma_rep *pop_rep(struct rpcrdma_buffer *buf)
{
	struct rpcrdma_rep *rep;

	lockdep_assert_held(&buf->rb_lock);
	rep = list_first_entry_or_null(&buf->rb_free_reps, struct rpcrdma_rep,
				       rr_list);
	if (!rep)
		return NULL;
	list_del(&rep->rr_list);
	buf->rb_nr_free_reps--;
	buf->rb_reps_low = min(buf->rb_reps_low, buf->rb_nr_free_reps);
	return rep;
}

static struct rpcrdma_rep *rep_get(struct rpcrdma_xprt *r_xprt, bool temp)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_rep *rep;

	spin_lock(&buf->rb_lock);
	rep = pop_rep(buf);
	spin_unlock(&buf->rb_lock);
	return rep ?: rep_create(r_xprt, temp);
}

/* Get memory of the right size, and map it. */
static bool rep_prepare(struct rpcrdma_rep *rep)
{
	struct rpcrdma_ia *ia = &rep->rr_rxprt->rx_ia;

	if (!rpcrdma_regbuf_grow(&rep->rr_rdmabuf, ia->ia_inline_recv,
				 DMA_FROM_DEVICE, GFP_NOFS | __GFP_NOWARN) ||
	    !__rpcrdma_dma_map_regbuf(ia, rep->rr_rdmabuf))
		return false;

	ib_dma_sync_single_for_device(ia->ia_id->device,
				      rep->rr_rdmabuf->rg_sge.addr,
				      rep->rr_rdmabuf->rg_sge.length,
				      DMA_FROM_DEVICE);
	rep->rr_wr = (struct ib_recv_wr){
		.wr_cqe = &rep->rr_cqe,
		.sg_list = &rep->rr_rdmabuf->rg_sge,
		.num_sge = 1,
	};
	return true;
}

/* What could not be posted comes back. */
static unsigned int take_back(const struct ib_recv_wr *wr)
{
	unsigned int n = 0;

	while (wr) {
		const struct ib_recv_wr *next = wr->next;

		rpcrdma_rep_put(container_of(wr, struct rpcrdma_rep, rr_wr));
		wr = next;
		n++;
	}
	return n;
}

/**
 * rpcrdma_post_recvs - Maybe post some Receive buffers
 * @r_xprt: controlling transport
 * @temp: when true, allocate temp rpcrdma_rep objects
 *
 * A temporary one is freed after use. The first Receives of a connection are:
 * those that follow are allocated where the completions are handled.
 *
 * Context: process context, and only one at a time.
 */
void rpcrdma_post_recvs(struct rpcrdma_xprt *r_xprt, bool temp)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	unsigned int needed = buf->rb_credits + 2 * READ_ONCE(buf->rb_bc_credits);
	struct ib_recv_wr *first = NULL, **link = &first;
	const struct ib_recv_wr *bad = NULL;
	unsigned int count, n;

	if (buf->rb_posted > needed ||
	    test_bit(0, &r_xprt->rx_ia.ia_broken))
		return;

	needed += RPCRDMA_RECV_BATCH - buf->rb_posted;
	for (count = 0; count < needed; count++) {
		struct rpcrdma_rep *rep = rep_get(r_xprt, temp);

		if (!rep)
			break;
		if (!rep_prepare(rep)) {
			rpcrdma_rep_put(rep);
			break;
		}
		*link = &rep->rr_wr;
		link = &rep->rr_wr.next;
	}
	if (!count)
		return;

	buf->rb_posted += count;
	if (ib_post_recv(r_xprt->rx_ia.ia_id->qp, first, &bad)) {
		n = take_back(bad);
		buf->rb_posted -= n;
	}
}

/**
 * rpcrdma_wc_receive - Invoked by RDMA provider for each polled Receive WC
 * @cq: completion queue (ignored)
 * @wc: completed WR
 *
 * Context: the completion queue's work item.
 */
void rpcrdma_wc_receive(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rpcrdma_rep *rep = container_of(wc->wr_cqe, struct rpcrdma_rep,
					       rr_cqe);
	struct rpcrdma_xprt *r_xprt = rep->rr_rxprt;

	r_xprt->rx_buf.rb_posted--;
	if (wc->status != IB_WC_SUCCESS) {
		/* Nothing but the status means anything. */
		rpcrdma_connection_lost(r_xprt);
		rpcrdma_rep_put(rep);
		return;
	}

	rep->rr_len = wc->byte_len;
	rep->rr_inv_rkey = wc->wc_flags & IB_WC_WITH_INVALIDATE ?
			   wc->ex.invalidate_rkey : 0;
	ib_dma_sync_single_for_cpu(r_xprt->rx_ia.ia_id->device,
				   rep->rr_rdmabuf->rg_sge.addr, rep->rr_len,
				   DMA_FROM_DEVICE);
	rpcrdma_reply_handler(rep);
}

/**
 * rpcrdma_reps_trim - free half of the Receives that were not needed lately
 * @buf: the pool
 *
 * Context: process context.
 */
void rpcrdma_reps_trim(struct rpcrdma_buffer *buf)
{
	struct rpcrdma_rep *rep, *next;
	LIST_HEAD(unused);
	unsigned int n;

	spin_lock(&buf->rb_lock);
	n = (buf->rb_reps_low + 1) / 2;
	buf->rb_nr_free_reps -= n;
	/* Those that were used last are at the other end. */
	while (n--)
		list_move(buf->rb_free_reps.prev, &unused);
	buf->rb_reps_low = buf->rb_nr_free_reps;
	spin_unlock(&buf->rb_lock);

	list_for_each_entry_safe(rep, next, &unused, rr_list)
		rep_destroy(rep);
}

/**
 * rpcrdma_reps_destroy - free all Receives of a connection
 * @r_xprt: a transport whose queue pair and completion queues are gone
 *
 * Context: process context, owns XPRT_LOCKED.
 */
void rpcrdma_reps_destroy(struct rpcrdma_xprt *r_xprt)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;
	struct rpcrdma_rep *rep, *next;

	buf->rb_posted = 0;
	buf->rb_nr_free_reps = 0;
	INIT_LIST_HEAD(&buf->rb_free_reps);
	list_for_each_entry_safe(rep, next, &buf->rb_all_reps, rr_all)
		rep_destroy(rep);
}
