// SPDX-License-Identifier: GPL-2.0
/*
 * Results of RDMA operations on their way back to the user.
 *
 * The notifier is allocated with the operation, so that a result can always be
 * told. Whoever knows the result first takes the notifier out of the operation,
 * under rs_lock: every operation reports at most once.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include "rds.h"

/**
 * rds_notifier_alloc - will the result of an operation be wanted?
 * @op: the operation
 * @rs: its socket
 * @flags: RDS_RDMA_* flags of the user
 * @token: the user's name for it
 *
 * Return: 0 or -ENOMEM.
 */
int rds_notifier_alloc(struct rm_op *op, struct rds_sock *rs, u64 flags, u64 token)
{
	op->op_notify = flags & RDS_RDMA_NOTIFY_ME;
	op->op_recverr = READ_ONCE(rs->rs_recverr);
	op->op_silent = flags & RDS_RDMA_SILENT;
	if (!op->op_notify && !op->op_recverr)
		return 0;

	op->op_notifier = kzalloc(sizeof(*op->op_notifier), GFP_KERNEL_ACCOUNT);
	if (!op->op_notifier)
		return -ENOMEM;
	op->op_notifier->n_user_token = token;
	return 0;
}

/**
 * rds_notify - the result of an operation is known
 * @rs: its socket
 * @op: the operation, or %NULL
 * @status: RDS_RDMA_*
 *
 * Context: any.
 */
void rds_notify(struct rds_sock *rs, struct rm_op *op, int status)
{
	struct rds_notifier *notifier;
	bool wanted;

	if (!op)
		return;
	spin_lock_bh(&rs->rs_lock);
	notifier = op->op_notifier;
	op->op_notifier = NULL;
	wanted = notifier && !sock_flag(rds_rs_to_sk(rs), SOCK_DEAD) &&
		 (op->op_notify || status != RDS_RDMA_SUCCESS);
	if (wanted) {
		notifier->n_status = status;
		list_add_tail(&notifier->n_list, &rs->rs_notify_queue);
	}
	spin_unlock_bh(&rs->rs_lock);

	if (wanted)
		rds_wake_sk_sleep(rs);
	else
		kfree(notifier);
}

/**
 * rds_notify_flushed - an operation has ended, nobody knows how
 * @rs: its socket
 * @op: the operation
 *
 * What becomes of its message tells, unless that has been acknowledged already.
 *
 * Context: any.
 */
void rds_notify_flushed(struct rds_sock *rs, struct rm_op *op)
{
	bool acked;

	spin_lock_bh(&rs->rs_lock);
	op->op_flushed = true;
	acked = op->op_acked;
	spin_unlock_bh(&rs->rs_lock);
	if (acked)
		rds_notify(rs, op, RDS_RDMA_DROPPED);
}
EXPORT_SYMBOL_GPL(rds_notify_flushed);

/* @proof: nothing comes back, so it has been done if the message has arrived. */
static void op_acked(struct rds_sock *rs, struct rm_op *op, bool proof)
{
	int status = RDS_RDMA_DROPPED;
	bool wait = false;

	spin_lock_bh(&rs->rs_lock);
	if (op->op_done || (proof && op->op_posted))
		status = RDS_RDMA_SUCCESS;
	else
		wait = op->op_posted && !op->op_flushed;
	op->op_acked = wait;
	spin_unlock_bh(&rs->rs_lock);
	if (!wait)
		rds_notify(rs, op, status);
}

/**
 * rds_message_acked - the peer has a message, whose operations went before it
 * @rm: a message with a socket
 *
 * The message may overtake what the peer sends back for an RDMA read or an
 * atomic: these report when they are complete.
 *
 * Context: any.
 */
void rds_message_acked(struct rds_message *rm)
{
	if (rm->m_rdma)
		op_acked(rm->m_rs, &rm->m_rdma->op, rm->m_rdma->op_write);
	if (rm->m_atomic)
		op_acked(rm->m_rs, &rm->m_atomic->op, false);
}

/**
 * rds_message_notify - the result of what has not reported yet
 * @rm: a message with a socket
 * @status: RDS_RDMA_*
 *
 * Context: any.
 */
void rds_message_notify(struct rds_message *rm, int status)
{
	if (rm->m_rdma)
		rds_notify(rm->m_rs, &rm->m_rdma->op, status);
	if (rm->m_atomic)
		rds_notify(rm->m_rs, &rm->m_atomic->op, status);
}

static struct rds_notifier *take(struct rds_sock *rs)
{
	struct rds_notifier *notifier;

	spin_lock_bh(&rs->rs_lock);
	notifier = list_first_entry_or_null(&rs->rs_notify_queue, struct rds_notifier,
					    n_list);
	if (notifier)
		list_del(&notifier->n_list);
	spin_unlock_bh(&rs->rs_lock);
	return notifier;
}

static void put_back(struct rds_sock *rs, struct rds_notifier *notifier)
{
	spin_lock_bh(&rs->rs_lock);
	list_add(&notifier->n_list, &rs->rs_notify_queue);
	spin_unlock_bh(&rs->rs_lock);
}

/**
 * rds_notify_deliver - hand results to recvmsg()
 * @rs: the socket
 * @msg: gets as many as fit, but at least one
 *
 * Return: how many, 0 if there are none, -EFAULT: that one is still there.
 */
int rds_notify_deliver(struct rds_sock *rs, struct msghdr *msg)
{
	unsigned int room = msg->msg_controllen / CMSG_SPACE(sizeof(struct rds_rdma_notify));
	struct rds_notifier *notifier;
	int count = 0, err;

	do {
		struct rds_rdma_notify note = {};

		notifier = take(rs);
		if (!notifier)
			break;
		note.user_token = notifier->n_user_token;
		note.status = notifier->n_status;
		err = put_cmsg(msg, SOL_RDS, RDS_CMSG_RDMA_STATUS, sizeof(note), &note);
		if (err) {
			put_back(rs, notifier);
			return err;
		}
		kfree(notifier);
	} while (++count < room);
	return count;
}

/**
 * rds_notify_drop_all - nobody will read them
 * @rs: a socket that is being closed
 */
void rds_notify_drop_all(struct rds_sock *rs)
{
	struct rds_notifier *notifier;

	while ((notifier = take(rs)))
		kfree(notifier);
}
