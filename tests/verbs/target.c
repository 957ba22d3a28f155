// SPDX-License-Identifier: GPL-2.0
/*
 * A target for packets from elsewhere: an RC, a UC and a UD QP that wait, with
 * receives posted and memory open to everyone, for whatever comes.
 *
 * The connected QPs have the address and QPN of a peer that need not exist.
 * When told on standard input, the target says whether anything has happened
 * to it: states, completions, memory.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "vt.h"

#define PEER_QPN	0x1234
#define TARGET_PSN	0x654321
#define RECVS		16
#define MR_LEN		65536
#define SEED		4242

static const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD };
static const char * const names[] = { "rc", "uc", "ud" };

static void bring_up(struct vt_pair *p, struct vt_side *s, enum ibv_qp_type type)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR, .path_mtu = p->conf.mtu, .dest_qp_num = PEER_QPN,
		.rq_psn = TARGET_PSN, .max_dest_rd_atomic = 4, .min_rnr_timer = 12,
	};
	int mask = IBV_QP_STATE;

	side_init(s, type);
	/* end B stands for the peer: only its address counts */
	ah_attr_to(&attr.ah_attr, p->a, p->b);
	if (type != IBV_QPT_UD)
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
	if (type == IBV_QPT_RC)
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	end_modify(p->a, s->qp.id, &attr, mask);
	side_rts(p, s, type);
}

static void post_receives(struct vt_side *s)
{
	uint64_t i;

	for (i = 0; i < RECVS; i++) {
		struct vt_wr wr = wr_simple(i, 0, s, i * 4096, 4096);

		end_recv(s->e, s->qp.id, &wr, 1);
	}
}

/* What has happened to one QP; true if nothing. */
static bool look_at(struct vt_side *s, const char *name)
{
	enum ibv_qp_state state = end_query(s->e, s->qp.id).qp_state;
	struct vt_req check = { .op = VT_CHECK, .span = { s->mr.id, SEED, 0, MR_LEN, 0, 0 } };
	struct vt_rep rep;
	struct vt_wcs wcs;
	bool same;

	end_poll(s->e, s->cq, VT_MAX_WC, 0, &wcs);
	same = !end_call(s->e, &check, &rep);
	printf("%s: state %d, %u completions, memory %s\n", name, state, wcs.n,
	       same ? "unchanged" : rep.text);
	return state == IBV_QPS_RTS && !wcs.n && same;
}

int run_target(struct vt_pair *p, bool may_break)
{
	struct vt_side side[3] = {};
	bool quiet = true;
	char line[80];
	uint32_t event;
	int i;

	for (i = 0; i < 3; i++) {
		side_create(&side[i], p->a, types[i], MR_LEN);
		end_fill(p->a, side[i].mr.id, 0, MR_LEN, SEED, 0);
		bring_up(p, &side[i], types[i]);
		post_receives(&side[i]);
	}
	for (i = 0; i < 3; i++)
		printf("%s=%#x ", names[i], side[i].qp.qpn);
	printf("psn=%#x rkey=%#x va=%#llx qkey=%#x\n", TARGET_PSN, side[0].mr.rkey,
	       (unsigned long long)side[0].mr.addr, VT_QKEY);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		for (i = 0; i < 3; i++)
			quiet &= look_at(&side[i], names[i]);
		while ((event = end_async(p->a, 0)) != UINT32_MAX) {
			printf("event %s\n", ibv_event_type_str(event));
			quiet = false;
		}
		puts(quiet ? "nothing happened" : "something happened");
		fflush(stdout);
	}
	return quiet || may_break ? 0 : 1;
}
