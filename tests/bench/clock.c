// SPDX-License-Identifier: GPL-2.0
/*
 * Time, processor time, and the line of JSON that says what came out.
 *
 * Much of the work is done in soft interrupts and kernel threads, which no
 * process pays for; so the processor time that counts is that of the whole
 * machine, from /proc/stat, in ticks of 10 ms.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

/* memcpy is measured for this long. */
#define COPY_NSEC	200000000ULL

uint64_t now_nsec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static double machine_seconds(void)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	FILE *file = fopen("/proc/stat", "r");
	int n;

	if (!file)
		die("cannot read /proc/stat");
	n = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
		   &iowait, &irq, &softirq);
	fclose(file);
	if (n != 7)
		die("/proc/stat is not understood");
	return (double)(user + nice + system + irq + softirq) / sysconf(_SC_CLK_TCK);
}

static double process_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
		(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void clock_read(struct bench_clock *c)
{
	c->machine = machine_seconds();
	c->process = process_seconds();
	c->nsec = now_nsec();
}

double clock_seconds(const struct bench_result *r)
{
	return (r->end.nsec - r->begin.nsec) / 1e9;
}

/*
 * From slot to slot, as the device does it: what is in the cache is the same.
 * The first pass is not counted: on User Mode Linux a page that a program touches
 * for the first time costs more than it takes to copy it, populated or not.
 */
double memcpy_rate(char *to, const char *from, size_t size, size_t slot_size, size_t slots)
{
	uint64_t begin, n = 0, end;

	memcpy(to, from, slots * slot_size);
	begin = now_nsec();
	do {
		size_t at = n++ % slots * slot_size;

		memcpy(to + at, from + at, size);
		/* what nobody reads might not be written */
		__asm__ volatile("" : : "r"(to + at) : "memory");
		end = now_nsec();
	} while (end - begin < COPY_NSEC);
	return n * size / ((end - begin) / 1e9);
}

void result_print(const char *what, const struct bench_result *r)
{
	double seconds = clock_seconds(r), busy = r->end.machine - r->begin.machine;

	printf("{\"what\": \"%s\", \"seconds\": %.6f, \"messages\": %llu, \"bytes\": %llu, ", what,
	       seconds, (unsigned long long)r->messages, (unsigned long long)r->bytes);
	printf("\"bytes_per_second\": %.1f, \"messages_per_second\": %.3f, ", r->bytes / seconds,
	       r->messages / seconds);
	printf("\"cpu_seconds\": %.2f, \"process_seconds\": %.6f", busy,
	       r->end.process - r->begin.process);
	if (r->bytes)
		printf(", \"cpu_ns_per_byte\": %.6f", busy * 1e9 / r->bytes);
	if (r->messages)
		printf(", \"cpu_us_per_message\": %.4f", busy * 1e6 / r->messages);
	if (r->memcpy_rate > 0)
		printf(", \"memcpy_bytes_per_second\": %.1f, \"part_of_memcpy\": %.6f", r->memcpy_rate,
		       r->bytes / seconds / r->memcpy_rate);
	if (r->median_usec > 0)
		printf(", \"median_us\": %.3f, \"p99_us\": %.3f", r->median_usec, r->p99_usec);
	if (r->lost)
		printf(", \"lost\": %llu", (unsigned long long)r->lost);
	printf("}\n");
}
