/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A received packet, as the front end hands it to the transports.
 */
#ifndef RVT_ROCE_PACKET_H
#define RVT_ROCE_PACKET_H

#include <linux/in6.h>
#include "counters.h"
#include "opcode.h"
#include "wire.h"

struct rvt_qp;
struct rvt_roce_dev;
struct sk_buff;

/**
 * struct rvt_roce_pkt - a received packet
 * @dev: the device that has the destination address
 * @skb: linear, network header set; freed by the front end.  NULL for a packet
 *       that was not received (unit tests)
 * @op: table entry of @opcode, never an unknown one
 * @bth: base transport header
 * @ext: first byte after the BTH: extension headers in the order of the flags
 *       in opcode.h, op->hdr_len - 12 bytes
 * @payload: first payload byte
 * @len: payload bytes, without pad
 * @saddr: sender, IPv4 as ::ffff:a.b.c.d
 * @daddr: destination
 * @qpn: destination queue pair
 * @psn: packet sequence number
 * @pkey: partition key
 * @opcode: BTH opcode
 * @tclass: IPv4 TOS or IPv6 traffic class
 * @vlan: VLAN that owns the destination address, 0xffff if none does
 * @se: solicited event
 * @ackreq: the sender wants to hear that it arrived
 * @becn: backward congestion notification
 * @ce: the network marked the packet: congestion experienced
 * @ipv6: came with an IPv6 header
 *
 * All lengths, the opcode and the ICRC have been checked (specification 2.1,
 * steps 1 to 3), so @ext and @payload may be read without further checks.
 */
struct rvt_roce_pkt {
	struct rvt_roce_dev *dev;
	struct sk_buff *skb;
	const struct rvt_roce_opcode *op;
	const struct rvt_roce_bth *bth;
	const void *ext;
	const void *payload;
	u32 len;
	struct in6_addr saddr;
	struct in6_addr daddr;
	u32 qpn;
	u32 psn;
	u16 pkey;
	u16 vlan;
	u8 opcode;
	u8 tclass;
	bool se;
	bool ackreq;
	bool becn;
	bool ce;
	bool ipv6;
};

/**
 * rvt_roce_pkt_parse() - take a packet apart and check its form
 * @pkt: filled from @bth on; addresses, device and skb are the caller's
 * @bth: first byte of the BTH
 * @len: bytes from there, including the ICRC: the UDP length less 8
 *
 * Reads nothing beyond @len bytes, whatever they say.  The ICRC is not looked
 * at.
 *
 * Context: any.
 * Return: RVT_ROCE_DROP_NONE, _MALFORMED or _OPCODE.
 */
enum rvt_roce_drop rvt_roce_pkt_parse(struct rvt_roce_pkt *pkt,
				      const void *bth, unsigned int len);

/**
 * rvt_roce_pkey_ok() - do two partition keys belong together?
 * @a: one
 * @b: the other
 *
 * Return: true if the low 15 bits are equal and not zero, and at least one of
 * the two is a full member (specification 1.12).
 */
static inline bool rvt_roce_pkey_ok(u16 a, u16 b)
{
	return (a & 0x7fff) && !((a ^ b) & 0x7fff) && ((a | b) & 0x8000);
}

/*
 * The engines behind the front end (specification 2.5 to 2.10).  Context of
 * all: softirq, RCU read side, no queue pair lock.  The type and state of @qp,
 * the addresses and the partition key have been checked; the state may change
 * until the engine takes the lock.
 */
void rvt_roce_rc_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp);
void rvt_roce_uc_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp);

#endif /* RVT_ROCE_PACKET_H */
