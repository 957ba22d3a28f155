// SPDX-License-Identifier: GPL-2.0
/*
 * What a responder sends, in the order of the requests.
 *
 * READ and atomic requests are answered with data.  Their responses wait in a
 * queue for the send engine: a READ may take thousands of packets, more than
 * belong into one softirq.
 *
 * All other requests are answered by an ACK, or a NAK.  It goes out when the
 * packets that came in together have been looked at: the latest one covers those
 * before, and one is enough.  It may not pass the responses, or it would
 * acknowledge what was not sent, so it waits behind them.  Last comes a fatal
 * error.
 *
 * A READ holds no reference on memory while it waits: its key is looked up for
 * each burst of packets.  So a region can be deregistered under it, and the
 * requester is told.
 *
 * Duplicates of READ requests are those that the requester repeats because
 * responses were lost.  If the response is still being sent, it goes back to
 * the packet that is asked for, for what is on its way is of no use.  If it was
 * sent, it is put in again at its place in the order.  Or the requester has it,
 * and the duplicate was late: then its key may be good no more, and that is no
 * error.  Should the requester miss something after all, it gives up in the end.
 *
 * The owner of a queue pair may have seen a message complete, and destroy the
 * queue pair, before its ACK is out.  That ACK is owed still: without it the
 * peer would repeat a message that has arrived until it gives up.  It is sent in
 * the error state and, as the last packet, in a reset; nothing else is.
 *
 * Locking: s_lock guards all of this.  The receive path holds r_lock as well,
 * and is the only one to put something in; so there remains room that it saw.
 */
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <rdma/ib_hdrs.h>
#include <rvt_ext.h>
#include "ack.h"
#include "counters.h"
#include "device.h"
#include "net.h"
#include "opcode.h"
#include "qp.h"
#include "trace.h"
#include "wire.h"

/* Duplicates that can be answered while the peer's limit is in use. */
#define REPEATS	16

static u16 next_slot(const struct rvt_roce_ack *ack, u16 i)
{
	return ++i == ack->size ? 0 : i;
}

static bool is_empty(const struct rvt_roce_ack *ack)
{
	return ack->head == ack->tail;
}

__be32 rvt_roce_nak_aeth(const struct rvt_qp *qp, u8 syndrome)
{
	return cpu_to_be32((u32)syndrome << IB_AETH_CREDIT_SHIFT |
			   (qp->r_msn & IB_MSN_MASK));
}

static struct sk_buff *new_response(struct rvt_qp *qp, u8 opcode, u32 psn,
				    u32 len)
{
	const struct rvt_roce_opcode *op = &rvt_roce_opcodes[opcode];
	struct rvt_roce_qp *priv = qp->priv;
	unsigned int pad = rvt_roce_pad(len);
	struct sk_buff *skb;

	skb = rvt_roce_alloc_skb(rvt_roce_qp_dev(qp), &priv->av,
				 op->hdr_len + len + pad);
	if (skb)
		rvt_roce_bth_init(skb_put(skb, RVT_ROCE_BTH_BYTES), opcode, 0,
				  pad, qp->remote_qpn, psn, false);
	return skb;
}

static struct sk_buff *build_ack(struct rvt_qp *qp, u32 psn, __be32 aeth)
{
	u8 syndrome = be32_to_cpu(aeth) >> IB_AETH_CREDIT_SHIFT;
	struct sk_buff *skb;

	skb = new_response(qp, IB_OPCODE_RC_ACKNOWLEDGE, psn, 0);
	if (!skb)
		return NULL;
	if (syndrome & RVT_ROCE_AETH_TYPE_MASK)
		trace_rvt_roce_sent_nak(qp, psn, syndrome);
	skb_put_data(skb, &aeth, sizeof(aeth));
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_SENT_ACK);
	return skb;
}

