// SPDX-License-Identifier: GPL-2.0
/*
 * Listening, in every network name space that has sockets.
 *
 * An id of the connection manager holds its name space. So there are listeners,
 * and connections, as long as a socket of the name space uses the transport, and
 * a little longer, for what is still on its way; then all of them go, and nothing
 * keeps the name space. The initial one is never left.
 */
#include <linux/module.h>
#include <net/netns/generic.h>
#include "ib.h"

#define BACKLOG		128

/* What has been sent by a socket that was closed since then, may still arrive. */
#define LINGER		(2 * HZ)

/**
 * struct listeners - of a name space
 * @net: name space
 * @lock: guards the rest
 * @users: sockets, and one for the initial name space
 * @v4: listener, or %NULL
 * @v6: likewise
 * @leave: ends it all, when there have been no users for a while
 */
struct listeners {
	struct net *net;
	struct mutex lock; /* guards the rest */
	unsigned int users;
	struct rdma_cm_id *v4;
	struct rdma_cm_id *v6;
	struct delayed_work leave;
};

static unsigned int listeners_id;

static struct rdma_cm_id *listen_on(struct net *net, const struct sockaddr *addr)
{
	struct rdma_cm_id *cm_id;
	int err;

	cm_id = rdma_create_id(net, rds_ib_cm_event, NULL, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(cm_id))
		return cm_id;
	rdma_set_afonly(cm_id, 1);
	err = rdma_bind_addr(cm_id, (struct sockaddr *)addr);
	if (!err)
		err = rdma_listen(cm_id, BACKLOG);
	if (!err)
		return cm_id;
	rdma_destroy_id(cm_id);
	return ERR_PTR(err);
}

/* IPv6 may be absent; without IPv4 there is no use. */
static int start(struct listeners *l)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(RDS_IB_PORT_V4) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(RDS_IB_PORT_V6) };
	struct rdma_cm_id *cm_id;

	lockdep_assert_held(&l->lock);
	if (l->v4)
		return 0;
	cm_id = listen_on(l->net, (struct sockaddr *)&sin);
	if (IS_ERR(cm_id)) {
		pr_err("RDS/IB: cannot listen on port %u (error %ld): see rdma resource show cm_id\n",
		       RDS_IB_PORT_V4, PTR_ERR(cm_id));
		return PTR_ERR(cm_id);
	}
	l->v4 = cm_id;

	cm_id = IS_ENABLED(CONFIG_IPV6) ? listen_on(l->net, (struct sockaddr *)&sin6) :
		ERR_PTR(-EAFNOSUPPORT);
	l->v6 = IS_ERR(cm_id) ? NULL : cm_id;
	return 0;
}

static void stop(struct listeners *l)
{
	/*
	 * The ids hold the name space, and it must not end between the last of
	 * them and the last connection.  None is needed when it ends anyway.
	 */
	struct net *net = maybe_get_net(l->net);

	lockdep_assert_held(&l->lock);
	if (l->v6)
		rdma_destroy_id(l->v6);
	l->v6 = NULL;
	if (l->v4)
		rdma_destroy_id(l->v4);
	l->v4 = NULL;
	rds_conn_destroy_all(l->net, &rds_ib_transport);
	if (net)
		put_net(net);
}

static void leave_work(struct work_struct *work)
{
	struct listeners *l = container_of(work, struct listeners, leave.work);

	mutex_lock(&l->lock);
	if (!l->users)
		stop(l);
	mutex_unlock(&l->lock);
}

/**
 * rds_ib_net_get - net_get of the transport
 * @net: name space
 *
 * Return: 0 or an error.
 */
int rds_ib_net_get(struct net *net)
{
	struct listeners *l = net_generic(net, listeners_id);
	int err;

	mutex_lock(&l->lock);
	err = start(l);
	if (!err)
		l->users++;
	mutex_unlock(&l->lock);
	return err;
}

/**
 * rds_ib_net_put - net_put of the transport
 * @net: name space
 */
void rds_ib_net_put(struct net *net)
{
	struct listeners *l = net_generic(net, listeners_id);

	mutex_lock(&l->lock);
	if (!--l->users)
		mod_delayed_work(system_unbound_wq, &l->leave, LINGER);
	mutex_unlock(&l->lock);
}

static int __net_init listeners_init(struct net *net)
{
	struct listeners *l = net_generic(net, listeners_id);

	l->net = net;
	mutex_init(&l->lock);
	INIT_DELAYED_WORK(&l->leave, leave_work);
	return net_eq(net, &init_net) ? rds_ib_net_get(net) : 0;
}

static void __net_exit listeners_exit(struct net *net)
{
	struct listeners *l = net_generic(net, listeners_id);

	cancel_delayed_work_sync(&l->leave);
	mutex_lock(&l->lock);
	stop(l);
	mutex_unlock(&l->lock);
}

static struct pernet_operations listeners_ops = {
	.init = listeners_init,
	.exit = listeners_exit,
	.id = &listeners_id,
	.size = sizeof(struct listeners),
};

/**
 * rds_ib_listen_init - at load
 *
 * Return: 0 or an error.
 */
int rds_ib_listen_init(void)
{
	return register_pernet_subsys(&listeners_ops);
}

/**
 * rds_ib_listen_uninit - at unload: the end of all connections
 */
void rds_ib_listen_uninit(void)
{
	unregister_pernet_subsys(&listeners_ops);
}
