// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting: a task that goes from step to step, and events that let it.
 *
 *	rdma_resolve_addr()	which device leads there?	INIT
 *				event: ADDR_RESOLVED
 *	rdma_resolve_route()	on which path?			ADDR_RESOLVED
 *				event: ROUTE_RESOLVED
 *	rdma_connect()		will the server talk to us?	ROUTE_RESOLVED
 *				event: ESTABLISHED
 *	requests						CONNECTED
 *
 * Every step starts something, waits until an event has been taken in, and then
 * looks at the state, which alone says whether it worked: an event that does
 * not fit fails the connection, whatever it is, and so may any event after the
 * one that was waited for. Nothing but a message in the log depends on which.
 *
 * No step takes much longer than the timeout of the mount.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <rdma/ib_cm.h>
#include "p9_rdma.h"

/* Lost packets and a server that is short of receives are no reason to fail. */
#define RETRY_COUNT		7
#define RNR_RETRY_FOR_EVER	7

/* Exponents of 4.096 us: below, a busy host seems dead; above, a dead one busy. */
#define MIN_ACK_TIMEOUT		14	/* 67 ms */
#define MAX_ACK_TIMEOUT		19	/* 2.1 s */

/* What mounting fails with for @err: no memory, or else no connection. */
static int connect_error(int err)
{
	return err == -ENOMEM ? -ENOMEM : -ENOTCONN;
}

/* Take in an event that belongs to state @from and leads to state @to. */
static void advance(struct p9_trans_rdma *rdma, enum p9_rdma_state from,
		    enum p9_rdma_state to, const struct rdma_cm_event *event)
{
	unsigned long flags;
	bool fits;

	spin_lock_irqsave(&rdma->req_lock, flags);
	fits = rdma->state == from;
	if (fits)
		WRITE_ONCE(rdma->state, to);
	spin_unlock_irqrestore(&rdma->req_lock, flags);

	if (!fits)
		p9_rdma_fail(rdma, "event out of turn: %s",
			     rdma_event_msg(event->event));
}

static void connect_rejected(struct p9_trans_rdma *rdma, struct rdma_cm_id *id,
			     const struct rdma_cm_event *event)
{
	/* InfiniBand's reason; the other transports have errno or nothing. */
	if (rdma_cap_ib_cm(id->device, id->port_num) &&
	    event->status == IB_CM_REJ_INVALID_SERVICE_ID)
		p9_rdma_fail(rdma, "nobody listens on this port: start a 9P server for RDMA there");
	else
		p9_rdma_fail(rdma, "the server rejected the connection (%d: %s)",
			     event->status,
			     rdma_reject_msg(id, event->status));
}

static void address_failed(struct p9_trans_rdma *rdma, int err)
{
	p9_rdma_fail(rdma, "no RDMA device leads there (error %d): see rdma link, ip route get",
		     err);
}

/*
 * The connection manager's handler. Context: its workqueue, may sleep, must not
 * destroy @id, and so always returns 0.
 */
static int cm_event(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct p9_trans_rdma *rdma = id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		advance(rdma, P9_RDMA_INIT, P9_RDMA_ADDR_RESOLVED, event);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		advance(rdma, P9_RDMA_ADDR_RESOLVED, P9_RDMA_ROUTE_RESOLVED,
			event);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		advance(rdma, P9_RDMA_ROUTE_RESOLVED, P9_RDMA_CONNECTED, event);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
		/* There may be time for another try. */
		if (event->status != -ETIMEDOUT)
			address_failed(rdma, event->status);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		p9_rdma_fail(rdma, "the host does not answer (error %d): is RDMA set up there?",
			     event->status);
		break;
	case RDMA_CM_EVENT_REJECTED:
		connect_rejected(rdma, id, event);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		p9_rdma_fail(rdma, "the server disconnected");
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		p9_rdma_fail(rdma, "RDMA device %s was removed",
			     dev_name(&id->device->dev));
		break;
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		return 0;
	default:
		p9_rdma_fail(rdma, "%s (error %d)",
			     rdma_event_msg(event->event), event->status);
		break;
	}
	complete(&rdma->cm_done);
	return 0;
}

