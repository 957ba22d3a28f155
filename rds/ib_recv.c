// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving (specification 9.5): every receive has room for a header and a
 * fragment; the fragments of a message follow each other. Nothing that the peer
 * says about lengths is believed before it has been compared with what has
 * arrived; if it does not fit, the connection is dropped.
 *
 * Pages go into the message, so that nothing is copied but for the user. They are
 * replaced when half of the receives are used up, here if there is memory at
 * once, else by c_recv_w.
 *
 * Pages have a limit, posted or not read yet. One connection may have a part of
 * them in messages that nobody has read; then its peer has to wait, also one that
 * does not care for congestion. A message without pages counts for one.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "ib.h"

/* Before it is known that there is a peer. */
#define FIRST_RECEIVES	16

/* Of the limit, what one connection may have unread; more than any message has. */
#define UNREAD_PART	4
#define MIN_UNREAD	(2 * RDS_MAX_MSG_SIZE / RDS_FRAG_SIZE)

/* Pages that are posted, and those of messages that have not been read. */
static atomic_long_t nr_pages = ATOMIC_LONG_INIT(0);

static bool too_much_unread(struct rds_ib_connection *ic)
{
	unsigned long limit = READ_ONCE(rds_ib_sysctl_max_recv_allocation);

	if (atomic_read(&ic->unread) < max_t(unsigned long, limit / UNREAD_PART, MIN_UNREAD))
		return false;
	rds_ib_stats_inc(ib_rx_alloc_limit);
	return true;
}

static struct page *alloc_counted(gfp_t gfp)
{
	struct page *page = NULL;

	if (atomic_long_inc_return(&nr_pages) <= READ_ONCE(rds_ib_sysctl_max_recv_allocation))
		page = alloc_page(gfp | __GFP_NOWARN);
	else
		rds_ib_stats_inc(ib_rx_alloc_limit);
	if (page)
		rds_ib_stats_inc(ib_rx_total_frags);
	else
		atomic_long_dec(&nr_pages);
	return page;
}

static void free_page_of(struct page *page)
{
	__free_page(page);
	atomic_long_dec(&nr_pages);
}

/**
 * rds_ib_inc_free - inc_free of the transport
 * @inc: the message
 */
void rds_ib_inc_free(struct rds_incoming *inc)
{
	struct rds_ib_incoming *ibinc = container_of(inc, struct rds_ib_incoming, inc);
	unsigned int i;

	for (i = 0; i < ibinc->nr; i++)
		free_page_of(ibinc->pages[i]);
	atomic_sub(max(ibinc->nr, 1U), &rds_ib_of(inc->i_conn)->unread);
	kvfree(ibinc);
}

/**
 * rds_ib_inc_copy_to_user - inc_copy_to_user of the transport
 * @inc: the message
 * @to: whereto
 *
 * Return: bytes or -EFAULT.
 */
int rds_ib_inc_copy_to_user(struct rds_incoming *inc, struct iov_iter *to)
{
	struct rds_ib_incoming *ibinc = container_of(inc, struct rds_ib_incoming, inc);
	size_t left = be32_to_cpu(inc->i_hdr.h_len), part;
	unsigned int i;
	int copied = 0;

	for (i = 0; i < ibinc->nr && iov_iter_count(to); i++) {
		part = min3(left, (size_t)RDS_FRAG_SIZE, iov_iter_count(to));
		if (copy_page_to_iter(ibinc->pages[i], 0, part, to) != part)
			return -EFAULT;
		left -= part;
		copied += part;
	}
	return copied;
}

/* ---------------------------------------------------------------- posting */

static int prepare(struct rds_ib_connection *ic, struct rds_ib_recv_work *recv, gfp_t gfp)
{
	struct ib_device *dev = ic->cm_id->device;

	if (recv->page)
		return 0;
	recv->page = alloc_counted(gfp);
	if (!recv->page)
		return -ENOMEM;
	recv->page_dma = ib_dma_map_page(dev, recv->page, 0, RDS_FRAG_SIZE, DMA_FROM_DEVICE);
	if (!ib_dma_mapping_error(dev, recv->page_dma))
		return 0;
	free_page_of(recv->page);
	recv->page = NULL;
	return -ENOMEM;
}

