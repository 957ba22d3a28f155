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
 *   folding	shifts and sums, without a table: six times as fast on
 *		packets of 4 KiB, three times on those of 1 KiB.
 *   shash	the crypto library, which often has a driver that uses
 *		instructions of the processor.
 *
 * Folding: the generator divides x^300 + x^155 + x^117 + x^89 + 1.  So a bit of
 * the data may be struck out, if it is added to the bits that are 145, 183, 211
 * and 300 behind it; the CRC of what is left, which is the last 300 bits, is that
 * of the whole.  (S. Russell, Chorba: a novel CRC32 implementation, 2024.)
 *
 * The generator divides the eighth power of that polynomial too, and there the
 * same numbers count bytes.  So most of a packet needs no shifts: a word is
 * struck out after four earlier words, which need not be aligned, were added to
 * it.  None of them is among the last 144 bytes, so the processor works on many
 * words at a time.  These sums are kept in a scratch area of the CPU, because the
 * data may be shared with others.  When 304 bytes are left, bits are counted.
 *
 * Nothing here pays for short data, which the library gets.
 */

#include <crypto/hash.h>
#include <linux/bottom_half.h>
#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "crc.h"

#define WORD		sizeof(u64)

/* Where a bit, or a byte, is added to: so much behind its place. */
#define NEAREST		145
#define NEAR		183
#define FAR		211
#define FARTHEST	300

/* What is left when bytes are struck out, and of that when bits are. */
#define REST_BYTES	ALIGN(FARTHEST, WORD)
#define REST_WORDS	(REST_BYTES / WORD)
#define LAST_WORDS	DIV_ROUND_UP(FARTHEST, 64)

/* Struck out at a time, so that a packet is done at once. */
#define FOLD_BYTES	SZ_4K

/* From there on it is worth while to strike out bytes, or bits. */
#define LONG_BYTES	(3 * REST_BYTES)
#define SHORT_BYTES	128

struct scratch {
	u8 before[REST_BYTES];		/* zeroes */
	u8 sums[FOLD_BYTES + REST_BYTES];
};

/* Data to measure with, as long as most packets, and how often. */
#define PROBE_BYTES	SZ_4K
#define PROBES		16

typedef u32 crc_fn_t(u32 crc, const void *data, size_t len);

/* Of the CPU, and used with softirqs off. */
static struct scratch __percpu *scratch;

static struct crypto_shash *shash;

static u32 by_library(u32 crc, const void *data, size_t len)
{
	return crc32_le(crc, data, len);
}

static crc_fn_t *fastest = by_library;

static u64 word(const u8 *p)
{
	return get_unaligned_le64(p);
}

/* What earlier words add to the one at @p. */
static u64 added(const u8 *p)
{
	return word(p - NEAREST) ^ word(p - NEAR) ^ word(p - FAR) ^
	       word(p - FARTHEST);
}

/* Strike out @n bytes.  What they add to those behind them goes to @rest. */
static void fold_bytes(u64 *rest, u8 *sums, u32 crc, const u8 *data, size_t n)
{
	size_t i;

	put_unaligned_le64(word(data) ^ crc, sums);
	for (i = WORD; i < n; i += WORD)
		put_unaligned_le64(word(data + i) ^ added(sums + i), sums + i);
	/* What is not struck out adds nothing. */
	memset(sums + n, 0, REST_BYTES);
	for (i = 0; i < REST_BYTES; i += WORD)
		rest[i / WORD] = word(data + n + i) ^ added(sums + n + i);
}

/* Strike out words, bit by bit, up to the last ones.  Returns the CRC. */
static u32 fold_bits(u64 *words, size_t n)
{
	/* What is to be added to the next five. */
	u64 a = 0, b = 0, c = 0, d = 0, e = 0, v;
	u64 *last = words + n - LAST_WORDS;

	for (; words < last; words++) {
		v = *words ^ a;
		a = b;
		b = c ^ v << (NEAREST - 128) ^ v << (NEAR - 128);
		c = d ^ v >> (192 - NEAREST) ^ v >> (192 - NEAR) ^
		    v << (FAR - 192);
		d = e ^ v >> (256 - FAR) ^ v << (FARTHEST - 256);
		e = v >> (320 - FARTHEST);
	}
	put_unaligned_le64(last[0] ^ a, &last[0]);
	put_unaligned_le64(last[1] ^ b, &last[1]);
	put_unaligned_le64(last[2] ^ c, &last[2]);
	put_unaligned_le64(last[3] ^ d, &last[3]);
	put_unaligned_le64(last[4] ^ e, &last[4]);
	return crc32_le(0, (u8 *)last, LAST_WORDS * WORD);
}

/* As many bytes as are struck out at once.  Returns how many were covered. */
static size_t cover_long(u32 *crc, const u8 *data, size_t len)
{
	size_t n = min_t(size_t, round_down(len - REST_BYTES, WORD), FOLD_BYTES);
	u64 rest[REST_WORDS];

	local_bh_disable();
	fold_bytes(rest, this_cpu_ptr(scratch)->sums, *crc, data, n);
	local_bh_enable();
	*crc = fold_bits(rest, REST_WORDS);
	return n + REST_BYTES;
}

static size_t cover_short(u32 *crc, const u8 *data, size_t len)
{
	size_t i, n = min_t(size_t, len / WORD, REST_WORDS);
	u64 words[REST_WORDS];

	for (i = 0; i < n; i++)
		words[i] = word(data + i * WORD);
	words[0] ^= *crc;
	*crc = fold_bits(words, n);
	return n * WORD;
}

static u32 by_folding(u32 crc, const void *data, size_t len)
{
	size_t done;

	while (len >= SHORT_BYTES) {
		if (len >= LONG_BYTES)
			done = cover_long(&crc, data, len);
		else
			done = cover_short(&crc, data, len);
		data += done;
		len -= done;
	}
	return crc32_le(crc, data, len);
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

static void put_scratch(void)
{
	free_percpu(scratch);
	scratch = NULL;
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
	consider(by_library, probe, &best);
	scratch = alloc_percpu(struct scratch);
	if (scratch)
		consider(by_folding, probe, &best);
	if (find_shash())
		consider(by_shash, probe, &best);
	if (fastest != by_shash)
		put_shash();
	if (fastest != by_folding)
		put_scratch();
	kfree(probe);
}

void rvt_roce_crc_exit(void)
{
	fastest = by_library;
	put_shash();
	put_scratch();
}

u32 rvt_roce_crc(u32 crc, const void *data, size_t len)
{
	if (len < SHORT_BYTES)
		return crc32_le(crc, data, len);
	return fastest(crc, data, len);
}
