// SPDX-License-Identifier: GPL-2.0
/*
 * RDMA devices: coming, going, telling what happens to them.
 *
 * A device is taken in complete, listening last, and let go in the reverse
 * order; its removal ends when the last channel of its ports has been released.
 * What configfs directories hold then is a &struct srpt_device without a device:
 * every port of it is gone, and only names and numbers are left. Should the
 * device come back, it is another one, and needs other directories.
 *
 * The shared receive queue belongs to the device. It exists while a port wants
 * it (attribute use_srq) or a channel uses it, so switching the attribute off
 * pulls nothing away from under anybody.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "srpt.h"

/* Guards the list, and keeps its devices from leaving it. */
static DEFINE_MUTEX(srpt_devices_mutex);
static LIST_HEAD(srpt_devices);

static void free_device(struct kref *kref)
{
	struct srpt_device *sdev = container_of(kref, struct srpt_device, kref);

	mutex_destroy(&sdev->mutex);
	kfree(sdev);
}

/**
 * srpt_put_device - let go of a device
 * @sdev: the device
 *
 * Context: process context.
 */
void srpt_put_device(struct srpt_device *sdev)
{
	kref_put(&sdev->kref, free_device);
}

/**
 * srpt_get_device - the target on an RDMA device
 * @device: the device
 *
 * Context: sleeps.
 * Return: it, with a reference; or %NULL if it is being removed.
 */
struct srpt_device *srpt_get_device(struct ib_device *device)
{
	struct srpt_device *sdev, *found = NULL;

	mutex_lock(&srpt_devices_mutex);
	list_for_each_entry(sdev, &srpt_devices, entry) {
		if (sdev->device != device)
			continue;
		kref_get(&sdev->kref);
		found = sdev;
		break;
	}
	mutex_unlock(&srpt_devices_mutex);
	return found;
}

/**
 * srpt_find_port - the port of a name
 * @name: see srpt_is_gid_name()
 *
 * Context: sleeps.
 * Return: the port, with a reference to its device; or %NULL.
 */
struct srpt_port *srpt_find_port(const char *name)
{
	struct srpt_port *found = NULL;
	struct srpt_device *sdev;
	u32 i;

	mutex_lock(&srpt_devices_mutex);
	list_for_each_entry(sdev, &srpt_devices, entry) {
		for (i = 0; i < sdev->device->phys_port_cnt && !found; i++)
			if (srpt_port_has_name(&sdev->port[i], name))
				found = &sdev->port[i];
		if (!found)
			continue;
		kref_get(&sdev->kref);
		break;
	}
	mutex_unlock(&srpt_devices_mutex);
	return found;
}

/**
 * srpt_visit_ports - look at all ports of all devices
 * @visit: does that; the device stays while it does
 *
 * Context: sleeps.
 */
void srpt_visit_ports(void (*visit)(struct srpt_port *sport))
{
	struct srpt_device *sdev;
	u32 i;

	mutex_lock(&srpt_devices_mutex);
	list_for_each_entry(sdev, &srpt_devices, entry)
		for (i = 0; i < sdev->device->phys_port_cnt; i++)
			visit(&sdev->port[i]);
	mutex_unlock(&srpt_devices_mutex);
}

/**
 * srpt_srq_event - something happened to a shared receive queue
 * @event: what
 * @ctx: the &struct srpt_device
 *
 * Context: any.
 */
void srpt_srq_event(struct ib_event *event, void *ctx)
{
	pr_debug("SRQ event: %s\n", ib_event_msg(event->event));
}

static void destroy_srq(struct srpt_device *sdev)
{
	lockdep_assert_held(&sdev->mutex);

	ib_destroy_srq(sdev->srq);
	sdev->srq = NULL;
	srpt_free_recv_ring(sdev, sdev->srq_ring, sdev->srq_size);
	sdev->srq_ring = NULL;
}

