/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RoCEv2 on the wire: the headers that follow UDP, and the arithmetic of their
 * 24-bit sequence numbers.
 *
 * Every structure is packed, because a header may start at any multiple of
 * four bytes (AtomicETH holds 64-bit fields that are only 4-byte aligned), and
 * every field is big endian.  Nothing in here needs more than bytes in memory,
 * so all of it can be unit tested.
 */
#ifndef RVT_ROCE_WIRE_H
#define RVT_ROCE_WIRE_H

#include <linux/types.h>
#include <asm/byteorder.h>

#define RVT_ROCE_PORT		4791	/* IANA: roce */

#define RVT_ROCE_BTH_BYTES	12
#define RVT_ROCE_ICRC_BYTES	4
#define RVT_ROCE_UDP_BYTES	8
#define RVT_ROCE_GRH_BYTES	40	/* area ahead of every UD receive */

/*
 * What a packet of path MTU P may need beside its payload: IPv6, UDP, BTH, the
 * longest extension header (AtomicETH) and the ICRC, rounded up to the figure
 * that stock peers subtract from the interface MTU.
 */
#define RVT_ROCE_MAX_HDR_BYTES	80

#define RVT_ROCE_MASK24		0xffffffU
#define RVT_ROCE_PSN_MASK	RVT_ROCE_MASK24
#define RVT_ROCE_QPN_MASK	RVT_ROCE_MASK24
#define RVT_ROCE_QPN_MULTICAST	0xffffffU

#define RVT_ROCE_PKEY_DEFAULT	0xffff

/* Byte 1 of the BTH. */
#define RVT_ROCE_BTH_SE		0x80
#define RVT_ROCE_BTH_MIGREQ	0x40
#define RVT_ROCE_BTH_PAD_MASK	0x30
#define RVT_ROCE_BTH_PAD_SHIFT	4
#define RVT_ROCE_BTH_TVER_MASK	0x0f

/* In the words that carry a QPN and a PSN. */
#define RVT_ROCE_BTH_BECN	0x40000000U
#define RVT_ROCE_BTH_ACKREQ	0x80000000U

/* Congestion notification: an opcode without a transport of its own. */
#define RVT_ROCE_OPCODE_CNP	0x81

/* Syndromes of an AETH: type in bits 6:5, value in bits 4:0. */
#define RVT_ROCE_AETH_TYPE_MASK	0x60
#define RVT_ROCE_AETH_ACK	0x00
#define RVT_ROCE_AETH_RNR	0x20
#define RVT_ROCE_AETH_NAK	0x60
#define RVT_ROCE_AETH_VALUE	0x1f

#define RVT_ROCE_NAK_PSN	0x60
#define RVT_ROCE_NAK_INV_REQ	0x61
#define RVT_ROCE_NAK_ACCESS	0x62
#define RVT_ROCE_NAK_OP		0x63

/**
 * struct rvt_roce_bth - base transport header
 * @opcode: index into rvt_roce_opcodes
 * @flags: RVT_ROCE_BTH_SE, _MIGREQ, pad count, transport version
 * @pkey: partition key
 * @qpn: FECN, BECN and the destination queue pair number
 * @apsn: AckReq and the packet sequence number
 */
struct rvt_roce_bth {
	u8 opcode;
	u8 flags;
	__be16 pkey;
	__be32 qpn;
	__be32 apsn;
} __packed;

/**
 * struct rvt_roce_reth - RDMA extended header
 * @va: virtual address at the responder
 * @rkey: key of the memory there
 * @len: bytes of the whole message
 */
struct rvt_roce_reth {
	__be64 va;
	__be32 rkey;
	__be32 len;
} __packed;

/**
 * struct rvt_roce_atomic_eth - atomic extended header
 * @va: virtual address at the responder
 * @rkey: key of the memory there
 * @swap_add: value to store, or to add
 * @compare: value that CompareSwap expects, 0 for FetchAdd
 */
struct rvt_roce_atomic_eth {
	__be64 va;
	__be32 rkey;
	__be64 swap_add;
	__be64 compare;
} __packed;

