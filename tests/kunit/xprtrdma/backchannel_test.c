// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of the server: they are given to the service for them as long as it is
 * there, and no longer.
 */
#include "../../../xprtrdma/xprt_rdma.h"
#include "compat/kunit.h"
#include "images.h"
#include "suites.h"

#ifdef CONFIG_SUNRPC_BACKCHANNEL
/* Another suite has its own of this. */
#define rpcrdma_bc_receive_call	bc_receive_call
bool bc_receive_call(struct rpcrdma_xprt *r_xprt, struct rpcrdma_rep *rep);

#include "compat/sunrpc.h"

static struct rpc_rqst *queued;
static unsigned int nr_queued;

#define compat_enqueue_bc_request(serv, rqst)	(nr_queued++, queued = (rqst))

/* It has one of its own. */
#undef pr_fmt
#include "../../../xprtrdma/backchannel.c"

/* What backchannel.c uses, but not here. */
unsigned int rpcrdma_max_inline_read;
unsigned int rpcrdma_max_inline_write;

int rpcrdma_prepare_send(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
			 struct rpcrdma_sendctx *sc, unsigned int head,
			 const struct kvec *tail)
{
	return -EIO;
}

int rpcrdma_send(struct rpcrdma_xprt *r_xprt, struct rpcrdma_req *req,
		 struct rpcrdma_sendctx *sc)
{
	return -EIO;
}

static struct rpcrdma_xprt *make_transport(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = kunit_kzalloc(test, sizeof(*r_xprt), GFP_KERNEL);
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r_xprt);
	kref_init(&xprt->kref);
	spin_lock_init(&xprt->bc_pa_lock);
	INIT_LIST_HEAD(&xprt->bc_pa_list);
	spin_lock_init(&r_xprt->rx_buf.rb_lock);
	INIT_LIST_HEAD(&r_xprt->rx_buf.rb_all_reqs);
	init_rwsem(&r_xprt->rx_ia.ia_lock);
	nr_queued = 0;
	return r_xprt;
}

/* A Call comes in; is it taken for one? */
static bool call(struct kunit *test, struct rpcrdma_xprt *r_xprt)
{
	static const struct image image = { "call", 9, { 1, 1, 1, 0, 0, 0, 0, 1, 0 } };
	__be32 bytes[IMAGE_WORDS];
	struct rpcrdma_regbuf rb = { .rg_data = bytes };
	struct rpcrdma_rep rep = {
		.rr_rxprt = r_xprt, .rr_rdmabuf = &rb, .rr_len = image.nr_words * 4,
	};

	image_bytes(&image, bytes);
	KUNIT_EXPECT_EQ(test, rpcrdma_hdr_decode(bytes, rep.rr_len, &rep.rr_hdr), 0);
	return bc_receive_call(r_xprt, &rep);
}

static void calls(struct kunit *test)
{
	struct rpcrdma_xprt *r_xprt = make_transport(test);
	struct rpc_xprt *xprt = &r_xprt->rx_xprt;
	struct svc_serv *serv = kunit_kzalloc(test, sizeof(*serv), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, serv);
	KUNIT_EXPECT_FALSE(test, call(test, r_xprt));
	rpcrdma_bc_setup(xprt, 1);
	KUNIT_EXPECT_FALSE(test, call(test, r_xprt));
	xprt->bc_serv = serv;
	KUNIT_EXPECT_TRUE(test, call(test, r_xprt));
	KUNIT_ASSERT_EQ(test, nr_queued, 1U);
	KUNIT_EXPECT_EQ(test, atomic_read(&xprt->bc_slot_count), 1);

	rpcrdma_bc_free_rqst(queued);
	rpcrdma_bc_destroy(xprt, 1);
	KUNIT_EXPECT_FALSE(test, call(test, r_xprt));
	/* It is destroyed after somebody had looked. */
	KUNIT_EXPECT_FALSE(test, enqueue(r_xprt, serv, rpcr_to_rdmar(queued)));
	KUNIT_EXPECT_EQ(test, nr_queued, 1U);
	KUNIT_EXPECT_EQ(test, kref_read(&xprt->kref), 1U);

	/* The next mount has a service again. */
	rpcrdma_bc_setup(xprt, 1);
	KUNIT_EXPECT_TRUE(test, enqueue(r_xprt, serv, rpcr_to_rdmar(queued)));
	KUNIT_EXPECT_EQ(test, nr_queued, 2U);
	/* The suite that has rpcrdma_req_put() only counts. */
	rpcrdma_req_destroy(rpcr_to_rdmar(queued));
}
#endif

static struct kunit_case cases[] = {
#ifdef CONFIG_SUNRPC_BACKCHANNEL
	KUNIT_CASE(calls),
#endif
	{}
};

struct kunit_suite rpcrdma_backchannel_suite = {
	.name = "rpcrdma-backchannel",
	.test_cases = cases,
};
