// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a queue pair, and modifying it.
 *
 * A modification is checked completely before anything is changed: what may
 * sleep (checking an address) before the locks are taken, what depends on the
 * state with all three of them held, for the state may change to ERR or SQE at
 * any time.  Modifications of one queue pair come one after another: a bit of
 * r_aflags that the public header leaves free serves as the lock, so that
 * nobody revives a queue pair while rvt_reset_qp() sleeps.
 *
 * A user who claims a current state (IB_QP_CUR_STATE) is believed only if that
 * is the current state.  Otherwise the claim RTS would let a queue pair in
 * RESET skip all that RTR demands.
 */
#include <linux/tracepoint.h>
#include <linux/wait_bit.h>
#include <rdma/opa_addr.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "complete.h"
#include "qp.h"
#include "trace_qp.h"

/* In r_aflags, beside RVT_R_WRID_VALID and RVT_R_REWIND_SGE. */
#define MODIFYING	(BITS_PER_LONG - 1)

#define MAX_RETRY	7

/*
 * What a queue pair may do in each state: InfiniBand Architecture
 * Specification, volume 1, 10.3.1.
 */
#define RECEIVES	(RVT_POST_RECV_OK | RVT_PROCESS_RECV_OK)
#define SENDS		(RVT_POST_SEND_OK | RVT_PROCESS_SEND_OK)
#define FLUSHES_SENDS	(RVT_POST_SEND_OK | RVT_FLUSH_SEND)

const int ib_rvt_state_ops[] = {
	[IB_QPS_RESET]	= 0,
	[IB_QPS_INIT]	= RVT_POST_RECV_OK,
	[IB_QPS_RTR]	= RECEIVES,
	[IB_QPS_RTS]	= RECEIVES | SENDS | RVT_PROCESS_NEXT_SEND_OK,
	[IB_QPS_SQD]	= RECEIVES | SENDS,
	[IB_QPS_SQE]	= RECEIVES | FLUSHES_SENDS,
	[IB_QPS_ERR]	= RVT_POST_RECV_OK | RVT_FLUSH_RECV | FLUSHES_SENDS,
};
EXPORT_SYMBOL(ib_rvt_state_ops);

/* A modification on its way. */
struct change {
	struct rvt_dev_info *rdi;
	struct rvt_qp *qp;
	const struct ib_qp_attr *attr;
	int mask;
	enum ib_qp_state from, to;
	bool migrate;		/* to the alternate path */
	u32 pmtu;		/* with IB_QP_PATH_MTU */
};

/* A queue pair talks to one peer, not to a group. */
static bool unicast_lid(struct rvt_dev_info *rdi,
			const struct rdma_ah_attr *ah)
{
	u32 group = be16_to_cpu(IB_MULTICAST_LID_BASE);

	if (rdma_cap_opa_ah(&rdi->ibdev, rdma_ah_get_port_num(ah)))
		group = opa_get_mcast_base(OPA_MCAST_NR);
	return rdma_ah_get_dlid(ah) < group;
}

static bool path_ok(struct rvt_dev_info *rdi, const struct rdma_ah_attr *ah)
{
	/* rvt_check_ah() sees to the port, which the LID's check relies on. */
	return !rvt_check_ah(&rdi->ibdev, (struct rdma_ah_attr *)ah) &&
	       unicast_lid(rdi, ah);
}

static bool paths_ok(const struct change *c)
{
	if ((c->mask & IB_QP_AV) && !path_ok(c->rdi, &c->attr->ah_attr))
		return false;
	if (!(c->mask & IB_QP_ALT_PATH))
		return true;
	return c->attr->alt_pkey_index < rvt_get_npkeys(c->rdi) &&
	       path_ok(c->rdi, &c->attr->alt_ah_attr);
}

static bool port_ok(const struct change *c)
{
	enum ib_qp_type type = c->qp->ibqp.qp_type;

	return type != IB_QPT_SMI && type != IB_QPT_GSI &&
	       rdma_is_port_valid(&c->rdi->ibdev, c->attr->port_num);
}

