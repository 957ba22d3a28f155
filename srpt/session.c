// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: whom a login belongs to, and ending it when an administrator wants.
 *
 * The core calls srpt_close_session() with nothing but a pointer to a session
 * that may be ending at that moment for another reason. So the pointer is not
 * followed; it is looked up in a list that a session joins before the core knows
 * it, and leaves before it is freed. Its login may not have been answered by then,
 * and will not be granted any more.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/inet.h>
#include "name.h"
#include "srpt.h"

/* Guards the list of channels that have a session. */
static DEFINE_MUTEX(srpt_sessions_mutex);
static LIST_HEAD(srpt_sessions);

#define MAX_NAMES	8

struct names {
	unsigned int nr;
	char name[MAX_NAMES][SRPT_NAME_SIZE];
};

static char *next_name(struct names *names)
{
	return names->name[names->nr++];
}

/* With 0x and, as other targets call it, without. */
static void add_id(struct names *names, const u8 *id)
{
	char *with = next_name(names);

	srpt_format_id(with, SRPT_NAME_SIZE, id);
	strscpy(next_name(names), with + 2, SRPT_NAME_SIZE);
}

/* An IP address is that of the initiator; IPv6 is written in more than one way. */
static void add_address(struct names *names, const char *address)
{
	struct in6_addr in6;

	strscpy(next_name(names), address, SRPT_NAME_SIZE);
	if (in6_pton(address, -1, in6.s6_addr, -1, NULL))
		snprintf(next_name(names), SRPT_NAME_SIZE, "%pI6", &in6);
}

/*
 * Where the queue pair of an IB CM's connection will send to: the initiator has to
 * be there to learn that it is logged in. On RoCE that is an IP address.
 */
static noinline_for_stack void add_destination(struct names *names,
					       const struct srpt_rdma_ch *ch)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_RTR };
	char address[SRPT_NAME_SIZE];
	struct sockaddr_in6 in6;
	union ib_gid gid;
	int mask;

	if (ib_cm_init_qp_attr(ch->ib_cm_id, &attr, &mask) ||
	    !(rdma_ah_get_ah_flags(&attr.ah_attr) & IB_AH_GRH))
		return;
	gid = rdma_ah_read_grh(&attr.ah_attr)->dgid;
	add_id(names, gid.raw);
	if (attr.ah_attr.type != RDMA_AH_ATTR_TYPE_ROCE)
		return;
	rdma_gid2ip((struct sockaddr *)&in6, &gid);
	snprintf(address, sizeof(address), "%pISc", &in6);
	add_address(names, address);
}

/* All names under which an initiator may be admitted. */
static void collect_names(const struct srpt_rdma_ch *ch, struct names *names)
{
	names->nr = 0;
	add_address(names, ch->peer);
	add_id(names, ch->i_port_id);
	if (ch->ib_cm_id)
		add_destination(names, ch);
	else if (ch->rdma_cm_id && ch->rdma_cm_id->route.path_rec)
		add_id(names, ch->rdma_cm_id->route.path_rec->dgid.raw);
}

/* The core is about to list the session; then it may want it closed. */
static int add_session(struct se_portal_group *tpg, struct se_session *sess, void *private)
{
	struct srpt_rdma_ch *ch = private;

	ch->sess = sess;
	ch->tpg = container_of(tpg, struct srpt_tpg, tpg);
	mutex_lock(&srpt_sessions_mutex);
	list_add_tail(&ch->sess_entry, &srpt_sessions);
	mutex_unlock(&srpt_sessions_mutex);
	return 0;
}

/*
 * An ACL that is being removed leaves its list first; then its sessions are
 * closed, those that the core has listed by then. Another one keeps it waiting
 * until its initiator goes.
 */
static bool acl_is_going(struct se_session *sess)
{
	struct se_node_acl *nacl = sess->se_node_acl;
	bool going;

	mutex_lock(&nacl->se_tpg->acl_node_mutex);
	going = list_empty(&nacl->acl_list);
	mutex_unlock(&nacl->se_tpg->acl_node_mutex);
	return going;
}

