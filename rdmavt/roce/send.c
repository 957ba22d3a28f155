// SPDX-License-Identifier: GPL-2.0
/*
 * The send engine.
 *
 * Everything that a queue pair sends goes through one engine: request packets,
 * datagrams, READ and atomic responses, and acknowledgments.  The engine also
 * flushes the send queue in the error state.  RVT_S_BUSY makes it run once at a
 * time.
 *
 * It runs where the work comes up: in the context of whoever posts, or in a
 * tasklet after the softirq that received packets, as long as its budget lasts;
 * then in a work item.  In an interrupt, or with interrupts off, it always goes
 * to the work item, because the network stack cannot be called there.
 *
 * A tasklet that network reception schedules comes after it.  So the engine runs
 * once for all packets that came in together, not for each, and one
 * acknowledgment answers them.  It is one of high priority, to come before the
 * consumers' handlers: these may wake a process, for which softirqs stop.
 *
 * Completions are made with softirqs off: then the consumers' handlers, which
 * are softirqs, run right behind them and not in ksoftirqd.
 *
 * One pass builds a burst of packets under s_lock, drops the lock, and hands
 * them to the network stack.  Then come the things that need r_lock, which is
 * taken before s_lock: completions and errors.
 *
 * No wakeup is lost: whoever makes work for the engine does that before taking
 * s_lock and finding RVT_S_BUSY, and the engine clears RVT_S_BUSY only under
 * the s_lock under which it found nothing to do.  The short cut is an engine of
 * its own, under the same flag: if it may have been refused, it is run later.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <rvt_ext.h>
#include "ack.h"
#include "device.h"
#include "ecn.h"
#include "net.h"
#include "qp.h"
#include "req.h"
#include "send.h"
#include "trace.h"
#include "ud.h"

/* Packets built under one hold of the lock. */
#define BURST		16
/* Packets sent inline before the work item takes over. */
#define INLINE_BUDGET	64
/* Packets sent by a work item before it queues behind others. */
#define WORK_BUDGET	1024
/* WQEs flushed under one hold of the locks. */
#define FLUSH_BATCH	64
/* Packets or super-packets that the stack may hold before the sender stalls. */
#define INFLIGHT_HIGH	64

static bool engine_begin(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);
	if (qp->s_flags & RVT_S_BUSY ||
	    !(rvt_roce_qp_may(qp, RVT_SEND_OR_FLUSH_OR_RECV_OK) ||
	      rvt_roce_ack_owed(qp)))
		return false;
	qp->s_flags |= RVT_S_BUSY;
	return true;
}

static void engine_end(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);
	qp->s_flags &= ~RVT_S_BUSY;
	/* See rvt_roce_quiesce_qp(). */
	if (qp->state == IB_QPS_RESET)
		wake_up(&qp->wait);
}

/* The network stack still holds too much of what was sent. */
static bool stalled(struct rvt_qp *qp)
{
	struct rvt_roce_inflight *inflight = to_rvt_roce_qp(qp)->inflight;

	if (likely(atomic_read(&inflight->skbs) < INFLIGHT_HIGH) ||
	    !rvt_roce_inflight_stall(inflight))
		return false;
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_TX_STALL);
	return true;
}

/* A datagram goes out alone, without the lock; the engine keeps its WQE. */
static void pick_datagram(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	if (!rvt_roce_qp_may(qp, RVT_PROCESS_NEXT_SEND_OK) ||
	    qp->s_last == rvt_roce_sq_head(qp))
		return;
	burst->ud = rvt_get_swqe_ptr(qp, qp->s_last);
	qp->s_cur = rvt_qp_swqe_incr(qp, qp->s_last);
	qp->s_tail = qp->s_cur;
}

static void pick_requests(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	if (qp->s_flags & RVT_S_WAIT_RNR ||
	    !rvt_roce_qp_may(qp, RVT_PROCESS_SEND_OK))
		return;
	switch (qp->ibqp.qp_type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
		if (!to_rvt_roce_qp(qp)->loopback)
			rvt_roce_req_build(qp, burst);
		break;
	default:
		pick_datagram(qp, burst);
	}
}

