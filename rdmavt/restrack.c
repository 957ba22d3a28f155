// SPDX-License-Identifier: GPL-2.0
/*
 * What `rdma -dd resource show mr` tells of a memory region beyond its keys and
 * length: where it is and what it may be used for.
 */
#include <net/netlink.h>
#include <rdma/rdma_netlink.h>
#include <rdma/restrack.h>
#include "rdmavt.h"
#include "mr.h"
#include "restrack.h"

/**
 * rvt_fill_res_mr_entry - describe a memory region
 * @msg: takes the attributes
 * @ibmr: the memory region, referenced
 *
 * Context: process.
 * Return: 0, or -EMSGSIZE if @msg is full.
 */
int rvt_fill_res_mr_entry(struct sk_buff *msg, struct ib_mr *ibmr)
{
	const struct rvt_mr *mr = ibmr_to_rvtmr(ibmr);
	struct nlattr *table = nla_nest_start(msg, RDMA_NLDEV_ATTR_DRIVER);
	char iova[sizeof("0x0123456789abcdef")];

	if (!table)
		return -EMSGSIZE;
	/* A number of 64 bits may be aligned by a filler that rdma chokes on. */
	snprintf(iova, sizeof(iova), "0x%llx", mr->mr.iova);
	/* Of kernel memory it may be an address, and everybody may ask. */
	if ((mr->umem && rdma_nl_put_driver_string(msg, "iova", iova)) ||
	    rdma_nl_put_driver_u32_hex(msg, "access", mr->mr.access_flags) ||
	    rdma_nl_put_driver_u32(msg, "segments", mr->mr.max_segs) ||
	    rdma_nl_put_driver_u32(msg, "invalidated",
				   atomic_read(&mr->mr.lkey_invalid))) {
		nla_nest_cancel(msg, table);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, table);
	return 0;
}
