/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each BTH opcode means: which queue pair type it belongs to, which
 * extension headers follow, where in a message it stands.
 *
 * The table has an entry for each of the 256 values a packet can carry.  An
 * opcode that nobody defined has hdr_len 0, and so fails closed: a received
 * packet is parsed with lengths from this table only.
 */
#ifndef RVT_ROCE_OPCODE_H
#define RVT_ROCE_OPCODE_H

#include <linux/bits.h>
#include <linux/types.h>
#include <rdma/ib_pack.h>

/**
 * enum rvt_roce_qpt - the transport that an opcode belongs to
 * @RVT_ROCE_QPT_NONE: not an opcode that this driver knows
 * @RVT_ROCE_QPT_RC: reliable connection
 * @RVT_ROCE_QPT_UC: unreliable connection
 * @RVT_ROCE_QPT_UD: unreliable datagram, and the GSI
 * @RVT_ROCE_QPT_CNP: congestion notification, for RC and UC queue pairs
 */
enum rvt_roce_qpt {
	RVT_ROCE_QPT_NONE,
	RVT_ROCE_QPT_RC,
	RVT_ROCE_QPT_UC,
	RVT_ROCE_QPT_UD,
	RVT_ROCE_QPT_CNP,
};

/*
 * Place in a message.  "Only" packets are START and END.  Messages of one
 * packet that can be nothing else (READ request, atomics, ACK)
 * are START and END too.
 */
#define RVT_ROCE_OP_START	BIT(0)
#define RVT_ROCE_OP_MIDDLE	BIT(1)
#define RVT_ROCE_OP_END		BIT(2)
/* Direction: a request travels to the responder, a response comes back. */
#define RVT_ROCE_OP_REQUEST	BIT(3)
#define RVT_ROCE_OP_RESPONSE	BIT(4)
/* May carry payload.  Without it any payload or pad is malformed. */
#define RVT_ROCE_OP_PAYLOAD	BIT(5)
/* Extension headers, in the order in which they follow the BTH. */
#define RVT_ROCE_OP_RETH	BIT(6)
#define RVT_ROCE_OP_AETH	BIT(7)
#define RVT_ROCE_OP_ATOMIC	BIT(8)
#define RVT_ROCE_OP_ATOMICACK	BIT(9)
#define RVT_ROCE_OP_DETH	BIT(10)
#define RVT_ROCE_OP_IMM		BIT(11)
#define RVT_ROCE_OP_IETH	BIT(12)
/* Kind of request or response. */
#define RVT_ROCE_OP_SEND	BIT(13)
#define RVT_ROCE_OP_WRITE	BIT(14)
#define RVT_ROCE_OP_READ	BIT(15)
/* Consumes a receive WQE when this packet arrives. */
#define RVT_ROCE_OP_RWQE	BIT(16)
/* Payload of a Last packet is 1..P: an empty one is malformed. */
#define RVT_ROCE_OP_NONEMPTY	BIT(17)

#define RVT_ROCE_OP_ONLY	(RVT_ROCE_OP_START | RVT_ROCE_OP_END)

/**
 * struct rvt_roce_opcode - one opcode
 * @name: for traces and messages, NULL if unknown
 * @flags: RVT_ROCE_OP_*
 * @hdr_len: bytes of BTH and extension headers, 0 if unknown
 * @qpt: enum rvt_roce_qpt
 */
struct rvt_roce_opcode {
	const char *name;
	u32 flags;
	u8 hdr_len;
	u8 qpt;
};

/**
 * struct rvt_roce_places - the opcodes of the packets of a message
 * @first: of several
 * @middle: those between
 * @last: of several
 * @only: of one
 *
 * The bits of the transport may be left out.
 */
struct rvt_roce_places {
	u8 first;
	u8 middle;
	u8 last;
	u8 only;
};

static inline u8 rvt_roce_opcode_at(const struct rvt_roce_places *places,
				    bool first, bool last)
{
	if (first)
		return last ? places->only : places->first;
	return last ? places->last : places->middle;
}

/* Indexed by BTH opcode (specification 1.5). */
extern const struct rvt_roce_opcode rvt_roce_opcodes[256];

#endif /* RVT_ROCE_OPCODE_H */
