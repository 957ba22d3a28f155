/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ACK extended transport header.  rvt_compute_aeth() and rvt_get_credit()
 * are declared in <rdma/rdmavt_qp.h>.
 */
#ifndef RVT_AETH_H
#define RVT_AETH_H

#include <rdma/ib_hdrs.h>

u32 rvt_aeth_credit_code(u32 credits);

#endif /* RVT_AETH_H */
