// SPDX-License-Identifier: GPL-2.0
/*
 * Names of the counters, and their sums for user space.
 *
 * Where stock rdma_rxe has a counter of the same meaning, the name is the same,
 * so that scripts keep working.
 */

#include <linux/slab.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_counter.h>
#include "counters.h"
#include "device.h"
#include "qp.h"

#define DROP(reason)	(RVT_ROCE_CNT_DROPS + RVT_ROCE_DROP_##reason)

static const struct rdma_stat_desc descs[RVT_ROCE_CNT_COUNT] = {
	[RVT_ROCE_CNT_SENT_PKTS].name		= "sent_pkts",
	[RVT_ROCE_CNT_RCVD_PKTS].name		= "rcvd_pkts",
	[RVT_ROCE_CNT_SENT_BYTES].name		= "sent_bytes",
	[RVT_ROCE_CNT_RCVD_BYTES].name		= "rcvd_bytes",
	[RVT_ROCE_CNT_SENT_SUPER].name		= "sent_super_pkts",
	[RVT_ROCE_CNT_LOOPBACK_PKTS].name	= "loopback_pkts",
	[RVT_ROCE_CNT_LOOPBACK_BYTES].name	= "loopback_bytes",
	[RVT_ROCE_CNT_RCVD_ECN_MARKED].name	= "rcvd_ecn_marked",
	[RVT_ROCE_CNT_RCVD_CNP].name		= "rcvd_cnp",
	[RVT_ROCE_CNT_SENT_CNP].name		= "sent_cnp",
	[RVT_ROCE_CNT_DUPLICATE_REQUEST].name	= "duplicate_request",
	[RVT_ROCE_CNT_OUT_OF_SEQ_REQUEST].name	= "out_of_seq_request",
	[RVT_ROCE_CNT_SENT_RNR_NAK].name	= "send_rnr_err",
	[RVT_ROCE_CNT_SENT_SEQ_NAK].name	= "send_seq_err",
	[RVT_ROCE_CNT_SENT_ACK].name		= "sent_acks",
	[RVT_ROCE_CNT_ACK_DEFERRED].name	= "ack_deferred",
	[RVT_ROCE_CNT_RCVD_RNR_NAK].name	= "rcvd_rnr_err",
	[RVT_ROCE_CNT_RCVD_SEQ_NAK].name	= "rcvd_seq_err",
	[RVT_ROCE_CNT_IMPLIED_NAK].name		= "implied_nak",
	[RVT_ROCE_CNT_RETRY].name		= "completer_retry_err",
	[RVT_ROCE_CNT_TIMEOUT].name		= "ack_timeout",
	[RVT_ROCE_CNT_RETRY_EXCEEDED].name	= "retry_exceeded_err",
	[RVT_ROCE_CNT_RNR_RETRY_EXCEEDED].name	= "retry_rnr_exceeded_err",
	[RVT_ROCE_CNT_TX_STALL].name		= "tx_stalls",
	[RVT_ROCE_CNT_LINK_DOWNED].name		= "link_downed",
	/* Slot of the reason "none": the sum of all reasons. */
	[DROP(NONE)].name			= "drops",
	[DROP(NO_DEVICE)].name			= "drop_no_device",
	[DROP(MALFORMED)].name			= "drop_malformed",
	[DROP(OPCODE)].name			= "drop_opcode",
	[DROP(ICRC)].name			= "icrc_errors",
	[DROP(NO_QP)].name			= "drop_no_qp",
	[DROP(QP_TYPE)].name			= "drop_qp_type",
	[DROP(QP_STATE)].name			= "drop_qp_state",
	[DROP(ADDRESS)].name			= "drop_address",
	[DROP(PKEY)].name			= "drop_pkey",
	[DROP(QKEY)].name			= "drop_qkey",
	[DROP(NO_RECV)].name			= "drop_no_recv",
	[DROP(TOO_LONG)].name			= "drop_too_long",
	[DROP(PROTOCOL)].name			= "drop_protocol",
	[DROP(NOMEM)].name			= "drop_no_memory",
	[DROP(TX_ROUTE)].name			= "drop_tx_route",
	[DROP(TX_MTU)].name			= "drop_tx_mtu",
	[DROP(TX_STACK)].name			= "send_err",
};

