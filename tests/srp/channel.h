/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel of an SRP initiator in user space, for tests that want to send what
 * the kernel's would not. Whatever fails ends the program.
 */
#ifndef SRP_CHANNEL_H
#define SRP_CHANNEL_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <rdma/rdma_cma.h>

#define CHANNEL_ROOM		65536	/* for an IU, and for data */
#define CHANNEL_RECVS		8
#define CHANNEL_IMM_OFFSET	68

/**
 * struct channel - one
 * @id: the connection
 * @mr: memory region of @iu
 * @data_mr: that of @data, which the target may access
 * @recv_mr: that of @recvs
 * @iu: what is sent
 * @recvs: what is received
 * @data: for commands
 * @posted: receives so far
 * @reason: why the login was turned down, as far as SRP tells
 * @credits: IUs that may be sent; channel_connect() sets it, and nobody here counts
 * @imm: the target takes immediate data
 * @closed: the target has ended it
 */
struct channel {
	struct rdma_cm_id *id;
	struct ibv_mr *mr, *data_mr, *recv_mr;
	uint8_t *iu, *recvs, *data;
	unsigned int posted;
	uint32_t reason;
	int credits;
	bool imm;
	bool closed;
};

static inline void put16(uint8_t *at, uint16_t v)
{
	v = htobe16(v);
	memcpy(at, &v, sizeof(v));
}

static inline void put32(uint8_t *at, uint32_t v)
{
	v = htobe32(v);
	memcpy(at, &v, sizeof(v));
}

static inline void put64(uint8_t *at, uint64_t v)
{
	v = htobe64(v);
	memcpy(at, &v, sizeof(v));
}

static inline uint32_t get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return be32toh(v);
}

void die(const char *what);

/* IP addresses, and the target's name, 16 hexadecimal digits; before all others. */
void channel_peer(const char *target, const char *initiator, const char *guid);

/* 56 bytes: a request that is granted, in the form of the RDMA CM. */
void channel_login(uint8_t *login, uint8_t initiator_ext);

/*
 * Connect; no receive is posted then. @ack_timeout: how long the target waits for
 * an answer before it asks again, 4.096 us times 2 to the power of it; or 0.
 *
 * Return: 0, or -1 if it was turned down.
 */
int channel_connect(struct channel *c, const uint8_t *login, uint8_t len, uint8_t ack_timeout);

void channel_post_recv(struct channel *c);

/* @len bytes of @c->iu */
void channel_send(struct channel *c, uint32_t len);

/* The next response, until as many receives have been posted; NULL: the end. */
const uint8_t *channel_reply(struct channel *c);

/* Say goodbye, unless the target has, and free all. */
void channel_leave(struct channel *c);

/* Without a word. */
void channel_free(struct channel *c);

#endif /* SRP_CHANNEL_H */
