// SPDX-License-Identifier: GPL-2.0
/*
 * Sends, and room in the send queue.
 *
 * A Send has a buffer of its own, into which header and Reply are copied; what
 * is too large for that goes by RDMA Write, posted in front of the Send. The
 * queue completes in order, so the completion of the Send is that of the Writes.
 *
 * A post that fails may have got some of its work requests into the queue. Then
 * nobody knows when they are done, but for the end of the queue pair: what they
 * need is left to svcrdma_sends_destroy() and svcrdma_recvs_destroy().
 */

#include <linux/slab.h>
#include "svcrdma.h"

static void release_pages_of(struct svcrdma_send *send)
{
	while (send->nr_pages)
		put_page(send->pages[--send->nr_pages]);
}

static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct svcrdma_send *send = container_of(wc->wr_cqe,
						 struct svcrdma_send, cqe);
	struct svcrdma_xprt *sx = send->xprt;

	svcrdma_post_done(sx, send->writes.wrs + 1);
	if (wc->status != IB_WC_SUCCESS)
		svcrdma_close(sx);
	svcrdma_send_put(send);
}

static struct svcrdma_send *send_create(struct svcrdma_xprt *sx)
{
	struct svcrdma_send *send;
	u64 addr;

	send = kzalloc(sizeof(*send), GFP_KERNEL);
	if (!send)
		return NULL;
	send->pages = kcalloc(RPCSVC_MAXPAGES + 1, sizeof(*send->pages), GFP_KERNEL);
	send->buf = kmalloc(sx->sx_msg_size, GFP_KERNEL);
	if (!send->pages || !send->buf)
		goto free_send;
	addr = ib_dma_map_single(sx->sx_pd->device, send->buf, sx->sx_msg_size,
				 DMA_TO_DEVICE);
	if (ib_dma_mapping_error(sx->sx_pd->device, addr))
		goto free_send;

	send->xprt = sx;
	send->cqe.done = send_done;
	send->sge.addr = addr;
	send->sge.lkey = sx->sx_pd->local_dma_lkey;
	svcrdma_rws_init(&send->writes);
	spin_lock(&sx->sx_send_lock);
	list_add(&send->all, &sx->sx_all_sends);
	spin_unlock(&sx->sx_send_lock);
	return send;

free_send:
	kfree(send->buf);
	kfree(send->pages);
	kfree(send);
	return NULL;
}

/**
 * svcrdma_send_get - get a Send
 * @sx: the connection
 *
 * Context: process context.
 * Return: a Send that nobody uses, or %NULL.
 */
struct svcrdma_send *svcrdma_send_get(struct svcrdma_xprt *sx)
{
	struct svcrdma_send *send;

	spin_lock(&sx->sx_send_lock);
	send = list_first_entry_or_null(&sx->sx_free_sends,
					struct svcrdma_send, list);
	if (send)
		list_del(&send->list);
	spin_unlock(&sx->sx_send_lock);
	return send ?: send_create(sx);
}

/**
 * svcrdma_send_put - a Send is done, or was not posted
 * @send: the Send
 *
 * Context: process context.
 */
void svcrdma_send_put(struct svcrdma_send *send)
{
	struct svcrdma_xprt *sx = send->xprt;

	svcrdma_rws_free(sx, &send->writes, DMA_TO_DEVICE);
	release_pages_of(send);
	spin_lock(&sx->sx_send_lock);
	list_add(&send->list, &sx->sx_free_sends);
	spin_unlock(&sx->sx_send_lock);
}

/**
 * svcrdma_sends_destroy - free all Sends
 * @sx: a connection whose queue pair is drained
 *
 * Context: process context.
 */
