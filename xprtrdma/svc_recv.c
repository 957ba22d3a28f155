// SPDX-License-Identifier: GPL-2.0
/*
 * Receives.
 *
 *	posted -> received -> [reading -> read ->] owned by a request -> free
 *
 * A request lives in the Receive that brought it, until its Reply has been sent,
 * so that there are up to twice as many Receives as a client may have Calls under
 * way. A client that sends more finds none posted.
 *
 * They are posted by the Receive completions, and by whoever returns one if there
 * had been none left. sx_rq_lock guards all lists and counts.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include "svcrdma.h"

static unsigned int wanted_recvs(const struct svcrdma_xprt *sx)
{
	return sx->sx_max_requests + SVCRDMA_BC_REQUESTS + SVCRDMA_RECV_BATCH;
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc);

static void recv_destroy(struct svcrdma_recv *recv)
{
	struct svcrdma_xprt *sx = recv->xprt;

	svcrdma_free_reads(recv);
	ib_dma_unmap_single(sx->sx_pd->device, recv->sge.addr, recv->sge.length,
			    DMA_FROM_DEVICE);
	kfree(recv->buf);
	kfree(recv);
}

static struct svcrdma_recv *recv_create(struct svcrdma_xprt *sx)
{
	struct svcrdma_recv *recv;
	u64 addr;

	recv = kzalloc(sizeof(*recv), GFP_KERNEL);
	if (!recv)
		return NULL;
	recv->buf = kmalloc(sx->sx_msg_size, GFP_KERNEL);
	if (!recv->buf)
		goto free_recv;
	addr = ib_dma_map_single(sx->sx_pd->device, recv->buf, sx->sx_msg_size,
				 DMA_FROM_DEVICE);
	if (ib_dma_mapping_error(sx->sx_pd->device, addr))
		goto free_recv;

	recv->xprt = sx;
	recv->cqe.done = recv_done;
	recv->sge.addr = addr;
	recv->sge.length = sx->sx_msg_size;
	recv->sge.lkey = sx->sx_pd->local_dma_lkey;
	recv->wr.wr_cqe = &recv->cqe;
	recv->wr.sg_list = &recv->sge;
	recv->wr.num_sge = 1;
	svcrdma_rws_init(&recv->reads);
	return recv;

free_recv:
	kfree(recv->buf);
	kfree(recv);
	return NULL;
}

/*
 * A free Receive, or a new one if there may be more. Counts as posted; not more
 * are posted than the queue pair has room for, however many post them.
 */
static struct svcrdma_recv *recv_get(struct svcrdma_xprt *sx)
{
	struct svcrdma_recv *recv = NULL;
	bool create = false;

	spin_lock(&sx->sx_rq_lock);
	if (sx->sx_posted >= wanted_recvs(sx))
		goto unlock;
	recv = list_first_entry_or_null(&sx->sx_free_recvs,
					struct svcrdma_recv, list);
	if (recv) {
		list_del(&recv->list);
	} else if (sx->sx_nr_recvs < 2 * wanted_recvs(sx)) {
		sx->sx_nr_recvs++;
		create = true;
	}
	if (recv || create)
		sx->sx_posted++;
unlock:
	spin_unlock(&sx->sx_rq_lock);
	if (!create)
		return recv;

	recv = recv_create(sx);
	spin_lock(&sx->sx_rq_lock);
	if (recv) {
		list_add(&recv->all, &sx->sx_all_recvs);
	} else {
		sx->sx_nr_recvs--;
		sx->sx_posted--;
	}
	spin_unlock(&sx->sx_rq_lock);
	return recv;
}

static void take_back(const struct ib_recv_wr *wr)
{
	while (wr) {
		struct svcrdma_recv *recv = container_of(wr, struct svcrdma_recv,
							 wr);
		struct svcrdma_xprt *sx = recv->xprt;

		wr = wr->next;
		spin_lock(&sx->sx_rq_lock);
		list_add(&recv->list, &sx->sx_free_recvs);
		sx->sx_posted--;
		spin_unlock(&sx->sx_rq_lock);
	}
}

/**
 * svcrdma_post_recvs - post Receives, if it has become worth it
 * @sx: the connection
 *
 * Context: process context.
 * Return: false if a Receive could not be posted.
 */
