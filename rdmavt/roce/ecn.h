/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Explicit congestion notification (specification 1.10).
 */
#ifndef RVT_ROCE_ECN_H
#define RVT_ROCE_ECN_H

#include <linux/minmax.h>
#include <linux/types.h>
#include <rdma/rdmavt_qp.h>

struct rvt_roce_burst;

/*
 * Packets sent and not acknowledged, if the network has room for them.  A queue
 * of the host's own interfaces (netdev_max_backlog is 1000 packets) takes a few
 * of these windows.
 */
#define RVT_ROCE_WINDOW		128
/* However bad it is; fewer than two would wait for a delayed ACK each. */
#define RVT_ROCE_WINDOW_MIN	2

/**
 * struct rvt_roce_ecn - congestion state of a connection, guarded by s_lock
 * @notified_ns: when the last notification was sent to the peer
 * @cut_psn: last packet sent before @window was cut
 * @window: PSNs that may be on their way
 * @grown: PSNs acknowledged since @window grew last
 * @due: a notification is to be sent
 * @cut: @cut_psn is valid: notifications are about packets up to it
 */
struct rvt_roce_ecn {
	u64 notified_ns;
	u32 cut_psn;
	u16 window;
	u16 grown;
	bool due;
	bool cut;
};

/**
 * rvt_roce_window_cut() - a window after a notification
 * @window: before
 *
 * Return: half of it, but never less than the minimum.
 */
static inline u16 rvt_roce_window_cut(u16 window)
{
	return max(window / 2, RVT_ROCE_WINDOW_MIN);
}

/**
 * rvt_roce_window_grow() - something was acknowledged without a notification
 * @ecn: its window grows by one for each full window that arrives
 * @acked: PSNs
 */
static inline void rvt_roce_window_grow(struct rvt_roce_ecn *ecn, u32 acked)
{
	if (likely(ecn->window >= RVT_ROCE_WINDOW))
		return;
	ecn->grown += min_t(u32, acked, RVT_ROCE_WINDOW);
	if (ecn->grown >= ecn->window) {
		ecn->grown = 0;
		ecn->window++;
	}
}

/**
 * rvt_roce_ecn_marked() - the network marked a packet on its way here
 * @qp: RC or UC queue pair that the packet is for
 * @read: it is a response to a READ
 *
 * Context: softirq, RCU read side, no queue pair lock.
 */
void rvt_roce_ecn_marked(struct rvt_qp *qp, bool read);

/**
 * rvt_roce_ecn_notified() - the peer says that our packets arrive marked
 * @qp: RC or UC queue pair
 *
 * Context: softirq, no queue pair lock.
 */
void rvt_roce_ecn_notified(struct rvt_qp *qp);

/**
 * rvt_roce_ecn_acked() - packets have arrived
 * @qp: RC queue pair; s_last_psn is still that of the last acknowledgment
 * @psn: newly acknowledged, with all before it
 *
 * Context: s_lock held.
 */
void rvt_roce_ecn_acked(struct rvt_qp *qp, u32 psn);

/**
 * rvt_roce_ecn_build() - build the notification that is due
 * @qp: RC or UC queue pair
 * @burst: where to
 *
 * Context: s_lock held, by the engine that has set RVT_S_BUSY.
 */
void rvt_roce_ecn_build(struct rvt_qp *qp, struct rvt_roce_burst *burst);

/**
 * rvt_roce_ecn_reset() - as if there had never been congestion
 * @qp: queue pair
 *
 * Context: s_lock held, or nobody else knows @qp.
 */
void rvt_roce_ecn_reset(struct rvt_qp *qp);

#endif /* RVT_ROCE_ECN_H */
