// SPDX-License-Identifier: GPL-2.0
/*
 * Sequences and the queues: what is acknowledged leaves them, what is not is sent
 * again after a reset, and what arrives twice is dropped. At the end, all of that
 * at random between two ends: every message once, and in order.
 */
/* The modules under test export these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include "../../../rds/send_queue.c"
#include "../../../rds/xmit.c"
#include "../../../rds/recv.c"
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "compat/kunit.h"
#include "fake.h"
#include "suites.h"

#define SPORT	htons(4000)
#define DPORT	htons(5000)

/* What has gone out of one end, and has not come in at the other. */
struct frame {
	struct list_head item;
	struct rds_header hdr;
};

/**
 * struct ends - a connection, seen from both ends, and what is between
 * @trans: of both
 * @tx: the end that sends
 * @rx: the end that receives
 * @from: socket of the sender
 * @to: socket of the receiver
 * @flight: frames on their way
 * @room: bytes that the transport takes before it is full
 * @taken: bytes of the message that is being sent
 * @ops: operations that were posted
 * @no_ops: the transport has no room for operations
 * @worker: what c_send_w does
 * @pongs: pings that were answered
 */
struct ends {
	struct rds_transport trans;
	struct rds_connection tx;
	struct rds_connection rx;
	struct rds_sock from;
	struct rds_sock to;
	struct list_head flight;
	unsigned int room;
	unsigned int taken;
	unsigned int ops;
	bool no_ops;
	struct work_struct worker;
	unsigned int pongs;
};

static struct ends *ends;

/* ---------------------------------------------------------------- surroundings */

struct rds_sock *rds_find_bound(struct net *net, const struct in6_addr *addr,
				__be16 port, u32 scope)
{
	if (port != DPORT)
		return NULL;
	rds_sock_addref(&ends->to);
	return &ends->to;
}

void rds_mr_used(struct rds_sock *rs, u32 rkey, const struct in6_addr *peer)
{
}

void rds_send_pong(struct rds_connection *conn, __be16 dport)
{
	ends->pongs++;
}

static int fake_xmit(struct rds_connection *conn, struct rds_message *rm,
		     unsigned int hdr_off, unsigned int sg, unsigned int off)
{
	unsigned int total = sizeof(struct rds_header) + be32_to_cpu(rm->m_inc.i_hdr.h_len);
	unsigned int before = hdr_off + sg * PAGE_SIZE + off, part;
	struct frame *frame;

	/* It goes on where it stopped. */
	WARN_ON(before != ends->taken);
	part = min(ends->room, total - before);
	ends->room -= part;
	ends->taken = before + part;
	if (ends->taken < total)
		return part;

	frame = kzalloc(sizeof(*frame), GFP_KERNEL);
	if (WARN_ON(!frame))
		return -ENOMEM;
	frame->hdr = rm->m_inc.i_hdr;
	list_add_tail(&frame->item, &ends->flight);
	ends->taken = 0;
	return part;
}

static int fake_xmit_rdma(struct rds_connection *conn, struct rm_rdma_op *op)
{
	if (ends->no_ops)
		return 1;
	ends->ops++;
	return 0;
}

static void fake_inc_free(struct rds_incoming *inc)
{
	kfree(inc);
}

static void init_conn(struct rds_connection *conn)
{
	conn->c_trans = &ends->trans;
	INIT_LIST_HEAD(&conn->c_send_queue);
	INIT_LIST_HEAD(&conn->c_retrans);
	spin_lock_init(&conn->c_lock);
	mutex_init(&conn->c_xmit_lock);
	conn->c_next_tx_seq = 1;
	atomic_set(&conn->c_state, RDS_CONN_UP);
}

static void init_rs(struct rds_sock *rs)
{
	spin_lock_init(&rs->rs_lock);
	spin_lock_init(&rs->rs_recv_lock);
	INIT_LIST_HEAD(&rs->rs_send_queue);
	INIT_LIST_HEAD(&rs->rs_recv_queue);
	rs->rs_sk.sk_sndbuf = 1 << 30;
	rs->rs_sk.sk_rcvbuf = 1 << 30;
}

