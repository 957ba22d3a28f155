// SPDX-License-Identifier: GPL-2.0
/*
 * An SRP initiator that breaks the rules, in every way that it knows, and checks
 * what the target makes of it.
 *
 * usage: badsrp TARGET INITIATOR GUID [LOGINS REFUSED | until-refused]
 *
 * TARGET and INITIATOR are IP addresses, GUID is the target's name, 16
 * hexadecimal digits. Each case has a channel of its own; another one, which
 * keeps to the rules, has to survive them all. Prints one line for each case.
 *
 * With LOGINS it only logs in and out, so many times, and sometimes without a word
 * at the end; and REFUSED times with a request that has to be turned down.
 *
 * until-refused: it logs in whenever it may, stays until it is thrown out, and
 * ends when it is given a line on its standard input.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"

enum { CLOSED = 0x1000, TM = 0x2000, REFUSED = 0x100000, IF_GRANTED = 0x200000 };

static uint8_t initiator_ext;

static void good_login(uint8_t *login)
{
	channel_login(login, initiator_ext);
}

/* Return: 0, or REFUSED and the reason. */
static int log_in(struct channel *c, const uint8_t *login, uint8_t len)
{
	int i;

	if (channel_connect(c, login, len, 0))
		return REFUSED | c->reason;
	for (i = 0; i < CHANNEL_RECVS; i++)
		channel_post_recv(c);
	return c->credits > 0 ? 0 : -1;
}

/* Return: what the response says, or CLOSED. */
static int reply(struct channel *c)
{
	const uint8_t *rsp = channel_reply(c);

	if (!rsp)
		return CLOSED;
	if (rsp[0] != 0xc1 || (int)get32(rsp + 4) < 1)
		return -1;
	c->credits += (int)get32(rsp + 4);
	return rsp[18] & 1 ? TM | rsp[39] : rsp[19];
}

/* A command without data: TEST UNIT READY for LUN 0. */
static uint32_t good_cmd(struct channel *c)
{
	memset(c->iu, 0, CHANNEL_ROOM);
	c->iu[0] = 0x02;
	return 48;
}

static int test_unit(struct channel *c)
{
	int result;

	/* The first one may report what has happened. */
	channel_send(c, good_cmd(c));
	result = reply(c);
	if (result != 2)
		return result;
	channel_send(c, good_cmd(c));
	return reply(c);
}

static uint32_t cmd_fmt(struct channel *c, uint8_t fmt, uint8_t opcode, uint8_t count)
{
	good_cmd(c);
	c->iu[5] = fmt;
	*(fmt >> 4 ? &c->iu[6] : &c->iu[7]) = count;
	c->iu[32] = opcode;
	return 48;
}

static uint32_t direct(struct channel *c, uint32_t at, uint32_t key, uint32_t len)
{
	put64(c->iu + at, (uintptr_t)c->data);
	put32(c->iu + at + 8, key);
	put32(c->iu + at + 12, len);
	return at + 16;
}

/* INQUIRY with room for @room bytes, of which the CDB allows 96. */
static uint32_t inquiry(struct channel *c, uint32_t key, uint32_t room)
{
	cmd_fmt(c, 0x01, 0x12, 0);
	c->iu[32 + 4] = 96;
	return direct(c, 48, key, room);
}

/* READ(10) or WRITE(10) of @blocks blocks */
static uint32_t rw10(struct channel *c, bool write, uint8_t blocks, uint32_t key, uint32_t len)
{
	cmd_fmt(c, write ? 0x10 : 0x01, write ? 0x2a : 0x28, 0);
	c->iu[32 + 8] = blocks;
	return direct(c, 48, key, len);
}

/* The same, with two descriptors and whatever else one likes. */
static uint32_t table(struct channel *c, uint32_t bytes, uint32_t total, uint8_t count,
		      uint32_t len0, uint32_t len1)
{
	cmd_fmt(c, 0x02, 0x28, count);
	c->iu[32 + 8] = 2;
	put32(c->iu + 48 + 12, bytes);
	put32(c->iu + 64, total);
	direct(c, 68, c->data_mr->rkey, len0);
	return direct(c, 84, c->data_mr->rkey, len1);
}