/* A short cut flushes its own queue. */
static bool needs_flush(struct rvt_qp *qp)
{
	return rvt_roce_qp_may(qp, RVT_FLUSH_SEND) &&
	       !to_rvt_roce_qp(qp)->loopback &&
	       qp->s_last != rvt_roce_sq_head(qp);
}

/* Find out what there is to do.  Returns false if there is nothing. */
static bool fill(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	lockdep_assert_held(&qp->s_lock);
	memset(burst, 0, sizeof(*burst));
	__skb_queue_head_init(&burst->list);
	burst->room = BURST;

	burst->flush = needs_flush(qp);
	if (!stalled(qp)) {
		rvt_roce_ecn_build(qp, burst);
		if (qp->ibqp.qp_type == IB_QPT_RC)
			rvt_roce_ack_build(qp, burst);
		pick_requests(qp, burst);
	}
	return !skb_queue_empty(&burst->list) || burst->nomem ||
	       burst->settle || burst->flush || burst->fatal || burst->ud;
}

static void flush(struct rvt_qp *qp)
{
	unsigned int n = FLUSH_BATCH;

	lockdep_assert_held(&qp->r_lock);
	while (n-- && needs_flush(qp))
		rvt_roce_req_complete(qp, IB_WC_WR_FLUSH_ERR);
}

/* The responder's error; the NAK, if there is one, is on its way. */
static void enter_error(struct rvt_qp *qp)
{
	struct rvt_roce_fatal fatal = to_rvt_roce_qp(qp)->ack.fatal;

	if (!fatal.pending)
		return;
	/* A receive that completes in error says it all. */
	if (fatal.has_event && !test_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		rvt_qp_event(qp, fatal.event);
	rvt_fail_qp(qp, fatal.status);
}

/* What needs both locks. */
static void settle(struct rvt_qp *qp, struct rvt_roce_burst *burst,
		   enum ib_wc_status ud_status)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_lock);
	if (burst->ud) {
		rvt_send_complete(qp, burst->ud, ud_status);
		/* Not seen: what could fail is refused when it is posted. */
		if (ud_status != IB_WC_SUCCESS)
			rvt_send_error(qp);
	}
	if (burst->settle)
		rvt_roce_req_settle(qp);
	if (burst->flush)
		flush(qp);
	if (burst->fatal)
		enter_error(qp);
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, flags);
}

/* Do what fill() found.  No lock is held.  Returns the packets sent. */
static unsigned int drain(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_roce_qp *priv = qp->priv;
	enum ib_wc_status status = IB_WC_SUCCESS;
	unsigned int n = skb_queue_len(&burst->list);

	if (n)
		rvt_roce_xmit(qp, &priv->av, &burst->list);
	if (!burst->ud && !burst->settle && !burst->flush && !burst->fatal)
		return n;
	local_bh_disable();
	if (burst->ud)
		status = rvt_roce_ud_send(rvt_roce_qp_dev(qp), qp, burst->ud);
	settle(qp, burst, status);
	local_bh_enable();
	return n;
}

/*
 * Packets for this host wait in a queue of this CPU until they are received in
 * softirq, and that queue drops what does not fit.  Usually they are received
 * while they are being sent.  But when there was too much of it, ksoftirqd has
 * taken over, and a work item of high priority would leave it little time.
 */
static void let_receive(void)
{
	int tries = 50;

	cond_resched();
	while (local_softirq_pending() & BIT(NET_RX_SOFTIRQ) && tries--)
		usleep_range(20, 200);
}

/* Was something posted for the short cut? */
static bool owes_short_cut(struct rvt_qp *qp)
{
	return to_rvt_roce_qp(qp)->loopback &&
	       qp->s_last != rvt_roce_sq_head(qp);
}

