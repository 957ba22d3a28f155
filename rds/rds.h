/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RDS: reliable datagrams between any two bound addresses, over one connection
 * for each pair of hosts. This header is the map of rds.ko, and what a transport
 * (rds_rdma.ko) builds on.
 *
 *	socket --sendmsg--> message --> connection's queue --xmit--> transport
 *	socket <--recvmsg-- incoming <-- bind table <--rds_recv_incoming-- transport
 *
 * Lock order, outermost first: socket lock; c_cm_lock; c_xmit_lock; rs_lock;
 * c_lock. rs_recv_lock, then the locks of cong.c. The spinlocks are taken with
 * softirqs off, because a transport may receive there.
 */
#ifndef RDMA_ANYWHERE_RDS_H
#define RDMA_ANYWHERE_RDS_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/rds.h>
#include <linux/rhashtable-types.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/sock.h>

struct rdma_cm_event;
struct rdma_cm_id;
struct rds_connection;
struct rds_info_iterator;
struct rds_transport;

#define RDS_MAX_MSG_SIZE	(1024 * 1024)

/* What a message counts for at least: without payload, it takes memory, too. */
#define RDS_MIN_CHARGE		64

/* Bytes of extension headers in a header. */
#define RDS_HEADER_EXT_SPACE	16

#define RDS_CONG_MAP_BITS	65536
#define RDS_CONG_MAP_BYTES	(RDS_CONG_MAP_BITS / 8)

/* Transport of connections inside the host; never selected by number. */
#define RDS_TRANS_LOOP		3

/* ---------------------------------------------------------------- the wire */

/**
 * struct rds_header - what comes before the payload (specification 4.1)
 * @h_sequence: from 1, by connection; 0 in what is not acknowledged
 * @h_ack: the last sequence that was received
 * @h_len: payload of the whole message
 * @h_sport: sending socket
 * @h_dport: receiving socket
 * @h_flags: RDS_FLAG_*
 * @h_credit: receives that the sender has newly posted
 * @h_padding: zero
 * @h_csum: Internet checksum of the header, 0 if there is none
 * @h_exthdr: extension headers, ended by type 0
 */
struct rds_header {
	__be64 h_sequence;
	__be64 h_ack;
	__be32 h_len;
	__be16 h_sport;
	__be16 h_dport;
	u8 h_flags;
	u8 h_credit;
	u8 h_padding[4];
	__sum16 h_csum;
	u8 h_exthdr[RDS_HEADER_EXT_SPACE];
};

/* h_flags */
#define RDS_FLAG_CONG_BITMAP	0x01
#define RDS_FLAG_ACK_REQUIRED	0x02
#define RDS_FLAG_RETRANSMITTED	0x04

enum {
	RDS_EXTHDR_NONE		= 0,
	RDS_EXTHDR_VERSION	= 1,
	RDS_EXTHDR_RDMA		= 2,
	RDS_EXTHDR_RDMA_DEST	= 3,
	RDS_EXTHDR_NPATHS	= 5,
	RDS_EXTHDR_GEN_NUM	= 6,
};

struct rds_ext_rdma {
	__be32 rkey;
};

struct rds_ext_rdma_dest {
	__be32 rkey;
	__be32 offset;
};

static_assert(sizeof(struct rds_header) == 48);

/* What a message counts for against the buffers of sockets. */
static inline u32 rds_charge_of(const struct rds_header *hdr)
{
	return max_t(u32, be32_to_cpu(hdr->h_len), RDS_MIN_CHARGE);
}

/* ---------------------------------------------------------------- addresses */

/**
 * struct rds_endpoint - one end of a conversation
 * @addr: IPv6 address, or IPv4 address mapped into one
 * @port: port, network order; 0 if there is none
 * @scope: interface of a link-local address, else 0
 */
struct rds_endpoint {
	struct in6_addr addr;
	__be16 port;
	u32 scope;
};

/* ---------------------------------------------------------------- messages */

/**
 * struct rds_incoming - a message on its way to a socket
 * @i_refcount: each queue and each reader has one
 * @i_item: in &rds_sock.rs_recv_queue, under its lock
 * @i_conn: whence it came
 * @i_hdr: header as received
 * @i_saddr: sender's address
 * @i_rdma_cookie: of an RDMA_DEST extension header, or 0
 * @i_tstamp: when it came in, if the socket wants to know
 * @i_trace: local_clock() at header, start, queueing (see SO_RDS_MSG_RXPATH_LATENCY)
 */
struct rds_incoming {
	refcount_t i_refcount;
	struct list_head i_item;
	struct rds_connection *i_conn;
	struct rds_header i_hdr;
	struct in6_addr i_saddr;
	u64 i_rdma_cookie;
	ktime_t i_tstamp;
	u64 i_trace[RDS_MSG_RX_DGRAM_TRACE_MAX];
};

