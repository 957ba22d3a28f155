// SPDX-License-Identifier: GPL-2.0
/*
 * Anything that a program can say to a socket: options, addresses and control
 * messages of any type, length and content. What comes back does not matter; the
 * kernel log and the end of the scenario tell what it did.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "rdst.h"

#define SOCKETS	6
#define MEMORY	65536

static uint32_t state = 1;
static uint8_t *memory;
static int socks[SOCKETS];
static uint16_t ports[SOCKETS];
static uint64_t cookie;

static uint32_t any(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static uint64_t number(void)
{
	static const uint64_t edges[] = { 0, 1, 2, 7, 8, 4095, 4096, 4097, 1 << 20,
					  (1 << 20) + 1, 0x7fffffff, 0xffffffff, 1ull << 32,
					  ~0ull, ~0ull - 4095, 1ull << 63 };

	return any(3) ? edges[any(sizeof(edges) / sizeof(*edges))] : any(1 << 20);
}

static uint64_t address(void)
{
	switch (any(6)) {
	case 0: return number();
	case 1: return 0xffff888000000000ull + any(1 << 20);
	case 2: return (uintptr_t)memory + MEMORY - any(100);
	default: return (uintptr_t)memory + any(MEMORY / 2);
	}
}

static void reopen(int i)
{
	struct sockaddr_storage name;

	if (socks[i] > 0)
		close(socks[i]);
	socks[i] = rds_socket();
	fcntl(socks[i], F_SETFL, O_NONBLOCK);
	with_port(&name, any(2) ? &here : &there, 0);
	ports[i] = 0;
	if (any(8) && !bind(socks[i], (struct sockaddr *)&name, name_len))
		ports[i] = port_of(socks[i]);
}

/* An address that is mostly good. */
static socklen_t some_name(struct sockaddr_storage *name)
{
	with_port(name, any(2) ? &here : &there, any(4) ? ports[any(SOCKETS)] : any(65536));
	if (!any(8))
		((uint8_t *)name)[any(28)] = any(256);
	return any(8) ? name_len : any(sizeof(*name));
}

static size_t some_option(int name, uint8_t *data)
{
	struct rds_get_mr_args mr = { { address(), number() }, any(2) ? (uintptr_t)&cookie : address(),
				      any(256) };
	struct rds_free_mr_args free_mr = { any(2) ? cookie : number(), any(256) };
	size_t i;

	for (i = 0; i < 256; i++)
		data[i] = any(4) ? 0 : any(256);
	switch (name) {
	case RDS_GET_MR:
		memcpy(data, &mr, sizeof(mr));
		return any(8) ? sizeof(mr) : any(256);
	case RDS_FREE_MR:
		memcpy(data, &free_mr, sizeof(free_mr));
		return any(8) ? sizeof(free_mr) : any(256);
	case RDS_CANCEL_SENT_TO:
		return some_name((struct sockaddr_storage *)data);
	case RDS_GET_MR_FOR_DEST:
		memcpy(data + 128, &mr, sizeof(mr));
		return any(8) ? 160 : any(256);
	default:
		return any(2) ? 4 : any(256);
	}
}

static void option(int sock)
{
	uint8_t data[512];
	int name = any(12);
	size_t len = some_option(name, data);

	setsockopt(sock, any(16) ? SOL_RDS : (int)any(300), name, any(16) ? data : (void *)address(),
		   len);
}

static void read_option(int sock)
{
	socklen_t len = number();
	int name = any(3) ? 10000 + any(19) : any(14);

	if (len > MEMORY / 2 && any(2))
		len = any(MEMORY / 2);
	getsockopt(sock, SOL_RDS, name, len <= MEMORY / 2 ? (void *)(memory + MEMORY / 2) :
		   (void *)8, &len);
}

static size_t some_cmsg(uint8_t *control)
{
	struct cmsghdr *cmsg = (void *)control;
	struct rds_iovec *iov = (void *)memory;
	struct rds_rdma_args args = {
		.cookie = any(2) ? cookie : number(), .remote_vec = { any(2) ? 0 : number(), number() },
		.local_vec_addr = any(4) ? (uintptr_t)iov : address(),
		.nr_local = any(4) ? any(4) : number(), .flags = any(256), .user_token = number(),
	};
	struct rds_atomic_args atomic = {
		.cookie = any(2) ? cookie : number(), .local_addr = address(),
		.remote_addr = any(2) ? 0 : number(), .flags = any(256),
	};
	struct rds_get_mr_args mr = { { address(), number() }, (uintptr_t)&cookie, any(256) };
	size_t len = any(100), i;

	for (i = 0; i < 4; i++) {
		iov[i].addr = address();
		iov[i].bytes = any(4) ? any(5000) : number();
	}
	memset(control, 0, 256);
	cmsg->cmsg_level = any(16) ? SOL_RDS : (int)any(300);
	cmsg->cmsg_type = any(16);
	switch (cmsg->cmsg_type) {
	case RDS_CMSG_RDMA_ARGS:
		len = sizeof(args);
		memcpy(CMSG_DATA(cmsg), &args, len);
		break;
	case RDS_CMSG_RDMA_DEST:
		len = sizeof(cookie);
		memcpy(CMSG_DATA(cmsg), &cookie, len);
		break;
	case RDS_CMSG_RDMA_MAP:
		len = sizeof(mr);
		memcpy(CMSG_DATA(cmsg), &mr, len);
		break;
	case RDS_CMSG_ATOMIC_FADD:
	case RDS_CMSG_ATOMIC_CSWP:
	case RDS_CMSG_MASKED_ATOMIC_FADD:
	case RDS_CMSG_MASKED_ATOMIC_CSWP:
		len = sizeof(atomic);
		memcpy(CMSG_DATA(cmsg), &atomic, len);
		break;
	}
	cmsg->cmsg_len = any(16) ? CMSG_LEN(len) : number();
	return CMSG_SPACE(len);
}

