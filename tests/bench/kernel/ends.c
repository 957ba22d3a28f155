// SPDX-License-Identifier: GPL-2.0
/* The two ends: devices, memory, queue pairs, and the connection between them. */
#include <linux/inet.h>
#include <linux/slab.h>
#include <rdma/ib_cache.h>
#include "bench.h"

#define PORT	1
#define QKEY	0x1ee7

static int find_address(struct bench_end *end, const char *address)
{
	union ib_gid gid = {};

	gid.raw[10] = 0xff;
	gid.raw[11] = 0xff;
	if (!in4_pton(address, -1, &gid.raw[12], '\0', NULL))
		return -EINVAL;
	end->gid_attr = rdma_find_gid_by_port(end->dev, &gid,
					      IB_GID_TYPE_ROCE_UDP_ENCAP, PORT,
					      NULL);
	if (IS_ERR(end->gid_attr)) {
		end->gid_attr = NULL;
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int make_buffer(struct bench *bench, struct bench_end *end)
{
	size_t len;

	end->slots = bench->depth;
	end->slot_size = bench->size + (bench_is_ud(bench) ? BENCH_GRH : 0);
	len = (size_t)end->slots * end->slot_size;
	end->buf = kmalloc(len, GFP_KERNEL);
	if (!end->buf)
		return -ENOMEM;
	end->addr = ib_dma_map_single(end->dev, end->buf, len,
				      DMA_BIDIRECTIONAL);
	return ib_dma_mapping_error(end->dev, end->addr) ? -EIO : 0;
}

static int make_qp(struct bench *bench, struct bench_end *end)
{
	struct ib_qp_init_attr init = {
		.send_cq = end->cq,
		.recv_cq = end->cq,
		.cap = {
			.max_send_wr = 2 * bench->depth + 2,
			.max_recv_wr = bench->depth + 2,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.qp_type = bench_is_ud(bench) ? IB_QPT_UD : IB_QPT_RC,
		.sq_sig_type = IB_SIGNAL_REQ_WR,
	};

	end->qp = ib_create_qp(end->pd, &init);
	if (IS_ERR(end->qp)) {
		int err = PTR_ERR(end->qp);

		end->qp = NULL;
		return err;
	}
	return 0;
}

static int open_end(struct bench *bench, struct bench_end *end,
		    const char *device, const char *address)
{
	int err;

	end->dev = ib_device_get_by_name(device, RDMA_DRIVER_UNKNOWN);
	if (!end->dev)
		return -ENODEV;
	err = find_address(end, address);
	if (err)
		return err;
	end->pd = ib_alloc_pd(end->dev, IB_PD_UNSAFE_GLOBAL_RKEY);
	if (IS_ERR(end->pd)) {
		err = PTR_ERR(end->pd);
		end->pd = NULL;
		return err;
	}
	end->cq = ib_alloc_cq(end->dev, bench, 4 * bench->depth + 8, 0,
			      IB_POLL_SOFTIRQ);
	if (IS_ERR(end->cq)) {
		err = PTR_ERR(end->cq);
		end->cq = NULL;
		return err;
	}
	err = make_buffer(bench, end);
	return err ?: make_qp(bench, end);
}

static void close_end(struct bench_end *end)
{
	if (end->qp) {
		/* The core drains connections only. */
		if (end->qp->qp_type == IB_QPT_RC)
			ib_drain_qp(end->qp);
		ib_destroy_qp(end->qp);
	}
	if (end->ah)
		rdma_destroy_ah(end->ah, RDMA_DESTROY_AH_SLEEPABLE);
	if (end->cq)
		ib_free_cq(end->cq);
	if (end->addr)
		ib_dma_unmap_single(end->dev, end->addr,
				    (size_t)end->slots * end->slot_size,
				    DMA_BIDIRECTIONAL);
	kfree(end->buf);
	if (end->pd)
		ib_dealloc_pd(end->pd);
	if (end->gid_attr)
		rdma_put_gid_attr(end->gid_attr);
	if (end->dev)
		ib_device_put(end->dev);
}

/* The core resolves MAC addresses for processes only. */
static int way_to(const struct bench_end *from, const struct bench_end *to,
		  struct rdma_ah_attr *attr)
{
	union ib_gid gid = to->gid_attr->gid;

	memset(attr, 0, sizeof(*attr));
	attr->type = RDMA_AH_ATTR_TYPE_ROCE;
	rdma_ah_set_port_num(attr, PORT);
	rdma_ah_set_grh(attr, &gid, 0, from->gid_attr->index, 64, 0);
	return rdma_read_gid_l2_fields(to->gid_attr, NULL, attr->roce.dmac);
}

static int to_init(struct bench *bench, struct bench_end *end)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_INIT,
		.port_num = PORT,
		.qkey = QKEY,
		.qp_access_flags = IB_ACCESS_REMOTE_WRITE |
				   IB_ACCESS_REMOTE_READ,
	};

	return ib_modify_qp(end->qp, &attr, IB_QP_STATE | IB_QP_PKEY_INDEX |
			    IB_QP_PORT | (bench_is_ud(bench) ? IB_QP_QKEY :
					  IB_QP_ACCESS_FLAGS));
}

static int to_rtr(struct bench *bench, struct bench_end *end,
		  const struct bench_end *peer)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTR,
		.path_mtu = IB_MTU_4096,
		.dest_qp_num = peer->qp->qp_num,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 1,
	};
	int mask = IB_QP_STATE, err;

	if (!bench_is_ud(bench)) {
		err = way_to(end, peer, &attr.ah_attr);
		if (err)
			return err;
		mask |= IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN |
			IB_QP_RQ_PSN | IB_QP_MAX_DEST_RD_ATOMIC |
			IB_QP_MIN_RNR_TIMER;
	}
	return ib_modify_qp(end->qp, &attr, mask);
}

