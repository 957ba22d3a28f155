// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the two connection managers.
 *
 * The identifier of a connection belongs to the channel as soon as the login has
 * got as far as a session; its context is the channel then. Before that it is
 * destroyed by the connection manager, when the handler returns an error. Never
 * may a handler do so later.
 */

#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include "iu.h"
#include "name.h"
#include "srpt.h"

/* The channel will not come to life, or is dead. */
static void lost(struct srpt_rdma_ch *ch, const char *why)
{
	pr_debug("%s: %s\n", ch->sess_name, why);
	srpt_close_ch(ch);
}

/* The initiator leaves; it gets its answer, and that is all. */
static void left(struct srpt_rdma_ch *ch)
{
	srpt_disconnect_ch(ch);
	srpt_close_ch(ch);
}

/*
 * Who finds the channel connecting, and holds the mutex, has the queue pair: the
 * release work has not begun, and takes the mutex before it destroys anything.
 */
static void revive(struct srpt_rdma_ch *ch)
{
	mutex_lock(&ch->sport->mutex);
	if (!srpt_set_ch_state(ch, CH_LIVE, 0))
		srpt_resume_disconnect(ch);
	else if (srpt_zerolength_write(ch))
		lost(ch, "cannot post");
	mutex_unlock(&ch->sport->mutex);
}

/**
 * srpt_cm_rtu_recv - the initiator has heard that its login is granted
 * @ch: the channel
 *
 * What it has sent since waits; the completion of an empty RDMA WRITE is what
 * makes the completion handler look at it.
 *
 * Context: sleeps; an event of the connection.
 */
void srpt_cm_rtu_recv(struct srpt_rdma_ch *ch)
{
	/* The IB CM's events end before the queue pair does. */
	if (ch->ib_cm_id && srpt_ch_qp_rts(ch, ch->qp))
		lost(ch, "cannot send");
	else
		revive(ch);
}

static int ib_login(struct ib_cm_id *cm_id, const struct ib_cm_event *event)
{
	const struct ib_cm_req_event_param *param = &event->param.req_rcvd;
	char src_addr[SRPT_NAME_SIZE];

	srpt_format_guid(src_addr, sizeof(src_addr),
			 param->primary_path->dgid.global.interface_id);
	return srpt_cm_req_recv(cm_id->context, cm_id, NULL, param->port,
				param->primary_path->pkey, event->private_data, src_addr);
}

/**
 * srpt_cm_handler - event of the IB CM
 * @cm_id: the listener's identifier, or a connection's
 * @event: what happened
 *
 * Context: sleeps.
 * Return: 0; or an error, for a login that did not get as far as a session.
 */
int srpt_cm_handler(struct ib_cm_id *cm_id, const struct ib_cm_event *event)
{
	struct srpt_rdma_ch *ch = cm_id->context;

	if (event->event == IB_CM_REQ_RECEIVED)
		return ib_login(cm_id, event);

	switch (event->event) {
	case IB_CM_RTU_RECEIVED:
	case IB_CM_USER_ESTABLISHED:
		srpt_cm_rtu_recv(ch);
		break;
	case IB_CM_DREQ_RECEIVED:
		left(ch);
		break;
	case IB_CM_REJ_RECEIVED:
	case IB_CM_REP_ERROR:
	case IB_CM_DREQ_ERROR:
	case IB_CM_DREP_RECEIVED:
	case IB_CM_TIMEWAIT_EXIT:
		lost(ch, "connection ended");
		break;
	default:
		break;
	}
	return 0;
}

static int rdma_login(struct rdma_cm_id *cm_id, const struct rdma_cm_event *event)
{
	const struct rdma_conn_param *conn = &event->param.conn;
	struct srp_login_req req;
	struct srpt_device *sdev;
	char src_addr[SRPT_NAME_SIZE];
	__be16 pkey = 0;
	int err;

	if (!srpt_login_from_rdma(&req, conn->private_data, conn->private_data_len)) {
		pr_debug("no login request: %u bytes\n", conn->private_data_len);
		return -EINVAL;
	}

	sdev = srpt_get_device(cm_id->device);
	if (!sdev)
		return -ECONNREFUSED;
	if (cm_id->route.path_rec)
		pkey = cm_id->route.path_rec->pkey;
	/* The other side's; what the RDMA CM calls the source is this one. */
	snprintf(src_addr, sizeof(src_addr), "%pISc", &cm_id->route.addr.dst_addr);
	err = srpt_cm_req_recv(sdev, NULL, cm_id, cm_id->port_num, pkey, &req, src_addr);
	srpt_put_device(sdev);
	return err;
}

/**
 * srpt_rdma_cm_handler - event of the RDMA CM
 * @cm_id: the listener's identifier, or a connection's
 * @event: what happened
 *
 * Context: sleeps.
 * Return: 0; or an error, for a login that did not get as far as a session.
 */
int srpt_rdma_cm_handler(struct rdma_cm_id *cm_id, struct rdma_cm_event *event)
{
	struct srpt_rdma_ch *ch = cm_id->context;

	if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		return rdma_login(cm_id, event);
	if (!ch)
		return 0;

	switch (event->event) {
	case RDMA_CM_EVENT_ESTABLISHED:
		srpt_cm_rtu_recv(ch);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		left(ch);
		break;
	case RDMA_CM_EVENT_REJECTED:
	case RDMA_CM_EVENT_UNREACHABLE:
	case RDMA_CM_EVENT_CONNECT_ERROR:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		lost(ch, rdma_event_msg(event->event));
		break;
	default:
		break;
	}
	return 0;
}
