// SPDX-License-Identifier: GPL-2.0
/*
 * Protection domains.
 *
 * All that a protection domain has of its own is whether it belongs to user
 * space: keys check it before they honour key 0, which names all memory.
 */
#include "rdmavt.h"
#include "pd.h"

/**
 * rvt_pd_init - prepare a device for protection domains
 * @rdi: the device
 */
void rvt_pd_init(struct rvt_dev_info *rdi)
{
	spin_lock_init(&rdi->n_pds_lock);
	rdi->n_pds_allocated = 0;
}

/**
 * rvt_alloc_pd - the alloc_pd verb
 * @ibpd: zeroed by the core
 * @udata: not NULL when user space asks
 *
 * Return: 0, or -ENOMEM when the device's max_pd are in use.
 */
int rvt_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibpd->device);
	int ret = 0;

	spin_lock(&rdi->n_pds_lock);
	if (rdi->n_pds_allocated < rdi->dparms.props.max_pd)
		rdi->n_pds_allocated++;
	else
		ret = -ENOMEM;
	spin_unlock(&rdi->n_pds_lock);

	ibpd_to_rvtpd(ibpd)->user = !!udata;
	return ret;
}

/**
 * rvt_dealloc_pd - the dealloc_pd verb
 * @ibpd: no object of it is left
 * @udata: unused
 *
 * Return: 0.
 */
int rvt_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct rvt_dev_info *rdi = ib_to_rvt(ibpd->device);

	spin_lock(&rdi->n_pds_lock);
	rdi->n_pds_allocated--;
	spin_unlock(&rdi->n_pds_lock);
	return 0;
}
