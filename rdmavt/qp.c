// SPDX-License-Identifier: GPL-2.0
/*
 * Queue pairs: being made, being found, being asked, being destroyed.
 *
 * The core allocates the object; this file gives it its rings and its number.
 * A queue pair can be found by its number from the transition RESET -> INIT
 * until it is reset or destroyed: in port->qp[] if it is one of the two
 * management queue pairs, else in a hash table.  Looking up is done under the
 * RCU read lock (rvt_lookup_qpn()).  A chain is sorted by number, so that an
 * iterator which has let go of the chain can find its place again.
 *
 * refcount counts the table's reference and those of whoever holds on to a
 * queue pair outside an RCU read section; destroying waits for all of them.
 *
 * Locking: qpt_lock guards changes of the table, n_qps_lock the counts.
 */
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "mcast.h"
#include "mmap.h"
#include "qp.h"
#include "qpn.h"
#include "rq.h"
#include "timers.h"
#include "trace_qp.h"

/**
 * rvt_driver_qp_init - prepare a device for queue pairs
 * @rdi: the device, its parameters set
 *
 * Context: may sleep.
 * Return: 0; -EINVAL for parameters that make no sense; -ENOMEM.
 */
int rvt_driver_qp_init(struct rvt_dev_info *rdi)
{
	struct rvt_qp_ibdev *qp_dev;
	int ret = -ENOMEM;

	/* The ack queue's indices are bytes. */
	if (!rdi->dparms.qp_table_size || rvt_size_atomic(rdi) > U8_MAX)
		return -EINVAL;

	qp_dev = kzalloc_node(sizeof(*qp_dev), GFP_KERNEL, rdi->dparms.node);
	if (!qp_dev)
		return -ENOMEM;

	/* hash_32() does not make numbers of no bits. */
	qp_dev->qp_table_bits = max(ilog2(rdi->dparms.qp_table_size), 1);
	qp_dev->qp_table_size = BIT(qp_dev->qp_table_bits);
	qp_dev->qp_table = kvzalloc_node(array_size(qp_dev->qp_table_size,
						    sizeof(*qp_dev->qp_table)),
					 GFP_KERNEL, rdi->dparms.node);
	if (!qp_dev->qp_table)
		goto err_free_qp_dev;

	ret = init_qpn_table(rdi, &qp_dev->qpn_table);
	if (ret)
		goto err_free_qp_table;

	spin_lock_init(&qp_dev->qpt_lock);
	spin_lock_init(&rdi->n_qps_lock);
	rdi->qp_dev = qp_dev;
	return 0;

err_free_qp_table:
	kvfree(qp_dev->qp_table);
err_free_qp_dev:
	kfree(qp_dev);
	return ret;
}

/* Reset what hangs in a slot of the table, so that it hangs there no more. */
static unsigned int reset_leaked(struct rvt_dev_info *rdi,
				 struct rvt_qp __rcu **slot)
{
	struct rvt_qp *qp;
	unsigned int n = 0;

	/* Nobody else is left who could change the table. */
	while ((qp = rcu_dereference_protected(*slot, true))) {
		rvt_reset_qp(rdi, qp, qp->ibqp.qp_type);
		n++;
	}
	return n;
}

/**
 * rvt_free_all_qps - look for queue pairs that are still in use
 * @rdi: the device, which is going away
 *
 * The core has seen to it that there are none.  If there are, stop them, for
 * their driver is about to leave.
 *
 * Context: may sleep.
 * Return: how many were found, multicast attachments counting as one a port.
 */
unsigned int rvt_free_all_qps(struct rvt_dev_info *rdi)
{
	unsigned int i, n = 0;

	for (i = 0; i < rdi->dparms.nports; i++) {
		struct rvt_ibport *rvp = rdi->ports[i];

		if (!rvp)
			continue;
		n += !rvt_mcast_tree_empty(rvp);
		n += reset_leaked(rdi, &rvp->qp[0]);
		n += reset_leaked(rdi, &rvp->qp[1]);
	}
	for (i = 0; i < rdi->qp_dev->qp_table_size; i++)
		n += reset_leaked(rdi, &rdi->qp_dev->qp_table[i]);
	return n;
}

