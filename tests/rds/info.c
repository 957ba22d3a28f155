// SPDX-License-Identifier: GPL-2.0
/*
 * Cases about what RDS_INFO_* lists say: for every list, that it tells the truth
 * about sockets, connections and messages of this process. HERE and THERE are
 * addresses of RDMA devices of this host; IPv4 is in both forms of each list.
 */
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rdst.h"

#define MOST	1048576

/* The elements of a list; @data is valid until the next one is read. */
struct list {
	const uint8_t *data;
	size_t size, count;
};

static struct list read_list(int name)
{
	static uint8_t data[MOST];
	int sock = rds_socket(), size;
	socklen_t len = sizeof(data);

	size = getsockopt(sock, SOL_RDS, name, data, &len);
	ok(size > 0 && len % size == 0);
	close(sock);
	return (struct list){ data, size, len / size };
}

static bool is_v4(void)
{
	return here.ss_family == AF_INET;
}

/* IPv4 addresses are mapped ones here. */
static bool same6(const void *addr, const struct sockaddr_storage *ss)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (ss->ss_family == AF_INET)
		memcpy(&mapped.s6_addr[12], &((struct sockaddr_in *)ss)->sin_addr, 4);
	else
		mapped = ((struct sockaddr_in6 *)ss)->sin6_addr;
	return !memcmp(addr, &mapped, sizeof(mapped));
}

static bool same4(uint32_t addr, const struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET &&
	       ((struct sockaddr_in *)ss)->sin_addr.s_addr == addr;
}

/* Messages of @len bytes from @lport to @fport in a list of the first form. */
static unsigned int messages4(int name, const struct sockaddr_storage *local, uint16_t lport,
			      const struct sockaddr_storage *remote, uint16_t fport, uint32_t len)
{
	struct list list = read_list(name);
	const struct rds_info_message *m = (const void *)list.data;
	unsigned int found = 0;
	uint64_t last = 0;

	ok(list.size == sizeof(*m));
	for (; list.count--; m++) {
		if (ntohs(m->lport) != lport || ntohs(m->fport) != fport || m->len != len)
			continue;
		ok(same4(m->laddr, local) && same4(m->faddr, remote));
		ok(m->seq > last && !m->flags && !m->tos);
		last = m->seq;
		found++;
	}
	return found;
}

static unsigned int messages6(int name, const struct sockaddr_storage *local, uint16_t lport,
			      const struct sockaddr_storage *remote, uint16_t fport, uint32_t len)
{
	struct list list = read_list(name);
	const struct rds6_info_message *m = (const void *)list.data;
	unsigned int found = 0;
	uint64_t last = 0;

	ok(list.size == sizeof(*m));
	for (; list.count--; m++) {
		if (ntohs(m->lport) != lport || ntohs(m->fport) != fport || m->len != len)
			continue;
		ok(same6(&m->laddr, local) && same6(&m->faddr, remote));
		ok(m->seq > last && !m->flags && !m->tos);
		last = m->seq;
		found++;
	}
	return found;
}

/* How many messages both forms of the list have, each of @len bytes. */
unsigned int listed_messages(int name, const struct sockaddr_storage *local, uint16_t lport,
			     const struct sockaddr_storage *remote, uint16_t fport, uint32_t len)
{
	unsigned int found = messages6(name + RDS6_INFO_SEND_MESSAGES - RDS_INFO_SEND_MESSAGES,
				       local, lport, remote, fport, len);

	ok(messages4(name, local, lport, remote, fport, len) == (is_v4() ? found : 0));
	return found;
}

static void check_socket4(int sock, uint64_t inode)
{
	struct list list = read_list(RDS_INFO_SOCKETS);
	const struct rds_info_socket *s = (const void *)list.data;
	unsigned int found = 0;

	ok(list.size == sizeof(*s));
	for (; list.count--; s++) {
		if (s->inum != inode)
			continue;
		ok(same4(s->bound_addr, &here) && ntohs(s->bound_port) == port_of(sock));
		ok(same4(s->connected_addr, &there) && ntohs(s->connected_port) == 4711);
		ok(s->sndbuf == 30000 && s->rcvbuf == 50000);
		found++;
	}
	ok(found == is_v4());
}

