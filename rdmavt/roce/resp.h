/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The responder: request packets are executed (RC), and what both reliable and
 * unreliable connections do with the payload.
 */
#ifndef RVT_ROCE_RESP_H
#define RVT_ROCE_RESP_H

#include <rdma/rdmavt_qp.h>
#include "packet.h"

/**
 * rvt_roce_resp_rcv() - execute a request
 * @pkt: RC request packet
 * @qp: RC queue pair
 *
 * Context: softirq, RCU read side, no queue pair lock.
 */
void rvt_roce_resp_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp);

/**
 * rvt_roce_resp_in_sequence() - may a request follow the one before?
 * @prev: opcode of the request before
 * @op: opcode of this one
 *
 * Specification 2.5: the packets of a message follow each other, nothing else
 * comes between them.
 *
 * Return: true if it may.
 */
bool rvt_roce_resp_in_sequence(u8 prev, const struct rvt_roce_opcode *op);

/**
 * rvt_roce_resp_size_ok() - has the payload the size that its place demands?
 * @pkt: request packet
 * @pmtu: path MTU in bytes
 *
 * Return: true if it has.
 */
bool rvt_roce_resp_size_ok(const struct rvt_roce_pkt *pkt, u32 pmtu);

/**
 * rvt_roce_resp_check_write() - begin or continue a WRITE message
 * @qp: RC or UC queue pair
 * @pkt: WRITE packet, in sequence
 *
 * The message is described by struct rvt_roce_write, r_len and r_rcv_len; its
 * first packet fills these.
 *
 * Context: r_lock held.
 * Return: false if the payload is not of the length that was announced.
 */
bool rvt_roce_resp_check_write(struct rvt_qp *qp,
			       const struct rvt_roce_pkt *pkt);

/**
 * rvt_roce_resp_write() - place the payload of a WRITE packet
 * @qp: RC or UC queue pair
 * @pkt: packet that passed rvt_roce_resp_check_write()
 *
 * Context: r_lock held.
 * Return: false if the key does not allow it.
 */
bool rvt_roce_resp_write(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt);

/**
 * rvt_roce_resp_complete() - complete the receive WQE of a message
 * @qp: RC or UC queue pair
 * @pkt: last packet of the message
 *
 * Context: r_lock held.
 * Return: false if the completion queue is full.
 */
bool rvt_roce_resp_complete(struct rvt_qp *qp, const struct rvt_roce_pkt *pkt);

#endif /* RVT_ROCE_RESP_H */
