/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the units under test of rds call outside themselves: it counts.
 */
#ifndef RDS_KUNIT_FAKE_H
#define RDS_KUNIT_FAKE_H

/**
 * struct rds_fake - what has been called
 * @messages: that exist, of those made by rds_fake_message()
 * @sock_refs: of messages to their sockets
 * @wakeups: of sockets
 * @notified: results reported for whole messages
 * @last_status: the last of them
 * @queued_sends: of a worker
 */
struct rds_fake {
	int messages;
	int sock_refs;
	unsigned int wakeups;
	unsigned int notified;
	int last_status;
	unsigned int queued_sends;
};

extern struct rds_fake rds_fake;

struct rds_message *rds_fake_message(struct kunit *test, u32 len);

#endif
