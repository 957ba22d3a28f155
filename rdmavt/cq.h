/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_CQ_H
#define RVT_CQ_H

#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_cq.h>
#include "event.h"

/**
 * struct rvt_moderated_cq - a completion queue, its moderation, its softirq and
 *	its events
 * @cq: the queue; its lock guards the moderation
 * @count: completions that wake the consumer, or 0
 * @period: microseconds after which it is woken, or 0
 * @held: completions since the consumer asked to be woken
 * @timer: runs for @period from the first of these
 * @tasklet: calls the consumer's handler, if no processor was picked for that
 * @dying: it calls no more; set once
 * @gave_way: it let packets go first; only the tasklet looks at it
 * @events: see overflow()
 */
struct rvt_moderated_cq {
	struct rvt_cq cq;
	u16 count;
	u16 period;
	u32 held;
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	bool dying;
	bool gave_way;
	struct rvt_events events;
};

int rvt_cq_init(void);
void rvt_cq_exit(void);
void rvt_cq_init_device(struct rvt_dev_info *rdi);

int rvt_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		  struct compat_create_cq_attrs *attrs);
int rvt_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata);
int rvt_req_notify_cq(struct ib_cq *ibcq, enum ib_cq_notify_flags flags);
int rvt_resize_cq(struct ib_cq *ibcq, int cqe, struct ib_udata *udata);
int rvt_modify_cq(struct ib_cq *ibcq, u16 count, u16 period);
int rvt_poll_cq(struct ib_cq *ibcq, int num_entries, struct ib_wc *entry);

#endif /* RVT_CQ_H */
