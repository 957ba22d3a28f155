// SPDX-License-Identifier: GPL-2.0
/*
 * Queue pair numbers.
 *
 * One bit for each of the 2^24 numbers, in pages that come into being when
 * they are needed and go with the device.  A set bit is a number in use or one
 * never to be handed out: 0 and 1 (which stand for the management queue pairs
 * of every port and are accounted in qpt->flags), the driver's reserved range,
 * and the range whose prefix marks IP over fabric acceleration.
 *
 * A number that has just been freed should not come back soon, for packets to
 * its former owner may still be under way.  So numbers are given out in sweeps
 * over the pages that exist, each search starting behind the last number given
 * out, and another page is added only when all of these are full.
 *
 * Drivers spread queue pairs over receive contexts by the low bits of the
 * number, and declare how many: consecutive numbers differ by the stride
 * qpt->incr, and the bits below it stay zero but for bit 0, the lane, which
 * changes from sweep to sweep where the stride is even.
 *
 * Locking: qpt->lock guards flags, last, nmaps and the choice of a number.
 * Freeing is one atomic bit operation and needs no lock.  A driver may replace
 * all of this by its alloc_qpn callback, which then works on the same table.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "rdmavt.h"
#include "qpn.h"

/* Bits in qpt->flags limit how many ports can have management queue pairs. */
#define MAX_SPECIAL_PORTS	(32 / 2)

/* A walk over the numbers of one lane: which, how far apart, where it ends. */
struct sweep {
	u32 lane;
	u32 stride;
	u32 limit;
};

/* The first number of the sweep at or after @qpn. */
static u32 sweep_align(const struct sweep *sw, u32 qpn)
{
	if (qpn <= sw->lane)
		return sw->lane;
	return roundup(qpn - sw->lane, sw->stride) + sw->lane;
}

static unsigned long *map_bits(struct rvt_qpn_table *qpt, u32 qpn)
{
	return qpt->map[qpn / RVT_BITS_PER_PAGE].page;
}

/* Mark those numbers from @first to @last that lie in the page of @index. */
static void mark_range(unsigned long *bits, u32 index, u32 first, u32 last)
{
	u32 base = index * RVT_BITS_PER_PAGE;
	u32 from = max_t(u32, first, base);
	u32 to = min_t(u32, last, base + RVT_BITS_PER_PAGE_MASK);

	if (from <= to)
		bitmap_set(bits, from - base, to - from + 1);
}

/* Make sure that the page of @index exists, with its unusable numbers set. */
static int add_map(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt,
		   u32 index)
{
	unsigned long *bits = (unsigned long *)get_zeroed_page(GFP_KERNEL);

	if (!bits)
		return -ENOMEM;

	mark_range(bits, index, 0, 1);
	mark_range(bits, index, rdi->dparms.qpn_res_start,
		   rdi->dparms.qpn_res_end);
	mark_range(bits, index, RVT_AIP_QP_BASE, RVT_AIP_QP_MAX);

	spin_lock(&qpt->lock);
	if (!qpt->map[index].page) {
		qpt->map[index].page = bits;
		bits = NULL;
	}
	spin_unlock(&qpt->lock);

	free_page((unsigned long)bits);
	return 0;
}

/**
 * init_qpn_table - prepare the queue pair numbers of a device
 * @rdi: the device; dparms.qpn_start, qpn_inc, qos_shift, qpn_res_start and
 *	 qpn_res_end say which numbers it likes
 * @qpt: the table, zeroed
 *
 * Context: May sleep.
 * Return: 0, -EINVAL if the parameters make no sense, -ENOMEM.
 */
