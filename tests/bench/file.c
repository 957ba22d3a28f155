// SPDX-License-Identifier: GPL-2.0
/*
 * How fast a file or a block device is: for everything that carries one over
 * RDMA, 9P, NFS and SRP.
 *
 * The file is written first, block by block, each with a pattern of its own,
 * and the caches are dropped.  Every thread then reads or writes blocks until
 * time is up: in order or at random, one at a time, or as many as are said by
 * io_submit(2).  What was written is on the other side (fsync) before the clock
 * stops; then everything is read again and compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bench.h"

#define MAX_REQUESTS	128

struct file_options {
	const char *path;
	uint64_t size;			/* of one request */
	uint64_t span;			/* of the file */
	uint32_t threads;
	uint32_t depth;			/* requests of a thread at a time */
	bool write, direct, random;
	bool uncached;			/* or O_DIRECT: one pass over the file is not all */
	double seconds;
};

struct worker {
	const struct file_options *o;
	pthread_t thread;
	uint32_t number;
	uint64_t end;			/* when to stop, CLOCK_MONOTONIC */
	uint64_t begun, blocks;		/* requests; of those, done */
};

static const char usage[] =
"usage: rbench file read|write PATH [-s SIZE] [-f FILESIZE] [-q THREADS] [-a REQUESTS] [-d] [-r] [-t SECONDS]\n"
"  -s  bytes of a request (1m)       -f  bytes of the file (64m)\n"
"  -q  threads (1)                   -t  seconds (1)\n"
"  -a  requests that a thread has under way at a time (1); with -d\n"
"  -d  O_DIRECT                      -r  random order\n"
"  -c  nothing is cached on this side: read the file more than once\n"
"PATH is overwritten.\n";

static int open_file(const struct file_options *o, int flags)
{
	int fd = open(o->path, flags | O_CREAT | (o->direct ? O_DIRECT : 0), 0600);

	if (fd < 0)
		die("%s: %s", o->path, strerror(errno));
	return fd;
}

static char *make_block(const struct file_options *o)
{
	char *block = mmap(NULL, o->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (block == MAP_FAILED)
		die("out of memory");
	return block;
}

static void fill(const struct file_options *o, char *block, uint64_t number)
{
	uint64_t at, word;

	for (at = 0; at + 8 <= o->size; at += 8) {
		word = number * 0x9e3779b97f4a7c15ull + at;
		memcpy(block + at, &word, 8);
	}
}

static void transfer(const struct file_options *o, int fd, char *block, uint64_t number, bool write)
{
	uint64_t done = 0;

	while (done < o->size) {
		uint64_t at = number * o->size + done;
		ssize_t n = write ? pwrite(fd, block + done, o->size - done, at) :
			pread(fd, block + done, o->size - done, at);

		if (n < 0)
			die("%s: at byte %llu: %s", o->path, (unsigned long long)at, strerror(errno));
		if (!n)
			die("%s: it ends at byte %llu", o->path, (unsigned long long)at);
		done += n;
	}
}

static uint64_t blocks(const struct file_options *o)
{
	return o->span / o->size;
}

static void write_all(const struct file_options *o)
{
	char *block = make_block(o);
	int fd = open_file(o, O_RDWR);
	uint64_t i;

	for (i = 0; i < blocks(o); i++) {
		fill(o, block, i);
		transfer(o, fd, block, i, true);
	}
	if (fsync(fd))
		die("%s: fsync: %s", o->path, strerror(errno));
	close(fd);
	munmap(block, o->size);
}

static void drop_caches(void)
{
	FILE *file = fopen("/proc/sys/vm/drop_caches", "w");

	if (!file || fputs("3", file) < 0 || fclose(file))
		die("cannot drop the caches; are you root?");
}

static void check_all(const struct file_options *o)
{
	char *block = make_block(o), *wanted = make_block(o);
	int fd = open_file(o, O_RDONLY);
	uint64_t i;

	drop_caches();
	for (i = 0; i < blocks(o); i++) {
		fill(o, wanted, i);
		transfer(o, fd, block, i, false);
		if (memcmp(block, wanted, o->size))
			die("%s: block %llu is wrong", o->path, (unsigned long long)i);
	}
	close(fd);
	munmap(block, o->size);
	munmap(wanted, o->size);
}

/* Each thread has its own part of the file when in order. */
static uint64_t next_block(struct worker *w, uint64_t *seed)
{
	uint64_t part = blocks(w->o) / w->o->threads;

	if (!w->o->random)
		return w->number * part + w->begun++ % part;
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) % blocks(w->o);
}

/* A second one would find the file in the cache, or write over what was not sent. */
static bool only_one_pass(const struct file_options *o)
{
	return !o->direct && !o->uncached;
}

static void one_at_a_time(struct worker *w, int fd, uint64_t seed)
{
	char *block = make_block(w->o);

	do {
		uint64_t number = next_block(w, &seed);

		/* the pattern costs the same on all sides, and is a small part */
		if (w->o->write)
			fill(w->o, block, number);
		transfer(w->o, fd, block, number, w->o->write);
		w->blocks++;
		if (only_one_pass(w->o) && w->blocks == blocks(w->o) / w->o->threads)
			break;
	} while (now_nsec() < w->end);
	munmap(block, w->o->size);
}