/**
 * rvt_qp_exit - undo rvt_driver_qp_init(), if it was done
 * @rdi: the device
 *
 * Context: may sleep.
 */
void rvt_qp_exit(struct rvt_dev_info *rdi)
{
	unsigned int leaked;

	if (!rdi->qp_dev)
		return;

	leaked = rvt_free_all_qps(rdi);
	if (leaked)
		ibdev_err(&rdi->ibdev,
			  "%u queue pairs or multicast groups were still in use: please report the module that left them\n",
			  leaked);

	free_qpn_table(&rdi->qp_dev->qpn_table);
	kvfree(rdi->qp_dev->qp_table);
	kfree(rdi->qp_dev);
	rdi->qp_dev = NULL;
}

/* Follow a link of the table with the right to change it. */
static struct rvt_qp *follow(struct rvt_qp_ibdev *qp_dev,
			     struct rvt_qp __rcu **link)
{
	return rcu_dereference_protected(*link,
					 lockdep_is_held(&qp_dev->qpt_lock));
}

/* Where the queue pair hangs, or belongs: the pointer to it or to a successor. */
static struct rvt_qp __rcu **find_place(struct rvt_dev_info *rdi,
					struct rvt_qp *qp, u32 *bucket)
{
	struct rvt_qp_ibdev *qp_dev = rdi->qp_dev;
	u32 qpn = qp->ibqp.qp_num;
	struct rvt_qp __rcu **place;
	struct rvt_qp *other;

	*bucket = qpn;
	if (qpn <= 1)
		return &rvt_to_iport(qp)->qp[qpn];

	*bucket = hash_32(qpn, qp_dev->qp_table_bits);
	place = &qp_dev->qp_table[*bucket];
	for (;;) {
		other = follow(qp_dev, place);
		if (!other || other->ibqp.qp_num >= qpn)
			return place;
		place = &other->next;
	}
}

/**
 * rvt_insert_qp - let a queue pair be found by its number
 * @rdi: its device
 * @qp: the queue pair, not in the table yet
 *
 * The table takes a reference.
 *
 * Context: process context.
 */
void rvt_insert_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct rvt_qp __rcu **place;
	u32 bucket;

	rvt_get_qp(qp);
	spin_lock_irq(&rdi->qp_dev->qpt_lock);
	place = find_place(rdi, qp, &bucket);
	RCU_INIT_POINTER(qp->next, follow(rdi->qp_dev, place));
	rcu_assign_pointer(*place, qp);
	spin_unlock_irq(&rdi->qp_dev->qpt_lock);

	trace_rvt_qpinsert(qp, bucket);
}

/**
 * rvt_remove_qp - a queue pair is not to be found any more
 * @rdi: its device
 * @qp: the queue pair; it need not be in the table
 *
 * When this returns all have ended who were in an RCU read section and had
 * found @qp, or were working for it.
 *
 * Context: may sleep.
 */
void rvt_remove_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct rvt_qp __rcu **place;
	bool found;
	u32 bucket;

	spin_lock_irq(&rdi->qp_dev->qpt_lock);
	place = find_place(rdi, qp, &bucket);
	found = rcu_access_pointer(*place) == qp;
	if (found)
		rcu_assign_pointer(*place, follow(rdi->qp_dev, &qp->next));
	spin_unlock_irq(&rdi->qp_dev->qpt_lock);

	/* Thousands may go at once, and an ordinary one takes 20 ms. */
	synchronize_rcu_expedited();
	if (found) {
		trace_rvt_qpremove(qp, bucket);
		rvt_put_qp(qp);
	}
}

static bool is_special(enum ib_qp_type type)
{
	return type == IB_QPT_SMI || type == IB_QPT_GSI;
}

