// SPDX-License-Identifier: GPL-2.0
/*
 * Regions: when a peer's access ends, and whose word ends it.
 */
/* queue_test.c has another one. */
#define rds_mr_used	tested_mr_used
#include "../../../rds/mr.c"
#include "compat/kunit.h"
#include "suites.h"

#define R_KEY	0x1234

/**
 * struct regions - a socket whose transport counts
 * @trans: the transport
 * @rs: the socket
 * @rm: a message of the socket
 * @made: regions that were
 * @freed: regions that were
 * @flushed: how often the transport was asked to end all access
 */
struct regions {
	struct rds_transport trans;
	struct rds_sock rs;
	struct rds_message rm;
	unsigned int made;
	unsigned int freed;
	unsigned int flushed;
};

static struct regions *regions;

static void *fake_get_mr(struct scatterlist *sg, unsigned long nr_sg, struct rds_sock *rs,
			 u32 *key_ret, struct rds_connection *conn, u64 start, u64 length)
{
	*key_ret = R_KEY + regions->made++;
	return regions;
}

static void fake_free_mr(void *trans_private, int invalidate)
{
	regions->freed++;
}

static void fake_flush_mrs(void)
{
	regions->flushed++;
}

static int mr_init(struct kunit *test)
{
	regions = kunit_kzalloc(test, sizeof(*regions), GFP_KERNEL);
	if (!regions)
		return -ENOMEM;
	regions->trans.get_mr = fake_get_mr;
	regions->trans.free_mr = fake_free_mr;
	regions->trans.flush_mrs = fake_flush_mrs;
	spin_lock_init(&regions->rs.rs_lock);
	regions->rs.rs_mrs = RB_ROOT;
	regions->rs.rs_bound.port = htons(4000);
	regions->rs.rs_is_bound = true;
	regions->rs.rs_transport = &regions->trans;
	regions->rm.m_daddr = in6addr_loopback;
	return 0;
}

static void mr_exit(struct kunit *test)
{
	if (!regions)
		return;
	rds_mr_drop_all(&regions->rs);
	if (regions->rm.m_mr)
		rds_mr_put(regions->rm.m_mr);
	KUNIT_EXPECT_EQ(test, regions->freed, regions->made);
	regions = NULL;
}

static void make_region(struct kunit *test, u64 flags)
{
	struct rds_get_mr_args args = { .vec = { PAGE_SIZE, 100 }, .flags = flags };

	KUNIT_ASSERT_EQ(test, rds_get_mr(&regions->rs, KERNEL_SOCKPTR(&args), sizeof(args)), 0);
}

static int free_region(u64 cookie, u64 flags)
{
	struct rds_free_mr_args args = { .cookie = cookie, .flags = flags };

	return rds_free_mr(&regions->rs, KERNEL_SOCKPTR(&args), sizeof(args));
}

static int announce_region(u64 cookie)
{
	u8 space[CMSG_SPACE(sizeof(u64))] __aligned(8) = {};
	struct cmsghdr *cmsg = (struct cmsghdr *)space;

	cmsg->cmsg_len = CMSG_LEN(sizeof(cookie));
	memcpy(CMSG_DATA(cmsg), &cookie, sizeof(cookie));
	return rds_cmsg_rdma_dest(&regions->rs, &regions->rm, cmsg);
}

