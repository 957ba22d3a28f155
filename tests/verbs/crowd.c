// SPDX-License-Identifier: GPL-2.0
/*
 * Very many connections on one device: queue pairs are created, connected in
 * pairs, used once, and destroyed, and none of that may take longer for the
 * last than for the first.
 *
 * Each pair writes its number into the other's slot of one buffer, so that a
 * connection to a wrong peer, or none, is seen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent.h"

#define TENTHS		10
/* Slower than this in the last tenth is growth, not noise. */
#define MAX_GROWTH	2
/* A wait more or less for the completion is neither. */
#define GRACE_USEC	50

struct crowd {
	struct agent *ag;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	struct ibv_qp **qp;
	uint64_t *slot;
	uint32_t *usec;
	uint32_t n;
};

static void open_crowd(struct crowd *c, const struct vt_open *o)
{
	struct vt_req req = { .op = VT_OPEN, .open = *o };
	struct vt_rep rep = {};

	c->ag = agent_new();
	agent_run(c->ag, &req, &rep);
	if (rep.err)
		vt_abort("device '%s': %s", o->dev, strerror(rep.err));
	c->pd = ibv_alloc_pd(c->ag->ctx);
	c->cq = ibv_create_cq(c->ag->ctx, 16, NULL, NULL, 0);
	c->qp = calloc(c->n, sizeof(*c->qp));
	c->slot = calloc(c->n + 1, sizeof(*c->slot));
	c->usec = calloc(c->n, sizeof(*c->usec));
	if (!c->pd || !c->cq || !c->qp || !c->slot || !c->usec)
		vt_abort("cannot set up: %s", strerror(errno));
	c->mr = ibv_reg_mr(c->pd, c->slot, (c->n + 1) * sizeof(*c->slot), VT_ACCESS_ALL);
	if (!c->mr)
		vt_abort("cannot register memory: %s", strerror(errno));
}

static int create(struct crowd *c, uint32_t i)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = c->cq, .recv_cq = c->cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};

	c->qp[i] = ibv_create_qp(c->pd, &attr);
	return c->qp[i] ? 0 : errno;
}

static int join(struct crowd *c, uint32_t i)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = VT_ACCESS_ALL,
		.path_mtu = IBV_MTU_1024, .dest_qp_num = c->qp[i ^ 1]->qp_num,
		.max_dest_rd_atomic = 1, .max_rd_atomic = 1, .min_rnr_timer = 12, .timeout = 18,
		.retry_cnt = 7, .rnr_retry = 7,
		.ah_attr = {
			.is_global = 1, .port_num = 1,
			.grh = { .dgid = c->ag->info.gid, .sgid_index = c->ag->info.gid_index,
				 .hop_limit = 64 },
		},
	};
	int err;

	err = ibv_modify_qp(c->qp[i], &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			    IBV_QP_ACCESS_FLAGS);
	if (err)
		return err;
	attr.qp_state = IBV_QPS_RTR;
	err = ibv_modify_qp(c->qp[i], &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			    IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			    IBV_QP_MIN_RNR_TIMER);
	if (err)
		return err;
	attr.qp_state = IBV_QPS_RTS;
	return ibv_modify_qp(c->qp[i], &attr, IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT |
			     IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int use(struct crowd *c, uint32_t i)
{
	struct ibv_sge sge = { (uintptr_t)&c->slot[c->n], sizeof(*c->slot), c->mr->lkey };
	struct ibv_send_wr wr = {
		.wr_id = i, .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { (uintptr_t)&c->slot[i], c->mr->rkey },
	}, *bad;
	uint64_t end = now_usec() + 10000000;
	struct ibv_wc wc;
	int n;

	c->slot[c->n] = i + 1;
	n = ibv_post_send(c->qp[i], &wr, &bad);
	if (n)
		return n;
	while ((n = ibv_poll_cq(c->cq, 1, &wc)) == 0 && now_usec() < end)
		nap_usec(10);
	if (n != 1)
		return ETIMEDOUT;
	return wc.status || wc.wr_id != i || c->slot[i] != i + 1 ? EIO : 0;
}

static int destroy(struct crowd *c, uint32_t i)
{
	return ibv_destroy_qp(c->qp[i]);
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * What most of them took at least: others that use the machine make some slower,
 * for as long as they like, but growth makes all of them slower.
 */
static uint32_t usual(uint32_t *usec, uint32_t n)
{
	qsort(usec, n, sizeof(*usec), compare);
	return usec[n / 4];
}

/* Does @what for each; fails if the last tenth took much longer than the first. */
static int each(struct crowd *c, const char *name, int (*what)(struct crowd *c, uint32_t i))
{
	uint32_t *last = c->usec + c->n - c->n / TENTHS;
	uint32_t i, first_usec, last_usec;
	uint64_t start;
	int err;

	for (i = 0; i < c->n; i++) {
		start = now_usec();
		err = what(c, i);
		c->usec[i] = now_usec() - start;
		if (err) {
			printf("%s of QP %u: %s\n", name, i, strerror(err));
			return 1;
		}
	}
	first_usec = usual(c->usec, c->n / TENTHS);
	last_usec = usual(last, c->n / TENTHS);
	printf("%s: %u, usually %u us in the first tenth, %u us in the last\n", name, c->n,
	       first_usec, last_usec);
	if (last_usec > (first_usec + GRACE_USEC) * MAX_GROWTH) {
		printf("%s: the time grows with their number\n", name);
		return 1;
	}
	return 0;
}

int run_crowd(const struct vt_open *o, uint32_t n)
{
	struct crowd c = { .n = n & ~1u };

	if (c.n < TENTHS)
		vt_abort("crowd needs a number of QPs, 10 or more");
	open_crowd(&c, o);
	return each(&c, "create", create) || each(&c, "connect", join) ||
	       each(&c, "use", use) || each(&c, "destroy", destroy);
}