static int queue_init(struct kunit *test)
{
	ends = kunit_kzalloc(test, sizeof(*ends), GFP_KERNEL);
	if (!ends)
		return -ENOMEM;
	memset(&rds_fake, 0, sizeof(rds_fake));
	rds_sysctl_max_unacked_packets = 8;
	rds_sysctl_max_unacked_bytes = 1 << 24;
	ends->trans.xmit = fake_xmit;
	ends->trans.xmit_rdma = fake_xmit_rdma;
	ends->trans.inc_free = fake_inc_free;
	INIT_LIST_HEAD(&ends->flight);
	ends->room = UINT_MAX;
	init_conn(&ends->tx);
	init_conn(&ends->rx);
	init_rs(&ends->from);
	init_rs(&ends->to);
	ends->to.rs_transport = &ends->trans;
	return 0;
}

static void forget_flight(void)
{
	struct frame *frame, *next;

	list_for_each_entry_safe(frame, next, &ends->flight, item) {
		list_del(&frame->item);
		kfree(frame);
	}
}

static void queue_exit(struct kunit *test)
{
	if (!ends)
		return;
	forget_flight();
	rds_recv_drop_all(&ends->to);
	mutex_lock(&ends->tx.c_xmit_lock);
	rds_send_reset(&ends->tx);
	mutex_unlock(&ends->tx.c_xmit_lock);
	rds_send_discard(&ends->tx);
	KUNIT_EXPECT_EQ(test, ends->from.rs_snd_bytes, 0);
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 0);
	KUNIT_EXPECT_EQ(test, rds_fake.sock_refs, 0);
	ends = NULL;
}

/* ---------------------------------------------------------------- steps */

static struct rds_message *enqueue(struct kunit *test, u32 len)
{
	struct rds_message *rm = rds_fake_message(test, len);

	KUNIT_ASSERT_TRUE(test, rds_send_enqueue(&ends->from, &ends->tx, rm, SPORT, DPORT));
	/* The queues have references of their own. */
	rds_message_put(rm);
	return rm;
}

static unsigned int length(const struct list_head *list)
{
	const struct list_head *item;
	unsigned int nr = 0;

	list_for_each(item, list)
		nr++;
	return nr;
}

