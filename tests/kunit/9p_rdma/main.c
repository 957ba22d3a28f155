// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of 9pnet_rdma: what it reads from a mount command.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&p9_rdma_options_suite, &p9_rdma_address_suite);

MODULE_DESCRIPTION("Unit tests of 9pnet_rdma");
MODULE_LICENSE("GPL");
