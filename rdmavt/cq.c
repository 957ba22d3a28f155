// SPDX-License-Identifier: GPL-2.0
/*
 * Completion queues.
 *
 * A completion queue is a ring of cqe + 1 entries in one of two forms:
 *
 *   kernel	struct rvt_k_cq_wc, read through the poll_cq verb;
 *   user	struct rvt_cq_wc, mapped by the process, which polls it without a
 *		system call (section 11 of the interface specification).
 *
 * rvt_cq.ip tells which; it never changes.  User space that does not ask for a
 * mapping gets the kernel form.  Anything in a user ring may be overwritten at
 * any time, so the head, which only this file moves, is kept in rvt_cq.kqueue
 * and merely shown in the ring; kqueue of a user ring has no entries.  The tail
 * is the user's: it is read once, and a wrong one harms only its writer.
 *
 * Completion handlers may call any verb, so they cannot run below the locks of
 * whoever completes.  rvt_cq_enter() schedules a tasklet: usually that runs as
 * soon as the completer lets softirqs in, without a switch to another thread.
 * Where a processor was picked for the completion vector it is a work item
 * there.  Each arming schedules it at most once, and one that is scheduled while
 * it runs will run again, so no notification is lost.
 *
 * Notification can be moderated: the consumer is woken when so many completions
 * have come since it asked, or so much time has passed since the first of them.
 * What that takes lies behind struct rvt_cq, and is missing from a queue whose
 * size its driver has set (see rvt_register_device()).
 *
 * Locking: rvt_cq.lock guards the ring, the notification state and ibcq.cqe.
 * It is taken below every other lock of the library, with interrupts off.
 * resize_mutex, outside it, lets one resize at a time replace a ring together
 * with its mapping; it is everybody's, and not held over accesses to user memory.
 */
#include <linux/pci.h>		/* export checksums: see rdmavt.h */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include "compat/verbs.h"
#include "rdmavt.h"
#include "cq.h"
#include "mmap.h"
#include "trace_cq.h"

/* A ring in either form; @user is NULL in the kernel form. */
struct ring {
	struct rvt_k_cq_wc *kernel;
	struct rvt_cq_wc *user;
	u32 size;		/* bytes that user space may map */
};

static struct workqueue_struct *comp_wq;

/* The core does not keep resizes of one queue apart. */
static DEFINE_MUTEX(resize_mutex);

/**
 * rvt_cq_init - make the workqueue for completion handlers of vectors that have
 *	a processor
 *
 * Storage uses RDMA to free memory, hence the rescuer.
 *
 * Return: 0 or -ENOMEM.
 */
int rvt_cq_init(void)
{
	comp_wq = alloc_workqueue("rdmavt_cq", WQ_HIGHPRI | WQ_CPU_INTENSIVE |
				  WQ_MEM_RECLAIM, 0);
	return comp_wq ? 0 : -ENOMEM;
}

/**
 * rvt_cq_exit - undo rvt_cq_init(); no completion queue is left
 */
void rvt_cq_exit(void)
{
	destroy_workqueue(comp_wq);
}

/**
 * rvt_cq_init_device - prepare a device for completion queues
 * @rdi: the device
 */
void rvt_cq_init_device(struct rvt_dev_info *rdi)
{
	spin_lock_init(&rdi->n_cqs_lock);
	rdi->n_cqs_allocated = 0;
}

static void call_handler(struct ib_cq *ibcq)
{
	if (ibcq->comp_handler)
		ibcq->comp_handler(ibcq, ibcq->cq_context);
}

static void handler_work(struct work_struct *work)
{
	struct rvt_cq *cq = container_of(work, struct rvt_cq, comptask);

	/* Softirqs that the handler raises run at once. */
	local_bh_disable();
	call_handler(&cq->ibcq);
	local_bh_enable();
}

/*
 * Once a process has been woken, softirqs that are left over wait for ksoftirqd.
 * So packets for this host go first, once: the acknowledgment that was just sent,
 * for instance, which the process would have to be woken for a second time.
 */
