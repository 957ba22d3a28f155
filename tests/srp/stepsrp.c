// SPDX-License-Identifier: GPL-2.0
/*
 * An SRP initiator that does one step at a time, as it is told on its standard
 * input, and can leave a command where it is: it takes no response as long as it
 * has not posted a receive.
 *
 * usage: stepsrp TARGET INITIATOR GUID
 *
 * TARGET and INITIATOR are IP addresses, GUID is the target's name. Each line is
 * the name of a channel, a or b, each of an initiator of its own, and a step;
 * each is answered with a line. All arguments are hexadecimal.
 *
 *	login		log in, and execute TEST UNIT READY until it succeeds
 *	tur TAG		send TEST UNIT READY and post a receive for its response
 *	read TAG	the same with READ(10) of block 0 of LUN 0
 *	write TAG	WRITE(10) of it
 *	table TAG	READ(10), whose descriptors the target has to fetch
 *	scatter TAG BLOCKS ROOM LEN...
 *			READ(10) of BLOCKS from block 0 on into ROOM bytes, that is so
 *			many descriptors of LEN bytes, in turn, as that takes
 *	gather TAG BLOCKS ROOM LEN...
 *			the same with WRITE(10)
 *	abort TAG OF	ABORT TASK
 *	reset TAG	LOGICAL UNIT RESET of LUN 0
 *	probe TAG	ABORT TASK of nothing on LUN 1
 *	dry STEP...	one of these, but post no receive
 *	recv		post a receive
 *	reply		wait for a response: TAG status|function CODE CREDITS; or closed
 *	credits		how many there are
 *	lun LUN		for those of these that say LUN 0
 *	fill BYTE	the channel's memory for data
 *	number		the same with numbers, so that no two blocks are the same
 *	numbered	how many bytes at its start are so
 *	data		what is in it: a byte, or mixed
 *	leave		log out
 *	closed		wait until the target has logged it out
 */
#include <stdio.h>
#include <stdlib.h>
#include "channel.h"

#define BLOCK	512

/* Of a channel's memory for data, this is where it has long tables. */
#define TABLE	(CHANNEL_ROOM / 2)

/* 4.096 us times 2 to the power of this: two seconds, seven times */
#define ACK_TIMEOUT	19

static struct channel channels[2];
static uint8_t lun;

static uint32_t cmd(struct channel *c, uint64_t tag, uint8_t opcode)
{
	memset(c->iu, 0, CHANNEL_ROOM);
	c->iu[0] = 0x02;
	memcpy(c->iu + 8, &tag, sizeof(tag));
	c->iu[21] = lun;
	c->iu[32] = opcode;
	return 48;
}

static uint32_t describe(struct channel *c, uint8_t *at, uint32_t from, uint32_t len)
{
	put64(at, (uintptr_t)c->data + from);
	put32(at + 8, c->data_mr->rkey);
	put32(at + 12, len);
	return 16;
}

static uint32_t transfer(struct channel *c, uint64_t tag, bool write)
{
	cmd(c, tag, write ? 0x2a : 0x28);
	c->iu[5] = write ? 0x10 : 0x01;
	c->iu[32 + 8] = 1;
	return 48 + describe(c, c->iu + 48, 0, BLOCK);
}

/* The table is in memory behind the data; none of it is in the IU. */
static uint32_t table(struct channel *c, uint64_t tag)
{
	const uint32_t at = 2 * BLOCK;

	describe(c, c->data + at, 0, BLOCK / 2);
	describe(c, c->data + at + 16, BLOCK / 2, BLOCK / 2);
	cmd(c, tag, 0x28);
	c->iu[5] = 0x02;
	c->iu[32 + 8] = 1;
	describe(c, c->iu + 48, at, 32);
	put32(c->iu + 64, BLOCK);
	return 68;
}

/* @lens: as many numbers as there are, for as many descriptors as it takes. */
static uint32_t pieces(struct channel *c, uint64_t tag, bool write, const char *args)
{
	unsigned long blocks, room, len, at = 0;
	const uint32_t inline_ones = 8;
	uint8_t desc[CHANNEL_ROOM / 2];
	const char *lens;
	uint32_t nr = 0;
	char *end;

	blocks = strtoul(args, &end, 16);
	room = strtoul(end, &end, 16);
	for (lens = end; at < room; at += len) {
		len = strtoul(end, &end, 16);
		if (!len && end != lens)
			len = strtoul(lens, &end, 16);
		if (!len || room > TABLE || 16 * (nr + 1) > sizeof(desc))
			return 0;
		if (len > room - at)
			len = room - at;
		describe(c, desc + 16 * nr++, at, len);
	}

	cmd(c, tag, write ? 0x2a : 0x28);
	c->iu[5] = write ? 0x20 : 0x02;
	c->iu[32 + 8] = blocks;
	describe(c, c->iu + 48, TABLE, 16 * nr);
	put32(c->iu + 64, room);
	if (nr > inline_ones) {
		memcpy(c->data + TABLE, desc, 16 * nr);
		return 68;
	}
	c->iu[write ? 6 : 7] = nr;
	memcpy(c->iu + 68, desc, 16 * nr);
	return 68 + 16 * nr;
}

static uint32_t function(struct channel *c, uint64_t tag, uint8_t on, uint8_t code,
			 uint64_t of)
{
	cmd(c, tag, 0);
	c->iu[0] = 0x01;
	c->iu[21] = on;
	c->iu[30] = code;
	memcpy(c->iu + 32, &of, sizeof(of));
	return 48;
}