/*
 * Wait until an event has been taken in.
 *
 * Return: 0, -EINTR, or -ENOTCONN after a line in the log.
 */
static int wait_for_event(struct p9_trans_rdma *rdma, unsigned long timeout)
{
	long left;

	left = wait_for_completion_interruptible_timeout(&rdma->cm_done,
							 timeout);
	if (left < 0) {
		p9_rdma_fail(rdma, "interrupted");
		return -EINTR;
	}
	if (!left) {
		p9_rdma_fail(rdma, "no answer within %u ms",
			     jiffies_to_msecs(timeout));
		return -ENOTCONN;
	}
	return 0;
}

/* The same, and that event must have led to @state. */
static int wait_for_state(struct p9_trans_rdma *rdma, enum p9_rdma_state state,
			  unsigned long timeout)
{
	int err = wait_for_event(rdma, timeout);

	if (err)
		return err;
	return READ_ONCE(rdma->state) == state ? 0 : -ENOTCONN;
}

/*
 * How long to wait for an event that comes at a timeout of @ms at the latest:
 * timers are late by up to an eighth, and threads by more.
 */
static unsigned long beyond(unsigned int ms)
{
	unsigned long timeout = msecs_to_jiffies(ms);

	return timeout + timeout / 4 + HZ;
}

/* Bind to the highest privileged port that is free, at any address. */
static int bind_privport(struct p9_trans_rdma *rdma)
{
	struct sockaddr_storage any = { .ss_family = rdma->addr.ss_family };
	__be16 *port = any.ss_family == AF_INET ?
			&((struct sockaddr_in *)&any)->sin_port :
			&((struct sockaddr_in6 *)&any)->sin6_port;
	int err = -EADDRINUSE;
	unsigned int i;

	for (i = P9_DEF_MAX_RESVPORT; i >= P9_DEF_MIN_RESVPORT; i--) {
		*port = htons(i);
		err = rdma_bind_addr(rdma->cm_id, (struct sockaddr *)&any);
		if (err != -EADDRINUSE)
			break;
	}
	if (err)
		p9_rdma_fail(rdma, "problem binding to privport: %d (%u to %u are tried)",
			     -err, P9_DEF_MAX_RESVPORT, P9_DEF_MIN_RESVPORT);
	return err ? -ENOTCONN : 0;
}

/*
 * Try to resolve the address for @ms.
 *
 * Return: 0; -EAGAIN if that was not long enough; another error after a line in
 *	the log.
 */
static int try_resolve_addr(struct p9_trans_rdma *rdma, unsigned int ms)
{
	int err;

	reinit_completion(&rdma->cm_done);
	err = rdma_resolve_addr(rdma->cm_id, NULL,
				(struct sockaddr *)&rdma->addr, ms);
	if (err) {
		address_failed(rdma, err);
		return connect_error(err);
	}
	err = wait_for_event(rdma, beyond(ms));
	if (err)
		return err;

	switch (READ_ONCE(rdma->state)) {
	case P9_RDMA_ADDR_RESOLVED:
		return 0;
	case P9_RDMA_INIT:
		return -EAGAIN;
	default:
		return -ENOTCONN;
	}
}

/*
 * Resolve the address, in short tries: if the neighbor answers while the kernel
 * is still about to wait for it (as it does on a virtual link), nobody notices
 * before the try is over.
 */
static int resolve_addr(struct p9_trans_rdma *rdma)
{
	unsigned long end = jiffies + msecs_to_jiffies(rdma->timeout);
	unsigned int ms = min(rdma->timeout, 500L);
	int err;

	do {
		err = try_resolve_addr(rdma, ms);
	} while (err == -EAGAIN && time_before(jiffies, end));
	if (err != -EAGAIN)
		return err;

	p9_rdma_fail(rdma, "this address does not answer: see ip neigh");
	return -ENOTCONN;
}

