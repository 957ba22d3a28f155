// SPDX-License-Identifier: GPL-2.0
/*
 * Headers: checksum, and extension headers whatever a peer makes of them.
 */
/* The module under test exports these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../../../rds/header.c"
#include <linux/random.h>
#include "compat/kunit.h"
#include "suites.h"

/* The sum of everything, as RFC 1071 has it. */
static void checksum_vector(struct kunit *test)
{
	struct rds_header hdr;
	__be16 *word = (__be16 *)&hdr;
	u32 sum = 0;
	unsigned int i;

	rds_message_populate_header(&hdr, htons(4001), htons(4002), 0x0102030405060708ULL);
	hdr.h_len = cpu_to_be32(4096);
	hdr.h_flags = RDS_FLAG_ACK_REQUIRED;
	rds_message_make_checksum(&hdr);
	/* Ones' complement sum of all words, the checksum too, is all ones. */
	for (i = 0; i < sizeof(hdr) / 2; i++)
		sum += ntohs(word[i]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	KUNIT_EXPECT_EQ(test, sum, 0xffff);
	KUNIT_EXPECT_TRUE(test, rds_message_verify_checksum(&hdr));
}

static void checksum_sees_every_bit(struct kunit *test)
{
	struct rds_header hdr;
	unsigned int bit;
	u8 *byte = (u8 *)&hdr;

	rds_message_populate_header(&hdr, htons(1), htons(2), 3);
	rds_message_make_checksum(&hdr);
	for (bit = 0; bit < 8 * sizeof(hdr); bit++) {
		byte[bit / 8] ^= 1 << (bit % 8);
		if (hdr.h_csum)
			KUNIT_EXPECT_FALSE_MSG(test, rds_message_verify_checksum(&hdr),
					       "bit %u", bit);
		byte[bit / 8] ^= 1 << (bit % 8);
	}
	hdr.h_csum = 0;
	KUNIT_EXPECT_TRUE(test, rds_message_verify_checksum(&hdr));
}

static void extension_round_trip(struct kunit *test)
{
	struct rds_ext_rdma rdma = { cpu_to_be32(0x11223344) };
	struct rds_ext_rdma_dest dest;
	u8 buf[RDS_HEADER_EXT_SPACE];
	struct rds_header hdr;
	unsigned int pos = 0;

	rds_message_populate_header(&hdr, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, 1, rds_message_add_rdma_dest_extension(&hdr, 7, 9));
	KUNIT_EXPECT_EQ(test, 1, rds_message_add_extension(&hdr, RDS_EXTHDR_RDMA, &rdma,
							   sizeof(rdma)));
	/* 9 + 5 of 16 bytes: no room for another. */
	KUNIT_EXPECT_EQ(test, 0, rds_message_add_extension(&hdr, RDS_EXTHDR_RDMA, &rdma,
							   sizeof(rdma)));

	KUNIT_EXPECT_EQ(test, RDS_EXTHDR_RDMA_DEST, rds_message_next_extension(&hdr, &pos, buf));
	memcpy(&dest, buf, sizeof(dest));
	KUNIT_EXPECT_EQ(test, 7, be32_to_cpu(dest.rkey));
	KUNIT_EXPECT_EQ(test, 9, be32_to_cpu(dest.offset));
	KUNIT_EXPECT_EQ(test, RDS_EXTHDR_RDMA, rds_message_next_extension(&hdr, &pos, buf));
	KUNIT_EXPECT_MEMEQ(test, buf, &rdma, sizeof(rdma));
	KUNIT_EXPECT_EQ(test, RDS_EXTHDR_NONE, rds_message_next_extension(&hdr, &pos, buf));
}

static void extension_bytes(struct kunit *test)
{
	static const u8 wire[RDS_HEADER_EXT_SPACE] = { 3, 0, 0, 0, 7, 0, 0, 0, 9 };
	struct rds_header hdr;

	rds_message_populate_header(&hdr, 0, 0, 0);
	rds_message_add_rdma_dest_extension(&hdr, 7, 9);
	KUNIT_EXPECT_MEMEQ(test, hdr.h_exthdr, wire, sizeof(wire));
}

static void extension_refused(struct kunit *test)
{
	struct rds_header hdr;
	u32 data = 0;

	rds_message_populate_header(&hdr, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, rds_message_add_extension(&hdr, RDS_EXTHDR_NONE, &data, 0));
	KUNIT_EXPECT_EQ(test, 0, rds_message_add_extension(&hdr, 4, &data, 4));
	KUNIT_EXPECT_EQ(test, 0, rds_message_add_extension(&hdr, 200, &data, 4));
	KUNIT_EXPECT_EQ(test, 0, rds_message_add_extension(&hdr, RDS_EXTHDR_RDMA, &data, 3));
}

/* Any bytes: the walk ends, and stays inside. */
static void extension_fuzz(struct kunit *test)
{
	u8 buf[RDS_HEADER_EXT_SPACE];
	struct rds_header hdr;
	unsigned int i, pos, steps;

	for (i = 0; i < 100000; i++) {
		get_random_bytes(hdr.h_exthdr, sizeof(hdr.h_exthdr));
		if (i % 2) {
			for (pos = 0; pos < RDS_HEADER_EXT_SPACE; pos++)
				hdr.h_exthdr[pos] %= 8;
		}
		pos = 0;
		for (steps = 0; rds_message_next_extension(&hdr, &pos, buf); steps++)
			if (pos > RDS_HEADER_EXT_SPACE || steps > RDS_HEADER_EXT_SPACE)
				break;
		if (pos > RDS_HEADER_EXT_SPACE || steps > RDS_HEADER_EXT_SPACE) {
			KUNIT_FAIL(test, "position %u after %u steps", pos, steps);
			break;
		}
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(checksum_vector),
	KUNIT_CASE(checksum_sees_every_bit),
	KUNIT_CASE(extension_round_trip),
	KUNIT_CASE(extension_bytes),
	KUNIT_CASE(extension_refused),
	KUNIT_CASE(extension_fuzz),
	{}
};

struct kunit_suite rds_header_suite = {
	.name = "rds-header",
	.test_cases = cases,
};
