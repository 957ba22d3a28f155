/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RDS_KUNIT_SUITES_H
#define RDS_KUNIT_SUITES_H

extern struct kunit_suite rds_header_suite;
extern struct kunit_suite rds_cong_suite;
extern struct kunit_suite rds_info_suite;
extern struct kunit_suite rds_address_suite;
extern struct kunit_suite rds_queue_suite;
extern struct kunit_suite rds_op_suite;
extern struct kunit_suite rds_mr_suite;
extern struct kunit_suite rds_wait_suite;

extern struct kunit_suite rds_ack_suite;
extern struct kunit_suite rds_ring_suite;
extern struct kunit_suite rds_hello_suite;
extern struct kunit_suite rds_credit_suite;
extern struct kunit_suite rds_receive_suite;
extern struct kunit_suite rds_post_suite;
extern struct kunit_suite rds_ib_mr_suite;

#endif
