// SPDX-License-Identifier: GPL-2.0
/* interim */
#include <linux/delay.h>
#include <linux/slab.h>
#include "device.h"
#include "qp.h"
#include "send.h"

void *rvt_roce_qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = kzalloc(sizeof(*priv), GFP_KERNEL);

	if (!priv)
		return ERR_PTR(-ENOMEM);
	priv->qp = qp;
	INIT_WORK(&priv->work, rvt_roce_send_work);
	rvt_roce_av_prepare(&priv->av);
	priv->inflight = rvt_roce_inflight_alloc(qp, rvt_roce_send_resume);
	if (!priv->inflight) {
		kfree(priv);
		return ERR_PTR(-ENOMEM);
	}
	return priv;
}

void rvt_roce_qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct rvt_roce_qp *priv = qp->priv;

	rvt_roce_inflight_free(priv->inflight);
	rvt_roce_av_release(&priv->av);
	kfree(priv);
	qp->priv = NULL;
}

void rvt_roce_notify_qp_reset(struct rvt_qp *qp)
{
	rvt_roce_av_release(&to_rvt_roce_qp(qp)->av);
}

void rvt_roce_flush_qp_waiters(struct rvt_qp *qp)
{
	qp->s_flags &= ~RVT_S_ANY_WAIT_IO;
}

void rvt_roce_stop_send_queue(struct rvt_qp *qp)
{
	if (cancel_work_sync(&to_rvt_roce_qp(qp)->work))
		rvt_put_qp(qp);
}

void rvt_roce_quiesce_qp(struct rvt_qp *qp)
{
	while (READ_ONCE(qp->s_flags) & RVT_S_BUSY)
		usleep_range(10, 100);
	rvt_roce_stop_send_queue(qp);
}

void rvt_roce_notify_error_qp(struct rvt_qp *qp)
{
	qp->s_flags &= ~RVT_S_ANY_WAIT_IO;
}

void rvt_roce_notify_restart_rc(struct rvt_qp *qp, u32 psn, int wait)
{
}

int rvt_roce_get_pmtu_from_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp,
				struct ib_qp_attr *attr)
{
	struct rvt_roce_dev *dev = rvt_roce_rdi_dev(rdi);

	if (attr->path_mtu < IB_MTU_256 ||
	    attr->path_mtu > READ_ONCE(dev->active_mtu))
		return -EINVAL;
	return attr->path_mtu;
}

u32 rvt_roce_mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp,
			 u32 pmtu)
{
	return ib_mtu_enum_to_int(pmtu);
}

int rvt_roce_mtu_to_path_mtu(u32 mtu)
{
	return ib_mtu_int_to_enum(mtu);
}

int rvt_roce_check_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			     int attr_mask, struct ib_udata *udata)
{
	return 0;
}

void rvt_roce_modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr,
			int attr_mask, struct ib_udata *udata)
{
	struct rvt_roce_dev *dev = rvt_roce_qp_dev(qp);
	struct rvt_roce_qp *priv = to_rvt_roce_qp(qp);

	if (attr_mask & IB_QP_AV && qp->allowed_ops != IB_OPCODE_UD) {
		u16 sport = rdma_get_udp_sport(attr->ah_attr.grh.flow_label,
					       qp->ibqp.qp_num,
					       qp->remote_qpn);

		rvt_roce_av_init(dev, &priv->av, &qp->remote_ah_attr,
				 cpu_to_be16(sport));
		priv->loopback = rvt_roce_av_is_local(dev, &priv->av);
	}
}

int rvt_roce_setup_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe,
		       bool *call_send)
{
	if (qp->allowed_ops == IB_OPCODE_UD &&
	    wqe->length > ib_mtu_enum_to_int(READ_ONCE(rvt_roce_qp_dev(qp)->active_mtu)))
		return -EINVAL;
	return 0;
}
