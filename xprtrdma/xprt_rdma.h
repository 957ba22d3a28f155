/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client: its objects, and which file has what.
 *
 *	transport.c	what the RPC client calls
 *	connect.c	connecting and disconnecting
 *	sizes.c		how much of everything
 *	ia.c		the device and the queue pair of a connection
 *	buffer.c	requests
 *	regbuf.c	memory that messages are sent from and received in
 *	sendctx.c	Sends under way
 *	mr.c		memory regions
 *	marshal.c	a Call becomes a message
 *	send.c		and is posted
 *	recv.c		Receives
 *	reply.c		a message becomes a Reply
 *	backchannel.c	Calls from the server
 *
 * Whoever owns XPRT_LOCKED of the transport may connect, send and disconnect.
 * That bit guards everything here that no other lock is named for.
 */
#ifndef RDMA_ANYWHERE_XPRT_RDMA_H
#define RDMA_ANYWHERE_XPRT_RDMA_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/rwsem.h>
#include <linux/sunrpc/clnt.h>
#include <linux/sunrpc/xprt.h>
#include <linux/sunrpc/xprtrdma.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>
#include "header.h"

/* The largest payload: 1 MiB that does not begin on a page. */
#define RPCRDMA_MAX_DATA_SEGS	((1U << (20 - PAGE_SHIFT)) + 1)

/* Segments in one header, whatever the device. */
#define RPCRDMA_MAX_HDR_SEGS	16

/* Calls from the server that it may have under way, and their Receives. */
#define RPCRDMA_BACKWARD_WRS	32
#define RPCRDMA_BACKWARD_CREDITS	(RPCRDMA_BACKWARD_WRS / 2)

/* Receives are posted this many at a time. */
#define RPCRDMA_RECV_BATCH	7

/* A Send has the header, and the head and the tail of the Call. */
#define RPCRDMA_SEND_SGES	3

/* Buffers begin with this, and grow to what they are needed for. */
#define RPCRDMA_INITIAL_BUF	2048

#define RPCRDMA_BIND_TO		(60UL * HZ)
#define RPCRDMA_INIT_REEST_TO	(1UL * HZ)
#define RPCRDMA_MAX_REEST_TO	(60UL * HZ)
#define RPCRDMA_CONNECT_TO	(60UL * HZ)
#define RPCRDMA_IDLE_DISC_TO	(5UL * 60 * HZ)
#define RPCRDMA_RESOLVE_MS	5000

struct rpcrdma_xprt;
struct rpcrdma_buffer;

/**
 * struct rpcrdma_regbuf - memory that a device may use directly
 * @rg_sge: the memory as the device sees it, once mapped; else length 0
 * @rg_size: bytes that @rg_data has
 * @rg_device: where it is mapped, or %NULL
 * @rg_direction: who reads it; %DMA_NONE is never mapped here
 * @rg_data: the memory
 */
struct rpcrdma_regbuf {
	struct ib_sge rg_sge;
	size_t rg_size;
	struct ib_device *rg_device;
	enum dma_data_direction rg_direction;
	void *rg_data;
};

/**
 * struct rpcrdma_rep - a Receive, and what it received
 * @rr_cqe: how its completion finds it
 * @rr_wr: the work request
 * @rr_rxprt: the transport
 * @rr_rdmabuf: the memory
 * @rr_len: bytes received
 * @rr_inv_rkey: what the server invalidated, or 0
 * @rr_temp: freed, not kept, after use
 * @rr_hdr: the header
 * @rr_rdmalen: bytes of the Reply that came by RDMA, or an error
 * @rr_all: on &rpcrdma_buffer.rb_all_reps
 * @rr_list: on &rpcrdma_buffer.rb_free_reps, or in a batch to be posted
 */
struct rpcrdma_rep {
	struct ib_cqe rr_cqe;
	struct ib_recv_wr rr_wr;
	struct rpcrdma_xprt *rr_rxprt;
	struct rpcrdma_regbuf *rr_rdmabuf;
	u32 rr_len;
	u32 rr_inv_rkey;
	bool rr_temp;
	struct rpcrdma_hdr rr_hdr;
	int rr_rdmalen;
	struct list_head rr_all;
	struct list_head rr_list;
};