/**
 * struct rds_mr - memory of a socket that peers may read and write
 * @r_node: in &rds_sock.rs_mrs, under rs_lock, while valid
 * @r_refcount: the tree's, and each message's that announces it
 * @r_key: R_Key
 * @r_use_once: to be freed when the peer reports that it has used it
 * @r_peer: to whom a message has announced it; unspecified address: nobody yet.
 *	Under rs_lock
 * @r_trans: transport that made it
 * @r_trans_private: its handle, valid while it is in the tree
 */
struct rds_mr {
	struct rb_node r_node;
	refcount_t r_refcount;
	u32 r_key;
	bool r_use_once;
	struct in6_addr r_peer;
	struct rds_transport *r_trans;
	void *r_trans_private;
};

/**
 * struct rds_notifier - the result of an RDMA operation, for its user
 * @n_list: in &rds_sock.rs_notify_queue once known
 * @n_user_token: the user's name for the operation
 * @n_status: RDS_RDMA_*
 */
struct rds_notifier {
	struct list_head n_list;
	u64 n_user_token;
	int n_status;
};

/**
 * struct rm_op - what the two kinds of operations have in common
 * @op_rm: the message that it goes before
 * @op_notifier: allocated in advance if the result may be wanted; taken under
 *	the socket's rs_lock by whoever reports
 * @op_notify: report whatever the result is
 * @op_recverr: report failures
 * @op_silent: no message has to follow
 * @op_posted: given to the device; it must not be given to it twice
 * @op_done: completed successfully
 * @op_over: completed, one way or the other, or refused
 * @op_flushed: ended without a result; under the socket's rs_lock
 * @op_acked: its message has been acknowledged, its result has not come; likewise
 * @op_rkey: remote key
 * @op_remote_addr: remote address, relative to the region
 * @op_pages: pinned
 * @op_nr_pages: how many
 * @op_mm: whose memory limit they count against, or %NULL
 * @op_dirty: the device writes to them
 * @op_sg: the same, as a list for DMA
 * @op_nents: entries of @op_sg
 * @op_count: entries after mapping, 0 while not mapped
 */
struct rm_op {
	struct rds_message *op_rm;
	struct rds_notifier *op_notifier;
	bool op_notify;
	bool op_recverr;
	bool op_silent;
	bool op_posted;
	bool op_done;
	bool op_over;
	bool op_flushed;
	bool op_acked;
	u32 op_rkey;
	u64 op_remote_addr;
	struct page **op_pages;
	unsigned int op_nr_pages;
	struct mm_struct *op_mm;
	bool op_dirty;
	struct scatterlist *op_sg;
	unsigned int op_nents;
	unsigned int op_count;
};

/**
 * struct rm_rdma_op - an RDMA read or write that goes before a message
 * @op: common part
 * @op_write: to the peer
 * @op_fence: the message waits until the read is complete
 * @op_bytes: how many
 */
struct rm_rdma_op {
	struct rm_op op;
	bool op_write;
	bool op_fence;
	u32 op_bytes;
};

enum rds_atomic_type {
	RDS_ATOMIC_FADD,
	RDS_ATOMIC_CSWP,
};

/**
 * struct rm_atomic_op - an atomic operation that goes before a message
 * @op: common part
 * @op_type: which
 * @op_value: to add, or to compare with
 * @op_swap: to store
 * @op_mask: carry barriers of an addition, bits to compare
 * @op_swap_mask: bits to store
 * @op_masked: the masks are not those of the plain operation
 */
struct rm_atomic_op {
	struct rm_op op;
	enum rds_atomic_type op_type;
	u64 op_value;
	u64 op_swap;
	u64 op_mask;
	u64 op_swap_mask;
	bool op_masked;
};

/* Bits of m_flags. */
enum {
	RDS_MSG_ON_SOCK,	/* in rs_send_queue; changes under rs_lock */
	RDS_MSG_ON_CONN,	/* in a queue of the connection; changes under c_lock */
	RDS_MSG_RETRANSMITTED,
	RDS_MSG_ACK_REQUIRED,
	RDS_MSG_PONG,		/* counted in c_pongs */
	RDS_MSG_MAPPED_MR,	/* made the region that it announces */
	RDS_MSG_NO_DATA,	/* nothing but silent operations */
};

/**
 * struct rds_message - a message to be sent
 * @m_refcount: each queue, each work request and the loopback reader has one
 * @m_flags: RDS_MSG_*
 * @m_mapped: operations whose memory a device may access
 * @m_sock_item: in &rds_sock.rs_send_queue
 * @m_conn_item: in &rds_connection.c_send_queue or c_retrans
 * @m_inc: header; on the loopback transport, this is what is received
 * @m_rs: sending socket, with a reference; %NULL for what RDS sends itself
 * @m_daddr: where to
 * @m_rdma: RDMA operation, or %NULL
 * @m_atomic: atomic operation, or %NULL
 * @m_mr: region that it announces, with a reference, or %NULL
 * @m_count: entries of @m_sg after DMA mapping, 0 while not mapped
 * @m_nents: entries of @m_sg
 * @m_inline: the payload is short, and follows @m_sg
 * @m_sg: payload, whole pages but for the last
 */
