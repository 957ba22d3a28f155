// SPDX-License-Identifier: GPL-2.0
/*
 * The control connection between the driver and a remote end: requests and
 * replies of fixed size.  Both ends run the same binary on the same
 * architecture, so structures travel as they are.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "vt.h"

static struct addrinfo *resolve(const char *host, const char *port, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
	struct addrinfo *ai;
	int rc = getaddrinfo(host, port, &hints, &ai);

	if (rc)
		vt_abort("%s port %s: %s", host ? host : "any address", port, gai_strerror(rc));
	return ai;
}

/* Listens on IPv6 and IPv4 at once, or on IPv4 alone where IPv6 is off. */
int wire_listen(const char *port)
{
	struct addrinfo *list = resolve(NULL, port, AI_PASSIVE), *ai;
	int family, fd = -1, one = 1, zero = 0;

	for (family = AF_INET6; fd < 0; family = AF_INET) {
		for (ai = list; ai && fd < 0; ai = ai->ai_next) {
			if (ai->ai_family != family)
				continue;
			fd = socket(family, SOCK_STREAM, 0);
			if (fd < 0)
				continue;
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
			if (family == AF_INET6)
				setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
			if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, 4)) {
				close(fd);
				fd = -1;
			}
		}
		if (family == AF_INET)
			break;
	}
	freeaddrinfo(list);
	if (fd < 0)
		vt_abort("cannot listen on TCP port %s: %s", port, strerror(errno));
	return fd;
}

static int no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

int wire_accept(int lfd)
{
	int fd;

	do {
		fd = accept(lfd, NULL, NULL);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		vt_abort("accept: %s", strerror(errno));
	return no_delay(fd);
}

/* Keeps trying for a while: the peer may be starting up. */
int wire_connect(const char *host, const char *port)
{
	struct addrinfo *list = resolve(host, port, 0), *ai;
	int fd, tries;

	for (tries = 0; tries < 100; tries++) {
		for (ai = list; ai; ai = ai->ai_next) {
			fd = socket(ai->ai_family, SOCK_STREAM, 0);
			if (fd < 0)
				continue;
			if (!connect(fd, ai->ai_addr, ai->ai_addrlen)) {
				freeaddrinfo(list);
				return no_delay(fd);
			}
			close(fd);
		}
		nap_usec(100000);
	}
	vt_abort("cannot connect to %s port %s: %s (is `vt serve` running there?)",
		 host, port, strerror(errno));
}

bool wire_send(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

bool wire_recv(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* What the server was told about its device goes before what the driver asks. */
static void prefer_own(struct vt_open *asked, const struct vt_open *own)
{
	bool ipv6 = asked->ipv6 || own->ipv6;

	if (own->dev[0])
		memcpy(asked->dev, own->dev, sizeof(own->dev));
	if (own->addr[0] || own->gid_index >= 0) {
		memcpy(asked->addr, own->addr, sizeof(own->addr));
		asked->gid_index = own->gid_index;
	}
	asked->ipv6 = ipv6;
}

void wire_serve(int fd, const struct vt_open *own)
{
	struct agent *ag = agent_new();
	struct vt_req req;
	struct vt_rep rep;

	while (wire_recv(fd, &req, sizeof(req)) && req.op != VT_QUIT) {
		memset(&rep, 0, sizeof(rep));
		if (own && req.op == VT_OPEN)
			prefer_own(&req.open, own);
		agent_run(ag, &req, &rep);
		if (!wire_send(fd, &rep, sizeof(rep)))
			break;
	}
	req.op = VT_RESET;
	agent_run(ag, &req, &rep);
	close(fd);
}
