/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Headers as RFC 8166 draws them, made by hand. Numbers in the order of the
 * processor; image_bytes() puts them into that of the wire.
 */
#ifndef RPCRDMA_KUNIT_IMAGES_H
#define RPCRDMA_KUNIT_IMAGES_H

#include <linux/types.h>
#include <asm/byteorder.h>

#define IMAGE_WORDS	40

struct image {
	const char *name;
	unsigned int nr_words;
	u32 words[IMAGE_WORDS];
};

static inline void image_bytes(const struct image *image, __be32 *to)
{
	unsigned int i;

	for (i = 0; i < image->nr_words; i++)
		to[i] = cpu_to_be32(image->words[i]);
}

/* A segment: rkey, length, offset in two words. */
#define SEG(rkey, len, offset)	(rkey), (len), (u32)((u64)(offset) >> 32), (u32)(offset)

#endif
