// SPDX-License-Identifier: GPL-2.0
/*
 * Unit test of the gateway's stream splitter: random messages, as one stream
 * that is fed in random pieces, must come out as they are, whatever the order
 * in which they are released. What is read but not released must never be
 * written to again.
 *
 * usage: splitter-test [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "../../tools/rdma9p/splitter.c"

#define MESSAGES	400
#define HELD		64

static uint64_t state;

static uint32_t any(uint32_t below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static void die(const char *what, size_t limit, int n)
{
	fprintf(stderr, "splitter: limit %zu, message %d: %s\n", limit, n,
		what);
	exit(1);
}

/* Message @n of a stream: its size, and what its bytes are. */
static uint32_t size_of(uint32_t limit, int n)
{
	state = 7919ULL * n + limit;
	switch (any(4)) {
	case 0:
		return limit - any(3);
	case 1:
		return FRAME_HEADER + any(limit - FRAME_HEADER);
	default:
		return FRAME_HEADER + any(64);
	}
}

static uint8_t byte_of(int n, uint32_t i)
{
	return n * 31 + i * 7 + (i >> 8);
}

static void make_stream(uint8_t *stream, uint32_t limit)
{
	uint32_t size, i;
	int n;

	for (n = 0; n < MESSAGES; n++, stream += size) {
		size = size_of(limit, n);
		for (i = 0; i < size; i++)
			stream[i] = byte_of(n, i);
		frame_put32(stream, size);
	}
}

static size_t stream_length(uint32_t limit)
{
	size_t length = 0;
	int n;

	for (n = 0; n < MESSAGES; n++)
		length += size_of(limit, n);
	return length;
}

struct held {
	uint8_t *frame;
	struct chunk *chunk;
	int n;
};

static void check(const struct held *h, uint32_t limit)
{
	uint32_t size = size_of(limit, h->n), i;

	if (frame_size(h->frame) != size)
		die("wrong size", limit, h->n);
	for (i = sizeof(size); i < size; i++)
		if (h->frame[i] != byte_of(h->n, i))
			die("wrong content", limit, h->n);
}

/* Check and release one of the messages that are held. */
static void release_one(struct held *held, int *nr, int which, uint32_t limit)
{
	check(&held[which], limit);
	splitter_release(held[which].chunk);
	held[which] = held[--*nr];
}

/* Memory that ends where a page begins which nobody may touch. */
static uint8_t *guarded(size_t size)
{
	size_t whole = (size + 4095) & ~(size_t)4095;
	uint8_t *base = mmap(NULL, whole + 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base + whole, 4096, PROT_NONE))
		die("no memory", size, 0);
	return base + whole - size;
}

static void split(uint32_t limit, uint32_t piece, uint64_t seed)
{
	size_t length = stream_length(limit), fed = 0, room;
	uint8_t *stream = malloc(length), *memory, *place;
	struct held held[HELD], *h;
	int nr_held = 0, n = 0;
	struct splitter s;
	enum split what;
	uint32_t size;

	make_stream(stream, limit);
	memory = guarded(splitter_memory(limit));
	splitter_init(&s, memory, limit);
	state = seed;
	while (n < MESSAGES) {
		h = &held[nr_held];
		what = splitter_next(&s, &h->frame, &size, &h->chunk);
		if (what == SPLIT_BAD)
			die("taken for no message", limit, n);
		if (what == SPLIT_FRAME) {
			h->n = n++;
			check(h, limit);
			nr_held++;
		} else {
			place = splitter_room(&s, &room);
			if (!place && !nr_held)
				die("no room, though nothing is held", limit, n);
			if (place && !room)
				die("room for nothing", limit, n);
			if (place) {
				size_t bytes = 1 + any(piece);

				if (bytes > room)
					bytes = room;
				if (bytes > length - fed)
					bytes = length - fed;
				memcpy(place, stream + fed, bytes);
				splitter_filled(&s, bytes);
				fed += bytes;
			} else {
				release_one(held, &nr_held, any(nr_held),
					    limit);
			}
		}
		while (nr_held == HELD || (nr_held && !any(3)))
			release_one(held, &nr_held, any(nr_held), limit);
	}
	while (nr_held)
		release_one(held, &nr_held, 0, limit);
	free(stream);
}

/* Sizes that are none. */
static void refuse(uint32_t size)
{
	static uint8_t memory[4 * 65536];
	struct splitter s;
	struct chunk *c;
	uint8_t *frame;
	size_t room;

	splitter_init(&s, memory, 8192);
	frame_put32(splitter_room(&s, &room), size);
	splitter_filled(&s, sizeof(size));
	if (splitter_next(&s, &frame, &size, &c) != SPLIT_BAD)
		die("accepted", 8192, size);
}

int main(int argc, char **argv)
{
	static const uint32_t limits[] = { 4096, 8192, 40000, 65536, 1 << 20 };
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (limits[i] <= 65536)
			split(limits[i], 50, seed);
		split(limits[i], 5000, seed);
		split(limits[i], 3 * limits[i], seed);
	}
	refuse(0);
	refuse(6);
	refuse(8193);
	refuse(UINT32_MAX);
	printf("splitter: passed, seed %llu\n", (unsigned long long)seed);
	return 0;
}
