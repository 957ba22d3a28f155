// SPDX-License-Identifier: GPL-2.0
/*
 * The two timers of an RC requester.
 *
 * The retry timer runs while an acknowledgment is due.  It is coarse: a jiffy
 * timer, which is what a timeout of 4.096 us times a power of two that is
 * rarely below some milliseconds needs, and cheap to move with every
 * acknowledgment.  The RNR timer holds the requester back for the time that a
 * responder without receive work requests asked for, which may be ten
 * microseconds: a high resolution timer.
 *
 * Which of them runs is told by RVT_S_TIMER and RVT_S_WAIT_RNR in s_flags,
 * guarded by the s_lock like the timers themselves.  A handler that finds its
 * flag gone does nothing, so stopping a timer need not wait for its handler.
 * Only who frees the queue pair, or reuses it, has to: rvt_del_timers_sync().
 *
 * InfiniBand Architecture Specification, volume 1: 9.7.6 (timeouts), 9.7.5.2.8
 * (RNR NAK).
 */
/* Export checksum group: full. */
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

/* Microseconds by RNR code. */
static const u32 rnr_usec[] = {
	655360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960,
	1280, 1920, 2560, 3840, 5120, 7680, 10240, 15360, 20480, 30720, 40960,
	61440, 81920, 122880, 163840, 245760, 327680, 491520,
};

/**
 * rvt_rnr_tbl_to_usec - how long an RNR code means to wait
 * @index: the code; bits above the lower five do not count
 *
 * Context: any.
 *
 * Return: microseconds.
 */
unsigned long rvt_rnr_tbl_to_usec(u32 index)
{
	return rnr_usec[index & IB_AETH_CREDIT_MASK];
}
EXPORT_SYMBOL(rvt_rnr_tbl_to_usec);

/**
 * rvt_add_retry_timer_ext - expect an acknowledgment
 * @qp: the requester
 * @shift: the timeout is multiplied by this power of two
 *
 * Context: any; the caller holds the s_lock, and the timer is not running.
 */
void rvt_add_retry_timer_ext(struct rvt_qp *qp, u8 shift)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);

	lockdep_assert_held(&qp->s_lock);
	qp->s_flags |= RVT_S_TIMER;
	mod_timer(&qp->s_timer, jiffies + rdi->busy_jiffies +
				(qp->timeout_jiffies << shift));
}
EXPORT_SYMBOL(rvt_add_retry_timer_ext);

/**
 * rvt_add_rnr_timer - hold a requester back after an RNR NAK
 * @qp: the requester
 * @aeth: the header of the NAK in host order, which says for how long
 *
 * Context: any; the caller holds the s_lock.
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
 * rvt_stop_rnr_timer - no longer hold a requester back
 * @qp: the requester
 *
 * Context: any; the caller holds the s_lock. Does not wait for the handler,
 * which does nothing once the flag is gone.
 */
void rvt_stop_rnr_timer(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);
	if (!(qp->s_flags & RVT_S_WAIT_RNR))
		return;
	qp->s_flags &= ~RVT_S_WAIT_RNR;
	trace_rvt_rnrnak_stop(qp, 0);
	hrtimer_try_to_cancel(&qp->s_rnr_timer);
}

/**
 * rvt_stop_rc_timers - stop both timers
 * @qp: the requester
 *
 * Context: any; the caller holds the s_lock. Does not wait for the handlers.
 */
void rvt_stop_rc_timers(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);
	if (qp->s_flags & RVT_S_TIMER) {
		qp->s_flags &= ~RVT_S_TIMER;
		timer_delete(&qp->s_timer);
	}
	rvt_stop_rnr_timer(qp);
}
EXPORT_SYMBOL(rvt_stop_rc_timers);

/**
 * rvt_del_timers_sync - stop both timers and wait for their handlers
 * @qp: the requester
 *
 * Afterwards no handler runs, or will unless somebody starts a timer again;
 * the caller sees to that, by a state in which nothing is sent.
 *
 * Context: process; may sleep. No lock of the queue pair is held.
 */
void rvt_del_timers_sync(struct rvt_qp *qp)
{
	timer_delete_sync(&qp->s_timer);
	hrtimer_cancel(&qp->s_rnr_timer);
}
EXPORT_SYMBOL(rvt_del_timers_sync);

/* No acknowledgment came in time: the driver counts and sends again. */
static void rvt_rc_timeout(struct timer_list *t)
{
	struct rvt_qp *qp = timer_container_of(qp, t, s_timer);
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	unsigned long irqs;
	u32 oldest;

	spin_lock_irqsave(&qp->r_lock, irqs);
	spin_lock(&qp->s_lock);
	if (!(qp->s_flags & RVT_S_TIMER))
		goto unlock;

	qp->s_flags &= ~RVT_S_TIMER;
	rvt_to_iport(qp)->n_rc_timeouts++;
	oldest = qp->s_last_psn + 1;
	trace_rvt_rc_timeout(qp, oldest);
	rdi->driver_f.notify_restart_rc(qp, oldest, 1);
	rdi->driver_f.schedule_send(qp);
unlock:
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, irqs);
}

/**
 * rvt_rc_rnr_retry - the RNR timer's handler: let the requester go on
 * @t: the timer, in the queue pair
 *
 * Context: hard interrupt. Takes the s_lock.
 *
 * Return: HRTIMER_NORESTART.
 */
enum hrtimer_restart rvt_rc_rnr_retry(struct hrtimer *t)
{
	struct rvt_qp *qp = container_of(t, struct rvt_qp, s_rnr_timer);
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	unsigned long irqs;

	spin_lock_irqsave(&qp->s_lock, irqs);
	if (!(qp->s_flags & RVT_S_WAIT_RNR))
		goto unlock;

	qp->s_flags &= ~RVT_S_WAIT_RNR;
	trace_rvt_rnrnak_timeout(qp, 0);
	rdi->driver_f.schedule_send(qp);
unlock:
	spin_unlock_irqrestore(&qp->s_lock, irqs);
	return HRTIMER_NORESTART;
}
EXPORT_SYMBOL(rvt_rc_rnr_retry);

/**
 * rvt_init_timers - make the timers of a new queue pair
 * @qp: the queue pair
 *
 * Context: any.
 */
void rvt_init_timers(struct rvt_qp *qp)
{
	timer_setup(&qp->s_timer, rvt_rc_timeout, 0);
	hrtimer_setup(&qp->s_rnr_timer, rvt_rc_rnr_retry, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
}
