// SPDX-License-Identifier: GPL-2.0
/*
 * Frames of a hostile peer: from the completion of a receive to the queue of a
 * socket, with everything in between but the device. Most frames are right, so
 * that the wrong ones meet every state; what has to become of each is said by a
 * model that does not share a line with the code. Now and then there is no memory.
 */
/* The modules under test export these. */
#include <linux/export.h>
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(name)
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

static bool out_of_memory(void);

#undef alloc_page
#define alloc_page(gfp)		(out_of_memory() ? NULL : alloc_pages(gfp, 0))
#define kvzalloc(size, gfp)	(out_of_memory() ? NULL : kvzalloc(size, gfp))
#include "../../../rds/header.c"
#include "../../../rds/recv.c"
#include "../../../rds/cong.c"
#include "../../../rds/ib_recv.c"
#include "fake.c"
#include <linux/random.h>
#include "suites.h"

#define FRAMES	120000
#define RING	16
#define DPORT	htons(5000)
#define LONGEST	(sizeof(struct rds_header) + RDS_FRAG_SIZE)

/* What is in memory that the peer has not written: no payload has this byte. */
#define STALE	0xee

/**
 * struct model - what a receiver has to know of the past
 * @in_message: more fragments have to follow
 * @first: header of its first fragment
 * @left: bytes that are missing
 * @next_seq: that is expected
 */
struct model {
	bool in_message;
	struct rds_header first;
	u32 left;
	u64 next_seq;
};

/**
 * struct bench - a connection without a device, and a socket
 * @trans: of the connection
 * @conn: the connection
 * @ic: its transport part
 * @dev: takes receives, and does nothing with them
 * @pd: its protection domain
 * @rdsdev: what the transport knows of the device
 * @cm_id: leads to it
 * @qp: likewise
 * @cq: of the completions
 * @rs: socket at DPORT
 * @model: see there
 * @hdr: frame that is being made
 * @payload: of that frame
 * @len: its bytes, header included
 * @seq: sequence of the last message
 * @failing: allocations fail, one of so many; 0 for none
 * @failed: how many have
 * @refuses: the device takes no receives
 * @drops: of the connection
 * @pongs: pings answered
 * @used_keys: regions reported as used
 * @refused: frames that ended the connection
 * @delivered: messages that got to the socket
 */
struct bench {
	struct rds_transport trans;
	struct rds_connection conn;
	struct rds_ib_connection ic;
	struct ib_device dev;
	struct ib_pd pd;
	struct rds_ib_device rdsdev;
	struct rdma_cm_id cm_id;
	struct ib_qp qp;
	struct ib_cq cq;
	struct rds_sock rs;
	struct model model;
	struct rds_header hdr;
	u8 payload[RDS_FRAG_SIZE];
	u32 len;
	u64 seq;
	unsigned int failing;
	unsigned int failed;
	bool refuses;
	unsigned int drops;
	unsigned int pongs;
	unsigned int used_keys;
	unsigned int refused;
	unsigned int delivered;
};

static struct bench *bench;

unsigned long rds_ib_sysctl_max_recv_allocation;
struct workqueue_struct *rds_wq;

static u32 any(u32 below)
{
	return get_random_u32() % below;
}

static bool out_of_memory(void)
{
	if (!bench->failing || any(bench->failing))
		return false;
	bench->failed++;
	return true;
}

/* ---------------------------------------------------------------- surroundings */

int rds_addr_cmp(const struct in6_addr *a1, const struct in6_addr *a2)
{
	return memcmp(a1, a2, sizeof(*a1));
}

struct rds_sock *rds_find_bound(struct net *net, const struct in6_addr *addr,
				__be16 port, u32 scope)
{
	if (port != DPORT)
		return NULL;
	rds_sock_addref(&bench->rs);
	return &bench->rs;
}

void rds_mr_used(struct rds_sock *rs, u32 rkey, const struct in6_addr *peer)
{
	bench->used_keys++;
}

void rds_send_pong(struct rds_connection *conn, __be16 dport)
{
	bench->pongs++;
}

void rds_send_drop_acked(struct rds_connection *conn, u64 ack,
			 bool (*is_acked)(struct rds_message *rm, u64 ack))
{
}

void rds_conn_drop(struct rds_connection *conn)
{
	bench->drops++;
	atomic_set(&conn->c_state, RDS_CONN_ERROR);
}

bool rds_conn_dying(struct rds_connection *conn)
{
	/* There is no worker; the bench calls what it would. */
	return true;
}

static int take_receives(struct ib_qp *qp, const struct ib_recv_wr *wr,
			 const struct ib_recv_wr **bad)
{
	return bench->refuses ? -EINVAL : 0;
}