/**
 * struct rpcrdma_mr - a memory region that a server can be given
 * @mr_ibmr: the region
 * @mr_sg: what it covers, &rpcrdma_ia.ia_mr_depth elements
 * @mr_nents: elements in use and mapped; 0 if none
 * @mr_dir: who writes: %DMA_TO_DEVICE the client, %DMA_FROM_DEVICE the server
 * @mr_seg: how the header names it
 * @mr_req: the request that has it
 * @mr_rxprt: the transport
 * @mr_reg: makes it valid
 * @mr_inv: makes it invalid
 * @mr_reg_cqe: completion of @mr_reg
 * @mr_inv_cqe: completion of @mr_inv
 * @mr_send: &rpcrdma_sendctx.sc_nr of the last Send that @mr_reg was posted with
 * @mr_list: on &rpcrdma_buffer.rb_mrs, or on a list of @mr_req
 * @mr_all: on &rpcrdma_buffer.rb_all_mrs
 */
struct rpcrdma_mr {
	struct ib_mr *mr_ibmr;
	struct scatterlist *mr_sg;
	int mr_nents;
	enum dma_data_direction mr_dir;
	struct rpcrdma_segment mr_seg;
	struct rpcrdma_req *mr_req;
	struct rpcrdma_xprt *mr_rxprt;
	struct ib_reg_wr mr_reg;
	struct ib_send_wr mr_inv;
	struct ib_cqe mr_reg_cqe;
	struct ib_cqe mr_inv_cqe;
	unsigned int mr_send;
	struct list_head mr_list;
	struct list_head mr_all;
};

/* How much of a message goes by RDMA. */
enum rpcrdma_chunktype {
	RPCRDMA_INLINE,		/* nothing */
	RPCRDMA_PAYLOAD,	/* the page list */
	RPCRDMA_WHOLE,		/* everything */
};

/**
 * struct rpcrdma_req - a Call, and the memory for it
 * @rl_slot: what the RPC client knows of it
 * @rl_kref: one for the RPC client, one for a Send under way
 * @rl_buffer: where it returns to
 * @rl_hdrbuf: header, and data that has been copied behind it
 * @rl_sendbuf: where the Call is encoded
 * @rl_recvbuf: where the Reply is decoded
 * @rl_hdrlen: bytes in @rl_hdrbuf
 * @rl_flags: see below
 * @rl_rtype: what the server reads
 * @rl_wtype: what the server writes
 * @rl_registered: regions that are or will be valid, in the order of the header
 * @rl_reply: what answers it, from the Receive to the completion of the RPC
 * @rl_done: somebody waits for the regions to become invalid; or %NULL
 * @rl_list: on &rpcrdma_buffer.rb_free_reqs
 * @rl_all: on &rpcrdma_buffer.rb_all_reqs
 *
 * The regions belong to the owner of XPRT_LOCKED until the Call is posted, to
 * the Receive completion that clears %RPCRDMA_REQ_AWAITED after that, and to the
 * task once the RPC client has taken the request off its queue. Disconnecting
 * takes them from everybody, after it has seen to it that none is left.
 */
struct rpcrdma_req {
	struct rpc_rqst rl_slot;
	struct kref rl_kref;
	struct rpcrdma_buffer *rl_buffer;
	struct rpcrdma_regbuf *rl_hdrbuf;
	struct rpcrdma_regbuf *rl_sendbuf;
	struct rpcrdma_regbuf *rl_recvbuf;
	unsigned int rl_hdrlen;
	unsigned long rl_flags;
	enum rpcrdma_chunktype rl_rtype;
	enum rpcrdma_chunktype rl_wtype;
	struct list_head rl_registered;
	struct rpcrdma_rep *rl_reply;
	struct completion *rl_done;
	struct list_head rl_list;
	struct list_head rl_all;
};

/* rl_flags */
#define RPCRDMA_REQ_AWAITED	0	/* posted, and no Reply seen */
#define RPCRDMA_REQ_BACKWARD	1	/* answers a Call of the server */

