// SPDX-License-Identifier: GPL-2.0
/*
 * What the RDS tools have in common: addresses, numbers, and how they give up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common.h"

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void parse_endpoint(const char *text, struct endpoint *ep)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found;
	int err = getaddrinfo(text, NULL, &hints, &found);

	if (err)
		die("%s: %s", text, gai_strerror(err));
	memset(ep, 0, sizeof(*ep));
	memcpy(&ep->addr, found->ai_addr, found->ai_addrlen);
	ep->len = found->ai_addrlen;
	freeaddrinfo(found);
}

void set_port(struct endpoint *ep, uint16_t port)
{
	if (ep->addr.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&ep->addr)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&ep->addr)->sin_port = htons(port);
}

uint16_t get_port(const struct endpoint *ep)
{
	if (ep->addr.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&ep->addr)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&ep->addr)->sin_port);
}

/* In a buffer of its own; the next call overwrites it. */
const char *show_endpoint(const struct endpoint *ep)
{
	static char text[INET6_ADDRSTRLEN];
	const void *addr = ep->addr.ss_family == AF_INET6 ?
		(const void *)&((const struct sockaddr_in6 *)&ep->addr)->sin6_addr :
		(const void *)&((const struct sockaddr_in *)&ep->addr)->sin_addr;

	return inet_ntop(ep->addr.ss_family, addr, text, sizeof(text)) ?: "?";
}

/* Bound, unless @local is NULL. */
int rds_socket(const struct endpoint *local)
{
	int sock = socket(AF_RDS, SOCK_SEQPACKET, 0);

	if (sock < 0)
		die("no AF_RDS sockets: %s%s", strerror(errno),
		    errno == EAFNOSUPPORT ? ": modprobe rds" : "");
	if (local && bind(sock, (const struct sockaddr *)&local->addr, local->len))
		die("cannot bind to %s port %u: %s%s", show_endpoint(local), get_port(local),
		    strerror(errno), errno == EADDRNOTAVAIL ?
		    ": modprobe rds_rdma, and see rdma link" : "");
	return sock;
}

/* With K, M or G behind it, as rds-tools have it. */
long parse_number(const char *text, long min, long max, const char *what)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 0);
	switch (*end) {
	case 'k': case 'K':
		value <<= 10;
		end++;
		break;
	case 'm': case 'M':
		value <<= 20;
		end++;
		break;
	case 'g': case 'G':
		value <<= 30;
		end++;
		break;
	}
	if (errno || end == text || *end || value < min || value > max)
		die("%s: %s must be between %ld and %ld", text, what, min, max);
	return value;
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}
