// SPDX-License-Identifier: GPL-2.0
/*
 * I/O contexts: buffers that the device sends from or receives into, mapped for
 * as long as they exist, and the state of the command that goes with one.
 *
 * Response buffers are small and come from kmalloc(). Receive buffers come from
 * a cache of their own, with room to place an IU so that the immediate data in
 * it is aligned as block devices want it.
 */

#include <linux/slab.h>
#include "srpt.h"
#include "trace.h"

struct kmem_cache *srpt_req_buf_cache;

/**
 * srpt_req_buf_size - bytes of a receive buffer
 *
 * Context: any.
 * Return: that number.
 */
int srpt_req_buf_size(void)
{
	return ALIGN(SRPT_IMM_ALIGN + srp_max_req_size, SRPT_IMM_ALIGN);
}

static void *alloc_buf(int size, enum dma_data_direction dir)
{
	if (dir == DMA_FROM_DEVICE)
		return kmem_cache_alloc(srpt_req_buf_cache, GFP_KERNEL);
	return kzalloc(size, GFP_KERNEL);
}

static void free_buf(void *buf, enum dma_data_direction dir)
{
	if (dir == DMA_FROM_DEVICE)
		kmem_cache_free(srpt_req_buf_cache, buf);
	else
		kfree(buf);
}

/**
 * srpt_alloc_ioctx - a context and its buffer
 * @sdev: whose device will use it
 * @ioctx_size: bytes of the context, which starts with a &struct srpt_ioctx
 * @dma_size: bytes of the buffer; srpt_req_buf_size() for one to receive into
 * @dir: %DMA_TO_DEVICE or %DMA_FROM_DEVICE
 *
 * Context: sleeps.
 * Return: the context, otherwise zero; or %NULL.
 */
struct srpt_ioctx *srpt_alloc_ioctx(struct srpt_device *sdev, int ioctx_size,
				    int dma_size, enum dma_data_direction dir)
{
	struct srpt_ioctx *ioctx;

	ioctx = kzalloc(ioctx_size, GFP_KERNEL);
	if (!ioctx)
		return NULL;

	ioctx->buf = alloc_buf(dma_size, dir);
	if (!ioctx->buf)
		goto free_ioctx;

	ioctx->dma = ib_dma_map_single(sdev->device, ioctx->buf, dma_size, dir);
	if (ib_dma_mapping_error(sdev->device, ioctx->dma))
		goto free_buf;
	return ioctx;

free_buf:
	free_buf(ioctx->buf, dir);
free_ioctx:
	kfree(ioctx);
	return NULL;
}

/**
 * srpt_free_ioctx - undo srpt_alloc_ioctx()
 * @sdev: as there
 * @ioctx: the context, which nobody uses any more; or %NULL
 * @dma_size: as there
 * @dir: as there
 *
 * Context: process context.
 */
void srpt_free_ioctx(struct srpt_device *sdev, struct srpt_ioctx *ioctx,
		     int dma_size, enum dma_data_direction dir)
{
	if (!ioctx)
		return;

	ib_dma_unmap_single(sdev->device, ioctx->dma, dma_size, dir);
	free_buf(ioctx->buf, dir);
	kfree(ioctx);
}

/**
 * srpt_alloc_ioctx_ring - several contexts
 * @sdev: whose device will use them
 * @ring_size: how many
 * @ioctx_size: see srpt_alloc_ioctx()
 * @dma_size: likewise
 * @dir: likewise
 *
 * Context: sleeps.
 * Return: an array of them, each with its index; or %NULL.
 */
struct srpt_ioctx **srpt_alloc_ioctx_ring(struct srpt_device *sdev,
					  int ring_size, int ioctx_size,
					  int dma_size,
					  enum dma_data_direction dir)
{
	struct srpt_ioctx **ring;
	int i;

	ring = kvcalloc(ring_size, sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return NULL;

	for (i = 0; i < ring_size; i++) {
		ring[i] = srpt_alloc_ioctx(sdev, ioctx_size, dma_size, dir);
		if (!ring[i])
			goto free_ring;
		ring[i]->index = i;
	}
	return ring;

free_ring:
	srpt_free_ioctx_ring(ring, sdev, i, dma_size, dir);
	return NULL;
}

/**
 * srpt_free_ioctx_ring - undo srpt_alloc_ioctx_ring()
 * @ioctx_ring: what that returned; no work request uses any of it
 * @sdev: as there
 * @ring_size: as there
 * @dma_size: as there
 * @dir: as there
 *
 * Context: process context.
 */
void srpt_free_ioctx_ring(struct srpt_ioctx **ioctx_ring,
			  struct srpt_device *sdev, int ring_size, int dma_size,
			  enum dma_data_direction dir)
{
	int i;

