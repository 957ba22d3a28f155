// SPDX-License-Identifier: GPL-2.0
/*
 * One end: does to its device what requests say and reports what came of it.
 *
 * It judges nothing.  An errno, a completion, an asynchronous event or a
 * damaged payload is an answer like any other; the driver knows what it
 * expected.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"

uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

void nap_usec(unsigned int usec)
{
	struct timespec ts = { usec / 1000000, usec % 1000000 * 1000L };

	nanosleep(&ts, NULL);
}

uint32_t table_free_slot(const void *table, size_t n, size_t size)
{
	size_t i;

	for (i = 1; i < n; i++) {
		void *first;

		memcpy(&first, (const char *)table + i * size, sizeof(first));
		if (!first)
			return i;
	}
	vt_abort("more than %zu objects of one kind", n - 1);
}

struct agent *agent_new(void)
{
	struct agent *ag = calloc(1, sizeof(*ag));

	if (!ag)
		vt_abort("out of memory");
	return ag;
}

/* ---- memory ---- */

static int do_mr(struct agent *ag, const struct vt_mr_init *init, struct vt_mr *out)
{
	uint32_t id = table_free(ag->mr);
	struct agent_mr *m = &ag->mr[id];
	size_t room = init->len ? init->len : 1;

	m->buf = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->buf == MAP_FAILED)
		return errno;
	m->mr = ibv_reg_mr(ag->pd[init->pd], m->buf, init->len, init->access);
	if (!m->mr) {
		int err = errno;

		munmap(m->buf, room);
		return err;
	}
	m->len = room;
	*out = (struct vt_mr){ id, m->mr->lkey, m->mr->rkey, (uintptr_t)m->buf, init->len };
	return 0;
}

static int do_mr_dereg(struct agent *ag, uint32_t id)
{
	struct agent_mr *m = &ag->mr[id];
	int rc = ibv_dereg_mr(m->mr);

	if (rc)
		return rc;
	munmap(m->buf, m->len);
	m->mr = NULL;
	return 0;
}

/* Register anew; with other memory if the translation is to change. */
static int do_mr_rereg(struct agent *ag, uint32_t id, const struct vt_mr_init *init,
		       struct vt_mr *out)
{
	bool move = init->rereg & 1;
	struct agent_mr *m = &ag->mr[id];
	void *buf = m->buf;
	int err;

	if (move)
		buf = mmap(NULL, m->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED)
		return errno;
	err = raw_rereg_mr(ag->pd[init->pd], m->mr, init->rereg, buf, init->len, init->access);
	if (move)
		munmap(err ? buf : m->buf, m->len);
	if (err)
		return err;
	m->buf = buf;
	*out = (struct vt_mr){ id, m->mr->lkey, m->mr->rkey, (uintptr_t)m->buf, init->len };
	return 0;
}

static void *span_start(struct agent *ag, uint32_t mr, uint64_t off, uint64_t len)
{
	struct agent_mr *m = &ag->mr[mr];

	if (off > m->len || len > m->len - off)
		vt_abort("span %llu+%llu is outside MR %u", (unsigned long long)off,
			 (unsigned long long)len, mr);
	return (char *)m->buf + off;
}

static void do_check(struct agent *ag, const struct vt_span *s, struct vt_rep *rep)
{
	const char *wrong = pattern_check(span_start(ag, s->mr, s->off, s->len),
					  s->len, s->seed, s->pos, s->other);

	if (wrong) {
		rep->err = EBADMSG;
		snprintf(rep->text, sizeof(rep->text), "%s", wrong);
	}
}

static void do_word(struct agent *ag, const struct vt_word *w, struct vt_rep *rep)
{
	volatile uint64_t *p = span_start(ag, w->mr, w->off, 8);

	if (w->store)
		*p = w->value;
	rep->word = *p;
}

static int do_window(struct agent *ag, uint32_t type, struct vt_window *out)
{
	uint32_t id = table_free(ag->mw);

	ag->mw[id] = ibv_alloc_mw(ag->pd[0], type);
	if (!ag->mw[id])
		return errno;
	*out = (struct vt_window){ id, ag->mw[id]->rkey };
	return 0;
}

