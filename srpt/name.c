// SPDX-License-Identifier: GPL-2.0
/*
 * Names of ports.
 *
 * A port of this machine is a directory in configfs, named after one of its
 * GIDs: all of it, 0x and 32 hexadecimal digits, which is what targetcli
 * writes; or its interface identifier, four groups of four digits.
 *
 * An initiator is admitted by an ACL with one of its names: the initiator port
 * identifier of the login, with or without 0x; the GID that it comes from, or
 * its interface identifier, in the two forms above; or the IP address that it
 * comes from. Names are compared as text, in lower case.
 */

#include <linux/inet.h>
#include <linux/kernel.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include "name.h"

/**
 * srpt_parse_i_port_id - read an initiator port identifier
 * @i_port_id: where to write it
 * @name: hexadecimal digits, an even number of them, with or without 0x; those
 *	beyond 32 are not read, and missing ones are zeroes on the left
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int srpt_parse_i_port_id(u8 i_port_id[16], const char *name)
{
	size_t bytes;

	if (strncasecmp(name, "0x", 2) == 0)
		name += 2;
	bytes = strlen(name);
	if (!bytes || bytes % 2)
		return -EINVAL;

	bytes = min_t(size_t, bytes / 2, 16);
	memset(i_port_id, 0, 16 - bytes);
	return hex2bin(i_port_id + 16 - bytes, name, bytes) ? -EINVAL : 0;
}

/* Four groups of hexadecimal digits, and nothing after them. */
static bool is_guid_name(const char *name)
{
	u16 word[4];
	char rest;

	return sscanf(name, "%hx:%hx:%hx:%hx%c", &word[0], &word[1], &word[2], &word[3],
		      &rest) == 4;
}

/**
 * srpt_is_initiator_name - can an initiator have this name?
 * @name: the name
 *
 * Context: process context.
 * Return: whether it has one of the forms above.
 */
bool srpt_is_initiator_name(const char *name)
{
	struct sockaddr_storage ss;
	u8 i_port_id[16];

	return is_guid_name(name) || !srpt_parse_i_port_id(i_port_id, name) ||
	       !inet_pton_with_scope(&init_net, AF_UNSPEC, name, NULL, &ss);
}

/**
 * srpt_format_guid - an interface identifier as text
 * @name: where to write it
 * @size: bytes there
 * @guid: the identifier
 *
 * Context: any.
 */
void srpt_format_guid(char *name, size_t size, __be64 guid)
{
	const __be16 *word = (const __be16 *)&guid;

	snprintf(name, size, "%04x:%04x:%04x:%04x", be16_to_cpu(word[0]), be16_to_cpu(word[1]),
		 be16_to_cpu(word[2]), be16_to_cpu(word[3]));
}

/**
 * srpt_format_id - 16 bytes as text
 * @name: where to write it
 * @size: bytes there
 * @id: a port identifier, or a GID
 *
 * Context: any.
 */
void srpt_format_id(char *name, size_t size, const u8 *id)
{
	snprintf(name, size, "0x%16phN", id);
}

/**
 * srpt_is_gid_name - is this the name of a port with that GID?
 * @name: of a directory
 * @gid: the GID
 *
 * Context: any.
 * Return: whether it is, in either form.
 */
bool srpt_is_gid_name(const char *name, const union ib_gid *gid)
{
	char text[36];

	srpt_format_id(text, sizeof(text), gid->raw);
	if (!strcmp(name, text))
		return true;
	srpt_format_guid(text, sizeof(text), gid->global.interface_id);
	return !strcmp(name, text);
}
