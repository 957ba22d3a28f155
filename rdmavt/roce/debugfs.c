// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/rvt_roce/NAME/qps: all queue pairs of a device, a line each,
 * for who has to find out what a connection waits for.
 *
 * The list is walked under RCU, without a lock of any queue pair: reading it
 * disturbs nobody, and the values of a line may not fit each other exactly.  A
 * read that needs several buffers sees each queue pair that is there all the
 * time, as long as none before it comes or goes.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>
#include "debugfs.h"
#include "device.h"
#include "qp.h"

static struct dentry *root;

struct walk {
	struct rvt_dev_info *rdi;
	struct rvt_qp_iter *iter;
};

static void *qps_start(struct seq_file *s, loff_t *pos)
	__acquires(RCU)
{
	struct walk *walk = s->private;
	loff_t n = *pos;

	walk->iter = rvt_qp_iter_init(walk->rdi, 0, NULL);
	rcu_read_lock();
	if (!walk->iter)
		return ERR_PTR(-ENOMEM);
	do {
		if (rvt_qp_iter_next(walk->iter))
			return NULL;
	} while (n--);
	return walk->iter->qp;
}

static void *qps_next(struct seq_file *s, void *v, loff_t *pos)
{
	struct walk *walk = s->private;

	++*pos;
	return rvt_qp_iter_next(walk->iter) ? NULL : walk->iter->qp;
}

static void qps_stop(struct seq_file *s, void *v)
	__releases(RCU)
{
	struct walk *walk = s->private;

	rcu_read_unlock();
	kfree(walk->iter);
	walk->iter = NULL;
}

static const char *type_name(const struct rvt_qp *qp)
{
	switch (qp->ibqp.qp_type) {
	case IB_QPT_RC:
		return "RC";
	case IB_QPT_UC:
		return "UC";
	case IB_QPT_UD:
		return "UD";
	case IB_QPT_GSI:
		return "GSI";
	default:
		return "?";
	}
}

static const char *state_name(u8 state)
{
	static const char * const names[] = {
		[IB_QPS_RESET] = "RESET",
		[IB_QPS_INIT] = "INIT",
		[IB_QPS_RTR] = "RTR",
		[IB_QPS_RTS] = "RTS",
		[IB_QPS_SQD] = "SQD",
		[IB_QPS_SQE] = "SQE",
		[IB_QPS_ERR] = "ERR",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "?";
}

static void show_connection(struct seq_file *s, const struct rvt_qp *qp)
{
	const struct rvt_roce_qp *priv = qp->priv;

	seq_printf(s, " peer 0x%06x %pI6c", qp->remote_qpn, &priv->av.daddr);
	seq_printf(s, " pmtu %u%s", qp->pmtu,
		   READ_ONCE(priv->loopback) ? " loopback" : "");
	seq_printf(s, " sent 0x%06x acked 0x%06x next 0x%06x expected 0x%06x",
		   READ_ONCE(qp->s_sending_hpsn), READ_ONCE(qp->s_last_psn),
		   READ_ONCE(qp->s_psn), READ_ONCE(qp->r_psn));
	seq_printf(s, " msn %u ssn %u lsn %u window %u", READ_ONCE(qp->r_msn),
		   READ_ONCE(qp->s_ssn), READ_ONCE(qp->s_lsn),
		   READ_ONCE(priv->ecn.window));
	seq_printf(s, " rd_atomic %u/%u/%u retries %u rnr %u",
		   READ_ONCE(qp->s_num_rd_atomic), qp->s_max_rd_atomic,
		   qp->r_max_rd_atomic, READ_ONCE(qp->s_retry),
		   READ_ONCE(qp->s_rnr_retry));
}

static int qps_show(struct seq_file *s, void *v)
{
	const struct rvt_qp *qp = v;
	const struct rvt_roce_qp *priv = qp->priv;

	seq_printf(s, "0x%06x %s %s pid %d", qp->ibqp.qp_num, type_name(qp),
		   state_name(READ_ONCE(qp->state)), qp->pid);
	seq_printf(s, " sq %u last %u at %u cur %u head %u flags 0x%x queued %d",
		   qp->s_size, READ_ONCE(qp->s_last), READ_ONCE(priv->req.at),
		   READ_ONCE(qp->s_cur), READ_ONCE(qp->s_head),
		   READ_ONCE(qp->s_flags), atomic_read(&priv->inflight->skbs));
	if (qp->ibqp.qp_type == IB_QPT_RC || qp->ibqp.qp_type == IB_QPT_UC)
		show_connection(s, qp);
	seq_putc(s, '\n');
	return 0;
}

static const struct seq_operations qps_ops = {
	.start = qps_start,
	.next = qps_next,
	.stop = qps_stop,
	.show = qps_show,
};

static int qps_open(struct inode *inode, struct file *file)
{
	struct walk *walk = __seq_open_private(file, &qps_ops, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->rdi = inode->i_private;
	return 0;
}

static const struct file_operations qps_fops = {
	.owner = THIS_MODULE,
	.open = qps_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

void rvt_roce_debugfs_init(void)
{
	root = debugfs_create_dir("rvt_roce", NULL);
}

void rvt_roce_debugfs_exit(void)
{
	debugfs_remove(root);
}

void rvt_roce_debugfs_add(struct rvt_roce_dev *dev)
{
	dev->debugfs = debugfs_create_dir(rvt_get_ibdev_name(&dev->rdi), root);
	debugfs_create_file("qps", 0400, dev->debugfs, &dev->rdi, &qps_fops);
}

void rvt_roce_debugfs_remove(struct rvt_roce_dev *dev)
{
	debugfs_remove(dev->debugfs);
}