static int do_bind(struct agent *ag, struct ibv_qp *qp, const struct vt_bind *b,
		   struct vt_window *out)
{
	struct ibv_mw *mw = ag->mw[b->window];
	struct agent_mr *m = &ag->mr[b->mr];
	struct ibv_mw_bind_info info = {
		.mr = m->mr, .addr = (uintptr_t)m->buf + b->off, .length = b->len,
		.mw_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	};
	struct ibv_mw_bind first = { .send_flags = IBV_SEND_SIGNALED, .bind_info = info };
	struct ibv_send_wr second = {
		.opcode = IBV_WR_BIND_MW, .send_flags = IBV_SEND_SIGNALED,
		.bind_mw = { .mw = mw, .rkey = ibv_inc_rkey(mw->rkey), .bind_info = info },
	}, *bad;
	int rc;

	if (mw->type == IBV_MW_TYPE_1) {
		rc = ibv_bind_mw(qp, mw, &first);
	} else {
		rc = ibv_post_send(qp, &second, &bad);
		if (!rc)
			mw->rkey = second.bind_mw.rkey;
	}
	*out = (struct vt_window){ b->window, mw->rkey };
	return rc;
}

/* ---- completion queues ---- */

static int do_cq(struct agent *ag, const struct vt_cq_init *init, uint32_t *id)
{
	struct agent_cq *c;

	*id = table_free(ag->cq);
	c = &ag->cq[*id];
	c->channel = ibv_create_comp_channel(ag->ctx);
	if (!c->channel)
		return errno;
	fcntl(c->channel->fd, F_SETFL, fcntl(c->channel->fd, F_GETFL) | O_NONBLOCK);
	c->cq = ibv_create_cq(ag->ctx, init->cqe, NULL, c->channel, 0);
	if (!c->cq) {
		int err = errno;

		ibv_destroy_comp_channel(c->channel);
		return err;
	}
	return 0;
}

static int do_cq_destroy(struct agent_cq *c)
{
	int rc = ibv_destroy_cq(c->cq);

	if (rc)
		return rc;
	ibv_destroy_comp_channel(c->channel);
	c->cq = NULL;
	return 0;
}

static int do_wait(struct agent_cq *c, uint32_t timeout_ms)
{
	struct pollfd pfd = { c->channel->fd, POLLIN, 0 };
	struct ibv_cq *cq;
	void *ctx;

	if (poll(&pfd, 1, timeout_ms) != 1)
		return ETIMEDOUT;
	if (ibv_get_cq_event(c->channel, &cq, &ctx))
		return errno;
	ibv_ack_cq_events(cq, 1);
	return 0;
}

static int do_poll(struct agent_cq *c, const struct vt_poll *p, struct vt_wcs *wcs)
{
	uint64_t end = now_usec() + p->timeout_ms * 1000ULL;
	unsigned int idle = 0;

	for (;;) {
		int n = ibv_poll_cq(c->cq, p->want - wcs->n, wcs->wc + wcs->n);

		if (n < 0)
			return errno ? errno : EIO;
		wcs->n += n;
		if (wcs->n == p->want || now_usec() > end)
			return 0;
		if (!n)
			nap_usec(idle++ < 100 ? 10 : 500);
	}
}

/* ---- queue pairs ---- */

static int do_srq(struct agent *ag, const struct vt_srq_init *s, uint32_t *id)
{
	struct ibv_srq_init_attr init = {
		.attr = { .max_wr = s->max_wr, .max_sge = s->max_sge, .srq_limit = s->limit },
	};

	*id = table_free(ag->srq);
	ag->srq[*id] = ibv_create_srq(ag->pd[s->pd], &init);
	return ag->srq[*id] ? 0 : errno;
}

static int do_srq_modify(struct ibv_srq *srq, const struct vt_srq_init *s)
{
	struct ibv_srq_attr attr = { .max_wr = s->max_wr, .srq_limit = s->limit };

	return ibv_modify_srq(srq, &attr, s->mask);
}

static int do_qp(struct agent *ag, const struct vt_qp_init *q, struct vt_qp *out)
{
	struct ibv_qp_init_attr init = {
		.send_cq = ag->cq[q->scq].cq,
		.recv_cq = ag->cq[q->rcq].cq,
		.srq = ag->srq[q->srq],
		.qp_type = q->type,
		.sq_sig_all = q->sig_all,
		.cap = {
			.max_send_wr = q->send_wr, .max_recv_wr = q->recv_wr,
			.max_send_sge = q->send_sge, .max_recv_sge = q->recv_sge,
			.max_inline_data = q->inline_size,
		},
	};
	uint32_t id = table_free(ag->qp);

	ag->qp[id] = ibv_create_qp(ag->pd[q->pd], &init);
	if (!ag->qp[id])
		return errno;
	*out = (struct vt_qp){ id, ag->qp[id]->qp_num, init.cap };
	return 0;
}

