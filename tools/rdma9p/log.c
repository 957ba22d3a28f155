// SPDX-License-Identifier: GPL-2.0
/*
 * Messages go to standard error, a line each; a service manager stamps them.
 */
#include <stdarg.h>
#include <stdio.h>
#include "gateway.h"

static void print(const char *fmt, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, args);
	fprintf(stderr, "rdma9p: %s\n", line);
}

/**
 * log_error - say what is wrong
 * @fmt: as for printf, without newline
 */
void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(fmt, args);
	va_end(args);
}

/**
 * log_info - say what goes well, to those who want to know
 * @fmt: as for printf, without newline
 */
void log_info(const char *fmt, ...)
{
	va_list args;

	if (!settings.verbose)
		return;
	va_start(args, fmt);
	print(fmt, args);
	va_end(args);
}
