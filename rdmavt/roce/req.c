// SPDX-License-Identifier: GPL-2.0
/*
 * The requester: send work requests become request packets.
 *
 *	 s_last            req.at             s_cur                s_head
 *	   |  sent, waiting  |  to be sent again |  posted, not begun |
 *	   |  for responses  |                   |                    |
 *
 * A work request is begun when its turn has come: its fence is down, the limit
 * of READ and atomic requests allows it, and the peer has a receive for it as
 * far as credits tell.  From then on its packets go out one after another as
 * the window opens, and s_cur is behind it.  Usually req.at is s_cur, or the
 * one before.  When packets were lost it goes back, and everything from there
 * is sent again: go-back-N.  What was begun needs no permission any more.
 *
 * On a UC queue pair nothing comes back: a work request is complete when its
 * last packet is with the network stack, req.at never goes back, and there is
 * no window.
 *
 * Locking: s_lock, all of it, and RVT_S_BUSY keeps others from sending.
 * Completions need r_lock too.
 */
#include <linux/skbuff.h>
#include "counters.h"
#include "device.h"
#include "net.h"
#include "opcode.h"
#include "qp.h"
#include "req.h"
#include "trace.h"
#include "ud.h"
#include "wire.h"

/* Packets of a long message between two that ask for an acknowledgment. */
#define ASK_EVERY	32
/* Response packets to the shortest part of a READ that is asked for again. */
#define PART_PSNS	64U
/* PSNs of one message: a quarter of what comparisons can tell apart. */
#define MAX_PSNS	BIT(22)

/*
 * Opcodes of work requests; transport bits are added.  An entry with only == 0 is
 * of one that is not known.
 */
static const struct rvt_roce_places wr_opcodes[] = {
	[IB_WR_RDMA_WRITE] = {
		IB_OPCODE_RDMA_WRITE_FIRST,
		IB_OPCODE_RDMA_WRITE_MIDDLE,
		IB_OPCODE_RDMA_WRITE_LAST,
		IB_OPCODE_RDMA_WRITE_ONLY,
	},
	[IB_WR_RDMA_WRITE_WITH_IMM] = {
		IB_OPCODE_RDMA_WRITE_FIRST,
		IB_OPCODE_RDMA_WRITE_MIDDLE,
		IB_OPCODE_RDMA_WRITE_LAST_WITH_IMMEDIATE,
		IB_OPCODE_RDMA_WRITE_ONLY_WITH_IMMEDIATE,
	},
	[IB_WR_SEND] = {
		IB_OPCODE_SEND_FIRST,
		IB_OPCODE_SEND_MIDDLE,
		IB_OPCODE_SEND_LAST,
		IB_OPCODE_SEND_ONLY,
	},
	[IB_WR_SEND_WITH_IMM] = {
		IB_OPCODE_SEND_FIRST,
		IB_OPCODE_SEND_MIDDLE,
		IB_OPCODE_SEND_LAST_WITH_IMMEDIATE,
		IB_OPCODE_SEND_ONLY_WITH_IMMEDIATE,
	},
	[IB_WR_SEND_WITH_INV] = {
		IB_OPCODE_SEND_FIRST,
		IB_OPCODE_SEND_MIDDLE,
		IB_OPCODE_SEND_LAST_WITH_INVALIDATE,
		IB_OPCODE_SEND_ONLY_WITH_INVALIDATE,
	},
	[IB_WR_RDMA_READ] = {
		.only = IB_OPCODE_RDMA_READ_REQUEST,
	},
	[IB_WR_RDMA_READ_WITH_INV] = {
		.only = IB_OPCODE_RDMA_READ_REQUEST,
	},
	[IB_WR_ATOMIC_CMP_AND_SWP] = {
		.only = IB_OPCODE_COMPARE_SWAP,
	},
	[IB_WR_ATOMIC_FETCH_AND_ADD] = {
		.only = IB_OPCODE_FETCH_ADD,
	},
};

