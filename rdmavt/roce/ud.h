/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unreliable datagrams, and the general service interface (QP 1), which is
 * datagrams too.
 */
#ifndef RVT_ROCE_UD_H
#define RVT_ROCE_UD_H

#include <rdma/rdmavt_qp.h>
#include "packet.h"

struct rvt_roce_dev;

/**
 * rvt_roce_ud_send() - send one datagram
 * @dev: device
 * @qp: UD or GSI queue pair
 * @wqe: what to send; belongs to the caller, who holds the right to send on
 *       @qp (RVT_S_BUSY)
 *
 * Builds the packet from the WQE's scatter list and transmits it, or delivers
 * it on this device.  The caller completes the WQE with the status returned.
 * A datagram that the network drops was sent.
 *
 * Context: softirq or process context, interrupts on, no queue pair lock.
 * Return: completion status.
 */
enum ib_wc_status rvt_roce_ud_send(struct rvt_roce_dev *dev, struct rvt_qp *qp,
				   struct rvt_swqe *wqe);

/**
 * rvt_roce_ud_rcv() - deliver a received datagram to a queue pair
 * @pkt: packet of the UD group, checked by the front end; Q_Key included
 * @qp: receiver
 *
 * Context: softirq, RCU read side, no queue pair lock.
 */
void rvt_roce_ud_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp);

/* Slot of the table for the verbs library. */
void rvt_roce_notify_new_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr,
			    struct rvt_ah *ah);

#endif /* RVT_ROCE_UD_H */
