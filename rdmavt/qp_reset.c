// SPDX-License-Identifier: GPL-2.0
/*
 * Back to the reset state, and ready to be destroyed.
 *
 * A queue pair may be reset while it sends and receives at full speed.  From
 * the moment its state says RESET (under all three locks) every path that
 * takes one of the locks turns away.  What remains are those that decided
 * before, and they are waited for in this order:
 *
 *   receivers	found the queue pair in the hash table, under RCU: take it out
 *		and wait for a grace period.  The loopback engine, which runs
 *		inside one RCU read section, ends with them on both sides.
 *   senders	the driver's send engine: stop_send_queue.
 *   timers	their flags are clear, so a handler that still runs does
 *		nothing: rvt_del_timers_sync().
 *   hardware	what the driver has handed over already: quiesce_qp.
 *   flushing	of late receives, which ends with the state ERR.
 *   events	which all the others may have raised.
 *
 * After that the references on memory can be dropped and all starts afresh.
 */
#include <rdma/ib_pack.h>
#include "rdmavt.h"
#include "complete.h"
#include "qp.h"
#include "rq.h"

/* Of queue pairs, counted for rvt_qp_extra.life. */
static atomic64_t lives;

static void clear_send_refs(struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_hlock);

	while (qp->s_last != qp->s_head) {
		rvt_put_qp_swqe(qp, rvt_get_swqe_ptr(qp, qp->s_last));
		qp->s_last = rvt_qp_swqe_incr(qp, qp->s_last);
	}
	if (qp->s_rdma_mr) {
		rvt_put_mr(qp->s_rdma_mr);
		qp->s_rdma_mr = NULL;
	}
}

/* What READ requests and their responses hold. */
static void clear_ack_refs(struct rvt_qp *qp)
{
	unsigned int i, n = rvt_max_atomic(ib_to_rvt(qp->ibqp.device));

	if (!qp->s_ack_queue)
		return;
	for (i = 0; i < n; i++) {
		struct rvt_ack_entry *e = &qp->s_ack_queue[i];

		if (e->rdma_sge.mr) {
			rvt_put_mr(e->rdma_sge.mr);
			e->rdma_sge.mr = NULL;
		}
	}
}

/**
 * rvt_clear_mr_refs - drop the references that a queue pair holds on memory
 * @qp: the queue pair
 * @clr_sends: those of its send queue too
 *
 * Context: any; r_lock and s_lock held, and s_hlock for @clr_sends.
 */
void rvt_clear_mr_refs(struct rvt_qp *qp, int clr_sends)
{
	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);

	if (test_and_clear_bit(RVT_R_REWIND_SGE, &qp->r_aflags))
		rvt_put_ss(&qp->s_rdma_read_sge);
	rvt_put_ss(&qp->r_sge);
	clear_ack_refs(qp);
	if (clr_sends)
		clear_send_refs(qp);
}

static void init_send_side(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	qp->s_flags &= RVT_S_SIGNAL_REQ_WR;
	qp->s_wqe = NULL;
	qp->s_cur_sge = NULL;
	qp->s_len = 0;
	qp->s_hdrwords = 0;
	qp->s_draining = RVT_DRAINING_NOT;
	qp->s_nak_state = 0;
	qp->s_num_rd_atomic = 0;
	qp->s_mig_state = IB_MIG_MIGRATED;

	qp->s_psn = 0;
	qp->s_last_psn = 0;
	qp->s_next_psn = 0;
	qp->s_ack_psn = 0;
	qp->s_ack_rdma_psn = 0;
	qp->s_sending_hpsn = 0;
	qp->s_sending_psn = 0;
	qp->s_ssn = 1;
	qp->s_lsn = 0;

	qp->s_head = 0;
	qp->s_tail = 0;
	qp->s_cur = 0;
	qp->s_acked = 0;
	qp->s_last = 0;
	qp->s_avail = qp->s_size - 1 - rdi->dparms.reserved_operations;
	atomic_set(&qp->s_reserved_used, 0);
	atomic_set(&qp->local_ops_pending, 0);
}

static void init_receive_side(struct rvt_qp *qp)
{
	clear_bit(RVT_R_WRID_VALID, &qp->r_aflags);
	clear_bit(RVT_R_REWIND_SGE, &qp->r_aflags);
	qp->r_flags = 0;
	qp->r_nak_state = 0;
	qp->r_adefered = 0;
	qp->r_psn = 0;
	qp->r_ack_psn = 0;
	qp->r_msn = 0;
	qp->r_len = 0;
	qp->r_rcv_len = 0;

	qp->r_head_ack_queue = 0;
	qp->s_tail_ack_queue = 0;
	qp->s_acked_ack_queue = 0;
	qp->s_rdma_ack_cnt = 0;

	if (qp->r_rq.kwq)
		rvt_reset_rq(&qp->r_rq, qp->ip);
}

/**
 * rvt_init_qp - give a queue pair the values of the reset state
 * @rdi: its device
 * @qp: the queue pair; it holds no references
 * @type: its type
 *
 * Context: any; all three locks held, or nobody else knows @qp yet.
 */
void rvt_init_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		 enum ib_qp_type type)
{
	u8 idle = type == IB_QPT_RC ? IB_OPCODE_RC_SEND_LAST :
				      IB_OPCODE_UC_SEND_LAST;

	WRITE_ONCE(qp->state, IB_QPS_RESET);
	WRITE_ONCE(rvt_qp_extra(qp)->life, atomic64_inc_return(&lives));
	qp->remote_qpn = 0;
	qp->qkey = 0;
	qp->qp_access_flags = 0;
	init_send_side(rdi, qp);
	init_receive_side(qp);
	qp->s_state = idle;
	qp->r_state = idle;
	qp->s_ack_state = IB_OPCODE_RC_ACKNOWLEDGE;
}

/* From now on all who take a lock see the state and turn away. */
static void begin_reset(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	WRITE_ONCE(qp->state, IB_QPS_RESET);
	rdi->driver_f.flush_qp_waiters(qp);
	rvt_stop_rc_timers(qp);
	qp->s_flags &= ~(RVT_S_TIMER | RVT_S_ANY_WAIT);
}

/* Wait for those who have not. */
static void wait_for_actors(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	rvt_remove_qp(rdi, qp);
	rdi->driver_f.stop_send_queue(qp);
	rvt_del_timers_sync(qp);
	rdi->driver_f.quiesce_qp(qp);
	cancel_delayed_work_sync(&rvt_qp_extra(qp)->late_flush);
	rvt_events_finish(&rvt_qp_extra(qp)->events);
}

/**
 * rvt_reset_qp - stop a queue pair and put it into the reset state
 * @rdi: its device
 * @qp: the queue pair, in any state
 * @type: its type
 *
 * In the kernels that the seeds describe the caller held the locks; here this
 * function takes them, for it has to sleep in between.
 *
 * Context: may sleep; no queue pair lock held.  The caller keeps others from
 * modifying @qp.
 */
void rvt_reset_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		  enum ib_qp_type type)
{
	rvt_lock_qp(qp);
	if (qp->state != IB_QPS_RESET) {
		begin_reset(rdi, qp);
		rvt_unlock_qp(qp);
		wait_for_actors(rdi, qp);
		rvt_lock_qp(qp);
		rvt_clear_mr_refs(qp, 1);
		rdi->driver_f.notify_qp_reset(qp);
	}
	rvt_init_qp(rdi, qp, type);
	rvt_unlock_qp(qp);
}
