/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_ROCE_RECV_H
#define RVT_ROCE_RECV_H

#include "packet.h"

struct rvt_qp;
struct rvt_roce_dev;
struct sk_buff;
struct sock;

/**
 * rvt_roce_udp_rcv() - encapsulation handler of the UDP sockets
 * @sk: socket
 * @skb: packet, data at the UDP header
 *
 * Context: softirq, RCU read side.
 * Return: 0, the packet is always consumed.
 */
int rvt_roce_udp_rcv(struct sock *sk, struct sk_buff *skb);

/**
 * rvt_roce_qkey_ok() - compare the queue key of a datagram
 * @dev: device, counts violations
 * @qp: receiver
 * @qkey: from the datagram
 *
 * Context: any.
 */
bool rvt_roce_qkey_ok(struct rvt_roce_dev *dev, const struct rvt_qp *qp,
		      u32 qkey);

#endif /* RVT_ROCE_RECV_H */