struct rdma_hw_stats *rvt_roce_alloc_hw_port_stats(struct ib_device *ibdev,
						   u32 port)
{
	return rdma_alloc_hw_stats_struct(descs, ARRAY_SIZE(descs),
					  RDMA_HW_STATS_DEFAULT_LIFESPAN);
}

/* What no counter of a queue pair has counted. */
static u64 sum(const struct rvt_roce_dev *dev, int counter)
{
	u64 total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(per_cpu_ptr(dev->counters,
					       cpu)->v[counter]);
	return total;
}

static void sum_drops(struct rdma_hw_stats *stats)
{
	int i;

	for (i = RVT_ROCE_CNT_DROPS + 1; i < ARRAY_SIZE(descs); i++)
		stats->value[RVT_ROCE_CNT_DROPS] += stats->value[i];
}

int rvt_roce_get_hw_stats(struct ib_device *ibdev, struct rdma_hw_stats *stats,
			  u32 port, int index)
{
	struct rvt_roce_dev *dev = to_rvt_roce_dev(ibdev);
	int i;

	if (!port || !stats)
		return -EINVAL;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		stats->value[i] = sum(dev, i);
	sum_drops(stats);
	return ARRAY_SIZE(descs);
}

u64 rvt_roce_total(struct rvt_roce_dev *dev,
		   enum rvt_roce_counter counter)
{
	u64 total = sum(dev, counter) +
		    atomic64_read(&dev->retired.v[counter]);
	struct rvt_roce_qp_stats *stats;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&dev->qp_stats, id, stats)
		total += atomic64_read(&stats->v[counter]);
	rcu_read_unlock();
	return total;
}

static struct rvt_roce_qp_stats *qp_stats(const struct rdma_counter *counter)
{
	return xa_load(&to_rvt_roce_dev(counter->device)->qp_stats,
		       counter->id);
}

/* The core has a number for us to find our part by: 0 is none. */
static int create_stats(struct rdma_counter *counter)
{
	struct rvt_roce_qp_stats *stats;
	int err;

	stats = kzalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	err = xa_alloc(&to_rvt_roce_dev(counter->device)->qp_stats,
		       &counter->id, stats, xa_limit_31b, GFP_KERNEL);
	if (err)
		kfree(stats);
	return err;
}

int rvt_roce_counter_bind_qp(struct rdma_counter *counter, struct ib_qp *ibqp)
{
	struct rvt_roce_qp *priv = to_rvt_roce_qp(ibqp_to_rvtqp(ibqp));
	int err;

	if (!counter->id) {
		err = create_stats(counter);
		if (err)
			return err;
	}
	rcu_assign_pointer(priv->stats, qp_stats(counter));
	ibqp->counter = counter;
	return 0;
}

int rvt_roce_counter_unbind_qp(struct ib_qp *ibqp)
{
	struct rvt_roce_qp *priv = to_rvt_roce_qp(ibqp_to_rvtqp(ibqp));

	RCU_INIT_POINTER(priv->stats, NULL);
	ibqp->counter = NULL;
	return 0;
}

int rvt_roce_counter_dealloc(struct rdma_counter *counter)
{
	struct rvt_roce_dev *dev = to_rvt_roce_dev(counter->device);
	struct rvt_roce_qp_stats *stats = xa_erase(&dev->qp_stats, counter->id);
	int i;

	if (stats) {
		for (i = 0; i < RVT_ROCE_CNT_COUNT; i++)
			atomic64_add(atomic64_read(&stats->v[i]),
				     &dev->retired.v[i]);
		kfree_rcu(stats, rcu);
	}
	return 0;
}

/* The core adds them up by index, so all have the same names. */
struct rdma_hw_stats *rvt_roce_counter_alloc_stats(struct rdma_counter *counter)
{
	return rdma_alloc_hw_stats_struct(descs, ARRAY_SIZE(descs),
					  RDMA_HW_STATS_DEFAULT_LIFESPAN);
}

int rvt_roce_counter_update_stats(struct rdma_counter *counter)
{
	struct rvt_roce_qp_stats *from = qp_stats(counter);
	struct rdma_hw_stats *stats = counter->stats;
	int i;

	if (!from)
		return 0;
	for (i = 0; i < ARRAY_SIZE(descs); i++)
		stats->value[i] = atomic64_read(&from->v[i]);
	sum_drops(stats);
	return 0;
}
