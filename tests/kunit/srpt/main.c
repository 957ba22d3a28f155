// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of ib_srpt: what it reads from the wire, what it writes there, the
 * names it knows, who is admitted, the memory of commands, and the states of
 * commands and channels.
 */
#include <linux/module.h>
#include "compat/kunit.h"
#include "suites.h"

kunit_test_suites(&srpt_login_suite, &srpt_data_suite, &srpt_desc_suite, &srpt_iu_suite,
		  &srpt_dm_suite, &srpt_name_suite, &srpt_ioctx_suite, &srpt_channel_suite,
		  &srpt_session_suite);

MODULE_DESCRIPTION("Unit tests of ib_srpt");
MODULE_LICENSE("GPL");
