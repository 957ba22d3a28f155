// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a channel: which follow which, who does what on the way, and in
 * what order everything is taken down. What a channel is made of is fake here,
 * and writes down how it is called.
 */
#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include "../../../srpt/srpt.h"

struct workqueue_struct *srpt_wq;

/* How often ports were put, what was called, and what it is to return. */
static struct {
	char calls[256];
	int ports_put;
	int disconnect, dreq, drep;
} fake;

static int note(const char *what, int ret)
{
	size_t len = strlen(fake.calls);

	strscpy(fake.calls + len, what, sizeof(fake.calls) - len);
	return ret;
}

bool srpt_get_port(struct srpt_port *sport)
{
	return !sport->gone;
}

void srpt_put_port(struct srpt_port *sport)
{
	fake.ports_put++;
}

static void no_free(struct kref *kref)
{
}

void srpt_put_device(struct srpt_device *sdev)
{
	kref_put(&sdev->kref, no_free);
}

void srpt_kick_done(struct ib_cq *cq, struct ib_wc *wc)
{
}

int srpt_ch_qp_err(struct srpt_rdma_ch *ch)
{
	return note("error ", 0);
}

void srpt_finish_stuck(struct srpt_rdma_ch *ch)
{
	note(srpt_ch_state(ch) == CH_DISCONNECTED ? "stuck " : "too-early ", 0);
}

void srpt_finish_waiting(struct srpt_rdma_ch *ch)
{
	note(srpt_ch_state(ch) == CH_DISCONNECTED ? "waiting " : "too-early ", 0);
}

void srpt_rdma_retry(struct work_struct *work)
{
}

int srpt_post_recv(struct srpt_device *sdev, struct srpt_rdma_ch *ch,
		   struct srpt_recv_ioctx *ioctx)
{
	return note("post ", 0);
}

void srpt_destroy_ch_ib(struct srpt_rdma_ch *ch)
{
	note(list_empty(&ch->list) ? "queues " : "queues-of-a-listed-one ", 0);
}

#define SRPT_TRACE_H
#define trace_srpt_ch_state(ch, was, is)	lockdep_assert_held(&(ch)->lock)
#define srpt_end_session(ch)			note("end ", 0)
#define target_stop_session(sess)		note("stop ", 0)
#define target_wait_for_sess_cmds(sess)		note("wait ", 0)
#define ib_drain_qp(qp)				note("drain ", 0)
#define ib_destroy_cm_id(id)			note("ib ", 0)
#define rdma_destroy_id(id)			note("rdma ", 0)
#define rdma_disconnect(id)			note("disconnect ", fake.disconnect)
#define ib_send_cm_dreq(id, data, len)		note("dreq ", fake.dreq)
#define ib_send_cm_drep(id, data, len)		note("drep ", fake.drep)
#include "../../../srpt/channel.c"
#include "compat/kunit.h"
#include "suites.h"

#define TAKEN_DOWN "error stop drain stuck waiting wait drain "

/* A channel of a port, which is kept when it is released. */
struct fixture {
	struct srpt_device *sdev;
	struct srpt_port *sport;
	struct srpt_rdma_ch *ch;
	struct rdma_cm_id rdma;
	struct ib_cm_id ib;
};

static int set_up(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	memset(&fake, 0, sizeof(fake));
	f->sdev = kunit_kzalloc(test, struct_size(f->sdev, port, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->sdev);
	kref_init(&f->sdev->kref);
	f->sport = &f->sdev->port[0];
	f->sport->sdev = f->sdev;
	mutex_init(&f->sport->mutex);
	INIT_LIST_HEAD(&f->sport->channels);

	srpt_wq = alloc_ordered_workqueue("srpt_kunit", 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, srpt_wq);
	f->ch = srpt_alloc_ch(f->sport);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->ch);
	f->ch->rdma_cm_id = &f->rdma;
	srpt_get_ch(f->ch);
	test->priv = f;
	return 0;
}