static int post_one(struct rds_ib_connection *ic, struct rds_ib_recv_work *recv)
{
	u32 lkey = ic->rdsdev->pd->local_dma_lkey;
	struct ib_sge sge[2] = {
		{ .addr = recv->hdr_dma, .length = sizeof(*recv->hdr), .lkey = lkey },
		{ .addr = recv->page_dma, .length = RDS_FRAG_SIZE, .lkey = lkey },
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &recv->cqe, .sg_list = sge, .num_sge = ARRAY_SIZE(sge),
	};

	recv->cqe.done = rds_ib_recv_done;
	return ib_post_recv(ic->cm_id->qp, &wr, NULL);
}

static int refill_one(struct rds_ib_connection *ic, gfp_t gfp)
{
	u32 index;
	int err;

	lockdep_assert_held(&ic->refill_lock);
	if (!rds_ib_ring_take(&ic->recv_ring, 1, &index))
		return -ENOSPC;
	err = too_much_unread(ic) ? -ENOMEM : prepare(ic, &ic->recvs[index], gfp);
	if (!err)
		err = post_one(ic, &ic->recvs[index]);
	if (err)
		rds_ib_ring_untake(&ic->recv_ring, 1);
	return err;
}

/* Post up to @most receives. */
static int refill(struct rds_ib_connection *ic, gfp_t gfp, unsigned int most)
{
	unsigned int posted = 0;
	int err = 0;

	if (!mutex_trylock(&ic->refill_lock))
		return -EBUSY;
	while (posted < most) {
		err = refill_one(ic, gfp);
		if (err)
			break;
		posted++;
	}
	mutex_unlock(&ic->refill_lock);
	if (posted)
		rds_ib_credit_posted(ic, posted);
	return err == -ENOSPC ? 0 : err;
}

/**
 * rds_ib_recv_refill - post receives, as many as there can be
 * @ic: the connection, with a queue pair
 * @gfp: how to allocate
 *
 * Return: 0; -ENOMEM; -EBUSY if somebody else is at it; an error of the device.
 */
int rds_ib_recv_refill(struct rds_ib_connection *ic, gfp_t gfp)
{
	return refill(ic, gfp, U32_MAX);
}

/**
 * rds_ib_recv_begin - post the first receives
 * @ic: the connection, with a queue pair, not connected yet
 *
 * The others follow when the peer has answered: many never do.
 *
 * Return: as of rds_ib_recv_refill().
 */
int rds_ib_recv_begin(struct rds_ib_connection *ic)
{
	return refill(ic, GFP_KERNEL, FIRST_RECEIVES);
}

/**
 * rds_ib_recv - recv of the transport: post what could not be posted at once
 * @conn: the connection; dropped if the device does not take it
 *
 * Return: 0 or -ENOMEM.
 */
int rds_ib_recv(struct rds_connection *conn)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	int err = rds_ib_recv_refill(ic, GFP_NOIO);

	rds_ib_stats_inc(ib_rx_refill_from_thread);
	if (err && err != -ENOMEM && err != -EBUSY) {
		pr_err_ratelimited("RDS/IB: %pI6c: the device refuses to receive (error %d), connection reset\n",
				   &conn->c_faddr, err);
		rds_conn_drop(conn);
		return 0;
	}
	rds_ib_ack_attempt(ic);
	return err ? -ENOMEM : 0;
}

/* Receives are used up: replace them before there are none. */
static void refill_if_low(struct rds_ib_connection *ic)
{
	u32 used = rds_ib_ring_used(&ic->recv_ring);

	if (used > ic->recv_ring.size / 2)
		return;
	if (!used)
		rds_ib_stats_inc(ib_rx_ring_empty);
	rds_ib_stats_inc(ib_rx_refill_from_cq);
	if (rds_ib_recv_refill(ic, GFP_NOWAIT) && !rds_conn_dying(ic->conn))
		queue_delayed_work(rds_wq, &ic->conn->c_recv_w, 1);
}

