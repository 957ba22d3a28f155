// SPDX-License-Identifier: GPL-2.0
/*
 * Completion queues of the kernel: order, wrap, overflow, events, resize.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include "compat/kunit.h"
#include "../../../rdmavt/cq.h"
#include "fake.h"
#include "suites.h"

#define ENTRIES	5
#define MAX_CQE	1000		/* as fake.c says */

struct fixture {
	struct fake_dev *fake;
	struct rvt_qp qp;	/* for its number */
	struct ib_cq *cq;
	atomic_t completions, errors;
	bool in_softirq;	/* was the last completion */
	bool event_below;	/* an event came below whoever caused it */
	u64 in, out;		/* wr_id of the next to enter, to be polled */
};

static void on_completion(struct ib_cq *cq, void *context)
{
	struct fixture *f = context;

	f->in_softirq = in_serving_softirq();
	atomic_inc(&f->completions);
}

static void on_event(struct ib_event *event, void *context)
{
	struct fixture *f = context;

	if (event->event == IB_EVENT_CQ_ERR && event->element.cq == f->cq)
		atomic_inc(&f->errors);
	f->event_below |= irqs_disabled();
}

/* Events so far. */
static int errors(struct fixture *f)
{
	struct rvt_moderated_cq *cq = container_of(f->cq, struct rvt_moderated_cq, cq.ibcq);

	flush_work(&cq->events.work);
	return atomic_read(&f->errors);
}

static void destroy(void *cq)
{
	ib_destroy_cq(cq);
}

static int cq_init(struct kunit *test)
{
	struct ib_cq_init_attr attr = { .cqe = ENTRIES };
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	test->priv = f;
	f->fake = fake_register(test);
	f->qp.ibqp.device = &f->fake->rdi.ibdev;
	f->qp.ibqp.qp_num = 77;
	f->cq = ib_create_cq(&f->fake->rdi.ibdev, on_completion, on_event, f, &attr);
	if (IS_ERR(f->cq))
		return PTR_ERR(f->cq);
	return kunit_add_action_or_reset(test, destroy, f->cq);
}

static bool enter(struct fixture *f, enum ib_wc_status status, bool solicited)
{
	struct ib_wc wc = {
		.wr_id = f->in, .status = status, .opcode = IB_WC_RECV, .qp = &f->qp.ibqp,
		.byte_len = 100 + f->in,
	};
	bool ok = rvt_cq_enter(ibcq_to_rvtcq(f->cq), &wc, solicited);

	if (ok)
		f->in++;
	return ok;
}

/* Poll at most @max; how many there were, having checked which. */
static int poll(struct kunit *test, int max)
{
	struct fixture *f = test->priv;
	struct ib_wc wc[2 * ENTRIES];
	int i, n = ib_poll_cq(f->cq, max, wc);

	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, wc[i].wr_id, f->out);
		KUNIT_EXPECT_EQ(test, (u64)wc[i].byte_len, 100 + f->out);
		f->out++;
	}
	return n;
}

static int completions(struct fixture *f)
{
	struct rvt_cq *cq = ibcq_to_rvtcq(f->cq);

	flush_work(&cq->comptask);
	tasklet_kill(&container_of(cq, struct rvt_moderated_cq, cq)->tasklet);
	return atomic_xchg(&f->completions, 0);
}

/* Every fill level at every position of the ring. */
static void keeps_order(struct kunit *test)
{
	struct fixture *f = test->priv;
	int start, level, i;

	for (start = 0; start <= ENTRIES; start++)
		for (level = 0; level <= ENTRIES; level++) {
			for (i = 0; i < level; i++)
				KUNIT_ASSERT_TRUE(test, enter(f, IB_WC_SUCCESS, false));
			KUNIT_EXPECT_EQ(test, poll(test, 2), min(level, 2));
			KUNIT_EXPECT_EQ(test, poll(test, 2 * ENTRIES), max(level - 2, 0));
			KUNIT_EXPECT_EQ(test, poll(test, 1), 0);
		}
	KUNIT_EXPECT_EQ(test, f->in, f->out);
}

