/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a stream to messages, in place; see splitter.c.
 */
#ifndef RDMA9P_SPLITTER_H
#define RDMA9P_SPLITTER_H

#include <stddef.h>
#include <stdint.h>

#define SPLITTER_CHUNKS	4

/**
 * struct chunk - a piece of memory that the stream is read into
 * @base: where it begins
 * @filled: bytes read
 * @parsed: bytes that were given out as messages
 * @users: messages given out and not yet released
 */
struct chunk {
	uint8_t *base;
	size_t filled;
	size_t parsed;
	unsigned int users;
};

/**
 * struct splitter - a stream cut into messages
 * @chunk: the memory
 * @current: the one that is being read into
 * @capacity: bytes in each
 * @limit: the largest message
 */
struct splitter {
	struct chunk chunk[SPLITTER_CHUNKS];
	struct chunk *current;
	size_t capacity;
	size_t limit;
};

enum split {
	SPLIT_FRAME,	/* here is a message */
	SPLIT_MORE,	/* read more */
	SPLIT_BAD,	/* the stream is no 9P, or above the limit */
};

size_t splitter_memory(size_t limit);
void splitter_init(struct splitter *s, void *memory, size_t limit);
void *splitter_room(struct splitter *s, size_t *room);
void splitter_filled(struct splitter *s, size_t bytes);
enum split splitter_next(struct splitter *s, uint8_t **frame, uint32_t *size,
			 struct chunk **chunk);
void splitter_release(struct chunk *chunk);
void splitter_take_rest(struct splitter *s, struct splitter *from);

#endif /* RDMA9P_SPLITTER_H */
