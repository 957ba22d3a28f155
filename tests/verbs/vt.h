/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vt drives two verbs endpoints ("ends") from one place.
 *
 * An end is a process with an RDMA device open: it owns PDs, MRs, CQs, QPs and
 * does what it is asked to (agent.c).  The driver, which holds all the test
 * logic, talks to its own end by function calls and to the other one over a
 * stream socket, with the same requests (end.c).  So a test reads from top to
 * bottom whether the other end is a child of this process, a process in
 * another network namespace, or another machine with another provider.
 *
 * Objects are named by handles, small integers from 1; 0 is "none".  A test
 * never cleans up: the driver resets both ends after each one.
 */
#ifndef VT_H
#define VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <infiniband/verbs.h>

#define VT_PORT		18515	/* TCP port of `vt serve` */
#define VT_MAX_SGE	8
#define VT_MAX_WR	16	/* work requests in one post */
#define VT_MAX_WC	32	/* completions in one reply */
#define VT_PSN_MASK	0xffffff

/* ---- requests ---- */

enum vt_op {
	VT_OPEN = 1, VT_RESET, VT_QUIT,
	VT_MR, VT_MR_DEREG, VT_MR_REREG, VT_MW, VT_WINDOW, VT_BIND, VT_FILL, VT_CHECK, VT_WORD,
	VT_CQ, VT_CQ_RESIZE, VT_CQ_DESTROY, VT_ARM, VT_WAIT, VT_POLL,
	VT_SRQ, VT_SRQ_MODIFY, VT_SRQ_QUERY, VT_SRQ_DESTROY,
	VT_QP, VT_QP_MODIFY, VT_QP_QUERY, VT_QP_DESTROY, VT_POST_NOTHING,
	VT_AH, VT_MCAST, VT_SEND, VT_RECV, VT_ASYNC,
	VT_PUMP, VT_SINK,
};

struct vt_open {
	char dev[64];		/* "" = the first device */
	char addr[64];		/* choose the GID of this address, or "" */
	int gid_index;		/* -1 = choose by addr, or the first that fits */
	bool ipv6;		/* with no addr: the first IPv6 GID */
};

/* What an end says about itself. */
struct vt_info {
	char dev[64];
	union ibv_gid gid;
	uint32_t gid_index, active_mtu;
	uint32_t max_sge, max_qp_wr, max_cqe, max_rd_atomic, max_srq_wr;
	uint32_t gid_tbl_len, port_state, max_msg_sz;
	bool rxe;		/* stock rdma_rxe, which has ways of its own */
};

struct vt_mr {
	uint32_t id, lkey, rkey;
	uint64_t addr, len;
};

struct vt_mr_init {
	uint64_t len;
	uint32_t access, pd;
	uint32_t rereg;		/* VT_MR_REREG: what is to change */
};

/* A window and its key; what it is to show. */
struct vt_window {
	uint32_t id, rkey;
};

struct vt_bind {
	uint32_t window, mr;
	uint64_t off, len;
};

/* Bytes [off, off + len) of an MR are to hold a pattern from position pos. */
struct vt_span {
	uint32_t mr, seed;
	uint64_t off, len, pos;
	uint32_t other;		/* VT_CHECK: a byte may come from this seed instead, or 0 */
};

struct vt_word {
	uint32_t mr;
	uint64_t off, value;
	bool store;
};

struct vt_cq_init {
	uint32_t cqe;
};

struct vt_srq_init {
	uint32_t max_wr, max_sge, limit, mask, pd;
};

struct vt_qp_init {
	uint32_t type, scq, rcq, srq, pd;
	uint32_t send_wr, recv_wr, send_sge, recv_sge, inline_size;
	bool sig_all;
};

struct vt_qp {
	uint32_t id, qpn;
	struct ibv_qp_cap cap;
};

