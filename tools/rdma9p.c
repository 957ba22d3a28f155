// SPDX-License-Identifier: GPL-2.0
/*
 * rdma9p - lets clients reach a 9P server over RDMA.
 *
 * On one side it accepts RDMA connections as the kernel's 9P client makes them:
 * one 9P message is one SEND. On the other side each is carried to a server
 * that knows nothing of RDMA, on a TCP or UNIX stream of its own, where the
 * messages follow each other. Tags, fids and everything else are the business
 * of the two ends; only msize, agreed on by Tversion and Rversion, is also a
 * limit of the gateway.
 *
 *	options.c	the command line
 *	loop.c		the event loop
 *	clients.c	listening, and events of the connection manager
 *	conn.c		the life of a connection
 *	upstream.c	the stream to the 9P server
 *	verbs.c		the queue pair
 *	region.c	memory for the device
 *	requests.c	from the client to the server
 *	replies.c	and back
 *	splitter.c	from a stream to messages
 *	frame.h		what a message looks like
 */
#include "rdma9p/gateway.h"

int main(int argc, char **argv)
{
	int err;

	options_parse(argc, argv);
	err = loop_init() || clients_listen();
	if (!err) {
		log_info("listening on %s port %u, for the 9P server at %s",
			 settings.listen ?: "all addresses", settings.port,
			 settings.to);
		err = loop_run();
		conn_end_all();
	}
	clients_unlisten();
	return err ? 1 : 0;
}