/* ---------------------------------------------------------------- the connection */

static void connect(struct kunit *test)
{
	struct rds_ib_connection *ic = &bench->ic;
	unsigned int failing = bench->failing;

	rds_ib_ring_init(&ic->recv_ring, RING);
	ic->broken = false;
	ic->ack_recv = 0;
	bench->model.in_message = false;
	bench->failing = 0;
	KUNIT_ASSERT_EQ(test, rds_ib_recv_refill(ic, GFP_KERNEL), 0);
	bench->failing = failing;
	atomic_set(&bench->conn.c_state, RDS_CONN_UP);
}

static int receive_init(struct kunit *test)
{
	struct rds_ib_connection *ic;
	unsigned int i;

	bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	memset(&rds_fake, 0, sizeof(rds_fake));
	rds_ib_sysctl_max_recv_allocation = 10000;
	bench->trans.inc_free = rds_ib_inc_free;
	bench->trans.inc_copy_to_user = rds_ib_inc_copy_to_user;
	bench->dev.ops.post_recv = take_receives;
	bench->qp.device = &bench->dev;
	bench->cm_id.device = &bench->dev;
	bench->cm_id.qp = &bench->qp;
	bench->rdsdev.pd = &bench->pd;
	spin_lock_init(&bench->rs.rs_recv_lock);
	INIT_LIST_HEAD(&bench->rs.rs_recv_queue);
	bench->rs.rs_sk.sk_rcvbuf = 1 << 30;
	bench->rs.rs_transport = &bench->trans;

	ic = &bench->ic;
	bench->cq.cq_context = ic;
	bench->conn.c_trans = &bench->trans;
	bench->conn.c_transport_data = ic;
	bench->conn.c_fcong = rds_cong_get(&init_net, &in6addr_any);
	ic->conn = &bench->conn;
	ic->cm_id = &bench->cm_id;
	ic->rdsdev = &bench->rdsdev;
	mutex_init(&ic->refill_lock);
	spin_lock_init(&ic->credit_lock);
	ic->recvs = kunit_kcalloc(test, RING, sizeof(*ic->recvs), GFP_KERNEL);
	if (!ic->recvs || !bench->conn.c_fcong)
		return -ENOMEM;
	for (i = 0; i < RING; i++) {
		ic->recvs[i].hdr = kunit_kzalloc(test, sizeof(struct rds_header), GFP_KERNEL);
		if (!ic->recvs[i].hdr)
			return -ENOMEM;
	}
	connect(test);
	return 0;
}

static void receive_exit(struct kunit *test)
{
	if (!bench)
		return;
	rds_ib_recv_clear(&bench->ic);
	rds_recv_drop_all(&bench->rs);
	rds_cong_put(bench->conn.c_fcong);
	KUNIT_EXPECT_EQ(test, atomic_read(&bench->ic.unread), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&nr_pages), 0);
	KUNIT_EXPECT_EQ(test, rds_fake.sock_refs, 0);
	bench = NULL;
}

/* As the worker does. */
static void work(void)
{
	while (!rds_ib_ring_used(&bench->ic.recv_ring))
		rds_ib_recv(&bench->conn);
}

/* The device puts the frame into the oldest receive, and reports it. */
static void arrive(enum ib_wc_status status)
{
	struct rds_ib_recv_work *recv = &bench->ic.recvs[bench->ic.recv_ring.oldest];
	struct ib_wc wc = { .wr_cqe = &recv->cqe, .status = status, .byte_len = bench->len };
	u32 header = min_t(u32, bench->len, sizeof(bench->hdr));
	u8 *page = page_address(recv->page);

	memcpy(recv->hdr, &bench->hdr, header);
	memset(page, STALE, RDS_FRAG_SIZE);
	memcpy(page, bench->payload, bench->len - header);
	recv->cqe.done(&bench->cq, &wc);
}

/* ---------------------------------------------------------------- frames */

static void checksum(void)
{
	rds_message_make_checksum(&bench->hdr);
}

static u32 some_length(void)
{
	static const u32 edges[] = { 0, 1, 48, 4047, 4048, 4095, 4096, 4097, 8191, 8192, 8193 };

	if (any(500) == 0)
		return RDS_MAX_MSG_SIZE - any(2);
	return any(2) ? edges[any(ARRAY_SIZE(edges))] : any(20000);
}

static void fragment_length(u32 left)
{
	bench->len = sizeof(struct rds_header) + min_t(u32, left, RDS_FRAG_SIZE);
}