static int do_query(struct ibv_qp *qp, struct vt_modify *q)
{
	struct ibv_qp_init_attr init;

	return ibv_query_qp(qp, &q->attr, IBV_QP_STATE | IBV_QP_CAP | IBV_QP_AV, &init);
}

static int do_qp_destroy(struct agent *ag, uint32_t id)
{
	int rc = ibv_destroy_qp(ag->qp[id]);

	if (!rc)
		ag->qp[id] = NULL;
	return rc;
}

static int do_ah(struct agent *ag, const struct ibv_ah_attr *attr, uint32_t *id)
{
	struct ibv_ah_attr copy = *attr;

	*id = table_free(ag->ah);
	ag->ah[*id] = ibv_create_ah(ag->pd[0], &copy);
	return ag->ah[*id] ? 0 : errno;
}

/* A QP cannot be destroyed while it is in a group, so memberships are kept. */
static int do_join(struct agent *ag, struct ibv_qp *qp, const union ibv_gid *gid)
{
	struct agent_member *m = &ag->member[table_free(ag->member)];
	int fd = -1, rc;

	if (ag->info.rxe) {
		fd = group_socket(ag, gid);
		if (fd < 0)
			return errno;
	}
	rc = ibv_attach_mcast(qp, gid, 0);
	if (!rc)
		*m = (struct agent_member){ qp, *gid, fd };
	else if (fd >= 0)
		close(fd);
	return rc;
}

static int do_leave(struct agent *ag, struct ibv_qp *qp, const union ibv_gid *gid)
{
	int rc = ibv_detach_mcast(qp, gid, 0);
	struct agent_member *m;
	uint32_t i;

	for (i = 1; !rc && i < sizeof(ag->member) / sizeof(ag->member[0]); i++) {
		m = &ag->member[i];
		if (m->qp != qp || memcmp(&m->gid, gid, sizeof(*gid)))
			continue;
		m->qp = NULL;
		if (m->fd >= 0)
			close(m->fd);
	}
	return rc;
}

/* ---- posting ---- */

static int fill_sge(struct agent *ag, const struct vt_wr *wr, struct ibv_sge *sge)
{
	uint32_t i;

	for (i = 0; i < wr->nsge; i++) {
		const struct vt_sge *s = &wr->sge[i];
		struct agent_mr *m = &ag->mr[s->mr];

		sge[i].addr = (uintptr_t)m->buf + s->off;
		sge[i].length = s->len;
		sge[i].lkey = (m->mr ? m->mr->lkey : 0) ^ s->lkey_xor;
	}
	return wr->nsge;
}

static void fill_send(struct agent *ag, struct ibv_qp *qp, const struct vt_wr *from,
		      struct ibv_send_wr *to)
{
	to->wr_id = from->wr_id;
	to->opcode = from->opcode;
	to->send_flags = from->flags;
	to->imm_data = from->imm;
	if (qp->qp_type == IBV_QPT_UD) {
		to->wr.ud.ah = ag->ah[from->ah];
		to->wr.ud.remote_qpn = from->rqpn;
		to->wr.ud.remote_qkey = from->rqkey;
	} else if (from->opcode == IBV_WR_ATOMIC_CMP_AND_SWP ||
		   from->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		to->wr.atomic.remote_addr = from->raddr;
		to->wr.atomic.rkey = from->rkey;
		to->wr.atomic.compare_add = from->compare;
		to->wr.atomic.swap = from->swap;
	} else {
		to->wr.rdma.remote_addr = from->raddr;
		to->wr.rdma.rkey = from->rkey;
	}
}

static void do_send(struct agent *ag, struct ibv_qp *qp, const struct vt_post *post,
		    struct vt_rep *rep)
{
	struct ibv_sge sge[VT_MAX_WR][VT_MAX_SGE];
	struct ibv_send_wr wr[VT_MAX_WR], *bad = NULL;
	uint32_t i;

	memset(wr, 0, sizeof(wr));
	for (i = 0; i < post->n; i++) {
		fill_send(ag, qp, &post->wr[i], &wr[i]);
		wr[i].sg_list = sge[i];
		wr[i].num_sge = fill_sge(ag, &post->wr[i], sge[i]);
		wr[i].next = i + 1 < post->n ? &wr[i + 1] : NULL;
	}
	rep->err = ibv_post_send(qp, wr, &bad);
	rep->bad = rep->err && bad ? bad - wr : UINT32_MAX;
}

