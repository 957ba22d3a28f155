// SPDX-License-Identifier: GPL-2.0
/*
 * Private data of the connection manager: how two ends introduce themselves and
 * agree on a version (specification 9.2). The port tells which form it is in.
 */
#include <linux/module.h>
#include <net/ipv6.h>
#include "ib.h"

/* Minor versions that we understand, of either major one. */
#define MINOR_MASK	0x0003

static void write_tail(struct rds_ib_hello_tail *tail, const struct rds_ib_hello *hello)
{
	memset(tail, 0, sizeof(*tail));
	tail->major = hello->major;
	tail->minor = hello->minor;
	tail->minor_mask = cpu_to_be16(MINOR_MASK);
	tail->tos = hello->tos;
	tail->ack = cpu_to_be64(hello->ack);
	tail->credits = cpu_to_be32(hello->credits);
}

/**
 * rds_ib_hello_write - what to send
 * @wire: result
 * @hello: what to say
 * @isv6: in the form for IPv6
 *
 * Return: bytes of @wire that are used.
 */
size_t rds_ib_hello_write(union rds_ib_hello_wire *wire, const struct rds_ib_hello *hello,
			  bool isv6)
{
	if (!isv6) {
		wire->v4.saddr = hello->saddr.s6_addr32[3];
		wire->v4.daddr = hello->daddr.s6_addr32[3];
		write_tail(&wire->v4.tail, hello);
		return sizeof(wire->v4);
	}
	wire->v6.saddr = hello->saddr;
	wire->v6.daddr = hello->daddr;
	write_tail(&wire->v6.tail, hello);
	return sizeof(wire->v6);
}

static void read_tail(struct rds_ib_hello *hello, const struct rds_ib_hello_tail *tail)
{
	hello->major = tail->major;
	hello->minor = tail->minor;
	hello->minor_mask = be16_to_cpu(tail->minor_mask);
	hello->tos = tail->tos;
	hello->ack = be64_to_cpu(tail->ack);
	hello->credits = be32_to_cpu(tail->credits);
}

/**
 * rds_ib_hello_read - what the peer says
 * @hello: result
 * @data: as received
 * @len: its bytes
 * @isv6: in the form for IPv6
 *
 * Return: 0, or -EINVAL if there is less than a whole one.
 */
int rds_ib_hello_read(struct rds_ib_hello *hello, const void *data, size_t len, bool isv6)
{
	const union rds_ib_hello_wire *wire = data;

	memset(hello, 0, sizeof(*hello));
	/* What pads the structure need not be there. */
	if (!data || len < (isv6 ? sizeof(wire->v6) : sizeof(wire->v4)) -
			   sizeof_field(struct rds_ib_hello_tail, padding))
		return -EINVAL;
	if (isv6) {
		hello->saddr = wire->v6.saddr;
		hello->daddr = wire->v6.daddr;
		read_tail(hello, &wire->v6.tail);
	} else {
		ipv6_addr_set_v4mapped(wire->v4.saddr, &hello->saddr);
		ipv6_addr_set_v4mapped(wire->v4.daddr, &hello->daddr);
		read_tail(hello, &wire->v4.tail);
	}
	return 0;
}

/**
 * rds_ib_negotiate - which version to speak with a peer that asks
 * @hello: what it says
 *
 * Return: the version, or 0 if there is none that both understand.
 */
unsigned int rds_ib_negotiate(const struct rds_ib_hello *hello)
{
	u16 common = hello->minor_mask & MINOR_MASK;

	if (!hello->major)
		return RDS_PROTOCOL_4_0;
	if (hello->major == 4 && common)
		return RDS_PROTOCOL_4_0 | (fls(common) - 1);
	if (hello->major == 3 && hello->minor == 1)
		return RDS_PROTOCOL_3_1;
	return 0;
}
