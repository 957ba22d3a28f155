/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_KUNIT_SUITES_H
#define RVT_ROCE_KUNIT_SUITES_H

extern struct kunit_suite roce_wire_suite;
extern struct kunit_suite roce_crc_suite;
extern struct kunit_suite roce_icrc_suite;
extern struct kunit_suite roce_opcode_suite;
extern struct kunit_suite roce_packet_suite;
extern struct kunit_suite roce_ecn_suite;
extern struct kunit_suite roce_ack_suite;
extern struct kunit_suite roce_req_suite;
extern struct kunit_suite roce_resp_suite;

#endif
