// SPDX-License-Identifier: GPL-2.0
/*
 * Sending messages: one SEND for every RDS_FRAG_SIZE bytes, each with the header
 * of the message before it (specification 9.4).
 *
 * A message is mapped for DMA when its first part is posted. Until the last part
 * is, it belongs to the connection (data_rm); then to the last work request, whose
 * completion unmaps it. When the ring is full, as much is posted as fits, and the
 * completion that makes room calls the sender back.
 *
 * Most requests complete silently, but a message's last one does not, and its
 * completion stands for all before it.
 */
#include <linux/module.h>
#include "ib.h"

/**
 * rds_ib_send_full - there is no room; somebody has to call back
 * @ic: the connection
 */
void rds_ib_send_full(struct rds_ib_connection *ic)
{
	rds_ib_stats_inc(ib_tx_ring_full);
	set_bit(RDS_LL_SEND_FULL, &ic->conn->c_flags);
	/* What completed, or came in, before the bit was set, has not seen it. */
	smp_mb__after_atomic();
	if (!rds_ib_ring_used(&ic->send_ring) && rds_ib_credit_available(ic))
		rds_ib_send_more(ic);
}

/**
 * rds_ib_send_more - there is room again
 * @ic: the connection
 */
void rds_ib_send_more(struct rds_ib_connection *ic)
{
	if (test_and_clear_bit(RDS_LL_SEND_FULL, &ic->conn->c_flags))
		rds_queue_send(ic->conn, 0);
}

static void unmap_message(struct rds_ib_connection *ic, struct rds_message *rm)
{
	if (rm->m_count)
		ib_dma_unmap_sg(ic->cm_id->device, rm->m_sg, rm->m_nents, DMA_TO_DEVICE);
	rm->m_count = 0;
	rds_message_put(rm);
}

/* A work request is over, one way or the other. */
static void retire(struct rds_ib_connection *ic, struct rds_ib_send *send,
		   enum ib_wc_status status)
{
	struct rds_message *rm = send->rm;

	if (time_after(jiffies, send->posted + HZ / 2))
		rds_ib_stats_inc(ib_tx_stalled);
	if (send->op) {
		rds_ib_op_done(ic, send, status);
	} else if (rm) {
		send->rm = NULL;
		unmap_message(ic, rm);
	}
}

static struct rds_ib_send *entry(struct rds_ib_connection *ic, u32 index)
{
	return &ic->sends[index % ic->send_ring.size];
}

static void retire_oldest(struct rds_ib_connection *ic, u32 count, enum ib_wc_status status)
{
	u32 i;

	for (i = 0; i < count; i++)
		retire(ic, entry(ic, ic->send_ring.oldest + i), status);
	rds_ib_ring_give_back(&ic->send_ring, count);
}

/**
 * rds_ib_send_done - a send has completed, and with it those before it
 * @cq: completion queue
 * @wc: completion
 *
 * Context: the completion queue's work queue.
 */
void rds_ib_send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rds_ib_send *send = container_of(wc->wr_cqe, struct rds_ib_send, cqe);
	struct rds_ib_connection *ic = cq->cq_context;
	struct rds_connection *conn = ic->conn;
	u32 count = rds_ib_ring_until(&ic->send_ring, send - ic->sends);

	rds_ib_stats_inc(ib_tx_cq_event);
	if (wc->status != IB_WC_SUCCESS && rds_conn_up(conn)) {
		pr_err_ratelimited("RDS/IB: %pI6c: sending failed: %s, connection reset\n",
				   &conn->c_faddr, ib_wc_status_msg(wc->status));
		rds_conn_drop(conn);
	}
	/* Errors are reported for every request: those before it succeeded. */
	if (count > 1)
		retire_oldest(ic, count - 1, IB_WC_SUCCESS);
	if (count)
		retire_oldest(ic, 1, wc->status);
	rds_ib_send_more(ic);
}

/**
 * rds_ib_send_clear - forget what has not completed
 * @ic: a connection whose queue pair is gone
 */
