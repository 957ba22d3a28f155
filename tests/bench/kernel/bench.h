/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two ends on RDMA devices of this kernel, and messages between them, measured.
 *
 * A module stands where NFS, 9P, SRP and RDS do: it posts without a system call,
 * and is called in softirq when something completes.  On User Mode Linux a system
 * call takes ten times as long as a short message, whichever device it is for, so
 * only here the devices can be told apart.
 */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include <linux/completion.h>
#include <linux/spinlock.h>
#include <rdma/ib_verbs.h>

#define BENCH_MAX_DEPTH	64
#define BENCH_GRH	40

enum bench_op {
	OP_SEND, OP_UD,				/* rate, one way */
	OP_PING, OP_WRITE_RTT, OP_READ_RTT,	/* round trips, one at a time */
};

/**
 * struct bench_end - one of the two
 * @dev: RDMA device, referenced
 * @gid_attr: its address, referenced
 * @pd: with a key for all memory
 * @cq: of both directions; handlers run in softirq
 * @qp: queue pair
 * @ah: UD: the way to the other end
 * @buf: @slots slots of @slot_size bytes
 * @addr: of @buf, for the device
 * @slots: how many
 * @slot_size: bytes
 */
struct bench_end {
	struct ib_device *dev;
	const struct ib_gid_attr *gid_attr;
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct ib_qp *qp;
	struct ib_ah *ah;
	u8 *buf;
	u64 addr;
	u32 slots;
	u32 slot_size;
};

/**
 * struct bench - a measurement
 * @op: what is done
 * @size: bytes of a message
 * @depth: messages on their way
 * @a: the end that begins
 * @b: the other
 * @recv: what completions of receives call
 * @send: what completions of requests call
 * @lock: guards the rest; completions of the two ends may run at once
 * @posted: messages that @a has sent
 * @received: messages that have arrived, or round trips
 * @stop: send no more
 * @failed: a completion in error, or a verb that failed
 * @idle: nothing is under way any more
 * @list_lock: guards @wr and @sge
 * @wr: the list that is being posted
 * @sge: its memory
 */
struct bench {
	enum bench_op op;
	u32 size;
	u32 depth;
	struct bench_end a;
	struct bench_end b;
	struct ib_cqe recv;
	struct ib_cqe send;
	spinlock_t lock;		/* posted ... failed */
	u64 posted;
	u64 received;
	bool stop;
	int failed;
	struct completion idle;
	spinlock_t list_lock;		/* wr, sge */
	struct ib_ud_wr wr[BENCH_MAX_DEPTH / 4];
	struct ib_sge sge[BENCH_MAX_DEPTH / 4];
};

static inline bool bench_is_ud(const struct bench *bench)
{
	return bench->op == OP_UD;
}

int bench_open(struct bench *bench, const char *device, const char *address,
	       const char *peer_device, const char *peer_address);
void bench_close(struct bench *bench);

int bench_start(struct bench *bench);
int bench_stop(struct bench *bench);
bool bench_payload_ok(const struct bench *bench);

#endif /* BENCH_KERNEL_H */
