// SPDX-License-Identifier: GPL-2.0
/*
 * Shared receive queues.
 *
 * One receive ring (rq.c) that many queue pairs take receives from, and a
 * limit below which its owner wants to be told to post more.  The queue lives
 * as long as a queue pair uses it (the core counts these), and unlike a queue
 * pair's own ring it can be resized while it is in use.
 *
 * Locking: kwq->c_lock guards the limit.  modify_mutex makes resizing, and
 * setting a limit that has to fit the size, one at a time.  It is everybody's, so
 * it is not held over accesses to user memory, which may take for ever.
 */
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "mmap.h"
#include "rq.h"
#include "srq.h"
#include "trace_qp.h"

static DEFINE_MUTEX(modify_mutex);

/**
 * rvt_srq_init - prepare a device for shared receive queues
 * @rdi: the device
 */
void rvt_srq_init(struct rvt_dev_info *rdi)
{
	spin_lock_init(&rdi->n_srqs_lock);
	rdi->n_srqs_allocated = 0;
}

static int count_srq(struct rvt_dev_info *rdi)
{
	int ret = 0;

	spin_lock(&rdi->n_srqs_lock);
	if (rdi->n_srqs_allocated < (u32)rdi->dparms.props.max_srq)
		rdi->n_srqs_allocated++;
	else
		ret = -ENOMEM;
	spin_unlock(&rdi->n_srqs_lock);
	return ret;
}

static void uncount_srq(struct rvt_dev_info *rdi)
{
	spin_lock(&rdi->n_srqs_lock);
	rdi->n_srqs_allocated--;
	spin_unlock(&rdi->n_srqs_lock);
}

/* NULL on a device whose driver has queues of its own size. */
static struct rvt_events *srq_events(struct rvt_srq *srq)
{
	if (srq->ibsrq.device->ops.size_ib_srq != sizeof(struct rvt_srq_own))
		return NULL;
	return &container_of(srq, struct rvt_srq_own, srq)->events;
}

static void call_handler(struct rvt_srq *srq, enum ib_event_type type)
{
	struct ib_event event = {
		.device = srq->ibsrq.device,
		.element.srq = &srq->ibsrq,
		.event = type,
	};

	srq->ibsrq.event_handler(&event, srq->ibsrq.srq_context);
}

static void tell(struct rvt_events *events, enum ib_event_type type)
{
	call_handler(&container_of(events, struct rvt_srq_own, events)->srq,
		     type);
}

/**
 * rvt_srq_limit_event - tell the consumer that its limit was reached
 * @srq: the queue, which has a handler
 *
 * Context: any; locks of queue pairs may be held.
 */
void rvt_srq_limit_event(struct rvt_srq *srq)
{
	struct rvt_events *events = srq_events(srq);

	if (events)
		rvt_events_raise(events, IB_EVENT_SRQ_LIMIT_REACHED);
	else
		call_handler(srq, IB_EVENT_SRQ_LIMIT_REACHED);
}

/* Describe the ring to user space and tell it where to map that. */
static int share_ring(struct rvt_dev_info *rdi, struct rvt_srq *srq,
		      struct ib_udata *udata)
{
	u32 bytes = rvt_rq_bytes(srq->rq.size, srq->rq.max_sge);
	struct rvt_mmap_info *ip;

	ip = rvt_create_mmap_info(rdi, bytes, udata, srq->rq.wq);
	if (IS_ERR(ip))
		return PTR_ERR(ip);
	srq->ip = ip;
	return ib_copy_to_udata(udata, &ip->offset, sizeof(ip->offset));
}

static int check_attr(struct rvt_dev_info *rdi, const struct ib_srq_attr *attr)
{
	const struct ib_device_attr *props = &rdi->dparms.props;

	if (!attr->max_sge || attr->max_sge > (u32)props->max_srq_sge ||
	    !attr->max_wr || attr->max_wr > (u32)props->max_srq_wr)
		return -EINVAL;
	/* That is what a ring entry can count. */
	return attr->max_sge > U8_MAX ? -EINVAL : 0;
}

