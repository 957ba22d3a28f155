/* SPDX-License-Identifier: GPL-2.0 */
/*
 * 9P messages, as far as a gateway looks into them. All numbers are
 * little-endian and unaligned.
 *
 *	offset 0  u32  size of the whole message
 *	       4  u8   type: requests even, the reply one more
 *	       5  u16  tag
 *	       7  ...  body; that of Tversion and Rversion begins with u32 msize
 */
#ifndef RDMA9P_FRAME_H
#define RDMA9P_FRAME_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_HEADER	7
#define FRAME_MIN_MSIZE	4096	/* what Linux accepts at least */

enum {
	TVERSION = 100,
	RVERSION = 101,
};

static inline uint32_t frame_get32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline void frame_put32(void *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static inline uint32_t frame_size(const void *frame)
{
	return frame_get32(frame);
}

static inline unsigned int frame_type(const void *frame)
{
	return ((const uint8_t *)frame)[4];
}

/* Is the size field of a message one that can be, below a limit? */
static inline bool frame_size_ok(uint32_t size, size_t limit)
{
	return size >= FRAME_HEADER && size <= limit;
}

/* Does a Tversion or Rversion have room for what is read or changed in it? */
static inline bool frame_has_msize(const void *frame)
{
	return frame_size(frame) >= FRAME_HEADER + sizeof(uint32_t);
}

static inline uint32_t frame_msize(const void *frame)
{
	return frame_get32((const uint8_t *)frame + FRAME_HEADER);
}

static inline void frame_set_msize(void *frame, uint32_t msize)
{
	frame_put32((uint8_t *)frame + FRAME_HEADER, msize);
}

#endif /* RDMA9P_FRAME_H */