/**
 * rds_ib_recv_clear - forget what has not been received
 * @ic: a connection whose queue pair is gone
 */
void rds_ib_recv_clear(struct rds_ib_connection *ic)
{
	u32 i;

	if (ic->incoming)
		rds_inc_put(&ic->incoming->inc);
	ic->incoming = NULL;
	for (i = 0; ic->recvs && i < ic->recv_ring.size; i++) {
		struct rds_ib_recv_work *recv = &ic->recvs[i];

		if (!recv->page)
			continue;
		ib_dma_unmap_page(ic->cm_id->device, recv->page_dma, RDS_FRAG_SIZE,
				  DMA_FROM_DEVICE);
		free_page_of(recv->page);
		recv->page = NULL;
	}
}

/* ---------------------------------------------------------------- messages */

static bool is_ack_only(const struct rds_header *hdr)
{
	return !hdr->h_sport && !hdr->h_dport && !hdr->h_len &&
	       !(hdr->h_flags & RDS_FLAG_CONG_BITMAP);
}

static bool length_is_sound(const struct rds_header *hdr)
{
	u32 len = be32_to_cpu(hdr->h_len);

	return len <= RDS_MAX_MSG_SIZE && (hdr->h_flags != RDS_FLAG_CONG_BITMAP ||
					   len == RDS_CONG_MAP_BYTES);
}

/* Return: 0; an error if it cannot be a message, or there is no memory. */
static int begin_message(struct rds_ib_connection *ic, const struct rds_header *hdr)
{
	u32 len = be32_to_cpu(hdr->h_len);
	struct rds_ib_incoming *ibinc;

	if (!length_is_sound(hdr))
		return -EPROTO;
	ibinc = kvzalloc(struct_size(ibinc, pages, DIV_ROUND_UP(len, RDS_FRAG_SIZE)), GFP_NOIO);
	if (!ibinc)
		return -ENOMEM;
	rds_inc_init(&ibinc->inc, ic->conn, &ic->conn->c_faddr);
	ibinc->inc.i_hdr = *hdr;
	atomic_inc(&ic->unread);
	ic->incoming = ibinc;
	ic->incoming_left = len;
	rds_ib_stats_inc(ib_rx_total_incs);
	return 0;
}

static bool continues(const struct rds_header *first, const struct rds_header *hdr)
{
	return hdr->h_sequence == first->h_sequence && hdr->h_len == first->h_len &&
	       hdr->h_sport == first->h_sport && hdr->h_dport == first->h_dport;
}

static void message_complete(struct rds_ib_connection *ic)
{
	struct rds_ib_incoming *ibinc = ic->incoming;
	const struct rds_header *hdr = &ibinc->inc.i_hdr;
	struct rds_connection *conn = ic->conn;

	ic->incoming = NULL;
	rds_recv_incoming(conn, &conn->c_faddr, &conn->c_laddr, &ibinc->inc, GFP_NOIO);
	if (hdr->h_flags != RDS_FLAG_CONG_BITMAP) {
		atomic64_set(&ic->ack_next, be64_to_cpu(hdr->h_sequence));
		if (hdr->h_flags & RDS_FLAG_ACK_REQUIRED) {
			rds_stats_inc(recv_ack_required);
			rds_ib_ack_request(ic);
		}
	}
	rds_inc_put(&ibinc->inc);
}

