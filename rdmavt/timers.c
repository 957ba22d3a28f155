// SPDX-License-Identifier: GPL-2.0
/*
 * The timers of a reliable connection.
 *
 *   s_timer		runs while a request waits for its acknowledgment; when
 *			it expires, the driver sends from there again.
 *   s_rnr_timer	runs while the peer, which had no receive posted, has
 *			asked us to wait.  Its times start at 10 us.
 *
 * A timer can rarely be stopped for certain under the locks its handler takes,
 * so what counts is the flag, RVT_S_TIMER or RVT_S_WAIT_RNR: it is set when
 * the timer starts, cleared when it stops, and a handler that finds it clear
 * does nothing.  If the handler was waiting for the lock while the timer was
 * stopped and started once more, it finds the timer pending: then this is the
 * expiry of the old time and is ignored too.
 *
 * After a reset nothing sets the flags any more; rvt_del_timers_sync() then
 * waits for handlers that still look at them.
 *
 * Locking: s_lock guards the flags and goes with starting and stopping.
 *
 * Export checksums: group "full", see rdmavt.h.
 */
#include <linux/hrtimer.h>
#include <linux/pci.h>
#include <linux/timer.h>
#include <linux/tracepoint.h>
#include <rdma/ib_hdrs.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "timers.h"
#include "trace_qp.h"
#include "trace_rc.h"

/*
 * What the five bit code of an RNR NAK stands for, in us: InfiniBand
 * Architecture Specification, volume 1, 9.7.5.2.8.
 */
static const u32 rnr_usec[] = {
	655360,
	10, 20, 30, 40, 60, 80, 120, 160,
	240, 320, 480, 640, 960, 1280, 1920, 2560,
	3840, 5120, 7680, 10240, 15360, 20480, 30720, 40960,
	61440, 81920, 122880, 163840, 245760, 327680, 491520,
};

/**
 * rvt_rnr_tbl_to_usec - how long a receiver not ready asks to wait
 * @index: the code, as in an RNR NAK or in ib_qp_attr.min_rnr_timer
 *
 * Return: microseconds.
 */
unsigned long rvt_rnr_tbl_to_usec(u32 index)
{
	return rnr_usec[index & IB_AETH_CREDIT_MASK];
}
EXPORT_SYMBOL(rvt_rnr_tbl_to_usec);

/**
 * rvt_init_timers - prepare the timers of a new queue pair
 * @qp: the queue pair
 */
void rvt_init_timers(struct rvt_qp *qp)
{
	timer_setup(&qp->s_timer, rvt_rc_timeout, 0);
	hrtimer_setup(&qp->s_rnr_timer, rvt_rc_rnr_retry, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
}

/**
 * rvt_add_retry_timer_ext - start waiting for an acknowledgment
 * @qp: the queue pair; its timer is not pending
 * @shift: the time is 2^@shift times the usual
 *
 * InfiniBand Architecture Specification, volume 1, 9.7.6.1.3.
 *
 * Context: any, s_lock held.
 */
void rvt_add_retry_timer_ext(struct rvt_qp *qp, u8 shift)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);

	lockdep_assert_held(&qp->s_lock);

	qp->s_flags |= RVT_S_TIMER;
	/* Many connections share the work: with more of them, be patient. */
	mod_timer(&qp->s_timer, jiffies + READ_ONCE(rdi->busy_jiffies) +
				(qp->timeout_jiffies << shift));
}
EXPORT_SYMBOL(rvt_add_retry_timer_ext);

/**
 * rvt_add_rnr_timer - start waiting for the receiver to become ready
 * @qp: the queue pair
 * @aeth: what its peer said, or what loopback makes up: code in bits 28..24
 *
 * Context: any, s_lock held.
 */