/* The same table, but in memory; @key is the key to it. */
static uint32_t remote_table(struct channel *c, uint32_t key, uint32_t bytes, uint32_t len1)
{
	const uint32_t at = 4096;

	memset(c->data + at, 0, CHANNEL_ROOM - at);
	put64(c->data + at, (uintptr_t)c->data);
	put32(c->data + at + 8, c->data_mr->rkey);
	put32(c->data + at + 12, 512);
	memcpy(c->data + at + 16, c->data + at, 16);
	put32(c->data + at + 28, len1);
	table(c, bytes, 1024, 1, 512, 0);
	put64(c->iu + 48, (uintptr_t)c->data + at);
	put32(c->iu + 56, key);
	return 84;
}

static uint32_t immediate(struct channel *c, uint32_t len)
{
	cmd_fmt(c, 0x30, 0x2a, 0);
	c->iu[32 + 8] = 1;
	put32(c->iu + 48, len);
	return CHANNEL_IMM_OFFSET + 512;
}

static uint32_t tsk_mgmt(struct channel *c, uint8_t function)
{
	memset(c->iu, 0, CHANNEL_ROOM);
	c->iu[0] = 0x01;
	c->iu[30] = function;
	c->iu[32] = 0x77;
	return 48;
}

static uint32_t opcode(struct channel *c, uint8_t op, uint32_t len)
{
	memset(c->iu, 0, CHANNEL_ROOM);
	c->iu[0] = op;
	return len;
}

static uint32_t long_cdb(struct channel *c, uint8_t additional)
{
	cmd_fmt(c, 0x00, 0x7f, 0);
	c->iu[32 + 7] = additional;
	return 48;
}

static uint32_t other_lun(struct channel *c)
{
	good_cmd(c);
	c->iu[21] = 77;
	return 48;
}

#define KEY	(c->data_mr->rkey)

static int run_case(struct channel *c, uint32_t len, int want)
{
	int result;

	channel_send(c, len);
	result = reply(c);
	/* A new session begins with a unit attention. */
	if (result == 2 && want == 0) {
		channel_send(c, len);
		result = reply(c);
	}
	if (result != CLOSED && test_unit(c) != 0)
		return -2;
	return result;
}

static int verdict(const char *name, int result, int want)
{
	printf("%-28s %s %#x\n", name, result == want ? "ok" : "WRONG", result);
	fflush(stdout);
	return result != want;
}

/* Room beyond what there is to say stays as it was. */
static int untouched(void)
{
	uint8_t login[56];
	struct channel c;
	int i, wrong = 0;

	good_login(login);
	if (log_in(&c, login, 56) || run_case(&c, inquiry(&c, c.data_mr->rkey, 8192), 0))
		return verdict("short reply", -1, 0);
	for (i = 96; i < 8192; i++)
		wrong |= c.data[i] != 0xaa;
	wrong |= memcmp(c.data + 8, "LIO-ORG ", 8) != 0;
	channel_leave(&c);
	return verdict("short reply", wrong, 0);
}

/* The queue pair is for messages: nobody may write to the target's memory. */
static int access_memory(struct channel *c)
{
	struct ibv_sge sge = { (uintptr_t)c->iu, 8, c->mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = 0x1000, .rkey = 0x1234500 },
	};
	int result;

	if (ibv_post_send(c->id->qp, &wr, &bad))
		die("write");
	result = reply(c);
	channel_leave(c);
	return verdict("RDMA WRITE to the target", result, CLOSED);
}

/* With @bytes bytes of a good request, and @value in place of what is at @at. */
static int try_login(const char *name, int at, uint32_t value, uint8_t bytes, int want)
{
	uint8_t login[56];
	struct channel c;
	int result;

	good_login(login);
	memset(login + bytes, 0, sizeof(login) - bytes);
	if (at == 12)
		put32(login + at, value);
	else
		login[at] = value;
	result = log_in(&c, login, sizeof(login));
	c.closed = result != 0;
	channel_leave(&c);
	return verdict(name, result, want);
}

static int logins(void)
{
	int failed = 0;

	failed |= try_login("login: opcode", 11, 2, 56, REFUSED | 0x10000);
	failed |= try_login("login: IU of 63 bytes", 12, 63, 56, REFUSED | 0x10002);
	failed |= try_login("login: IU of 16 MiB", 12, 16 << 20, 56, REFUSED | 0x10002);
	failed |= try_login("login: IU of 4 GiB", 12, 0xffffffff, 56, REFUSED | 0x10002);
	failed |= try_login("login: another target", 32, 0xdd, 56, REFUSED | 0x10003);
	failed |= try_login("login: another controller", 47, 0xdd, 56, REFUSED | 0x10003);
	failed |= try_login("login: formats", 9, 8, 56, REFUSED | 0x10004);
	failed |= try_login("login: channel action", 10, 2, 56, REFUSED | 0x10005);
	failed |= try_login("login cut off", 0, 0, 40, REFUSED | 0x10003);
	failed |= try_login("no login", 0, 0, 0, REFUSED | 0x10002);
	return failed;
}

