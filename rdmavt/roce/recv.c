// SPDX-License-Identifier: GPL-2.0
/*
 * The receive front end (specification 2.1).
 *
 * A packet runs through here in softirq, from the UDP socket to the engine of
 * its queue pair, without a queue in between.  Each step may drop it; every
 * drop is counted under its reason and traced, and nothing is ever answered:
 * up to the ICRC a packet proves nothing about itself, and after that only that
 * it arrived as it was sent.
 *
 *	form		IP without options, lengths, version, known opcode
 *	device		by destination address (gid.c), not by interface: local
 *			traffic arrives on the loopback interface, a VLAN's on
 *			the VLAN
 *	ICRC
 *	queue pair	number, type, state; for connected ones the peer's address
 *	P_Key, Q_Key
 *
 * Devices and queue pairs are found under RCU, which the network stack holds
 * around the handler.  No reference is taken: whoever removes one waits for a
 * grace period (socket.c; rdmavt for queue pairs).
 *
 * Everything up to the engine works on one packet given as bytes, so that a
 * super-packet of several could be walked segment by segment.
 */

#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <linux/unaligned.h>
#include "device.h"
#include "ecn.h"
#include "gid.h"
#include "icrc.h"
#include "qp.h"
#include "recv.h"
#include "socket.h"
#include "trace.h"
#include "ud.h"

/* The interface that a packet came in on, also below a VRF. */
static int ingress_ifindex(const struct sk_buff *skb, bool ipv6)
{
	int slave = 0;

	if (!ipv6)
		slave = inet_sdif(skb);
#if IS_ENABLED(CONFIG_IPV6)
	else
		slave = inet6_sdif(skb);
#endif
	return slave ?: skb->dev->ifindex;
}

static bool is_loopback(const struct sk_buff *skb)
{
	return skb->dev->flags & IFF_LOOPBACK;
}

static enum rvt_roce_drop parse_ip(struct rvt_roce_pkt *pkt,
				   const struct sk_buff *skb)
{
	unsigned int ip_len = skb_transport_offset(skb) -
			      skb_network_offset(skb);
	const struct iphdr *v4 = ip_hdr(skb);

	pkt->ipv6 = v4->version == 6;
	if (pkt->ipv6) {
		const struct ipv6hdr *v6 = ipv6_hdr(skb);

		if (ip_len != sizeof(*v6))
			return RVT_ROCE_DROP_MALFORMED;
		pkt->saddr = v6->saddr;
		pkt->daddr = v6->daddr;
		pkt->tclass = ipv6_get_dsfield(v6);
	} else {
		if (ip_len != sizeof(*v4))
			return RVT_ROCE_DROP_MALFORMED;
		ipv6_addr_set_v4mapped(v4->saddr, &pkt->saddr);
		ipv6_addr_set_v4mapped(v4->daddr, &pkt->daddr);
		pkt->tclass = v4->tos;
	}
	pkt->ce = INET_ECN_is_ce(pkt->tclass);
	return RVT_ROCE_DROP_NONE;
}

static bool is_multicast(const struct rvt_roce_pkt *pkt)
{
	return pkt->ipv6 ? ipv6_addr_is_multicast(&pkt->daddr) :
			   ipv4_is_multicast(pkt->daddr.s6_addr32[3]);
}

static bool icrc_ok(const struct rvt_roce_pkt *pkt, unsigned int len)
{
	unsigned int covered = len - RVT_ROCE_ICRC_BYTES;
	const struct sk_buff *skb = pkt->skb;

	return rvt_roce_icrc_skb(skb, pkt->ipv6,
				 (u8 *)pkt->bth - skb->data, covered) ==
	       (__force __le32)get_unaligned((const u32 *)
					     ((u8 *)pkt->bth + covered));
}

static bool type_ok(const struct rvt_roce_pkt *pkt, const struct rvt_qp *qp)
{
	switch (qp->ibqp.qp_type) {
	case IB_QPT_RC:
		return pkt->op->qpt == RVT_ROCE_QPT_RC ||
		       pkt->op->qpt == RVT_ROCE_QPT_CNP;
	case IB_QPT_UC:
		return pkt->op->qpt == RVT_ROCE_QPT_UC ||
		       pkt->op->qpt == RVT_ROCE_QPT_CNP;
	case IB_QPT_UD:
	case IB_QPT_GSI:
		return pkt->op->qpt == RVT_ROCE_QPT_UD;
	default:
		return false;
	}
}