static bool is_rc(const struct rvt_qp *qp)
{
	return qp->ibqp.qp_type == IB_QPT_RC;
}

static bool is_known(const struct rvt_swqe *wqe)
{
	return wqe->wr.opcode < ARRAY_SIZE(wr_opcodes) &&
	       wr_opcodes[wqe->wr.opcode].only;
}

/* Takes a receive of the peer's. */
static bool needs_credit(const struct rvt_swqe *wqe)
{
	switch (wqe->wr.opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
	case IB_WR_SEND_WITH_INV:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return true;
	default:
		return false;
	}
}

/**
 * rvt_roce_setup_wqe() - can this message be sent?
 * @qp: queue pair
 * @wqe: work request that is being posted
 * @call_send: left alone
 *
 * Context: s_hlock held.
 * Return: 0, or -EINVAL if the message is too long.
 */
int rvt_roce_setup_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       bool *call_send)
{
	if (rvt_roce_wqe_is_local(wqe))
		return 0;
	switch (qp->ibqp.qp_type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
		if (wqe->length > BIT(31) ||
		    rvt_div_mtu(qp, wqe->length) >= MAX_PSNS)
			return -EINVAL;
		return 0;
	default:
		if (wqe->length > BIT(rvt_get_swqe_ah(wqe)->log_pmtu))
			return -EINVAL;
		return 0;
	}
}

/*
 * Every PSN of a READ counts, so that it holds back what follows until most of
 * the data are here.
 */
static bool in_window(const struct rvt_qp *qp, u32 psn)
{
	return !is_rc(qp) ||
	       rvt_roce_psn_diff(psn, qp->s_last_psn) <=
	       to_rvt_roce_qp(qp)->ecn.window;
}

/* Go to the beginning of the WQE at req.at, unless that was not begun. */
static void enter_wqe(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_swqe *wqe;

	if (priv->req.at == qp->s_cur)
		return;
	wqe = rvt_get_swqe_ptr(qp, priv->req.at);
	if (rvt_roce_wqe_is_local(wqe))
		return;
	qp->s_psn = wqe->psn;
	rvt_restart_sge(&qp->s_sge, wqe, 0);
}

static void leave_wqe(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;

	priv->req.at = rvt_qp_swqe_incr(qp, priv->req.at);
	enter_wqe(qp);
}

static bool may_begin_rc(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	if (rvt_roce_wqe_wants_data(wqe) &&
	    qp->s_num_rd_atomic >= qp->s_max_rd_atomic)
		return false;
	if (needs_credit(wqe))
		return rvt_rc_credit_avail(qp, wqe);
	/*
	 * Needs no receive, but the peer counts it in the MSN that the limit
	 * is made of.
	 */
	if (!(qp->s_flags & RVT_S_UNLIMITED_CREDIT))
		qp->s_lsn = (qp->s_lsn + 1) & RVT_ROCE_MASK24;
	return true;
}

/*
 * May the WQE at s_cur be begun?  One that only its completion is left of has
 * to wait for its turn to complete, and nothing has to wait for it.
 */
static bool may_begin(struct rvt_qp *qp, struct rvt_swqe *wqe,
		      struct rvt_roce_burst *burst)
{
	bool oldest = qp->s_last == qp->s_cur;

	if (rvt_roce_wqe_is_local(wqe) || !is_known(wqe)) {
		burst->settle |= oldest;
		return !oldest && !rvt_wqe_is_late(wqe) && is_known(wqe);
	}
	if (wqe->wr.send_flags & IB_SEND_FENCE && qp->s_num_rd_atomic)
		return false;
	if (!in_window(qp, wqe->psn))
		return false;
	return !is_rc(qp) || may_begin_rc(qp, wqe);
}

