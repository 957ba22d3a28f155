// SPDX-License-Identifier: GPL-2.0
/*
 * The error state.
 *
 * A queue pair enters it because its owner says so or because something went
 * wrong, from any context that holds r_lock and s_lock.  Then
 *
 *  - receives are completed as flushed: first the one that a message was using,
 *    with the reason, then those in its own ring, the first of them at once and
 *    what is left by a work item (those of a shared receive queue stay; its owner
 *    is told that no more will be taken);
 *  - sends are completed as flushed by the driver's engine, which is the only
 *    one who knows which of them it is working on;
 *  - what is posted from now on goes the same ways, so that a consumer who
 *    posts a last request and waits for its completion has seen all others.
 *
 * A process that maps its receive ring posts without telling us.  So as long as
 * its queue pair is in error the work item looks into the ring, often at first
 * and less and less often when nothing is found.
 *
 * Export checksums: group "full", see rdmavt.h.
 */
#include <linux/pci.h>
#include <linux/tracepoint.h>
#include <rdma/uverbs_ioctl.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "complete.h"
#include "qp.h"
#include "rq.h"
#include "trace_qp.h"

/**
 * rvt_qp_tell - call the consumer of a queue pair
 * @events: rvt_qp_extra.events
 * @type: what happened
 *
 * Context: a work item.
 */
void rvt_qp_tell(struct rvt_events *events, enum ib_event_type type)
{
	struct rvt_qp *qp = container_of(events, struct rvt_qp_extra,
					 events)->qp;
	struct ib_event event = {
		.device = qp->ibqp.device,
		.element.qp = &qp->ibqp,
		.event = type,
	};

	qp->ibqp.event_handler(&event, qp->ibqp.qp_context);
}

/**
 * rvt_qp_event - tell the consumer of a queue pair that something happened
 * @qp: the queue pair, which is not in RESET
 * @type: what
 *
 * The consumer hears of it a little later, from a work item.
 *
 * Context: any; locks of the queue pair may be held.
 */
void rvt_qp_event(struct rvt_qp *qp, enum ib_event_type type)
{
	trace_rvt_qp_event(qp, type);
	/* Queue pairs of the kernel's own consumers often have no handler. */
	if (qp->ibqp.event_handler)
		rvt_events_raise(&rvt_qp_extra(qp)->events, type);
}
EXPORT_SYMBOL_GPL(rvt_qp_event);

/* The receive that a message was using when things went wrong. */
static void complete_current_receive(struct rvt_qp *qp, enum ib_wc_status err)
{
	struct ib_wc wc = {
		.wr_id = qp->r_wr_id,
		.status = err,
		.opcode = IB_WC_RECV,
		.qp = &qp->ibqp,
	};

	/* If it overflows, that has been reported; the state can't get worse. */
	rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), &wc, true);
}

/* Nothing holds the send engine back from flushing. */
static void stop_waiting(struct rvt_qp *qp)
{
	if (qp->s_flags & (RVT_S_TIMER | RVT_S_WAIT_RNR)) {
		qp->s_flags &= ~(RVT_S_TIMER | RVT_S_WAIT_RNR);
		timer_delete(&qp->s_timer);
	}
	qp->s_flags &= ~RVT_S_ANY_WAIT_SEND;
}

#define LATE_DELAY_MIN	msecs_to_jiffies(10)
#define LATE_DELAY_MAX	((unsigned long)HZ)

/* Flush some receives, and see to it that the others have their turn. */
static void flush_receives(struct rvt_qp *qp)
{
	struct rvt_qp_extra *extra = rvt_qp_extra(qp);
	u32 n = rvt_flush_rq(qp);

	if (n == RVT_FLUSH_BATCH)
		extra->late_delay = 0;
	else if (!qp->ip)
		return;
	else if (n)
		extra->late_delay = LATE_DELAY_MIN;
	else
		extra->late_delay = clamp(2 * extra->late_delay,
					  LATE_DELAY_MIN, LATE_DELAY_MAX);
	rvt_event_delay(&extra->late_flush, extra->late_delay);
}

