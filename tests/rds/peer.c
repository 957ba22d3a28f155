// SPDX-License-Identifier: GPL-2.0
/*
 * Cases for two hosts: one runs a server, on HERE, for the clients on THERE. It
 * says everything again that it hears; a few words make it do other things.
 *
 * The addresses may belong to any implementation of RDS: what not every one can
 * do is a case of its own.
 */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "rdst.h"

#define PORT		4999
#define MAX_SIZE	(1024 * 1024)
#define SMALL_BUFFER	20000
#define FLOOD		3000

#define WORD_SLEEP	"sleep for a second"
#define WORD_REGION	"show me a region"
#define WORD_END	"end"

static uint8_t buffer[MAX_SIZE + 1], pattern[MAX_SIZE];

static int open_socket(const struct sockaddr_storage *addr, uint16_t port, int rcvbuf)
{
	struct sockaddr_storage name;
	int sock = rds_socket(), big = 4 << 20;

	ok(!setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)));
	ok(!setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)));
	with_port(&name, addr, port);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	return sock;
}

/* Send, in spite of congestion. */
static void say(int sock, const struct sockaddr_storage *to, const void *data, size_t len)
{
	int tries;

	for (tries = 0; tries < 6000; tries++) {
		if (sendto(sock, data, len, MSG_DONTWAIT, (const struct sockaddr *)to,
			   name_len) == (ssize_t)len)
			return;
		ok(errno == ENOBUFS || errno == EAGAIN);
		usleep(10000);
	}
	ok(!"sent within a minute");
}

/* ---------------------------------------------------------------- the server */

