// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a received packet apart.
 *
 * Everything here comes from the network and is not authenticated: the ICRC
 * finds transmission errors, it does not tell who sent a packet.  So lengths
 * come from the opcode table, the floor is checked before anything is
 * subtracted, and an opcode that is not in the table ends the matter.
 */

#include "packet.h"

static void parse_bth(struct rvt_roce_pkt *pkt, const struct rvt_roce_bth *bth)
{
	u32 qpn = be32_to_cpu(bth->qpn);
	u32 apsn = be32_to_cpu(bth->apsn);

	pkt->bth = bth;
	pkt->opcode = bth->opcode;
	pkt->se = bth->flags & RVT_ROCE_BTH_SE;
	pkt->pkey = be16_to_cpu(bth->pkey);
	pkt->becn = qpn & RVT_ROCE_BTH_BECN;
	pkt->qpn = qpn & RVT_ROCE_QPN_MASK;
	pkt->ackreq = apsn & RVT_ROCE_BTH_ACKREQ;
	pkt->psn = apsn & RVT_ROCE_PSN_MASK;
}

enum rvt_roce_drop rvt_roce_pkt_parse(struct rvt_roce_pkt *pkt,
				      const void *data, unsigned int len)
{
	const struct rvt_roce_bth *bth = data;
	const struct rvt_roce_opcode *op;
	unsigned int pad, overhead;

	if (len < RVT_ROCE_BTH_BYTES + RVT_ROCE_ICRC_BYTES)
		return RVT_ROCE_DROP_MALFORMED;
	if (bth->flags & RVT_ROCE_BTH_TVER_MASK)
		return RVT_ROCE_DROP_MALFORMED;

	op = &rvt_roce_opcodes[bth->opcode];
	if (!op->hdr_len)
		return RVT_ROCE_DROP_OPCODE;

	pad = (bth->flags & RVT_ROCE_BTH_PAD_MASK) >> RVT_ROCE_BTH_PAD_SHIFT;
	overhead = op->hdr_len + pad + RVT_ROCE_ICRC_BYTES;
	if (len < overhead)
		return RVT_ROCE_DROP_MALFORMED;

	parse_bth(pkt, bth);
	pkt->op = op;
	pkt->ext = data + RVT_ROCE_BTH_BYTES;
	pkt->payload = data + op->hdr_len;
	pkt->len = len - overhead;

	/* Four byte units; nothing but payload is padded; no QP has number 0. */
	if ((pkt->len + pad) & 3 || pkt->qpn == 0)
		return RVT_ROCE_DROP_MALFORMED;
	if (!(op->flags & RVT_ROCE_OP_PAYLOAD) && (pkt->len || pad))
		return RVT_ROCE_DROP_MALFORMED;

	return RVT_ROCE_DROP_NONE;
}
