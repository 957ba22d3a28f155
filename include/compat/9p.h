/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The 9P transport interface of all kernels, seen as one.
 *
 * What differs is where mount options are understood. Older kernels hand the
 * transport the text of the whole mount command; newer ones parse it in fs/9p
 * and hand it a file system context with the result in it. The header that
 * got the default values in that change tells the two apart.
 */
#ifndef RDMA_ANYWHERE_COMPAT_9P_H
#define RDMA_ANYWHERE_COMPAT_9P_H

#include <net/9p/9p.h>
#include <net/9p/client.h>
#include <net/9p/transport.h>

#ifdef P9_RDMA_PORT

#include <linux/fs_context.h>

#define COMPAT_P9_CREATE_ARGS		struct fs_context *fc
#define compat_p9_source()		((const char *)(fc)->source)
#define compat_p9_rdma_opts(opts)					\
	(*(opts) = ((struct v9fs_context *)(fc)->fs_private)->rdma_opts, 0)

#else /* P9_RDMA_PORT */

/* The transport reads the text itself. */
#define COMPAT_P9_OPTIONS_ARE_TEXT

#define P9_RDMA_PORT		5640
#define P9_RDMA_SQ_DEPTH	32
#define P9_RDMA_RQ_DEPTH	32
#define P9_RDMA_TIMEOUT		30000

/**
 * struct p9_rdma_opts - what was asked for in the mount command
 * @port: the server's port
 * @privport: connect from a privileged port
 * @sq_depth: sends that may be under way
 * @rq_depth: receives that may be posted
 * @timeout: milliseconds for each step of connecting
 */
struct p9_rdma_opts {
	short port;
	bool privport;
	int sq_depth;
	int rq_depth;
	long timeout;
};

#define COMPAT_P9_CREATE_ARGS		const char *devname, char *args
#define compat_p9_source()		(devname)
#define compat_p9_rdma_opts(opts)	p9_rdma_options_from_text(args, opts)

#endif /* P9_RDMA_PORT */

#endif /* RDMA_ANYWHERE_COMPAT_9P_H */
