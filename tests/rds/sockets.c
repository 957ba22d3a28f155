// SPDX-License-Identifier: GPL-2.0
/*
 * Cases about the socket interface: every error that the manual promises, and
 * what must work beside it.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "rdst.h"

static void create(void)
{
	fails(ESOCKTNOSUPPORT, socket(AF_RDS, SOCK_DGRAM, 0));
	fails(ESOCKTNOSUPPORT, socket(AF_RDS, SOCK_STREAM, 0));
	fails(ESOCKTNOSUPPORT, socket(AF_RDS, SOCK_SEQPACKET, 17));
	close(rds_socket());
}

static int bind_v4(int sock, uint32_t addr, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port),
				   .sin_addr.s_addr = htonl(addr) };

	return bind(sock, (struct sockaddr *)&sin, sizeof(sin));
}

static void binding(void)
{
	struct sockaddr_storage name;
	int sock = rds_socket(), other = rds_socket();
	uint16_t port;

	fails(EINVAL, bind(sock, (struct sockaddr *)&here, 1));
	fails(EINVAL, bind(sock, (struct sockaddr *)&here, name_len - 1));
	name = here;
	name.ss_family = AF_UNIX;
	fails(EINVAL, bind(sock, (struct sockaddr *)&name, name_len));
	fails(EINVAL, bind_v4(sock, INADDR_ANY, 4000));
	fails(EINVAL, bind_v4(sock, INADDR_BROADCAST, 4000));
	fails(EINVAL, bind_v4(sock, 0xe0000001, 4000));
	fails(EADDRNOTAVAIL, bind_v4(sock, 0xc6336401, 4000));
	with_port(&name, &here, 1);
	fails(EINVAL, bind(sock, (struct sockaddr *)&name, name_len));

	with_port(&name, &here, 0);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	port = port_of(sock);
	ok(port > 1);
	fails(EINVAL, bind(sock, (struct sockaddr *)&name, name_len));
	with_port(&name, &here, port);
	fails(EADDRINUSE, bind(other, (struct sockaddr *)&name, name_len));
	close(sock);
	ok(!bind(other, (struct sockaddr *)&name, name_len));
	close(other);
}

static void connecting(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	int sock = rds_socket();

	fails(ENOTCONN, getpeername(sock, (struct sockaddr *)&name, &len));
	fails(EINVAL, connect(sock, (struct sockaddr *)&sin, 1));
	fails(EDESTADDRREQ, connect(sock, (struct sockaddr *)&sin, sizeof(sin)));
	sin.sin_addr.s_addr = htonl(0xe0000001);
	fails(EINVAL, connect(sock, (struct sockaddr *)&sin, sizeof(sin)));
	sin.sin_family = AF_UNSPEC;
	fails(EAFNOSUPPORT, connect(sock, (struct sockaddr *)&sin, sizeof(sin)));
	fails(EPROTOTYPE, connect(sock, (struct sockaddr *)&sin6, sizeof(sin6)));
	sin6.sin6_addr.s6_addr[0] = 0xfe;
	sin6.sin6_addr.s6_addr[1] = 0x80;
	sin6.sin6_addr.s6_addr[15] = 1;
	fails(EINVAL, connect(sock, (struct sockaddr *)&sin6, sizeof(sin6)));

	ok(!getsockname(sock, (struct sockaddr *)&name, &len));
	ok(name.ss_family == AF_UNSPEC);
	with_port(&name, &there, 4711);
	ok(!connect(sock, (struct sockaddr *)&name, name_len));
	with_port(&name, &there, 4712);
	ok(!connect(sock, (struct sockaddr *)&name, name_len));
	memset(&name, 0xff, sizeof(name));
	len = sizeof(name);
	ok(!getpeername(sock, (struct sockaddr *)&name, &len));
	ok(len == name_len && name.ss_family == there.ss_family);
	fails(ENOTCONN, send(sock, "x", 1, 0));
	close(sock);
}

static void absent(void)
{
	int sock = rds_socket(), pair[2];

	fails(EOPNOTSUPP, listen(sock, 1));
	fails(EOPNOTSUPP, accept(sock, NULL, NULL));
	fails(EOPNOTSUPP, shutdown(sock, SHUT_RDWR));
	fails(EOPNOTSUPP, socketpair(AF_RDS, SOCK_SEQPACKET, 0, pair));
	close(sock);
}

static void send_errors(void)
{
	struct sockaddr_storage to, other = {};
	int sock = rds_socket();
	char byte = 'x';

	with_port(&to, &there, 4000);
	fails(ENOTCONN, sendto(sock, &byte, 1, 0, (struct sockaddr *)&to, name_len));
	close(sock);

	sock = bound_socket(0);
	fails(ENOTCONN, send(sock, &byte, 1, 0));
	fails(EOPNOTSUPP, sendto(sock, &byte, 1, MSG_NOSIGNAL, (struct sockaddr *)&to, name_len));
	fails(EINVAL, sendto(sock, &byte, 1, 0, (struct sockaddr *)&to, 15));
	other.ss_family = AF_UNIX;
	fails(EINVAL, sendto(sock, &byte, 1, 0, (struct sockaddr *)&other, name_len));
	other.ss_family = AF_INET;
	fails(EINVAL, sendto(sock, &byte, 1, 0, (struct sockaddr *)&other, name_len));
	if (there.ss_family == AF_INET) {
		struct sockaddr_in6 *sin6 = (void *)&other;

		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr.s6_addr[15] = 1;
		fails(EOPNOTSUPP, sendto(sock, &byte, 1, 0, (struct sockaddr *)&other,
					 sizeof(*sin6)));
		ok(!connect(sock, (struct sockaddr *)&other, sizeof(*sin6)));
		fails(EOPNOTSUPP, send(sock, &byte, 1, 0));
	}
	fails(EFAULT, sendto(sock, (void *)8, 1, 0, (struct sockaddr *)&to, name_len));
	close(sock);
}

/* Flags that mean nothing here are refused, not ignored. */
static void send_flags(void)
{
	static const int refused[] = { MSG_OOB, MSG_PEEK, MSG_DONTROUTE, MSG_CTRUNC, MSG_PROXY,
				       MSG_TRUNC, MSG_EOR, MSG_WAITALL, MSG_FIN, MSG_SYN,
				       MSG_CONFIRM, MSG_RST, MSG_ERRQUEUE, MSG_NOSIGNAL, MSG_MORE,
				       MSG_WAITFORONE, MSG_FASTOPEN, MSG_CMSG_CLOEXEC };
	int sock = bound_socket(0), receiver = bound_socket(0), one = 1;
	struct sockaddr_storage to;
	size_t i;
	char byte;

	with_port(&to, &here, port_of(receiver));
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		fails(EOPNOTSUPP, sendto(sock, "x", 1, refused[i], (struct sockaddr *)&to, name_len));
	/* Nothing can be sent without copying, and a cookie would be missing. */
	fails(EINVAL, sendto(sock, "x", 1, MSG_ZEROCOPY, (struct sockaddr *)&to, name_len));
	if (!setsockopt(sock, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		fails(EOPNOTSUPP, sendto(sock, "x", 1, MSG_ZEROCOPY, (struct sockaddr *)&to,
					 name_len));
	ok(sendto(sock, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to, name_len) == 1);
	ok(recv(receiver, &byte, 1, 0) == 1);
	wait_quiet(receiver);
	close(sock);
	close(receiver);
}

static void sizes(void)
{
	static uint8_t data[(1 << 20) + 1];
	struct sockaddr_storage to;
	int sock = bound_socket(0), receiver = bound_socket(0);
	int big = 4 << 20, value;
	socklen_t len = sizeof(value);

	with_port(&to, &here, port_of(receiver));
	ok(!setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)));
	ok(!setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big)));
	fails(EMSGSIZE, sendto(sock, data, sizeof(data), 0, (struct sockaddr *)&to, name_len));
	fill(data, 1 << 20, 1);
	ok(sendto(sock, data, 1 << 20, 0, (struct sockaddr *)&to, name_len) == 1 << 20);
	memset(data, 0, sizeof(data));
	ok(recv(receiver, data, sizeof(data), 0) == 1 << 20);
	ok(is_filled(data, 1 << 20, 1));

	/* Another one: what is not acknowledged yet counts against its buffer. */
	close(sock);
	sock = bound_socket(0);
	set_buffers(sock, 8192, 0);
	ok(!getsockopt(sock, SOL_SOCKET, SO_SNDBUF, &value, &len));
	ok(value == 16384);
	fails(EMSGSIZE, sendto(sock, data, 8193, 0, (struct sockaddr *)&to, name_len));
	ok(sendto(sock, data, 8192, 0, (struct sockaddr *)&to, name_len) == 8192);
	ok(recv(receiver, data, sizeof(data), 0) == 8192);

	ok(sendto(sock, data, 0, 0, (struct sockaddr *)&to, name_len) == 0);
	wait_readable(receiver);
	ok(recv(receiver, data, sizeof(data), MSG_DONTWAIT) == 0);
	wait_quiet(receiver);
	close(sock);
	close(receiver);
}

