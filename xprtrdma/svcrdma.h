/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The server: its objects, and which file has what.
 *
 *	svc_listen.c	the class, listeners, and the end of everything
 *	svc_accept.c	new connections
 *	svc_check.c	what a client may say
 *	svc_recv.c	Receives, and what the service threads take of them
 *	svc_read.c	Calls that have to be read from the client
 *	svc_reply.c	a Reply becomes a message
 *	svc_send.c	Sends, and room in the send queue
 *	svc_rw.c	RDMA Reads and Writes
 *	svc_backchannel.c	Calls to the client
 *	svc_sysctl.c	parameters and counters
 *
 * No service thread waits for a client: Reads and Sends complete behind its
 * back, and what finds no room in the send queue waits for it without the thread.
 */
#ifndef RDMA_ANYWHERE_SVCRDMA_H
#define RDMA_ANYWHERE_SVCRDMA_H

#include <linux/mutex.h>
#include <linux/percpu_counter.h>
#include <linux/sunrpc/svc.h>
#include <linux/sunrpc/svc_xprt.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>
#include <rdma/rw.h>
#include "header.h"

/* Connections that wait to be accepted. */
#define SVCRDMA_BACKLOG		10
#define SVCRDMA_MAX_UNACCEPTED	64

/* Calls to the client that may be under way. */
#define SVCRDMA_BC_REQUESTS	2

/* Receives are posted this many at a time. */
#define SVCRDMA_RECV_BATCH	7

/* Chunks in a write list that a Call may have. */
#define SVCRDMA_MAX_WRITES	16

/* XID and message type, which sunrpc reads without a look at the length of the head. */
#define SVCRDMA_MIN_RPC_MSG	(2 * sizeof(__be32))

/* Pages of a Call, and of a Reply: 1 MiB, and what does not begin on a page. */
#define SVCRDMA_MAX_PAGES	(RPCSVC_MAXPAYLOAD / PAGE_SIZE + 1)

/**
 * struct svcrdma_xprt - a listener or a connection
 * @sx_xprt: what the service knows of it
 * @sx_id: connection manager's id; %NULL for a listener that is closed
 * @sx_lock: for a listener: guards @sx_accept_q and @sx_nr_unaccepted
 * @sx_accept_q: connections that wait to be accepted
 * @sx_nr_unaccepted: how many
 * @sx_accept: on @sx_accept_q of the listener
 * @sx_free: takes it apart
 * @sx_close: closes it, on behalf of an interrupt
 * @sx_snd_w_inv: the client lets us invalidate its memory regions
 * @sx_peer_recv: bytes in a Receive of the client
 * @sx_ord: Reads under way that the client allows
 * @sx_port: port of the device
 * @sx_max_requests: Calls that the client may have under way
 * @sx_msg_size: bytes in a Receive, and the most in a Send
 * @sx_pd: protection domain
 * @sx_send_cq: completions of Sends, Reads and Writes
 * @sx_recv_cq: completions of Receives
 * @sx_rq_lock: guards the members from here to @sx_posted; taken by service
 *	threads and completions
 * @sx_received: Calls that nobody has looked at
 * @sx_read: Calls that have been read from the client
 * @sx_free_recvs: Receives that are not in use
 * @sx_all_recvs: all of them
 * @sx_nr_recvs: how many
 * @sx_posted: how many are posted
 * @sx_send_lock: guards the next two
 * @sx_free_sends: Sends that are not in use
 * @sx_all_sends: all of them
 * @sx_sq_mutex: guards the next three; whoever posts to the send queue holds it
 * @sx_sq_waiting: what waits for room in the send queue, in its turn
 * @sx_sq_avail: room in the send queue
 * @sx_sq_open: there is much of it, and nothing waits; read without the mutex
 * @sx_sq_depth: the size of the send queue
 */
struct svcrdma_xprt {
	struct svc_xprt sx_xprt;
	struct rdma_cm_id *sx_id;
	spinlock_t sx_lock; /* see above */
	struct list_head sx_accept_q;
	unsigned int sx_nr_unaccepted;
	struct list_head sx_accept;
	struct work_struct sx_free;
	struct work_struct sx_close;

	bool sx_snd_w_inv;
	unsigned int sx_peer_recv;
	u8 sx_ord;
	u32 sx_port;
	unsigned int sx_max_requests;
	unsigned int sx_msg_size;
	struct ib_pd *sx_pd;
	struct ib_cq *sx_send_cq;
	struct ib_cq *sx_recv_cq;

