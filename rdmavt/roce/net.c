// SPDX-License-Identifier: GPL-2.0
/*
 * Transmission.
 *
 * A packet gets its headers in three steps.  rvt_roce_alloc_skb() writes those
 * parts of the IP and UDP headers that depend on the path alone; the transport
 * appends its own; seal() fills in what depends on the finished packet: lengths,
 * IPv4 identification, ICRC.  The ICRC covers all of it, so nothing may change
 * afterwards, and the stack is left nothing to change: no fragmentation (DF), no
 * UDP checksum.
 *
 * Super-packets
 * -------------
 * The way through the network stack costs as much as all the rest.  So packets
 * that follow each other on a path go together: the first carries the others on
 * its fragment list (SKB_GSO_FRAGLIST, as made by receivers that aggregate).
 * Each keeps its own buffer and headers; the stack parts them where it must, in
 * front of an interface that does not know such lists, or of the receiving
 * socket of this host, without copying.  It gives them consecutive IPv4
 * identifications, which are therefore what they are sealed with.
 *
 * Where it parts them, it writes all headers in front of the first one's IP
 * header in front of the others' too, and does not ask whether there is room.
 * By then a router on this host may have put them into a tunnel.  Into one at
 * most, because a tunnel takes no super-packets that come out of another.  VXLAN
 * over IPv6 needs 70 bytes, the longest of the GRE family 78, and an Ethernet
 * header with two VLAN tags 22; all packets have room for more than twice as
 * much.  What could need more goes singly, as far as the route shows it.
 *
 * The order
 * ---------
 * The engine runs on any CPU, and now on this one, now on that.  An interface
 * with several queues takes the one of the sending CPU, unless it goes by the
 * flow, and queues overtake each other: to the peer that looks like loss.  So all
 * packets of a queue pair name the same CPU, and all of a connection the same
 * flow, which then need not be dissected.
 *
 * What the stack still holds
 * --------------------------
 * A packet may sit in a neighbour queue, a qdisc or a driver's ring for a long
 * time.  To hold a fast sender back, each packet carries a destructor that
 * counts down its queue pair's struct rvt_roce_inflight.  Of a super-packet that
 * is the first one: the stack runs destructors of the others when it parts them,
 * and again when it frees them.  The destructor runs
 * in any context, so it does no more than wake the sender.  It is also code of
 * this module; a per CPU count tells module exit when the last one has run.
 */

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "device.h"
#include "icrc.h"
#include "net.h"
#include "qp.h"
#include "socket.h"
#include "trace.h"
#include "wire.h"

/* Packets with a destructor: counted up and down on whatever CPU. */
static DEFINE_PER_CPU(long, skbs_out);

struct rvt_roce_inflight *
rvt_roce_inflight_alloc(struct rvt_qp *qp, void (*resume)(struct rvt_qp *qp))
{
	struct rvt_roce_inflight *inflight;

	inflight = kzalloc(sizeof(*inflight), GFP_KERNEL);
	if (!inflight)
		return NULL;
	refcount_set(&inflight->ref, 1);
	spin_lock_init(&inflight->lock);
	inflight->qp = qp;
	inflight->resume = resume;
	return inflight;
}

static void inflight_put(struct rvt_roce_inflight *inflight)
{
	if (refcount_dec_and_test(&inflight->ref))
		kfree(inflight);
}

void rvt_roce_inflight_free(struct rvt_roce_inflight *inflight)
{
	unsigned long flags;

	if (!inflight)
		return;
	spin_lock_irqsave(&inflight->lock, flags);
	inflight->qp = NULL;
	spin_unlock_irqrestore(&inflight->lock, flags);
	inflight_put(inflight);
}

bool rvt_roce_inflight_stall(struct rvt_roce_inflight *inflight)
{
	atomic_set(&inflight->stalled, 1);
	/*
	 * Pairs with the atomic_dec_return() of the destructor: one of the two
	 * sees what the other has written.
	 */
	smp_mb();
	if (atomic_read(&inflight->skbs) > RVT_ROCE_INFLIGHT_LOW)
		return true;
	/* The last packets went meanwhile.  Who clears the mark resumes. */
	return !atomic_xchg(&inflight->stalled, 0);
}