/**
 * struct rpcrdma_sendctx - a Send under way
 * @sc_cqe: how its completion finds it
 * @sc_rxprt: the transport
 * @sc_req: what is sent, with a reference; %NULL while not in use
 * @sc_nr: which Send of the connection this is
 * @sc_wr: the work request
 * @sc_sges: what it gathers
 */
struct rpcrdma_sendctx {
	struct ib_cqe sc_cqe;
	struct rpcrdma_xprt *sc_rxprt;
	struct rpcrdma_req *sc_req;
	unsigned int sc_nr;
	struct ib_send_wr sc_wr;
	struct ib_sge sc_sges[RPCRDMA_SEND_SGES];
};

/**
 * struct rpcrdma_buffer - everything that a transport keeps for use again
 * @rb_lock: guards the lists and counts from here to @rb_mrs_low
 * @rb_free_reqs: requests
 * @rb_all_reqs: all of them
 * @rb_nr_reqs: how many
 * @rb_nr_free_reqs: how many in @rb_free_reqs
 * @rb_reqs_low: the fewest there were in @rb_free_reqs since the last trim
 * @rb_free_reps: Receives that are not posted
 * @rb_all_reps: all of them
 * @rb_nr_free_reps: how many in @rb_free_reps
 * @rb_reps_low: the fewest there were in @rb_free_reps since the last trim
 * @rb_mrs: regions that are invalid and not mapped
 * @rb_all_mrs: all of them
 * @rb_nr_mrs: how many
 * @rb_nr_free_mrs: how many in @rb_mrs
 * @rb_mrs_low: the fewest there were in @rb_mrs since the last trim
 * @rb_min_reqs: requests that there always are
 * @rb_max_reqs: requests that there may be
 * @rb_credits: what the server granted; changed by the Receive completions
 * @rb_bc_credits: the same for the server's Calls, 0 without a backchannel, and
 *	then none is given to its service; changed to 0 under bc_pa_lock
 * @rb_posted: Receives that are posted; only its poster changes it: the
 *	connect worker, and from then on the Receive completions, one at a time
 * @rb_sc_ring: Sends, a ring of @rb_sc_size with one place that stays empty
 * @rb_sc_size: its size
 * @rb_sc_head: the last one taken; guarded by XPRT_LOCKED
 * @rb_sc_tail: the last one given back; changed by the Send completions
 * @rb_sc_nr: Sends of this connection; guarded by XPRT_LOCKED
 * @rb_sc_done: how many of them are done; changed by the Send completions
 * @rb_sc_unsignaled: Sends since the last that will say when it is done
 * @rb_refresh: makes regions
 * @rb_trim: frees what nobody needs
 */
struct rpcrdma_buffer {
	spinlock_t rb_lock; /* see above */
	struct list_head rb_free_reqs;
	struct list_head rb_all_reqs;
	unsigned int rb_nr_reqs;
	unsigned int rb_nr_free_reqs;
	unsigned int rb_reqs_low;
	struct list_head rb_free_reps;
	struct list_head rb_all_reps;
	unsigned int rb_nr_free_reps;
	unsigned int rb_reps_low;
	struct list_head rb_mrs;
	struct list_head rb_all_mrs;
	unsigned int rb_nr_mrs;
	unsigned int rb_nr_free_mrs;
	unsigned int rb_mrs_low;

	unsigned int rb_min_reqs;
	unsigned int rb_max_reqs;
	u32 rb_credits;
	u32 rb_bc_credits;
	unsigned int rb_posted;

	struct rpcrdma_sendctx **rb_sc_ring;
	unsigned long rb_sc_size;
	unsigned long rb_sc_head;
	unsigned long rb_sc_tail;
	unsigned int rb_sc_nr;
	unsigned int rb_sc_done;
	unsigned int rb_sc_unsignaled;

	struct delayed_work rb_refresh;
	struct delayed_work rb_trim;
};