void rvt_roce_ack_post(struct rvt_qp *qp, u32 psn, __be32 aeth)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;

	lockdep_assert_held(&qp->r_lock);
	spin_lock(&qp->s_lock);
	if (ack->due || !is_empty(ack))
		rvt_roce_qp_count(qp, RVT_ROCE_CNT_ACK_DEFERRED);
	/* A NAK has the PSN after that of the ACK which it includes. */
	if (!ack->due || rvt_roce_psn_cmp(psn, ack->psn) >= 0) {
		ack->psn = psn;
		ack->aeth = aeth;
		ack->due = true;
	}
	spin_unlock(&qp->s_lock);
}

bool rvt_roce_ack_room(struct rvt_qp *qp)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;
	bool room;

	lockdep_assert_held(&qp->r_lock);
	spin_lock(&qp->s_lock);
	room = next_slot(ack, ack->head) != ack->tail;
	spin_unlock(&qp->s_lock);
	return room;
}

static void enqueue(struct rvt_roce_ack *ack, const struct rvt_roce_resp *resp)
{
	ack->queue[ack->head] = *resp;
	ack->queue[ack->head].first = true;
	ack->head = next_slot(ack, ack->head);
}

/*
 * A repeated response goes before those to later requests.  Behind them it might
 * never be sent: the requester waits for it, and until it comes asks for them
 * again, too.
 */
static void insert(struct rvt_roce_ack *ack, const struct rvt_roce_resp *resp)
{
	u16 i = ack->head, before;

	ack->head = next_slot(ack, i);
	for (; i != ack->tail; i = before) {
		before = (i ?: ack->size) - 1;
		if (rvt_roce_psn_cmp(resp->lpsn, ack->queue[before].lpsn) > 0)
			break;
		ack->queue[i] = ack->queue[before];
	}
	ack->queue[i] = *resp;
	ack->queue[i].first = true;
}

void rvt_roce_ack_respond(struct rvt_qp *qp, const struct rvt_roce_resp *resp)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;

	lockdep_assert_held(&qp->r_lock);
	spin_lock(&qp->s_lock);
	enqueue(ack, resp);
	/* The response acknowledges what came before it. */
	ack->due = false;
	spin_unlock(&qp->s_lock);
}

/*
 * If @resp begins before what is left of the one that is @queued, it takes its
 * place.  Else that is not to end before it.
 */
static void go_back(const struct rvt_qp *qp, struct rvt_roce_resp *queued,
		    const struct rvt_roce_resp *resp)
{
	int behind = rvt_roce_psn_diff(resp->psn, queued->psn);
	bool repeat = queued->repeat;

	if (behind < 0) {
		*queued = *resp;
		queued->first = true;
		queued->repeat = repeat;
	} else {
		queued->len = max(queued->len,
				  resp->len + (behind << qp->log_pmtu));
	}
}

void rvt_roce_ack_repeat(struct rvt_qp *qp, const struct rvt_roce_resp *resp)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;
	u16 i;

	lockdep_assert_held(&qp->r_lock);
	spin_lock(&qp->s_lock);
	for (i = ack->tail; i != ack->head; i = next_slot(ack, i)) {
		struct rvt_roce_resp *queued = &ack->queue[i];

		if (queued->lpsn == resp->lpsn) {
			go_back(qp, queued, resp);
			goto unlock;
		}
	}
	/* If there is no room, the requester will ask again. */
	if (next_slot(ack, ack->head) != ack->tail)
		insert(ack, resp);
unlock:
	spin_unlock(&qp->s_lock);
}

static void set_fatal(struct rvt_qp *qp, const struct rvt_roce_fatal *fatal)
{
	struct rvt_roce_qp *priv = qp->priv;

	lockdep_assert_held(&qp->s_lock);
	WRITE_ONCE(priv->dead, true);
	if (priv->ack.fatal.pending)
		return;
	priv->ack.fatal = *fatal;
	priv->ack.fatal.pending = true;
}

void rvt_roce_ack_fatal(struct rvt_qp *qp, const struct rvt_roce_fatal *fatal)
{
	lockdep_assert_held(&qp->r_lock);
	spin_lock(&qp->s_lock);
	set_fatal(qp, fatal);
	spin_unlock(&qp->s_lock);
}

