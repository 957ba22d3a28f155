// SPDX-License-Identifier: GPL-2.0
/*
 * 9P over RDMA: a transport of the kernel's 9P client.
 *
 * A 9P message is one SEND, in either direction. There are no RDMA reads or
 * writes of data, no memory keys and no header of our own: what the file
 * system wrote into a request's buffer goes out as it is, and the server's
 * SEND lands in a buffer that the file system reads.
 *
 * Where things are:
 *
 *	options.c	what the mount command asks for
 *	address.c	the server's address
 *	connect.c	events of the connection manager, setting up
 *	request.c	the way of a request, and of one that is given up
 *	recv.c		receive buffers and the replies in them
 *	send.c		messages on their way out
 *	pending.c	requests whose reply is awaited
 *	keepalive.c	is a silent server still there?
 *	teardown.c	failing and taking apart
 *
 * Life of an instance. rdma_create_trans() runs in the task that mounts. It
 * connects, and on success hands the RDMA objects over to the teardown work
 * (teardown.c). From then on anything that goes wrong, on either side of the
 * wire, in softirq or in a handler of the connection manager, calls
 * p9_rdma_fail(): the connection is marked broken, every waiter gets -EIO, and
 * the work item destroys the RDMA objects at once, so that a device can go
 * away below a mounted file system. There is no way back: 9P has no session to
 * resume. The instance itself lives until the file system closes it.
 *
 * Locking. &p9_trans_rdma.req_lock guards the state and the lists. Posting to
 * the queue pair happens inside an RCU read side that has seen
 * %P9_RDMA_CONNECTED, and the teardown waits for a grace period after changing
 * the state: whoever has waited knows that nothing more is posted. Two
 * semaphores count what may be posted, and are taken before anything else; a
 * waiter that is woken after a failure passes its credit on.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "p9_rdma.h"

struct workqueue_struct *p9_rdma_wq;

/*
 * alloc_rdma - a new transport instance
 * @client: whom it is for
 * @opts: checked mount options
 *
 * Return: the instance, or %NULL if there is no memory.
 */
static struct p9_trans_rdma *alloc_rdma(struct p9_client *client,
					const struct p9_rdma_opts *opts)
{
	struct p9_trans_rdma *rdma;

	rdma = kzalloc(sizeof(*rdma), GFP_KERNEL);
	if (!rdma)
		return NULL;

	rdma->client = client;
	rdma->port = opts->port;
	rdma->privport = opts->privport;
	rdma->sq_depth = opts->sq_depth;
	rdma->rq_depth = opts->rq_depth;
	rdma->timeout = opts->timeout;
	spin_lock_init(&rdma->req_lock);
	init_completion(&rdma->cm_done);
	INIT_LIST_HEAD(&rdma->free_recvs);
	INIT_LIST_HEAD(&rdma->free_sends);
	INIT_LIST_HEAD(&rdma->free_pending);
	p9_rdma_teardown_init(rdma);
	p9_rdma_keepalive_init(rdma);
	return rdma;
}

/* Destroy @rdma; nobody else knows of it any more, or may start to use it. */
static void free_rdma(struct p9_trans_rdma *rdma)
{
	p9_rdma_shut_down(rdma);
	p9_rdma_pending_free(rdma);
	p9_rdma_send_free(rdma);
	p9_rdma_recv_free(rdma);
	kfree(rdma);
}

/*
 * rdma_create_trans - connect to a server
 * @client: whom it is for
 *
 * The other arguments, the server and the mount options, depend on the kernel.
 *
 * Context: the mounting task. Sleeps, interruptibly.
 * Return: 0; -EINVAL for an option or address that cannot be; -ENOMEM; -EINTR;
 *	-ENOTCONN if the server cannot be reached. The kernel log says why.
 */
static int rdma_create_trans(struct p9_client *client, COMPAT_P9_CREATE_ARGS)
{
	struct net *net = current->nsproxy->net_ns;
	struct p9_trans_rdma *rdma;
	struct p9_rdma_opts opts;
	int err;

	client->trans = NULL;
	err = compat_p9_rdma_opts(&opts);
	if (err)
		return err;
	err = p9_rdma_options_check(&opts);
	if (err)
		return err;

	rdma = alloc_rdma(client, &opts);
	if (!rdma)
		return -ENOMEM;

	err = p9_rdma_parse_address(net, compat_p9_source(), rdma->port,
				    &rdma->addr);
	if (err)
		goto free_rdma;
	err = p9_rdma_connect(rdma, net);
	if (err)
		goto free_rdma;

	client->trans = rdma;
	return 0;

free_rdma:
	free_rdma(rdma);
	return err;
}

/*
 * rdma_close - the file system is done with a connection
 *
 * When this returns, no buffer and no reference of @client's requests is held
 * here, and nothing of ours will run for it.
 */
static void rdma_close(struct p9_client *client)
{
	struct p9_trans_rdma *rdma;

	if (!client || !client->trans)
		return;

	rdma = client->trans;
	free_rdma(rdma);
	client->trans = NULL;
}

static struct p9_trans_module p9_rdma_trans = {
	.name = "rdma",
	.maxsize = P9_RDMA_MAXSIZE,
	/* Any reply may land in any posted buffer, so all have the same size. */
	.pooled_rbuffers = true,
	.owner = THIS_MODULE,
	.create = rdma_create_trans,
	.close = rdma_close,
	.request = p9_rdma_request,
	.cancel = p9_rdma_cancel,
	.cancelled = p9_rdma_cancelled,
	.show_options = p9_rdma_show_options,
};

static int __init p9_trans_rdma_init(void)
{
	/* Reclaim may wait for a server that only a probe finds to be gone. */
	p9_rdma_wq = alloc_workqueue("9pnet_rdma", WQ_UNBOUND | WQ_MEM_RECLAIM,
				     0);
	if (!p9_rdma_wq)
		return -ENOMEM;

	v9fs_register_trans(&p9_rdma_trans);
	return 0;
}

static void __exit p9_trans_rdma_exit(void)
{
	v9fs_unregister_trans(&p9_rdma_trans);
	destroy_workqueue(p9_rdma_wq);
}

module_init(p9_trans_rdma_init);
module_exit(p9_trans_rdma_exit);
MODULE_ALIAS_9P("rdma");
MODULE_AUTHOR("The RDMA anywhere authors");
MODULE_DESCRIPTION("9P over RDMA transport");
MODULE_LICENSE("GPL");
