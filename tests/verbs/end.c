// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to an end, as functions.
 *
 * end_X() must succeed, or the running case fails with the errno; end_try_X()
 * hands the errno to the caller, for tests of refusals.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "vt.h"

/* A remote end works while this process does something else. */
void end_start(struct end *e, const struct vt_req *req)
{
	if (!wire_send(e->fd, req, sizeof(*req)))
		vt_abort("end %s hung up", e->name);
}

int end_finish(struct end *e, struct vt_rep *rep)
{
	if (!wire_recv(e->fd, rep, sizeof(*rep)))
		vt_abort("end %s hung up or does not answer", e->name);
	return rep->err;
}

int end_call(struct end *e, const struct vt_req *req, struct vt_rep *rep)
{
	memset(rep, 0, sizeof(*rep));
	if (e->agent) {
		agent_run(e->agent, req, rep);
		return rep->err;
	}
	end_start(e, req);
	return end_finish(e, rep);
}

static void must(struct end *e, int err, const char *what)
{
	if (err)
		vt_fail("end %s: %s: %s", e->name, what, strerror(err));
}

static int call_id(struct end *e, const struct vt_req *req, uint32_t *id)
{
	struct vt_rep rep;
	int err = end_call(e, req, &rep);

	*id = rep.id;
	return err;
}

static int call(struct end *e, const struct vt_req *req)
{
	struct vt_rep rep;

	return end_call(e, req, &rep);
}

int end_open(struct end *e, const struct vt_open *o)
{
	struct vt_req req = { .op = VT_OPEN, .open = *o };
	struct vt_rep rep;
	int err = end_call(e, &req, &rep);

	e->info = rep.info;
	return err;
}

void end_reset(struct end *e)
{
	struct vt_req req = { .op = VT_RESET };

	must(e, call(e, &req), "reset");
}

/* ---- memory ---- */

int end_try_mr(struct end *e, const struct vt_mr_init *init, struct vt_mr *mr)
{
	struct vt_req req = { .op = VT_MR, .mr = *init };
	struct vt_rep rep;
	int err = end_call(e, &req, &rep);

	*mr = rep.mr;
	return err;
}

struct vt_mr end_mr(struct end *e, uint64_t len, int access)
{
	struct vt_mr_init init = { .len = len, .access = access };
	struct vt_mr mr;

	must(e, end_try_mr(e, &init, &mr), "register memory");
	return mr;
}

int end_try_mr_dereg(struct end *e, uint32_t mr)
{
	struct vt_req req = { .op = VT_MR_DEREG, .obj = mr };

	return call(e, &req);
}

int end_try_mr_rereg(struct end *e, uint32_t mr, const struct vt_mr_init *init, struct vt_mr *now)
{
	struct vt_req req = { .op = VT_MR_REREG, .obj = mr, .mr = *init };
	struct vt_rep rep;
	int err = end_call(e, &req, &rep);

	if (!err)
		*now = rep.mr;
	return err;
}

/* Allocates a memory window of that type, and frees it. */
int end_try_mw(struct end *e, uint32_t type)
{
	struct vt_req req = { .op = VT_MW, .obj = type };

	return call(e, &req);
}

/* Posts an empty list of sends, and one of receives. */
int end_try_post_nothing(struct end *e, uint32_t qp)
{
	struct vt_req req = { .op = VT_POST_NOTHING, .obj = qp };

	return call(e, &req);
}

struct vt_window end_window(struct end *e, uint32_t type)
{
	struct vt_req req = { .op = VT_WINDOW, .obj = type };
	struct vt_rep rep;

	must(e, end_call(e, &req, &rep), "allocate a memory window");
	return rep.window;
}

uint32_t end_bind(struct end *e, uint32_t qp, const struct vt_bind *bind)
{
	struct vt_req req = { .op = VT_BIND, .obj = qp, .bind = *bind };
	struct vt_rep rep;

	must(e, end_call(e, &req, &rep), "bind a memory window");
	return rep.window.rkey;
}

void end_fill(struct end *e, uint32_t mr, uint64_t off, uint64_t len, uint32_t seed, uint64_t pos)
{
	struct vt_req req = { .op = VT_FILL, .span = { mr, seed, off, len, pos, 0 } };

	must(e, call(e, &req), "fill");
}

