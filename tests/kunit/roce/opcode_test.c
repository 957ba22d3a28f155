// SPDX-License-Identifier: GPL-2.0
/*
 * The opcode table, all 256 entries.
 */
#include <rdma/ib_pack.h>
#include "compat/kunit.h"
/* Block I/O's words; the table has its own. */
#undef READ
#undef WRITE
#include "../../../rdmavt/roce/opcode.c"
#include "opcodes.h"
#include "suites.h"

/* Whatever nobody described must be refused: header length 0. */
static void unknown_fail_closed(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		const struct rvt_roce_opcode *op = &rvt_roce_opcodes[i];

		KUNIT_EXPECT_EQ_MSG(test, !!op->hdr_len, !!described(i), "opcode %#x", i);
		if (described(i))
			continue;
		KUNIT_EXPECT_EQ(test, op->flags, 0);
		KUNIT_EXPECT_EQ(test, op->qpt, RVT_ROCE_QPT_NONE);
		KUNIT_EXPECT_NULL(test, op->name);
	}
}

static u32 place_flags(char place)
{
	switch (place) {
	case 'F':
		return RVT_ROCE_OP_START;
	case 'M':
		return RVT_ROCE_OP_MIDDLE;
	case 'L':
		return RVT_ROCE_OP_END;
	default:
		return RVT_ROCE_OP_START | RVT_ROCE_OP_END;
	}
}

static void as_described(struct kunit *test)
{
	static const u8 qpt[] = {
		['R'] = RVT_ROCE_QPT_RC, ['U'] = RVT_ROCE_QPT_UC,
		['D'] = RVT_ROCE_QPT_UD, ['C'] = RVT_ROCE_QPT_CNP,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(described_opcodes); i++) {
		const struct described_opcode *d = &described_opcodes[i];
		const struct rvt_roce_opcode *op = &rvt_roce_opcodes[d->opcode];
		u32 place = RVT_ROCE_OP_START | RVT_ROCE_OP_MIDDLE | RVT_ROCE_OP_END;
		bool some = d->payload == 'P' || d->payload == '1';

		KUNIT_EXPECT_EQ_MSG(test, op->hdr_len, 12 + d->ext, "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, op->qpt, qpt[(u8)d->transport], "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, op->flags & place, place_flags(d->place),
				    "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, !!(op->flags & RVT_ROCE_OP_REQUEST), d->direction == 'q',
				    "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, !!(op->flags & RVT_ROCE_OP_RESPONSE), d->direction == 'p',
				    "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, !!(op->flags & RVT_ROCE_OP_PAYLOAD), d->payload != 'n',
				    "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, !!(op->flags & RVT_ROCE_OP_NONEMPTY), some,
				    "opcode %#x", d->opcode);
		KUNIT_EXPECT_EQ_MSG(test, !!(op->flags & RVT_ROCE_OP_RWQE), d->rwqe,
				    "opcode %#x", d->opcode);
		KUNIT_EXPECT_NOT_NULL(test, op->name);
	}
}

/* The header flags say which headers make up the length. */
static void header_flags(struct kunit *test)
{
	static const struct {
		u32 flag;
		u8 bytes;
	} header[] = {
		{ RVT_ROCE_OP_RETH, 16 }, { RVT_ROCE_OP_AETH, 4 }, { RVT_ROCE_OP_ATOMIC, 28 },
		{ RVT_ROCE_OP_ATOMICACK, 8 }, { RVT_ROCE_OP_DETH, 8 }, { RVT_ROCE_OP_IMM, 4 },
		{ RVT_ROCE_OP_IETH, 4 },
	};
	unsigned int i, h, sum;

	for (i = 0; i < 256; i++) {
		const struct rvt_roce_opcode *op = &rvt_roce_opcodes[i];

		if (!op->hdr_len)
			continue;
		for (sum = 12, h = 0; h < ARRAY_SIZE(header); h++)
			if (op->flags & header[h].flag)
				sum += header[h].bytes;
		KUNIT_EXPECT_EQ_MSG(test, op->hdr_len, sum, "opcode %#x", i);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(unknown_fail_closed),
	KUNIT_CASE(as_described),
	KUNIT_CASE(header_flags),
	{}
};

struct kunit_suite roce_opcode_suite = {
	.name = "rvt_roce-opcode",
	.test_cases = cases,
};
