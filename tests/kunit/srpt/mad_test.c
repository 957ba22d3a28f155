// SPDX-License-Identifier: GPL-2.0
/*
 * Device management as an initiator sees it: an InfiniBand device whose ports are
 * wired to themselves, and an agent that asks. The queries go through ib_mad to
 * the target's agent, and its answers back the same way.
 *
 * A module of its own, because the target is not part of it: tests/system/
 * srp-mad.sh, which gives it its name.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <rdma/ib_mad.h>
#include "../rdmavt/ib_fake.h"
#include "compat/kunit.h"

static unsigned long long guid;
module_param(guid, ullong, 0444);
MODULE_PARM_DESC(guid, "the target's name");

#define DM_CLASS	0x06
#define SET_METHOD	0x02
#define TIMEOUT_MS	20000
#define GRH_BYTES	40
#define HW_VERSION	0x1a2b
#define VENDOR		0x112233
#define PART		0x445566

/* A port's worth of test: who asks, and what came back. */
struct fixture {
	struct ib_fake *fake;
	struct work_struct wire;
	u32 port;
	struct ib_mad_agent *agent;
	struct ib_ah *ah;
	struct completion answered;
	bool timed_out;
	u32 tid;
	u8 answer[IB_MGMT_MAD_SIZE];
};

/* The driver's callbacks know nothing but a queue pair. */
static struct fixture *fixture;

/* ---- the wire ---- */

static void copy(struct rvt_qp *to, const struct rvt_swqe *wqe)
{
	int i;

	rvt_skip_sge(&to->r_sge, GRH_BYTES, true);
	for (i = 0; i < wqe->wr.num_sge; i++)
		rvt_copy_sge(to, &to->r_sge, wqe->sg_list[i].vaddr, wqe->sg_list[i].sge_length,
			     true, false);
	rvt_put_ss(&to->r_sge);
}

/* What one port sends arrives at the same one, without a GRH. */
static void deliver(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	struct ib_wc wc = {
		.opcode = IB_WC_RECV,
		.byte_len = GRH_BYTES + wqe->length,
		.qp = &qp->ibqp,
		.src_qp = qp->ibqp.qp_num,
		.slid = 1,
		.port_num = qp->port_num,
	};

	lockdep_assert_held(&qp->r_lock);

	if (rvt_get_swqe_remote_qpn(wqe) != qp->ibqp.qp_num || rvt_get_rwqe(qp, false) != 1)
		return;
	wc.wr_id = qp->r_wr_id;
	copy(qp, wqe);
	clear_bit(RVT_R_WRID_VALID, &qp->r_aflags);
	rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), &wc, false);
}

static void run_queue(struct rvt_qp *qp)
{
	struct rvt_swqe *wqe;

	spin_lock_irq(&qp->r_lock);
	spin_lock(&qp->s_lock);
	while (ib_rvt_state_ops[qp->state] & RVT_PROCESS_SEND_OK &&
	       qp->s_last != READ_ONCE(qp->s_head)) {
		wqe = rvt_get_swqe_ptr(qp, qp->s_last);
		deliver(qp, wqe);
		rvt_send_complete(qp, wqe, IB_WC_SUCCESS);
	}
	spin_unlock(&qp->s_lock);
	spin_unlock_irq(&qp->r_lock);
}

static void run_wire(struct work_struct *work)
{
	struct fixture *f = container_of(work, struct fixture, wire);
	struct rvt_qp *qp;
	int i;

	for (i = 0; i < IB_FAKE_PORTS; i++) {
		rcu_read_lock();
		qp = rcu_dereference(ib_fake_port(f->fake, i)->qp[1]);
		if (qp)
			run_queue(qp);
		rcu_read_unlock();
	}
}

static bool schedule_send(struct rvt_qp *qp)
{
	queue_work(system_wq, &fixture->wire);
	return true;
}

static void do_send(struct rvt_qp *qp)
{
	schedule_send(qp);
}

static const struct rvt_operation_params operations[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] = {
		.length = sizeof(struct ib_send_wr),
		.qpt_support = BIT(IB_QPT_UD) | BIT(IB_QPT_SMI) | BIT(IB_QPT_GSI),
	},
};

static const enum ib_wc_opcode completions[] = { [IB_WR_SEND] = IB_WC_SEND };

/* ---- who asks ---- */

static void handle_send(struct ib_mad_agent *agent, struct ib_mad_send_wc *wc)
{
	struct fixture *f = agent->context;

	if (wc->status != IB_WC_SUCCESS) {
		f->timed_out = true;
		complete(&f->answered);
	}
	ib_free_send_mad(wc->send_buf);
}

static void handle_recv(struct ib_mad_agent *agent, struct ib_mad_send_buf *send_buf,
			struct ib_mad_recv_wc *wc)
{
	struct fixture *f = agent->context;

