// SPDX-License-Identifier: GPL-2.0
/*
 * The device management agent: takes queries that come to QP1 of a port, and
 * sends the answers that dm.c makes.
 *
 * It exists to be found, through a subnet manager, by srp_daemon. A port that
 * cannot be marked as having one does without it, and initiators need to be told
 * where the target is. On RoCE and iWARP, which have no subnet, that is the rule.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <rdma/ib_cache.h>
#include "dm.h"
#include "srpt.h"

/* Send completion: the address handle and the answer have done their work. */
static void srpt_mad_send_handler(struct ib_mad_agent *mad_agent,
				  struct ib_mad_send_wc *mad_wc)
{
	rdma_destroy_ah(mad_wc->send_buf->ah, RDMA_DESTROY_AH_SLEEPABLE);
	ib_free_send_mad(mad_wc->send_buf);
}

static void answer(struct srpt_port *sport, struct ib_mad *rq_mad, struct ib_dm_mad *rsp_mad)
{
	memcpy(rsp_mad, rq_mad, sizeof(*rsp_mad));
	rsp_mad->mad_hdr.method = IB_MGMT_METHOD_GET_RESP;
	rsp_mad->mad_hdr.status = 0;

	switch (rq_mad->mad_hdr.method) {
	case IB_MGMT_METHOD_GET:
		srpt_mgmt_method_get(sport, rq_mad, rsp_mad);
		break;
	case IB_MGMT_METHOD_SET:
		rsp_mad->mad_hdr.status = cpu_to_be16(DM_STATUS_BAD_ATTR);
		break;
	default:
		rsp_mad->mad_hdr.status = cpu_to_be16(DM_STATUS_BAD_METHOD);
		break;
	}
}

/*
 * srpt_mad_recv_handler - a query
 *
 * Context: process context. @mad_wc is freed here.
 */
static void srpt_mad_recv_handler(struct ib_mad_agent *mad_agent,
				  struct ib_mad_send_buf *send_buf,
				  struct ib_mad_recv_wc *mad_wc)
{
	struct srpt_port *sport = mad_agent->context;
	struct ib_mad_send_buf *rsp;
	struct ib_ah *ah;

	if (!mad_wc || !mad_wc->recv_buf.mad)
		return;

	ah = ib_create_ah_from_wc(mad_agent->qp->pd, mad_wc->wc, mad_wc->recv_buf.grh,
				  mad_agent->port_num);
	if (IS_ERR(ah))
		goto free_recv;

	rsp = ib_create_send_mad(mad_agent, mad_wc->wc->src_qp, mad_wc->wc->pkey_index, 0,
				 IB_MGMT_DEVICE_HDR, IB_MGMT_DEVICE_DATA, GFP_KERNEL,
				 IB_MGMT_BASE_VERSION);
	if (IS_ERR(rsp))
		goto destroy_ah;

	rsp->ah = ah;
	answer(sport, mad_wc->recv_buf.mad, rsp->mad);
	if (ib_post_send_mad(rsp, NULL))
		goto free_send;
	ib_free_recv_mad(mad_wc);
	return;

free_send:
	ib_free_send_mad(rsp);
destroy_ah:
	rdma_destroy_ah(ah, RDMA_DESTROY_AH_SLEEPABLE);
free_recv:
	ib_free_recv_mad(mad_wc);
}

/* Tell the subnet manager whether there is an agent. */
static int mark_port(struct srpt_port *sport, bool present)
{
	struct ib_port_modify change = {
		.set_port_cap_mask = present ? IB_PORT_DEVICE_MGMT_SUP : 0,
		.clr_port_cap_mask = present ? 0 : IB_PORT_DEVICE_MGMT_SUP,
	};

	return ib_modify_port(sport->sdev->device, sport->port, 0, &change);
}

/**
 * srpt_register_mad_agent - answer queries that come to a port
 * @sport: the port; nothing happens if it has an agent or can have none
 *
 * Context: sleeps. Not concurrently for the same port.
 */
void srpt_register_mad_agent(struct srpt_port *sport)
{
	struct ib_mad_reg_req reg_req = {
		.mgmt_class = IB_MGMT_CLASS_DEVICE_MGMT,
		.mgmt_class_version = IB_MGMT_BASE_VERSION,
	};
	struct ib_device *device = sport->sdev->device;
	struct ib_mad_agent *agent;
	int err;

	if (sport->mad_agent || !rdma_cap_ib_mad(device, sport->port))
		return;

	err = mark_port(sport, true);
	if (err) {
		if (rdma_protocol_roce(device, sport->port))
			return;
		pr_warn("%s-%u: no device management (%d): srp_daemon will not find this port\n",
			dev_name(&device->dev), sport->port, err);
		return;
	}

	set_bit(IB_MGMT_METHOD_GET, reg_req.method_mask);
	set_bit(IB_MGMT_METHOD_SET, reg_req.method_mask);
	agent = ib_register_mad_agent(device, sport->port, IB_QPT_GSI, &reg_req, 0,
				      srpt_mad_send_handler, srpt_mad_recv_handler, sport, 0);
	if (IS_ERR(agent)) {
		pr_err("%s-%u: no device management agent: error %ld\n", dev_name(&device->dev),
		       sport->port, PTR_ERR(agent));
		mark_port(sport, false);
		return;
	}
	sport->mad_agent = agent;
}

/**
 * srpt_unregister_mad_agent - answer no queries any more
 * @sdev: the device, whose ports may or may not have agents
 *
 * Context: sleeps. Not concurrently with srpt_register_mad_agent().
 */
void srpt_unregister_mad_agent(struct srpt_device *sdev)
{
	struct srpt_port *sport;
	u32 i;

	for (i = 0; i < sdev->device->phys_port_cnt; i++) {
		sport = &sdev->port[i];
		if (!sport->mad_agent)
			continue;
		mark_port(sport, false);
		ib_unregister_mad_agent(sport->mad_agent);
		sport->mad_agent = NULL;
	}
}
