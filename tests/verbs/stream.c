// SPDX-License-Identifier: GPL-2.0
/*
 * Sustained traffic on one QP: the pump keeps @depth requests of one kind in
 * flight from a ring of buffers, the sink reposts receives and checks what
 * arrives.  It is what other things are done to: netem, netdev changes,
 * removal, kill.
 *
 * Message k carries the pattern of the stream's seed from position k * size,
 * and lives in slot k % depth at both ends.  An error completion ends the
 * stream; whether that is a failure is the caller's to say (may_break).
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "vt.h"

static void *slot(struct ibv_mr *mr, const struct vt_pump *p, uint64_t k)
{
	return (char *)mr->addr + k % p->depth * p->size;
}

static int pump_post(struct ibv_qp *qp, struct ibv_ah *ah, struct ibv_mr *mr,
		     const struct vt_pump *p, uint64_t k)
{
	struct ibv_sge sge = { (uintptr_t)slot(mr, p, k), p->size, mr->lkey };
	struct ibv_send_wr wr = {
		.wr_id = k, .sg_list = &sge, .num_sge = 1, .opcode = p->opcode,
		.send_flags = IBV_SEND_SIGNALED, .imm_data = (uint32_t)k,
	}, *bad;

	if (qp->qp_type == IBV_QPT_UD) {
		wr.wr.ud.ah = ah;
		wr.wr.ud.remote_qpn = p->rqpn;
		wr.wr.ud.remote_qkey = p->rqkey;
	} else {
		wr.wr.rdma.remote_addr = p->raddr + k % p->depth * p->size;
		wr.wr.rdma.rkey = p->rkey;
	}
	if (p->opcode == IBV_WR_RDMA_READ)
		memset(slot(mr, p, k), 0, p->size);
	else
		pattern_fill(slot(mr, p, k), p->size, p->seed, k * p->size);
	return ibv_post_send(qp, &wr, &bad);
}

/* READs fetch from slots that were filled once, as messages 0..depth-1. */
static bool read_is_right(struct ibv_mr *mr, const struct vt_pump *p, uint64_t k)
{
	return !pattern_check(slot(mr, p, k), p->size, p->seed, k % p->depth * p->size, 0);
}

/*
 * Nothing completes: leave the CPU to others, the longer the more.  Returns true
 * if the device has gone, which may have taken outstanding completions along.
 */
static bool idle(struct ibv_context *ctx, unsigned int *times)
{
	struct pollfd pfd = { ctx->async_fd, POLLIN, 0 };
	struct ibv_async_event event;

	nap_usec(++*times < 100 ? 10 : 500);
	if (*times % 16 || poll(&pfd, 1, 0) != 1 || ibv_get_async_event(ctx, &event))
		return false;
	ibv_ack_async_event(&event);
	return event.event_type == IBV_EVENT_DEVICE_FATAL;
}

static bool pump_more(const struct vt_pump *p, uint64_t posted, uint64_t end)
{
	return p->count ? posted < p->count : now_usec() < end;
}

void agent_pump(struct ibv_qp *qp, struct ibv_cq *cq, struct ibv_ah *ah, struct ibv_mr *mr,
		const struct vt_pump *p, struct vt_rep *rep)
{
	struct vt_pumped *done = &rep->pumped;
	uint64_t start = now_usec(), end = start + p->ms * 1000ULL;
	uint64_t patience = p->may_break ? 15000000 : 120000000;
	uint64_t stuck = start + patience, posted = 0;
	unsigned int naps = 0;
	struct ibv_wc wc;
	int n;

	for (;;) {
		while (pump_more(p, posted, end) && posted - done->done < p->depth) {
			rep->err = pump_post(qp, ah, mr, p, posted);
			if (rep->err)
				return;
			posted++;
		}
		if (done->done == posted)
			break;
		n = ibv_poll_cq(cq, 1, &wc);
		if (n < 0 || now_usec() > stuck) {
			rep->err = n < 0 ? EIO : ETIMEDOUT;
			return;
		}
		if (!n) {
			if (!idle(qp->context, &naps))
				continue;
			rep->err = ENODEV;
			return;
		}
		naps = 0;
		if (wc.status) {
			done->status = wc.status;
			break;
		}
		if (wc.wr_id != done->done ||
		    (p->opcode == IBV_WR_RDMA_READ && !read_is_right(mr, p, wc.wr_id)))
			done->misplaced++;
		done->done++;
		done->bytes += p->size;
		stuck = now_usec() + patience;
	}
	done->usec = now_usec() - start;
}