/* Take in a fragment of @len bytes; if there are any, the page with them. */
static int add_fragment(struct rds_ib_connection *ic, struct rds_ib_recv_work *recv, u32 len)
{
	const struct rds_header *hdr = recv->hdr;
	struct rds_ib_incoming *ibinc;
	int err = 0;

	if (!ic->incoming)
		err = begin_message(ic, hdr);
	else if (!continues(&ic->incoming->inc.i_hdr, hdr))
		err = -EPROTO;
	if (err)
		return err;
	/* Otherwise somebody would read what was in the page before. */
	if (len != min_t(u32, ic->incoming_left, RDS_FRAG_SIZE))
		return -EPROTO;

	ibinc = ic->incoming;
	if (len) {
		ib_dma_unmap_page(ic->cm_id->device, recv->page_dma, RDS_FRAG_SIZE,
				  DMA_FROM_DEVICE);
		ibinc->pages[ibinc->nr] = recv->page;
		/* The first is counted already. */
		if (ibinc->nr++)
			atomic_inc(&ic->unread);
		recv->page = NULL;
		ic->incoming_left -= len;
	}
	if (!ic->incoming_left)
		message_complete(ic);
	return 0;
}

static void take_ack(struct rds_ib_connection *ic, u64 ack)
{
	if (ack <= ic->ack_recv)
		return;
	ic->ack_recv = ack;
	rds_send_drop_acked(ic->conn, ack, NULL);
}

/* A frame of @len bytes, header included. Return: 0, or why it is none. */
static int take_frame(struct rds_ib_connection *ic, struct rds_ib_recv_work *recv, u32 len)
{
	const struct rds_header *hdr = recv->hdr;

	if (len < sizeof(*hdr))
		return -EPROTO;
	if (!rds_message_verify_checksum(hdr)) {
		rds_stats_inc(recv_drop_bad_checksum);
		return -EBADMSG;
	}
	take_ack(ic, be64_to_cpu(hdr->h_ack));
	if (hdr->h_credit)
		rds_ib_credit_add(ic, hdr->h_credit);
	if (is_ack_only(hdr)) {
		rds_ib_stats_inc(ib_ack_received);
		return 0;
	}
	return add_fragment(ic, recv, len - sizeof(*hdr));
}

static void frame_arrived(struct rds_ib_connection *ic, struct rds_ib_recv_work *recv, u32 len)
{
	struct rds_connection *conn = ic->conn;
	struct ib_device *dev = ic->cm_id->device;
	int err;

	ib_dma_sync_single_for_cpu(dev, recv->hdr_dma, sizeof(*recv->hdr), DMA_FROM_DEVICE);
	err = take_frame(ic, recv, len);
	ib_dma_sync_single_for_device(dev, recv->hdr_dma, sizeof(*recv->hdr), DMA_FROM_DEVICE);
	if (!err)
		return;
	if (err == -ENOMEM)
		pr_warn_ratelimited("RDS/IB: %pI6c: no memory to receive, connection reset\n",
				    &conn->c_faddr);
	else
		pr_err_ratelimited("RDS/IB: %pI6c: %s in a frame of %u bytes, connection reset\n",
				   &conn->c_faddr,
				   err == -EBADMSG ? "bad checksum" : "protocol error", len);
	/* What comes after it is no message. */
	ic->broken = true;
	rds_conn_drop(conn);
}

static bool wanted(struct rds_ib_connection *ic)
{
	enum rds_conn_state state = rds_conn_state(ic->conn);

	return state == RDS_CONN_UP || state == RDS_CONN_CONNECTING;
}

/**
 * rds_ib_recv_done - a receive has completed
 * @cq: completion queue
 * @wc: completion
 *
 * Context: the completion queue's work queue.
 */
void rds_ib_recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rds_ib_recv_work *recv = container_of(wc->wr_cqe, struct rds_ib_recv_work, cqe);
	struct rds_ib_connection *ic = cq->cq_context;

	rds_ib_stats_inc(ib_rx_cq_event);
	if (wc->status == IB_WC_SUCCESS) {
		if (!ic->broken)
			frame_arrived(ic, recv, wc->byte_len);
	} else if (wanted(ic)) {
		pr_err_ratelimited("RDS/IB: %pI6c: receiving failed: %s, connection reset\n",
				   &ic->conn->c_faddr, ib_wc_status_msg(wc->status));
		rds_conn_drop(ic->conn);
	}
	rds_ib_ring_give_back(&ic->recv_ring, 1);
	if (!wanted(ic))
		return;
	refill_if_low(ic);
	rds_ib_ack_attempt(ic);
}
