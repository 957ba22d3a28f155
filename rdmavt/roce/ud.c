// SPDX-License-Identifier: GPL-2.0
/*
 * Unreliable datagrams and the GSI (specification 1.9 and 2.10).
 *
 * A datagram is one packet.  To send it, its bytes are copied from the sender's
 * scatter list behind the headers.  If the destination is an address of this
 * very device (and the short cut is on) they are copied straight into the
 * receiver's scatter list instead, with the checks that the front end makes on
 * received packets.
 *
 * The receiver finds 40 bytes ahead of the data, always: the IPv6 header as it
 * was received, or 20 zero bytes and the IPv4 header.  The core tells the two
 * apart by the IPv4 header's checksum, so that has to be valid.
 */

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/log2.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "av.h"
#include "device.h"
#include "gid.h"
#include "net.h"
#include "qp.h"
#include "recv.h"
#include "ud.h"

#define NO_VLAN		0xffff

/* Q_Keys with this bit may be used by privileged consumers only. */
#define QKEY_CONTROLLED	0x80000000U

/**
 * struct datagram - a message on its way into a receive buffer
 * @grh: the 40-byte area
 * @data: its bytes, or NULL if they are in @ss
 * @ss: scatter list of a sender on this device
 * @len: bytes
 * @src_qpn: the sender's number
 * @imm: immediate data, if @has_imm
 * @vlan: VLAN that it came on, or NO_VLAN
 * @has_imm: there is immediate data
 * @solicited: wakes those who wait for solicited events only
 * @ipv6: what @grh holds
 */
struct datagram {
	union rdma_network_hdr grh;
	const void *data;
	struct rvt_sge_state *ss;
	u32 len;
	u32 src_qpn;
	__be32 imm;
	u16 vlan;
	bool has_imm;
	bool solicited;
	bool ipv6;
};

/* A datagram is one packet, hence one sequence number, whatever its length. */
void rvt_roce_notify_new_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr,
			    struct rvt_ah *ah)
{
	ah->vl = 0;
	ah->log_pmtu = ilog2(ib_mtu_enum_to_int(IB_MTU_4096));
}

/* The sender keeps its references: the WQE's completion drops them. */
static void copy_sges(struct rvt_qp *qp, struct rvt_sge_state *from, u32 len)
{
	while (len) {
		u32 n = rvt_get_sge_length(&from->sge, len);

		if (WARN_ON_ONCE(!n))
			return;
		rvt_copy_sge(qp, &qp->r_sge, from->sge.vaddr, n, true, false);
		rvt_update_sge(from, n, false);
		len -= n;
	}
}

static void complete_receive(struct rvt_qp *qp, const struct datagram *d)
{
	struct ib_wc wc = {
		.wr_id = qp->r_wr_id,
		.status = IB_WC_SUCCESS,
		.opcode = IB_WC_RECV,
		.byte_len = RVT_ROCE_GRH_BYTES + d->len,
		.qp = &qp->ibqp,
		.src_qp = d->src_qpn,
		.wc_flags = IB_WC_GRH,
		.port_num = RVT_ROCE_PORT_NUM,
	};

	if (d->has_imm) {
		wc.ex.imm_data = d->imm;
		wc.wc_flags |= IB_WC_WITH_IMM;
	}
	/* User space learns the address family from the header alone. */
	if (!rvt_is_user_qp(qp)) {
		wc.network_hdr_type = d->ipv6 ? RDMA_NETWORK_IPV6 :
						RDMA_NETWORK_IPV4;
		wc.wc_flags |= IB_WC_WITH_NETWORK_HDR_TYPE;
		if (d->vlan != NO_VLAN) {
			wc.vlan_id = d->vlan;
			wc.wc_flags |= IB_WC_WITH_VLAN;
		}
	}

	if (!rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), &wc, d->solicited))
		rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
}

/* Takes the next receive WQE, or the one that the last datagram did not fit. */
static enum rvt_roce_drop take_rwqe(struct rvt_qp *qp, u32 len)
{
	int got = 1;

	if (!(qp->r_flags & RVT_R_REUSE_SGE))
		got = rvt_get_rwqe(qp, false);
	if (unlikely(got <= 0)) {
		if (got < 0)
			rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
		return RVT_ROCE_DROP_NO_RECV;
	}

	if (unlikely(RVT_ROCE_GRH_BYTES + len > qp->r_len)) {
		qp->r_flags |= RVT_R_REUSE_SGE;
		return RVT_ROCE_DROP_TOO_LONG;
	}
	qp->r_flags &= ~RVT_R_REUSE_SGE;
	return RVT_ROCE_DROP_NONE;
}