	spinlock_t sx_rq_lock; /* see above */
	struct list_head sx_received;
	struct list_head sx_read;
	struct list_head sx_free_recvs;
	struct list_head sx_all_recvs;
	unsigned int sx_nr_recvs;
	unsigned int sx_posted;

	spinlock_t sx_send_lock; /* see above */
	struct list_head sx_free_sends;
	struct list_head sx_all_sends;

	struct mutex sx_sq_mutex; /* see above */
	struct list_head sx_sq_waiting;
	unsigned int sx_sq_avail;
	bool sx_sq_open;
	unsigned int sx_sq_depth;
};

/**
 * struct svcrdma_job - work requests that are posted together
 * @list: on &svcrdma_xprt.sx_sq_waiting
 * @wr: the first of them
 * @wrs: how many
 */
struct svcrdma_job {
	struct list_head list;
	struct ib_send_wr *wr;
	unsigned int wrs;
};

/**
 * struct svcrdma_rws - RDMA Reads or Writes that are posted together
 * @rws: the contexts
 * @wrs: work requests that they need
 */
struct svcrdma_rws {
	struct list_head rws;
	unsigned int wrs;
};

/**
 * struct svcrdma_payload - a part of a Reply that goes into a chunk of its own
 * @pos: where it begins
 * @len: its bytes, without padding
 */
struct svcrdma_payload {
	u32 pos;
	u32 len;
};

/**
 * struct svcrdma_recv - a Receive, and the Call that it received
 * @cqe: how its completion finds it
 * @wr: the work request
 * @sge: the memory as the device sees it
 * @buf: the memory
 * @xprt: the connection
 * @list: on one of its lists
 * @all: on &svcrdma_xprt.sx_all_recvs
 * @byte_len: bytes received
 * @hdr: the header
 * @inv_rkey: the one memory region of the client that there is; or 0
 * @read_cqe: how the completion of its Reads finds it
 * @reads: its Reads
 * @job: how they are posted
 * @pages: what is read
 * @nr_pages: how many pages
 * @page_bytes: how many bytes in them
 * @head: bytes of the message itself before what is in @pages
 * @split: @pages has one chunk, and the rest is in the message
 * @nr_payloads: parts of the Reply that go into chunks of their own
 * @payloads: which
 */
struct svcrdma_recv {
	struct ib_cqe cqe;
	struct ib_recv_wr wr;
	struct ib_sge sge;
	void *buf;
	struct svcrdma_xprt *xprt;
	struct list_head list;
	struct list_head all;
	u32 byte_len;
	struct rpcrdma_hdr hdr;
	u32 inv_rkey;

	struct ib_cqe read_cqe;
	struct svcrdma_rws reads;
	struct svcrdma_job job;
	struct page **pages;
	unsigned int nr_pages;
	u32 page_bytes;
	u32 head;
	bool split;

	unsigned int nr_payloads;
	struct svcrdma_payload payloads[SVCRDMA_MAX_WRITES];
};

/**
 * struct svcrdma_send - a Send, and the Writes before it
 * @cqe: how its completion finds it
 * @wr: the work request
 * @sge: the memory as the device sees it
 * @buf: the memory
 * @xprt: the connection
 * @list: on &svcrdma_xprt.sx_free_sends
 * @all: on &svcrdma_xprt.sx_all_sends
 * @writes: what is written before it
 * @job: how it is posted
 * @pages: what must not be freed before that is done
 * @nr_pages: how many
 */
struct svcrdma_send {
	struct ib_cqe cqe;
	struct ib_send_wr wr;
	struct ib_sge sge;
	void *buf;
	struct svcrdma_xprt *xprt;
	struct list_head list;
	struct list_head all;
	struct svcrdma_rws writes;
	struct svcrdma_job job;
	struct page **pages;
	unsigned int nr_pages;
};

/**
 * struct svcrdma_assembly - how a Call is put together
 * @hdr: its header
 * @inline_msg: what follows the header
 * @inline_len: bytes of that
 * @limit: bytes that it may have in pages
 * @xprt: the connection, or %NULL to find out whether it can be done
 * @pages: where to put it
 * @reads: the Reads that this takes
 * @filled: result: bytes in pages
 * @head: result: see &svcrdma_recv.head
 * @split: result: see &svcrdma_recv.split
 */
struct svcrdma_assembly {
	const struct rpcrdma_hdr *hdr;
	const void *inline_msg;
	u32 inline_len;
	u32 limit;
	struct svcrdma_xprt *xprt;
	struct page **pages;
	struct svcrdma_rws *reads;
	u32 filled;
	u32 head;
	bool split;
};

