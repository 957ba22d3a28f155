// SPDX-License-Identifier: GPL-2.0
/*
 * Cases about messages: from HERE to THERE, in one process.
 */
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "rdst.h"

struct pair {
	int sender, receiver;
	struct sockaddr_storage to;
};

static int bound_there(void)
{
	struct sockaddr_storage name;
	int sock = rds_socket();

	with_port(&name, &there, 0);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	return sock;
}

static struct pair open_pair(void)
{
	struct pair p = { .sender = bound_socket(0), .receiver = bound_there() };

	with_port(&p.to, &there, port_of(p.receiver));
	return p;
}

static void close_pair(struct pair *p)
{
	close(p->sender);
	close(p->receiver);
}

static ssize_t send_pattern(struct pair *p, size_t len, uint32_t seed, int flags)
{
	uint8_t *data = malloc(len + 1);
	ssize_t ret;

	ok(data);
	fill(data, len, seed);
	ret = sendto(p->sender, data, len, flags, (struct sockaddr *)&p->to, name_len);
	free(data);
	return ret;
}

/* The next message must be this one, from the sender. */
static void expect(struct pair *p, size_t len, uint32_t seed)
{
	struct sockaddr_storage from, name;
	uint8_t *data = malloc(len + 2);
	socklen_t size = sizeof(from);

	ok(data);
	memset(&from, 0xff, sizeof(from));
	ok(recvfrom(p->receiver, data, len + 2, 0, (struct sockaddr *)&from, &size) ==
	   (ssize_t)len);
	ok(size == name_len);
	with_port(&name, &here, port_of(p->sender));
	ok(!memcmp(&from, &name, name_len));
	ok(is_filled(data, len, seed));
	free(data);
}

static void in_order(void)
{
	static const size_t lens[] = { 0, 1, 7, 4047, 4048, 4049, 4095, 4096, 4097, 8191, 8192,
				       8193, 65536, 100000 };
	struct pair p = open_pair();
	uint32_t i;

	set_buffers(p.sender, 200000, 0);
	set_buffers(p.receiver, 0, 200000);
	for (i = 0; i < 3 * sizeof(lens) / sizeof(*lens); i++) {
		size_t len = lens[i % (sizeof(lens) / sizeof(*lens))];

		ok(send_pattern(&p, len, i, 0) == (ssize_t)len);
		expect(&p, len, i);
	}
	/* Many at once. */
	for (i = 0; i < 50; i++)
		ok(send_pattern(&p, i * 37, i, 0) == (ssize_t)(i * 37));
	for (i = 0; i < 50; i++)
		expect(&p, i * 37, i);
	wait_quiet(p.receiver);
	close_pair(&p);
}

static void large(void)
{
	struct pair p = open_pair();
	int big = 4 << 20;
	uint32_t i;

	ok(!setsockopt(p.sender, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)));
	ok(!setsockopt(p.receiver, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big)));
	for (i = 0; i < 4; i++)
		ok(send_pattern(&p, (1 << 20) - i, i, 0) == (1 << 20) - (int)i);
	for (i = 0; i < 4; i++)
		expect(&p, (1 << 20) - i, i);
	close_pair(&p);
}

/*
 * In one direction, and with a send buffer that is never full: nothing asks for an
 * acknowledgment after the first message, and nothing comes back that could tell
 * of receives.
 */
static void one_way(void)
{
	struct timeval patience = { .tv_sec = 30 };
	struct pair p = open_pair();
	int big = 64 << 20;
	uint32_t i;

	ok(!setsockopt(p.receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	ok(!setsockopt(p.sender, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)));
	ok(!setsockopt(p.receiver, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big)));
	for (i = 0; i < 8; i++)
		ok(send_pattern(&p, 1 << 20, i, 0) == 1 << 20);
	for (i = 0; i < 8; i++)
		expect(&p, 1 << 20, i);
	close_pair(&p);
}