	memcpy(f->answer, wc->recv_buf.mad, sizeof(f->answer));
	ib_free_recv_mad(wc);
	complete(&f->answered);
}

static struct ib_mad_send_buf *query(struct kunit *test, u8 method, u16 attr, u32 mod)
{
	struct fixture *f = test->priv;
	struct ib_mad_send_buf *buf;
	struct ib_mad *mad;

	buf = ib_create_send_mad(f->agent, 1, 0, 0, IB_MGMT_DEVICE_HDR, IB_MGMT_DEVICE_DATA,
				 GFP_KERNEL, IB_MGMT_BASE_VERSION);
	KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
	buf->ah = f->ah;
	buf->timeout_ms = TIMEOUT_MS;
	mad = buf->mad;
	mad->mad_hdr.base_version = IB_MGMT_BASE_VERSION;
	mad->mad_hdr.mgmt_class = DM_CLASS;
	mad->mad_hdr.class_version = 1;
	mad->mad_hdr.method = method;
	mad->mad_hdr.tid = cpu_to_be64((u64)f->agent->hi_tid << 32 | ++f->tid);
	mad->mad_hdr.attr_id = cpu_to_be16(attr);
	mad->mad_hdr.attr_mod = cpu_to_be32(mod);
	return buf;
}

/* Return: the data of the answer, whose status is @status. */
static const u8 *ask(struct kunit *test, u8 method, u16 attr, u32 mod, u16 status)
{
	struct ib_mad_send_buf *buf = query(test, method, attr, mod);
	struct fixture *f = test->priv;
	const u8 *answer = f->answer;
	int err;

	memset(f->answer, 0xee, sizeof(f->answer));
	reinit_completion(&f->answered);
	err = ib_post_send_mad(buf, NULL);
	if (err)
		ib_free_send_mad(buf);
	KUNIT_ASSERT_EQ(test, err, 0);
	wait_for_completion(&f->answered);
	KUNIT_ASSERT_FALSE(test, f->timed_out);

	KUNIT_EXPECT_EQ(test, answer[0], 1);
	KUNIT_EXPECT_EQ(test, answer[1], DM_CLASS);
	KUNIT_EXPECT_EQ(test, answer[2], 1);
	KUNIT_EXPECT_EQ(test, answer[3], IB_MGMT_METHOD_GET_RESP);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(answer + 4), status);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(answer + 12), f->tid);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(answer + 16), attr);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(answer + 20), mod);
	return answer + IB_MGMT_DEVICE_HDR;
}

static const u8 *get(struct kunit *test, u16 attr, u32 mod, u16 status)
{
	return ask(test, IB_MGMT_METHOD_GET, attr, mod, status);
}

/* ---- the cases ---- */

static void class_port_info(struct kunit *test)
{
	const u8 *data = get(test, 0x0001, 0, 0);

	KUNIT_EXPECT_EQ(test, data[0], 1);
	KUNIT_EXPECT_EQ(test, data[1], 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 2), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(data + 4), 20);
}

static void io_unit_info(struct kunit *test)
{
	const u8 *data = get(test, 0x0010, 0, 0);
	int i;

	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data), 1);
	KUNIT_EXPECT_EQ(test, data[2], 16);
	KUNIT_EXPECT_EQ(test, data[4], 0x10);
	for (i = 5; i < 12; i++)
		KUNIT_EXPECT_EQ(test, data[i], 0);
}

static void io_controller_profile(struct kunit *test)
{
	const u8 *data = get(test, 0x0011, 1, 0);

	KUNIT_EXPECT_EQ(test, get_unaligned_be64(data), guid);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(data + 8), VENDOR);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(data + 12), PART);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 16), HW_VERSION);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(data + 20), VENDOR);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 28), 0x0100);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 30), 0x609e);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 32), 0x0108);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 34), 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_be16(data + 40), 128);
	KUNIT_EXPECT_EQ(test, data[43], 4);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(data + 44), 8276);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(data + 48), 65536);
	KUNIT_EXPECT_EQ(test, data[52], 0x2b);
	KUNIT_EXPECT_EQ(test, data[54], 1);
	KUNIT_EXPECT_STREQ(test, (const char *)data + 64, "Linux SRP target");
}

static void service_entries(struct kunit *test)
{
	const u8 *data = get(test, 0x0012, 1 << 16, 0);
	char name[40];
	int i;

	snprintf(name, sizeof(name), "SRP.T10:%016llx", guid);
	KUNIT_EXPECT_STREQ(test, (const char *)data, (const char *)name);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(data + 40), guid);
	for (i = 48; i < 192; i++)
		KUNIT_EXPECT_EQ(test, data[i], 0);
}