static bool ranges_ok(const struct change *c)
{
	const struct ib_qp_attr *attr = c->attr;
	int mask = c->mask;

	return !((mask & IB_QP_PKEY_INDEX &&
		  attr->pkey_index >= rvt_get_npkeys(c->rdi)) ||
		 (mask & IB_QP_MIN_RNR_TIMER && attr->min_rnr_timer > 31) ||
		 (mask & IB_QP_RETRY_CNT && attr->retry_cnt > MAX_RETRY) ||
		 (mask & IB_QP_RNR_RETRY && attr->rnr_retry > MAX_RETRY) ||
		 (mask & IB_QP_DEST_QPN && attr->dest_qp_num > RVT_QPN_MASK) ||
		 (mask & IB_QP_MAX_QP_RD_ATOMIC &&
		  attr->max_rd_atomic > c->rdi->dparms.props.max_qp_init_rd_atom) ||
		 (mask & IB_QP_MAX_DEST_RD_ATOMIC &&
		  attr->max_dest_rd_atomic > c->rdi->dparms.max_rdma_atomic) ||
		 (mask & IB_QP_PORT && !port_ok(c)));
}

/*
 * A send that fails may take the queue pair from RTS to SQE between the user's
 * look at the state and this call.
 */
static bool claim_ok(enum ib_qp_state claimed, enum ib_qp_state actual)
{
	return claimed == actual ||
	       (claimed == IB_QPS_RTS && actual == IB_QPS_SQE) ||
	       (claimed == IB_QPS_SQE && actual == IB_QPS_RTS);
}

static bool transition_ok(struct change *c)
{
	struct rvt_qp *qp = c->qp;
	enum ib_qp_state claimed;

	c->from = qp->state;
	claimed = c->mask & IB_QP_CUR_STATE ? c->attr->cur_qp_state : c->from;
	c->to = c->mask & IB_QP_STATE ? c->attr->qp_state : c->from;

	/* The core's table ends there, and its index is not checked. */
	if (c->to > IB_QPS_ERR || !claim_ok(claimed, c->from) ||
	    !ib_modify_qp_is_ok(claimed, c->to, qp->ibqp.qp_type, c->mask))
		return false;
	return c->to != IB_QPS_SQE || qp->ibqp.qp_type != IB_QPT_RC;
}

static bool migration_ok(struct change *c)
{
	u8 now = c->qp->s_mig_state;

	if (!(c->mask & IB_QP_PATH_MIG_STATE))
		return true;

	switch (c->attr->path_mig_state) {
	case IB_MIG_REARM:
		return now != IB_MIG_ARMED && c->to == IB_QPS_RTS;
	case IB_MIG_MIGRATED:
		c->migrate = now == IB_MIG_ARMED;
		return now != IB_MIG_REARM &&
		       (c->to == IB_QPS_RTS || c->to == IB_QPS_SQD);
	default:
		return false;
	}
}

static bool mtu_ok(struct change *c)
{
	const struct rvt_driver_provided *f = &c->rdi->driver_f;
	int pmtu;

	if (!(c->mask & IB_QP_PATH_MTU))
		return true;
	pmtu = f->get_pmtu_from_attr(c->rdi, c->qp,
				     (struct ib_qp_attr *)c->attr);
	c->pmtu = pmtu;
	return pmtu >= 0;
}

/* The checks that need a steady state. */
static int check_change(struct change *c, struct ib_udata *udata)
{
	const struct rvt_driver_provided *f = &c->rdi->driver_f;

	if (!transition_ok(c) || !migration_ok(c) || !mtu_ok(c))
		return -EINVAL;
	if (!f->check_modify_qp)
		return 0;
	return f->check_modify_qp(c->qp, (struct ib_qp_attr *)c->attr,
				  c->mask, udata);
}