static int to_rts(struct bench *bench, struct bench_end *end)
{
	struct ib_qp_attr attr = {
		.qp_state = IB_QPS_RTS,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 1,
	};
	int mask = IB_QP_STATE | IB_QP_SQ_PSN;

	if (!bench_is_ud(bench))
		mask |= IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY |
			IB_QP_MAX_QP_RD_ATOMIC;
	return ib_modify_qp(end->qp, &attr, mask);
}

static int connect(struct bench *bench, struct bench_end *end,
		   const struct bench_end *peer)
{
	struct rdma_ah_attr attr;
	int err;

	err = to_init(bench, end);
	if (!err)
		err = to_rtr(bench, end, peer);
	if (!err)
		err = to_rts(bench, end);
	if (err || !bench_is_ud(bench))
		return err;

	err = way_to(end, peer, &attr);
	if (err)
		return err;
	end->ah = rdma_create_ah(end->pd, &attr, RDMA_CREATE_AH_SLEEPABLE);
	if (IS_ERR(end->ah)) {
		err = PTR_ERR(end->ah);
		end->ah = NULL;
	}
	return err;
}

/**
 * bench_open() - make two connected ends
 * @bench: zeroed, but for what is to be measured
 * @device: name of the first end's device
 * @address: its IPv4 address
 * @peer_device: of the other end
 * @peer_address: of the other end
 *
 * Context: may sleep.
 * Return: 0, or what went wrong; bench_close() is due in any case.
 */
int bench_open(struct bench *bench, const char *device, const char *address,
	       const char *peer_device, const char *peer_address)
{
	int err;

	spin_lock_init(&bench->lock);
	spin_lock_init(&bench->list_lock);
	init_completion(&bench->idle);
	err = open_end(bench, &bench->a, device, address);
	if (!err)
		err = open_end(bench, &bench->b, peer_device, peer_address);
	if (!err)
		err = connect(bench, &bench->a, &bench->b);
	if (!err)
		err = connect(bench, &bench->b, &bench->a);
	return err;
}

/**
 * bench_close() - undo bench_open(), as far as it got
 * @bench: stopped
 *
 * Context: may sleep.
 */
void bench_close(struct bench *bench)
{
	close_end(&bench->a);
	close_end(&bench->b);
}