/* Deliver the first frame of those in flight. */
static void deliver(struct kunit *test)
{
	struct frame *frame = list_first_entry(&ends->flight, struct frame, item);
	struct rds_incoming *inc = kzalloc(sizeof(*inc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, inc);
	rds_inc_init(inc, &ends->rx, &in6addr_any);
	inc->i_hdr = frame->hdr;
	rds_recv_incoming(&ends->rx, &in6addr_any, &in6addr_any, inc, GFP_KERNEL);
	rds_inc_put(inc);
	list_del(&frame->item);
	kfree(frame);
}

static void deliver_all(struct kunit *test)
{
	while (!list_empty(&ends->flight))
		deliver(test);
}

/* What is in flight is lost, and both ends connect again. */
static void reconnect(void)
{
	u64 received = ends->rx.c_next_rx_seq ? ends->rx.c_next_rx_seq - 1 : 0;

	mutex_lock(&ends->tx.c_xmit_lock);
	rds_send_reset(&ends->tx);
	mutex_unlock(&ends->tx.c_xmit_lock);
	forget_flight();
	ends->taken = 0;
	rds_send_drop_acked(&ends->tx, received, NULL);
}

static u64 next_received(struct kunit *test)
{
	struct rds_incoming *inc = list_first_entry_or_null(&ends->to.rs_recv_queue,
							    struct rds_incoming, i_item);
	u64 seq;

	if (!inc)
		return 0;
	seq = be64_to_cpu(inc->i_hdr.h_sequence);
	list_del_init(&inc->i_item);
	spin_lock_bh(&ends->to.rs_recv_lock);
	rds_recv_uncharge(&ends->to, inc);
	spin_unlock_bh(&ends->to.rs_recv_lock);
	rds_inc_put(inc);
	return seq;
}

static struct frame *first_frame(void)
{
	return list_first_entry_or_null(&ends->flight, struct frame, item);
}

/* ---------------------------------------------------------------- tests */

static void sequences(struct kunit *test)
{
	struct rds_message *rm;
	u64 seq = 1;
	int i;

	for (i = 0; i < 3; i++)
		enqueue(test, 100);
	list_for_each_entry(rm, &ends->tx.c_send_queue, m_conn_item) {
		KUNIT_EXPECT_EQ(test, be64_to_cpu(rm->m_inc.i_hdr.h_sequence), seq++);
		KUNIT_EXPECT_EQ(test, rm->m_inc.i_hdr.h_sport, SPORT);
		KUNIT_EXPECT_EQ(test, rm->m_inc.i_hdr.h_dport, DPORT);
	}
	KUNIT_EXPECT_EQ(test, seq, 4);
	KUNIT_EXPECT_EQ(test, length(&ends->from.rs_send_queue), 3);
	KUNIT_EXPECT_EQ(test, ends->from.rs_snd_bytes, 300);
}

/* A message may overshoot the buffer; the next has to wait, and gets no sequence. */
static void buffer(struct kunit *test)
{
	struct rds_message *rm;

	ends->from.rs_sk.sk_sndbuf = 2 * 1000;
	rm = enqueue(test, 499);
	KUNIT_EXPECT_FALSE(test, test_bit(RDS_MSG_ACK_REQUIRED, &rm->m_flags));
	rm = enqueue(test, 1000);
	KUNIT_EXPECT_TRUE(test, test_bit(RDS_MSG_ACK_REQUIRED, &rm->m_flags));
	rm = rds_fake_message(test, 1);
	KUNIT_EXPECT_FALSE(test, rds_send_enqueue(&ends->from, &ends->tx, rm, SPORT, DPORT));
	rds_message_put(rm);
	KUNIT_EXPECT_EQ(test, ends->tx.c_next_tx_seq, 3);

	KUNIT_EXPECT_EQ(test, rds_send_xmit(&ends->tx), 0);
	rds_send_drop_acked(&ends->tx, 2, NULL);
	KUNIT_EXPECT_EQ(test, ends->from.rs_snd_bytes, 0);
	enqueue(test, 1);
}

/* Messages without payload take memory, too: of the sender, and of the receiver. */
static void empty_messages(struct kunit *test)
{
	struct rds_message *rm;
	unsigned int nr = 0;

	ends->from.rs_sk.sk_sndbuf = 2 * 1000;
	for (;;) {
		rm = rds_fake_message(test, 0);
		if (!rds_send_enqueue(&ends->from, &ends->tx, rm, SPORT, DPORT) || ++nr == 1000)
			break;
		rds_message_put(rm);
	}
	rds_message_put(rm);
	KUNIT_EXPECT_EQ(test, nr, DIV_ROUND_UP(1000, RDS_MIN_CHARGE));

	rds_send_xmit(&ends->tx);
	deliver_all(test);
	KUNIT_EXPECT_EQ(test, ends->to.rs_rcv_bytes, nr * RDS_MIN_CHARGE);
	while (next_received(test))
		;
	KUNIT_EXPECT_EQ(test, ends->to.rs_rcv_bytes, 0);
}

static void acknowledged(struct kunit *test)
{
	int i;

	for (i = 0; i < 5; i++)
		enqueue(test, 10);
	KUNIT_EXPECT_EQ(test, rds_send_xmit(&ends->tx), 0);
	KUNIT_EXPECT_EQ(test, length(&ends->tx.c_retrans), 5);

	rds_send_drop_acked(&ends->tx, 0, NULL);
	KUNIT_EXPECT_EQ(test, length(&ends->tx.c_retrans), 5);
	rds_send_drop_acked(&ends->tx, 2, NULL);
	KUNIT_EXPECT_EQ(test, length(&ends->tx.c_retrans), 3);
	KUNIT_EXPECT_EQ(test, length(&ends->from.rs_send_queue), 3);
	KUNIT_EXPECT_EQ(test, ends->from.rs_snd_bytes, 3 * RDS_MIN_CHARGE);
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 3);
	KUNIT_EXPECT_EQ(test, rds_fake.notified, 2);
	KUNIT_EXPECT_EQ(test, rds_fake.last_status, RDS_RDMA_SUCCESS);
	KUNIT_EXPECT_EQ(test, rds_fake.wakeups, 2);

	/* Once more, and what never was sent: a peer may say anything. */
	rds_send_drop_acked(&ends->tx, 2, NULL);
	rds_send_drop_acked(&ends->tx, 6, NULL);
	rds_send_drop_acked(&ends->tx, U64_MAX, NULL);
	KUNIT_EXPECT_EQ(test, length(&ends->tx.c_retrans), 3);
	rds_send_drop_acked(&ends->tx, 5, NULL);
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 0);
}

