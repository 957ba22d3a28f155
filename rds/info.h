/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to info.c and its unit tests.
 */
#ifndef RDMA_ANYWHERE_RDS_INFO_H
#define RDMA_ANYWHERE_RDS_INFO_H

#include "rds.h"

/**
 * struct rds_info_iterator - where elements go
 * @buffer: kernel memory
 * @room: its bytes
 * @used: those that are filled in
 */
struct rds_info_iterator {
	u8 *buffer;
	unsigned long room;
	unsigned long used;
};

int rds_info_collect(struct socket *sock, rds_info_func func, unsigned int len,
		     struct rds_info_iterator *iter, struct rds_info_lengths *lens);

#endif /* RDMA_ANYWHERE_RDS_INFO_H */