struct rds_message {
	refcount_t m_refcount;
	unsigned long m_flags;
	atomic_t m_mapped;
	struct list_head m_sock_item;
	struct list_head m_conn_item;
	struct rds_incoming m_inc;
	struct rds_sock *m_rs;
	struct in6_addr m_daddr;
	struct rm_rdma_op *m_rdma;
	struct rm_atomic_op *m_atomic;
	struct rds_mr *m_mr;
	unsigned int m_count;
	unsigned int m_nents;
	bool m_inline;
	struct scatterlist m_sg[];
};

/* ---------------------------------------------------------------- sockets */

/* A new struct has to be free of padding: it is compared as memory. */
struct rds_bound_key {
	struct net *net;
	struct in6_addr addr;
	u32 scope;
	__be16 port;
	u16 zero;
};

/**
 * struct rds_sock - a socket
 * @rs_sk: generic part
 * @rs_bound_node: in the bind table
 * @rs_bound: address and port; port 0 while unbound. Set once, under the socket
 *	lock; while bind() is at it, it may have what will not stay
 * @rs_is_bound: @rs_bound and @rs_transport stay as they are. For whoever does not
 *	have the socket lock: read with acquire, before them
 * @rs_peer: of connect(), port 0 if there is none; under the socket lock
 * @rs_family: of @rs_peer, for getsockname(); 0 while unconnected
 * @rs_transport: set once, under the socket lock; pins the module
 * @rs_conn: connection of the last message
 * @rs_tos: type of service of its connections
 * @rs_recverr: report failed RDMA operations
 * @rs_cong_monitor: tell which ports became free instead of waking for all
 * @rs_seen_congestion: a message could not be sent
 * @rs_item: in the list of all sockets
 * @rs_cong_list: in the list of monitoring sockets, if @rs_cong_monitor
 * @rs_cong_generation: of the last poll
 * @rs_rx_traces: stamps that are wanted
 * @rs_rx_trace: which
 * @rs_lock: guards the members up to @rs_cong_notify
 * @rs_send_queue: messages that are not acknowledged
 * @rs_snd_bytes: what they count for
 * @rs_notify_queue: results that have not been read
 * @rs_mrs: regions by R_Key
 * @rs_cong_mask: groups of ports that messages are waiting for
 * @rs_cong_notify: those that became free
 * @rs_recv_lock: guards the rest
 * @rs_recv_queue: messages that have not been read
 * @rs_rcv_bytes: what they count for
 * @rs_congested: peers have been told to stop
 * @rs_cong_map: of the bound address
 */
struct rds_sock {
	struct sock rs_sk;

	struct rhash_head rs_bound_node;
	struct rds_bound_key rs_bound;
	bool rs_is_bound;
	struct rds_endpoint rs_peer;
	u16 rs_family;
	struct rds_transport *rs_transport;
	struct rds_connection *rs_conn;
	u8 rs_tos;
	bool rs_recverr;
	bool rs_cong_monitor;
	bool rs_seen_congestion;
	struct list_head rs_item;
	struct list_head rs_cong_list;
	unsigned int rs_cong_generation;
	u8 rs_rx_traces;
	u8 rs_rx_trace[RDS_MSG_RX_DGRAM_TRACE_MAX];

	spinlock_t rs_lock; /* guards the members down to rs_cong_notify */
	struct list_head rs_send_queue;
	size_t rs_snd_bytes;
	struct list_head rs_notify_queue;
	struct rb_root rs_mrs;
	u64 rs_cong_mask;
	u64 rs_cong_notify;

	spinlock_t rs_recv_lock; /* guards the members down to rs_cong_map */
	struct list_head rs_recv_queue;
	int rs_rcv_bytes;
	bool rs_congested;
	struct rds_cong_map *rs_cong_map;
};

static inline struct rds_sock *rds_sk_to_rs(const struct sock *sk)
{
	return container_of(sk, struct rds_sock, rs_sk);
}

static inline struct sock *rds_rs_to_sk(struct rds_sock *rs)
{
	return &rs->rs_sk;
}

/* setsockopt() doubles what it is given, to make room for overhead. */
static inline int rds_sk_sndbuf(struct rds_sock *rs)
{
	return READ_ONCE(rs->rs_sk.sk_sndbuf) / 2;
}

static inline int rds_sk_rcvbuf(struct rds_sock *rs)
{
	return READ_ONCE(rs->rs_sk.sk_rcvbuf) / 2;
}

/* ---------------------------------------------------------------- connections */

/**
 * enum rds_conn_state - how far a connection is (specification 5)
 * @RDS_CONN_DOWN: nothing there
 * @RDS_CONN_CONNECTING: by us or by the peer
 * @RDS_CONN_DISCONNECTING: the shutdown worker is at it
 * @RDS_CONN_UP: messages flow
 * @RDS_CONN_ERROR: the shutdown worker has been called; nobody else leaves it
 */