/* The message that announces it has not been acknowledged, and may not be soon. */
static void freed_on_its_way(struct kunit *test)
{
	make_region(test, 0);
	KUNIT_ASSERT_EQ(test, announce_region(R_KEY), 0);
	KUNIT_EXPECT_EQ(test, free_region(R_KEY, RDS_RDMA_INVALIDATE), 0);
	KUNIT_EXPECT_EQ(test, regions->freed, 1);
	KUNIT_EXPECT_EQ(test, free_region(R_KEY, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, regions->freed, 1);
}

static void closed_on_its_way(struct kunit *test)
{
	make_region(test, 0);
	make_region(test, 0);
	KUNIT_ASSERT_EQ(test, announce_region(R_KEY), 0);
	rds_mr_drop_all(&regions->rs);
	KUNIT_EXPECT_EQ(test, regions->freed, 2);
}

/* Only whom it was announced to may say that it has been used. */
static void whose_word(struct kunit *test)
{
	make_region(test, RDS_RDMA_USE_ONCE);
	KUNIT_ASSERT_EQ(test, announce_region(R_KEY), 0);
	rds_mr_used(&regions->rs, R_KEY, &in6addr_linklocal_allnodes);
	rds_mr_used(&regions->rs, R_KEY + 1, &in6addr_loopback);
	KUNIT_EXPECT_EQ(test, regions->freed, 0);
	rds_mr_used(&regions->rs, R_KEY, &in6addr_loopback);
	KUNIT_EXPECT_EQ(test, regions->freed, 1);
	rds_mr_used(&regions->rs, R_KEY, &in6addr_loopback);
	KUNIT_EXPECT_EQ(test, regions->freed, 1);
}

static void used_more_than_once(struct kunit *test)
{
	make_region(test, 0);
	KUNIT_ASSERT_EQ(test, announce_region(R_KEY), 0);
	rds_mr_used(&regions->rs, R_KEY, &in6addr_loopback);
	KUNIT_EXPECT_EQ(test, regions->freed, 0);
}

/* A bind() that will fail has written the port, and attached a transport. */
static void being_bound(struct kunit *test)
{
	struct rds_get_mr_args args = { .vec = { PAGE_SIZE, 100 } };

	regions->rs.rs_is_bound = false;
	KUNIT_EXPECT_EQ(test, rds_get_mr(&regions->rs, KERNEL_SOCKPTR(&args), sizeof(args)),
			-ENOTCONN);
	KUNIT_EXPECT_EQ(test, regions->made, 0);
}

static void flushed_if_asked(struct kunit *test)
{
	make_region(test, 0);
	make_region(test, 0);
	KUNIT_EXPECT_EQ(test, free_region(R_KEY, 0), 0);
	KUNIT_EXPECT_EQ(test, regions->flushed, 0);
	KUNIT_EXPECT_EQ(test, free_region(R_KEY + 1, RDS_RDMA_INVALIDATE), 0);
	KUNIT_EXPECT_EQ(test, regions->flushed, 1);
}

static void wrong_ranges(struct kunit *test)
{
	static const struct {
		u64 addr, bytes;
		int err;
	} ranges[] = {
		{ PAGE_SIZE, 0, -EINVAL },
		{ U64_MAX, 1, -EINVAL },
		{ U64_MAX - 10, 10, -EINVAL },
		{ PAGE_SIZE, U64_MAX, -EINVAL },
		{ 0, RDS_MAX_MSG_SIZE + PAGE_SIZE + 1, -EMSGSIZE },
		{ 0, RDS_MAX_MSG_SIZE + PAGE_SIZE, 0 },
		{ PAGE_SIZE - 1, RDS_MAX_MSG_SIZE + 1, 0 },
		{ PAGE_SIZE - 1, RDS_MAX_MSG_SIZE + 2, -EMSGSIZE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct rds_get_mr_args args = { .vec = { ranges[i].addr, ranges[i].bytes } };

		KUNIT_EXPECT_EQ(test, rds_get_mr(&regions->rs, KERNEL_SOCKPTR(&args),
						 sizeof(args)), ranges[i].err);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(freed_on_its_way),
	KUNIT_CASE(closed_on_its_way),
	KUNIT_CASE(whose_word),
	KUNIT_CASE(used_more_than_once),
	KUNIT_CASE(being_bound),
	KUNIT_CASE(flushed_if_asked),
	KUNIT_CASE(wrong_ranges),
	{}
};

struct kunit_suite rds_mr_suite = {
	.name = "rds-regions",
	.init = mr_init,
	.exit = mr_exit,
	.test_cases = cases,
};
