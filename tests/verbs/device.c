// SPDX-License-Identifier: GPL-2.0
/*
 * Finding the device and the GID to use on it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent.h"

static bool gid_is_ipv4(const union ibv_gid *gid)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid->raw, mapped, sizeof(mapped));
}

static bool gid_is_link_local(const union ibv_gid *gid)
{
	return gid->raw[0] == 0xfe && (gid->raw[1] & 0xc0) == 0x80;
}

int gid_of_address(const char *addr, union ibv_gid *gid)
{
	memset(gid, 0, sizeof(*gid));
	if (inet_pton(AF_INET6, addr, gid->raw) == 1)
		return 0;
	gid->raw[10] = 0xff;
	gid->raw[11] = 0xff;
	return inet_pton(AF_INET, addr, gid->raw + 12) == 1 ? 0 : EINVAL;
}

static bool gid_fits(const struct vt_open *o, const union ibv_gid *want,
		     const struct ibv_gid_entry *entry)
{
	if (entry->gid_type != IBV_GID_TYPE_ROCE_V2)
		return false;
	if (o->gid_index >= 0)
		return entry->gid_index == (uint32_t)o->gid_index;
	if (o->addr[0])
		return !memcmp(want, &entry->gid, sizeof(*want));
	if (o->ipv6)
		return !gid_is_ipv4(&entry->gid) && !gid_is_link_local(&entry->gid);
	return gid_is_ipv4(&entry->gid);
}

static int choose_gid(struct agent *ag, const struct vt_open *o)
{
	struct ibv_gid_entry entry[256];
	union ibv_gid want = {};
	ssize_t n, i;

	if (o->addr[0] && gid_of_address(o->addr, &want))
		return EINVAL;
	n = ibv_query_gid_table(ag->ctx, entry, 256, 0);
	for (i = 0; i < n; i++) {
		if (!gid_fits(o, &want, &entry[i]))
			continue;
		ag->info.gid = entry[i].gid;
		ag->info.gid_index = entry[i].gid_index;
		ag->ifindex = entry[i].ndev_ifindex;
		return 0;
	}
	return EADDRNOTAVAIL;
}

static struct ibv_context *open_named(const char *name, char *chosen, size_t room)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *ctx = NULL;
	int i;

	for (i = 0; list && list[i]; i++) {
		if (name[0] && strcmp(name, ibv_get_device_name(list[i])))
			continue;
		snprintf(chosen, room, "%s", ibv_get_device_name(list[i]));
		errno = 0;
		ctx = ibv_open_device(list[i]);
		break;
	}
	if (list)
		ibv_free_device_list(list);
	else
		errno = ENODEV;
	return ctx;
}

/* Its vendor id is that of everybody without one. */
static bool is_rxe(const char *name)
{
	char path[128], text[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/infiniband/%s/node_desc", name);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return !strcmp(text, "rxe\n");
}

static int describe(struct agent *ag)
{
	struct vt_info *info = &ag->info;
	struct ibv_device_attr dev;
	struct ibv_port_attr port;
	int rc = ibv_query_device(ag->ctx, &dev);

	if (!rc)
		rc = ibv_query_port(ag->ctx, 1, &port);
	if (rc)
		return rc;
	info->rxe = is_rxe(info->dev);
	info->active_mtu = port.active_mtu;
	info->port_state = port.state;
	info->gid_tbl_len = port.gid_tbl_len;
	info->max_msg_sz = port.max_msg_sz;
	info->max_sge = dev.max_sge;
	info->max_qp_wr = dev.max_qp_wr;
	info->max_cqe = dev.max_cqe;
	info->max_rd_atomic = dev.max_qp_rd_atom;
	info->max_srq_wr = dev.max_srq_wr;
	return 0;
}

int device_open(struct agent *ag, const struct vt_open *o)
{
	int i, rc;

	memset(&ag->info, 0, sizeof(ag->info));
	ag->ctx = open_named(o->dev, ag->info.dev, sizeof(ag->info.dev));
	if (!ag->ctx)
		return errno ? errno : ENODEV;
	rc = describe(ag);
	if (!rc)
		rc = choose_gid(ag, o);
	for (i = 0; !rc && i < AGENT_PDS; i++) {
		ag->pd[i] = ibv_alloc_pd(ag->ctx);
		if (!ag->pd[i])
			rc = errno;
	}
	return rc;
}