/**
 * struct rpcrdma_ia - the interface adapter: a device, and what a connection has of it
 * @ia_id: the connection; %NULL while there is none
 * @ia_pd: protection domain
 * @ia_send_cq: completions of Sends and of work on regions
 * @ia_recv_cq: completions of Receives
 * @ia_lock: held for reading by those who post, or free what may be mapped,
 *	without owning XPRT_LOCKED or being a completion; for writing while the
 *	queue pair is destroyed
 * @ia_event: an event of the connection manager has been taken in
 * @ia_rc: what it said: 0, or why not
 * @ia_established: there was a connection; bit 0
 * @ia_broken: it ended; bit 0
 * @ia_disconnect: rpcrdma_disconnect_worker()
 * @ia_max_requests: requests that may be under way
 * @ia_mr_depth: pages in a region
 * @ia_mr_type: kind of regions
 * @ia_max_segs: regions for one chunk
 * @ia_sq_depth: Sends, and work on regions
 * @ia_rq_depth: Receives
 * @ia_inline_send: bytes in a Send
 * @ia_inline_recv: bytes in a Receive
 * @ia_max_inline_send: the largest Call that goes inline
 * @ia_max_inline_recv: the largest Reply that comes inline
 */
struct rpcrdma_ia {
	struct rdma_cm_id *ia_id;
	struct ib_pd *ia_pd;
	struct ib_cq *ia_send_cq;
	struct ib_cq *ia_recv_cq;
	struct rw_semaphore ia_lock; /* see above */

	struct completion ia_event;
	int ia_rc;
	unsigned long ia_established;
	unsigned long ia_broken;
	struct work_struct ia_disconnect;

	unsigned int ia_max_requests;
	unsigned int ia_mr_depth;
	enum ib_mr_type ia_mr_type;
	unsigned int ia_max_segs;
	unsigned int ia_sq_depth;
	unsigned int ia_rq_depth;

	unsigned int ia_inline_send;
	unsigned int ia_inline_recv;
	unsigned int ia_max_inline_send;
	unsigned int ia_max_inline_recv;
};

/**
 * struct rpcrdma_stats - what /proc/self/mountstats shows, in its order
 * @read_segs: regions for the server to read
 * @write_segs: regions in write lists
 * @reply_segs: regions in reply chunks
 * @bytes_offered: bytes of Calls for the server to read
 * @bytes_written: bytes of Replies that the server wrote
 * @bytes_pulled_up: bytes of data copied behind a header
 * @bytes_fixed_up: bytes of data copied out of a message
 * @bytes_grown: bytes of buffers that were too small
 * @failed_marshals: Calls that could not be sent at once
 * @bad_replies: messages that made no sense
 * @long_calls: Calls that went by RDMA as a whole
 * @mrs_allocated: regions made
 * @local_invs: regions invalidated here
 * @ring_full: no room for a Send
 *
 * Counts, not money: a lost increment on a busy transport is accepted.
 */
struct rpcrdma_stats {
	unsigned long read_segs;
	unsigned long write_segs;
	unsigned long reply_segs;
	unsigned long long bytes_offered;
	unsigned long long bytes_written;
	unsigned long long bytes_pulled_up;
	unsigned long long bytes_fixed_up;
	unsigned long bytes_grown;
	unsigned long failed_marshals;
	unsigned long bad_replies;
	unsigned long long_calls;
	unsigned long mrs_allocated;
	unsigned long local_invs;
	unsigned long ring_full;
};

/**
 * struct rpcrdma_xprt - a transport
 * @rx_xprt: what the RPC client knows of it
 * @rx_ia: the device
 * @rx_buf: what is kept for use again
 * @rx_connect_worker: connects
 * @rx_failed: the last try to connect failed, the next one shall wait
 * @rx_timeout: the timeouts, once somebody has shortened them
 * @rx_stats: what has been counted
 */
struct rpcrdma_xprt {
	struct rpc_xprt rx_xprt;
	struct rpcrdma_ia rx_ia;
	struct rpcrdma_buffer rx_buf;
	struct delayed_work rx_connect_worker;
	bool rx_failed;
	struct rpc_timeout rx_timeout;
	struct rpcrdma_stats rx_stats;
};

