/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the cases of rdst are written with.
 */
#ifndef RDST_H
#define RDST_H

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/rds.h>

/* Addresses of this host; and of a peer, which may be the same. */
extern struct sockaddr_storage here, there;
extern socklen_t name_len;

/* Everything that must be so; it says where, and ends the program, if not. */
#define ok(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n",	\
			__FILE__, __LINE__, #cond, strerror(errno));	\
		exit(1);						\
	}								\
} while (0)

/* A call that must fail with this error. */
#define fails(error, call) do {						\
	long ret__ = (call);						\
	int wanted__ = (error);						\
									\
	if (ret__ != -1 || errno != wanted__) {				\
		fprintf(stderr, "%s:%d: %s: returned %ld, %s; must fail with %s\n", \
			__FILE__, __LINE__, #call, ret__,		\
			ret__ == -1 ? strerror(errno) : "no error",	\
			strerror(wanted__));				\
		exit(1);						\
	}								\
} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

extern const struct test socket_tests[], traffic_tests[], rdma_tests[], fuzz_tests[],
	limit_tests[], peer_tests[], info_tests[], waiting_tests[];

int rds_socket(void);
int bound_socket(uint16_t port);
void with_port(struct sockaddr_storage *to, const struct sockaddr_storage *addr, uint16_t port);
uint16_t port_of(int sock);
void set_buffers(int sock, int snd, int rcv);
void fill(uint8_t *data, size_t len, uint32_t seed);
bool is_filled(const uint8_t *data, size_t len, uint32_t seed);
void wait_readable(int sock);
void wait_quiet(int sock);
ssize_t send_cmsg(int sock, const struct sockaddr_storage *to, int type, const void *data,
		  size_t len, const char *text);
bool has_connection(uint8_t tos);
unsigned int listed_messages(int name, const struct sockaddr_storage *local, uint16_t lport,
			     const struct sockaddr_storage *remote, uint16_t fport, uint32_t len);

#endif
