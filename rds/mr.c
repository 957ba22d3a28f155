// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that peers may access: made by an option or a control message, found by
 * its R_Key among the socket's regions, announced by messages.
 *
 * A region is valid while it is in the tree. Whoever takes it out gives it back to
 * the transport, which ends the peer's access, whether or not a message that
 * announces it is still on its way; that only has a reference of the struct.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include "rds.h"

static struct rds_mr *find(struct rds_sock *rs, u32 key)
{
	struct rb_node *node = rs->rs_mrs.rb_node;

	lockdep_assert_held(&rs->rs_lock);
	while (node) {
		struct rds_mr *mr = rb_entry(node, struct rds_mr, r_node);

		if (key == mr->r_key)
			return mr;
		node = key < mr->r_key ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* Return: whether there was none with this key. */
static bool insert(struct rds_sock *rs, struct rds_mr *fresh)
{
	struct rb_node **link = &rs->rs_mrs.rb_node, *parent = NULL;

	lockdep_assert_held(&rs->rs_lock);
	while (*link) {
		struct rds_mr *mr = rb_entry(*link, struct rds_mr, r_node);

		if (fresh->r_key == mr->r_key)
			return false;
		parent = *link;
		link = fresh->r_key < mr->r_key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&fresh->r_node, parent, link);
	rb_insert_color(&fresh->r_node, &rs->rs_mrs);
	return true;
}

static void erase(struct rds_sock *rs, struct rds_mr *mr)
{
	lockdep_assert_held(&rs->rs_lock);
	rb_erase(&mr->r_node, &rs->rs_mrs);
	RB_CLEAR_NODE(&mr->r_node);
}

/**
 * rds_mr_put - one user less
 * @mr: the region
 *
 * Context: any.
 */
void rds_mr_put(struct rds_mr *mr)
{
	if (refcount_dec_and_test(&mr->r_refcount))
		kfree(mr);
}

/* Nobody may access @mr any more, which the caller has taken out of the tree. */
static void revoke(struct rds_mr *mr)
{
	mr->r_trans->free_mr(mr->r_trans_private, 0);
	rds_mr_put(mr);
}

static void sync(struct rds_mr *mr, int direction)
{
	if (mr->r_trans->sync_mr)
		mr->r_trans->sync_mr(mr->r_trans_private, direction);
}

static int check_range(const struct rds_iovec *vec)
{
	u64 end;

	if (check_add_overflow(vec->addr, vec->bytes, &end) ||
	    check_add_overflow(end, (u64)PAGE_SIZE - 1, &end))
		return -EINVAL;
	if (!can_do_mlock())
		return -EPERM;
	if (!vec->bytes)
		return -EINVAL;
	end = (end >> PAGE_SHIFT) - (vec->addr >> PAGE_SHIFT);
	return end - 1 > RDS_MAX_MSG_SIZE / PAGE_SIZE ? -EMSGSIZE : 0;
}

static int publish(struct rds_sock *rs, struct rds_mr *mr,
		   const struct rds_get_mr_args *args, u64 *cookie)
{
	bool inserted;

	*cookie = (u64)(args->vec.addr & ~PAGE_MASK) << 32 | mr->r_key;
	if (args->cookie_addr &&
	    put_user(*cookie, (u64 __user *)u64_to_user_ptr(args->cookie_addr)))
		return -EFAULT;

	spin_lock_bh(&rs->rs_lock);
	inserted = insert(rs, mr);
	spin_unlock_bh(&rs->rs_lock);
	return inserted ? 0 : -EBUSY;
}

/*
 * Make a region, with a reference of the tree's and one for the caller.
 *
 * Return: 0 or an error of section 3.5 of the specification.
 */
static int map(struct rds_sock *rs, const struct rds_get_mr_args *args,
	       struct rds_connection *conn, struct rds_mr **mr_ret, u64 *cookie)
{
	struct rds_transport *trans;
	struct rds_mr *mr;
	int err;

	/* One that a bind() under way has attached might go again. */
	if (!smp_load_acquire(&rs->rs_is_bound))
		return -ENOTCONN;
	trans = rs->rs_transport;
	if (!trans->get_mr)
		return -EOPNOTSUPP;
	err = check_range(&args->vec);
	if (err)
		return err;

	mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	if (!mr)
		return -ENOMEM;
	refcount_set(&mr->r_refcount, 2);
	RB_CLEAR_NODE(&mr->r_node);
	mr->r_trans = trans;
	mr->r_use_once = args->flags & RDS_RDMA_USE_ONCE;
	mr->r_trans_private = trans->get_mr(NULL, 0, rs, &mr->r_key, conn,
					    args->vec.addr, args->vec.bytes);
	if (IS_ERR(mr->r_trans_private)) {
		err = PTR_ERR(mr->r_trans_private);
		kfree(mr);
		return err;
	}

	err = publish(rs, mr, args, cookie);
	if (err) {
		/* The tree does not have it. */
		revoke(mr);
		rds_mr_put(mr);
		return err;
	}
	*mr_ret = mr;
	return 0;
}

static int map_for_option(struct rds_sock *rs, const struct rds_get_mr_args *args)
{
	struct rds_mr *mr;
	u64 cookie;
	int err = map(rs, args, NULL, &mr, &cookie);

	if (!err)
		rds_mr_put(mr);
	return err;
}

/**
 * rds_get_mr - the option RDS_GET_MR
 * @rs: the socket
 * @optval: struct rds_get_mr_args
 * @optlen: its bytes
 *
 * Return: 0 or an error of section 3.5 of the specification.
 */
int rds_get_mr(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	struct rds_get_mr_args args;

	if (optlen != sizeof(args))
		return -EINVAL;
	if (copy_from_sockptr(&args, optval, sizeof(args)))
		return -EFAULT;
	return map_for_option(rs, &args);
}

/**
 * rds_get_mr_for_dest - the option RDS_GET_MR_FOR_DEST
 * @rs: the socket
 * @optval: struct rds_get_mr_for_dest_args; any destination can use the region
 * @optlen: its bytes
 *
 * Return: 0 or an error of section 3.5 of the specification.
 */
int rds_get_mr_for_dest(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	struct rds_get_mr_for_dest_args args;
	struct rds_get_mr_args plain;

	if (optlen != sizeof(args))
		return -EINVAL;
	if (copy_from_sockptr(&args, optval, sizeof(args)))
		return -EFAULT;
	plain.vec = args.vec;
	plain.cookie_addr = args.cookie_addr;
	plain.flags = args.flags;
	return map_for_option(rs, &plain);
}

static int flush(struct rds_sock *rs)
{
	struct rds_transport *trans;
	int err = 0;

	/* Against a bind() that fails, and lets go of the transport. */
	lock_sock(rds_rs_to_sk(rs));
	trans = rs->rs_transport;
	/* rds-stress asks like this whether there is any RDMA. */
	if (!trans)
		err = -EINVAL;
	else if (!trans->flush_mrs)
		err = -ENOPROTOOPT;
	else
		trans->flush_mrs();
	release_sock(rds_rs_to_sk(rs));
	return err;
}

/**
 * rds_free_mr - the option RDS_FREE_MR
 * @rs: the socket
 * @optval: struct rds_free_mr_args; cookie 0 ends all access that was taken back
 * @optlen: its bytes
 *
 * Return: 0 or an error of section 3.5 of the specification.
 */
int rds_free_mr(struct rds_sock *rs, sockptr_t optval, unsigned int optlen)
{
	struct rds_free_mr_args args;
	struct rds_transport *trans;
	struct rds_mr *mr;

	if (optlen != sizeof(args))
		return -EINVAL;
	if (copy_from_sockptr(&args, optval, sizeof(args)))
		return -EFAULT;
	if (!args.cookie)
		return flush(rs);

	spin_lock_bh(&rs->rs_lock);
	mr = find(rs, lower_32_bits(args.cookie));
	if (mr)
		erase(rs, mr);
	spin_unlock_bh(&rs->rs_lock);
	if (!mr)
		return -EINVAL;
	trans = mr->r_trans;
	revoke(mr);
	if ((args.flags & RDS_RDMA_INVALIDATE) && trans->flush_mrs)
		trans->flush_mrs();
	return 0;
}

/* @rm announces @mr, and has its reference from now on. */
static int announce(struct rds_sock *rs, struct rds_message *rm, struct rds_mr *mr,
		    u64 cookie)
{
	rm->m_mr = mr;
	spin_lock_bh(&rs->rs_lock);
	mr->r_peer = rm->m_daddr;
	/* Somebody may have freed it already. */
	if (!RB_EMPTY_NODE(&mr->r_node))
		sync(mr, DMA_TO_DEVICE);
	spin_unlock_bh(&rs->rs_lock);
	return rds_message_add_rdma_dest_extension(&rm->m_inc.i_hdr, lower_32_bits(cookie),
						   upper_32_bits(cookie)) ? 0 : -EINVAL;
}

/**
 * rds_cmsg_rdma_dest - announce a region
 * @rs: the socket
 * @rm: the message that does it
 * @cmsg: cookie
 *
 * Return: 0 or -EINVAL.
 */
int rds_cmsg_rdma_dest(struct rds_sock *rs, struct rds_message *rm,
		       struct cmsghdr *cmsg)
{
	struct rds_mr *mr;
	u64 cookie;

	if (rm->m_mr || cmsg->cmsg_len < CMSG_LEN(sizeof(cookie)))
		return -EINVAL;
	memcpy(&cookie, CMSG_DATA(cmsg), sizeof(cookie));

	spin_lock_bh(&rs->rs_lock);
	mr = find(rs, lower_32_bits(cookie));
	if (mr)
		refcount_inc(&mr->r_refcount);
	spin_unlock_bh(&rs->rs_lock);
	return mr ? announce(rs, rm, mr, cookie) : -EINVAL;
}

/**
 * rds_cmsg_rdma_map - make a region and announce it
 * @rs: the socket
 * @rm: the message that announces it
 * @cmsg: struct rds_get_mr_args
 * @conn: where the message goes
 *
 * Return: 0 or an error of section 3.5 of the specification; -EAGAIN if there is
 *	no device yet.
 */
int rds_cmsg_rdma_map(struct rds_sock *rs, struct rds_message *rm,
		      struct cmsghdr *cmsg, struct rds_connection *conn)
{
	const struct rds_get_mr_args *args = CMSG_DATA(cmsg);
	struct rds_mr *mr;
	u64 cookie;
	int err;

	if (rm->m_mr || cmsg->cmsg_len < CMSG_LEN(sizeof(*args)))
		return -EINVAL;
	err = map(rs, args, conn, &mr, &cookie);
	if (err)
		return err == -ENODEV ? -EAGAIN : err;
	__set_bit(RDS_MSG_MAPPED_MR, &rm->m_flags);
	return announce(rs, rm, mr, cookie);
}

/* Take @mr out of the tree, if it is still there. */
static void withdraw(struct rds_sock *rs, struct rds_mr *mr)
{
	bool there;

	spin_lock_bh(&rs->rs_lock);
	there = !RB_EMPTY_NODE(&mr->r_node);
	if (there)
		erase(rs, mr);
	spin_unlock_bh(&rs->rs_lock);
	if (there)
		revoke(mr);
}

/**
 * rds_mr_abandon - a message that made a region is not sent
 * @rs: its socket
 * @rm: the message
 */
void rds_mr_abandon(struct rds_sock *rs, struct rds_message *rm)
{
	if (test_bit(RDS_MSG_MAPPED_MR, &rm->m_flags))
		withdraw(rs, rm->m_mr);
}

/**
 * rds_mr_used - a peer has used a region
 * @rs: the socket
 * @rkey: its R_Key
 * @peer: who says so; nobody else's word counts but of whom it was announced to
 *
 * Context: process context.
 */
void rds_mr_used(struct rds_sock *rs, u32 rkey, const struct in6_addr *peer)
{
	struct rds_mr *mr;
	bool free = false;

	spin_lock_bh(&rs->rs_lock);
	mr = find(rs, rkey);
	if (mr && (ipv6_addr_any(&mr->r_peer) || !rds_addr_cmp(&mr->r_peer, peer))) {
		sync(mr, DMA_FROM_DEVICE);
		free = mr->r_use_once;
		if (free)
			erase(rs, mr);
	}
	spin_unlock_bh(&rs->rs_lock);
	if (free)
		revoke(mr);
}

/**
 * rds_mr_drop_all - nobody may access anything any more
 * @rs: a socket that is being closed
 *
 * Context: sleeps.
 */
void rds_mr_drop_all(struct rds_sock *rs)
{
	struct rb_node *node;
	struct rds_mr *mr;

	for (;;) {
		spin_lock_bh(&rs->rs_lock);
		node = rb_first(&rs->rs_mrs);
		mr = node ? rb_entry(node, struct rds_mr, r_node) : NULL;
		if (mr)
			erase(rs, mr);
		spin_unlock_bh(&rs->rs_lock);
		if (!mr)
			break;
		revoke(mr);
	}
	if (rs->rs_transport && rs->rs_transport->flush_mrs)
		rs->rs_transport->flush_mrs();
}
