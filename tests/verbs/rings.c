// SPDX-License-Identifier: GPL-2.0
/*
 * A process that rewrites the queues it shares with the kernel while it uses
 * them may harm itself, and nobody else.
 *
 * Each round starts such a process: a thread stores extreme and random values
 * into the mmapped rings (indices above all, then entries) while the main
 * thread posts and polls.  It may crash, spin in its own library, or be killed
 * by its timer: all of that is its own affair.  The parent has a connection of
 * its own over the same device, and after each round checks that it still
 * carries the right bytes, and that the child can be reaped.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent.h"

#define MAX_RINGS	16
#define ROUND_USEC	300000
#define REAP_USEC	20000000

struct ring {
	volatile uint32_t *word;
	size_t words;
};

static struct ring ring[MAX_RINGS];
static unsigned int rings;

/* What the device driver mapped into this process. */
static void find_rings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512], perms[8];

	while (f && fgets(line, sizeof(line), f) && rings < MAX_RINGS) {
		if (!strstr(line, "/dev/infiniband/uverbs"))
			continue;
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perms) != 3 || perms[1] != 'w')
			continue;
		ring[rings].word = (volatile uint32_t *)start;
		ring[rings++].words = (end - start) / 4;
	}
	if (f)
		fclose(f);
}

static uint32_t hostile_value(unsigned int *seed)
{
	static const uint32_t extreme[] = {
		0, 1, 2, 15, 16, 17, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, 0xfffffffe, 0xffffffff,
	};
	unsigned int r = rand_r(seed);

	if (r % 3)
		return extreme[r / 3 % (sizeof(extreme) / sizeof(extreme[0]))];
	return (uint32_t)rand_r(seed) << 16 ^ rand_r(seed);
}