static void submit(const struct file_options *o, aio_context_t ctx, struct iocb **list, long n)
{
	while (n) {
		long taken = syscall(SYS_io_submit, ctx, n, list);

		if (taken <= 0)
			die("%s: io_submit: %s", o->path, strerror(errno));
		list += taken;
		n -= taken;
	}
}

/* Those that are done; their iocbs are put on @list. */
static long reap(const struct file_options *o, aio_context_t ctx, struct iocb **list, long min)
{
	struct io_event events[MAX_REQUESTS];
	long i, n = syscall(SYS_io_getevents, ctx, min, o->depth, events, NULL);

	if (n < min)
		die("%s: io_getevents: %s", o->path, strerror(errno));
	for (i = 0; i < n; i++) {
		if (events[i].res != (long long)o->size)
			die("%s: a request ends with %lld", o->path, (long long)events[i].res);
		list[i] = (struct iocb *)(uintptr_t)events[i].obj;
	}
	return n;
}

static void many_at_a_time(struct worker *w, int fd, uint64_t seed)
{
	struct iocb cb[MAX_REQUESTS] = { 0 }, *list[MAX_REQUESTS];
	const struct file_options *o = w->o;
	aio_context_t ctx = 0;
	long i, n = o->depth, under_way = 0;

	if (syscall(SYS_io_setup, o->depth, &ctx))
		die("io_setup: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		cb[i].aio_fildes = fd;
		cb[i].aio_lio_opcode = o->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
		cb[i].aio_buf = (uintptr_t)make_block(o);
		cb[i].aio_nbytes = o->size;
		list[i] = &cb[i];
	}
	do {
		for (i = 0; i < n; i++) {
			uint64_t number = next_block(w, &seed);

			if (o->write)
				fill(o, (char *)(uintptr_t)list[i]->aio_buf, number);
			list[i]->aio_offset = number * o->size;
		}
		submit(o, ctx, list, n);
		under_way += n;
		n = reap(o, ctx, list, 1);
		under_way -= n;
		w->blocks += n;
	} while (now_nsec() < w->end);
	if (under_way)
		w->blocks += reap(o, ctx, list, under_way);
	syscall(SYS_io_destroy, ctx);
	for (i = 0; i < o->depth; i++)
		munmap((void *)(uintptr_t)cb[i].aio_buf, o->size);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	int fd = open_file(w->o, O_RDWR);
	uint64_t seed = w->number + 1;

	if (w->o->depth > 1)
		many_at_a_time(w, fd, seed);
	else
		one_at_a_time(w, fd, seed);
	if (w->o->write && fsync(fd))
		die("%s: fsync: %s", w->o->path, strerror(errno));
	close(fd);
	return NULL;
}

static void measure(const struct file_options *o, struct bench_result *r)
{
	struct worker *w = calloc(o->threads, sizeof(*w));
	uint32_t i;

	if (!w)
		die("out of memory");
	drop_caches();
	clock_read(&r->begin);
	for (i = 0; i < o->threads; i++) {
		w[i] = (struct worker){ .o = o, .number = i,
					.end = r->begin.nsec + (uint64_t)(o->seconds * 1e9) };
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			die("no more threads");
	}
	for (i = 0; i < o->threads; i++) {
		pthread_join(w[i].thread, NULL);
		r->messages += w[i].blocks;
	}
	clock_read(&r->end);
	r->bytes = r->messages * o->size;
	free(w);
}

int file_main(int argc, char **argv)
{
	struct file_options o = { .size = 1 << 20, .span = 64 << 20, .threads = 1, .depth = 1,
				  .seconds = 1 };
	struct bench_result r = { .messages = 0 };
	int option;

	while ((option = getopt(argc, argv, "s:f:q:a:t:drch")) != -1) {
		switch (option) {
		case 's': o.size = parse_size(optarg); break;
		case 'f': o.span = parse_size(optarg); break;
		case 'q': o.threads = atoi(optarg); break;
		case 'a': o.depth = atoi(optarg); break;
		case 't': o.seconds = atof(optarg); break;
		case 'd': o.direct = true; break;
		case 'r': o.random = true; break;
		case 'c': o.uncached = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: die("what is that?\n%s", usage);
		}
	}
	if (argc - optind != 2 || (strcmp(argv[optind], "read") && strcmp(argv[optind], "write")))
		die("read or write, and which file?\n%s", usage);
	if (!o.depth || o.depth > MAX_REQUESTS || (o.depth > 1 && !o.direct))
		die("1 to %d requests at a time; without O_DIRECT, 1", MAX_REQUESTS);
	o.write = !strcmp(argv[optind], "write");
	o.path = argv[optind + 1];
	if (o.size < 8 || o.size % 8 || !o.threads || blocks(&o) < o.threads)
		die("a request of a multiple of 8 bytes, and a file with one for each thread");
	write_all(&o);
	measure(&o, &r);
	check_all(&o);
	result_print(o.write ? "file write" : "file read", &r);
	return 0;
}
