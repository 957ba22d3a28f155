// SPDX-License-Identifier: GPL-2.0
/*
 * Cases about RDMA and atomics, from HERE to memory of THERE: both are this
 * process, over a real connection.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include "rdst.h"

#define LEN	20000
#define ROOM	(256u << 10)	/* of each end */

/* Both ends, and memory on each. */
struct pair {
	int owner, user;
	struct sockaddr_storage to_owner, to_user;
	uint8_t *remote, *local;
	uint64_t cookie;
};

static uint8_t *pages(size_t len)
{
	uint8_t *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ok(mem != MAP_FAILED);
	return mem;
}

static int get_mr(struct pair *p, void *addr, size_t len, uint64_t flags)
{
	struct rds_get_mr_args args = {
		.vec = { (uintptr_t)addr, len },
		.cookie_addr = (uintptr_t)&p->cookie, .flags = flags,
	};

	return setsockopt(p->owner, SOL_RDS, RDS_GET_MR, &args, sizeof(args));
}

static int free_mr(struct pair *p, uint64_t cookie)
{
	struct rds_free_mr_args args = { cookie, RDS_RDMA_INVALIDATE };

	return setsockopt(p->owner, SOL_RDS, RDS_FREE_MR, &args, sizeof(args));
}

static struct pair open_pair(void)
{
	struct pair p = { .user = bound_socket(0), .owner = rds_socket() };
	struct timeval patience = { .tv_sec = 60 };
	struct sockaddr_storage name;