static void send_something(int sock)
{
	uint8_t control[512] __attribute__((aligned(8)));
	struct sockaddr_storage name;
	struct iovec iov = { memory + MEMORY / 2, any(8) ? any(3000) : any(MEMORY / 2) };
	struct msghdr msg = { .msg_name = &name, .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control };

	msg.msg_namelen = some_name(&name);
	if (!any(4))
		msg.msg_name = NULL;
	if (any(2))
		msg.msg_controllen = some_cmsg(control);
	if (msg.msg_controllen && !any(4))
		msg.msg_controllen += some_cmsg(control + msg.msg_controllen);
	sendmsg(sock, &msg, MSG_DONTWAIT | (any(16) ? 0 : number()));
}

static void receive_something(int sock)
{
	uint8_t control[256];
	struct sockaddr_storage name;
	struct iovec iov = { any(8) ? memory + MEMORY / 2 : (void *)8, any(MEMORY / 2) };
	struct msghdr msg = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &iov,
			      .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = any(sizeof(control)) };

	recvmsg(sock, &msg, MSG_DONTWAIT | (any(4) ? 0 : any(256)));
}

/* @kind is below 15, or 15 to open a socket. */
static void one_case_of(unsigned int kind)
{
	struct sockaddr_storage name;
	int sock = socks[any(SOCKETS)];
	struct pollfd p = { .fd = sock, .events = POLLIN | POLLOUT };

	switch (kind) {
	case 0: option(sock); option(sock); break;
	case 1: read_option(sock); break;
	case 2: connect(sock, (struct sockaddr *)&name, some_name(&name)); break;
	case 3: bind(sock, (struct sockaddr *)&name, some_name(&name)); break;
	case 4: poll(&p, 1, 0); break;
	/* Each type of service has its own connections: two will do. */
	case 5:
		memory[0] = any(2);
		ioctl(sock, SIOCRDSSETTOS + any(3), any(2) ? memory : (void *)8);
		break;
	case 15: reopen(any(SOCKETS)); break;
	case 6: case 7: case 8: case 9: case 10: receive_something(sock); break;
	default: send_something(sock);
	}
}

/*
 * Let allocation number @nth of this task fail, 0 for none; copies from and to
 * user memory count, too. That may hit the calls that are made here.
 *
 * Return: whether the one of the last time has failed.
 */
static bool fail_allocation(int nth)
{
	static int file = -1;
	char was[16] = {}, text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (file < 0)
		file = open("/proc/self/fail-nth", O_RDWR);
	ok(file >= 0);
	if (pread(file, was, sizeof(was) - 1, 0) <= 0)
		ok(errno == EFAULT || errno == ENOMEM);
	while (pwrite(file, text, len, 0) != len)
		ok(errno == EFAULT || errno == ENOMEM);
	return !atoi(was);
}

/* Somebody else who changes vectors while the kernel reads them. */
static pid_t start_scribbler(void)
{
	pid_t child = fork();
	int i;

	ok(child >= 0);
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		for (i = 0; i < 8; i++)
			((uint64_t *)memory)[any(8)] = any(2) ? address() : number();
		/* Awake whenever the kernel sleeps in between, and not in its way. */
		usleep(100);
	}
}

/* With fewer of them, it is the same in less time. */
static int number_of_cases(int all)
{
	const char *text = getenv("CASES");

	return text ? atoi(text) : all;
}

static void fuzz(void)
{
	int i, cases = number_of_cases(100000);
	pid_t scribbler;

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ok(memory != MAP_FAILED);
	scribbler = start_scribbler();
	for (i = 0; i < SOCKETS; i++)
		reopen(i);
	for (i = 0; i < cases; i++) {
		one_case_of(any(16));
		if (i % 10000 == 0) {
			printf("case %d\n", i);
			fflush(stdout);
		}
	}
	ok(!kill(scribbler, SIGKILL) && waitpid(scribbler, NULL, 0) == scribbler);
	for (i = 0; i < SOCKETS; i++)
		close(socks[i]);
}

/* The same, in a kernel that often has no memory. */
static void faults(void)
{
	int i, fired = 0, cases = number_of_cases(50000);

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ok(memory != MAP_FAILED);
	for (i = 0; i < SOCKETS; i++)
		reopen(i);
	for (i = 0; i < cases; i++) {
		if (!any(8))
			reopen(any(SOCKETS));
		fail_allocation(1 + any(12));
		one_case_of(any(15));
		fired += fail_allocation(0);
	}
	printf("%d of %d failed\n", fired, i);
	ok(i && fired > i / 20);
	for (i = 0; i < SOCKETS; i++)
		close(socks[i]);
}

const struct test fuzz_tests[] = {
	{ "rdma-faults", faults },
	{ "rdma-fuzz", fuzz },
	{}
};
