// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/config/target/srpt: directories and attributes.
 *
 *	discovery_auth/rdma_cm_port	where the RDMA CM listens
 *	PORT/				see name.c; at most two names of a port
 *	PORT/TPG/			any name; LUNs and ACLs
 *	PORT/TPG/enable			initiators may log in here
 *	PORT/TPG/attrib/		of the port: all directories of it show
 *					and set the same values
 *
 * A login looks for an ACL in the enabled directories of the port only.
 * Disabling one starts to disconnect those whom it has admitted.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/configfs.h>
#include <linux/slab.h>
#include <scsi/scsi_proto.h>
#include "srpt.h"

static struct srpt_tport *wwn_tport(struct se_wwn *wwn)
{
	return container_of(wwn, struct srpt_tport, wwn);
}

static struct srpt_tpg *to_stpg(struct se_portal_group *tpg)
{
	return container_of(tpg, struct srpt_tpg, tpg);
}

/**
 * srpt_make_tport - mkdir TARGET/srpt/PORT
 * @tf: not used
 * @group: not used
 * @name: name of a port
 *
 * Context: sleeps.
 * Return: the port's &struct se_wwn; -EINVAL if no port has that name, -ENOMEM.
 */
struct se_wwn *srpt_make_tport(struct target_fabric_configfs *tf,
			       struct config_group *group, const char *name)
{
	struct srpt_tport *tport;
	struct srpt_port *sport;

	sport = srpt_find_port(name);
	if (!sport) {
		pr_err("no RDMA port is called %s: use a GID of /sys/class/infiniband/*/ports/*/gids\n",
		       name);
		return ERR_PTR(-EINVAL);
	}

	tport = kzalloc(sizeof(*tport), GFP_KERNEL);
	if (!tport) {
		srpt_put_device(sport->sdev);
		return ERR_PTR(-ENOMEM);
	}
	tport->sport = sport;
	INIT_LIST_HEAD(&tport->tpgs);
	strscpy(tport->name, name, sizeof(tport->name));

	mutex_lock(&sport->tport_mutex);
	/* Interface identifiers come first when an initiator is looked up. */
	if (strncmp(name, "0x", 2))
		list_add(&tport->entry, &sport->tports);
	else
		list_add_tail(&tport->entry, &sport->tports);
	mutex_unlock(&sport->tport_mutex);
	return &tport->wwn;
}

/**
 * srpt_drop_tport - rmdir TARGET/srpt/PORT
 * @wwn: of the directory
 *
 * Context: sleeps.
 */
void srpt_drop_tport(struct se_wwn *wwn)
{
	struct srpt_tport *tport = wwn_tport(wwn);
	struct srpt_port *sport = tport->sport;

	mutex_lock(&sport->tport_mutex);
	list_del(&tport->entry);
	mutex_unlock(&sport->tport_mutex);
	srpt_put_device(sport->sdev);
	kfree(tport);
}

/**
 * srpt_make_tpg - mkdir TARGET/srpt/PORT/TPG
 * @wwn: of the directory above
 * @name: not used
 *
 * Context: sleeps.
 * Return: the portal group; -ENOMEM or what the core says.
 */
struct se_portal_group *srpt_make_tpg(struct se_wwn *wwn, const char *name)
{
	struct srpt_tport *tport = wwn_tport(wwn);
	struct srpt_tpg *stpg;
	int err;

	stpg = kzalloc(sizeof(*stpg), GFP_KERNEL);
	if (!stpg)
		return ERR_PTR(-ENOMEM);
	stpg->tport = tport;
	err = core_tpg_register(wwn, &stpg->tpg, SCSI_PROTOCOL_SRP);
	if (err) {
		kfree(stpg);
		return ERR_PTR(err);
	}

	mutex_lock(&tport->sport->tport_mutex);
	list_add_tail(&stpg->entry, &tport->tpgs);
	mutex_unlock(&tport->sport->tport_mutex);
	return &stpg->tpg;
}

/**
 * srpt_drop_tpg - rmdir TARGET/srpt/PORT/TPG
 * @tpg: of the directory, which has no ACLs any more, hence no sessions
 *
 * Context: sleeps.
 */
void srpt_drop_tpg(struct se_portal_group *tpg)
{
	struct srpt_tpg *stpg = to_stpg(tpg);
	struct srpt_port *sport = stpg->tport->sport;

	mutex_lock(&sport->tport_mutex);
	list_del(&stpg->entry);
	WRITE_ONCE(stpg->enabled, false);
	mutex_unlock(&sport->tport_mutex);
	srpt_listen_refresh();
	core_tpg_deregister(tpg);
	kfree(stpg);
}

/**
 * srpt_enable_tpg - write to TARGET/srpt/PORT/TPG/enable
 * @se_tpg: of the directory
 * @enable: may initiators log in?
 *
 * Listens in name spaces that the port is the first to reach, and leaves those
 * that it was the last. Does not wait for those who are being disconnected.
 *
 * Context: sleeps.
 * Return: 0.
 */