static bool give_way(struct rvt_moderated_cq *mcq)
{
	mcq->gave_way = mcq->cq.ip && !mcq->gave_way &&
			local_softirq_pending() & BIT(NET_RX_SOFTIRQ);
	if (mcq->gave_way)
		tasklet_schedule(&mcq->tasklet);
	return mcq->gave_way;
}

static void handler_tasklet(struct tasklet_struct *tasklet)
{
	struct rvt_moderated_cq *mcq = from_tasklet(mcq, tasklet, tasklet);

	if (!READ_ONCE(mcq->dying) && !give_way(mcq))
		call_handler(&mcq->cq.ibcq);
}

static void fill_user_entry(struct ib_uverbs_wc *to, const struct ib_wc *from)
{
	to->wr_id = from->wr_id;
	to->status = from->status;
	to->opcode = from->opcode;
	to->vendor_err = from->vendor_err;
	to->byte_len = from->byte_len;
	to->ex.imm_data = from->ex.imm_data;
	to->qp_num = from->qp->qp_num;
	to->src_qp = from->src_qp;
	to->wc_flags = from->wc_flags;
	to->pkey_index = from->pkey_index;
	to->slid = from->slid;
	to->sl = from->sl;
	to->dlid_path_bits = from->dlid_path_bits;
	to->port_num = from->port_num;
}

/* NULL on a device whose driver has queues of its own size. */
static struct rvt_moderated_cq *moderated(struct rvt_cq *cq)
{
	if (cq->ibcq.device->ops.modify_cq != rvt_modify_cq)
		return NULL;
	return container_of(cq, struct rvt_moderated_cq, cq);
}

static void call_event_handler(struct rvt_cq *cq, enum ib_event_type type)
{
	struct ib_event event = {
		.device = cq->ibcq.device,
		.element.cq = &cq->ibcq,
		.event = type,
	};

	cq->ibcq.event_handler(&event, cq->ibcq.cq_context);
}

static void tell(struct rvt_events *events, enum ib_event_type type)
{
	call_event_handler(&container_of(events, struct rvt_moderated_cq,
					 events)->cq, type);
}

/*
 * Tell its consumer, once: user space gets a piece of memory with each event, and
 * makes as many completions as it likes.
 */
static void overflow(struct rvt_cq *cq)
{
	ibdev_err_ratelimited(cq->ibcq.device,
			      "a completion queue of %d entries is full, completions are lost: its consumer must create a larger one or poll sooner\n",
			      cq->ibcq.cqe);
	if (!cq->ibcq.event_handler)
		return;
	if (moderated(cq))
		rvt_events_raise(&moderated(cq)->events, IB_EVENT_CQ_ERR);
	else
		call_event_handler(cq, IB_EVENT_CQ_ERR);
}

static void wake(struct rvt_cq *cq)
{
	struct rvt_moderated_cq *mcq = moderated(cq);

	lockdep_assert_held(&cq->lock);
	if (mcq)
		mcq->held = 0;
	cq->notify = RVT_CQ_NONE;
	cq->triggered++;
	if (mcq && cq->comp_vector_cpu == WORK_CPU_UNBOUND)
		tasklet_schedule(&mcq->tasklet);
	else
		queue_work_on(cq->comp_vector_cpu, comp_wq, &cq->comptask);
}

/* Is the consumer, who asked to be woken, to be left alone for now? */
static bool hold_back(struct rvt_cq *cq)
{
	struct rvt_moderated_cq *mcq = moderated(cq);

	if (!mcq || !(mcq->count | mcq->period))
		return false;
	mcq->held++;
	if (mcq->count && mcq->held >= mcq->count)
		return false;
	if (mcq->held == 1 && mcq->period)
		hrtimer_start(&mcq->timer,
			      ns_to_ktime((u64)mcq->period * NSEC_PER_USEC),
			      HRTIMER_MODE_REL);
	return true;
}

static enum hrtimer_restart moderation_over(struct hrtimer *timer)
{
	struct rvt_moderated_cq *mcq = container_of(timer,
						    struct rvt_moderated_cq,
						    timer);
	unsigned long flags;

