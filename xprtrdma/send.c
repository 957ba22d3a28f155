// SPDX-License-Identifier: GPL-2.0
/*
 * Posting a message: the work requests that make its memory regions valid, and
 * then the Send. The queue keeps them in order, so the server does not hear of
 * a region before it is valid.
 *
 * What is sent lies in buffers of the request; data of others that goes inline
 * has been copied there. Hence an RPC may complete while its Send has not, and
 * only the request itself has to wait before it can be used again.
 */

#include "xprt_rdma.h"

/**
 * rpcrdma_wc_send - Invoked by RDMA provider for each polled Send WC
 * @cq: completion queue (ignored)
 * @wc: completed WR
 *
 * Context: the completion queue's work item.
 */
void rpcrdma_wc_send(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rpcrdma_sendctx *sc = container_of(wc->wr_cqe,
						  struct rpcrdma_sendctx, sc_cqe);
	struct rpcrdma_xprt *r_xprt = sc->sc_rxprt;

	if (wc->status != IB_WC_SUCCESS)
		rpcrdma_connection_lost(r_xprt);
	/* A failed Send says so even if it need not have said anything. */
	if (sc->sc_req)
		rpcrdma_sendctx_put_locked(sc);
}

/* Add an element, for bytes of a buffer of the request. */
static bool add_sge(struct rpcrdma_xprt *r_xprt, struct rpcrdma_sendctx *sc,
		    struct rpcrdma_regbuf *rb, const void *p, unsigned int len)
{
	struct ib_sge *sge = &sc->sc_sges[sc->sc_wr.num_sge];

	if (!len)
		return true;
	if (!__rpcrdma_dma_map_regbuf(&r_xprt->rx_ia, rb))
		return false;
	sge->addr = rb->rg_sge.addr + (p - rb->rg_data);
	sge->length = len;
	sge->lkey = rb->rg_sge.lkey;
	ib_dma_sync_single_for_device(rb->rg_device, sge->addr, len,
				      DMA_TO_DEVICE);
	sc->sc_wr.num_sge++;
	return true;
}

/**
 * rpcrdma_prepare_send - say what is to be sent
 * @r_xprt: the transport
 * @req: the request, with a header
 * @sc: a free Send, which gets a reference to the request
 * @head: bytes of the head that follow the header
 * @tail: what follows that; in the request's send buffer, as the head is
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: 0, or -ENOBUFS if a buffer cannot be mapped now; then @sc has no
 *	reference.
 */
int rpcrdma_prepare_send(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			 struct rpcrdma_sendctx *sc, unsigned int head,
			 const struct kvec *tail)
{
	struct rpcrdma_regbuf *hdr = req->rl_hdrbuf;
	struct rpcrdma_regbuf *buf = req->rl_sendbuf;

	sc->sc_wr = (struct ib_send_wr){
		.wr_cqe = &sc->sc_cqe,
		.sg_list = sc->sc_sges,
		.opcode = IB_WR_SEND,
	};
	if (!add_sge(r_xprt, sc, hdr, hdr->rg_data, req->rl_hdrlen) ||
	    !add_sge(r_xprt, sc, buf, req->rl_slot.rq_snd_buf.head[0].iov_base, head) ||
	    !add_sge(r_xprt, sc, buf, tail->iov_base, tail->iov_len))
		return -ENOBUFS;

	kref_get(&req->rl_kref);
	sc->sc_req = req;
	return 0;
}

/*
 * Some Send has to say that it is done before the ring is full. So has one that
 * answers the server: there are few requests for that, however large the ring is.
 */
static void choose_signal(struct rpcrdma_xprt *r_xprt,
			  const struct rpcrdma_req *req, struct ib_send_wr *wr)
{
	struct rpcrdma_buffer *buf = &r_xprt->rx_buf;

	if (++buf->rb_sc_unsignaled * 8 < r_xprt->rx_ia.ia_max_requests &&
	    !test_bit(RPCRDMA_REQ_BACKWARD, &req->rl_flags))
		return;
	buf->rb_sc_unsignaled = 0;
	wr->send_flags = IB_SEND_SIGNALED;
}

/**
 * rpcrdma_send - post a message
 * @r_xprt: the transport
 * @req: the request
 * @sc: how it is sent; from now on the completion's, also after an error
 *
 * Context: process context, owns XPRT_LOCKED.
 * Return: 0, or an error after which the connection has to be closed.
 */
int rpcrdma_send(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
		 struct rpcrdma_sendctx *sc)
{
	struct ib_send_wr *first = NULL, **link = &first;
	struct rpcrdma_mr *mr;

	sc->sc_nr = ++r_xprt->rx_buf.rb_sc_nr;
	list_for_each_entry(mr, &req->rl_registered, mr_list) {
		mr->mr_send = sc->sc_nr;
		*link = &mr->mr_reg.wr;
		link = &mr->mr_reg.wr.next;
	}
	*link = &sc->sc_wr;
	choose_signal(r_xprt, req, &sc->sc_wr);

	req->rl_slot.rq_xtime = ktime_get();
	/* The Reply may be here before the next line of this function. */
	if (!test_bit(RPCRDMA_REQ_BACKWARD, &req->rl_flags))
		set_bit(RPCRDMA_REQ_AWAITED, &req->rl_flags);
	return ib_post_send(r_xprt->rx_ia.ia_id->qp, first, NULL);
}