/* Responses and notifications are for a sender, requests for a receiver. */
static bool state_ok(const struct rvt_roce_pkt *pkt, const struct rvt_qp *qp)
{
	int needed = pkt->op->flags & RVT_ROCE_OP_REQUEST ?
		     RVT_PROCESS_RECV_OK : RVT_PROCESS_SEND_OK;

	return ib_rvt_state_ops[READ_ONCE(qp->state)] & needed;
}

/* The only protection of a connection against packets of strangers. */
static bool address_ok(const struct rvt_roce_pkt *pkt, const struct rvt_qp *qp)
{
	const struct rvt_roce_av *av;

	if (pkt->op->qpt == RVT_ROCE_QPT_UD)
		return true;
	av = &((struct rvt_roce_qp *)qp->priv)->av;
	return ipv6_addr_equal(&pkt->saddr, &av->daddr) &&
	       ipv6_addr_equal(&pkt->daddr, &av->saddr);
}

static void count_violation(u16 *violations)
{
	u16 n = READ_ONCE(*violations);

	if (n != U16_MAX)
		WRITE_ONCE(*violations, n + 1);
}

bool rvt_roce_qkey_ok(struct rvt_roce_dev *dev, const struct rvt_qp *qp,
		      u32 qkey)
{
	if (qkey == READ_ONCE(qp->qkey))
		return true;
	count_violation(&dev->port.qkey_violations);
	return false;
}

static bool pkey_ok(const struct rvt_roce_pkt *pkt)
{
	if (rvt_roce_pkey_ok(pkt->pkey, pkt->dev->pkeys[0]))
		return true;
	count_violation(&pkt->dev->port.pkey_violations);
	return false;
}

static enum rvt_roce_drop check_qp(const struct rvt_roce_pkt *pkt,
				   const struct rvt_qp *qp)
{
	if (!type_ok(pkt, qp))
		return RVT_ROCE_DROP_QP_TYPE;
	if (!state_ok(pkt, qp))
		return RVT_ROCE_DROP_QP_STATE;
	if (!address_ok(pkt, qp))
		return RVT_ROCE_DROP_ADDRESS;
	/* The P_Key of a CNP means nothing. */
	if (pkt->op->qpt != RVT_ROCE_QPT_CNP && !pkey_ok(pkt))
		return RVT_ROCE_DROP_PKEY;
	if (pkt->op->qpt == RVT_ROCE_QPT_UD) {
		const struct rvt_roce_deth *deth = pkt->ext;

		if (!rvt_roce_qkey_ok(pkt->dev, qp, be32_to_cpu(deth->qkey)))
			return RVT_ROCE_DROP_QKEY;
	}
	return RVT_ROCE_DROP_NONE;
}

static u32 udp_payload(const struct rvt_roce_pkt *pkt)
{
	return ntohs(udp_hdr(pkt->skb)->len) - sizeof(struct udphdr);
}

/* For no queue pair, or for several. */
static void received(struct rvt_roce_pkt *pkt)
{
	struct rvt_roce_dev *dev = pkt->dev;

	trace_rvt_roce_rx(pkt);
	rvt_roce_count(dev, RVT_ROCE_CNT_RCVD_PKTS);
	rvt_roce_add(dev, RVT_ROCE_CNT_RCVD_BYTES, udp_payload(pkt));
	if (pkt->ce)
		rvt_roce_count(dev, RVT_ROCE_CNT_RCVD_ECN_MARKED);
}

static bool is_read_response(const struct rvt_roce_pkt *pkt)
{
	const u32 kind = RVT_ROCE_OP_READ | RVT_ROCE_OP_RESPONSE;

	return (pkt->op->flags & kind) == kind;
}

static void received_by(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	trace_rvt_roce_rx(pkt);
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_RCVD_PKTS);
	rvt_roce_qp_add(qp, RVT_ROCE_CNT_RCVD_BYTES, udp_payload(pkt));
	if (unlikely(pkt->ce)) {
		rvt_roce_qp_count(qp, RVT_ROCE_CNT_RCVD_ECN_MARKED);
		if (pkt->op->qpt == RVT_ROCE_QPT_RC ||
		    pkt->op->qpt == RVT_ROCE_QPT_UC)
			rvt_roce_ecn_marked(qp, is_read_response(pkt));
	}
}

