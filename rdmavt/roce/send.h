/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The send engine: decides when a queue pair builds packets, and sends them.
 */
#ifndef RVT_ROCE_SEND_H
#define RVT_ROCE_SEND_H

#include <linux/interrupt.h>
#include <linux/skbuff.h>
#include <rdma/rdmavt_qp.h>

/**
 * struct rvt_roce_burst - packets built in one go, under s_lock
 * @list: the packets
 * @room: how many more may be added
 * @nomem: a packet could not be allocated, try again later
 * @settle: oldest WQEs are to be completed by rvt_roce_req_settle()
 * @flush: WQEs are to be flushed
 * @fatal: the responder's fatal NAK is in @list, or needs none: enter ERR
 * @ud: datagram to send
 */
struct rvt_roce_burst {
	struct sk_buff_head list;
	unsigned int room;
	bool nomem;
	bool settle;
	bool flush;
	bool fatal;
	struct rvt_swqe *ud;
};

/**
 * rvt_roce_send_kick() - run the send engine when the packets that came in
 * together have been received
 * @qp: queue pair
 *
 * Sends a few packets then, and leaves the rest to the workqueue.  What is to be
 * sent has been written by the caller under s_lock.
 *
 * Context: softirq, RCU read side.
 */
void rvt_roce_send_kick(struct rvt_qp *qp);

/**
 * rvt_roce_send_last_ack() - send the ACK that is owed, whatever has become of
 * the run of the engine that would have sent it
 * @qp: queue pair in RESET, which receives no more
 *
 * Context: process context, no queue pair lock.
 */
void rvt_roce_send_last_ack(struct rvt_qp *qp);

/**
 * rvt_roce_send_tasklet() - the send engine as a tasklet
 * @tasklet: of struct rvt_roce_qp
 *
 * Context: softirq.
 */
void rvt_roce_send_tasklet(struct tasklet_struct *tasklet);

/**
 * rvt_roce_send_queue() - have the workqueue run the send engine
 * @qp: queue pair
 *
 * Context: any.
 */
void rvt_roce_send_queue(struct rvt_qp *qp);

/**
 * rvt_roce_send_work() - the send engine as a work item
 * @work: of struct rvt_roce_qp; its reference on the queue pair is dropped
 *
 * Context: may sleep.
 */
void rvt_roce_send_work(struct work_struct *work);

#endif /* RVT_ROCE_SEND_H */
