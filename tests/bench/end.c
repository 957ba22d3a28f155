// SPDX-License-Identifier: GPL-2.0
/*
 * One end: a device, a buffer of slots, and queue pairs that share one
 * completion queue.
 *
 * Message n uses slot n % depth and queue pair n % qps, whatever the number of
 * queue pairs, so that what is in the processor's cache does not depend on it.
 * A slot begins with its number; the rest is a pattern made from it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "bench.h"

#define PORT	1
#define SPINS	64		/* polls in vain between two looks at the clock */

bool end_has_grh(const struct end *e)
{
	return e->opt->op == OP_UD;
}

/* ---- the device ---- */

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *ctx = NULL;
	int i;

	for (i = 0; list && list[i] && !ctx; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			ctx = ibv_open_device(list[i]);
	ibv_free_device_list(list);
	if (!ctx)
		die("there is no RDMA device %s, or it cannot be opened", name);
	return ctx;
}

static union ibv_gid gid_of(const char *address)
{
	union ibv_gid gid = { .raw = { 0 } };

	if (inet_pton(AF_INET6, address, gid.raw) == 1)
		return gid;
	gid.raw[10] = 0xff;
	gid.raw[11] = 0xff;
	if (inet_pton(AF_INET, address, gid.raw + 12) != 1)
		die("%s is not an IP address", address);
	return gid;
}

static int find_gid(struct ibv_context *ctx, const union ibv_gid *gid)
{
	struct ibv_gid_entry entry;
	int i;

	for (i = 0; i < 256; i++)
		if (!ibv_query_gid_ex(ctx, PORT, i, &entry, 0) &&
		    entry.gid_type == IBV_GID_TYPE_ROCE_V2 && !memcmp(&entry.gid, gid, sizeof(*gid)))
			return i;
	die("%s does not have this address", ibv_get_device_name(ctx->device));
}

/* ---- memory ---- */

char *end_slot(const struct end *e, uint64_t n)
{
	return e->buf + n % e->opt->depth * e->slot_size;
}

static char *payload(const struct end *e, uint64_t n)
{
	return end_slot(e, n) + (end_has_grh(e) ? BENCH_GRH : 0);
}

static uint8_t pattern(uint32_t slot, uint32_t at)
{
	return (slot * 2654435761u + at * 40503u) >> 8;
}

void end_fill(struct end *e)
{
	uint32_t slot, at;

	for (slot = 0; slot < e->opt->depth; slot++) {
		char *p = payload(e, slot);

		for (at = 0; at < e->opt->size; at++)
			p[at] = pattern(slot, at);
		memcpy(p, &slot, sizeof(slot));
	}
}

void end_spoil(struct end *e)
{
	memset(e->buf, 0xee, e->opt->depth * e->slot_size);
}

static void check_slot(const struct end *e, uint32_t slot)
{
	const char *p = payload(e, slot);
	uint32_t number, at;

	memcpy(&number, p, sizeof(number));
	/* datagrams may be lost, and the next one takes the slot */
	if (number >= e->opt->depth || (number != slot && e->opt->op != OP_UD))
		die("payload: slot %u has what belongs into slot %u", slot, number);
	for (at = sizeof(number); at < e->opt->size; at++)
		if ((uint8_t)p[at] != pattern(number, at))
			die("payload: slot %u is wrong at byte %u", slot, at);
}

void end_check(const struct end *e, uint64_t messages)
{
	uint32_t slot;

	if (!messages)
		die("not one message came through");
	for (slot = 0; slot < e->opt->depth && slot < messages; slot++)
		check_slot(e, slot);
}

