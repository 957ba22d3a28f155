// SPDX-License-Identifier: GPL-2.0
/*
 * Port state.
 *
 * Verbs ask for a port's state and MTU in places where nothing may sleep, while
 * an interface tells its speed under RTNL only.  So the answers are cached when
 * the device is made and whenever the interface changes (link.c).
 */

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <rdma/ib_verbs.h>
#include "device.h"
#include "port.h"
#include "wire.h"

int rvt_roce_port_mtu(unsigned int mtu)
{
	int best = 0, m;

	for (m = IB_MTU_256; m <= IB_MTU_4096; m++)
		if (ib_mtu_enum_to_int(m) + RVT_ROCE_MAX_HDR_BYTES <= mtu)
			best = m;
	return best;
}

/* Verbs tell speed as lanes times rate: the least that is not slower. */
static const struct {
	u32 mbps;
	u16 speed;
	u8 width;
} speeds[] = {
	{ 2500,		IB_SPEED_SDR,	IB_WIDTH_1X },
	{ 5000,		IB_SPEED_DDR,	IB_WIDTH_1X },
	{ 10000,	IB_SPEED_FDR10,	IB_WIDTH_1X },
	{ 20000,	IB_SPEED_DDR,	IB_WIDTH_4X },
	{ 25000,	IB_SPEED_EDR,	IB_WIDTH_1X },
	{ 40000,	IB_SPEED_FDR10,	IB_WIDTH_4X },
	{ 50000,	IB_SPEED_HDR,	IB_WIDTH_1X },
	{ 100000,	IB_SPEED_EDR,	IB_WIDTH_4X },
	{ 200000,	IB_SPEED_HDR,	IB_WIDTH_4X },
	{ 400000,	IB_SPEED_NDR,	IB_WIDTH_4X },
	{ U32_MAX,	IB_SPEED_NDR,	IB_WIDTH_8X },
};

static void refresh_speed(struct rvt_roce_dev *dev)
{
	struct ethtool_link_ksettings settings;
	u32 mbps = SPEED_1000;
	int i = 0;

	if (!__ethtool_get_link_ksettings(dev->ndev, &settings) &&
	    settings.base.speed != (u32)SPEED_UNKNOWN)
		mbps = settings.base.speed;
	while (speeds[i].mbps < mbps)
		i++;
	WRITE_ONCE(dev->speed, speeds[i].speed);
	WRITE_ONCE(dev->width, speeds[i].width);
}

void rvt_roce_port_init(struct rvt_roce_dev *dev)
{
	struct net_device *ndev = dev->ndev;
	u8 phys = IB_PORT_PHYS_STATE_DISABLED;
	u8 state = IB_PORT_DOWN;

	ASSERT_RTNL();

	if (netif_running(ndev) && netif_carrier_ok(ndev)) {
		state = IB_PORT_ACTIVE;
		phys = IB_PORT_PHYS_STATE_LINK_UP;
	} else if (ndev->flags & IFF_UP) {
		phys = IB_PORT_PHYS_STATE_POLLING;
	}
	WRITE_ONCE(dev->state, state);
	WRITE_ONCE(dev->phys_state, phys);
	/* Too small an MTU: say the minimum, what is too long gets dropped. */
	WRITE_ONCE(dev->active_mtu, rvt_roce_port_mtu(ndev->mtu) ?: IB_MTU_256);
	refresh_speed(dev);
}

void rvt_roce_port_refresh(struct rvt_roce_dev *dev)
{
	struct ib_event event = {
		.device = &dev->rdi.ibdev,
		.element.port_num = RVT_ROCE_PORT_NUM,
		.event = IB_EVENT_PORT_ACTIVE,
	};
	u8 old = dev->state;

	rvt_roce_port_init(dev);
	if (dev->state == old)
		return;
	if (dev->state != IB_PORT_ACTIVE) {
		event.event = IB_EVENT_PORT_ERR;
		rvt_roce_count(dev, RVT_ROCE_CNT_LINK_DOWNED);
	}
	/* RTNL keeps the events in the order of what happened. */
	ib_dispatch_event(&event);
}

int rvt_roce_query_port_state(struct rvt_dev_info *rdi, u32 port_num,
			      struct ib_port_attr *props)
{
	const struct rvt_roce_dev *dev = rvt_roce_rdi_dev(rdi);

	props->state = READ_ONCE(dev->state);
	props->phys_state = READ_ONCE(dev->phys_state);
	props->max_mtu = IB_MTU_4096;
	props->active_mtu = READ_ONCE(dev->active_mtu);
	props->active_speed = READ_ONCE(dev->speed);
	props->active_width = READ_ONCE(dev->width);
	props->gid_tbl_len = RVT_ROCE_GID_TBL_LEN;
	props->max_vl_num = 1;
	props->ip_gids = true;
	return 0;
}

/* The interface's administrator decides, not the verbs consumer. */
int rvt_roce_shut_down_port(struct rvt_dev_info *rdi, u32 port_num)
{
	return -EOPNOTSUPP;
}

/* Nobody to tell: there is no subnet manager. */
void rvt_roce_cap_mask_chg(struct rvt_dev_info *rdi, u32 port_num)
{
}

int rvt_roce_get_guid_be(struct rvt_dev_info *rdi, struct rvt_ibport *rvp,
			 int guid_index, __be64 *guid)
{
	if (guid_index)
		return -EINVAL;
	*guid = rdi->ibdev.node_guid;
	return 0;
}
