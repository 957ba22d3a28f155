// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of rpcrdma: headers, what hostile ones are, how Calls and Replies are
 * put together, connecting, and the accounting of Sends, memory regions, requests and Receives.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&rpcrdma_header_suite, &rpcrdma_check_suite,
		  &rpcrdma_assemble_suite, &rpcrdma_backchannel_suite,
		  &rpcrdma_frags_suite,
		  &rpcrdma_sendctx_suite, &rpcrdma_mr_suite,
		  &rpcrdma_pool_suite, &rpcrdma_sizes_suite,
		  &rpcrdma_connect_suite, &rpcrdma_reply_suite,
		  &rpcrdma_svc_reply_suite, &rpcrdma_svc_send_suite);

MODULE_DESCRIPTION("Unit tests of rpcrdma");
MODULE_LICENSE("GPL");