static int create_srq(struct srpt_device *sdev)
{
	struct ib_srq_init_attr attr = {
		.event_handler = srpt_srq_event,
		.srq_context = sdev,
		.srq_type = IB_SRQT_BASIC,
		.attr = { .max_wr = sdev->srq_size, .max_sge = 1 },
	};
	struct ib_srq *srq;
	int err;
	u32 i;

	lockdep_assert_held(&sdev->mutex);

	srq = ib_create_srq(sdev->pd, &attr);
	if (IS_ERR(srq))
		return PTR_ERR(srq);
	sdev->srq_ring = srpt_alloc_recv_ring(sdev, sdev->srq_size, 0);
	if (!sdev->srq_ring) {
		ib_destroy_srq(srq);
		return -ENOMEM;
	}
	sdev->srq = srq;

	for (i = 0; i < sdev->srq_size; i++) {
		err = srpt_post_recv(sdev, NULL, sdev->srq_ring[i]);
		if (err) {
			destroy_srq(sdev);
			return err;
		}
	}
	return 0;
}

/**
 * srpt_get_srq - one more wants the shared receive queue
 * @sdev: the device
 *
 * Context: sleeps.
 * Return: 0, or why there is none.
 */
int srpt_get_srq(struct srpt_device *sdev)
{
	int err = 0;

	mutex_lock(&sdev->mutex);
	if (!sdev->srq_users)
		err = create_srq(sdev);
	if (!err)
		sdev->srq_users++;
	mutex_unlock(&sdev->mutex);
	return err;
}

/**
 * srpt_put_srq - one less wants the shared receive queue
 * @sdev: the device; no queue pair of the caller uses the queue any more
 *
 * Context: sleeps.
 */
void srpt_put_srq(struct srpt_device *sdev)
{
	mutex_lock(&sdev->mutex);
	if (!--sdev->srq_users)
		destroy_srq(sdev);
	mutex_unlock(&sdev->mutex);
}

/*
 * srpt_event_handler - something happened to a device
 *
 * Context: any.
 */
static void srpt_event_handler(struct ib_event_handler *handler, struct ib_event *event)
{
	struct srpt_device *sdev = container_of(handler, struct srpt_device, event_handler);
	u32 port = event->element.port_num;

	switch (event->event) {
	case IB_EVENT_PORT_ACTIVE:
	case IB_EVENT_LID_CHANGE:
	case IB_EVENT_PKEY_CHANGE:
	case IB_EVENT_SM_CHANGE:
	case IB_EVENT_CLIENT_REREGISTER:
	case IB_EVENT_GID_CHANGE:
		if (!WARN_ON_ONCE(port < 1 || port > sdev->device->phys_port_cnt))
			queue_work(srpt_wq, &sdev->port[port - 1].refresh_work);
		break;
	default:
		pr_debug("%s: %s\n", dev_name(&sdev->device->dev), ib_event_msg(event->event));
		break;
	}
}

static bool takes_ib_cm(struct ib_device *device)
{
	u32 port;

	rdma_for_each_port(device, port)
		if (rdma_cap_ib_cm(device, port) &&
		    (srpt_roce_ib_cm || !rdma_protocol_roce(device, port)))
			return true;
	return false;
}

/*
 * InfiniBand's own connection manager is on RoCE, too. It knows nothing of name
 * spaces and of rdma_cm_port, which there is what opens a target and closes it: so
 * on RoCE it is listened to only if asked for.
 */
static int listen_ib_cm(struct srpt_device *sdev)
{
	struct ib_cm_id *cm_id;
	int err;

	if (!takes_ib_cm(sdev->device))
		return 0;

	cm_id = ib_create_cm_id(sdev->device, srpt_cm_handler, sdev);
	if (IS_ERR(cm_id))
		return PTR_ERR(cm_id);
	err = ib_cm_listen(cm_id, cpu_to_be64(srpt_service_guid));
	if (err) {
		ib_destroy_cm_id(cm_id);
		return err;
	}
	sdev->cm_id = cm_id;
	return 0;
}

