// SPDX-License-Identifier: GPL-2.0
/*
 * The opcode table (specification 1.5).
 *
 * RC and UC share their operations, 0x20 apart, so the entries are generated
 * from one list per operation.  Whoever adds an opcode here makes the receive
 * path accept it: the header length is computed from the flags, and an engine
 * has to know what to do with it.
 */

#include "opcode.h"
#include "wire.h"

#define HDR_LEN(f)							\
	(RVT_ROCE_BTH_BYTES +						\
	 ((f) & RVT_ROCE_OP_RETH ? sizeof(struct rvt_roce_reth) : 0) +	\
	 ((f) & RVT_ROCE_OP_AETH ? sizeof(struct rvt_roce_aeth) : 0) +	\
	 ((f) & RVT_ROCE_OP_ATOMIC ?					\
		sizeof(struct rvt_roce_atomic_eth) : 0) +		\
	 ((f) & RVT_ROCE_OP_ATOMICACK ?					\
		sizeof(struct rvt_roce_atomic_ack_eth) : 0) +		\
	 ((f) & RVT_ROCE_OP_DETH ? sizeof(struct rvt_roce_deth) : 0) +	\
	 ((f) & RVT_ROCE_OP_IMM ? sizeof(struct rvt_roce_immdt) : 0) +	\
	 ((f) & RVT_ROCE_OP_IETH ? sizeof(struct rvt_roce_ieth) : 0))

#define OPCODE(transport, op, f)					\
	[IB_OPCODE_##transport##_##op] = {				\
		.name = #transport "_" #op,				\
		.flags = (f),						\
		.hdr_len = HDR_LEN(f),					\
		.qpt = RVT_ROCE_QPT_##transport,			\
	}

#define REQ	RVT_ROCE_OP_REQUEST
#define RSP	RVT_ROCE_OP_RESPONSE
#define FIRST	RVT_ROCE_OP_START
#define MIDDLE	RVT_ROCE_OP_MIDDLE
#define LAST	RVT_ROCE_OP_END
#define ONLY	RVT_ROCE_OP_ONLY
#define DATA	RVT_ROCE_OP_PAYLOAD
#define SOME	(RVT_ROCE_OP_PAYLOAD | RVT_ROCE_OP_NONEMPTY)
#define RETH	RVT_ROCE_OP_RETH
#define AETH	RVT_ROCE_OP_AETH
#define IMM	RVT_ROCE_OP_IMM
#define IETH	RVT_ROCE_OP_IETH
#define RWQE	RVT_ROCE_OP_RWQE
#define SENDS	(REQ | RVT_ROCE_OP_SEND)
#define WRITES	(REQ | RVT_ROCE_OP_WRITE)
#define READS	RVT_ROCE_OP_READ

/* What RC and UC have in common. */
#define CONNECTED(t)							\
	OPCODE(t, SEND_FIRST, SENDS | FIRST | SOME | RWQE),		\
	OPCODE(t, SEND_MIDDLE, SENDS | MIDDLE | SOME),			\
	OPCODE(t, SEND_LAST, SENDS | LAST | SOME),			\
	OPCODE(t, SEND_LAST_WITH_IMMEDIATE, SENDS | LAST | SOME | IMM),	\
	OPCODE(t, SEND_ONLY, SENDS | ONLY | DATA | RWQE),		\
	OPCODE(t, SEND_ONLY_WITH_IMMEDIATE,				\
	       SENDS | ONLY | DATA | IMM | RWQE),			\
	OPCODE(t, RDMA_WRITE_FIRST, WRITES | FIRST | SOME | RETH),	\
	OPCODE(t, RDMA_WRITE_MIDDLE, WRITES | MIDDLE | SOME),		\
	OPCODE(t, RDMA_WRITE_LAST, WRITES | LAST | SOME),		\
	OPCODE(t, RDMA_WRITE_LAST_WITH_IMMEDIATE,			\
	       WRITES | LAST | SOME | IMM | RWQE),			\
	OPCODE(t, RDMA_WRITE_ONLY, WRITES | ONLY | DATA | RETH),		\
	OPCODE(t, RDMA_WRITE_ONLY_WITH_IMMEDIATE,			\
	       WRITES | ONLY | DATA | RETH | IMM | RWQE)

const struct rvt_roce_opcode rvt_roce_opcodes[256] = {
	CONNECTED(RC),
	OPCODE(RC, RDMA_READ_REQUEST, REQ | READS | ONLY | RETH),
	OPCODE(RC, RDMA_READ_RESPONSE_FIRST, RSP | READS | FIRST | SOME | AETH),
	OPCODE(RC, RDMA_READ_RESPONSE_MIDDLE, RSP | READS | MIDDLE | SOME),
	OPCODE(RC, RDMA_READ_RESPONSE_LAST, RSP | READS | LAST | SOME | AETH),
	OPCODE(RC, RDMA_READ_RESPONSE_ONLY, RSP | READS | ONLY | DATA | AETH),
	OPCODE(RC, ACKNOWLEDGE, RSP | ONLY | AETH),
	OPCODE(RC, ATOMIC_ACKNOWLEDGE,
	       RSP | ONLY | AETH | RVT_ROCE_OP_ATOMICACK),
	OPCODE(RC, COMPARE_SWAP, REQ | ONLY | RVT_ROCE_OP_ATOMIC),
	OPCODE(RC, FETCH_ADD, REQ | ONLY | RVT_ROCE_OP_ATOMIC),
	OPCODE(RC, SEND_LAST_WITH_INVALIDATE, SENDS | LAST | SOME | IETH),
	OPCODE(RC, SEND_ONLY_WITH_INVALIDATE, SENDS | ONLY | DATA | IETH | RWQE),

	CONNECTED(UC),

	OPCODE(UD, SEND_ONLY,
	       SENDS | ONLY | DATA | RVT_ROCE_OP_DETH | RWQE),
	OPCODE(UD, SEND_ONLY_WITH_IMMEDIATE,
	       SENDS | ONLY | DATA | RVT_ROCE_OP_DETH | IMM | RWQE),

	/* 16 reserved bytes follow the BTH; they are its "payload". */
	[RVT_ROCE_OPCODE_CNP] = {
		.name = "CNP",
		.flags = ONLY | DATA,
		.hdr_len = RVT_ROCE_BTH_BYTES,
		.qpt = RVT_ROCE_QPT_CNP,
	},
};