static int set(int sock, int name, const void *value, socklen_t len)
{
	return setsockopt(sock, SOL_RDS, name, value, len);
}

static void options(void)
{
	int sock = rds_socket(), one = 1, value, minus = -1, three = 3;
	struct rds_rx_trace_so trace = { 1, { 3 } }, good = { 3, { 0, 1, 2 } };
	struct rds_get_mr_args mr = {};
	struct rds_free_mr_args free_mr = {};
	socklen_t len = sizeof(value);

	fails(ENOPROTOOPT, setsockopt(sock, SOL_IP, 1, &one, sizeof(one)));
	fails(ENOPROTOOPT, set(sock, 4, &one, sizeof(one)));
	fails(ENOPROTOOPT, set(sock, 9, &one, sizeof(one)));
	fails(EINVAL, set(sock, RDS_RECVERR, &one, 3));
	ok(!set(sock, RDS_RECVERR, &one, 4));
	ok(!getsockopt(sock, SOL_RDS, RDS_RECVERR, &value, &len) && value == 1 && len == 4);
	len = 3;
	fails(EINVAL, getsockopt(sock, SOL_RDS, RDS_RECVERR, &value, &len));
	fails(ENOPROTOOPT, getsockopt(sock, SOL_RDS, RDS_CONG_MONITOR, &value, &len));
	fails(EINVAL, set(sock, RDS_CONG_MONITOR, &one, 3));
	ok(!set(sock, RDS_CONG_MONITOR, &one, 4));
	ok(!set(sock, RDS_CONG_MONITOR, &one, 4));

	fails(EFAULT, set(sock, SO_RDS_MSG_RXPATH_LATENCY, &trace, sizeof(trace)));
	trace.rx_traces = 4;
	fails(EFAULT, set(sock, SO_RDS_MSG_RXPATH_LATENCY, &trace, sizeof(trace)));
	ok(!set(sock, SO_RDS_MSG_RXPATH_LATENCY, &good, sizeof(good)));
	fails(EFAULT, set(sock, SO_TIMESTAMP, &one, 3));
	ok(!set(sock, SO_TIMESTAMP, &one, 4));

	len = sizeof(value);
	ok(!getsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &value, &len) && value == -1);
	fails(EINVAL, set(sock, SO_RDS_TRANSPORT, &one, 2));
	fails(EINVAL, set(sock, SO_RDS_TRANSPORT, &minus, 4));
	fails(EINVAL, set(sock, SO_RDS_TRANSPORT, &three, 4));
	fails(ENOPROTOOPT, set(sock, SO_RDS_TRANSPORT, &one, 4));
	fails(ENOTCONN, set(sock, RDS_CANCEL_SENT_TO, &there, name_len));
	fails(EINVAL, set(sock, RDS_GET_MR, &mr, sizeof(mr) - 1));
	fails(ENOTCONN, set(sock, RDS_GET_MR, &mr, sizeof(mr)));
	fails(EINVAL, set(sock, RDS_FREE_MR, &free_mr, sizeof(free_mr) + 1));
	fails(EINVAL, set(sock, RDS_FREE_MR, &free_mr, sizeof(free_mr)));
	free_mr.cookie = 99;
	fails(EINVAL, set(sock, RDS_FREE_MR, &free_mr, sizeof(free_mr)));
	close(sock);

	sock = bound_socket(0);
	ok(!getsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &value, &len));
	fails(EOPNOTSUPP, set(sock, SO_RDS_TRANSPORT, &value, 4));
	fails(EINVAL, set(sock, RDS_CANCEL_SENT_TO, &there, 15));
	fails(EFAULT, set(sock, RDS_CANCEL_SENT_TO, (void *)8, 16));
	ok(!set(sock, RDS_CANCEL_SENT_TO, &there, name_len));
	close(sock);
}

