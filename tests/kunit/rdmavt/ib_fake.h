/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The driver of fake.h with what only InfiniBand has: two ports, each with a
 * subnet management interface.
 */
#ifndef RDMAVT_KUNIT_IB_FAKE_H
#define RDMAVT_KUNIT_IB_FAKE_H

#include "fake.h"

#define IB_FAKE_PORTS	2
#define IB_FAKE_GIDS	2	/* as fake.c says */

/**
 * struct ib_fake - the device
 * @dev: what fake.c wants
 * @second: its other port
 * @agents_made: agents announced to the driver
 * @agents_freed: and taken away again
 * @deallocated: where to count that the core has freed it
 */
struct ib_fake {
	struct fake_dev dev;
	struct rvt_ibport second;
	int agents_made;
	int agents_freed;
	int *deallocated;
};

/* Complete but for registration, and owned by the caller. */
struct ib_fake *ib_fake_alloc(struct kunit *test);
/* The same, to be freed by the core, which adds one to @deallocated. */
struct ib_fake *ib_fake_alloc_for_core(struct kunit *test, int *deallocated);
/* Registered; gone after the case. */
struct ib_fake *ib_fake_register(struct kunit *test);

static inline struct rvt_ibport *ib_fake_port(struct ib_fake *fake, int index)
{
	return fake->dev.rdi.ports[index];
}

#endif /* RDMAVT_KUNIT_IB_FAKE_H */