static void make_ack(void)
{
	rds_message_populate_header(&bench->hdr, 0, 0, 0);
	bench->hdr.h_ack = cpu_to_be64(any(1000));
	bench->hdr.h_credit = any(3) ? 0 : any(256);
	bench->len = sizeof(struct rds_header);
}

static void make_map(void)
{
	rds_message_populate_header(&bench->hdr, 0, 0, 0);
	bench->hdr.h_flags = RDS_FLAG_CONG_BITMAP;
	bench->hdr.h_len = cpu_to_be32(RDS_CONG_MAP_BYTES);
	fragment_length(RDS_CONG_MAP_BYTES);
}

static void make_message(void)
{
	u32 len = some_length(), key = get_random_u32();
	bool again = !any(4);

	/* A gap, the next, or one that has been there. */
	bench->seq += any(8) ? 1 : any(4);
	rds_message_populate_header(&bench->hdr, htons(any(4) ? 4000 : 0),
				    any(8) ? DPORT : htons(any(3)),
				    bench->seq - (again ? any(3) : 0));
	bench->hdr.h_len = cpu_to_be32(len);
	bench->hdr.h_ack = cpu_to_be64(any(1000));
	bench->hdr.h_flags = (again ? RDS_FLAG_RETRANSMITTED : 0) |
			     (any(4) ? 0 : RDS_FLAG_ACK_REQUIRED);
	if (!any(8))
		rds_message_add_extension(&bench->hdr, RDS_EXTHDR_RDMA, &key, sizeof(key));
	if (!any(8))
		rds_message_add_rdma_dest_extension(&bench->hdr, key, 11);
	fragment_length(len);
}

/* The frame that a peer sends next, if it is none of those that attack. */
static void make_good(void)
{
	const struct model *m = &bench->model;

	memset(bench->payload, 1 + any(100), sizeof(bench->payload));
	if (m->in_message) {
		bench->hdr = m->first;
		fragment_length(m->left);
	} else {
		switch (any(8)) {
		case 0:
			make_ack();
			break;
		case 1:
			make_map();
			break;
		default:
			make_message();
		}
	}
	checksum();
}

static void spoil(void)
{
	static const u32 lengths[] = { 0, 1, 8191, 8193, RDS_MAX_MSG_SIZE, RDS_MAX_MSG_SIZE + 1,
				       0x7fffffff, 0x80000000, 0xfffff000, U32_MAX };
	u8 *bytes = (u8 *)&bench->hdr;
	unsigned int i, nr = 1 + any(4);

	switch (any(9)) {
	case 0:	/* damaged on the way */
		bytes[any(sizeof(bench->hdr))] ^= 1 << any(8);
		return;
	case 1:
		bench->len = any(LONGEST + 1);
		return;
	case 2:
		bench->hdr.h_len = cpu_to_be32(lengths[any(ARRAY_SIZE(lengths))]);
		break;
	case 3:
		bench->hdr.h_flags = any(256);
		break;
	case 4:
		get_random_bytes(bench->hdr.h_exthdr, sizeof(bench->hdr.h_exthdr));
		break;
	case 5:	/* extensions that seem to be some */
		for (i = 0; i < sizeof(bench->hdr.h_exthdr); i++)
			bench->hdr.h_exthdr[i] = any(8);
		break;
	case 6:
		bench->hdr.h_ack = cpu_to_be64(get_random_u64());
		bench->hdr.h_sequence = cpu_to_be64(get_random_u64() >> any(64));
		break;
	case 7:
		get_random_bytes(bytes, sizeof(bench->hdr));
		bench->hdr.h_csum = 0;
		return;
	case 8:
		for (i = 0; i < nr; i++)
			bytes[any(sizeof(bench->hdr))] = get_random_u32();
		bench->hdr.h_csum = 0;
		if (any(2))
			return;
	}
	checksum();
}

/* ---------------------------------------------------------------- the model */

