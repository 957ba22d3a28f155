/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to 9pnet_rdma: the transport instance and who does what with it.
 */
#ifndef RDMA_ANYWHERE_P9_RDMA_H
#define RDMA_ANYWHERE_P9_RDMA_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/semaphore.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>
#include "compat/9p.h"

/* One message, one SEND, one receive buffer of this many bytes at most. */
#define P9_RDMA_MAXSIZE		(1024 * 1024)

/* Work requests beside requests: the drain's, and on the send side a probe. */
#define P9_RDMA_RQ_SPARE	1
#define P9_RDMA_SQ_SPARE	2

/* One request under way, and the Tflush that ends it. */
#define P9_RDMA_MIN_PENDING	2

/**
 * enum p9_rdma_state - how far a connection has come
 * @P9_RDMA_INIT: nothing has happened yet
 * @P9_RDMA_ADDR_RESOLVED: the device that leads to the server is known
 * @P9_RDMA_ROUTE_RESOLVED: and the path to it
 * @P9_RDMA_CONNECTED: requests may be posted
 * @P9_RDMA_FLUSHING: broken; whatever is outstanding is being failed
 * @P9_RDMA_CLOSING: given up by the file system, which has no requests left
 * @P9_RDMA_CLOSED: no RDMA object is left
 *
 * A connection only moves downwards, and never leaves the last three.
 */
enum p9_rdma_state {
	P9_RDMA_INIT,
	P9_RDMA_ADDR_RESOLVED,
	P9_RDMA_ROUTE_RESOLVED,
	P9_RDMA_CONNECTED,
	P9_RDMA_FLUSHING,
	P9_RDMA_CLOSING,
	P9_RDMA_CLOSED,
};

/**
 * struct p9_rdma_recv - a receive work request and the buffer it owns
 * @cqe: how its completion finds it
 * @free: on &p9_trans_rdma.free_recvs while not in use
 * @dma: the buffer as the device sees it
 * @len: bytes mapped
 * @rc: the buffer; %NULL @sdata while there is none
 */
struct p9_rdma_recv {
	struct ib_cqe cqe;
	struct list_head free;
	u64 dma;
	u32 len;
	struct p9_fcall rc;
};

/**
 * struct p9_rdma_send - a send work request
 * @cqe: how its completion finds it
 * @free: on &p9_trans_rdma.free_sends while not in use
 * @dma: the message as the device sees it
 * @len: bytes mapped
 * @req: whose message it is, with a reference; %NULL while not in use
 */
struct p9_rdma_send {
	struct ib_cqe cqe;
	struct list_head free;
	u64 dma;
	u32 len;
	struct p9_req_t *req;
};

/**
 * struct p9_rdma_pending - a request whose reply is awaited
 * @node: in &p9_trans_rdma.pending while awaited
 * @free: on &p9_trans_rdma.free_pending while not in use
 * @req: the request, with the transport's reference
 * @flushes: for a Tflush: the request to be flushed, with a reference that
 *	keeps its tag from being used again; or %NULL
 * @credit: the semaphore that goes up when this is over
 */
struct p9_rdma_pending {
	union {
		struct hlist_node node;
		struct list_head free;
	};
	struct p9_req_t *req;
	struct p9_req_t *flushes;
	struct semaphore *credit;
};

/**
 * struct p9_trans_rdma - RDMA transport instance
 * @client: the 9P client it works for
 * @addr: the server's address
 * @privport: connect from a privileged port
 * @port: the server's port
 * @sq_depth: sends that may be under way
 * @rq_depth: receives that may be posted (see @nr_slots)
 * @timeout: milliseconds for each step of connecting, and for noticing that
 *	the server is gone
 * @cm_id: the connection; this and the following objects are owned by
 *	rdma_create_trans() until it sets @live, then by the teardown
 * @pd: protection domain
 * @cq: both directions complete here
 * @qp: queue pair
 * @nr_slots: requests that may be pending: @rq_depth, or one more if that is 1
 * @recvs: @nr_slots receive contexts
 * @sends: @sq_depth send contexts
 * @slots: @nr_slots pending entries
 * @pending: hash table of pending requests, by tag
 * @pending_bits: its size
 * @cm_done: an event of the connection manager has been taken in
 * @sq_sem: sends that may still be posted
 * @rq_sem: requests that may still be made pending
 * @flush_sem: one more, for Tflush only
 * @req_lock: guards what follows; taken with interrupts off
 * @state: see &enum p9_rdma_state; so is the client's status from then on
 * @live: teardown is for the work item
 * @excess_rc: posted receives that no pending request needs
 * @nr_pending: entries in @pending
 * @free_recvs: receive contexts not in use
 * @free_sends: send contexts not in use
 * @free_pending: pending entries not in use
 * @teardown: destroys the RDMA objects of a broken connection
 * @keepalive: looks after a silent server
 * @probe_cqe: completion of a probe
 * @probing: a probe is under way; bit 0
 * @heard: jiffies of the last completion
 */
