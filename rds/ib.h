/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map of rds_rdma.ko: RDS over InfiniBand and RoCE.
 *
 * Locks, beside those of rds.h: i_credit_lock and i_refill_lock, innermost.
 * Completions arrive on a work queue, one at a time for a connection, because
 * both directions share one completion queue. They never wait for c_xmit_lock,
 * under which the shutdown waits for them.
 */
#ifndef RDMA_ANYWHERE_RDS_IB_H
#define RDMA_ANYWHERE_RDS_IB_H

#include <linux/kref.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>
#include "rds.h"

/* One SEND carries a header and at most this much of a message. */
#define RDS_FRAG_SIZE		4096

#define RDS_IB_MAX_SGE		8
#define RDS_IB_PORT_V4		18634
#define RDS_IB_PORT_V6		16385

#define RDS_PROTOCOL_3_1	0x0301
#define RDS_PROTOCOL_4_0	0x0400
#define RDS_PROTOCOL_4_1	0x0401

/* Work requests that do not come out of the rings: the acknowledgment, the drain's. */
#define RDS_IB_SPARE_WRS	2

/* ---------------------------------------------------------------- ib_ring.c */

/**
 * struct rds_ib_ring - which work requests are under way
 * @size: how many there are
 * @next: index of the next to be taken; for the one who posts
 * @oldest: index of the next to be given back; for the one who sees completions
 * @used: how many are between
 */
struct rds_ib_ring {
	u32 size;
	u32 next;
	u32 oldest;
	atomic_t used;
};

void rds_ib_ring_init(struct rds_ib_ring *ring, u32 size);
u32 rds_ib_ring_take(struct rds_ib_ring *ring, u32 wanted, u32 *first);
void rds_ib_ring_untake(struct rds_ib_ring *ring, u32 count);
void rds_ib_ring_give_back(struct rds_ib_ring *ring, u32 count);
u32 rds_ib_ring_until(const struct rds_ib_ring *ring, u32 index);
u32 rds_ib_ring_used(const struct rds_ib_ring *ring);

/* ---------------------------------------------------------------- objects */

/**
 * struct rds_ib_device - a device that can be used
 * @refcount: ib_core's, each connection's and each region's
 * @unused: no reference is left
 * @dev: the device
 * @pd: protection domain of everything
 * @max_wrs: of a queue
 * @max_sge: of a send
 * @nr_small: regions of few pages
 * @nr_large: other regions
 * @mrs: regions; under regions_lock
 * @dead: being removed: no new ones; likewise
 */
struct rds_ib_device {
	struct kref refcount;
	struct completion unused;
	struct ib_device *dev;
	struct ib_pd *pd;
	unsigned int max_wrs;
	unsigned int max_sge;
	atomic_t nr_small;
	atomic_t nr_large;
	struct list_head mrs;
	bool dead;
};

/**
 * struct rds_ib_send - a send work request
 * @cqe: how its completion finds it
 * @hdr: header, mapped at @hdr_dma
 * @hdr_dma: the same for the device
 * @wr: work request
 * @rdma_wr: the same, for RDMA
 * @atomic_wr: the same, for atomics
 * @sge: of @wr
 * @rm: with a reference: on the last request of a message or operation
 * @op: whose request it is; %NULL if it carries a message
 * @atomic: @op is an atomic one
 * @posted: jiffies
 */
struct rds_ib_send {
	struct ib_cqe cqe;
	struct rds_header *hdr;
	u64 hdr_dma;
	union {
		struct ib_send_wr wr;
		struct ib_rdma_wr rdma_wr;
		struct ib_atomic_wr atomic_wr;
	};
	struct ib_sge sge[RDS_IB_MAX_SGE];
	struct rds_message *rm;
	struct rm_op *op;
	bool atomic;
	unsigned long posted;
};

/**
 * struct rds_ib_recv_work - a receive work request
 * @cqe: how its completion finds it
 * @hdr: header, mapped at @hdr_dma
 * @hdr_dma: the same for the device
 * @page: for the payload, or %NULL
 * @page_dma: the same for the device
 */
struct rds_ib_recv_work {
	struct ib_cqe cqe;
	struct rds_header *hdr;
	u64 hdr_dma;
	struct page *page;
	u64 page_dma;
};

/**
 * struct rds_ib_incoming - a message that was received
 * @inc: common part
 * @nr: pages that have arrived
 * @pages: RDS_FRAG_SIZE bytes each, the last may be shorter
 */
