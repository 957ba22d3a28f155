// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of rds_rdma: rings, credits, acknowledgments, private data, what a
 * peer sends, operations that cannot be posted, regions of a device.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&rds_ring_suite, &rds_credit_suite, &rds_hello_suite,
		  &rds_receive_suite, &rds_ack_suite, &rds_post_suite,
		  &rds_ib_mr_suite);

MODULE_DESCRIPTION("Unit tests of rds_rdma");
MODULE_LICENSE("GPL");