static bool begin_wqe(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_swqe *wqe;

	if (!rvt_roce_qp_may(qp, RVT_PROCESS_NEXT_SEND_OK) ||
	    qp->s_cur == rvt_roce_sq_head(qp))
		return false;
	wqe = rvt_get_swqe_ptr(qp, qp->s_cur);
	if (!may_begin(qp, wqe, burst))
		return false;
	if (is_rc(qp) && rvt_roce_wqe_wants_data(wqe))
		qp->s_num_rd_atomic++;
	qp->s_cur = rvt_qp_swqe_incr(qp, qp->s_cur);
	qp->s_tail = qp->s_cur;
	enter_wqe(qp);
	return true;
}

/* PSNs from the beginning of @wqe to the packet that is to be sent. */
static u32 psns_before(const struct rvt_qp *qp, const struct rvt_swqe *wqe)
{
	return rvt_roce_psn_diff(qp->s_psn, wqe->psn);
}

/* A part of a READ is asked for when all that comes before it has arrived. */
static bool waits_for_part(const struct rvt_qp *qp, const struct rvt_swqe *wqe)
{
	return rvt_roce_wqe_is_read(wqe) && psns_before(qp, wqe) &&
	       rvt_roce_psn_diff(qp->s_psn, qp->s_last_psn) > 1;
}

/*
 * The last packet of a window asks for an acknowledgment.  If the window was cut
 * behind one that has not asked, one more goes out to do so.
 */
static bool may_send(const struct rvt_qp *qp, const struct rvt_swqe *wqe)
{
	if (waits_for_part(qp, wqe))
		return false;
	return in_window(qp, qp->s_psn) || to_rvt_roce_qp(qp)->req.unasked;
}

/* The WQE that the next packet belongs to, or NULL if nothing may be sent. */
static struct rvt_swqe *next_wqe(struct rvt_qp *qp,
				 struct rvt_roce_burst *burst)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_swqe *wqe;

	for (;;) {
		if (priv->req.at == qp->s_cur && !begin_wqe(qp, burst))
			return NULL;
		wqe = rvt_get_swqe_ptr(qp, priv->req.at);
		if (!rvt_roce_wqe_is_local(wqe))
			return may_send(qp, wqe) ? wqe : NULL;
		leave_wqe(qp);
	}
}

/* One request packet, before it is written. */
struct request {
	struct rvt_swqe *wqe;
	const struct rvt_roce_opcode *op;
	u32 offset;		/* in the message */
	u32 len;		/* of the payload */
	u32 dma_len;		/* in the RETH */
	u32 psns;		/* that it takes: those of all its responses */
	u8 opcode;
	bool last;		/* of the message */
	bool ask;		/* for an acknowledgment */
};

/*
 * How many packets of a READ to ask for, of which @k have come.
 *
 * At first, for all.  Once a response has come, the peer knows of all of it, and
 * may be asked again for a part.  Some peers send all that they were asked for
 * before they look at the next request: each loss would cost them and us the whole
 * rest, as often as there are losses.  So a part is short after a loss, and as
 * long as all before it if there was none for a while: the largest block of a
 * power of two that begins there.
 */
static u32 read_psns(const struct rvt_swqe *wqe, u32 k)
{
	u32 left = rvt_roce_psn_diff(wqe->lpsn, wqe->psn) + 1 - k;

	if (!k)
		return left;
	return min(left, max(PART_PSNS - k % PART_PSNS, k & -k));
}

static void plan_request(const struct rvt_qp *qp, struct request *r, u32 k)
{
	const struct rvt_swqe *wqe = r->wqe;

	if (rvt_roce_wqe_is_read(wqe))
		r->psns = read_psns(wqe, k);
	r->last = rvt_roce_psn_cmp(wqe->psn + k + r->psns, wqe->lpsn) > 0;
	if (!r->last)
		r->dma_len = r->psns << qp->log_pmtu;
	r->len = 0;
	r->opcode = wr_opcodes[wqe->wr.opcode].only;
}

