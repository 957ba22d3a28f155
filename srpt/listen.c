// SPDX-License-Identifier: GPL-2.0
/*
 * Listening for logins through the RDMA CM, on all devices.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <net/net_namespace.h>
#include "srpt.h"

/* Guards the listener and its port. */
static DEFINE_MUTEX(srpt_listen_mutex);
static struct rdma_cm_id *srpt_listener;
static u16 srpt_rdma_cm_port;

#define BACKLOG		128

/* Listen on [::]:port, which takes IPv4 too; or, without IPv6, on 0.0.0.0:port. */
static int bind_any(struct rdma_cm_id *cm_id, u16 port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = cpu_to_be16(port),
	};
	struct sockaddr_in in4 = {
		.sin_family = AF_INET,
		.sin_port = cpu_to_be16(port),
	};
	int err;

	err = rdma_bind_addr(cm_id, (struct sockaddr *)&in6);
	if (err)
		err = rdma_bind_addr(cm_id, (struct sockaddr *)&in4);
	return err;
}

static struct rdma_cm_id *listen_on(u16 port)
{
	struct rdma_cm_id *cm_id;
	int err;

	cm_id = rdma_create_id(&init_net, srpt_rdma_cm_handler, NULL, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(cm_id))
		return cm_id;

	err = bind_any(cm_id, port);
	if (!err)
		err = rdma_listen(cm_id, BACKLOG);
	if (err) {
		pr_err("cannot listen on port %u of the RDMA CM: error %d\n", port, err);
		rdma_destroy_id(cm_id);
		return ERR_PTR(err);
	}
	return cm_id;
}

/**
 * srpt_listen_set_port - where the RDMA CM takes logins
 * @port: of RDMA_PS_TCP; 0: nowhere
 *
 * Connections stay. If it cannot be listened on @port, all stays as it is.
 *
 * Context: sleeps.
 * Return: 0 or an error of the RDMA CM.
 */
int srpt_listen_set_port(u16 port)
{
	struct rdma_cm_id *cm_id = NULL;
	int err = 0;

	mutex_lock(&srpt_listen_mutex);
	if (port == srpt_rdma_cm_port)
		goto unlock;
	if (port) {
		cm_id = listen_on(port);
		if (IS_ERR(cm_id)) {
			err = PTR_ERR(cm_id);
			goto unlock;
		}
	}
	if (srpt_listener)
		rdma_destroy_id(srpt_listener);
	srpt_listener = cm_id;
	srpt_rdma_cm_port = port;
unlock:
	mutex_unlock(&srpt_listen_mutex);
	return err;
}

/**
 * srpt_listen_port - where the RDMA CM takes logins
 *
 * Context: sleeps.
 * Return: the port, or 0.
 */
u16 srpt_listen_port(void)
{
	u16 port;

	mutex_lock(&srpt_listen_mutex);
	port = srpt_rdma_cm_port;
	mutex_unlock(&srpt_listen_mutex);
	return port;
}