struct rds_ib_incoming {
	struct rds_incoming inc;
	unsigned int nr;
	struct page *pages[];
};

/* Bits of i_ack_flags. */
enum {
	RDS_IB_ACK_IN_FLIGHT,	/* the only work request for it is in use */
	RDS_IB_ACK_REQUESTED,	/* and the peer waits for another */
};

/**
 * struct rds_ib_connection - what a connection consists of while it is not down
 * @conn: the connection
 * @rdsdev: its device, with a reference, or %NULL
 * @cm_id: set under c_cm_lock; %NULL again at the end of the shutdown, whose state
 *	keeps everybody else away from it
 * @cq: completions of both directions
 * @broken: the peer has sent what is no message: nothing more is read
 * @sl: service level
 * @peer_ack: the last that the peer said, when it asked, to have received
 * @send_ring: of @sends
 * @sends: what can be sent at a time
 * @unsignaled: requests since the last that will complete visibly; c_xmit_lock
 * @data_rm: message that is mapped and has been posted in part, with a
 *	reference; c_xmit_lock
 * @failed_op: operation that the device has not taken all of, and whose message,
 *	with a reference, stays until the queue pair is gone; c_xmit_lock
 * @recv_ring: of @recvs
 * @recvs: what can be received at a time
 * @refill_lock: held by whoever posts receives
 * @incoming: message that has been received in part
 * @incoming_left: bytes of it that are missing
 * @unread: pages of messages that nobody has read, at least one for each, of this
 *	connection and of those before it; not guarded
 * @ack_flags: bits
 * @ack_next: sequence that is to be acknowledged
 * @ack_recv: the last that the peer has acknowledged
 * @ack_hdr: header of an acknowledgment, mapped at @ack_dma
 * @ack_dma: the same for the device
 * @ack_cqe: how its completion finds it
 * @credit_lock: guards the rest
 * @offered: the peer has been told, when connecting, how many receives we have
 * @flow_control: the peer counts receives
 * @send_credits: receives that the peer has, as far as we know
 * @posted: receives that we have and the peer does not know of
 */
struct rds_ib_connection {
	struct rds_connection *conn;
	struct rds_ib_device *rdsdev;
	struct rdma_cm_id *cm_id;
	struct ib_cq *cq;
	bool broken;
	u8 sl;
	u64 peer_ack;

	struct rds_ib_ring send_ring;
	struct rds_ib_send *sends;
	unsigned int unsignaled;
	struct rds_message *data_rm;
	struct rm_op *failed_op;

	struct rds_ib_ring recv_ring;
	struct rds_ib_recv_work *recvs;
	struct mutex refill_lock; /* guards posting to the receive queue */
	struct rds_ib_incoming *incoming;
	u32 incoming_left;
	atomic_t unread;

	unsigned long ack_flags;
	atomic64_t ack_next;
	u64 ack_recv;
	struct rds_header *ack_hdr;
	u64 ack_dma;
	struct ib_cqe ack_cqe;

	spinlock_t credit_lock; /* guards the rest */
	bool offered;
	bool flow_control;
	unsigned int send_credits;
	unsigned int posted;
};

static inline struct rds_ib_connection *rds_ib_of(const struct rds_connection *conn)
{
	return conn->c_transport_data;
}

/* ---------------------------------------------------------------- ib_private.c */

/**
 * struct rds_ib_hello_tail - what is the same in both forms of a hello
 * @major: of the protocol version
 * @minor: of the protocol version
 * @minor_mask: bit N: minor version N is understood
 * @tos: type of service
 * @reserved: zero
 * @ack: the last sequence that was received, or 0; not aligned
 * @credits: receives that are posted, 0 for no flow control
 * @padding: zero; need not be there
 */
struct rds_ib_hello_tail {
	u8 major;
	u8 minor;
	__be16 minor_mask;
	u8 tos;
	u8 reserved[3];
	__be64 ack;
	__be32 credits;
	u8 padding[4];
} __packed;

struct rds_ib_hello_v4 {
	__be32 saddr;
	__be32 daddr;
	struct rds_ib_hello_tail tail;
} __packed;

struct rds_ib_hello_v6 {
	struct in6_addr saddr;
	struct in6_addr daddr;
	struct rds_ib_hello_tail tail;
} __packed;

union rds_ib_hello_wire {
	struct rds_ib_hello_v4 v4;
	struct rds_ib_hello_v6 v6;
};