static void make_buffer(struct end *e)
{
	size_t len;

	e->slot_size = e->opt->size + (end_has_grh(e) ? BENCH_GRH : 0);
	len = e->opt->depth * e->slot_size;
	e->buf = mmap(NULL, len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (e->buf == MAP_FAILED)
		die("%zu bytes of memory are not to be had", len);
	e->mr = ibv_reg_mr(e->pd, e->buf, len, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
			   IBV_ACCESS_REMOTE_READ);
	if (!e->mr)
		die("registering %zu bytes: %s", len, strerror(errno));
}

/* ---- queue pairs ---- */

static void make_qp(struct end *e, uint32_t i)
{
	const struct bench_options *o = e->opt;
	uint32_t share = o->depth / o->qps + 2;
	struct ibv_qp_init_attr init = {
		.send_cq = e->cq,
		.recv_cq = e->cq,
		.cap = { .max_send_wr = 2 * share, .max_recv_wr = 2 * share,
			 .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = end_has_grh(e) ? IBV_QPT_UD : IBV_QPT_RC,
	};
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = PORT,
		.qkey = BENCH_QKEY,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
	};
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT;

	e->qp[i] = ibv_create_qp(e->pd, &init);
	if (!e->qp[i])
		die("creating queue pair %u: %s", i, strerror(errno));
	mask |= end_has_grh(e) ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS;
	errno = ibv_modify_qp(e->qp[i], &attr, mask);
	if (errno)
		die("queue pair %u to INIT: %s", i, strerror(errno));
	e->mine.qpn[i] = e->qp[i]->qp_num;
}

void end_open(struct end *e, const struct bench_options *o, const char *device,
	      const char *address)
{
	uint32_t i;

	memset(e, 0, sizeof(*e));
	e->opt = o;
	e->ctx = open_device(device);
	e->mine.gid = gid_of(address);
	e->gid_index = find_gid(e->ctx, &e->mine.gid);
	e->pd = ibv_alloc_pd(e->ctx);
	e->channel = ibv_create_comp_channel(e->ctx);
	if (!e->pd || !e->channel)
		die("%s: %s", device, strerror(errno));
	e->cq = ibv_create_cq(e->ctx, 2 * o->depth + 2 * o->qps + 16, NULL, e->channel, 0);
	if (!e->cq)
		die("creating the completion queue: %s", strerror(errno));
	make_buffer(e);
	e->mine.rkey = e->mr->rkey;
	e->mine.addr = (uintptr_t)e->buf;
	for (i = 0; i < o->qps; i++)
		make_qp(e, i);
}

static enum ibv_mtu path_mtu(struct end *e)
{
	struct ibv_port_attr port;
	enum ibv_mtu mtu;

	if (ibv_query_port(e->ctx, PORT, &port))
		die("ibv_query_port: %s", strerror(errno));
	if (!e->opt->mtu)
		return port.active_mtu;
	for (mtu = IBV_MTU_256; mtu <= port.active_mtu; mtu++)
		if (128u << mtu == e->opt->mtu)
			return mtu;
	die("the port does not carry an MTU of %u", e->opt->mtu);
}

static void ah_to_peer(struct end *e, struct ibv_ah_attr *ah)
{
	*ah = (struct ibv_ah_attr){
		.is_global = 1,
		.port_num = PORT,
		.grh = { .dgid = e->peer.gid, .sgid_index = e->gid_index, .hop_limit = 64 },
	};
}

static void connect_qp(struct end *e, uint32_t i)
{
	struct ibv_qp_attr rtr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = path_mtu(e),
		.dest_qp_num = e->peer.qpn[i],
		.max_dest_rd_atomic = 16,
		.min_rnr_timer = 1,
	};
	struct ibv_qp_attr rts = {
		.qp_state = IBV_QPS_RTS,
		.timeout = 14,			/* 67 ms */
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 16,
	};
	int mask = IBV_QP_STATE, rts_mask = IBV_QP_STATE | IBV_QP_SQ_PSN;

	ah_to_peer(e, &rtr.ah_attr);
	if (!end_has_grh(e)) {
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
			IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
		rts_mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			IBV_QP_MAX_QP_RD_ATOMIC;
	}
	errno = ibv_modify_qp(e->qp[i], &rtr, mask);
	if (errno)
		die("queue pair %u to RTR: %s", i, strerror(errno));
	errno = ibv_modify_qp(e->qp[i], &rts, rts_mask);
	if (errno)
		die("queue pair %u to RTS: %s", i, strerror(errno));
}

void end_connect(struct end *e)
{
	struct ibv_ah_attr ah;
	uint32_t i;

	for (i = 0; i < e->opt->qps; i++)
		connect_qp(e, i);
	if (!end_has_grh(e))
		return;
	ah_to_peer(e, &ah);
	e->ah = ibv_create_ah(e->pd, &ah);
	if (!e->ah)
		die("creating the address handle: %s", strerror(errno));
}

void end_close(struct end *e)
{
	uint32_t i;

	if (e->ah)
		ibv_destroy_ah(e->ah);
	for (i = 0; i < e->opt->qps; i++)
		ibv_destroy_qp(e->qp[i]);
	ibv_dereg_mr(e->mr);
	ibv_destroy_cq(e->cq);
	ibv_destroy_comp_channel(e->channel);
	ibv_dealloc_pd(e->pd);
	ibv_close_device(e->ctx);
	munmap(e->buf, e->opt->depth * e->slot_size);
}

/* ---- work ---- */

void end_post_recv(struct end *e, uint64_t n)
{
	struct ibv_sge sge = { (uintptr_t)end_slot(e, n), e->slot_size, e->mr->lkey };
	struct ibv_recv_wr wr = { .wr_id = n, .sg_list = &sge, .num_sge = 1 }, *bad;

	errno = ibv_post_recv(e->qp[n % e->opt->qps], &wr, &bad);
	if (errno)
		die("posting a receive: %s", strerror(errno));
}