static inline struct rpcrdma_xprt *rpcx_to_rdmax(const struct rpc_xprt *xprt)
{
	return container_of(xprt, struct rpcrdma_xprt, rx_xprt);
}

static inline struct rpcrdma_req *rpcr_to_rdmar(const struct rpc_rqst *rqst)
{
	return container_of(rqst, struct rpcrdma_req, rl_slot);
}

static inline struct rpcrdma_xprt *rpcrdma_buf_to_xprt(struct rpcrdma_buffer *b)
{
	return container_of(b, struct rpcrdma_xprt, rx_buf);
}

/* backchannel.c */
#ifdef CONFIG_SUNRPC_BACKCHANNEL
int rpcrdma_bc_setup(struct rpc_xprt *xprt, unsigned int reqs);
size_t rpcrdma_bc_maxpayload(struct rpc_xprt *xprt);
unsigned int rpcrdma_bc_num_slots(struct rpc_xprt *xprt);
void rpcrdma_bc_free_rqst(struct rpc_rqst *rqst);
void rpcrdma_bc_destroy(struct rpc_xprt *xprt, unsigned int reqs);
int rpcrdma_bc_send_reply(struct rpc_rqst *rqst);
bool rpcrdma_bc_receive_call(struct rpcrdma_xprt *r_xprt,
			     struct rpcrdma_rep *rep);
#else
static inline bool rpcrdma_bc_receive_call(struct rpcrdma_xprt *r_xprt,
					   struct rpcrdma_rep *rep)
{
	return false;
}
#endif

/* buffer.c */
int rpcrdma_buffer_create(struct rpcrdma_xprt *r_xprt);
void rpcrdma_buffer_destroy(struct rpcrdma_xprt *r_xprt);
void rpcrdma_trim_start(struct rpcrdma_xprt *r_xprt);
struct rpcrdma_req *rpcrdma_req_create(struct rpcrdma_xprt *r_xprt, gfp_t flags);
void rpcrdma_req_destroy(struct rpcrdma_req *req);
void rpcrdma_reqs_reset(struct rpcrdma_xprt *r_xprt);
struct rpcrdma_req *rpcrdma_buffer_get(struct rpcrdma_buffer *buffers);
void rpcrdma_buffer_put(struct rpcrdma_req *req);
void rpcrdma_req_put(struct rpcrdma_req *req);

/* connect.c */
void rpcrdma_connection_lost(struct rpcrdma_xprt *r_xprt);
int rpcrdma_cm_event_handler(struct rdma_cm_id *id, struct rdma_cm_event *event);
void rpcrdma_disconnect_worker(struct work_struct *work);
void rpcrdma_connect_worker(struct work_struct *work);
void rpcrdma_xprt_disconnect(struct rpcrdma_xprt *r_xprt);

/* ia.c */
void rpcrdma_qp_event_handler(struct ib_event *event, void *context);
int rpcrdma_ia_open(struct rpcrdma_xprt *r_xprt);
void rpcrdma_ia_remove(struct rpcrdma_ia *ia);
void rpcrdma_ia_close(struct rpcrdma_ia *ia);

/* marshal.c */
int rpcrdma_marshal_req(struct rpcrdma_xprt *r_xprt, struct rpc_rqst *rqst);

/* mr.c */
void rpcrdma_mrs_init(struct rpcrdma_buffer *buf);
struct rpcrdma_mr *rpcrdma_mr_get(struct rpcrdma_xprt *r_xprt);
void rpcrdma_mr_put(struct rpcrdma_mr *mr);
void rpcrdma_mr_unmap_and_put(struct rpcrdma_mr *mr);
void rpcrdma_mrs_release(struct rpcrdma_req *req);
int rpcrdma_mr_map(struct rpcrdma_mr *mr, const struct xdr_buf *buf,
		   unsigned int pos, unsigned int len,
		   enum dma_data_direction dir);
