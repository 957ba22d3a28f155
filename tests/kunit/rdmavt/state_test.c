// SPDX-License-Identifier: GPL-2.0
/*
 * Modifying, querying and creating queue pairs: every transition from every
 * state with every attribute, against the table of the InfiniBand
 * specification (volume 1, 11.2.4.2) written down here once more.
 */
#include <rvt_ext.h>
#include "compat/kunit.h"
#include "../../../rdmavt/qp.h"
#include "../../../rdmavt/rq.h"
#include "fake.h"
#include "suites.h"

enum { RC, UC, UD, TYPES };

static const enum ib_qp_type types[TYPES] = { IB_QPT_RC, IB_QPT_UC, IB_QPT_UD };

#define BASIC	(IB_QP_PKEY_INDEX | IB_QP_PORT)
#define PATH	(IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN)
#define RETRY	(IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY | IB_QP_MAX_QP_RD_ATOMIC)
#define ALTER	(IB_QP_ALT_PATH | IB_QP_ACCESS_FLAGS | IB_QP_PATH_MIG_STATE)

/* What a transition must and what it may bring along, for RC, UC and UD. */
static const struct rule {
	enum ib_qp_state from, to;
	int must[TYPES], may[TYPES];
} rules[] = {
	{ IB_QPS_RESET, IB_QPS_RESET },
	{ IB_QPS_RESET, IB_QPS_INIT,
	  { BASIC | IB_QP_ACCESS_FLAGS, BASIC | IB_QP_ACCESS_FLAGS, BASIC | IB_QP_QKEY } },
	{ IB_QPS_INIT, IB_QPS_RESET },
	{ IB_QPS_INIT, IB_QPS_INIT, {},
	  { BASIC | IB_QP_ACCESS_FLAGS, BASIC | IB_QP_ACCESS_FLAGS, BASIC | IB_QP_QKEY } },
	{ IB_QPS_INIT, IB_QPS_RTR,
	  { PATH | IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER, PATH, 0 },
	  { IB_QP_ALT_PATH | IB_QP_ACCESS_FLAGS | IB_QP_PKEY_INDEX,
	    IB_QP_ALT_PATH | IB_QP_ACCESS_FLAGS | IB_QP_PKEY_INDEX,
	    IB_QP_PKEY_INDEX | IB_QP_QKEY } },
	{ IB_QPS_INIT, IB_QPS_ERR },
	{ IB_QPS_RTR, IB_QPS_RESET },
	{ IB_QPS_RTR, IB_QPS_RTS,
	  { RETRY | IB_QP_SQ_PSN, IB_QP_SQ_PSN, IB_QP_SQ_PSN },
	  { IB_QP_CUR_STATE | ALTER | IB_QP_MIN_RNR_TIMER, IB_QP_CUR_STATE | ALTER,
	    IB_QP_CUR_STATE | IB_QP_QKEY } },
	{ IB_QPS_RTR, IB_QPS_ERR },
	{ IB_QPS_RTS, IB_QPS_RESET },
	{ IB_QPS_RTS, IB_QPS_RTS, {},
	  { IB_QP_CUR_STATE | ALTER | IB_QP_MIN_RNR_TIMER, IB_QP_CUR_STATE | ALTER,
	    IB_QP_CUR_STATE | IB_QP_QKEY } },
	{ IB_QPS_RTS, IB_QPS_SQD, {},
	  { IB_QP_EN_SQD_ASYNC_NOTIFY, IB_QP_EN_SQD_ASYNC_NOTIFY, IB_QP_EN_SQD_ASYNC_NOTIFY } },
	{ IB_QPS_RTS, IB_QPS_ERR },
	{ IB_QPS_SQD, IB_QPS_RESET },
	{ IB_QPS_SQD, IB_QPS_RTS, {},
	  { IB_QP_CUR_STATE | ALTER | IB_QP_MIN_RNR_TIMER, IB_QP_CUR_STATE | ALTER,
	    IB_QP_CUR_STATE | IB_QP_QKEY } },
	{ IB_QPS_SQD, IB_QPS_SQD, {},
	  { BASIC | IB_QP_AV | RETRY | IB_QP_MAX_DEST_RD_ATOMIC | ALTER | IB_QP_MIN_RNR_TIMER,
	    IB_QP_PKEY_INDEX | IB_QP_AV | ALTER, IB_QP_PKEY_INDEX | IB_QP_QKEY } },
	{ IB_QPS_SQD, IB_QPS_ERR },
	{ IB_QPS_SQE, IB_QPS_RESET },
	{ IB_QPS_SQE, IB_QPS_RTS, {},
	  { 0, IB_QP_CUR_STATE | IB_QP_ACCESS_FLAGS, IB_QP_CUR_STATE | IB_QP_QKEY } },
	{ IB_QPS_SQE, IB_QPS_ERR },
	{ IB_QPS_ERR, IB_QPS_RESET },
	{ IB_QPS_ERR, IB_QPS_ERR },
};