/* Return: bytes of an IU that has been built, or 0. */
static uint32_t build(struct channel *c, const char *what, uint64_t tag, uint64_t of)
{
	if (!strcmp(what, "tur"))
		return cmd(c, tag, 0);
	if (!strcmp(what, "read"))
		return transfer(c, tag, false);
	if (!strcmp(what, "write"))
		return transfer(c, tag, true);
	if (!strcmp(what, "table"))
		return table(c, tag);
	if (!strcmp(what, "abort"))
		return function(c, tag, lun, 0x01, of);
	if (!strcmp(what, "reset"))
		return function(c, tag, lun, 0x08, 0);
	if (!strcmp(what, "probe"))
		return function(c, tag, 1, 0x01, 0);
	return 0;
}

static bool send_iu(struct channel *c, const char *line, bool dry)
{
	unsigned long long tag, of = 0;
	int args = 0;
	char what[16];
	uint32_t len;

	if (sscanf(line, "%15s %llx%n %llx", what, &tag, &args, &of) < 2)
		return false;
	if (!strcmp(what, "scatter") || !strcmp(what, "gather"))
		len = pieces(c, tag, what[0] == 'g', line + args);
	else
		len = build(c, what, tag, of);
	if (!len)
		return false;
	if (!dry)
		channel_post_recv(c);
	c->credits--;
	channel_send(c, len);
	return true;
}

/* Return: the status of a command, or the response code of a function; -1: the end. */
static int reply(struct channel *c, char *text, size_t len)
{
	const uint8_t *rsp = channel_reply(c);
	bool function;
	uint64_t tag;
	int code;

	if (!rsp) {
		snprintf(text, len, "closed");
		return -1;
	}
	memcpy(&tag, rsp + 8, sizeof(tag));
	c->credits += (int)get32(rsp + 4);
	function = rsp[18] & 1;
	code = function ? rsp[39] : rsp[19];
	snprintf(text, len, "%llx %s %x %d", (unsigned long long)tag,
		 function ? "function" : "status", code, (int)get32(rsp + 4));
	return code;
}

static void log_in(struct channel *c)
{
	char text[64];
	uint8_t login[56];
	int tries;

	channel_login(login, 1 + (c - channels));
	if (channel_connect(c, login, sizeof(login), ACK_TIMEOUT)) {
		printf("refused %x\n", c->reason);
		channel_free(c);
		return;
	}
	/* A session begins with unit attentions. */
	for (tries = 0; tries < 3; tries++) {
		send_iu(c, "tur 0", false);
		if (!reply(c, text, sizeof(text)))
			break;
	}
	puts(tries < 3 ? "ready" : text);
}

static void show_data(const struct channel *c)
{
	if (memcmp(c->data, c->data + 1, BLOCK - 1))
		puts("mixed");
	else
		printf("%x\n", c->data[0]);
}

static uint8_t number(uint32_t at)
{
	return (at / 4 + 1) * 2654435761u >> at % 4 * 8;
}

static uint32_t count_numbered(const struct channel *c)
{
	uint32_t at = 0;

	while (at < CHANNEL_ROOM && c->data[at] == number(at))
		at++;
	return at;
}

static bool other_step(struct channel *c, const char *line)
{
	unsigned int byte;
	char text[64];
	uint32_t at;

	if (!strcmp(line, "login")) {
		log_in(c);
	} else if (!strcmp(line, "recv")) {
		channel_post_recv(c);
		puts("ok");
	} else if (!strcmp(line, "reply")) {
		reply(c, text, sizeof(text));
		puts(text);
	} else if (!strcmp(line, "credits")) {
		printf("%d\n", c->credits);
	} else if (sscanf(line, "fill %x", &byte) == 1) {
		memset(c->data, byte, CHANNEL_ROOM);
		puts("ok");
	} else if (!strcmp(line, "number")) {
		for (at = 0; at < CHANNEL_ROOM; at++)
			c->data[at] = number(at);
		puts("ok");
	} else if (!strcmp(line, "numbered")) {
		printf("%x\n", count_numbered(c));
	} else if (sscanf(line, "lun %x", &byte) == 1) {
		lun = byte;
		puts("ok");
	} else if (!strcmp(line, "data")) {
		show_data(c);
	} else if (!strcmp(line, "leave")) {
		channel_leave(c);
		puts("ok");
	} else if (!strcmp(line, "closed")) {
		puts(channel_reply(c) ? "a response" : "ok");
		channel_leave(c);
	} else {
		return false;
	}
	return true;
}

static bool step(char *line)
{
	struct channel *c = &channels[line[0] - 'a'];
	bool dry;

	if (c < channels || c > &channels[1] || line[1] != ' ')
		return false;
	line += 2;
	dry = !strncmp(line, "dry ", 4);
	if (send_iu(c, line + (dry ? 4 : 0), dry)) {
		puts("ok");
		return true;
	}
	return other_step(c, line);
}

int main(int argc, char **argv)
{
	char line[128];

	if (argc != 4) {
		fprintf(stderr, "usage: stepsrp TARGET INITIATOR GUID\n");
		return 2;
	}
	channel_peer(argv[1], argv[2], argv[3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!step(line)) {
			fprintf(stderr, "stepsrp: what is '%s'?\n", line);
			return 2;
		}
	}
	return 0;
}
