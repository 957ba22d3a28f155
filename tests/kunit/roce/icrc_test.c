// SPDX-License-Identifier: GPL-2.0
/*
 * The invariant CRC: published and computed vectors (specification 1.7), what
 * it must ignore, what it must not, and packets in fragments.
 */
#include <linux/kernel.h>
#include "compat/kunit.h"
#include "../../../rdmavt/roce/icrc.c"
#include "suites.h"

struct vector {
	const char *name;
	const char *hex;	/* IP header to pad */
	u8 icrc[4];
	bool ipv6;
};

static const struct vector vectors[] = {
	{
		.name = "CNP of a ConnectX-4 Lx",
		.hex = "45c2003c718c4000401191610a0011010a001201"
		       "000012b7002800008100ffff4000011800000000"
		       "00000000000000000000000000000000",
		.icrc = { 0x82, 0xfd, 0x00, 0x2a },
	}, {
		.name = "IPv4 RC SEND Only with pad",
		.hex = "4500003012344000401114870a0000010a000002"
		       "c00112b7001c000004d0ffff0000001180000123"
		       "61626300",
		.icrc = { 0x14, 0x2a, 0xbe, 0xd4 },
	}, {
		.name = "IPv6 RC ACK",
		.hex = "60000000001c114020010db8000000000000000000000001"
		       "20010db8000000000000000000000002"
		       "c00112b7001c00001140ffff0000001100000123"
		       "1f000007",
		.icrc = { 0x4e, 0x12, 0x0e, 0xb8 },
		.ipv6 = true,
	},
};

static void describe(const struct vector *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(vector, vectors, describe);

static unsigned int ip_len(const struct vector *v)
{
	return v->ipv6 ? 40 : 20;
}

/* The bytes of a vector, in memory of exactly their size. */
static u8 *packet(struct kunit *test, const struct vector *v, size_t *len)
{
	u8 *p;

	*len = strlen(v->hex) / 2;
	p = kunit_kmalloc(test, *len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	KUNIT_ASSERT_EQ(test, hex2bin(p, v->hex, *len), 0);
	return p;
}

static __le32 icrc_of(const struct vector *v, const void *p, size_t len)
{
	return rvt_roce_icrc_packet(p, v->ipv6, len - ip_len(v) - 8);
}

static void known(struct kunit *test)
{
	const struct vector *v = test->param_value;
	size_t len;
	u8 *p = packet(test, v, &len);
	__le32 icrc = icrc_of(v, p, len);

	KUNIT_EXPECT_MEMEQ(test, &icrc, v->icrc, 4);
}

/* Which bits of byte @i may change on the way. */
static u8 variant_bits(const struct vector *v, size_t i)
{
	size_t bth = ip_len(v) + 8;

	if (i == ip_len(v) + 6 || i == ip_len(v) + 7 || i == bth + 4)
		return 0xff;
	if (v->ipv6)
		return i == 0 ? 0x0f : i <= 3 || i == 7 ? 0xff : 0;
	return i == 1 || i == 8 || i == 10 || i == 11 ? 0xff : 0;
}

/* Each bit of the packet, flipped: the CRC changes if and only if it is invariant. */
static void each_bit(struct kunit *test)
{
	const struct vector *v = test->param_value;
	size_t len, i;
	u8 *p = packet(test, v, &len);
	__le32 right = icrc_of(v, p, len);
	int bit;

	for (i = 0; i < len; i++) {
		for (bit = 0; bit < 8; bit++) {
			bool variant = variant_bits(v, i) & BIT(bit);

			p[i] ^= BIT(bit);
			KUNIT_EXPECT_EQ_MSG(test, icrc_of(v, p, len) == right, variant,
					    "bit %d of byte %zu", bit, i);
			p[i] ^= BIT(bit);
		}
	}
}

/* A received packet is shared: the computation must not write to it. */
static void does_not_write(struct kunit *test)
{
	const struct vector *v = test->param_value;
	size_t len;
	u8 *p = packet(test, v, &len), *copy = packet(test, v, &len);

	icrc_of(v, p, len);
	KUNIT_EXPECT_MEMEQ(test, p, copy, len);
}

static struct sk_buff *skb_of(const struct vector *v, const u8 *p, size_t len, size_t linear)
{
	struct sk_buff *skb = alloc_skb(linear + 16, GFP_KERNEL);
	struct page *page;
	size_t at, n;

	if (!skb)
		return NULL;
	skb_reserve(skb, 16);
	skb_put_data(skb, p, linear);
	skb_reset_network_header(skb);
	for (at = linear; at < len; at += n) {
		n = min_t(size_t, 3, len - at);
		page = alloc_page(GFP_KERNEL);
		if (!page) {
			kfree_skb(skb);
			return NULL;
		}
		memcpy(page_address(page) + 100, p + at, n);
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 100, n, PAGE_SIZE);
	}
	return skb;
}

/* The same in a socket buffer, with the rest of the packet in more and more fragments. */
static void fragments(struct kunit *test)
{
	const struct vector *v = test->param_value;
	size_t len, linear, bth = ip_len(v) + 8;
	u8 *p = packet(test, v, &len);
	struct sk_buff *skb;
	__le32 icrc;

	for (linear = len; linear >= bth + RVT_ROCE_BTH_BYTES; linear--) {
		skb = skb_of(v, p, len, linear);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
		icrc = rvt_roce_icrc_skb(skb, v->ipv6, bth, len - bth);
		kfree_skb(skb);
		KUNIT_EXPECT_MEMEQ(test, &icrc, v->icrc, 4);
	}
}

/* Payload may be fed in pieces of any size. */
static void pieces(struct kunit *test)
{
	const struct vector *v = test->param_value;
	size_t len, start = ip_len(v) + 8 + RVT_ROCE_BTH_BYTES, cut;
	u8 *p = packet(test, v, &len);

	for (cut = start; cut <= len; cut++) {
		u32 crc = rvt_roce_icrc_headers(p, v->ipv6);
		__le32 icrc;

		crc = rvt_roce_crc(crc, p + start, cut - start);
		crc = rvt_roce_crc(crc, p + cut, len - cut);
		icrc = rvt_roce_icrc_wire(crc);
		KUNIT_EXPECT_MEMEQ(test, &icrc, v->icrc, 4);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(known, vector_gen_params),
	KUNIT_CASE_PARAM(each_bit, vector_gen_params),
	KUNIT_CASE_PARAM(does_not_write, vector_gen_params),
	KUNIT_CASE_PARAM(fragments, vector_gen_params),
	KUNIT_CASE_PARAM(pieces, vector_gen_params),
	{}
};

struct kunit_suite roce_icrc_suite = {
	.name = "rvt_roce-icrc",
	.test_cases = cases,
};