/* All attributes of the standard, but the state itself. */
#define ALL_ATTRS	(IB_QP_ATTR_STANDARD_BITS & ~(IB_QP_STATE | IB_QP_CAP))

static const struct rule *find_rule(enum ib_qp_state from, enum ib_qp_state to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].from == from && rules[i].to == to)
			return &rules[i];
	return NULL;
}

/* Values that suit every transition. */
static struct ib_qp_attr good(enum ib_qp_state from, enum ib_qp_state to)
{
	const struct rdma_ah_attr ah = {
		.type = RDMA_AH_ATTR_TYPE_IB, .port_num = 1, .ib = { .dlid = 7 },
	};

	return (struct ib_qp_attr) {
		.qp_state = to, .cur_qp_state = from, .port_num = 1, .alt_port_num = 1,
		.qp_access_flags = IB_ACCESS_REMOTE_WRITE, .qkey = 0x1234,
		.path_mtu = IB_MTU_2048, .dest_qp_num = 5, .rq_psn = 0xabcdef, .sq_psn = 0xfedcba,
		.max_dest_rd_atomic = 3, .max_rd_atomic = 2, .min_rnr_timer = 12,
		.timeout = 9, .retry_cnt = 6, .rnr_retry = 5,
		.path_mig_state = IB_MIG_MIGRATED, .ah_attr = ah, .alt_ah_attr = ah,
		.alt_timeout = 11,
	};
}

/* What the verb says, without what ib_core does about it before. */
static int modify(struct rvt_qp *qp, struct ib_qp_attr *attr, int mask)
{
	return qp->ibqp.device->ops.modify_qp(&qp->ibqp, attr, mask, NULL);
}

static void step(struct kunit *test, struct rvt_qp *qp, int type, enum ib_qp_state to)
{
	struct ib_qp_attr attr = good(qp->state, to);
	const struct rule *rule = find_rule(qp->state, to);

	KUNIT_ASSERT_NOT_NULL(test, rule);
	KUNIT_ASSERT_EQ(test, modify(qp, &attr, IB_QP_STATE | rule->must[type]), 0);
}

/* From whatever it is in to @state. */
static void bring(struct kunit *test, struct rvt_qp *qp, int type, enum ib_qp_state state)
{
	static const enum ib_qp_state way[] = {
		IB_QPS_INIT, IB_QPS_RTR, IB_QPS_RTS, IB_QPS_SQD,
	};
	size_t i;

	if (qp->state == state)
		return;
	step(test, qp, type, IB_QPS_RESET);
	for (i = 0; i < ARRAY_SIZE(way) && qp->state != state; i++) {
		if (state == IB_QPS_ERR && qp->state == IB_QPS_INIT) {
			step(test, qp, type, IB_QPS_ERR);
		} else if (state == IB_QPS_SQE && qp->state == IB_QPS_RTS) {
			/* a driver would */
			WRITE_ONCE(qp->state, IB_QPS_SQE);
		} else if (state != IB_QPS_RESET) {
			step(test, qp, type, way[i]);
		}
	}
	KUNIT_ASSERT_EQ(test, qp->state, state);
}

static void refused(struct kunit *test, struct rvt_qp *qp, enum ib_qp_state to, int mask,
		    const char *why)
{
	struct ib_qp_attr attr = good(qp->state, to);
	u8 before = qp->state;

	KUNIT_EXPECT_EQ_MSG(test, modify(qp, &attr, mask), -EINVAL, "type %d from %d to %d: %s %x",
			    qp->ibqp.qp_type, before, to, why, mask);
	KUNIT_EXPECT_EQ(test, qp->state, before);
}

static void accepted(struct kunit *test, struct rvt_qp *qp, int type, enum ib_qp_state to,
		     int mask)
{
	enum ib_qp_state from = qp->state;
	struct ib_qp_attr attr = good(from, to);

	KUNIT_EXPECT_EQ_MSG(test, modify(qp, &attr, mask), 0, "type %d from %d to %d: %x",
			    qp->ibqp.qp_type, from, to, mask);
	KUNIT_EXPECT_EQ(test, qp->state, to);
	bring(test, qp, type, from);
}