static int sink_post(struct ibv_qp *qp, struct ibv_mr *mr, const struct vt_pump *p, uint64_t k)
{
	struct ibv_sge sge = { (uintptr_t)slot(mr, p, k), p->size, mr->lkey };
	struct ibv_recv_wr wr = { .wr_id = k, .sg_list = &sge, .num_sge = 1 }, *bad;

	return ibv_post_recv(qp, &wr, &bad);
}

/* Ends when the sender has been silent for a while, or on an error. */
void agent_sink(struct ibv_qp *qp, struct ibv_cq *cq, struct ibv_mr *mr,
		const struct vt_pump *p, struct vt_rep *rep)
{
	struct vt_pumped *done = &rep->pumped;
	uint64_t start = now_usec(), last = start;
	unsigned int naps = 0;
	struct ibv_wc wc;
	uint64_t k;
	int n;

	for (k = 0; k < p->depth && !rep->err; k++)
		rep->err = sink_post(qp, mr, p, k);
	while (!rep->err && (!p->count || done->done < p->count)) {
		n = ibv_poll_cq(cq, 1, &wc);
		if (n < 0)
			rep->err = EIO;
		if (n <= 0) {
			if (now_usec() - last > p->ms * 1000ULL)
				break;
			if (idle(qp->context, &naps))
				rep->err = ENODEV;
			continue;
		}
		naps = 0;
		if (wc.status) {
			done->status = wc.status;
			break;
		}
		last = now_usec();
		if (wc.byte_len != p->size || wc.imm_data != (uint32_t)wc.wr_id ||
		    pattern_check(slot(mr, p, wc.wr_id), p->size, p->seed, wc.wr_id * p->size, 0))
			done->misplaced++;
		done->done++;
		done->bytes += wc.byte_len;
		rep->err = sink_post(qp, mr, p, wc.wr_id + p->depth);
	}
	done->usec = last - start;
}

static int report(struct end *e, const char *what, int err, const struct vt_pumped *d, bool may_break)
{
	double sec = d->usec / 1e6;

	printf("%s %s: %llu messages, %llu bytes, %.1f MB/s%s%s%s%s\n", e->name, what,
	       (unsigned long long)d->done, (unsigned long long)d->bytes,
	       sec > 0 ? d->bytes / sec / 1e6 : 0,
	       d->status ? ", ended by " : "", d->status ? ibv_wc_status_str(d->status) : "",
	       err ? ", error " : "", err ? strerror(err) : "");
	if (d->misplaced) {
		printf("%s %s: %u payloads or completions were wrong\n", e->name, what, d->misplaced);
		return 1;
	}
	if ((err || d->status) && !may_break)
		return 1;
	return 0;
}

static uint32_t stream_opcode(const char *op)
{
	if (!strcmp(op, "send"))
		return IBV_WR_SEND_WITH_IMM;
	if (!strcmp(op, "write"))
		return IBV_WR_RDMA_WRITE;
	if (!strcmp(op, "read"))
		return IBV_WR_RDMA_READ;
	vt_abort("unknown operation '%s': send, write or read", op);
}

/* Traffic from the local end A to the remote end B. */
int run_stream(struct vt_pair *p, const struct stream_args *args)
{
	struct vt_pump pump = {
		.opcode = stream_opcode(args->op), .size = args->size, .depth = args->depth,
		.ms = args->seconds * 1000, .seed = 77, .may_break = args->may_break,
	};
	struct vt_pump sink = pump;
	struct vt_pumped sent, got;
	struct vt_link l;
	struct vt_rep rep = {};
	int err, rc;

	pair_link(p, &l, IBV_QPT_RC, (uint64_t)args->size * args->depth);
	pump.mr = l.a.mr.id;
	pump.raddr = l.b.mr.addr;
	pump.rkey = l.b.mr.rkey;
	if (pump.opcode == IBV_WR_RDMA_READ)
		end_fill(p->b, l.b.mr.id, 0, (uint64_t)args->size * args->depth, pump.seed, 0);
	if (pump.opcode == IBV_WR_SEND_WITH_IMM) {
		sink.mr = l.b.mr.id;
		sink.ms = 5000;
		end_sink_start(p->b, l.b.qp.id, &sink);
		nap_usec(100000);
	}
	end_call(p->a, &(struct vt_req){ .op = VT_PUMP, .obj = l.a.qp.id, .pump = pump }, &rep);
	sent = rep.pumped;
	rc = report(p->a, args->op, rep.err, &sent, args->may_break);
	if (pump.opcode == IBV_WR_SEND_WITH_IMM) {
		err = end_pump_finish(p->b, &got);
		rc |= report(p->b, "receive", err, &got, args->may_break);
		if (!args->may_break && got.done != sent.done)
			rc = 1;
	}
	if (!sent.done) {
		printf("nothing was transferred\n");
		rc = 1;
	}
	return rc;
}