static void begin_draining(struct change *c)
{
	struct rvt_qp *qp = c->qp;
	bool notify = c->mask & IB_QP_EN_SQD_ASYNC_NOTIFY &&
		      c->attr->en_sqd_async_notify;

	if (c->from == IB_QPS_SQD)
		return;
	WRITE_ONCE(qp->state, IB_QPS_SQD);
	if (qp->s_last == qp->s_cur) {
		qp->s_draining = RVT_DRAINING_NOT;
		if (notify)
			rvt_qp_event(qp, IB_EVENT_SQ_DRAINED);
	} else {
		qp->s_draining = notify ? RVT_DRAINING_NOTIFY :
					  RVT_DRAINING_QUIETLY;
	}
}

static void apply_state(struct change *c)
{
	struct rvt_qp *qp = c->qp;

	switch (c->to) {
	case IB_QPS_SQD:
		begin_draining(c);
		break;
	case IB_QPS_ERR:
		rvt_fail_qp(qp, IB_WC_WR_FLUSH_ERR);
		break;
	case IB_QPS_RTR:
		qp->r_flags &= ~RVT_R_COMM_EST;
		fallthrough;
	default:
		WRITE_ONCE(qp->state, c->to);
		break;
	}
}

static void set_timeout(struct rvt_qp *qp, u8 timeout)
{
	qp->timeout = timeout;
	qp->timeout_jiffies = rvt_timeout_to_jiffies(timeout);
}

/* Go on where the alternate path leads; it becomes the only one. */
static void migrate(struct rvt_qp *qp)
{
	rdma_replace_ah_attr(&qp->remote_ah_attr, &qp->alt_ah_attr);
	qp->port_num = rdma_ah_get_port_num(&qp->alt_ah_attr);
	qp->s_pkey_index = qp->s_alt_pkey_index;
	set_timeout(qp, qp->alt_timeout);
	rvt_qp_event(qp, IB_EVENT_PATH_MIG);
}

static void apply_path(const struct change *c)
{
	const struct ib_qp_attr *attr = c->attr;
	struct rvt_qp *qp = c->qp;
	int mask = c->mask;

	if (mask & IB_QP_PORT)
		qp->port_num = attr->port_num;
	if (mask & IB_QP_PKEY_INDEX)
		qp->s_pkey_index = attr->pkey_index;
	if (mask & IB_QP_DEST_QPN)
		qp->remote_qpn = attr->dest_qp_num;
	if (mask & IB_QP_AV)
		rdma_replace_ah_attr(&qp->remote_ah_attr, &attr->ah_attr);
	if (mask & IB_QP_ALT_PATH) {
		rdma_replace_ah_attr(&qp->alt_ah_attr, &attr->alt_ah_attr);
		qp->s_alt_pkey_index = attr->alt_pkey_index;
		qp->alt_timeout = attr->alt_timeout;
	}
	if (mask & IB_QP_PATH_MIG_STATE) {
		qp->s_mig_state = attr->path_mig_state;
		if (c->migrate)
			migrate(qp);
	}
	if (c->migrate || (mask & IB_QP_AV)) {
		qp->s_srate = rdma_ah_get_static_rate(&qp->remote_ah_attr);
		qp->srate_mbps = ib_rate_to_mbps(qp->s_srate);
	}
	if (mask & IB_QP_PATH_MTU) {
		qp->pmtu = c->rdi->driver_f.mtu_from_qp(c->rdi, qp, c->pmtu);
		qp->log_pmtu = ilog2(qp->pmtu);
	}
}

static void apply_psns(const struct change *c)
{
	const struct ib_qp_attr *attr = c->attr;
	u32 mask = c->rdi->dparms.psn_modify_mask;
	struct rvt_qp *qp = c->qp;

	if (c->mask & IB_QP_RQ_PSN)
		qp->r_psn = attr->rq_psn & mask;
	if (c->mask & IB_QP_SQ_PSN) {
		u32 psn = attr->sq_psn & mask;

		qp->s_psn = psn;
		qp->s_next_psn = psn;
		qp->s_sending_psn = psn;
		qp->s_last_psn = psn - 1;
		qp->s_sending_hpsn = psn - 1;
	}
}