	ok(!setsockopt(p.user, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	ok(!setsockopt(p.owner, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	with_port(&name, &there, 0);
	ok(!bind(p.owner, (struct sockaddr *)&name, name_len));
	with_port(&p.to_owner, &there, port_of(p.owner));
	with_port(&p.to_user, &here, port_of(p.user));
	p.remote = pages(ROOM);
	p.local = pages(ROOM);
	return p;
}

static void close_pair(struct pair *p)
{
	close(p->owner);
	close(p->user);
	munmap(p->remote, ROOM);
	munmap(p->local, ROOM);
}

/* A message with a control message. */
ssize_t send_cmsg(int sock, const struct sockaddr_storage *to, int type, const void *data,
		  size_t len, const char *text)
{
	char control[256] __attribute__((aligned(8))) = {};
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr msg = {
		.msg_name = (void *)to, .msg_namelen = name_len, .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(len),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_RDS;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), data, len);
	return sendmsg(sock, &msg, 0);
}

static ssize_t rdma(struct pair *p, size_t off, size_t len, uint64_t flags, const char *text)
{
	struct rds_iovec iov[2] = {
		{ (uintptr_t)p->local + 100, len / 2 },
		{ (uintptr_t)p->local + 100 + len / 2, len - len / 2 },
	};
	struct rds_rdma_args args = {
		.cookie = p->cookie, .remote_vec = { off, len },
		.local_vec_addr = (uintptr_t)iov, .nr_local = 2,
		.flags = flags | RDS_RDMA_NOTIFY_ME, .user_token = 4711,
	};

	return send_cmsg(p->user, &p->to_owner, RDS_CMSG_RDMA_ARGS, &args, sizeof(args), text);
}

/* Wait for the result of the operation. */
static int status(struct pair *p)
{
	char control[256] __attribute__((aligned(8)));
	struct pollfd poller = { .fd = p->user, .events = POLLIN };
	struct rds_rdma_notify note;
	int i;

	for (i = 0; i < 3000; i++) {
		struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
		struct cmsghdr *cmsg;

		poll(&poller, 1, 10);
		if (recvmsg(p->user, &msg, MSG_DONTWAIT) < 0) {
			ok(errno == EAGAIN);
			usleep(10000);
			continue;
		}
		cmsg = CMSG_FIRSTHDR(&msg);
		ok(cmsg && cmsg->cmsg_type == RDS_CMSG_RDMA_STATUS);
		memcpy(&note, CMSG_DATA(cmsg), sizeof(note));
		ok(note.user_token == 4711);
		return note.status;
	}
	ok(!"a status");
	return -1;
}

static void expect_text(int sock, const char *text)
{
	char buffer[100];
	ssize_t len = recv(sock, buffer, sizeof(buffer), 0);

	ok(len == (ssize_t)strlen(text) && !memcmp(buffer, text, len));
}

static void write_and_read(void)
{
	struct pair p = open_pair();

	/* Before there is any connection. */
	ok(!get_mr(&p, p.remote + 11, LEN, RDS_RDMA_READWRITE));
	ok(p.cookie >> 32 == 11);
	fill(p.local + 100, LEN, 1);
	ok(rdma(&p, 0, LEN, RDS_RDMA_READWRITE, "written") == 7);
	expect_text(p.owner, "written");
	ok(is_filled(p.remote + 11, LEN, 1));
	ok(!p.remote[10] && !p.remote[11 + LEN]);
	ok(status(&p) == RDS_RDMA_SUCCESS);

	fill(p.remote + 11, LEN, 2);
	ok(rdma(&p, 1000, LEN - 1000, RDS_RDMA_FENCE, "read") == 4);
	expect_text(p.owner, "read");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(!memcmp(p.local + 100, p.remote + 1011, LEN - 1000));
	ok(!free_mr(&p, p.cookie));
	fails(EINVAL, free_mr(&p, p.cookie));
	close_pair(&p);
}

/* A silent operation without a payload sends no message. */
static void silent(void)
{
	struct pair p = open_pair();

	ok(!get_mr(&p, p.remote, LEN, RDS_RDMA_READWRITE));
	fill(p.local + 100, 500, 3);
	ok(rdma(&p, 0, 500, RDS_RDMA_READWRITE | RDS_RDMA_SILENT, "") == 0);
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(is_filled(p.remote, 500, 3));
	wait_quiet(p.owner);
	close_pair(&p);
}

/* What is not allowed breaks the connection, and is reported; it comes back. */
static void refused_by_peer(void)
{
	struct pair p = open_pair();

	ok(!get_mr(&p, p.remote, LEN, RDS_RDMA_READWRITE));
	ok(rdma(&p, LEN - 10, 500, RDS_RDMA_READWRITE, "beyond") == 6);
	ok(status(&p) == RDS_RDMA_REMOTE_ERROR);
	ok(!free_mr(&p, p.cookie));
	ok(rdma(&p, 0, 500, RDS_RDMA_READWRITE, "gone") == 4);
	ok(status(&p) == RDS_RDMA_REMOTE_ERROR);
	ok(sendto(p.user, "alive", 5, 0, (struct sockaddr *)&p.to_owner, name_len) == 5);
	expect_text(p.owner, "alive");
	close_pair(&p);
}

static void wrong_arguments(void)
{
	struct pair p = open_pair();
	struct rds_iovec iov = { (uintptr_t)p.local, 100 };
	struct rds_rdma_args args = {
		.remote_vec = { 0, 100 }, .local_vec_addr = (uintptr_t)&iov, .nr_local = 1,
	};
	uint64_t cookie = 12345;

#define SEND() send_cmsg(p.user, &p.to_owner, RDS_CMSG_RDMA_ARGS, &args, sizeof(args), "x")
	args.nr_local = 0;
	fails(EINVAL, SEND());
	args.nr_local = 1025;
	fails(EMSGSIZE, SEND());
	args.nr_local = 1ull << 60;
	fails(EMSGSIZE, SEND());
	args.nr_local = 1;
	args.local_vec_addr = 8;
	fails(EFAULT, SEND());
	args.local_vec_addr = (uintptr_t)&iov;
	args.remote_vec.bytes = 99;
	fails(EINVAL, SEND());
	args.remote_vec.bytes = (1 << 20) + 1;
	fails(EMSGSIZE, SEND());
	args.remote_vec.bytes = 100;
	iov.bytes = 0;
	fails(EINVAL, SEND());
	iov.bytes = -1;
	fails(EINVAL, SEND());
	iov.bytes = 100;
	iov.addr = -50ull;
	fails(EINVAL, SEND());
	iov.addr = 4096;
	fails(EFAULT, SEND());
	fails(EINVAL, send_cmsg(p.user, &p.to_owner, RDS_CMSG_RDMA_ARGS, &args,
				sizeof(args) - 1, "x"));
	fails(EINVAL, send_cmsg(p.user, &p.to_owner, RDS_CMSG_RDMA_DEST, &cookie, 8, "x"));
	fails(EINVAL, send_cmsg(p.user, &p.to_owner, RDS_CMSG_RDMA_DEST, &cookie, 7, "x"));
	fails(EINVAL, send_cmsg(p.user, &p.to_owner, RDS_CMSG_RDMA_STATUS, &cookie, 8, "x"));
	fails(EINVAL, send_cmsg(p.user, &p.to_owner, 99, &cookie, 8, "x"));
	fails(EINVAL, send_cmsg(p.user, &p.to_owner, RDS_CMSG_ZCOPY_COOKIE, &cookie, 4, "x"));
#undef SEND
	fails(EINVAL, get_mr(&p, p.remote, 0, 0));
	fails(EINVAL, get_mr(&p, p.remote, -1, 0));
	fails(EMSGSIZE, get_mr(&p, p.remote, (1 << 20) + 8192, 0));
	fails(EFAULT, get_mr(&p, (void *)4096, 100, 0));
	wait_quiet(p.owner);
	close_pair(&p);
}

static ssize_t atomic(struct pair *p, int type, struct rds_atomic_args *args, const char *text)
{
	args->cookie = p->cookie;
	args->local_addr = (uintptr_t)p->local;
	args->flags = RDS_RDMA_NOTIFY_ME;
	args->user_token = 4711;
	return send_cmsg(p->user, &p->to_owner, type, args, sizeof(*args), text);
}

static void atomics(void)
{
	struct pair p = open_pair();
	volatile uint64_t *remote = (void *)p.remote, *local = (void *)p.local;
	struct rds_atomic_args args = {};

	ok(!get_mr(&p, p.remote, 64, RDS_RDMA_READWRITE));
	*remote = 40;
	args.fadd.add = 2;
	ok(atomic(&p, RDS_CMSG_ATOMIC_FADD, &args, "added") == 5);
	expect_text(p.owner, "added");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(*remote == 42 && *local == 40);

	args.cswp.compare = 41;
	args.cswp.swap = 7;
	ok(atomic(&p, RDS_CMSG_ATOMIC_CSWP, &args, "not swapped") == 11);
	expect_text(p.owner, "not swapped");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(*remote == 42 && *local == 42);
	args.cswp.compare = 42;
	ok(atomic(&p, RDS_CMSG_ATOMIC_CSWP, &args, "swapped") == 7);
	expect_text(p.owner, "swapped");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(*remote == 7 && *local == 42);

	/* Masks that say nothing make a plain one of it; others need a device. */
	memset(&args, 0, sizeof(args));
	args.m_fadd.add = 1;
	ok(atomic(&p, RDS_CMSG_MASKED_ATOMIC_FADD, &args, "masked") == 6);
	expect_text(p.owner, "masked");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(*remote == 8);
	args.m_fadd.nocarry_mask = 1;
	ok(atomic(&p, RDS_CMSG_MASKED_ATOMIC_FADD, &args, "") == 0);
	ok(status(&p) == RDS_RDMA_OTHER_ERROR);
	ok(*remote == 8);
	args.m_cswp.compare = 8;
	args.m_cswp.swap = 9;
	args.m_cswp.compare_mask = ~0ull;
	args.m_cswp.swap_mask = ~0ull;
	ok(atomic(&p, RDS_CMSG_MASKED_ATOMIC_CSWP, &args, "masked") == 6);
	expect_text(p.owner, "masked");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	ok(*remote == 9);
	args.m_cswp.swap_mask = 0xff;
	ok(atomic(&p, RDS_CMSG_MASKED_ATOMIC_CSWP, &args, "") == 0);
	ok(status(&p) == RDS_RDMA_OTHER_ERROR);
	ok(*remote == 9);
	ok(sendto(p.user, "alive", 5, 0, (struct sockaddr *)&p.to_owner, name_len) == 5);
	expect_text(p.owner, "alive");
	close_pair(&p);
}

/* A region that may be used once is gone when the peer says that it has used it. */
/* Its message ends the region: it must not overtake the read. */
static void use_once_read(void)
{
	struct pair p = open_pair();
	size_t len = ROOM - 200;
	uint32_t i;

	for (i = 0; i < 20; i++) {
		ok(!get_mr(&p, p.remote, len, RDS_RDMA_USE_ONCE));
		fill(p.remote, len, i);
		ok(rdma(&p, 0, len, RDS_RDMA_USE_ONCE, "once") == 4);
		expect_text(p.owner, "once");
		ok(status(&p) == RDS_RDMA_SUCCESS);
		ok(is_filled(p.local + 100, len, i));
		fails(EINVAL, free_mr(&p, p.cookie));
	}
	close_pair(&p);
}

static void use_once(void)
{
	struct pair p = open_pair();

	ok(!get_mr(&p, p.remote, LEN, RDS_RDMA_READWRITE | RDS_RDMA_USE_ONCE));
	ok(rdma(&p, 0, 100, RDS_RDMA_READWRITE | RDS_RDMA_USE_ONCE, "once") == 4);
	expect_text(p.owner, "once");
	ok(status(&p) == RDS_RDMA_SUCCESS);
	fails(EINVAL, free_mr(&p, p.cookie));
	close_pair(&p);
}

/* Whatever is under way, closing ends it, and returns the memory. */
static void close_under_way(void)
{
	struct pair p;
	int i;

	for (i = 0; i < 20; i++) {
		p = open_pair();
		ok(!get_mr(&p, p.remote, LEN, RDS_RDMA_READWRITE));
		ok(rdma(&p, 0, LEN, i % 2 ? RDS_RDMA_READWRITE : RDS_RDMA_FENCE, "bye") == 3);
		close_pair(&p);
	}
}

/* Results that are no success, of operations that nobody asked to hear of. */
static void recverr(void)
{
	struct rds_iovec iov = { 0, 100 };
	struct rds_rdma_args args = {
		.remote_vec = { 0, 100 }, .local_vec_addr = (uintptr_t)&iov, .nr_local = 1,
		.flags = RDS_RDMA_READWRITE, .user_token = 4711,
	};
	struct pair p = open_pair();
	int one = 1, zero = 0;

	iov.addr = (uintptr_t)p.local;
	ok(!get_mr(&p, p.remote, LEN, RDS_RDMA_READWRITE));
	args.cookie = p.cookie;
#define SEND() send_cmsg(p.user, &p.to_owner, RDS_CMSG_RDMA_ARGS, &args, sizeof(args), "good")
	ok(!setsockopt(p.user, SOL_RDS, RDS_RECVERR, &one, sizeof(one)));
	ok(SEND() == 4);
	expect_text(p.owner, "good");
	wait_quiet(p.user);
	args.remote_vec.addr = LEN;
	ok(SEND() == 4);
	ok(status(&p) == RDS_RDMA_REMOTE_ERROR);
	ok(!setsockopt(p.user, SOL_RDS, RDS_RECVERR, &zero, sizeof(zero)));
	ok(SEND() == 4);
	/* Not an operation: what is under way when the connection breaks, is dropped. */
	ok(sendto(p.user, "alive", 5, 0, (struct sockaddr *)&p.to_owner, name_len) == 5);
	expect_text(p.owner, "alive");
	wait_quiet(p.user);
#undef SEND
	close_pair(&p);
}

/* A message that announces a region: the cookie that the other end gets, is of use. */
static void expect_cookie(struct pair *p, uint64_t cookie, uint32_t seed)
{
	char control[256] __attribute__((aligned(8))), text[10];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	struct pair turned = { .user = p->user, .to_owner = p->to_owner, .local = p->local };

	ok(recvmsg(p->user, &msg, 0) == 6);
	cmsg = CMSG_FIRSTHDR(&msg);
	ok(cmsg && cmsg->cmsg_level == SOL_RDS && cmsg->cmsg_type == RDS_CMSG_RDMA_DEST);
	ok(cmsg->cmsg_len == CMSG_LEN(sizeof(turned.cookie)));
	memcpy(&turned.cookie, CMSG_DATA(cmsg), sizeof(turned.cookie));
	ok(turned.cookie == cookie && cookie >> 32 == 11);
	fill(p->local + 100, LEN, seed);
	ok(rdma(&turned, 0, LEN, RDS_RDMA_READWRITE, "written") == 7);
	ok(status(&turned) == RDS_RDMA_SUCCESS);
	expect_text(p->owner, "written");
	ok(is_filled(p->remote + 11, LEN, seed));
}

static void announced(void)
{
	struct pair p = open_pair();
	struct rds_get_mr_args map = {
		.vec = { (uintptr_t)p.remote + 11, LEN }, .cookie_addr = (uintptr_t)&p.cookie,
	};
	struct rds_get_mr_for_dest_args for_dest = {
		.vec = map.vec, .cookie_addr = (uintptr_t)&p.cookie,
	};

	/* Before there is any connection, if this case runs first. */
	memcpy(&for_dest.dest_addr, &p.to_user, sizeof(for_dest.dest_addr));
	ok(!setsockopt(p.owner, SOL_RDS, RDS_GET_MR_FOR_DEST, &for_dest, sizeof(for_dest)));
	ok(send_cmsg(p.owner, &p.to_user, RDS_CMSG_RDMA_DEST, &p.cookie, 8, "option") == 6);
	expect_cookie(&p, p.cookie, 1);
	ok(!free_mr(&p, p.cookie));
	fails(EINVAL, setsockopt(p.owner, SOL_RDS, RDS_GET_MR_FOR_DEST, &for_dest,
				 sizeof(for_dest) - 1));

	ok(send_cmsg(p.owner, &p.to_user, RDS_CMSG_RDMA_MAP, &map, sizeof(map), "mapped") == 6);
	expect_cookie(&p, p.cookie, 2);
	ok(!free_mr(&p, p.cookie));
	fails(EINVAL, send_cmsg(p.owner, &p.to_user, RDS_CMSG_RDMA_DEST, &p.cookie, 8, "freed"));
	close_pair(&p);
}

/* Each type of service has a connection of its own, which a socket cannot change. */
static void tos(void)
{
	struct pair p = open_pair(), other;
	unsigned char five = 5, six = 6, byte = 0;

	ok(!ioctl(p.user, SIOCRDSSETTOS, &five));
	ok(!ioctl(p.user, SIOCRDSGETTOS, &byte) && byte == 5);
	fails(EINVAL, ioctl(p.user, SIOCRDSSETTOS, &six));
	ok(sendto(p.user, "five", 4, 0, (struct sockaddr *)&p.to_owner, name_len) == 4);
	expect_text(p.owner, "five");
	ok(has_connection(5));

	other = open_pair();
	ok(sendto(other.user, "none", 4, 0, (struct sockaddr *)&p.to_owner, name_len) == 4);
	fails(EINVAL, ioctl(other.user, SIOCRDSSETTOS, &six));
	expect_text(p.owner, "none");
	close_pair(&other);
	close_pair(&p);
}

/* A transport that is asked for by number must own the address. */
static void transport(void)
{
	struct sockaddr_in loopback = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int sock = rds_socket(), infiniband = 0, tcp = 2, value;
	struct sockaddr_storage name;
	socklen_t len = sizeof(value);

	fails(ENOPROTOOPT, setsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &tcp, sizeof(tcp)));
	ok(!setsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &infiniband, sizeof(infiniband)));
	fails(EOPNOTSUPP, setsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &infiniband,
				     sizeof(infiniband)));
	ok(!getsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &value, &len) && value == infiniband);
	fails(ENOPROTOOPT, bind(sock, (struct sockaddr *)&loopback, sizeof(loopback)));
	with_port(&name, &here, 0);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	close(sock);
}

