// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a request.
 *
 * First the credits: one of the request semaphore, until the request is
 * answered, flushed or failed, and one of the send semaphore, until its send
 * completes. Both waits end for a fatal signal, as the client's own wait for
 * the reply does. Everything after them is non-blocking and needs no memory.
 *
 * Then, in this order: map the message, post a receive, enter the request into
 * the table of pending ones, post the send. The receive comes before the send,
 * so that a reply always finds a buffer; and before the table, so that a reply
 * which the server made up too early cannot return a credit whose receive does
 * not exist yet.
 *
 * A request holds two references of the transport: the table's, which the core
 * gave us with the request, and the send's. The core has its own.
 *
 * Giving up. If the caller is killed, the core calls cancel, then sends Tflush,
 * then calls cancelled, or not if it is killed once more (which can happen to
 * one of several threads: by an exec, and then by a signal). The Rflush itself is
 * what tells that the old request will not be answered, so it is acted on where
 * it is received, and it does not matter who still waits for it. A request
 * whose Tflush was never sent stays pending, and its tag taken, until the
 * server answers or the connection is closed.
 */

#include <linux/rcupdate.h>
#include "p9_rdma.h"

/*
 * Wait for a request credit.
 *
 * Return: the semaphore to return it to; NULL for a fatal signal.
 */
static struct semaphore *get_request_credit(struct p9_trans_rdma *rdma,
					    const struct p9_req_t *req)
{
	struct semaphore *credit = &rdma->rq_sem;

	if (!down_trylock(credit))
		return credit;
	/* A server must answer Tflush whatever else is stuck. */
	if (req->tc.id == P9_TFLUSH)
		credit = &rdma->flush_sem;
	return down_killable(credit) ? NULL : credit;
}

/*
 * Post what @req needs. Takes over the send credit in any case and @credit if
 * it succeeds.
 *
 * Context: inside an RCU read side.
 * Return: 0 if the client will be called back, -EIO if not.
 */
static int submit(struct p9_trans_rdma *rdma, struct p9_req_t *req,
		  struct semaphore *credit)
{
	struct p9_rdma_send *send;
	int err;

	/* Pairs with the change of state before the teardown's grace period. */
	if (READ_ONCE(rdma->state) != P9_RDMA_CONNECTED) {
		up(&rdma->sq_sem);
		return -EIO;
	}

	send = p9_rdma_send_prepare(rdma, req);
	if (!send) {
		up(&rdma->sq_sem);
		p9_rdma_fail(rdma, "a request of %u bytes cannot be mapped for the device",
			     req->tc.size);
		return -EIO;
	}
	err = p9_rdma_recv_provide(rdma, req);
	if (err)
		goto release_send;
	err = p9_rdma_pending_add(rdma, req, credit);
	if (err)
		goto release_send;

	/* From here the request is answered by whoever takes it out again. */
	err = p9_rdma_send_post(rdma, send);
	if (err) {
		p9_rdma_fail(rdma, "posting a send failed (error %d)", err);
		p9_rdma_send_release(rdma, send);
	}
	return 0;

release_send:
	p9_rdma_send_release(rdma, send);
	return err;
}

/**
 * p9_rdma_request - send a request
 * @client: whose
 * @req: the request, with a reference for us
 *
 * Context: the calling task, which may be in writeback or reclaim. Sleeps while
 *	no credit is free.
 * Return: 0 if the client will be called back; -ERESTARTSYS if a fatal signal
 *	came first; -EIO if the connection has failed. The reference remains the
 *	caller's unless this returns 0.
 */
int p9_rdma_request(struct p9_client *client, struct p9_req_t *req)
{
	struct p9_trans_rdma *rdma = client->trans;
	struct semaphore *credit;
	int err;

	credit = get_request_credit(rdma, req);
	if (!credit)
		return -ERESTARTSYS;
	if (down_killable(&rdma->sq_sem)) {
		up(credit);
		return -ERESTARTSYS;
	}

	rcu_read_lock();
	err = submit(rdma, req, credit);
	rcu_read_unlock();
	if (err)
		up(credit);
	return err;
}

/**
 * p9_rdma_cancel - the caller of a request was killed
 * @client: whose
 * @req: the request
 *
 * Return: 1, because whatever was accepted has been sent: flush it.
 */
int p9_rdma_cancel(struct p9_client *client, struct p9_req_t *req)
{
	return 1;
}

/**
 * p9_rdma_cancelled - a request has been flushed
 * @client: whose
 * @req: the request, referenced by the caller
 *
 * Return: 0.
 */
int p9_rdma_cancelled(struct p9_client *client, struct p9_req_t *req)
{
	p9_rdma_pending_withdraw(client->trans, req);
	return 0;
}
