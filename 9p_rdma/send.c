// SPDX-License-Identifier: GPL-2.0
/*
 * Messages on their way out.
 *
 * A send context holds a credit of the send semaphore and a reference to its
 * request from p9_rdma_send_prepare() to the completion, because the device
 * may read the message again as long as the server has not acknowledged it,
 * even if the reply is here already.
 */

#include <linux/slab.h>
#include "p9_rdma.h"

/**
 * p9_rdma_send_alloc - make send contexts, and the credits for them
 * @rdma: the connection; its depth is final
 *
 * Context: the mounting task. Sleeps.
 * Return: 0 or -ENOMEM.
 */
int p9_rdma_send_alloc(struct p9_trans_rdma *rdma)
{
	int i;

	sema_init(&rdma->sq_sem, rdma->sq_depth);
	rdma->sends = kvcalloc(rdma->sq_depth, sizeof(*rdma->sends),
			       GFP_KERNEL);
	if (!rdma->sends)
		return -ENOMEM;

	for (i = 0; i < rdma->sq_depth; i++)
		list_add_tail(&rdma->sends[i].free, &rdma->free_sends);
	return 0;
}

/**
 * p9_rdma_send_free - undo p9_rdma_send_alloc()
 * @rdma: a connection that has been shut down
 *
 * The drain of the queue pair has brought every context back. Should a device
 * have lost one, its request can still be let go: the queue pair is gone.
 */
void p9_rdma_send_free(struct p9_trans_rdma *rdma)
{
	int i;

	for (i = 0; rdma->sends && i < rdma->sq_depth; i++)
		if (rdma->sends[i].req)
			p9_req_put(rdma->client, rdma->sends[i].req);
	kvfree(rdma->sends);
}

/**
 * p9_rdma_send_release - a context is done with, sent or not
 * @rdma: the connection
 * @send: the context; its credit is returned, its request reference dropped
 *
 * Context: any, as long as the device exists.
 */
void p9_rdma_send_release(struct p9_trans_rdma *rdma,
			  struct p9_rdma_send *send)
{
	struct p9_req_t *req = send->req;
	unsigned long flags;

	ib_dma_unmap_single(rdma->cq->device, send->dma, send->len,
			    DMA_TO_DEVICE);
	send->req = NULL;
	spin_lock_irqsave(&rdma->req_lock, flags);
	list_add(&send->free, &rdma->free_sends);
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	up(&rdma->sq_sem);
	p9_req_put(rdma->client, req);
}

/* A send has completed. Context: softirq. */
static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct p9_rdma_send *send = container_of(wc->wr_cqe,
						 struct p9_rdma_send, cqe);
	struct p9_trans_rdma *rdma = cq->cq_context;

	if (wc->status == IB_WC_SUCCESS)
		p9_rdma_heard(rdma);
	else if (wc->status == IB_WC_RETRY_EXC_ERR)
		p9_rdma_fail(rdma, "the server no longer answers");
	else
		p9_rdma_fail(rdma, "sending failed: %s",
			     ib_wc_status_msg(wc->status));
	p9_rdma_send_release(rdma, send);
}

/**
 * p9_rdma_send_prepare - get ready to send a request's message
 * @rdma: the connection
 * @req: the request
 *
 * The caller holds a send credit, which the context takes over.
 *
 * Context: inside an RCU read side that has seen the connection up.
 * Return: a context, or %NULL if the message cannot be mapped.
 */
struct p9_rdma_send *p9_rdma_send_prepare(struct p9_trans_rdma *rdma,
					  struct p9_req_t *req)
{
	struct ib_device *dev = rdma->qp->device;
	struct p9_rdma_send *send;
	unsigned long flags;
	u64 dma;

	dma = ib_dma_map_single(dev, req->tc.sdata, req->tc.size,
				DMA_TO_DEVICE);
	if (ib_dma_mapping_error(dev, dma))
		return NULL;

	spin_lock_irqsave(&rdma->req_lock, flags);
	send = list_first_entry_or_null(&rdma->free_sends,
					struct p9_rdma_send, free);
	if (!WARN_ON_ONCE(!send))
		list_del(&send->free);
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	if (!send) {
		ib_dma_unmap_single(dev, dma, req->tc.size, DMA_TO_DEVICE);
		return NULL;
	}

	p9_req_get(req);
	send->cqe.done = send_done;
	send->dma = dma;
	send->len = req->tc.size;
	send->req = req;
	return send;
}

/**
 * p9_rdma_send_post - send
 * @rdma: the connection
 * @send: a prepared context, owned by its completion if this succeeds
 *
 * Context: inside an RCU read side that has seen the connection up.
 * Return: 0 or -errno.
 */
int p9_rdma_send_post(struct p9_trans_rdma *rdma, struct p9_rdma_send *send)
{
	struct ib_sge sge = {
		.addr = send->dma,
		.length = send->len,
		.lkey = rdma->pd->local_dma_lkey,
	};
	struct ib_send_wr wr = {
		.wr_cqe = &send->cqe,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED,
	};

	return ib_post_send(rdma->qp, &wr, NULL);
}
