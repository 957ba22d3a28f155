/* SPDX-License-Identifier: GPL-2.0 */
#ifndef P9_RDMA_KUNIT_SUITES_H
#define P9_RDMA_KUNIT_SUITES_H

extern struct kunit_suite p9_rdma_options_suite;
extern struct kunit_suite p9_rdma_address_suite;

#endif