int init_qpn_table(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt)
{
	const struct rvt_driver_params *dp = &rdi->dparms;
	u32 index, last;
	u64 stride;
	int ret;

	if (dp->qpn_res_start < 0 || dp->qpn_res_end < dp->qpn_res_start ||
	    dp->qpn_res_end >= RVT_QPN_MAX)
		return -EINVAL;
	if (dp->qpn_inc <= 0 || dp->qos_shift >= BITS_PER_TYPE(qpt->incr))
		return -EINVAL;
	stride = (u64)dp->qpn_inc << dp->qos_shift;
	if (stride > U8_MAX || dp->qpn_start < 0 ||
	    dp->qpn_start >= RVT_QPN_MAX)
		return -EINVAL;

	spin_lock_init(&qpt->lock);
	qpt->incr = stride;
	/* Nothing below the lane bit, so that a sweep can start from here. */
	qpt->last = rounddown((u32)dp->qpn_start, qpt->incr) |
		    (dp->qpn_start & ~qpt->incr & 1);

	ret = add_map(rdi, qpt, 0);
	if (ret)
		return ret;
	qpt->nmaps = 1;

	/* A driver's own allocator knows nothing of ranges: mark them now. */
	last = dp->qpn_res_end / RVT_BITS_PER_PAGE;
	for (index = dp->qpn_res_start / RVT_BITS_PER_PAGE; index <= last;
	     index++) {
		ret = add_map(rdi, qpt, index);
		if (ret) {
			free_qpn_table(qpt);
			return ret;
		}
	}
	return 0;
}

/**
 * free_qpn_table - free the pages of a number table
 * @qpt: the table; none of its numbers is in use any more
 */
void free_qpn_table(struct rvt_qpn_table *qpt)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(qpt->map); i++) {
		free_page((unsigned long)qpt->map[i].page);
		qpt->map[i].page = NULL;
	}
}

/* Take the lowest free number of the sweep in [from, to), or return -ENOSPC. */
static int claim(struct rvt_qpn_table *qpt, const struct sweep *sw,
		 u32 from, u32 to)
{
	u32 qpn = sweep_align(sw, from);

	lockdep_assert_held(&qpt->lock);

	while (qpn < to) {
		u32 base = rounddown(qpn, RVT_BITS_PER_PAGE);
		unsigned long *bits = map_bits(qpt, qpn);
		u32 bit;

		/* Skip whole words of numbers in use. */
		bit = find_next_zero_bit(bits, RVT_BITS_PER_PAGE, qpn - base);
		if (base + bit > qpn) {
			qpn = sweep_align(sw, base + bit);
			continue;
		}
		if (!test_and_set_bit(bit, bits))
			return qpn;
		qpn += sw->stride;
	}
	return -ENOSPC;
}

/* Finish this sweep, make the next one, then what lies behind in this one. */
static int claim_next(struct rvt_qpn_table *qpt, struct sweep *sw)
{
	u32 next = qpt->last + sw->stride;
	int qpn;

	qpn = claim(qpt, sw, next, sw->limit);
	if (qpn >= 0)
		return qpn;

	if (!(sw->stride & 1)) {
		sw->lane ^= 1;
		qpn = claim(qpt, sw, sw->stride, sw->limit);
		if (qpn >= 0)
			return qpn;
		sw->lane ^= 1;
	}
	return claim(qpt, sw, sw->stride, min(next, sw->limit));
}

/* Returns a number, or -ENOSPC if the pages that exist have none left. */
static int try_alloc(struct rvt_qpn_table *qpt, u32 max)
{
	struct sweep sw = { .stride = qpt->incr };
	int qpn;

	spin_lock(&qpt->lock);
	sw.lane = qpt->last & ~sw.stride & 1;
	sw.limit = min_t(u32, max, qpt->nmaps * RVT_BITS_PER_PAGE);
	qpn = claim_next(qpt, &sw);
	/* A search among the low numbers must not turn the big wheel back. */
	if (qpn >= 0 && max == RVT_QPN_MAX)
		qpt->last = qpn;
	spin_unlock(&qpt->lock);
	return qpn;
}

/* Add a page, unless somebody else did since there were @nmaps of them. */
static int grow(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt, u32 nmaps)
{
	int ret = add_map(rdi, qpt, nmaps);

	if (ret)
		return ret;

	spin_lock(&qpt->lock);
	if (qpt->nmaps == nmaps) {
		qpt->nmaps++;
		/* Let the search start in the new page. */
		qpt->last = rounddown(nmaps * RVT_BITS_PER_PAGE - 1,
				      qpt->incr) |
			    (qpt->last & ~qpt->incr & 1);
	}
	spin_unlock(&qpt->lock);
	return 0;
}

