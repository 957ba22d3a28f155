/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The completer: responses are matched to the requests they answer (RC).
 */
#ifndef RVT_ROCE_COMP_H
#define RVT_ROCE_COMP_H

#include <rdma/rdmavt_qp.h>
#include "packet.h"

/**
 * rvt_roce_comp_rcv() - take in a response
 * @pkt: RC response packet
 * @qp: RC queue pair
 *
 * Context: softirq, RCU read side, no queue pair lock.
 */
void rvt_roce_comp_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp);

#endif /* RVT_ROCE_COMP_H */
