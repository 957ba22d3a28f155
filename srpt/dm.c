// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to device management queries: what they say, byte by byte. Who asks
 * and how the answer gets there is in mad.c.
 *
 * The I/O unit has room for 16 controllers. The one in slot 1 is the target; its
 * one service has the identifier that initiators connect to. An answer starts
 * as a copy of the query, so what is not written here goes back as it came.
 */

#include <linux/build_bug.h>
#include <linux/string.h>
#include "dm.h"
#include "srpt.h"

static_assert(sizeof(struct ib_dm_mad) == 256);
static_assert(sizeof(struct ib_dm_iou_info) == 132);
static_assert(sizeof(struct ib_dm_ioc_profile) == 128);
static_assert(sizeof(struct ib_dm_svc_entries) == 192);
static_assert(sizeof(struct ib_class_port_info) == 72);

#define DM_OP_CAP_MASK							\
	(DM_SEND_TO_IOC | DM_SEND_FROM_IOC | DM_RDMA_READ_FROM_IOC |	\
	 DM_RDMA_WRITE_FROM_IOC)

/* Time to answer: 4.096 us times 2 to the power of this, 4.3 seconds. */
#define DM_RESP_TIME		20

#define SRP_IO_SUBCLASS		0x609e
#define SRP_PROTOCOL		0x0108
#define SRP_PROTOCOL_VERSION	0x0001
#define SRP_SERVICE_NAME	"SRP.T10:"

static void set_status(struct ib_dm_mad *mad, u16 status)
{
	mad->mad_hdr.status = cpu_to_be16(status);
}

/*
 * srpt_set_ioc - say what is in a slot
 * @c_list: controller list, two slots a byte
 * @slot: counted from 1
 * @value: four bits
 */
static void srpt_set_ioc(u8 *c_list, u32 slot, u8 value)
{
	u8 *byte = &c_list[(slot - 1) / 2];

	value &= 0xf;
	if (slot % 2)
		*byte = (*byte & 0x0f) | value << 4;
	else
		*byte = (*byte & 0xf0) | value;
}

/* ClassPortInfo, section 16.3.3.1 */
static void srpt_get_class_port_info(struct ib_dm_mad *mad)
{
	struct ib_class_port_info *info = (void *)mad->data;

	memset(info, 0, sizeof(*info));
	info->base_version = 1;
	info->class_version = 1;
	ib_set_cpi_resp_time(info, DM_RESP_TIME);
	set_status(mad, 0);
}

/* IOUnitInfo, section 16.3.3.3, and table B.6 of SRP */
static void srpt_get_iou(struct ib_dm_mad *mad)
{
	struct ib_dm_iou_info *iou = (void *)mad->data;
	u32 slot;

	iou->change_id = cpu_to_be16(1);
	iou->nr_slots = DM_MAX_IOCS;
	srpt_set_ioc(iou->slots, 1, DM_IOC_PRESENT);
	for (slot = 2; slot <= DM_MAX_IOCS; slot++)
		srpt_set_ioc(iou->slots, slot, DM_IOC_ABSENT);
	set_status(mad, 0);
}

/* Receives that a channel of this port can have posted. */
static u16 send_queue_depth(const struct srpt_port *sport)
{
	const struct srpt_device *sdev = sport->sdev;

	if (sport->attrib.use_srq)
		return min_t(u32, sdev->srq_size, U16_MAX);
	return min(SRPT_MAX_RQ_SIZE, sdev->device->attrs.max_qp_wr);
}

/*
 * IOControllerProfile, section 16.3.3.4, and table B.7 of SRP
 * @slot: counted from 1
 */