static int alloc_ordinary(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt,
			  u32 max)
{
	u32 nmaps;
	int ret;

	for (;;) {
		nmaps = READ_ONCE(qpt->nmaps);
		ret = try_alloc(qpt, max);
		if (ret >= 0)
			return ret;
		if (nmaps >= DIV_ROUND_UP(max, RVT_BITS_PER_PAGE))
			return -ENOMEM;
		ret = grow(rdi, qpt, nmaps);
		if (ret)
			return ret;
	}
}

/* QP 0 and 1 exist once for each port. */
static int alloc_special(struct rvt_qpn_table *qpt, u32 qpn, u32 port_num)
{
	unsigned int flag;
	int ret = qpn;

	if (!port_num || port_num > MAX_SPECIAL_PORTS)
		return -EINVAL;

	flag = BIT(qpn + 2 * (port_num - 1));
	spin_lock(&qpt->lock);
	if (qpt->flags & flag)
		ret = -EINVAL;
	else
		qpt->flags |= flag;
	spin_unlock(&qpt->lock);
	return ret;
}

/* The prefix can only be told from a number if no such number is natural. */
static bool prefix_reserved(const struct rvt_dev_info *rdi)
{
	return rdi->dparms.qpn_res_start <= RVT_AIP_QP_BASE &&
	       rdi->dparms.qpn_res_end >= RVT_AIP_QP_MAX;
}

/**
 * alloc_qpn - choose a number for a new queue pair
 * @rdi: the device
 * @qpt: its number table
 * @type: IB_QPT_SMI and IB_QPT_GSI get 0 and 1, once for each port
 * @port_num: port of an SMI or GSI queue pair, from 1
 * @exclude_prefix: %RVT_AIP_QP_PREFIX for a queue pair of an accelerated
 *	network device: the driver finds it by the low 16 bits, so these are
 *	allocated and the prefix is added; otherwise 0
 *
 * The driver's alloc_qpn callback, if any, does it all.
 *
 * Context: May sleep.
 * Return: the number; -EINVAL for a port without such a number or one whose
 * number is in use; -ENOMEM when numbers or memory have run out.
 */
int alloc_qpn(struct rvt_dev_info *rdi, struct rvt_qpn_table *qpt,
	      enum ib_qp_type type, u32 port_num, u8 exclude_prefix)
{
	int qpn;

	if (rdi->driver_f.alloc_qpn)
		return rdi->driver_f.alloc_qpn(rdi, qpt, type, port_num);

	if (type == IB_QPT_SMI || type == IB_QPT_GSI)
		return alloc_special(qpt, type == IB_QPT_GSI, port_num);

	if (exclude_prefix != RVT_AIP_QP_PREFIX)
		return alloc_ordinary(rdi, qpt, RVT_QPN_MAX);

	if (!prefix_reserved(rdi))
		return -EINVAL;
	qpn = alloc_ordinary(rdi, qpt, RVT_AIP_QPN_MAX);
	return qpn < 0 ? qpn : (int)(qpn | RVT_AIP_QP_BASE);
}

/**
 * free_qpn - give a queue pair number back
 * @qpt: the table
 * @qpn: from alloc_qpn()
 * @port_num: as given to alloc_qpn()
 *
 * Nothing can find the queue pair by its number any more.
 *
 * Context: Process context.
 */
void free_qpn(struct rvt_qpn_table *qpt, u32 qpn, u32 port_num)
{
	unsigned long *bits;

	if (qpn <= 1) {
		spin_lock(&qpt->lock);
		qpt->flags &= ~BIT(qpn + 2 * (port_num - 1));
		spin_unlock(&qpt->lock);
		return;
	}

	if ((qpn & RVT_AIP_QP_PREFIX_MASK) == RVT_AIP_QP_BASE)
		qpn &= RVT_AIP_QP_SUFFIX;

	bits = map_bits(qpt, qpn);
	if (!WARN_ON_ONCE(!bits))
		clear_bit(qpn & RVT_BITS_PER_PAGE_MASK, bits);
}