/* A channel of its own for the next case. */
static bool up(struct channel *c)
{
	uint8_t login[56];

	good_login(login);
	if (log_in(c, login, sizeof(login)))
		die("login");
	return true;
}

/* @len bytes of an IU are in c->iu; @want is what should become of them. */
static int run(struct channel *c, const char *name, uint32_t len, int want)
{
	int failed;

	if (want == IF_GRANTED)
		want = c->imm ? 0 : 2;
	failed = verdict(name, run_case(c, len, want), want);
	channel_leave(c);
	return failed;
}

static int whole_ones(struct channel *c)
{
	int failed = 0;

	failed |= run(c, "test unit ready", up(c) ? good_cmd(c) : 0, 0);
	failed |= run(c, "another LUN", up(c) ? other_lun(c) : 0, 2);
	failed |= run(c, "inquiry", up(c) ? inquiry(c, KEY, 4096) : 0, 0);
	failed |= run(c, "read", up(c) ? rw10(c, false, 2, KEY, 1024) : 0, 0);
	failed |= run(c, "write", up(c) ? rw10(c, true, 2, KEY, 1024) : 0, 0);
	failed |= run(c, "table", up(c) ? table(c, 32, 1024, 2, 512, 512) : 0, 0);
	failed |= run(c, "immediate data", up(c) ? immediate(c, 512) : 0, IF_GRANTED);
	return failed;
}

static int broken_ones(struct channel *c)
{
	int failed = 0;

	failed |= run(c, "command cut off", up(c) ? good_cmd(c) - 1 : 0, CLOSED);
	failed |= run(c, "no bytes at all", up(c) ? good_cmd(c) * 0 : 0, CLOSED);
	failed |= run(c, "task management cut off", up(c) ? tsk_mgmt(c, 1) - 9 : 0, CLOSED);
	failed |= run(c, "longer than agreed", up(c) ? good_cmd(c) + 9000 : 0, CLOSED);
	failed |= run(c, "login request", up(c) ? opcode(c, 0x00, 64) : 0, CLOSED);
	failed |= run(c, "response", up(c) ? opcode(c, 0xc1, 36) : 0, CLOSED);
	failed |= run(c, "unknown opcode", up(c) ? opcode(c, 0x55, 48) : 0, CLOSED);
	failed |= run(c, "opcode 0xff", up(c) ? opcode(c, 0xff, 1) : 0, CLOSED);
	failed |= run(c, "logout", up(c) ? opcode(c, 0x03, 16) : 0, CLOSED);
	failed |= run(c, "logout cut off", up(c) ? opcode(c, 0x03, 15) : 0, CLOSED);
	failed |= run(c, "both directions", up(c) ? cmd_fmt(c, 0x11, 0x28, 0) + 32 : 0, 2);
	failed |= run(c, "unknown format", up(c) ? cmd_fmt(c, 0x04, 0x28, 0) + 32 : 0, 2);
	failed |= run(c, "immediate data-in", up(c) ? cmd_fmt(c, 0x03, 0x28, 0) + 32 : 0, 2);
	failed |= run(c, "descriptor cut off", up(c) ? rw10(c, false, 1, KEY, 512) - 1 : 0, 2);
	failed |= run(c, "empty descriptor", up(c) ? rw10(c, false, 0, KEY, 0) : 0, 0);
	failed |= run(c, "4 GiB", up(c) ? rw10(c, false, 1, KEY, 0xffffffff) : 0, 2);
	failed |= run(c, "16 MiB and 1", up(c) ? rw10(c, true, 1, KEY, (16 << 20) + 1) : 0, 2);
	failed |= run(c, "total too small", up(c) ? table(c, 32, 512, 2, 512, 512) : 0, 2);
	failed |= run(c, "total too large", up(c) ? table(c, 32, 65536, 2, 512, 512) : 0, 2);
	failed |= run(c, "lengths that wrap", up(c) ? table(c, 32, 512, 2, 0xffffffff, 513) : 0, 2);
	failed |= run(c, "table of no entries", up(c) ? table(c, 0, 1024, 2, 512, 512) : 0, 2);
	failed |= run(c, "table beyond the IU", up(c) ? table(c, 255 * 16, 1024, 255, 512, 512) : 0, 2);
	failed |= run(c, "table elsewhere", up(c) ? remote_table(c, KEY, 32, 512) : 0, 0);
	failed |= run(c, "long one", up(c) ? remote_table(c, KEY, 128 * 16, 512) : 0, 0);
	failed |= run(c, "whose total is wrong", up(c) ? remote_table(c, KEY, 32, 511) : 0, 2);
	failed |= run(c, "which is too long", up(c) ? remote_table(c, KEY, 1 << 20, 512) : 0, 2);
	failed |= run(c, "with a wrong key", up(c) ? remote_table(c, KEY + 0x1234500, 32, 512) : 0, CLOSED);
	failed |= run(c, "odd table", up(c) ? table(c, 31, 1024, 2, 512, 512) : 0, 2);
	failed |= run(c, "immediate data that wraps", up(c) ? immediate(c, 0xffffffff) : 0, 2);
	failed |= run(c, "immediate data cut off", up(c) ? immediate(c, 513) : 0, 2);
	failed |= run(c, "CDB beyond the IU", up(c) ? long_cdb(c, 255) : 0, 2);
	failed |= run(c, "CDB one longer", up(c) ? long_cdb(c, 9) : 0, 2);
	failed |= run(c, "unknown function", up(c) ? tsk_mgmt(c, 3) : 0, TM | 4);
	failed |= run(c, "abort of nothing", up(c) ? tsk_mgmt(c, 1) : 0, TM | 5);
	failed |= run(c, "abort task set", up(c) ? tsk_mgmt(c, 2) : 0, TM | 5);
	failed |= run(c, "LUN reset", up(c) ? tsk_mgmt(c, 8) : 0, TM | 0);
	failed |= run(c, "wrong key of a read", up(c) ? rw10(c, false, 1, KEY + 0x1234500, 512) : 0, CLOSED);
	failed |= run(c, "wrong key of a write", up(c) ? rw10(c, true, 1, KEY + 0x1234500, 512) : 0, CLOSED);
	failed |= run(c, "beyond the memory", up(c) ? rw10(c, true, 254, KEY, 254 * 512) : 0, CLOSED);
	return failed;
}