/* One transition, with every attribute too few and every one too many. */
static void transition(struct kunit *test, struct rvt_qp *qp, int type, enum ib_qp_state to)
{
	const struct rule *rule = find_rule(qp->state, to);
	int bit, must, may;

	if (!rule) {
		refused(test, qp, to, IB_QP_STATE, "is not there");
		refused(test, qp, to, IB_QP_STATE | ALL_ATTRS, "is not there");
		return;
	}
	must = IB_QP_STATE | rule->must[type];
	may = rule->may[type];
	for (bit = 1; bit <= ALL_ATTRS; bit <<= 1) {
		if (!(bit & ALL_ATTRS))
			continue;
		if (must & bit)
			refused(test, qp, to, must & ~bit, "lacks one of");
		else if (!(may & bit))
			refused(test, qp, to, must | bit, "too many");
		else
			accepted(test, qp, type, to, must | bit);
	}
	accepted(test, qp, type, to, must);
	accepted(test, qp, type, to, must | may);
}

static void transitions(struct kunit *test, int type)
{
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), types[type]);
	enum ib_qp_state from, to;

	for (from = IB_QPS_RESET; from <= IB_QPS_ERR; from++) {
		if (from == IB_QPS_SQE && type == RC)
			continue;	/* there is no way there */
		for (to = IB_QPS_RESET; to <= IB_QPS_ERR + 1; to++) {
			bring(test, qp, type, from);
			transition(test, qp, type, to);
		}
	}
}

static void rc_transitions(struct kunit *test)
{
	transitions(test, RC);
}

static void uc_transitions(struct kunit *test)
{
	transitions(test, UC);
}

static void ud_transitions(struct kunit *test)
{
	transitions(test, UD);
}

/* ---- values ---- */

#define FIELD(name)	offsetof(struct ib_qp_attr, name)

static const struct spoiled {
	enum ib_qp_state to;
	size_t field;
	u32 value;
} spoiled[] = {
	{ IB_QPS_INIT, FIELD(pkey_index), 1 },
	{ IB_QPS_INIT, FIELD(pkey_index), 0xffff },
	{ IB_QPS_INIT, FIELD(port_num), 0 },
	{ IB_QPS_INIT, FIELD(port_num), 2 },
	{ IB_QPS_RTR, FIELD(path_mtu), 0 },
	{ IB_QPS_RTR, FIELD(path_mtu), IB_MTU_4096 + 1 },
	{ IB_QPS_RTR, FIELD(dest_qp_num), 0x1000000 },
	{ IB_QPS_RTR, FIELD(max_dest_rd_atomic), 17 },	/* fake.c has 16 */
	{ IB_QPS_RTR, FIELD(min_rnr_timer), 32 },
	{ IB_QPS_RTR, FIELD(ah_attr.port_num), 2 },
	{ IB_QPS_RTR, FIELD(ah_attr.ib.dlid), 0xc000 },	/* a group */
	{ IB_QPS_RTR, FIELD(ah_attr.static_rate), 1 },
	{ IB_QPS_RTS, FIELD(retry_cnt), 8 },
	{ IB_QPS_RTS, FIELD(rnr_retry), 8 },
	{ IB_QPS_RTS, FIELD(max_rd_atomic), 17 },
};

/* Only the bytes that the value needs: what is above them is 0, or not there. */
static void spoil(struct ib_qp_attr *attr, const struct spoiled *s)
{
	__le32 value = cpu_to_le32(s->value);

	memcpy((void *)attr + s->field, &value, s->value > U16_MAX ? 4 : s->value > U8_MAX ? 2 : 1);
}

/* Nothing changes when one value will not do. */
static void values_refused(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), IB_QPT_RC);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spoiled); i++) {
		const struct spoiled *s = &spoiled[i];
		struct ib_qp_attr attr = good(s->to - 1, s->to);

		bring(test, qp, RC, s->to - 1);
		spoil(&attr, s);
		KUNIT_EXPECT_EQ_MSG(test, modify(qp, &attr, IB_QP_STATE |
						 find_rule(s->to - 1, s->to)->must[RC]),
				    -EINVAL, "case %zu", i);
		KUNIT_EXPECT_EQ(test, qp->state, s->to - 1);
	}
}

static int no_memory(struct rvt_qp *qp, struct ib_qp_attr *attr, int mask,
		     struct ib_udata *udata)
{
	return -ENOMEM;
}

/* The driver may have its own reason. */
static void driver_refuses(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), IB_QPT_RC);
	struct ib_qp_attr attr = good(IB_QPS_INIT, IB_QPS_RTR);
	int mask = IB_QP_STATE | find_rule(IB_QPS_INIT, IB_QPS_RTR)->must[RC];

	bring(test, qp, RC, IB_QPS_INIT);
	dev->rdi.driver_f.check_modify_qp = no_memory;
	KUNIT_EXPECT_EQ(test, modify(qp, &attr, mask), -ENOMEM);
	KUNIT_EXPECT_EQ(test, qp->state, IB_QPS_INIT);
	dev->rdi.driver_f.check_modify_qp = NULL;
	KUNIT_EXPECT_EQ(test, modify(qp, &attr, mask), 0);
}

