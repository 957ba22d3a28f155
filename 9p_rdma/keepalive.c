// SPDX-License-Identifier: GPL-2.0
/*
 * Is a silent server still there?
 *
 * The device notices a server that is gone when it sends something and gets no
 * acknowledgment. But a request may have been acknowledged, and the server's
 * host may fail before it replies: then nothing is sent, and the caller would
 * wait for ever. So while requests are pending and nothing at all completes, a
 * probe goes out now and then: an RDMA write of no bytes, which takes no
 * receive and needs no memory key, and which the server's software never sees.
 *
 * A server that acknowledges the probe and just does not reply is alive, and
 * how long to wait for it is the caller's decision.
 *
 * The period and the acknowledgment timeout (connect.c) are chosen so that a
 * server that vanishes costs less than the timeout of the mount: at most two
 * periods of a quarter each, and the retries, another quarter.
 */

#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include "p9_rdma.h"

#define PROBING	0	/* bit in p9_trans_rdma.probing */

static unsigned long period(const struct p9_trans_rdma *rdma)
{
	return max(msecs_to_jiffies(rdma->timeout) / 4, 1UL);
}

/* A probe has completed. Context: softirq. */
static void probe_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct p9_trans_rdma *rdma = cq->cq_context;

	if (wc->status == IB_WC_SUCCESS)
		p9_rdma_heard(rdma);
	else if (wc->status == IB_WC_RETRY_EXC_ERR)
		p9_rdma_fail(rdma, "the server no longer answers");
	else
		p9_rdma_fail(rdma, "probing the server failed: %s",
			     ib_wc_status_msg(wc->status));
	clear_bit(PROBING, &rdma->probing);
}

static void send_probe(struct p9_trans_rdma *rdma)
{
	struct ib_rdma_wr wr = {
		.wr = {
			.wr_cqe = &rdma->probe_cqe,
			.opcode = IB_WR_RDMA_WRITE,
			.send_flags = IB_SEND_SIGNALED,
		},
	};
	int err;

	/* There is room for one. */
	if (test_and_set_bit(PROBING, &rdma->probing))
		return;

	err = ib_post_send(rdma->qp, &wr.wr, NULL);
	if (err) {
		clear_bit(PROBING, &rdma->probing);
		p9_rdma_fail(rdma, "posting a probe failed (error %d)", err);
	}
}

static void keepalive_work(struct work_struct *work)
{
	struct p9_trans_rdma *rdma = container_of(to_delayed_work(work),
						  struct p9_trans_rdma,
						  keepalive);
	unsigned long silent = jiffies - READ_ONCE(rdma->heard);

	rcu_read_lock();
	/* Pairs with the change of state before the teardown's grace period. */
	if (READ_ONCE(rdma->state) == P9_RDMA_CONNECTED) {
		if (READ_ONCE(rdma->nr_pending) && silent >= period(rdma))
			send_probe(rdma);
		p9_rdma_keepalive_start(rdma);
	}
	rcu_read_unlock();
}

/**
 * p9_rdma_keepalive_init - prepare to look after a server
 * @rdma: a new instance
 */
void p9_rdma_keepalive_init(struct p9_trans_rdma *rdma)
{
	INIT_DELAYED_WORK(&rdma->keepalive, keepalive_work);
	rdma->probe_cqe.done = probe_done;
}

/**
 * p9_rdma_keepalive_start - look after the server, one period from now
 * @rdma: a connection, which cancels this when it is shut down
 *
 * Context: any.
 */
void p9_rdma_keepalive_start(struct p9_trans_rdma *rdma)
{
	queue_delayed_work(p9_rdma_wq, &rdma->keepalive, period(rdma));
}

/**
 * p9_rdma_heard - the server has shown that it is there
 * @rdma: the connection
 *
 * Context: any.
 */
void p9_rdma_heard(struct p9_trans_rdma *rdma)
{
	WRITE_ONCE(rdma->heard, jiffies);
}