static void *rewrite(void *arg)
{
	unsigned int seed = (uintptr_t)arg;

	for (;;) {
		const struct ring *r = &ring[rand_r(&seed) % rings];
		bool index = rand_r(&seed) % 2;	/* head or tail */
		size_t at = rand_r(&seed) % (index ? 2 : r->words);

		r->word[at] = hostile_value(&seed);
		if (rand_r(&seed) % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static int must_run(struct agent *ag, const struct vt_req *req, struct vt_rep *rep)
{
	memset(rep, 0, sizeof(*rep));
	agent_run(ag, req, rep);
	if (rep->err)
		_exit(3);
	return rep->id;
}

static void set_state(struct agent *ag, uint32_t qp, struct ibv_qp_attr *attr,
		      enum ibv_qp_state state, int mask)
{
	struct vt_req req = { .op = VT_QP_MODIFY, .obj = qp };
	struct vt_rep rep;

	attr->qp_state = state;
	req.modify.attr = *attr;
	req.modify.mask = mask | IBV_QP_STATE;
	agent_run(ag, &req, &rep);
}

/* RESET to RTS, connected to @peer; also how a QP comes back from the error state. */
static void bring_up(struct agent *ag, uint32_t qp, uint32_t peer)
{
	struct ibv_qp_attr attr = {
		.port_num = 1, .qp_access_flags = VT_ACCESS_ALL, .path_mtu = IBV_MTU_1024,
		.dest_qp_num = ag->qp[peer]->qp_num, .max_dest_rd_atomic = 1, .max_rd_atomic = 1,
		.min_rnr_timer = 1, .timeout = 8, .retry_cnt = 1, .rnr_retry = 1,
		.ah_attr = {
			.is_global = 1, .port_num = 1,
			.grh = { .dgid = ag->info.gid, .sgid_index = ag->info.gid_index, .hop_limit = 64 },
		},
	};

	set_state(ag, qp, &attr, IBV_QPS_RESET, 0);
	set_state(ag, qp, &attr, IBV_QPS_INIT,
		  IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	set_state(ag, qp, &attr, IBV_QPS_RTR,
		  IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
		  IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	set_state(ag, qp, &attr, IBV_QPS_RTS,
		  IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
		  IBV_QP_MAX_QP_RD_ATOMIC);
}

static uint32_t make_qp(struct agent *ag, uint32_t cq, uint32_t srq)
{
	struct vt_req req = { .op = VT_QP, .qp = {
		.type = IBV_QPT_RC, .scq = cq, .rcq = cq, .srq = srq,
		.send_wr = 16, .recv_wr = srq ? 0 : 16, .send_sge = 2, .recv_sge = srq ? 0 : 4,
	} };
	struct vt_rep rep;

	must_run(ag, &req, &rep);
	return rep.qp.id;
}

static void use(struct agent *ag, uint32_t qp, uint32_t mr, uint32_t cq, uint32_t srq, unsigned int *seed)
{
	struct vt_req req = { .op = VT_RECV, .obj = qp };
	struct vt_rep rep;
	unsigned int i;

	req.post.srq = rand_r(seed) % 2 ? srq : 0;
	req.post.n = 4;
	for (i = 0; i < 4; i++) {
		req.post.wr[i].nsge = 1 + i;
		req.post.wr[i].sge[0] = (struct vt_sge){ .mr = mr, .len = 4096, .off = 4096 * i };
	}
	if (!ag->qp[qp]->srq || req.post.srq)
		agent_run(ag, &req, &rep);
	memset(&req, 0, sizeof(req));
	req.op = VT_SEND;
	req.obj = qp;
	req.post.n = 2;
	for (i = 0; i < 2; i++) {
		req.post.wr[i].opcode = IBV_WR_SEND;
		req.post.wr[i].flags = IBV_SEND_SIGNALED;
		req.post.wr[i].nsge = 1;
		req.post.wr[i].sge[0] = (struct vt_sge){ .mr = mr, .len = rand_r(seed) % 4096 };
	}
	agent_run(ag, &req, &rep);
	req = (struct vt_req){ .op = VT_POLL, .obj = cq, .poll = { 4, 0 } };
	rep.wcs.n = 0;
	agent_run(ag, &req, &rep);
	if (rand_r(seed) % 8 == 0) {
		req = (struct vt_req){ .op = VT_CQ_RESIZE, .obj = cq, .cq = { 8 + rand_r(seed) % 64 } };
		agent_run(ag, &req, &rep);
	}
	if (srq && rand_r(seed) % 8 == 0) {
		req = (struct vt_req){ .op = VT_SRQ_MODIFY, .obj = srq, .srq = {
			.max_wr = 8 + rand_r(seed) % 64, .limit = 2,
			.mask = rand_r(seed) % 2 ? IBV_SRQ_MAX_WR : IBV_SRQ_LIMIT,
		} };
		agent_run(ag, &req, &rep);
	}
}

/* Does not return: ends by its timer, or by what it did to itself. */
void run_hostile(const struct vt_open *o, uint32_t seed_value)
{
	unsigned int seed = seed_value;
	struct itimerval life = { .it_value = { 0, ROUND_USEC } };
	struct vt_req req = { .op = VT_OPEN, .open = *o };
	struct agent *ag = agent_new();
	uint32_t cq, srq, mr, plain[2], shared[2];
	struct vt_rep rep;
	pthread_t thread;
	uint32_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must_run(ag, &req, &rep);
	req = (struct vt_req){ .op = VT_CQ, .cq = { 32 } };
	cq = must_run(ag, &req, &rep);
	req = (struct vt_req){ .op = VT_SRQ, .srq = { .max_wr = 16, .max_sge = 4 } };
	srq = must_run(ag, &req, &rep);
	req = (struct vt_req){ .op = VT_MR, .mr = { 65536, VT_ACCESS_ALL, 0 } };
	must_run(ag, &req, &rep);
	mr = rep.mr.id;
	for (i = 0; i < 2; i++) {
		plain[i] = make_qp(ag, cq, 0);
		shared[i] = make_qp(ag, cq, srq);
	}
	find_rings();
	if (!rings)
		_exit(4);
	if (pthread_create(&thread, NULL, rewrite, (void *)(uintptr_t)seed))
		_exit(3);
	setitimer(ITIMER_REAL, &life, NULL);
	for (;;) {
		uint32_t *qp = rand_r(&seed) % 2 ? plain : shared;
		uint32_t which = rand_r(&seed) % 2;

		if (rand_r(&seed) % 6 == 0)
			for (i = 0; i < 2; i++)
				bring_up(ag, qp[i], qp[!i]);
		use(ag, qp[which], mr, cq, srq, &seed);
	}
}

/* False if the child cannot be reaped. */
static bool reap(pid_t pid, int *status)
{
	uint64_t end = now_usec() + REAP_USEC;
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) == 0) {
		if (now_usec() > end - REAP_USEC / 2)
			kill(pid, SIGKILL);
		if (now_usec() > end)
			return false;
		nap_usec(5000);
	}
	return got == pid;
}

/*
 * A fresh program, not only a fork: a child would inherit the mappings of this
 * process and rewrite those too.
 */
static void exec_hostile(const struct vt_open *o, unsigned int seed)
{
	char seed_text[16], gid_text[16];
	const char *argv[12] = { "vt", "hostile", "-S", seed_text, "-d", o->dev };
	unsigned int n = 6;

	snprintf(seed_text, sizeof(seed_text), "%u", seed);
	snprintf(gid_text, sizeof(gid_text), "%d", o->gid_index);
	if (o->addr[0]) {
		argv[n++] = "-a";
		argv[n++] = o->addr;
	}
	if (o->gid_index >= 0) {
		argv[n++] = "-g";
		argv[n++] = gid_text;
	}
	if (o->ipv6)
		argv[n++] = "-6";
	execv("/proc/self/exe", (char **)argv);
	_exit(3);
}

static bool round_of(const struct vt_open *o, unsigned int seed)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		vt_abort("fork: %s", strerror(errno));
	if (!pid)
		exec_hostile(o, seed);
	if (!reap(pid, &status)) {
		printf("FAIL: the process of seed %u cannot be killed\n", seed);
		return false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 4)
		vt_abort("the device shares no queues with user space");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
		printf("FAIL: the process of seed %u could not set up its queues\n", seed);
		return false;
	}
	return true;
}

int run_rings(struct vt_pair *p, const struct vt_open *o, uint32_t seconds, uint32_t seed)
{
	static char *const quick[] = { "rc/send/64k/*", "rc/read/64k/*", "basic/order/*" };
	uint64_t end = now_usec() + seconds * 1000000ULL;
	unsigned int rounds = 0;

	while (now_usec() < end) {
		if (!round_of(o, seed + rounds))
			return 1;
		rounds++;
		if (rounds % 8 == 0 && run_cases(p, quick, 3, false))
			return 1;
	}
	if (run_cases(p, quick, 3, false))
		return 1;
	printf("rings: %u rounds\n", rounds);
	return 0;
}
