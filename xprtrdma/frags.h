/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages as pieces of pages, for both sides.
 */
#ifndef RDMA_ANYWHERE_RPCRDMA_FRAGS_H
#define RDMA_ANYWHERE_RPCRDMA_FRAGS_H

#include <linux/scatterlist.h>
#include <linux/sunrpc/xdr.h>

unsigned int rpcrdma_xdr_size(const struct xdr_buf *buf);
unsigned int rpcrdma_xdr_piece(const struct xdr_buf *buf, unsigned int pos,
			       struct page **page, unsigned int *offset);
unsigned int rpcrdma_xdr_to_sg(const struct xdr_buf *buf, unsigned int pos,
			       unsigned int len, struct scatterlist *sg,
			       unsigned int max_nents, bool gaps,
			       unsigned int *nents);

#endif /* RDMA_ANYWHERE_RPCRDMA_FRAGS_H */