	spin_lock_irqsave(&mcq->cq.lock, flags);
	if (mcq->held && !hrtimer_is_queued(timer))
		wake(&mcq->cq);
	spin_unlock_irqrestore(&mcq->cq.lock, flags);
	return HRTIMER_NORESTART;
}

/*
 * Wake the consumer if it asked to be woken for such a completion.  An error
 * does not wait.
 */
static void notify(struct rvt_cq *cq, bool solicited, bool error)
{
	lockdep_assert_held(&cq->lock);

	if (cq->notify != IB_CQ_NEXT_COMP &&
	    !(cq->notify == IB_CQ_SOLICITED && (solicited || error)))
		return;
	if (error || !hold_back(cq))
		wake(cq);
}

/**
 * rvt_cq_enter - add a completion
 * @cq: the completion queue
 * @entry: the completion
 * @solicited: it answers a request that asked for an event
 *
 * Section 11 of the interface specification.  A queue that was once full
 * stays so: completions are missing from it.
 *
 * Context: Any; locks of queue pairs may be held.  With softirqs off the handler
 * runs when they are let in again, else in a thread that has to be woken.
 * Return: true, or false when the queue is full; its consumer then hears of
 * IB_EVENT_CQ_ERR.
 */
bool rvt_cq_enter(struct rvt_cq *cq, struct ib_wc *entry, bool solicited)
{
	struct rvt_k_cq_wc *kernel;
	struct rvt_cq_wc *user;
	unsigned long flags;
	u32 slot, next, tail;

	spin_lock_irqsave(&cq->lock, flags);
	kernel = cq->kqueue;
	user = cq->ip ? cq->queue : NULL;
	slot = kernel->head;
	next = slot >= cq->ibcq.cqe ? 0 : slot + 1;
	tail = user ? RDMA_READ_UAPI_ATOMIC(user->tail) : kernel->tail;

	if (unlikely(next == tail || cq->cq_full)) {
		bool first = !cq->cq_full;

		trace_rvt_cq_overflow(cq, entry);
		cq->cq_full = true;
		spin_unlock_irqrestore(&cq->lock, flags);
		if (first)
			overflow(cq);
		return false;
	}

	trace_rvt_cq_enter(cq, entry, slot);
	kernel->head = next;
	if (user) {
		fill_user_entry(&user->uqueue[slot], entry);
		/* The entry is complete before user space can see it. */
		RDMA_WRITE_UAPI_ATOMIC(user->head, next);
	} else {
		kernel->kqueue[slot] = *entry;
	}
	notify(cq, solicited, entry->status != IB_WC_SUCCESS);
	spin_unlock_irqrestore(&cq->lock, flags);
	return true;
}
EXPORT_SYMBOL(rvt_cq_enter);

static int alloc_ring(struct rvt_dev_info *rdi, struct ring *ring, u32 cqe,
		      bool user, bool mapped)
{
	size_t size;

	if (!mapped) {
		size = struct_size(ring->kernel, kqueue, (size_t)cqe + 1);
		ring->user = NULL;
		ring->kernel = rvt_alloc_private(size, user, rdi->dparms.node);
		return ring->kernel ? 0 : -ENOMEM;
	}

	size = struct_size(ring->user, uqueue, (size_t)cqe + 1);
	if (size > SZ_2G)
		return -EINVAL;
	ring->size = size;
	ring->user = rvt_alloc_mapped(size);
	if (!ring->user)
		return -ENOMEM;
	ring->kernel = kzalloc_node(sizeof(*ring->kernel), GFP_KERNEL,
				    rdi->dparms.node);
	if (!ring->kernel) {
		vfree(ring->user);
		return -ENOMEM;
	}
	return 0;
}

static void free_ring(struct ring *ring)
{
	kvfree(ring->kernel);
	vfree(ring->user);
}

static bool wants_mapping(const struct ib_udata *udata)
{
	return udata && udata->outlen >= RVT_OFFSET_REPLY_SIZE;
}

