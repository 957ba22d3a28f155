// SPDX-License-Identifier: GPL-2.0
/*
 * rds-stress: send messages between two hosts, and check what arrives. One side
 * waits for the other on a TCP port, which tells what is to be done.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stress.h"

volatile bool *enough;

static void interrupted(int sig)
{
	(void)sig;
	*enough = true;
}

static void *shared(size_t len)
{
	void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("no memory");
	return memory;
}

static void usage(void)
{
	puts("usage: rds-stress -r ADDRESS [-p PORT]\n"
	     "       rds-stress -r ADDRESS -s ADDRESS [-p PORT] [-q N] [-a N] [-d N] [-t N]\n"
	     "                  [-D N] [-Q N] [-T SECONDS] [-c] [-v] [-z] [--rdma-use-get-mr 1]\n"
	     "\n"
	     "The first form waits for the second one.\n"
	     "\n"
	     "  -r ADDRESS   of this host\n"
	     "  -s ADDRESS   of the host that waits\n"
	     "  -p PORT      TCP port, and the first of the RDS ports (4000)\n"
	     "  -q N         bytes of a request (1024)\n"
	     "  -a N         bytes of a reply (the smallest)\n"
	     "  -d N         requests under way for each task (1)\n"
	     "  -t N         tasks (1)\n"
	     "  -D N         bytes of RDMA for each request, written and read in turn\n"
	     "  -Q N         type of service\n"
	     "  -T SECONDS   how long (for ever)\n"
	     "  -c           tell how busy the processors of this host were\n"
	     "  -v           check every byte\n"
	     "  -z           only a summary at the end\n"
	     "  --rdma-use-get-mr 1  RDS_GET_MR instead of RDS_CMSG_RDMA_MAP");
}

static int listen_tcp(const struct endpoint *me)
{
	int sock = socket(me->addr.ss_family, SOCK_STREAM, 0), one = 1;

	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(sock, (const struct sockaddr *)&me->addr, me->len) || listen(sock, 1))
		die("cannot listen on %s TCP port %u: %s", show_endpoint(me), get_port(me),
		    strerror(errno));
	return sock;
}

static int wait_for_peer(const struct endpoint *me, struct endpoint *peer)
{
	int listener = listen_tcp(me), sock;

	peer->len = sizeof(peer->addr);
	sock = accept(listener, (struct sockaddr *)&peer->addr, &peer->len);
	if (sock < 0)
		die("accept: %s", strerror(errno));
	close(listener);
	return sock;
}

static int call_peer(const struct endpoint *me, struct endpoint *peer, uint16_t port)
{
	struct endpoint local = *me;
	int sock = socket(peer->addr.ss_family, SOCK_STREAM, 0);

	set_port(&local, 0);
	set_port(peer, port);
	if (sock < 0 || bind(sock, (struct sockaddr *)&local.addr, local.len) ||
	    connect(sock, (struct sockaddr *)&peer->addr, peer->len))
		die("cannot call %s TCP port %u: %s", show_endpoint(peer), port, strerror(errno));
	return sock;
}

static void transfer(int sock, void *data, size_t len, bool out)
{
	ssize_t done;

	while (len) {
		done = out ? write(sock, data, len) : read(sock, data, len);
		if (done <= 0)
			die("the other side is gone");
		data = (char *)data + done;
		len -= done;
	}
}

/* Neither side goes on before the other is there. */
static void meet(int sock)
{
	char byte = 0;

	transfer(sock, &byte, 1, true);
	transfer(sock, &byte, 1, false);
}

static void check_options(const struct options *opt)
{
	if (opt->magic != STRESS_MAGIC)
		die("the other side is no rds-stress of this kind");
	if (!opt->tasks || opt->tasks > MAX_TASKS || !opt->depth || opt->depth > MAX_DEPTH ||
	    opt->req_size < sizeof(struct message) || opt->req_size > 1 << 20 ||
	    opt->ack_size < sizeof(struct message) || opt->ack_size > 1 << 20 ||
	    opt->rdma_size > 1 << 20)
		die("the other side asks for what cannot be");
}