static void refused(struct kunit *test)
{
	get(test, 0x0011, 0, 0x001c);
	get(test, 0x0011, 17, 0x001c);
	get(test, 0x0011, 3, 0x0100);
	get(test, 0x0012, 3 << 16, 0x0100);
	get(test, 0x0012, 1 << 16 | 2 << 8, 0x0100);
	get(test, 0x0013, 0, 0x000c);
	ask(test, SET_METHOD, 0x0010, 0, 0x000c);
}

/* As often as there are buffers, and once more. */
static void many(struct kunit *test)
{
	int i;

	for (i = 0; i < 600; i++)
		get(test, 0x0010, 0, 0);
}

/* The subnet manager is told, for each port. */
static void marked(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct ib_port_attr attr;
	u32 port;

	for (port = 1; port <= IB_FAKE_PORTS; port++) {
		KUNIT_EXPECT_EQ(test, ib_query_port(&f->fake->dev.rdi.ibdev, port, &attr), 0);
		KUNIT_EXPECT_TRUE(test, attr.port_cap_flags & IB_PORT_DEVICE_MGMT_SUP);
	}
}

/* ---- the suite ---- */

static void take_down(void *arg)
{
	struct fixture *f = arg;

	if (!IS_ERR_OR_NULL(f->ah))
		rdma_destroy_ah(f->ah, RDMA_DESTROY_AH_SLEEPABLE);
	if (!IS_ERR_OR_NULL(f->agent))
		ib_unregister_mad_agent(f->agent);
	rvt_unregister_device(&f->fake->dev.rdi);
	cancel_work_sync(&f->wire);
	rvt_dealloc_device(&f->fake->dev.rdi);
}

static void register_device(struct kunit *test, struct fixture *f)
{
	struct rvt_dev_info *rdi;
	int err;

	f->fake = ib_fake_alloc(test);
	rdi = &f->fake->dev.rdi;
	rdi->driver_f.schedule_send = schedule_send;
	rdi->driver_f.schedule_send_no_lock = schedule_send;
	rdi->driver_f.do_send = do_send;
	rdi->post_parms = operations;
	rdi->wc_opcode = completions;
	rdi->dparms.props.vendor_id = VENDOR;
	rdi->dparms.props.vendor_part_id = PART;
	rdi->dparms.props.hw_ver = HW_VERSION;
	err = rvt_register_device(rdi);
	if (err)
		rvt_dealloc_device(rdi);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, take_down, f), 0);
}

static int set_up_port(struct kunit *test, u32 port)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct rdma_ah_attr attr = {
		.type = RDMA_AH_ATTR_TYPE_IB, .port_num = port, .ib = { .dlid = 1 },
	};

	KUNIT_ASSERT_NOT_NULL(test, f);
	fixture = f;
	test->priv = f;
	f->port = port;
	INIT_WORK(&f->wire, run_wire);
	init_completion(&f->answered);
	register_device(test, f);
	f->agent = ib_register_mad_agent(&f->fake->dev.rdi.ibdev, port, IB_QPT_GSI, NULL, 0,
					 handle_send, handle_recv, f, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->agent));
	f->ah = rdma_create_ah(f->agent->qp->pd, &attr, RDMA_CREATE_AH_SLEEPABLE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->ah));
	return 0;
}

static int first_port(struct kunit *test)
{
	return set_up_port(test, 1);
}

static int second_port(struct kunit *test)
{
	return set_up_port(test, 2);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(class_port_info),
	KUNIT_CASE(io_unit_info),
	KUNIT_CASE(io_controller_profile),
	KUNIT_CASE(service_entries),
	KUNIT_CASE(refused),
	KUNIT_CASE(many),
	KUNIT_CASE(marked),
	{}
};

static struct kunit_case second_cases[] = {
	KUNIT_CASE(io_unit_info),
	KUNIT_CASE(service_entries),
	{}
};

static struct kunit_suite srpt_mad_suite = {
	.name = "srpt-mad",
	.init = first_port,
	.test_cases = cases,
};

static struct kunit_suite srpt_mad_second_suite = {
	.name = "srpt-mad-second-port",
	.init = second_port,
	.test_cases = second_cases,
};

/* A suite that the kernel finds in a module runs before the parameters are known. */
static struct kunit_suite *suites[] = { &srpt_mad_suite, &srpt_mad_second_suite };

static int __init mad_test_init(void)
{
	return compat_kunit_run(suites, ARRAY_SIZE(suites));
}

static void __exit mad_test_exit(void)
{
	__kunit_test_suites_exit(suites, ARRAY_SIZE(suites));
}

module_init(mad_test_init);
module_exit(mad_test_exit);
MODULE_DESCRIPTION("Device management queries to the SRP target");
MODULE_LICENSE("GPL");
