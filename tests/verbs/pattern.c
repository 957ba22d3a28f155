// SPDX-License-Identifier: GPL-2.0
/*
 * A payload that says where it belongs.
 *
 * The pattern of a seed is an endless stream of 64-bit words.  Each word is a
 * bijective scramble of (seed, index), so a word found in the wrong place can
 * be turned back into the seed and position that it came from: a failed check
 * tells a stale buffer from a shifted one from garbage.
 */
#include <stdio.h>
#include <string.h>
#include "vt.h"

#define MULTIPLIER	0x9e3779b97f4a7c15ULL
#define INVERSE		0xf1de83e19937733dULL	/* of MULTIPLIER, modulo 2^64 */
#define INDEX_BITS	40

static uint64_t word_at(uint32_t seed, uint64_t index)
{
	uint64_t x = ((uint64_t)seed << INDEX_BITS | index) * MULTIPLIER;

	return x ^ x >> 32;
}

static bool word_origin(uint64_t word, uint32_t *seed, uint64_t *index)
{
	uint64_t x = (word ^ word >> 32) * INVERSE;

	*seed = x >> INDEX_BITS;
	*index = x & ((1ULL << INDEX_BITS) - 1);
	return *seed && *seed < 1 << 16 && *index < 1ULL << 28;
}

static uint8_t byte_at(uint32_t seed, uint64_t pos)
{
	return word_at(seed, pos / 8) >> (pos % 8 * 8);
}

void pattern_fill(void *buf, size_t len, uint32_t seed, uint64_t pos)
{
	uint8_t *p = buf;

	for (; len && pos % 8; len--)
		*p++ = byte_at(seed, pos++);
	for (; len >= 8; len -= 8, pos += 8, p += 8) {
		uint64_t w = word_at(seed, pos / 8);

		memcpy(p, &w, 8);
	}
	while (len--)
		*p++ = byte_at(seed, pos++);
}

/* Where do the bytes around @bad come from? */
static void explain(char *out, size_t room, const uint8_t *buf, size_t len, size_t bad)
{
	size_t i;

	for (i = bad; i + 8 <= len && i < bad + 16; i++) {
		uint64_t w, index;
		uint32_t seed;

		memcpy(&w, buf + i, 8);
		if (!word_origin(w, &seed, &index))
			continue;
		snprintf(out, room, "; bytes at +%zu are position %llu of seed %u",
			 i, (unsigned long long)index * 8, seed);
		return;
	}
}

const char *pattern_check(const void *buf, size_t len, uint32_t seed,
			  uint64_t pos, uint32_t other)
{
	static char text[200];
	const uint8_t *p = buf;
	size_t i, n;

	for (i = 0; i < len; i++) {
		if ((pos + i) % 8 == 0 && len - i >= 8) {
			uint64_t w = word_at(seed, (pos + i) / 8);

			if (!memcmp(p + i, &w, 8)) {
				i += 7;
				continue;
			}
		}
		if (p[i] == byte_at(seed, pos + i))
			continue;
		if (other && p[i] == byte_at(other, pos + i))
			continue;
		n = snprintf(text, sizeof(text),
			     "byte %zu of %zu is %02x instead of %02x (seed %u)",
			     i, len, p[i], byte_at(seed, pos + i), seed);
		explain(text + n, sizeof(text) - n, p, len, i);
		return text;
	}
	return NULL;
}
