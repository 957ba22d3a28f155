// SPDX-License-Identifier: GPL-2.0
/*
 * Membership in IP multicast groups.
 *
 * Our driver joins the group of the GID that a queue pair is attached to.
 * Stock rdma_rxe does not, and the IP stack drops what is for no member.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>
#include "agent.h"

static int join(int fd, bool ipv4, const union ibv_gid *gid, uint32_t ifindex)
{
	struct ipv6_mreq six = { .ipv6mr_interface = ifindex };
	struct ip_mreqn four = { .imr_ifindex = ifindex };

	memcpy(&six.ipv6mr_multiaddr, gid->raw, 16);
	memcpy(&four.imr_multiaddr, gid->raw + 12, 4);
	return ipv4 ? setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof(four)) :
		      setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, sizeof(six));
}

int group_socket(const struct agent *ag, const union ibv_gid *gid)
{
	bool ipv4 = gid->raw[0] != 0xff;
	int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	int err;

	if (fd < 0 || !join(fd, ipv4, gid, ag->ifindex))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}
