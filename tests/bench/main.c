// SPDX-License-Identifier: GPL-2.0
/* The command line, and the connection between the two ends of a measurement. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

static const char * const op_names[] = {
	[OP_SEND] = "send", [OP_WRITE] = "write", [OP_READ] = "read", [OP_UD] = "ud",
	[OP_PING] = "ping", [OP_WRITE_RTT] = "write-rtt", [OP_READ_RTT] = "read-rtt",
	[OP_CM] = "cm",
};

#define N_OPS	(sizeof(op_names) / sizeof(op_names[0]))

static const char usage[] =
"usage: rbench OP [OPTION...]       measure, and print one line of JSON\n"
"       rbench serve [-p PORT]      the other end, for clients with -H\n"
"       rbench file OP PATH [OPTION...]   a file or block device; see rbench file -h\n"
"OP is send, write, read, ud (throughput), ping, write-rtt, read-rtt (round trips)\n"
"or cm (connections).\n"
"  -d DEV -a ADDRESS    this end's device and IP address\n"
"  -D DEV -A ADDRESS    the other end's, if it is not the same\n"
"  -H HOST              the other end is `rbench serve` there\n"
"  -p PORT              its port (18600), and that of RDMA CM\n"
"  -m event|poll        two processes that sleep (default), or one thread that polls\n"
"  -s SIZE              bytes of a message (64); k and m are understood\n"
"  -q DEPTH             messages on their way, over all queue pairs (16)\n"
"  -n QPS               queue pairs (1)\n"
"  -l LIST              requests that one call posts (8; 1 with many queue pairs)\n"
"  -M MTU               path MTU (the port's)\n"
"  -t SECONDS -w SECONDS  measure for (1), after a warm-up of (0.2)\n";

void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "rbench: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

uint64_t parse_size(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*end == 'k')
		n <<= 10, end++;
	else if (*end == 'm')
		n <<= 20, end++;
	if (*end || end == text)
		die("%s is not a size", text);
	return n;
}

/* ---- the control connection ---- */

void ctl_send(int ctl, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(ctl, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			die("the other end has gone");
		p += n;
		len -= n;
	}
}

void ctl_recv(int ctl, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = recv(ctl, p, len, 0);

		if (n <= 0)
			die("the other end has gone");
		p += n;
		len -= n;
	}
}

void ctl_meet(int ctl)
{
	char byte = 'm';

	ctl_send(ctl, &byte, 1);
	ctl_recv(ctl, &byte, 1);
	if (byte != 'm')
		die("the two ends do not understand each other");
}

static struct addrinfo *look_up(const char *host, uint32_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found;
	char service[8];
	int rc;

	snprintf(service, sizeof(service), "%u", port % 65536);
	rc = getaddrinfo(host, service, &hints, &found);
	if (rc)
		die("%s: %s", host ? host : "any address", gai_strerror(rc));
	return found;
}

static int ctl_connect(const char *host, uint32_t port)
{
	struct addrinfo *to = look_up(host, port);
	int fd = socket(to->ai_family, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen))
		die("connecting to %s: %s", host, strerror(errno));
	freeaddrinfo(to);
	return fd;
}

static int ctl_listen(uint32_t port)
{
	struct addrinfo *at = look_up(NULL, port);
	int fd = socket(at->ai_family, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 4))
		die("listening on port %u: %s", port, strerror(errno));
	freeaddrinfo(at);
	return fd;
}

/* ---- the two ends ---- */

static void client(const struct bench_options *o, int ctl, struct bench_result *r)
{
	struct end *e;

	if (o->op == OP_CM) {
		ctl_meet(ctl);
		cm_client(o, r);
		return;
	}
	e = malloc(sizeof(*e));
	if (!e)
		die("out of memory");
	end_open(e, o, o->device, o->address);
	ctl_send(ctl, &e->mine, sizeof(e->mine));
	ctl_recv(ctl, &e->peer, sizeof(e->peer));
	end_connect(e);
	if (o->op < OP_PING)
		stream_client(e, ctl, r);
	else
		round_client(e, ctl, r);
	end_close(e);
	free(e);
}

static void server(const struct bench_options *o, int ctl)
{
	struct end *e;

	if (o->op == OP_CM) {
		cm_server(o, ctl);
		return;
	}
	e = malloc(sizeof(*e));
	if (!e)
		die("out of memory");
	end_open(e, o, o->peer_device, o->peer_address);
	ctl_send(ctl, &e->mine, sizeof(e->mine));
	ctl_recv(ctl, &e->peer, sizeof(e->peer));
	end_connect(e);
	if (o->op < OP_PING)
		stream_server(e, ctl);
	else
		round_server(e, ctl);
	end_close(e);
	free(e);
}

static void in_one_thread(const struct bench_options *o, struct bench_result *r)
{
	struct end *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));

	if (!a || !b)
		die("out of memory");
	end_open(a, o, o->device, o->address);
	end_open(b, o, o->peer_device, o->peer_address);
	a->peer = b->mine;
	b->peer = a->mine;
	end_connect(a);
	end_connect(b);
	if (o->op < OP_PING)
		stream_together(a, b, r);
	else
		round_together(a, b, r);
	end_close(a);
	end_close(b);
	free(a);
	free(b);
}