/**
 * struct rvt_roce_aeth - ACK extended header
 * @aeth: syndrome in the top byte, message sequence number below
 */
struct rvt_roce_aeth {
	__be32 aeth;
} __packed;

/**
 * struct rvt_roce_atomic_ack_eth - atomic ACK extended header
 * @orig: what the memory held before the operation
 */
struct rvt_roce_atomic_ack_eth {
	__be64 orig;
} __packed;

/**
 * struct rvt_roce_deth - datagram extended header
 * @qkey: key of the destination queue pair
 * @src_qpn: the sender's queue pair number
 */
struct rvt_roce_deth {
	__be32 qkey;
	__be32 src_qpn;
} __packed;

/**
 * struct rvt_roce_immdt - immediate data
 * @imm: handed to the consumer unchanged, in network order
 */
struct rvt_roce_immdt {
	__be32 imm;
} __packed;

/**
 * struct rvt_roce_ieth - invalidate extended header
 * @rkey: key to invalidate at the responder
 */
struct rvt_roce_ieth {
	__be32 rkey;
} __packed;

/**
 * rvt_roce_psn_cmp() - compare two packet (or message) sequence numbers
 * @a: a 24-bit number, higher bits are ignored
 * @b: another one
 *
 * Sequence numbers wrap, so "ahead" means less than 2^23 steps ahead
 * (specification 1.8).
 *
 * Return: positive if @a is ahead of @b, 0 if they are equal, else negative.
 */
static inline int rvt_roce_psn_cmp(u32 a, u32 b)
{
	return (s32)((a - b) << 8);
}

/**
 * rvt_roce_psn_diff() - signed distance between two sequence numbers
 * @a: a 24-bit number
 * @b: another one
 *
 * Return: a - b, between -2^23 and 2^23 - 1.
 */
static inline int rvt_roce_psn_diff(u32 a, u32 b)
{
	return rvt_roce_psn_cmp(a, b) >> 8;
}

/**
 * rvt_roce_psn_add() - step a sequence number
 * @psn: a 24-bit number
 * @n: steps, may be negative
 *
 * Return: the number @n steps further, in 24 bits.
 */
static inline u32 rvt_roce_psn_add(u32 psn, int n)
{
	return (psn + n) & RVT_ROCE_PSN_MASK;
}

/**
 * rvt_roce_pad() - pad bytes that follow a payload
 * @len: payload bytes
 *
 * Return: 0 to 3, so that the sum is a multiple of four (specification 1.6).
 */
static inline unsigned int rvt_roce_pad(u32 len)
{
	return -len & 3;
}

/**
 * rvt_roce_bth_init() - fill a base transport header
 * @bth: where
 * @opcode: BTH opcode
 * @flags: RVT_ROCE_BTH_SE or 0; MigReq, pad count and version are added here
 * @pad: pad bytes, 0 to 3
 * @qpn: destination
 * @psn: sequence number
 * @ackreq: the peer is to acknowledge
 *
 * The partition key is the only one that RoCE devices of this kind know.
 * MigReq is 1 because the path is always in the migrated state: hardware peers
 * drop packets without it.
 */
static inline void rvt_roce_bth_init(struct rvt_roce_bth *bth, u8 opcode,
				     u8 flags, unsigned int pad, u32 qpn,
				     u32 psn, bool ackreq)
{
	bth->opcode = opcode;
	bth->flags = flags | RVT_ROCE_BTH_MIGREQ |
		     pad << RVT_ROCE_BTH_PAD_SHIFT;
	bth->pkey = cpu_to_be16(RVT_ROCE_PKEY_DEFAULT);
	bth->qpn = cpu_to_be32(qpn & RVT_ROCE_QPN_MASK);
	bth->apsn = cpu_to_be32((psn & RVT_ROCE_PSN_MASK) |
				(ackreq ? RVT_ROCE_BTH_ACKREQ : 0));
}

#endif /* RVT_ROCE_WIRE_H */
