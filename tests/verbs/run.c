// SPDX-License-Identifier: GPL-2.0
/*
 * Running cases: selection by name, one line of verdict each, a summary.
 *
 * A case that fails leaves by longjmp and without cleaning up; both ends are
 * reset after each case in any event.
 */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vt.h"

enum verdict { PASSED, FAILED, SKIPPED };

static jmp_buf case_over;
static bool in_case;
static char reason[400];

static void set_reason(const char *fmt, va_list ap)
{
	vsnprintf(reason, sizeof(reason), fmt, ap);
}

/* A fault of the environment: nothing can go on. */
void vt_abort(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_reason(fmt, ap);
	va_end(ap);
	fflush(stdout);
	fprintf(stderr, "vt: %s\n", reason);
	exit(2);
}

void vt_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_reason(fmt, ap);
	va_end(ap);
	if (!in_case) {
		printf("FAIL %s\n", reason);
		exit(1);
	}
	longjmp(case_over, FAILED);
}

void vt_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_reason(fmt, ap);
	va_end(ap);
	longjmp(case_over, SKIPPED);
}

/*
 * Stock rdma_rxe is known to lack this and that.  Between two ends of ours, what is
 * not in this list has no reason to be skipped.
 */
static bool may_skip(const struct vt_pair *p, const struct vt_case *c)
{
	static const struct {
		const char *pattern;
		bool lossy;
	} list[] = {
		{ "window/*", false }, { "uc/*/1m/*", true }, { "uc/*/8m/*", true },
	};
	size_t i;

	if (end_is_rxe(p->a) || end_is_rxe(p->b))
		return true;
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!fnmatch(list[i].pattern, c->name, 0) && (p->conf.lossy || !list[i].lossy))
			return true;
	return false;
}

static enum verdict run_case(struct vt_pair *p, const struct vt_case *c)
{
	struct vt_pair pair = *p;
	int verdict;

	pair.c = c;
	if (c->swap) {
		pair.a = p->b;
		pair.b = p->a;
	}
	verdict = setjmp(case_over);
	if (verdict == PASSED) {
		in_case = true;
		c->run(&pair);
	}
	in_case = false;
	end_reset(p->a);
	end_reset(p->b);
	return verdict == SKIPPED && !may_skip(p, c) ? FAILED : verdict;
}

static bool wanted(const char *name, char *const *patterns, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return !n;
}

/* A pattern without a case would be a test that does nothing. */
static void require_match(const struct vt_case *const *tables, char *pattern)
{
	const struct vt_case *c;

	for (; *tables; tables++)
		for (c = *tables; c->name; c++)
			if (wanted(c->name, &pattern, 1))
				return;
	vt_abort("no case matches '%s'; `vt list` shows all", pattern);
}

int run_cases(struct vt_pair *p, char *const *patterns, int n, bool list_only)
{
	const struct vt_case *tables[] = {
		matrix_cases(), basic_cases, srq_cases, protection_cases,
		retry_cases, state_cases, cq_cases, ud_cases, inline_cases, memory_cases,
		window_cases, NULL
	};
	static const char * const word[] = { "ok", "FAIL", "skip" };
	const struct vt_case *c;
	unsigned int count[3] = {};
	size_t t;
	int i;

	for (i = 0; i < n; i++)
		require_match(tables, patterns[i]);
	for (t = 0; tables[t]; t++) {
		for (c = tables[t]; c->name; c++) {
			uint64_t start = now_usec();
			enum verdict v;

			if (!wanted(c->name, patterns, n))
				continue;
			if (list_only) {
				puts(c->name);
				continue;
			}
			reason[0] = 0;
			v = run_case(p, c);
			count[v]++;
			printf("%s %s (%llu ms)%s%s\n", word[v], c->name,
			       (unsigned long long)(now_usec() - start) / 1000,
			       reason[0] ? ": " : "", reason);
			fflush(stdout);
		}
	}
	if (list_only)
		return 0;
	printf("vt: %u passed, %u failed, %u skipped\n", count[PASSED], count[FAILED], count[SKIPPED]);
	return count[FAILED] || !count[PASSED];
}
