/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to rds-stress.
 */
#ifndef RDS_STRESS_H
#define RDS_STRESS_H

#include "common.h"

#define MAX_TASKS	64
#define MAX_DEPTH	256

/**
 * struct options - what both sides must agree on; sent over the control connection
 * @magic: STRESS_MAGIC
 * @port: control port; task N uses RDS port @port + 1 + N
 * @tasks: how many processes on each side
 * @depth: requests under way for each
 * @req_size: bytes of a request
 * @ack_size: bytes of a reply
 * @rdma_size: bytes of RDMA for each request, or 0
 * @verify: look at every byte
 * @use_get_mr: make regions with the option instead of the control message
 * @tos: type of service of the connection
 * @seconds: how long; 0 is for ever
 */
struct options {
	uint32_t magic;
	uint16_t port;
	uint16_t tasks;
	uint32_t depth;
	uint32_t req_size;
	uint32_t ack_size;
	uint32_t rdma_size;
	uint32_t verify;
	uint32_t use_get_mr;
	uint32_t tos;
	uint32_t seconds;
};

#define STRESS_MAGIC	0x52445354

/* The head of each message; the pattern made from @seq follows. */
struct message {
	uint32_t seq;
	uint32_t kind;
	uint64_t cookie;
};

enum { REQUEST_WRITE, REQUEST_READ, REPLY, LAST };

/**
 * struct counts - what a task has done; shared with the parent
 * @messages: round trips
 * @rdma: bytes moved by RDMA
 * @usec: sum of round trip times
 */
struct counts {
	volatile uint64_t messages;
	volatile uint64_t rdma;
	volatile uint64_t usec;
};

/* Enough: what is under way is ended. Shared by all tasks of the active side. */
extern volatile bool *enough;

void fill_pattern(void *data, size_t len, uint32_t seed);
void check_pattern(const void *data, size_t len, uint32_t seed, const char *what);
size_t send_message(int sock, const struct endpoint *to, void *buf, size_t len,
		    const void *control, size_t control_len);
void active_task(const struct options *opt, const struct endpoint *me,
		 const struct endpoint *peer, struct counts *counts);
void passive_task(const struct options *opt, const struct endpoint *me,
		  const struct endpoint *peer, struct counts *counts, int control);

#endif /* RDS_STRESS_H */