/*
 * How long the device waits for an acknowledgment, as an exponent of 4.096 us:
 * all tries together shall take a quarter of the timeout.
 */
static u8 ack_timeout(const struct p9_trans_rdma *rdma)
{
	u64 budget = (u64)rdma->timeout * NSEC_PER_MSEC / 4;
	u8 t = MAX_ACK_TIMEOUT;

	while (t > MIN_ACK_TIMEOUT && (4096ULL << t) * (1 + RETRY_COUNT) > budget)
		t--;
	return t;
}

static int resolve_route(struct p9_trans_rdma *rdma)
{
	int err;

	/* On devices that cannot choose it, the default stays. */
	rdma_set_ack_timeout(rdma->cm_id, ack_timeout(rdma));
	reinit_completion(&rdma->cm_done);
	err = rdma_resolve_route(rdma->cm_id, rdma->timeout);
	if (err) {
		p9_rdma_fail(rdma, "no route (error %d)", err);
		return connect_error(err);
	}
	return wait_for_state(rdma, P9_RDMA_ROUTE_RESOLVED,
			      beyond(rdma->timeout));
}

/* Make do with what the device allows. */
static int clamp_depths(struct p9_trans_rdma *rdma)
{
	const struct ib_device_attr *attrs = &rdma->cm_id->device->attrs;
	int sq = min(rdma->sq_depth, attrs->max_qp_wr - P9_RDMA_SQ_SPARE);
	int rq = min(max(rdma->rq_depth, P9_RDMA_MIN_PENDING),
		     attrs->max_qp_wr - P9_RDMA_RQ_SPARE);
	int cqes = attrs->max_cqe - P9_RDMA_SQ_SPARE - P9_RDMA_RQ_SPARE;

	sq = min(sq, cqes / 2);
	rq = min(rq, cqes - sq);
	if (sq < 1 || rq < max(sq, P9_RDMA_MIN_PENDING)) {
		p9_rdma_fail(rdma, "%s has no room for a queue pair",
			     dev_name(&rdma->cm_id->device->dev));
		return -ENOTCONN;
	}

	if (sq < rdma->sq_depth || rq < rdma->rq_depth)
		pr_info("%pISpc: using sq=%d,rq=%d instead of sq=%d,rq=%d, which is more than %s can do\n",
			&rdma->addr, sq, rq, rdma->sq_depth, rdma->rq_depth,
			dev_name(&rdma->cm_id->device->dev));
	rdma->nr_slots = rq;
	rdma->sq_depth = sq;
	rdma->rq_depth = min(rdma->rq_depth, rq);
	return 0;
}

/* Something happened to the queue pair that is no completion. Context: any. */
static void qp_event(struct ib_event *event, void *context)
{
	struct p9_trans_rdma *rdma = context;

	switch (event->event) {
	case IB_EVENT_QP_FATAL:
	case IB_EVENT_QP_REQ_ERR:
	case IB_EVENT_QP_ACCESS_ERR:
	case IB_EVENT_PATH_MIG_ERR:
		p9_rdma_fail(rdma, "queue pair: %s",
			     ib_event_msg(event->event));
		break;
	default:
		/* Good news, or the end of what is being torn down. */
		break;
	}
}

