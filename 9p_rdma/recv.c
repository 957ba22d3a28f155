// SPDX-License-Identifier: GPL-2.0
/*
 * Receive buffers, and the replies in them.
 *
 * The buffers belong to the file system: every request brings one, of the
 * size of the largest message, for its reply. The receive queue takes them in
 * turn, so a reply lands in the buffer of some request, which need not be its
 * own. The buffer as it is, with the allocator it must go back to, then becomes
 * that of the request that was answered.
 *
 * A request that has been flushed leaves a posted buffer behind, which cannot
 * be taken back. It is counted as excess, and the next request uses it instead
 * of posting its own. Hence
 *
 *	receives posted = requests pending + excess <= depth
 *
 * at any time, give or take a request that has posted and is not yet pending.
 * A credit of the request semaphore covers both: while the excess is above
 * zero, a new request posts nothing.
 */

#include <linux/slab.h>
#include "p9_rdma.h"

/**
 * p9_rdma_recv_alloc - make receive contexts
 * @rdma: the connection; its depth is final
 *
 * Context: the mounting task. Sleeps.
 * Return: 0 or -ENOMEM.
 */
int p9_rdma_recv_alloc(struct p9_trans_rdma *rdma)
{
	int i;

	rdma->recvs = kvcalloc(rdma->nr_slots, sizeof(*rdma->recvs),
			       GFP_KERNEL);
	if (!rdma->recvs)
		return -ENOMEM;

	for (i = 0; i < rdma->nr_slots; i++)
		list_add_tail(&rdma->recvs[i].free, &rdma->free_recvs);
	return 0;
}

/**
 * p9_rdma_recv_free - undo p9_rdma_recv_alloc()
 * @rdma: a connection that has been shut down
 *
 * The drain of the queue pair has brought every buffer back. Should a device
 * have lost one, it can still be freed: the queue pair is gone.
 */
void p9_rdma_recv_free(struct p9_trans_rdma *rdma)
{
	int i;

	for (i = 0; rdma->recvs && i < rdma->nr_slots; i++)
		p9_fcall_fini(&rdma->recvs[i].rc);
	kvfree(rdma->recvs);
}

static void put_context(struct p9_trans_rdma *rdma, struct p9_rdma_recv *recv)
{
	unsigned long flags;

	spin_lock_irqsave(&rdma->req_lock, flags);
	list_add(&recv->free, &rdma->free_recvs);
	spin_unlock_irqrestore(&rdma->req_lock, flags);
}

/* May @type be the answer to @req? */
static bool is_reply_to(const struct p9_req_t *req, u8 type)
{
	return type == req->tc.id + 1 || type == P9_RLERROR ||
	       type == P9_RERROR;
}

/*
 * Hand the reply in *@rc to the request it answers, and the buffer with it; on
 * return @rc->sdata is NULL if that worked.
 */
static void deliver(struct p9_trans_rdma *rdma, struct p9_fcall *rc)
{
	struct p9_rdma_pending *p;
	struct p9_req_t *req;

	if (p9_parse_header(rc, NULL, NULL, NULL, 1)) {
		p9_rdma_fail(rdma, "the server sent %u bytes that are no 9P message",
			     rc->size);
		return;
	}
	p = p9_rdma_pending_take(rdma, rc->tag);
	if (!p) {
		p9_rdma_fail(rdma, "the server sent an unexpected reply, with tag %u",
			     rc->tag);
		return;
	}

	req = p->req;
	if (!is_reply_to(req, rc->id)) {
		p9_rdma_fail(rdma, "the server answered a request of type %u with type %u",
			     req->tc.id, rc->id);
		p9_rdma_pending_release(rdma, p);
		req->t_err = -EIO;
		p9_client_cb(rdma->client, req, REQ_STATUS_ERROR);
		return;
	}

	/* The one that was flushed, if still there, will not be answered. */
	if (rc->id == P9_RFLUSH && p->flushes)
		p9_rdma_pending_withdraw(rdma, p->flushes);
	p9_rdma_pending_release(rdma, p);

	req->rc = *rc;
	rc->sdata = NULL;
	p9_client_cb(rdma->client, req, REQ_STATUS_RCVD);
}

