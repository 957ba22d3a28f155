// SPDX-License-Identifier: GPL-2.0
/* interim */
#include <linux/interrupt.h>
#include "device.h"
#include "qp.h"
#include "send.h"
#include "ud.h"

#define SEND_BUDGET	16

static bool begin(struct rvt_qp *qp)
{
	if (qp->s_flags & (RVT_S_BUSY | RVT_S_ANY_WAIT) ||
	    !(ib_rvt_state_ops[qp->state] & RVT_PROCESS_OR_FLUSH_SEND))
		return false;
	qp->s_flags |= RVT_S_BUSY;
	return true;
}

static struct rvt_swqe *next_wqe(struct rvt_qp *qp)
{
	while (qp->s_last != READ_ONCE(qp->s_head)) {
		struct rvt_swqe *wqe;

		smp_rmb();
		wqe = rvt_get_swqe_ptr(qp, qp->s_last);
		if (ib_rvt_state_ops[qp->state] & RVT_PROCESS_NEXT_SEND_OK)
			return wqe;
		if (!(ib_rvt_state_ops[qp->state] & RVT_FLUSH_SEND))
			return NULL;
		rvt_send_complete(qp, wqe, IB_WC_WR_FLUSH_ERR);
	}
	return NULL;
}

static void run_ud(struct rvt_qp *qp)
{
	struct rvt_roce_dev *dev = rvt_roce_qp_dev(qp);
	int budget = SEND_BUDGET;
	struct rvt_swqe *wqe;
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_lock);
	if (!begin(qp))
		goto unlock;
	while ((wqe = next_wqe(qp)) && budget--) {
		enum ib_wc_status status;

		spin_unlock(&qp->s_lock);
		spin_unlock_irqrestore(&qp->r_lock, flags);
		status = rvt_roce_ud_send(dev, qp, wqe);
		spin_lock_irqsave(&qp->r_lock, flags);
		spin_lock(&qp->s_lock);
		rvt_send_complete(qp, wqe, status);
	}
	qp->s_flags &= ~RVT_S_BUSY;
	if (wqe)
		rvt_roce_schedule_send(qp);
unlock:
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, flags);
}

static void run(struct rvt_qp *qp)
{
	if (qp->allowed_ops == IB_OPCODE_UD)
		run_ud(qp);
	else
		rvt_ruc_loopback(qp);
}

void rvt_roce_send_work(struct work_struct *work)
{
	struct rvt_roce_qp *priv = container_of(work, struct rvt_roce_qp, work);

	run(priv->qp);
	rvt_put_qp(priv->qp);
}

void rvt_roce_send_resume(struct rvt_qp *qp)
{
	rvt_roce_schedule_send_no_lock(qp);
}

bool rvt_roce_schedule_send_no_lock(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = to_rvt_roce_qp(qp);
	bool queued;

	rvt_get_qp(qp);
	queued = queue_work(rvt_roce_qp_dev(qp)->wq, &priv->work);
	if (!queued)
		rvt_put_qp(qp);
	return queued;
}

bool rvt_roce_schedule_send(struct rvt_qp *qp)
{
	return rvt_roce_schedule_send_no_lock(qp);
}

void rvt_roce_do_send(struct rvt_qp *qp)
{
	if (irqs_disabled() || in_hardirq())
		rvt_roce_schedule_send_no_lock(qp);
	else
		run(qp);
}

void rvt_roce_rc_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
}

void rvt_roce_uc_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
}