struct p9_trans_rdma {
	struct p9_client *client;
	struct sockaddr_storage addr;
	bool privport;
	u16 port;
	int sq_depth;
	int rq_depth;
	long timeout;

	struct rdma_cm_id *cm_id;
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct ib_qp *qp;
	int nr_slots;
	struct p9_rdma_recv *recvs;
	struct p9_rdma_send *sends;
	struct p9_rdma_pending *slots;
	struct hlist_head *pending;
	unsigned int pending_bits;

	struct completion cm_done;
	struct semaphore sq_sem;
	struct semaphore rq_sem;
	struct semaphore flush_sem;

	spinlock_t req_lock; /* guards the members from here to free_pending */
	enum p9_rdma_state state;
	bool live;
	int excess_rc;
	int nr_pending;
	struct list_head free_recvs;
	struct list_head free_sends;
	struct list_head free_pending;

	struct work_struct teardown;
	struct delayed_work keepalive;
	struct ib_cqe probe_cqe;
	unsigned long probing;
	unsigned long heard;
};

/* address.c */
int p9_rdma_parse_address(struct net *net, const char *text, u16 port,
			  struct sockaddr_storage *addr);

/* connect.c */
int p9_rdma_connect(struct p9_trans_rdma *rdma, struct net *net);

/* keepalive.c */
void p9_rdma_keepalive_init(struct p9_trans_rdma *rdma);
void p9_rdma_keepalive_start(struct p9_trans_rdma *rdma);
void p9_rdma_heard(struct p9_trans_rdma *rdma);

/* main.c */
extern struct workqueue_struct *p9_rdma_wq;

/* options.c */
#ifdef COMPAT_P9_OPTIONS_ARE_TEXT
int p9_rdma_options_from_text(char *params, struct p9_rdma_opts *opts);
#endif
int p9_rdma_options_check(struct p9_rdma_opts *opts);
int p9_rdma_show_options(struct seq_file *m, struct p9_client *client);

/* pending.c */
int p9_rdma_pending_alloc(struct p9_trans_rdma *rdma);
void p9_rdma_pending_free(struct p9_trans_rdma *rdma);
int p9_rdma_pending_add(struct p9_trans_rdma *rdma, struct p9_req_t *req,
			struct semaphore *credit);
struct p9_rdma_pending *p9_rdma_pending_take(struct p9_trans_rdma *rdma,
					     u16 tag);
void p9_rdma_pending_release(struct p9_trans_rdma *rdma,
			     struct p9_rdma_pending *p);
void p9_rdma_pending_withdraw(struct p9_trans_rdma *rdma,
			      struct p9_req_t *req);
void p9_rdma_pending_fail_all(struct p9_trans_rdma *rdma, int err);

/* recv.c */
int p9_rdma_recv_alloc(struct p9_trans_rdma *rdma);
void p9_rdma_recv_free(struct p9_trans_rdma *rdma);
int p9_rdma_recv_provide(struct p9_trans_rdma *rdma, struct p9_req_t *req);

/* request.c */
int p9_rdma_request(struct p9_client *client, struct p9_req_t *req);
int p9_rdma_cancel(struct p9_client *client, struct p9_req_t *req);
int p9_rdma_cancelled(struct p9_client *client, struct p9_req_t *req);

/* send.c */
int p9_rdma_send_alloc(struct p9_trans_rdma *rdma);
void p9_rdma_send_free(struct p9_trans_rdma *rdma);
struct p9_rdma_send *p9_rdma_send_prepare(struct p9_trans_rdma *rdma,
					  struct p9_req_t *req);
void p9_rdma_send_release(struct p9_trans_rdma *rdma,
			  struct p9_rdma_send *send);
int p9_rdma_send_post(struct p9_trans_rdma *rdma, struct p9_rdma_send *send);

/* teardown.c */
void p9_rdma_teardown_init(struct p9_trans_rdma *rdma);
__printf(2, 3)
void p9_rdma_fail(struct p9_trans_rdma *rdma, const char *fmt, ...);
void p9_rdma_shut_down(struct p9_trans_rdma *rdma);

#endif /* RDMA_ANYWHERE_P9_RDMA_H */
