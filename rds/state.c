// SPDX-License-Identifier: GPL-2.0
/*
 * How connections go up and down (specification 5).
 *
 *	DOWN --c_conn_w, or the peer--> CONNECTING --transport--> UP
 *	any --rds_conn_drop()--> ERROR --c_down_w--> DISCONNECTING --> DOWN
 *
 * Whoever changes the state from DOWN to CONNECTING connects, and nobody else.
 * Whatever fails calls rds_conn_drop(), from any context and as often as it
 * likes; the worker that it queues is the only one to leave ERROR. If something
 * fails while that worker is at it, the state is ERROR again at its end, and it
 * makes another round.
 *
 * The worker stops connecting, sending and receiving, lets the transport take
 * apart what it has, puts what the peer has not acknowledged back into the queue,
 * and lets c_conn_w try again, after a random time that grows with every failure.
 * Nothing is lost; what arrives twice is recognized by its sequence.
 */
#include <linux/module.h>
#include <linux/random.h>
#include "rds.h"

/**
 * rds_queue_send - let the worker send
 * @conn: the connection
 * @delay: jiffies
 *
 * Context: any.
 */
void rds_queue_send(struct rds_connection *conn, unsigned long delay)
{
	if (!rds_conn_dying(conn))
		queue_delayed_work(rds_wq, &conn->c_send_w, delay);
}
EXPORT_SYMBOL_GPL(rds_queue_send);

/**
 * rds_conn_drop - something is wrong with a connection
 * @conn: the connection
 *
 * Context: any.
 */
void rds_conn_drop(struct rds_connection *conn)
{
	atomic_set(&conn->c_state, RDS_CONN_ERROR);
	queue_work(rds_wq, &conn->c_down_w);
}
EXPORT_SYMBOL_GPL(rds_conn_drop);

/**
 * rds_conn_connect_if_down - there is something to send
 * @conn: the connection
 *
 * Context: any.
 */
void rds_conn_connect_if_down(struct rds_connection *conn)
{
	if (rds_conn_state(conn) == RDS_CONN_DOWN && !rds_conn_dying(conn) &&
	    !test_and_set_bit(RDS_RECONNECT_PENDING, &conn->c_flags))
		queue_delayed_work(rds_wq, &conn->c_conn_w, 0);
}
EXPORT_SYMBOL_GPL(rds_conn_connect_if_down);

/* Try again: the first time at once, then less and less often. */
static void reconnect(struct rds_connection *conn)
{
	unsigned long limit = conn->c_reconnect_jiffies, delay = 0;

	if (!conn->c_hashed || rds_conn_dying(conn))
		return;
	if (limit) {
		delay = get_random_u32() % limit;
		conn->c_reconnect_jiffies = min(limit * 2, rds_sysctl_reconnect_max_jiffies);
	} else {
		conn->c_reconnect_jiffies = rds_sysctl_reconnect_min_jiffies;
	}
	if (!test_and_set_bit(RDS_RECONNECT_PENDING, &conn->c_flags))
		queue_delayed_work(rds_wq, &conn->c_conn_w, delay);
}

static void connect_work(struct work_struct *work)
{
	struct rds_connection *conn = container_of(work, struct rds_connection,
						   c_conn_w.work);

	clear_bit(RDS_RECONNECT_PENDING, &conn->c_flags);
	if (rds_conn_dying(conn) ||
	    !rds_conn_transition(conn, RDS_CONN_DOWN, RDS_CONN_CONNECTING))
		return;
	if (!conn->c_trans->conn_connect(conn))
		return;
	/* Unless somebody has dropped it: then c_down_w does this. */
	if (rds_conn_transition(conn, RDS_CONN_CONNECTING, RDS_CONN_DOWN))
		reconnect(conn);
}

/**
 * rds_connect_complete - both ends are connected
 * @conn: the connection, in state CONNECTING; dropped if it is not
 *
 * Context: may not be called under c_xmit_lock.
 */
