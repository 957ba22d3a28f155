// SPDX-License-Identifier: GPL-2.0
/*
 * Who is admitted: the names under which an initiator is looked for, in which
 * directories, and what becomes of a session whose ACL goes at that moment. The
 * target core is fake: it has one ACL.
 */
#define pr_fmt(fmt) KBUILD_MODNAME " " fmt

#include <linux/slab.h>
#include "../../../srpt/srpt.h"

static struct srpt_rdma_ch *session_ch(const struct se_session *se_sess);

static struct {
	const char *acl;		/* whom it admits */
	int err;			/* what it says to others */
	char asked[512];		/* for which names it was asked */
	struct se_session *sess;
	bool known;			/* the session could have been closed */
	int removed;
	struct rdma_ah_attr way;	/* of an IB CM's connection */
} fake;

static struct se_session *fake_setup_session(struct se_portal_group *tpg, const char *name,
					     void *private,
					     int (*callback)(struct se_portal_group *,
							     struct se_session *, void *))
{
	size_t len = strlen(fake.asked);
	struct srpt_rdma_ch *ch;

	scnprintf(fake.asked + len, sizeof(fake.asked) - len, "%s ", name);
	if (!fake.acl || strcmp(name, fake.acl))
		return ERR_PTR(fake.err);
	if (callback)
		callback(tpg, fake.sess, private);
	ch = session_ch(fake.sess);
	fake.known = ch;
	if (ch)
		srpt_put_ch(ch);
	return fake.sess;
}

static void fake_remove_session(struct se_session *sess)
{
	fake.removed++;
}

#define target_setup_session(tpg, nr, size, prot, name, private, callback) \
	fake_setup_session(tpg, name, private, callback)
#define target_remove_session	fake_remove_session

static int fake_cm_init_qp_attr(struct ib_cm_id *cm_id, struct ib_qp_attr *attr, int *mask)
{
	attr->ah_attr = fake.way;
	*mask = IB_QP_STATE | IB_QP_AV;
	return attr->qp_state == IB_QPS_RTR ? 0 : -EINVAL;
}

#define ib_cm_init_qp_attr	fake_cm_init_qp_attr
#include "../../../srpt/session.c"
#include "compat/kunit.h"
#include "suites.h"

#define ID	"0123456789abcdeffedcba9876543210"
#define GID	"000000000000000000000000000000dd"

/* A channel that logs in on a port, which has one directory. */
struct fixture {
	struct srpt_port sport;
	struct srpt_tport tport;
	struct srpt_tpg stpg;
	struct se_node_acl nacl;
	struct rdma_cm_id id;
	struct ib_cm_id ib_id;
	struct sa_path_rec path;
};

static struct srpt_rdma_ch *log_in_from(struct kunit *test, const char *peer)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct srpt_rdma_ch *ch = kunit_kzalloc(test, sizeof(*ch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	memset(&fake, 0, sizeof(fake));
	fake.err = -EACCES;
	fake.sess = kunit_kzalloc(test, sizeof(*fake.sess), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake.sess);
	fake.sess->se_node_acl = &f->nacl;

	mutex_init(&f->sport.tport_mutex);
	mutex_init(&f->sport.mutex);
	INIT_LIST_HEAD(&f->sport.tports);
	INIT_LIST_HEAD(&f->tport.tpgs);
	list_add(&f->tport.entry, &f->sport.tports);
	list_add(&f->stpg.entry, &f->tport.tpgs);
	f->stpg.enabled = true;
	mutex_init(&f->stpg.tpg.acl_node_mutex);
	INIT_LIST_HEAD(&f->stpg.tpg.acl_node_list);
	f->nacl.se_tpg = &f->stpg.tpg;
	list_add(&f->nacl.acl_list, &f->stpg.tpg.acl_node_list);

	kref_init(&ch->kref);
	ch->sport = &f->sport;
	INIT_LIST_HEAD(&ch->sess_entry);
	INIT_LIST_HEAD(&ch->list);
	init_completion(&ch->released);
	spin_lock_init(&ch->lock);
	strscpy(ch->peer, peer, sizeof(ch->peer));
	KUNIT_ASSERT_EQ(test, hex2bin(ch->i_port_id, ID, sizeof(ch->i_port_id)), 0);
	return ch;
}

static struct fixture *fixture_of(struct srpt_rdma_ch *ch)
{
	return container_of(ch->sport, struct fixture, sport);
}

static void nobody(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "0011:2233:4455:6677");

	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked,
			   "0011:2233:4455:6677 0x" ID " " ID " ");
}

