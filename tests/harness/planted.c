// SPDX-License-Identifier: GPL-2.0
/*
 * A module with one fault, chosen at load time, for the tests of the test
 * harness: each fault has to be noticed, and a load without one has to pass.
 *
 * It is no part of the suite.  The faults happen in its init function, in the
 * context of insmod, and but for the ones that take the kernel down it loads.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *fault = "none";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "which fault: see the table in planted.c");

static DEFINE_MUTEX(planted_first);
static DEFINE_MUTEX(planted_second);
static DECLARE_COMPLETION(planted_never);

/* Parameters, so that the compiler does not see the faults coming. */
static int byte = 9;
module_param(byte, int, 0444);
MODULE_PARM_DESC(byte, "which byte of eight \"overflow\" writes");

static int shift = 40;
module_param(shift, int, 0444);
MODULE_PARM_DESC(shift, "how far \"shift\" shifts an int");

static void plant_warning(void)
{
	WARN_ON(1);
}

static void plant_leak(void)
{
	int i;

	/* More than one: a stale pointer on a stack may hide one of them. */
	for (i = 0; i < 16; i++)
		if (!kmalloc(100, GFP_KERNEL))
			pr_info("planted: no memory to leak\n");
}

static void plant_overflow(void)
{
	u8 *bytes = kzalloc(8, GFP_KERNEL);

	if (!bytes)
		return;
	bytes[byte] = 1;
	kfree(bytes);
}

static void plant_shift(void)
{
	pr_info("planted: %d\n", 1 << shift);
}

/* Two locks in both orders; nobody waits, and lockdep must object. */
static void plant_lock_order(void)
{
	mutex_lock(&planted_first);
	mutex_lock(&planted_second);
	mutex_unlock(&planted_second);
	mutex_unlock(&planted_first);

	mutex_lock(&planted_second);
	mutex_lock(&planted_first);
	mutex_unlock(&planted_first);
	mutex_unlock(&planted_second);
}

static void plant_spin(void)
{
	for (;;)
		cpu_relax();
}

static void plant_sleep(void)
{
	wait_for_completion(&planted_never);
}

static void plant_panic(void)
{
	panic("planted");
}

static void plant_reference(void)
{
	__module_get(THIS_MODULE);
}

static void plant_nothing(void)
{
}

static const struct {
	const char *name;
	void (*plant)(void);
} planted_faults[] = {
	{ "none",	plant_nothing },
	{ "warning",	plant_warning },
	{ "leak",	plant_leak },
	{ "overflow",	plant_overflow },
	{ "shift",	plant_shift },
	{ "lock-order",	plant_lock_order },
	{ "spin",	plant_spin },
	{ "sleep",	plant_sleep },
	{ "panic",	plant_panic },
	{ "reference",	plant_reference },
};

static int __init planted_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(planted_faults); i++) {
		if (!strcmp(fault, planted_faults[i].name)) {
			planted_faults[i].plant();
			return 0;
		}
	}
	pr_err("planted: no such fault: %s\n", fault);
	return -EINVAL;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);

MODULE_DESCRIPTION("Faults for the tests of the test harness");
MODULE_LICENSE("GPL");