static int pick_cpu(struct rvt_dev_info *rdi, int vector)
{
	unsigned int cpu = nr_cpu_ids;
	int node = rdi->dparms.node;

	if (vector < 0)
		vector = 0;
	vector %= rdi->ibdev.num_comp_vectors;
	if (rdi->driver_f.comp_vect_cpu_lookup)
		return rdi->driver_f.comp_vect_cpu_lookup(rdi, vector);

	if (node >= 0 && node < MAX_NUMNODES && node_online(node))
		cpu = cpumask_first(cpumask_of_node(node));
	return cpu < nr_cpu_ids ? cpu : WORK_CPU_UNBOUND;
}

static bool count_cq(struct rvt_dev_info *rdi)
{
	bool room;

	spin_lock(&rdi->n_cqs_lock);
	room = rdi->n_cqs_allocated < rdi->dparms.props.max_cq;
	if (room)
		rdi->n_cqs_allocated++;
	spin_unlock(&rdi->n_cqs_lock);
	return room;
}

static void uncount_cq(struct rvt_dev_info *rdi)
{
	spin_lock(&rdi->n_cqs_lock);
	rdi->n_cqs_allocated--;
	spin_unlock(&rdi->n_cqs_lock);
}

/* Tell user space where to map @ring, which then belongs to rvt_cq.ip. */
static int share_ring(struct rvt_dev_info *rdi, struct rvt_cq *cq,
		      struct ring *ring, struct ib_udata *udata)
{
	struct rvt_mmap_info *ip;
	int ret;

	ip = rvt_create_mmap_info(rdi, ring->size, udata, ring->user);
	if (IS_ERR(ip))
		return PTR_ERR(ip);

	ring->user = NULL;
	ret = ib_copy_to_udata(udata, &ip->offset, sizeof(ip->offset));
	if (ret) {
		rvt_put_mmap_info(ip);
		return ret;
	}
	cq->ip = ip;
	return 0;
}

/**
 * rvt_create_cq - the create_cq verb
 * @ibcq: zeroed by the core, its handlers set
 * @attr: entries wanted and completion vector; no flags are supported
 * @attrs: of user space; eight bytes of reply ask for a mapped ring
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP for flags; -EINVAL for a size outside 1..max_cqe;
 * -ENOMEM without memory or with max_cq queues in use; -EFAULT when the reply
 * cannot be written.
 */
int rvt_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		  struct compat_create_cq_attrs *attrs)
{
	struct ib_udata *udata = compat_create_cq_udata(attrs);
	struct rvt_dev_info *rdi = ib_to_rvt(ibcq->device);
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);
	struct ring ring;
	int ret;

	if (attr->flags)
		return -EOPNOTSUPP;
	if (attr->cqe < 1 || attr->cqe > rdi->dparms.props.max_cqe)
		return -EINVAL;
	if (!count_cq(rdi))
		return -ENOMEM;

	ret = alloc_ring(rdi, &ring, attr->cqe, udata, wants_mapping(udata));
	if (ret)
		goto uncount;

	cq->rdi = rdi;
	cq->comp_vector_cpu = pick_cpu(rdi, attr->comp_vector);
	cq->notify = RVT_CQ_NONE;
	spin_lock_init(&cq->lock);
	INIT_WORK(&cq->comptask, handler_work);
	if (moderated(cq)) {
		hrtimer_setup(&moderated(cq)->timer, moderation_over,
			      CLOCK_MONOTONIC, HRTIMER_MODE_REL);
		tasklet_setup(&moderated(cq)->tasklet, handler_tasklet);
		rvt_events_init(&moderated(cq)->events, tell);
	}
	cq->kqueue = ring.kernel;
	cq->queue = ring.user;
	ibcq->cqe = attr->cqe;

	if (ring.user) {
		ret = share_ring(rdi, cq, &ring, udata);
		if (ret)
			goto free_ring;
		rvt_publish_mmap_info(rdi, cq->ip);
	}
	trace_rvt_create_cq(cq, attr);
	return 0;

free_ring:
	free_ring(&ring);