static void tos(void)
{
	int sock = rds_socket();
	unsigned char byte = 5;

	fails(ENOTTY, ioctl(sock, SIOCRDSSETTOS, &byte));
	ok(!ioctl(sock, SIOCRDSGETTOS, &byte) && byte == 0);
	fails(EFAULT, ioctl(sock, SIOCRDSGETTOS, (void *)8));
	fails(ENOTTY, ioctl(sock, SIOCRDSGETTOS + 1, &byte));
	close(sock);
}

/* Every list at every size of the buffer around what it needs. */
static void one_list(int name)
{
	static char buffer[1 << 20];
	int sock = bound_socket(0), size, i;
	socklen_t len = 0, all;

	size = getsockopt(sock, SOL_RDS, name, NULL, &len);
	if (size < 0 && errno == ENOPROTOOPT)
		goto out;
	ok(size > 0 || errno == ENOSPC);
	all = len;
	ok(all <= sizeof(buffer));
	for (i = -1; i <= 1; i++) {
		len = all + i * (size > 0 ? size : 1);
		if ((int)len < 0 || len > sizeof(buffer))
			continue;
		memset(buffer, 0xa5, sizeof(buffer));
		size = getsockopt(sock, SOL_RDS, name, buffer, &len);
		ok(size > 0 || errno == ENOSPC);
		ok(len == all);
		ok((uint8_t)buffer[all + 64] == 0xa5);
	}
	len = all;
	if (all)
		fails(EFAULT, getsockopt(sock, SOL_RDS, name, (void *)8, &len));
	len = -1;
	fails(EINVAL, getsockopt(sock, SOL_RDS, name, buffer, &len));
	len = INT32_MAX;
	fails(EINVAL, getsockopt(sock, SOL_RDS, name, buffer, &len));
	fails(EFAULT, getsockopt(sock, SOL_RDS, name, buffer, (void *)8));
out:
	close(sock);
}

