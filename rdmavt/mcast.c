// SPDX-License-Identifier: GPL-2.0
/*
 * Multicast groups.
 *
 * Each port keeps its groups in a tree ordered by the bytes of the MGID; a
 * group keeps the queue pairs attached to it, each with a reference, in a list
 * that receivers walk under RCU.  On InfiniBand a group also has a multicast
 * LID, which all its members must agree on.  On RoCE ports there are no LIDs:
 * whatever a consumer passes is taken as 0, and so should the driver when it
 * calls rvt_mcast_find().
 *
 * A group's refcount is one for being in the tree and one for each receiver
 * that found it and still walks its list.  Detach unlinks under the port's
 * lock and waits for the walkers to leave, so that neither the list entry nor
 * the queue pair goes away below them.  A walker's last act, waking the
 * waiter, still touches the group: that happens in softirq or under
 * rcu_read_lock(), so a grace period goes before the group is freed.
 *
 * Locking: rvt_ibport.lock guards the tree, the lists and n_attached;
 * n_mcast_grps_lock, inside it, guards the device's count of groups.
 * detach_mutex, outside both, admits one detach at a time: otherwise the last
 * member could free a group that another one waits on.
 */
#include <linux/mutex.h>	/* export checksums: plain, see rdmavt.h */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <rvt_ext.h>
#include "rdmavt.h"
#include "mcast.h"

/* A group is freed only by its holder. */
static DEFINE_MUTEX(detach_mutex);

/**
 * rvt_mcast_init - prepare a device for multicast groups
 * @rdi: the device
 */
void rvt_mcast_init(struct rvt_dev_info *rdi)
{
	spin_lock_init(&rdi->n_mcast_grps_lock);
	rdi->n_mcast_grps_allocated = 0;
}

static struct rvt_mcast *to_group(struct rb_node *node)
{
	return rb_entry(node, struct rvt_mcast, rb_node);
}

static int compare(const union ib_gid *mgid, const struct rvt_mcast *group)
{
	return memcmp(mgid, &group->mcast_addr.mgid, sizeof(*mgid));
}

static struct rvt_mcast *find_group(struct rvt_ibport *ibp,
				    const union ib_gid *mgid)
{
	struct rb_node *node = ibp->mcast_tree.rb_node;

	lockdep_assert_held(&ibp->lock);

	while (node) {
		int order = compare(mgid, to_group(node));

		if (!order)
			return to_group(node);
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/**
 * rvt_mcast_find - look up the group of a received packet
 * @ibp: the port it came in by
 * @mgid: its destination
 * @lid: its multicast LID, 0 on a RoCE port
 *
 * Section 2 of the interface specification.  The caller walks
 * &rvt_mcast.qp_list under rcu_read_lock(), then decrements
 * &rvt_mcast.refcount and wakes &rvt_mcast.wait if the result is at most 1.
 *
 * Context: Any.
 * Return: the group with a reference, or NULL.
 */
struct rvt_mcast *rvt_mcast_find(struct rvt_ibport *ibp, union ib_gid *mgid,
				 u16 lid)
{
	struct rvt_mcast *group;
	unsigned long flags;

	spin_lock_irqsave(&ibp->lock, flags);
	group = find_group(ibp, mgid);
	if (group && group->mcast_addr.lid != lid)
		group = NULL;
	if (group)
		atomic_inc(&group->refcount);
	spin_unlock_irqrestore(&ibp->lock, flags);
	return group;
}
EXPORT_SYMBOL(rvt_mcast_find);

static struct rvt_mcast_qp *find_member(struct rvt_mcast *group,
					const struct rvt_qp *qp)
{
	struct rvt_mcast_qp *member;

	list_for_each_entry(member, &group->qp_list, list)
		if (member->qp == qp)
			return member;
	return NULL;
}

static void link_group(struct rvt_ibport *ibp, struct rvt_mcast *group)
{
	struct rb_node **link = &ibp->mcast_tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (compare(&group->mcast_addr.mgid, to_group(parent)) < 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&group->rb_node, parent, link);
	rb_insert_color(&group->rb_node, &ibp->mcast_tree);
}

static bool count_group(struct rvt_dev_info *rdi)
{
	bool room;

	spin_lock(&rdi->n_mcast_grps_lock);
	room = rdi->n_mcast_grps_allocated < rdi->dparms.props.max_mcast_grp;
	if (room)
		rdi->n_mcast_grps_allocated++;
	spin_unlock(&rdi->n_mcast_grps_lock);
	return room;
}

static void uncount_group(struct rvt_dev_info *rdi)
{
	spin_lock(&rdi->n_mcast_grps_lock);
	rdi->n_mcast_grps_allocated--;
	spin_unlock(&rdi->n_mcast_grps_lock);
}

/*
 * Join @member to its group, which is @fresh if there is none yet.  What gets
 * used is set to NULL, so that the caller frees the rest.
 */
static int join(struct rvt_dev_info *rdi, struct rvt_ibport *ibp,
		struct rvt_mcast **fresh, struct rvt_mcast_qp **member)
{
	struct rvt_mcast *group;

	lockdep_assert_held(&ibp->lock);

	group = find_group(ibp, &(*fresh)->mcast_addr.mgid);
	if (group) {
		if (group->mcast_addr.lid != (*fresh)->mcast_addr.lid)
			return -EINVAL;
		if (find_member(group, (*member)->qp))
			return 0;
		if (group->n_attached >= rdi->dparms.props.max_mcast_qp_attach)
			return -ENOMEM;
	} else {
		if (!count_group(rdi))
			return -ENOMEM;
		group = *fresh;
		*fresh = NULL;
		link_group(ibp, group);
	}

	rvt_get_qp((*member)->qp);
	list_add_tail_rcu(&(*member)->list, &group->qp_list);
	group->n_attached++;
	*member = NULL;
	return 0;
}

static struct rvt_mcast *new_group(const union ib_gid *mgid, u16 lid)
{
	struct rvt_mcast *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return NULL;
	group->mcast_addr.mgid = *mgid;
	group->mcast_addr.lid = lid;
	INIT_LIST_HEAD(&group->qp_list);
	init_waitqueue_head(&group->wait);
	atomic_set(&group->refcount, 1);
	return group;
}

static u16 group_lid(struct ib_device *ibdev, u32 port, u16 lid)
{
	return rdma_protocol_roce(ibdev, port) ? 0 : lid;
}

/**
 * rvt_attach_mcast - the attach_mcast verb
 * @ibqp: a queue pair beyond RESET
 * @gid: the group
 * @lid: its multicast LID, ignored on RoCE ports
 *
 * Attaching twice is attaching once.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL for an unsuitable queue pair or another LID than the
 * group's; -ENOMEM when there is no memory or max_mcast_qp_attach or
 * max_mcast_grp is reached.
 */
int rvt_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibqp->device);
	struct rvt_qp *qp = ibqp_to_rvtqp(ibqp);
	struct rvt_mcast_qp *member;
	struct rvt_mcast *group;
	struct rvt_ibport *ibp;
	u8 port = qp->port_num;
	int ret = -ENOMEM;

	if (ibqp->qp_num <= 1 || qp->state == IB_QPS_RESET ||
	    !rdma_is_port_valid(ibqp->device, port))
		return -EINVAL;

	ibp = rdi->ports[port - 1];
	group = new_group(gid, group_lid(ibqp->device, port, lid));
	member = kzalloc(sizeof(*member), GFP_KERNEL);
	if (group && member) {
		member->qp = qp;
		spin_lock_irq(&ibp->lock);
		ret = join(rdi, ibp, &group, &member);
		spin_unlock_irq(&ibp->lock);
	}
	kfree(member);
	kfree(group);
	return ret;
}
EXPORT_SYMBOL_GPL(rvt_attach_mcast);

