// SPDX-License-Identifier: GPL-2.0
/*
 * Copying received data into a scatter list, and how to treat the cache.
 *
 * A large copy through the cache evicts what the processor was working on.
 * dparms.sge_copy_mode says what to do about that:
 *
 *   MEMCPY	nothing;
 *   CACHELESS	copies of a page and more go around the cache;
 *   ADAPTIVE	they do once the memory that such copies have gone to lately
 *		(the working set) no longer fits the last level cache.
 *
 * The working set is estimated with one bit for each page of the cache's size,
 * set when a page that maps to it is written.  Each clean_period insertions one
 * word of bits is cleared, so the estimate decays.  It is exact enough without
 * locks: all that a lost update changes is which of two ways a page is copied.
 */
#include <linux/log2.h>
#include <linux/pci.h>		/* export checksums: see rdmavt.h */
#include <linux/slab.h>
#include <linux/string.h>
#include <rdma/uverbs_ioctl.h>
#include "rdmavt.h"
#include "sge.h"
#include "trace_rvt.h"

/*
 * No portable way tells a module the size of the last level cache.  This is
 * that of common server processors; a wrong guess only costs some speed.
 */
#define LAST_LEVEL_CACHE	SZ_32M

#define THRESHOLD_DEFAULT	80	/* per cent */
#define CLEAN_PERIOD_DEFAULT	256
#define CLEAN_PERIOD_MAX	1000000

/* Consumers may poll the last bytes of a message: these are written last. */
#define LAST_BYTES		8

static unsigned int clean_period(unsigned int wanted)
{
	if (wanted > CLEAN_PERIOD_MAX)
		return CLEAN_PERIOD_DEFAULT;
	return wanted ?: 1;
}

/**
 * rvt_wss_init - prepare a device's estimate of the working set
 * @rdi: the device; nothing to do unless its copy mode is ADAPTIVE
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int rvt_wss_init(struct rvt_dev_info *rdi)
{
	unsigned int pages = roundup_pow_of_two(LAST_LEVEL_CACHE) >> PAGE_SHIFT;
	unsigned int threshold = rdi->dparms.wss_threshold;
	int node = rdi->dparms.node;
	struct rvt_wss *wss;

	if (rdi->dparms.sge_copy_mode != RVT_SGE_COPY_ADAPTIVE)
		return 0;

	wss = kzalloc_node(sizeof(*wss), GFP_KERNEL, node);
	if (!wss)
		return -ENOMEM;
	wss->num_entries = BITS_TO_LONGS(pages);
	wss->entries = kcalloc_node(wss->num_entries, sizeof(*wss->entries),
				    GFP_KERNEL, node);
	if (!wss->entries) {
		kfree(wss);
		return -ENOMEM;
	}

	if (threshold < 1 || threshold > 100)
		threshold = THRESHOLD_DEFAULT;
	wss->threshold = pages * threshold / 100;
	wss->pages_mask = pages - 1;
	wss->clean_period = clean_period(rdi->dparms.wss_clean_period);
	atomic_set(&wss->clean_counter, wss->clean_period);
	rdi->wss = wss;
	return 0;
}

/**
 * rvt_wss_exit - undo rvt_wss_init(), if it was done
 * @rdi: the device
 */
void rvt_wss_exit(struct rvt_dev_info *rdi)
{
	struct rvt_wss *wss = rdi->wss;

	rdi->wss = NULL;
	if (wss)
		kfree(wss->entries);
	kfree(wss);
}

/* Forget the pages of one word of bits each clean_period calls. */
static void wss_age(struct rvt_wss *wss)
{
	unsigned long old;
	u32 entry;

	if (!atomic_dec_and_test(&wss->clean_counter))
		return;
	atomic_set(&wss->clean_counter, wss->clean_period);

	entry = atomic_inc_return(&wss->clean_entry) & (wss->num_entries - 1);
	old = xchg(&wss->entries[entry], 0);
	atomic_sub(hweight_long(old), &wss->total_count);
}

static void wss_insert(struct rvt_wss *wss, const void *address)
{
	unsigned long page = ((uintptr_t)address >> PAGE_SHIFT) &
			     wss->pages_mask;

	wss_age(wss);
	if (!test_bit(page, wss->entries) &&
	    !test_and_set_bit(page, wss->entries))
		atomic_inc(&wss->total_count);
}

/* Should @length bytes into @ss go around the cache? */
static bool cacheless(struct rvt_dev_info *rdi, const struct rvt_sge_state *ss,
		      u32 length)
{
	struct rvt_wss *wss = rdi->wss;
	u32 offset;

	if (length < PAGE_SIZE)
		return false;
	if (!wss)
		return rdi->dparms.sge_copy_mode == RVT_SGE_COPY_CACHELESS;

	/* Only what the first element covers: a sample is enough. */
	length = min3(length, ss->sge.length, ss->sge.sge_length);
	for (offset = 0; offset < length; offset += PAGE_SIZE)
		wss_insert(wss, ss->sge.vaddr + offset);
	return atomic_read(&wss->total_count) >= wss->threshold;
}

/*
 * Who polls memory looks at the last byte, and the byte order in which that
 * becomes visible is all that tells them that the rest is there.
 */
static void copy_in_order(void *to, const void *from, u32 length)
{
	u8 *dst = to;
	const u8 *src = from;

	while (length--) {
		WRITE_ONCE(*dst, *src);
		/* Each byte before the next. */
		smp_wmb();
		dst++;
		src++;
	}
}

enum copy_how { CACHED, UNCACHED, IN_ORDER };

/* Copy @length bytes, which @ss is known to have room for, chunk by chunk. */
static const void *copy_chunks(struct rvt_sge_state *ss, const void *data,
			       u32 length, bool release, enum copy_how how)
{
	while (length) {
		u32 len = rvt_get_sge_length(&ss->sge, length);

		if (WARN_ON_ONCE(!len || !ss->num_sge))
			break;
		if (how == CACHED)
			memcpy(ss->sge.vaddr, data, len);
		else if (how == UNCACHED)
			memcpy_flushcache(ss->sge.vaddr, data, len);
		else
			copy_in_order(ss->sge.vaddr, data, len);

		rvt_update_sge(ss, len, release);
		data += len;
		length -= len;
	}
	return data;
}

/**
 * rvt_copy_sge - copy data into a scatter list
 * @qp: the queue pair that received it
 * @ss: where to; advances by @length
 * @data: from where
 * @length: bytes; @ss must have room for them
 * @release: drop the reference on each region whose element is used up
 * @copy_last: write the last eight bytes last, in order
 *
 * Section 13 of the interface specification.
 *
 * Context: Any.
 */
void rvt_copy_sge(struct rvt_qp *qp, struct rvt_sge_state *ss,
		  void *data, u32 length,
		  bool release, bool copy_last)
{
	struct rvt_dev_info *rdi = ib_to_rvt(qp->ibqp.device);
	u32 tail = copy_last ? min_t(u32, length, LAST_BYTES) : 0;
	const void *rest;
	enum copy_how how;

	how = cacheless(rdi, ss, length) ? UNCACHED : CACHED;
	rest = copy_chunks(ss, data, length - tail, release, how);

	if (how == UNCACHED) {
		/* Stores around the cache are not ordered with later ones. */
		wmb();
	}
	if (tail) {
		/* The last bytes say that the others are there. */
		smp_wmb();
		copy_chunks(ss, rest, tail, release, IN_ORDER);
	}
}
EXPORT_SYMBOL(rvt_copy_sge);