static int one_refused(long i)
{
	uint8_t login[56];
	struct channel c;

	good_login(login);
	login[40] ^= 0xff;
	if (log_in(&c, login, sizeof(login)) != (REFUSED | 0x10003))
		return verdict("login that is to be refused", i, -1);
	channel_free(&c);
	return 0;
}

/* Those that are refused are spread evenly over the others. */
static int many_logins(long logins, long refused)
{
	struct channel c;
	long i, done = 0;

	for (i = 0; i < logins; i++) {
		up(&c);
		if (test_unit(&c) != 0)
			return verdict("login", i, -1);
		/* Every third login ends the one before, which has not left. */
		c.closed = i % 3 == 0;
		channel_leave(&c);
		for (; done < refused * (i + 1) / logins; done++)
			if (one_refused(i))
				return 1;
	}
	printf("%ld logins, %ld refused\n", i, done);
	return 0;
}

/* An administrator lets it in and throws it out. */
static int until_refused(void)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	long granted = 0, refused = 0;
	uint8_t login[56];
	struct channel c;
	int result;

	good_login(login);
	while (poll(&input, 1, 0) == 0) {
		result = log_in(&c, login, sizeof(login));
		if (result) {
			refused++;
			c.closed = true;
		} else {
			granted++;
			if (reply(&c) != CLOSED)
				return verdict("thrown out", granted, -1);
		}
		channel_leave(&c);
	}
	printf("%ld granted, %ld refused\n", granted, refused);
	return granted == 0;
}

int main(int argc, char **argv)
{
	struct channel witness, c[1];
	uint8_t login[56];
	int failed = 0;

	if (argc < 4 || argc > 6) {
		fprintf(stderr,
			"usage: badsrp TARGET INITIATOR GUID [LOGINS REFUSED | until-refused]\n");
		return 2;
	}
	channel_peer(argv[1], argv[2], argv[3]);
	if (argc == 6)
		return many_logins(atol(argv[4]), atol(argv[5]));
	if (argc == 5)
		return until_refused();

	good_login(login);
	if (log_in(&witness, login, 56))
		die("login of the witness");
	initiator_ext = 1;
	failed |= logins();

	failed |= whole_ones(c);
	failed |= broken_ones(c);
	if (up(c))
		failed |= access_memory(c);
	failed |= untouched();
	failed |= verdict("the other channel", test_unit(&witness), 0);
	channel_leave(&witness);
	return failed;
}