static void dispatch(struct rvt_roce_pkt *pkt, struct rvt_qp *qp)
{
	switch (pkt->op->qpt) {
	case RVT_ROCE_QPT_RC:
		rvt_roce_rc_rcv(pkt, qp);
		break;
	case RVT_ROCE_QPT_UC:
		rvt_roce_uc_rcv(pkt, qp);
		break;
	case RVT_ROCE_QPT_UD:
		rvt_roce_ud_rcv(pkt, qp);
		break;
	case RVT_ROCE_QPT_CNP:
		rvt_roce_ecn_notified(qp);
		break;
	}
}

static struct rvt_qp *lookup_qp(struct rvt_roce_dev *dev, u32 qpn)
{
	return rvt_lookup_qpn(&dev->rdi, &dev->port, qpn);
}

/*
 * How well a device fits, of several that share the address: one that has the
 * queue pair before one that has not, then the one on the interface that the
 * packet came in on.
 */
static int fitness(const struct rvt_roce_gid *gid,
		   const struct rvt_roce_pkt *pkt, int ifindex)
{
	const struct rvt_qp *qp = lookup_qp(gid->dev, pkt->qpn);
	int fit = 0;

	if (qp)
		fit += 4 + 2 * (type_ok(pkt, qp) && address_ok(pkt, qp));
	if (gid->dev->ndev->ifindex == ifindex)
		fit++;
	return fit;
}

/*
 * A link local address means something on its own link only.  Other addresses
 * are the host's, whichever interface they come in on.
 */
static bool on_link(const struct rvt_roce_gid *gid,
		    const struct rvt_roce_pkt *pkt, int ifindex)
{
	if (!(ipv6_addr_type(&pkt->daddr) & IPV6_ADDR_LINKLOCAL))
		return true;
	return gid->ifindex == ifindex || is_loopback(pkt->skb);
}

static struct rvt_roce_gid *find_gid(struct rvt_roce_net *rnet,
				     const struct rvt_roce_pkt *pkt,
				     int ifindex)
{
	struct rvt_roce_gid *best = NULL, *next, *gid;
	int fit, best_fit = -1;

	gid = rvt_roce_gid_next(rnet, &pkt->daddr, NULL);
	for (; gid; gid = next) {
		next = rvt_roce_gid_next(rnet, &pkt->daddr, gid);
		if (!on_link(gid, pkt, ifindex))
			continue;
		/* The common case needs no comparison. */
		if (!next && !best)
			return gid;
		fit = fitness(gid, pkt, ifindex);
		if (fit > best_fit) {
			best_fit = fit;
			best = gid;
		}
	}
	return best;
}

static enum rvt_roce_drop deliver_unicast(struct rvt_roce_net *rnet,
					  struct rvt_roce_pkt *pkt,
					  unsigned int len)
{
	const struct rvt_roce_gid *gid;
	enum rvt_roce_drop why;
	struct rvt_qp *qp;

	gid = find_gid(rnet, pkt, ingress_ifindex(pkt->skb, pkt->ipv6));
	if (!gid)
		return RVT_ROCE_DROP_NO_DEVICE;
	pkt->dev = gid->dev;
	pkt->vlan = gid->vlan_id;
	if (!icrc_ok(pkt, len))
		return RVT_ROCE_DROP_ICRC;

	why = RVT_ROCE_DROP_MALFORMED;
	if (pkt->qpn == RVT_ROCE_QPN_MULTICAST)
		goto refuse;
	why = RVT_ROCE_DROP_NO_QP;
	qp = lookup_qp(pkt->dev, pkt->qpn);
	if (!qp)
		goto refuse;
	why = check_qp(pkt, qp);
	if (why)
		goto refuse;
	received_by(pkt, qp);
	dispatch(pkt, qp);
	return RVT_ROCE_DROP_NONE;

refuse:
	received(pkt);
	return why;
}

