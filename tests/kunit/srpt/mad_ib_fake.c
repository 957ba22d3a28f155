// SPDX-License-Identifier: GPL-2.0
/* The driver of ../rdmavt/ib_fake.h, for this module. */
#include "../rdmavt/ib_fake.c"