/* Run the engine.  If there is more to do than it may, the work item is next. */
static void run(struct rvt_qp *qp, bool may_sleep)
{
	int budget = may_sleep ? WORK_BUDGET : INLINE_BUDGET;
	struct rvt_roce_burst burst;
	bool was_busy = false;	/* for others to see */
	unsigned long flags;

	spin_lock_irqsave(&qp->s_lock, flags);
	if (!engine_begin(qp))
		goto unlock;
	while (budget > 0 && fill(qp, &burst)) {
		was_busy = true;
		spin_unlock_irqrestore(&qp->s_lock, flags);
		budget -= max(drain(qp, &burst), 1U);
		if (may_sleep) {
			if (burst.nomem)
				schedule_timeout_uninterruptible(1);
			let_receive();
		} else if (burst.nomem) {
			budget = 0;
		}
		spin_lock_irqsave(&qp->s_lock, flags);
	}
	engine_end(qp);
	if (budget <= 0 || (was_busy && owes_short_cut(qp)))
		rvt_roce_send_queue(qp);
unlock:
	spin_unlock_irqrestore(&qp->s_lock, flags);
}

/* The whole of it, with the short cut where that is to be taken. */
static void send(struct rvt_qp *qp, bool may_sleep)
{
	struct rvt_loopback_stats done;

	if (to_rvt_roce_qp(qp)->loopback) {
		local_bh_disable();
		done = rvt_loopback_run(qp);
		local_bh_enable();
		rvt_roce_qp_add(qp, RVT_ROCE_CNT_LOOPBACK_PKTS, done.messages);
		rvt_roce_qp_add(qp, RVT_ROCE_CNT_LOOPBACK_BYTES, done.bytes);
	}
	run(qp, may_sleep);
}

void rvt_roce_send_queue(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;

	/* Once its last reference is gone nobody waits for this work item. */
	if (!atomic_inc_not_zero(&qp->refcount))
		return;
	if (!queue_work(rvt_roce_qp_dev(qp)->wq, &priv->work))
		rvt_put_qp(qp);
}

void rvt_roce_send_work(struct work_struct *work)
{
	struct rvt_roce_qp *priv = container_of(work, struct rvt_roce_qp, work);
	struct rvt_qp *qp = priv->qp;

	send(qp, true);
	/* Who destroys it waits for a grace period until the last put is over. */
	rcu_read_lock();
	rvt_put_qp(qp);
	rcu_read_unlock();
}

void rvt_roce_send_tasklet(struct tasklet_struct *tasklet)
{
	struct rvt_roce_qp *priv = from_tasklet(priv, tasklet, tasklet);

	run(priv->qp, false);
}

void rvt_roce_send_last_ack(struct rvt_qp *qp)
{
	struct rvt_roce_burst burst = { .room = 1 };

	__skb_queue_head_init(&burst.list);
	spin_lock_irq(&qp->s_lock);
	rvt_roce_ack_build(qp, &burst);
	rvt_roce_ack_reset(qp);
	spin_unlock_irq(&qp->s_lock);
	rvt_roce_xmit(qp, &to_rvt_roce_qp(qp)->av, &burst.list);
}

/*
 * What there is to send was written under s_lock.  If the tasklet does not find
 * it there, it has held the lock before us, and its mark, taken away before that,
 * is not seen here any more.
 */
void rvt_roce_send_kick(struct rvt_qp *qp)
{
	struct tasklet_struct *tasklet = &to_rvt_roce_qp(qp)->tasklet;

	if (!test_bit(TASKLET_STATE_SCHED, &tasklet->state))
		tasklet_hi_schedule(tasklet);
}

/**
 * rvt_roce_schedule_send() - there is something to send
 * @qp: queue pair
 *
 * Context: s_lock held; hardirq too.
 * Return: true if the send engine was asked to run.
 */
bool rvt_roce_schedule_send(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);
	if (!rvt_roce_qp_may(qp, RVT_SEND_OR_FLUSH_OR_RECV_OK))
		return false;
	rvt_roce_send_queue(qp);
	return true;
}

/**
 * rvt_roce_do_send() - send what was posted
 * @qp: queue pair
 *
 * Context: any, no queue pair lock.
 */
void rvt_roce_do_send(struct rvt_qp *qp)
{
	if (irqs_disabled() || in_hardirq())
		rvt_roce_send_queue(qp);
	else
		send(qp, false);
}

/**
 * rvt_roce_schedule_send_no_lock() - send what was posted
 * @qp: queue pair
 *
 * Context: any, no queue pair lock.
 * Return: true.
 */
bool rvt_roce_schedule_send_no_lock(struct rvt_qp *qp)
{
	rvt_roce_do_send(qp);
	return true;
}
