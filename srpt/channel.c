// SPDX-License-Identifier: GPL-2.0
/*
 * Life and end of a channel.
 *
 * The state of a channel only grows, under its lock, and whoever moves it on
 * does what has to be done there:
 *
 *	CONNECTING	login.c answers the login, and a timer starts
 *	LIVE		the initiator has heard the answer
 *	DISCONNECTING	a DREQ goes out, and another timer starts
 *	DRAINING	the release work is queued, once
 *	DISCONNECTED	the release work has drained the queue pair
 *
 * A failure may go from any of the first three straight to DRAINING. Only the
 * release work takes things down, in this order: the queue pair fails, the core
 * takes no new commands, everything posted comes back (commands whose data or
 * response could not be moved end there), the core finishes what it has, and
 * those completions come back too. Then nobody is left who could post. The
 * session goes, the channel leaves its port's list, and the connection, the
 * queues and the buffers go.
 *
 * The connection managers' identifiers are used inside their own events, or by
 * those who found the channel on its port's list and hold the port's mutex; the
 * release work takes that mutex before it destroys them.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include "srpt.h"
#include "trace.h"

static void timeout_work(struct work_struct *work)
{
	struct srpt_rdma_ch *ch = container_of(to_delayed_work(work), struct srpt_rdma_ch,
					       timeout_work);
	enum rdma_ch_state state = srpt_ch_state(ch);

	if (state != CH_CONNECTING && state != CH_DISCONNECTING)
		return;
	pr_info("%s: the initiator does not answer\n", ch->sess_name);
	srpt_close_ch(ch);
}

/*
 * The IB CM may be told in any context, as it documents. But then it takes a lock
 * that it holds elsewhere when it takes one that it does not keep interrupts from.
 */
static void comm_est_work(struct work_struct *work)
{
	struct srpt_rdma_ch *ch = container_of(work, struct srpt_rdma_ch, comm_est_work);

	if (ch->rdma_cm_id)
		rdma_notify(ch->rdma_cm_id, IB_EVENT_COMM_EST);
	else
		ib_cm_notify(ch->ib_cm_id, IB_EVENT_COMM_EST);
}

/* With an SRQ, buffers that nobody has looked at yet go back to it. */
static void return_recv_bufs(struct srpt_rdma_ch *ch)
{
	struct srpt_recv_ioctx *ioctx, *next;

	list_for_each_entry_safe(ioctx, next, &ch->cmd_wait_list, wait_list) {
		list_del(&ioctx->wait_list);
		if (ch->use_srq)
			srpt_post_recv(ch->sport->sdev, ch, ioctx);
	}
}

static void unlink_ch(struct srpt_rdma_ch *ch)
{
	mutex_lock(&ch->sport->mutex);
	list_del_init(&ch->list);
	mutex_unlock(&ch->sport->mutex);
}

/*
 * Events of the IB CM use the queue pair, so they have to end before it does; the
 * RDMA CM uses it itself, and has to be told. A queue pair that has failed and is
 * drained has nothing to say any more.
 */
static void destroy_connection(struct srpt_rdma_ch *ch)
{
	cancel_work_sync(&ch->comm_est_work);
	if (ch->ib_cm_id)
		ib_destroy_cm_id(ch->ib_cm_id);
	srpt_destroy_ch_ib(ch);
	if (ch->rdma_cm_id)
		rdma_destroy_id(ch->rdma_cm_id);
}

/*
 * Everything posted has come back. With an SRQ, receives are posted by nobody in
 * particular: the device tells when it has taken the last one for a queue pair,
 * and what it has taken completes before whatever is posted after that.
 */
static void drain(struct srpt_rdma_ch *ch)
{
	if (ch->use_srq)
		wait_for_completion_timeout(&ch->last_wqe, SRPT_LAST_WQE_TIMEOUT);
	ib_drain_qp(ch->qp);
}