static void truncation(void)
{
	struct pair p = open_pair();
	uint8_t data[100];
	struct iovec iov = { data, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	send_pattern(&p, 100, 1, 0);
	ok(recvmsg(p.receiver, &msg, MSG_PEEK) == 10);
	ok(msg.msg_flags & MSG_TRUNC);
	msg.msg_flags = 0;
	ok(recvmsg(p.receiver, &msg, MSG_PEEK | MSG_TRUNC) == 100);
	fails(EFAULT, recv(p.receiver, (void *)8, 100, 0));
	expect(&p, 100, 1);
	send_pattern(&p, 100, 2, 0);
	ok(recv(p.receiver, data, 50, 0) == 50);
	wait_quiet(p.receiver);
	ok(recv(p.receiver, data, 50, MSG_OOB) == 0);
	fails(EAGAIN, recv(p.receiver, data, 50, MSG_ERRQUEUE));
	close_pair(&p);
}

/* Flags that mean nothing here: a message is a message. */
static void receive_flags(void)
{
	static const int ignored[] = { MSG_WAITALL, MSG_NOSIGNAL, MSG_CMSG_CLOEXEC, MSG_DONTROUTE,
				       MSG_MORE, MSG_EOR };
	struct pair p = open_pair();
	char data[100];
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
		ok(send_pattern(&p, 10, i, 0) == 10);
		wait_readable(p.receiver);
		ok(recv(p.receiver, data, sizeof(data), ignored[i] | MSG_DONTWAIT) == 10);
		ok(is_filled((uint8_t *)data, 10, i));
	}
	close_pair(&p);
}

