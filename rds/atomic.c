// SPDX-License-Identifier: GPL-2.0
/*
 * Atomic operations of the sender. All four kinds are kept as masked ones; the
 * transport looks at op_masked to tell whether the plain operation will do.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include "rds.h"

static void read_args(struct rm_atomic_op *op, int type, const struct rds_atomic_args *args)
{
	switch (type) {
	case RDS_CMSG_ATOMIC_FADD:
		op->op_type = RDS_ATOMIC_FADD;
		op->op_value = args->fadd.add;
		break;
	case RDS_CMSG_MASKED_ATOMIC_FADD:
		op->op_type = RDS_ATOMIC_FADD;
		op->op_value = args->m_fadd.add;
		op->op_mask = args->m_fadd.nocarry_mask;
		op->op_masked = op->op_mask;
		break;
	case RDS_CMSG_ATOMIC_CSWP:
		op->op_type = RDS_ATOMIC_CSWP;
		op->op_value = args->cswp.compare;
		op->op_swap = args->cswp.swap;
		op->op_mask = U64_MAX;
		op->op_swap_mask = U64_MAX;
		break;
	case RDS_CMSG_MASKED_ATOMIC_CSWP:
		op->op_type = RDS_ATOMIC_CSWP;
		op->op_value = args->m_cswp.compare;
		op->op_swap = args->m_cswp.swap;
		op->op_mask = args->m_cswp.compare_mask;
		op->op_swap_mask = args->m_cswp.swap_mask;
		op->op_masked = op->op_mask != U64_MAX || op->op_swap_mask != U64_MAX;
		break;
	}
}

/**
 * rds_cmsg_atomic - make an atomic operation
 * @rs: the socket
 * @rm: the message it goes before
 * @cmsg: arguments
 *
 * Context: the user's process; sleeps.
 * Return: 0; -EINVAL for a second one or too few bytes; -EFAULT for a local
 *	address that is not a multiple of 8 or cannot be written; -ENOMEM.
 */
int rds_cmsg_atomic(struct rds_sock *rs, struct rds_message *rm,
		    struct cmsghdr *cmsg)
{
	const struct rds_atomic_args *args = CMSG_DATA(cmsg);
	struct rds_iovec local = { .bytes = sizeof(u64) };
	struct rm_atomic_op *op;
	int err;

	if (rm->m_atomic || cmsg->cmsg_len < CMSG_LEN(sizeof(*args)))
		return -EINVAL;
	if (args->local_addr & 7)
		return -EFAULT;

	op = kzalloc(sizeof(*op), GFP_KERNEL);
	if (!op)
		return -ENOMEM;
	rm->m_atomic = op;
	op->op.op_rm = rm;
	op->op.op_rkey = lower_32_bits(args->cookie);
	op->op.op_remote_addr = args->remote_addr + upper_32_bits(args->cookie);
	read_args(op, cmsg->cmsg_type, args);

	local.addr = args->local_addr;
	err = rds_notifier_alloc(&op->op, rs, args->flags, args->user_token);
	return err ?: rds_pin(&op->op, &local, 1, true);
}
