// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of rdmavt: as a driver sees it, through its exports and on a
 * device of their own (fake.h), or by including the source file in question.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&rdmavt_cq_suite, &rdmavt_device_suite, &rdmavt_keys_suite, &rdmavt_life_suite,
		  &rdmavt_loopback_suite, &rdmavt_mcast_suite, &rdmavt_mw_suite,
		  &rdmavt_post_suite, &rdmavt_qpn_suite, &rdmavt_rc_suite, &rdmavt_rings_suite,
		  &rdmavt_sge_suite, &rdmavt_state_suite);

MODULE_DESCRIPTION("Unit tests of rdmavt");
MODULE_LICENSE("GPL");
