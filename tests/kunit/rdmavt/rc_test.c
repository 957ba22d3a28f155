// SPDX-License-Identifier: GPL-2.0
/*
 * What the reliable connection rests on: the state table, credits in an AETH,
 * RNR times, timers.
 */
#include <linux/delay.h>
#include <rdma/ib_hdrs.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

static struct rvt_qp *rc_qp(struct kunit *test, struct fake_dev **dev)
{
	*dev = fake_register(test);
	return fake_qp(test, *dev, fake_pd(test, *dev, 0), IB_QPT_RC);
}

static void state_table(struct kunit *test)
{
	/* POST_SEND 1, POST_RECV 2, PROC_RECV 4, PROC_SEND 8, NEXT 10, FLUSH_SEND 20, FLUSH_RECV 40 */
	static const int want[] = {
		[IB_QPS_RESET] = 0, [IB_QPS_INIT] = 0x02, [IB_QPS_RTR] = 0x06,
		[IB_QPS_RTS] = 0x1f, [IB_QPS_SQD] = 0x0f, [IB_QPS_SQE] = 0x27, [IB_QPS_ERR] = 0x63,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(want); i++)
		KUNIT_EXPECT_EQ_MSG(test, ib_rvt_state_ops[i], want[i], "state %d", i);
}

static void rnr_times(struct kunit *test)
{
	static const unsigned long usec[32] = {
		655360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920,
		2560, 3840, 5120, 7680, 10240, 15360, 20480, 30720, 40960, 61440, 81920, 122880,
		163840, 245760, 327680, 491520,
	};
	u32 i;

	for (i = 0; i < 256; i++)
		KUNIT_EXPECT_EQ(test, rvt_rnr_tbl_to_usec(i), usec[i % 32]);
	KUNIT_EXPECT_EQ(test, rvt_rnr_tbl_to_usec(U32_MAX), usec[31]);
}

static const u32 credits[] = {
	0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536,
	2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768,
};

static u32 naive_code(u32 posted)
{
	u32 code, best = 0;

	for (code = 0; code < ARRAY_SIZE(credits); code++)
		if (credits[code] <= posted)
			best = code;
	return best;
}

/* The number of posted receives, rounded down to what the code can say. */
static void aeth(struct kunit *test)
{
	struct fake_dev *dev;
	struct rvt_qp *qp = rc_qp(test, &dev);
	u32 posted;

	for (posted = 1; posted < 40000; posted += posted < 3000 ? 1 : 97) {
		qp->r_msn = posted * 0x1234567;
		qp->r_rq.kwq->count = posted;
		KUNIT_ASSERT_EQ_MSG(test, be32_to_cpu(rvt_compute_aeth(qp)),
				    naive_code(posted) << 24 | (qp->r_msn & 0xffffff),
				    "%u receives", posted);
	}
	qp->r_rq.kwq->count = 0;
	qp->r_msn = 0xffffff;
	KUNIT_EXPECT_EQ(test, be32_to_cpu(rvt_compute_aeth(qp)), 0xffffff);
}

static void take_credit(struct rvt_qp *qp, u32 value)
{
	spin_lock_irq(&qp->s_lock);
	rvt_get_credit(qp, value);
	spin_unlock_irq(&qp->s_lock);
}

/* The limit only moves forwards, also across the wrap, until it is lifted. */
static void get_credit(struct kunit *test)
{
	struct fake_dev *dev;
	struct rvt_qp *qp = rc_qp(test, &dev);

	qp->s_lsn = 0xfffff0;
	qp->s_flags |= RVT_S_WAIT_SSN_CREDIT;
	atomic_set(&dev->scheduled, 0);
	take_credit(qp, 0xffffe0);
	KUNIT_EXPECT_EQ(test, qp->s_lsn, 0xfffff0);
	take_credit(qp, 8 << 24 | 0xfffff8);		/* code 8: 16 credits */
	KUNIT_EXPECT_EQ(test, qp->s_lsn, 0x000008);
	KUNIT_EXPECT_FALSE(test, qp->s_flags & RVT_S_WAIT_SSN_CREDIT);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->scheduled), 1);
	take_credit(qp, 0xfffff0);
	KUNIT_EXPECT_EQ(test, qp->s_lsn, 0x000008);
	qp->s_flags |= RVT_S_WAIT_SSN_CREDIT;
	take_credit(qp, 0x1f000000);
	KUNIT_EXPECT_TRUE(test, qp->s_flags & RVT_S_UNLIMITED_CREDIT);
	KUNIT_EXPECT_FALSE(test, qp->s_flags & RVT_S_WAIT_SSN_CREDIT);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->scheduled), 2);
	qp->s_flags &= ~RVT_S_UNLIMITED_CREDIT;
}

/* 4.096 us times a power of two, and never less than a few ticks. */
static void timeouts(struct kunit *test)
{
	u8 code;

	for (code = 1; code < 32; code++) {
		u64 usec = (4096ULL << code) / 1000;
		u64 jiffies_wanted = max_t(u64, div_u64(usec * HZ, 1000000), 1);
		unsigned long got = rvt_timeout_to_jiffies(code);

		if (jiffies_wanted > 16) {
			KUNIT_EXPECT_GE(test, got, jiffies_wanted - jiffies_wanted / 8);
			KUNIT_EXPECT_LE(test, got, jiffies_wanted + jiffies_wanted / 8 + 8);
		} else {
			KUNIT_EXPECT_GT(test, got, 0);
			KUNIT_EXPECT_LE(test, got, 24);
		}
	}
	KUNIT_EXPECT_EQ(test, rvt_timeout_to_jiffies(32), rvt_timeout_to_jiffies(31));
}