static int try_name(struct srpt_rdma_ch *ch, struct srpt_tpg *stpg, const char *name)
{
	struct se_session *sess;

	strscpy(ch->sess_name, name, sizeof(ch->sess_name));
	sess = target_setup_session(&stpg->tpg, ch->rq_size, 1, TARGET_PROT_NORMAL, name, ch,
				    add_session);
	if (IS_ERR(sess))
		return PTR_ERR(sess);
	if (!acl_is_going(sess))
		return 0;
	/* There will be no second session: somebody may wait for this one's end. */
	srpt_end_session(ch);
	return -ESHUTDOWN;
}

static int try_tpg(struct srpt_rdma_ch *ch, struct srpt_tpg *stpg, const struct names *names)
{
	int err = -EACCES;
	unsigned int i;

	for (i = 0; i < names->nr && err == -EACCES; i++)
		err = try_name(ch, stpg, names->name[i]);
	return err;
}

static int try_port(struct srpt_rdma_ch *ch, const struct names *names)
{
	struct srpt_tport *tport;
	struct srpt_tpg *stpg;
	int err = -EACCES;

	lockdep_assert_held(&ch->sport->tport_mutex);

	list_for_each_entry(tport, &ch->sport->tports, entry) {
		list_for_each_entry(stpg, &tport->tpgs, entry) {
			if (!stpg->enabled)
				continue;
			err = try_tpg(ch, stpg, names);
			if (err != -EACCES)
				return err;
		}
	}
	return err;
}

/**
 * srpt_create_session - find an ACL that admits an initiator
 * @ch: a new channel
 *
 * Context: sleeps.
 * Return: 0; -EACCES if there is no such ACL, -ESHUTDOWN if it is being removed;
 *	another error of the core.
 */
int srpt_create_session(struct srpt_rdma_ch *ch)
{
	struct names names;
	int err;

	collect_names(ch, &names);
	mutex_lock(&ch->sport->tport_mutex);
	err = try_port(ch, &names);
	mutex_unlock(&ch->sport->tport_mutex);
	if (err)
		pr_info_ratelimited("Rejected login for initiator %s (port id 0x%16phN): error %d%s\n",
				    ch->peer, ch->i_port_id, err,
				    err == -EACCES ? "; there is no ACL for it" : "");
	return err;
}

/**
 * srpt_end_session - the session of a channel ends
 * @ch: the channel; its session has no commands any more
 *
 * Context: sleeps.
 */
void srpt_end_session(struct srpt_rdma_ch *ch)
{
	mutex_lock(&srpt_sessions_mutex);
	list_del_init(&ch->sess_entry);
	mutex_unlock(&srpt_sessions_mutex);

	target_remove_session(ch->sess);
	ch->sess = NULL;
	complete_all(&ch->released);
}

/* The channel of a session, with a reference; %NULL if it is ending. */
static struct srpt_rdma_ch *session_ch(const struct se_session *se_sess)
{
	struct srpt_rdma_ch *ch, *found = NULL;

	mutex_lock(&srpt_sessions_mutex);
	list_for_each_entry(ch, &srpt_sessions, sess_entry) {
		if (ch->sess != se_sess)
			continue;
		srpt_get_ch(ch);
		found = ch;
		break;
	}
	mutex_unlock(&srpt_sessions_mutex);
	return found;
}

/**
 * srpt_close_session - an administrator wants a session to end
 * @se_sess: the session, or what was one
 *
 * The core calls this when an ACL is removed.
 *
 * Context: sleeps until the session is gone. Not in a completion or an event of
 *	a connection manager.
 */
void srpt_close_session(struct se_session *se_sess)
{
	struct srpt_rdma_ch *ch = session_ch(se_sess);

	if (!ch)
		return;

	srpt_disconnect_ch_unlocked(ch);
	while (!wait_for_completion_timeout(&ch->released, 5 * HZ))
		pr_info("%s: waiting for its commands\n", ch->sess_name);
	srpt_put_ch(ch);
}