static void not_before_it_is_sent(struct kunit *test)
{
	enqueue(test, 10);
	enqueue(test, 10);
	/* A peer that remembers a connection of before our reboot. */
	rds_send_drop_acked(&ends->tx, 1, NULL);
	KUNIT_EXPECT_EQ(test, length(&ends->tx.c_send_queue), 2);
}

/*
 * We have been started again, the peer has not, and the first connection breaks
 * before anything gets through: it must not take our messages for old ones.
 */
static void peer_remembers(struct kunit *test)
{
	int i;

	ends->rx.c_next_rx_seq = 101;
	for (i = 0; i < 3; i++)
		enqueue(test, 10);
	rds_send_begin_after(&ends->tx, 100);
	rds_send_drop_acked(&ends->tx, 100, NULL);
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 3);
	reconnect();
	/* It is the first time only that this may be changed. */
	rds_send_begin_after(&ends->tx, 500);
	enqueue(test, 10);
	rds_send_xmit(&ends->tx);
	deliver_all(test);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, next_received(test), 101 + i);
}

static void peer_lies(struct kunit *test)
{
	enqueue(test, 10);
	rds_send_begin_after(&ends->tx, U64_MAX);
	rds_send_begin_after(&ends->tx, U64_MAX - 1);
	rds_send_begin_after(&ends->tx, 0);
	KUNIT_EXPECT_EQ(test, ends->tx.c_next_tx_seq, 2);
}

/* The first asks for an acknowledgment, then each that comes after three others. */
static void asks(struct kunit *test)
{
	struct frame *frame;
	unsigned int nr = 0;

	rds_sysctl_max_unacked_packets = 3;
	for (nr = 0; nr < 9; nr++)
		enqueue(test, 10);
	rds_send_xmit(&ends->tx);
	nr = 0;
	list_for_each_entry(frame, &ends->flight, item) {
		KUNIT_EXPECT_EQ(test, frame->hdr.h_flags,
				nr % 4 ? 0 : RDS_FLAG_ACK_REQUIRED);
		nr++;
	}
	KUNIT_EXPECT_EQ(test, nr, 9);
}

static void asks_for_bytes(struct kunit *test)
{
	struct frame *frame;

	rds_sysctl_max_unacked_bytes = 1000;
	enqueue(test, 10);
	enqueue(test, 600);
	enqueue(test, 600);
	rds_send_xmit(&ends->tx);
	frame = first_frame();
	KUNIT_EXPECT_EQ(test, frame->hdr.h_flags, RDS_FLAG_ACK_REQUIRED);
	frame = list_next_entry(frame, item);
	KUNIT_EXPECT_EQ(test, frame->hdr.h_flags, 0);
	frame = list_next_entry(frame, item);
	KUNIT_EXPECT_EQ(test, frame->hdr.h_flags, RDS_FLAG_ACK_REQUIRED);
}

