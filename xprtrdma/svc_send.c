// SPDX-License-Identifier: GPL-2.0
/*
 * Sends, and room in the send queue.
 *
 * A Send has a buffer of its own, into which header and Reply are copied; what
 * is too large for that goes by RDMA Write, posted in front of the Send. The
 * queue completes in order, so the completion of the Send is that of the Writes.
 *
 * What finds no room waits in a list, and whoever makes room posts it. So a client
 * that takes nothing from us holds up no service thread; and as long as the queue
 * is half full, no thread takes another Call of it (xpo_has_wspace()).
 *
 * A post that fails may have got some of its work requests into the queue. Then
 * nobody knows when they are done, but for the end of the queue pair: what they
 * need, and what still waits, is left to svcrdma_sends_destroy() and
 * svcrdma_recvs_stop().
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

/**
 * svcrdma_sq_init - the send queue is there
 * @sx: the connection
 * @depth: work requests that it can hold
 *
 * Context: process context, before there is anything to post.
 */
void svcrdma_sq_init(struct svcrdma_xprt *sx, unsigned int depth)
{
	sx->sx_sq_depth = depth;
	sx->sx_sq_avail = depth;
	sx->sx_sq_open = true;
}

/*
 * Post what there is room for, in turn. What fails may have been posted in part:
 * nobody can touch it before the end.
 */
static int post_waiting(struct svcrdma_xprt *sx)
{
	struct svcrdma_job *job;
	int ret = 0;

	lockdep_assert_held(&sx->sx_sq_mutex);
	while (!ret && !svc_xprt_is_dead(&sx->sx_xprt)) {
		job = list_first_entry_or_null(&sx->sx_sq_waiting,
					       struct svcrdma_job, list);
		if (!job || job->wrs > sx->sx_sq_avail)
			break;
		list_del(&job->list);
		sx->sx_sq_avail -= job->wrs;
		ret = ib_post_send(sx->sx_id->qp, job->wr, NULL);
	}
	return ret;
}

/* Half of the queue is free, and nothing waits. */
static bool is_open(const struct svcrdma_xprt *sx)
{
	return list_empty(&sx->sx_sq_waiting) &&
	       sx->sx_sq_avail >= sx->sx_sq_depth / 2;
}

/**
 * svcrdma_post - post to the send queue, as soon as there is room
 * @sx: the connection
 * @job: memory that belongs to them
 * @wr: work requests
 * @wrs: how many
 *
 * Context: process context; does not wait for the client.
 * Return: 0, and they will complete, or their owner is freed with the connection;
 *	-ENOTCONN if they will not be posted, and the connection ends.
 */
int svcrdma_post(struct svcrdma_xprt *sx, struct svcrdma_job *job,
		 struct ib_send_wr *wr, unsigned int wrs)
{
	int ret;

	if (wrs > sx->sx_sq_depth || svc_xprt_is_dead(&sx->sx_xprt)) {
		svcrdma_close(sx);
		return -ENOTCONN;
	}
	job->wr = wr;
	job->wrs = wrs;
	mutex_lock(&sx->sx_sq_mutex);
	list_add_tail(&job->list, &sx->sx_sq_waiting);
	ret = post_waiting(sx);
	if (!list_empty(&sx->sx_sq_waiting))
		percpu_counter_inc(&svcrdma_stat_sq_starve);
	WRITE_ONCE(sx->sx_sq_open, is_open(sx));
	mutex_unlock(&sx->sx_sq_mutex);
	if (ret)
		svcrdma_close(sx);
	return 0;
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
	bool opened;
	int ret;

	mutex_lock(&sx->sx_sq_mutex);
	sx->sx_sq_avail += wrs;
	ret = post_waiting(sx);
	opened = !sx->sx_sq_open && is_open(sx);
	if (opened)
		WRITE_ONCE(sx->sx_sq_open, true);
	mutex_unlock(&sx->sx_sq_mutex);
	if (ret)
		svcrdma_close(sx);
	if (opened) {
		/* Pairs with the barrier of xpo_has_wspace(). */
		smp_mb();
		svc_xprt_enqueue(&sx->sx_xprt);
	}
}

/**
 * svcrdma_post_send - post a Send, and its Writes before it
 * @send: with a message and perhaps with Writes; not the caller's any more
 * @len: bytes of the message
 * @inv_rkey: memory region of the client to invalidate; or 0
 *
 * Context: process context; does not wait for the client.
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
	ret = svcrdma_post(sx, &send->job, wr, send->writes.wrs + 1);
	if (ret)
		svcrdma_send_put(send);
	return ret;
}
