// SPDX-License-Identifier: GPL-2.0
/*
 * RDMA reads and writes, and atomics: posted before the message that they belong
 * to, which the device then sends after them. All work requests of an operation
 * are posted, or none; the last one completes visibly, and holds the message.
 */
#include <linux/module.h>
#include "ib.h"

static enum dma_data_direction direction_of(const struct rm_op *op)
{
	return op->op_dirty ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
}

static void unmap(struct rds_ib_connection *ic, struct rm_op *op)
{
	if (op->op_count)
		ib_dma_unmap_sg(ic->cm_id->device, op->op_sg, op->op_nents, direction_of(op));
	op->op_count = 0;
}

static void report(struct rds_message *rm, bool atomic, int status)
{
	if (atomic)
		rds_atomic_send_complete(rm, status);
	else
		rds_rdma_send_complete(rm, status);
}

/* What the user gets to know. */
static int status_for_user(enum ib_wc_status status)
{
	switch (status) {
	case IB_WC_SUCCESS:
		return RDS_RDMA_SUCCESS;
	case IB_WC_REM_ACCESS_ERR:
		return RDS_RDMA_REMOTE_ERROR;
	default:
		return RDS_RDMA_OTHER_ERROR;
	}
}

/* No device uses the memory of an operation any more, whose message may go. */
static void release(struct rds_ib_connection *ic, struct rm_op *op)
{
	struct rds_message *rm = op->op_rm;

	unmap(ic, op);
	rds_message_unmapped(rm);
	rds_message_put(rm);
}

/* An operation has ended without a result. */
static void flushed(struct rds_ib_connection *ic, struct rm_op *op)
{
	rds_notify_flushed(op->op_rm->m_rs, op);
	release(ic, op);
}

/**
 * rds_ib_op_done - a work request of an operation is over
 * @ic: the connection
 * @send: the request
 * @status: how it ended
 */
void rds_ib_op_done(struct rds_ib_connection *ic, struct rds_ib_send *send,
		    enum ib_wc_status status)
{
	struct rds_message *last = send->rm;
	struct rm_op *op = send->op;

	send->op = NULL;
	send->rm = NULL;
	if (status != IB_WC_WR_FLUSH_ERR && (last || status != IB_WC_SUCCESS))
		report(op->op_rm, send->atomic, status_for_user(status));
	if (!last)
		return;
	if (status == IB_WC_WR_FLUSH_ERR)
		flushed(ic, op);
	else
		release(ic, op);
}

/* Return: 0; -ENOMEM to be called again later. */
static int map(struct rds_ib_connection *ic, struct rm_op *op)
{
	op->op_count = ib_dma_map_sg(ic->cm_id->device, op->op_sg, op->op_nents,
				     direction_of(op));
	if (op->op_count)
		return 0;
	rds_ib_stats_inc(ib_tx_sg_mapping_failure);
	return -ENOMEM;
}

/* An operation that this device cannot do ends here, and its message with it. */
static int refuse(struct rds_ib_connection *ic, struct rm_op *op, bool atomic)
{
	unmap(ic, op);
	set_bit(RDS_MSG_NO_DATA, &op->op_rm->m_flags);
	report(op->op_rm, atomic, RDS_RDMA_OTHER_ERROR);
	rds_message_unmapped(op->op_rm);
	return 0;
}

static struct rds_ib_send *begin(struct rds_ib_connection *ic, u32 index, struct rm_op *op,
				 bool atomic)
{
	struct rds_ib_send *send = &ic->sends[index % ic->send_ring.size];

	/* Of the three that share the place, the largest. */
	static_assert(sizeof(send->atomic_wr) >= sizeof(send->rdma_wr));
	memset(&send->atomic_wr, 0, sizeof(send->atomic_wr));
	send->cqe.done = rds_ib_send_done;
	send->rm = NULL;
	send->op = op;
	send->atomic = atomic;
	send->wr.wr_cqe = &send->cqe;
	send->wr.sg_list = send->sge;
	return send;
}

/* Put up to @max_sge segments into a request. Return: their bytes. */
static u32 add_segments(struct rds_ib_connection *ic, struct rds_ib_send *send,
			struct scatterlist **sg, unsigned int *left)
{
	u32 bytes = 0;
	int i;

	for (i = 0; i < ic->rdsdev->max_sge && *left; i++, (*left)--) {
		send->sge[i].addr = sg_dma_address(*sg);
		send->sge[i].length = sg_dma_len(*sg);
		send->sge[i].lkey = ic->rdsdev->pd->local_dma_lkey;
		bytes += sg_dma_len(*sg);
		*sg = sg_next(*sg);
	}
	send->wr.num_sge = i;
	return bytes;
}

static void finish(struct rds_ib_send *send, struct rds_message *rm)
{
	send->wr.send_flags |= IB_SEND_SIGNALED;
	rds_message_addref(rm);
	send->rm = rm;
}