static inline struct svcrdma_xprt *to_svcrdma(struct svc_xprt *xprt)
{
	return container_of(xprt, struct svcrdma_xprt, sx_xprt);
}

/* svc_accept.c */
struct svc_xprt *svcrdma_accept(struct svc_xprt *xprt);
int svcrdma_conn_event(struct rdma_cm_id *id, struct rdma_cm_event *event);

/* svc_backchannel.c */
#ifdef CONFIG_SUNRPC_BACKCHANNEL
bool svcrdma_bc_reply(struct svcrdma_recv *recv);
int svcrdma_bc_init(void);
void svcrdma_bc_exit(void);
#else
static inline bool svcrdma_bc_reply(struct svcrdma_recv *recv)
{
	return false;
}

static inline int svcrdma_bc_init(void)
{
	return 0;
}

static inline void svcrdma_bc_exit(void)
{
}
#endif

/* svc_check.c */
int svcrdma_check_hdr(const struct rpcrdma_hdr *hdr, u32 byte_len);
u32 svcrdma_inv_rkey(const struct rpcrdma_hdr *hdr);

/* svc_listen.c */
struct svcrdma_xprt *svcrdma_xprt_alloc(struct svc_serv *serv, struct net *net);
void svcrdma_discard(struct svcrdma_xprt *sx);
void svcrdma_close(struct svcrdma_xprt *sx);
void svcrdma_close_later(struct svcrdma_xprt *sx);
int svcrdma_init(void);
void svcrdma_exit(void);

/* svc_read.c */
int svcrdma_assemble(struct svcrdma_assembly *a);
int svcrdma_start_reads(struct svcrdma_recv *recv);
void svcrdma_free_reads(struct svcrdma_recv *recv);
int svcrdma_deliver_read(struct svc_rqst *rqstp, struct svcrdma_recv *recv);

/* svc_recv.c */
bool svcrdma_post_recvs(struct svcrdma_xprt *sx);
void svcrdma_recv_queue(struct svcrdma_recv *recv, struct list_head *queue);
void svcrdma_recv_put(struct svcrdma_recv *recv);
void svcrdma_recvs_stop(struct svcrdma_xprt *sx);
void svcrdma_recvs_destroy(struct svcrdma_xprt *sx);
int svcrdma_recvfrom(struct svc_rqst *rqstp);
void svcrdma_release_ctxt(struct svc_xprt *xprt, void *ctxt);

/* svc_reply.c */
int svcrdma_result_payload(struct svc_rqst *rqstp, unsigned int offset,
			   unsigned int length);
int svcrdma_sendto(struct svc_rqst *rqstp);
void svcrdma_send_error(struct svcrdma_recv *recv, int err);

/* svc_rw.c */
void svcrdma_rws_init(struct svcrdma_rws *rws);
int svcrdma_rws_add(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
		    const struct xdr_buf *buf, u32 pos, u32 len, u32 rkey,
		    u64 offset, enum dma_data_direction dir);
struct ib_send_wr *svcrdma_rws_chain(struct svcrdma_xprt *sx,
				     struct svcrdma_rws *rws,
				     struct ib_cqe *cqe,
				     struct ib_send_wr *next);
void svcrdma_rws_free(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
		      enum dma_data_direction dir);

/* svc_send.c */
struct svcrdma_send *svcrdma_send_get(struct svcrdma_xprt *sx);
void svcrdma_send_put(struct svcrdma_send *send);
int svcrdma_post_send(struct svcrdma_send *send, unsigned int len, u32 inv_rkey);
void svcrdma_sq_init(struct svcrdma_xprt *sx, unsigned int depth);
int svcrdma_post(struct svcrdma_xprt *sx, struct svcrdma_job *job,
		 struct ib_send_wr *wr, unsigned int wrs);
void svcrdma_post_done(struct svcrdma_xprt *sx, unsigned int wrs);
void svcrdma_sends_destroy(struct svcrdma_xprt *sx);

/* svc_sysctl.c */
extern unsigned int svcrdma_max_requests;
extern unsigned int svcrdma_max_req_size;
extern struct percpu_counter svcrdma_stat_read;
extern struct percpu_counter svcrdma_stat_recv;
extern struct percpu_counter svcrdma_stat_write;
extern struct percpu_counter svcrdma_stat_sq_starve;
int svcrdma_sysctl_init(void);
void svcrdma_sysctl_exit(void);

#endif /* RDMA_ANYWHERE_SVCRDMA_H */
