// SPDX-License-Identifier: GPL-2.0
/*
 * Login requests in both forms, what is asked of them, and the answers byte by
 * byte.
 */
#include "../../../srpt/iu.h"
#include "compat/kunit.h"
#include "suites.h"

#define GUID	0x0123456789abcdefULL
#define MAX_REQ	8276

static const u8 guid_bytes[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

static struct srp_login_req request(void)
{
	struct srp_login_req req = {
		.opcode = SRP_LOGIN_REQ,
		.tag = 0x55,
		.req_it_iu_len = cpu_to_be32(8260),
		.req_buf_fmt = cpu_to_be16(0x0006),
		.req_flags = SRP_IMMED_REQUESTED,
		.imm_data_offset = cpu_to_be16(68),
	};

	memcpy(req.target_port_id, guid_bytes, 8);
	memcpy(req.target_port_id + 8, guid_bytes, 8);
	return req;
}

static u32 check(const struct srp_login_req *req, struct srpt_login *login)
{
	return srpt_check_login(req, MAX_REQ, GUID, login);
}

static void granted(struct kunit *test)
{
	struct srp_login_req req = request();
	struct srpt_login login;

	KUNIT_EXPECT_EQ(test, check(&req, &login), 0);
	KUNIT_EXPECT_EQ(test, login.max_ti_iu_len, 8260);
	KUNIT_EXPECT_FALSE(test, login.multi);
	KUNIT_EXPECT_TRUE(test, login.imm_data);

	req.req_flags = SRP_MULTICHAN_MULTI;
	KUNIT_EXPECT_EQ(test, check(&req, &login), 0);
	KUNIT_EXPECT_TRUE(test, login.multi);
	KUNIT_EXPECT_FALSE(test, login.imm_data);
}

static void lengths(struct kunit *test)
{
	static const struct {
		u32 len;
		u32 reason;
	} lens[] = {
		{ 63, 0x00010002 }, { 64, 0 }, { MAX_REQ, 0 }, { MAX_REQ + 1, 0x00010002 },
		{ 0, 0x00010002 }, { 0xffffffff, 0x00010002 },
	};
	struct srp_login_req req = request();
	struct srpt_login login;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		req.req_it_iu_len = cpu_to_be32(lens[i].len);
		KUNIT_EXPECT_EQ_MSG(test, check(&req, &login), lens[i].reason, "%u", lens[i].len);
	}
}

static void refused(struct kunit *test)
{
	struct srp_login_req req = request();
	struct srpt_login login;
	int i;

	for (i = 0; i < 16; i++) {
		req.target_port_id[i] ^= 0x10;
		KUNIT_EXPECT_EQ(test, check(&req, &login), 0x00010003);
		req.target_port_id[i] ^= 0x10;
	}
	req.req_buf_fmt = cpu_to_be16(0x0008);
	KUNIT_EXPECT_EQ(test, check(&req, &login), 0x00010004);
	req = request();
	req.req_flags = 2;
	KUNIT_EXPECT_EQ(test, check(&req, &login), 0x00010005);
	req.req_flags = 3;
	KUNIT_EXPECT_EQ(test, check(&req, &login), 0x00010005);
	req = request();
	req.opcode = SRP_CMD;
	KUNIT_EXPECT_EQ(test, check(&req, &login), 0x00010000);
}

static void imm_offsets(struct kunit *test)
{
	static const struct {
		u16 offset;
		bool granted;
	} offsets[] = {
		{ 0, false }, { 44, false }, { 47, false }, { 48, true }, { 50, false },
		{ 68, true }, { 80, true }, { 81, false }, { 84, false }, { 65532, false },
	};
	struct srp_login_req req = request();
	struct srpt_login login;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		req.imm_data_offset = cpu_to_be16(offsets[i].offset);
		KUNIT_EXPECT_EQ(test, check(&req, &login), 0);
		KUNIT_EXPECT_EQ_MSG(test, login.imm_data, offsets[i].granted, "%u",
				    offsets[i].offset);
	}
}

static void from_rdma(struct kunit *test)
{
	u8 data[57], want[64] = {};
	struct srp_login_req req;
	int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = 0x80 + i;
	want[0] = data[11];
	memcpy(want + 8, data, 8);
	memcpy(want + 16, data + 12, 4);
	memcpy(want + 24, data + 8, 2);
	want[26] = data[10];
	memcpy(want + 28, data + 48, 2);
	memcpy(want + 32, data + 16, 16);
	memcpy(want + 48, data + 32, 16);

	KUNIT_EXPECT_TRUE(test, srpt_login_from_rdma(&req, data, 56));
	KUNIT_EXPECT_MEMEQ(test, &req, want, 64);
	KUNIT_EXPECT_TRUE(test, srpt_login_from_rdma(&req, data, 57));
	KUNIT_EXPECT_FALSE(test, srpt_login_from_rdma(&req, data, 55));
	KUNIT_EXPECT_FALSE(test, srpt_login_from_rdma(&req, data, 0));
	KUNIT_EXPECT_FALSE(test, srpt_login_from_rdma(&req, NULL, 56));
}

static void response(struct kunit *test)
{
	struct srpt_rdma_ch *ch = kunit_kzalloc(test, sizeof(*ch), GFP_KERNEL);
	struct srp_login_req req = request();
	struct srp_login_rsp rsp;
	u8 want[52] = {
		0xc0, [7] = 128, [18] = 0x20, [19] = 0x54, [22] = 0x20, [23] = 0x44,
		[25] = 0x06,
	};

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	ch->rq_size = 128;
	ch->max_ti_iu_len = 8260;
	memcpy(want + 8, &req.tag, 8);
	srpt_build_login_rsp(&rsp, &req, ch, MAX_REQ, false);
	KUNIT_EXPECT_MEMEQ(test, &rsp, want, sizeof(want));

	ch->imm_data = true;
	want[26] = 0x81;
	srpt_build_login_rsp(&rsp, &req, ch, MAX_REQ, true);
	KUNIT_EXPECT_MEMEQ(test, &rsp, want, sizeof(want));

	req.req_flags = SRP_MULTICHAN_MULTI;
	want[26] = 0x82;
	srpt_build_login_rsp(&rsp, &req, ch, MAX_REQ, false);
	KUNIT_EXPECT_MEMEQ(test, &rsp, want, sizeof(want));
}

static void rejection(struct kunit *test)
{
	struct srp_login_rej rej;
	u8 want[32] = { 0xc2, 0, 0, 0, 0x00, 0x01, 0x00, 0x06, [25] = 0x06 };
	u64 tag = 0x1234567890ULL;

	memcpy(want + 8, &tag, 8);
	srpt_build_login_rej(&rej, tag, SRP_LOGIN_REJ_CHANNEL_LIMIT_REACHED);
	KUNIT_EXPECT_MEMEQ(test, &rej, want, sizeof(want));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(granted),
	KUNIT_CASE(lengths),
	KUNIT_CASE(refused),
	KUNIT_CASE(imm_offsets),
	KUNIT_CASE(from_rdma),
	KUNIT_CASE(response),
	KUNIT_CASE(rejection),
	{}
};

struct kunit_suite srpt_login_suite = {
	.name = "ib_srpt-login",
	.test_cases = cases,
};
