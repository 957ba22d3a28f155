// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting through the RDMA connection manager (specification 9.2).
 *
 *	one side			the other
 *	rds_ib_conn_connect()
 *	ADDR_RESOLVED, ROUTE_RESOLVED
 *	set up, rdma_connect()	-->	CONNECT_REQUEST
 *					set up, rdma_accept()
 *	ESTABLISHED		<--	ESTABLISHED
 *
 * An id belongs to its connection from the moment that cm_id points to it; only
 * the shutdown destroys it then. A handler holds c_cm_lock, and does nothing any
 * more once the connection has been dropped: the shutdown, which enters
 * DISCONNECTING under that lock, is at it or will be, and whoever drops it again
 * makes an ERROR of that state.
 *
 * If both sides start at once, both reject the other, and try again after random
 * times.
 */
#include <linux/module.h>
#include <net/ipv6.h>
#include <rdma/ib_cm.h>
#include "ib.h"

#define RESOLVE_ADDR_MS		500
#define RESOLVE_ROUTE_MS	5000

/* 320 us; the peer may say for ever that it is not ready. */
#define RNR_TIMER		10
#define RNR_RETRY_FOR_EVER	7
#define MAX_RETRY_COUNT		7

unsigned int rds_ib_retry_count = 1;
module_param(rds_ib_retry_count, uint, 0444);
MODULE_PARM_DESC(rds_ib_retry_count, "number of HW retries before a connection is reset");

/* An address, as the connection manager wants it. */
static void to_sockaddr(struct sockaddr_storage *ss, const struct in6_addr *addr,
			u16 port, int ifindex)
{
	memset(ss, 0, sizeof(*ss));
	rds_endpoint_to_sockaddr(addr, htons(port), ifindex, ss);
}

static void from_sockaddr(struct in6_addr *addr, const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET6)
		*addr = ((const struct sockaddr_in6 *)ss)->sin6_addr;
	else
		ipv6_addr_set_v4mapped(((const struct sockaddr_in *)ss)->sin_addr.s_addr, addr);
}

/**
 * rds_ib_conn_connect - conn_connect of the transport
 * @conn: the connection, in state CONNECTING
 *
 * Return: 0 if events will follow, or an error.
 */
int rds_ib_conn_connect(struct rds_connection *conn)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	u16 port = conn->c_isv6 ? RDS_IB_PORT_V6 : RDS_IB_PORT_V4;
	struct sockaddr_storage from, to;
	struct rdma_cm_id *cm_id;
	int err;

	cm_id = rdma_create_id(rds_conn_net(conn), rds_ib_cm_event, conn, RDMA_PS_TCP,
			       IB_QPT_RC);
	if (IS_ERR(cm_id))
		return PTR_ERR(cm_id);

	mutex_lock(&conn->c_cm_lock);
	ic->cm_id = cm_id;
	mutex_unlock(&conn->c_cm_lock);
	to_sockaddr(&from, &conn->c_laddr, 0, conn->c_ifindex);
	to_sockaddr(&to, &conn->c_faddr, port, conn->c_ifindex);
	err = rdma_resolve_addr(cm_id, (struct sockaddr *)&from, (struct sockaddr *)&to,
				RESOLVE_ADDR_MS);
	if (!err)
		return 0;

	mutex_lock(&conn->c_cm_lock);
	ic->cm_id = NULL;
	mutex_unlock(&conn->c_cm_lock);
	rdma_destroy_id(cm_id);
	return err;
}

/* What both request and reply need. */
static void fill_param(struct rds_ib_connection *ic, struct rdma_conn_param *param,
		       union rds_ib_hello_wire *wire, unsigned int version)
{
	const struct ib_device_attr *attrs = &ic->rdsdev->dev->attrs;
	const struct rds_connection *conn = ic->conn;
	struct rds_ib_hello hello = {
		.saddr = conn->c_laddr,
		.daddr = conn->c_faddr,
		.major = version >> 8,
		.minor = version & 0xff,
		.tos = conn->c_tos,
		.ack = READ_ONCE(conn->c_next_rx_seq) ? conn->c_next_rx_seq - 1 : 0,
		.credits = rds_ib_credit_offer(ic),
	};

	memset(param, 0, sizeof(*param));
	param->responder_resources = min(attrs->max_qp_rd_atom, U8_MAX);
	param->initiator_depth = min(attrs->max_qp_init_rd_atom, U8_MAX);
	param->retry_count = min_t(unsigned int, rds_ib_retry_count, MAX_RETRY_COUNT);
	param->rnr_retry_count = RNR_RETRY_FOR_EVER;
	param->private_data_len = rds_ib_hello_write(wire, &hello, conn->c_isv6);
	param->private_data = wire;
}

