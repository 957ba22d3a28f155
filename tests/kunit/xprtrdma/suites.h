/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RPCRDMA_KUNIT_SUITES_H
#define RPCRDMA_KUNIT_SUITES_H

extern struct kunit_suite rpcrdma_assemble_suite;
extern struct kunit_suite rpcrdma_backchannel_suite;
extern struct kunit_suite rpcrdma_check_suite;
extern struct kunit_suite rpcrdma_connect_suite;
extern struct kunit_suite rpcrdma_frags_suite;
extern struct kunit_suite rpcrdma_header_suite;
extern struct kunit_suite rpcrdma_mr_suite;
extern struct kunit_suite rpcrdma_pool_suite;
extern struct kunit_suite rpcrdma_reply_suite;
extern struct kunit_suite rpcrdma_sendctx_suite;
extern struct kunit_suite rpcrdma_sizes_suite;
extern struct kunit_suite rpcrdma_svc_reply_suite;
extern struct kunit_suite rpcrdma_svc_send_suite;

struct xdr_buf;

/* An RDMA Write; svc_reply_test.c takes note of it. */
int svc_reply_test_write(const struct xdr_buf *buf, u32 pos, u32 len, u32 rkey,
			 u64 offset);

#endif