static void start_tasks(const struct options *opt, struct endpoint *me, struct endpoint *peer,
			bool active, struct counts *counts, int control)
{
	int i;

	for (i = 0; i < opt->tasks; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork: %s", strerror(errno));
		if (child)
			continue;
		/* Whoever ends this program, ends them, too. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (active)
			signal(SIGINT, SIG_IGN);
		set_port(me, opt->port + 1 + i);
		set_port(peer, opt->port + 1 + i);
		if (active)
			active_task(opt, me, peer, &counts[i]);
		else
			passive_task(opt, me, peer, &counts[i], control);
		exit(0);
	}
}

/**
 * struct usage - of all processors since they were started
 * @busy: ticks in which they had something to do
 * @all: ticks
 */
struct usage {
	unsigned long long busy;
	unsigned long long all;
};

static struct usage processors(void)
{
	FILE *file = fopen("/proc/stat", "r");
	struct usage usage = {};
	unsigned long long ticks;
	int column;

	if (!file || fscanf(file, "cpu"))
		die("/proc/stat: %s", strerror(errno));
	/* What guests took is in the first two already; columns 3 and 4 are idle time. */
	for (column = 0; column < 8 && fscanf(file, "%llu", &ticks) == 1; column++) {
		usage.all += ticks;
		if (column != 3 && column != 4)
			usage.busy += ticks;
	}
	fclose(file);
	return usage;
}

static struct counts sum_of(const struct options *opt, const struct counts *counts)
{
	struct counts sum = {};
	int i;

	for (i = 0; i < opt->tasks; i++) {
		sum.messages += counts[i].messages;
		sum.rdma += counts[i].rdma;
		sum.usec += counts[i].usec;
	}
	return sum;
}

/* What has been done since @begin; and since @before, if that is wanted, how busy it was. */
static void report(const struct options *opt, struct counts sum, double begin, bool active,
		   const struct usage *before)
{
	double seconds = now() - begin;
	double bytes = (double)sum.messages * (opt->req_size + opt->ack_size) + sum.rdma;

	printf("%s: %llu messages, %.0f/s, %.3f MB/s, %llu bytes of RDMA", active ? "active" :
	       "passive", (unsigned long long)sum.messages, sum.messages / seconds,
	       bytes / seconds / 1e6, (unsigned long long)sum.rdma);
	if (active && sum.messages)
		printf(", round trip %.0f us", (double)sum.usec / sum.messages);
	if (before) {
		struct usage after = processors();

		if (after.all > before->all)
			printf(", processors busy %.1f %%", 100.0 * (after.busy - before->busy) /
			       (after.all - before->all));
	}
	printf("\n");
	fflush(stdout);
}

/* Return: whether all of them succeeded. */
static bool wait_for_tasks(const struct options *opt, const struct counts *counts, bool active,
			   bool quiet, bool report_cpu)
{
	struct usage before = report_cpu ? processors() : (struct usage){};
	const struct usage *cpu = report_cpu ? &before : NULL;
	double begin = now(), last = begin;
	int left = opt->tasks, status;
	bool good = true;

	while (left) {
		pid_t child = waitpid(-1, &status, WNOHANG);

		if (child > 0) {
			left--;
			good = good && !status;
			if (status)
				kill(0, SIGTERM);
			continue;
		}
		usleep(20000);
		if (!quiet && now() - last > 1) {
			report(opt, sum_of(opt, counts), begin, active, cpu);
			last = now();
		}
	}
	report(opt, sum_of(opt, counts), begin, active, cpu);
	return good;
}

/* The long names are those of rds-tools. */
static const struct option long_options[] = {
	{ "ack-bytes", required_argument, NULL, 'a' },
	{ "depth", required_argument, NULL, 'd' },
	{ "port", required_argument, NULL, 'p' },
	{ "rdma-bytes", required_argument, NULL, 'D' },
	{ "recv-addr", required_argument, NULL, 'r' },
	{ "report-cpu", no_argument, NULL, 'c' },
	{ "report-summary", no_argument, NULL, 'z' },
	{ "req-bytes", required_argument, NULL, 'q' },
	{ "send-addr", required_argument, NULL, 's' },
	{ "tasks", required_argument, NULL, 't' },
	{ "time", required_argument, NULL, 'T' },
	{ "tos", required_argument, NULL, 'Q' },
	{ "verify", no_argument, NULL, 'v' },
	{ "rdma-use-get-mr", required_argument, NULL, 'G' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

int main(int argc, char **argv)
{
	struct options opt = {
		.magic = STRESS_MAGIC, .port = 4000, .tasks = 1, .depth = 1, .req_size = 1024,
		.ack_size = sizeof(struct message),
	};
	const char *local = NULL, *remote = NULL;
	struct endpoint me, peer;
	struct counts *counts;
	bool quiet = false, report_cpu = false;
	int c, sock;

	while ((c = getopt_long(argc, argv, "r:s:p:q:a:d:t:D:Q:T:cvzh", long_options, NULL)) >= 0) {
		switch (c) {
		case 'r': local = optarg; break;
		case 's': remote = optarg; break;
		case 'p': opt.port = parse_number(optarg, 2, 65000, "the port"); break;
		case 'q': opt.req_size = parse_number(optarg, 16, 1 << 20, "-q"); break;
		case 'a': opt.ack_size = parse_number(optarg, 16, 1 << 20, "-a"); break;
		case 'd': opt.depth = parse_number(optarg, 1, MAX_DEPTH, "-d"); break;
		case 't': opt.tasks = parse_number(optarg, 1, MAX_TASKS, "-t"); break;
		case 'D': opt.rdma_size = parse_number(optarg, 0, 1 << 20, "-D"); break;
		case 'Q': opt.tos = parse_number(optarg, 0, 255, "-Q"); break;
		case 'c': report_cpu = true; break;
		case 'T': opt.seconds = parse_number(optarg, 0, 1 << 30, "-T"); break;
		case 'v': opt.verify = true; break;
		case 'z': quiet = true; break;
		case 'G': opt.use_get_mr = parse_number(optarg, 0, 1, "--rdma-use-get-mr"); break;
		case 'h': usage(); return 0;
		default: usage(); return 2;
		}
	}
	if (!local || optind != argc) {
		usage();
		return 2;
	}
	setpgid(0, 0);
	signal(SIGTERM, SIG_DFL);
	parse_endpoint(local, &me);
	set_port(&me, opt.port);
	if (remote) {
		parse_endpoint(remote, &peer);
		sock = call_peer(&me, &peer, opt.port);
	} else {
		sock = wait_for_peer(&me, &peer);
	}
	transfer(sock, &opt, sizeof(opt), remote);
	check_options(&opt);

	counts = shared(MAX_TASKS * sizeof(*counts));
	enough = shared(sizeof(*enough));
	if (!remote)
		start_tasks(&opt, &me, &peer, false, counts, sock);
	usleep(200000);
	meet(sock);
	if (remote) {
		/* Whoever sees traffic may interrupt it. */
		signal(SIGINT, interrupted);
		start_tasks(&opt, &me, &peer, true, counts, sock);
	}
	return !wait_for_tasks(&opt, counts, remote, quiet, report_cpu);
}
