// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of rds: what needs neither a socket nor a connection.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&rds_address_suite, &rds_cong_suite, &rds_header_suite, &rds_info_suite,
		  &rds_queue_suite, &rds_op_suite, &rds_mr_suite, &rds_wait_suite);

MODULE_DESCRIPTION("Unit tests of rds");
MODULE_LICENSE("GPL");