void end_check(struct end *e, const struct vt_span *span)
{
	struct vt_req req = { .op = VT_CHECK, .span = *span };
	struct vt_rep rep;

	if (end_call(e, &req, &rep))
		vt_fail("end %s: memory at +%llu: %s", e->name,
			(unsigned long long)span->off, rep.text);
}

uint64_t end_load(struct end *e, uint32_t mr, uint64_t off)
{
	struct vt_req req = { .op = VT_WORD, .word = { mr, off, 0, false } };
	struct vt_rep rep;

	must(e, end_call(e, &req, &rep), "load");
	return rep.word;
}

void end_store(struct end *e, uint32_t mr, uint64_t off, uint64_t value)
{
	struct vt_req req = { .op = VT_WORD, .word = { mr, off, value, true } };

	must(e, call(e, &req), "store");
}

/* ---- completion queues ---- */

int end_try_cq(struct end *e, uint32_t cqe, uint32_t *cq)
{
	struct vt_req req = { .op = VT_CQ, .cq = { cqe } };

	return call_id(e, &req, cq);
}

uint32_t end_cq(struct end *e, uint32_t cqe)
{
	uint32_t cq;

	must(e, end_try_cq(e, cqe, &cq), "create CQ");
	return cq;
}

int end_try_cq_resize(struct end *e, uint32_t cq, uint32_t cqe)
{
	struct vt_req req = { .op = VT_CQ_RESIZE, .obj = cq, .cq = { cqe } };

	return call(e, &req);
}

void end_arm(struct end *e, uint32_t cq, bool solicited)
{
	struct vt_req req = { .op = VT_ARM, .obj = cq, .solicited = solicited };

	must(e, call(e, &req), "request notification");
}

/* True if the completion channel spoke. */
bool end_wait(struct end *e, uint32_t cq, uint32_t timeout_ms)
{
	struct vt_req req = { .op = VT_WAIT, .obj = cq, .poll = { 0, timeout_ms } };
	int err = call(e, &req);

	if (err && err != ETIMEDOUT)
		must(e, err, "wait for completion event");
	return !err;
}

uint32_t end_poll(struct end *e, uint32_t cq, uint32_t want, uint32_t timeout_ms, struct vt_wcs *wcs)
{
	struct vt_req req = { .op = VT_POLL, .obj = cq, .poll = { want, timeout_ms } };
	struct vt_rep rep;

	must(e, end_call(e, &req, &rep), "poll CQ");
	*wcs = rep.wcs;
	return wcs->n;
}

struct ibv_wc end_poll_one(struct end *e, uint32_t cq, const char *what)
{
	struct vt_wcs wcs;

	if (!end_poll(e, cq, 1, 30000, &wcs))
		vt_fail("end %s: no completion of %s within 30 s", e->name, what);
	return wcs.wc[0];
}

void end_poll_none(struct end *e, uint32_t cq, uint32_t ms)
{
	struct vt_wcs wcs;

	if (end_poll(e, cq, 1, ms, &wcs))
		vt_fail("end %s: unexpected completion wr_id %llu, %s", e->name,
			(unsigned long long)wcs.wc[0].wr_id, ibv_wc_status_str(wcs.wc[0].status));
}

/* ---- shared receive queues ---- */

int end_try_srq(struct end *e, const struct vt_srq_init *init, uint32_t *srq)
{
	struct vt_req req = { .op = VT_SRQ, .srq = *init };

	return call_id(e, &req, srq);
}

uint32_t end_srq(struct end *e, const struct vt_srq_init *init)
{
	uint32_t srq;

	must(e, end_try_srq(e, init, &srq), "create SRQ");
	return srq;
}

int end_try_srq_modify(struct end *e, uint32_t srq, const struct vt_srq_init *init)
{
	struct vt_req req = { .op = VT_SRQ_MODIFY, .obj = srq, .srq = *init };

	return call(e, &req);
}

struct ibv_srq_attr end_srq_query(struct end *e, uint32_t srq)
{
	struct vt_req req = { .op = VT_SRQ_QUERY, .obj = srq };
	struct vt_rep rep;

	must(e, end_call(e, &req, &rep), "query SRQ");
	return rep.srq;
}

/* ---- queue pairs ---- */

int end_try_qp(struct end *e, const struct vt_qp_init *init, struct vt_qp *qp)
{
	struct vt_req req = { .op = VT_QP, .qp = *init };
	struct vt_rep rep;
	int err = end_call(e, &req, &rep);

	*qp = rep.qp;
	return err;
}

