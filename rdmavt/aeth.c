// SPDX-License-Identifier: GPL-2.0
/*
 * End-to-end credits, carried by the acknowledge extended transport header.
 *
 * The responder says how many receives it has posted, rounded down to one of
 * 31 codes, next to the number of messages it has completed (MSN).  Both
 * together tell the requester how far it may go with requests that consume a
 * receive, its limit sequence number (LSN).  The 32nd code is for responders
 * that do not count: one with a shared receive queue cannot.
 *
 * Export checksums: group "plain", see rdmavt.h.
 */
#include <linux/module.h>
#include "rdmavt.h"
#include "rq.h"

static const u16 credits[] = {
	0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384,
	512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384,
	24576, 32768,
};

static_assert(ARRAY_SIZE(credits) == IB_AETH_CREDIT_INVAL);

/* The largest code that does not promise more than @count receives. */
static u32 credit_code(u32 count)
{
	u32 code = 0, beyond = ARRAY_SIZE(credits);

	/* code promises enough or less, beyond too much */
	while (beyond - code > 1) {
		u32 middle = (code + beyond) / 2;

		if (credits[middle] <= count)
			code = middle;
		else
			beyond = middle;
	}
	return code;
}

/**
 * rvt_compute_aeth - build the header of an acknowledgement
 * @qp: the responder
 *
 * See par. 14 of the specification.
 *
 * Context: any; r_msn is the caller's to keep steady.
 * Return: message sequence number and credit code.
 */
__be32 rvt_compute_aeth(struct rvt_qp *qp)
{
	u32 code = IB_AETH_CREDIT_INVAL;
	u32 count;

	if (!qp->ibqp.srq) {
		/* The cached count lags behind, so it is safe to promise. */
		count = READ_ONCE(qp->r_rq.kwq->count);
		if (!count)
			count = rvt_rq_pending(&qp->r_rq, qp->ip);
		code = credit_code(count);
	}
	return cpu_to_be32((qp->r_msn & IB_MSN_MASK) |
			   code << IB_AETH_CREDIT_SHIFT);
}
EXPORT_SYMBOL(rvt_compute_aeth);

/**
 * rvt_get_credit - take over the credits of an acknowledgement
 * @qp: the requester
 * @aeth: the header, in host byte order
 *
 * See par. 14 of the specification.
 *
 * Context: any, s_lock held.
 */
void rvt_get_credit(struct rvt_qp *qp, u32 aeth)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	u32 code = (aeth >> IB_AETH_CREDIT_SHIFT) & IB_AETH_CREDIT_MASK;
	u32 limit;

	lockdep_assert_held(&qp->s_lock);

	if (qp->s_flags & RVT_S_UNLIMITED_CREDIT)
		return;

	if (code == IB_AETH_CREDIT_INVAL) {
		qp->s_flags |= RVT_S_UNLIMITED_CREDIT;
	} else {
		limit = (aeth + credits[code]) & IB_MSN_MASK;
		if (rvt_cmp_msn(limit, qp->s_lsn) <= 0)
			return;
		qp->s_lsn = limit;
	}

	if (qp->s_flags & RVT_S_WAIT_SSN_CREDIT) {
		qp->s_flags &= ~RVT_S_WAIT_SSN_CREDIT;
		rdi->driver_f.schedule_send(qp);
	}
}
EXPORT_SYMBOL(rvt_get_credit);