static void plan_data(const struct rvt_qp *qp, struct request *r, u32 k)
{
	const struct rvt_swqe *wqe = r->wqe;

	r->len = min_t(u32, wqe->length - r->offset, qp->pmtu);
	r->last = r->offset + r->len == wqe->length;
	r->opcode = rvt_roce_opcode_at(&wr_opcodes[wqe->wr.opcode], !k,
				       r->last);
}

static void plan(struct rvt_qp *qp, struct rvt_swqe *wqe, struct request *r)
{
	u32 k = psns_before(qp, wqe);
	bool wants_data = rvt_roce_wqe_wants_data(wqe);

	r->wqe = wqe;
	r->offset = k << qp->log_pmtu;
	r->dma_len = wqe->length - r->offset;
	r->psns = 1;
	if (wants_data)
		plan_request(qp, r, k);
	else
		plan_data(qp, r, k);
	r->opcode |= qp->allowed_ops;
	r->op = &rvt_roce_opcodes[r->opcode];
	r->ask = is_rc(qp) &&
		 (r->last || wants_data ||
		  to_rvt_roce_qp(qp)->req.unasked >= ASK_EVERY - 1 ||
		  !in_window(qp, rvt_roce_psn_add(qp->s_psn, 1)));
}

static void put_reth(struct sk_buff *skb, const struct request *r)
{
	const struct ib_rdma_wr *wr = &r->wqe->rdma_wr;
	struct rvt_roce_reth *reth = skb_put(skb, sizeof(*reth));

	/* A WRITE has it in its first packet only. */
	reth->va = cpu_to_be64(wr->remote_addr + r->offset);
	reth->rkey = cpu_to_be32(wr->rkey);
	reth->len = cpu_to_be32(r->dma_len);
}

static void put_atomic_eth(struct sk_buff *skb, const struct request *r)
{
	const struct ib_atomic_wr *wr = &r->wqe->atomic_wr;
	struct rvt_roce_atomic_eth *eth = skb_put(skb, sizeof(*eth));
	bool swap = wr->wr.opcode == IB_WR_ATOMIC_CMP_AND_SWP;

	eth->va = cpu_to_be64(wr->remote_addr);
	eth->rkey = cpu_to_be32(wr->rkey);
	eth->swap_add = cpu_to_be64(swap ? wr->swap : wr->compare_add);
	eth->compare = cpu_to_be64(swap ? wr->compare_add : 0);
}

static void put_headers(struct rvt_qp *qp, struct sk_buff *skb,
			const struct request *r)
{
	const struct ib_send_wr *wr = &r->wqe->wr;
	u32 flags = r->op->flags;
	bool solicited = r->last && wr->send_flags & IB_SEND_SOLICITED &&
			 needs_credit(r->wqe);

	rvt_roce_bth_init(skb_put(skb, RVT_ROCE_BTH_BYTES), r->opcode,
			  solicited ? RVT_ROCE_BTH_SE : 0,
			  rvt_roce_pad(r->len), qp->remote_qpn, qp->s_psn,
			  r->ask);
	if (flags & RVT_ROCE_OP_RETH)
		put_reth(skb, r);
	if (flags & RVT_ROCE_OP_ATOMIC)
		put_atomic_eth(skb, r);
	if (flags & RVT_ROCE_OP_IMM)
		skb_put_data(skb, &wr->ex.imm_data, sizeof(__be32));
	if (flags & RVT_ROCE_OP_IETH) {
		__be32 rkey = cpu_to_be32(wr->ex.invalidate_rkey);

		skb_put_data(skb, &rkey, sizeof(rkey));
	}
}