/**
 * rds_ib_cm_initiate_connect - cm_initiate_connect of the transport
 * @cm_id: the route is known
 * @isv6: not IPv4
 *
 * Return: 0 or an error.
 */
int rds_ib_cm_initiate_connect(struct rdma_cm_id *cm_id, bool isv6)
{
	struct rds_connection *conn = cm_id->context;
	struct rds_ib_connection *ic = rds_ib_of(conn);
	union rds_ib_hello_wire wire;
	struct rdma_conn_param param;
	int err;

	conn->c_version = RDS_PROTOCOL_4_1;
	err = rds_ib_conn_set_up(ic, cm_id);
	if (err)
		return err;
	fill_param(ic, &param, &wire, RDS_PROTOCOL_3_1);
	return rdma_connect_locked(cm_id, &param);
}

static void log_connected(const struct rds_connection *conn, bool active)
{
	pr_notice("RDS/IB: %s conn connected <%pI6c,%pI6c,%d> version %u.%u%s\n",
		  active ? "Active" : "Passive", &conn->c_laddr, &conn->c_faddr,
		  conn->c_tos, conn->c_version >> 8, conn->c_version & 0xff,
		  rds_ib_of(conn)->flow_control ? ", flow control" : "");
}

/**
 * rds_ib_cm_connect_complete - cm_connect_complete of the transport
 * @conn: the connection
 * @event: ESTABLISHED; with the peer's reply if we asked
 */
void rds_ib_cm_connect_complete(struct rds_connection *conn, struct rdma_cm_event *event)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	const struct rdma_conn_param *reply = &event->param.conn;
	struct rds_ib_hello hello;
	u64 ack = ic->peer_ack;
	bool active = !rds_ib_hello_read(&hello, reply->private_data, reply->private_data_len,
					 conn->c_isv6) && hello.major;

	if (active) {
		conn->c_version = hello.major << 8 | hello.minor;
		rds_ib_credit_agree(ic, hello.credits);
		ack = hello.ack;
	}
	if (conn->c_version < RDS_PROTOCOL_3_1) {
		pr_err("RDS/IB: %pI6c speaks version %u.%u, which is too old: connection refused\n",
		       &conn->c_faddr, conn->c_version >> 8, conn->c_version & 0xff);
		rds_conn_drop(conn);
		return;
	}
	rds_send_begin_after(conn, ack);
	rds_send_drop_acked(conn, ack, NULL);
	log_connected(conn, active);
	rds_connect_complete(conn);
}

/* ---------------------------------------------------------------- the peer asks */

static void reject(struct rdma_cm_id *cm_id, int reason)
{
	rdma_reject(cm_id, &reason, sizeof(reason), IB_CM_REJ_CONSUMER_DEFINED);
}

/* Are these the addresses that the request really came from, and to? */
static bool ends_are_true(const struct rdma_cm_id *cm_id, const struct rds_ib_hello *hello)
{
	const struct rdma_addr *addr = &cm_id->route.addr;
	struct in6_addr local, peer;

	from_sockaddr(&local, &addr->src_addr);
	from_sockaddr(&peer, &addr->dst_addr);
	return !rds_addr_cmp(&local, &hello->daddr) && !rds_addr_cmp(&peer, &hello->saddr);
}

static struct rds_connection *find_conn(struct rdma_cm_id *cm_id,
					const struct rds_ib_hello *hello)
{
	const struct rdma_dev_addr *dev_addr = &cm_id->route.addr.dev_addr;
	int ifindex = 0;

	if (ipv6_addr_type(&hello->daddr) & IPV6_ADDR_LINKLOCAL)
		ifindex = dev_addr->bound_dev_if;
	return rds_conn_create(dev_addr->net, &hello->daddr, &hello->saddr,
			       &rds_ib_transport, hello->tos, GFP_KERNEL, ifindex);
}

/* The id is the connection's from here on. */
static int accept(struct rds_connection *conn, struct rdma_cm_id *cm_id,
		  const struct rdma_conn_param *request, const struct rds_ib_hello *hello)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);
	union rds_ib_hello_wire wire;
	struct rdma_conn_param param;
	int err;

	cm_id->context = conn;
	ic->cm_id = cm_id;
	ic->peer_ack = hello->ack;
	err = rds_ib_conn_set_up(ic, cm_id);
	if (err)
		return err;
	rdma_set_min_rnr_timer(cm_id, RNR_TIMER);

	fill_param(ic, &param, &wire, conn->c_version);
	param.responder_resources = min(param.responder_resources,
					request->responder_resources);
	param.initiator_depth = min(param.initiator_depth, request->initiator_depth);
	rds_ib_credit_agree(ic, hello->credits);
	return rdma_accept(cm_id, &param);
}