/* A word with a region of ours, mapped for this message. */
static void show_region(int sock, const struct sockaddr_storage *to)
{
	static uint64_t *memory;
	char control[CMSG_SPACE(sizeof(struct rds_get_mr_args))] __attribute__((aligned(8))) = {};
	uint64_t cookie;
	struct rds_get_mr_args args = { .cookie_addr = (uintptr_t)&cookie,
					.flags = RDS_RDMA_READWRITE };
	struct iovec iov = { WORD_REGION, strlen(WORD_REGION) };
	struct msghdr msg = {
		.msg_name = (void *)to, .msg_namelen = name_len, .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	if (!memory)
		memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ok(memory != MAP_FAILED);
	*memory = 40;
	args.vec.addr = (uintptr_t)memory;
	args.vec.bytes = 4096;
	cmsg->cmsg_level = SOL_RDS;
	cmsg->cmsg_type = RDS_CMSG_RDMA_MAP;
	cmsg->cmsg_len = CMSG_LEN(sizeof(args));
	memcpy(CMSG_DATA(cmsg), &args, sizeof(args));
	ok(sendmsg(sock, &msg, 0) == (ssize_t)strlen(WORD_REGION));
}

static bool is_word(const char *word, size_t len)
{
	return len == strlen(word) && !memcmp(buffer, word, len);
}

static void server(void)
{
	int sock = open_socket(&here, PORT, SMALL_BUFFER);
	struct sockaddr_storage from;
	ssize_t len;

	for (;;) {
		socklen_t from_len = sizeof(from);

		len = recvfrom(sock, buffer, sizeof(buffer), 0, (struct sockaddr *)&from,
			       &from_len);
		ok(len >= 0);
		/* A congestion update, or the result of an operation. */
		if (!from_len)
			continue;
		if (is_word(WORD_END, len))
			break;
		if (is_word(WORD_SLEEP, len))
			sleep(1);
		if (is_word(WORD_REGION, len))
			show_region(sock, &from);
		else
			say(sock, &from, buffer, len);
	}
	say(sock, &from, WORD_END, strlen(WORD_END));
	/* What is closed is not sent again. */
	sleep(1);
	close(sock);
}

/* ---------------------------------------------------------------- clients */

/* The next message, which must be one from the server. */
static size_t hear(int sock, const struct sockaddr_storage *server)
{
	struct pollfd poller = { .fd = sock, .events = POLLIN };
	struct sockaddr_storage from;
	int tries;

	for (tries = 0; tries < 6000; tries++) {
		socklen_t from_len = sizeof(from);
		ssize_t len;

		ok(poll(&poller, 1, 60000) == 1);
		len = recvfrom(sock, buffer, sizeof(buffer), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
		if (len >= 0 && from_len) {
			ok(!memcmp(&from, server, name_len));
			return len;
		}
		ok(len >= 0 || errno == EAGAIN);
		usleep(10000);
	}
	ok(!"an answer within a minute");
	return 0;
}

static void say_again(int sock, const struct sockaddr_storage *server, size_t len, uint32_t seed)
{
	fill(pattern, len, seed);
	say(sock, server, pattern, len);
	ok(hear(sock, server) == len);
	ok(is_filled(buffer, len, seed));
}

/* Every size at which something changes, there and back. */
static void sizes(void)
{
	static const size_t lens[] = { 0, 1, 47, 48, 49, 1023, 1024, 4047, 4048, 4049, 4095, 4096,
				       4097, 8191, 8192, 8193, 65535, 65536, 65537, 262144, 524289,
				       MAX_SIZE - 4096, MAX_SIZE - 1, MAX_SIZE };
	int sock = open_socket(&here, 0, 4 << 20);
	struct sockaddr_storage server;
	size_t i;

	with_port(&server, &there, PORT);
	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++)
		say_again(sock, &server, lens[i], i);
	for (i = 0; i < 3; i++)
		say_again(sock, &server, 0, 0);
	close(sock);
}

/* A server that sleeps: its port is congested, nothing is lost, and it goes on. */
static void congestion(void)
{
	int sock = open_socket(&here, 0, 8 << 20), said, refused = 0, i;
	struct sockaddr_storage server;

	with_port(&server, &there, PORT);
	say(sock, &server, WORD_SLEEP, strlen(WORD_SLEEP));
	for (said = 0; said < FLOOD && !refused;) {
		fill(pattern, 1000, said);
		if (sendto(sock, pattern, 1000, MSG_DONTWAIT, (struct sockaddr *)&server,
			   name_len) == 1000) {
			said++;
			/* Give the peer time to say that it is enough. */
			if (said % 50 == 0)
				usleep(20000);
			continue;
		}
		ok(errno == ENOBUFS || errno == EAGAIN);
		refused += errno == ENOBUFS;
		usleep(1000);
	}
	ok(refused);
	ok(hear(sock, &server) == strlen(WORD_SLEEP));
	for (i = 0; i < said; i++) {
		ok(hear(sock, &server) == 1000);
		ok(is_filled(buffer, 1000, i));
	}
	say_again(sock, &server, 100, 7);
	close(sock);
}

/* The cookie that a message has brought. */
static uint64_t ask_for_region(int sock, const struct sockaddr_storage *server)
{
	char control[256] __attribute__((aligned(8)));
	struct iovec iov = { buffer, sizeof(buffer) };
	struct cmsghdr *cmsg;
	uint64_t cookie;
	int tries;

	say(sock, server, WORD_REGION, strlen(WORD_REGION));
	for (tries = 0; tries < 6000; tries++) {
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
				      .msg_controllen = sizeof(control) };

		if (recvmsg(sock, &msg, MSG_DONTWAIT) < 0) {
			ok(errno == EAGAIN);
			usleep(10000);
			continue;
		}
		cmsg = CMSG_FIRSTHDR(&msg);
		if (!cmsg || cmsg->cmsg_type != RDS_CMSG_RDMA_DEST)
			continue;
		memcpy(&cookie, CMSG_DATA(cmsg), sizeof(cookie));
		return cookie;
	}
	ok(!"a region within a minute");
	return 0;
}

/* An operation and nothing else; its status. */
static int operate(int sock, const struct sockaddr_storage *server, int type,
		   const void *args, size_t len)
{
	char control[256] __attribute__((aligned(8))) = {};
	struct msghdr msg = { .msg_name = (void *)server, .msg_namelen = name_len,
			      .msg_control = control, .msg_controllen = CMSG_SPACE(len) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	struct rds_rdma_notify note;
	int tries;

	cmsg->cmsg_level = SOL_RDS;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), args, len);
	ok(!sendmsg(sock, &msg, 0));
	for (tries = 0; tries < 6000; tries++) {
		msg = (struct msghdr){ .msg_control = control, .msg_controllen = sizeof(control) };
		if (recvmsg(sock, &msg, MSG_DONTWAIT) >= 0) {
			cmsg = CMSG_FIRSTHDR(&msg);
			if (cmsg && cmsg->cmsg_type == RDS_CMSG_RDMA_STATUS) {
				memcpy(&note, CMSG_DATA(cmsg), sizeof(note));
				ok(note.user_token == 4711);
				return note.status;
			}
		}
		usleep(10000);
	}
	ok(!"a result within a minute");
	return -1;
}