/* A receive has completed. Context: softirq. */
static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct p9_rdma_recv *recv = container_of(wc->wr_cqe,
						 struct p9_rdma_recv, cqe);
	struct p9_trans_rdma *rdma = cq->cq_context;
	struct p9_fcall rc = recv->rc;

	ib_dma_unmap_single(cq->device, recv->dma, recv->len, DMA_FROM_DEVICE);
	recv->rc.sdata = NULL;
	/* Before the credit, which promises that there is a context. */
	put_context(rdma, recv);

	if (wc->status == IB_WC_SUCCESS) {
		p9_rdma_heard(rdma);
		rc.size = wc->byte_len;
		deliver(rdma, &rc);
	} else if (wc->status == IB_WC_LOC_LEN_ERR) {
		p9_rdma_fail(rdma, "the server sent more than the %zu bytes of the msize",
			     rc.capacity);
	} else {
		p9_rdma_fail(rdma, "receiving failed: %s",
			     ib_wc_status_msg(wc->status));
	}
	p9_fcall_fini(&rc);
}

/* Post the receive for which @recv has got a buffer. */
static int post(struct p9_trans_rdma *rdma, struct p9_rdma_recv *recv)
{
	struct ib_device *dev = rdma->qp->device;
	struct ib_recv_wr wr = {};
	struct ib_sge sge;
	int err;

	recv->len = recv->rc.capacity;
	recv->dma = ib_dma_map_single(dev, recv->rc.sdata, recv->len,
				      DMA_FROM_DEVICE);
	if (ib_dma_mapping_error(dev, recv->dma))
		return -EIO;

	recv->cqe.done = recv_done;
	sge.addr = recv->dma;
	sge.length = recv->len;
	sge.lkey = rdma->pd->local_dma_lkey;
	wr.wr_cqe = &recv->cqe;
	wr.sg_list = &sge;
	wr.num_sge = 1;
	err = ib_post_recv(rdma->qp, &wr, NULL);
	if (err)
		ib_dma_unmap_single(dev, recv->dma, recv->len, DMA_FROM_DEVICE);
	return err;
}

/**
 * p9_rdma_recv_provide - see to it that a reply to a request can be received
 * @rdma: the connection
 * @req: the request; its reply buffer is taken away
 *
 * The caller holds a request credit.
 *
 * Context: inside an RCU read side. Does not sleep.
 * Return: 0, or -EIO with nothing changed but that the connection has failed.
 */
int p9_rdma_recv_provide(struct p9_trans_rdma *rdma, struct p9_req_t *req)
{
	struct p9_rdma_recv *recv = NULL;
	unsigned long flags;
	bool connected;
	int err;

	spin_lock_irqsave(&rdma->req_lock, flags);
	connected = rdma->state == P9_RDMA_CONNECTED;
	if (connected && rdma->excess_rc) {
		rdma->excess_rc--;
	} else if (connected) {
		recv = list_first_entry_or_null(&rdma->free_recvs,
						struct p9_rdma_recv, free);
		if (!WARN_ON_ONCE(!recv))
			list_del(&recv->free);
	}
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	if (!connected)
		return -EIO;

	if (!recv) {
		p9_fcall_fini(&req->rc);
		req->rc.sdata = NULL;
		return 0;
	}

	recv->rc = req->rc;
	err = post(rdma, recv);
	if (err) {
		recv->rc.sdata = NULL;
		put_context(rdma, recv);
		p9_rdma_fail(rdma, "posting a receive failed (error %d)", err);
		return -EIO;
	}
	req->rc.sdata = NULL;
	return 0;
}
