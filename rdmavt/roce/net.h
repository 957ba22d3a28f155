/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transmission: from a transport header to the network stack.
 *
 * Packets are built under the locks of a queue pair, with interrupts off, where
 * the network stack must not be called.  So the work is split.
 * rvt_roce_alloc_skb() gives a buffer with IP and UDP headers, and the caller
 * appends BTH, extension headers, payload and pad, and queues it on a list on
 * its stack.  After the locks are dropped, rvt_roce_xmit() finds the route,
 * numbers and seals (ICRC) the packets and sends them, several in one pass
 * through the stack where it can (net.c).
 */
#ifndef RVT_ROCE_NET_H
#define RVT_ROCE_NET_H

#include <linux/atomic.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include "av.h"

struct rvt_qp;
struct rvt_roce_dev;
struct rvt_sge_state;

/*
 * Packets in one super-packet, and its UDP payload, which has to fit an IP
 * packet.
 */
#define RVT_ROCE_TRAIN_PKTS	16
#define RVT_ROCE_TRAIN_BYTES	65000
/* Room in front of the IP header of each: see net.c. */
#define RVT_ROCE_TRAIN_HEADROOM	256

/* A sender that stalled on inflight skbs goes on when so many are left. */
#define RVT_ROCE_INFLIGHT_LOW	16

/**
 * struct rvt_roce_inflight - packets of a queue pair that the stack still holds
 * @ref: one for the queue pair, one for each packet
 * @skbs: how many
 * @stalled: the sender waits; set by rvt_roce_inflight_stall()
 * @lock: guards @qp, and is held during @resume
 * @qp: whom to resume, NULL after rvt_roce_inflight_free()
 * @resume: called once when the count falls to RVT_ROCE_INFLIGHT_LOW while
 *          @stalled.  Context: any, also hard interrupts.  May do no more than
 *          queue work that holds a reference to the queue pair.
 *
 * It has a life of its own, because a packet may sit in a queue of the network
 * for longer than the queue pair lives, and must not delay its destruction.
 */
struct rvt_roce_inflight {
	refcount_t ref;
	atomic_t skbs;
	atomic_t stalled;
	spinlock_t lock;		/* qp, resume */
	struct rvt_qp *qp;
	void (*resume)(struct rvt_qp *qp);
};

/**
 * rvt_roce_inflight_alloc() - start counting packets of a queue pair
 * @qp: queue pair
 * @resume: see struct rvt_roce_inflight
 *
 * Context: may sleep.
 * Return: a counter, or NULL without memory.
 */
struct rvt_roce_inflight *
rvt_roce_inflight_alloc(struct rvt_qp *qp, void (*resume)(struct rvt_qp *qp));

/**
 * rvt_roce_inflight_free() - no more resume calls, please
 * @inflight: counter, or NULL
 *
 * When this returns, @resume is not running and will not be called again.
 *
 * Context: any.
 */
void rvt_roce_inflight_free(struct rvt_roce_inflight *inflight);

/**
 * rvt_roce_inflight_stall() - ask for a resume call, unless it is due already
 * @inflight: counter
 *
 * Call it after the decision to stop, under the lock that resume's work takes.
 *
 * Context: any.
 * Return: true if the sender has to wait, false if the packets have meanwhile
 * gone and it may go on.
 */
bool rvt_roce_inflight_stall(struct rvt_roce_inflight *inflight);

/**
 * rvt_roce_fill_ip() - write the IP header of a path
 * @av: path
 * @buf: at least 40 bytes
 *
 * Lengths, IPv4 identification and checksum are left 0.
 *
 * Context: any.
 * Return: bytes written, 20 or 40.
 */
unsigned int rvt_roce_fill_ip(const struct rvt_roce_av *av, void *buf);

/**
 * rvt_roce_alloc_skb() - a packet with IP and UDP headers
 * @dev: device
 * @av: path; the headers are copied from it
 * @len: bytes that the caller will append: BTH to pad
 *
 * skb->data stands where the BTH goes and skb->len is 0.  Append with
 * skb_put().  Room for the ICRC is there as well.
 *
 * Context: any, also with interrupts off.
 * Return: the buffer, or NULL without memory.
 */
struct sk_buff *rvt_roce_alloc_skb(struct rvt_roce_dev *dev,
				   const struct rvt_roce_av *av,
				   unsigned int len);

/**
 * rvt_roce_put_payload() - append payload and pad
 * @skb: packet from rvt_roce_alloc_skb()
 * @ss: where the payload is; goes on behind it.  It keeps its references: who
 *      owns the memory drops them when it is of no more use.
 * @len: bytes
 *
 * Context: any.
 */
void rvt_roce_put_payload(struct sk_buff *skb, struct rvt_sge_state *ss,
			  u32 len);

/**
 * rvt_roce_xmit() - send a list of packets, in order
 * @qp: the queue pair whose they are
 * @av: the path that all of them were allocated for
 * @list: packets from rvt_roce_alloc_skb(); empty on return
 *
 * What cannot be sent is dropped and counted: to the transport it is a lost
 * packet.
 *
 * Context: softirq or process context, interrupts on, no queue pair lock.
 */
void rvt_roce_xmit(struct rvt_qp *qp, struct rvt_roce_av *av,
		   struct sk_buff_head *list);

/**
 * rvt_roce_net_drain() - wait until the stack has freed every packet
 *
 * For module exit: the packets' destructor is code of this module.
 *
 * Context: may sleep.
 */
void rvt_roce_net_drain(void);

#endif /* RVT_ROCE_NET_H */