/* Masks that no standard knows; states that are not the present one. */
static void claims_refused(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), IB_QPT_RC);
	enum ib_qp_state real, claimed;

	for (real = IB_QPS_RESET; real <= IB_QPS_ERR; real++) {
		if (real == IB_QPS_SQE)
			continue;
		bring(test, qp, RC, real);
		for (claimed = IB_QPS_RESET; claimed <= IB_QPS_ERR; claimed++) {
			struct ib_qp_attr attr = good(claimed, IB_QPS_RTS);

			/* a driver might have moved it between these two */
			if (claimed == real || (real == IB_QPS_RTS && claimed == IB_QPS_SQE))
				continue;
			KUNIT_EXPECT_EQ_MSG(test, modify(qp, &attr, IB_QP_STATE | IB_QP_CUR_STATE),
					    -EINVAL, "%d claimed to be %d", real, claimed);
			KUNIT_EXPECT_EQ(test, qp->state, real);
		}
	}
	bring(test, qp, RC, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, modify(qp, &(struct ib_qp_attr) { .qp_state = IB_QPS_RTS },
				     IB_QP_STATE | IB_QP_RATE_LIMIT), -EOPNOTSUPP);
}

static void query_shows_all(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), IB_QPT_RC);
	struct ib_qp_attr want = good(IB_QPS_RTR, IB_QPS_RTS), attr;
	struct ib_qp_init_attr init;

	bring(test, qp, RC, IB_QPS_RTS);
	KUNIT_ASSERT_EQ(test, modify(qp, &want, IB_QP_STATE | IB_QP_ALT_PATH), 0);
	KUNIT_ASSERT_EQ(test, ib_query_qp(&qp->ibqp, &attr, IB_QP_STATE, &init), 0);
	KUNIT_EXPECT_EQ(test, attr.qp_state, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, attr.cur_qp_state, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, attr.path_mtu, want.path_mtu);
	KUNIT_EXPECT_EQ(test, attr.path_mig_state, IB_MIG_MIGRATED);
	KUNIT_EXPECT_EQ(test, attr.rq_psn, want.rq_psn);
	KUNIT_EXPECT_EQ(test, attr.sq_psn, want.sq_psn);
	KUNIT_EXPECT_EQ(test, attr.dest_qp_num, want.dest_qp_num);
	KUNIT_EXPECT_EQ(test, attr.qp_access_flags, want.qp_access_flags);
	KUNIT_EXPECT_EQ(test, attr.max_rd_atomic, want.max_rd_atomic);
	KUNIT_EXPECT_EQ(test, attr.max_dest_rd_atomic, want.max_dest_rd_atomic);
	KUNIT_EXPECT_EQ(test, attr.min_rnr_timer, want.min_rnr_timer);
	KUNIT_EXPECT_EQ(test, attr.timeout, want.timeout);
	KUNIT_EXPECT_EQ(test, attr.alt_timeout, want.alt_timeout);
	KUNIT_EXPECT_EQ(test, attr.retry_cnt, want.retry_cnt);
	KUNIT_EXPECT_EQ(test, attr.rnr_retry, want.rnr_retry);
	KUNIT_EXPECT_EQ(test, attr.port_num, 1);
	KUNIT_EXPECT_EQ(test, attr.alt_port_num, 1);
	KUNIT_EXPECT_EQ(test, rdma_ah_get_dlid(&attr.ah_attr), 7U);
	KUNIT_EXPECT_EQ(test, rdma_ah_get_dlid(&attr.alt_ah_attr), 7U);
	KUNIT_EXPECT_EQ(test, attr.cap.max_send_wr, 16U);	/* fake_qp() */
	KUNIT_EXPECT_EQ(test, attr.cap.max_recv_wr, 16U);
	KUNIT_EXPECT_EQ(test, attr.cap.max_send_sge, 8U);
	KUNIT_EXPECT_EQ(test, attr.cap.max_recv_sge, 8U);
	KUNIT_EXPECT_FALSE(test, attr.sq_draining);
	KUNIT_EXPECT_EQ(test, init.qp_type, IB_QPT_RC);
	KUNIT_EXPECT_PTR_EQ(test, init.send_cq, qp->ibqp.send_cq);
	KUNIT_EXPECT_EQ(test, init.sq_sig_type, IB_SIGNAL_ALL_WR);

	/* and a reset forgets */
	bring(test, qp, RC, IB_QPS_RESET);
	KUNIT_ASSERT_EQ(test, ib_query_qp(&qp->ibqp, &attr, IB_QP_STATE, &init), 0);
	KUNIT_EXPECT_EQ(test, attr.qp_state, IB_QPS_RESET);
	KUNIT_EXPECT_EQ(test, attr.dest_qp_num, 0U);
	KUNIT_EXPECT_EQ(test, attr.qp_access_flags, 0);
	KUNIT_EXPECT_EQ(test, attr.rq_psn | attr.sq_psn, 0U);
}