/* RFC 1071, the slow way. */
static bool sum_is_right(const struct rds_header *hdr)
{
	const u8 *bytes = (const u8 *)hdr;
	u32 sum = 0;
	int i;

	if (!bytes[30] && !bytes[31])
		return true;
	for (i = 0; i < 48; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

enum outcome { REFUSED, TAKEN, MAP, DELIVERED };

/* A message is complete. */
static enum outcome model_complete(struct model *m)
{
	u64 seq = be64_to_cpu(m->first.h_sequence);

	m->in_message = false;
	if (m->first.h_flags == 1)
		return MAP;
	if ((m->first.h_flags & 4) && seq < m->next_seq)
		return TAKEN;
	m->next_seq = seq + 1;
	return m->first.h_dport == DPORT ? DELIVERED : TAKEN;
}

static enum outcome model_frame(struct model *m, const struct rds_header *hdr, u32 len)
{
	u32 total = be32_to_cpu(hdr->h_len), data;

	if (len < 48 || !sum_is_right(hdr))
		return REFUSED;
	if (!total && !hdr->h_sport && !hdr->h_dport && !(hdr->h_flags & 1))
		return TAKEN;
	data = len - 48;
	if (!m->in_message) {
		if (total > 1048576 || (hdr->h_flags == 1 && total != 8192))
			return REFUSED;
		m->in_message = true;
		m->first = *hdr;
		m->left = total;
	} else if (hdr->h_sequence != m->first.h_sequence || hdr->h_len != m->first.h_len ||
		   hdr->h_sport != m->first.h_sport || hdr->h_dport != m->first.h_dport) {
		return REFUSED;
	}
	if (data != (m->left < 4096 ? m->left : 4096))
		return REFUSED;
	m->left -= data;
	return m->left ? TAKEN : model_complete(m);
}

/* ---------------------------------------------------------------- checks */

/* The socket has one message: what the peer has sent, and nothing else. */
static void read_message(struct kunit *test)
{
	struct rds_incoming *inc = list_first_entry_or_null(&bench->rs.rs_recv_queue,
							    struct rds_incoming, i_item);
	struct rds_ib_incoming *ibinc;
	u32 len, i, part;

	KUNIT_ASSERT_NOT_NULL(test, inc);
	ibinc = container_of(inc, struct rds_ib_incoming, inc);
	len = be32_to_cpu(inc->i_hdr.h_len);
	KUNIT_EXPECT_EQ(test, ibinc->nr, DIV_ROUND_UP(len, 4096));
	for (i = 0; i < ibinc->nr; i++) {
		part = min_t(u32, len - i * 4096, 4096);
		KUNIT_EXPECT_PTR_EQ(test, memchr(page_address(ibinc->pages[i]), STALE, part),
				    NULL);
	}
	list_del_init(&inc->i_item);
	spin_lock_bh(&bench->rs.rs_recv_lock);
	rds_recv_uncharge(&bench->rs, inc);
	spin_unlock_bh(&bench->rs.rs_recv_lock);
	rds_inc_put(inc);
	bench->delivered++;
}

static void expect_outcome(struct kunit *test, enum outcome outcome)
{
	const u8 *map = (const u8 *)bench->conn.c_fcong->m_bits;

	KUNIT_ASSERT_EQ_MSG(test, bench->ic.broken, outcome == REFUSED,
			    "frame of %u bytes: %*ph", bench->len, 48, &bench->hdr);
	if (outcome == DELIVERED)
		read_message(test);
	if (outcome == MAP)
		KUNIT_EXPECT_MEMEQ(test, map + 4096, bench->payload, 4096);
	KUNIT_ASSERT_TRUE(test, list_empty(&bench->rs.rs_recv_queue));
}

/* It had no memory for a frame: the connection ends, but not what has arrived. */
static void expect_no_memory(struct kunit *test)
{
	while (!list_empty(&bench->rs.rs_recv_queue))
		read_message(test);
}

/* After a frame that is none, nothing gets through any more. */
static void expect_silence(struct kunit *test)
{
	unsigned int i, drops = bench->drops;

	KUNIT_EXPECT_EQ(test, rds_conn_state(&bench->conn), RDS_CONN_ERROR);
	for (i = 0; i < 3 && rds_ib_ring_used(&bench->ic.recv_ring); i++) {
		bench->model.in_message = false;
		make_message();
		checksum();
		arrive(IB_WC_SUCCESS);
	}
	KUNIT_EXPECT_EQ(test, bench->drops, drops);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->rs.rs_recv_queue));
}

static void one_frame(struct kunit *test)
{
	unsigned int failed = bench->failed;
	enum outcome outcome;

	work();
	make_good();
	if (!any(12))
		spoil();
	outcome = model_frame(&bench->model, &bench->hdr, bench->len);
	arrive(IB_WC_SUCCESS);

	if (failed == bench->failed)
		expect_outcome(test, outcome);
	else
		expect_no_memory(test);
	if (!bench->ic.broken)
		return;
	bench->refused++;
	expect_silence(test);
	rds_ib_recv_clear(&bench->ic);
	/* What was not delivered is not expected any more, either. */
	bench->model.next_seq = bench->conn.c_next_rx_seq;
	connect(test);
}

