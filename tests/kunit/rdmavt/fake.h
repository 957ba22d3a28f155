/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver of rdmavt without a wire: enough to register a device and to use
 * the library's exports on real objects.  Everything that a case makes is gone
 * when the case is over.
 */
#ifndef RDMAVT_KUNIT_FAKE_H
#define RDMAVT_KUNIT_FAKE_H

#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_cq.h>
#include <rdma/rdmavt_mr.h>
#include <rdma/rdmavt_qp.h>

struct kunit;

/**
 * struct fake_dev - the device
 * @rdi: the library's part, first
 * @port: its port
 * @pkeys: the partition keys
 * @scheduled: how often the send engine was asked to run
 * @sent: how often it was run in the poster's context
 * @restarts: retries that the library asked for
 * @restart_psn: from where
 * @errors: QPs that went into the error state
 */
struct fake_dev {
	struct rvt_dev_info rdi;
	struct rvt_ibport port;
	u16 pkeys[1];
	atomic_t scheduled;
	atomic_t sent;
	atomic_t restarts;
	u32 restart_psn;
	atomic_t errors;
};

static inline struct fake_dev *rdi_fake(struct rvt_dev_info *rdi)
{
	return container_of(rdi, struct fake_dev, rdi);
}

/* A device that is not registered yet, for tests of what registration checks. */
struct fake_dev *fake_alloc(struct kunit *test);

/* A registered device. */
struct fake_dev *fake_register(struct kunit *test);

/* Objects on it, gone after the case.  Failures end the case. */
struct ib_pd *fake_pd(struct kunit *test, struct fake_dev *dev, unsigned int flags);
struct ib_cq *fake_cq(struct kunit *test, struct fake_dev *dev, int cqe);
struct rvt_qp *fake_qp(struct kunit *test, struct fake_dev *dev, struct ib_pd *pd,
		       enum ib_qp_type type);
/* Brings a QP of fake_qp() to @state. */
void fake_modify(struct kunit *test, struct rvt_qp *qp, enum ib_qp_state state);

/**
 * struct fake_region - memory registered for fast registration
 * @ibmr: the region, registered with all access rights
 * @mr: the library's view
 * @page: its pages, anywhere in memory
 * @pages: how many
 * @base: address of the first byte for local and remote requests
 * @length: bytes
 * @skip: bytes before it in the first page
 */
struct fake_region {
	struct ib_mr *ibmr;
	struct rvt_mregion *mr;
	u8 *page[8];
	unsigned int pages;
	u64 base;
	u64 length;
	unsigned int skip;
};

/* @length bytes from @skip bytes into the first page, addressed from @base. */
struct fake_region *fake_region(struct kunit *test, struct rvt_qp *qp, u64 base,
				unsigned int skip, u64 length, int access);
/* The byte of a region at @offset. */
u8 *fake_byte(struct fake_region *r, u64 offset);
/* Forget it before the case is over; -EBUSY if references are left. */
int fake_dereg(struct kunit *test, struct fake_region *r);

#endif /* RDMAVT_KUNIT_FAKE_H */
