// SPDX-License-Identifier: GPL-2.0
/*
 * Cases about messages that cannot be sent: THERE is an address that nobody has. What
 * is sent to it stays in the send buffer, with the memory of its operations, until it
 * is cancelled, or its socket closed.
 */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "rdst.h"

#define PAGE	4096u
#define PAGES	16u

static uint8_t *memory;

static struct sockaddr_storage nobody(uint16_t port)
{
	struct sockaddr_storage to;

	with_port(&to, &there, port);
	return to;
}

static ssize_t send_to(int sock, uint16_t port, size_t len, int flags)
{
	static uint8_t data[PAGE];
	struct sockaddr_storage to = nobody(port);

	return sendto(sock, data, len, flags, (struct sockaddr *)&to, name_len);
}

static void cancel(int sock, uint16_t port)
{
	struct sockaddr_storage to = nobody(port);

	ok(!setsockopt(sock, SOL_RDS, RDS_CANCEL_SENT_TO, &to, name_len));
}

static unsigned int waiting(int sock, uint16_t port, size_t len)
{
	return listed_messages(RDS_INFO_SEND_MESSAGES, &here, port_of(sock), &there, port, len);
}

static bool has_room(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

/* Messages of 1000 bytes, as many as fit. */
static unsigned int fill_up(int sock, uint16_t port)
{
	unsigned int count = 0;

	while (send_to(sock, port, 1000, MSG_DONTWAIT) == 1000)
		ok(++count < 100);
	ok(errno == EAGAIN);
	return count;
}

static void nothing(int sig)
{
	(void)sig;
}

static void full(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval soon = { .it_value.tv_usec = 200000 };
	struct timeval wait = { .tv_usec = 300000 };
	int sock = bound_socket(0);
	unsigned int count;

	set_buffers(sock, 20000, 0);
	ok(has_room(sock));
	count = fill_up(sock, 4000);
	ok(count >= 19 && count <= 21);
	ok(!has_room(sock));
	ok(waiting(sock, 4000, 1000) == count);

	ok(!setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)));
	fails(ETIMEDOUT, send_to(sock, 4000, 1000, 0));
	wait.tv_sec = 60;
	ok(!setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)));
	ok(!sigaction(SIGALRM, &action, NULL));
	ok(!setitimer(ITIMER_REAL, &soon, NULL));
	fails(EINTR, send_to(sock, 4000, 1000, 0));
	ok(waiting(sock, 4000, 1000) == count);
	close(sock);
}

/* To one port, and not to others; whoever waits for room, goes on. */
static void cancelled(void)
{
	int sock = bound_socket(0), status;
	unsigned int count;
	pid_t child;

	set_buffers(sock, 20000, 0);
	ok(send_to(sock, 4001, 500, 0) == 500);
	count = fill_up(sock, 4000);
	cancel(sock, 4002);
	ok(waiting(sock, 4000, 1000) == count && waiting(sock, 4001, 500) == 1);
	ok(!has_room(sock));
	child = fork();
	if (!child)
		_exit(send_to(sock, 4003, 700, 0) != 700);
	usleep(200000);
	ok(!waitpid(child, &status, WNOHANG));
	cancel(sock, 4000);
	ok(waitpid(child, &status, 0) == child && !status);
	ok(has_room(sock));
	ok(!waiting(sock, 4000, 1000) && waiting(sock, 4001, 500) == 1);
	ok(waiting(sock, 4003, 700) == 1);
	ok(fill_up(sock, 4000) >= count - 2);
	close(sock);
}

/* An operation that reads @nr pages of ours, with a payload of one byte. */
static ssize_t operate(int sock, uint16_t port, unsigned int nr, uint64_t flags, uint64_t token)
{
	struct rds_iovec iov = { (uintptr_t)memory, nr * PAGE };
	struct rds_rdma_args args = {
		.cookie = 4711, .remote_vec = { 0, nr * PAGE },
		.local_vec_addr = (uintptr_t)&iov, .nr_local = 1,
		.flags = flags | RDS_RDMA_READWRITE, .user_token = token,
	};
	struct sockaddr_storage to = nobody(port);

	return send_cmsg(sock, &to, RDS_CMSG_RDMA_ARGS, &args, sizeof(args), "x");
}

/* The operation was cancelled, and its socket is told. */
static void expect_cancelled(int sock, uint64_t token)
{
	char control[CMSG_SPACE(sizeof(struct rds_rdma_notify))] __attribute__((aligned(8)));
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	struct rds_rdma_notify note;

	ok(!recvmsg(sock, &msg, MSG_DONTWAIT));
	cmsg = CMSG_FIRSTHDR(&msg);
	ok(cmsg && cmsg->cmsg_level == SOL_RDS && cmsg->cmsg_type == RDS_CMSG_RDMA_STATUS);
	memcpy(&note, CMSG_DATA(cmsg), sizeof(note));
	ok(note.user_token == token && note.status == RDS_RDMA_CANCELED);
}

static void map_memory(void)
{
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	ok(memory != MAP_FAILED);
}

