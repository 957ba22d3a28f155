// SPDX-License-Identifier: GPL-2.0
/*
 * rds-info: what the kernel tells about RDS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common.h"

static bool v6;

/* An element, which may be shorter or longer in other kernels. */
static void take(void *info, size_t room, const void *data, size_t size)
{
	memset(info, 0, room);
	memcpy(info, data, size < room ? size : room);
}

static const char *v4_text(uint32_t addr)
{
	static char texts[4][INET_ADDRSTRLEN];
	static int next;
	char *text = texts[next++ % 4];

	return inet_ntop(AF_INET, &addr, text, INET_ADDRSTRLEN) ?: "?";
}

static const char *v6_text(const void *addr)
{
	static char texts[4][INET6_ADDRSTRLEN];
	static int next;
	char *text = texts[next++ % 4];

	return inet_ntop(AF_INET6, addr, text, INET6_ADDRSTRLEN) ?: "?";
}

static void counter(const void *data, size_t size)
{
	struct rds_info_counter info;

	take(&info, sizeof(info), data, size);
	printf("%25.32s %16llu\n", info.name, (unsigned long long)info.value);
}

static const char *flags_text(int flags)
{
	static char text[4];

	text[0] = flags & RDS_INFO_CONNECTION_FLAG_SENDING ? 's' : '-';
	text[1] = flags & RDS_INFO_CONNECTION_FLAG_CONNECTING ? 'c' : '-';
	text[2] = flags & RDS_INFO_CONNECTION_FLAG_CONNECTED ? 'C' : '-';
	return text;
}

static void connection(const void *data, size_t size)
{
	struct rds_info_connection info;

	take(&info, sizeof(info), data, size);
	printf("%15s %15s %4u %16llu %16llu %s %.16s\n", v4_text(info.laddr),
	       v4_text(info.faddr), info.tos, (unsigned long long)info.next_tx_seq,
	       (unsigned long long)info.next_rx_seq, flags_text(info.flags), info.transport);
}

static void connection6(const void *data, size_t size)
{
	struct rds6_info_connection info;

	take(&info, sizeof(info), data, size);
	printf("%32s %32s %16llu %16llu %s %.16s\n", v6_text(&info.laddr),
	       v6_text(&info.faddr), (unsigned long long)info.next_tx_seq,
	       (unsigned long long)info.next_rx_seq, flags_text(info.flags), info.transport);
}

static void message(const void *data, size_t size)
{
	struct rds_info_message info;

	take(&info, sizeof(info), data, size);
	printf("%15s %5u %15s %5u %4u %16llu %10u\n", v4_text(info.laddr), ntohs(info.lport),
	       v4_text(info.faddr), ntohs(info.fport), info.tos,
	       (unsigned long long)info.seq, info.len);
}

static void message6(const void *data, size_t size)
{
	struct rds6_info_message info;

	take(&info, sizeof(info), data, size);
	printf("%32s %5u %32s %5u %4u %16llu %10u\n", v6_text(&info.laddr), ntohs(info.lport),
	       v6_text(&info.faddr), ntohs(info.fport), info.tos,
	       (unsigned long long)info.seq, info.len);
}

static void socket_info(const void *data, size_t size)
{
	struct rds_info_socket info;

	take(&info, sizeof(info), data, size);
	printf("%15s %5u %15s %5u %10u %10u %8llu\n", v4_text(info.bound_addr),
	       ntohs(info.bound_port), v4_text(info.connected_addr), ntohs(info.connected_port),
	       info.sndbuf, info.rcvbuf, (unsigned long long)info.inum);
}

static void socket6_info(const void *data, size_t size)
{
	struct rds6_info_socket info;

	take(&info, sizeof(info), data, size);
	printf("%32s %5u %32s %5u %10u %10u %8llu\n", v6_text(&info.bound_addr),
	       ntohs(info.bound_port), v6_text(&info.connected_addr),
	       ntohs(info.connected_port), info.sndbuf, info.rcvbuf,
	       (unsigned long long)info.inum);
}

static void ib(const void *data, size_t size)
{
	struct rds_info_rdma_connection info;

	take(&info, sizeof(info), data, size);
	printf("%15s %15s %4u %3u %32s %32s send_wr=%u recv_wr=%u send_sge=%u\n",
	       v4_text(info.src_addr), v4_text(info.dst_addr), info.tos, info.sl,
	       v6_text(info.src_gid),
	       v6_text(info.dst_gid), info.max_send_wr, info.max_recv_wr,
	       info.max_send_sge);
}

static void ib6(const void *data, size_t size)
{
	struct rds6_info_rdma_connection info;

	take(&info, sizeof(info), data, size);
	printf("%32s %32s %4u %3u send_wr=%u recv_wr=%u send_sge=%u\n",
	       v6_text(&info.src_addr), v6_text(&info.dst_addr), info.tos, info.sl,
	       info.max_send_wr, info.max_recv_wr, info.max_send_sge);
}

