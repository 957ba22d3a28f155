// SPDX-License-Identifier: GPL-2.0
/*
 * TARGET/srpt/PORT/TPG/acls/NAME/info: the sessions of an initiator, in the form
 * in which iSCSI targets show theirs, so that `targetcli sessions` finds them.
 */

#include <linux/configfs.h>
#include "srpt.h"

static const char *const state_names[] = {
	[CH_CONNECTING] = "LOGIN",
	[CH_LIVE] = "LOGGED_IN",
	[CH_DISCONNECTING] = "IN_LOGOUT",
	[CH_DRAINING] = "CLEANUP_WAIT",
	[CH_DISCONNECTED] = "CLEANUP_WAIT",
};

static int show_channel(const struct srpt_rdma_ch *ch, unsigned int cid, char *page, int at)
{
	return sysfs_emit_at(page, at,
			     "CID: %u  Connection State: TARG_CONN_STATE_%s\n"
			     "   Address %s SRP\n"
			     "   QP number: %u  Commands: %d of %u  Owed credits: %d\n",
			     cid, state_names[READ_ONCE(ch->state)], ch->peer,
			     ch->qp ? ch->qp->qp_num : 0,
			     (int)ch->rq_size - atomic_read(&ch->req_lim) -
			     atomic_read(&ch->req_lim_delta),
			     ch->rq_size, atomic_read(&ch->req_lim_delta));
}

static ssize_t srpt_nacl_info_show(struct config_item *item, char *page)
{
	struct se_node_acl *nacl = acl_to_nacl(item);
	struct srpt_tpg *stpg = container_of(nacl->se_tpg, struct srpt_tpg, tpg);
	struct srpt_port *sport = stpg->tport->sport;
	struct srpt_rdma_ch *ch;
	unsigned int cid = 0;
	int len = 0;

	mutex_lock(&sport->mutex);
	list_for_each_entry(ch, &sport->channels, list) {
		if (ch->tpg != stpg || strcmp(ch->sess_name, nacl->initiatorname))
			continue;
		if (!cid)
			len = sysfs_emit(page,
					 "InitiatorName: %s\n"
					 "InitiatorAlias: %s\n"
					 "LIO Session ID: 1  SessionType: Normal\n"
					 "Session State: TARG_SESS_STATE_%s\n",
					 nacl->initiatorname, ch->peer,
					 state_names[READ_ONCE(ch->state)]);
		len += show_channel(ch, cid++, page, len);
	}
	mutex_unlock(&sport->mutex);
	return len ?: sysfs_emit(page, "No active SRP session for initiator port %s\n",
				 nacl->initiatorname);
}

CONFIGFS_ATTR_RO(srpt_nacl_, info);

struct configfs_attribute *srpt_nacl_attrs[] = {
	&srpt_nacl_attr_info,
	NULL,
};
