// SPDX-License-Identifier: GPL-2.0
/*
 * RDMA reads and writes of the sender (specification 3.2, RDMA_ARGS): the
 * operation is made with the message, goes before it, and ends with it.
 */
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include "rds.h"

static int check_count(const struct rds_rdma_args *args)
{
	if (!args->nr_local)
		return -EINVAL;
	return args->nr_local > UIO_MAXIOV ? -EMSGSIZE : 0;
}

static bool sound(const struct rds_iovec *iov)
{
	u64 end;

	return iov->bytes && iov->bytes <= U32_MAX &&
	       !check_add_overflow(iov->addr, iov->bytes, &end) &&
	       !check_add_overflow(end, (u64)PAGE_SIZE, &end);
}

/* The local vectors, read once, each of them sound; or an ERR_PTR(). */
static struct rds_iovec *read_vectors(const struct rds_rdma_args *args, u64 *total)
{
	struct rds_iovec *iov;
	unsigned int i;

	iov = vmemdup_user(u64_to_user_ptr(args->local_vec_addr),
			   array_size(args->nr_local, sizeof(*iov)));
	if (IS_ERR(iov))
		return iov;
	*total = 0;
	for (i = 0; i < args->nr_local; i++) {
		if (!sound(&iov[i])) {
			kvfree(iov);
			return ERR_PTR(-EINVAL);
		}
		*total += iov[i].bytes;
	}
	return iov;
}

/**
 * rds_rdma_check_args - are these the arguments of an operation?
 * @args: of an RDMA_ARGS control message
 *
 * Return: 0, -EINVAL, -EMSGSIZE for too many vectors, -EFAULT, -ENOMEM.
 */
int rds_rdma_check_args(const struct rds_rdma_args *args)
{
	struct rds_iovec *iov;
	u64 total;
	int err = check_count(args);

	if (err)
		return err;
	iov = read_vectors(args, &total);
	if (IS_ERR(iov))
		return PTR_ERR(iov);
	kvfree(iov);
	return 0;
}

static int pin_vectors(struct rm_rdma_op *op, const struct rds_rdma_args *args)
{
	struct rds_iovec *iov;
	u64 total;
	int err;

	iov = read_vectors(args, &total);
	if (IS_ERR(iov))
		return PTR_ERR(iov);
	err = -EINVAL;
	/* They are read for a second time: nothing holds of what was seen before. */
	if (total <= args->remote_vec.bytes && total <= RDS_MAX_MSG_SIZE) {
		op->op_bytes = total;
		err = rds_pin(&op->op, iov, args->nr_local, !op->op_write);
	}
	kvfree(iov);
	return err;
}

/**
 * rds_cmsg_rdma_args - make an RDMA operation
 * @rs: the socket
 * @rm: the message it goes before
 * @cmsg: arguments, of sufficient length
 *
 * Context: the user's process; sleeps.
 * Return: 0 or an error of section 3.2 of the specification; what has been made
 *	by then goes with the message.
 */
int rds_cmsg_rdma_args(struct rds_sock *rs, struct rds_message *rm,
		       struct cmsghdr *cmsg)
{
	const struct rds_rdma_args *args = CMSG_DATA(cmsg);
	struct rm_rdma_op *op;
	int err;

	if (rm->m_rdma || cmsg->cmsg_len < CMSG_LEN(sizeof(*args)))
		return -EINVAL;
	err = check_count(args);
	if (err)
		return err;

	op = kzalloc(sizeof(*op), GFP_KERNEL);
	if (!op)
		return -ENOMEM;
	rm->m_rdma = op;
	op->op.op_rm = rm;
	op->op.op_rkey = lower_32_bits(args->cookie);
	op->op.op_remote_addr = args->remote_vec.addr + upper_32_bits(args->cookie);
	op->op_write = args->flags & RDS_RDMA_READWRITE;
	/* The message says that the region has been used: not before it has been read. */
	op->op_fence = (args->flags & RDS_RDMA_FENCE) ||
		       (!op->op_write && (args->flags & RDS_RDMA_USE_ONCE));

	err = rds_notifier_alloc(&op->op, rs, args->flags, args->user_token);
	if (!err)
		err = pin_vectors(op, args);
	if (!err && (args->flags & RDS_RDMA_USE_ONCE)) {
		struct rds_ext_rdma ext = { .rkey = cpu_to_be32(op->op.op_rkey) };

		rds_message_add_extension(&rm->m_inc.i_hdr, RDS_EXTHDR_RDMA, &ext,
					  sizeof(ext));
	}
	return err;
}

static bool all_over(const struct rds_message *rm)
{
	return (!rm->m_rdma || READ_ONCE(rm->m_rdma->op.op_over)) &&
	       (!rm->m_atomic || READ_ONCE(rm->m_atomic->op.op_over));
}

/* An operation is over; with the last, a message that had nothing else to say. */
static void complete_op(struct rds_message *rm, struct rm_op *op, int status)
{
	op->op_done = status == RDS_RDMA_SUCCESS;
	rds_notify(rm->m_rs, op, status);
	WRITE_ONCE(op->op_over, true);
	/* If two end at once, at least one sees that the other has. */
	smp_mb();
	if (test_bit(RDS_MSG_NO_DATA, &rm->m_flags) && all_over(rm))
		rds_send_finish(rm->m_inc.i_conn, rm, status);
}

/**
 * rds_rdma_send_complete - the result of an RDMA operation is known
 * @rm: its message
 * @status: RDS_RDMA_*
 *
 * Context: process context.
 */
void rds_rdma_send_complete(struct rds_message *rm, int status)
{
	complete_op(rm, &rm->m_rdma->op, status);
}
EXPORT_SYMBOL_GPL(rds_rdma_send_complete);

/**
 * rds_atomic_send_complete - the result of an atomic operation is known
 * @rm: its message
 * @status: RDS_RDMA_*
 *
 * Context: process context.
 */
void rds_atomic_send_complete(struct rds_message *rm, int status)
{
	complete_op(rm, &rm->m_atomic->op, status);
}
EXPORT_SYMBOL_GPL(rds_atomic_send_complete);

/**
 * rds_rdma_free_op - an operation's message is gone
 * @op: the operation, or %NULL
 */
void rds_rdma_free_op(struct rm_rdma_op *op)
{
	if (!op)
		return;
	rds_unpin(&op->op);
	kfree(op);
}

/**
 * rds_atomic_free_op - an operation's message is gone
 * @op: the operation, or %NULL
 */
void rds_atomic_free_op(struct rm_atomic_op *op)
{
	if (!op)
		return;
	rds_unpin(&op->op);
	kfree(op);
}
