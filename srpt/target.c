// SPDX-License-Identifier: GPL-2.0
/*
 * How the target core calls this module.
 *
 * A command has two references: the core's, and one of ours that is dropped
 * when the response has been sent (srpt_finish_cmd()). A command that is aborted
 * without a response loses both to the core, and only its credit is ours to
 * remember.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/module.h>
#include "compat/target.h"
#include "name.h"
#include "srpt.h"

static struct srpt_send_ioctx *cmd_ioctx(struct se_cmd *cmd)
{
	return container_of(cmd, struct srpt_send_ioctx, cmd);
}

static char *srpt_get_fabric_wwn(struct se_portal_group *tpg)
{
	return container_of(tpg, struct srpt_tpg, tpg)->tport->name;
}

static u16 srpt_get_tag(struct se_portal_group *tpg)
{
	return 1;
}

static int srpt_yes(struct se_portal_group *tpg)
{
	return 1;
}

static int srpt_no(struct se_portal_group *tpg)
{
	return 0;
}

static u32 srpt_tpg_get_inst_index(struct se_portal_group *tpg)
{
	return 1;
}

/* There is one session to an initiator port; RFC 4455 asks for nothing more. */
static u32 srpt_sess_get_index(struct se_session *se_sess)
{
	return 0;
}

static void srpt_set_default_node_attrs(struct se_node_acl *nacl)
{
}

static int srpt_get_tcm_cmd_state(struct se_cmd *cmd)
{
	return srpt_get_cmd_state(cmd_ioctx(cmd));
}

/* The core is ready for the data of a write. */
static int srpt_write_pending(struct se_cmd *cmd)
{
	struct srpt_send_ioctx *ioctx = cmd_ioctx(cmd);

	if (ioctx->n_rw_ctx) {
		srpt_rdma_read(ioctx);
		return 0;
	}

	/* It came with the command. */
	srpt_set_cmd_state(ioctx, SRPT_STATE_DATA_IN);
	target_execute_cmd(cmd);
	return 0;
}

static int srpt_queue_data_in(struct se_cmd *cmd)
{
	srpt_queue_response(cmd);
	return 0;
}

static int srpt_queue_status(struct se_cmd *cmd)
{
	cmd_ioctx(cmd)->status_only = true;
	srpt_queue_response(cmd);
	return 0;
}

/* There will be no response; its credit goes with another one. */
static void srpt_aborted_task(struct se_cmd *cmd)
{
	atomic_inc(&cmd_ioctx(cmd)->ch->req_lim_delta);
}

static int srpt_check_stop_free(struct se_cmd *cmd)
{
	return target_put_sess_cmd(cmd);
}

static void srpt_release_cmd(struct se_cmd *cmd)
{
	struct srpt_send_ioctx *ioctx = cmd_ioctx(cmd);

	/* One that has been aborted has got no further than to here. */
	srpt_set_cmd_state(ioctx, SRPT_STATE_DONE);
	srpt_put_send_ioctx(ioctx);
}

/* mkdir TARGET/srpt/PORT/TPG/acls/NAME */
static int srpt_init_nodeacl(struct se_node_acl *se_nacl, const char *name)
{
	if (srpt_is_initiator_name(name))
		return 0;
	pr_err("%s is no initiator: use its port identifier (32 hexadecimal digits), GUID or IP address\n",
	       name);
	return -EINVAL;
}

const struct target_core_fabric_ops srpt_template = {
	.module = THIS_MODULE,
	.fabric_name = SRPT_FABRIC_NAME,

	/* commands, in the order in which they meet these */
	.get_cmd_state = srpt_get_tcm_cmd_state,
	.write_pending = srpt_write_pending,
	.queue_data_in = srpt_queue_data_in,
	.queue_status = srpt_queue_status,
	.queue_tm_rsp = srpt_queue_response,
	.aborted_task = srpt_aborted_task,
	.check_stop_free = srpt_check_stop_free,
	.release_cmd = srpt_release_cmd,
	COMPAT_TARGET_SUBMIT_DIRECT

	/* sessions */
	.sess_get_index = srpt_sess_get_index,
	.close_session = srpt_close_session,

	/* portal groups: no initiator without an ACL */
	.tpg_get_wwn = srpt_get_fabric_wwn,
	.tpg_get_tag = srpt_get_tag,
	.tpg_get_inst_index = srpt_tpg_get_inst_index,
	.tpg_check_demo_mode = srpt_no,
	.tpg_check_demo_mode_cache = srpt_yes,
	.tpg_check_demo_mode_write_protect = srpt_yes,
	.tpg_check_prod_mode_write_protect = srpt_no,

	/* configfs */
	.fabric_make_wwn = srpt_make_tport,
	.fabric_make_tpg = srpt_make_tpg,
	.fabric_enable_tpg = srpt_enable_tpg,
	.fabric_init_nodeacl = srpt_init_nodeacl,
	.set_default_node_attributes = srpt_set_default_node_attrs,
	.fabric_drop_tpg = srpt_drop_tpg,
	.fabric_drop_wwn = srpt_drop_tport,
	.tfc_wwn_attrs = srpt_wwn_attrs,
	.tfc_discovery_attrs = srpt_da_attrs,
	.tfc_tpg_attrib_attrs = srpt_tpg_attrib_attrs,
	.tfc_tpg_nacl_base_attrs = srpt_nacl_attrs,
};