static void check_socket6(int sock, uint64_t inode)
{
	struct list list = read_list(RDS6_INFO_SOCKETS);
	const struct rds6_info_socket *s = (const void *)list.data;
	unsigned int found = 0;

	ok(list.size == sizeof(*s));
	for (; list.count--; s++) {
		if (s->inum != inode)
			continue;
		ok(same6(&s->bound_addr, &here) && ntohs(s->bound_port) == port_of(sock));
		ok(same6(&s->connected_addr, &there) && ntohs(s->connected_port) == 4711);
		ok(s->sndbuf == 30000 && s->rcvbuf == 50000);
		found++;
	}
	ok(found == 1);
}

static void sockets(void)
{
	int sock = bound_socket(0);
	struct sockaddr_storage name;
	struct stat st;

	set_buffers(sock, 30000, 50000);
	with_port(&name, &there, 4711);
	ok(!connect(sock, (struct sockaddr *)&name, name_len));
	ok(!fstat(sock, &st));
	check_socket4(sock, st.st_ino);
	check_socket6(sock, st.st_ino);
	close(sock);
}

/* A pair of sockets, and a connection between them that is up. */
static void open_pair(int *sender, int *receiver, struct sockaddr_storage *to)
{
	struct sockaddr_storage name;

	*sender = bound_socket(0);
	*receiver = rds_socket();
	with_port(&name, &there, 0);
	ok(!bind(*receiver, (struct sockaddr *)&name, name_len));
	with_port(to, &there, port_of(*receiver));
	ok(!sendto(*sender, "", 0, 0, (struct sockaddr *)to, name_len));
	wait_readable(*receiver);
	ok(!recv(*receiver, NULL, 0, 0));
}

static bool is_up(uint8_t flags)
{
	return (flags & (RDS_INFO_CONNECTION_FLAG_CONNECTING | RDS_INFO_CONNECTION_FLAG_CONNECTED)) ==
	       RDS_INFO_CONNECTION_FLAG_CONNECTED;
}

static unsigned int connections4(void)
{
	struct list list = read_list(RDS_INFO_CONNECTIONS);
	const struct rds_info_connection *c = (const void *)list.data;
	unsigned int found = 0;

	ok(list.size == sizeof(*c));
	for (; list.count--; c++) {
		if (!same4(c->laddr, &here) || !same4(c->faddr, &there) || c->tos)
			continue;
		ok(is_up(c->flags) && c->next_tx_seq > 1);
		ok(!strncmp((const char *)c->transport, "infiniband", sizeof(c->transport)));
		found++;
	}
	return found;
}

static unsigned int connections6(void)
{
	struct list list = read_list(RDS6_INFO_CONNECTIONS);
	const struct rds6_info_connection *c = (const void *)list.data;
	unsigned int found = 0;

	ok(list.size == sizeof(*c));
	for (; list.count--; c++) {
		if (!same6(&c->laddr, &here) || !same6(&c->faddr, &there))
			continue;
		ok(is_up(c->flags) && c->next_tx_seq > 1);
		ok(!strncmp((const char *)c->transport, "infiniband", sizeof(c->transport)));
		found++;
	}
	return found;
}

/* From HERE to THERE, with this type of service: the second form has no such field. */
bool has_connection(uint8_t tos)
{
	struct list list = read_list(is_v4() ? RDS_INFO_IB_CONNECTIONS : RDS6_INFO_IB_CONNECTIONS);
	const struct rds_info_rdma_connection *c = (const void *)list.data;
	const struct rds6_info_rdma_connection *c6 = (const void *)list.data;
	size_t i;

	for (i = 0; i < list.count; i++) {
		if (is_v4() ? same4(c[i].src_addr, &here) && same4(c[i].dst_addr, &there) &&
			      c[i].tos == tos :
			      same6(&c6[i].src_addr, &here) && same6(&c6[i].dst_addr, &there) &&
			      c6[i].tos == tos)
			return true;
	}
	return false;
}