static void srpt_get_ioc(struct srpt_port *sport, u32 slot, struct ib_dm_mad *mad)
{
	const struct ib_device_attr *attrs = &sport->sdev->device->attrs;
	struct ib_dm_ioc_profile *iocp = (void *)mad->data;

	if (!slot || slot > DM_MAX_IOCS) {
		set_status(mad, DM_STATUS_BAD_FIELD);
		return;
	}
	if (slot > 2) {
		set_status(mad, DM_STATUS_NO_IOC);
		return;
	}

	memset(iocp, 0, sizeof(*iocp));
	strscpy(iocp->text, SRPT_ID_STRING, sizeof(iocp->text));
	iocp->ioc_guid = cpu_to_be64(srpt_service_guid);
	iocp->vendor = cpu_to_be32(attrs->vendor_id);
	iocp->device = cpu_to_be32(attrs->vendor_part_id);
	iocp->version = cpu_to_be16(attrs->hw_ver);
	iocp->subsystem_vendor = cpu_to_be32(attrs->vendor_id);
	iocp->class = cpu_to_be16(SRP_REV16A_IB_IO_CLASS);
	iocp->subclass = cpu_to_be16(SRP_IO_SUBCLASS);
	iocp->proto = cpu_to_be16(SRP_PROTOCOL);
	iocp->proto_version = cpu_to_be16(SRP_PROTOCOL_VERSION);
	iocp->queue_depth = cpu_to_be16(send_queue_depth(sport));
	iocp->read_depth = SRPT_RDMA_DEPTH;
	iocp->iu_size = cpu_to_be32(srp_max_req_size);
	iocp->rdma_bytes = cpu_to_be32(min(sport->attrib.srp_max_rdma_size, 1U << 24));
	iocp->operations = DM_OP_CAP_MASK;
	iocp->nr_services = 1;
	set_status(mad, 0);
}

/*
 * ServiceEntries, section 16.3.3.5, and table B.8 of SRP
 * @slot: of the controller, counted from 1
 * @hi: last entry asked for
 * @lo: first entry asked for
 */
static void srpt_get_svc_entries(u64 ioc_guid, u16 slot, u8 hi, u8 lo, struct ib_dm_mad *mad)
{
	struct ib_dm_svc_entries *svc = (void *)mad->data;

	WARN_ON_ONCE(!ioc_guid);

	if (!slot || slot > DM_MAX_IOCS) {
		set_status(mad, DM_STATUS_BAD_FIELD);
		return;
	}
	if (slot > 2 || lo > hi || hi > 1) {
		set_status(mad, DM_STATUS_NO_IOC);
		return;
	}

	memset(svc, 0, sizeof(*svc));
	svc->entry[0].service_id = cpu_to_be64(ioc_guid);
	snprintf(svc->entry[0].label, sizeof(svc->entry[0].label), SRP_SERVICE_NAME "%016llx",
		 ioc_guid);
	set_status(mad, 0);
}

/**
 * srpt_mgmt_method_get - answer a Get
 * @sp: the port that it came to
 * @rq_mad: the query
 * @rsp_mad: the answer, so far a copy of the query with another method
 *
 * Context: any.
 */
void srpt_mgmt_method_get(struct srpt_port *sp, struct ib_mad *rq_mad,
			  struct ib_dm_mad *rsp_mad)
{
	u32 mod = be32_to_cpu(rq_mad->mad_hdr.attr_mod);

	switch (be16_to_cpu(rq_mad->mad_hdr.attr_id)) {
	case DM_ATTR_CLASS_PORT_INFO:
		srpt_get_class_port_info(rsp_mad);
		break;
	case DM_ATTR_IOU_INFO:
		srpt_get_iou(rsp_mad);
		break;
	case DM_ATTR_IOC_PROFILE:
		srpt_get_ioc(sp, mod, rsp_mad);
		break;
	case DM_ATTR_SVC_ENTRIES:
		srpt_get_svc_entries(srpt_service_guid, mod >> 16, mod >> 8, mod, rsp_mad);
		break;
	default:
		set_status(rsp_mad, DM_STATUS_BAD_ATTR);
		break;
	}
}