static void release_work(struct work_struct *work)
{
	struct srpt_rdma_ch *ch = container_of(work, struct srpt_rdma_ch, release_work);

	srpt_ch_qp_err(ch);
	target_stop_session(ch->sess);
	drain(ch);
	srpt_set_ch_state(ch, CH_DISCONNECTED, 0);
	srpt_finish_stuck(ch);
	srpt_finish_waiting(ch);
	target_wait_for_sess_cmds(ch->sess);
	/* Handlers may still be at work on what ended last. */
	ib_drain_qp(ch->qp);
	return_recv_bufs(ch);

	srpt_end_session(ch);
	unlink_ch(ch);
	/* Whoever was answering the login with the mutex held, may have started it. */
	cancel_delayed_work_sync(&ch->timeout_work);
	destroy_connection(ch);
	srpt_free_ch(ch);
}

/**
 * srpt_alloc_ch - a new channel
 * @sport: the port that it comes through
 *
 * Context: sleeps.
 * Return: the channel, which has nothing yet and is nowhere listed; or an
 *	ERR_PTR: -ENOMEM, or -ENODEV if the port is gone.
 */
struct srpt_rdma_ch *srpt_alloc_ch(struct srpt_port *sport)
{
	struct srpt_rdma_ch *ch;

	ch = kzalloc(sizeof(*ch), GFP_KERNEL);
	if (!ch)
		return ERR_PTR(-ENOMEM);
	if (!srpt_get_port(sport)) {
		kfree(ch);
		return ERR_PTR(-ENODEV);
	}
	kref_get(&sport->sdev->kref);

	kref_init(&ch->kref);
	ch->sport = sport;
	ch->kick_cqe.done = srpt_kick_done;
	INIT_LIST_HEAD(&ch->cmd_wait_list);
	INIT_LIST_HEAD(&ch->sess_entry);
	INIT_LIST_HEAD(&ch->list);
	INIT_LIST_HEAD(&ch->stuck);
	INIT_LIST_HEAD(&ch->waiting);
	INIT_WORK(&ch->release_work, release_work);
	INIT_DELAYED_WORK(&ch->timeout_work, timeout_work);
	INIT_DELAYED_WORK(&ch->rdma_work, srpt_rdma_retry);
	INIT_WORK(&ch->comm_est_work, comm_est_work);
	init_completion(&ch->released);
	init_completion(&ch->last_wqe);
	spin_lock_init(&ch->lock);
	ch->state = CH_CONNECTING;
	return ch;
}

static void free_ch(struct kref *kref)
{
	kfree(container_of(kref, struct srpt_rdma_ch, kref));
}

/**
 * srpt_get_ch - one more looks at a channel
 * @ch: the channel
 *
 * Context: any.
 */
void srpt_get_ch(struct srpt_rdma_ch *ch)
{
	kref_get(&ch->kref);
}

/**
 * srpt_put_ch - one less looks at a channel
 * @ch: the channel
 *
 * Context: any.
 */
void srpt_put_ch(struct srpt_rdma_ch *ch)
{
	kref_put(&ch->kref, free_ch);
}

/**
 * srpt_free_ch - undo srpt_alloc_ch()
 * @ch: a channel without queues and session, and listed nowhere
 *
 * Context: sleeps.
 */
void srpt_free_ch(struct srpt_rdma_ch *ch)
{
	struct srpt_port *sport = ch->sport;
	struct srpt_device *sdev = sport->sdev;

	srpt_put_ch(ch);
	srpt_put_port(sport);
	srpt_put_device(sdev);
}

/**
 * srpt_set_ch_state - move a channel on
 * @ch: the channel
 * @state: the state to be in
 * @timeout: jiffies that this state may last; 0: any time
 *
 * Context: any.
 * Return: false if the channel was there already, or further.
 */