bool svcrdma_post_recvs(struct svcrdma_xprt *sx)
{
	struct ib_recv_wr *first = NULL, **link = &first;
	const struct ib_recv_wr *bad = NULL;
	struct svcrdma_recv *recv;
	int missing;

	missing = wanted_recvs(sx) - READ_ONCE(sx->sx_posted);
	if (missing < SVCRDMA_RECV_BATCH || svc_xprt_is_dead(&sx->sx_xprt))
		return true;
	while (missing-- > 0 && (recv = recv_get(sx))) {
		ib_dma_sync_single_for_device(sx->sx_pd->device, recv->sge.addr,
					      recv->sge.length, DMA_FROM_DEVICE);
		recv->wr.next = NULL;
		*link = &recv->wr;
		link = &recv->wr.next;
	}
	if (!first)
		return true;
	if (!ib_post_recv(sx->sx_id->qp, first, &bad))
		return true;
	take_back(bad);
	return false;
}

/**
 * svcrdma_recv_queue - give a Call to the service threads
 * @recv: the Call
 * @queue: the list for Calls in its state
 *
 * Context: process context.
 */
void svcrdma_recv_queue(struct svcrdma_recv *recv, struct list_head *queue)
{
	struct svcrdma_xprt *sx = recv->xprt;

	spin_lock(&sx->sx_rq_lock);
	list_add_tail(&recv->list, queue);
	set_bit(XPT_DATA, &sx->sx_xprt.xpt_flags);
	spin_unlock(&sx->sx_rq_lock);
	svc_xprt_enqueue(&sx->sx_xprt);
}

/**
 * svcrdma_recv_put - a Call is done with
 * @recv: on no list
 *
 * Context: process context.
 */
void svcrdma_recv_put(struct svcrdma_recv *recv)
{
	struct svcrdma_xprt *sx = recv->xprt;

	svcrdma_free_reads(recv);
	spin_lock(&sx->sx_rq_lock);
	list_add(&recv->list, &sx->sx_free_recvs);
	spin_unlock(&sx->sx_rq_lock);
	if (!svcrdma_post_recvs(sx))
		svcrdma_close(sx);
}

/**
 * svcrdma_recvs_stop - free what Receives have of the queue pair
 * @sx: a connection whose queue pair is drained
 *
 * Context: process context.
 */
void svcrdma_recvs_stop(struct svcrdma_xprt *sx)
{
	struct svcrdma_recv *recv;

	list_for_each_entry(recv, &sx->sx_all_recvs, all)
		svcrdma_free_reads(recv);
}

/**
 * svcrdma_recvs_destroy - free all Receives
 * @sx: a connection whose queue pair and completion queues are gone
 *
 * Context: process context.
 */
void svcrdma_recvs_destroy(struct svcrdma_xprt *sx)
{
	struct svcrdma_recv *recv, *next;

	list_for_each_entry_safe(recv, next, &sx->sx_all_recvs, all)
		recv_destroy(recv);
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct svcrdma_recv *recv = container_of(wc->wr_cqe,
						 struct svcrdma_recv, cqe);
	struct svcrdma_xprt *sx = recv->xprt;

	spin_lock(&sx->sx_rq_lock);
	sx->sx_posted--;
	if (wc->status != IB_WC_SUCCESS)
		list_add(&recv->list, &sx->sx_free_recvs);
	spin_unlock(&sx->sx_rq_lock);
	if (wc->status != IB_WC_SUCCESS) {
		svcrdma_close(sx);
		return;
	}

	recv->byte_len = wc->byte_len;
	svcrdma_recv_queue(recv, &sx->sx_received);
	if (!svcrdma_post_recvs(sx))
		svcrdma_close(sx);
}

/* Nothing of the Call is missing. */
static int deliver_inline(struct svc_rqst *rqstp, struct svcrdma_recv *recv)
{
	struct xdr_buf *arg = &rqstp->rq_arg;

	arg->head[0].iov_base = recv->buf + recv->hdr.len;
	arg->head[0].iov_len = recv->byte_len - recv->hdr.len;
	arg->pages = rqstp->rq_pages;
	arg->page_base = 0;
	arg->page_len = 0;
	arg->tail[0].iov_base = NULL;
	arg->tail[0].iov_len = 0;
	arg->buflen = arg->head[0].iov_len;
	arg->len = arg->head[0].iov_len;
	return arg->len;
}

/*
 * A message that nobody has looked at.
 *
 * Return: 0 for a Call that is complete; 1 if there is nothing more to do with
 *	it here; an error if it is no good.
 */