struct vt_qp end_qp(struct end *e, const struct vt_qp_init *init)
{
	struct vt_qp qp;

	must(e, end_try_qp(e, init, &qp), "create QP");
	return qp;
}

int end_try_modify(struct end *e, uint32_t qp, const struct ibv_qp_attr *attr, int mask)
{
	struct vt_req req = { .op = VT_QP_MODIFY, .obj = qp, .modify = { *attr, mask } };

	return call(e, &req);
}

void end_modify(struct end *e, uint32_t qp, const struct ibv_qp_attr *attr, int mask)
{
	char what[40];

	snprintf(what, sizeof(what), "modify QP to state %d", attr->qp_state);
	must(e, end_try_modify(e, qp, attr, mask), what);
}

struct ibv_qp_attr end_query(struct end *e, uint32_t qp)
{
	struct vt_req req = { .op = VT_QP_QUERY, .obj = qp };
	struct vt_rep rep;

	must(e, end_call(e, &req, &rep), "query QP");
	return rep.query.attr;
}

void end_destroy_qp(struct end *e, uint32_t qp)
{
	struct vt_req req = { .op = VT_QP_DESTROY, .obj = qp };

	must(e, call(e, &req), "destroy QP");
}

int end_try_ah(struct end *e, const struct ibv_ah_attr *attr, uint32_t *ah)
{
	struct vt_req req = { .op = VT_AH, .ah = *attr };

	return call_id(e, &req, ah);
}

uint32_t end_ah(struct end *e, const struct ibv_ah_attr *attr)
{
	uint32_t ah;

	must(e, end_try_ah(e, attr, &ah), "create AH");
	return ah;
}

int end_try_mcast(struct end *e, uint32_t qp, const union ibv_gid *gid, bool detach)
{
	struct vt_req req = { .op = VT_MCAST, .obj = qp };

	req.mcast.gid = *gid;
	req.mcast.detach = detach;
	return call(e, &req);
}

/* ---- posting ---- */

static int post(struct end *e, struct vt_req *req, const struct vt_wr *wr, uint32_t n, uint32_t *bad)
{
	struct vt_rep rep;
	int err;

	if (n > VT_MAX_WR)
		vt_abort("more than %d work requests in one post", VT_MAX_WR);
	req->post.n = n;
	memcpy(req->post.wr, wr, n * sizeof(*wr));
	err = end_call(e, req, &rep);
	if (bad)
		*bad = rep.bad;
	return err;
}

int end_try_send(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n, uint32_t *bad)
{
	struct vt_req req = { .op = VT_SEND, .obj = qp };

	return post(e, &req, wr, n, bad);
}

void end_send(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n)
{
	must(e, end_try_send(e, qp, wr, n, NULL), "post send");
}

int end_try_recv(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n, uint32_t *bad)
{
	struct vt_req req = { .op = VT_RECV, .obj = qp };

	return post(e, &req, wr, n, bad);
}

void end_recv(struct end *e, uint32_t qp, const struct vt_wr *wr, uint32_t n)
{
	must(e, end_try_recv(e, qp, wr, n, NULL), "post receive");
}

int end_try_srq_recv(struct end *e, uint32_t srq, const struct vt_wr *wr, uint32_t n, uint32_t *bad)
{
	struct vt_req req = { .op = VT_RECV };

	req.post.srq = srq;
	return post(e, &req, wr, n, bad);
}

/* ---- the rest ---- */

uint32_t end_async(struct end *e, uint32_t timeout_ms)
{
	struct vt_req req = { .op = VT_ASYNC, .poll = { 0, timeout_ms } };
	struct vt_rep rep;
	int err = end_call(e, &req, &rep);

	if (err && err != ETIMEDOUT)
		must(e, err, "get asynchronous event");
	return err ? UINT32_MAX : rep.event;
}

void end_pump_start(struct end *e, uint32_t qp, const struct vt_pump *p)
{
	struct vt_req req = { .op = VT_PUMP, .obj = qp, .pump = *p };

	end_start(e, &req);
}

void end_sink_start(struct end *e, uint32_t qp, const struct vt_pump *p)
{
	struct vt_req req = { .op = VT_SINK, .obj = qp, .pump = *p };

	end_start(e, &req);
}

int end_pump_finish(struct end *e, struct vt_pumped *done)
{
	struct vt_rep rep;
	int err = end_finish(e, &rep);

	*done = rep.pumped;
	return err;
}