static void take_down(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (f) {
		flush_workqueue(srpt_wq);
		cancel_delayed_work_sync(&f->ch->timeout_work);
		if (!fake.ports_put)
			srpt_free_ch(f->ch);
		srpt_put_ch(f->ch);
	}
	if (srpt_wq)
		destroy_workqueue(srpt_wq);
}

/* As if it had come so far; through the IB CM, or else through the RDMA CM. */
static struct fixture *bring_to(struct kunit *test, enum rdma_ch_state state, bool ib)
{
	struct fixture *f = test->priv;

	f->ch->state = state;
	f->ch->ib_cm_id = ib ? &f->ib : NULL;
	f->ch->rdma_cm_id = ib ? NULL : &f->rdma;
	if (list_empty(&f->ch->list))
		list_add(&f->ch->list, &f->sport->channels);
	return f;
}

static void expect_released(struct kunit *test, struct fixture *f, const char *calls)
{
	flush_workqueue(srpt_wq);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, calls);
	KUNIT_EXPECT_EQ(test, srpt_ch_state(f->ch), CH_DISCONNECTED);
	KUNIT_EXPECT_TRUE(test, list_empty(&f->sport->channels));
	KUNIT_EXPECT_EQ(test, fake.ports_put, 1);
	KUNIT_EXPECT_EQ(test, kref_read(&f->sdev->kref), 1);
	KUNIT_EXPECT_EQ(test, kref_read(&f->ch->kref), 1);
}

static void grows(struct kunit *test)
{
	struct fixture *f = test->priv;
	int was, is;

	for (was = CH_CONNECTING; was <= CH_DISCONNECTED; was++)
		for (is = CH_CONNECTING; is <= CH_DISCONNECTED; is++) {
			f->ch->state = was;
			KUNIT_EXPECT_EQ(test, srpt_set_ch_state(f->ch, is, 0), is > was);
			KUNIT_EXPECT_EQ(test, (int)srpt_ch_state(f->ch), max(is, was));
			KUNIT_EXPECT_EQ(test, srpt_ch_is_open(f->ch), max(is, was) <= CH_LIVE);
		}
}

static void port_is_gone(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->sport->gone = true;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(srpt_alloc_ch(f->sport)), -ENODEV);
	KUNIT_EXPECT_EQ(test, kref_read(&f->sdev->kref), 2);
}

/* From each state, once; the RDMA CM's identifier outlives the queue pair. */
static void close_rdma(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_LIVE, false);

	KUNIT_EXPECT_TRUE(test, srpt_close_ch(f->ch));
	KUNIT_EXPECT_FALSE(test, srpt_close_ch(f->ch));
	expect_released(test, f, TAKEN_DOWN "end queues rdma ");
	KUNIT_EXPECT_FALSE(test, srpt_close_ch(f->ch));
}

/* Events of the IB CM use the queue pair, and have to end first. */
static void close_ib(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_CONNECTING, true);

	KUNIT_EXPECT_TRUE(test, srpt_close_ch(f->ch));
	expect_released(test, f, TAKEN_DOWN "end ib queues ");
}

/* What waits goes back into an SRQ, when nobody looks at it any more. */
static void close_srq(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_LIVE, false);
	struct srpt_recv_ioctx waiting[2];

	f->ch->use_srq = true;
	list_add(&waiting[0].wait_list, &f->ch->cmd_wait_list);
	list_add(&waiting[1].wait_list, &f->ch->cmd_wait_list);
	complete_all(&f->ch->last_wqe);
	KUNIT_EXPECT_TRUE(test, srpt_close_ch(f->ch));
	expect_released(test, f, TAKEN_DOWN "post post end queues rdma ");
}