static struct srpt_device *alloc_device(struct ib_device *device)
{
	struct srpt_device *sdev;
	u32 i;

	sdev = kzalloc(struct_size(sdev, port, device->phys_port_cnt), GFP_KERNEL);
	if (!sdev)
		return NULL;

	kref_init(&sdev->kref);
	mutex_init(&sdev->mutex);
	sdev->device = device;
	/* A completion queue has to have room for all of it, see qp.c. */
	sdev->srq_size = min3(srpt_srq_size, device->attrs.max_srq_wr, device->attrs.max_cqe / 2);
	for (i = 0; i < device->phys_port_cnt; i++)
		srpt_init_port(sdev, &sdev->port[i], i + 1);
	return sdev;
}

static int refresh_ports(struct srpt_device *sdev)
{
	int err;
	u32 i;

	for (i = 0; i < sdev->device->phys_port_cnt; i++) {
		err = srpt_refresh_port(&sdev->port[i]);
		if (err)
			return err;
	}
	return 0;
}

/*
 * srpt_add_one - there is a new RDMA device
 *
 * Return: 0 or an error, which leaves the device without a target.
 */
static int srpt_add_one(struct ib_device *device)
{
	struct srpt_device *sdev;
	int err;

	sdev = alloc_device(device);
	if (!sdev)
		return -ENOMEM;
	if (!srpt_service_guid)
		srpt_service_guid = be64_to_cpu(device->node_guid);

	sdev->pd = ib_alloc_pd(device, 0);
	if (IS_ERR(sdev->pd)) {
		err = PTR_ERR(sdev->pd);
		goto put_device;
	}

	err = refresh_ports(sdev);
	if (err)
		goto unregister_agents;

	INIT_IB_EVENT_HANDLER(&sdev->event_handler, device, srpt_event_handler);
	ib_register_event_handler(&sdev->event_handler);

	mutex_lock(&srpt_devices_mutex);
	list_add_tail(&sdev->entry, &srpt_devices);
	mutex_unlock(&srpt_devices_mutex);
	ib_set_client_data(device, &srpt_client, sdev);

	err = listen_ib_cm(sdev);
	if (err)
		pr_err("%s: no logins through the IB CM: error %d\n", dev_name(&device->dev), err);
	pr_debug("Target login info: id_ext=%016llx,ioc_guid=%016llx,pkey=ffff,service_id=%016llx\n",
		 srpt_service_guid, srpt_service_guid, srpt_service_guid);
	return 0;

unregister_agents:
	srpt_unregister_mad_agent(sdev);
	ib_dealloc_pd(sdev->pd);
put_device:
	srpt_put_device(sdev);
	pr_err("%s: cannot be used: error %d\n", dev_name(&device->dev), err);
	return err;
}

/*
 * srpt_remove_one - an RDMA device goes
 *
 * When this returns, no channel, session or work request is left on it.
 */
static void srpt_remove_one(struct ib_device *device, void *client_data)
{
	struct srpt_device *sdev = client_data;
	u32 i;

	if (sdev->cm_id)
		ib_destroy_cm_id(sdev->cm_id);
	ib_set_client_data(device, &srpt_client, NULL);
	mutex_lock(&srpt_devices_mutex);
	list_del(&sdev->entry);
	mutex_unlock(&srpt_devices_mutex);

	ib_unregister_event_handler(&sdev->event_handler);
	for (i = 0; i < device->phys_port_cnt; i++)
		cancel_work_sync(&sdev->port[i].refresh_work);
	srpt_unregister_mad_agent(sdev);
	srpt_listen_refresh();

	for (i = 0; i < device->phys_port_cnt; i++)
		srpt_release_sport(&sdev->port[i]);
	ib_dealloc_pd(sdev->pd);
	srpt_put_device(sdev);
}

struct ib_client srpt_client = {
	.name = KBUILD_MODNAME,
	.add = srpt_add_one,
	.remove = srpt_remove_one,
};
