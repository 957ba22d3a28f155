/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gateway's own types, and who does what with them.
 */
#ifndef RDMA9P_GATEWAY_H
#define RDMA9P_GATEWAY_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include "splitter.h"

#define VERSION		"1.0"

/* Before msize is agreed on: one Tversion, one reply, and no more memory. */
#define HELLO_SIZE	8192

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

/**
 * struct settings - the command line
 * @listen: address to listen on; %NULL means all
 * @port: and the port
 * @to: the 9P server as it was given
 * @upstream: its addresses
 * @msize: the largest message
 * @depth: requests that a client may have under way
 * @max_conns: connections at a time
 * @keepalive: seconds of silence after which a client is probed; 0 for never
 * @verbose: also say what goes well
 */
struct settings {
	const char *listen;
	uint16_t port;
	const char *to;
	struct addrinfo *upstream;
	size_t msize;
	unsigned int depth;
	unsigned int max_conns;
	unsigned int keepalive;
	bool verbose;
};

/**
 * struct source - something that the event loop waits for
 * @ready: called with what epoll found
 */
struct source {
	void (*ready)(struct source *source, uint32_t events);
};

/**
 * struct region - memory that the device may use
 * @base: page-aligned
 * @size: bytes
 * @mr: its registration
 */
struct region {
	uint8_t *base;
	size_t size;
	struct ibv_mr *mr;
};

/**
 * struct request - a receive buffer and the message in it
 * @next: in the queue of those to be written to the server
 * @data: the buffer
 * @capacity: its size
 * @lkey: its memory key
 * @size: of the message
 */
struct request {
	struct request *next;
	uint8_t *data;
	uint32_t capacity;
	uint32_t lkey;
	uint32_t size;
};

/**
 * enum conn_state - how far a connection has come
 * @CONN_REACHING: connecting to the server; the client waits
 * @CONN_ACCEPTED: the client has been accepted
 * @CONN_OPEN: and is connected
 * @CONN_DRAINING: the server has hung up; its last replies are on their way
 * @CONN_DEAD: to be destroyed at the end of this turn of the loop
 */
enum conn_state {
	CONN_REACHING,
	CONN_ACCEPTED,
	CONN_OPEN,
	CONN_DRAINING,
	CONN_DEAD,
};

/**
 * struct conn - a client, and its connection to the server
 * @next: in the list of all, or of the dead
 * @peer: the client's address, for messages
 * @state: see &enum conn_state
 * @id: the RDMA connection
 * @rdma_accepted: there is something to disconnect
 * @grant: what the client asked for in RDMA reads
 * @pd: protection domain
 * @channel: completion channel
 * @cq: both directions complete here
 * @completions: @channel in the loop
 * @stream: the connection to the server, in the loop
 * @fd: the same, as a file
 * @interest: what epoll looks for on @fd
 * @stalled: there is no room to read into
 * @address: the server's address that is being tried
 * @depth: requests that may be under way
 * @msize: the largest message; 0 until agreed on
 * @proposed: what the last Tversion was made to say
 * @hello: memory before that
 * @bulk: memory after that
 * @first: the request buffer in @hello
 * @requests: those in @bulk
 * @to_write: requests for the server, the first partly written
 * @to_write_tail: where the next one goes
 * @written: bytes of the first one
 * @unanswered: requests written, less replies
 * @hello_splitter: the server's stream before msize is agreed on
 * @bulk_splitter: and after
 * @splitter: the one in use
 * @sends_free: replies that may still be posted
 * @sends_busy: replies that were posted
 * @probing: a probe is under way
 * @heard: seconds, monotonic: when the client last showed itself
 * @deadline: seconds, monotonic: when draining is given up
 */
struct conn {
	struct conn *next;
	char peer[64];
	enum conn_state state;

	struct rdma_cm_id *id;
	bool rdma_accepted;
	struct {
		uint8_t responder_resources;
		uint8_t initiator_depth;
	} grant;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct source completions;

	struct source stream;
	int fd;
	uint32_t interest;
	bool stalled;
	const struct addrinfo *address;

	unsigned int depth;
	size_t msize;
	uint32_t proposed;
	struct region hello;
	struct region bulk;

	struct request first;
	struct request *requests;
	struct request *to_write;
	struct request **to_write_tail;
	size_t written;
	uint64_t unanswered;

	struct splitter hello_splitter;
	struct splitter bulk_splitter;
	struct splitter *splitter;
	unsigned int sends_free;
	unsigned int sends_busy;

	bool probing;
	long heard;
	long deadline;
};

extern struct settings settings;

/* clients.c */
int clients_listen(void);
void clients_tick(void);
void clients_unlisten(void);

/* conn.c */
struct conn *conn_new(struct rdma_cm_id *id, const struct rdma_conn_param *p);
void conn_reached(struct conn *conn);
__attribute__((format(printf, 2, 3)))
void conn_fail(struct conn *conn, const char *fmt, ...);
void conn_end(struct conn *conn, const char *why);
void conn_drain(struct conn *conn);
void conn_bury(void);
void conn_tick(void);
void conn_end_all(void);

/* log.c */
__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *fmt, ...);

/* loop.c */
int loop_init(void);
int loop_add(int fd, struct source *source, uint32_t events);
int loop_change(int fd, struct source *source, uint32_t events);
void loop_remove(int fd);
int loop_run(void);
long loop_seconds(void);

/* options.c */
void options_parse(int argc, char **argv);

/* region.c */
int region_make(struct region *region, struct ibv_pd *pd, size_t size);
void region_free(struct region *region);

/* replies.c */
void replies_pump(struct conn *conn);
void replies_sent(struct conn *conn, struct chunk *chunk);

/* requests.c */
void requests_init(struct conn *conn);
void requests_received(struct conn *conn, struct request *req, uint32_t size);
void requests_write(struct conn *conn);
int requests_post_first(struct conn *conn);
int requests_settle(struct conn *conn, uint32_t msize);

/* upstream.c */
int upstream_resolve(const char *to, struct addrinfo **list);
void upstream_reach(struct conn *conn);
void upstream_close(struct conn *conn);
void upstream_interest(struct conn *conn, uint32_t events, bool on);

/* verbs.c */
int verbs_make(struct conn *conn);
void verbs_free(struct conn *conn);
void verbs_last_words(struct conn *conn);
int verbs_post_recv(struct conn *conn, struct request *req);
int verbs_post_send(struct conn *conn, struct chunk *chunk, uint8_t *frame,
		    uint32_t size);
void verbs_probe(struct conn *conn);

#endif /* RDMA9P_GATEWAY_H */