static int take_in(struct svcrdma_recv *recv)
{
	struct svcrdma_xprt *sx = recv->xprt;
	int err;

	percpu_counter_inc(&svcrdma_stat_recv);
	ib_dma_sync_single_for_cpu(sx->sx_pd->device, recv->sge.addr,
				   recv->byte_len, DMA_FROM_DEVICE);
	recv->nr_payloads = 0;
	recv->inv_rkey = 0;
	err = rpcrdma_hdr_decode(recv->buf, recv->byte_len, &recv->hdr);
	if (!err && recv->hdr.proc != RDMA_ERROR && svcrdma_bc_reply(recv)) {
		svcrdma_recv_put(recv);
		return 1;
	}
	if (err)
		return err;
	if (recv->hdr.proc == RDMA_ERROR)
		return -ENOMSG;
	err = svcrdma_check_hdr(&recv->hdr, recv->byte_len);
	if (err)
		return err;
	if (sx->sx_snd_w_inv)
		recv->inv_rkey = svcrdma_inv_rkey(&recv->hdr);
	if (!recv->hdr.nr_reads)
		return 0;
	return svcrdma_start_reads(recv) ?: 1;
}

/* A message that is no good: say so, if that has any use. */
static void turn_down(struct svcrdma_recv *recv, int err)
{
	struct svcrdma_xprt *sx = recv->xprt;

	switch (err) {
	case -EINVAL:
		/* Errors and RDMA_DONE want no answer. */
		if (recv->hdr.proc == RDMA_ERROR || recv->hdr.proc == RDMA_DONE)
			break;
		fallthrough;
	case -EPROTONOSUPPORT:
		svcrdma_send_error(recv, err);
		break;
	case -ENOMSG:
		break;
	default:
		svcrdma_close(sx);
		break;
	}
	svcrdma_recv_put(recv);
}

/* The next one to deal with; those that have been read come first. */
static struct svcrdma_recv *next_recv(struct svcrdma_xprt *sx, bool *read)
{
	struct svcrdma_recv *recv;

	spin_lock(&sx->sx_rq_lock);
	*read = !list_empty(&sx->sx_read);
	recv = list_first_entry_or_null(*read ? &sx->sx_read : &sx->sx_received,
					struct svcrdma_recv, list);
	if (recv)
		list_del(&recv->list);
	if (list_empty(&sx->sx_read) && list_empty(&sx->sx_received))
		clear_bit(XPT_DATA, &sx->sx_xprt.xpt_flags);
	spin_unlock(&sx->sx_rq_lock);
	return recv;
}

/**
 * svcrdma_recvfrom - get a Call for a service thread
 * @rqstp: the thread
 *
 * Context: service thread, owns XPT_BUSY, which this function gives up.
 * Return: bytes of the Call; 0 if there is none.
 */
int svcrdma_recvfrom(struct svc_rqst *rqstp)
{
	struct svc_xprt *xprt = rqstp->rq_xprt;
	struct svcrdma_recv *recv;
	int ret = 0;
	bool read;

	/* Nothing for svc_xprt_release() to free, unless there is a Call. */
	rqstp->rq_respages = rqstp->rq_pages;
	rqstp->rq_next_page = rqstp->rq_respages;
	rqstp->rq_xprt_ctxt = NULL;

	recv = next_recv(to_svcrdma(xprt), &read);
	svc_xprt_received(xprt);
	if (!recv)
		return 0;
	if (!read)
		ret = take_in(recv);
	if (ret) {
		if (ret < 0)
			turn_down(recv, ret);
		return 0;
	}

	rqstp->rq_xprt_ctxt = recv;
	rqstp->rq_prot = IPPROTO_MAX;
	/* There is no way to tell, and whoever may use RDMA has privileges. */
	set_bit(RQ_SECURE, &rqstp->rq_flags);
	svc_xprt_copy_addrs(rqstp, xprt);
	return read ? svcrdma_deliver_read(rqstp, recv) :
		      deliver_inline(rqstp, recv);
}

/**
 * svcrdma_release_ctxt - a request is over
 * @xprt: the connection
 * @ctxt: its Receive, or %NULL
 *
 * Context: process context.
 */
void svcrdma_release_ctxt(struct svc_xprt *xprt, void *ctxt)
{
	if (ctxt)
		svcrdma_recv_put(ctxt);
}
