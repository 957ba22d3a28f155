// SPDX-License-Identifier: GPL-2.0
/*
 * RDMA Reads and Writes, through the kernel's rdma_rw, which knows what a device
 * needs for them. One context for each segment of the client's that is touched;
 * all that belong together are posted as one chain.
 *
 * No locks: they belong to the Receive or the Send that they are for.
 */

#include <linux/slab.h>
#include "frags.h"
#include "svcrdma.h"

/* One segment, or a part of it. */
struct rw {
	struct list_head list;
	struct rdma_rw_ctx ctx;
	unsigned int nents;
	struct scatterlist sg[];
};

/**
 * svcrdma_rws_init - begin without any
 * @rws: Reads or Writes
 */
void svcrdma_rws_init(struct svcrdma_rws *rws)
{
	INIT_LIST_HEAD(&rws->rws);
	rws->wrs = 0;
}

/**
 * svcrdma_rws_add - read or write a range of a message
 * @sx: the connection
 * @rws: where to add it
 * @buf: the message
 * @pos: where the range begins
 * @len: its bytes, not 0
 * @rkey: memory of the client
 * @offset: where in that
 * @dir: %DMA_FROM_DEVICE reads, %DMA_TO_DEVICE writes
 *
 * Context: process context.
 * Return: 0; -ENOMEM; -EINVAL if the message has no such range; what the device
 *	says.
 */
int svcrdma_rws_add(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
		    const struct xdr_buf *buf, u32 pos, u32 len, u32 rkey,
		    u64 offset, enum dma_data_direction dir)
{
	/* The three parts of a message may begin and end anywhere. */
	unsigned int max_nents = len / PAGE_SIZE + 6;
	struct rw *rw;
	int ret;

	rw = kmalloc(struct_size(rw, sg, max_nents), GFP_KERNEL);
	if (!rw)
		return -ENOMEM;
	ret = -EINVAL;
	if (rpcrdma_xdr_to_sg(buf, pos, len, rw->sg, max_nents, true,
			      &rw->nents) != len)
		goto free_rw;
	ret = rdma_rw_ctx_init(&rw->ctx, sx->sx_id->qp, sx->sx_port, rw->sg,
			       rw->nents, 0, offset, rkey, dir);
	if (ret < 0)
		goto free_rw;

	list_add_tail(&rw->list, &rws->rws);
	rws->wrs += ret;
	return 0;

free_rw:
	kfree(rw);
	return ret;
}

/**
 * svcrdma_rws_chain - make work requests
 * @sx: the connection
 * @rws: Reads or Writes
 * @cqe: what is to be done after the last of them; %NULL if @next says
 * @next: what follows them; or %NULL
 *
 * Context: process context.
 * Return: the first of them, or @next if there are none.
 */
struct ib_send_wr *svcrdma_rws_chain(struct svcrdma_xprt *sx,
				     struct svcrdma_rws *rws,
				     struct ib_cqe *cqe,
				     struct ib_send_wr *next)
{
	struct rw *rw;

	list_for_each_entry_reverse(rw, &rws->rws, list) {
		next = rdma_rw_ctx_wrs(&rw->ctx, sx->sx_id->qp, sx->sx_port,
				       cqe, next);
		cqe = NULL;
	}
	return next;
}

/**
 * svcrdma_rws_free - they are done, or were not posted
 * @sx: the connection, which still has its queue pair
 * @rws: Reads or Writes; none, after this
 * @dir: as for svcrdma_rws_add()
 *
 * Context: process context.
 */
void svcrdma_rws_free(struct svcrdma_xprt *sx, struct svcrdma_rws *rws,
		      enum dma_data_direction dir)
{
	struct rw *rw, *next;

	list_for_each_entry_safe(rw, next, &rws->rws, list) {
		rdma_rw_ctx_destroy(&rw->ctx, sx->sx_id->qp, sx->sx_port,
				    rw->sg, rw->nents, dir);
		kfree(rw);
	}
	svcrdma_rws_init(rws);
}