/* What belongs to the alternate path comes with it. */
static void migrates(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), IB_QPT_RC);
	struct ib_qp_attr attr = good(IB_QPS_RTR, IB_QPS_RTS);

	bring(test, qp, RC, IB_QPS_RTS);
	rdma_ah_set_dlid(&attr.alt_ah_attr, 9);
	KUNIT_ASSERT_EQ(test, modify(qp, &attr, IB_QP_STATE | IB_QP_ALT_PATH), 0);
	qp->s_mig_state = IB_MIG_ARMED;	/* a driver would */
	KUNIT_ASSERT_EQ(test, modify(qp, &attr, IB_QP_STATE | IB_QP_PATH_MIG_STATE), 0);
	KUNIT_EXPECT_EQ(test, rdma_ah_get_dlid(&qp->remote_ah_attr), 9U);
	KUNIT_EXPECT_EQ(test, qp->timeout, attr.alt_timeout);
	KUNIT_EXPECT_EQ(test, qp->timeout_jiffies, rvt_timeout_to_jiffies(attr.alt_timeout));
}

/* ---- creating ---- */

static const struct {
	const char *name;
	struct ib_qp_cap cap;
	enum ib_qp_type type;
	u32 flags;
	int ret;
} creations[] = {	/* fake.c has 1000 work requests, 16 elements */
	{ "the largest", { 1000, 1000, 16, 16 }, IB_QPT_RC },
	{ "the most inline data", { 1, 1, 1, 1, 15 * sizeof(struct rvt_sge) }, IB_QPT_RC },
	{ "too much inline data", { 1, 1, 1, 1, 15 * sizeof(struct rvt_sge) + 1 }, IB_QPT_RC, 0,
	  -EINVAL },
	{ "inline data that wrap", { 1, 1, 1, 1, U32_MAX }, IB_QPT_RC, 0, -EINVAL },
	{ "too many sends", { 1001, 1, 1, 1 }, IB_QPT_RC, 0, -EINVAL },
	{ "too many receives", { 1, 1001, 1, 1 }, IB_QPT_RC, 0, -EINVAL },
	{ "too many send elements", { 1, 1, 17, 1 }, IB_QPT_RC, 0, -EINVAL },
	{ "too many receive elements", { 1, 1, 1, 17 }, IB_QPT_RC, 0, -EINVAL },
	{ "sends that wrap", { U32_MAX, 1, 1, 1 }, IB_QPT_RC, 0, -EINVAL },
	{ "nothing at all", {}, IB_QPT_RC, 0, -EINVAL },
	{ "only receives", { 0, 1, 0, 1 }, IB_QPT_UD },
	{ "unknown type", { 1, 1, 1, 1 }, IB_QPT_RAW_PACKET, 0, -EOPNOTSUPP },
	{ "unknown flag", { 1, 1, 1, 1 }, IB_QPT_RC, IB_QP_CREATE_CROSS_CHANNEL, -EOPNOTSUPP },
};

static void creation_limits(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct ib_pd *pd = fake_pd(test, dev, 0);
	struct ib_cq *cq = fake_cq(test, dev, 10);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(creations); i++) {
		struct ib_qp_init_attr attr = {
			.send_cq = cq, .recv_cq = cq, .qp_type = creations[i].type,
			.port_num = 1, .cap = creations[i].cap,
			.create_flags = creations[i].flags,
		};
		struct ib_qp *qp = ib_create_qp(pd, &attr);

		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(qp), creations[i].ret, "%s",
				    creations[i].name);
		if (IS_ERR(qp))
			continue;
		/* what is said to be there is at least what was asked for */
		KUNIT_EXPECT_GE(test, attr.cap.max_send_sge, creations[i].cap.max_send_sge);
		KUNIT_EXPECT_GE(test, attr.cap.max_inline_data, creations[i].cap.max_inline_data);
		ib_destroy_qp(qp);
	}
	KUNIT_EXPECT_EQ(test, dev->rdi.n_qps_allocated, 0U);
}