/* One copy for each member; what befalls one is no matter to the others. */
static void fan_out(struct rvt_roce_pkt *pkt, struct rvt_mcast *group)
{
	struct rvt_mcast_qp *member;
	enum rvt_roce_drop why;

	list_for_each_entry_rcu(member, &group->qp_list, list) {
		why = check_qp(pkt, member->qp);
		if (!why) {
			dispatch(pkt, member->qp);
			continue;
		}
		rvt_roce_count_drop(pkt->dev, why);
		trace_rvt_roce_rx_drop(pkt->dev, pkt, why);
	}
}

/* Is this interface the device's own, or a VLAN on it? */
static bool hears(const struct rvt_roce_dev *dev, const struct sk_buff *skb,
		  int ifindex)
{
	if (dev->ndev->ifindex == ifindex)
		return true;
	return is_vlan_dev(skb->dev) &&
	       vlan_dev_real_dev(skb->dev) == dev->ndev;
}

static enum rvt_roce_drop deliver_multicast(struct rvt_roce_net *rnet,
					    struct rvt_roce_pkt *pkt,
					    unsigned int len)
{
	int ifindex = ingress_ifindex(pkt->skb, pkt->ipv6);
	bool checked = false;
	struct rvt_roce_dev *dev;
	struct rvt_mcast *group;
	union ib_gid mgid;

	if (pkt->op->qpt != RVT_ROCE_QPT_UD ||
	    pkt->qpn != RVT_ROCE_QPN_MULTICAST)
		return RVT_ROCE_DROP_MALFORMED;

	memcpy(&mgid, &pkt->daddr, sizeof(mgid));
	list_for_each_entry_rcu(dev, &rnet->devices, net_node) {
		if (!hears(dev, pkt->skb, ifindex))
			continue;
		group = rvt_mcast_find(&dev->port, &mgid, 0);
		if (!group)
			continue;
		pkt->dev = dev;
		if (checked || icrc_ok(pkt, len)) {
			checked = true;
			received(pkt);
			fan_out(pkt, group);
		}
		if (atomic_dec_return(&group->refcount) <= 1)
			wake_up(&group->wait);
		if (!checked)
			return RVT_ROCE_DROP_ICRC;
	}
	return pkt->dev ? RVT_ROCE_DROP_NONE : RVT_ROCE_DROP_NO_DEVICE;
}

/* A packet for no device counts where it came in, if there is a device. */
static struct rvt_roce_dev *blame(struct rvt_roce_net *rnet,
				  const struct rvt_roce_pkt *pkt)
{
	struct rvt_roce_dev *dev;

	if (pkt->dev)
		return pkt->dev;
	list_for_each_entry_rcu(dev, &rnet->devices, net_node)
		if (dev->ndev == pkt->skb->dev)
			return dev;
	return NULL;
}

static enum rvt_roce_drop receive(struct rvt_roce_net *rnet,
				  struct rvt_roce_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	const struct udphdr *udp;
	enum rvt_roce_drop why;
	unsigned int len;

	if (skb_linearize(skb))
		return RVT_ROCE_DROP_NOMEM;
	if (skb->len < sizeof(*udp))
		return RVT_ROCE_DROP_MALFORMED;

	/* The stack trims to the UDP length; believe the smaller one. */
	udp = udp_hdr(skb);
	len = min_t(unsigned int, ntohs(udp->len), skb->len);
	if (len < sizeof(*udp))
		return RVT_ROCE_DROP_MALFORMED;
	len -= sizeof(*udp);

	why = parse_ip(pkt, skb);
	if (!why)
		why = rvt_roce_pkt_parse(pkt, udp + 1, len);
	if (why)
		return why;
	return is_multicast(pkt) ? deliver_multicast(rnet, pkt, len) :
				   deliver_unicast(rnet, pkt, len);
}

int rvt_roce_udp_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct rvt_roce_net *rnet = rcu_dereference_sk_user_data(sk);
	struct rvt_roce_pkt pkt = { .skb = skb, .vlan = 0xffff };
	struct rvt_roce_dev *dev;
	enum rvt_roce_drop why;

	if (!rnet) {
		kfree_skb(skb);
		return 0;
	}

	why = receive(rnet, &pkt);
	if (likely(!why)) {
		consume_skb(skb);
		return 0;
	}

	dev = blame(rnet, &pkt);
	if (dev)
		rvt_roce_count_drop(dev, why);
	trace_rvt_roce_rx_drop(dev, &pkt, why);
	kfree_skb(skb);
	return 0;
}
