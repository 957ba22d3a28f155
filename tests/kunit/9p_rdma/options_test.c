// SPDX-License-Identifier: GPL-2.0
/*
 * Mount options: every number at its limits, what is not a number, what
 * nobody knows, and how /proc/mounts shows the result.
 */
/* First, for the sake of its pr_fmt(). */
#include "../../../9p_rdma/options.c"
#include "compat/kunit.h"
#include "suites.h"

#ifdef COMPAT_P9_OPTIONS_ARE_TEXT
struct text_case {
	const char *text;
	int err;
	struct p9_rdma_opts want;	/* after the check */
};

#define DEFAULTS	.port = 5640, .sq_depth = 32, .rq_depth = 32, .timeout = 30000

static const struct text_case texts[] = {
	{ "", 0, { DEFAULTS } },
	{ "trans=rdma", 0, { DEFAULTS } },
	{ ",,trans=rdma,,", 0, { DEFAULTS } },
	{ "port=1", 0, { 1, false, 32, 32, 30000 } },
	{ "port=65535", 0, { (short)65535, false, 32, 32, 30000 } },
	{ "port=0x1608", 0, { DEFAULTS } },
	{ "sq=64", 0, { 5640, false, 64, 64, 30000 } },
	{ "rq=64", 0, { 5640, false, 32, 64, 30000 } },
	{ "rq=8", 0, { DEFAULTS } },
	{ "sq=1,rq=1", 0, { 5640, false, 1, 1, 30000 } },
	{ "sq=1,rq=0", 0, { 5640, false, 1, 1, 30000 } },
	{ "timeout=1", 0, { 5640, false, 32, 32, 1 } },
	{ "timeout=2147483647", 0, { 5640, false, 32, 32, INT_MAX } },
	{ "privport", 0, { 5640, true, 32, 32, 30000 } },
	{ "msize=65536,version=9p2000.L,access=user,port=99,aname=/a,cache=none,debug=0x7", 0,
	  { 99, false, 32, 32, 30000 } },
	{ "port=1,port=2", 0, { 2, false, 32, 32, 30000 } },
	{ "port=0", -EINVAL, {} },
	{ "port=65536", -EINVAL, {} },
	{ "port=-1", -EINVAL, {} },
	{ "port=", -EINVAL, {} },
	{ "port", -EINVAL, {} },
	{ "port=12x", -EINVAL, {} },
	{ "port= 12", -EINVAL, {} },
	{ "port=99999999999999999999", -EINVAL, {} },
	{ "sq=0", -EINVAL, {} },
	{ "sq=2147483648", -EINVAL, {} },
	{ "rq=-1", -EINVAL, {} },
	{ "timeout=0", -EINVAL, {} },
	{ "timeout=2147483648", -EINVAL, {} },
	{ "privport=1", -EINVAL, {} },
	{ "prot=1", -EINVAL, {} },
	{ "port =1", -EINVAL, {} },
	{ "PORT=1", -EINVAL, {} },
	{ "trans=rdma,nonsense", -EINVAL, {} },
};

static void describe(const struct text_case *c, char *desc)
{
	strscpy(desc, *c->text ? c->text : "(nothing)", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(text, texts, describe);

static void from_text(struct kunit *test)
{
	const struct text_case *c = test->param_value;
	struct p9_rdma_opts got;
	char text[128];
	int err;

	strscpy(text, c->text, sizeof(text));
	err = p9_rdma_options_from_text(text, &got);
	if (!err)
		err = p9_rdma_options_check(&got);
	KUNIT_EXPECT_EQ(test, err, c->err);
	KUNIT_EXPECT_STREQ(test, text, c->text);	/* others read it too */
	if (err)
		return;
	KUNIT_EXPECT_EQ(test, got.port, c->want.port);
	KUNIT_EXPECT_EQ(test, got.privport, c->want.privport);
	KUNIT_EXPECT_EQ(test, got.sq_depth, c->want.sq_depth);
	KUNIT_EXPECT_EQ(test, got.rq_depth, c->want.rq_depth);
	KUNIT_EXPECT_EQ(test, got.timeout, c->want.timeout);
}

static void no_text(struct kunit *test)
{
	struct p9_rdma_opts got;

	KUNIT_EXPECT_EQ(test, p9_rdma_options_from_text(NULL, &got), 0);
	KUNIT_EXPECT_EQ(test, got.port, 5640);
	KUNIT_EXPECT_EQ(test, got.timeout, 30000);
}
#endif

static void check(struct kunit *test)
{
	static const struct {
		struct p9_rdma_opts opts;
		int err;
	} given[] = {
		{ { 5640, false, 32, 32, 30000 }, 0 },
		{ { 0, false, 32, 32, 30000 }, -EINVAL },
		{ { 5640, false, 0, 32, 30000 }, -EINVAL },
		{ { 5640, false, -1, 32, 30000 }, -EINVAL },
		{ { 5640, false, 32, -1, 30000 }, -EINVAL },
		{ { 5640, false, 32, 32, 0 }, -EINVAL },
		{ { 5640, false, 32, 32, -5 }, -EINVAL },
		{ { 5640, false, 32, 32, (long)INT_MAX + 1 }, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(given); i++) {
		struct p9_rdma_opts opts = given[i].opts;

		KUNIT_EXPECT_EQ_MSG(test, p9_rdma_options_check(&opts), given[i].err, "case %zu", i);
	}
}

static void expect_shown(struct kunit *test, const struct p9_trans_rdma *like, const char *want)
{
	struct p9_trans_rdma *rdma = kunit_kzalloc(test, sizeof(*rdma), GFP_KERNEL);
	struct p9_client *client = kunit_kzalloc(test, sizeof(*client), GFP_KERNEL);
	char buf[128] = "";
	struct seq_file m = { .buf = buf, .size = sizeof(buf) };

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rdma);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, client);
	rdma->port = like->port;
	rdma->sq_depth = like->sq_depth;
	rdma->rq_depth = like->rq_depth;
	rdma->timeout = like->timeout;
	rdma->privport = like->privport;
	client->trans = rdma;
	KUNIT_EXPECT_EQ(test, p9_rdma_show_options(&m, client), 0);
	buf[m.count] = 0;
	KUNIT_EXPECT_STREQ(test, &buf[0], want);
}

static void show(struct kunit *test)
{
	static const struct p9_trans_rdma plain = {
		.port = 5640, .sq_depth = 32, .rq_depth = 32, .timeout = 30000,
	};
	static const struct p9_trans_rdma full = {
		.port = 65535, .sq_depth = 64, .rq_depth = 65, .timeout = 1, .privport = true,
	};

	expect_shown(test, &plain, "");
	expect_shown(test, &full, ",port=65535,sq=64,rq=65,timeout=1,privport");
}

static struct kunit_case cases[] = {
#ifdef COMPAT_P9_OPTIONS_ARE_TEXT
	KUNIT_CASE_PARAM(from_text, text_gen_params),
	KUNIT_CASE(no_text),
#endif
	KUNIT_CASE(check),
	KUNIT_CASE(show),
	{}
};

struct kunit_suite p9_rdma_options_suite = {
	.name = "9pnet_rdma-options",
	.test_cases = cases,
};
