// SPDX-License-Identifier: GPL-2.0
/*
 * The ACK extended transport header: message sequence number and end-to-end
 * credits.
 *
 * A responder with a receive queue of its own tells the requester with every
 * acknowledgment how many receives are posted, in a code of five bits.  With
 * a shared receive queue nobody can say how many of them will be left, so the
 * code for "no credit information" is sent, which lifts the limit for good.
 *
 * InfiniBand Architecture Specification, volume 1, section 9.7.7.2.
 */
/* Export checksum group: plain. */
#include "rdmavt.h"
#include "aeth.h"
#include "rq.h"

/* Credits by code; the codes are the indices. */
static const u16 aeth_credits[] = {
	0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384,
	512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384,
	24576, 32768,
};

/**
 * rvt_aeth_credit_code - the code for a number of posted receives
 * @credits: how many are posted
 *
 * Return: the largest code that promises no more than @credits.
 */
u32 rvt_aeth_credit_code(u32 credits)
{
	u32 low = 0, high = ARRAY_SIZE(aeth_credits) - 1;

	while (low < high) {
		u32 middle = (low + high + 1) / 2;

		if (aeth_credits[middle] <= credits)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* The cached count is good enough: a low estimate costs no correctness. */
static u32 posted_receives(struct rvt_qp *qp)
{
	u32 count = READ_ONCE(qp->r_rq.kwq->count);

	return count ?: rvt_rq_pending(&qp->r_rq, qp->ip);
}

/**
 * rvt_compute_aeth - the header to put into an acknowledgment
 * @qp: the responder
 *
 * Context: any; no lock is needed, the credit count is approximate.
 *
 * Return: MSN and the syndrome of a positive acknowledgment, as on the wire.
 */
__be32 rvt_compute_aeth(struct rvt_qp *qp)
{
	u32 code = IB_AETH_CREDIT_INVAL;

	if (!qp->ibqp.srq)
		code = rvt_aeth_credit_code(posted_receives(qp));
	return cpu_to_be32((qp->r_msn & IB_MSN_MASK) |
			   code << IB_AETH_CREDIT_SHIFT);
}
EXPORT_SYMBOL(rvt_compute_aeth);

/* Let a requester that waited for credit go on. */
static void credit_arrived(struct rvt_qp *qp)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);

	if (!(qp->s_flags & RVT_S_WAIT_SSN_CREDIT))
		return;
	qp->s_flags &= ~RVT_S_WAIT_SSN_CREDIT;
	rdi->driver_f.schedule_send(qp);
}

/**
 * rvt_get_credit - take the credits that an acknowledgment brings
 * @qp: the requester
 * @aeth: the header, in host order
 *
 * Context: any; the caller holds the s_lock.
 */
void rvt_get_credit(struct rvt_qp *qp, u32 aeth)
{
	u32 code = (aeth >> IB_AETH_CREDIT_SHIFT) & IB_AETH_CREDIT_MASK;
	u32 limit;

	lockdep_assert_held(&qp->s_lock);
	if (code == IB_AETH_CREDIT_INVAL) {
		if (qp->s_flags & RVT_S_UNLIMITED_CREDIT)
			return;
		qp->s_flags |= RVT_S_UNLIMITED_CREDIT;
		credit_arrived(qp);
		return;
	}
	if (qp->s_flags & RVT_S_UNLIMITED_CREDIT)
		return;

	limit = (aeth + aeth_credits[code]) & IB_MSN_MASK;
	if (rvt_cmp_msn(limit, qp->s_lsn) <= 0)
		return;
	qp->s_lsn = limit;
	credit_arrived(qp);
}
EXPORT_SYMBOL(rvt_get_credit);