/* Who asks for results, gets them; with RDS_RECVERR only those that are no success. */
static void cancelled_operations(void)
{
	int sock = bound_socket(0), one = 1;
	char byte;

	map_memory();
	ok(operate(sock, 4000, 1, 0, 1) == 1);
	ok(operate(sock, 4000, 1, RDS_RDMA_NOTIFY_ME, 2) == 1);
	ok(!setsockopt(sock, SOL_RDS, RDS_RECVERR, &one, sizeof(one)));
	ok(operate(sock, 4000, 1, 0, 3) == 1);
	ok(operate(sock, 4001, 1, 0, 4) == 1);
	fails(EAGAIN, recv(sock, &byte, 1, MSG_DONTWAIT));
	cancel(sock, 4000);
	expect_cancelled(sock, 2);
	expect_cancelled(sock, 3);
	fails(EAGAIN, recv(sock, &byte, 1, MSG_DONTWAIT));
	cancel(sock, 4001);
	expect_cancelled(sock, 4);
	close(sock);
}

/* A number of /proc/self/status, in KiB. */
static unsigned long status_of(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long kib = ~0ul;
	char line[200];

	ok(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, strlen(name)))
			ok(sscanf(line + strlen(name), ": %lu", &kib) == 1);
	}
	fclose(file);
	ok(kib != ~0ul);
	return kib;
}

/* What is let go of may be in other hands for a moment. */
static void expect_none(const char *name)
{
	int i;

	for (i = 0; i < 3000 && status_of(name); i++)
		usleep(10000);
	ok(!status_of(name));
}

static void set_memlock(unsigned long pages)
{
	struct rlimit limit = { pages * PAGE, PAGES * PAGE };

	ok(!setrlimit(RLIMIT_MEMLOCK, &limit));
}

/* To be run without privileges. Operations: until cancelled, refused, or closed. */
static void locked_by_operations(void)
{
	struct sockaddr_storage to = nobody(4000);
	int sock = bound_socket(0);
	struct rds_atomic_args atomic = {};

	map_memory();
	atomic.local_addr = (uintptr_t)memory;
	set_memlock(PAGES);
	ok(operate(sock, 4000, PAGES, 0, 0) == 1);
	ok(status_of("VmPin") == PAGES * PAGE / 1024);
	fails(ENOMEM, operate(sock, 4000, 1, 0, 0));
	fails(ENOMEM, send_cmsg(sock, &to, RDS_CMSG_ATOMIC_FADD, &atomic, sizeof(atomic), "x"));
	ok(status_of("VmPin") == PAGES * PAGE / 1024);
	cancel(sock, 4000);
	expect_none("VmPin");

	ok(operate(sock, 4000, PAGES - 1, 0, 0) == 1);
	ok(send_cmsg(sock, &to, RDS_CMSG_ATOMIC_FADD, &atomic, sizeof(atomic), "x") == 1);
	ok(status_of("VmPin") == PAGES * PAGE / 1024);
	close(sock);
	expect_none("VmPin");

	/* One that is not sent after all, because there is no room. */
	sock = bound_socket(0);
	set_buffers(sock, 20000, 0);
	fill_up(sock, 4000);
	ok(!setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ .tv_usec = 1000 },
		       sizeof(struct timeval)));
	fails(ETIMEDOUT, operate(sock, 4000, PAGES, 0, 0));
	expect_none("VmPin");
	close(sock);
}

static int get_mr(int sock, unsigned int nr, rds_rdma_cookie_t *cookie)
{
	struct rds_get_mr_args args = {
		.vec = { (uintptr_t)memory, nr * PAGE }, .cookie_addr = (uintptr_t)cookie,
	};

	return setsockopt(sock, SOL_RDS, RDS_GET_MR, &args, sizeof(args));
}

/* Likewise regions. */
static void locked_by_regions(void)
{
	int sock = bound_socket(0);
	struct rds_free_mr_args free_mr = {};
	rds_rdma_cookie_t cookie;

	map_memory();
	set_memlock(PAGES);
	ok(!get_mr(sock, PAGES - 1, &free_mr.cookie));
	ok(!get_mr(sock, 1, &cookie));
	ok(status_of("VmPin") == PAGES * PAGE / 1024);
	fails(ENOMEM, get_mr(sock, 1, &cookie));
	ok(!setsockopt(sock, SOL_RDS, RDS_FREE_MR, &free_mr, sizeof(free_mr)));
	ok(status_of("VmPin") == PAGE / 1024);
	ok(!get_mr(sock, 1, &cookie));
	fails(EFAULT, get_mr(sock, 1, (rds_rdma_cookie_t *)8));
	/* Both count together. */
	fails(ENOMEM, operate(sock, 4000, PAGES - 1, 0, 0));
	ok(status_of("VmPin") == 2 * PAGE / 1024);
	set_memlock(0);
	fails(EPERM, get_mr(sock, 1, &cookie));
	close(sock);
	expect_none("VmPin");
}

const struct test waiting_tests[] = {
	{ "rdma-waiting/full", full },
	{ "rdma-waiting/cancelled", cancelled },
	{ "rdma-waiting/cancelled-operations", cancelled_operations },
	{ "rdma-locked/operations", locked_by_operations },
	{ "rdma-locked/regions", locked_by_regions },
	{}
};
