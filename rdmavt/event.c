// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous events.
 *
 * What is worth an event is noticed with locks of queue pairs held, and on the
 * short cut even within a verb of somebody else: the consumer who posts a send
 * empties the receive queue of another one.  A handler that was called there
 * could not take a lock under which its owner posts.  So the event is noted,
 * and a work item calls the handler, with no lock held.
 *
 * Each type is noted once until the handler has been called: it says that
 * something has come to pass, not how often, nor what came first.
 * rvt_events_finish() belongs before the end of the object, when nobody is left
 * who could raise another one; who calls it holds no lock that a handler takes.
 */
#include <linux/bitops.h>
#include "event.h"

static_assert(IB_EVENT_WQ_FATAL < BITS_PER_LONG);

/* Queue pairs are destroyed, and so events finished, to free memory as well. */
static struct workqueue_struct *event_wq;

/**
 * rvt_event_init - make the workqueue that events are told from
 *
 * Return: 0 or -ENOMEM.
 */
int rvt_event_init(void)
{
	event_wq = alloc_workqueue("rdmavt_event", WQ_MEM_RECLAIM, 0);
	return event_wq ? 0 : -ENOMEM;
}

/**
 * rvt_event_exit - undo rvt_event_init()
 */
void rvt_event_exit(void)
{
	destroy_workqueue(event_wq);
}

/**
 * rvt_event_delay - have a work item run where events are told
 * @work: what a consumer may wait for while it frees memory
 * @delay: in jiffies
 *
 * Context: any.
 */
void rvt_event_delay(struct delayed_work *work, unsigned long delay)
{
	queue_delayed_work(event_wq, work, delay);
}

static void tell_all(struct work_struct *work)
{
	struct rvt_events *events = container_of(work, struct rvt_events, work);
	unsigned long pending = xchg(&events->pending, 0);
	unsigned int type;

	for_each_set_bit(type, &pending, BITS_PER_LONG)
		events->tell(events, type);
}

/**
 * rvt_events_init - an object can have events
 * @events: the object's
 * @tell: calls the consumer's handler; may sleep, no lock is held
 */
void rvt_events_init(struct rvt_events *events,
		     void (*tell)(struct rvt_events *events,
				  enum ib_event_type type))
{
	INIT_WORK(&events->work, tell_all);
	events->pending = 0;
	events->tell = tell;
}

/**
 * rvt_events_raise - tell the consumer of an object, a little later
 * @events: the object's
 * @type: what happened
 *
 * Context: any; any locks may be held.
 */
void rvt_events_raise(struct rvt_events *events, enum ib_event_type type)
{
	set_bit(type, &events->pending);
	queue_work(event_wq, &events->work);
}

/**
 * rvt_events_finish - tell the consumer now of all that was raised
 * @events: the object's
 *
 * Context: may sleep; not within a handler.
 */
void rvt_events_finish(struct rvt_events *events)
{
	flush_work(&events->work);
}