/* The caps that a consumer may ask for. */
static int check_caps(const struct ib_device_attr *props,
		      const struct ib_qp_init_attr *attr)
{
	const struct ib_qp_cap *cap = &attr->cap;
	/* Scatter entries are counted in bytes. */
	u32 max_sge = min(props->max_send_sge, U8_MAX);

	if (cap->max_send_sge > max_sge ||
	    cap->max_inline_data > rvt_max_inline(max_sge) ||
	    cap->max_send_wr > (u32)props->max_qp_wr)
		return -EINVAL;
	if (attr->srq)
		return 0;
	if (cap->max_recv_sge > min(props->max_recv_sge, U8_MAX) ||
	    cap->max_recv_wr > (u32)props->max_qp_wr)
		return -EINVAL;
	if (!(cap->max_send_sge | cap->max_send_wr |
	      cap->max_recv_sge | cap->max_recv_wr))
		return -EINVAL;
	return 0;
}

static int check_init_attr(struct rvt_dev_info *rdi,
			   const struct ib_qp_init_attr *attr)
{
	int ret;

	if (attr->create_flags & ~IB_QP_CREATE_NETDEV_USE)
		return -EOPNOTSUPP;
	ret = check_caps(&rdi->dparms.props, attr);
	if (ret)
		return ret;

	switch (attr->qp_type) {
	case IB_QPT_SMI:
	case IB_QPT_GSI:
		return attr->port_num && attr->port_num <=
		       rdi->ibdev.phys_port_cnt ? 0 : -EINVAL;
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* Address handles may be destroyed while datagrams to them are queued. */
static int alloc_ah_attrs(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			  bool user)
{
	struct rdma_ah_attr *attrs;
	u32 i;

	attrs = kvzalloc_node(array_size(qp->s_size, sizeof(*attrs)),
			      rvt_gfp(user), rdi->dparms.node);
	if (!attrs)
		return -ENOMEM;
	for (i = 0; i < qp->s_size; i++)
		rvt_get_swqe_ptr(qp, i)->ud_wr.attr = &attrs[i];
	return 0;
}

static void free_buffers(struct rvt_qp *qp)
{
	/* The first slot has the start of the array. */
	if (qp->s_wq && qp->allowed_ops == IB_OPCODE_UD)
		kvfree(rvt_get_swqe_ptr(qp, 0)->ud_wr.attr);
	kfree(qp->r_sg_list);
	kfree(qp->s_ack_queue);
	if (qp->s_wq)
		vfree(rvt_qp_extra(qp));
}

static int alloc_send_ring(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			   const struct ib_qp_cap *cap, bool user)
{
	u32 max_sge = cap->max_send_sge;
	struct rvt_qp_extra *extra;
	size_t stride, bytes;

	if (cap->max_inline_data)
		max_sge = max(max_sge, 1 + DIV_ROUND_UP(cap->max_inline_data,
							RVT_INLINE_PER_SGE));
	stride = sizeof(struct rvt_swqe) + max_sge * sizeof(struct rvt_sge);
	qp->s_max_sge = max_sge;
	qp->s_size = cap->max_send_wr + 1 + rdi->dparms.reserved_operations;
	bytes = size_add(sizeof(*extra), size_mul(qp->s_size, stride));
	extra = rvt_alloc_private(bytes, user, rdi->dparms.node);
	if (!extra)
		return -ENOMEM;
	extra->qp = qp;
	rvt_events_init(&extra->events, rvt_qp_tell);
	INIT_DELAYED_WORK(&extra->late_flush, rvt_late_flush);
	qp->s_wq = (struct rvt_swqe *)(extra + 1);
	return qp->allowed_ops == IB_OPCODE_UD ?
	       alloc_ah_attrs(rdi, qp, user) : 0;
}

/* All but the receive ring; free_buffers() undoes what was done. */
static int alloc_buffers(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			 const struct ib_qp_init_attr *attr, bool user)
{
	u32 max_sge = attr->cap.max_recv_sge;
	int ret;

	ret = alloc_send_ring(rdi, qp, &attr->cap, user);
	if (ret)
		return ret;

	if (attr->qp_type == IB_QPT_RC) {
		qp->s_ack_queue = kcalloc_node(rvt_max_atomic(rdi),
					       sizeof(*qp->s_ack_queue),
					       rvt_gfp(user), rdi->dparms.node);
		if (!qp->s_ack_queue)
			return -ENOMEM;
	}

	if (attr->srq)
		max_sge = ibsrq_to_rvtsrq(attr->srq)->rq.max_sge;
	if (max_sge > 1) {
		qp->r_sg_list = kcalloc_node(max_sge - 1,
					     sizeof(*qp->r_sg_list),
					     rvt_gfp(user), rdi->dparms.node);
		if (!qp->r_sg_list)
			return -ENOMEM;
	}
	return 0;
}

static u8 allowed_ops(enum ib_qp_type type)
{
	switch (type) {
	case IB_QPT_RC:
		return IB_OPCODE_RC;
	case IB_QPT_UC:
		return IB_OPCODE_UC;
	default:
		return IB_OPCODE_UD;
	}
}

/* What never changes in the life of a queue pair. */
static void init_constants(struct rvt_qp *qp,
			   const struct ib_qp_init_attr *attr, bool user)
{
	spin_lock_init(&qp->r_lock);
	spin_lock_init(&qp->s_hlock);
	spin_lock_init(&qp->s_lock);
	atomic_set(&qp->refcount, 0);
	init_waitqueue_head(&qp->wait);
	INIT_LIST_HEAD(&qp->rspwait);
	rvt_init_timers(qp);

	qp->allowed_ops = allowed_ops(attr->qp_type);
	qp->pid = user ? current->pid : 0;
	/* Others choose theirs later; never leave an index out of range. */
	qp->port_num = is_special(attr->qp_type) ? attr->port_num : 1;
	qp->timeout_jiffies = 1;
	if (attr->sq_sig_type == IB_SIGNAL_REQ_WR)
		qp->s_flags = RVT_S_SIGNAL_REQ_WR;
}

/* Many connections make each of them slower: see rvt_add_retry_timer_ext(). */
static void scale_timers(struct rvt_dev_info *rdi)
{
	lockdep_assert_held(&rdi->n_qps_lock);
	WRITE_ONCE(rdi->busy_jiffies, rdi->n_rc_qps / RC_QP_SCALING_INTERVAL);
}

static int count_qp(struct rvt_dev_info *rdi, enum ib_qp_type type)
{
	int ret = -ENOMEM;

	spin_lock(&rdi->n_qps_lock);
	if (rdi->n_qps_allocated < (u32)rdi->dparms.props.max_qp) {
		rdi->n_qps_allocated++;
		rdi->n_rc_qps += type == IB_QPT_RC;
		scale_timers(rdi);
		ret = 0;
	}
	spin_unlock(&rdi->n_qps_lock);
	return ret;
}

static void uncount_qp(struct rvt_dev_info *rdi, enum ib_qp_type type)
{
	spin_lock(&rdi->n_qps_lock);
	rdi->n_qps_allocated--;
	rdi->n_rc_qps -= type == IB_QPT_RC;
	scale_timers(rdi);
	spin_unlock(&rdi->n_qps_lock);
}

/* Describe the receive ring to user space; offset 0 says there is none. */
static int share_ring(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		      struct ib_udata *udata)
{
	u32 bytes = rvt_rq_bytes(qp->r_rq.size, qp->r_rq.max_sge);
	struct rvt_mmap_info *ip;
	u64 offset = 0;

	if (qp->r_rq.wq) {
		ip = rvt_create_mmap_info(rdi, bytes, udata, qp->r_rq.wq);
		if (IS_ERR(ip))
			return PTR_ERR(ip);
		qp->ip = ip;
		offset = ip->offset;
	}
	return ib_copy_to_udata(udata, &offset, sizeof(offset));
}

static int choose_number(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			 const struct ib_qp_init_attr *attr)
{
	u8 prefix = attr->create_flags & IB_QP_CREATE_NETDEV_USE ?
		    RVT_AIP_QP_PREFIX : 0;
	int qpn = alloc_qpn(rdi, &rdi->qp_dev->qpn_table, attr->qp_type,
			    attr->port_num, prefix);

	if (qpn < 0)
		return qpn;
	qp->ibqp.qp_num = qpn;
	return 0;
}

static int alloc_private(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	void *priv = rdi->driver_f.qp_priv_alloc(rdi, qp);

	if (IS_ERR(priv))
		return PTR_ERR(priv);
	qp->priv = priv;
	return 0;
}

/**
 * rvt_create_qp - the create_qp verb
 * @ibqp: zeroed by the core but for what @init_attr says
 * @init_attr: what is asked for
 * @udata: the reply tells user space where to map the receive ring
 *
 * InfiniBand Architecture Specification, volume 1, 11.2.4.1.
 *
 * Context: may sleep.
 * Return: 0; -EOPNOTSUPP for a type or flag that is not offered; -EINVAL for a
 * size that the device does not have or a bad port; -ENOMEM, also when the
 * device's max_qp are in use; -EFAULT; what the driver returned.
 */
int rvt_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *init_attr,
		  struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibqp->device);
	bool shared = udata && udata->outlen >= RVT_OFFSET_REPLY_SIZE;
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	int ret;

	ret = check_init_attr(rdi, init_attr);
	if (ret)
		return ret;

	init_constants(qp, init_attr, udata);
	ret = alloc_buffers(rdi, qp, init_attr, udata);
	if (ret)
		goto err_free_buffers;
	if (!init_attr->srq) {
		ret = rvt_alloc_rq(&qp->r_rq, init_attr->cap.max_recv_wr + 1,
				   init_attr->cap.max_recv_sge,
				   rdi->dparms.node, udata, shared);
		if (ret)
			goto err_free_buffers;
	}
	rvt_init_qp(rdi, qp, init_attr->qp_type);

	ret = alloc_private(rdi, qp);
	if (ret)
		goto err_destroy_rq;
	ret = choose_number(rdi, qp, init_attr);
	if (ret)
		goto err_free_private;
	if (rdi->driver_f.qp_priv_init) {
		ret = rdi->driver_f.qp_priv_init(rdi, qp, init_attr);
		if (ret)
			goto err_free_number;
	}
	ret = count_qp(rdi, init_attr->qp_type);
	if (ret)
		goto err_free_number;
	if (shared) {
		ret = share_ring(rdi, qp, udata);
		if (ret)
			goto err_uncount_qp;
	}

	if (qp->ip)
		rvt_publish_mmap_info(rdi, qp->ip);
	init_attr->cap.max_send_sge = qp->s_max_sge;
	init_attr->cap.max_inline_data = rvt_max_inline(qp->s_max_sge);
	return 0;

err_uncount_qp:
	uncount_qp(rdi, init_attr->qp_type);
err_free_number:
	free_qpn(&rdi->qp_dev->qpn_table, ibqp->qp_num, init_attr->port_num);
err_free_private:
	rdi->driver_f.qp_priv_free(rdi, qp);
err_destroy_rq:
	rvt_destroy_rq(&qp->r_rq, qp->ip);
err_free_buffers:
	free_buffers(qp);
	return ret;
}