static void resume(struct rvt_roce_inflight *inflight)
{
	unsigned long flags;

	spin_lock_irqsave(&inflight->lock, flags);
	if (inflight->qp)
		inflight->resume(inflight->qp);
	spin_unlock_irqrestore(&inflight->lock, flags);
}

static void skb_done(struct sk_buff *skb)
{
	struct rvt_roce_inflight *inflight = skb_shinfo(skb)->destructor_arg;

	/* Module exit waits for a grace period after the count. */
	rcu_read_lock();
	if (atomic_dec_return(&inflight->skbs) <= RVT_ROCE_INFLIGHT_LOW &&
	    atomic_read(&inflight->stalled) &&
	    atomic_xchg(&inflight->stalled, 0))
		resume(inflight);
	inflight_put(inflight);
	this_cpu_dec(skbs_out);
	rcu_read_unlock();
}

static void track(struct sk_buff *skb, struct rvt_roce_inflight *inflight)
{
	refcount_inc(&inflight->ref);
	atomic_inc(&inflight->skbs);
	this_cpu_inc(skbs_out);
	skb_shinfo(skb)->destructor_arg = inflight;
	skb->destructor = skb_done;
}

void rvt_roce_net_drain(void)
{
	long left;
	int cpu;

	for (;;) {
		left = 0;
		for_each_possible_cpu(cpu)
			left += READ_ONCE(per_cpu(skbs_out, cpu));
		if (!left)
			break;
		msleep(20);
	}
	/* skb_done() may be at its last instructions. */
	synchronize_rcu();
}

unsigned int rvt_roce_fill_ip(const struct rvt_roce_av *av, void *buf)
{
	struct ipv6hdr *v6 = buf;
	struct iphdr *v4 = buf;

	if (av->ipv6) {
		ip6_flow_hdr(v6, av->tclass, htonl(av->flow_label));
		v6->payload_len = 0;
		v6->nexthdr = IPPROTO_UDP;
		v6->hop_limit = av->hop_limit;
		v6->saddr = av->saddr;
		v6->daddr = av->daddr;
		return sizeof(*v6);
	}
	v4->version = 4;
	v4->ihl = sizeof(*v4) / 4;
	v4->tos = av->tclass;
	v4->tot_len = 0;
	v4->id = 0;
	v4->frag_off = htons(IP_DF);
	v4->ttl = av->hop_limit;
	v4->protocol = IPPROTO_UDP;
	v4->check = 0;
	v4->saddr = av->saddr.s6_addr32[3];
	v4->daddr = av->daddr.s6_addr32[3];
	return sizeof(*v4);
}

