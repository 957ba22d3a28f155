// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver has to bring along.
 *
 * Each verb of the library calls some of the driver's functions without a
 * second look, so a driver without them is refused when it registers.  A
 * driver that supplies a verb itself need not supply what only the library's
 * version of that verb calls.  Section 3 of the interface specification, less
 * what nothing here calls: get_pci_dev, free_all_qps, modify_device and
 * port_groups are optional.
 */
#include "rdmavt.h"
#include "device.h"

/* Offsets are counted from 1, so that 0 ends a list or means "always". */
#define OP(name)	(offsetof(typeof_member(struct ib_device, ops), name) + 1)
#define CALLBACK(name)	{ offsetof(struct rvt_driver_provided, name) + 1, #name }

struct callback {
	size_t where;
	const char *name;
};

static const struct {
	size_t op;
	const char *verb;
	struct callback needs[8];
} rules[] = {
	{ 0, "every device", {
		CALLBACK(notify_qp_reset),
		CALLBACK(notify_restart_rc),
		CALLBACK(qp_priv_alloc),
		CALLBACK(qp_priv_free),
	} },
	{ OP(create_qp), "create_qp", {
		CALLBACK(flush_qp_waiters),
		CALLBACK(quiesce_qp),
		CALLBACK(stop_send_queue),
	} },
	{ OP(modify_qp), "modify_qp", {
		CALLBACK(flush_qp_waiters),
		CALLBACK(get_pmtu_from_attr),
		CALLBACK(mtu_from_qp),
		CALLBACK(mtu_to_path_mtu),
		CALLBACK(notify_error_qp),
		CALLBACK(quiesce_qp),
		CALLBACK(schedule_send),
		CALLBACK(stop_send_queue),
	} },
	{ OP(destroy_qp), "destroy_qp", {
		CALLBACK(flush_qp_waiters),
		CALLBACK(quiesce_qp),
		CALLBACK(stop_send_queue),
	} },
	{ OP(query_qp), "query_qp", {
		CALLBACK(mtu_to_path_mtu),
	} },
	{ OP(post_send), "post_send", {
		CALLBACK(do_send),
		CALLBACK(schedule_send),
		CALLBACK(schedule_send_no_lock),
	} },
	{ OP(query_port), "query_port", {
		CALLBACK(query_port_state),
	} },
	{ OP(modify_port), "modify_port", {
		CALLBACK(cap_mask_chg),
		CALLBACK(shut_down_port),
	} },
};

/* The core reads the GIDs of RoCE ports from its own table. */
static const struct callback guid_callback = CALLBACK(get_guid_be);

static bool provided(const void *table, size_t where)
{
	return memchr_inv(table + where - 1, 0, sizeof(void (*)(void)));
}

static bool has(struct rvt_dev_info *rdi, const struct callback *callback,
		const char *verb)
{
	if (provided(&rdi->driver_f, callback->where))
		return true;
	ibdev_err(&rdi->ibdev,
		  "not registered: its driver lacks the callback %s, which %s needs\n",
		  callback->name, verb);
	return false;
}

static bool gids_supported(struct rvt_dev_info *rdi)
{
	const u32 roce = RDMA_CORE_CAP_PROT_ROCE |
			 RDMA_CORE_CAP_PROT_ROCE_UDP_ENCAP;

	return rdi->ibdev.ops.query_gid ||
	       (rdi->dparms.core_cap_flags & roce) ||
	       has(rdi, &guid_callback, "query_gid");
}

/**
 * rvt_device_supported - does the driver supply what the library will call
 * @rdi: the device, its driver's ops set, the library's not yet
 *
 * Return: true, or false after having logged the first thing missing.
 */
bool rvt_device_supported(struct rvt_dev_info *rdi)
{
	const struct callback *need;
	int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].op && provided(&rdi->ibdev.ops, rules[i].op))
			continue;
		for (need = rules[i].needs;
		     need < rules[i].needs + ARRAY_SIZE(rules[i].needs) &&
		     need->where; need++)
			if (!has(rdi, need, rules[i].verb))
				return false;
	}
	return gids_supported(rdi);
}