static void fuzz(struct kunit *test, unsigned int failing)
{
	unsigned int i;

	bench->failing = failing;
	for (i = 0; i < FRAMES / 2; i++)
		one_frame(test);
	bench->failing = 0;
	kunit_info(test, "%u frames: %u refused, %u messages, %u pongs, %u keys, %u times no memory\n",
		   i, bench->refused, bench->delivered, bench->pongs, bench->used_keys,
		   bench->failed);
	KUNIT_EXPECT_GT(test, bench->refused, FRAMES / 100);
	KUNIT_EXPECT_GT(test, bench->delivered, FRAMES / 50);
	KUNIT_EXPECT_GT(test, bench->pongs, 0);
	KUNIT_EXPECT_GT(test, bench->used_keys, 0);
}

static void hostile_frames(struct kunit *test)
{
	fuzz(test, 0);
	KUNIT_EXPECT_EQ(test, bench->failed, 0);
}

static void hostile_frames_without_memory(struct kunit *test)
{
	fuzz(test, 7);
	KUNIT_EXPECT_GT(test, bench->failed, FRAMES / 100);
}

/* A peer that does not care for congestion has to wait at last, and it alone. */
static void unread_of(struct kunit *test, u32 len)
{
	unsigned int i;

	rds_ib_sysctl_max_recv_allocation = 4 * MIN_UNREAD;
	bench->rs.rs_cong_map = bench->conn.c_fcong;
	bench->rs.rs_sk.sk_rcvbuf = 1000;
	for (i = 0; rds_ib_ring_used(&bench->ic.recv_ring) && i < 2 * MIN_UNREAD; i++) {
		rds_message_populate_header(&bench->hdr, htons(4000), DPORT, i + 1);
		bench->hdr.h_len = cpu_to_be32(len);
		fragment_length(len);
		checksum();
		arrive(IB_WC_SUCCESS);
		rds_ib_recv(&bench->conn);
	}
	KUNIT_EXPECT_GE(test, i, MIN_UNREAD);
	KUNIT_EXPECT_LE(test, i, MIN_UNREAD + RING);
	KUNIT_EXPECT_TRUE(test, rds_cong_test_port(bench->conn.c_fcong, bench->rs.rs_bound.port));
	KUNIT_EXPECT_FALSE(test, bench->ic.broken);

	/* When somebody reads, it goes on. */
	while (!list_empty(&bench->rs.rs_recv_queue))
		read_message(test);
	rds_ib_recv(&bench->conn);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_used(&bench->ic.recv_ring), RING);
}

static void unread(struct kunit *test)
{
	unread_of(test, 100);
}

/* They take no pages, but other memory. */
static void unread_empty(struct kunit *test)
{
	unread_of(test, 0);
}

/* Posted pages count: what cannot be had, is not taken from the system. */
static void limit(struct kunit *test)
{
	rds_ib_recv_clear(&bench->ic);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&nr_pages), 0);
	rds_ib_ring_init(&bench->ic.recv_ring, RING);
	rds_ib_sysctl_max_recv_allocation = 5;
	KUNIT_EXPECT_EQ(test, rds_ib_recv_refill(&bench->ic, GFP_KERNEL), -ENOMEM);
	KUNIT_EXPECT_EQ(test, rds_ib_ring_used(&bench->ic.recv_ring), 5);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&nr_pages), 5);
}

static void failed_receive(struct kunit *test)
{
	bench->len = 0;
	arrive(IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_EQ(test, bench->drops, 1);
	/* The others are flushed because it is being shut down. */
	arrive(IB_WC_WR_FLUSH_ERR);
	KUNIT_EXPECT_EQ(test, bench->drops, 1);
}

/* Without memory one may try again; a device that does not want to, never will. */
static void refused_receives(struct kunit *test)
{
	rds_ib_ring_give_back(&bench->ic.recv_ring, RING);
	bench->failing = 1;
	rds_ib_recv_clear(&bench->ic);
	KUNIT_EXPECT_EQ(test, rds_ib_recv(&bench->conn), -ENOMEM);
	KUNIT_EXPECT_EQ(test, bench->drops, 0);
	bench->failing = 0;
	bench->refuses = true;
	KUNIT_EXPECT_EQ(test, rds_ib_recv(&bench->conn), 0);
	KUNIT_EXPECT_EQ(test, bench->drops, 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(hostile_frames),
	KUNIT_CASE(hostile_frames_without_memory),
	KUNIT_CASE(unread),
	KUNIT_CASE(unread_empty),
	KUNIT_CASE(limit),
	KUNIT_CASE(failed_receive),
	KUNIT_CASE(refused_receives),
	{}
};

struct kunit_suite rds_receive_suite = {
	.name = "rds_rdma-receive",
	.init = receive_init,
	.exit = receive_exit,
	.test_cases = cases,
};