struct sk_buff *rvt_roce_alloc_skb(struct rvt_roce_dev *dev,
				   const struct rvt_roce_av *av,
				   unsigned int len)
{
	unsigned int ip_len = av->ipv6 ? sizeof(struct ipv6hdr) :
					 sizeof(struct iphdr);
	unsigned int headroom = max_t(unsigned int, RVT_ROCE_TRAIN_HEADROOM,
				      LL_RESERVED_SPACE(dev->ndev)) +
				ip_len + sizeof(struct udphdr);
	struct udphdr *udp;
	struct sk_buff *skb;

	skb = alloc_skb(headroom + len + RVT_ROCE_ICRC_BYTES,
			GFP_ATOMIC | __GFP_NOWARN);
	if (!skb) {
		rvt_roce_count_drop(dev, RVT_ROCE_DROP_NOMEM);
		return NULL;
	}

	skb_reserve(skb, headroom);
	skb_set_transport_header(skb, -(int)sizeof(*udp));
	skb_set_network_header(skb, -(int)(sizeof(*udp) + ip_len));
	rvt_roce_fill_ip(av, skb_network_header(skb));
	udp = udp_hdr(skb);
	udp->source = av->sport;
	udp->dest = htons(RVT_ROCE_PORT);
	udp->len = 0;
	udp->check = 0;

	skb->protocol = htons(av->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->priority = rt_tos2priority(av->tclass);
	return skb;
}

void rvt_roce_put_payload(struct sk_buff *skb, struct rvt_sge_state *ss,
			  u32 len)
{
	void *to = skb_put(skb, len);

	skb_put_zero(skb, rvt_roce_pad(len));
	while (len) {
		u32 n = rvt_get_sge_length(&ss->sge, len);

		if (WARN_ON_ONCE(!n)) {
			memset(to, 0, len);
			return;
		}
		memcpy(to, ss->sge.vaddr, n);
		rvt_update_sge(ss, n, false);
		to += n;
		len -= n;
	}
}

/* Nothing of the packet changes after this, but what the ICRC leaves out. */
static void seal(struct sk_buff *skb, bool ipv6, u16 id)
{
	unsigned int len = skb->len;
	int bth = -skb_network_offset(skb);
	struct iphdr *v4;

	skb_push(skb, bth);
	udp_hdr(skb)->len = htons(sizeof(struct udphdr) + len +
				  RVT_ROCE_ICRC_BYTES);
	if (ipv6) {
		ipv6_hdr(skb)->payload_len = udp_hdr(skb)->len;
	} else {
		v4 = ip_hdr(skb);
		v4->tot_len = htons(skb->len + RVT_ROCE_ICRC_BYTES);
		v4->id = htons(id);
	}
	skb_put_data(skb, &(__le32){ rvt_roce_icrc_skb(skb, ipv6, bth, len) },
		     RVT_ROCE_ICRC_BYTES);
}

static void drop(struct rvt_roce_dev *dev, struct sk_buff *skb,
		 enum rvt_roce_drop why)
{
	rvt_roce_count_drop(dev, why);
	trace_rvt_roce_tx_drop(dev, skb, why);
	kfree_skb(skb);
}

static int local_out(struct net *net, struct sk_buff *skb, bool ipv6)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (ipv6) {
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		return ip6_local_out(net, NULL, skb);
	}
#endif
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return ip_local_out(net, NULL, skb);
}

/* UDP payload of a packet that was sealed. */
static unsigned int udp_payload(const struct sk_buff *skb)
{
	return ntohs(udp_hdr(skb)->len) - sizeof(struct udphdr);
}

/* The last checks and accounts of one packet.  Returns false if it is gone. */
static bool check_out(struct rvt_qp *qp, const struct dst_entry *dst,
		      struct sk_buff *skb)
{
	struct rvt_roce_dev *dev = rvt_roce_qp_dev(qp);

	if (unlikely(skb->len > dst_mtu(dst))) {
		drop(dev, skb, RVT_ROCE_DROP_TX_MTU);
		return false;
	}
	trace_rvt_roce_tx(dev, skb, RVT_ROCE_DROP_NONE);
	rvt_roce_qp_count(qp, RVT_ROCE_CNT_SENT_PKTS);
	rvt_roce_qp_add(qp, RVT_ROCE_CNT_SENT_BYTES, udp_payload(skb));
	return true;
}

/* One more at the end of a super-packet. */
static void couple(struct sk_buff *head, struct sk_buff *last,
		   struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(head);

	if (last == head) {
		shinfo->frag_list = skb;
		shinfo->gso_type = SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST;
		shinfo->gso_size = udp_payload(head);
		shinfo->gso_segs = 1;
		/*
		 * The UDP checksum is 0: there is none, and none to be made,
		 * not even where tunnels have used up theirs.
		 */
		head->ip_summed = CHECKSUM_UNNECESSARY;
		head->csum_level = SKB_MAX_CSUM_LEVEL;
	} else {
		last->next = skb;
	}
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_pull(skb, skb_transport_offset(skb) + sizeof(struct udphdr));
	shinfo->gso_segs++;
	head->len += skb->len;
	head->data_len += skb->len;
	head->truesize += skb->truesize;
}

/* Nothing is known that makes it impossible, or dangerous, to part them. */
static bool takes_trains(const struct dst_entry *dst)
{
	return dst->dev->features & NETIF_F_GSO && !dst_xfrm(dst) &&
	       !dst->lwtstate &&
	       LL_RESERVED_SPACE(dst->dev) <= RVT_ROCE_TRAIN_HEADROOM;
}