static int create_qp(struct p9_trans_rdma *rdma)
{
	struct ib_qp_init_attr attr = {
		.event_handler = qp_event,
		.qp_context = rdma,
		.send_cq = rdma->cq,
		.recv_cq = rdma->cq,
		.cap = {
			.max_send_wr = rdma->sq_depth + P9_RDMA_SQ_SPARE,
			.max_recv_wr = rdma->nr_slots + P9_RDMA_RQ_SPARE,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = IB_QPT_RC,
	};
	int err;

	err = rdma_create_qp(rdma->cm_id, rdma->pd, &attr);
	if (!err)
		rdma->qp = rdma->cm_id->qp;
	return err;
}

static int create_verbs_objects(struct p9_trans_rdma *rdma)
{
	struct ib_device *dev = rdma->cm_id->device;
	struct ib_cq *cq;
	struct ib_pd *pd;

	cq = ib_alloc_cq_any(dev, rdma,
			     rdma->sq_depth + P9_RDMA_SQ_SPARE +
			     rdma->nr_slots + P9_RDMA_RQ_SPARE,
			     IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	rdma->cq = cq;

	pd = ib_alloc_pd(dev, 0);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	rdma->pd = pd;

	return create_qp(rdma);
}

/*
 * Everything that requests need.
 *
 * Return: 0, -ENOMEM, or -ENOTCONN after a line in the log. What there is
 * remains for p9_rdma_shut_down().
 */
static int create_objects(struct p9_trans_rdma *rdma)
{
	int err;

	err = clamp_depths(rdma);
	if (err)
		return err;
	err = p9_rdma_recv_alloc(rdma) ?: p9_rdma_send_alloc(rdma) ?:
	      p9_rdma_pending_alloc(rdma);
	if (err) {
		p9_rdma_fail(rdma, "no memory for sq=%d,rq=%d", rdma->sq_depth,
			     rdma->rq_depth);
		return err;
	}
	err = create_verbs_objects(rdma);
	if (err) {
		p9_rdma_fail(rdma, "%s cannot make a queue pair with sq=%d,rq=%d (error %d)",
			     dev_name(&rdma->cm_id->device->dev),
			     rdma->sq_depth, rdma->rq_depth, err);
		return connect_error(err);
	}
	return 0;
}

static int connect_qp(struct p9_trans_rdma *rdma)
{
	struct rdma_conn_param param = {
		.retry_count = RETRY_COUNT,
		.rnr_retry_count = RNR_RETRY_FOR_EVER,
	};
	int err;

	reinit_completion(&rdma->cm_done);
	err = rdma_connect(rdma->cm_id, &param);
	if (err) {
		p9_rdma_fail(rdma, "the request to connect cannot be sent (error %d)",
			     err);
		return connect_error(err);
	}
	return wait_for_state(rdma, P9_RDMA_CONNECTED,
			      msecs_to_jiffies(rdma->timeout));
}

/*
 * Hand the RDMA objects over to the teardown work, unless the connection has
 * come to an end between its establishment and now.
 */
static int go_live(struct p9_trans_rdma *rdma)
{
	unsigned long flags;
	int err = -ENOTCONN;

	spin_lock_irqsave(&rdma->req_lock, flags);
	if (rdma->state == P9_RDMA_CONNECTED) {
		rdma->live = true;
		rdma->client->status = Connected;
		err = 0;
	}
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	return err;
}

/**
 * p9_rdma_connect - connect to the server
 * @rdma: a new instance with an address
 * @net: the network namespace to do it in
 *
 * Context: the mounting task. Sleeps, interruptibly.
 * Return: 0; -EINTR; -ENOMEM; -ENOTCONN after a line in the log. The caller
 *	cleans up with p9_rdma_shut_down().
 */
int p9_rdma_connect(struct p9_trans_rdma *rdma, struct net *net)
{
	struct rdma_cm_id *id;
	int err;

	id = rdma_create_id(net, cm_event, rdma, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		p9_rdma_fail(rdma, "no connection id (error %ld)", PTR_ERR(id));
		return connect_error(PTR_ERR(id));
	}
	rdma->cm_id = id;

	err = rdma->privport ? bind_privport(rdma) : 0;
	if (!err)
		err = resolve_addr(rdma);
	if (!err)
		err = resolve_route(rdma);
	if (!err)
		err = create_objects(rdma);
	if (!err)
		err = connect_qp(rdma);
	if (!err)
		err = go_live(rdma);
	if (err)
		return err;

	p9_rdma_heard(rdma);
	p9_rdma_keepalive_start(rdma);
	return 0;
}
