/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Posting send work requests.
 */
#ifndef RVT_POST_H
#define RVT_POST_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

int rvt_qp_valid_operation(struct rvt_qp *qp,
			   const struct rvt_operation_params *post_parms,
			   const struct ib_send_wr *wr);
int rvt_qp_is_avail(struct rvt_qp *qp, struct rvt_dev_info *rdi,
		    bool reserved_op);
int rvt_post_one_wr(struct rvt_qp *qp, const struct ib_send_wr *wr,
		    bool *call_send);
int rvt_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
		  const struct ib_send_wr **bad_wr);

#endif /* RVT_POST_H */
