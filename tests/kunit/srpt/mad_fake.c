// SPDX-License-Identifier: GPL-2.0
/* The driver of ../rdmavt/fake.h, for this module. */
#include "../rdmavt/fake.c"