int srpt_enable_tpg(struct se_portal_group *se_tpg, bool enable)
{
	struct srpt_tpg *stpg = to_stpg(se_tpg);
	struct srpt_port *sport = stpg->tport->sport;

	mutex_lock(&sport->tport_mutex);
	WRITE_ONCE(stpg->enabled, enable);
	mutex_unlock(&sport->tport_mutex);
	srpt_listen_refresh();
	if (!enable)
		srpt_close_channels(sport, stpg);
	return 0;
}

static ssize_t srpt_wwn_version_show(struct config_item *item, char *buf)
{
	return sysfs_emit(buf, "\n");
}

CONFIGFS_ATTR_RO(srpt_wwn_, version);

struct configfs_attribute *srpt_wwn_attrs[] = {
	&srpt_wwn_attr_version,
	NULL,
};

static ssize_t srpt_da_rdma_cm_port_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", srpt_listen_port());
}

static ssize_t srpt_da_rdma_cm_port_store(struct config_item *item, const char *page,
					  size_t count)
{
	u16 port;
	int err;

	err = kstrtou16(page, 0, &port);
	if (err)
		return err;
	err = srpt_listen_set_port(port);
	return err ?: count;
}

CONFIGFS_ATTR(srpt_da_, rdma_cm_port);

struct configfs_attribute *srpt_da_attrs[] = {
	&srpt_da_attr_rdma_cm_port,
	NULL,
};

static struct srpt_port *item_port(struct config_item *item)
{
	return to_stpg(attrib_to_tpg(item))->tport->sport;
}

/* Attributes are part of the port, which may have gone. */
static ssize_t store_attrib(struct config_item *item, const char *page, size_t count, u32 low,
			    u32 high, u32 *where)
{
	struct srpt_port *sport = item_port(item);
	ssize_t ret = count;
	u32 val;
	int err;

	err = kstrtou32(page, 0, &val);
	if (err)
		return err;
	if (val < low || val > high) {
		pr_err("%u is not between %u and %u\n", val, low, high);
		return -EINVAL;
	}

	mutex_lock(&sport->mutex);
	if (sport->gone)
		ret = -ENODEV;
	else
		*where = val;
	mutex_unlock(&sport->mutex);
	return ret;
}

#define SRPT_ATTRIB(name, low, high)							\
static ssize_t srpt_tpg_attrib_##name##_show(struct config_item *item, char *page)	\
{											\
	return sysfs_emit(page, "%u\n", item_port(item)->attrib.name);			\
}											\
											\
static ssize_t srpt_tpg_attrib_##name##_store(struct config_item *item,			\
					      const char *page, size_t count)		\
{											\
	return store_attrib(item, page, count, low, high,				\
			    &item_port(item)->attrib.name);				\
}											\
											\
CONFIGFS_ATTR(srpt_tpg_attrib_, name)

SRPT_ATTRIB(srp_max_rdma_size, SRPT_MIN_RDMA_SIZE, SRPT_MAX_RDMA_SIZE);
SRPT_ATTRIB(srp_max_rsp_size, SRPT_MIN_RSP_SIZE, SRPT_MAX_RSP_SIZE);
SRPT_ATTRIB(srp_sq_size, SRPT_MIN_SRQ_SIZE, SRPT_MAX_SRQ_SIZE);

static ssize_t srpt_tpg_attrib_use_srq_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", item_port(item)->attrib.use_srq);
}

static int set_use_srq(struct srpt_port *sport, bool use)
{
	int err = 0;

	lockdep_assert_held(&sport->mutex);

	if (sport->gone)
		return -ENODEV;
	if (sport->attrib.use_srq == use)
		return 0;
	if (use)
		err = srpt_get_srq(sport->sdev);
	else
		srpt_put_srq(sport->sdev);
	if (!err)
		sport->attrib.use_srq = use;
	return err;
}

static ssize_t srpt_tpg_attrib_use_srq_store(struct config_item *item, const char *page,
					     size_t count)
{
	struct srpt_port *sport = item_port(item);
	u32 use;
	int err;

	err = kstrtou32(page, 0, &use);
	if (err)
		return err;
	if (use > 1)
		return -EINVAL;

	mutex_lock(&sport->mutex);
	err = set_use_srq(sport, use);
	mutex_unlock(&sport->mutex);
	return err ?: count;
}

CONFIGFS_ATTR(srpt_tpg_attrib_, use_srq);

struct configfs_attribute *srpt_tpg_attrib_attrs[] = {
	&srpt_tpg_attrib_attr_srp_max_rdma_size,
	&srpt_tpg_attrib_attr_srp_max_rsp_size,
	&srpt_tpg_attrib_attr_srp_sq_size,
	&srpt_tpg_attrib_attr_use_srq,
	NULL,
};