static void lists(void)
{
	socklen_t len = 0;
	int sock, name;

	for (name = RDS_INFO_FIRST; name <= RDS_INFO_LAST; name++)
		one_list(name);
	sock = rds_socket();
	fails(ENOPROTOOPT, getsockopt(sock, SOL_RDS, 10002, NULL, &len));
	fails(ENOPROTOOPT, getsockopt(sock, SOL_RDS, 10009, NULL, &len));
	fails(ENOPROTOOPT, getsockopt(sock, SOL_RDS, 10018, NULL, &len));
	close(sock);
}

/* HERE is a loopback address, and THERE another host's. */
static void elsewhere(void)
{
	struct sockaddr_storage to;
	int sock = bound_socket(0);

	with_port(&to, &there, 4000);
	fails(ENETUNREACH, sendto(sock, "x", 1, 0, (struct sockaddr *)&to, name_len));
	with_port(&to, &there, 0);
	fails(ENETUNREACH, sendto(sock, "x", 1, 0, (struct sockaddr *)&to, name_len));
	ok(!connect(sock, (struct sockaddr *)&to, name_len));
	fails(ENETUNREACH, send(sock, "x", 1, 0));
	close(sock);
}

/* THERE is of IPv6, and the kernel has none. */
static void no_ipv6(void)
{
	int sock = rds_socket(), v4 = bound_socket(0), infiniband = 0;
	struct rds_get_mr_args mr = { { (uintptr_t)&infiniband, 4 }, 0, 0 };
	struct sockaddr_storage name;

	fails(EAFNOSUPPORT, socket(AF_INET6, SOCK_DGRAM, 0));
	with_port(&name, &there, 4000);
	fails(EADDRNOTAVAIL, bind(sock, (struct sockaddr *)&name, sizeof(struct sockaddr_in6)));
	fails(ENOTCONN, set(sock, RDS_GET_MR, &mr, sizeof(mr)));
	ok(!set(sock, SO_RDS_TRANSPORT, &infiniband, sizeof(infiniband)));
	fails(ENOPROTOOPT, bind(sock, (struct sockaddr *)&name, sizeof(struct sockaddr_in6)));
	ok(!connect(sock, (struct sockaddr *)&name, sizeof(struct sockaddr_in6)));
	fails(ENOTCONN, send(sock, "x", 1, 0));
	fails(EOPNOTSUPP, sendto(v4, "x", 1, 0, (struct sockaddr *)&name,
				 sizeof(struct sockaddr_in6)));
	ok(!set(v4, RDS_CANCEL_SENT_TO, &name, sizeof(struct sockaddr_in6)));
	close(sock);
	close(v4);
}

const struct test socket_tests[] = {
	{ "sockets/create", create },
	{ "sockets/bind", binding },
	{ "sockets/connect", connecting },
	{ "sockets/absent", absent },
	{ "sockets/send-errors", send_errors },
	{ "sockets/send-flags", send_flags },
	{ "sockets/sizes", sizes },
	{ "sockets/options", options },
	{ "sockets/tos", tos },
	{ "sockets/lists", lists },
	{ "rdma-elsewhere", elsewhere },
	{ "rdma-no-ipv6", no_ipv6 },
	{}
};