static enum rvt_roce_drop deliver(struct rvt_qp *qp, struct datagram *d)
{
	enum rvt_roce_drop why = RVT_ROCE_DROP_QP_STATE;
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	if (!(ib_rvt_state_ops[qp->state] & RVT_PROCESS_RECV_OK))
		goto unlock;
	why = take_rwqe(qp, d->len);
	if (why)
		goto unlock;

	rvt_copy_sge(qp, &qp->r_sge, &d->grh, sizeof(d->grh), true, false);
	if (d->ss)
		copy_sges(qp, d->ss, d->len);
	else
		rvt_copy_sge(qp, &qp->r_sge, (void *)d->data, d->len, true,
			     false);
	rvt_put_ss(&qp->r_sge);
	if (test_and_clear_bit(RVT_R_WRID_VALID, &qp->r_aflags))
		complete_receive(qp, d);
unlock:
	spin_unlock_irqrestore(&qp->r_lock, flags);
	return why;
}

static void received_grh(struct datagram *d, const struct rvt_roce_pkt *pkt)
{
	struct iphdr *v4 = &d->grh.roce4grh;

	if (pkt->ipv6) {
		memcpy(&d->grh, ipv6_hdr(pkt->skb), sizeof(struct ipv6hdr));
		return;
	}
	memset(d->grh.reserved, 0, sizeof(d->grh.reserved));
	memcpy(v4, ip_hdr(pkt->skb), sizeof(*v4));
	/* Offloads may leave a checksum that nobody looked at. */
	v4->check = 0;
	v4->check = ip_fast_csum(v4, v4->ihl);
}

/* The VLAN is that of the address it was sent to, if it came by loopback. */
static u16 received_vlan(const struct rvt_roce_pkt *pkt)
{
	return is_vlan_dev(pkt->skb->dev) ? vlan_dev_vlan_id(pkt->skb->dev) :
					    pkt->vlan;
}

void rvt_roce_ud_rcv(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	const struct rvt_roce_deth *deth = pkt->ext;
	struct datagram d = {
		.data = pkt->payload,
		.len = pkt->len,
		.src_qpn = be32_to_cpu(deth->src_qpn) & RVT_ROCE_QPN_MASK,
		.vlan = received_vlan(pkt),
		.has_imm = pkt->op->flags & RVT_ROCE_OP_IMM,
		.solicited = pkt->se,
		.ipv6 = pkt->ipv6,
	};
	enum rvt_roce_drop why;

	if (d.has_imm)
		d.imm = ((const struct rvt_roce_immdt *)(deth + 1))->imm;
	received_grh(&d, pkt);

	why = deliver(qp, &d);
	if (why)
		rvt_roce_count_drop(pkt->dev, why);
}

/* What the receiver would have found in front of the data. */
static void looped_grh(struct datagram *d, const struct rvt_roce_av *av,
		       unsigned int len)
{
	unsigned int udp_len = RVT_ROCE_UDP_BYTES + len;
	struct iphdr *v4 = &d->grh.roce4grh;
	struct ipv6hdr *v6 = (void *)&d->grh;

	memset(&d->grh, 0, sizeof(d->grh));
	if (av->ipv6) {
		rvt_roce_fill_ip(av, v6);
		v6->payload_len = htons(udp_len);
		return;
	}
	rvt_roce_fill_ip(av, v4);
	v4->tot_len = htons(sizeof(*v4) + udp_len);
	v4->check = ip_fast_csum(v4, v4->ihl);
}

static unsigned int ud_packet_len(const struct rvt_swqe *wqe, bool imm)
{
	return RVT_ROCE_BTH_BYTES + sizeof(struct rvt_roce_deth) +
	       (imm ? sizeof(struct rvt_roce_immdt) : 0) +
	       wqe->length + rvt_roce_pad(wqe->length);
}

static u32 ud_qkey(const struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	u32 qkey = rvt_get_swqe_remote_qkey(wqe);

	return qkey & QKEY_CONTROLLED ? qp->qkey : qkey;
}

static bool has_imm(const struct rvt_swqe *wqe)
{
	return wqe->wr.opcode == IB_WR_SEND_WITH_IMM;
}

