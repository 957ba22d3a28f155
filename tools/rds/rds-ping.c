// SPDX-License-Identifier: GPL-2.0
/*
 * rds-ping: is there RDS at an address, and how long does it take?
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "common.h"

static void usage(void)
{
	puts("usage: rds-ping [-c COUNT] [-i SECONDS] [-I ADDRESS] [-Q TOS] ADDRESS\n"
	     "\n"
	     "  -c COUNT     stop after so many\n"
	     "  -i SECONDS   between two of them (1)\n"
	     "  -I ADDRESS   of this host (one that leads there)\n"
	     "  -Q TOS       type of service");
}

/* The address that packets to @peer would come from. */
static void find_local(const struct endpoint *peer, struct endpoint *local)
{
	struct endpoint to = *peer;
	int sock = socket(peer->addr.ss_family, SOCK_DGRAM, 0);

	set_port(&to, 1);
	local->len = sizeof(local->addr);
	if (sock < 0 || connect(sock, (struct sockaddr *)&to.addr, to.len) ||
	    getsockname(sock, (struct sockaddr *)&local->addr, &local->len))
		die("%s: %s", show_endpoint(peer), strerror(errno));
	set_port(local, 0);
	close(sock);
}

/* Return: whether the answer to ping @number has come. */
static bool wait_for_pong(int sock, int number, double begin, double end)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct endpoint from;

	while (now() < end) {
		if (poll(&p, 1, (end - now()) * 1000 + 1) < 0)
			break;
		from.len = sizeof(from.addr);
		if (recvfrom(sock, NULL, 0, MSG_DONTWAIT, (struct sockaddr *)&from.addr,
			     &from.len) < 0)
			continue;
		printf("%4d: %.0f usec\n", number, (now() - begin) * 1e6);
		fflush(stdout);
		return true;
	}
	return false;
}

/* A pong that is late would be taken for that of the next ping: so each has a socket. */
static bool ping(const struct endpoint *local, const struct endpoint *peer, int number,
		 double interval, unsigned long tos)
{
	int sock = rds_socket(local);
	double begin = now();
	bool answered;

	if (tos && ioctl(sock, SIOCRDSSETTOS, &tos))
		die("type of service %lu: %s", tos, strerror(errno));
	if (sendto(sock, NULL, 0, 0, (const struct sockaddr *)&peer->addr, peer->len))
		die("%s: %s", show_endpoint(peer), strerror(errno));
	answered = wait_for_pong(sock, number, begin, begin + interval);
	if (!answered)
		printf("%4d: no answer within %.3g s\n", number, interval);
	close(sock);
	return answered;
}

int main(int argc, char **argv)
{
	struct endpoint local = {}, peer;
	long count = -1, answered = 0, number;
	double interval = 1;
	unsigned long tos = 0;
	int c;

	while ((c = getopt(argc, argv, "c:i:I:Q:h")) >= 0) {
		switch (c) {
		case 'c': count = parse_number(optarg, 1, 1 << 30, "-c"); break;
		case 'i':
			if (sscanf(optarg, "%lf", &interval) != 1 || interval <= 0)
				die("%s is no time", optarg);
			break;
		case 'I': parse_endpoint(optarg, &local); break;
		case 'Q': tos = parse_number(optarg, 0, 255, "-Q"); break;
		case 'h': usage(); return 0;
		default: usage(); return 2;
		}
	}
	if (optind + 1 != argc) {
		usage();
		return 2;
	}
	parse_endpoint(argv[optind], &peer);
	if (!local.len)
		find_local(&peer, &local);

	for (number = 1; count < 0 || number <= count; number++) {
		double begin = now();

		answered += ping(&local, &peer, number, interval, tos);
		if (number != count && now() < begin + interval)
			usleep((begin + interval - now()) * 1e6);
	}
	return !answered;
}
