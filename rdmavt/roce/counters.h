/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of a device, shown by `rdma statistic` and in
 * /sys/class/infiniband/NAME/ports/1/hw_counters/.
 *
 * They are per CPU and 64 bits wide; a reader adds them up, so it may miss
 * what happens while it reads, but never sees a counter go back.
 */
#ifndef RVT_ROCE_COUNTERS_H
#define RVT_ROCE_COUNTERS_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct ib_device;
struct ib_qp;
struct rdma_counter;
struct rdma_hw_stats;
struct rvt_roce_dev;

/**
 * enum rvt_roce_drop - why a received packet, or one to be sent, went no further
 * @RVT_ROCE_DROP_NONE: it did go further
 * @RVT_ROCE_DROP_NO_DEVICE: no device has the destination address
 * @RVT_ROCE_DROP_MALFORMED: bad lengths, transport version or IP header
 * @RVT_ROCE_DROP_OPCODE: opcode unknown
 * @RVT_ROCE_DROP_ICRC: invariant CRC wrong
 * @RVT_ROCE_DROP_NO_QP: no such queue pair
 * @RVT_ROCE_DROP_QP_TYPE: opcode of another transport than the queue pair's
 * @RVT_ROCE_DROP_QP_STATE: queue pair not in a state to receive this
 * @RVT_ROCE_DROP_ADDRESS: not from the queue pair's peer
 * @RVT_ROCE_DROP_PKEY: partition key mismatch
 * @RVT_ROCE_DROP_QKEY: queue key mismatch
 * @RVT_ROCE_DROP_NO_RECV: datagram without a receive posted
 * @RVT_ROCE_DROP_TOO_LONG: datagram longer than the receive posted
 * @RVT_ROCE_DROP_PROTOCOL: refused by the RC or UC engine
 * @RVT_ROCE_DROP_NOMEM: out of memory
 * @RVT_ROCE_DROP_TX_ROUTE: no route to the destination
 * @RVT_ROCE_DROP_TX_MTU: longer than the route's MTU
 * @RVT_ROCE_DROP_TX_STACK: dropped by the network stack or the interface
 * @RVT_ROCE_DROP_COUNT: number of reasons
 */
enum rvt_roce_drop {
	RVT_ROCE_DROP_NONE,
	RVT_ROCE_DROP_NO_DEVICE,
	RVT_ROCE_DROP_MALFORMED,
	RVT_ROCE_DROP_OPCODE,
	RVT_ROCE_DROP_ICRC,
	RVT_ROCE_DROP_NO_QP,
	RVT_ROCE_DROP_QP_TYPE,
	RVT_ROCE_DROP_QP_STATE,
	RVT_ROCE_DROP_ADDRESS,
	RVT_ROCE_DROP_PKEY,
	RVT_ROCE_DROP_QKEY,
	RVT_ROCE_DROP_NO_RECV,
	RVT_ROCE_DROP_TOO_LONG,
	RVT_ROCE_DROP_PROTOCOL,
	RVT_ROCE_DROP_NOMEM,
	RVT_ROCE_DROP_TX_ROUTE,
	RVT_ROCE_DROP_TX_MTU,
	RVT_ROCE_DROP_TX_STACK,
	RVT_ROCE_DROP_COUNT,
};

/*
 * What is counted.
 *
 * The drop reasons follow the named counters, in the order of their enum.
 * Names as user space sees them are in counters.c.
 */
enum rvt_roce_counter {
	/* packets on the wire, and the bytes of their UDP payload */
	RVT_ROCE_CNT_SENT_PKTS,
	RVT_ROCE_CNT_RCVD_PKTS,
	RVT_ROCE_CNT_SENT_BYTES,
	RVT_ROCE_CNT_RCVD_BYTES,
	/* super-packets; what is in them is counted above */
	RVT_ROCE_CNT_SENT_SUPER,
	/* messages and bytes that took the short cut inside the device */
	RVT_ROCE_CNT_LOOPBACK_PKTS,
	RVT_ROCE_CNT_LOOPBACK_BYTES,
	/* congestion */
	RVT_ROCE_CNT_RCVD_ECN_MARKED,
	RVT_ROCE_CNT_RCVD_CNP,
	RVT_ROCE_CNT_SENT_CNP,
	/* responder */
	RVT_ROCE_CNT_DUPLICATE_REQUEST,
	RVT_ROCE_CNT_OUT_OF_SEQ_REQUEST,
	RVT_ROCE_CNT_SENT_RNR_NAK,
	RVT_ROCE_CNT_SENT_SEQ_NAK,
	RVT_ROCE_CNT_SENT_ACK,
	RVT_ROCE_CNT_ACK_DEFERRED,
	/* requester */
	RVT_ROCE_CNT_RCVD_RNR_NAK,
	RVT_ROCE_CNT_RCVD_SEQ_NAK,
	RVT_ROCE_CNT_IMPLIED_NAK,
	RVT_ROCE_CNT_RETRY,
	RVT_ROCE_CNT_TIMEOUT,
	RVT_ROCE_CNT_RETRY_EXCEEDED,
	RVT_ROCE_CNT_RNR_RETRY_EXCEEDED,
	RVT_ROCE_CNT_TX_STALL,
	/* link */
	RVT_ROCE_CNT_LINK_DOWNED,
	/* drops by reason: RVT_ROCE_CNT_DROPS + enum rvt_roce_drop */
	RVT_ROCE_CNT_DROPS,
	RVT_ROCE_CNT_COUNT = RVT_ROCE_CNT_DROPS + RVT_ROCE_DROP_COUNT,
};

/**
 * struct rvt_roce_counters - one CPU's share
 * @v: by enum rvt_roce_counter
 */
struct rvt_roce_counters {
	u64 v[RVT_ROCE_CNT_COUNT];
};

/**
 * struct rvt_roce_qp_stats - what is counted for the queue pairs of a counter
 * @v: by enum rvt_roce_counter
 * @rcu: for freeing
 *
 * Made by the first `rdma statistic qp bind`, or by the automatic mode.  The
 * core adds them to those of the port, and keeps what those that are gone have
 * counted, so each event is counted once.
 */
struct rvt_roce_qp_stats {
	atomic64_t v[RVT_ROCE_CNT_COUNT];
	struct rcu_head rcu;
};

/**
 * rvt_roce_total() - a counter of the port, all queue pairs included
 * @dev: device
 * @counter: which
 *
 * Context: process.
 */
u64 rvt_roce_total(struct rvt_roce_dev *dev,
		   enum rvt_roce_counter counter);

/* Slots of device.h's table of operations. */
int rvt_roce_counter_bind_qp(struct rdma_counter *counter, struct ib_qp *ibqp);
int rvt_roce_counter_unbind_qp(struct ib_qp *ibqp);
int rvt_roce_counter_dealloc(struct rdma_counter *counter);
struct rdma_hw_stats *
rvt_roce_counter_alloc_stats(struct rdma_counter *counter);
int rvt_roce_counter_update_stats(struct rdma_counter *counter);
struct rdma_hw_stats *rvt_roce_alloc_hw_port_stats(struct ib_device *ibdev,
						   u32 port);
int rvt_roce_get_hw_stats(struct ib_device *ibdev, struct rdma_hw_stats *stats,
			  u32 port, int index);

#endif /* RVT_ROCE_COUNTERS_H */
