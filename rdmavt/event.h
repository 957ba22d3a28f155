/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asynchronous events of one object.
 */
#ifndef RVT_EVENT_H
#define RVT_EVENT_H

#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

/**
 * struct rvt_events - the events that an object's consumer is still to hear of
 * @work: calls @tell for each
 * @pending: bits of enum ib_event_type; changed by atomic operations
 * @tell: tells the consumer
 */
struct rvt_events {
	struct work_struct work;
	unsigned long pending;
	void (*tell)(struct rvt_events *events, enum ib_event_type type);
};

int rvt_event_init(void);
void rvt_event_exit(void);
void rvt_event_delay(struct delayed_work *work, unsigned long delay);

void rvt_events_init(struct rvt_events *events,
		     void (*tell)(struct rvt_events *events,
				  enum ib_event_type type));
void rvt_events_raise(struct rvt_events *events, enum ib_event_type type);
void rvt_events_finish(struct rvt_events *events);

#endif /* RVT_EVENT_H */
