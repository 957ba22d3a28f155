// SPDX-License-Identifier: GPL-2.0
/*
 * Address handles, of InfiniBand, OPA and RoCE ports.
 *
 * An address handle is a checked copy of its attributes.  rdma_copy_ah_attr()
 * takes a reference on the GID entry that they name, so the entry cannot go
 * away below a handle; every copy goes through it or rdma_replace_ah_attr().
 *
 * Address verbs may not sleep (infiniband/core_locking.rst), and modify_qp
 * checks addresses with all locks of a queue pair held.  So the checks use
 * what the core has cached at registration and ask the port nothing.
 */
#include <linux/pci.h>		/* export checksums: see rdmavt.h */
#include "rdmavt.h"
#include "ah.h"

/*
 * What a datagram is segmented by when the driver has no say: the largest MTU
 * there is, so that any datagram counts as one packet.
 */
#define AH_LOG_PMTU	12

/**
 * rvt_ah_init - prepare a device for address handles
 * @rdi: the device
 */
void rvt_ah_init(struct rvt_dev_info *rdi)
{
	spin_lock_init(&rdi->n_ahs_lock);
	rdi->n_ahs_allocated = 0;
}

static bool rate_ok(u8 rate)
{
	return rate == IB_RATE_PORT_CURRENT || ib_rate_to_mbps(rate) > 0;
}

/* A RoCE address is a GID: without a GRH there is nowhere to send to. */
static bool form_ok(struct ib_device *ibdev, u32 port,
		    const struct rdma_ah_attr *attr)
{
	if (!rdma_protocol_roce(ibdev, port))
		return true;
	return attr->type == RDMA_AH_ATTR_TYPE_ROCE &&
	       (rdma_ah_get_ah_flags(attr) & IB_AH_GRH);
}

static bool grh_ok(struct ib_device *ibdev, u32 port,
		   const struct rdma_ah_attr *attr)
{
	if (!(rdma_ah_get_ah_flags(attr) & IB_AH_GRH))
		return true;
	return rdma_ah_read_grh(attr)->sgid_index <
	       ibdev->port_data[port].immutable.gid_tbl_len;
}

/**
 * rvt_check_ah - would these attributes make a valid address
 * @ibdev: the device
 * @attr: an InfiniBand, OPA or RoCE address
 *
 * Section 6 of the interface specification: the port exists, the static rate
 * is a known one, the source GID index lies in the port's table, a RoCE
 * address has a GRH; then the driver's check_ah has its say.
 *
 * Context: Any.  The device is registered.
 * Return: 0, -EINVAL, or what the driver says.
 */
int rvt_check_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);
	u32 port = rdma_ah_get_port_num(attr);

	if (!rdma_is_port_valid(ibdev, port) ||
	    !rate_ok(rdma_ah_get_static_rate(attr)) ||
	    !form_ok(ibdev, port, attr) ||
	    !grh_ok(ibdev, port, attr))
		return -EINVAL;

	if (rdi->driver_f.check_ah)
		return rdi->driver_f.check_ah(ibdev, attr);
	return 0;
}
EXPORT_SYMBOL(rvt_check_ah);

static bool count_ah(struct rvt_dev_info *rdi)
{
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&rdi->n_ahs_lock, flags);
	room = rdi->n_ahs_allocated < rdi->dparms.props.max_ah;
	if (room)
		rdi->n_ahs_allocated++;
	spin_unlock_irqrestore(&rdi->n_ahs_lock, flags);
	return room;
}

static void uncount_ah(struct rvt_dev_info *rdi)
{
	unsigned long flags;

	spin_lock_irqsave(&rdi->n_ahs_lock, flags);
	rdi->n_ahs_allocated--;
	spin_unlock_irqrestore(&rdi->n_ahs_lock, flags);
}

/**
 * rvt_create_ah - the create_ah and create_user_ah verbs
 * @ibah: zeroed by the core
 * @init_attr: the address
 * @udata: unused
 *
 * Context: Any; may be atomic.
 * Return: 0, -EINVAL for an address that rvt_check_ah() refuses, -ENOMEM when
 * the device's max_ah are in use.
 */
int rvt_create_ah(struct ib_ah *ibah, struct rdma_ah_init_attr *init_attr,
		  struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibah->device);
	struct rvt_ah *ah = ibah_to_rvtah(ibah);

	if (rvt_check_ah(ibah->device, init_attr->ah_attr))
		return -EINVAL;
	if (!count_ah(rdi))
		return -ENOMEM;

	rdma_copy_ah_attr(&ah->attr, init_attr->ah_attr);
	ah->log_pmtu = AH_LOG_PMTU;
	if (rdi->driver_f.notify_new_ah)
		rdi->driver_f.notify_new_ah(ibah->device, &ah->attr, ah);
	return 0;
}

/**
 * rvt_destroy_ah - the destroy_ah verb
 * @ibah: no longer used by anybody; queued sends have copies of the attributes
 * @flags: RDMA_DESTROY_AH_SLEEPABLE or not
 *
 * Context: Any; may be atomic.
 * Return: 0.
 */
int rvt_destroy_ah(struct ib_ah *ibah, u32 flags)
{
	uncount_ah(ib_to_rvt(ibah->device));
	rdma_destroy_ah_attr(&ibah_to_rvtah(ibah)->attr);
	return 0;
}

/**
 * rvt_modify_ah - the modify_ah verb
 * @ibah: the handle
 * @attr: the new address
 *
 * Return: 0, or -EINVAL for an address that rvt_check_ah() refuses; the handle
 * is then unchanged.
 */
int rvt_modify_ah(struct ib_ah *ibah, struct rdma_ah_attr *attr)
{
	if (rvt_check_ah(ibah->device, attr))
		return -EINVAL;
	rdma_replace_ah_attr(&ibah_to_rvtah(ibah)->attr, attr);
	return 0;
}

/**
 * rvt_query_ah - the query_ah verb
 * @ibah: the handle
 * @attr: gets the address, without a reference on its GID entry
 *
 * Return: 0.
 */
int rvt_query_ah(struct ib_ah *ibah, struct rdma_ah_attr *attr)
{
	*attr = ibah_to_rvtah(ibah)->attr;
	attr->grh.sgid_attr = NULL;
	return 0;
}
