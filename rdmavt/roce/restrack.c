// SPDX-License-Identifier: GPL-2.0
/*
 * What `rdma resource show -dd` tells about queue pairs and completion queues
 * beyond what the core knows.
 *
 * It is for people who look for the reason why a connection does not go on: is
 * there anything to send, what does it wait for, has the peer answered.  The
 * values are read one by one while the connection goes on, so they may not fit
 * each other exactly.
 */
#include <net/netlink.h>
#include <rdma/rdma_netlink.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_cq.h>
#include <rdma/rdmavt_qp.h>
#include <rdma/restrack.h>
#include "device.h"
#include "qp.h"
#include "restrack.h"
#include "wire.h"

struct value {
	const char *name;
	u32 value;
};

static int put(struct sk_buff *msg, const struct value *attrs, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (rdma_nl_put_driver_u32(msg, attrs[i].name, attrs[i].value))
			return -EMSGSIZE;
	return 0;
}

static int end_table(struct sk_buff *msg, struct nlattr *table, int err)
{
	if (err)
		nla_nest_cancel(msg, table);
	else
		nla_nest_end(msg, table);
	return err;
}

/* Requests from one index of the send queue to another. */
static u32 distance(const struct rvt_qp *qp, u32 from, u32 to)
{
	return to >= from ? to - from : to + qp->s_size - from;
}

static int put_connection(struct sk_buff *msg, const struct rvt_qp *qp)
{
	const struct rvt_roce_qp *priv = qp->priv;
	u32 flags = READ_ONCE(qp->s_flags);
	const struct value attrs[] = {
		{ "pmtu", qp->pmtu },
		{ "loopback", READ_ONCE(priv->loopback) },
		{ "unacked_psns", (READ_ONCE(qp->s_sending_hpsn) -
				   READ_ONCE(qp->s_last_psn)) &
				  RVT_ROCE_PSN_MASK },
		{ "window_psns", READ_ONCE(priv->ecn.window) },
		{ "expected_psn", READ_ONCE(qp->r_psn) },
		{ "rd_atomic", READ_ONCE(qp->s_num_rd_atomic) },
		{ "retries_left", READ_ONCE(qp->s_retry) },
		{ "wait_ack", !!(flags & RVT_S_TIMER) },
		{ "wait_rnr", !!(flags & RVT_S_WAIT_RNR) },
	};

	return put(msg, attrs, ARRAY_SIZE(attrs));
}

int rvt_roce_fill_res_qp_entry(struct sk_buff *msg, struct ib_qp *ibqp)
{
	const struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	const struct rvt_roce_qp *priv = qp->priv;
	u32 last = READ_ONCE(qp->s_last);
	const struct value attrs[] = {
		{ "sq_size", qp->s_size - 1 },
		{ "sq_posted", distance(qp, last, READ_ONCE(qp->s_head)) },
		{ "sq_begun", distance(qp, last, READ_ONCE(qp->s_cur)) },
		{ "rq_size", qp->r_rq.size ? qp->r_rq.size - 1 : 0 },
		{ "tx_pkts_queued", atomic_read(&priv->inflight->skbs) },
	};
	struct nlattr *table = nla_nest_start(msg, RDMA_NLDEV_ATTR_DRIVER);
	int err;

	if (!table)
		return -EMSGSIZE;
	err = put(msg, attrs, ARRAY_SIZE(attrs));
	if (!err && (ibqp->qp_type == IB_QPT_RC || ibqp->qp_type == IB_QPT_UC))
		err = put_connection(msg, qp);
	return end_table(msg, table, err);
}

/* Completions that nobody has polled. */
static u32 cq_depth(struct rvt_cq *cq)
{
	u32 head, tail, entries;

	spin_lock_irq(&cq->lock);
	entries = cq->ibcq.cqe + 1;
	head = cq->kqueue->head;
	tail = cq->ip ? RDMA_READ_UAPI_ATOMIC(cq->queue->tail) :
			cq->kqueue->tail;
	spin_unlock_irq(&cq->lock);
	/* A program writes its tail itself. */
	tail %= entries;
	return head >= tail ? head - tail : head + entries - tail;
}

int rvt_roce_fill_res_cq_entry(struct sk_buff *msg, struct ib_cq *ibcq)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);
	const struct value attrs[] = {
		{ "cqes_waiting", cq_depth(cq) },
		{ "armed", READ_ONCE(cq->notify) },
		{ "overflown", READ_ONCE(cq->cq_full) },
		{ "vector_cpu", cq->comp_vector_cpu },
	};
	struct nlattr *table = nla_nest_start(msg, RDMA_NLDEV_ATTR_DRIVER);

	if (!table)
		return -EMSGSIZE;
	return end_table(msg, table, put(msg, attrs, ARRAY_SIZE(attrs)));
}
