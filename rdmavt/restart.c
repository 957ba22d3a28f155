// SPDX-License-Identifier: GPL-2.0
/*
 * Going back in a request: a retry sends it again from some packet on.
 */
#include "rdmavt.h"		/* export checksums: plain, see there */

/**
 * rvt_restart_sge - point a scatter list at a byte of a request
 * @ss: the list
 * @wqe: the request; its elements keep their references
 * @len: how many bytes of it to skip, at most its length
 *
 * Context: Under the lock that guards @ss.
 * Return: how many bytes are left.
 */
u32 rvt_restart_sge(struct rvt_sge_state *ss, struct rvt_swqe *wqe, u32 len)
{
	ss->num_sge = wqe->wr.num_sge;
	ss->total_len = wqe->length;
	if (ss->num_sge)
		ss->sge = wqe->sg_list[0];
	ss->sg_list = wqe->sg_list + 1;

	rvt_skip_sge(ss, len, false);
	return wqe->length - len;
}
EXPORT_SYMBOL(rvt_restart_sge);