uncount:
	uncount_cq(rdi);
	return ret;
}

/*
 * ib_free_cq() cancels its polling before it destroys the queue, and a handler
 * would queue that again: so none may begin from here on, and what the last one
 * has queued is cancelled once more.
 */
static void silence(struct rvt_cq *cq)
{
	struct rvt_moderated_cq *mcq = moderated(cq);
	enum ib_poll_context ctx = cq->ibcq.poll_ctx;

	if (mcq) {
		hrtimer_cancel(&mcq->timer);
		WRITE_ONCE(mcq->dying, true);
		tasklet_kill(&mcq->tasklet);
		rvt_events_finish(&mcq->events);
	}
	cancel_work_sync(&cq->comptask);
	if (ctx == IB_POLL_WORKQUEUE || ctx == IB_POLL_UNBOUND_WORKQUEUE)
		cancel_work_sync(&cq->ibcq.work);
}

/**
 * rvt_destroy_cq - the destroy_cq verb
 * @ibcq: no queue pair uses it
 * @udata: unused
 *
 * Context: May sleep.  The completion handler runs no more after this.
 * Return: 0.
 */
int rvt_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);

	silence(cq);
	uncount_cq(cq->rdi);
	rvt_put_mmap_info(cq->ip);
	kvfree(cq->kqueue);
	return 0;
}

/**
 * rvt_req_notify_cq - the req_notify_cq verb
 * @ibcq: the completion queue
 * @flags: which completion to wake for, and IB_CQ_REPORT_MISSED_EVENTS
 *
 * A request for the next completion is not weakened to one for the next
 * solicited one.
 *
 * Context: Any.
 * Return: 1 when completions wait that the caller asked to be told of, else 0.
 */
int rvt_req_notify_cq(struct ib_cq *ibcq, enum ib_cq_notify_flags flags)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);
	unsigned long irqflags;
	int waiting = 0;
	u32 tail;

	spin_lock_irqsave(&cq->lock, irqflags);
	if (cq->notify != IB_CQ_NEXT_COMP)
		cq->notify = flags & IB_CQ_SOLICITED_MASK;
	if (flags & IB_CQ_REPORT_MISSED_EVENTS) {
		tail = cq->ip ? RDMA_READ_UAPI_ATOMIC(cq->queue->tail) :
				cq->kqueue->tail;
		waiting = cq->kqueue->head != tail;
	}
	spin_unlock_irqrestore(&cq->lock, irqflags);
	return waiting;
}

/**
 * rvt_modify_cq - the modify_cq verb: moderate notification
 * @ibcq: the completion queue
 * @count: completions that wake the consumer, or 0
 * @period: microseconds after the first that wake it, or 0
 *
 * The consumer is woken when the first of the two is reached, and for each
 * completion if both are 0.  Completions in error wake it at once.
 *
 * Context: Any.
 * Return: 0.
 */
int rvt_modify_cq(struct ib_cq *ibcq, u16 count, u16 period)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);
	struct rvt_moderated_cq *mcq = moderated(cq);
	unsigned long flags;

	if (WARN_ON_ONCE(!mcq))
		return -EOPNOTSUPP;

	spin_lock_irqsave(&cq->lock, flags);
	mcq->count = count;
	mcq->period = period;
	/* Who was held back by the old rules shall not wait for ever. */
	if (mcq->held)
		wake(cq);
	spin_unlock_irqrestore(&cq->lock, flags);
	return 0;
}

/**
 * rvt_poll_cq - the poll_cq verb
 * @ibcq: a completion queue that is not mapped
 * @num_entries: how many completions to take at most
 * @entry: gets them
 *
 * Context: Any.
 * Return: how many there were, or -EINVAL for a mapped queue.
 */