static void do_recv(struct agent *ag, struct ibv_qp *qp, const struct vt_post *post,
		    struct vt_rep *rep)
{
	struct ibv_sge sge[VT_MAX_WR][VT_MAX_SGE];
	struct ibv_recv_wr wr[VT_MAX_WR], *bad = NULL;
	uint32_t i;

	for (i = 0; i < post->n; i++) {
		wr[i].wr_id = post->wr[i].wr_id;
		wr[i].sg_list = sge[i];
		wr[i].num_sge = fill_sge(ag, &post->wr[i], sge[i]);
		wr[i].next = i + 1 < post->n ? &wr[i + 1] : NULL;
	}
	rep->err = post->srq ? ibv_post_srq_recv(ag->srq[post->srq], wr, &bad) :
			       ibv_post_recv(qp, wr, &bad);
	rep->bad = rep->err && bad ? bad - wr : UINT32_MAX;
}

/* ---- events ---- */

static int do_async(struct agent *ag, uint32_t timeout_ms, uint32_t *type)
{
	struct pollfd pfd = { ag->ctx->async_fd, POLLIN, 0 };
	struct ibv_async_event ev;

	if (poll(&pfd, 1, timeout_ms) != 1)
		return ETIMEDOUT;
	if (ibv_get_async_event(ag->ctx, &ev))
		return errno;
	*type = ev.event_type;
	ibv_ack_async_event(&ev);
	return 0;
}

static void drop_all(struct agent *ag)
{
	uint32_t i, type;

	for (i = 1; i < sizeof(ag->member) / sizeof(ag->member[0]); i++)
		if (ag->member[i].qp)
			do_leave(ag, ag->member[i].qp, &ag->member[i].gid);
	for (i = 1; i < sizeof(ag->qp) / sizeof(ag->qp[0]); i++)
		if (ag->qp[i] && ibv_destroy_qp(ag->qp[i]))
			vt_abort("QP %u cannot be destroyed: %s", i, strerror(errno));
	for (i = 1; i < sizeof(ag->srq) / sizeof(ag->srq[0]); i++)
		if (ag->srq[i] && ibv_destroy_srq(ag->srq[i]))
			vt_abort("SRQ %u cannot be destroyed: %s", i, strerror(errno));
	for (i = 1; i < sizeof(ag->cq) / sizeof(ag->cq[0]); i++)
		if (ag->cq[i].cq && do_cq_destroy(&ag->cq[i]))
			vt_abort("CQ %u cannot be destroyed: %s", i, strerror(errno));
	for (i = 1; i < sizeof(ag->ah) / sizeof(ag->ah[0]); i++)
		if (ag->ah[i])
			ibv_destroy_ah(ag->ah[i]);
	for (i = 1; i < sizeof(ag->mw) / sizeof(ag->mw[0]); i++)
		if (ag->mw[i])
			ibv_dealloc_mw(ag->mw[i]);
	for (i = 1; i < sizeof(ag->mr) / sizeof(ag->mr[0]); i++)
		if (ag->mr[i].mr && do_mr_dereg(ag, i))
			vt_abort("MR %u cannot be deregistered: %s", i, strerror(errno));
	while (!do_async(ag, 0, &type))
		;
	memset(ag->qp, 0, sizeof(ag->qp));
	memset(ag->srq, 0, sizeof(ag->srq));
	memset(ag->ah, 0, sizeof(ag->ah));
	memset(ag->mw, 0, sizeof(ag->mw));
}

static void run_qp(struct agent *ag, const struct vt_req *req, struct vt_rep *rep)
{
	struct ibv_qp *qp = ag->qp[req->obj];
	struct ibv_qp_attr attr;

	switch (req->op) {
	case VT_QP_MODIFY:
		attr = req->modify.attr;
		rep->err = ibv_modify_qp(qp, &attr, req->modify.mask);
		break;
	case VT_QP_QUERY:
		rep->err = do_query(qp, &rep->query);
		break;
	case VT_QP_DESTROY:
		rep->err = do_qp_destroy(ag, req->obj);
		break;
	case VT_POST_NOTHING:
		rep->err = raw_post_nothing(qp);
		break;
	case VT_SEND:
		do_send(ag, qp, &req->post, rep);
		break;
	case VT_RECV:
		do_recv(ag, qp, &req->post, rep);
		break;
	case VT_BIND:
		rep->err = do_bind(ag, qp, &req->bind, &rep->window);
		break;
	case VT_MCAST:
		rep->err = req->mcast.detach ? do_leave(ag, qp, &req->mcast.gid) :
					       do_join(ag, qp, &req->mcast.gid);
		break;
	case VT_PUMP:
		agent_pump(qp, qp->send_cq, ag->ah[req->pump.ah], ag->mr[req->pump.mr].mr,
			   &req->pump, rep);
		break;
	case VT_SINK:
		agent_sink(qp, qp->recv_cq, ag->mr[req->pump.mr].mr, &req->pump, rep);
		break;
	}
}