/* By its address and the GID made from it; the target's own are no names. */
static void ipv4(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "192.0.2.2");
	struct fixture *f = fixture_of(ch);

	f->path.dgid.raw[15] = 0xdd;
	f->path.sgid.raw[15] = 0x55;
	f->id.route.path_rec = &f->path;
	ch->rdma_cm_id = &f->id;
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked,
			   "192.0.2.2 0x" ID " " ID " 0x" GID " " GID " ");
}

static void ipv6(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "2001:db8::2");

	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked,
			   "2001:db8::2 2001:0db8:0000:0000:0000:0000:0000:0002 0x" ID " " ID " ");
}

/* Through the IB CM: by the GID that it will be answered at, and its address. */
static void ib_cm(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "0000:ffff:c000:0202");
	union ib_gid gid = { .raw = { [10] = 0xff, 0xff, 192, 0, 2, 2 } };

	ch->ib_cm_id = &fixture_of(ch)->ib_id;
	fake.way.type = RDMA_AH_ATTR_TYPE_ROCE;
	rdma_ah_set_grh(&fake.way, &gid, 0, 0, 64, 0);
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked,
			   "0000:ffff:c000:0202 0x" ID " " ID
			   " 0x00000000000000000000ffffc0000202"
			   " 00000000000000000000ffffc0000202 192.0.2.2 ");
}

/* There, a GID is no IP address, and not always known. */
static void infiniband(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "0011:2233:4455:6677");
	union ib_gid gid = { .raw = { [15] = 0xdd } };

	ch->ib_cm_id = &fixture_of(ch)->ib_id;
	fake.way.type = RDMA_AH_ATTR_TYPE_IB;
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked,
			   "0011:2233:4455:6677 0x" ID " " ID " ");

	fake.asked[0] = '\0';
	rdma_ah_set_grh(&fake.way, &gid, 0, 0, 64, 0);
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked,
			   "0011:2233:4455:6677 0x" ID " " ID " 0x" GID " " GID " ");
}

static void disabled(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "192.0.2.2");

	fixture_of(ch)->stpg.enabled = false;
	fake.acl = "192.0.2.2";
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -EACCES);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked, "");
}

/* What is no refusal ends the search. */
static void no_memory(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "192.0.2.2");

	fake.err = -ENOMEM;
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked, "192.0.2.2 ");
}

/* As soon as the core knows a session, it may want it closed. */
static void admitted(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "192.0.2.2");

	fake.acl = "0x" ID;
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), 0);
	KUNIT_EXPECT_TRUE(test, fake.known);
	KUNIT_EXPECT_PTR_EQ(test, ch->sess, fake.sess);
	KUNIT_EXPECT_PTR_EQ(test, ch->tpg, (const struct srpt_tpg *)&fixture_of(ch)->stpg);
	KUNIT_EXPECT_STREQ(test, (const char *)ch->sess_name, "0x" ID);

	srpt_end_session(ch);
	KUNIT_EXPECT_EQ(test, fake.removed, 1);
	KUNIT_EXPECT_TRUE(test, completion_done(&ch->released));
	/* It is known no more: this does not wait, or follow the pointer. */
	srpt_close_session(fake.sess);
}

/* It may have left its list before the core listed the session. */
static void acl_goes(struct kunit *test)
{
	struct srpt_rdma_ch *ch = log_in_from(test, "192.0.2.2");

	fake.acl = "192.0.2.2";
	list_del_init(&fixture_of(ch)->nacl.acl_list);
	KUNIT_EXPECT_EQ(test, srpt_create_session(ch), -ESHUTDOWN);
	KUNIT_EXPECT_STREQ(test, (const char *)fake.asked, "192.0.2.2 ");
	KUNIT_EXPECT_EQ(test, fake.removed, 1);
	KUNIT_EXPECT_TRUE(test, completion_done(&ch->released));
	srpt_close_session(fake.sess);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nobody),
	KUNIT_CASE(ipv4),
	KUNIT_CASE(ipv6),
	KUNIT_CASE(ib_cm),
	KUNIT_CASE(infiniband),
	KUNIT_CASE(disabled),
	KUNIT_CASE(no_memory),
	KUNIT_CASE(admitted),
	KUNIT_CASE(acl_goes),
	{}
};

struct kunit_suite srpt_session_suite = {
	.name = "ib_srpt-session",
	.test_cases = cases,
};
