// SPDX-License-Identifier: GPL-2.0
/*
 * CRC-32 of Ethernet over much data.
 *
 * The sender and the receiver of a packet each need the CRC of all its bytes.
 * Where no hardware helps, that is most of what they do.  There are three ways,
 * and they are measured once, when the module is loaded:
 *
 *   library	crc32_le().  On many kernels it works by table, eight bytes at a
 *		time, each time waiting for what came out of the eight before.
 *   braids	by table too, but four CRCs at a time, each of every fourth word.
 *		None waits for another, so the processor works on all of them.
 *   shash	the crypto library, which often has a driver that uses
 *		instructions of the processor.
 *
 * Braids: a CRC is linear.  So that of a block of four words is the sum of those
 * of the single words, each as if it was followed by zeroes up to the end of the
 * block.  What braid k carries from one block into the next is the CRC of its
 * word and of the 24 zero bytes behind that up to the place of its next word,
 * where it is added to what it finds there; "ahead" is a table of exactly that.
 * In the last block the four are added up, one word after another, by the plain
 * CRC.  (A. Kadatch and B. Jenkins, Everything we know about CRC but afraid to
 * forget, 2010.)
 *
 * Nothing here pays for short data, which the library gets.
 */

#include <crypto/hash.h>
#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "crc.h"

#define WORD	sizeof(u64)
/* A word of each braid. */
#define BLOCK	(4 * WORD)

/* Less than that is for the library. */
#define SHORT_BYTES	256

/* Data to measure with, as long as most packets, and how often. */
#define PROBE_BYTES	SZ_4K
#define PROBES		16

typedef u32 crc_fn_t(u32 crc, const void *data, size_t len);

/* By place in a word and value: the CRC of a byte and of zeroes behind it. */
static u32 ahead[WORD][256];

static struct crypto_shash *shash;

static u32 by_library(u32 crc, const void *data, size_t len)
{
	return crc32_le(crc, data, len);
}

static crc_fn_t *fastest = by_library;

static void fill_table(void)
{
	u8 bytes[BLOCK] = {};
	unsigned int place, value;

	for (place = 0; place < WORD; place++) {
		for (value = 0; value < 256; value++) {
			bytes[0] = value;
			ahead[place][value] = crc32_le(0, bytes, BLOCK - place);
		}
	}
}

/* From one word of a braid to the next. */
static u32 advance(u64 word)
{
	return ahead[0][word & 0xff] ^
	       ahead[1][word >> 8 & 0xff] ^
	       ahead[2][word >> 16 & 0xff] ^
	       ahead[3][word >> 24 & 0xff] ^
	       ahead[4][word >> 32 & 0xff] ^
	       ahead[5][word >> 40 & 0xff] ^
	       ahead[6][word >> 48 & 0xff] ^
	       ahead[7][word >> 56];
}

static u32 by_braids(u32 crc, const void *data, size_t len)
{
	size_t blocks = len / BLOCK;
	u32 a = crc, b = 0, c = 0, d = 0;
	const u8 *p = data;

	if (!blocks)
		return crc32_le(crc, data, len);
	while (--blocks) {
		a = advance(a ^ get_unaligned_le64(p));
		b = advance(b ^ get_unaligned_le64(p + WORD));
		c = advance(c ^ get_unaligned_le64(p + 2 * WORD));
		d = advance(d ^ get_unaligned_le64(p + 3 * WORD));
		p += BLOCK;
	}
	crc = crc32_le(a, p, WORD);
	crc = crc32_le(crc ^ b, p + WORD, WORD);
	crc = crc32_le(crc ^ c, p + 2 * WORD, WORD);
	return crc32_le(crc ^ d, p + 3 * WORD, WORD + len % BLOCK);
}

/* Both the state and the result of this hash are the plain register. */
static u32 by_shash(u32 crc, const void *data, size_t len)
{
	struct {
		struct shash_desc shash;
		u32 crc;
	} desc = {
		.shash.tfm = shash,
		.crc = crc,
	};

	/* It cannot fail: nothing is allocated. */
	crypto_shash_update(&desc.shash, data, len);
	return desc.crc;
}

/* Is this the CRC that is meant, and the state what by_shash() takes it for? */
static bool shash_is_right(void)
{
	static const u8 zeroes[SHORT_BYTES + 3];

	return crypto_shash_descsize(shash) == sizeof(u32) &&
	       by_shash(1, zeroes, sizeof(zeroes)) ==
	       crc32_le(1, zeroes, sizeof(zeroes));
}

static bool find_shash(void)
{
	shash = crypto_alloc_shash("crc32", 0, 0);
	if (IS_ERR(shash)) {
		shash = NULL;
		return false;
	}
	return shash_is_right();
}

static void put_shash(void)
{
	if (shash)
		crypto_free_shash(shash);
	shash = NULL;
}

/* Interruptions make it seem slow: the best of several counts. */
static u64 cost(crc_fn_t *crc, const void *probe)
{
	u64 begin, best = U64_MAX;
	u32 sum = 0;
	int i;

	for (i = 0; i < PROBES; i++) {
		begin = ktime_get_ns();
		sum = crc(sum, probe, PROBE_BYTES);
		/* Or the compiler leaves it out, for nobody wants the result. */
		barrier_data(&sum);
		best = min(best, ktime_get_ns() - begin);
	}
	return best;
}

static void consider(crc_fn_t *crc, const void *probe, u64 *best)
{
	u64 ns = cost(crc, probe);

	if (ns >= *best)
		return;
	*best = ns;
	fastest = crc;
}

void rvt_roce_crc_init(void)
{
	void *probe = kzalloc(PROBE_BYTES, GFP_KERNEL);
	u64 best = U64_MAX;

	if (!probe)
		return;
	fill_table();
	consider(by_library, probe, &best);
	consider(by_braids, probe, &best);
	if (find_shash())
		consider(by_shash, probe, &best);
	if (fastest != by_shash)
		put_shash();
	kfree(probe);
}

void rvt_roce_crc_exit(void)
{
	fastest = by_library;
	put_shash();
}

u32 rvt_roce_crc(u32 crc, const void *data, size_t len)
{
	if (len < SHORT_BYTES)
		return crc32_le(crc, data, len);
	return fastest(crc, data, len);
}