static void tcp(const void *data, size_t size)
{
	struct rds_info_tcp_socket info;

	take(&info, sizeof(info), data, size);
	printf("%15s %5u %15s %5u %10llu %10llu %10u %10u %10u\n", v4_text(info.local_addr),
	       ntohs(info.local_port), v4_text(info.peer_addr), ntohs(info.peer_port),
	       (unsigned long long)info.hdr_rem, (unsigned long long)info.data_rem,
	       info.last_sent_nxt, info.last_expected_una, info.last_seen_una);
}

static void tcp6(const void *data, size_t size)
{
	struct rds6_info_tcp_socket info;

	take(&info, sizeof(info), data, size);
	printf("%32s %5u %32s %5u %10llu %10llu %10u %10u %10u\n", v6_text(&info.local_addr),
	       ntohs(info.local_port), v6_text(&info.peer_addr), ntohs(info.peer_port),
	       (unsigned long long)info.hdr_rem, (unsigned long long)info.data_rem,
	       info.last_sent_nxt, info.last_expected_una, info.last_seen_una);
}

struct list {
	char letter;
	const char *title;
	int name, name6;
	void (*show)(const void *data, size_t size);
	void (*show6)(const void *data, size_t size);
	const char *module;
};

static const struct list lists[] = {
	{ 'c', "Counters:", RDS_INFO_COUNTERS, RDS_INFO_COUNTERS, counter, counter, "rds" },
	{ 'k', "RDS Sockets:  (bound, connected, send buffer, receive buffer, inode)",
	  RDS_INFO_SOCKETS, RDS6_INFO_SOCKETS, socket_info, socket6_info, "rds" },
	{ 'n', "RDS Connections:  (local, remote, tos, next tx, next rx, flags, transport)",
	  RDS_INFO_CONNECTIONS, RDS6_INFO_CONNECTIONS, connection, connection6, "rds" },
	{ 'r', "Receive Message Queue:  (local, remote, tos, sequence, bytes)",
	  RDS_INFO_RECV_MESSAGES, RDS6_INFO_RECV_MESSAGES, message, message6, "rds" },
	{ 's', "Send Message Queue:  (local, remote, tos, sequence, bytes)",
	  RDS_INFO_SEND_MESSAGES, RDS6_INFO_SEND_MESSAGES, message, message6, "rds" },
	{ 't', "Retransmit Message Queue:  (local, remote, tos, sequence, bytes)",
	  RDS_INFO_RETRANS_MESSAGES, RDS6_INFO_RETRANS_MESSAGES, message, message6, "rds" },
	{ 'I', "RDS IB Connections:  (local, remote, tos, sl, gids, queues)",
	  RDS_INFO_IB_CONNECTIONS, RDS6_INFO_IB_CONNECTIONS, ib, ib6, "rds_rdma" },
	{ 'T', "TCP Connections:  (local, remote, header, data, sent, expected, acknowledged)",
	  RDS_INFO_TCP_SOCKETS, RDS6_INFO_TCP_SOCKETS, tcp, tcp6, "rds_tcp" },
	{}
};

static void show(int sock, const struct list *list, bool asked_for)
{
	int name = v6 ? list->name6 : list->name, size;
	socklen_t len = 0;
	char *data = NULL, *item;

	while ((size = getsockopt(sock, SOL_RDS, name, data, &len)) < 0) {
		if (errno == ENOPROTOOPT) {
			if (asked_for)
				die("-%c: nobody can tell, without a %s that knows it%s",
				    list->letter, list->module,
				    list->name == RDS_INFO_TCP_SOCKETS ?
				    ": the kernel has one, this suite has none" : "");
			return;
		}
		if (errno != ENOSPC)
			die("-%c: %s", list->letter, strerror(errno));
		data = realloc(data, len);
		if (!data)
			die("no memory");
	}

	printf("\n%s\n", list->title);
	for (item = data; data && item + size <= data + len; item += size)
		(v6 ? list->show6 : list->show)(item, size);
	free(data);
}

static void usage(void)
{
	puts("usage: rds-info [-a] [-c] [-I] [-k] [-n] [-r] [-s] [-t] [-T]\n"
	     "\n"
	     "  -a  IPv6 as well\n"
	     "  -c  counters\n"
	     "  -I  RDMA connections\n"
	     "  -k  sockets\n"
	     "  -n  connections\n"
	     "  -r  messages that have not been read\n"
	     "  -s  messages that have not been sent\n"
	     "  -t  messages that have not been acknowledged\n"
	     "  -T  TCP connections, of the kernel's own rds_tcp\n"
	     "\n"
	     "With none of them, everything.");
}

int main(int argc, char **argv)
{
	bool wanted[256] = {}, any = false;
	const struct list *list;
	int c, sock;

	while ((c = getopt(argc, argv, "acIknrstTh")) >= 0) {
		if (c == 'h') {
			usage();
			return 0;
		}
		if (c == '?') {
			usage();
			return 2;
		}
		if (c == 'a') {
			v6 = true;
			continue;
		}
		wanted[c] = true;
		any = true;
	}
	sock = rds_socket(NULL);
	for (list = lists; list->letter; list++) {
		if (!any || wanted[(unsigned char)list->letter])
			show(sock, list, any);
	}
	close(sock);
	return 0;
}