static void apply_limits(const struct change *c)
{
	const struct ib_qp_attr *attr = c->attr;
	struct rvt_qp *qp = c->qp;
	int mask = c->mask;

	if (mask & IB_QP_ACCESS_FLAGS)
		qp->qp_access_flags = attr->qp_access_flags;
	if (mask & IB_QP_QKEY)
		qp->qkey = attr->qkey;
	if (mask & IB_QP_MAX_QP_RD_ATOMIC)
		qp->s_max_rd_atomic = attr->max_rd_atomic;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC)
		qp->r_max_rd_atomic = attr->max_dest_rd_atomic;
	if (mask & IB_QP_MIN_RNR_TIMER)
		qp->r_min_rnr_timer = attr->min_rnr_timer;
	if (mask & IB_QP_RETRY_CNT) {
		qp->s_retry_cnt = attr->retry_cnt;
		qp->s_retry = attr->retry_cnt;
	}
	if (mask & IB_QP_RNR_RETRY) {
		qp->s_rnr_retry_cnt = attr->rnr_retry;
		qp->s_rnr_retry = attr->rnr_retry;
	}
	if (mask & IB_QP_TIMEOUT)
		set_timeout(qp, attr->timeout);
}

/* All checks passed; the locks are held. */
static void apply(struct change *c, struct ib_udata *udata)
{
	const struct rvt_driver_provided *f = &c->rdi->driver_f;
	struct rvt_qp *qp = c->qp;

	apply_state(c);
	apply_path(c);
	apply_psns(c);
	apply_limits(c);
	if (f->modify_qp)
		f->modify_qp(qp, (struct ib_qp_attr *)c->attr, c->mask, udata);

	/* What was posted while the send queue was drained. */
	if (c->from != IB_QPS_RTS && c->to == IB_QPS_RTS) {
		qp->s_draining = RVT_DRAINING_NOT;
		if (qp->s_last != qp->s_head)
			f->schedule_send(qp);
	}
}

static int modify(struct change *c, struct ib_udata *udata)
{
	struct rvt_qp *qp = c->qp;
	int ret;

	c->from = qp->state;
	c->to = c->mask & IB_QP_STATE ? c->attr->qp_state : c->from;
	if (!ranges_ok(c) || !paths_ok(c))
		return -EINVAL;

	rvt_lock_qp(qp);
	ret = check_change(c, udata);
	if (!ret && c->to != IB_QPS_RESET)
		apply(c, udata);
	rvt_unlock_qp(qp);
	if (ret)
		return ret;

	if (c->to == IB_QPS_RESET)
		rvt_reset_qp(c->rdi, qp, qp->ibqp.qp_type);
	else if (c->from == IB_QPS_RESET && c->to == IB_QPS_INIT)
		rvt_insert_qp(c->rdi, qp);
	return 0;
}

/**
 * rvt_modify_qp - the modify_qp verb
 * @ibqp: the queue pair
 * @attr: new attributes, the state among them
 * @attr_mask: which of them
 * @udata: for the driver
 *
 * InfiniBand Architecture Specification, volume 1, 11.2.4.2.
 *
 * Context: may sleep.
 * Return: 0; -EOPNOTSUPP for attributes that are not standard; -EINVAL for a
 * transition or a value that will not do, or what the driver says; then nothing
 * has been changed.
 */
int rvt_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int attr_mask,
		  struct ib_udata *udata)
{
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	struct change c = {
		.rdi = ib_to_rvt(ibqp->device),
		.qp = qp,
		.attr = attr,
		.mask = attr_mask,
	};
	int ret;

	if (attr_mask & ~IB_QP_ATTR_STANDARD_BITS)
		return -EOPNOTSUPP;

	wait_on_bit_lock(&qp->r_aflags, MODIFYING, TASK_UNINTERRUPTIBLE);
	ret = modify(&c, udata);
	trace_rvt_qp_modify(qp, c.from, c.to, attr_mask, ret);
	clear_and_wake_up_bit(MODIFYING, &qp->r_aflags);
	return ret;
}