static void fill_send(struct end *e, struct ibv_send_wr *wr, struct ibv_sge *sge,
		      enum ibv_wr_opcode opcode, uint64_t n, uint32_t len, bool signaled)
{
	*sge = (struct ibv_sge){ (uintptr_t)payload(e, n), len, e->mr->lkey };
	*wr = (struct ibv_send_wr){
		.wr_id = n,
		.sg_list = sge,
		.num_sge = len ? 1 : 0,
		.opcode = opcode,
		.send_flags = signaled ? IBV_SEND_SIGNALED : 0,
	};
	if (opcode == IBV_WR_RDMA_WRITE || opcode == IBV_WR_RDMA_READ) {
		wr->wr.rdma.remote_addr = e->peer.addr + n % e->opt->depth * e->slot_size;
		wr->wr.rdma.rkey = e->peer.rkey;
	} else if (end_has_grh(e)) {
		wr->wr.ud.ah = e->ah;
		wr->wr.ud.remote_qpn = e->peer.qpn[n % e->opt->qps];
		wr->wr.ud.remote_qkey = BENCH_QKEY;
	}
}

static void post_list(struct end *e, uint64_t n, struct ibv_send_wr *list)
{
	struct ibv_send_wr *bad;

	errno = ibv_post_send(e->qp[n % e->opt->qps], list, &bad);
	if (errno)
		die("posting a request: %s", strerror(errno));
}

void end_post_send(struct end *e, enum ibv_wr_opcode opcode, uint64_t n, uint32_t len,
		   bool signaled)
{
	struct ibv_send_wr wr;
	struct ibv_sge sge;

	fill_send(e, &wr, &sge, opcode, n, len, signaled);
	post_list(e, n, &wr);
}

uint32_t end_post_sends(struct end *e, enum ibv_wr_opcode opcode, uint64_t n, uint32_t count,
			uint32_t interval)
{
	struct ibv_send_wr wr[BENCH_LIST];
	struct ibv_sge sge[BENCH_LIST];
	uint32_t i;

	if (count > e->opt->list)
		count = e->opt->list;
	for (i = 0; i < count; i++) {
		fill_send(e, &wr[i], &sge[i], opcode, n + i, e->opt->size,
			  (n + i + 1) % interval == 0);
		wr[i].next = i + 1 < count ? &wr[i + 1] : NULL;
	}
	post_list(e, n, wr);
	return count;
}

static void sleep_for_event(struct end *e)
{
	struct pollfd fd = { e->channel->fd, POLLIN, 0 };
	struct ibv_cq *cq;
	void *context;

	if (poll(&fd, 1, BENCH_PATIENCE * 1000) != 1)
		die("no completion for %d s", BENCH_PATIENCE);
	if (ibv_get_cq_event(e->channel, &cq, &context))
		die("ibv_get_cq_event: %s", strerror(errno));
	ibv_ack_cq_events(cq, 1);
}

static int poll_once(struct end *e, struct ibv_wc *wc, int n)
{
	int got = ibv_poll_cq(e->cq, n, wc), i;

	if (got < 0)
		die("ibv_poll_cq failed");
	for (i = 0; i < got; i++)
		if (wc[i].status)
			die("completion of request %llu: %s", (unsigned long long)wc[i].wr_id,
			    ibv_wc_status_str(wc[i].status));
	return got;
}

/* For who polls; @spins is how often nothing was there. */
static void give_way(uint64_t *spins, uint64_t *begin)
{
	uint64_t now;

	sched_yield();
	if (++*spins % SPINS)
		return;
	now = now_nsec();
	if (!*begin)
		*begin = now;
	else if (now - *begin > BENCH_PATIENCE * 1000000000ULL)
		die("no completion for %d s", BENCH_PATIENCE);
}

/*
 * Who polls in vain gives way: where there is one processor, the threads that
 * do the work need it.
 */
int end_poll(struct end *e, struct ibv_wc *wc, int n, bool wait)
{
	uint64_t spins = 0, begin = 0;
	int got = poll_once(e, wc, n);

	while (!got && wait) {
		if (e->opt->events) {
			if (ibv_req_notify_cq(e->cq, 0))
				die("ibv_req_notify_cq: %s", strerror(errno));
			got = poll_once(e, wc, n);
			if (got)
				break;
			sleep_for_event(e);
		} else {
			give_way(&spins, &begin);
		}
		got = poll_once(e, wc, n);
	}
	return got;
}
