/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RVT_PORT_H
#define RVT_PORT_H

#include <rdma/rdma_vt.h>

int rvt_query_port(struct ib_device *ibdev, u32 port_num,
		   struct ib_port_attr *props);
int rvt_modify_port(struct ib_device *ibdev, u32 port_num, int mask,
		    struct ib_port_modify *change);
int rvt_query_pkey(struct ib_device *ibdev, u32 port_num, u16 index,
		   u16 *pkey);
int rvt_query_gid(struct ib_device *ibdev, u32 port_num, int index,
		  union ib_gid *gid);
int rvt_get_port_immutable(struct ib_device *ibdev, u32 port_num,
			   struct ib_port_immutable *immutable);

#endif /* RVT_PORT_H */
