/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RDMAVT_KUNIT_SUITES_H
#define RDMAVT_KUNIT_SUITES_H

extern struct kunit_suite rdmavt_cq_suite;
extern struct kunit_suite rdmavt_device_suite;
extern struct kunit_suite rdmavt_keys_suite;
extern struct kunit_suite rdmavt_life_suite;
extern struct kunit_suite rdmavt_loopback_suite;
extern struct kunit_suite rdmavt_mcast_suite;
extern struct kunit_suite rdmavt_mw_suite;
extern struct kunit_suite rdmavt_post_suite;
extern struct kunit_suite rdmavt_qpn_suite;
extern struct kunit_suite rdmavt_rc_suite;
extern struct kunit_suite rdmavt_rings_suite;
extern struct kunit_suite rdmavt_sge_suite;
extern struct kunit_suite rdmavt_state_suite;

#endif