static void sent_again(struct kunit *test)
{
	const u8 again = RDS_FLAG_RETRANSMITTED | RDS_FLAG_ACK_REQUIRED;
	struct rds_message *rm;
	struct frame *frame;
	u64 seq = 1;
	int i;

	for (i = 0; i < 3; i++)
		enqueue(test, 100);
	/* The third has gone in part. */
	ends->room = 2 * (sizeof(struct rds_header) + 100) + 60;
	KUNIT_EXPECT_EQ(test, rds_send_xmit(&ends->tx), 0);
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 2);
	KUNIT_EXPECT_EQ(test, ends->tx.c_xmit_sent, 60);
	rm = enqueue(test, 100);

	ends->room = UINT_MAX;
	reconnect();
	KUNIT_EXPECT_FALSE(test, test_bit(RDS_MSG_RETRANSMITTED, &rm->m_flags));
	KUNIT_EXPECT_EQ(test, rds_send_xmit(&ends->tx), 0);
	list_for_each_entry(frame, &ends->flight, item) {
		KUNIT_EXPECT_EQ(test, be64_to_cpu(frame->hdr.h_sequence), seq);
		if (seq <= 3)
			KUNIT_EXPECT_EQ(test, frame->hdr.h_flags, again);
		else
			KUNIT_EXPECT_EQ(test, frame->hdr.h_flags & RDS_FLAG_RETRANSMITTED, 0);
		seq++;
	}
	KUNIT_EXPECT_EQ(test, seq, 5);
}

/* What the peer says to have, when it connects, is not sent again. */
static void connected_again(struct kunit *test)
{
	int i;

	for (i = 0; i < 4; i++)
		enqueue(test, 10);
	rds_send_xmit(&ends->tx);
	deliver(test);
	deliver(test);
	reconnect();
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 2);
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(first_frame()->hdr.h_sequence), 3);
	deliver_all(test);
	for (i = 1; i <= 4; i++)
		KUNIT_EXPECT_EQ(test, next_received(test), i);
}

static bool accepted(struct kunit *test, u64 seq, u8 flags)
{
	struct frame *frame = kzalloc(sizeof(*frame), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, frame);
	rds_message_populate_header(&frame->hdr, SPORT, DPORT, seq);
	frame->hdr.h_flags = flags;
	list_add(&frame->item, &ends->flight);
	deliver(test);
	return next_received(test);
}

static void duplicates(struct kunit *test)
{
	const u8 again = RDS_FLAG_RETRANSMITTED;

	KUNIT_EXPECT_TRUE(test, accepted(test, 1, 0));
	KUNIT_EXPECT_FALSE(test, accepted(test, 1, again));
	KUNIT_EXPECT_TRUE(test, accepted(test, 2, again));
	KUNIT_EXPECT_FALSE(test, accepted(test, 2, again | RDS_FLAG_ACK_REQUIRED));
	/* Gaps are normal: cancelled messages, operations that are not repeated. */
	KUNIT_EXPECT_TRUE(test, accepted(test, 10, again));
	KUNIT_EXPECT_FALSE(test, accepted(test, 9, again));
	KUNIT_EXPECT_TRUE(test, accepted(test, 1000, 0));
	/* A peer that has been started again counts from 1. */
	KUNIT_EXPECT_TRUE(test, accepted(test, 1, 0));
	KUNIT_EXPECT_TRUE(test, accepted(test, 2, again));
	KUNIT_EXPECT_FALSE(test, accepted(test, 1, again));
}

