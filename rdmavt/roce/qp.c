// SPDX-License-Identifier: GPL-2.0
/*
 * Queue pairs: what this driver keeps for them, and how that lives and dies.
 *
 * The library owns a queue pair's life and calls here at its turns: private
 * data are allocated before the queue pair can be found and freed when nobody
 * can find it any more.  In between it may go to RESET any number of times, and
 * each time nothing of ours may run on it afterwards.  Who could:
 *
 *  - the send engine as a work item, with a reference on the queue pair.  It is
 *    cancelled; in RESET nothing queues it again;
 *  - the send engine as a tasklet, scheduled by the receive path.  It is waited
 *    for, after the receive path;
 *  - the send engine in somebody's post_send().  It has set RVT_S_BUSY, and RESET
 *    waits until that is cleared;
 *  - the receive path, under RCU.  It looks at the state when it has the lock,
 *    and the library waits for a grace period after hiding the queue pair;
 *  - packets with the network stack, for as long as that likes: they only know
 *    struct rvt_roce_inflight, which outlives the queue pair;
 *  - timers: the library's.
 *
 * Locking: r_lock guards the responder's part, s_lock the requester's and what
 * the responder wants to send; both, with s_hlock between them but for ERR and
 * SQE, the state.
 */
#include <linux/atomic.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <rdma/ib_cache.h>
#include <rdma/ib_verbs.h>
#include <rvt_ext.h>
#include "ack.h"
#include "gid.h"
#include "qp.h"
#include "req.h"
#include "send.h"

static void free_priv(struct rvt_roce_qp *priv)
{
	rvt_roce_inflight_free(priv->inflight);
	kfree(priv->spare);
	kfree(priv->slots);
	kfree(priv);
}

/**
 * rvt_roce_qp_priv_alloc() - allocate the private part of a queue pair
 * @rdi: device
 * @qp: queue pair that is being created
 *
 * Context: may sleep.
 * Return: the private part, or an ERR_PTR().
 */
void *rvt_roce_qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv;

	priv = kzalloc_node(sizeof(*priv), rvt_gfp(qp->pid),
			    rdi->dparms.node);
	if (!priv)
		return ERR_PTR(-ENOMEM);

	/* The library's ring of responses is for engines that have none. */
	kfree(qp->s_ack_queue);
	qp->s_ack_queue = NULL;

	priv->qp = qp;
	INIT_WORK(&priv->work, rvt_roce_send_work);
	tasklet_setup(&priv->tasklet, rvt_roce_send_tasklet);
	rvt_roce_av_prepare(&priv->av);
	atomic_set(&priv->ip_id, get_random_u32());
	priv->ecn.window = RVT_ROCE_WINDOW;
	priv->inflight = rvt_roce_inflight_alloc(qp, rvt_roce_send_queue);
	if (!priv->inflight) {
		kfree(priv);
		return ERR_PTR(-ENOMEM);
	}
	return priv;
}

/**
 * rvt_roce_qp_priv_free() - free the private part of a queue pair
 * @rdi: device
 * @qp: queue pair that is destroyed, or whose creation failed
 *
 * Context: may sleep.
 */
void rvt_roce_qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;

	/* A packet that was late may have looked up the route once more. */
	rvt_roce_av_release(&priv->av);
	free_priv(priv);
	qp->priv = NULL;
}

/**
 * rvt_roce_notify_qp_reset() - forget everything about a connection
 * @qp: queue pair, quiet
 *
 * Context: all three locks held.
 */
void rvt_roce_notify_qp_reset(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;
	unsigned int i;

	rvt_roce_req_reset(qp);
	rvt_roce_ack_reset(qp);
	rvt_roce_ecn_reset(qp);
	for (i = 0; i < priv->done_size; i++)
		priv->done[i].kind = RVT_ROCE_RESP_NONE;
	priv->done_next = 0;
	priv->uc_sge.num_sge = 0;
	priv->dead = false;
	priv->loopback = false;
	rvt_roce_av_release(&priv->av);
}

/**
 * rvt_roce_notify_error_qp() - a queue pair goes to ERR
 * @qp: queue pair
 *
 * Only the ACK for what has completed before goes out.  The send engine flushes
 * the send queue.
 *
 * Context: r_lock and s_lock held.
 */
void rvt_roce_notify_error_qp(struct rvt_qp *qp)
{
	rvt_roce_ack_conclude(qp);
	/* Only a flush is left to do, and it does not ask where to go on. */
	rvt_roce_req_reset(qp);
}

/**
 * rvt_roce_flush_qp_waiters() - first step of a reset
 * @qp: queue pair
 *
 * What is still sent from here on is an ACK for what has completed before.
 *
 * Context: all three locks held.
 */
void rvt_roce_flush_qp_waiters(struct rvt_qp *qp)
{
	rvt_roce_ack_conclude(qp);
}

/**
 * rvt_roce_stop_send_queue() - stop the send engine
 * @qp: queue pair, in RESET
 *
 * Context: may sleep, no queue pair lock.
 */
void rvt_roce_stop_send_queue(struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;

	/* The receive path no longer finds the queue pair and schedules it. */
	tasklet_kill(&priv->tasklet);
	if (cancel_work_sync(&priv->work))
		rvt_put_qp(qp);
}

/**
 * rvt_roce_quiesce_qp() - wait until nobody sends
 * @qp: queue pair, in RESET
 *
 * Context: may sleep, no queue pair lock.
 */
