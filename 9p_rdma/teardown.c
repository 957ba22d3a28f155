// SPDX-License-Identifier: GPL-2.0
/*
 * Failing, and taking apart.
 *
 * p9_rdma_fail() may be called from anywhere, as often as anything goes wrong.
 * The first call counts: it changes the state, says in the kernel log why, and
 * fails all pending requests. Others that wait for a credit follow by
 * themselves, because every failed request returns one, and who gets it sees
 * the state and passes it on.
 *
 * The RDMA objects are destroyed by whoever owns them: a work item once the
 * connection is up, the mounting task before that, and in the end the task that
 * closes, after it has cancelled the work. A work item, because a handler of
 * the connection manager may not destroy its own id and softirq may not sleep.
 * It matters most when the device is removed: the removal waits until no id and
 * no queue pair is left, and must not wait for somebody to unmount.
 *
 * The order: no new posts, no probes, disconnect, drain, and only then destroy.
 * The drain brings every work request back to its completion handler, which
 * frees the buffer or drops the request. Before the connection is up nothing has
 * been posted, and a drain is neither needed nor sure to work.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/rcupdate.h>
#include "p9_rdma.h"

/*
 * Move to @state, if that is further down. The first time, what is connected
 * ends.
 *
 * Return: the state it was in.
 */
static enum p9_rdma_state end(struct p9_trans_rdma *rdma,
			      enum p9_rdma_state state)
{
	enum p9_rdma_state was;
	unsigned long flags;

	spin_lock_irqsave(&rdma->req_lock, flags);
	was = rdma->state;
	if (was < state) {
		WRITE_ONCE(rdma->state, state);
		rdma->client->status = Disconnected;
		/* Under the lock: whoever closes next has it to cancel. */
		if (state == P9_RDMA_FLUSHING && rdma->live)
			queue_work(system_unbound_wq, &rdma->teardown);
	}
	spin_unlock_irqrestore(&rdma->req_lock, flags);

	if (was == P9_RDMA_CONNECTED)
		p9_rdma_pending_fail_all(rdma, -EIO);
	return was;
}

/**
 * p9_rdma_fail - the connection is broken
 * @rdma: the connection
 * @fmt: why, for the log; no newline
 *
 * Context: any, as long as nobody has closed the connection.
 */
void p9_rdma_fail(struct p9_trans_rdma *rdma, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	if (end(rdma, P9_RDMA_FLUSHING) >= P9_RDMA_FLUSHING)
		return;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	/* Nobody sets this once the state has changed. */
	if (rdma->live)
		pr_err("%pISpc: connection lost: %pV; unmount, and mount again\n",
		       &rdma->addr, &vaf);
	else
		pr_err("%pISpc: cannot connect: %pV\n", &rdma->addr, &vaf);
	va_end(args);
}

/* The queue pair and what it needs. Nobody posts any more. */
static void destroy_qp(struct p9_trans_rdma *rdma)
{
	/* Does nothing if there has never been a connection. */
	rdma_disconnect(rdma->cm_id);
	if (rdma->live)
		ib_drain_qp(rdma->qp);
	rdma_destroy_qp(rdma->cm_id);
	rdma->qp = NULL;
}

/*
 * Destroy the RDMA objects that there are. Nobody else does, or uses them.
 *
 * Context: process context, sleeps, but only for the device and for handlers,
 *	not for the server.
 */
static void destroy_objects(struct p9_trans_rdma *rdma)
{
	/* Whoever is about to post, does so now or sees the state. */
	synchronize_rcu();
	cancel_delayed_work_sync(&rdma->keepalive);

	if (rdma->qp)
		destroy_qp(rdma);
	if (rdma->cq)
		ib_free_cq(rdma->cq);
	rdma->cq = NULL;
	if (rdma->pd)
		ib_dealloc_pd(rdma->pd);
	rdma->pd = NULL;
	if (rdma->cm_id)
		rdma_destroy_id(rdma->cm_id);
	rdma->cm_id = NULL;
}

static void teardown_work(struct work_struct *work)
{
	destroy_objects(container_of(work, struct p9_trans_rdma, teardown));
}

/**
 * p9_rdma_teardown_init - prepare for failure
 * @rdma: a new instance
 */
void p9_rdma_teardown_init(struct p9_trans_rdma *rdma)
{
	INIT_WORK(&rdma->teardown, teardown_work);
}

/**
 * p9_rdma_shut_down - leave nothing but memory
 * @rdma: a connection in any state, which nobody makes requests on any more
 *
 * When this returns, no completion, event, work item or request of the
 * connection exists.
 *
 * Context: process context, sleeps, but not for the server.
 */
void p9_rdma_shut_down(struct p9_trans_rdma *rdma)
{
	end(rdma, P9_RDMA_CLOSING);
	cancel_work_sync(&rdma->teardown);
	destroy_objects(rdma);
	end(rdma, P9_RDMA_CLOSED);
}