/* The key of a READ that is under way is good no more: the last word. */
static void revoke(struct rvt_qp *qp, u32 psn)
{
	static const struct rvt_roce_fatal revoked = {
		.status = IB_WC_REM_ACCESS_ERR,
		.event = IB_EVENT_QP_ACCESS_ERR,
		.has_event = true,
		.nak = RVT_ROCE_NAK_ACCESS,
	};
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;
	struct rvt_roce_fatal fatal = revoked;

	fatal.psn = psn;
	ack->tail = ack->head;
	ack->due = false;
	ack->fatal.pending = false;
	set_fatal(qp, &fatal);
}

static const struct rvt_roce_places read_response = {
	IB_OPCODE_RC_RDMA_READ_RESPONSE_FIRST,
	IB_OPCODE_RC_RDMA_READ_RESPONSE_MIDDLE,
	IB_OPCODE_RC_RDMA_READ_RESPONSE_LAST,
	IB_OPCODE_RC_RDMA_READ_RESPONSE_ONLY,
};

static bool build_read_packet(struct rvt_qp *qp, struct rvt_roce_resp *resp,
			      struct rvt_sge_state *ss,
			      struct rvt_roce_burst *burst)
{
	u32 len = min_t(u32, resp->len, qp->pmtu);
	u8 opcode = rvt_roce_opcode_at(&read_response, resp->first,
				       len == resp->len);
	struct sk_buff *skb = new_response(qp, opcode, resp->psn, len);

	if (!skb) {
		burst->nomem = true;
		return false;
	}
	if (rvt_roce_opcodes[opcode].flags & RVT_ROCE_OP_AETH)
		skb_put_data(skb, &resp->aeth, sizeof(resp->aeth));
	rvt_roce_put_payload(skb, ss, len);
	__skb_queue_tail(&burst->list, skb);
	burst->room--;

	resp->va += len;
	resp->len -= len;
	resp->psn = rvt_roce_psn_add(resp->psn, 1);
	resp->first = false;
	return true;
}

/* Returns true when the response is complete, or nobody needs the rest. */
static bool build_read(struct rvt_qp *qp, struct rvt_roce_resp *resp,
		       struct rvt_roce_burst *burst)
{
	u32 chunk = min_t(u32, resp->len, burst->room << qp->log_pmtu);
	struct rvt_sge_state ss = { .num_sge = 1 };
	struct rvt_access access = {};
	bool done = false;

	if (chunk) {
		if (!rvt_access_begin(&access, qp, chunk, resp->va, resp->rkey,
				      IB_ACCESS_REMOTE_READ)) {
			if (resp->repeat)
				return true;
			revoke(qp, resp->psn);
			return false;
		}
		ss.sge = access.sge;
	}
	while (burst->room && !done) {
		if (!build_read_packet(qp, resp, &ss, burst))
			break;
		done = !resp->len;
	}
	rvt_access_end(&access);
	if (chunk)
		rvt_put_mr(access.sge.mr);
	return done;
}

static bool build_atomic(struct rvt_qp *qp, const struct rvt_roce_resp *resp,
			 struct rvt_roce_burst *burst)
{
	__be64 orig = cpu_to_be64(resp->orig);
	struct sk_buff *skb;

	skb = new_response(qp, IB_OPCODE_RC_ATOMIC_ACKNOWLEDGE, resp->psn, 0);
	if (!skb) {
		burst->nomem = true;
		return false;
	}
	skb_put_data(skb, &resp->aeth, sizeof(resp->aeth));
	skb_put_data(skb, &orig, sizeof(orig));
	__skb_queue_tail(&burst->list, skb);
	burst->room--;
	return true;
}

static bool build_response(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;
	struct rvt_roce_resp *resp = &ack->queue[ack->tail];
	bool done;

	if (resp->kind == RVT_ROCE_RESP_READ)
		done = build_read(qp, resp, burst);
	else
		done = build_atomic(qp, resp, burst);
	if (done)
		ack->tail = next_slot(ack, ack->tail);
	return done;
}

