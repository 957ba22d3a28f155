/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The invariant CRC that ends each RoCEv2 packet (specification 1.7).
 */
#ifndef RVT_ROCE_ICRC_H
#define RVT_ROCE_ICRC_H

#include <linux/types.h>

struct sk_buff;

/**
 * rvt_roce_icrc_headers() - CRC over the headers of a packet
 * @ip: IPv4 (20 bytes, no options) or IPv6 header, directly followed by the
 *      UDP header (8 bytes) and the BTH (12 bytes)
 * @ipv6: which of the two
 *
 * Fields that routers may change count as all ones.  The packet itself is not
 * modified.
 *
 * Context: any.
 * Return: CRC register, not complemented: go on with rvt_roce_crc().
 */
u32 rvt_roce_icrc_headers(const void *ip, bool ipv6);

/**
 * rvt_roce_icrc_wire() - what stands on the wire for a finished CRC register
 * @crc: register after the last pad byte
 *
 * Return: the four bytes, least significant byte first.
 */
static inline __le32 rvt_roce_icrc_wire(u32 crc)
{
	return cpu_to_le32(~crc);
}

/**
 * rvt_roce_icrc_packet() - ICRC of a whole packet in linear memory
 * @ip: IP header
 * @ipv6: IPv6 rather than IPv4
 * @len: bytes from the BTH to the last pad byte, at least 12
 *
 * Context: process or softirq, interrupts on.
 * Return: wire value.
 */
__le32 rvt_roce_icrc_packet(const void *ip, bool ipv6, size_t len);

/**
 * rvt_roce_icrc_skb() - ICRC of a whole packet in a socket buffer
 * @skb: network header set, and linear up to the end of the BTH; what follows
 *       may lie in fragments
 * @ipv6: IPv6 rather than IPv4
 * @bth: offset of the BTH from skb->data
 * @len: bytes from the BTH to the last pad byte, at least 12
 *
 * Context: process or softirq, interrupts on.
 * Return: wire value.
 */
__le32 rvt_roce_icrc_skb(const struct sk_buff *skb, bool ipv6, int bth,
			 unsigned int len);

#endif /* RVT_ROCE_ICRC_H */