static void cancelled(struct kunit *test)
{
	struct rds_endpoint dest = { .port = DPORT }, other = { .port = htons(1) };

	enqueue(test, 10);
	enqueue(test, 10);
	ends->room = sizeof(struct rds_header) + 5;
	rds_send_xmit(&ends->tx);
	rds_send_drop_to(&ends->from, &other);
	KUNIT_EXPECT_EQ(test, ends->from.rs_snd_bytes, 2 * RDS_MIN_CHARGE);
	rds_send_drop_to(&ends->from, &dest);
	KUNIT_EXPECT_EQ(test, ends->from.rs_snd_bytes, 0);
	KUNIT_EXPECT_EQ(test, rds_fake.last_status, RDS_RDMA_CANCELED);
	/* The peer waits for the rest of the first. */
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 1);
	ends->room = UINT_MAX;
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 1);
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 0);
}

/* The transport had no room for an operation, and then nobody wants it any more. */
static void cancelled_operation(struct kunit *test)
{
	struct rds_endpoint dest = { .port = DPORT };
	struct rm_rdma_op op = {};
	struct rds_message *rm = enqueue(test, 10);

	op.op.op_rm = rm;
	rm->m_rdma = &op;
	enqueue(test, 20);
	ends->no_ops = true;
	KUNIT_EXPECT_EQ(test, rds_send_xmit(&ends->tx), 0);
	KUNIT_EXPECT_PTR_EQ(test, ends->tx.c_xmit_rm, rm);
	rds_send_drop_to(&ends->from, &dest);
	KUNIT_EXPECT_EQ(test, rds_fake.last_status, RDS_RDMA_CANCELED);

	ends->no_ops = false;
	enqueue(test, 30);
	KUNIT_EXPECT_EQ(test, rds_send_xmit(&ends->tx), 0);
	KUNIT_EXPECT_EQ(test, ends->ops, 0);
	/* Without it, the message would say what is not true. */
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 1);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(first_frame()->hdr.h_sequence), 3);
	KUNIT_EXPECT_EQ(test, rds_fake.messages, 1);
}

static void worker(struct work_struct *work)
{
	rds_send_xmit_worker(&ends->tx);
}

/* There is room again before a sender that has found none is gone. */
static void room_too_early(struct kunit *test)
{
	INIT_WORK(&ends->worker, worker);
	enqueue(test, 10);
	mutex_lock(&ends->tx.c_xmit_lock);
	schedule_work(&ends->worker);
	/* Long enough for a worker that does not wait; one that waits, waits. */
	msleep(50);
	KUNIT_EXPECT_TRUE(test, list_empty(&ends->flight));
	mutex_unlock(&ends->tx.c_xmit_lock);
	flush_work(&ends->worker);
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 1);
}

static void operations_only_once(struct kunit *test)
{
	struct rm_rdma_op op = {};
	struct rds_message *rm = enqueue(test, 10);

	rm->m_rdma = &op;
	enqueue(test, 20);
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_EQ(test, ends->ops, 1);
	KUNIT_EXPECT_TRUE(test, op.op.op_posted);

	/* Whether it has been done, nobody knows. */
	reconnect();
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_EQ(test, ends->ops, 1);
	KUNIT_EXPECT_EQ(test, rds_fake.last_status, RDS_RDMA_DROPPED);
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 1);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(first_frame()->hdr.h_sequence), 2);
}

static u64 counted_rdma_bytes(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(rds_stats, cpu).s_send_rdma_bytes;
	return sum;
}

/* The message after it does not fit in one go. */
static void operation_counted_once(struct kunit *test)
{
	struct rm_rdma_op op = { .op_bytes = 500 };
	u64 before = counted_rdma_bytes();

	op.op.op_rm = enqueue(test, 100);
	op.op.op_rm->m_rdma = &op;
	ends->room = sizeof(struct rds_header) + 50;
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_TRUE(test, list_empty(&ends->flight));
	ends->room = UINT_MAX;
	rds_send_xmit(&ends->tx);
	KUNIT_EXPECT_EQ(test, length(&ends->flight), 1);
	KUNIT_EXPECT_EQ(test, ends->ops, 1);
	KUNIT_EXPECT_EQ(test, counted_rdma_bytes(), before + 500);
	rds_send_drop_acked(&ends->tx, 1, NULL);
}

