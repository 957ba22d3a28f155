// SPDX-License-Identifier: GPL-2.0
/*
 * vt: exercise RDMA verbs between two ends and judge the result.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "vt.h"

static const char usage[] =
"usage: vt run    [OPTION...] [CASE...]   run the cases whose names match (shell patterns)\n"
"       vt stream [OPTION...] send|write|read   sustained traffic with payload check\n"
"       vt serve  [OPTION...]             be end B for a `vt run --peer` elsewhere\n"
"       vt rings  [OPTION...]             rewrite the mmapped queues while using them\n"
"       vt faults [OPTION...]             fail each allocation of each verb once\n"
"       vt target [OPTION...] ADDRESS     wait for packets from ADDRESS (lines on stdin: report)\n"
"       vt crowd  [OPTION...] NUMBER      create, connect, use and destroy so many QPs\n"
"       vt list   [CASE...]\n"
"\n"
"  -d, --dev NAME      device of end A (default: the first one)\n"
"  -D, --peer-dev NAME device of end B, a child process (default: that of A)\n"
"  -H, --peer HOST     end B is a `vt serve` on HOST\n"
"  -p, --port PORT     its TCP port (default 18515)\n"
"  -a, --addr ADDR     use the GID of this IP address; -A for end B\n"
"  -g, --gid N         use GID N; -G for end B\n"
"  -6                  use the first IPv6 GID (default: the first IPv4 one)\n"
"  -m, --mtu N         path MTU: 256 to 4096 (default: what both ports have)\n"
"  -c, --tclass N      traffic class; -f, --flow-label N\n"
"  -l, --lossy         the path loses packets: UC and UD messages may vanish\n"
"  -t, --timeout N     ACK timeout code, 4.096 us * 2^N (default 14)\n"
"  -s, --size N        stream: bytes of a message (default 65536)\n"
"  -n, --depth N       stream: messages in flight (default 16)\n"
"  -T, --time SECONDS  stream, rings: how long (default 5)\n"
"  -b, --may-break     stream, target: an error may end it (the device goes away, ...)\n"
"  -S, --seed N        rings: of the random choices\n"
"  -1, --once          serve one run, then exit\n"
"\n"
"exit status: 0 all is right, 1 something is wrong, 2 the test could not be run\n";

struct options {
	struct vt_open open[2];
	const char *peer, *port;
	struct stream_args stream;
	uint32_t mtu, timeout, seed;
	bool lossy, once;
};

static const struct option longopts[] = {
	{ "dev", 1, NULL, 'd' }, { "peer-dev", 1, NULL, 'D' }, { "peer", 1, NULL, 'H' },
	{ "port", 1, NULL, 'p' }, { "addr", 1, NULL, 'a' }, { "peer-addr", 1, NULL, 'A' },
	{ "gid", 1, NULL, 'g' }, { "peer-gid", 1, NULL, 'G' }, { "mtu", 1, NULL, 'm' },
	{ "lossy", 0, NULL, 'l' }, { "timeout", 1, NULL, 't' }, { "size", 1, NULL, 's' },
	{ "depth", 1, NULL, 'n' }, { "time", 1, NULL, 'T' }, { "may-break", 0, NULL, 'b' },
	{ "tclass", 1, NULL, 'c' }, { "flow-label", 1, NULL, 'f' },
	{ "seed", 1, NULL, 'S' }, { "once", 0, NULL, '1' }, { "help", 0, NULL, 'h' }, {}
};

static uint32_t number(const char *text, uint32_t max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*end || end == text || n > max)
		vt_abort("'%s' is not a number from 0 to %u", text, max);
	return n;
}

static void set_text(char *to, const char *from)
{
	if (strlen(from) >= 64)
		vt_abort("'%s' is too long", from);
	strcpy(to, from);
}

static void set_option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'd': set_text(o->open[0].dev, arg); break;
	case 'D': set_text(o->open[1].dev, arg); break;
	case 'a': set_text(o->open[0].addr, arg); break;
	case 'A': set_text(o->open[1].addr, arg); break;
	case 'g': o->open[0].gid_index = number(arg, 255); break;
	case 'G': o->open[1].gid_index = number(arg, 255); break;
	case '6': o->open[0].ipv6 = o->open[1].ipv6 = true; break;
	case 'H': o->peer = arg; break;
	case 'p': o->port = arg; break;
	case 'm': o->mtu = number(arg, 4096); break;
	case 'c': vt_path.traffic_class = number(arg, 255); break;
	case 'f': vt_path.flow_label = number(arg, 0xfffff); break;
	case 't': o->timeout = number(arg, 31); break;
	case 's': o->stream.size = number(arg, 1 << 30); break;
	case 'n': o->stream.depth = number(arg, 60); break;
	case 'T': o->stream.seconds = number(arg, 86400); break;
	case 'S': o->seed = number(arg, UINT32_MAX); break;
	case 'b': o->stream.may_break = true; break;
	case 'l': o->lossy = true; break;
	case '1': o->once = true; break;
	case 'h': fputs(usage, stdout); exit(0);
	default: fputs(usage, stderr); exit(2);
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){
		.open = { { .gid_index = -1 }, { .gid_index = -1 } },
		.port = "18515", .timeout = 14, .seed = 1,
		.stream = { .size = 65536, .depth = 16, .seconds = 5 },
	};
	while ((c = getopt_long(argc, argv, "d:D:a:A:g:G:6H:p:m:c:f:t:s:n:T:S:bl1h", longopts, NULL)) != -1)
		set_option(o, c, optarg);
	if (!o->open[1].dev[0])
		strcpy(o->open[1].dev, o->open[0].dev);
	if (!o->open[1].addr[0] && !o->peer && !strcmp(o->open[0].dev, o->open[1].dev)) {
		strcpy(o->open[1].addr, o->open[0].addr);
		if (o->open[1].gid_index < 0)
			o->open[1].gid_index = o->open[0].gid_index;
	}
}

/* End B as a child of this process. */
static int spawn_end(void)
{
	int sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv))
		vt_abort("socketpair: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		vt_abort("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sv[0]);
		wire_serve(sv[1], NULL);
		exit(0);
	}
	close(sv[1]);
	return sv[0];
}