/*
 * Wait until nobody has a reference any more.  Ours keeps the count up: if it
 * is the last to go nobody else can be on the way to waking us.  Otherwise
 * somebody is, and will touch qp->wait: a grace period lets him finish, as
 * references are dropped in softirq or in an RCU read section.
 */
static void wait_for_references(struct rvt_qp *qp)
{
	if (atomic_dec_and_test(&qp->refcount))
		return;
	wait_event(qp->wait, !atomic_read(&qp->refcount));
	synchronize_rcu_expedited();
}

/**
 * rvt_destroy_qp - the destroy_qp verb
 * @ibqp: the queue pair, which may be sending and receiving at this moment
 * @udata: unused
 *
 * Context: may sleep.
 * Return: 0.
 */
int rvt_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibqp->device);
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);

	rvt_get_qp(qp);
	rvt_reset_qp(rdi, qp, ibqp->qp_type);
	wait_for_references(qp);
	rvt_del_timers_sync(qp);

	free_qpn(&rdi->qp_dev->qpn_table, ibqp->qp_num, qp->port_num);
	uncount_qp(rdi, ibqp->qp_type);
	rvt_destroy_rq(&qp->r_rq, qp->ip);
	rdi->driver_f.qp_priv_free(rdi, qp);
	rdma_destroy_ah_attr(&qp->remote_ah_attr);
	rdma_destroy_ah_attr(&qp->alt_ah_attr);
	free_buffers(qp);
	return 0;
}