/**
 * rvt_late_flush - flush receives that were too many to be flushed at once, or
 *	that a process has put into its ring since
 * @work: rvt_qp_extra.late_flush
 *
 * Context: may sleep.
 */
void rvt_late_flush(struct work_struct *work)
{
	struct rvt_qp_extra *extra = container_of(work, struct rvt_qp_extra,
						  late_flush.work);
	struct rvt_qp *qp = extra->qp;

	spin_lock_irq(&qp->r_lock);
	if (qp->state == IB_QPS_ERR)
		flush_receives(qp);
	spin_unlock_irq(&qp->r_lock);
}

/**
 * rvt_error_qp - put a queue pair into the error state
 * @qp: the queue pair
 * @err: what to tell of the receive that a message is using
 *
 * Does nothing in the error and reset states.
 *
 * InfiniBand Architecture Specification, volume 1, 10.3.1.
 *
 * Context: any, r_lock and s_lock held, interrupts off.
 * Return: 1 if the caller is to raise IB_EVENT_QP_LAST_WQE_REACHED, 0 otherwise.
 */
int rvt_error_qp(struct rvt_qp *qp, enum ib_wc_status err)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);

	if (qp->state == IB_QPS_ERR || qp->state == IB_QPS_RESET)
		return 0;

	trace_rvt_qp_error(qp, err);
	WRITE_ONCE(qp->state, IB_QPS_ERR);
	stop_waiting(qp);
	rdi->driver_f.notify_error_qp(qp);
	if (qp->s_last != READ_ONCE(qp->s_head))
		rdi->driver_f.schedule_send(qp);

	rvt_clear_mr_refs(qp, 0);
	if (test_and_clear_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		complete_current_receive(qp, err);

	if (!qp->ibqp.srq) {
		rvt_qp_extra(qp)->late_delay = 0;
		flush_receives(qp);
		return 0;
	}
	return !!qp->ibqp.event_handler;
}
EXPORT_SYMBOL(rvt_error_qp);

/**
 * rvt_rc_error - the responder met an error
 * @qp: the queue pair
 * @err: what to tell of the receive that a message is using
 *
 * Context: any, r_lock held, interrupts off.
 */
void rvt_rc_error(struct rvt_qp *qp, enum ib_wc_status err)
{
	spin_lock(&qp->s_lock);
	rvt_fail_qp(qp, err);
	spin_unlock(&qp->s_lock);
}
EXPORT_SYMBOL(rvt_rc_error);

/**
 * rvt_fail_qp - put a queue pair into the error state, with the event
 * @qp: the queue pair
 * @err: what to tell of the receive that a message is using
 *
 * Context: any, r_lock and s_lock held, interrupts off.
 */
void rvt_fail_qp(struct rvt_qp *qp, enum ib_wc_status err)
{
	if (rvt_error_qp(qp, err))
		rvt_qp_event(qp, IB_EVENT_QP_LAST_WQE_REACHED);
}
EXPORT_SYMBOL_GPL(rvt_fail_qp);

/**
 * rvt_send_error - a send work request has just been completed in error
 * @qp: the queue pair
 *
 * A connection that promised to deliver is broken.  Without that promise only
 * the send queue stops: what is in it is flushed, and messages still come in,
 * until the consumer sets it going again (SQE to RTS).
 *
 * InfiniBand Architecture Specification, volume 1, 10.3.1.
 *
 * Context: any, r_lock and s_lock held, interrupts off.
 */
