/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm_flags_set(), as of 6.3.  Before that vm_flags was written to.
 */
#ifndef RDMA_ANYWHERE_COMPAT_MM_H
#define RDMA_ANYWHERE_COMPAT_MM_H

#include <linux/mm.h>

#ifndef COMPAT_HAVE_VM_FLAGS_SET
#define vm_flags_set(vma, flags)	((void)((vma)->vm_flags |= (flags)))
#endif

#endif /* RDMA_ANYWHERE_COMPAT_MM_H */