static void count_limit(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct ib_pd *pd = fake_pd(test, dev, 0);
	struct ib_cq *cq = fake_cq(test, dev, 10);
	struct ib_qp_init_attr attr = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IB_QPT_RC, .port_num = 1,
		.cap = { 1, 1, 1, 1 },
	};
	struct ib_qp *qp, *more;

	dev->rdi.dparms.props.max_qp = 1;
	qp = ib_create_qp(pd, &attr);
	KUNIT_ASSERT_FALSE(test, IS_ERR(qp));
	more = ib_create_qp(pd, &attr);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(more), -ENOMEM);
	if (!IS_ERR(more))
		ib_destroy_qp(more);
	ib_destroy_qp(qp);
	KUNIT_EXPECT_EQ(test, dev->rdi.n_qps_allocated, 0U);
	KUNIT_EXPECT_EQ(test, dev->rdi.n_rc_qps, 0U);
}

/* ---- receives of a shared queue, and what is told when they end ---- */

struct events {
	unsigned int last_wqe, drained;
	bool below;		/* one came below whoever caused it */
};

static void on_event(struct ib_event *event, void *context)
{
	struct events *events = context;

	events->last_wqe += event->event == IB_EVENT_QP_LAST_WQE_REACHED;
	events->drained += event->event == IB_EVENT_SQ_DRAINED;
	events->below |= irqs_disabled();
}

/* Those that were raised have come. */
static void finish_events(struct rvt_qp *qp)
{
	flush_work(&rvt_qp_extra(qp)->events.work);
}

static void shared_receives(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct ib_pd *pd = fake_pd(test, dev, 0);
	struct ib_cq *cq = fake_cq(test, dev, 10);
	struct ib_srq_init_attr srq_attr = { .attr = { .max_wr = 4, .max_sge = 1 } };
	struct ib_srq *srq = ib_create_srq(pd, &srq_attr);
	struct events events = {};
	struct ib_qp_init_attr attr = {
		.send_cq = cq, .recv_cq = cq, .srq = srq, .qp_type = IB_QPT_RC,
		.cap = { .max_send_wr = 1 }, .event_handler = on_event, .qp_context = &events,
	};
	struct ib_recv_wr wr = { .wr_id = 1 };
	const struct ib_recv_wr *bad = NULL;
	struct ib_qp *qp;
	struct ib_wc wc;

	KUNIT_ASSERT_FALSE(test, IS_ERR(srq));
	qp = ib_create_qp(pd, &attr);
	if (IS_ERR(qp)) {
		ib_destroy_srq(srq);
		KUNIT_FAIL(test, "no queue pair with a shared receive queue");
		return;
	}
	bring(test, ibqp_to_rvtqp(qp), RC, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, ib_post_recv(qp, &wr, &bad), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, bad, (const struct ib_recv_wr *)&wr);
	KUNIT_EXPECT_EQ(test, ib_post_srq_recv(srq, &wr, NULL), 0);
	/* they stay, and the owner is told that this one takes no more */
	bring(test, ibqp_to_rvtqp(qp), RC, IB_QPS_ERR);
	finish_events(ibqp_to_rvtqp(qp));
	KUNIT_EXPECT_EQ(test, events.last_wqe, 1U);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(cq, 1, &wc), 0);
	ib_destroy_qp(qp);
	ib_destroy_srq(srq);
}

/* ---- completions ---- */

static void complete_oldest(struct rvt_qp *qp)
{
	spin_lock_irq(&qp->r_lock);
	spin_lock(&qp->s_lock);
	rvt_send_complete(qp, rvt_get_swqe_ptr(qp, qp->s_last), IB_WC_SUCCESS);
	spin_unlock(&qp->s_lock);
	spin_unlock_irq(&qp->r_lock);
}

