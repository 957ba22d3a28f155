/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The opcodes of the specification (1.5), written down a second time, so that
 * the driver's table is tested against something.
 */
#ifndef RVT_ROCE_KUNIT_OPCODES_H
#define RVT_ROCE_KUNIT_OPCODES_H

#include <linux/types.h>

struct described_opcode {
	u8 opcode;
	u8 ext;			/* bytes of extension headers */
	char transport;		/* R(C), U(C), D(atagram), C(NP) */
	char place;		/* F(irst), M(iddle), L(ast), O(nly) */
	char direction;		/* q: request, p: response, -: neither */
	char payload;		/* P: exactly the path MTU, 1: 1..P, 0: 0..P, n: none */
	bool rwqe;		/* consumes a receive */
};

/* What RC and UC have in common, from @o on. */
#define DESCRIBE_CONNECTED(o, t)				\
	{ (o) + 0x00, 0, t, 'F', 'q', 'P', true },		\
	{ (o) + 0x01, 0, t, 'M', 'q', 'P', false },		\
	{ (o) + 0x02, 0, t, 'L', 'q', '1', false },		\
	{ (o) + 0x03, 4, t, 'L', 'q', '1', false },		\
	{ (o) + 0x04, 0, t, 'O', 'q', '0', true },		\
	{ (o) + 0x05, 4, t, 'O', 'q', '0', true },		\
	{ (o) + 0x06, 16, t, 'F', 'q', 'P', false },		\
	{ (o) + 0x07, 0, t, 'M', 'q', 'P', false },		\
	{ (o) + 0x08, 0, t, 'L', 'q', '1', false },		\
	{ (o) + 0x09, 4, t, 'L', 'q', '1', true },		\
	{ (o) + 0x0a, 16, t, 'O', 'q', '0', false },		\
	{ (o) + 0x0b, 20, t, 'O', 'q', '0', true }

static const struct described_opcode described_opcodes[] = {
	DESCRIBE_CONNECTED(0x00, 'R'),
	{ 0x0c, 16, 'R', 'O', 'q', 'n', false },
	{ 0x0d, 4, 'R', 'F', 'p', 'P', false },
	{ 0x0e, 0, 'R', 'M', 'p', 'P', false },
	{ 0x0f, 4, 'R', 'L', 'p', '1', false },
	{ 0x10, 4, 'R', 'O', 'p', '0', false },
	{ 0x11, 4, 'R', 'O', 'p', 'n', false },
	{ 0x12, 12, 'R', 'O', 'p', 'n', false },
	{ 0x13, 28, 'R', 'O', 'q', 'n', false },
	{ 0x14, 28, 'R', 'O', 'q', 'n', false },
	{ 0x16, 4, 'R', 'L', 'q', '1', false },
	{ 0x17, 4, 'R', 'O', 'q', '0', true },
	DESCRIBE_CONNECTED(0x20, 'U'),
	{ 0x64, 8, 'D', 'O', 'q', '0', true },
	{ 0x65, 12, 'D', 'O', 'q', '0', true },
	{ 0x81, 0, 'C', 'O', '-', '0', false },
};

static inline const struct described_opcode *described(u8 opcode)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(described_opcodes); i++)
		if (described_opcodes[i].opcode == opcode)
			return &described_opcodes[i];
	return NULL;
}

#endif
