// SPDX-License-Identifier: GPL-2.0
/*
 * Invariant CRC (specification 1.7).
 *
 * The CRC-32 of Ethernet over everything that a router leaves alone.  What it
 * may change counts as ones: eight bytes that stand for a local route header,
 * then parts of the IP header, the UDP checksum, and the byte of the BTH that
 * holds the congestion bits.
 *
 * The headers are copied to the stack and masked there, because a received
 * packet may be shared with others.  Payload is not copied; senders that copy
 * payload anyway may feed it through rvt_roce_crc() piece by piece while they do
 * so, starting from rvt_roce_icrc_headers().
 */

#include <linux/build_bug.h>
#include <linux/crc32.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/udp.h>
#include "crc.h"
#include "icrc.h"
#include "wire.h"

/* The register after eight bytes of ones, from the initial all ones. */
#define SEED	0xdebb20e3

u32 rvt_roce_icrc_headers(const void *ip, bool ipv6)
{
	struct {
		union {
			struct iphdr v4;
			struct ipv6hdr v6;
		};
		struct udphdr udp;
		struct rvt_roce_bth bth;
	} __packed h;
	size_t len = (ipv6 ? sizeof(h.v6) : sizeof(h.v4)) + sizeof(h.udp) + sizeof(h.bth);
	/* From the whole, not from a member: the checks for overflow look at that. */
	void *start = (u8 *)&h + sizeof(h) - len;

	BUILD_BUG_ON(sizeof(h) != 40 + 8 + RVT_ROCE_BTH_BYTES);

	memcpy(start, ip, len);
	if (ipv6) {
		struct ipv6hdr *v6 = start;

		*(__be32 *)v6 |= cpu_to_be32(0x0fffffff);
		v6->hop_limit = 0xff;
	} else {
		struct iphdr *v4 = start;

		v4->tos = 0xff;
		v4->ttl = 0xff;
		v4->check = (__force __sum16)0xffff;
	}
	h.udp.check = (__force __sum16)0xffff;
	h.bth.qpn |= cpu_to_be32(~RVT_ROCE_QPN_MASK);

	return crc32_le(SEED, start, len);
}

__le32 rvt_roce_icrc_packet(const void *ip, bool ipv6, size_t len)
{
	size_t hdr = (ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
		     sizeof(struct udphdr) + RVT_ROCE_BTH_BYTES;
	u32 crc = rvt_roce_icrc_headers(ip, ipv6);

	return rvt_roce_icrc_wire(rvt_roce_crc(crc, ip + hdr,
					       len - RVT_ROCE_BTH_BYTES));
}

__le32 rvt_roce_icrc_skb(const struct sk_buff *skb, bool ipv6, int bth,
			 unsigned int len)
{
	u32 crc = rvt_roce_icrc_headers(skb_network_header(skb), ipv6);
	unsigned int from = bth + RVT_ROCE_BTH_BYTES;
	unsigned int consumed = 0, n;
	struct skb_seq_state seq;
	const u8 *data;

	if (likely(bth + len <= skb_headlen(skb)))
		return rvt_roce_icrc_wire(rvt_roce_crc(crc, skb->data + from,
						       len - RVT_ROCE_BTH_BYTES));

	/* Only reads, whatever the prototype says. */
	skb_prepare_seq_read((struct sk_buff *)skb, from, bth + len, &seq);
	while ((n = skb_seq_read(consumed, &data, &seq))) {
		crc = rvt_roce_crc(crc, data, n);
		consumed += n;
	}
	return rvt_roce_icrc_wire(crc);
}
