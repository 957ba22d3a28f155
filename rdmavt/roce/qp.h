/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this driver keeps for a queue pair beside the library's struct rvt_qp,
 * and the library's calls about a queue pair's life.
 */
#ifndef RVT_ROCE_QP_H
#define RVT_ROCE_QP_H

#include <linux/atomic.h>
#include <linux/interrupt.h>
#include <linux/workqueue.h>
#include <rdma/rdmavt_qp.h>
#include "av.h"
#include "device.h"
#include "ecn.h"
#include "net.h"
#include "wire.h"

/**
 * enum rvt_roce_resp_kind - requests that are answered by more than an ACK
 * @RVT_ROCE_RESP_NONE: an unused slot
 * @RVT_ROCE_RESP_READ: RDMA READ
 * @RVT_ROCE_RESP_ATOMIC: CompareSwap or FetchAdd
 */
enum rvt_roce_resp_kind {
	RVT_ROCE_RESP_NONE,
	RVT_ROCE_RESP_READ,
	RVT_ROCE_RESP_ATOMIC,
};

/**
 * struct rvt_roce_resp - a READ or atomic request that was accepted
 * @va: READ: address of the first byte to be sent
 * @orig: atomic: what the memory held before
 * @psn: of the first response packet to be sent
 * @lpsn: of the last of the whole request, which tells requests apart
 * @len: READ: bytes to be sent: not up to @lpsn if a part is repeated
 * @rkey: READ: key
 * @aeth: syndrome and MSN of the responses
 * @kind: enum rvt_roce_resp_kind
 * @first: no response packet has been sent since (re)start
 * @repeat: it was sent before, and the requester may have it
 *
 * No reference to memory is held: a READ looks its key up again for each burst
 * of response packets, so that a key that was invalidated stops it.
 */
struct rvt_roce_resp {
	u64 va;
	u64 orig;
	u32 psn;
	u32 lpsn;
	u32 len;
	u32 rkey;
	__be32 aeth;
	u8 kind;
	bool first;
	bool repeat;
};

/**
 * struct rvt_roce_req - requester, guarded by s_lock
 * @at: index of the WQE that the next packet belongs to: s_cur when everything
 *      begun was sent, else between s_last and s_cur, and s_psn is the packet
 * @restart_psn: where sending starts over
 * @gap_psn: the response that showed the gap
 * @early_psn: the highest that has come since, if @gap
 * @read_psn: the READ response that s_rdma_read_sge is ready for
 * @unasked: packets since one that asked for an acknowledgment
 * @restart: @restart_psn was not sent again yet: further complaints about it
 *           are old
 * @gap: @gap_psn is valid: the stream of responses behind it is not news
 * @read: @read_psn is valid
 * @parts: a part of a READ was asked for: responses may end before the READ does
 * @overtaken: the WQE at @at was completed, look for the place to go on from
 *
 * The library's indices mean here: s_last, s_acked the oldest WQE that is not
 * complete, s_cur, s_tail the first that was not begun.  s_sending_hpsn is the
 * highest PSN sent so far, s_last_psn the highest acknowledged.
 */
struct rvt_roce_req {
	u32 at;
	u32 restart_psn;
	u32 gap_psn;
	u32 early_psn;
	u32 read_psn;
	u16 unasked;
	bool restart;
	bool gap;
	bool read;
	bool parts;
	bool overtaken;
};

/**
 * struct rvt_roce_write - the WRITE message being received, guarded by r_lock
 * @va: address of its first byte
 * @rkey: key, looked up for each packet
 *
 * Its length and progress are in r_len and r_rcv_len.
 */
struct rvt_roce_write {
	u64 va;
	u32 rkey;
};

/**
 * struct rvt_roce_fatal - an error of the responder, guarded by s_lock
 * @psn: of the request at fault
 * @status: for the receive WQE in progress
 * @event: enum ib_event_type, if @has_event
 * @nak: syndrome, 0 to say nothing
 * @has_event: raise @event
 * @pending: waits until the responses before it are sent
 */
struct rvt_roce_fatal {
	u32 psn;
	enum ib_wc_status status;
	enum ib_event_type event;
	u8 nak;
	bool has_event;
	bool pending;
};

/**
 * struct rvt_roce_ack - what the responder has to send, guarded by s_lock
 * @queue: ring of responses in the order of their requests
 * @size: of @queue
 * @head: next to fill
 * @tail: next to send
 * @psn: of the ACK or NAK that is due after them
 * @aeth: its syndrome and MSN
 * @fatal: error that is due after all of this
 * @due: @psn and @aeth are valid
 */
struct rvt_roce_ack {
	struct rvt_roce_resp *queue;
	u16 size;
	u16 head;
	u16 tail;
	u32 psn;
	__be32 aeth;
	struct rvt_roce_fatal fatal;
	bool due;
};

/**
 * struct rvt_roce_slots - what a responder remembers and what it has to answer
 * @limit: READ and atomic requests that the peer may have on their way
 * @resp: @limit that were answered, then the queue of those to be answered
 *
 * Most connections agree on a few, and some on none.  So this is allocated when
 * the number is known, and not for what the device would allow.
 */
struct rvt_roce_slots {
	u16 limit;
	struct rvt_roce_resp resp[];
};

