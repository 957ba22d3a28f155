// SPDX-License-Identifier: GPL-2.0
/*
 * Control messages of sendmsg(): one walk that checks, before anything is
 * allocated, and one that acts. Each reads what it needs itself; the kernel has
 * its own copy of the control messages, so both see the same.
 */
#include <linux/module.h>
#include <linux/socket.h>
#include "rds.h"

/* Those that start an operation, and those about memory, do not go together. */
enum { STARTS = 1, OFFERS = 2 };

static int kind_of(int type)
{
	switch (type) {
	case RDS_CMSG_RDMA_ARGS:
	case RDS_CMSG_ATOMIC_FADD:
	case RDS_CMSG_ATOMIC_CSWP:
	case RDS_CMSG_MASKED_ATOMIC_FADD:
	case RDS_CMSG_MASKED_ATOMIC_CSWP:
		return STARTS;
	case RDS_CMSG_RDMA_DEST:
	case RDS_CMSG_RDMA_MAP:
	case RDS_CMSG_ZCOPY_COOKIE:
		return OFFERS;
	default:
		return 0;
	}
}

static bool has(const struct cmsghdr *cmsg, size_t len)
{
	return cmsg->cmsg_len >= CMSG_LEN(len);
}

static int check_rdma_args(struct cmsghdr *cmsg, u64 *rdma_bytes)
{
	struct rds_rdma_args *args = CMSG_DATA(cmsg);

	if (!has(cmsg, sizeof(*args)))
		return -EINVAL;
	if (check_add_overflow(*rdma_bytes, args->remote_vec.bytes, rdma_bytes))
		*rdma_bytes = U64_MAX;
	return 0;
}

/**
 * rds_cmsg_check - may these control messages go with a message?
 * @msg: of sendmsg()
 * @rdma_bytes: sum of the remote vectors
 *
 * Return: 0, -EINVAL, or an error of rds_rdma_check_args().
 */
int rds_cmsg_check(struct msghdr *msg, u64 *rdma_bytes)
{
	struct cmsghdr *cmsg;
	bool cookie = false;
	int kinds = 0, kind, err;

	*rdma_bytes = 0;
	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level != SOL_RDS)
			continue;
		kind = kind_of(cmsg->cmsg_type);
		if (!kind)
			return -EINVAL;
		kinds |= kind;
		cookie |= cmsg->cmsg_type == RDS_CMSG_ZCOPY_COOKIE;
		if (cmsg->cmsg_type != RDS_CMSG_RDMA_ARGS)
			continue;
		err = check_rdma_args(cmsg, rdma_bytes);
		if (!err && *rdma_bytes <= RDS_MAX_MSG_SIZE)
			err = rds_rdma_check_args(CMSG_DATA(cmsg));
		if (err)
			return err;
	}
	if (kinds == (STARTS | OFFERS))
		return -EINVAL;
	if ((msg->msg_flags & MSG_ZEROCOPY) && !cookie)
		return -EINVAL;
	return 0;
}

static int act(struct rds_sock *rs, struct rds_message *rm, struct cmsghdr *cmsg,
	       struct rds_connection *conn)
{
	switch (cmsg->cmsg_type) {
	case RDS_CMSG_RDMA_ARGS:
		return rds_cmsg_rdma_args(rs, rm, cmsg);
	case RDS_CMSG_RDMA_DEST:
		return rds_cmsg_rdma_dest(rs, rm, cmsg);
	case RDS_CMSG_RDMA_MAP:
		return rds_cmsg_rdma_map(rs, rm, cmsg, conn);
	case RDS_CMSG_ATOMIC_FADD:
	case RDS_CMSG_ATOMIC_CSWP:
	case RDS_CMSG_MASKED_ATOMIC_FADD:
	case RDS_CMSG_MASKED_ATOMIC_CSWP:
		return rds_cmsg_atomic(rs, rm, cmsg);
	default:
		/* A cookie, and this message is not sent without copying. */
		return -EINVAL;
	}
}

/**
 * rds_cmsg_send - do what control messages ask for
 * @rs: the socket
 * @rm: the message; what is made hangs on it
 * @msg: of sendmsg(), checked
 * @conn: where the message goes
 *
 * Context: sleeps; the caller's memory is pinned.
 * Return: 0 or an error of section 3.2 of the specification.
 */
int rds_cmsg_send(struct rds_sock *rs, struct rds_message *rm,
		  struct msghdr *msg, struct rds_connection *conn)
{
	struct cmsghdr *cmsg;
	int err;

	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level != SOL_RDS)
			continue;
		err = act(rs, rm, cmsg, conn);
		if (err)
			return err;
	}
	return 0;
}
