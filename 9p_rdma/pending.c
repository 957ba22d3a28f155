// SPDX-License-Identifier: GPL-2.0
/*
 * Requests whose reply is awaited, by tag.
 *
 * An entry means: this request has been handed to the device or is about to
 * be, a receive has been posted for its reply, and the reply has not come. It
 * owns the transport's reference to the request and one credit of a request
 * semaphore. Whoever takes an entry out of the table, under the lock, owns
 * both from then on: the receive completion, a flush, or a failure of the
 * connection. So a reply that comes while its request is being given up is
 * seen by exactly one of the two.
 *
 * The table is also the only place where a tag from the wire is looked up. The
 * client's own index would do, but it can find a request that is just being
 * freed, and then spins until it is gone; a server that guesses tags could aim
 * for that.
 *
 * Entries are allocated with the connection, one for each credit: sending a
 * request must not fail for lack of memory, because that would cost the mount.
 */

#include <linux/unaligned.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include "p9_rdma.h"

/**
 * p9_rdma_pending_alloc - make the table, and the credits for it
 * @rdma: the connection; its depth is final
 *
 * All credits but one are for any request. The last is for Tflush: if all
 * requests are stuck in the server, they can still be given up, one by one. A
 * killed task that waits for this credit cannot be woken by yet another signal,
 * so even a depth of one must not be without.
 *
 * Context: the mounting task. Sleeps.
 * Return: 0 or -ENOMEM; p9_rdma_pending_free() is called in either case.
 */
int p9_rdma_pending_alloc(struct p9_trans_rdma *rdma)
{
	int i;

	sema_init(&rdma->rq_sem, rdma->nr_slots - 1);
	sema_init(&rdma->flush_sem, 1);

	/* Tags are small numbers, given out from 0. */
	rdma->pending_bits = min(order_base_2(rdma->nr_slots), 16);
	rdma->pending = kvcalloc(1U << rdma->pending_bits,
				 sizeof(*rdma->pending), GFP_KERNEL);
	rdma->slots = kvcalloc(rdma->nr_slots, sizeof(*rdma->slots),
			       GFP_KERNEL);
	if (!rdma->pending || !rdma->slots)
		return -ENOMEM;

	for (i = 0; i < rdma->nr_slots; i++)
		list_add_tail(&rdma->slots[i].free, &rdma->free_pending);
	return 0;
}

/**
 * p9_rdma_pending_free - undo p9_rdma_pending_alloc()
 * @rdma: a connection that has been shut down
 */
void p9_rdma_pending_free(struct p9_trans_rdma *rdma)
{
	WARN_ON_ONCE(rdma->nr_pending);
	kvfree(rdma->slots);
	kvfree(rdma->pending);
}

static struct hlist_head *bucket(struct p9_trans_rdma *rdma, u16 tag)
{
	return &rdma->pending[tag & ((1U << rdma->pending_bits) - 1)];
}

static struct p9_rdma_pending *find(struct p9_trans_rdma *rdma, u16 tag)
{
	struct p9_rdma_pending *p;

	lockdep_assert_held(&rdma->req_lock);
	hlist_for_each_entry(p, bucket(rdma, tag), node)
		if (p->req->tc.tag == tag)
			return p;
	return NULL;
}

static void take(struct p9_trans_rdma *rdma, struct p9_rdma_pending *p)
{
	lockdep_assert_held(&rdma->req_lock);
	hlist_del(&p->node);
	rdma->nr_pending--;
}

/*
 * The pending request that the Tflush @req wants flushed, with a reference; or
 * NULL.
 */
static struct p9_req_t *flush_target(struct p9_trans_rdma *rdma,
				     const struct p9_req_t *req)
{
	struct p9_rdma_pending *p;

	lockdep_assert_held(&rdma->req_lock);
	if (req->tc.id != P9_TFLUSH || req->tc.size < P9_HDRSZ + sizeof(u16))
		return NULL;

	p = find(rdma, get_unaligned_le16(req->tc.sdata + P9_HDRSZ));
	if (!p)
		return NULL;
	p9_req_get(p->req);
	return p->req;
}

/**
 * p9_rdma_pending_add - from now on, a reply may come
 * @rdma: the connection
 * @req: the request; the transport's reference goes into the table
 * @credit: taken by the caller; goes into the table
 *
 * Context: any.
 * Return: 0, or -EIO if the connection has failed and nothing was added.
 */