struct vt_sge {
	uint32_t mr, len;
	uint64_t off;		/* may lie outside the MR */
	uint32_t lkey_xor;	/* damages the lkey */
};

struct vt_wr {
	uint64_t wr_id;
	uint32_t opcode, flags, imm;
	uint32_t rkey;
	uint64_t raddr, compare, swap;
	uint32_t ah, rqpn, rqkey;
	uint32_t nsge;
	struct vt_sge sge[VT_MAX_SGE];
};

struct vt_post {
	uint32_t n, srq;	/* srq: post receives there instead of to a QP */
	struct vt_wr wr[VT_MAX_WR];
};

struct vt_modify {
	struct ibv_qp_attr attr;
	uint32_t mask;
};

struct vt_poll {
	uint32_t want, timeout_ms;
};

struct vt_wcs {
	uint32_t n;
	struct ibv_wc wc[VT_MAX_WC];
};

/* Keep a QP busy from one process: see stream.c. */
struct vt_pump {
	uint32_t opcode, size, depth, ms;
	uint64_t count;		/* 0 = until ms have passed */
	uint32_t mr, seed;
	uint64_t raddr;
	uint32_t rkey, ah, rqpn, rqkey;
	bool may_break;		/* an error completion ends the run, but is no failure */
};

struct vt_pumped {
	uint64_t done, bytes, usec;
	uint32_t status, misplaced;	/* of the first failed completion; bad payloads */
};

struct vt_req {
	uint32_t op, obj;
	union {
		struct vt_open open;
		struct vt_mr_init mr;
		struct vt_bind bind;
		struct vt_span span;
		struct vt_word word;
		struct vt_cq_init cq;
		struct vt_srq_init srq;
		struct vt_qp_init qp;
		struct vt_modify modify;
		struct vt_post post;
		struct vt_poll poll;
		struct vt_pump pump;
		struct ibv_ah_attr ah;
		struct { union ibv_gid gid; bool detach; } mcast;
		bool solicited;
	};
};

struct vt_rep {
	int32_t err;		/* 0 or a positive errno */
	uint32_t bad;		/* posts: index of the refused WR */
	union {
		struct vt_info info;
		struct vt_mr mr;
		struct vt_window window;
		struct vt_qp qp;
		struct vt_wcs wcs;
		struct vt_modify query;
		struct vt_pumped pumped;
		struct ibv_srq_attr srq;
		uint32_t id, event;
		uint64_t word;
		char text[256];	/* VT_CHECK: what is wrong */
	};
};

/* ---- agent.c: one end ---- */
struct agent;
struct agent *agent_new(void);
void agent_run(struct agent *ag, const struct vt_req *req, struct vt_rep *rep);

/* ---- wire.c: the control connection ---- */
int wire_listen(const char *port);
int wire_accept(int lfd);
int wire_connect(const char *host, const char *port);
bool wire_send(int fd, const void *buf, size_t len);
bool wire_recv(int fd, void *buf, size_t len);
/* Run an agent for the peer until it hangs up; @own may be NULL. */
void wire_serve(int fd, const struct vt_open *own);

/* ---- pattern.c ---- */
void pattern_fill(void *buf, size_t len, uint32_t seed, uint64_t pos);
/* NULL if right, else what is wrong (static buffer). */
const char *pattern_check(const void *buf, size_t len, uint32_t seed,
			  uint64_t pos, uint32_t other);

/* ---- end.c: requests to an end; unexpected errors fail the running case ---- */
struct end {
	const char *name;	/* "A" or "B" */
	struct agent *agent;	/* local end */
	int fd;			/* remote end */
	struct vt_info info;
};

void end_start(struct end *e, const struct vt_req *req);
int end_finish(struct end *e, struct vt_rep *rep);
int end_call(struct end *e, const struct vt_req *req, struct vt_rep *rep);

