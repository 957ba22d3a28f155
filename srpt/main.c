// SPDX-License-Identifier: GPL-2.0
/*
 * The SCSI RDMA Protocol target: LUNs of the kernel's SCSI target (LIO), for
 * initiators that come over RDMA.
 *
 * An initiator connects a queue pair and logs in, both in one exchange of the
 * connection manager. It then SENDs commands; the target fetches and stores
 * their data in the initiator's memory with RDMA READ and RDMA WRITE, and SENDs
 * responses. Every response carries credits for further commands.
 *
 * Where things are:
 *
 *	device.c	RDMA devices coming and going, shared receive queues
 *	port.c		their ports
 *	mad.c, dm.c	device management: being found, on InfiniBand
 *	configfs.c	what an administrator sets; info.c: what there is to see
 *	name.c		names of ports and initiators
 *	listen.c, cm.c	the connection managers and their events
 *	login.c		from a login request to a channel; session.c: who may
 *	channel.c	life and end of a channel; qp.c: its queues
 *	recv.c		what arrives; iu.c: what it has to look like
 *	cmd.c		commands; desc.c: where their data is; rdma.c: moving it
 *	tmf.c		task management
 *	response.c	answers
 *	ioctx.c		buffers, and the state of a command
 *	target.c	how the target core calls all that
 *
 * Contexts. Completions run in a work item of their completion queue, one at a
 * time; they may sleep, as the target core does. Events of the connection
 * managers run in process context too. Everything of a channel ends in its
 * release work (channel.c).
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include "srpt.h"

struct workqueue_struct *srpt_wq;
u64 srpt_service_guid;

unsigned int srp_max_req_size = SRPT_DEF_REQ_SIZE;
module_param(srp_max_req_size, uint, 0444);
MODULE_PARM_DESC(srp_max_req_size, "Largest SRP request, in bytes (at least 996)");

int srpt_srq_size = SRPT_DEF_SRQ_SIZE;
module_param(srpt_srq_size, int, 0444);
MODULE_PARM_DESC(srpt_srq_size, "Buffers of a shared receive queue (4 to 65535)");

bool srpt_roce_ib_cm;
module_param(srpt_roce_ib_cm, bool, 0444);
MODULE_PARM_DESC(srpt_roce_ib_cm, "Take logins of the IB CM on RoCE, too (default: on InfiniBand only)");

static int set_guid(const char *val, const struct kernel_param *kp)
{
	return kstrtou64(val, 16, (u64 *)kp->arg);
}

static int get_guid(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "0x%016llx\n", *(u64 *)kp->arg);
}

static const struct kernel_param_ops guid_ops = {
	.set = set_guid,
	.get = get_guid,
};

module_param_cb(srpt_service_guid, &guid_ops, &srpt_service_guid, 0444);
MODULE_PARM_DESC(srpt_service_guid,
		 "Name of the controller, 16 hexadecimal digits (default: node GUID of the first device)");

static int __init check_params(void)
{
	if (srp_max_req_size < SRPT_MIN_REQ_SIZE || srp_max_req_size > SRPT_MAX_RDMA_SIZE) {
		pr_err("srp_max_req_size=%u: has to be between %u and %u\n", srp_max_req_size,
		       SRPT_MIN_REQ_SIZE, SRPT_MAX_RDMA_SIZE);
		return -EINVAL;
	}
	if (srpt_srq_size < SRPT_MIN_SRQ_SIZE || srpt_srq_size > SRPT_MAX_SRQ_SIZE) {
		pr_err("srpt_srq_size=%d: has to be between %d and %d\n", srpt_srq_size,
		       SRPT_MIN_SRQ_SIZE, SRPT_MAX_SRQ_SIZE);
		return -EINVAL;
	}
	return 0;
}

static int __init make_req_buf_cache(void)
{
	char name[32];

	snprintf(name, sizeof(name), "srpt-%d", srpt_req_buf_size());
	srpt_req_buf_cache = kmem_cache_create(name, srpt_req_buf_size(), SRPT_IMM_ALIGN, 0, NULL);
	return srpt_req_buf_cache ? 0 : -ENOMEM;
}

/*
 * srpt_init_module - start
 *
 * The fabric comes before the devices: a device that is added may be logged in
 * to, and needs the target core then.
 *
 * Return: 0; -EINVAL for a parameter that cannot be; or what a registration says.
 */
static int __init srpt_init_module(void)
{
	int err;

	err = check_params();
	if (err)
		return err;

	err = make_req_buf_cache();
	if (err)
		return err;

	srpt_wq = alloc_workqueue("ib_srpt", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!srpt_wq) {
		err = -ENOMEM;
		goto destroy_cache;
	}

	err = target_register_template(&srpt_template);
	if (err)
		goto destroy_wq;

	err = ib_register_client(&srpt_client);
	if (err)
		goto unregister_template;
	return 0;

unregister_template:
	target_unregister_template(&srpt_template);
destroy_wq:
	destroy_workqueue(srpt_wq);
destroy_cache:
	kmem_cache_destroy(srpt_req_buf_cache);
	return err;
}

static void __exit srpt_cleanup_module(void)
{
	srpt_listen_set_port(0);
	ib_unregister_client(&srpt_client);
	target_unregister_template(&srpt_template);
	destroy_workqueue(srpt_wq);
	kmem_cache_destroy(srpt_req_buf_cache);
}

module_init(srpt_init_module);
module_exit(srpt_cleanup_module);
MODULE_AUTHOR("The RDMA anywhere authors");
MODULE_DESCRIPTION("SCSI RDMA Protocol target");
MODULE_LICENSE("Dual BSD/GPL");
