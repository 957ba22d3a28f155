// SPDX-License-Identifier: GPL-2.0
/*
 * The command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "frame.h"
#include "gateway.h"

#define MAX_MSIZE	(1024 * 1024)

struct settings settings = {
	.port = 5640,
	.msize = MAX_MSIZE,
	.depth = 64,
	.max_conns = 64,
	.keepalive = 30,
};

static const char help[] =
"rdma9p - let clients mount a 9P server over RDMA\n"
"\n"
"usage: rdma9p --to tcp:HOST:PORT|unix:PATH [OPTION...]\n"
"\n"
"  -t, --to SERVER        the 9P server: tcp:HOST:PORT or unix:PATH\n"
"  -l, --listen ADDRESS   IPv4 or IPv6 address to listen on (default: all)\n"
"  -p, --port PORT        port to listen on (default: 5640)\n"
"  -m, --msize BYTES      the largest message (default and most: 1048576)\n"
"  -d, --depth N          requests a client may have under way (default: 64)\n"
"  -c, --max-clients N    clients at a time (default: 64)\n"
"  -k, --keepalive SECS   probe clients silent for so long (default: 30, 0: no)\n"
"  -v, --verbose          say what goes well too\n"
"  -h, --help             this text\n"
"  -V, --version          the version\n"
"\n"
"A client costs depth times its msize in locked memory, and 8 msizes more.\n"
"\n"
"example: diod -f -n -N -S -U root -e /srv -l 127.0.0.1:564 &\n"
"         rdma9p --to tcp:127.0.0.1:564\n"
"on the client: mount -t 9p -o trans=rdma,aname=/srv 192.0.2.1 /mnt\n";

static const struct option options[] = {
	{ "to", required_argument, NULL, 't' },
	{ "listen", required_argument, NULL, 'l' },
	{ "port", required_argument, NULL, 'p' },
	{ "msize", required_argument, NULL, 'm' },
	{ "depth", required_argument, NULL, 'd' },
	{ "max-clients", required_argument, NULL, 'c' },
	{ "keepalive", required_argument, NULL, 'k' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

static unsigned int number(const char *option, const char *text,
			   unsigned int min, unsigned int max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value < min ||
	    value > max) {
		log_error("--%s %s: give a number from %u to %u", option, text,
			  min, max);
		exit(2);
	}
	return value;
}

static void print_and_exit(const char *text)
{
	fputs(text, stdout);
	exit(fflush(stdout) ? 1 : 0);
}

static void take_option(int option)
{
	switch (option) {
	case 't':
		settings.to = optarg;
		break;
	case 'l':
		settings.listen = optarg;
		break;
	case 'p':
		settings.port = number("port", optarg, 1, UINT16_MAX);
		break;
	case 'm':
		settings.msize = number("msize", optarg, FRAME_MIN_MSIZE,
					MAX_MSIZE);
		break;
	case 'd':
		settings.depth = number("depth", optarg, 1, 8192);
		break;
	case 'c':
		settings.max_conns = number("max-clients", optarg, 1, 65536);
		break;
	case 'k':
		settings.keepalive = number("keepalive", optarg, 0, 86400);
		break;
	case 'v':
		settings.verbose = true;
		break;
	case 'h':
		print_and_exit(help);
		break;
	case 'V':
		print_and_exit("rdma9p " VERSION "\n");
		break;
	default:
		fputs("Try 'rdma9p --help'.\n", stderr);
		exit(2);
	}
}

/**
 * options_parse - understand the command line
 * @argc: of main
 * @argv: of main
 *
 * Exits after a message if something is wrong, or if that is all that was asked
 * for.
 */
void options_parse(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "t:l:p:m:d:c:k:vhV", options,
				     NULL)) != -1)
		take_option(option);

	if (optind < argc || !settings.to) {
		if (optind < argc)
			log_error("what is %s?", argv[optind]);
		else
			log_error("where is the 9P server? Give --to tcp:HOST:PORT or --to unix:PATH");
		take_option('?');
	}
	if (upstream_resolve(settings.to, &settings.upstream))
		exit(2);
}