static void in_two_processes(const struct bench_options *o, struct bench_result *r)
{
	int ctl[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ctl))
		die("socketpair: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ctl[0]);
		server(o, ctl[1]);
		exit(0);
	}
	close(ctl[1]);
	client(o, ctl[0], r);
	close(ctl[0]);
	if (waitpid(pid, &status, 0) != pid || status)
		die("the other end has failed");
}

static void over_the_wire(const struct bench_options *o, struct bench_result *r)
{
	int ctl = ctl_connect(o->host, o->port);

	ctl_send(ctl, o, sizeof(*o));
	client(o, ctl, r);
	close(ctl);
}

/* One client after the other, each with a process of its own. */
static void serve(uint32_t port)
{
	int listener = ctl_listen(port);

	printf("serving\n");
	fflush(stdout);
	for (;;) {
		int ctl = accept(listener, NULL, NULL);
		pid_t pid = fork();

		if (ctl < 0 || pid < 0)
			die("accepting a client: %s", strerror(errno));
		if (!pid) {
			struct bench_options o;

			ctl_recv(ctl, &o, sizeof(o));
			server(&o, ctl);
			exit(0);
		}
		close(ctl);
		waitpid(pid, NULL, 0);
	}
}

/* ---- the command line ---- */

static void copy_name(char *to, const char *from)
{
	if (strlen(from) >= BENCH_NAME)
		die("%s is too long", from);
	strcpy(to, from);
}

static void set_option(struct bench_options *o, int option, const char *value)
{
	switch (option) {
	case 'd': copy_name(o->device, value); break;
	case 'a': copy_name(o->address, value); break;
	case 'D': copy_name(o->peer_device, value); break;
	case 'A': copy_name(o->peer_address, value); break;
	case 'H': copy_name(o->host, value); break;
	case 'p': o->port = atoi(value); break;
	case 'm': o->events = strcmp(value, "poll"); break;
	case 's': o->size = parse_size(value); break;
	case 'q': o->depth = atoi(value); break;
	case 'n': o->qps = atoi(value); break;
	case 'l': o->list = atoi(value); break;
	case 'M': o->mtu = atoi(value); break;
	case 't': o->seconds = atof(value); break;
	case 'w': o->warmup = atof(value); break;
	default: die("what is that?\n%s", usage);
	}
}

static void check_options(struct bench_options *o)
{
	if (!o->peer_device[0])
		copy_name(o->peer_device, o->device);
	if (!o->peer_address[0])
		copy_name(o->peer_address, o->address);
	if (!o->address[0] || (!o->device[0] && o->op != OP_CM))
		die("which device, and which address? Give -d and -a");
	if (o->size < 4 || o->size > 1 << 30 || !o->depth || o->depth > 4096)
		die("from 4 bytes to 1 GiB, and from 1 to 4096 messages");
	if (!o->qps || o->qps > BENCH_MAX_QPS)
		die("from 1 to %d queue pairs", BENCH_MAX_QPS);
	if (!o->list || o->list > BENCH_LIST)
		die("lists of 1 to %d requests", BENCH_LIST);
	/* The next message is for the next queue pair. */
	if (o->qps > 1)
		o->list = 1;
	if (o->qps > 1 && o->op != OP_WRITE && o->op != OP_READ)
		die("more than one queue pair: for write and read");
	if (o->op == OP_UD && o->events)
		die("ud: with -m poll, which sees what is lost");
	if (o->op == OP_SEND && o->depth % 4)
		die("send: a depth that is a multiple of 4");
	if (o->op == OP_CM && !o->events)
		die("cm: with -m event");
	/* the second slot is for what comes back */
	if (o->op == OP_PING)
		o->depth = 2;
	if (o->host[0] && !o->events)
		die("-H: with -m event");
}

static uint32_t op_of(const char *name)
{
	uint32_t i;

	for (i = 0; i < N_OPS; i++)
		if (!strcmp(op_names[i], name))
			return i;
	die("what is that?\n%s", usage);
}

int main(int argc, char **argv)
{
	struct bench_options o = {
		.size = 64, .depth = 16, .qps = 1, .list = BENCH_LIST, .port = 18600, .events = true,
		.seconds = 1, .warmup = 0.2,
	};
	struct bench_result r = { .messages = 0 };
	int option;

	if (argc < 2 || argv[1][0] == '-') {
		fputs(usage, argc < 2 ? stderr : stdout);
		return argc < 2 ? 2 : 0;
	}
	if (!strcmp(argv[1], "file"))
		return file_main(argc - 1, argv + 1);
	if (strcmp(argv[1], "serve"))
		o.op = op_of(argv[1]);
	optind = 2;
	while ((option = getopt(argc, argv, "d:a:D:A:H:p:m:s:q:n:l:M:t:w:")) != -1)
		set_option(&o, option, optarg);
	if (!strcmp(argv[1], "serve"))
		serve(o.port);
	check_options(&o);
	if (o.host[0])
		over_the_wire(&o, &r);
	else if (o.events)
		in_two_processes(&o, &r);
	else
		in_one_thread(&o, &r);
	result_print(op_names[o.op], &r);
	return 0;
}
