// SPDX-License-Identifier: GPL-2.0
/*
 * Rings of work requests, which complete in the order in which they were posted.
 *
 * One side takes, one side gives back, without a lock: @next belongs to the one,
 * @oldest to the other, and what is between them is counted atomically. What the
 * one who gives back has done to a request before, is seen by whoever takes it:
 * giving back releases, and @used is read with acquire. The other way, posting and
 * completing order enough.
 */
#include <linux/module.h>
#include "ib.h"

/**
 * rds_ib_ring_init - all is free
 * @ring: the ring
 * @size: how many there are
 */
void rds_ib_ring_init(struct rds_ib_ring *ring, u32 size)
{
	ring->size = size;
	ring->next = 0;
	ring->oldest = 0;
	atomic_set(&ring->used, 0);
}

/**
 * rds_ib_ring_used - how many are under way?
 * @ring: the ring
 *
 * Return: their number.
 */
u32 rds_ib_ring_used(const struct rds_ib_ring *ring)
{
	return atomic_read_acquire(&ring->used);
}

/**
 * rds_ib_ring_take - the next work requests
 * @ring: the ring
 * @wanted: how many
 * @first: index of the first; the others follow, modulo the size
 *
 * Return: how many there are, at most @wanted.
 */
u32 rds_ib_ring_take(struct rds_ib_ring *ring, u32 wanted, u32 *first)
{
	u32 count = min(wanted, ring->size - rds_ib_ring_used(ring));

	*first = ring->next;
	ring->next = (ring->next + count) % ring->size;
	atomic_add(count, &ring->used);
	return count;
}

/**
 * rds_ib_ring_untake - some were not needed after all
 * @ring: the ring
 * @count: how many of those that were taken last
 */
void rds_ib_ring_untake(struct rds_ib_ring *ring, u32 count)
{
	ring->next = (ring->next + ring->size - count) % ring->size;
	atomic_sub(count, &ring->used);
}

/**
 * rds_ib_ring_give_back - the oldest have completed
 * @ring: the ring
 * @count: how many
 */
void rds_ib_ring_give_back(struct rds_ib_ring *ring, u32 count)
{
	ring->oldest = (ring->oldest + count) % ring->size;
	/* Whoever finds the requests free, finds them as they have been left. */
	smp_mb__before_atomic();
	atomic_sub(count, &ring->used);
}

/**
 * rds_ib_ring_until - how many does a completion complete?
 * @ring: the ring
 * @index: of the one that completed
 *
 * Return: those from the oldest up to @index; 0 if that is not under way.
 */
u32 rds_ib_ring_until(const struct rds_ib_ring *ring, u32 index)
{
	u32 count = (index + ring->size - ring->oldest) % ring->size + 1;

	return count <= rds_ib_ring_used(ring) ? count : 0;
}
