// SPDX-License-Identifier: GPL-2.0
/*
 * The server's Replies: which bytes go where, and what does not fit.
 */
#include "../../../xprtrdma/svc_reply.c"
#include <linux/slab.h>
#include "compat/kunit.h"
#include "images.h"
#include "suites.h"

/* What has been written: @writes says it like "1+0:head 2+0:rest". */
static char writes[128];

int svc_reply_test_write(const struct xdr_buf *buf, u32 pos, u32 len, u32 rkey,
			 u64 offset)
{
	char bytes[32] = "";

	if (len >= sizeof(bytes) || read_bytes_from_xdr_buf(buf, pos, bytes, len))
		return -ERANGE;
	snprintf(writes + strlen(writes), sizeof(writes) - strlen(writes), "%u+%llu:%s ", rkey,
		 offset, bytes);
	return 0;
}

struct percpu_counter svcrdma_stat_write;

struct reply {
	struct svcrdma_xprt sx;
	struct svcrdma_send send;
	struct svcrdma_recv recv;
	struct xdr_buf res;
	__be32 call[1024];
	u8 message[4096];
};

/* The answer to this header, for which @text is encoded. */
static struct reply *make_reply(struct kunit *test, const struct image *image, char *text)
{
	struct reply *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	r->sx.sx_msg_size = sizeof(r->message);
	r->sx.sx_peer_recv = sizeof(r->message);
	r->sx.sx_max_requests = 5;
	r->send.xprt = &r->sx;
	r->send.buf = r->message;
	r->recv.xprt = &r->sx;
	r->res.head[0].iov_base = text;
	r->res.head[0].iov_len = strlen(text);
	r->res.len = strlen(text);
	if (image) {
		image_bytes(image, r->call);
		KUNIT_ASSERT_EQ(test,
				rpcrdma_hdr_decode(r->call, image->nr_words * 4, &r->recv.hdr), 0);
	}
	writes[0] = 0;
	return r;
}

static void payload(struct reply *r, u32 pos, u32 len)
{
	r->recv.payloads[r->recv.nr_payloads++] = (struct svcrdma_payload){ pos, len };
}

static void expect_header(struct kunit *test, const struct reply *r, const struct image *want)
{
	__be32 bytes[IMAGE_WORDS];

	image_bytes(want, bytes);
	KUNIT_EXPECT_MEMEQ(test, r->message, bytes, want->nr_words * 4);
}

static const struct image with_nothing = { "", 7, { 1, 1, 1, 0, 0, 0, 0 } };
static const struct image with_write = {
	"", 17, { 1, 1, 1, 0, 0, 1, 2, SEG(1, 4, 0), SEG(2, 64, 8), 0, 0 } };
static const struct image with_reply = {
	"", 16, { 1, 1, 1, 0, 0, 0, 1, 2, SEG(3, 4, 0), SEG(4, 12, 8) } };
static const struct image with_both = {
	"", 18, { 1, 1, 1, 0, 0, 1, 1, SEG(1, 64, 0), 0, 1, 1, SEG(3, 64, 0) } };

static void nothing_but_inline(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_nothing, "abcdefgh");

	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), 28 + 8);
	expect_header(test, r, &(struct image){ "", 7, { 1, 1, 5, 0, 0, 0, 0 } });
	KUNIT_EXPECT_MEMEQ(test, r->message + 28, "abcdefgh", 8);
	KUNIT_EXPECT_STREQ(test, writes, "");
}

/* Six bytes of data and their padding are not inline. */
static void written(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_write, "headDATADA..tail");

	payload(r, 4, 6);
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), 68 + 8);
	KUNIT_EXPECT_STREQ(test, writes, "1+0:DATA 2+8:DA ");
	expect_header(test, r, &(struct image){
		"", 17, { 1, 1, 5, 0, 0, 1, 2, SEG(1, 4, 0), SEG(2, 2, 8), 0, 0 } });
	KUNIT_EXPECT_MEMEQ(test, r->message + 68, "headtail", 8);
}

static void in_a_reply_chunk(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_reply, "abcdefgh");

	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), 64);
	KUNIT_EXPECT_STREQ(test, writes, "3+0:abcd 4+8:efgh ");
	expect_header(test, r, &(struct image){
		"", 16, { 1, 1, 5, 1, 0, 0, 1, 2, SEG(3, 4, 0), SEG(4, 4, 8) } });
}

/* What is in the write list does not count for the reply chunk. */
static void both(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_both, "headDATADA..tail");

	payload(r, 4, 6);
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), 72);
	KUNIT_EXPECT_STREQ(test, writes, "1+0:DATADA 3+0:head 3+4:tail ");
	expect_header(test, r, &(struct image){
		"", 18, { 1, 1, 5, 1, 0, 1, 1, SEG(1, 6, 0), 0, 1, 1, SEG(3, 8, 0) } });
}

static void does_not_fit(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_reply, "abcdefghijklmnopq");

	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), -E2BIG);
	r = make_reply(test, &with_nothing, "abcdefgh");
	r->sx.sx_peer_recv = 28 + 8;
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), 28 + 8);
	r->sx.sx_peer_recv = 28 + 7;
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), -E2BIG);
}

/* Not even the header fits into the client's Receives. */
static void header_does_not_fit(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_reply, "abcd");

	r->sx.sx_peer_recv = 60;
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), -EMSGSIZE);
	r->sx.sx_peer_recv = 64;
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), 64);
}

static void payloads_that_are_not_there(struct kunit *test)
{
	struct reply *r = make_reply(test, &with_write, "headDATA");

	payload(r, 4, 5);
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), -EINVAL);
	r = make_reply(test, &with_write, "headDATA");
	payload(r, 0xfffffffc, 8);
	KUNIT_EXPECT_EQ(test, build_reply(&r->send, &r->recv, &r->res), -EINVAL);
}

/* Payloads go into chunks as long as there are any, and have to fit there. */
static void result_payload(struct kunit *test)
{
	struct svc_rqst *rqstp = kunit_kzalloc(test, sizeof(*rqstp), GFP_KERNEL);
	struct reply *r = make_reply(test, &with_write, "");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rqstp);
	rqstp->rq_xprt_ctxt = &r->recv;
	KUNIT_EXPECT_EQ(test, svcrdma_result_payload(rqstp, 4, 69), -E2BIG);
	KUNIT_EXPECT_EQ(test, r->recv.nr_payloads, 0U);
	KUNIT_EXPECT_EQ(test, svcrdma_result_payload(rqstp, 4, 68), 0);
	KUNIT_EXPECT_EQ(test, svcrdma_result_payload(rqstp, 80, 1000), 0);
	KUNIT_EXPECT_EQ(test, r->recv.nr_payloads, 1U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_but_inline),
	KUNIT_CASE(written),
	KUNIT_CASE(in_a_reply_chunk),
	KUNIT_CASE(both),
	KUNIT_CASE(does_not_fit),
	KUNIT_CASE(header_does_not_fit),
	KUNIT_CASE(payloads_that_are_not_there),
	KUNIT_CASE(result_payload),
	{}
};

struct kunit_suite rpcrdma_svc_reply_suite = {
	.name = "rpcrdma-svc-reply",
	.test_cases = cases,
};