static_assert(sizeof(struct rds_ib_hello_v4) == 32);
static_assert(sizeof(struct rds_ib_hello_v6) == 56);

/**
 * struct rds_ib_hello - private data of a connection request or reply
 * @saddr: sender's address
 * @daddr: receiver's address
 * @major: of the protocol version, 0 if there is none
 * @minor: likewise
 * @minor_mask: minor versions that are understood
 * @tos: type of service
 * @ack: the last sequence that was received
 * @credits: receives that are posted
 */
struct rds_ib_hello {
	struct in6_addr saddr;
	struct in6_addr daddr;
	u8 major;
	u8 minor;
	u16 minor_mask;
	u8 tos;
	u64 ack;
	u32 credits;
};

/* ---------------------------------------------------------------- statistics */

/* In the order in which RDS_INFO_COUNTERS shows them (specification 11). */
#define RDS_IB_STATS(X)							\
	X(ib_connect_raced) X(ib_listen_closed_stale)			\
	X(ib_evt_handler_call) X(ib_tasklet_call) X(ib_tx_cq_event)	\
	X(ib_tx_ring_full) X(ib_tx_throttle) X(ib_tx_sg_mapping_failure) \
	X(ib_tx_stalled) X(ib_tx_credit_updates) X(ib_rx_cq_event)	\
	X(ib_rx_ring_empty) X(ib_rx_refill_from_cq)			\
	X(ib_rx_refill_from_thread) X(ib_rx_alloc_limit)		\
	X(ib_rx_total_frags) X(ib_rx_total_incs) X(ib_rx_credit_updates) \
	X(ib_ack_sent) X(ib_ack_send_failure) X(ib_ack_send_delayed)	\
	X(ib_ack_send_piggybacked) X(ib_ack_received)			\
	X(ib_rdma_mr_8k_alloc) X(ib_rdma_mr_8k_free)			\
	X(ib_rdma_mr_8k_used) X(ib_rdma_mr_8k_pool_flush)		\
	X(ib_rdma_mr_8k_pool_wait) X(ib_rdma_mr_8k_pool_depleted)	\
	X(ib_rdma_mr_1m_alloc) X(ib_rdma_mr_1m_free)			\
	X(ib_rdma_mr_1m_used) X(ib_rdma_mr_1m_pool_flush)		\
	X(ib_rdma_mr_1m_pool_wait) X(ib_rdma_mr_1m_pool_depleted)	\
	X(ib_rdma_mr_8k_reused) X(ib_rdma_mr_1m_reused)			\
	X(ib_atomic_cswp) X(ib_atomic_fadd)

struct rds_ib_statistics {
#define X(name) u64 s_##name;
	RDS_IB_STATS(X)
#undef X
};

DECLARE_PER_CPU(struct rds_ib_statistics, rds_ib_stats);
#define rds_ib_stats_inc(name)		this_cpu_inc(rds_ib_stats.s_##name)

/* ---------------------------------------------------------------- by file */

/* ib_ack.c */
void rds_ib_ack_init(struct rds_ib_connection *ic);
void rds_ib_ack_request(struct rds_ib_connection *ic);
void rds_ib_ack_attempt(struct rds_ib_connection *ic);
u64 rds_ib_ack_piggyback(struct rds_ib_connection *ic);

/* ib_cm.c */
extern unsigned int rds_ib_retry_count;
int rds_ib_cm_event(struct rdma_cm_id *cm_id, struct rdma_cm_event *event);
int rds_ib_conn_connect(struct rds_connection *conn);
int rds_ib_cm_handle_connect(struct rdma_cm_id *cm_id, struct rdma_cm_event *event,
			     bool isv6);
int rds_ib_cm_initiate_connect(struct rdma_cm_id *cm_id, bool isv6);
void rds_ib_cm_connect_complete(struct rds_connection *conn, struct rdma_cm_event *event);

/* ib_conn.c */
int rds_ib_conn_alloc(struct rds_connection *conn, gfp_t gfp);
void rds_ib_conn_free(void *data);
int rds_ib_conn_set_up(struct rds_ib_connection *ic, struct rdma_cm_id *cm_id);
void rds_ib_conn_shutdown(struct rds_connection *conn);

/* ib_credit.c */
void rds_ib_credit_init(struct rds_ib_connection *ic);
unsigned int rds_ib_credit_offer(struct rds_ib_connection *ic);
void rds_ib_credit_agree(struct rds_ib_connection *ic, unsigned int initial);
unsigned int rds_ib_credit_take(struct rds_ib_connection *ic, unsigned int wanted,
				unsigned int *advertise);