void rds_connect_complete(struct rds_connection *conn)
{
	if (!rds_conn_transition(conn, RDS_CONN_CONNECTING, RDS_CONN_UP)) {
		rds_conn_drop(conn);
		return;
	}
	conn->c_reconnect_jiffies = 0;
	set_bit(RDS_MAP_PENDING, &conn->c_flags);
	rds_queue_send(conn, 0);
	if (conn->c_trans->recv && !rds_conn_dying(conn))
		queue_delayed_work(rds_wq, &conn->c_recv_w, 0);
}
EXPORT_SYMBOL_GPL(rds_connect_complete);

static void send_work(struct work_struct *work)
{
	struct rds_connection *conn = container_of(work, struct rds_connection,
						   c_send_w.work);

	switch (rds_send_xmit_worker(conn)) {
	case -EAGAIN:
		rds_stats_inc(send_immediate_retry);
		rds_queue_send(conn, 0);
		break;
	case -ENOMEM:
		rds_stats_inc(send_delayed_retry);
		rds_queue_send(conn, 2);
		break;
	}
}

static void recv_work(struct work_struct *work)
{
	struct rds_connection *conn = container_of(work, struct rds_connection,
						   c_recv_w.work);
	int err;

	if (!rds_conn_up(conn) || !conn->c_trans->recv)
		return;
	err = conn->c_trans->recv(conn);
	if (rds_conn_dying(conn))
		return;
	if (err == -EAGAIN) {
		rds_stats_inc(recv_immediate_retry);
		queue_delayed_work(rds_wq, &conn->c_recv_w, 0);
	} else if (err == -ENOMEM) {
		rds_stats_inc(recv_delayed_retry);
		queue_delayed_work(rds_wq, &conn->c_recv_w, 2);
	}
}

/* Return: whether there is anything to shut down. */
static bool enter_disconnecting(struct rds_connection *conn)
{
	bool entered;

	/* From here on, events of the connection manager are ignored. */
	mutex_lock(&conn->c_cm_lock);
	entered = rds_conn_transition(conn, RDS_CONN_ERROR, RDS_CONN_DISCONNECTING);
	mutex_unlock(&conn->c_cm_lock);
	return entered;
}

static void shut_down(struct rds_connection *conn)
{
	cancel_delayed_work_sync(&conn->c_conn_w);
	clear_bit(RDS_RECONNECT_PENDING, &conn->c_flags);

	mutex_lock(&conn->c_xmit_lock);
	cancel_delayed_work_sync(&conn->c_recv_w);
	conn->c_trans->conn_shutdown(conn);
	rds_send_reset(conn);
	mutex_unlock(&conn->c_xmit_lock);
}

static void shutdown_work(struct work_struct *work)
{
	struct rds_connection *conn = container_of(work, struct rds_connection, c_down_w);

	if (!enter_disconnecting(conn))
		return;
	rds_stats_inc(conn_reset);
	shut_down(conn);
	if (rds_conn_transition(conn, RDS_CONN_DISCONNECTING, RDS_CONN_DOWN))
		reconnect(conn);
}

/**
 * rds_state_init - of a new connection
 * @conn: zeroed
 */
void rds_state_init(struct rds_connection *conn)
{
	mutex_init(&conn->c_cm_lock);
	mutex_init(&conn->c_xmit_lock);
	atomic_set(&conn->c_state, RDS_CONN_DOWN);
	INIT_DELAYED_WORK(&conn->c_conn_w, connect_work);
	INIT_DELAYED_WORK(&conn->c_send_w, send_work);
	INIT_DELAYED_WORK(&conn->c_recv_w, recv_work);
	INIT_WORK(&conn->c_down_w, shutdown_work);
}

/**
 * rds_state_stop - nothing runs for a connection any more
 * @conn: a connection that cannot be found any more
 *
 * Context: sleeps.
 */
void rds_state_stop(struct rds_connection *conn)
{
	set_bit(RDS_CONN_DYING, &conn->c_flags);
	rds_conn_drop(conn);
	flush_work(&conn->c_down_w);
	cancel_delayed_work_sync(&conn->c_conn_w);
	cancel_delayed_work_sync(&conn->c_send_w);
	cancel_delayed_work_sync(&conn->c_recv_w);
	/* What was under way may have dropped it once more. */
	flush_work(&conn->c_down_w);
}