static void run_cq(struct agent *ag, const struct vt_req *req, struct vt_rep *rep)
{
	struct agent_cq *c = &ag->cq[req->obj];

	switch (req->op) {
	case VT_CQ_RESIZE:
		rep->err = ibv_resize_cq(c->cq, req->cq.cqe);
		break;
	case VT_CQ_DESTROY:
		rep->err = do_cq_destroy(c);
		break;
	case VT_ARM:
		rep->err = ibv_req_notify_cq(c->cq, req->solicited);
		break;
	case VT_WAIT:
		rep->err = do_wait(c, req->poll.timeout_ms);
		break;
	case VT_POLL:
		rep->err = do_poll(c, &req->poll, &rep->wcs);
		break;
	}
}

static void run_srq(struct agent *ag, const struct vt_req *req, struct vt_rep *rep)
{
	struct ibv_srq *srq = ag->srq[req->obj];

	switch (req->op) {
	case VT_SRQ_MODIFY:
		rep->err = do_srq_modify(srq, &req->srq);
		break;
	case VT_SRQ_QUERY:
		rep->err = ibv_query_srq(srq, &rep->srq);
		break;
	case VT_SRQ_DESTROY:
		rep->err = ibv_destroy_srq(srq);
		if (!rep->err)
			ag->srq[req->obj] = NULL;
		break;
	}
}

static void run_memory(struct agent *ag, const struct vt_req *req, struct vt_rep *rep)
{
	const struct vt_span *s = &req->span;

	switch (req->op) {
	case VT_MR:
		rep->err = do_mr(ag, &req->mr, &rep->mr);
		break;
	case VT_MR_DEREG:
		rep->err = do_mr_dereg(ag, req->obj);
		break;
	case VT_MR_REREG:
		rep->err = do_mr_rereg(ag, req->obj, &req->mr, &rep->mr);
		break;
	case VT_MW:
		rep->err = raw_mw(ag->pd[0], req->obj);
		break;
	case VT_WINDOW:
		rep->err = do_window(ag, req->obj, &rep->window);
		break;
	case VT_FILL:
		pattern_fill(span_start(ag, s->mr, s->off, s->len), s->len, s->seed, s->pos);
		break;
	case VT_CHECK:
		do_check(ag, s, rep);
		break;
	case VT_WORD:
		do_word(ag, &req->word, rep);
		break;
	}
}

void agent_run(struct agent *ag, const struct vt_req *req, struct vt_rep *rep)
{
	switch (req->op) {
	case VT_OPEN:
		rep->err = device_open(ag, &req->open);
		rep->info = ag->info;
		break;
	case VT_RESET:
		drop_all(ag);
		break;
	case VT_CQ:
		rep->err = do_cq(ag, &req->cq, &rep->id);
		break;
	case VT_SRQ:
		rep->err = do_srq(ag, &req->srq, &rep->id);
		break;
	case VT_QP:
		rep->err = do_qp(ag, &req->qp, &rep->qp);
		break;
	case VT_AH:
		rep->err = do_ah(ag, &req->ah, &rep->id);
		break;
	case VT_ASYNC:
		rep->err = do_async(ag, req->poll.timeout_ms, &rep->event);
		break;
	case VT_MR: case VT_MR_DEREG: case VT_MR_REREG: case VT_MW: case VT_WINDOW:
	case VT_FILL: case VT_CHECK: case VT_WORD:
		run_memory(ag, req, rep);
		break;
	case VT_CQ_RESIZE: case VT_CQ_DESTROY: case VT_ARM: case VT_WAIT: case VT_POLL:
		run_cq(ag, req, rep);
		break;
	case VT_SRQ_MODIFY: case VT_SRQ_QUERY: case VT_SRQ_DESTROY:
		run_srq(ag, req, rep);
		break;
	default:
		run_qp(ag, req, rep);
	}
}
