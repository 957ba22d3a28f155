// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to device management queries, byte by byte against the layouts of the
 * InfiniBand specification and of SRP.
 */
#include "../../../srpt/dm.c"
#include <linux/slab.h>
#include "compat/kunit.h"
#include "suites.h"

u64 srpt_service_guid = 0x0123456789abcdefULL;
unsigned int srp_max_req_size = 8276;

/* A port of a device, the query, the answer, and what it should be. */
struct fixture {
	struct srpt_device *sdev;
	struct ib_mad *query;
	struct ib_dm_mad answer;
	u8 want[256];
};

static struct fixture *make(struct kunit *test, u16 attr, u32 mod)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct ib_device *device = kunit_kzalloc(test, sizeof(*device), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, device);
	f->sdev = kunit_kzalloc(test, struct_size(f->sdev, port, 1), GFP_KERNEL);
	f->query = kunit_kzalloc(test, sizeof(*f->query), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->sdev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->query);

	device->attrs.vendor_id = 0x112233;
	device->attrs.vendor_part_id = 0x44556677;
	device->attrs.hw_ver = 0x1a2b;
	device->attrs.max_qp_wr = 16384;
	f->sdev->device = device;
	f->sdev->srq_size = 4095;
	f->sdev->port[0].sdev = f->sdev;
	f->sdev->port[0].attrib.srp_max_rdma_size = 65536;

	memset(f->query, 0x77, sizeof(*f->query));
	f->query->mad_hdr.attr_id = cpu_to_be16(attr);
	f->query->mad_hdr.attr_mod = cpu_to_be32(mod);
	memcpy(&f->answer, f->query, sizeof(f->answer));
	f->answer.mad_hdr.status = 0;
	memcpy(f->want, &f->answer, sizeof(f->want));
	return f;
}

static void ask(struct fixture *f)
{
	srpt_mgmt_method_get(&f->sdev->port[0], f->query, &f->answer);
}

/* The status, and whatever else, are as wanted. */
static void expect(struct kunit *test, struct fixture *f, u16 status)
{
	f->want[4] = status >> 8;
	f->want[5] = status;
	ask(f);
	KUNIT_EXPECT_MEMEQ(test, &f->answer, f->want, sizeof(f->want));
}

static void class_port_info(struct kunit *test)
{
	struct fixture *f = make(test, 0x0001, 0);

	memset(f->want + 64, 0, 72);
	f->want[64] = 1;
	f->want[65] = 1;
	f->want[71] = 20;
	expect(test, f, 0);
}

static void iou_info(struct kunit *test)
{
	struct fixture *f = make(test, 0x0010, 0);

	f->want[64] = 0;
	f->want[65] = 1;
	f->want[66] = 16;
	f->want[68] = 0x10;
	memset(f->want + 69, 0, 7);
	expect(test, f, 0);
}

static void want_profile(u8 *data)
{
	static const u8 head[] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,	/* guid */
		0x00, 0x11, 0x22, 0x33,				/* vendor */
		0x44, 0x55, 0x66, 0x77,				/* device */
		0x1a, 0x2b, 0x00, 0x00,				/* version */
		0x00, 0x11, 0x22, 0x33,				/* subsystem vendor */
		0x00, 0x00, 0x00, 0x00,				/* subsystem */
		0x01, 0x00, 0x60, 0x9e,				/* I/O class, subclass */
		0x01, 0x08, 0x00, 0x01,				/* protocol, version */
		0x00, 0x00, 0x00, 0x00,				/* connections, initiators */
		0x00, 0x80, 0x00, 0x04,				/* queue depth, READs */
		0x00, 0x00, 0x20, 0x54,				/* send size */
		0x00, 0x01, 0x00, 0x00,				/* RDMA size */
		0x2b, 0x00, 0x01,				/* capabilities, services */
	};

	memset(data, 0, 128);
	memcpy(data, head, sizeof(head));
	strscpy(data + 64, "Linux SRP target", 64);
}

static void ioc_profile(struct kunit *test)
{
	struct fixture *f = make(test, 0x0011, 1);

	want_profile(f->want + 64);
	expect(test, f, 0);
}

static void ioc_profile_srq(struct kunit *test)
{
	struct fixture *f = make(test, 0x0011, 2);

	f->sdev->port[0].attrib.use_srq = true;
	f->sdev->port[0].attrib.srp_max_rdma_size = 16777216;
	want_profile(f->want + 64);
	memcpy(f->want + 64 + 40, "\x0f\xff", 2);
	memcpy(f->want + 64 + 48, "\x01\x00\x00\x00", 4);
	expect(test, f, 0);
}

static void svc_entries(struct kunit *test)
{
	struct fixture *f = make(test, 0x0012, 0x00010000);

	memset(f->want + 64, 0, 192);
	strscpy(f->want + 64, "SRP.T10:0123456789abcdef", 40);
	memcpy(f->want + 64 + 40, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	expect(test, f, 0);
}

/* Whatever cannot be answered goes back as it came. */
static void refused(struct kunit *test)
{
	static const struct {
		u16 attr;
		u32 mod;
		u16 status;
	} queries[] = {
		{ 0x0011, 0, 0x001c }, { 0x0011, 17, 0x001c }, { 0x0011, 3, 0x0100 },
		{ 0x0011, 16, 0x0100 }, { 0x0011, 0xffffffff, 0x001c },
		{ 0x0012, 0x00000000, 0x001c }, { 0x0012, 0x00110000, 0x001c },
		{ 0x0012, 0x00030000, 0x0100 }, { 0x0012, 0x00010001, 0x0100 },
		{ 0x0012, 0x00010200, 0x0100 }, { 0x0012, 0xffffffff, 0x001c },
		{ 0x0000, 0, 0x000c }, { 0x0002, 0, 0x000c }, { 0x0013, 0, 0x000c },
		{ 0xffff, 0, 0x000c },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(queries); i++)
		expect(test, make(test, queries[i].attr, queries[i].mod), queries[i].status);
}

static void slots(struct kunit *test)
{
	u8 list[8] = {}, want[8] = {};

	srpt_set_ioc(list, 1, 0x3);
	srpt_set_ioc(list, 2, 0xf4);
	srpt_set_ioc(list, 15, 0x5);
	srpt_set_ioc(list, 16, 0x6);
	want[0] = 0x34;
	want[7] = 0x56;
	KUNIT_EXPECT_MEMEQ(test, list, want, sizeof(want));
	srpt_set_ioc(list, 1, 0);
	want[0] = 0x04;
	KUNIT_EXPECT_MEMEQ(test, list, want, sizeof(want));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(class_port_info),
	KUNIT_CASE(iou_info),
	KUNIT_CASE(ioc_profile),
	KUNIT_CASE(ioc_profile_srq),
	KUNIT_CASE(svc_entries),
	KUNIT_CASE(refused),
	KUNIT_CASE(slots),
	{}
};

struct kunit_suite srpt_dm_suite = {
	.name = "ib_srpt-dm",
	.test_cases = cases,
};
