// SPDX-License-Identifier: GPL-2.0
/*
 * The port verbs.
 *
 * A port is the driver's struct rvt_ibport, which the driver keeps up to date;
 * what is not in there (state, MTU, widths, LID, table sizes) the driver
 * supplies through query_port_state.  The core has checked the port number in
 * all of these but query_gid, which it does not call on RoCE ports.
 */
#include "rdmavt.h"
#include "port.h"

static struct rvt_ibport *to_port(struct ib_device *ibdev, u32 port_num)
{
	return ib_to_rvt(ibdev)->ports[port_num - 1];
}

/**
 * rvt_query_port - the query_port verb
 * @ibdev: the device
 * @port_num: the port, from 1
 * @props: zeroed by the caller
 *
 * Section 5 of the interface specification.
 *
 * Context: That of the driver's query_port_state.
 * Return: 0, or the error of query_port_state.
 */
int rvt_query_port(struct ib_device *ibdev, u32 port_num,
		   struct ib_port_attr *props)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);
	struct rvt_ibport *port = to_port(ibdev, port_num);

	props->max_msg_sz = 0x80000000;
	props->pkey_tbl_len = rvt_get_npkeys(rdi);
	props->port_cap_flags = port->port_cap_flags;
	props->bad_pkey_cntr = port->pkey_violations;
	props->qkey_viol_cntr = port->qkey_violations;
	props->sm_lid = port->sm_lid;
	props->sm_sl = port->sm_sl;
	props->subnet_timeout = port->subnet_timeout;
	props->init_type_reply = 0;

	return rdi->driver_f.query_port_state(rdi, port_num, props);
}

/* Change the capabilities that the subnet manager sees; tell it so. */
static void modify_capabilities(struct rvt_dev_info *rdi, u32 port_num,
				int mask, const struct ib_port_modify *change)
{
	struct rvt_ibport *port = rdi->ports[port_num - 1];

	if (mask & IB_PORT_OPA_MASK_CHG)
		port->port_cap3_flags =
			(port->port_cap3_flags | change->set_port_cap_mask) &
			~change->clr_port_cap_mask;
	else
		port->port_cap_flags =
			(port->port_cap_flags | change->set_port_cap_mask) &
			~change->clr_port_cap_mask;

	if (change->set_port_cap_mask || change->clr_port_cap_mask)
		rdi->driver_f.cap_mask_chg(rdi, port_num);
}

/**
 * rvt_modify_port - the modify_port verb
 * @ibdev: the device
 * @port_num: the port, from 1
 * @mask: enum ib_port_modify_flags
 * @change: the capabilities to set and to clear
 *
 * Context: May sleep.
 * Return: 0, or what the driver's shut_down_port returned.
 */
int rvt_modify_port(struct ib_device *ibdev, u32 port_num, int mask,
		    struct ib_port_modify *change)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);
	int ret = 0;

	modify_capabilities(rdi, port_num, mask, change);
	if (mask & IB_PORT_SHUTDOWN)
		ret = rdi->driver_f.shut_down_port(rdi, port_num);
	if (mask & IB_PORT_RESET_QKEY_CNTR)
		to_port(ibdev, port_num)->qkey_violations = 0;
	return ret;
}

/**
 * rvt_query_pkey - the query_pkey verb
 * @ibdev: the device
 * @port_num: the port, from 1
 * @index: into the port's partition key table
 * @pkey: gets the key
 *
 * Return: 0, or -EINVAL for an index beyond the table.
 */
int rvt_query_pkey(struct ib_device *ibdev, u32 port_num, u16 index, u16 *pkey)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);

	if (index >= rvt_get_npkeys(rdi))
		return -EINVAL;
	*pkey = rvt_get_pkey(rdi, port_num - 1, index);
	return 0;
}

/**
 * rvt_query_gid - the query_gid verb of an InfiniBand or OPA port
 * @ibdev: the device
 * @port_num: the port, from 1
 * @index: into the port's GUID table
 * @gid: gets the port's subnet prefix and that GUID
 *
 * Return: 0, -EINVAL for a port that does not exist, or the error of the
 * driver's get_guid_be.
 */
int rvt_query_gid(struct ib_device *ibdev, u32 port_num, int index,
		  union ib_gid *gid)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibdev);
	struct rvt_ibport *port;

	if (!rdma_is_port_valid(ibdev, port_num))
		return -EINVAL;

	port = to_port(ibdev, port_num);
	gid->global.subnet_prefix = port->gid_prefix;
	return rdi->driver_f.get_guid_be(rdi, port, index,
					 &gid->global.interface_id);
}

/**
 * rvt_get_port_immutable - the get_port_immutable verb
 * @ibdev: the device, being registered
 * @port_num: the port, from 1
 * @immutable: gets the driver's protocol flags and the sizes of the tables
 *
 * Return: 0, or the error of ib_query_port().
 */
int rvt_get_port_immutable(struct ib_device *ibdev, u32 port_num,
			   struct ib_port_immutable *immutable)
{
	const struct rvt_driver_params *params = &ib_to_rvt(ibdev)->dparms;
	struct ib_port_attr attr;
	int ret;

	/* The core reads these to find out how to query the port. */
	immutable->core_cap_flags = params->core_cap_flags;
	immutable->max_mad_size = params->max_mad_size;

	ret = ib_query_port(ibdev, port_num, &attr);
	if (ret)
		return ret;
	immutable->pkey_tbl_len = attr.pkey_tbl_len;
	immutable->gid_tbl_len = attr.gid_tbl_len;
	return 0;
}