bool srpt_set_ch_state(struct srpt_rdma_ch *ch, enum rdma_ch_state state,
		       unsigned long timeout)
{
	enum rdma_ch_state was;
	unsigned long flags;

	spin_lock_irqsave(&ch->lock, flags);
	was = ch->state;
	if (was < state) {
		/*
		 * Under the lock, so before anybody can go on to release the
		 * channel, who destroys the queue pair and cancels the timer.
		 */
		trace_srpt_ch_state(ch, was, state);
		WRITE_ONCE(ch->state, state);
		if (timeout)
			mod_delayed_work(srpt_wq, &ch->timeout_work, timeout);
	}
	spin_unlock_irqrestore(&ch->lock, flags);
	return was < state;
}

/**
 * srpt_ch_state - how far a channel has come
 * @ch: the channel
 *
 * Context: any.
 * Return: its state, which may have moved on since.
 */
enum rdma_ch_state srpt_ch_state(struct srpt_rdma_ch *ch)
{
	return READ_ONCE(ch->state);
}

/**
 * srpt_ch_is_open - does anybody still want this channel?
 * @ch: the channel
 *
 * Context: any.
 * Return: whether it is connecting or live.
 */
bool srpt_ch_is_open(struct srpt_rdma_ch *ch)
{
	return srpt_ch_state(ch) < CH_DISCONNECTING;
}

/**
 * srpt_close_ch - release a channel
 * @ch: a channel that has a session
 *
 * May be called by anybody, as often as anything goes wrong.
 *
 * Context: any.
 * Return: whether the channel will be released because of this call.
 */
bool srpt_close_ch(struct srpt_rdma_ch *ch)
{
	if (!srpt_set_ch_state(ch, CH_DRAINING, 0))
		return false;
	queue_work(srpt_wq, &ch->release_work);
	return true;
}

/*
 * There are connections that neither a DREQ nor a DREP ends: those whose login
 * has been answered, but the initiator has not said that it heard. The RDMA CM
 * does nothing then, and calls it a success.
 */
static int send_disconnect(struct srpt_rdma_ch *ch)
{
	if (ch->rdma_cm_id)
		return rdma_disconnect(ch->rdma_cm_id);
	if (!ib_send_cm_dreq(ch->ib_cm_id, NULL, 0))
		return 0;
	return ib_send_cm_drep(ch->ib_cm_id, NULL, 0);
}

/**
 * srpt_disconnect_ch - tell the initiator to go
 * @ch: a channel that has a session
 *
 * It is released when the initiator has answered, or does not.
 *
 * Context: sleeps. In an event of the channel's connection, or with the port's
 *	mutex held and the channel on its list.
 * Return: 0; -ENOTCONN if it is too late.
 */
int srpt_disconnect_ch(struct srpt_rdma_ch *ch)
{
	if (!srpt_set_ch_state(ch, CH_DISCONNECTING, SRPT_DISCONNECT_TIMEOUT))
		return -ENOTCONN;
	if (send_disconnect(ch))
		srpt_close_ch(ch);
	return 0;
}

/**
 * srpt_resume_disconnect - the initiator has been heard of
 * @ch: a channel that has a session
 *
 * If it was to be told to go before that, it is now.
 *
 * Context: sleeps; an event of the channel's connection.
 */
void srpt_resume_disconnect(struct srpt_rdma_ch *ch)
{
	if (srpt_ch_state(ch) == CH_DISCONNECTING && send_disconnect(ch))
		srpt_close_ch(ch);
}

/**
 * srpt_disconnect_ch_unlocked - the same, for those who do not hold the mutex
 * @ch: a channel that has a session, and is kept
 *
 * If its login has not been answered yet, it will be turned down.
 *
 * Context: sleeps.
 */
void srpt_disconnect_ch_unlocked(struct srpt_rdma_ch *ch)
{
	mutex_lock(&ch->sport->mutex);
	if (list_empty(&ch->list))
		srpt_set_ch_state(ch, CH_DISCONNECTING, 0);
	else
		srpt_disconnect_ch(ch);
	mutex_unlock(&ch->sport->mutex);
}