void rds_ib_send_clear(struct rds_ib_connection *ic)
{
	struct rds_message *rm = ic->data_rm;

	retire_oldest(ic, rds_ib_ring_used(&ic->send_ring), IB_WC_WR_FLUSH_ERR);
	ic->data_rm = NULL;
	if (rm)
		unmap_message(ic, rm);
	rds_ib_op_clear(ic);
}

/**
 * rds_ib_send_post - post prepared work requests
 * @ic: the connection
 * @first: index of the first
 * @count: how many, taken from the ring last
 *
 * If the device does not take all of them, the rest goes back to the ring, and
 * the connection is dropped.
 *
 * Return: 0 or -EIO.
 */
int rds_ib_send_post(struct rds_ib_connection *ic, u32 first, u32 count)
{
	const struct ib_send_wr *bad = NULL;
	u32 i, posted = 0;
	int err;

	for (i = 0; i < count; i++) {
		entry(ic, first + i)->posted = jiffies;
		entry(ic, first + i)->wr.next =
			i + 1 < count ? &entry(ic, first + i + 1)->wr : NULL;
	}
	err = ib_post_send(ic->cm_id->qp, &entry(ic, first)->wr, &bad);
	if (!err)
		return 0;

	while (bad && posted < count && &entry(ic, first + posted)->wr != bad)
		posted++;
	for (i = posted; i < count; i++)
		entry(ic, first + i)->rm = NULL;
	rds_ib_ring_untake(&ic->send_ring, count - posted);
	pr_err_ratelimited("RDS/IB: %pI6c: the device refuses to send (error %d), connection reset\n",
			   &ic->conn->c_faddr, err);
	rds_conn_drop(ic->conn);
	return -EIO;
}

/* Return: 0, or -ENOMEM with nothing changed. */
static int map_message(struct rds_ib_connection *ic, struct rds_message *rm)
{
	if (rm->m_nents) {
		rm->m_count = ib_dma_map_sg(ic->cm_id->device, rm->m_sg, rm->m_nents,
					    DMA_TO_DEVICE);
		if (!rm->m_count) {
			rds_ib_stats_inc(ib_tx_sg_mapping_failure);
			return -ENOMEM;
		}
	}
	rds_message_addref(rm);
	ic->data_rm = rm;
	return 0;
}

static void write_header(struct rds_ib_connection *ic, struct rds_ib_send *send,
			 const struct rds_message *rm, u64 ack, unsigned int credits)
{
	struct ib_device *dev = ic->cm_id->device;

	ib_dma_sync_single_for_cpu(dev, send->hdr_dma, sizeof(*send->hdr), DMA_TO_DEVICE);
	*send->hdr = rm->m_inc.i_hdr;
	send->hdr->h_ack = cpu_to_be64(ack);
	send->hdr->h_credit = credits;
	rds_message_make_checksum(send->hdr);
	ib_dma_sync_single_for_device(dev, send->hdr_dma, sizeof(*send->hdr), DMA_TO_DEVICE);
}

/* Where a part of a message is, for the device. */
struct position {
	struct scatterlist *sg;
	unsigned int off;
};

/* Find byte @start: entries may have been merged, but never cut. */
static void seek(const struct rds_message *rm, unsigned int start, struct position *pos)
{
	pos->sg = (struct scatterlist *)rm->m_sg;
	while (start >= sg_dma_len(pos->sg)) {
		start -= sg_dma_len(pos->sg);
		pos->sg = sg_next(pos->sg);
	}
	pos->off = start;
}

static void prepare(struct rds_ib_connection *ic, struct rds_ib_send *send,
		    struct position *pos, unsigned int len)
{
	u32 lkey = ic->rdsdev->pd->local_dma_lkey;

	send->rm = NULL;
	send->op = NULL;
	send->cqe.done = rds_ib_send_done;
	send->sge[0].addr = send->hdr_dma;
	send->sge[0].length = sizeof(*send->hdr);
	send->sge[0].lkey = lkey;
	memset(&send->wr, 0, sizeof(send->wr));
	send->wr.wr_cqe = &send->cqe;
	send->wr.sg_list = send->sge;
	send->wr.num_sge = 1;
	send->wr.opcode = IB_WR_SEND;
	if (!len)
		return;