int rvt_poll_cq(struct ib_cq *ibcq, int num_entries, struct ib_wc *entry)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);
	struct rvt_k_cq_wc *ring;
	unsigned long flags;
	int taken;
	u32 tail;

	if (cq->ip)
		return -EINVAL;

	spin_lock_irqsave(&cq->lock, flags);
	ring = cq->kqueue;
	tail = ring->tail;
	for (taken = 0; taken < num_entries && tail != ring->head; taken++) {
		trace_rvt_cq_poll(cq, &ring->kqueue[tail], taken);
		entry[taken] = ring->kqueue[tail];
		tail = tail >= ibcq->cqe ? 0 : tail + 1;
	}
	ring->tail = tail;
	spin_unlock_irqrestore(&cq->lock, flags);
	return taken;
}

static u32 clamp_tail(const struct rvt_cq *cq)
{
	u32 tail = cq->ip ? RDMA_READ_UAPI_ATOMIC(cq->queue->tail) :
			    cq->kqueue->tail;

	return min_t(u32, tail, cq->ibcq.cqe);
}

/*
 * Move what waits in the queue to the start of @ring and put that into place.
 * The caller frees what @ring then holds: the old memory.
 */
static int switch_ring(struct rvt_cq *cq, struct ring *ring, u32 cqe)
{
	u32 from, head, entries = cq->ibcq.cqe + 1, pending, n;

	lockdep_assert_held(&cq->lock);

	head = cq->kqueue->head;
	from = clamp_tail(cq);
	pending = head >= from ? head - from : head + entries - from;
	if (pending > cqe)
		return -EINVAL;

	for (n = 0; n < pending; n++) {
		if (ring->user)
			ring->user->uqueue[n] = cq->queue->uqueue[from];
		else
			ring->kernel->kqueue[n] = cq->kqueue->kqueue[from];
		if (++from == entries)
			from = 0;
	}
	ring->kernel->head = pending;
	if (ring->user)
		RDMA_WRITE_UAPI_ATOMIC(ring->user->head, pending);

	swap(cq->kqueue, ring->kernel);
	swap(cq->queue, ring->user);
	cq->ibcq.cqe = cqe;
	return 0;
}

/* Returns 0, with the place of a mapped one in @offset, or an error. */
static int replace_ring(struct rvt_cq *cq, struct ring *ring, u32 cqe,
			__u64 *offset)
{
	struct rvt_cq_wc *mapped = ring->user;
	int ret;

	lockdep_assert_held(&resize_mutex);

	spin_lock_irq(&cq->lock);
	ret = switch_ring(cq, ring, cqe);
	spin_unlock_irq(&cq->lock);
	if (ret || !cq->ip)
		return ret;

	rvt_update_mmap_info(cq->rdi, cq->ip, ring->size, mapped);
	*offset = cq->ip->offset;
	rvt_publish_mmap_info(cq->rdi, cq->ip);
	return 0;
}

/**
 * rvt_resize_cq - the resize_cq verb
 * @ibcq: the completion queue
 * @cqe: entries wanted
 * @udata: of user space; must ask for a mapping exactly if the queue has one
 *
 * A mapped queue gets a new mapping.  The old one stays valid memory, which
 * nobody fills any more.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL for a size outside 1..max_cqe or below what waits in the
 * queue, or for a reply of the wrong form; -ENOMEM; -EFAULT when the reply
 * cannot be written.
 */
int rvt_resize_cq(struct ib_cq *ibcq, int cqe, struct ib_udata *udata)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(ibcq);
	__u64 offset = 0;
	struct ring ring;
	int ret;

	if (cqe < 1 || cqe > cq->rdi->dparms.props.max_cqe ||
	    !!cq->ip != wants_mapping(udata))
		return -EINVAL;

	/* The reply must be writable before anything changes. */
	if (cq->ip) {
		ret = ib_copy_to_udata(udata, &offset, sizeof(offset));
		if (ret)
			return ret;
	}
	ret = alloc_ring(cq->rdi, &ring, cqe, udata, cq->ip);
	if (ret)
		return ret;

	mutex_lock(&resize_mutex);
	ret = replace_ring(cq, &ring, cqe, &offset);
	mutex_unlock(&resize_mutex);

	free_ring(&ring);
	if (!ret && cq->ip)
		ret = ib_copy_to_udata(udata, &offset, sizeof(offset));
	return ret;
}
