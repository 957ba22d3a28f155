// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing what comes from the network: every opcode at every length, with
 * every pad count, in memory that ends where the packet ends (KASAN sees one
 * byte more).
 */
#include "compat/kunit.h"
/* The parser looks up rvt_roce_opcodes[], which opcode_test.c brings along. */
#include "../../../rdmavt/roce/packet.c"
#include "opcodes.h"
#include "suites.h"

#define LONGEST	220

static void put_bth(u8 *p, unsigned int len, u8 opcode, u8 flags, u32 qpn)
{
	const u8 h[12] = { opcode, flags, 0xff, 0xff, 0x40, qpn >> 16, qpn >> 8, qpn,
			   0x80, 0xab, 0xcd, 0xef };

	memset(p, 0x5a, len);
	memcpy(p, h, min_t(size_t, len, sizeof(h)));
}

/* The verdict, from the specification's words rather than the code's. */
static enum rvt_roce_drop verdict(u8 opcode, unsigned int pad, unsigned int len)
{
	const struct described_opcode *d = described(opcode);
	int payload;

	if (len < 16)
		return RVT_ROCE_DROP_MALFORMED;
	if (!d)
		return RVT_ROCE_DROP_OPCODE;
	payload = (int)len - 12 - d->ext - (int)pad - 4;
	if (payload < 0 || (payload + pad) % 4)
		return RVT_ROCE_DROP_MALFORMED;
	if (d->payload == 'n' && payload + pad)
		return RVT_ROCE_DROP_MALFORMED;
	return RVT_ROCE_DROP_NONE;
}

static void check_accepted(struct kunit *test, const struct rvt_roce_pkt *pkt, const u8 *p,
			   u8 opcode, unsigned int pad, unsigned int len)
{
	const struct described_opcode *d = described(opcode);

	KUNIT_EXPECT_EQ(test, pkt->opcode, opcode);
	KUNIT_EXPECT_PTR_EQ(test, pkt->op, &rvt_roce_opcodes[opcode]);
	KUNIT_EXPECT_PTR_EQ(test, (const void *)pkt->bth, (const void *)p);
	KUNIT_EXPECT_PTR_EQ(test, pkt->ext, (const void *)(p + 12));
	KUNIT_EXPECT_PTR_EQ(test, pkt->payload, (const void *)(p + 12 + d->ext));
	KUNIT_EXPECT_EQ(test, pkt->len, len - 16 - d->ext - pad);
	KUNIT_EXPECT_EQ(test, pkt->qpn, 0x123456);
	KUNIT_EXPECT_EQ(test, pkt->psn, 0xabcdef);
	KUNIT_EXPECT_EQ(test, pkt->pkey, 0xffff);
	KUNIT_EXPECT_TRUE(test, pkt->ackreq);
	KUNIT_EXPECT_TRUE(test, pkt->becn);
}

static void every_opcode_and_length(struct kunit *test)
{
	unsigned int len, opcode, pad;

	for (len = 0; len <= LONGEST; len++) {
		u8 *p = kmalloc(len, GFP_KERNEL);

		KUNIT_ASSERT_TRUE(test, !len || p);
		for (opcode = 0; opcode < 256; opcode++) {
			for (pad = 0; pad < 4; pad++) {
				enum rvt_roce_drop got, want = verdict(opcode, pad, len);
				struct rvt_roce_pkt pkt = {};

				put_bth(p, len, opcode, pad << 4, 0x123456);
				got = rvt_roce_pkt_parse(&pkt, p, len);
				if (got != want)
					KUNIT_FAIL(test, "opcode %#x, pad %u, %u bytes: %d instead of %d",
						   opcode, pad, len, got, want);
				else if (got == RVT_ROCE_DROP_NONE)
					check_accepted(test, &pkt, p, opcode, pad, len);
			}
		}
		kfree(p);
	}
}

static void parse_flags(struct kunit *test, u8 flags, u32 qpn, enum rvt_roce_drop want)
{
	struct rvt_roce_pkt pkt = {};
	u8 p[16];

	put_bth(p, sizeof(p), 0x04, flags, qpn);
	KUNIT_EXPECT_EQ_MSG(test, rvt_roce_pkt_parse(&pkt, p, sizeof(p)), want,
			    "flags %#x, QPN %#x", flags, qpn);
	if (want == RVT_ROCE_DROP_NONE) {
		KUNIT_EXPECT_EQ(test, pkt.se, !!(flags & 0x80));
		KUNIT_EXPECT_EQ(test, pkt.qpn, qpn);
	}
}

static void bth_fields(struct kunit *test)
{
	u8 tver;

	for (tver = 1; tver < 16; tver++)
		parse_flags(test, 0x40 | tver, 2, RVT_ROCE_DROP_MALFORMED);
	parse_flags(test, 0x00, 2, RVT_ROCE_DROP_NONE);
	parse_flags(test, 0x40, 2, RVT_ROCE_DROP_NONE);
	parse_flags(test, 0x80, 0xffffff, RVT_ROCE_DROP_NONE);
	parse_flags(test, 0xc0, 1, RVT_ROCE_DROP_NONE);
	parse_flags(test, 0x40, 0, RVT_ROCE_DROP_MALFORMED);
}

static void pkeys(struct kunit *test)
{
	static const struct {
		u16 a, b;
		bool ok;
	} pair[] = {
		{ 0xffff, 0xffff, true }, { 0xffff, 0x7fff, true }, { 0x7fff, 0xffff, true },
		{ 0x7fff, 0x7fff, false }, { 0x8001, 0x8001, true }, { 0x8001, 0x0001, true },
		{ 0x0001, 0x0001, false }, { 0x8001, 0x8002, false }, { 0xffff, 0x8001, false },
		{ 0x0000, 0x0000, false }, { 0x8000, 0x8000, false }, { 0xffff, 0x0000, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pair); i++)
		KUNIT_EXPECT_EQ_MSG(test, rvt_roce_pkey_ok(pair[i].a, pair[i].b), pair[i].ok,
				    "%04x and %04x", pair[i].a, pair[i].b);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_opcode_and_length),
	KUNIT_CASE(bth_fields),
	KUNIT_CASE(pkeys),
	{}
};

struct kunit_suite roce_packet_suite = {
	.name = "rvt_roce-packet",
	.test_cases = cases,
};