void svcrdma_sends_destroy(struct svcrdma_xprt *sx)
{
	struct svcrdma_send *send, *next;

	list_for_each_entry_safe(send, next, &sx->sx_all_sends, all) {
		svcrdma_rws_free(sx, &send->writes, DMA_TO_DEVICE);
		release_pages_of(send);
		ib_dma_unmap_single(sx->sx_pd->device, send->sge.addr,
				    sx->sx_msg_size, DMA_TO_DEVICE);
		kfree(send->buf);
		kfree(send->pages);
		kfree(send);
	}
}

/* Wait for room in the queue; false if the connection has ended. */
static bool reserve(struct svcrdma_xprt *sx, int wrs)
{
	lockdep_assert_held(&sx->sx_sq_mutex);
	if (atomic_read(&sx->sx_sq_avail) < wrs) {
		percpu_counter_inc(&svcrdma_stat_sq_starve);
		wait_event(sx->sx_sq_wait,
			   atomic_read(&sx->sx_sq_avail) >= wrs ||
			   svc_xprt_is_dead(&sx->sx_xprt));
	}
	if (svc_xprt_is_dead(&sx->sx_xprt))
		return false;
	atomic_sub(wrs, &sx->sx_sq_avail);
	return true;
}

/**
 * svcrdma_post - post to the send queue
 * @sx: the connection
 * @wr: work requests
 * @wrs: how many
 *
 * Context: process context, sleeps until there is room.
 * Return: 0; -ENOTCONN if nothing has been posted; -EIO if perhaps something has
 *	been. The connection ends with the errors.
 */
int svcrdma_post(struct svcrdma_xprt *sx, struct ib_send_wr *wr,
		 unsigned int wrs)
{
	const struct ib_send_wr *bad = wr;
	int ret = -ENOTCONN;

	mutex_lock(&sx->sx_sq_mutex);
	if (wrs <= sx->sx_sq_depth && reserve(sx, wrs)) {
		ret = ib_post_send(sx->sx_id->qp, wr, &bad);
		if (ret && bad == wr)
			ret = -ENOTCONN;
		else if (ret)
			ret = -EIO;
		if (ret)
			atomic_add(wrs, &sx->sx_sq_avail);
	}
	mutex_unlock(&sx->sx_sq_mutex);
	if (ret)
		svcrdma_close(sx);
	return ret;
}

/**
 * svcrdma_post_done - there is room in the send queue again
 * @sx: the connection
 * @wrs: work requests that are done
 *
 * Context: completion.
 */
void svcrdma_post_done(struct svcrdma_xprt *sx, unsigned int wrs)
{
	atomic_add(wrs, &sx->sx_sq_avail);
	/* Pairs with the barrier of wait_event(). */
	smp_mb__after_atomic();
	wake_up(&sx->sx_sq_wait);
}

/**
 * svcrdma_post_send - post a Send, and its Writes before it
 * @send: with a message and perhaps with Writes; not the caller's any more
 * @len: bytes of the message
 * @inv_rkey: memory region of the client to invalidate; or 0
 *
 * Context: process context, sleeps until there is room.
 * Return: 0 or -ENOTCONN; then the connection ends.
 */
int svcrdma_post_send(struct svcrdma_send *send, unsigned int len, u32 inv_rkey)
{
	struct svcrdma_xprt *sx = send->xprt;
	struct ib_send_wr *wr;
	int ret;

	ib_dma_sync_single_for_device(sx->sx_pd->device, send->sge.addr, len,
				      DMA_TO_DEVICE);
	send->sge.length = len;
	send->wr = (struct ib_send_wr){
		.wr_cqe = &send->cqe,
		.sg_list = &send->sge,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_SIGNALED,
	};
	if (inv_rkey) {
		send->wr.opcode = IB_WR_SEND_WITH_INV;
		send->wr.ex.invalidate_rkey = inv_rkey;
	}
	wr = svcrdma_rws_chain(sx, &send->writes, NULL, &send->wr);
	ret = svcrdma_post(sx, wr, send->writes.wrs + 1);
	if (ret == -ENOTCONN)
		svcrdma_send_put(send);
	return ret ? -ENOTCONN : 0;
}
