// SPDX-License-Identifier: GPL-2.0
/*
 * From a stream to messages, in place.
 *
 * The stream is read into chunks, as much as it has, and the messages are sent
 * from where they came to lie: no message is copied, but one that does not fit
 * into the rest of its chunk, as far as it has been read by then. A chunk is
 * read into from its beginning again when all its messages have been sent.
 *
 * Nothing here knows of sockets or RDMA; tests/9p/splitter.c feeds it streams
 * cut in every way.
 */
#include "frame.h"
#include "splitter.h"

/* Below this a read is not worth the system call, if there is another chunk. */
#define WORTH_READING	4096

static size_t chunk_capacity(size_t limit)
{
	return limit < 32768 ? 65536 : 2 * limit;
}

/**
 * splitter_memory - bytes that a splitter needs
 * @limit: the largest message
 */
size_t splitter_memory(size_t limit)
{
	return SPLITTER_CHUNKS * chunk_capacity(limit);
}

/**
 * splitter_init - begin with an empty stream
 * @s: the splitter
 * @memory: splitter_memory() bytes
 * @limit: the largest message
 */
void splitter_init(struct splitter *s, void *memory, size_t limit)
{
	int i;

	s->limit = limit;
	s->capacity = chunk_capacity(limit);
	for (i = 0; i < SPLITTER_CHUNKS; i++)
		s->chunk[i] = (struct chunk) {
			.base = (uint8_t *)memory + i * s->capacity,
		};
	s->current = &s->chunk[0];
}

static struct chunk *find_free(struct splitter *s)
{
	int i;

	for (i = 0; i < SPLITTER_CHUNKS; i++)
		if (&s->chunk[i] != s->current && !s->chunk[i].users)
			return &s->chunk[i];
	return NULL;
}

/* Go on in @to, which may be the current one if nobody uses it. */
static void go_on_in(struct splitter *s, struct chunk *to)
{
	struct chunk *from = s->current;
	size_t rest = from->filled - from->parsed;

	memmove(to->base, from->base + from->parsed, rest);
	from->filled = 0;
	from->parsed = 0;
	to->filled = rest;
	to->parsed = 0;
	s->current = to;
}

/* What the message at the front will need; at least its size field. */
static size_t front_needs(const struct splitter *s)
{
	const struct chunk *c = s->current;

	if (c->filled - c->parsed < sizeof(uint32_t))
		return sizeof(uint32_t);
	return frame_size(c->base + c->parsed);
}

/*
 * The chunk to go on in: the current one while what comes next fits there, or
 * as long as there is no other; NULL if that has to wait.
 */
static struct chunk *choose(struct splitter *s)
{
	struct chunk *c = s->current;
	size_t left = s->capacity - c->filled;
	bool fits = c->parsed + front_needs(s) <= s->capacity;
	bool between = c->parsed == c->filled;
	struct chunk *other;

	if (fits && !(between && left < WORTH_READING))
		return c;
	if (!c->users)
		return c;
	other = find_free(s);
	return other || !fits ? other : c;
}

/**
 * splitter_room - where to read the stream into
 * @s: the splitter; splitter_next() has just asked for more
 * @room: how much at most
 *
 * Return: the place; %NULL if everything is in use until a message is released.
 */
void *splitter_room(struct splitter *s, size_t *room)
{
	struct chunk *c = s->current;
	struct chunk *to;

	/* Costs nothing, and leaves the most room. */
	if (!c->users && c->parsed == c->filled)
		go_on_in(s, c);

	to = choose(s);
	if (!to)
		return NULL;
	if (to != c || c->parsed + front_needs(s) > s->capacity)
		go_on_in(s, to);
	*room = s->capacity - to->filled;
	return to->base + to->filled;
}

/**
 * splitter_filled - so much has been read
 * @s: the splitter
 * @bytes: how much
 */
void splitter_filled(struct splitter *s, size_t bytes)
{
	s->current->filled += bytes;
}

/**
 * splitter_next - cut off the next message
 * @s: the splitter
 * @frame: the message
 * @size: its size; for %SPLIT_BAD what its size field says
 * @chunk: where it lies; for splitter_release()
 *
 * Return: see &enum split.
 */
enum split splitter_next(struct splitter *s, uint8_t **frame, uint32_t *size,
			 struct chunk **chunk)
{
	struct chunk *c = s->current;
	size_t have = c->filled - c->parsed;

	if (have < sizeof(uint32_t))
		return SPLIT_MORE;

	*frame = c->base + c->parsed;
	*size = frame_size(*frame);
	if (!frame_size_ok(*size, s->limit))
		return SPLIT_BAD;
	if (have < *size)
		return SPLIT_MORE;

	*chunk = c;
	c->parsed += *size;
	c->users++;
	return SPLIT_FRAME;
}

/**
 * splitter_release - a message has been sent
 * @chunk: where it lay
 */
void splitter_release(struct chunk *chunk)
{
	chunk->users--;
}

/**
 * splitter_take_rest - go on with another splitter's stream
 * @s: a new splitter
 * @from: the old one, of which only messages in use remain
 */
void splitter_take_rest(struct splitter *s, struct splitter *from)
{
	struct chunk *c = from->current;
	size_t rest = c->filled - c->parsed;

	memcpy(s->current->base, c->base + c->parsed, rest);
	s->current->filled = rest;
	c->filled = c->parsed;
}