/*
 * How many packets at the beginning of a list may go together.  They are of one
 * length, but for the last, which may be shorter: where something on the way has
 * put them in one buffer, the stack parts them by that length.
 */
static unsigned int train_len(const struct sk_buff_head *list,
			      const struct dst_entry *dst)
{
	const struct sk_buff *first = skb_peek(list), *skb;
	unsigned int n = 0, bytes = 0;

	if (!takes_trains(dst))
		return 1;
	skb_queue_walk(list, skb) {
		bytes += skb->len + RVT_ROCE_ICRC_BYTES;
		if (n == RVT_ROCE_TRAIN_PKTS || skb->len > first->len ||
		    bytes > RVT_ROCE_TRAIN_BYTES)
			break;
		n++;
		if (skb->len < first->len)
			break;
	}
	return n;
}

/* Takes @n packets off a list and makes one of them. */
static struct sk_buff *assemble(struct rvt_qp *qp, const struct dst_entry *dst,
				struct sk_buff_head *list, unsigned int n)
{
	bool ipv6 = skb_peek(list)->protocol == htons(ETH_P_IPV6);
	struct sk_buff *head = NULL, *last = NULL, *skb;
	u16 id = 0;

	/* They count up, as those of a connected socket that sets DF. */
	if (!ipv6)
		id = atomic_fetch_add(n, &to_rvt_roce_qp(qp)->ip_id);
	while (n--) {
		skb = __skb_dequeue(list);
		seal(skb, ipv6, id);
		if (!check_out(qp, dst, skb))
			continue;
		id++;
		if (head)
			couple(head, last, skb);
		else
			head = skb;
		last = skb;
	}
	return head;
}

/* See "The order" above. */
static void set_queue(const struct rvt_qp *qp, struct sk_buff *skb)
{
	u32 hash = hash_32(qp->ibqp.qp_num, 32);

#ifdef CONFIG_XPS
	skb->sender_cpu = reciprocal_scale(hash, nr_cpu_ids) + 1;
#endif
	if (qp->ibqp.qp_type == IB_QPT_RC || qp->ibqp.qp_type == IB_QPT_UC)
		skb_set_hash(skb, hash, PKT_HASH_TYPE_L4);
}

static void xmit(struct rvt_qp *qp, struct dst_entry *dst, struct sk_buff *skb)
{
	struct rvt_roce_dev *dev = rvt_roce_qp_dev(qp);
	unsigned int n = 1;
	int err;

	if (skb_is_gso(skb)) {
		n = skb_shinfo(skb)->gso_segs;
		udp_hdr(skb)->len = htons(skb->len -
					  skb_transport_offset(skb));
		rvt_roce_qp_count(qp, RVT_ROCE_CNT_SENT_SUPER);
	}
	set_queue(qp, skb);
	skb_dst_set(skb, dst_clone(dst));
	track(skb, to_rvt_roce_qp(qp)->inflight);
	/* Congestion (NET_XMIT_CN) is not for sure a loss. */
	err = local_out(dev->rnet->net, skb,
			skb->protocol == htons(ETH_P_IPV6));
	if (net_xmit_eval(err))
		rvt_roce_add(dev, RVT_ROCE_CNT_DROPS + RVT_ROCE_DROP_TX_STACK,
			     n);
}

void rvt_roce_xmit(struct rvt_qp *qp, struct rvt_roce_av *av,
		   struct sk_buff_head *list)
{
	struct rvt_roce_dev *dev = rvt_roce_qp_dev(qp);
	struct dst_entry *dst;
	struct sk_buff *skb;

	if (skb_queue_empty(list))
		return;

	dst = rvt_roce_av_get_dst(dev, av);
	if (IS_ERR(dst)) {
		while ((skb = __skb_dequeue(list)))
			drop(dev, skb, RVT_ROCE_DROP_TX_ROUTE);
		return;
	}
	/* What stays on this host is received when all of it was sent. */
	local_bh_disable();
	while (!skb_queue_empty(list)) {
		skb = assemble(qp, dst, list, train_len(list, dst));
		if (skb)
			xmit(qp, dst, skb);
	}
	local_bh_enable();
	dst_release(dst);
}