static void overflows(struct kunit *test)
{
	struct fixture *f = test->priv;
	bool room;
	int i;

	for (i = 0; i < ENTRIES; i++)
		KUNIT_ASSERT_TRUE(test, enter(f, IB_WC_SUCCESS, false));
	KUNIT_EXPECT_EQ(test, errors(f), 0);
	local_irq_disable();
	room = enter(f, IB_WC_SUCCESS, false);
	local_irq_enable();
	KUNIT_EXPECT_FALSE(test, room);
	KUNIT_EXPECT_EQ(test, errors(f), 1);
	KUNIT_EXPECT_FALSE(test, f->event_below);
	/* What was lost stays lost, room or no room. */
	KUNIT_EXPECT_EQ(test, poll(test, 2 * ENTRIES), ENTRIES);
	KUNIT_EXPECT_FALSE(test, enter(f, IB_WC_SUCCESS, false));
	/* Once: a process would have the kernel keep any number of these. */
	KUNIT_EXPECT_EQ(test, errors(f), 1);
	KUNIT_EXPECT_EQ(test, poll(test, 1), 0);
}

static void wakes_once(struct kunit *test)
{
	struct fixture *f = test->priv;

	enter(f, IB_WC_SUCCESS, true);
	KUNIT_EXPECT_EQ(test, completions(f), 0);
	KUNIT_EXPECT_EQ(test, ib_req_notify_cq(f->cq, IB_CQ_NEXT_COMP), 0);
	enter(f, IB_WC_SUCCESS, false);
	enter(f, IB_WC_SUCCESS, true);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
}

/* Not below the locks of whoever completes, and not in another thread. */
static void wakes_after_completer(struct kunit *test)
{
	struct fixture *f = test->priv;

	ib_req_notify_cq(f->cq, IB_CQ_NEXT_COMP);
	local_bh_disable();
	KUNIT_EXPECT_TRUE(test, enter(f, IB_WC_SUCCESS, false));
	KUNIT_EXPECT_EQ(test, atomic_read(&f->completions), 0);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, atomic_read(&f->completions), 1);
	KUNIT_EXPECT_TRUE(test, f->in_softirq);
}

static void wakes_on_processor_of_vector(struct kunit *test)
{
	struct fixture *f = test->priv;

	ibcq_to_rvtcq(f->cq)->comp_vector_cpu = 0;
	ib_req_notify_cq(f->cq, IB_CQ_NEXT_COMP);
	local_bh_disable();
	KUNIT_EXPECT_TRUE(test, enter(f, IB_WC_SUCCESS, false));
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, completions(f), 1);
	KUNIT_EXPECT_FALSE(test, f->in_softirq);
}

/*
 * With softirqs on, the handler is left to a thread: it comes after the core has
 * cancelled its polling, and must not queue it again.
 */
static void freed_when_woken(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_cq *cq = ib_alloc_cq(&f->fake->rdi.ibdev, NULL, ENTRIES, 0, IB_POLL_WORKQUEUE);
	struct ib_wc wc = { .qp = &f->qp.ibqp };
	struct rvt_moderated_cq *mcq;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cq);
	mcq = container_of(ibcq_to_rvtcq(cq), struct rvt_moderated_cq, cq);
	ib_req_notify_cq(cq, IB_CQ_NEXT_COMP);
	KUNIT_EXPECT_TRUE(test, rvt_cq_enter(&mcq->cq, &wc, false));
	KUNIT_EXPECT_TRUE(test, test_bit(TASKLET_STATE_SCHED, &mcq->tasklet.state));
	/* DEBUG_OBJECTS looks at what is freed */
	ib_free_cq(cq);
}