	if (!ioctx_ring)
		return;

	for (i = 0; i < ring_size; i++)
		srpt_free_ioctx(sdev, ioctx_ring[i], dma_size, dir);
	kvfree(ioctx_ring);
}

/**
 * srpt_alloc_recv_ring - receive buffers
 * @sdev: whose device will use them
 * @nr: how many
 * @imm_data_offset: where immediate data starts in an IU, or 0
 *
 * Context: sleeps.
 * Return: the buffers, or %NULL.
 */
struct srpt_recv_ioctx **srpt_alloc_recv_ring(struct srpt_device *sdev, u32 nr,
					      u32 imm_data_offset)
{
	struct srpt_ioctx **ring;
	u32 i;

	BUILD_BUG_ON(offsetof(struct srpt_recv_ioctx, ioctx));

	ring = srpt_alloc_ioctx_ring(sdev, nr, sizeof(struct srpt_recv_ioctx),
				     srpt_req_buf_size(), DMA_FROM_DEVICE);
	if (!ring)
		return NULL;
	for (i = 0; i < nr; i++)
		ring[i]->offset = ALIGN(imm_data_offset, SRPT_IMM_ALIGN) - imm_data_offset;
	return (struct srpt_recv_ioctx **)ring;
}

/**
 * srpt_free_recv_ring - undo srpt_alloc_recv_ring()
 * @sdev: as there
 * @ring: what that returned; or %NULL
 * @nr: as there
 *
 * Context: process context.
 */
void srpt_free_recv_ring(struct srpt_device *sdev,
			 struct srpt_recv_ioctx **ring, u32 nr)
{
	srpt_free_ioctx_ring((struct srpt_ioctx **)ring, sdev, nr,
			     srpt_req_buf_size(), DMA_FROM_DEVICE);
}

/**
 * srpt_start_cmd - a command has arrived
 * @ioctx: the command, new
 * @tag: what its initiator calls it
 *
 * Context: any.
 */
void srpt_start_cmd(struct srpt_send_ioctx *ioctx, u64 tag)
{
	ioctx->cmd.tag = tag;
	trace_srpt_cmd_state(ioctx, SRPT_STATE_DONE, SRPT_STATE_NEW);
}

/**
 * srpt_get_cmd_state - how far a command has come
 * @ioctx: the command
 *
 * Context: any.
 * Return: its state.
 */
enum srpt_command_state srpt_get_cmd_state(struct srpt_send_ioctx *ioctx)
{
	return atomic_read(&ioctx->state);
}

/**
 * srpt_set_cmd_state - move a command on
 * @ioctx: the command
 * @new: the state to be in, unless the command is over
 *
 * Context: any.
 * Return: the state that it was in.
 */
enum srpt_command_state srpt_set_cmd_state(struct srpt_send_ioctx *ioctx,
					   enum srpt_command_state new)
{
	int was = atomic_read(&ioctx->state);

	while (was != SRPT_STATE_DONE && !atomic_try_cmpxchg(&ioctx->state, &was, new))
		;
	if (was != SRPT_STATE_DONE)
		trace_srpt_cmd_state(ioctx, was, new);
	return was;
}

/**
 * srpt_test_and_set_cmd_state - move a command on, if nobody else has
 * @ioctx: the command
 * @old: the state that it should be in
 * @new: the state that it will be in then
 *
 * Context: any.
 * Return: whether it was in @old.
 */
bool srpt_test_and_set_cmd_state(struct srpt_send_ioctx *ioctx,
				 enum srpt_command_state old,
				 enum srpt_command_state new)
{
	WARN_ON_ONCE(old == SRPT_STATE_DONE || new == SRPT_STATE_NEW);
	if (atomic_cmpxchg(&ioctx->state, old, new) != old)
		return false;
	trace_srpt_cmd_state(ioctx, old, new);
	return true;
}