/* Delivers to a queue pair of this device, with the front end's checks. */
static void loop(struct rvt_roce_dev *dev, struct rvt_qp *qp,
		 struct rvt_swqe *wqe, const struct rvt_roce_av *av)
{
	bool imm = has_imm(wqe);
	struct rvt_sge_state ss;
	struct datagram d = {
		.ss = &ss,
		.len = wqe->length,
		.src_qpn = qp->ibqp.qp_num,
		.imm = imm ? wqe->wr.ex.imm_data : 0,
		.vlan = rvt_roce_gid_vlan(dev, &av->daddr),
		.has_imm = imm,
		.solicited = wqe->wr.send_flags & IB_SEND_SOLICITED,
		.ipv6 = av->ipv6,
	};
	enum rvt_roce_drop why = RVT_ROCE_DROP_NO_QP;
	struct rvt_qp *to;

	rvt_restart_sge(&ss, wqe, 0);
	looped_grh(&d, av, ud_packet_len(wqe, imm) + RVT_ROCE_ICRC_BYTES);
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_LOOPBACK_PKTS);
	rvt_roce_qp_add(qp, RVT_ROCE_CNT_LOOPBACK_BYTES, wqe->length);

	rcu_read_lock();
	to = rvt_lookup_qpn(&dev->rdi, &dev->port,
			    rvt_get_swqe_remote_qpn(wqe) & RVT_ROCE_QPN_MASK);
	if (to) {
		if (to->ibqp.qp_type != IB_QPT_UD &&
		    to->ibqp.qp_type != IB_QPT_GSI)
			why = RVT_ROCE_DROP_QP_TYPE;
		else if (!rvt_roce_qkey_ok(dev, to, ud_qkey(qp, wqe)))
			why = RVT_ROCE_DROP_QKEY;
		else
			why = deliver(to, &d);
	}
	rcu_read_unlock();
	if (why)
		rvt_roce_count_drop(dev, why);
}

static struct sk_buff *build(struct rvt_roce_dev *dev, struct rvt_qp *qp,
			     struct rvt_swqe *wqe,
			     const struct rvt_roce_av *av)
{
	unsigned int pad = rvt_roce_pad(wqe->length);
	bool imm = has_imm(wqe);
	struct rvt_roce_deth *deth;
	struct rvt_sge_state ss;
	struct sk_buff *skb;

	skb = rvt_roce_alloc_skb(dev, av, ud_packet_len(wqe, imm));
	if (!skb)
		return NULL;

	rvt_roce_bth_init(skb_put(skb, sizeof(struct rvt_roce_bth)),
			  imm ? IB_OPCODE_UD_SEND_ONLY_WITH_IMMEDIATE :
				IB_OPCODE_UD_SEND_ONLY,
			  wqe->wr.send_flags & IB_SEND_SOLICITED ?
				RVT_ROCE_BTH_SE : 0,
			  pad, rvt_get_swqe_remote_qpn(wqe), wqe->psn, false);
	deth = skb_put(skb, sizeof(*deth));
	deth->qkey = cpu_to_be32(ud_qkey(qp, wqe));
	deth->src_qpn = cpu_to_be32(qp->ibqp.qp_num);
	if (imm)
		skb_put_data(skb, &wqe->wr.ex.imm_data, sizeof(__be32));

	rvt_restart_sge(&ss, wqe, 0);
	rvt_roce_put_payload(skb, &ss, wqe->length);
	return skb;
}

enum ib_wc_status rvt_roce_ud_send(struct rvt_roce_dev *dev, struct rvt_qp *qp,
				   struct rvt_swqe *wqe)
{
	const struct rdma_ah_attr *attr = rvt_get_swqe_ah_attr(wqe);
	struct sk_buff_head list;
	struct rvt_roce_av av;
	struct sk_buff *skb;
	u16 sport;

	/* The port's MTU may have shrunk since the datagram was posted. */
	if (wqe->length > ib_mtu_enum_to_int(READ_ONCE(dev->active_mtu))) {
		rvt_roce_count_drop(dev, RVT_ROCE_DROP_TX_MTU);
		return IB_WC_SUCCESS;
	}

	sport = rdma_get_udp_sport(attr->grh.flow_label, qp->ibqp.qp_num,
				   rvt_get_swqe_remote_qpn(wqe));
	rvt_roce_av_prepare(&av);
	if (rvt_roce_av_init(dev, &av, attr, cpu_to_be16(sport)))
		return IB_WC_LOC_QP_OP_ERR;

	if (rvt_roce_av_is_local(dev, &av)) {
		loop(dev, qp, wqe, &av);
		return IB_WC_SUCCESS;
	}

	skb = build(dev, qp, wqe, &av);
	if (skb) {
		__skb_queue_head_init(&list);
		__skb_queue_tail(&list, skb);
		rvt_roce_xmit(qp, &av, &list);
	}
	rvt_roce_av_release(&av);
	return IB_WC_SUCCESS;
}