void rvt_send_error(struct rvt_qp *qp)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);

	if (qp->ibqp.qp_type == IB_QPT_RC) {
		rvt_fail_qp(qp, IB_WC_WR_FLUSH_ERR);
	} else if (rvt_qp_may(qp, RVT_PROCESS_SEND_OK)) {
		trace_rvt_qp_send_error(qp);
		WRITE_ONCE(qp->state, IB_QPS_SQE);
		qp->s_draining = RVT_DRAINING_NOT;
		stop_waiting(qp);
		if (qp->s_last != READ_ONCE(qp->s_head))
			rdi->driver_f.schedule_send(qp);
	}
}
EXPORT_SYMBOL_GPL(rvt_send_error);

/**
 * rvt_comm_est - a message came in before the connection was confirmed
 * @qp: the queue pair
 *
 * Its owner may take that for the confirmation.
 *
 * Context: any, r_lock held.
 */
void rvt_comm_est(struct rvt_qp *qp)
{
	qp->r_flags |= RVT_R_COMM_EST;
	rvt_qp_event(qp, IB_EVENT_COMM_EST);
}
EXPORT_SYMBOL(rvt_comm_est);

/**
 * rvt_swqe_has_lkey - does a send work request use a memory region?
 * @wqe: its slot, between s_last and s_head
 * @lkey: key of the region
 *
 * Context: any, the queue pair's s_lock held.
 */
bool rvt_swqe_has_lkey(struct rvt_swqe *wqe, u32 lkey)
{
	int i;

	for (i = 0; i < wqe->wr.num_sge; i++)
		if (rvt_mr_has_lkey(wqe->sg_list[i].mr, lkey))
			return true;
	return false;
}

/**
 * rvt_qp_sends_has_lkey - does a queue pair's send side use a memory region?
 * @qp: the queue pair
 * @lkey: key of the region
 *
 * Context: any, all three locks held.
 */
bool rvt_qp_sends_has_lkey(struct rvt_qp *qp, u32 lkey)
{
	u32 i;

	lockdep_assert_held(&qp->s_hlock);
	lockdep_assert_held(&qp->s_lock);

	for (i = qp->s_last; i != qp->s_head; i = rvt_qp_swqe_incr(qp, i))
		if (rvt_swqe_has_lkey(rvt_get_swqe_ptr(qp, i), lkey))
			return true;
	return qp->s_rdma_mr && rvt_mr_has_lkey(qp->s_rdma_mr, lkey);
}

/**
 * rvt_qp_acks_has_lkey - do READ responses under way use a memory region?
 * @qp: the queue pair
 * @lkey: key of the region
 *
 * Context: any, r_lock held.
 */
bool rvt_qp_acks_has_lkey(struct rvt_qp *qp, u32 lkey)
{
	unsigned int i, n = rvt_max_atomic(ib_to_rvt(qp->ibqp.device));

	lockdep_assert_held(&qp->r_lock);

	if (!qp->s_ack_queue)
		return false;
	for (i = 0; i < n; i++) {
		struct rvt_mregion *mr = qp->s_ack_queue[i].rdma_sge.mr;

		if (mr && rvt_mr_has_lkey(mr, lkey))
			return true;
	}
	return false;
}

/**
 * rvt_qp_mr_clean - take a memory region away from a queue pair
 * @qp: the queue pair
 * @lkey: key of the region, which nobody can look up any more
 *
 * A queue pair that still uses it goes into error, and gives it back when its
 * queues have been flushed.
 *
 * Context: process context, no queue pair lock held.
 */
void rvt_qp_mr_clean(struct rvt_qp *qp, u32 lkey)
{
	if (qp->ibqp.qp_type == IB_QPT_SMI || qp->ibqp.qp_type == IB_QPT_GSI)
		return;

	rvt_lock_qp(qp);
	if (qp->state != IB_QPS_ERR && qp->state != IB_QPS_RESET &&
	    (rvt_ss_has_lkey(&qp->r_sge, lkey) ||
	     rvt_qp_sends_has_lkey(qp, lkey) ||
	     rvt_qp_acks_has_lkey(qp, lkey)))
		rvt_fail_qp(qp, IB_WC_LOC_PROT_ERR);
	rvt_unlock_qp(qp);
}