/* Return: whether the connection was waiting for somebody to connect. */
static bool may_accept(struct rds_connection *conn)
{
	if (rds_conn_dying(conn))
		return false;
	if (rds_conn_transition(conn, RDS_CONN_DOWN, RDS_CONN_CONNECTING))
		return true;
	/* The peer would not ask if it had not lost its end. */
	if (rds_conn_up(conn))
		rds_conn_drop(conn);
	else
		rds_ib_stats_inc(ib_connect_raced);
	return false;
}

/**
 * rds_ib_cm_handle_connect - cm_handle_connect of the transport
 * @cm_id: new
 * @event: CONNECT_REQUEST
 * @isv6: not IPv4
 *
 * Return: 0 if the id belongs to a connection now, otherwise it is to be destroyed.
 */
int rds_ib_cm_handle_connect(struct rdma_cm_id *cm_id, struct rdma_cm_event *event,
			     bool isv6)
{
	const struct rdma_conn_param *request = &event->param.conn;
	struct rds_connection *conn;
	struct rds_ib_hello hello;
	unsigned int version = 0;
	int err;

	if (!rds_ib_hello_read(&hello, request->private_data, request->private_data_len, isv6))
		version = rds_ib_negotiate(&hello);
	if (!version || !ends_are_true(cm_id, &hello)) {
		pr_notice_ratelimited("RDS/IB: connection request that is none of ours, rejected\n");
		reject(cm_id, 1);
		return 1;
	}
	conn = find_conn(cm_id, &hello);
	if (IS_ERR(conn)) {
		reject(cm_id, PTR_ERR(conn));
		return 1;
	}

	mutex_lock(&conn->c_cm_lock);
	if (!may_accept(conn)) {
		mutex_unlock(&conn->c_cm_lock);
		reject(cm_id, 1);
		return 1;
	}
	conn->c_version = version;
	err = accept(conn, cm_id, request, &hello);
	if (err) {
		reject(cm_id, err);
		rds_conn_drop(conn);
	}
	mutex_unlock(&conn->c_cm_lock);
	return 0;
}

/* ---------------------------------------------------------------- events */

static int addr_resolved(struct rds_connection *conn, struct rdma_cm_id *cm_id)
{
	rdma_set_service_type(cm_id, conn->c_tos);
	rdma_set_min_rnr_timer(cm_id, RNR_TIMER);
	return rdma_resolve_route(cm_id, RESOLVE_ROUTE_MS);
}

static int route_resolved(struct rds_connection *conn, struct rdma_cm_id *cm_id)
{
	struct rds_ib_connection *ic = rds_ib_of(conn);

	if (ic->cm_id != cm_id)
		return -ESTALE;
	ic->sl = conn->c_tos & 0xf;
	if (cm_id->route.path_rec)
		cm_id->route.path_rec[0].sl = ic->sl;
	return conn->c_trans->cm_initiate_connect(cm_id, conn->c_isv6);
}

/* c_cm_lock is held. Return: an error to drop the connection. */
static int conn_event(struct rds_connection *conn, struct rdma_cm_id *cm_id,
		      struct rdma_cm_event *event)
{
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		return addr_resolved(conn, cm_id);
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		return route_resolved(conn, cm_id);
	case RDMA_CM_EVENT_ESTABLISHED:
		conn->c_trans->cm_connect_complete(conn, event);
		return 0;
	case RDMA_CM_EVENT_ADDR_CHANGE:
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_CONNECT_ERROR:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
	case RDMA_CM_EVENT_DISCONNECTED:
	case RDMA_CM_EVENT_REJECTED:
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
	case RDMA_CM_EVENT_UNREACHABLE:
		return -ENOTCONN;
	default:
		pr_err("RDS/IB: unexpected event %s\n", rdma_event_msg(event->event));
		return 0;
	}
}

static bool is_v6(const struct rdma_cm_id *cm_id)
{
	return cm_id->route.addr.src_addr.ss_family == AF_INET6;
}

/**
 * rds_ib_cm_event - handler of the connection manager
 * @cm_id: a listener's, a new one, or a connection's
 * @event: what has happened
 *
 * Context: under the id's own lock; sleeps.
 * Return: nonzero to destroy a new id.
 */
int rds_ib_cm_event(struct rdma_cm_id *cm_id, struct rdma_cm_event *event)
{
	struct rds_connection *conn = cm_id->context;
	enum rds_conn_state state;

	rds_ib_stats_inc(ib_evt_handler_call);
	if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		return rds_ib_transport.cm_handle_connect(cm_id, event, is_v6(cm_id));
	if (!conn)
		return 0;

	mutex_lock(&conn->c_cm_lock);
	state = rds_conn_state(conn);
	if ((state == RDS_CONN_CONNECTING || state == RDS_CONN_UP) &&
	    conn_event(conn, cm_id, event))
		rds_conn_drop(conn);
	mutex_unlock(&conn->c_cm_lock);
	return 0;
}