/* Add 2 to the number in the region. */
static int add(int sock, const struct sockaddr_storage *server, uint64_t cookie, uint64_t *old)
{
	struct rds_atomic_args args = {
		.cookie = cookie, .local_addr = (uintptr_t)old, .fadd.add = 2,
		.flags = RDS_RDMA_NOTIFY_ME | RDS_RDMA_SILENT, .user_token = 4711,
	};

	return operate(sock, server, RDS_CMSG_ATOMIC_FADD, &args, sizeof(args));
}

/* Transfer the number in the region, in one of the directions. */
static int transfer(int sock, const struct sockaddr_storage *server, uint64_t cookie,
		    uint64_t *number, uint64_t direction)
{
	struct rds_iovec iov = { (uintptr_t)number, sizeof(*number) };
	struct rds_rdma_args args = {
		.cookie = cookie, .remote_vec = { 0, sizeof(*number) },
		.local_vec_addr = (uintptr_t)&iov, .nr_local = 1,
		.flags = direction | RDS_RDMA_NOTIFY_ME | RDS_RDMA_SILENT, .user_token = 4711,
	};

	return operate(sock, server, RDS_CMSG_RDMA_ARGS, &args, sizeof(args));
}

/*
 * Regions of the stock module do not allow atomics: reading and writing the same
 * eight bytes works, adding to them is a remote access error.
 */
static void refused_atomic(void)
{
	static uint64_t old __attribute__((aligned(8)));
	int sock = open_socket(&here, 0, 4 << 20);
	struct sockaddr_storage server;
	uint64_t cookie;

	with_port(&server, &there, PORT);
	cookie = ask_for_region(sock, &server);
	ok(!transfer(sock, &server, cookie, &old, 0) && old == 40);
	old = 50;
	ok(!transfer(sock, &server, cookie, &old, RDS_RDMA_READWRITE));
	old = 0;
	ok(!transfer(sock, &server, cookie, &old, 0) && old == 50);
	ok(add(sock, &server, cookie, &old) == RDS_RDMA_REMOTE_ERROR);
	close(sock);
}

/* And those of ours do. */
static void granted_atomic(void)
{
	static uint64_t old __attribute__((aligned(8)));
	int sock = open_socket(&here, 0, 4 << 20);
	struct sockaddr_storage server;
	uint64_t cookie;

	with_port(&server, &there, PORT);
	cookie = ask_for_region(sock, &server);
	ok(!add(sock, &server, cookie, &old) && old == 40);
	ok(!transfer(sock, &server, cookie, &old, 0) && old == 42);
	close(sock);
}

static volatile sig_atomic_t enough;

static void stop_reading(int sig)
{
	(void)sig;
	enough = 1;
}

/*
 * Read, until a signal comes, what somebody sends of whom no good can be said, but
 * that all bytes of a message are the same. To begin with, give him a reason to
 * connect.
 */
static void reader(void)
{
	struct sigaction action = { .sa_handler = stop_reading };
	int sock = open_socket(&here, 5000, 4 << 20);
	unsigned int count = 0;
	struct sockaddr_storage to;
	ssize_t len, i;

	ok(!sigaction(SIGTERM, &action, NULL));
	with_port(&to, &there, 5000);
	ok(sendto(sock, "come", 4, 0, (struct sockaddr *)&to, name_len) == 4);
	while (!enough) {
		struct pollfd poller = { .fd = sock, .events = POLLIN };

		if (poll(&poller, 1, 1000) <= 0)
			continue;
		len = recv(sock, buffer, sizeof(buffer), MSG_DONTWAIT);
		ok(len >= 0 || errno == EAGAIN || errno == EINTR);
		for (i = 1; i < len; i++)
			ok(buffer[i] == buffer[0]);
		count += len >= 0;
	}
	printf("%u messages\n", count);
	ok(count > 500);
	close(sock);
}

static void end(void)
{
	int sock = open_socket(&here, 0, 4 << 20);
	struct sockaddr_storage server;

	with_port(&server, &there, PORT);
	say(sock, &server, WORD_END, strlen(WORD_END));
	ok(hear(sock, &server) == strlen(WORD_END));
	close(sock);
}

const struct test peer_tests[] = {
	{ "rdma-server", server },
	{ "rdma-client/sizes", sizes },
	{ "rdma-client/congestion", congestion },
	{ "rdma-refused-atomic", refused_atomic },
	{ "rdma-granted-atomic", granted_atomic },
	{ "rdma-reader", reader },
	{ "rdma-end", end },
	{}
};