static void query_cap(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		      struct ib_qp_cap *cap)
{
	cap->max_send_wr = qp->s_size - 1 - rdi->dparms.reserved_operations;
	cap->max_recv_wr = qp->ibqp.srq ? 0 : qp->r_rq.size - 1;
	cap->max_send_sge = qp->s_max_sge;
	cap->max_recv_sge = qp->r_rq.max_sge;
	cap->max_inline_data = rvt_max_inline(qp->s_max_sge);
}

/* A copy for looking at: it holds no reference on the GID that it names. */
static void query_ah_attr(struct rdma_ah_attr *to,
			  const struct rdma_ah_attr *from)
{
	*to = *from;
	to->grh.sgid_attr = NULL;
}

static void query_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp,
		       struct ib_qp_attr *attr)
{
	attr->qp_state = qp->state;
	attr->cur_qp_state = qp->state;
	attr->path_mtu = rdi->driver_f.mtu_to_path_mtu(qp->pmtu);
	attr->path_mig_state = qp->s_mig_state;
	attr->qkey = qp->qkey;
	attr->rq_psn = qp->r_psn & rdi->dparms.psn_mask;
	attr->sq_psn = qp->s_next_psn & rdi->dparms.psn_mask;
	attr->dest_qp_num = qp->remote_qpn;
	attr->qp_access_flags = qp->qp_access_flags;
	query_cap(rdi, qp, &attr->cap);
	query_ah_attr(&attr->ah_attr, &qp->remote_ah_attr);
	query_ah_attr(&attr->alt_ah_attr, &qp->alt_ah_attr);
	attr->pkey_index = qp->s_pkey_index;
	attr->alt_pkey_index = qp->s_alt_pkey_index;
	attr->en_sqd_async_notify = 0;
	attr->sq_draining = !!qp->s_draining;
	attr->max_rd_atomic = qp->s_max_rd_atomic;
	attr->max_dest_rd_atomic = qp->r_max_rd_atomic;
	attr->min_rnr_timer = qp->r_min_rnr_timer;
	attr->port_num = qp->port_num;
	attr->timeout = qp->timeout;
	attr->retry_cnt = qp->s_retry_cnt;
	attr->rnr_retry = qp->s_rnr_retry_cnt;
	attr->alt_port_num = rdma_ah_get_port_num(&qp->alt_ah_attr);
	attr->alt_timeout = qp->alt_timeout;
}