static void wakes_for_solicited(struct kunit *test)
{
	struct fixture *f = test->priv;

	ib_req_notify_cq(f->cq, IB_CQ_SOLICITED);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, completions(f), 0);
	enter(f, IB_WC_SUCCESS, true);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
	ib_req_notify_cq(f->cq, IB_CQ_SOLICITED);
	enter(f, IB_WC_WR_FLUSH_ERR, false);
	KUNIT_EXPECT_EQ(test, completions(f), 1);

	/* The stronger request stands. */
	ib_req_notify_cq(f->cq, IB_CQ_NEXT_COMP);
	ib_req_notify_cq(f->cq, IB_CQ_SOLICITED);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
}

static void tells_of_missed(struct kunit *test)
{
	const enum ib_cq_notify_flags flags = IB_CQ_NEXT_COMP | IB_CQ_REPORT_MISSED_EVENTS;
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, ib_req_notify_cq(f->cq, flags), 0);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, ib_req_notify_cq(f->cq, flags), 1);
	KUNIT_EXPECT_EQ(test, ib_req_notify_cq(f->cq, IB_CQ_NEXT_COMP), 0);
	poll(test, 1);
	KUNIT_EXPECT_EQ(test, ib_req_notify_cq(f->cq, flags), 0);
}

/* From every position of the ring, larger and smaller, with entries waiting. */
static void resizes(struct kunit *test)
{
	static const int sizes[] = { ENTRIES + 3, 3, 1, ENTRIES, 2 };
	struct fixture *f = test->priv;
	int start, i, waiting;
	size_t s;

	for (s = 0; s < ARRAY_SIZE(sizes); s++)
		for (start = 0; start <= ENTRIES; start++) {
			int size = sizes[s];

			for (i = 0; i < start; i++)
				if (enter(f, IB_WC_SUCCESS, false))
					poll(test, 1);
			waiting = min(f->cq->cqe, size);
			for (i = 0; i < waiting; i++)
				KUNIT_ASSERT_TRUE(test, enter(f, IB_WC_SUCCESS, false));
			KUNIT_ASSERT_EQ(test, f->fake->rdi.ibdev.ops.resize_cq(f->cq, size, NULL),
					0);
			KUNIT_EXPECT_EQ(test, f->cq->cqe, size);
			for (; waiting < size; waiting++)
				KUNIT_ASSERT_TRUE(test, enter(f, IB_WC_SUCCESS, false));
			KUNIT_EXPECT_EQ(test, poll(test, 2 * ENTRIES), size);
		}
	KUNIT_EXPECT_EQ(test, errors(f), 0);
}

static void refuses_to_resize(struct kunit *test)
{
	struct ib_udata reply = { .outlen = 8 };
	struct fixture *f = test->priv;
	const struct ib_device_ops *ops = &f->fake->rdi.ibdev.ops;

	enter(f, IB_WC_SUCCESS, false);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, ops->resize_cq(f->cq, 1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ops->resize_cq(f->cq, 0, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ops->resize_cq(f->cq, -1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ops->resize_cq(f->cq, MAX_CQE + 1, NULL), -EINVAL);
	/* Not a ring that anybody maps. */
	KUNIT_EXPECT_EQ(test, ops->resize_cq(f->cq, 10, &reply), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->cq->cqe, ENTRIES);
	KUNIT_EXPECT_EQ(test, poll(test, 2 * ENTRIES), 2);
}

static void refuses_to_create(struct kunit *test)
{
	static const struct {
		struct ib_cq_init_attr attr;
		int ret;
	} bad[] = {
		{ { .cqe = 0 }, -EINVAL },
		{ { .cqe = MAX_CQE + 1 }, -EINVAL },
		{ { .cqe = U32_MAX }, -EINVAL },
		{ { .cqe = 1, .flags = 1 }, -EOPNOTSUPP },
	};
	struct fixture *f = test->priv;
	struct ib_cq *cq;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cq = ib_create_cq(&f->fake->rdi.ibdev, NULL, NULL, NULL, &bad[i].attr);
		KUNIT_EXPECT_EQ(test, (int)PTR_ERR_OR_ZERO(cq), bad[i].ret);
		if (!IS_ERR(cq))
			ib_destroy_cq(cq);
	}
}

static void limits_their_number(struct kunit *test)
{
	struct ib_cq_init_attr attr = { .cqe = 1 };
	struct fixture *f = test->priv;
	u32 before = f->fake->rdi.n_cqs_allocated;
	struct ib_cq *cq[8];
	int n;

	f->fake->rdi.dparms.props.max_cq = before + 5;
	for (n = 0; n < ARRAY_SIZE(cq); n++) {
		cq[n] = ib_create_cq(&f->fake->rdi.ibdev, NULL, NULL, NULL, &attr);
		if (IS_ERR(cq[n]))
			break;
	}
	KUNIT_ASSERT_LT(test, n, (int)ARRAY_SIZE(cq));
	KUNIT_EXPECT_EQ(test, (int)PTR_ERR(cq[n]), -ENOMEM);
	KUNIT_EXPECT_EQ(test, n, 5);
	while (n--)
		ib_destroy_cq(cq[n]);
	KUNIT_EXPECT_EQ(test, f->fake->rdi.n_cqs_allocated, before);
}

static void arm(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, ib_req_notify_cq(f->cq, IB_CQ_NEXT_COMP), 0);
}

