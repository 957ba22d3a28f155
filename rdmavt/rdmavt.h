/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every file of the library shares.
 *
 * Each noun (ah, cq, mcast, mmap, mr, ...) has a file of its own and a small
 * header with its prototypes; this one stays tiny on purpose.
 *
 * Export checksums
 * ----------------
 * The library replaces the distribution's rdmavt.ko below drivers built
 * against that one, so the MODVERSIONS checksum of each export must be the
 * same.  A checksum is computed over the types that are complete at the
 * EXPORT_SYMBOL() line, hence depends on the headers included above it.  Each
 * exporting file therefore belongs to one of these groups and says so next to
 * its includes (tests/build/symvers compares the result):
 *
 *	plain		<rdma/rdmavt_qp.h>, none of the headers below
 *	pci		+ <linux/pci.h>
 *	pci, trace	+ <linux/tracepoint.h> (any trace_*.h)
 *	full		+ <rdma/uverbs_ioctl.h>
 *
 * <rdma/ib_addr.h>, <rdma/ib_marshall.h> and <linux/ftrace.h> spoil every
 * group.  This header and the small ones of the nouns belong to "plain".
 */
#ifndef RVT_RDMAVT_H
#define RVT_RDMAVT_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>
#include <rdma/rdmavt_cq.h>
#include <rdma/rdmavt_mr.h>

/*
 * Messages go out under the name of the RDMA device and of its parent, if it
 * has one: ibdev_err(&rdi->ibdev, ...) and its relatives.
 */

/* The reply to create and resize commands: where to map the ring. */
#define RVT_OFFSET_REPLY_SIZE	sizeof(__u64)

#endif /* RVT_RDMAVT_H */
