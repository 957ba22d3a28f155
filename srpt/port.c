// SPDX-License-Identifier: GPL-2.0
/*
 * Ports of a device, where initiators log in.
 *
 * A port counts its channels. When the device goes, the port refuses new logins
 * (@gone, under the mutex that the last step of a login takes), disconnects what
 * there is, and waits until the count is zero.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <rdma/ib_cache.h>
#include "name.h"
#include "srpt.h"

static void refresh_work(struct work_struct *work)
{
	srpt_refresh_port(container_of(work, struct srpt_port, refresh_work));
	srpt_listen_refresh();
}

/**
 * srpt_init_port - prepare a port
 * @sdev: its device
 * @sport: the port, all zeroes
 * @port: its number
 *
 * Context: any.
 */
void srpt_init_port(struct srpt_device *sdev, struct srpt_port *sport, u32 port)
{
	sport->sdev = sdev;
	sport->port = port;
	refcount_set(&sport->refs, 1);
	init_completion(&sport->unused);
	INIT_WORK(&sport->refresh_work, refresh_work);
	mutex_init(&sport->tport_mutex);
	INIT_LIST_HEAD(&sport->tports);
	mutex_init(&sport->mutex);
	INIT_LIST_HEAD(&sport->channels);
	sport->attrib.srp_max_rdma_size = SRPT_MIN_RDMA_SIZE;
	sport->attrib.srp_max_rsp_size = SRPT_DEF_RSP_SIZE;
	sport->attrib.srp_sq_size = SRPT_DEF_SQ_SIZE;
}

/**
 * srpt_refresh_port - make a port known to whom it may concern
 * @sport: the port
 *
 * Context: sleeps. May be called again, when something about the port has
 *	changed; not concurrently.
 * Return: 0, or why the device does not tell about this port.
 */
int srpt_refresh_port(struct srpt_port *sport)
{
	struct ib_port_attr attr;
	int err;

	err = ib_query_port(sport->sdev->device, sport->port, &attr);
	if (err)
		return err;

	srpt_register_mad_agent(sport);
	return 0;
}

/**
 * srpt_get_port - one more channel
 * @sport: the port
 *
 * Context: any.
 * Return: false if the port is gone.
 */
bool srpt_get_port(struct srpt_port *sport)
{
	return refcount_inc_not_zero(&sport->refs);
}

/**
 * srpt_put_port - one channel less
 * @sport: the port
 *
 * Context: any.
 */
void srpt_put_port(struct srpt_port *sport)
{
	if (refcount_dec_and_test(&sport->refs))
		complete(&sport->unused);
}

/**
 * srpt_close_channels - disconnect initiators
 * @sport: from this port
 * @tpg: those that this directory has admitted; or %NULL: all
 *
 * Does not wait.
 *
 * Context: sleeps.
 */
void srpt_close_channels(struct srpt_port *sport, const struct srpt_tpg *tpg)
{
	struct srpt_rdma_ch *ch;

	mutex_lock(&sport->mutex);
	list_for_each_entry(ch, &sport->channels, list)
		if (!tpg || ch->tpg == tpg)
			srpt_disconnect_ch(ch);
	mutex_unlock(&sport->mutex);
}

/**
 * srpt_release_sport - no login any more, and no channel
 * @sport: the port of a device that is being removed
 *
 * Context: sleeps until the last channel has been released, which is when the
 *	target core has finished its last command.
 * Return: 0.
 */
int srpt_release_sport(struct srpt_port *sport)
{
	struct srpt_rdma_ch *ch;
	bool use_srq;

	mutex_lock(&sport->mutex);
	sport->gone = true;
	use_srq = sport->attrib.use_srq;
	sport->attrib.use_srq = false;
	mutex_unlock(&sport->mutex);

	srpt_close_channels(sport, NULL);
	srpt_put_port(sport);
	while (!wait_for_completion_timeout(&sport->unused, 5 * HZ)) {
		mutex_lock(&sport->mutex);
		list_for_each_entry(ch, &sport->channels, list)
			pr_info("%s-%u: waiting for the commands of %s\n",
				dev_name(&sport->sdev->device->dev), sport->port, ch->sess_name);
		mutex_unlock(&sport->mutex);
	}
	if (use_srq)
		srpt_put_srq(sport->sdev);
	return 0;
}

/**
 * srpt_port_has_name - is the port called this?
 * @sport: the port
 * @name: a name, made from any of its GIDs
 *
 * Context: sleeps.
 * Return: whether it is.
 */
bool srpt_port_has_name(struct srpt_port *sport, const char *name)
{
	struct ib_device *device = sport->sdev->device;
	struct ib_port_attr attr;
	union ib_gid gid;
	int i;

	if (ib_query_port(device, sport->port, &attr))
		return false;
	for (i = 0; i < attr.gid_tbl_len; i++)
		if (!rdma_query_gid(device, sport->port, i, &gid) &&
		    !rdma_is_zero_gid(&gid) && srpt_is_gid_name(name, &gid))
			return true;
	return false;
}

/**
 * srpt_port_is_enabled - may anybody log in?
 * @sport: the port
 *
 * Context: sleeps.
 * Return: whether a directory of the port is enabled.
 */
bool srpt_port_is_enabled(struct srpt_port *sport)
{
	struct srpt_tport *tport;
	struct srpt_tpg *stpg;
	bool enabled = false;

	mutex_lock(&sport->tport_mutex);
	list_for_each_entry(tport, &sport->tports, entry)
		list_for_each_entry(stpg, &tport->tpgs, entry)
			enabled |= stpg->enabled;
	mutex_unlock(&sport->tport_mutex);
	return enabled;
}
