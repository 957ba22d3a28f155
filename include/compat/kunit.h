/* SPDX-License-Identifier: GPL-2.0 */
/*
 * <kunit/test.h> as it is today, for the kernels where parts of it are
 * missing.  Unit tests include this header in its place.
 */
#ifndef RDMA_ANYWHERE_COMPAT_KUNIT_H
#define RDMA_ANYWHERE_COMPAT_KUNIT_H

#include <kunit/test.h>
#include <linux/string.h>

/* 6.3: compare memory.  The newer macros dump both sides; this one the first difference. */
#ifndef COMPAT_HAVE_KUNIT_MEMEQ
static inline size_t compat_kunit_first_difference(const void *a, const void *b, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (((const u8 *)a)[i] != ((const u8 *)b)[i])
			break;
	return i;
}

#define KUNIT_EXPECT_MEMEQ(test, left, right, size)				\
	KUNIT_EXPECT_EQ_MSG(test,						\
			    compat_kunit_first_difference(left, right, size),	\
			    (size_t)(size), "memory differs from that byte on")
#endif

/* 6.5: what is to be done when the case is over, whatever its result. */
#ifndef COMPAT_HAVE_KUNIT_ADD_ACTION
typedef void (kunit_action_t)(void *ctx);

struct compat_kunit_action {
	kunit_action_t *action;
	void *ctx;
};

static inline int compat_kunit_action_init(struct kunit_resource *res, void *context)
{
	struct compat_kunit_action *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	*a = *(struct compat_kunit_action *)context;
	res->data = a;
	return 0;
}

static inline void compat_kunit_action_free(struct kunit_resource *res)
{
	struct compat_kunit_action *a = res->data;

	a->action(a->ctx);
	kfree(a);
}

static inline int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action, void *ctx)
{
	struct compat_kunit_action a = { action, ctx };

	if (kunit_alloc_resource(test, compat_kunit_action_init, compat_kunit_action_free,
				 GFP_KERNEL, &a))
		return 0;
	action(ctx);
	return -ENOMEM;
}
#endif

/* 6.15: initialize suites without running them.  Who calls this wants them run. */
#ifdef COMPAT_HAVE_KUNIT_RUN_TESTS
#define compat_kunit_run(suites, nr)	__kunit_test_suites_init(suites, nr, true)
#else
#define compat_kunit_run(suites, nr)	__kunit_test_suites_init(suites, nr)
#endif

#endif /* RDMA_ANYWHERE_COMPAT_KUNIT_H */
