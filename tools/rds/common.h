/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the RDS tools have in common.
 */
#ifndef RDS_TOOLS_COMMON_H
#define RDS_TOOLS_COMMON_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <linux/rds.h>

/**
 * struct endpoint - an address of either family
 * @addr: the address
 * @len: its bytes
 */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
};

__attribute__((noreturn, format(printf, 1, 2)))
void die(const char *fmt, ...);
void parse_endpoint(const char *text, struct endpoint *ep);
void set_port(struct endpoint *ep, uint16_t port);
uint16_t get_port(const struct endpoint *ep);
const char *show_endpoint(const struct endpoint *ep);
int rds_socket(const struct endpoint *local);
long parse_number(const char *text, long min, long max, const char *what);
double now(void);

#endif /* RDS_TOOLS_COMMON_H */
