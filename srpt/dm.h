/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Device management attributes: InfiniBand architecture, volume 1, chapter 16,
 * and annex B of SRP r16a. How an initiator finds out what is behind a port.
 */
#ifndef SRPT_DM_H
#define SRPT_DM_H

#include <linux/types.h>
#include <rdma/ib_mad.h>

#define DM_ATTR_CLASS_PORT_INFO		0x0001
#define DM_ATTR_IOU_INFO		0x0010
#define DM_ATTR_IOC_PROFILE		0x0011
#define DM_ATTR_SVC_ENTRIES		0x0012

#define DM_STATUS_BAD_METHOD		0x0008
#define DM_STATUS_BAD_ATTR		0x000c
#define DM_STATUS_BAD_FIELD		0x001c
#define DM_STATUS_NO_IOC		0x0100

#define DM_MAX_IOCS			16
#define DM_IOC_ABSENT			0
#define DM_IOC_PRESENT			1

/* Operations that the controller takes: sends and RDMA, each way. */
#define DM_SEND_TO_IOC			BIT(0)
#define DM_SEND_FROM_IOC		BIT(1)
#define DM_RDMA_READ_FROM_IOC		BIT(3)
#define DM_RDMA_WRITE_FROM_IOC		BIT(5)

struct ib_dm_mad {
	struct ib_mad_hdr mad_hdr;
	u8 rmpp[12];
	u8 reserved[28];
	u8 data[IB_MGMT_DEVICE_DATA];
};

/* IOUnitInfo: two slots a byte, the odd one in its upper half. */
struct ib_dm_iou_info {
	__be16	change_id;
	u8	nr_slots;
	u8	rom;
	u8	slots[128];
};

/* IOControllerProfile: what is in a slot. */
struct ib_dm_ioc_profile {
	__be64	ioc_guid;
	__be32	vendor, device;
	__be16	version, zero0;
	__be32	subsystem_vendor, subsystem;
	__be16	class, subclass;
	__be16	proto, proto_version;
	__be16	connections, initiators;
	__be16	queue_depth;
	u8	zero1, read_depth;
	__be32	iu_size, rdma_bytes;
	u8	operations, services_mask, nr_services;
	u8	zero2[9];
	u8	text[64];
} __packed;

/* ServiceEntries: up to four of them at a time. */
struct ib_dm_svc_entries {
	struct {
		u8	label[40];
		__be64	service_id;
	} entry[4];
};

struct srpt_port;

void srpt_mgmt_method_get(struct srpt_port *sp, struct ib_mad *rq_mad,
			  struct ib_dm_mad *rsp_mad);

#endif /* SRPT_DM_H */