	send->sge[1].addr = sg_dma_address(pos->sg) + pos->off;
	send->sge[1].length = len;
	send->sge[1].lkey = lkey;
	send->wr.num_sge = 2;
	pos->off += len;
	if (pos->off >= sg_dma_len(pos->sg)) {
		pos->sg = sg_next(pos->sg);
		pos->off = 0;
	}
}

/* Not every request needs a completion, but there must be one now and then. */
static void signal(struct rds_ib_connection *ic, struct rds_ib_send *send, bool last)
{
	if (last || ++ic->unsignaled > rds_ib_sysctl_max_unsignaled_wr) {
		send->wr.send_flags |= IB_SEND_SIGNALED;
		ic->unsignaled = 0;
	}
}

static bool needs_fence(const struct rds_message *rm)
{
	return rm->m_rdma && rm->m_rdma->op_fence;
}

/* Write the requests for the bytes from @start on, into @count entries. */
static unsigned int fill_requests(struct rds_ib_connection *ic, struct rds_message *rm,
				  unsigned int start, u32 first, u32 count,
				  unsigned int credits)
{
	unsigned int len = be32_to_cpu(rm->m_inc.i_hdr.h_len), done = 0, part;
	u64 ack = rds_ib_ack_piggyback(ic);
	struct rds_ib_send *send;
	struct position pos = {};
	u32 i;

	if (len)
		seek(rm, start, &pos);
	for (i = 0; i < count; i++) {
		send = entry(ic, first + i);
		part = min_t(unsigned int, len - start - done, RDS_FRAG_SIZE);
		prepare(ic, send, &pos, part);
		write_header(ic, send, rm, ack, i ? 0 : credits);
		if (needs_fence(rm))
			send->wr.send_flags |= IB_SEND_FENCE;
		done += part;
		signal(ic, send, i + 1 == count);
	}
	if (start + done == len) {
		send->wr.send_flags |= IB_SEND_SOLICITED;
		send->rm = rm;
	}
	return done;
}

/* How many work requests may be used, of those that the message needs. */
static u32 take(struct rds_ib_connection *ic, u32 wanted, u32 *first, unsigned int *credits)
{
	u32 count = rds_ib_ring_take(&ic->send_ring, wanted, first), allowed;

	*credits = 0;
	if (!count)
		return 0;
	allowed = rds_ib_credit_take(ic, count, credits);
	rds_ib_ring_untake(&ic->send_ring, count - allowed);
	return allowed;
}

/**
 * rds_ib_xmit - send a message, or more of it
 * @conn: the connection
 * @rm: the message
 * @hdr_off: 0 at first
 * @sg: entry of the payload at which to go on
 * @off: byte in that entry
 *
 * Context: c_xmit_lock held.
 * Return: bytes that were taken, or -ENOMEM if there is no room, -EIO.
 */
int rds_ib_xmit(struct rds_connection *conn, struct rds_message *rm,
		unsigned int hdr_off, unsigned int sg, unsigned int off)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	unsigned int start = sg * PAGE_SIZE + off, len, done, credits;
	u32 first, count;
	int err;

	lockdep_assert_held(&conn->c_xmit_lock);
	len = be32_to_cpu(rm->m_inc.i_hdr.h_len);
	count = take(ic, max(1U, DIV_ROUND_UP(len - start, RDS_FRAG_SIZE)), &first, &credits);
	if (!count) {
		rds_ib_send_full(ic);
		return 0;
	}
	if (!hdr_off) {
		err = map_message(ic, rm);
		if (err)
			goto untake;
	}

	done = fill_requests(ic, rm, start, first, count, credits);
	err = rds_ib_send_post(ic, first, count);
	if (err)
		return err;
	if (start + done == len)
		ic->data_rm = NULL;
	/* The acknowledgment in the header has answered who asked for credits. */
	rds_ib_credit_remind(ic);
	rds_ib_ack_attempt(ic);
	return (hdr_off ? 0 : sizeof(struct rds_header)) + done;

untake:
	rds_ib_credit_untake(ic, count, credits);
	rds_ib_ring_untake(&ic->send_ring, count);
	return err;
}