static void disconnects(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_LIVE, false);

	KUNIT_EXPECT_EQ(test, srpt_disconnect_ch(f->ch), 0);
	KUNIT_EXPECT_EQ(test, srpt_ch_state(f->ch), CH_DISCONNECTING);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&f->ch->timeout_work));
	KUNIT_EXPECT_EQ(test, srpt_disconnect_ch(f->ch), -ENOTCONN);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "disconnect ");
	KUNIT_EXPECT_TRUE(test, srpt_close_ch(f->ch));
	expect_released(test, f, "disconnect " TAKEN_DOWN "end queues rdma ");
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch->timeout_work));
}

/* A DREQ, or it answers one; a connection that can do neither is over. */
static void disconnect_ib(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_LIVE, true);

	KUNIT_EXPECT_EQ(test, srpt_disconnect_ch(f->ch), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "dreq ");

	bring_to(test, CH_LIVE, true);
	fake.dreq = -EINVAL;
	KUNIT_EXPECT_EQ(test, srpt_disconnect_ch(f->ch), 0);
	KUNIT_EXPECT_EQ(test, srpt_ch_state(f->ch), CH_DISCONNECTING);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "dreq dreq drep ");

	bring_to(test, CH_LIVE, true);
	fake.drep = -EINVAL;
	KUNIT_EXPECT_EQ(test, srpt_disconnect_ch(f->ch), 0);
	expect_released(test, f, "dreq dreq drep dreq drep " TAKEN_DOWN "end ib queues ");
}

/* Who has no answer yet will be turned down (login.c), and is told nothing. */
static void disconnect_before_answer(struct kunit *test)
{
	struct fixture *f = test->priv;

	srpt_disconnect_ch_unlocked(f->ch);
	KUNIT_EXPECT_FALSE(test, srpt_ch_is_open(f->ch));
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "");
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch->timeout_work));

	bring_to(test, CH_LIVE, false);
	srpt_disconnect_ch_unlocked(f->ch);
	KUNIT_EXPECT_EQ(test, srpt_ch_state(f->ch), CH_DISCONNECTING);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "disconnect ");
}

/* News of the initiator changes nothing, unless it was to be told something. */
static void resume_disconnect(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_LIVE, false);

	srpt_resume_disconnect(f->ch);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "");
	bring_to(test, CH_DISCONNECTING, false);
	srpt_resume_disconnect(f->ch);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "disconnect ");
	fake.disconnect = -EINVAL;
	srpt_resume_disconnect(f->ch);
	expect_released(test, f, "disconnect disconnect " TAKEN_DOWN "end queues rdma ");
}

/* Only who waits for the initiator gives up. */
static void timeouts(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_LIVE, false);

	timeout_work(&f->ch->timeout_work.work);
	KUNIT_EXPECT_EQ(test, srpt_ch_state(f->ch), CH_LIVE);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.calls, "");

	KUNIT_EXPECT_TRUE(test, srpt_set_ch_state(f->ch, CH_DISCONNECTING, HZ));
	KUNIT_EXPECT_TRUE(test, flush_delayed_work(&f->ch->timeout_work));
	expect_released(test, f, TAKEN_DOWN "end queues rdma ");
}

static void timeout_of_login(struct kunit *test)
{
	struct fixture *f = bring_to(test, CH_CONNECTING, false);

	timeout_work(&f->ch->timeout_work.work);
	expect_released(test, f, TAKEN_DOWN "end queues rdma ");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(grows),
	KUNIT_CASE(port_is_gone),
	KUNIT_CASE(close_rdma),
	KUNIT_CASE(close_ib),
	KUNIT_CASE(close_srq),
	KUNIT_CASE(disconnects),
	KUNIT_CASE(disconnect_ib),
	KUNIT_CASE(disconnect_before_answer),
	KUNIT_CASE(resume_disconnect),
	KUNIT_CASE(timeouts),
	KUNIT_CASE(timeout_of_login),
	{}
};

struct kunit_suite srpt_channel_suite = {
	.name = "ib_srpt-channel",
	.init = set_up,
	.exit = take_down,
	.test_cases = cases,
};
