// SPDX-License-Identifier: GPL-2.0
/*
 * Cases for AF_RDS sockets: what they accept, refuse, and deliver.
 *
 * usage: rdst HERE THERE [CASE...]
 *
 * HERE and THERE are addresses of this host, in this network name space; with no
 * CASE, all are run that do not begin with "rdma"; otherwise those that begin like it.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include "rdst.h"

struct sockaddr_storage here, there;
socklen_t name_len;

int rds_socket(void)
{
	int sock = socket(AF_RDS, SOCK_SEQPACKET, 0);

	ok(sock >= 0);
	return sock;
}

void with_port(struct sockaddr_storage *to, const struct sockaddr_storage *addr, uint16_t port)
{
	*to = *addr;
	if (to->ss_family == AF_INET)
		((struct sockaddr_in *)to)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)to)->sin6_port = htons(port);
}

uint16_t port_of(int sock)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	ok(!getsockname(sock, (struct sockaddr *)&name, &len));
	ok(len == name_len);
	return ntohs(name.ss_family == AF_INET ? ((struct sockaddr_in *)&name)->sin_port :
		     ((struct sockaddr_in6 *)&name)->sin6_port);
}

/* On HERE; port 0 is any. */
int bound_socket(uint16_t port)
{
	struct sockaddr_storage name;
	int sock = rds_socket();

	with_port(&name, &here, port);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	return sock;
}

void set_buffers(int sock, int snd, int rcv)
{
	if (snd)
		ok(!setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &snd, sizeof(snd)));
	if (rcv)
		ok(!setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &rcv, sizeof(rcv)));
}

void fill(uint8_t *data, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = x >> 24;
	}
}

bool is_filled(const uint8_t *data, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		if (data[i] != (uint8_t)(x >> 24))
			return false;
	}
	return true;
}

/* A new socket, and any congestion update, makes poll() return without a message. */
void wait_readable(int sock)
{
	char byte;
	int i;

	for (i = 0; i < 6000; i++) {
		struct pollfd p = { .fd = sock, .events = POLLIN };

		ok(poll(&p, 1, 10000) == 1);
		if (recv(sock, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0)
			return;
		ok(errno == EAGAIN);
		usleep(10000);
	}
	ok(!"readable in time");
}

void wait_quiet(int sock)
{
	char byte;

	usleep(200000);
	fails(EAGAIN, recv(sock, &byte, 1, MSG_DONTWAIT));
}

static void parse(const char *text, struct sockaddr_storage *addr)
{
	struct sockaddr_in *sin = (void *)addr;
	struct sockaddr_in6 *sin6 = (void *)addr;

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		name_len = sizeof(*sin);
	} else if (inet_pton(AF_INET6, text, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		name_len = sizeof(*sin6);
	} else {
		fprintf(stderr, "%s is not an address\n", text);
		exit(2);
	}
}

static bool wanted(const char *name, char **patterns)
{
	if (!*patterns)
		return strncmp(name, "rdma", 4);
	for (; *patterns; patterns++) {
		if (!strncmp(name, *patterns, strlen(*patterns)))
			return true;
	}
	return false;
}

/* A pattern without a case would be a test that does nothing. */
static void require_match(const struct test *const *tables, const char *pattern)
{
	const struct test *test;

	for (; *tables; tables++) {
		for (test = *tables; test->name; test++) {
			if (!strncmp(test->name, pattern, strlen(pattern)))
				return;
		}
	}
	fprintf(stderr, "no case begins with '%s'\n", pattern);
	exit(2);
}

static int run(const struct test *tests, char **patterns)
{
	int count = 0;

	for (; tests->name; tests++) {
		if (!wanted(tests->name, patterns))
			continue;
		printf("%s\n", tests->name);
		fflush(stdout);
		tests->run();
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	static const struct test *const tables[] = {
		socket_tests, traffic_tests, rdma_tests, fuzz_tests, limit_tests, peer_tests,
		info_tests, waiting_tests, NULL
	};
	int i, count = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: rdst HERE THERE [CASE...]\n");
		return 2;
	}
	parse(argv[1], &here);
	parse(argv[2], &there);
	for (i = 3; i < argc; i++)
		require_match(tables, argv[i]);
	for (i = 0; tables[i]; i++)
		count += run(tables[i], argv + 3);
	printf("%d cases, 0 failed\n", count);
	return 0;
}
