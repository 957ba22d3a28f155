/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VT_AGENT_H
#define VT_AGENT_H

#include "vt.h"

#define AGENT_PDS	2	/* 0 is the usual one, 1 a stranger */

struct agent_mr {
	struct ibv_mr *mr;
	void *buf;
	size_t len;
};

struct agent_cq {
	struct ibv_cq *cq;
	struct ibv_comp_channel *channel;
};

/* Handle tables: slot 0 stays empty. */
struct agent {
	struct ibv_context *ctx;
	struct vt_info info;
	uint32_t ifindex;	/* of the interface with the GID */
	struct ibv_pd *pd[AGENT_PDS];
	struct agent_mr mr[65];
	struct agent_cq cq[33];
	struct ibv_srq *srq[9];
	struct ibv_qp *qp[129];
	struct ibv_ah *ah[33];
	struct ibv_mw *mw[9];
	struct agent_member {
		struct ibv_qp *qp;
		union ibv_gid gid;
		int fd;		/* a socket that is in the IP group */
	} member[17];		/* of multicast groups */
};

#define table_free(t) table_free_slot((t), sizeof(t) / sizeof((t)[0]), sizeof((t)[0]))
/* First empty slot of a handle table; a slot is empty when its first word is 0. */
uint32_t table_free_slot(const void *table, size_t n, size_t size);

/* raw.c: 0 or a positive errno */
int raw_rereg_mr(struct ibv_pd *pd, struct ibv_mr *mr, uint32_t flags, void *buf, size_t len,
		 uint32_t access);
int raw_mw(struct ibv_pd *pd, uint32_t type);
int raw_post_nothing(struct ibv_qp *qp);

/* device.c */
int device_open(struct agent *ag, const struct vt_open *o);

/* group.c: for ends whose driver leaves the IP group to its users; -1 and errno */
int group_socket(const struct agent *ag, const union ibv_gid *gid);

#endif
