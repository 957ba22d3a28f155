// SPDX-License-Identifier: GPL-2.0
/*
 * The module: measures once while it is loaded, and keeps the result, a line of
 * JSON, in its parameter `result` until it is unloaded.
 *
 *	modprobe rdma_bench op=ping size=64 device=dev0 address=10.7.0.1
 *	cat /sys/module/rdma_bench/parameters/result
 */
#include <linux/delay.h>
#include <linux/kernel_stat.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include "bench.h"

static char *op = "ping";
module_param(op, charp, 0444);
MODULE_PARM_DESC(op, "send, ud (rate), ping, write-rtt or read-rtt (round trips)");

static unsigned int size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of a message");

static unsigned int depth = 64;
module_param(depth, uint, 0444);
MODULE_PARM_DESC(depth, "messages on their way, a multiple of 4");

static unsigned int msecs = 1000;
module_param(msecs, uint, 0444);
MODULE_PARM_DESC(msecs, "for how long to measure, after a tenth of that to warm up");

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "RDMA device of one end");

static char *address = "";
module_param(address, charp, 0444);
MODULE_PARM_DESC(address, "its IPv4 address");

static char *peer_device;
module_param(peer_device, charp, 0444);
MODULE_PARM_DESC(peer_device, "RDMA device of the other end (the same)");

static char *peer_address;
module_param(peer_address, charp, 0444);
MODULE_PARM_DESC(peer_address, "its IPv4 address (the same)");

static char result[256];
module_param_string(result, result, sizeof(result), 0444);
MODULE_PARM_DESC(result, "what was measured");

static const char * const ops[] = {
	[OP_SEND] = "send", [OP_UD] = "ud", [OP_PING] = "ping",
	[OP_WRITE_RTT] = "write-rtt", [OP_READ_RTT] = "read-rtt",
};

/* Time for which the processors were busy, in nanoseconds, by ticks. */
static u64 busy_nsec(void)
{
	u64 sum = 0;
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < NR_STATS; i++)
			if (i != CPUTIME_IDLE && i != CPUTIME_IOWAIT)
				sum += kcpustat_cpu(cpu).cpustat[i];
	return sum;
}

static u64 received(struct bench *bench)
{
	unsigned long flags;
	u64 n;

	spin_lock_irqsave(&bench->lock, flags);
	n = bench->received;
	spin_unlock_irqrestore(&bench->lock, flags);
	return n;
}

/* The two ends are not in the way: they run in softirq. */
static void measure(struct bench *bench)
{
	u64 begin, busy, nsec, n, pico, rate;

	msleep(msecs / 10);
	n = received(bench);
	busy = busy_nsec();
	begin = ktime_get_ns();
	msleep(msecs);
	n = max(received(bench) - n, 1ULL);
	nsec = ktime_get_ns() - begin;
	busy = busy_nsec() - busy;

	pico = div64_u64(nsec * 1000, n);
	rate = div64_u64(n * NSEC_PER_SEC, nsec);
	snprintf(result, sizeof(result),
		 "{\"what\": \"kernel %s\", \"messages\": %llu, \"messages_per_second\": %llu, \"bytes_per_second\": %llu, \"median_us\": %llu.%06llu, \"cpu_us_per_message\": %llu.%03llu}",
		 op, n, rate, rate * bench->size, pico / 1000000,
		 pico % 1000000, div64_u64(busy, n) / 1000,
		 div64_u64(busy, n) % 1000);
}

static int run(struct bench *bench)
{
	int err;

	err = bench_open(bench, device, address, peer_device ?: device,
			 peer_address ?: address);
	if (err) {
		pr_err("rdma_bench: connecting %s (%s) and %s (%s): error %d\n",
		       device, address, peer_device ?: device,
		       peer_address ?: address, err);
		return err;
	}
	err = bench_start(bench);
	if (!err)
		measure(bench);
	/* Always: completions come until then. */
	err = bench_stop(bench) ?: err;
	if (!err && !bench_payload_ok(bench))
		err = -EBADMSG;
	if (err)
		pr_err("rdma_bench: %s: error %d after %llu messages\n", op,
		       err, received(bench));
	return err;
}

static int __init rdma_bench_init(void)
{
	struct bench *bench;
	int err, which;

	which = match_string(ops, ARRAY_SIZE(ops), op);
	if (which < 0 || size < 1 || size > SZ_64K || depth < 4 || depth % 4 ||
	    depth > BENCH_MAX_DEPTH || msecs < 10 || msecs > 60000) {
		pr_err("rdma_bench: these parameters make no sense; see modinfo rdma_bench\n");
		return -EINVAL;
	}
	bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	bench->op = which;
	bench->size = size;
	bench->depth = depth;
	err = run(bench);
	bench_close(bench);
	kfree(bench);
	return err;
}

static void __exit rdma_bench_exit(void)
{
}

module_init(rdma_bench_init);
module_exit(rdma_bench_exit);
MODULE_DESCRIPTION("Measures RDMA devices from inside the kernel");
MODULE_LICENSE("GPL");
