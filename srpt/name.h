/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of ports, of both sides, as administrators write them.
 */
#ifndef SRPT_NAME_H
#define SRPT_NAME_H

#include <linux/types.h>
#include <rdma/ib_verbs.h>

int srpt_parse_i_port_id(u8 i_port_id[16], const char *name);
bool srpt_is_initiator_name(const char *name);
void srpt_format_guid(char *name, size_t size, __be64 guid);
void srpt_format_id(char *name, size_t size, const u8 *id);
bool srpt_is_gid_name(const char *name, const union ib_gid *gid);

#endif /* SRPT_NAME_H */