/* A full queue for sends takes the QP off its shared receive queue as well. */
static void overflow_ends_receiving(struct kunit *test)
{
	static const enum ib_wc_opcode wc_opcode[RVT_OPERATION_MAX];
	struct fake_dev *dev = fake_register(test);
	struct ib_pd *pd = fake_pd(test, dev, 0);
	struct ib_srq_init_attr srq_attr = { .attr = { .max_wr = 4, .max_sge = 1 } };
	struct ib_srq *srq = ib_create_srq(pd, &srq_attr);
	struct events events = {};
	struct ib_qp_init_attr attr = {
		.send_cq = fake_cq(test, dev, 1), .recv_cq = fake_cq(test, dev, 1),
		.srq = srq, .qp_type = IB_QPT_RC, .cap = { .max_send_wr = 3 },
		.event_handler = on_event, .qp_context = &events,
	};
	struct ib_send_wr wr = { .opcode = IB_WR_SEND };
	struct rvt_qp *qp;
	struct ib_qp *ibqp;
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(srq));
	dev->rdi.wc_opcode = wc_opcode;
	ibqp = ib_create_qp(pd, &attr);
	if (IS_ERR(ibqp)) {
		ib_destroy_srq(srq);
		KUNIT_FAIL(test, "no queue pair with a shared receive queue");
		return;
	}
	qp = ibqp_to_rvtqp(ibqp);
	bring(test, qp, RC, IB_QPS_RTS);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ib_post_send(ibqp, &wr, NULL), 0);
	complete_oldest(qp);
	KUNIT_EXPECT_EQ(test, qp->state, IB_QPS_RTS);
	complete_oldest(qp);
	KUNIT_EXPECT_EQ(test, qp->state, IB_QPS_ERR);
	finish_events(qp);
	KUNIT_EXPECT_EQ(test, events.last_wqe, 1U);
	KUNIT_EXPECT_FALSE(test, events.below);
	/* once, whatever follows */
	complete_oldest(qp);
	step(test, qp, RC, IB_QPS_ERR);
	ib_destroy_qp(ibqp);
	KUNIT_EXPECT_EQ(test, events.last_wqe, 1U);
	ib_destroy_srq(srq);
}

/* The event comes when what was begun is done, once, and if it was asked for. */
static void drains(struct kunit *test)
{
	static const enum ib_wc_opcode wc_opcode[RVT_OPERATION_MAX];
	struct fake_dev *dev = fake_register(test);
	struct rvt_qp *qp = fake_qp(test, dev, fake_pd(test, dev, 0), IB_QPT_RC);
	struct ib_send_wr wr = { .opcode = IB_WR_SEND };
	struct ib_qp_attr attr = good(IB_QPS_RTS, IB_QPS_SQD);
	struct ib_qp_init_attr init;
	struct events events = {};
	int i;

	dev->rdi.wc_opcode = wc_opcode;
	qp->ibqp.event_handler = on_event;
	qp->ibqp.qp_context = &events;
	bring(test, qp, RC, IB_QPS_RTS);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, ib_post_send(&qp->ibqp, &wr, NULL), 0);
	qp->s_cur = 2;		/* the driver has begun two of them */
	attr.en_sqd_async_notify = 1;
	KUNIT_ASSERT_EQ(test, modify(qp, &attr, IB_QP_STATE | IB_QP_EN_SQD_ASYNC_NOTIFY), 0);
	KUNIT_ASSERT_EQ(test, ib_query_qp(&qp->ibqp, &attr, IB_QP_STATE, &init), 0);
	KUNIT_EXPECT_TRUE(test, attr.sq_draining);
	complete_oldest(qp);
	finish_events(qp);
	KUNIT_EXPECT_EQ(test, events.drained, 0U);
	complete_oldest(qp);
	finish_events(qp);
	KUNIT_EXPECT_EQ(test, events.drained, 1U);
	KUNIT_ASSERT_EQ(test, ib_query_qp(&qp->ibqp, &attr, IB_QP_STATE, &init), 0);
	KUNIT_EXPECT_FALSE(test, attr.sq_draining);

	/* what was not begun goes on */
	atomic_set(&dev->scheduled, 0);
	step(test, qp, RC, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->scheduled), 1);
	complete_oldest(qp);

	/* an idle queue is drained at once; not asked for, not told */
	step(test, qp, RC, IB_QPS_SQD);
	finish_events(qp);
	KUNIT_EXPECT_EQ(test, events.drained, 1U);
	step(test, qp, RC, IB_QPS_RTS);
	attr = good(IB_QPS_RTS, IB_QPS_SQD);
	attr.en_sqd_async_notify = 1;
	KUNIT_ASSERT_EQ(test, modify(qp, &attr, IB_QP_STATE | IB_QP_EN_SQD_ASYNC_NOTIFY), 0);
	finish_events(qp);
	KUNIT_EXPECT_EQ(test, events.drained, 2U);
	KUNIT_EXPECT_FALSE(test, events.below);
}

/* ---- flushing a long receive queue ---- */

#define MANY	900

/*
 * Interrupts are not kept out for all of it, and what is posted meanwhile does
 * not overtake what was there.
 */
