// SPDX-License-Identifier: GPL-2.0
/*
 * Performance management (InfiniBand Architecture Specification, volume 1,
 * 16.1): the counters that every InfiniBand port has, for tools that know no
 * others.  They appear below /sys/class/infiniband/NAME/ports/1/counters/ and
 * answer perfquery.
 *
 * Only Get is answered.  Counters are never reset: who wants a difference takes
 * one.
 */
#include <rdma/ib_mad.h>
#include <rdma/ib_pma.h>
#include "counters.h"
#include "device.h"
#include "pma.h"

static u64 drops(struct rvt_roce_dev *dev, enum rvt_roce_drop why)
{
	return rvt_roce_total(dev, RVT_ROCE_CNT_DROPS + why);
}

/* What arrived damaged. */
static u64 receive_errors(struct rvt_roce_dev *dev)
{
	return drops(dev, RVT_ROCE_DROP_ICRC) +
	       drops(dev, RVT_ROCE_DROP_MALFORMED) +
	       drops(dev, RVT_ROCE_DROP_OPCODE);
}

static u64 transmit_discards(struct rvt_roce_dev *dev)
{
	return drops(dev, RVT_ROCE_DROP_TX_ROUTE) +
	       drops(dev, RVT_ROCE_DROP_TX_MTU) +
	       drops(dev, RVT_ROCE_DROP_TX_STACK);
}

/* Data are counted in units of four bytes. */
static u64 units(struct rvt_roce_dev *dev, enum rvt_roce_counter bytes)
{
	return rvt_roce_total(dev, bytes) / 4;
}

/* Small counters stay at their maximum. */
static __be32 be32_cap(u64 value)
{
	return cpu_to_be32(min_t(u64, value, U32_MAX));
}

static __be16 be16_cap(u64 value)
{
	return cpu_to_be16(min_t(u64, value, U16_MAX));
}

static void get_class_port_info(void *data)
{
	struct ib_class_port_info *info = data;

	info->base_version = IB_MGMT_BASE_VERSION;
	info->class_version = 1;
	info->capability_mask = IB_PMA_CLASS_CAP_ALLPORTSELECT |
				IB_PMA_CLASS_CAP_EXT_WIDTH_NOIETF;
}

static void get_counters(struct rvt_roce_dev *dev, void *data)
{
	struct ib_pma_portcounters *p = data;

	p->port_select = RVT_ROCE_PORT_NUM;
	p->link_downed_counter =
		min_t(u64, rvt_roce_total(dev, RVT_ROCE_CNT_LINK_DOWNED),
		      U8_MAX);
	p->port_rcv_errors = be16_cap(receive_errors(dev));
	p->port_xmit_discards = be16_cap(transmit_discards(dev));
	p->port_xmit_data = be32_cap(units(dev, RVT_ROCE_CNT_SENT_BYTES));
	p->port_rcv_data = be32_cap(units(dev, RVT_ROCE_CNT_RCVD_BYTES));
	p->port_xmit_packets =
		be32_cap(rvt_roce_total(dev, RVT_ROCE_CNT_SENT_PKTS));
	p->port_rcv_packets =
		be32_cap(rvt_roce_total(dev, RVT_ROCE_CNT_RCVD_PKTS));
}

static void get_counters_ext(struct rvt_roce_dev *dev, void *data)
{
	struct ib_pma_portcounters_ext *p = data;

	p->port_select = RVT_ROCE_PORT_NUM;
	p->port_xmit_data =
		cpu_to_be64(units(dev, RVT_ROCE_CNT_SENT_BYTES));
	p->port_rcv_data =
		cpu_to_be64(units(dev, RVT_ROCE_CNT_RCVD_BYTES));
	p->port_xmit_packets =
		cpu_to_be64(rvt_roce_total(dev, RVT_ROCE_CNT_SENT_PKTS));
	p->port_rcv_packets =
		cpu_to_be64(rvt_roce_total(dev, RVT_ROCE_CNT_RCVD_PKTS));
}

/* The port counters are those of a port that there is, or of all ports. */
static bool port_ok(const struct ib_pma_mad *mad)
{
	u8 select = mad->data[1];

	return select == RVT_ROCE_PORT_NUM || select == 0xff;
}

static u16 get(struct rvt_roce_dev *dev, const struct ib_pma_mad *in,
	       struct ib_pma_mad *out)
{
	switch (in->mad_hdr.attr_id) {
	case IB_PMA_CLASS_PORT_INFO:
		get_class_port_info(out->data);
		return 0;
	case IB_PMA_PORT_COUNTERS:
		if (!port_ok(in))
			return IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE;
		get_counters(dev, out->data);
		return 0;
	case IB_PMA_PORT_COUNTERS_EXT:
		if (!port_ok(in))
			return IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE;
		get_counters_ext(dev, out->data);
		return 0;
	default:
		return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB;
	}
}

static u16 answer(struct rvt_roce_dev *dev, const struct ib_pma_mad *in,
		  struct ib_pma_mad *out)
{
	if (in->mad_hdr.base_version != IB_MGMT_BASE_VERSION ||
	    in->mad_hdr.class_version != 1)
		return IB_MGMT_MAD_STATUS_BAD_VERSION;
	if (in->mad_hdr.method != IB_MGMT_METHOD_GET)
		return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD;
	return get(dev, in, out);
}

/**
 * rvt_roce_process_mad() - answer a management datagram
 * @ibdev: device
 * @flags: unused
 * @port: of the device
 * @wc: unused
 * @grh: unused
 * @in: request
 * @out: takes the answer
 * @out_size: bytes of @out
 * @out_pkey_index: unused
 *
 * Context: may sleep.
 * Return: IB_MAD_RESULT_SUCCESS, with IB_MAD_RESULT_REPLY if there is an answer.
 */
int rvt_roce_process_mad(struct ib_device *ibdev, int flags, u32 port,
			 const struct ib_wc *wc, const struct ib_grh *grh,
			 const struct ib_mad *in, struct ib_mad *out,
			 size_t *out_size, u16 *out_pkey_index)
{
	u16 status;

	/* Others are for clients of the core. */
	if (in->mad_hdr.mgmt_class != IB_MGMT_CLASS_PERF_MGMT)
		return IB_MAD_RESULT_SUCCESS;
	/* Answers, and reports of others, have nobody here to read them. */
	if (in->mad_hdr.method != IB_MGMT_METHOD_GET &&
	    in->mad_hdr.method != IB_MGMT_METHOD_SET)
		return IB_MAD_RESULT_SUCCESS;

	memset(out, 0, sizeof(*out));
	out->mad_hdr = in->mad_hdr;
	out->mad_hdr.method = IB_MGMT_METHOD_GET_RESP;
	status = answer(to_rvt_roce_dev(ibdev), (const struct ib_pma_mad *)in,
			(struct ib_pma_mad *)out);
	out->mad_hdr.status = cpu_to_be16(status);
	return IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_REPLY;
}