/* Without room for control messages, or for the name, there still is the message. */
static void short_control(void)
{
	char data[10], control[CMSG_LEN(4)] __attribute__((aligned(8)));
	uint8_t name[sizeof(struct sockaddr_storage)], sender[sizeof(name)];
	socklen_t sender_len = sizeof(sender);
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_name = name, .msg_namelen = 4, .msg_iov = &iov,
			      .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct pair p = open_pair();
	int one = 1;

	ok(!setsockopt(p.receiver, SOL_RDS, SO_TIMESTAMP, &one, sizeof(one)));
	ok(send_pattern(&p, 10, 1, 0) == 10);
	memset(name, 0xa5, sizeof(name));
	ok(recvmsg(p.receiver, &msg, 0) == 10);
	ok(is_filled((uint8_t *)data, 10, 1));
	ok(msg.msg_flags & MSG_CTRUNC);
	ok(!getsockname(p.sender, (struct sockaddr *)sender, &sender_len));
	ok(msg.msg_namelen == name_len && !memcmp(name, sender, 4) && name[4] == 0xa5);
	close_pair(&p);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void timeouts(void)
{
	struct timeval tv = { .tv_usec = 300000 };
	struct pair p = open_pair();
	double begin = now();
	char byte;

	ok(!setsockopt(p.receiver, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	fails(ETIMEDOUT, recv(p.receiver, &byte, 1, 0));
	ok(now() - begin > 0.25);
	fails(EAGAIN, recv(p.receiver, &byte, 1, MSG_DONTWAIT));
	close_pair(&p);
}

static void nothing(int sig)
{
	(void)sig;
}

static void interrupted(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval it = { .it_value.tv_usec = 200000 };
	struct pair p = open_pair();
	char byte;

	ok(!sigaction(SIGALRM, &action, NULL));
	ok(!setitimer(ITIMER_REAL, &it, NULL));
	fails(EINTR, recv(p.receiver, &byte, 1, 0));
	close_pair(&p);
}

/* To nobody: that is no error of the sender's. */
static void nobody(void)
{
	struct pair p = open_pair();

	close(p.receiver);
	ok(send_pattern(&p, 10, 1, 0) == 10);
	p.receiver = bound_there();
	wait_quiet(p.receiver);
	close_pair(&p);
}

/* A ping to port 0 comes back from port 0, empty. */
static void ping(void)
{
	struct sockaddr_storage to, from;
	socklen_t len = sizeof(from);
	int sock = bound_socket(0);
	char byte;

	with_port(&to, &there, 0);
	ok(sendto(sock, "ping", 4, 0, (struct sockaddr *)&to, name_len) == 4);
	wait_readable(sock);
	ok(recvfrom(sock, &byte, 1, 0, (struct sockaddr *)&from, &len) == 0);
	ok(!memcmp(&from, &to, name_len));
	close(sock);
}

/* SO_TIMESTAMP as programs with a time of 64 bits know it, which is the same here. */
static void new_timestamps(void)
{
	char control[256] __attribute__((aligned(8))), byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct pair p = open_pair();
	struct cmsghdr *cmsg;
	int64_t stamp[2];
	time_t begin = time(NULL);
	int one = 1, zero = 0;

	ok(!setsockopt(p.receiver, SOL_RDS, SO_TIMESTAMP_NEW, &one, sizeof(one)));
	ok(send_pattern(&p, 1, 1, 0) == 1);
	ok(recvmsg(p.receiver, &msg, 0) == 1);
	cmsg = CMSG_FIRSTHDR(&msg);
	ok(cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_TIMESTAMP_NEW);
	ok(cmsg->cmsg_len == CMSG_LEN(sizeof(stamp)));
	memcpy(stamp, CMSG_DATA(cmsg), sizeof(stamp));
	ok(stamp[0] >= begin && stamp[0] <= begin + 60 && stamp[1] >= 0 && stamp[1] < 1000000);

	ok(!setsockopt(p.receiver, SOL_RDS, SO_TIMESTAMP_NEW, &zero, sizeof(zero)));
	ok(send_pattern(&p, 1, 1, 0) == 1);
	msg.msg_controllen = sizeof(control);
	ok(recvmsg(p.receiver, &msg, 0) == 1);
	ok(!msg.msg_controllen);
	close_pair(&p);
}

static void timestamps(void)
{
	char control[256], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct rds_rx_trace_so trace = { 3, { 2, 1, 0 } };
	struct pair p = open_pair();
	struct cmsghdr *cmsg;
	struct timeval tv = {};
	int one = 1, traces = 0;
	time_t begin = time(NULL);

	ok(!setsockopt(p.receiver, SOL_RDS, SO_TIMESTAMP, &one, sizeof(one)));
	ok(!setsockopt(p.receiver, SOL_RDS, SO_RDS_MSG_RXPATH_LATENCY, &trace, sizeof(trace)));
	send_pattern(&p, 1, 1, 0);
	ok(recvmsg(p.receiver, &msg, 0) == 1);
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_TIMESTAMP)
			memcpy(&tv, CMSG_DATA(cmsg), sizeof(tv));
		if (cmsg->cmsg_level == SOL_RDS && cmsg->cmsg_type == RDS_CMSG_RXPATH_LATENCY) {
			struct rds_cmsg_rx_trace got;

			memcpy(&got, CMSG_DATA(cmsg), sizeof(got));
			traces = got.rx_traces;
			ok(got.rx_trace_pos[0] == 2 && got.rx_trace_pos[2] == 0);
			ok(got.rx_trace[0] < 10000000000ull && got.rx_trace[2] < 10000000000ull);
		}
	}
	ok(tv.tv_sec >= begin && tv.tv_sec <= begin + 60);
	ok(traces == 3);
	close_pair(&p);
}

/* Send until the receiver's port is congested. */
static int fill_up(struct pair *p)
{
	int count;

	for (count = 0; count < 100000; count++) {
		if (send_pattern(p, 1000, count, MSG_DONTWAIT) == 1000)
			continue;
		if (errno == ENOBUFS)
			return count;
		ok(errno == EAGAIN);
		count--;
		usleep(1000);
	}
	ok(!"congested");
	return 0;
}

static void congestion(void)
{
	struct pair p = open_pair();
	int count, i, status;
	pid_t child;

	set_buffers(p.receiver, 0, 20000);
	count = fill_up(&p);
	ok(count > 19);
	fails(ENOBUFS, send_pattern(&p, 1, 0, MSG_DONTWAIT));

	/* One who waits is woken up when half of it has been read. */
	child = fork();
	if (!child)
		_exit(send_pattern(&p, 5, 99, 0) != 5);
	usleep(200000);
	ok(!waitpid(child, &status, WNOHANG));
	for (i = 0; i < count; i++)
		expect(&p, 1000, i);
	ok(waitpid(child, &status, 0) == child && !status);
	expect(&p, 5, 99);
	wait_quiet(p.receiver);
	close_pair(&p);
}

static uint64_t cong_update(int sock)
{
	char control[64];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct cmsghdr *cmsg;
	uint64_t groups;

	ok(poll(&p, 1, 20000) == 1);
	ok(!recvmsg(sock, &msg, MSG_DONTWAIT));
	cmsg = CMSG_FIRSTHDR(&msg);
	ok(cmsg && cmsg->cmsg_level == SOL_RDS && cmsg->cmsg_type == RDS_CMSG_CONG_UPDATE);
	memcpy(&groups, CMSG_DATA(cmsg), sizeof(groups));
	return groups;
}

static void monitor(void)
{
	struct pair p = open_pair();
	uint16_t port = port_of(p.receiver);
	struct pollfd poller = { .fd = p.sender, .events = POLLIN };
	int one = 1, count, i;

	ok(!setsockopt(p.sender, SOL_RDS, RDS_CONG_MONITOR, &one, sizeof(one)));
	set_buffers(p.receiver, 0, 20000);
	count = fill_up(&p);
	ok(poll(&poller, 1, 100) == 0);
	for (i = 0; i < count; i++)
		expect(&p, 1000, i);
	ok(cong_update(p.sender) == 1ull << (port % 64));
	ok(poll(&poller, 1, 100) == 0);
	ok(send_pattern(&p, 1, 5, MSG_DONTWAIT) == 1);
	expect(&p, 1, 5);
	close_pair(&p);
}

/* A receiver that goes away leaves its port free. */
static void congested_close(void)
{
	struct pair p = open_pair();
	struct sockaddr_storage name;
	int i;

	set_buffers(p.receiver, 0, 20000);
	fill_up(&p);
	close(p.receiver);
	p.receiver = rds_socket();
	name = p.to;
	ok(!bind(p.receiver, (struct sockaddr *)&name, name_len));
	for (i = 0; i < 1000; i++) {
		if (send_pattern(&p, 7, 7, MSG_DONTWAIT) == 7)
			break;
		ok(errno == ENOBUFS);
		usleep(10000);
	}
	ok(i < 1000);
	expect(&p, 7, 7);
	close_pair(&p);
}

/* Both ends in one socket. */
static void to_itself(void)
{
	struct pair p = { .sender = bound_socket(0) };

	p.receiver = p.sender;
	with_port(&p.to, &here, port_of(p.sender));
	ok(send_pattern(&p, 5000, 3, 0) == 5000);
	expect(&p, 5000, 3);
	ok(!connect(p.sender, (struct sockaddr *)&p.to, name_len));
	ok(send(p.sender, "", 0, 0) == 0);
	expect(&p, 0, 0);
	close(p.sender);
}

static void many_readers(void)
{
	struct pair p = open_pair();
	int i, status, sum = 0;
	pid_t child[4];

	for (i = 0; i < 4; i++) {
		child[i] = fork();
		if (!child[i]) {
			int got = 0;
			char data[100];

			for (;;) {
				ssize_t len = recv(p.receiver, data, sizeof(data), 0);

				if (len == 1)
					_exit(got);
				if (len != 100)
					_exit(255);
				got++;
			}
		}
	}
	for (i = 0; i < 200; i++)
		ok(send_pattern(&p, 100, i, 0) == 100);
	for (i = 0; i < 4; i++)
		ok(send_pattern(&p, 1, i, 0) == 1);
	for (i = 0; i < 4; i++) {
		ok(waitpid(child[i], &status, 0) == child[i]);
		ok(WIFEXITED(status) && WEXITSTATUS(status) != 255);
		sum += WEXITSTATUS(status);
	}
	ok(sum == 200);
	close_pair(&p);
}

const struct test traffic_tests[] = {
	{ "traffic/in-order", in_order },
	{ "traffic/large", large },
	{ "rdma-one-way", one_way },
	{ "traffic/truncation", truncation },
	{ "traffic/receive-flags", receive_flags },
	{ "traffic/short-control", short_control },
	{ "traffic/timeouts", timeouts },
	{ "traffic/interrupted", interrupted },
	{ "traffic/nobody", nobody },
	{ "traffic/ping", ping },
	{ "traffic/timestamps", timestamps },
	{ "traffic/new-timestamps", new_timestamps },
	{ "traffic/congestion", congestion },
	{ "traffic/monitor", monitor },
	{ "traffic/congested-close", congested_close },
	{ "traffic/to-itself", to_itself },
	{ "traffic/many-readers", many_readers },
	{}
};