void rvt_add_rnr_timer(struct rvt_qp *qp, u32 aeth)
{
	u32 usec = rvt_rnr_tbl_to_usec(aeth >> IB_AETH_CREDIT_SHIFT);

	lockdep_assert_held(&qp->s_lock);

	qp->s_flags |= RVT_S_WAIT_RNR;
	trace_rvt_rnrnak_add(qp, usec);
	hrtimer_start(&qp->s_rnr_timer, ns_to_ktime((u64)usec * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED);
}
EXPORT_SYMBOL(rvt_add_rnr_timer);

/**
 * rvt_stop_rnr_timer - the queue pair no longer waits for its receiver
 * @qp: the queue pair
 *
 * The timer may still expire; it finds the flag clear.
 *
 * Context: any, s_lock held.
 */
void rvt_stop_rnr_timer(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);

	if (qp->s_flags & RVT_S_WAIT_RNR) {
		qp->s_flags &= ~RVT_S_WAIT_RNR;
		trace_rvt_rnrnak_stop(qp, 0);
	}
}

/**
 * rvt_stop_rc_timers - the queue pair no longer waits for anything
 * @qp: the queue pair
 *
 * Context: any, s_lock held.  Does not wait for handlers.
 */
void rvt_stop_rc_timers(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);

	if (!(qp->s_flags & (RVT_S_TIMER | RVT_S_WAIT_RNR)))
		return;

	qp->s_flags &= ~RVT_S_TIMER;
	timer_delete(&qp->s_timer);
	rvt_stop_rnr_timer(qp);
	hrtimer_try_to_cancel(&qp->s_rnr_timer);
}
EXPORT_SYMBOL(rvt_stop_rc_timers);

/**
 * rvt_del_timers_sync - wait until no timer handler runs
 * @qp: the queue pair
 *
 * Nothing may start a timer any more.
 *
 * Context: process context, no queue pair lock held.
 */
void rvt_del_timers_sync(struct rvt_qp *qp)
{
	timer_delete_sync(&qp->s_timer);
	hrtimer_cancel(&qp->s_rnr_timer);
}
EXPORT_SYMBOL(rvt_del_timers_sync);

/**
 * rvt_rc_timeout - no acknowledgment came in time
 * @t: &rvt_qp.s_timer
 *
 * The driver counts the attempts and sends again, or gives up.
 *
 * Context: softirq.
 */
void rvt_rc_timeout(struct timer_list *t)
{
	struct rvt_qp *qp = timer_container_of(qp, t, s_timer);
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_lock);
	if ((qp->s_flags & RVT_S_TIMER) && !timer_pending(t)) {
		u32 psn = qp->s_last_psn + 1;

		qp->s_flags &= ~RVT_S_TIMER;
		rvt_to_iport(qp)->n_rc_timeouts++;
		trace_rvt_rc_timeout(qp, psn);
		rdi->driver_f.notify_restart_rc(qp, psn, 1);
		rdi->driver_f.schedule_send(qp);
	}
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, flags);
}

/**
 * rvt_rc_rnr_retry - the receiver should be ready now
 * @t: &rvt_qp.s_rnr_timer
 *
 * Context: hardirq.
 * Return: HRTIMER_NORESTART.
 */
enum hrtimer_restart rvt_rc_rnr_retry(struct hrtimer *t)
{
	struct rvt_qp *qp = container_of(t, struct rvt_qp, s_rnr_timer);
	unsigned long flags;

	spin_lock_irqsave(&qp->s_lock, flags);
	if ((qp->s_flags & RVT_S_WAIT_RNR) && !hrtimer_is_queued(t)) {
		trace_rvt_rnrnak_timeout(qp, 0);
		qp->s_flags &= ~RVT_S_WAIT_RNR;
		ib_to_rvt(qp->ibqp.device)->driver_f.schedule_send(qp);
	}
	spin_unlock_irqrestore(&qp->s_lock, flags);
	return HRTIMER_NORESTART;
}
EXPORT_SYMBOL(rvt_rc_rnr_retry);