/* The packet was built: on to the next. */
static void advance(struct rvt_qp *qp, const struct request *r)
{
	struct rvt_roce_qp *priv = qp->priv;
	u32 last = rvt_roce_psn_add(qp->s_psn, r->psns - 1);

	if (rvt_roce_wqe_is_read(r->wqe) && !r->last)
		priv->req.parts = true;
	if (priv->req.restart && qp->s_psn == priv->req.restart_psn)
		priv->req.restart = false;
	priv->req.unasked = r->ask ? 0 : priv->req.unasked + 1;
	if (rvt_roce_psn_cmp(last, qp->s_sending_hpsn) > 0)
		qp->s_sending_hpsn = last;
	if (is_rc(qp) && qp->timeout && !(qp->s_flags & RVT_S_TIMER))
		rvt_add_retry_timer(qp);

	qp->s_psn = rvt_roce_psn_add(last, 1);
	if (r->last)
		leave_wqe(qp);
}

static bool build_packet(struct rvt_qp *qp, struct rvt_swqe *wqe,
			 struct rvt_roce_burst *burst)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct request r;
	struct sk_buff *skb;

	plan(qp, wqe, &r);
	skb = rvt_roce_alloc_skb(rvt_roce_qp_dev(qp), &priv->av,
				 r.op->hdr_len + r.len + rvt_roce_pad(r.len));
	if (!skb) {
		burst->nomem = true;
		return false;
	}
	put_headers(qp, skb, &r);
	rvt_roce_put_payload(skb, &qp->s_sge, r.len);
	__skb_queue_tail(&burst->list, skb);
	burst->room--;
	advance(qp, &r);
	return true;
}

void rvt_roce_req_build(struct rvt_qp *qp, struct rvt_roce_burst *burst)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_swqe *wqe;

	lockdep_assert_held(&qp->s_lock);
	while (burst->room) {
		wqe = next_wqe(qp, burst);
		if (!wqe || !build_packet(qp, wqe, burst))
			break;
	}
	if (!is_rc(qp))
		burst->settle |= qp->s_last != priv->req.at;
}

void rvt_roce_req_complete(struct rvt_qp *qp, enum ib_wc_status status)
{
	struct rvt_swqe *wqe = rvt_get_swqe_ptr(qp, qp->s_last);
	struct rvt_roce_qp *priv = qp->priv;
	bool begun = qp->s_last != qp->s_cur;
	u32 old = qp->s_last;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	if (rvt_wqe_is_late(wqe))
		atomic_dec(&qp->local_ops_pending);
	if (is_rc(qp) && begun && rvt_roce_wqe_wants_data(wqe))
		qp->s_num_rd_atomic--;
	rvt_send_complete(qp, wqe, status);
	if (priv->req.at == old) {
		priv->req.at = qp->s_last;
		/* There was nothing to be sent of one that was not begun. */
		priv->req.overtaken |= begun;
	}
}

void rvt_roce_req_flush(struct rvt_qp *qp)
{
	while (rvt_roce_qp_may(qp, RVT_FLUSH_SEND) &&
	       qp->s_last != rvt_roce_sq_head(qp))
		rvt_roce_req_complete(qp, IB_WC_WR_FLUSH_ERR);
}

void rvt_roce_req_fail(struct rvt_qp *qp, enum ib_wc_status status)
{
	if (qp->s_last != rvt_roce_sq_head(qp))
		rvt_roce_req_complete(qp, status);
	rvt_send_error(qp);
}

/* Carry out the WQE at s_last, whose turn it is. */
static enum ib_wc_status execute_local(struct rvt_qp *qp,
				       const struct rvt_swqe *wqe)
{
	if (!rvt_roce_wqe_is_local(wqe))
		return IB_WC_LOC_QP_OP_ERR;
	return rvt_execute_local(qp, wqe);
}

/* Can the WQE at s_last be completed without hearing from the peer? */
static bool is_settled(struct rvt_qp *qp, const struct rvt_swqe *wqe)
{
	bool local = rvt_roce_wqe_is_local(wqe);

	if (qp->s_last == qp->s_cur)
		return rvt_roce_qp_may(qp, RVT_PROCESS_NEXT_SEND_OK) &&
		       (local || !is_known(wqe));
	if (!is_rc(qp))
		return qp->s_last != to_rvt_roce_qp(qp)->req.at;
	return local;
}