int end_open(struct end *e, const struct vt_open *o);
int gid_of_address(const char *addr, union ibv_gid *gid);	/* device.c */
void end_reset(struct end *e);
struct vt_mr end_mr(struct end *e, uint64_t len, int access);
int end_try_mr(struct end *e, const struct vt_mr_init *init, struct vt_mr *mr);
int end_try_mr_dereg(struct end *e, uint32_t mr);
int end_try_mr_rereg(struct end *e, uint32_t mr, const struct vt_mr_init *init, struct vt_mr *now);
int end_try_mw(struct end *e, uint32_t type);
int end_try_post_nothing(struct end *e, uint32_t qp);
struct vt_window end_window(struct end *e, uint32_t type);
/* Posts the binding; returns the key that the window is to have. */
uint32_t end_bind(struct end *e, uint32_t qp, const struct vt_bind *bind);
void end_fill(struct end *e, uint32_t mr, uint64_t off, uint64_t len, uint32_t seed, uint64_t pos);
void end_check(struct end *e, const struct vt_span *span);
uint64_t end_load(struct end *e, uint32_t mr, uint64_t off);
void end_store(struct end *e, uint32_t mr, uint64_t off, uint64_t value);
uint32_t end_cq(struct end *e, uint32_t cqe);
int end_try_cq(struct end *e, uint32_t cqe, uint32_t *cq);
int end_try_cq_resize(struct end *e, uint32_t cq, uint32_t cqe);
void end_arm(struct end *e, uint32_t cq, bool solicited);
bool end_wait(struct end *e, uint32_t cq, uint32_t timeout_ms);
uint32_t end_poll(struct end *e, uint32_t cq, uint32_t want, uint32_t timeout_ms, struct vt_wcs *wcs);
struct ibv_wc end_poll_one(struct end *e, uint32_t cq, const char *what);
void end_poll_none(struct end *e, uint32_t cq, uint32_t ms);
uint32_t end_srq(struct end *e, const struct vt_srq_init *init);
int end_try_srq(struct end *e, const struct vt_srq_init *init, uint32_t *srq);
int end_try_srq_modify(struct end *e, uint32_t srq, const struct vt_srq_init *init);
struct ibv_srq_attr end_srq_query(struct end *e, uint32_t srq);
struct vt_qp end_qp(struct end *e, const struct vt_qp_init *init);
int end_try_qp(struct end *e, const struct vt_qp_init *init, struct vt_qp *qp);
void end_modify(struct end *e, uint32_t qp, const struct ibv_qp_attr *attr, int mask);
int end_try_modify(struct end *e, uint32_t qp, const struct ibv_qp_attr *attr, int mask);
struct ibv_qp_attr end_query(struct end *e, uint32_t qp);
void end_destroy_qp(struct end *e, uint32_t qp);
uint32_t end_ah(struct end *e, const struct ibv_ah_attr *attr);
int end_try_ah(struct end *e, const struct ibv_ah_attr *attr, uint32_t *ah);
int end_try_mcast(struct end *e, uint32_t qp, const union ibv_gid *gid, bool detach);
void end_send(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n);
int end_try_send(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n, uint32_t *bad);
void end_recv(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n);
int end_try_recv(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n, uint32_t *bad);
int end_try_srq_recv(struct end *e, uint32_t srq, const struct vt_wr *wr, uint32_t n, uint32_t *bad);
uint32_t end_async(struct end *e, uint32_t timeout_ms);	/* event type or UINT32_MAX */
void end_pump_start(struct end *e, uint32_t qp, const struct vt_pump *p);
void end_sink_start(struct end *e, uint32_t qp, const struct vt_pump *p);
int end_pump_finish(struct end *e, struct vt_pumped *done);

/* ---- pair.c: two ends and what connects them ---- */
struct vt_conf {
	enum ibv_mtu mtu;
	bool lossy;		/* the path may lose packets */
	uint8_t timeout, retry, rnr;
	uint32_t wait_ms;	/* longest wait for a completion */
};

