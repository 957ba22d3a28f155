/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace system rvt_mr: how regions are filled, how requests resolve to them.
 */
#if !defined(RVT_TRACE_MR_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVT_TRACE_MR_H

#include <linux/tracepoint.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_mr.h>

#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvt_mr

DECLARE_EVENT_CLASS(rvt_mr_seg,
	    TP_PROTO(const struct ib_mr *ibmr, const struct rvt_mregion *mr,
		     u16 m, u16 n, void *vaddr, size_t len),
	    TP_ARGS(ibmr, mr, m, n, vaddr, len),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(void *, vaddr)
		__field(struct page *, page)
		__field(u64, iova)
		__field(u64, user_base)
		__field(size_t, len)
		__field(size_t, mr_len)
		__field(u32, lkey)
		__field(u32, off)
		__field(u16, m)
		__field(u16, n)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, dev_name(&ibmr->pd->device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->vaddr = vaddr;
		__entry->page = virt_to_page(vaddr);
		__entry->iova = mr->iova;
		__entry->user_base = mr->user_base;
		__entry->len = len;
		__entry->mr_len = mr->length;
		__entry->lkey = mr->lkey;
		__entry->off = mr->offset;
		__entry->m = m;
		__entry->n = n;
	    ),
	    TP_printk("[%s] lkey %x iova %llx user_base %llx mr_len %lu vaddr %llx page %p m %u n %u len %lu off %u",
		      __entry->device, __entry->lkey, __entry->iova,
		      __entry->user_base, (unsigned long)__entry->mr_len,
		      (unsigned long long)(uintptr_t)__entry->vaddr,
		      __entry->page, __entry->m, __entry->n,
		      (unsigned long)__entry->len, __entry->off)
);

DEFINE_EVENT(rvt_mr_seg, rvt_mr_page_seg,
	     TP_PROTO(const struct ib_mr *ibmr, const struct rvt_mregion *mr,
		      u16 m, u16 n, void *vaddr, size_t len),
	     TP_ARGS(ibmr, mr, m, n, vaddr, len));

DEFINE_EVENT(rvt_mr_seg, rvt_mr_fmr_seg,
	     TP_PROTO(const struct ib_mr *ibmr, const struct rvt_mregion *mr,
		      u16 m, u16 n, void *vaddr, size_t len),
	     TP_ARGS(ibmr, mr, m, n, vaddr, len));

DEFINE_EVENT(rvt_mr_seg, rvt_mr_user_seg,
	     TP_PROTO(const struct ib_mr *ibmr, const struct rvt_mregion *mr,
		      u16 m, u16 n, void *vaddr, size_t len),
	     TP_ARGS(ibmr, mr, m, n, vaddr, len));

DECLARE_EVENT_CLASS(rvt_sge_resolved,
	    TP_PROTO(const struct rvt_pd *pd, const struct rvt_sge *sge,
		     const struct ib_sge *isge),
	    TP_ARGS(pd, sge, isge),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(struct rvt_mregion *, mr)
		__field(const void *, sge)
		__field(const void *, isge)
		__field(void *, vaddr)
		__field(u64, ivaddr)
		__field(u32, lkey)
		__field(u32, sge_length)
		__field(u32, length)
		__field(u32, ilength)
		__field(u16, m)
		__field(u16, n)
		__field(bool, user)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, dev_name(&pd->ibpd.device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->mr = sge->mr;
		__entry->sge = sge;
		__entry->isge = isge;
		__entry->vaddr = sge->vaddr;
		__entry->ivaddr = isge->addr;
		__entry->lkey = isge->lkey;
		__entry->sge_length = sge->sge_length;
		__entry->length = sge->length;
		__entry->ilength = isge->length;
		__entry->m = sge->m;
		__entry->n = sge->n;
		__entry->user = pd->user;
	    ),
	    TP_printk("[%s] mr %p sge %p isge %p vaddr %p ivaddr %llx lkey %x sge_length %u length %u ilength %u m %u n %u user %u",
		      __entry->device, __entry->mr, __entry->sge,
		      __entry->isge, __entry->vaddr, __entry->ivaddr,
		      __entry->lkey, __entry->sge_length, __entry->length,
		      __entry->ilength, __entry->m, __entry->n, __entry->user)
);

DEFINE_EVENT(rvt_sge_resolved, rvt_sge_adjacent,
	     TP_PROTO(const struct rvt_pd *pd, const struct rvt_sge *sge,
		      const struct ib_sge *isge),
	     TP_ARGS(pd, sge, isge));