static bool queue_ack(struct rvt_qp *qp, u32 psn, __be32 aeth,
		      struct rvt_roce_burst *burst)
{
	struct sk_buff *skb = build_ack(qp, psn, aeth);

	if (!skb) {
		burst->nomem = true;
		return false;
	}
	__skb_queue_tail(&burst->list, skb);
	burst->room--;
	return true;
}

/* What is due when all responses are out. */
static void build_rest(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;

	if (ack->due && burst->room)
		ack->due = !queue_ack(qp, ack->psn, ack->aeth, burst);
	if (!ack->fatal.pending || ack->due || !burst->room)
		return;
	burst->fatal = !ack->fatal.nak ||
		       queue_ack(qp, ack->fatal.psn,
				 rvt_roce_nak_aeth(qp, ack->fatal.nak), burst);
}

void rvt_roce_ack_build(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;

	lockdep_assert_held(&qp->s_lock);
	while (burst->room && !is_empty(ack) && build_response(qp, burst))
		;
	if (is_empty(ack))
		build_rest(qp, burst);
}

/* Those that wait, in front of an otherwise empty queue. */
static void move_queue(struct rvt_roce_ack *ack, struct rvt_roce_resp *queue,
		       u16 size)
{
	u16 n = 0, i;

	for (i = ack->tail; i != ack->head; i = next_slot(ack, i)) {
		/* The peer breaks its limit; it asks again for the rest. */
		if (n == size - 1)
			break;
		queue[n++] = ack->queue[i];
	}
	ack->queue = queue;
	ack->size = size;
	ack->tail = 0;
	ack->head = n;
}

/* The latest of those that were answered, oldest first. */
static void move_done(struct rvt_roce_qp *priv, struct rvt_roce_resp *done,
		      u16 size)
{
	u16 keep = min(size, priv->done_size);
	u16 i, from;

	for (i = 0; i < keep; i++) {
		from = priv->done_next + priv->done_size - keep + i;
		done[i] = priv->done[from % priv->done_size];
	}
	priv->done = done;
	priv->done_size = size;
	priv->done_next = size ? keep % size : 0;
}

int rvt_roce_ack_resize(struct rvt_qp *qp, u16 limit)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_roce_slots *slots;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	kfree(priv->spare);
	priv->spare = NULL;
	if (priv->slots && priv->slots->limit == limit)
		return 0;
	slots = kzalloc(struct_size(slots, resp, 2 * limit + REPEATS + 1),
			GFP_ATOMIC | __GFP_NOWARN |
			(qp->pid ? __GFP_ACCOUNT : 0));
	if (!slots)
		return -ENOMEM;
	slots->limit = limit;
	priv->spare = slots;
	return 0;
}

void rvt_roce_ack_commit(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_roce_slots *slots = priv->spare;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	if (!slots)
		return;
	move_done(priv, slots->resp, slots->limit);
	move_queue(&priv->ack, slots->resp + slots->limit,
		   slots->limit + REPEATS + 1);
	kfree(priv->slots);
	priv->slots = slots;
	priv->spare = NULL;
}

bool rvt_roce_ack_owed(const struct rvt_qp *qp)
{
	lockdep_assert_held(&qp->s_lock);
	return to_rvt_roce_qp(qp)->ack.due;
}

void rvt_roce_ack_conclude(struct rvt_qp *qp)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;

	lockdep_assert_held(&qp->s_lock);
	/* It would acknowledge the responses, too. */
	if (!is_empty(ack))
		ack->due = false;
	ack->tail = ack->head;
	ack->fatal.pending = false;
}

void rvt_roce_ack_reset(struct rvt_qp *qp)
{
	struct rvt_roce_ack *ack = &to_rvt_roce_qp(qp)->ack;

	lockdep_assert_held(&qp->s_lock);
	ack->tail = ack->head;
	ack->due = false;
	ack->fatal.pending = false;
}