/*
 * Take @qp out of its group and, if it was the last, the group out of the
 * tree.  Return: the member, with its group in @group and what the refcount
 * falls to once all receivers have left in @rest; or NULL.
 */
static struct rvt_mcast_qp *leave(struct rvt_dev_info *rdi,
				  struct rvt_ibport *ibp, struct rvt_qp *qp,
				  const struct rvt_mcast_addr *addr,
				  struct rvt_mcast **group, int *rest)
{
	struct rvt_mcast_qp *member = NULL;

	lockdep_assert_held(&ibp->lock);

	*group = find_group(ibp, &addr->mgid);
	if (*group && (*group)->mcast_addr.lid == addr->lid)
		member = find_member(*group, qp);
	if (!member)
		return NULL;

	list_del_rcu(&member->list);
	*rest = 1;
	if (--(*group)->n_attached == 0) {
		rb_erase(&(*group)->rb_node, &ibp->mcast_tree);
		uncount_group(rdi);
		atomic_dec(&(*group)->refcount);
		*rest = 0;
	}
	return member;
}

/* Take @qp out of a group of @ibp and free what nobody uses any more. */
static int detach(struct rvt_dev_info *rdi, struct rvt_ibport *ibp,
		  struct rvt_qp *qp, const struct rvt_mcast_addr *addr)
{
	struct rvt_mcast_qp *member;
	struct rvt_mcast *group;
	int rest;

	lockdep_assert_held(&detach_mutex);

	spin_lock_irq(&ibp->lock);
	member = leave(rdi, ibp, qp, addr, &group, &rest);
	spin_unlock_irq(&ibp->lock);
	if (!member)
		return -EINVAL;

	wait_event(group->wait, atomic_read(&group->refcount) <= rest);
	rvt_put_qp(qp);
	kfree(member);
	if (!rest) {
		synchronize_rcu();
		kfree(group);
	}
	return 0;
}

/**
 * rvt_detach_mcast - the detach_mcast verb
 * @ibqp: the queue pair, which may have changed its state since it attached,
 *	and even its port
 * @gid: the group
 * @lid: its multicast LID, ignored on RoCE ports
 *
 * Context: Sleeps until no receiver walks the group's list.
 * Return: 0, or -EINVAL when @ibqp is not attached to such a group.
 */
int rvt_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibqp->device);
	struct rvt_mcast_addr addr = { .mgid = *gid };
	int ret = -EINVAL;
	u32 port;

	mutex_lock(&detach_mutex);
	rdma_for_each_port(ibqp->device, port) {
		addr.lid = group_lid(ibqp->device, port, lid);
		ret = detach(rdi, rdi->ports[port - 1], ibqp_to_rvtqp(ibqp),
			     &addr);
		if (!ret)
			break;
	}
	mutex_unlock(&detach_mutex);
	return ret;
}
EXPORT_SYMBOL_GPL(rvt_detach_mcast);