/**
 * rvt_create_srq - the create_srq verb
 * @ibsrq: zeroed by the core
 * @init_attr: size and limit
 * @udata: the reply tells user space where to map the ring
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP for a type other than basic; -EINVAL for a size that
 * the device does not have; -ENOMEM; -EFAULT.
 */
int rvt_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *init_attr,
		   struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibsrq->device);
	struct rvt_srq *srq = ibsrq_to_rvtsrq(ibsrq);
	const struct ib_srq_attr *attr = &init_attr->attr;
	bool shared = udata && udata->outlen >= RVT_OFFSET_REPLY_SIZE;
	int ret;

	if (init_attr->srq_type != IB_SRQT_BASIC)
		return -EOPNOTSUPP;
	ret = check_attr(rdi, attr);
	if (ret)
		return ret;

	ret = rvt_alloc_rq(&srq->rq, attr->max_wr + 1, attr->max_sge,
			   rdi->dparms.node, udata, shared);
	if (ret)
		return ret;
	/* Programs may leave it as it is: rvt_modify_srq() arms it. */
	if (attr->srq_limit <= attr->max_wr)
		srq->limit = attr->srq_limit;
	if (srq_events(srq))
		rvt_events_init(srq_events(srq), tell);

	if (shared) {
		ret = share_ring(rdi, srq, udata);
		if (ret)
			goto err_destroy_rq;
	}
	ret = count_srq(rdi);
	if (ret)
		goto err_destroy_rq;

	if (srq->ip)
		rvt_publish_mmap_info(rdi, srq->ip);
	return 0;

err_destroy_rq:
	rvt_destroy_rq(&srq->rq, srq->ip);
	return ret;
}

/**
 * rvt_destroy_srq - the destroy_srq verb
 * @ibsrq: no queue pair uses it any more
 * @udata: unused
 *
 * Context: May sleep.
 * Return: 0.
 */
int rvt_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata)
{
	struct rvt_srq *srq = ibsrq_to_rvtsrq(ibsrq);

	if (srq_events(srq))
		rvt_events_finish(srq_events(srq));
	uncount_srq(ib_to_rvt(ibsrq->device));
	rvt_destroy_rq(&srq->rq, srq->ip);
	return 0;
}

/**
 * rvt_query_srq - the query_srq verb
 * @ibsrq: the queue
 * @attr: to be filled in
 *
 * Return: 0.
 */
int rvt_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr)
{
	struct rvt_srq *srq = ibsrq_to_rvtsrq(ibsrq);

	attr->max_wr = READ_ONCE(srq->rq.size) - 1;
	attr->max_sge = srq->rq.max_sge;
	attr->srq_limit = READ_ONCE(srq->limit);
	return 0;
}

static void set_limit(struct rvt_srq *srq, u32 limit)
{
	spin_lock_irq(&srq->rq.kwq->c_lock);
	srq->limit = limit;
	spin_unlock_irq(&srq->rq.kwq->c_lock);
}

/* Where user space wants the new ring's offset; a trial write checks it. */
static int offset_address(struct ib_udata *udata, u64 __user **where)
{
	u64 zero = 0, address;
	int ret;

	if (!udata || udata->inlen < sizeof(address))
		return -EINVAL;
	ret = ib_copy_from_udata(&address, udata, sizeof(address));
	if (ret)
		return ret;

	*where = u64_to_user_ptr(address);
	return copy_to_user(*where, &zero, sizeof(zero)) ? -EFAULT : 0;
}

/* What a resize needs of user space and of memory: without a lock. */
struct resize {
	struct rvt_rwq *wq;		/* the new ring; then what is to be freed */
	size_t bytes;			/* of the new ring */
	u64 __user *where;		/* for @offset, or NULL */
	u64 offset;			/* where the new ring can be mapped */
};

static int prepare_resize(struct rvt_srq *srq, u32 max_wr,
			  struct ib_udata *udata, struct resize *resize)
{
	struct rvt_dev_info *rdi = ib_to_rvt(srq->ibsrq.device);
	int ret;