enum rds_conn_state {
	RDS_CONN_DOWN,
	RDS_CONN_CONNECTING,
	RDS_CONN_DISCONNECTING,
	RDS_CONN_UP,
	RDS_CONN_ERROR,
};

/* c_owner of what a peer has asked for; it is no uid. */
#define RDS_OWNER_PEER		(~0U)

/* Bits of c_flags. */
enum {
	RDS_LL_SEND_FULL,	/* the transport will call for more */
	RDS_RECONNECT_PENDING,	/* c_conn_w is queued */
	RDS_MAP_PENDING,	/* the peer does not have our latest map */
	RDS_CONN_DYING,		/* being destroyed: no new work */
};

/**
 * struct rds_connection - to one peer
 * @c_node: in the connection table, unless passive
 * @c_net: name space
 * @c_laddr: our address
 * @c_faddr: theirs
 * @c_ifindex: interface of link-local addresses, else 0
 * @c_tos: type of service
 * @c_isv6: not IPv4
 * @c_loopback: the peer is this host
 * @c_hashed: not passive, and not being destroyed
 * @c_trans: transport
 * @c_transport_data: its part
 * @c_owner: uid of who has caused it, or RDS_OWNER_PEER
 * @c_passive: other end of a connection from an address to itself
 * @c_lcong: which of our ports are congested
 * @c_fcong: which of theirs
 * @c_map_item: in &rds_cong_map.m_conns of @c_lcong
 * @c_version: of the protocol, as negotiated
 * @c_cm_lock: held by connection manager events, and while entering DISCONNECTING
 * @c_state: enum rds_conn_state
 * @c_flags: bits
 * @c_conn_w: connects
 * @c_send_w: sends
 * @c_recv_w: lets the transport receive
 * @c_down_w: shuts down
 * @c_reconnect_jiffies: limit of the next delay; under @c_down_w and @c_conn_w
 * @c_xmit_lock: held by the sender, and while the transport shuts down; guards
 *	the members down to @c_unacked_bytes
 * @c_xmit_rm: message that has been sent in part, with a reference
 * @c_xmit_sent: bytes of it, header included
 * @c_unacked_packets: that may be sent before an acknowledgment is asked for
 * @c_unacked_bytes: likewise
 * @c_lock: guards the members down to @c_pongs
 * @c_next_tx_seq: sequence of the next message
 * @c_has_sent: a message has been given to the transport
 * @c_send_queue: not sent yet
 * @c_retrans: sent, not acknowledged
 * @c_pongs: answers to pings among them
 * @c_next_rx_seq: expected next; written by the receiver, which the transport
 *	serializes
 */
struct rds_connection {
	struct hlist_node c_node;
	possible_net_t c_net;
	struct in6_addr c_laddr;
	struct in6_addr c_faddr;
	int c_ifindex;
	u8 c_tos;
	bool c_isv6;
	bool c_loopback;
	bool c_hashed;
	struct rds_transport *c_trans;
	void *c_transport_data;
	unsigned int c_owner;
	struct rds_connection *c_passive;
	struct rds_cong_map *c_lcong;
	struct rds_cong_map *c_fcong;
	struct list_head c_map_item;
	unsigned int c_version;

	struct mutex c_cm_lock; /* see above */
	atomic_t c_state;
	unsigned long c_flags;
	struct delayed_work c_conn_w;
	struct delayed_work c_send_w;
	struct delayed_work c_recv_w;
	struct work_struct c_down_w;
	unsigned long c_reconnect_jiffies;

	struct mutex c_xmit_lock; /* guards the members down to c_unacked_bytes */
	struct rds_message *c_xmit_rm;
	u32 c_xmit_sent;
	unsigned int c_unacked_packets;
	unsigned int c_unacked_bytes;

	spinlock_t c_lock; /* guards the members down to c_pongs */
	u64 c_next_tx_seq;
	bool c_has_sent;
	struct list_head c_send_queue;
	struct list_head c_retrans;
	unsigned int c_pongs;

	u64 c_next_rx_seq;
};

static inline struct net *rds_conn_net(const struct rds_connection *conn)
{
	return read_pnet(&conn->c_net);
}

static inline enum rds_conn_state rds_conn_state(const struct rds_connection *conn)
{
	return atomic_read(&conn->c_state);
}

static inline bool rds_conn_up(const struct rds_connection *conn)
{
	return rds_conn_state(conn) == RDS_CONN_UP;
}

/* Who gets true, has done it. */
static inline bool rds_conn_transition(struct rds_connection *conn,
				       enum rds_conn_state from,
				       enum rds_conn_state to)
{
	return atomic_cmpxchg(&conn->c_state, from, to) == from;
}

/* ---------------------------------------------------------------- transports */

