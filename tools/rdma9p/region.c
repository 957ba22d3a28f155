// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the device may use: whole pages, all of one connection at once,
 * so that what a client costs is known when it is let in.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "gateway.h"

/**
 * region_make - get memory and register it
 * @region: the result
 * @pd: the connection's protection domain
 * @size: bytes
 *
 * Return: 0, or -1 after a message.
 */
int region_make(struct region *region, struct ibv_pd *pd, size_t size)
{
	void *base;

	base = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) {
		log_error("no memory (%zu KiB for a client): use a smaller --msize or --depth",
			  size >> 10);
		return -1;
	}

	region->mr = ibv_reg_mr(pd, base, size, IBV_ACCESS_LOCAL_WRITE);
	if (!region->mr) {
		log_error("cannot register %zu KiB for a client: %s; raise the limit of locked memory (ulimit -l), or use a smaller --msize or --depth",
			  size >> 10, strerror(errno));
		munmap(base, size);
		return -1;
	}
	region->base = base;
	region->size = size;
	return 0;
}

/**
 * region_free - undo region_make(), if it was done
 * @region: the memory, which no queue pair uses any more
 */
void region_free(struct region *region)
{
	if (!region->base)
		return;
	ibv_dereg_mr(region->mr);
	munmap(region->base, region->size);
	region->base = NULL;
}
