/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CRC-32 of Ethernet, as fast as this kernel can.
 */
#ifndef RVT_ROCE_CRC_H
#define RVT_ROCE_CRC_H

#include <linux/types.h>

/**
 * rvt_roce_crc_init() - find the fastest way
 *
 * Without this call, or without memory for it, everything works as well.
 *
 * Context: may sleep, before the first packet.
 */
void rvt_roce_crc_init(void);

/**
 * rvt_roce_crc_exit() - give back what rvt_roce_crc_init() has found
 *
 * Context: may sleep, after the last packet.
 */
void rvt_roce_crc_exit(void);

/**
 * rvt_roce_crc() - continue a CRC
 * @crc: register so far
 * @data: bytes to cover
 * @len: how many
 *
 * The same as crc32_le().
 *
 * Context: process or softirq, interrupts on.
 * Return: CRC register, not complemented.
 */
u32 rvt_roce_crc(u32 crc, const void *data, size_t len);

#endif /* RVT_ROCE_CRC_H */