void rvt_roce_req_settle(struct rvt_qp *qp)
{
	enum ib_wc_status status;
	struct rvt_swqe *wqe;

	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	while (rvt_roce_qp_may(qp, RVT_PROCESS_SEND_OK) &&
	       qp->s_last != rvt_roce_sq_head(qp)) {
		wqe = rvt_get_swqe_ptr(qp, qp->s_last);
		if (!is_settled(qp, wqe))
			break;
		status = IB_WC_SUCCESS;
		if (rvt_roce_wqe_is_local(wqe) || !is_known(wqe))
			status = execute_local(qp, wqe);
		if (status == IB_WC_SUCCESS) {
			rvt_roce_req_complete(qp, status);
		} else {
			rvt_roce_req_fail(qp, status);
			break;
		}
	}
}

void rvt_roce_req_seek(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_qp *priv = qp->priv;
	struct rvt_swqe *wqe;
	u32 i, k;

	lockdep_assert_held(&qp->s_lock);
	priv->req.overtaken = false;
	for (i = qp->s_last; i != qp->s_cur; i = rvt_qp_swqe_incr(qp, i)) {
		wqe = rvt_get_swqe_ptr(qp, i);
		if (rvt_roce_wqe_is_local(wqe) ||
		    rvt_roce_psn_cmp(psn, wqe->lpsn) > 0)
			continue;
		k = rvt_roce_psn_cmp(psn, wqe->psn) > 0 ?
		    rvt_roce_psn_diff(psn, wqe->psn) : 0;
		priv->req.at = i;
		qp->s_psn = rvt_roce_psn_add(wqe->psn, k);
		rvt_restart_sge(&qp->s_sge, wqe, k << qp->log_pmtu);
		return;
	}
	priv->req.at = qp->s_cur;
	qp->s_psn = psn & RVT_ROCE_PSN_MASK;
}

void rvt_roce_req_restart(struct rvt_qp *qp, u32 psn)
{
	struct rvt_roce_qp *priv = qp->priv;

	rvt_roce_req_seek(qp, psn);
	priv->req.restart = priv->req.at != qp->s_cur;
	priv->req.restart_psn = qp->s_psn;
	priv->req.read = false;
	priv->req.unasked = 0;
	if (qp->s_flags & RVT_S_TIMER)
		rvt_mod_retry_timer(qp);
}

void rvt_roce_req_retry(struct rvt_qp *qp, u32 psn)
{
	lockdep_assert_held(&qp->r_lock);
	lockdep_assert_held(&qp->s_lock);
	trace_rvt_roce_retry(qp, psn, qp->s_retry);
	if (!qp->s_retry) {
		rvt_roce_qp_count(qp, RVT_ROCE_CNT_RETRY_EXCEEDED);
		rvt_roce_req_fail(qp, IB_WC_RETRY_EXC_ERR);
		return;
	}
	qp->s_retry--;
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_RETRY);
	rvt_to_iport(qp)->n_rc_resends++;
	rvt_roce_req_restart(qp, psn);
}

/**
 * rvt_roce_notify_restart_rc() - no acknowledgment came in time
 * @qp: RC queue pair
 * @psn: oldest packet without one
 * @wait: unused
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_notify_restart_rc(struct rvt_qp *qp, u32 psn, int wait)
{
	struct rvt_roce_qp *priv = qp->priv;

	if (qp->s_last == qp->s_cur ||
	    !rvt_roce_qp_may(qp, RVT_PROCESS_SEND_OK))
		return;
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_TIMEOUT);
	priv->req.gap = false;
	rvt_roce_req_retry(qp, psn);
}

void rvt_roce_req_reset(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;

	lockdep_assert_held(&qp->s_lock);
	memset(&priv->req, 0, sizeof(priv->req));
}
