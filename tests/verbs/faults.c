// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of every verb fails once.
 *
 * The kernel's fault injection counts, for one thread, the places where
 * something may fail, and lets the N-th one do so.  For each step below N
 * rises until the step gets through without reaching it.  A step may fail or
 * succeed, as it likes; what is tested is that the kernel copes (its checkers
 * look on) and that the device works afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "vt.h"

#define MOST	500	/* no verb has so many places */

struct step {
	const char *name;
	int (*go)(struct vt_pair *p, struct vt_link *l);
	bool connected;	/* wants l in RTS, else freshly created */
};

static int fail_fd = -1;

/* True if the fault has come about. */
static bool disarm(void)
{
	char text[16] = "";
	ssize_t n = pread(fail_fd, text, sizeof(text) - 1, 0);
	bool left = n < 0 || strcmp(text, "0\n");	/* n < 0: it hit this very read */

	while (pwrite(fail_fd, "0", 1, 0) < 0)
		;
	return !left;
}

static void arm(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_fd, text, n, 0) != n)
		vt_abort("fail-nth: %s", strerror(errno));
}

static int step_mr(struct vt_pair *p, struct vt_link *l)
{
	struct vt_mr_init init = { .len = 1 << 20, .access = VT_ACCESS_ALL };
	struct vt_mr mr;

	(void)l;
	return end_try_mr(p->a, &init, &mr);
}

static int step_cq(struct vt_pair *p, struct vt_link *l)
{
	uint32_t cq;

	(void)l;
	return end_try_cq(p->a, 100, &cq);
}

static int step_cq_resize(struct vt_pair *p, struct vt_link *l)
{
	return end_try_cq_resize(p->a, l->a.cq, 1000);
}

static int step_srq(struct vt_pair *p, struct vt_link *l)
{
	struct vt_srq_init init = { .max_wr = 100, .max_sge = 4 };
	uint32_t srq;

	(void)l;
	return end_try_srq(p->a, &init, &srq);
}

static int step_qp(struct vt_pair *p, struct vt_link *l, enum ibv_qp_type type)
{
	struct vt_qp_init init = {
		.type = type, .scq = l->a.cq, .rcq = l->a.cq,
		.send_wr = 32, .recv_wr = 32, .send_sge = 4, .recv_sge = 4,
	};
	struct vt_qp qp;

	return end_try_qp(p->a, &init, &qp);
}

static int step_rc(struct vt_pair *p, struct vt_link *l)
{
	return step_qp(p, l, IBV_QPT_RC);
}

static int step_uc(struct vt_pair *p, struct vt_link *l)
{
	return step_qp(p, l, IBV_QPT_UC);
}

static int step_ud(struct vt_pair *p, struct vt_link *l)
{
	return step_qp(p, l, IBV_QPT_UD);
}

static int step_connect(struct vt_pair *p, struct vt_link *l)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = VT_ACCESS_ALL,
		.path_mtu = p->conf.mtu, .dest_qp_num = l->b.qp.qpn, .max_dest_rd_atomic = 1,
		.min_rnr_timer = 12, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1,
	};
	int err = end_try_modify(p->a, l->a.qp.id, &attr,
				 IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);

	if (err)
		return err;
	attr.qp_state = IBV_QPS_RTR;
	ah_attr_to(&attr.ah_attr, p->a, p->b);
	err = end_try_modify(p->a, l->a.qp.id, &attr,
			     IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
			     IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	if (err)
		return err;
	attr.qp_state = IBV_QPS_RTS;
	return end_try_modify(p->a, l->a.qp.id, &attr,
			      IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			      IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int step_ah(struct vt_pair *p, struct vt_link *l)
{
	struct ibv_ah_attr attr;
	uint32_t ah;

	(void)l;
	ah_attr_to(&attr, p->a, p->b);
	return end_try_ah(p->a, &attr, &ah);
}

/* RC: packets whose allocation fails must be made good for by a retry. */
static int step_write(struct vt_pair *p, struct vt_link *l)
{
	struct vt_wr wr = wr_simple(1, IBV_WR_RDMA_WRITE, &l->a, 0, 30000);

	wr_to(&wr, &l->b, 0);
	return end_try_send(p->a, l->a.qp.id, &wr, 1, NULL);
}

static int step_error(struct vt_pair *p, struct vt_link *l)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	return end_try_modify(p->a, l->a.qp.id, &attr, IBV_QP_STATE);
}

static const struct step steps[] = {
	{ "register memory", step_mr, false },
	{ "create CQ", step_cq, false },
	{ "resize CQ", step_cq_resize, false },
	{ "create SRQ", step_srq, false },
	{ "create RC QP", step_rc, false },
	{ "create UC QP", step_uc, false },
	{ "create UD QP", step_ud, false },
	{ "connect", step_connect, false },
	{ "create AH", step_ah, false },
	{ "post WRITE", step_write, true },
	{ "modify to error", step_error, true },
};

static void prepare(struct vt_pair *p, const struct step *s, struct vt_link *l)
{
	memset(l, 0, sizeof(*l));
	if (s->connected) {
		pair_link(p, l, IBV_QPT_RC, 65536);
		return;
	}
	side_create(&l->a, p->a, IBV_QPT_RC, 65536);
	side_create(&l->b, p->b, IBV_QPT_RC, 65536);
}

/* A WRITE that the kernel took must complete, whatever failed on its way. */
static void settle(struct vt_pair *p, const struct step *s, struct vt_link *l, int err)
{
	struct ibv_wc wc;

	if (s->go != step_write || err)
		return;
	wc = end_poll_one(p->a, l->a.cq, "a WRITE with a failing allocation");
	if (end_is_rxe(p->a))
		return;	/* it gives up */
	expect_status(&wc, IBV_WC_SUCCESS, "a WRITE with a failing allocation");
}

static int run_step(struct vt_pair *p, const struct step *s)
{
	unsigned int nth, failed = 0;
	struct vt_link l;
	bool fired = true;
	int err;

	for (nth = 1; fired && nth < MOST; nth++) {
		prepare(p, s, &l);
		arm(nth);
		err = s->go(p, &l);
		fired = disarm();
		failed += !!err;
		if (!fired && err)
			vt_fail("%s: failed without a fault: %s", s->name, strerror(err));
		settle(p, s, &l, err);
		end_reset(p->a);
		end_reset(p->b);
	}
	printf("%s: %u places, %u failures reported\n", s->name, nth - 2, failed);
	return nth == MOST;
}

int run_faults(struct vt_pair *p)
{
	static char *const quick[] = { "rc/*/64k/*", "ud/send/1/*", "srq/shared" };
	size_t i;

	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_fd < 0)
		vt_abort("/proc/thread-self/fail-nth: %s (a kernel with CONFIG_FAULT_INJECTION?)",
			 strerror(errno));
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (run_step(p, &steps[i])) {
			printf("FAIL %s: does not get through\n", steps[i].name);
			return 1;
		}
	}
	return run_cases(p, quick, 3, false);
}