/* Transport 2, of which only messages can be had. */
static void without(void)
{
	static uint64_t memory[512] __attribute__((aligned(4096)));
	struct rds_iovec iov = { (uintptr_t)memory, sizeof(memory) };
	struct rds_get_mr_args mr = { .vec = iov };
	struct rds_free_mr_args all = {};
	struct rds_rdma_args args = {
		.remote_vec = { 0, sizeof(memory) }, .local_vec_addr = (uintptr_t)&iov,
		.nr_local = 1,
	};
	struct rds_atomic_args atomic = { .local_addr = (uintptr_t)memory };
	int sock = rds_socket(), number = 2, value;
	struct sockaddr_storage name;
	socklen_t len = sizeof(value);
	unsigned long tos = 5;

	ok(!setsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &number, sizeof(number)));
	ok(!getsockopt(sock, SOL_RDS, SO_RDS_TRANSPORT, &value, &len) && value == number);
	with_port(&name, &here, 0);
	ok(!bind(sock, (struct sockaddr *)&name, name_len));
	fails(EOPNOTSUPP, setsockopt(sock, SOL_RDS, RDS_GET_MR, &mr, sizeof(mr)));
	fails(ENOPROTOOPT, setsockopt(sock, SOL_RDS, RDS_FREE_MR, &all, sizeof(all)));
	fails(ENOTTY, ioctl(sock, SIOCRDSSETTOS, &tos));
	with_port(&name, &there, 4000);
	fails(EOPNOTSUPP, send_cmsg(sock, &name, RDS_CMSG_RDMA_MAP, &mr, sizeof(mr), "x"));
	fails(EOPNOTSUPP, send_cmsg(sock, &name, RDS_CMSG_RDMA_ARGS, &args, sizeof(args), "x"));
	fails(EOPNOTSUPP, send_cmsg(sock, &name, RDS_CMSG_ATOMIC_FADD, &atomic, sizeof(atomic),
				    "x"));
	close(sock);
}

const struct test rdma_tests[] = {
	{ "rdma/announced", announced },
	{ "rdma/write-and-read", write_and_read },
	{ "rdma/silent", silent },
	{ "rdma/recverr", recverr },
	{ "rdma/refused-by-peer", refused_by_peer },
	{ "rdma/wrong-arguments", wrong_arguments },
	{ "rdma/atomics", atomics },
	{ "rdma/use-once", use_once },
	{ "rdma/use-once-read", use_once_read },
	{ "rdma/close-under-way", close_under_way },
	{ "rdma/tos", tos },
	{ "rdma/transport", transport },
	{ "rdma-without", without },
	{}
};