void rvt_roce_quiesce_qp(struct rvt_qp *qp)
{
	/* From here on the engine has no reason to begin. */
	rvt_roce_send_last_ack(qp);
	wait_event(qp->wait, !(READ_ONCE(qp->s_flags) & RVT_S_BUSY));
	rvt_roce_stop_send_queue(qp);
}

/**
 * rvt_roce_get_pmtu_from_attr() - path MTU that a queue pair shall have
 * @rdi: device
 * @qp: queue pair
 * @attr: attributes with path_mtu
 *
 * A path MTU above the port's is not refused: the interface's MTU may change
 * at any time anyway, and packets that are too long are dropped.
 *
 * Return: enum ib_mtu, or -EINVAL.
 */
int rvt_roce_get_pmtu_from_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp,
				struct ib_qp_attr *attr)
{
	if (attr->path_mtu < IB_MTU_256 || attr->path_mtu > IB_MTU_4096)
		return -EINVAL;
	return attr->path_mtu;
}

/**
 * rvt_roce_mtu_from_qp() - bytes of a path MTU
 * @rdi: device
 * @qp: queue pair
 * @pmtu: what rvt_roce_get_pmtu_from_attr() returned
 *
 * Return: bytes of payload.
 */
u32 rvt_roce_mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			 u32 pmtu)
{
	return ib_mtu_enum_to_int(pmtu);
}

/**
 * rvt_roce_mtu_to_path_mtu() - path MTU from bytes
 * @mtu: bytes, 0 if it was not set yet
 *
 * Return: enum ib_mtu.
 */
int rvt_roce_mtu_to_path_mtu(u32 mtu)
{
	return ib_mtu_int_to_enum(mtu);
}

/*
 * A connection can be given another path while its send queue stands still.  But
 * not one that the short cut does not lead to, if it takes that: the engine for
 * packets has not seen what was sent.  Nor one of the other IP version, for
 * packets may be on their way that were built for this one.
 */
static bool path_ok(struct rvt_qp *qp, const struct rdma_ah_attr *attr)
{
	const struct in6_addr *dgid = (const struct in6_addr *)&attr->grh.dgid;
	struct rvt_roce_qp *priv = qp->priv;

	if (!rvt_roce_av_valid(attr))
		return false;
	if (qp->state != IB_QPS_SQD)
		return true;
	return priv->av.ipv6 != ipv6_addr_v4mapped(dgid) &&
	       (!priv->loopback ||
		rvt_roce_gid_is_local(rvt_roce_qp_dev(qp), dgid));
}

/**
 * rvt_roce_check_modify_qp() - can this driver do it?
 * @qp: queue pair
 * @attr: new attributes
 * @attr_mask: which of them
 * @udata: unused
 *
 * Context: all three locks held.
 * Return: 0, -EINVAL or -ENOMEM.
 */
int rvt_roce_check_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			     int attr_mask, struct ib_udata *udata)
{
	/* The device does not claim to migrate paths. */
	if (attr_mask & IB_QP_ALT_PATH ||
	    (attr_mask & IB_QP_PATH_MIG_STATE &&
	     attr->path_mig_state != IB_MIG_MIGRATED))
		return -EINVAL;
	if (attr_mask & IB_QP_AV && !path_ok(qp, &attr->ah_attr))
		return -EINVAL;
	if (attr_mask & IB_QP_MAX_DEST_RD_ATOMIC &&
	    qp->ibqp.qp_type == IB_QPT_RC)
		return rvt_roce_ack_resize(qp, attr->max_dest_rd_atomic);
	/* What was behind a failed send is not sent. */
	if (attr_mask & IB_QP_STATE && attr->qp_state == IB_QPS_RTS &&
	    qp->state == IB_QPS_SQE) {
		rvt_roce_req_flush(qp);
		/* The completion queue may have had no room. */
		return qp->state == IB_QPS_SQE ? 0 : -EINVAL;
	}
	return 0;
}

static void set_path(struct rvt_qp *qp)
{
	struct rvt_roce_dev *dev = rvt_roce_qp_dev(qp);
	struct rvt_roce_qp *priv = qp->priv;
	u16 sport = rdma_get_udp_sport(qp->remote_ah_attr.grh.flow_label,
				       qp->ibqp.qp_num, qp->remote_qpn);

	/* It was found to be valid. */
	rvt_roce_av_init(dev, &priv->av, &qp->remote_ah_attr,
			 cpu_to_be16(sport));
	/* For as long as it is connected: see path_ok(). */
	if (qp->state == IB_QPS_RTR)
		priv->loopback = rvt_roce_av_is_local(dev, &priv->av);
}

/**
 * rvt_roce_modify_qp() - attributes have changed
 * @qp: queue pair; the library has stored them
 * @attr: new attributes
 * @attr_mask: which of them
 * @udata: unused
 *
 * Context: all three locks held.
 */
void rvt_roce_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			int attr_mask, struct ib_udata *udata)
{
	if (attr_mask & IB_QP_AV && (qp->ibqp.qp_type == IB_QPT_RC ||
				     qp->ibqp.qp_type == IB_QPT_UC))
		set_path(qp);
	if (attr_mask & IB_QP_MAX_DEST_RD_ATOMIC &&
	    qp->ibqp.qp_type == IB_QPT_RC)
		rvt_roce_ack_commit(qp);
	/* What was posted in SQD, and what was flushed, waits for this. */
	if (attr_mask & IB_QP_STATE)
		rvt_roce_schedule_send(qp);
}
