/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RDMAVT_KUNIT_SUITES_H
#define RDMAVT_KUNIT_SUITES_H

extern struct kunit_suite rdmavt_qpn_suite;

#endif