DEFINE_EVENT(rvt_sge_resolved, rvt_sge_new,
	     TP_PROTO(const struct rvt_pd *pd, const struct rvt_sge *sge,
		      const struct ib_sge *isge),
	     TP_ARGS(pd, sge, isge));

TRACE_EVENT(rvt_map_mr_sg,
	    TP_PROTO(const struct ib_mr *ibmr, const struct rvt_mregion *mr,
		     int sg_nents, const unsigned int *sg_offset),
	    TP_ARGS(ibmr, mr, sg_nents, sg_offset),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, ibmr_iova)
		__field(u64, iova)
		__field(u64, user_base)
		__field(u64, length)
		__field(int, sg_nents)
		__field(u32, sg_offset)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, dev_name(&ibmr->pd->device->dev),
			IB_DEVICE_NAME_MAX);
		__entry->ibmr_iova = ibmr->iova;
		__entry->iova = mr->iova;
		__entry->user_base = mr->user_base;
		__entry->length = mr->length;
		__entry->sg_nents = sg_nents;
		__entry->sg_offset = sg_offset ? *sg_offset : 0;
	    ),
	    TP_printk("[%s] ibmr_iova %llx iova %llx user_base %llx length %llx sg_nents %d sg_offset %u",
		      __entry->device, __entry->ibmr_iova, __entry->iova,
		      __entry->user_base, __entry->length, __entry->sg_nents,
		      __entry->sg_offset)
);

DECLARE_EVENT_CLASS(rvt_key_refused,
	    TP_PROTO(struct ib_device *ibdev, u32 qpn, u32 key, u64 addr,
		     u32 length, int access),
	    TP_ARGS(ibdev, qpn, key, addr, length, access),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u64, addr)
		__field(u32, qpn)
		__field(u32, key)
		__field(u32, length)
		__field(int, access)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, dev_name(&ibdev->dev),
			IB_DEVICE_NAME_MAX);
		__entry->addr = addr;
		__entry->qpn = qpn;
		__entry->key = key;
		__entry->length = length;
		__entry->access = access;
	    ),
	    TP_printk("[%s] qpn 0x%x key %x addr %llx length %u access %x",
		      __entry->device, __entry->qpn, __entry->key,
		      __entry->addr, __entry->length, __entry->access)
);

/* Of a work request: its queue pair is not known here. */
DEFINE_EVENT(rvt_key_refused, rvt_lkey_refused,
	     TP_PROTO(struct ib_device *ibdev, u32 qpn, u32 key, u64 addr,
		      u32 length, int access),
	     TP_ARGS(ibdev, qpn, key, addr, length, access));

DEFINE_EVENT(rvt_key_refused, rvt_rkey_refused,
	     TP_PROTO(struct ib_device *ibdev, u32 qpn, u32 key, u64 addr,
		      u32 length, int access),
	     TP_ARGS(ibdev, qpn, key, addr, length, access));

DECLARE_EVENT_CLASS(rvt_key_change,
	    TP_PROTO(struct ib_device *ibdev, u32 qpn, u32 key, int ret),
	    TP_ARGS(ibdev, qpn, key, ret),
	    TP_STRUCT__entry(
		__array(char, device, IB_DEVICE_NAME_MAX)
		__field(u32, qpn)
		__field(u32, key)
		__field(int, ret)
	    ),
	    TP_fast_assign(
		strscpy(__entry->device, dev_name(&ibdev->dev),
			IB_DEVICE_NAME_MAX);
		__entry->qpn = qpn;
		__entry->key = key;
		__entry->ret = ret;
	    ),
	    TP_printk("[%s] qpn 0x%x key %x error %d", __entry->device,
		      __entry->qpn, __entry->key, __entry->ret)
);

DEFINE_EVENT(rvt_key_change, rvt_invalidate,
	     TP_PROTO(struct ib_device *ibdev, u32 qpn, u32 key, int ret),
	     TP_ARGS(ibdev, qpn, key, ret));

DEFINE_EVENT(rvt_key_change, rvt_bind_mw,
	     TP_PROTO(struct ib_device *ibdev, u32 qpn, u32 key, int ret),
	     TP_ARGS(ibdev, qpn, key, ret));

#endif /* RVT_TRACE_MR_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace_mr
#include <trace/define_trace.h>