/*
 * Post what has been prepared. If the device takes a part of it only, that part
 * knows the operation and uses its memory until it is flushed; and the last
 * request, which would tell, is not among them.
 */
static int post(struct rds_ib_connection *ic, struct rm_op *op, u32 first, u32 count)
{
	int err = rds_ib_send_post(ic, first, count);

	if (err)
		ic->failed_op = op;
	return err;
}

/**
 * rds_ib_op_clear - the end of an operation that could not be posted
 * @ic: a connection whose queue pair is gone
 */
void rds_ib_op_clear(struct rds_ib_connection *ic)
{
	struct rm_op *op = ic->failed_op;

	ic->failed_op = NULL;
	if (op)
		flushed(ic, op);
}

/**
 * rds_ib_xmit_rdma - start an RDMA read or write
 * @conn: the connection
 * @op: the operation
 *
 * Context: c_xmit_lock held.
 * Return: 0; -ENOMEM or 1 to be called again; -EIO.
 */
int rds_ib_xmit_rdma(struct rds_connection *conn, struct rm_rdma_op *op)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	u64 remote = op->op.op_remote_addr;
	struct scatterlist *sg = op->op.op_sg;
	struct rds_ib_send *send = NULL;
	u32 first, count, taken, i;
	unsigned int left;
	int err;

	err = map(ic, &op->op);
	if (err)
		return err;
	left = op->op.op_count;
	count = DIV_ROUND_UP(left, ic->rdsdev->max_sge);
	if (count > ic->send_ring.size)
		return refuse(ic, &op->op, false);
	taken = rds_ib_ring_take(&ic->send_ring, count, &first);
	if (taken < count) {
		rds_ib_ring_untake(&ic->send_ring, taken);
		unmap(ic, &op->op);
		rds_ib_send_full(ic);
		return 1;
	}

	for (i = 0; i < count; i++) {
		send = begin(ic, first + i, &op->op, false);
		send->wr.opcode = op->op_write ? IB_WR_RDMA_WRITE : IB_WR_RDMA_READ;
		send->rdma_wr.rkey = op->op.op_rkey;
		send->rdma_wr.remote_addr = remote;
		remote += add_segments(ic, send, &sg, &left);
	}
	finish(send, op->op.op_rm);
	return post(ic, &op->op, first, count);
}

static void write_atomic(struct rds_ib_send *send, const struct rm_atomic_op *op)
{
	struct ib_atomic_wr *wr = &send->atomic_wr;
	bool swap = op->op_type == RDS_ATOMIC_CSWP;

	wr->remote_addr = op->op.op_remote_addr;
	wr->rkey = op->op.op_rkey;
	wr->compare_add = op->op_value;
	if (swap)
		wr->swap = op->op_swap;
	if (!op->op_masked) {
		wr->wr.opcode = swap ? IB_WR_ATOMIC_CMP_AND_SWP : IB_WR_ATOMIC_FETCH_AND_ADD;
		return;
	}
	wr->wr.opcode = swap ? IB_WR_MASKED_ATOMIC_CMP_AND_SWP :
			       IB_WR_MASKED_ATOMIC_FETCH_AND_ADD;
	wr->compare_add_mask = op->op_mask;
	wr->swap_mask = op->op_swap_mask;
}

static bool can_do(struct rds_ib_connection *ic, const struct rm_atomic_op *op)
{
	const struct ib_device_attr *attrs = &ic->cm_id->device->attrs;

	return op->op_masked ? attrs->masked_atomic_cap != IB_ATOMIC_NONE :
			       attrs->atomic_cap != IB_ATOMIC_NONE;
}

/**
 * rds_ib_xmit_atomic - start an atomic operation
 * @conn: the connection
 * @op: the operation; ended with an error if the device has no such thing
 *
 * Context: c_xmit_lock held.
 * Return: 0; -ENOMEM or 1 to be called again; -EIO.
 */
int rds_ib_xmit_atomic(struct rds_connection *conn, struct rm_atomic_op *op)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	struct scatterlist *sg = op->op.op_sg;
	struct rds_ib_send *send;
	unsigned int left;
	u32 first;
	int err;

	if (!can_do(ic, op))
		return refuse(ic, &op->op, true);
	err = map(ic, &op->op);
	if (err)
		return err;
	if (!rds_ib_ring_take(&ic->send_ring, 1, &first)) {
		unmap(ic, &op->op);
		rds_ib_send_full(ic);
		return 1;
	}

	left = op->op.op_count;
	send = begin(ic, first, &op->op, true);
	write_atomic(send, op);
	add_segments(ic, send, &sg, &left);
	finish(send, op->op.op_rm);
	err = post(ic, &op->op, first, 1);
	if (err)
		return err;
	if (op->op_type == RDS_ATOMIC_CSWP)
		rds_ib_stats_inc(ib_atomic_cswp);
	else
		rds_ib_stats_inc(ib_atomic_fadd);
	return 0;
}
