// SPDX-License-Identifier: GPL-2.0
/*
 * Two ends connected: the QPs, CQs and MRs that nearly every test starts from.
 */
#include <string.h>
#include "vt.h"

/* PSNs start where a few packets wrap them. */
#define FIRST_PSN	0xfffffc

struct ibv_global_route vt_path = { .hop_limit = 64 };

uint32_t pair_mtu(const struct vt_pair *p)
{
	return 128u << p->conf.mtu;
}

bool end_is_rxe(const struct end *e)
{
	return e->info.rxe;
}

void side_create(struct vt_side *s, struct end *e, enum ibv_qp_type type, uint64_t len)
{
	struct vt_qp_init init = {
		.type = type, .send_wr = 64, .recv_wr = 64,
		.send_sge = VT_MAX_SGE, .recv_sge = VT_MAX_SGE,
	};

	s->e = e;
	s->cq = end_cq(e, 256);
	init.scq = s->cq;
	init.rcq = s->cq;
	s->qp = end_qp(e, &init);
	s->mr = end_mr(e, len, VT_ACCESS_ALL);
}

void side_init(struct vt_side *s, enum ibv_qp_type type)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = VT_QKEY,
		.qp_access_flags = VT_ACCESS_ALL & ~(type == IBV_QPT_UC ?
			IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC : 0),
	};

	end_modify(s->e, s->qp.id, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
		   (type == IBV_QPT_UD ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS));
}

void ah_attr_to(struct ibv_ah_attr *ah, const struct end *from, const struct end *to)
{
	memset(ah, 0, sizeof(*ah));
	ah->is_global = 1;
	ah->grh = vt_path;
	ah->port_num = 1;
	ah->grh.dgid = to->info.gid;
	ah->grh.sgid_index = from->info.gid_index;
}

/* IPv4 becomes IPv6 and the other way round. */
void gid_of_other_family(union ibv_gid *gid)
{
	static const uint8_t v4[] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	static const uint8_t v6[] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

	memcpy(gid->raw, memcmp(gid->raw, v4, 12) ? v4 : v6, sizeof(v4));
}

void side_rtr(struct vt_pair *p, struct vt_side *s, const struct vt_side *to, enum ibv_qp_type type)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR, .path_mtu = p->conf.mtu, .dest_qp_num = to->qp.qpn,
		.rq_psn = FIRST_PSN, .max_dest_rd_atomic = 4, .min_rnr_timer = 12,
	};
	int mask = IBV_QP_STATE;

	if (type != IBV_QPT_UD)
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
	if (type == IBV_QPT_RC)
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	ah_attr_to(&attr.ah_attr, s->e, to->e);
	end_modify(s->e, s->qp.id, &attr, mask);
}

void side_rts(struct vt_pair *p, struct vt_side *s, enum ibv_qp_type type)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS, .sq_psn = FIRST_PSN, .timeout = p->conf.timeout,
		.retry_cnt = p->conf.retry, .rnr_retry = p->conf.rnr, .max_rd_atomic = 4,
	};

	end_modify(s->e, s->qp.id, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN |
		   (type == IBV_QPT_RC ? IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
					 IBV_QP_MAX_QP_RD_ATOMIC : 0));
}

void pair_connect(struct vt_pair *p, struct vt_link *l, enum ibv_qp_type type)
{
	side_init(&l->a, type);
	side_init(&l->b, type);
	side_rtr(p, &l->a, &l->b, type);
	side_rtr(p, &l->b, &l->a, type);
	side_rts(p, &l->a, type);
	side_rts(p, &l->b, type);
	if (type == IBV_QPT_UD) {
		struct ibv_ah_attr ah;

		ah_attr_to(&ah, p->a, p->b);
		l->a.ah = end_ah(p->a, &ah);
		ah_attr_to(&ah, p->b, p->a);
		l->b.ah = end_ah(p->b, &ah);
	}
}

void pair_link(struct vt_pair *p, struct vt_link *l, enum ibv_qp_type type, uint64_t len)
{
	memset(l, 0, sizeof(*l));
	side_create(&l->a, p->a, type, len);
	side_create(&l->b, p->b, type, len);
	pair_connect(p, l, type);
}

/* One SGE in the side's own MR, signalled. */
struct vt_wr wr_simple(uint64_t wr_id, uint32_t opcode, const struct vt_side *s, uint64_t off, uint32_t len)
{
	return (struct vt_wr){
		.wr_id = wr_id, .opcode = opcode, .flags = IBV_SEND_SIGNALED,
		.nsge = 1, .sge = { { .mr = s->mr.id, .off = off, .len = len } },
	};
}

/* Where a work request goes: memory at the peer, or (UD) the peer's QP. */
void wr_to(struct vt_wr *wr, const struct vt_side *peer, uint64_t off)
{
	wr->raddr = peer->mr.addr + off;
	wr->rkey = peer->mr.rkey;
	wr->rqpn = peer->qp.qpn;
	wr->rqkey = VT_QKEY;
}

void expect_status(const struct ibv_wc *wc, enum ibv_wc_status status, const char *what)
{
	if (wc->status != status)
		vt_fail("%s (wr_id %llu): completed with '%s' instead of '%s'", what,
			(unsigned long long)wc->wr_id, ibv_wc_status_str(wc->status),
			ibv_wc_status_str(status));
}

void expect_state(struct end *e, uint32_t qp, enum ibv_qp_state state, const char *what)
{
	struct ibv_qp_attr attr;
	int i;

	/* the error may reach the QP a moment after its completion */
	for (i = 0; i < 100; i++) {
		attr = end_query(e, qp);
		if (attr.qp_state == state)
			return;
		nap_usec(5000);
	}
	vt_fail("%s: QP of end %s is in state %d instead of %d", what, e->name,
		attr.qp_state, state);
}