static void start_retry(struct rvt_qp *qp)
{
	spin_lock_irq(&qp->s_lock);
	rvt_add_retry_timer_ext(qp, 0);
	spin_unlock_irq(&qp->s_lock);
}

static void retry_timer(struct kunit *test)
{
	struct fake_dev *dev;
	struct rvt_qp *qp = rc_qp(test, &dev);

	fake_modify(test, qp, IB_QPS_RTS);
	qp->s_last_psn = 0xffffff;
	start_retry(qp);
	KUNIT_EXPECT_TRUE(test, qp->s_flags & RVT_S_TIMER);
	msleep(300);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->restarts), 1);
	KUNIT_EXPECT_EQ(test, dev->restart_psn & 0xffffff, 0);
	KUNIT_EXPECT_FALSE(test, qp->s_flags & RVT_S_TIMER);
	start_retry(qp);
	spin_lock_irq(&qp->s_lock);
	rvt_stop_rc_timers(qp);
	spin_unlock_irq(&qp->s_lock);
	KUNIT_EXPECT_FALSE(test, qp->s_flags & RVT_S_TIMER);
	rvt_del_timers_sync(qp);
	msleep(300);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->restarts), 1);
}

/* Many connections share the work: each waits longer, by a tick for five. */
static void timers_scale(struct kunit *test)
{
	struct fake_dev *dev;
	struct rvt_qp *qp = rc_qp(test, &dev);
	struct ib_pd *pd = qp->ibqp.pd;
	unsigned long before;
	int i;

	qp->timeout_jiffies = 1000;
	KUNIT_EXPECT_EQ(test, dev->rdi.busy_jiffies, 0UL);
	for (i = 1; i < 15; i++)
		fake_qp(test, dev, pd, IB_QPT_RC);
	fake_qp(test, dev, pd, IB_QPT_UC);
	fake_qp(test, dev, pd, IB_QPT_UD);
	KUNIT_EXPECT_EQ(test, dev->rdi.n_rc_qps, 15U);
	KUNIT_EXPECT_EQ(test, dev->rdi.busy_jiffies, 3UL);
	before = jiffies;
	spin_lock_irq(&qp->s_lock);
	rvt_add_retry_timer_ext(qp, 2);
	KUNIT_EXPECT_GE(test, qp->s_timer.expires, before + 4003);
	KUNIT_EXPECT_LE(test, qp->s_timer.expires, jiffies + 4003);
	rvt_stop_rc_timers(qp);
	spin_unlock_irq(&qp->s_lock);
}

static void rnr_timer(struct kunit *test)
{
	struct fake_dev *dev;
	struct rvt_qp *qp = rc_qp(test, &dev);

	fake_modify(test, qp, IB_QPS_RTS);
	atomic_set(&dev->scheduled, 0);
	spin_lock_irq(&qp->s_lock);
	rvt_add_rnr_timer(qp, 0x20000000 | 20 << 24);	/* 10.24 ms */
	spin_unlock_irq(&qp->s_lock);
	KUNIT_EXPECT_TRUE(test, qp->s_flags & RVT_S_WAIT_RNR);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->scheduled), 0);
	msleep(100);
	KUNIT_EXPECT_FALSE(test, qp->s_flags & RVT_S_WAIT_RNR);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->scheduled), 1);
}

/* Timers that run are no obstacle to destruction. */
static void destroy_with_timers(struct kunit *test)
{
	struct fake_dev *dev;
	struct rvt_qp *qp = rc_qp(test, &dev);

	fake_modify(test, qp, IB_QPS_RTS);
	start_retry(qp);
	spin_lock_irq(&qp->s_lock);
	rvt_add_rnr_timer(qp, 0x20000000);
	spin_unlock_irq(&qp->s_lock);
}

static void count_qp(struct rvt_qp *qp, u64 v)
{
	(*(unsigned int *)(uintptr_t)v)++;
}

/* The iterator sees every QP once. */
static void iterate(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct ib_pd *pd = fake_pd(test, dev, 0);
	unsigned int n = 0, i;

	for (i = 0; i < 40; i++)
		fake_modify(test, fake_qp(test, dev, pd, IB_QPT_RC), IB_QPS_INIT);
	rvt_qp_iter(&dev->rdi, (uintptr_t)&n, count_qp);
	KUNIT_EXPECT_EQ(test, n, 40);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(state_table),
	KUNIT_CASE(rnr_times),
	KUNIT_CASE(aeth),
	KUNIT_CASE(get_credit),
	KUNIT_CASE(timeouts),
	KUNIT_CASE(retry_timer),
	KUNIT_CASE(timers_scale),
	KUNIT_CASE(rnr_timer),
	KUNIT_CASE(destroy_with_timers),
	KUNIT_CASE(iterate),
	{}
};

struct kunit_suite rdmavt_rc_suite = {
	.name = "rdmavt-rc",
	.test_cases = cases,
};