/**
 * struct rds_transport - transport specific behavioural hooks
 * @t_name: for RDS_INFO_CONNECTIONS
 * @t_item: unused by the core
 * @t_owner: pinned by every socket that is bound to it
 * @t_prefer_loopback: the loopback transport is better for peers on this host
 * @t_type: RDS_TRANS_*
 * @laddr_check: 0 if the address belongs to this host and the transport can use
 *	it; any error otherwise. May sleep.
 * @net_get: optional; a socket of this name space begins to use the transport.
 *	0, or an error which bind() returns. May sleep.
 * @net_put: the end of it; once for each @net_get. May sleep.
 * @conn_alloc: set c_transport_data. May not sleep if @gfp says so. 0 or -ENOMEM.
 * @conn_free: undo @conn_alloc; does not sleep
 * @conn_connect: start to connect; the state is CONNECTING. May sleep. 0 if
 *	something will happen (rds_connect_complete() or rds_conn_drop()), an
 *	error to be called again later.
 * @conn_shutdown: stop traffic. Once it returns the connection can not call
 *	rds_recv_incoming(). Serialized with the sending and connecting paths;
 *	may be called with nothing set up. Process context, should try hard not
 *	to block.
 * @recv: called by c_recv_w while UP; 0, -EAGAIN (again at once) or -ENOMEM (later)
 * @inc_copy_to_user: copy the payload; bytes, or -EFAULT. May fault. May run
 *	several times at once for the same message.
 * @inc_free: the last reference is gone. Any context.
 * @xmit_prepare: optional; before a batch of @xmit
 * @xmit_complete: optional; after it
 * @xmit: send a part of a message, from byte @off of entry @sg, or the header
 *	from @hdr_off on. Calls are serialized for a connection. The header goes
 *	before the payload, which may be empty. Returns the bytes that were
 *	taken, header included; 0 if the transport is full and will queue
 *	c_send_w itself; -EAGAIN to be called again at once, -ENOMEM later.
 * @xmit_rdma: start an RDMA operation; 0, and rds_rdma_send_complete() and
 *	rds_message_unmapped() follow; -EIO if the connection breaks, and only the
 *	latter follows; or nothing was started, as @xmit
 * @xmit_atomic: likewise, an atomic one
 * @cm_handle_connect: a connection request; nonzero destroys the id
 * @cm_initiate_connect: the route is known, c_cm_lock is held; nonzero fails
 * @cm_connect_complete: connected, c_cm_lock is held
 * @stats_info_copy: append the transport's counters, if @avail are enough;
 *	returns their number
 * @exit: not called by the core
 * @get_mr: register memory. With @sg, the transport owns these pinned pages on
 *	success; without, it pins [@start, @start + @length) of the calling
 *	process itself. @conn may be %NULL. Returns its handle or an ERR_PTR().
 * @sync_mr: make the memory coherent: DMA_FROM_DEVICE after the peer used it,
 *	DMA_TO_DEVICE before. Does not sleep.
 * @free_mr: take it back; the peer's access ends at the latest with the next
 *	@flush_mrs, or at once if @invalidate
 * @flush_mrs: end all access that was taken back
 * @t_unloading: optional; no new work for this connection
 * @get_tos_map: optional; SIOCRDSSETTOS is refused without it
 */
struct rds_transport {
	char t_name[TRANSNAMSIZ];
	struct list_head t_item;
	struct module *t_owner;
	unsigned int t_prefer_loopback:1;
	unsigned int t_type;

	int (*laddr_check)(struct net *net, const struct in6_addr *addr, u32 scope);
	int (*net_get)(struct net *net);
	void (*net_put)(struct net *net);
	int (*conn_alloc)(struct rds_connection *conn, gfp_t gfp);
	void (*conn_free)(void *data);
	int (*conn_connect)(struct rds_connection *conn);
	void (*conn_shutdown)(struct rds_connection *conn);
	int (*recv)(struct rds_connection *conn);
	int (*inc_copy_to_user)(struct rds_incoming *inc, struct iov_iter *to);
	void (*inc_free)(struct rds_incoming *inc);
	void (*xmit_prepare)(struct rds_connection *conn);
	void (*xmit_complete)(struct rds_connection *conn);
	int (*xmit)(struct rds_connection *conn, struct rds_message *rm,
		    unsigned int hdr_off, unsigned int sg, unsigned int off);
	int (*xmit_rdma)(struct rds_connection *conn, struct rm_rdma_op *op);
	int (*xmit_atomic)(struct rds_connection *conn, struct rm_atomic_op *op);

	int (*cm_handle_connect)(struct rdma_cm_id *cm_id,
				 struct rdma_cm_event *event, bool isv6);
	int (*cm_initiate_connect)(struct rdma_cm_id *cm_id, bool isv6);
	void (*cm_connect_complete)(struct rds_connection *conn,
				    struct rdma_cm_event *event);

