// SPDX-License-Identifier: GPL-2.0
/*
 * Stack traces of the test kernels, in the place of User Mode Linux's
 * arch/um/kernel/stacktrace.c.
 *
 * KASAN and kmemleak keep a trace of whoever allocates and frees.  The kernel's own
 * version asks of every word on the stack whether it is in the text of the kernel
 * or of a module, and then keeps only those in the chain of frame pointers: a third
 * of the time that a kernel with KASAN is busy.  Here the chain is followed and the
 * rest is not looked at.  An oops, which is rare, still shows all that it may need.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>
#include <asm/stacktrace.h>

/* The part of a stack that is in use. */
struct used_stack {
	unsigned long from, end;
};

static struct used_stack used_stack(struct task_struct *task)
{
	unsigned long sp = (unsigned long)get_stack_pointer(task, task->thread.segv_regs);

	return (struct used_stack){ sp, (sp | (THREAD_SIZE - 1)) + 1 };
}

/* What the frame pointer holds may be anything: code without frames uses it too. */
static bool is_frame(struct used_stack stack, unsigned long frame)
{
	return IS_ALIGNED(frame, sizeof(long)) && frame >= stack.from &&
	       frame <= stack.end - 2 * sizeof(long);
}

static unsigned long word_at(unsigned long address)
{
	return READ_ONCE_NOCHECK(*(unsigned long *)address);
}

static void follow_frames(struct task_struct *task, struct stack_trace *trace)
{
	unsigned long frame = get_frame_pointer(task, task->thread.segv_regs);
	struct used_stack stack = used_stack(task);
	unsigned long address;

	while (trace->nr_entries < trace->max_entries && is_frame(stack, frame)) {
		address = word_at(frame + sizeof(long));
		if (!__kernel_text_address(address))
			break;
		trace->entries[trace->nr_entries++] = address;
		stack.from = frame + sizeof(long);
		frame = word_at(frame);
	}
}

void save_stack_trace(struct stack_trace *trace)
{
	follow_frames(current, trace);
}
EXPORT_SYMBOL_GPL(save_stack_trace);

void save_stack_trace_tsk(struct task_struct *task, struct stack_trace *trace)
{
	follow_frames(task, trace);
}
EXPORT_SYMBOL_GPL(save_stack_trace_tsk);

/* Every word that may be a return address; those of the frames are reliable. */
void dump_trace(struct task_struct *task, const struct stacktrace_ops *ops, void *data)
{
	unsigned long frame = get_frame_pointer(task, task->thread.segv_regs);
	struct used_stack stack = used_stack(task);
	bool reliable;

	for (; stack.from < stack.end; stack.from += sizeof(long)) {
		unsigned long word = word_at(stack.from);

		if (!__kernel_text_address(word))
			continue;
		reliable = stack.from == frame + sizeof(long);
		if (reliable)
			frame = word_at(frame);
		ops->address(data, word, reliable);
	}
}
