// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of rvt_roce.  Each test file includes the source file that it
 * tests, so that nothing has to be exported for them.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&roce_wire_suite, &roce_crc_suite, &roce_icrc_suite, &roce_opcode_suite,
		  &roce_packet_suite, &roce_ecn_suite, &roce_ack_suite, &roce_resp_suite,
		  &roce_req_suite);

MODULE_DESCRIPTION("Unit tests of rvt_roce");
MODULE_LICENSE("GPL");