int p9_rdma_pending_add(struct p9_trans_rdma *rdma, struct p9_req_t *req,
			struct semaphore *credit)
{
	struct p9_rdma_pending *p;
	unsigned long flags;
	int err = -EIO;

	spin_lock_irqsave(&rdma->req_lock, flags);
	if (rdma->state != P9_RDMA_CONNECTED)
		goto unlock;

	p = list_first_entry_or_null(&rdma->free_pending,
				     struct p9_rdma_pending, free);
	if (WARN_ON_ONCE(!p))
		goto unlock;

	list_del(&p->free);
	p->req = req;
	p->flushes = flush_target(rdma, req);
	p->credit = credit;
	/* Before it can be found, or a quick reply's status is overwritten. */
	WRITE_ONCE(req->status, REQ_STATUS_SENT);
	hlist_add_head(&p->node, bucket(rdma, req->tc.tag));
	rdma->nr_pending++;
	err = 0;

unlock:
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	return err;
}

/**
 * p9_rdma_pending_take - take a request out of the table
 * @rdma: the connection
 * @tag: its tag
 *
 * Context: any.
 * Return: the entry, owned by the caller until it calls
 *	p9_rdma_pending_release(); or %NULL if no such request is pending.
 */
struct p9_rdma_pending *p9_rdma_pending_take(struct p9_trans_rdma *rdma,
					     u16 tag)
{
	struct p9_rdma_pending *p;
	unsigned long flags;

	spin_lock_irqsave(&rdma->req_lock, flags);
	p = find(rdma, tag);
	if (p)
		take(rdma, p);
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	return p;
}

/**
 * p9_rdma_pending_release - an entry that was taken is done with
 * @rdma: the connection
 * @p: the entry; what becomes of its request is the caller's business
 *
 * Context: any.
 */
void p9_rdma_pending_release(struct p9_trans_rdma *rdma,
			     struct p9_rdma_pending *p)
{
	struct semaphore *credit = p->credit;
	struct p9_req_t *flushes = p->flushes;
	unsigned long flags;

	/* Whoever gets the credit must find an entry. */
	spin_lock_irqsave(&rdma->req_lock, flags);
	list_add(&p->free, &rdma->free_pending);
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	up(credit);

	if (flushes)
		p9_req_put(rdma->client, flushes);
}

/**
 * p9_rdma_pending_withdraw - no reply will come for a request any more
 * @rdma: the connection
 * @req: a request on which the caller holds a reference
 *
 * That is so after the server has answered a Tflush for it. The receive that
 * was posted for the reply stays where it is, for the next request to use.
 * Nothing happens if the request is not pending: its reply came first.
 *
 * Context: any.
 */
void p9_rdma_pending_withdraw(struct p9_trans_rdma *rdma,
			      struct p9_req_t *req)
{
	struct p9_rdma_pending *p;
	unsigned long flags;

	spin_lock_irqsave(&rdma->req_lock, flags);
	p = find(rdma, req->tc.tag);
	if (p) {
		take(rdma, p);
		rdma->excess_rc++;
	}
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	if (!p)
		return;

	/* The caller's reference kept the tag from going to another request. */
	WARN_ON_ONCE(p->req != req);
	p9_rdma_pending_release(rdma, p);
	p9_req_put(rdma->client, req);
}

/* Take out any entry from bucket *@i on, which only ever empties; or NULL. */
static struct p9_rdma_pending *take_any(struct p9_trans_rdma *rdma,
					unsigned int *i)
{
	struct p9_rdma_pending *p = NULL;
	unsigned long flags;

	spin_lock_irqsave(&rdma->req_lock, flags);
	while (rdma->nr_pending && *i >> rdma->pending_bits == 0) {
		p = hlist_entry_safe(rdma->pending[*i].first,
				     struct p9_rdma_pending, node);
		if (p) {
			take(rdma, p);
			break;
		}
		++*i;
	}
	spin_unlock_irqrestore(&rdma->req_lock, flags);
	return p;
}

/**
 * p9_rdma_pending_fail_all - nobody waits for a reply any longer
 * @rdma: a connection whose state keeps more from being added
 * @err: what the waiters get, negative
 *
 * Context: any.
 */
void p9_rdma_pending_fail_all(struct p9_trans_rdma *rdma, int err)
{
	struct p9_rdma_pending *p;
	unsigned int i = 0;

	while ((p = take_any(rdma, &i))) {
		struct p9_req_t *req = p->req;

		p9_rdma_pending_release(rdma, p);
		req->t_err = err;
		p9_client_cb(rdma->client, req, REQ_STATUS_ERROR);
	}
}