/* As it was created, but for the port, which may have been chosen since. */
static void query_init_attr(const struct rvt_qp *qp,
			    struct ib_qp_init_attr *attr)
{
	const struct ib_qp *ibqp = &qp->ibqp;

	attr->qp_type = ibqp->qp_type;
	attr->srq = ibqp->srq;
	attr->recv_cq = ibqp->recv_cq;
	attr->send_cq = ibqp->send_cq;
	attr->qp_context = ibqp->qp_context;
	attr->event_handler = ibqp->event_handler;
	attr->port_num = qp->port_num;
	attr->sq_sig_type = qp->s_flags & RVT_S_SIGNAL_REQ_WR ?
			    IB_SIGNAL_REQ_WR : IB_SIGNAL_ALL_WR;
}

/**
 * rvt_query_qp - the query_qp verb
 * @ibqp: the queue pair
 * @attr: to be filled in
 * @attr_mask: ignored, all is filled in
 * @init_attr: to be filled in
 *
 * Context: any.
 * Return: 0.
 */
int rvt_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int attr_mask,
		 struct ib_qp_init_attr *init_attr)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibqp->device);
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_hlock);
	spin_lock(&qp->s_lock);
	query_attr(rdi, qp, attr);
	spin_unlock(&qp->s_lock);
	spin_unlock(&qp->s_hlock);
	spin_unlock_irqrestore(&qp->r_lock, flags);

	query_init_attr(qp, init_attr);
	init_attr->cap = attr->cap;
	return 0;
}