	unsigned int (*stats_info_copy)(struct rds_info_iterator *iter,
					unsigned int avail);
	void (*exit)(void);
	void *(*get_mr)(struct scatterlist *sg, unsigned long nr_sg,
			struct rds_sock *rs, u32 *key_ret,
			struct rds_connection *conn, u64 start, u64 length);
	void (*sync_mr)(void *trans_private, int direction);
	void (*free_mr)(void *trans_private, int invalidate);
	void (*flush_mrs)(void);
	bool (*t_unloading)(struct rds_connection *conn);
	u8 (*get_tos_map)(u8 tos);
};

/* ---------------------------------------------------------------- statistics */

/* In the order in which RDS_INFO_COUNTERS shows them (specification 11). */
#define RDS_STATS(X)							\
	X(conn_reset) X(recv_drop_bad_checksum) X(recv_drop_old_seq)	\
	X(recv_drop_no_sock) X(recv_drop_dead_sock)			\
	X(recv_deliver_raced) X(recv_delivered) X(recv_queued)		\
	X(recv_immediate_retry) X(recv_delayed_retry)			\
	X(recv_ack_required) X(recv_rdma_bytes) X(recv_ping)		\
	X(send_queue_empty) X(send_queue_full) X(send_lock_contention)	\
	X(send_lock_queue_raced) X(send_immediate_retry)		\
	X(send_delayed_retry) X(send_drop_acked) X(send_ack_required)	\
	X(send_queued) X(send_rdma) X(send_rdma_bytes) X(send_pong)	\
	X(page_remainder_hit) X(page_remainder_miss) X(copy_to_user)	\
	X(copy_from_user) X(cong_update_queued) X(cong_update_received)	\
	X(cong_send_error) X(cong_send_blocked)				\
	X(recv_bytes_added_to_sock) X(recv_bytes_freed_fromsock)	\
	X(send_stuck_rm)

struct rds_statistics {
#define X(name) u64 s_##name;
	RDS_STATS(X)
#undef X
};

DECLARE_PER_CPU(struct rds_statistics, rds_stats);
#define rds_stats_inc(name)		this_cpu_inc(rds_stats.s_##name)
#define rds_stats_add(name, count)	this_cpu_add(rds_stats.s_##name, count)

/* ---------------------------------------------------------------- info */

/**
 * struct rds_info_lengths - what there is to know
 * @nr: elements, whether or not they fit
 * @each: bytes of one
 */
struct rds_info_lengths {
	unsigned int nr;
	unsigned int each;
};

typedef void (*rds_info_func)(struct socket *sock, unsigned int len,
			      struct rds_info_iterator *iter,
			      struct rds_info_lengths *lens);

/* Fills in an element, which is zero before; 0 leaves the connection out. */
typedef int (*rds_conn_visitor)(struct rds_connection *conn, void *buffer);

/* Defines @name, an rds_info_func: a @type for each connection that @visitor takes. */
#define RDS_CONN_LIST(name, type, visitor)				\
static void name(struct socket *sock, unsigned int len,			\
		 struct rds_info_iterator *iter,			\
		 struct rds_info_lengths *lens)				\
{									\
	u64 buffer[DIV_ROUND_UP(sizeof(type), sizeof(u64))];		\
									\
	rds_for_each_conn_info(sock, len, iter, lens, visitor, buffer,	\
			       sizeof(type));				\
}

/* ---------------------------------------------------------------- by file */

/* address.c */
bool rds_addr_is_local(struct net *net, const struct in6_addr *addr, u32 scope);
int rds_addr_cmp(const struct in6_addr *a1, const struct in6_addr *a2);
int rds_endpoint_for_bind(const void *uaddr, int len, struct rds_endpoint *ep);
int rds_endpoint_for_connect(const void *uaddr, int len, struct rds_endpoint *ep);
int rds_endpoint_for_send(const void *uaddr, int len, struct rds_endpoint *ep);
int rds_endpoint_to_sockaddr(const struct in6_addr *addr, __be16 port, u32 scope,
			     void *uaddr);

/* atomic.c */
int rds_cmsg_atomic(struct rds_sock *rs, struct rds_message *rm,
		    struct cmsghdr *cmsg);
void rds_atomic_send_complete(struct rds_message *rm, int status);

/* bind.c */
int rds_bind(struct socket *sock, struct sockaddr *uaddr, int len);
int rds_bind_init(void);
void rds_bind_uninit(void);
void rds_remove_bound(struct rds_sock *rs);
struct rds_sock *rds_find_bound(struct net *net, const struct in6_addr *addr,
				__be16 port, u32 scope);

/* cmsg.c */
int rds_cmsg_check(struct msghdr *msg, u64 *rdma_bytes);
int rds_cmsg_send(struct rds_sock *rs, struct rds_message *rm,
		  struct msghdr *msg, struct rds_connection *conn);

/* cong.c */
struct rds_cong_map *rds_cong_get(struct net *net, const struct in6_addr *addr);
void rds_cong_put(struct rds_cong_map *map);
void rds_cong_add_conn(struct rds_connection *conn);
void rds_cong_remove_conn(struct rds_connection *conn);
void rds_cong_set_port(struct rds_cong_map *map, __be16 port, bool congested);
bool rds_cong_test_port(struct rds_cong_map *map, __be16 port);
int rds_cong_wait(struct rds_cong_map *map, __be16 port, bool nonblock,
		  struct rds_sock *rs);
