// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit congestion notification.
 *
 * A consumer asks for it by setting an ECN capable codepoint (ECT) in the low
 * bits of the traffic class of its path.  Routers then mark its packets where
 * they would soon have to drop them.
 *
 *	receiver	answers marked packets with a congestion notification
 *			packet (CNP), one in 50 us for each connection at most
 *	sender (RC)	halves its window of unacknowledged packets, once for
 *			what was on its way at that time, and lets it grow by
 *			one packet for each window that arrives
 *	reader (RC)	does the same when responses to its READs are marked:
 *			their PSNs are in its window, the responder has none
 *
 * That is what TCP does, and needs no timer.  It is fair to TCP and to itself,
 * while the rate based control of adapters (DCQCN) reacts faster.  Packets that
 * no window holds back are not slowed: those of UC, and the responses to one
 * READ, however long.
 *
 * Who sets no ECT gets no marks, and nothing of this happens.
 *
 * Locking: s_lock.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include "counters.h"
#include "device.h"
#include "ecn.h"
#include "net.h"
#include "qp.h"
#include "send.h"
#include "trace.h"
#include "wire.h"

#define CNP_INTERVAL_NS	(50 * NSEC_PER_USEC)
/* After the BTH. */
#define CNP_ZEROES	16
/* DSCP 48, network control, and ECN capable, as adapters have it. */
#define CNP_TCLASS	0xc2

/* Once for what is on its way now, however often its congestion is told. */
static void cut_window(struct rvt_qp *qp)
{
	struct rvt_roce_ecn *ecn = &to_rvt_roce_qp(qp)->ecn;

	lockdep_assert_held(&qp->s_lock);
	if (ecn->cut)
		return;
	ecn->window = rvt_roce_window_cut(ecn->window);
	ecn->grown = 0;
	ecn->cut_psn = qp->s_sending_hpsn;
	/* With nothing on its way the next notification is news. */
	ecn->cut = rvt_roce_psn_cmp(ecn->cut_psn, qp->s_last_psn) > 0;
	trace_rvt_roce_window_cut(qp, ecn->cut_psn, ecn->window);
}

void rvt_roce_ecn_marked(struct rvt_qp *qp, bool read)
{
	struct rvt_roce_ecn *ecn = &to_rvt_roce_qp(qp)->ecn;
	u64 now = ktime_get_ns();
	unsigned long flags;
	bool due;

	spin_lock_irqsave(&qp->s_lock, flags);
	if (read)
		cut_window(qp);
	due = !ecn->due && now - ecn->notified_ns >= CNP_INTERVAL_NS;
	if (due)
		ecn->due = true;
	spin_unlock_irqrestore(&qp->s_lock, flags);
	if (due)
		rvt_roce_send_kick(qp);
}

static void set_tclass(struct sk_buff *skb, bool ipv6)
{
	if (ipv6)
		ipv6_change_dsfield(ipv6_hdr(skb), 0, CNP_TCLASS);
	else
		ip_hdr(skb)->tos = CNP_TCLASS;
}

void rvt_roce_ecn_build(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_roce_bth *bth;
	struct sk_buff *skb;

	lockdep_assert_held(&qp->s_lock);
	if (likely(!priv->ecn.due) || !rvt_roce_qp_may(qp, RVT_PROCESS_RECV_OK))
		return;
	priv->ecn.due = false;
	priv->ecn.notified_ns = ktime_get_ns();
	/* Without memory there will be another mark. */
	skb = rvt_roce_alloc_skb(rvt_roce_qp_dev(qp), &priv->av,
				 RVT_ROCE_BTH_BYTES + CNP_ZEROES);
	if (!skb)
		return;
	set_tclass(skb, priv->av.ipv6);
	bth = skb_put(skb, RVT_ROCE_BTH_BYTES);
	rvt_roce_bth_init(bth, RVT_ROCE_OPCODE_CNP, 0, 0, qp->remote_qpn, 0,
			  false);
	bth->flags = 0;
	bth->qpn |= cpu_to_be32(RVT_ROCE_BTH_BECN);
	skb_put_zero(skb, CNP_ZEROES);
	__skb_queue_tail(&burst->list, skb);
	burst->room--;
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_SENT_CNP);
}

void rvt_roce_ecn_notified(struct rvt_qp *qp)
{
	unsigned long flags;

	spin_lock_irqsave(&qp->s_lock, flags);
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_RCVD_CNP);
	cut_window(qp);
	spin_unlock_irqrestore(&qp->s_lock, flags);
}

void rvt_roce_ecn_acked(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_ecn *ecn = &to_rvt_roce_qp(qp)->ecn;

	lockdep_assert_held(&qp->s_lock);
	if (ecn->cut && rvt_roce_psn_cmp(psn, ecn->cut_psn) >= 0)
		ecn->cut = false;
	rvt_roce_window_grow(ecn, rvt_roce_psn_diff(psn, qp->s_last_psn));
}

void rvt_roce_ecn_reset(struct rvt_qp *qp)
{
	struct rvt_roce_ecn *ecn = &to_rvt_roce_qp(qp)->ecn;

	memset(ecn, 0, sizeof(*ecn));
	ecn->window = RVT_ROCE_WINDOW;
}