static void moderated_by_count(struct kunit *test)
{
	struct fixture *f = test->priv;
	int round, i;

	KUNIT_ASSERT_EQ(test, rdma_set_cq_moderation(f->cq, 3, 0), 0);
	for (round = 0; round < 3; round++) {
		arm(test);
		for (i = 0; i < 2; i++) {
			enter(f, IB_WC_SUCCESS, true);
			KUNIT_EXPECT_EQ(test, completions(f), 0);
		}
		enter(f, IB_WC_SUCCESS, true);
		KUNIT_EXPECT_EQ(test, completions(f), 1);
		enter(f, IB_WC_SUCCESS, true);	/* nobody asked */
		KUNIT_EXPECT_EQ(test, completions(f), 0);
		KUNIT_EXPECT_EQ(test, poll(test, 2 * ENTRIES), 4);
	}
}

static void moderated_by_time(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, rdma_set_cq_moderation(f->cq, 4, 50000), 0);
	arm(test);
	msleep(100);
	KUNIT_EXPECT_EQ(test, completions(f), 0);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, completions(f), 0);
	enter(f, IB_WC_SUCCESS, false);
	msleep(200);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
	/* the old time does not end the new wait */
	arm(test);
	msleep(100);
	KUNIT_EXPECT_EQ(test, completions(f), 0);
}

/* Errors do not wait, nor does who is freed from moderation. */
static void moderation_ends(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, rdma_set_cq_moderation(f->cq, 4, 0), 0);
	arm(test);
	enter(f, IB_WC_WR_FLUSH_ERR, false);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
	arm(test);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, completions(f), 0);
	KUNIT_ASSERT_EQ(test, rdma_set_cq_moderation(f->cq, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
	arm(test);
	enter(f, IB_WC_SUCCESS, false);
	KUNIT_EXPECT_EQ(test, completions(f), 1);
	/* and none is destroyed under a timer that runs */
	KUNIT_ASSERT_EQ(test, rdma_set_cq_moderation(f->cq, 0, 60000), 0);
	arm(test);
	enter(f, IB_WC_SUCCESS, false);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(keeps_order),
	KUNIT_CASE(overflows),
	KUNIT_CASE(wakes_once),
	KUNIT_CASE(wakes_after_completer),
	KUNIT_CASE(wakes_on_processor_of_vector),
	KUNIT_CASE(freed_when_woken),
	KUNIT_CASE(wakes_for_solicited),
	KUNIT_CASE(tells_of_missed),
	KUNIT_CASE(moderated_by_count),
	KUNIT_CASE(moderated_by_time),
	KUNIT_CASE(moderation_ends),
	KUNIT_CASE(resizes),
	KUNIT_CASE(refuses_to_resize),
	KUNIT_CASE(refuses_to_create),
	KUNIT_CASE(limits_their_number),
	{}
};

struct kunit_suite rdmavt_cq_suite = {
	.name = "rdmavt-cq",
	.init = cq_init,
	.test_cases = cases,
};
