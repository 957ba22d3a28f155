// SPDX-License-Identifier: GPL-2.0
/*
 * How much of everything a connection gets, given what the device can do.
 */

#include <linux/math.h>
#include <linux/minmax.h>
#include "xprt_rdma.h"

/* Beside those for requests: one that marks the end when draining. */
#define DRAIN_WRS	1

/**
 * rpcrdma_ia_size - decide how much of everything a connection gets
 * @ia: the result
 * @attrs: what the device can do
 * @sg_gaps: it can make regions of pieces that are not whole pages
 * @slots: requests that may be under way
 *
 * One chunk shall need as few regions as possible: one for the payload, and
 * with a head and a tail, three.
 *
 * Context: any.
 * Return: 0; -EINVAL if the device cannot register memory by work requests;
 *	-ENOMEM if it has not enough room.
 */
int rpcrdma_ia_size(struct rpcrdma_ia *ia, const struct ib_device_attr *attrs,
		    bool sg_gaps, unsigned int slots)
{
	unsigned int wrs, wr_limit;

	if (!(attrs->device_cap_flags & IB_DEVICE_MEM_MGT_EXTENSIONS) ||
	    !attrs->max_fast_reg_page_list_len)
		return -EINVAL;
	if (attrs->max_send_sge < RPCRDMA_SEND_SGES)
		return -ENOMEM;

	ia->ia_mr_type = sg_gaps ? IB_MR_TYPE_SG_GAPS : IB_MR_TYPE_MEM_REG;
	ia->ia_mr_depth = min(attrs->max_fast_reg_page_list_len,
			      RPCRDMA_MAX_DATA_SEGS);
	ia->ia_max_segs = DIV_ROUND_UP(RPCRDMA_MAX_DATA_SEGS, ia->ia_mr_depth) + 2;
	if (ia->ia_max_segs > RPCRDMA_MAX_HDR_SEGS)
		return -ENOMEM;

	/* At most: two chunks to make valid, the Send, two to make invalid. */
	wrs = 1 + 4 * ia->ia_max_segs;
	wr_limit = attrs->max_qp_wr - DRAIN_WRS - RPCRDMA_BACKWARD_WRS;
	if (attrs->max_qp_wr <= DRAIN_WRS + RPCRDMA_BACKWARD_WRS + wrs +
				RPCRDMA_RECV_BATCH)
		return -ENOMEM;
	ia->ia_max_requests = min3(slots, wr_limit / wrs,
				   wr_limit - RPCRDMA_RECV_BATCH);
	ia->ia_sq_depth = ia->ia_max_requests * wrs + RPCRDMA_BACKWARD_WRS +
			  DRAIN_WRS;
	ia->ia_rq_depth = ia->ia_max_requests + RPCRDMA_BACKWARD_WRS +
			  RPCRDMA_RECV_BATCH + DRAIN_WRS;
	return 0;
}

/**
 * rpcrdma_ia_set_inline - derive what fits into a message
 * @ia: with the sizes of Sends and Receives in it
 *
 * Context: any.
 */
void rpcrdma_ia_set_inline(struct rpcrdma_ia *ia)
{
	unsigned int segs = ia->ia_max_segs;
	unsigned int call = RPCRDMA_HDRLEN_MIN +
			    (segs * RPCRDMA_READ_WORDS +
			     2 + segs * RPCRDMA_SEGMENT_WORDS) * sizeof(__be32);
	unsigned int reply = RPCRDMA_HDRLEN_MIN +
			     (2 + segs * RPCRDMA_SEGMENT_WORDS) * sizeof(__be32);

	/* Many segments may leave nothing of a small message. */
	ia->ia_max_inline_send = ia->ia_inline_send - min(call, ia->ia_inline_send);
	ia->ia_max_inline_recv = ia->ia_inline_recv - min(reply, ia->ia_inline_recv);
}
