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

static unsigned int limit(void)
{
	FILE *file = fopen("/proc/sys/net/rds/max_user_connections", "r");
	unsigned int value;

	ok(file && fscanf(file, "%u", &value) == 1);
	fclose(file);
	return value;
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

	for (i = 0; i < 20000; i++) {
		sock = rds_socket();
		sin.sin_addr.s_addr = htonl(0x7f100000 + i);
		ok(!bind(sock, (struct sockaddr *)&sin, sizeof(sin)));
		close(sock);
	}
}

const struct test limit_tests[] = {
	{ "rdma-limits/connections", connections },
	{ "rdma-limits/unlimited", unlimited },
	{ "rdma-limits/addresses", addresses },
	{}
};