void rds_cong_map_updated(struct rds_cong_map *map, u64 groups);
void rds_cong_receive(struct rds_connection *conn, struct rds_incoming *inc);
struct rds_message *rds_cong_message(struct rds_connection *conn);
void rds_cong_monitor(struct rds_sock *rs, bool on);
bool rds_cong_updated_since(unsigned int *recent);
void rds_cong_poll_wait(struct file *file, struct poll_table_struct *wait);

/* conn.c */
int rds_conn_init(void);
void rds_conn_uninit(void);
struct rds_connection *rds_conn_create(struct net *net, const struct in6_addr *laddr,
				       const struct in6_addr *faddr,
				       struct rds_transport *trans, u8 tos,
				       gfp_t gfp, int ifindex);
struct rds_connection *rds_conn_create_outgoing(struct net *net,
						const struct in6_addr *laddr,
						const struct in6_addr *faddr,
						struct rds_transport *trans, u8 tos,
						gfp_t gfp, int ifindex);
void rds_conn_destroy(struct rds_connection *conn);
void rds_conn_destroy_all(struct net *net, struct rds_transport *trans);
void rds_conn_for_each(struct net *net,
		       void (*visit)(struct rds_connection *conn, void *arg),
		       void *arg);
bool rds_conn_dying(struct rds_connection *conn);

/* header.c */
void rds_message_populate_header(struct rds_header *hdr, __be16 sport,
				 __be16 dport, u64 seq);
void rds_message_make_checksum(struct rds_header *hdr);
bool rds_message_verify_checksum(const struct rds_header *hdr);
int rds_message_add_extension(struct rds_header *hdr, unsigned int type,
			      const void *data, unsigned int len);
int rds_message_add_rdma_dest_extension(struct rds_header *hdr, u32 rkey, u32 offset);
unsigned int rds_message_next_extension(const struct rds_header *hdr,
					unsigned int *pos, void *buf);

/* info.c */
void rds_info_register_func(int optname, rds_info_func func);
void rds_info_deregister_func(int optname, rds_info_func func);
int rds_info_getsockopt(struct socket *sock, int optname, char __user *optval,
			int __user *optlen);
void rds_info_copy(struct rds_info_iterator *iter, const void *data,
		   unsigned long bytes);
void rds_for_each_conn_info(struct socket *sock, unsigned int len,
			    struct rds_info_iterator *iter,
			    struct rds_info_lengths *lens,
			    rds_conn_visitor visitor,
			    u64 *buffer, size_t item_len);

/* info_lists.c */
int rds_info_lists_init(void);
void rds_info_lists_uninit(void);

/* loop.c */
extern struct rds_transport rds_loop_transport;
bool rds_loop_addr(const struct in6_addr *addr);
bool rds_loop_reaches(struct net *net, const struct in6_addr *addr, u32 scope);

/* main.c */
extern const struct proto_ops rds_proto_ops;
extern struct workqueue_struct *rds_wq;

/* message.c */
struct rds_message *rds_message_alloc(size_t len, gfp_t gfp);
int rds_message_copy_from_user(struct rds_message *rm, struct iov_iter *from);
int rds_message_copy_to_user(struct rds_incoming *inc, struct iov_iter *to);
void rds_message_inc_free(struct rds_incoming *inc);
void rds_message_addref(struct rds_message *rm);
void rds_message_put(struct rds_message *rm);
void rds_message_unmapped(struct rds_message *rm);
void rds_message_wait(struct rds_message *rm);

/* mr.c */
int rds_get_mr(struct rds_sock *rs, sockptr_t optval, unsigned int optlen);
int rds_get_mr_for_dest(struct rds_sock *rs, sockptr_t optval, unsigned int optlen);
int rds_free_mr(struct rds_sock *rs, sockptr_t optval, unsigned int optlen);
int rds_cmsg_rdma_dest(struct rds_sock *rs, struct rds_message *rm,
		       struct cmsghdr *cmsg);
int rds_cmsg_rdma_map(struct rds_sock *rs, struct rds_message *rm,
		      struct cmsghdr *cmsg, struct rds_connection *conn);
void rds_mr_abandon(struct rds_sock *rs, struct rds_message *rm);
void rds_mr_put(struct rds_mr *mr);
void rds_mr_drop_all(struct rds_sock *rs);
void rds_mr_used(struct rds_sock *rs, u32 rkey, const struct in6_addr *peer);

/* notify.c */
int rds_notifier_alloc(struct rm_op *op, struct rds_sock *rs, u64 flags, u64 token);
void rds_notify(struct rds_sock *rs, struct rm_op *op, int status);
void rds_notify_flushed(struct rds_sock *rs, struct rm_op *op);
void rds_message_acked(struct rds_message *rm);
void rds_message_notify(struct rds_message *rm, int status);
int rds_notify_deliver(struct rds_sock *rs, struct msghdr *msg);
void rds_notify_drop_all(struct rds_sock *rs);