	if (!max_wr || max_wr > (u32)rdi->dparms.props.max_srq_wr)
		return -EINVAL;
	/* The kind of ring never changes, whatever user space sends along. */
	if (srq->ip) {
		ret = offset_address(udata, &resize->where);
		if (ret)
			return ret;
	}
	resize->bytes = rvt_rq_bytes(max_wr + 1, srq->rq.max_sge);
	if (resize->bytes > SZ_2G)
		return -ENOMEM;
	resize->wq = srq->ip ? rvt_alloc_mapped(resize->bytes) :
		     rvt_alloc_private(resize->bytes, srq->ibsrq.uobject,
				       rdi->dparms.node);
	return resize->wq ? 0 : -ENOMEM;
}

static int resize_srq(struct rvt_srq *srq, u32 max_wr, struct resize *resize)
{
	struct rvt_dev_info *rdi = ib_to_rvt(srq->ibsrq.device);
	int ret;

	lockdep_assert_held(&modify_mutex);

	ret = rvt_move_rq(&srq->rq, &resize->wq, max_wr + 1, srq->ip);
	if (ret || !srq->ip)
		return ret;
	rvt_update_mmap_info(rdi, srq->ip, resize->bytes, srq->rq.wq);
	resize->offset = srq->ip->offset;
	rvt_publish_mmap_info(rdi, srq->ip);
	return 0;
}

/**
 * rvt_modify_srq - the modify_srq verb
 * @ibsrq: the queue
 * @attr: new size, new limit
 * @attr_mask: which of them
 * @udata: of a ring that user space maps: an address for the new offset
 *
 * Context: May sleep.
 * Return: 0; -EINVAL for a size that the device does not have or that is less
 * than what waits in the queue, or a limit that does not fit the size; -ENOMEM;
 * -EFAULT, after which the queue may have been resized already.
 */
int rvt_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr,
		   enum ib_srq_attr_mask attr_mask, struct ib_udata *udata)
{
	struct rvt_srq *srq = ibsrq_to_rvtsrq(ibsrq);
	struct resize resize = {};
	u32 limit, max_wr;
	int ret = 0;

	if (attr_mask & IB_SRQ_MAX_WR) {
		ret = prepare_resize(srq, attr->max_wr, udata, &resize);
		if (ret)
			return ret;
	}

	mutex_lock(&modify_mutex);
	limit = attr_mask & IB_SRQ_LIMIT ? attr->srq_limit : srq->limit;
	max_wr = attr_mask & IB_SRQ_MAX_WR ? attr->max_wr : srq->rq.size - 1;
	if ((attr_mask & (IB_SRQ_LIMIT | IB_SRQ_MAX_WR)) && limit > max_wr)
		ret = -EINVAL;
	else if (attr_mask & IB_SRQ_MAX_WR)
		ret = resize_srq(srq, max_wr, &resize);
	if (!ret && (attr_mask & IB_SRQ_LIMIT))
		set_limit(srq, limit);
	mutex_unlock(&modify_mutex);

	/* The old memory, or the new one if it would not do. */
	vfree(resize.wq);
	if (!ret && resize.where &&
	    copy_to_user(resize.where, &resize.offset, sizeof(resize.offset)))
		ret = -EFAULT;
	return ret;
}

/**
 * rvt_post_srq_recv - the post_srq_recv verb
 * @ibsrq: the queue
 * @wr: list of receives
 * @bad_wr: set to the first one refused
 *
 * Context: any.
 * Return: 0; -EINVAL for too many scatter entries; -ENOMEM when it is full.
 */
int rvt_post_srq_recv(struct ib_srq *ibsrq, const struct ib_recv_wr *wr,
		      const struct ib_recv_wr **bad_wr)
{
	struct rvt_srq *srq = ibsrq_to_rvtsrq(ibsrq);
	unsigned long flags;
	int ret = 0;

	*bad_wr = wr;
	spin_lock_irqsave(&srq->rq.kwq->p_lock, flags);
	for (; wr && !ret; wr = wr->next) {
		*bad_wr = wr;
		ret = rvt_rq_produce(&srq->rq, wr, srq->ip);
	}
	spin_unlock_irqrestore(&srq->rq.kwq->p_lock, flags);

	if (unlikely(ret))
		trace_rvt_recv_refused(ibsrq->device, 0, *bad_wr, ret);
	return ret;
}