struct vt_pair {
	struct end *a, *b;	/* a starts what a case is about */
	struct vt_conf conf;
	const struct vt_case *c;
};

/* A connected pair of QPs, each with a CQ for both queues and one MR. */
struct vt_side {
	struct end *e;
	uint32_t cq, ah;
	struct vt_qp qp;
	struct vt_mr mr;
};

struct vt_link {
	struct vt_side a, b;
};

#define VT_QKEY		0x1ee7
#define VT_ACCESS_ALL	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
			 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

/* What all address vectors have, but for their addresses. */
extern struct ibv_global_route vt_path;
uint32_t pair_mtu(const struct vt_pair *p);
/* Ready-made link: QPs of @type in RTS, MRs of @len bytes with all rights. */
void pair_link(struct vt_pair *p, struct vt_link *l, enum ibv_qp_type type, uint64_t len);
void side_create(struct vt_side *s, struct end *e, enum ibv_qp_type type, uint64_t len);
void side_init(struct vt_side *s, enum ibv_qp_type type);
void side_rtr(struct vt_pair *p, struct vt_side *s, const struct vt_side *to, enum ibv_qp_type type);
void side_rts(struct vt_pair *p, struct vt_side *s, enum ibv_qp_type type);
void pair_connect(struct vt_pair *p, struct vt_link *l, enum ibv_qp_type type);
void ah_attr_to(struct ibv_ah_attr *ah, const struct end *from, const struct end *to);
void gid_of_other_family(union ibv_gid *gid);
struct vt_wr wr_simple(uint64_t wr_id, uint32_t opcode, const struct vt_side *s, uint64_t off, uint32_t len);
void wr_to(struct vt_wr *wr, const struct vt_side *peer, uint64_t off);
bool end_is_rxe(const struct end *e);
void expect_status(const struct ibv_wc *wc, enum ibv_wc_status status, const char *what);
void expect_state(struct end *e, uint32_t qp, enum ibv_qp_state state, const char *what);

/* ---- cases ---- */
struct vt_case {
	const char *name;
	void (*run)(struct vt_pair *p);
	bool swap;		/* the other end starts */
	/* matrix parameters */
	enum ibv_qp_type type;
	enum ibv_wr_opcode opcode;
	const char *size;
};

extern const struct vt_case basic_cases[], srq_cases[], protection_cases[],
	retry_cases[], state_cases[], cq_cases[], ud_cases[], inline_cases[], memory_cases[], window_cases[];
const struct vt_case *matrix_cases(void);

void vt_fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void vt_skip(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void vt_abort(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Runs the cases whose names match; returns the exit status. */
int run_cases(struct vt_pair *p, char *const *patterns, int n, bool list_only);

/* ---- stream.c ---- */
void agent_pump(struct ibv_qp *qp, struct ibv_cq *cq, struct ibv_ah *ah, struct ibv_mr *mr,
		const struct vt_pump *p, struct vt_rep *rep);
void agent_sink(struct ibv_qp *qp, struct ibv_cq *cq, struct ibv_mr *mr,
		const struct vt_pump *p, struct vt_rep *rep);
struct stream_args {
	const char *op;
	uint32_t size, depth, seconds;
	bool may_break;
};

int run_stream(struct vt_pair *p, const struct stream_args *args);

/* ---- target.c, faults.c ---- */
int run_target(struct vt_pair *p, bool may_break);
int run_faults(struct vt_pair *p);

/* ---- crowd.c ---- */
int run_crowd(const struct vt_open *o, uint32_t n);

/* ---- rings.c ---- */
int run_rings(struct vt_pair *p, const struct vt_open *o, uint32_t seconds, uint32_t seed);
void run_hostile(const struct vt_open *o, uint32_t seed) __attribute__((noreturn));

/* ---- time ---- */
uint64_t now_usec(void);
void nap_usec(unsigned int usec);

#endif