static void pings(struct kunit *test)
{
	struct frame *frame = kzalloc(sizeof(*frame), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, frame);
	rds_message_populate_header(&frame->hdr, SPORT, 0, 1);
	list_add(&frame->item, &ends->flight);
	deliver(test);
	KUNIT_EXPECT_EQ(test, ends->pongs, 1);
	KUNIT_EXPECT_EQ(test, next_received(test), 0);
}

/*
 * Two transports at one address (rds_tcp takes any): what is in the queue of a
 * socket that does not keep the transport would outlive its connection.
 */
static void of_another_transport(struct kunit *test)
{
	struct rds_transport other = { .t_name = "other" };

	ends->to.rs_transport = &other;
	enqueue(test, 10);
	rds_send_xmit(&ends->tx);
	deliver_all(test);
	KUNIT_EXPECT_EQ(test, next_received(test), 0);
	KUNIT_EXPECT_EQ(test, ends->to.rs_rcv_bytes, 0);
	KUNIT_EXPECT_EQ(test, rds_fake.sock_refs, 1);	/* of the sender */

	/* Connections of the loopback transport do not need to be kept. */
	rds_loop_transport.inc_free = fake_inc_free;
	ends->rx.c_trans = &rds_loop_transport;
	enqueue(test, 10);
	rds_send_xmit(&ends->tx);
	deliver_all(test);
	KUNIT_EXPECT_EQ(test, next_received(test), 2);
}

#define ROUNDS	20000

/* One thing that may happen at any time. */
static void one_step(struct kunit *test)
{
	switch (get_random_u32() % 16) {
	case 0 ... 4:
		if (length(&ends->tx.c_send_queue) + length(&ends->tx.c_retrans) < 30)
			enqueue(test, get_random_u32() % 20000);
		break;
	case 5 ... 8:
		ends->room = get_random_u32() % 30000;
		rds_send_xmit(&ends->tx);
		break;
	case 9 ... 12:
		if (first_frame())
			deliver(test);
		break;
	case 13 ... 14:
		/* An acknowledgment, of all that there is, or a late one. */
		if (ends->rx.c_next_rx_seq)
			rds_send_drop_acked(&ends->tx, ends->rx.c_next_rx_seq - 1 -
					    get_random_u32() % 2, NULL);
		break;
	case 15:
		reconnect();
		break;
	}
}

static void once_and_in_order(struct kunit *test)
{
	u64 expected = 1, seq;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		one_step(test);
		while ((seq = next_received(test)))
			KUNIT_ASSERT_EQ(test, seq, expected++);
	}
	ends->room = UINT_MAX;
	rds_send_xmit(&ends->tx);
	deliver_all(test);
	while ((seq = next_received(test)))
		KUNIT_ASSERT_EQ(test, seq, expected++);
	KUNIT_EXPECT_EQ(test, expected, ends->tx.c_next_tx_seq);
	KUNIT_EXPECT_GT(test, expected, ROUNDS / 10);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sequences),
	KUNIT_CASE(buffer),
	KUNIT_CASE(empty_messages),
	KUNIT_CASE(acknowledged),
	KUNIT_CASE(not_before_it_is_sent),
	KUNIT_CASE(peer_remembers),
	KUNIT_CASE(peer_lies),
	KUNIT_CASE(asks),
	KUNIT_CASE(asks_for_bytes),
	KUNIT_CASE(sent_again),
	KUNIT_CASE(connected_again),
	KUNIT_CASE(duplicates),
	KUNIT_CASE(cancelled),
	KUNIT_CASE(cancelled_operation),
	KUNIT_CASE(room_too_early),
	KUNIT_CASE(operations_only_once),
	KUNIT_CASE(operation_counted_once),
	KUNIT_CASE(pings),
	KUNIT_CASE(of_another_transport),
	KUNIT_CASE(once_and_in_order),
	{}
};

struct kunit_suite rds_queue_suite = {
	.name = "rds-queues",
	.init = queue_init,
	.exit = queue_exit,
	.test_cases = cases,
};