static void open_end(struct end *e, const struct vt_open *o)
{
	int err = end_open(e, o);

	if (err)
		vt_abort("end %s: device '%s': %s", e->name,
			 o->dev[0] ? o->dev : "(first)",
			 err == EADDRNOTAVAIL ? "no RoCE v2 GID fits; see `rdma link` and the addresses of its netdev"
					      : strerror(err));
	if (e->info.port_state != IBV_PORT_ACTIVE)
		vt_abort("end %s: port of %s is not active", e->name, e->info.dev);
	printf("end %s: %s, GID %u, MTU %u\n", e->name, e->info.dev,
	       e->info.gid_index, 128u << e->info.active_mtu);
}

static enum ibv_mtu choose_mtu(const struct vt_pair *p, uint32_t bytes)
{
	uint32_t mtu = p->a->info.active_mtu < p->b->info.active_mtu ?
		       p->a->info.active_mtu : p->b->info.active_mtu;
	uint32_t code = IBV_MTU_256;

	if (!bytes)
		return mtu;
	while (128u << code != bytes)
		if (++code > IBV_MTU_4096)
			vt_abort("%u is no path MTU: 256, 512, 1024, 2048 or 4096", bytes);
	return code;
}

/* Starts both ends and calls what is to be done with them. */
static int with_pair(struct options *o, int (*go)(struct vt_pair *p, struct options *o, char **args, int n),
		     char **args, int n)
{
	struct end a = { .name = "A", .fd = -1 }, b = { .name = "B" };
	struct vt_pair p = { .a = &a, .b = &b };
	struct vt_req quit = { .op = VT_QUIT };
	int rc;

	/* the child must be forked before any device is open here */
	b.fd = o->peer ? wire_connect(o->peer, o->port) : spawn_end();
	a.agent = agent_new();
	open_end(&a, &o->open[0]);
	if (o->peer)
		o->open[1].dev[0] = 0;	/* its own options say which */
	open_end(&b, &o->open[1]);
	p.conf = (struct vt_conf){
		.mtu = choose_mtu(&p, o->mtu), .lossy = o->lossy,
		.timeout = o->timeout, .retry = 7, .rnr = 7,
	};
	printf("path MTU %u\n", pair_mtu(&p));
	rc = go(&p, o, args, n);
	end_start(&b, &quit);
	close(b.fd);
	if (!o->peer)
		wait(NULL);
	return rc;
}

static int go_run(struct vt_pair *p, struct options *o, char **args, int n)
{
	(void)o;
	return run_cases(p, args, n, false);
}

static int go_stream(struct vt_pair *p, struct options *o, char **args, int n)
{
	if (n != 1)
		vt_abort("stream needs one of: send, write, read");
	o->stream.op = args[0];
	if (!o->stream.size || !o->stream.depth)
		vt_abort("size and depth must not be 0");
	return run_stream(p, &o->stream);
}

static int go_rings(struct vt_pair *p, struct options *o, char **args, int n)
{
	(void)args;
	(void)n;
	return run_rings(p, &o->open[0], o->stream.seconds, o->seed);
}

static int go_faults(struct vt_pair *p, struct options *o, char **args, int n)
{
	(void)o;
	(void)args;
	(void)n;
	return run_faults(p);
}

static int go_target(struct vt_pair *p, struct options *o, char **args, int n)
{
	if (n != 1 || gid_of_address(args[0], &p->b->info.gid))
		vt_abort("target needs the IP address of the peer");
	return run_target(p, o->stream.may_break);
}

static int serve(const struct options *o)
{
	int lfd = wire_listen(o->port);

	signal(SIGCHLD, SIG_IGN);
	printf("serving on TCP port %s\n", o->port);
	fflush(stdout);
	for (;;) {
		int fd = wire_accept(lfd);

		if (o->once) {
			wire_serve(fd, &o->open[0]);
			return 0;
		}
		if (!fork()) {
			close(lfd);
			wire_serve(fd, &o->open[0]);
			exit(0);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	struct options o;
	char **args;
	int n;

	if (!strcmp(command, "--help") || !strcmp(command, "-h")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc > 1) {
		argv++;
		argc--;
	}
	parse(&o, argc, argv);
	args = argv + optind;
	n = argc - optind;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(command, "list"))
		return run_cases(NULL, args, n, true);
	if (!strcmp(command, "run"))
		return with_pair(&o, go_run, args, n);
	if (!strcmp(command, "stream"))
		return with_pair(&o, go_stream, args, n);
	if (!strcmp(command, "serve"))
		return serve(&o);
	if (!strcmp(command, "faults"))
		return with_pair(&o, go_faults, args, n);
	if (!strcmp(command, "target"))
		return with_pair(&o, go_target, args, n);
	if (!strcmp(command, "crowd"))
		return run_crowd(&o.open[0], n == 1 ? number(args[0], 1 << 20) : 0);
	if (!strcmp(command, "hostile"))	/* started by rings */
		run_hostile(&o.open[0], o.seed);
	if (!strcmp(command, "rings"))
		return with_pair(&o, go_rings, args, n);
	fputs(usage, stderr);
	return 2;
}