int rpcrdma_mrs_create(struct rpcrdma_xprt *r_xprt);
void rpcrdma_mrs_trim(struct rpcrdma_buffer *buf);
void rpcrdma_mrs_stop(struct rpcrdma_xprt *r_xprt);
void rpcrdma_mrs_destroy(struct rpcrdma_xprt *r_xprt);
void rpcrdma_mrs_wait(struct rpcrdma_xprt *r_xprt);
void rpcrdma_mrs_remote_inv(struct rpcrdma_req *req, u32 rkey);
int rpcrdma_mrs_invalidate(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req);
void rpcrdma_mrs_invalidate_sync(struct rpcrdma_xprt *r_xprt,
				 struct rpcrdma_req *req);

/* recv.c */
void rpcrdma_wc_receive(struct ib_cq *cq, struct ib_wc *wc);
void rpcrdma_post_recvs(struct rpcrdma_xprt *r_xprt, bool temp);
void rpcrdma_rep_put(struct rpcrdma_rep *rep);
void rpcrdma_reps_trim(struct rpcrdma_buffer *buf);
void rpcrdma_reps_destroy(struct rpcrdma_xprt *r_xprt);

/* regbuf.c */
struct rpcrdma_regbuf *
rpcrdma_alloc_regbuf(size_t size, enum dma_data_direction direction, gfp_t flags);
bool rpcrdma_regbuf_grow(struct rpcrdma_regbuf **rb, size_t size,
			 enum dma_data_direction direction, gfp_t flags);
bool __rpcrdma_dma_map_regbuf(struct rpcrdma_ia *ia, struct rpcrdma_regbuf *rb);
void rpcrdma_regbuf_unmap(struct rpcrdma_regbuf *rb);
void rpcrdma_free_regbuf(struct rpcrdma_regbuf *rb);

/* Is @p within @rb? */
static inline bool rpcrdma_regbuf_has(const struct rpcrdma_regbuf *rb,
				      const void *p, size_t len)
{
	return rb && p >= rb->rg_data && len <= rb->rg_size &&
	       p - rb->rg_data <= rb->rg_size - len;
}

/* reply.c */
void rpcrdma_reply_handler(struct rpcrdma_rep *rep);
void rpcrdma_complete_rqst(struct rpcrdma_req *req);
void rpcrdma_abandon_reply(struct rpcrdma_req *req);

/* send.c */
void rpcrdma_wc_send(struct ib_cq *cq, struct ib_wc *wc);
int rpcrdma_send(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
		 struct rpcrdma_sendctx *sc);
int rpcrdma_prepare_send(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			 struct rpcrdma_sendctx *sc, unsigned int head,
			 const struct kvec *tail);

/* sendctx.c */
int rpcrdma_sendctxs_create(struct rpcrdma_xprt *r_xprt);
void rpcrdma_sendctxs_destroy(struct rpcrdma_xprt *r_xprt);
struct rpcrdma_sendctx *rpcrdma_sendctx_get_locked(struct rpcrdma_buffer *buf);
void rpcrdma_sendctx_unget_locked(struct rpcrdma_buffer *buf);
void rpcrdma_sendctx_put_locked(struct rpcrdma_sendctx *sc);

/* sizes.c */
int rpcrdma_ia_size(struct rpcrdma_ia *ia, const struct ib_device_attr *attrs,
		    bool sg_gaps, unsigned int slots);
void rpcrdma_ia_set_inline(struct rpcrdma_ia *ia);

/* sysctl.c */
extern unsigned int rpcrdma_slot_table_entries;
extern unsigned int rpcrdma_max_inline_read;
extern unsigned int rpcrdma_max_inline_write;
int rpcrdma_sysctl_init(void);
void rpcrdma_sysctl_exit(void);

/* transport.c */
int rpcrdma_enable_swap(struct rpc_xprt *xprt);
void rpcrdma_disable_swap(struct rpc_xprt *xprt);
void rpcrdma_print_stats(struct rpc_xprt *xprt, struct seq_file *seq);
struct rpc_xprt *rpcrdma_xprt_alloc(const struct xprt_create *args,
				    unsigned int slots, unsigned int max_slots);
void rpcrdma_xprt_free(struct rpc_xprt *xprt);
int rpcrdma_transport_init(void);
void rpcrdma_transport_exit(void);

#endif /* RDMA_ANYWHERE_XPRT_RDMA_H */
