// SPDX-License-Identifier: GPL-2.0
/*
 * Cases about what a user without privileges may take.
 */
#include <sys/ioctl.h>
#include <unistd.h>
#include "rdst.h"

/* Send on a connection of its own: there is one for each type of service. */
static int send_with_tos(uint8_t tos)
{
	struct sockaddr_storage name, to;
	int sock = rds_socket(), err = 0;

	with_port(&name, &here, 0);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	ok(!ioctl(sock, SIOCRDSSETTOS, &tos));
	with_port(&to, &there, 4000);
	if (sendto(sock, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to, name_len) != 1)
		err = errno;
	close(sock);
	return err;
}

static unsigned int number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int value;

	ok(file && fscanf(file, "%u", &value) == 1);
	fclose(file);
	return value;
}

static unsigned int limit(void)
{
	return number_in("/proc/sys/net/rds/max_user_connections");
}

/* Users do not share connections here: each begins with another type of service. */
static uint8_t first_tos(void)
{
	return 1 + getuid() % 8 * 30;
}

static void connections(void)
{
	unsigned int most = limit(), i;

	ok(most < 20);
	for (i = 0; i < most; i++)
		ok(!send_with_tos(first_tos() + i));
	for (i = most; i < most + 5; i++)
		ok(send_with_tos(first_tos() + i) == EDQUOT);
	/* Those that there are can be used. */
	ok(!send_with_tos(first_tos()));
}

static void unlimited(void)
{
	unsigned int i;

	for (i = 0; i < limit() + 5; i++)
		ok(!send_with_tos(first_tos() + i));
}

/* One address after another: nothing must stay of those that are not used. */
static void addresses(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	unsigned int i;
	int sock;

	for (i = 0; i < 10000; i++) {
		sock = rds_socket();
		sin.sin_addr.s_addr = htonl(0x7f100000 + i);
		ok(!bind(sock, (struct sockaddr *)&sin, sizeof(sin)));
		close(sock);
	}
}

static int get_mr(int sock, void *addr, size_t len, rds_rdma_cookie_t *cookie)
{
	struct rds_get_mr_args args = {
		.vec = { (uintptr_t)addr, len }, .cookie_addr = (uintptr_t)cookie,
	};

	return setsockopt(sock, SOL_RDS, RDS_GET_MR, &args, sizeof(args));
}

/* As many regions of this size as the parameter says, and one more when one is freed. */
static void regions_of(const char *parameter, size_t len)
{
	unsigned int most = number_in(parameter), i;
	struct rds_free_mr_args free_mr = {};
	int sock = bound_socket(0);
	void *memory = calloc(1, len);

	ok(memory && most < 100);
	for (i = 0; i < most; i++)
		ok(!get_mr(sock, memory, len, &free_mr.cookie));
	fails(EAGAIN, get_mr(sock, memory, len, &free_mr.cookie));
	ok(!setsockopt(sock, SOL_RDS, RDS_FREE_MR, &free_mr, sizeof(free_mr)));
	ok(!get_mr(sock, memory, len, &free_mr.cookie));
	fails(EAGAIN, get_mr(sock, memory, len, &free_mr.cookie));
	close(sock);

	sock = bound_socket(0);
	ok(!get_mr(sock, memory, len, &free_mr.cookie));
	close(sock);
	free(memory);
}

static void regions(void)
{
	regions_of("/sys/module/rds_rdma/parameters/rds_ib_mr_8k_pool_size", 64);
	regions_of("/sys/module/rds_rdma/parameters/rds_ib_mr_1m_pool_size", 50000);
}

const struct test limit_tests[] = {
	{ "rdma-limits/regions", regions },
	{ "rdma-limits/connections", connections },
	{ "rdma-limits/unlimited", unlimited },
	{ "rdma-limits/addresses", addresses },
	{}
};
