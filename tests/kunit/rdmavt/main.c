// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of rdmavt.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&rdmavt_qpn_suite);

MODULE_DESCRIPTION("Unit tests of rdmavt");
MODULE_LICENSE("GPL");
