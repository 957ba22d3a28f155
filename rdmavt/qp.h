/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queue pairs: their life, their state, and the hash table that finds them.
 */
#ifndef RVT_QP_H
#define RVT_QP_H

#include <linux/workqueue.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>
#include "event.h"

/*
 * Posting a work request at a time is what a queue pair does most, so it
 * keeps the state's permissions in one table: see ib_rvt_state_ops.
 */
static inline bool rvt_qp_may(const struct rvt_qp *qp, int what)
{
	return ib_rvt_state_ops[READ_ONCE(qp->state)] & what;
}

/*
 * A change of state, or of attributes, is made under all three locks, in this
 * order.  Who holds one of them sees a steady state, but for ERR and SQE, which
 * may come without s_hlock.
 */
static inline void rvt_lock_qp(struct rvt_qp *qp)
	__acquires(&qp->r_lock)
	__acquires(&qp->s_hlock)
	__acquires(&qp->s_lock)
{
	spin_lock_irq(&qp->r_lock);
	spin_lock(&qp->s_hlock);
	spin_lock(&qp->s_lock);
}

static inline void rvt_unlock_qp(struct rvt_qp *qp)
	__releases(&qp->s_lock)
	__releases(&qp->s_hlock)
	__releases(&qp->r_lock)
{
	spin_unlock(&qp->s_lock);
	spin_unlock(&qp->s_hlock);
	spin_unlock_irq(&qp->r_lock);
}

/**
 * struct rvt_qp_extra - what the kernel's struct rvt_qp has no room for
 * @inline_data: of the work requests that a process is posting, one behind the
 *	other, less what was taken already; s_hlock guards both
 * @inline_left: bytes at @inline_data
 * @life: a number that no other queue pair has, nor this one after a reset
 * @qp: the queue pair
 * @events: see rvt_qp_event()
 * @late_flush: see rvt_late_flush()
 * @late_delay: until it runs again, in jiffies; r_lock
 *
 * Lies in front of the send ring, in the same memory.
 */
struct rvt_qp_extra {
	const u8 *inline_data;
	size_t inline_left;
	u64 life;
	struct rvt_qp *qp;
	struct rvt_events events;
	struct delayed_work late_flush;
	unsigned long late_delay;
} __aligned(sizeof(u64));

static inline struct rvt_qp_extra *rvt_qp_extra(const struct rvt_qp *qp)
{
	return (struct rvt_qp_extra *)qp->s_wq - 1;
}

/*
 * Inline data lie in their slot, behind the one element that points to them,
 * in place of other elements.
 */
#define RVT_INLINE_PER_SGE	((u32)sizeof(struct rvt_sge))

/**
 * rvt_max_inline - how much inline data a work request can have
 * @max_sge: how many elements its slot has room for
 *
 * Return: bytes.
 */
static inline u32 rvt_max_inline(u32 max_sge)
{
	return max_sge ? (max_sge - 1) * RVT_INLINE_PER_SGE : 0;
}

/* qp.c */
int rvt_driver_qp_init(struct rvt_dev_info *rdi);
void rvt_qp_exit(struct rvt_dev_info *rdi);
unsigned int rvt_free_all_qps(struct rvt_dev_info *rdi);
int rvt_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *init_attr,
		  struct ib_udata *udata);
int rvt_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata);
int rvt_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int attr_mask,
		 struct ib_qp_init_attr *init_attr);
void rvt_insert_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp);
void rvt_remove_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp);

/* qp_state.c */
int rvt_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int attr_mask,
		  struct ib_udata *udata);

/* qp_reset.c */
void rvt_init_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		 enum ib_qp_type type);
void rvt_reset_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		  enum ib_qp_type type);
void rvt_clear_mr_refs(struct rvt_qp *qp, int clr_sends);

/* qp_error.c */
void rvt_qp_tell(struct rvt_events *events, enum ib_event_type type);
void rvt_late_flush(struct work_struct *work);
bool rvt_swqe_has_lkey(struct rvt_swqe *wqe, u32 lkey);
bool rvt_qp_sends_has_lkey(struct rvt_qp *qp, u32 lkey);
bool rvt_qp_acks_has_lkey(struct rvt_qp *qp, u32 lkey);

#endif /* RVT_QP_H */