static void connections(void)
{
	int sender, receiver;
	struct sockaddr_storage to;

	open_pair(&sender, &receiver, &to);
	/* One for each type of service, which this form does not say. */
	ok(connections6() >= 1);
	ok(connections4() == is_v4());
	close(sender);
	close(receiver);
}

static long sysctl_of(const char *name)
{
	char path[100];
	long value;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/rds/ib/%s", name);
	file = fopen(path, "r");
	ok(file && fscanf(file, "%ld", &value) == 1);
	fclose(file);
	return value;
}

static unsigned int devices4(void)
{
	struct list list = read_list(RDS_INFO_IB_CONNECTIONS);
	const struct rds_info_rdma_connection *c = (const void *)list.data;
	unsigned int found = 0;

	ok(list.size == sizeof(*c));
	for (; list.count--; c++) {
		if (!same4(c->src_addr, &here) || !same4(c->dst_addr, &there) || c->tos)
			continue;
		/* GIDs of RoCE are addresses. */
		ok(same6(c->src_gid, &here) && same6(c->dst_gid, &there));
		ok(c->max_send_wr == sysctl_of("max_send_wr"));
		ok(c->max_recv_wr == sysctl_of("max_recv_wr"));
		ok(c->max_send_sge > 1 && c->rdma_mr_max > 1 && c->rdma_mr_size == 257);
		found++;
	}
	return found;
}

static unsigned int devices6(void)
{
	struct list list = read_list(RDS6_INFO_IB_CONNECTIONS);
	const struct rds6_info_rdma_connection *c = (const void *)list.data;
	unsigned int found = 0;

	ok(list.size == sizeof(*c));
	for (; list.count--; c++) {
		if (!same6(&c->src_addr, &here) || !same6(&c->dst_addr, &there) || c->tos)
			continue;
		ok(same6(c->src_gid, &here) && same6(c->dst_gid, &there));
		ok(c->max_send_wr == sysctl_of("max_send_wr"));
		ok(c->max_recv_wr == sysctl_of("max_recv_wr"));
		ok(c->max_send_sge > 1 && c->rdma_mr_max > 1 && c->rdma_mr_size == 257);
		found++;
	}
	return found;
}

static void devices(void)
{
	int sender, receiver;
	struct sockaddr_storage to;

	open_pair(&sender, &receiver, &to);
	ok(devices6() == 1);
	ok(devices4() == is_v4());
	close(sender);
	close(receiver);
}

/* Wait until @count messages are there to be read. */
static void wait_received(unsigned int count, uint16_t dport, uint16_t sport)
{
	int i;

	for (i = 0; i < 3000; i++) {
		if (listed_messages(RDS_INFO_RECV_MESSAGES, &there, dport, &here, sport, 5) == count)
			return;
		usleep(10000);
	}
	ok(!"received in time");
}

/* Received, not read, and not acknowledged: that is asked for now and then. */
static void messages(void)
{
	unsigned int unacked = 0, i;
	int sender, receiver;
	struct sockaddr_storage to;
	uint16_t sport, dport;

	open_pair(&sender, &receiver, &to);
	sport = port_of(sender);
	dport = port_of(receiver);
	for (i = 1; i <= 20 && !unacked; i++) {
		ok(sendto(sender, "12345", 5, 0, (struct sockaddr *)&to, name_len) == 5);
		wait_received(i, dport, sport);
		unacked = listed_messages(RDS_INFO_RETRANS_MESSAGES, &here, sport, &there, dport, 5);
		ok(unacked <= i);
	}
	ok(unacked);
	ok(!listed_messages(RDS_INFO_SEND_MESSAGES, &here, sport, &there, dport, 5));
	close(receiver);
	ok(!listed_messages(RDS_INFO_RECV_MESSAGES, &there, dport, &here, sport, 5));
	close(sender);
	ok(!listed_messages(RDS_INFO_RETRANS_MESSAGES, &here, sport, &there, dport, 5));
}

const struct test info_tests[] = {
	{ "rdma/info-sockets", sockets },
	{ "rdma/info-connections", connections },
	{ "rdma/info-devices", devices },
	{ "rdma/info-messages", messages },
	{}
};