/* options.c */
int rds_setsockopt(struct socket *sock, int level, int optname, sockptr_t optval,
		   unsigned int optlen);
int rds_getsockopt(struct socket *sock, int level, int optname,
		   char __user *optval, int __user *optlen);
int rds_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
int rds_attach_transport(struct rds_sock *rs, struct rds_transport *trans);

/* pin.c */
int rds_pin(struct rm_op *op, const struct rds_iovec *iov, unsigned int nr,
	    bool device_writes);
void rds_unpin(struct rm_op *op);

/* quota.c */
extern unsigned int rds_sysctl_max_user_connections;
extern unsigned int rds_sysctl_max_peer_connections;
int rds_quota_take(unsigned int owner);
void rds_quota_give_back(unsigned int owner);
int rds_quota_init(void);
void rds_quota_uninit(void);

/* rdma.c */
int rds_cmsg_rdma_args(struct rds_sock *rs, struct rds_message *rm,
		       struct cmsghdr *cmsg);
int rds_rdma_check_args(const struct rds_rdma_args *args);
void rds_rdma_send_complete(struct rds_message *rm, int status);
void rds_rdma_free_op(struct rm_rdma_op *op);
void rds_atomic_free_op(struct rm_atomic_op *op);

/* recv.c */
void rds_inc_init(struct rds_incoming *inc, struct rds_connection *conn,
		  const struct in6_addr *saddr);
void rds_inc_put(struct rds_incoming *inc);
void rds_recv_incoming(struct rds_connection *conn, const struct in6_addr *saddr,
		       const struct in6_addr *daddr, struct rds_incoming *inc,
		       gfp_t gfp);
void rds_recv_uncharge(struct rds_sock *rs, struct rds_incoming *inc);
void rds_recv_drop_all(struct rds_sock *rs);

/* recvmsg.c */
int rds_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);

/* send.c */
int rds_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
void rds_send_pong(struct rds_connection *conn, __be16 dport);

/* send_queue.c */
bool rds_send_enqueue(struct rds_sock *rs, struct rds_connection *conn,
		      struct rds_message *rm, __be16 sport, __be16 dport);
void rds_send_drop_to(struct rds_sock *rs, const struct rds_endpoint *dest);
void rds_send_drop_acked(struct rds_connection *conn, u64 ack,
			 bool (*is_acked)(struct rds_message *rm, u64 ack));
void rds_send_begin_after(struct rds_connection *conn, u64 ack);
void rds_send_reset(struct rds_connection *conn);
void rds_send_discard(struct rds_connection *conn);
void rds_send_finish(struct rds_connection *conn, struct rds_message *rm, int status);

/* sock.c */
extern struct proto rds_proto;
int rds_create(struct net *net, struct socket *sock, int protocol, int kern);
void rds_sock_addref(struct rds_sock *rs);
void rds_sock_put(struct rds_sock *rs);
void rds_sock_for_each(struct net *net, void (*visit)(struct rds_sock *rs, void *arg),
		       void *arg);
void rds_wake_sk_sleep(struct rds_sock *rs);

/* state.c */
void rds_state_init(struct rds_connection *conn);
void rds_state_stop(struct rds_connection *conn);
void rds_conn_drop(struct rds_connection *conn);
void rds_conn_connect_if_down(struct rds_connection *conn);
void rds_connect_complete(struct rds_connection *conn);
void rds_queue_send(struct rds_connection *conn, unsigned long delay);

/* stats.c */
void rds_stats_info_copy(struct rds_info_iterator *iter, const u64 *values,
			 const char *const *names, size_t nr);
int rds_stats_init(void);
void rds_stats_uninit(void);

/* sysctl.c */
extern unsigned long rds_sysctl_reconnect_min_jiffies;
extern unsigned long rds_sysctl_reconnect_max_jiffies;
extern unsigned int rds_sysctl_max_unacked_packets;
extern unsigned int rds_sysctl_max_unacked_bytes;
extern unsigned int rds_sysctl_ping_enable;
int rds_sysctl_init(void);
void rds_sysctl_uninit(void);

/* transport.c */
void rds_trans_register(struct rds_transport *trans);
void rds_trans_unregister(struct rds_transport *trans);
struct rds_transport *rds_trans_get(unsigned int type);
struct rds_transport *rds_trans_get_for_addr(struct net *net,
					     const struct in6_addr *addr, u32 scope);
void rds_trans_put(struct rds_transport *trans);
unsigned int rds_trans_stats_info_copy(struct rds_info_iterator *iter,
				       unsigned int avail);

/* xmit.c */
extern int rds_send_batch_count;
int rds_send_xmit(struct rds_connection *conn);
int rds_send_xmit_worker(struct rds_connection *conn);

#endif /* RDMA_ANYWHERE_RDS_H */
