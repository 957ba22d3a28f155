/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SRPT_KUNIT_SUITES_H
#define SRPT_KUNIT_SUITES_H

extern struct kunit_suite srpt_channel_suite;
extern struct kunit_suite srpt_data_suite;
extern struct kunit_suite srpt_desc_suite;
extern struct kunit_suite srpt_dm_suite;
extern struct kunit_suite srpt_ioctx_suite;
extern struct kunit_suite srpt_iu_suite;
extern struct kunit_suite srpt_login_suite;
extern struct kunit_suite srpt_name_suite;
extern struct kunit_suite srpt_session_suite;

#endif