static void flushes_many(struct kunit *test)
{
	struct fake_dev *dev = fake_register(test);
	struct ib_cq *cq = fake_cq(test, dev, MANY + 2);
	struct ib_qp_init_attr attr = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IB_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = MANY, .max_recv_sge = 1 },
	};
	struct ib_qp *ibqp = ib_create_qp(fake_pd(test, dev, 0), &attr);
	struct ib_recv_wr wr = {};
	struct rvt_qp *qp;
	struct ib_wc wc;
	u32 at_once = 0, next;

	KUNIT_ASSERT_FALSE(test, IS_ERR(ibqp));
	qp = ibqp_to_rvtqp(ibqp);
	bring(test, qp, RC, IB_QPS_RTS);
	for (; wr.wr_id < MANY; wr.wr_id++)
		KUNIT_ASSERT_EQ(test, ib_post_recv(ibqp, &wr, NULL), 0);
	spin_lock_irq(&qp->r_lock);
	spin_lock(&qp->s_lock);
	rvt_error_qp(qp, IB_WC_WR_FLUSH_ERR);
	while (at_once < MANY && ib_poll_cq(cq, 1, &wc) == 1 && wc.wr_id == at_once)
		at_once++;
	KUNIT_EXPECT_EQ(test, ib_post_recv(ibqp, &wr, NULL), 0);
	spin_unlock(&qp->s_lock);
	spin_unlock_irq(&qp->r_lock);
	KUNIT_EXPECT_EQ(test, at_once, RVT_FLUSH_BATCH);

	while (flush_delayed_work(&rvt_qp_extra(qp)->late_flush))
		;
	for (next = at_once; ib_poll_cq(cq, 1, &wc) == 1; next++) {
		KUNIT_EXPECT_EQ(test, wc.wr_id, (u64)next);
		KUNIT_EXPECT_EQ(test, wc.status, IB_WC_WR_FLUSH_ERR);
	}
	KUNIT_EXPECT_EQ(test, next, MANY + 1U);
	/* nothing is left that this one would have to wait for */
	wr.wr_id = next;
	KUNIT_EXPECT_EQ(test, ib_post_recv(ibqp, &wr, NULL), 0);
	KUNIT_EXPECT_EQ(test, ib_poll_cq(cq, 1, &wc), 1);
	KUNIT_EXPECT_EQ(test, wc.wr_id, (u64)next);
	ib_destroy_qp(ibqp);
}

/* ---- sends that fail ---- */

static void fail_oldest(struct rvt_qp *qp)
{
	spin_lock_irq(&qp->r_lock);
	spin_lock(&qp->s_lock);
	rvt_send_complete(qp, rvt_get_swqe_ptr(qp, qp->s_last), IB_WC_LOC_QP_OP_ERR);
	rvt_send_error(qp);
	spin_unlock(&qp->s_lock);
	spin_unlock_irq(&qp->r_lock);
}

/* Only the send queue stops where no delivery was promised. */
static void send_errors(struct kunit *test)
{
	static const enum ib_qp_state ends[] = { [RC] = IB_QPS_ERR, [UC] = IB_QPS_SQE };
	static const enum ib_wc_opcode wc_opcode[RVT_OPERATION_MAX];
	struct fake_dev *dev = fake_register(test);
	struct ib_pd *pd = fake_pd(test, dev, 0);
	struct ib_send_wr wr = { .opcode = IB_WR_SEND };
	unsigned int from, type;
	struct rvt_qp *qp;

	dev->rdi.wc_opcode = wc_opcode;
	for (type = RC; type <= UC; type++)
		for (from = IB_QPS_RTS; from <= IB_QPS_SQD; from++) {
			qp = fake_qp(test, dev, pd, types[type]);
			bring(test, qp, type, IB_QPS_RTS);
			KUNIT_ASSERT_EQ(test, ib_post_send(&qp->ibqp, &wr, NULL), 0);
			KUNIT_ASSERT_EQ(test, ib_post_send(&qp->ibqp, &wr, NULL), 0);
			if (from == IB_QPS_SQD)
				step(test, qp, type, IB_QPS_SQD);
			atomic_set(&dev->scheduled, 0);
			fail_oldest(qp);
			KUNIT_EXPECT_EQ(test, qp->state, ends[type]);
			/* what is left has to be flushed by somebody */
			KUNIT_EXPECT_EQ(test, atomic_read(&dev->scheduled), 1);
		}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(rc_transitions),
	KUNIT_CASE(uc_transitions),
	KUNIT_CASE(ud_transitions),
	KUNIT_CASE(values_refused),
	KUNIT_CASE(driver_refuses),
	KUNIT_CASE(claims_refused),
	KUNIT_CASE(query_shows_all),
	KUNIT_CASE(migrates),
	KUNIT_CASE(creation_limits),
	KUNIT_CASE(count_limit),
	KUNIT_CASE(shared_receives),
	KUNIT_CASE(overflow_ends_receiving),
	KUNIT_CASE(drains),
	KUNIT_CASE(flushes_many),
	KUNIT_CASE(send_errors),
	{}
};

struct kunit_suite rdmavt_state_suite = {
	.name = "rdmavt-state",
	.test_cases = cases,
};
