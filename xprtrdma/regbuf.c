// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for messages. It is mapped when a device first needs it and stays so
 * until the connection ends; what a request has outlives that.
 *
 * No locks: a buffer belongs to a request or to a Receive, and is mapped by
 * whoever owns that.
 */

#include <linux/err.h>
#include <linux/slab.h>
#include "xprt_rdma.h"

/**
 * rpcrdma_alloc_regbuf - allocate and DMA-map memory for SEND/RECV buffers
 * @size: size of buffer to be allocated, in bytes
 * @direction: direction of data movement
 * @flags: GFP flags
 *
 * Mapping is left to __rpcrdma_dma_map_regbuf(), because the device may change
 * with every connection.
 *
 * Context: as @flags say.
 * Return: an ERR_PTR, or a regbuf, whose memory can be persistently mapped.
 */
struct rpcrdma_regbuf *
rpcrdma_alloc_regbuf(size_t size, enum dma_data_direction direction, gfp_t flags)
{
	struct rpcrdma_regbuf *rb;

	rb = kzalloc(sizeof(*rb), flags);
	if (!rb)
		return ERR_PTR(-ENOMEM);
	rb->rg_data = kmalloc(size, flags);
	if (!rb->rg_data) {
		kfree(rb);
		return ERR_PTR(-ENOMEM);
	}
	rb->rg_size = size;
	rb->rg_direction = direction;
	return rb;
}

/**
 * rpcrdma_regbuf_grow - make sure that there is a buffer of a certain size
 * @rb: the buffer, or %NULL; what is in it is lost when it grows
 * @size: bytes it must have
 * @direction: direction of data movement
 * @flags: GFP flags
 *
 * Context: as @flags say.
 * Return: false if there is no memory; the old buffer is still there, then.
 */
bool rpcrdma_regbuf_grow(struct rpcrdma_regbuf **rb, size_t size,
			 enum dma_data_direction direction, gfp_t flags)
{
	struct rpcrdma_regbuf *larger;

	if (*rb && (*rb)->rg_size >= size)
		return true;
	larger = rpcrdma_alloc_regbuf(size, direction, flags);
	if (IS_ERR(larger))
		return false;
	rpcrdma_free_regbuf(*rb);
	*rb = larger;
	return true;
}

/**
 * __rpcrdma_dma_map_regbuf - DMA-map a regbuf
 * @ia: controlling rpcrdma_ia, with a device
 * @rb: regbuf to be mapped
 *
 * Context: any.
 * Return: true when it is mapped; false for one that never is, and when the
 *	device cannot.
 */
bool __rpcrdma_dma_map_regbuf(struct rpcrdma_ia *ia, struct rpcrdma_regbuf *rb)
{
	struct ib_device *device = ia->ia_id->device;
	u64 addr;

	if (rb->rg_device)
		return true;
	if (rb->rg_direction == DMA_NONE)
		return false;

	addr = ib_dma_map_single(device, rb->rg_data, rb->rg_size,
				 rb->rg_direction);
	if (ib_dma_mapping_error(device, addr))
		return false;
	rb->rg_sge.addr = addr;
	rb->rg_sge.length = rb->rg_size;
	rb->rg_sge.lkey = ia->ia_pd->local_dma_lkey;
	rb->rg_device = device;
	return true;
}

/**
 * rpcrdma_regbuf_unmap - the device does not need this memory any more
 * @rb: regbuf; may be %NULL or not mapped
 *
 * Context: any.
 */
void rpcrdma_regbuf_unmap(struct rpcrdma_regbuf *rb)
{
	if (!rb || !rb->rg_device)
		return;
	ib_dma_unmap_single(rb->rg_device, rb->rg_sge.addr, rb->rg_sge.length,
			    rb->rg_direction);
	rb->rg_device = NULL;
}

/**
 * rpcrdma_free_regbuf - deregister and free registered buffer
 * @rb: regbuf to be deregistered and freed; may be %NULL
 *
 * Context: any.
 */
void rpcrdma_free_regbuf(struct rpcrdma_regbuf *rb)
{
	if (!rb)
		return;
	rpcrdma_regbuf_unmap(rb);
	kfree(rb->rg_data);
	kfree(rb);
}
