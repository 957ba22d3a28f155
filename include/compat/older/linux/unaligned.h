/* SPDX-License-Identifier: GPL-2.0 */
/* Until 6.12 every architecture had its own; this file is read if there is no other. */
#ifndef RDMA_ANYWHERE_COMPAT_UNALIGNED_H
#define RDMA_ANYWHERE_COMPAT_UNALIGNED_H

#include <asm/unaligned.h>

#endif /* RDMA_ANYWHERE_COMPAT_UNALIGNED_H */