/**
 * struct rvt_roce_qp - a queue pair's private part, rvt_qp.priv
 * @qp: the library's part
 * @work: the send engine where it cannot run inline; holds a reference on @qp
 *        while queued
 * @tasklet: the send engine at the end of a burst of received packets
 * @inflight: counts packets that the network stack holds
 * @ip_id: identification of the next IPv4 packet
 * @av: path to the peer (RC, UC), written under all three locks
 * @loopback: the peer is on this device, messages take the short cut; decided
 *            when the path is set
 * @req: requester
 * @write: WRITE message being received
 * @uc_sge: UC: where the next SEND packet goes; r_sge stays as it was filled,
 *          so that the receive WQE can be used again.  r_lock
 * @uc_len: UC: bytes that r_sge has room for; r_lock
 * @slots: RC: memory of @done and of ack.queue, changed under all three locks
 * @spare: RC: what is to replace it, made before the change is certain
 * @done: RC: the latest READ and atomic requests, a ring; r_lock
 * @done_size: of @done, as many as the peer may have on their way
 * @done_next: where the next one goes, over the oldest; r_lock
 * @nak_psn: the packet that showed a gap in the requests; r_lock
 * @dead: a fatal error is on its way out, requests are ignored; set under
 *        s_lock, read under r_lock
 * @ack: what the responder has to send
 * @ecn: congestion
 * @stats: counts this queue pair instead of the device's counters, or NULL;
 *         RCU
 */
struct rvt_roce_qp {
	struct rvt_qp *qp;
	struct work_struct work;
	struct tasklet_struct tasklet;
	struct rvt_roce_inflight *inflight;
	atomic_t ip_id;
	struct rvt_roce_av av;
	bool loopback;
	struct rvt_roce_req req;
	struct rvt_roce_write write;
	struct rvt_sge_state uc_sge;
	u32 uc_len;
	struct rvt_roce_slots *slots;
	struct rvt_roce_slots *spare;
	struct rvt_roce_resp *done;
	u16 done_size;
	u16 done_next;
	u32 nak_psn;
	bool dead;
	struct rvt_roce_ack ack;
	struct rvt_roce_ecn ecn;
	struct rvt_roce_qp_stats __rcu *stats;
};

static inline struct rvt_roce_qp *to_rvt_roce_qp(const struct rvt_qp *qp)
{
	return qp->priv;
}

/**
 * rvt_roce_qp_add() - add to a counter of a queue pair or its device
 * @qp: queue pair; if a counter is bound to it, that one counts
 * @counter: which
 * @n: how much
 *
 * Context: any.
 */
static inline void rvt_roce_qp_add(const struct rvt_qp *qp,
				   enum rvt_roce_counter counter, u64 n)
{
	struct rvt_roce_qp_stats *stats;

	rcu_read_lock();
	stats = rcu_dereference(to_rvt_roce_qp(qp)->stats);
	if (unlikely(stats))
		atomic64_add(n, &stats->v[counter]);
	else
		rvt_roce_add(rvt_roce_qp_dev(qp), counter, n);
	rcu_read_unlock();
}

/**
 * rvt_roce_qp_count() - count one more
 * @qp: queue pair
 * @counter: which
 *
 * Context: any.
 */
static inline void rvt_roce_qp_count(const struct rvt_qp *qp,
				     enum rvt_roce_counter counter)
{
	rvt_roce_qp_add(qp, counter, 1);
}

/* Is the queue pair in a state that allows this (RVT_PROCESS_*, RVT_FLUSH_*)? */
static inline bool rvt_roce_qp_may(const struct rvt_qp *qp, int what)
{
	return ib_rvt_state_ops[READ_ONCE(qp->state)] & what;
}

/* End of the send queue: the WQEs before it can be read. */
static inline u32 rvt_roce_sq_head(struct rvt_qp *qp)
{
	/* Pairs with the library's store after it has written a WQE. */
	return smp_load_acquire(&qp->s_head);
}

/* The library's calls, in <rdma/rdma_vt.h> and chapter 3 of its description. */
void *rvt_roce_qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp);
void rvt_roce_qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp);
void rvt_roce_notify_qp_reset(struct rvt_qp *qp);
void rvt_roce_notify_error_qp(struct rvt_qp *qp);
void rvt_roce_flush_qp_waiters(struct rvt_qp *qp);
void rvt_roce_stop_send_queue(struct rvt_qp *qp);
void rvt_roce_quiesce_qp(struct rvt_qp *qp);
int rvt_roce_get_pmtu_from_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp,
				struct ib_qp_attr *attr);
u32 rvt_roce_mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			 u32 pmtu);
int rvt_roce_mtu_to_path_mtu(u32 mtu);
int rvt_roce_check_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			     int attr_mask, struct ib_udata *udata);
void rvt_roce_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			int attr_mask, struct ib_udata *udata);

/* The same, where the engines answer: send.c, req.c. */
bool rvt_roce_schedule_send(struct rvt_qp *qp);
bool rvt_roce_schedule_send_no_lock(struct rvt_qp *qp);
void rvt_roce_do_send(struct rvt_qp *qp);
int rvt_roce_setup_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       bool *call_send);
void rvt_roce_notify_restart_rc(struct rvt_qp *qp, u32 psn, int wait);

#endif /* RVT_ROCE_QP_H */