bool rds_ib_credit_available(struct rds_ib_connection *ic);
void rds_ib_credit_untake(struct rds_ib_connection *ic, unsigned int count,
			  unsigned int advertised);
void rds_ib_credit_add(struct rds_ib_connection *ic, unsigned int credits);
void rds_ib_credit_remind(struct rds_ib_connection *ic);
void rds_ib_credit_posted(struct rds_ib_connection *ic, unsigned int count);

/* ib_device.c */
extern struct ib_client rds_ib_client;
struct rds_ib_device *rds_ib_device_get(struct ib_device *dev);
void rds_ib_device_put(struct rds_ib_device *rdsdev);
struct rds_ib_device *rds_ib_device_of_addr(struct net *net, const struct in6_addr *addr,
					    u32 scope);
int rds_ib_laddr_check(struct net *net, const struct in6_addr *addr, u32 scope);

/* ib_info.c */
void rds_ib_info_init(void);
void rds_ib_info_uninit(void);

/* ib_listen.c */
int rds_ib_listen_init(void);
void rds_ib_listen_uninit(void);
int rds_ib_net_get(struct net *net);
void rds_ib_net_put(struct net *net);

/* ib_main.c */
extern struct rds_transport rds_ib_transport;

/* ib_mr.c */
extern unsigned int rds_ib_mr_1m_pool_size, rds_ib_mr_8k_pool_size;
bool rds_ib_mr_possible(const struct ib_device *dev);
void *rds_ib_get_mr(struct scatterlist *sg, unsigned long nr_sg, struct rds_sock *rs,
		    u32 *key_ret, struct rds_connection *conn, u64 start, u64 length);
void rds_ib_free_mr(void *trans_private, int invalidate);
void rds_ib_flush_mrs(void);
void rds_ib_mr_device_removed(struct rds_ib_device *rdsdev);

/* ib_private.c */
size_t rds_ib_hello_write(union rds_ib_hello_wire *wire, const struct rds_ib_hello *hello,
			  bool isv6);
int rds_ib_hello_read(struct rds_ib_hello *hello, const void *data, size_t len, bool isv6);
unsigned int rds_ib_negotiate(const struct rds_ib_hello *hello);

/* ib_recv.c */
void rds_ib_recv_done(struct ib_cq *cq, struct ib_wc *wc);
int rds_ib_recv_refill(struct rds_ib_connection *ic, gfp_t gfp);
int rds_ib_recv_begin(struct rds_ib_connection *ic);
int rds_ib_recv(struct rds_connection *conn);
void rds_ib_recv_clear(struct rds_ib_connection *ic);
int rds_ib_inc_copy_to_user(struct rds_incoming *inc, struct iov_iter *to);
void rds_ib_inc_free(struct rds_incoming *inc);

/* ib_rdma.c */
int rds_ib_xmit_rdma(struct rds_connection *conn, struct rm_rdma_op *op);
int rds_ib_xmit_atomic(struct rds_connection *conn, struct rm_atomic_op *op);
void rds_ib_op_done(struct rds_ib_connection *ic, struct rds_ib_send *send,
		    enum ib_wc_status status);
void rds_ib_op_clear(struct rds_ib_connection *ic);

/* ib_send.c */
void rds_ib_send_done(struct ib_cq *cq, struct ib_wc *wc);
int rds_ib_xmit(struct rds_connection *conn, struct rds_message *rm,
		unsigned int hdr_off, unsigned int sg, unsigned int off);
int rds_ib_send_post(struct rds_ib_connection *ic, u32 first, u32 count);
void rds_ib_send_clear(struct rds_ib_connection *ic);
void rds_ib_send_full(struct rds_ib_connection *ic);
void rds_ib_send_more(struct rds_ib_connection *ic);

/* ib_stats.c */
unsigned int rds_ib_stats_info_copy(struct rds_info_iterator *iter, unsigned int avail);

/* ib_sysctl.c */
extern unsigned long rds_ib_sysctl_max_send_wr;
extern unsigned long rds_ib_sysctl_max_recv_wr;
extern unsigned long rds_ib_sysctl_max_unsignaled_wr;
extern unsigned long rds_ib_sysctl_max_recv_allocation;
extern unsigned int rds_ib_sysctl_flow_control;
int rds_ib_sysctl_init(void);
void rds_ib_sysctl_uninit(void);

#endif /* RDMA_ANYWHERE_RDS_IB_H */
