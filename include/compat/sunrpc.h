/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transport interface of sunrpc, where it has changed.
 */
#ifndef RDMA_ANYWHERE_COMPAT_SUNRPC_H
#define RDMA_ANYWHERE_COMPAT_SUNRPC_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/sunrpc/svc.h>
#include <linux/sunrpc/svc_xprt.h>
#include <linux/sunrpc/xprt.h>
#include <linux/wait.h>

/*
 * Whether a Call comes from a privileged port is for xpo_recvfrom to say. Until
 * 6.4 the core asked once more, behind it, and then also for Calls that had been
 * deferred. Whoever may use RDMA has privileges.
 */
#ifdef COMPAT_HAVE_XPO_SECURE_PORT
static inline void compat_secure_port(struct svc_rqst *rqstp)
{
	set_bit(RQ_SECURE, &rqstp->rq_flags);
}

#define COMPAT_XPO_SECURE_PORT	.xpo_secure_port = compat_secure_port,
#else
#define COMPAT_XPO_SECURE_PORT
#endif

/**
 * compat_enqueue_bc_request - give a Call of the server to a thread
 * @serv: the service for Calls of the server
 * @rqst: the Call
 *
 * The queue has no lock from 6.7 on, and the service no wait queue of its own.
 *
 * Context: Receive completion.
 */
static inline void compat_enqueue_bc_request(struct svc_serv *serv, struct rpc_rqst *rqst)
{
#ifdef COMPAT_HAVE_BC_LWQ
	lwq_enqueue(&rqst->rq_bc_list, &serv->sv_cb_list);
	svc_pool_wake_idle_thread(&serv->sv_pools[0]);
#else
	spin_lock_bh(&serv->sv_cb_lock);
	list_add(&rqst->rq_bc_list, &serv->sv_cb_list);
	spin_unlock_bh(&serv->sv_cb_lock);
	wake_up(&serv->sv_cb_waitq);
#endif
}

#endif /* RDMA_ANYWHERE_COMPAT_SUNRPC_H */
