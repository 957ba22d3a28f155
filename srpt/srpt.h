/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to ib_srpt: its objects, who owns them and which lock guards what.
 *
 *	srpt_device	an RDMA device; kref: the ib_core client, every
 *	 |		configfs directory of its ports, every channel
 *	 +- srpt_port	a port of it, where initiators log in; its refs count
 *	     |		channels and hold up the removal of the device
 *	     +- srpt_tport	a configfs directory TARGET/srpt/PORT
 *	     |   +- srpt_tpg	a directory below it
 *	     +- srpt_rdma_ch	a channel: one login, one queue pair, one session
 *	         +- srpt_send_ioctx	a command or task management function
 *	         +- srpt_recv_ioctx	a receive buffer; with an SRQ they
 *				belong to the device
 *
 * Order of locks: &srpt_port.tport_mutex before the core's; &srpt_port.mutex before
 * &srpt_device.mutex; &srpt_rdma_ch.lock is innermost.
 */
#ifndef SRPT_H
#define SRPT_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <rdma/ib_cm.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>
#include <rdma/rw.h>
#include <scsi/srp.h>
#include <target/target_core_base.h>
#include <target/target_core_fabric.h>

#define SRPT_FABRIC_NAME	"srpt"
#define SRPT_ID_STRING		"Linux SRP target"

/* Credits of a channel, and receive buffers beyond them. */
#define SRPT_MAX_RQ_SIZE	128
#define SRPT_RQ_SPARE		16

/* Work requests beside responses and data: a kick, a drain. */
#define SRPT_SQ_SPARE		4

#define SRPT_MIN_SQ_SIZE	16
#define SRPT_DEF_SQ_SIZE	4096
#define SRPT_MIN_SRQ_SIZE	4
#define SRPT_DEF_SRQ_SIZE	4095
#define SRPT_MAX_SRQ_SIZE	65535
#define SRPT_MIN_RSP_SIZE	40
#define SRPT_DEF_RSP_SIZE	256
#define SRPT_MAX_RSP_SIZE	1024
#define SRPT_MIN_RDMA_SIZE	65536U
#define SRPT_MAX_RDMA_SIZE	16777216U
#define SRPT_MIN_REQ_SIZE	996

/* Immediate data: where it may start in an IU, and how much is meant to fit. */
#define SRPT_MAX_IMM_OFFSET	80
#define SRPT_MAX_IMM_SIZE	8192
#define SRPT_IMM_ALIGN		512

/* All of that; an indirect descriptor with 128 entries is smaller. */
#define SRPT_DEF_REQ_SIZE \
	(SRPT_MAX_IMM_OFFSET + sizeof(struct srp_imm_buf) + SRPT_MAX_IMM_SIZE)

/* All that one command may transfer (the size of an RDMA, of the profile). */
#define SRPT_MAX_DATA		SRPT_MAX_RDMA_SIZE

/* Entries of a descriptor table that has to be fetched. */
#define SRPT_MAX_TABLE		4096

#define SRPT_RDMA_DEPTH		4	/* RDMA READs at a time, of a channel */

#define SRPT_CONNECT_TIMEOUT	(30 * HZ)	/* REP until RTU */
#define SRPT_DISCONNECT_TIMEOUT	(10 * HZ)	/* DREQ until DREP */
#define SRPT_LAST_WQE_TIMEOUT	(HZ / 4)	/* for devices that do not tell */

#define SRPT_NAME_SIZE		44	/* of a port or an initiator, with the NUL */

struct srpt_device;
struct srpt_port;
struct srpt_rdma_ch;

/**
 * enum srpt_command_state - how far a command has come
 * @SRPT_STATE_NEW: received
 * @SRPT_STATE_NEED_DATA: its data is being read from the initiator
 * @SRPT_STATE_DATA_IN: its data is here
 * @SRPT_STATE_CMD_RSP_SENT: its response is under way
 * @SRPT_STATE_MGMT: a task management function
 * @SRPT_STATE_MGMT_RSP_SENT: whose response is under way
 * @SRPT_STATE_DONE: over; final
 */
enum srpt_command_state {
	SRPT_STATE_NEW,
	SRPT_STATE_NEED_DATA,
	SRPT_STATE_DATA_IN,
	SRPT_STATE_CMD_RSP_SENT,
	SRPT_STATE_MGMT,
	SRPT_STATE_MGMT_RSP_SENT,
	SRPT_STATE_DONE,
};

/**
 * struct srpt_ioctx - a buffer that the device sends from or receives into
 * @cqe: how its completion finds it
 * @buf: the buffer
 * @dma: the same as the device sees it
 * @offset: where the IU starts in it
 * @index: its place in its ring
 */
struct srpt_ioctx {
	struct ib_cqe cqe;
	void *buf;
	dma_addr_t dma;
	u32 offset;
	u32 index;
};

/**
 * struct srpt_recv_ioctx - a receive buffer
 * @ioctx: the buffer
 * @wait_list: on &srpt_rdma_ch.cmd_wait_list
 * @byte_len: bytes received
 */
struct srpt_recv_ioctx {
	struct srpt_ioctx ioctx;
	struct list_head wait_list;
	u32 byte_len;
};

/**
 * struct srpt_rw_ctx - a piece of the initiator's memory and its counterpart
 * @raddr: its address there
 * @rkey: the key to it
 * @len: its bytes
 * @mapped_nents: entries of @sg that are part of @rw; 0: it is not mapped
 * @sg: the memory here
 * @rw: the transfer
 */
struct srpt_rw_ctx {
	u64 raddr;
	u32 rkey;
	u32 len;
	unsigned int mapped_nents;
	struct scatterlist *sg;
	struct rdma_rw_ctx rw;
};

/**
 * struct srpt_send_ioctx - a command, from its arrival to its last reference
 * @ioctx: the response; @ioctx.index is the tag in the session's pool
 * @ch: the channel
 * @recv_ioctx: the request, while it is being parsed; and as long as the
 *	command lives if the data is in it (@holds_recv)
 * @holds_recv: @recv_ioctx is posted again when the command is over
 * @local: the core knows nothing of this command, not yet or never
 * @table: its descriptors, if they had to be fetched
 * @table_sg: @table, to be fetched
 * @rdma_cqe: completion of RDMA READs
 * @state: &enum srpt_command_state; see srpt_set_cmd_state()
 * @stuck: on &srpt_rdma_ch.stuck
 * @waiting: on &srpt_rdma_ch.waiting
 * @status_only: the response has no data
 * @n_rw_ctx: descriptors of @rw_ctxs
 * @n_rdma: work requests that the mapped transfers need; 0: not mapped
 * @n_sq: work requests taken from &srpt_rdma_ch.sq_wr_avail; 0: no transfer
 * @rw_ctxs: where the data is; @s_rw_ctx, if it is one piece
 * @s_rw_ctx: see @rw_ctxs
 * @sg: pages for all of it; %NULL if there is none, or it came with the request
 * @sg_cnt: entries of @sg
 * @alias_sg: the same pages, divided among @rw_ctxs, if these are several; or the
 *	data that came with the request, if it is too long for @imm_sg
 * @imm_sg: the data, if it came with the request
 * @cmd: for the core
 * @sense_data: sense data, by the core
 */
struct srpt_send_ioctx {
	struct srpt_ioctx ioctx;
	struct srpt_rdma_ch *ch;
	struct srpt_recv_ioctx *recv_ioctx;
	bool holds_recv;
	bool local;
	struct srp_direct_buf *table;
	struct scatterlist table_sg;
	struct ib_cqe rdma_cqe;
	atomic_t state;
	struct list_head stuck;
	struct list_head waiting;
	bool status_only;
	u32 n_rw_ctx;
	u32 n_rdma;
	u32 n_sq;
	struct srpt_rw_ctx *rw_ctxs;
	struct srpt_rw_ctx s_rw_ctx;
	struct scatterlist *sg;
	unsigned int sg_cnt;
	struct scatterlist *alias_sg;
	struct scatterlist imm_sg[SRPT_MAX_IMM_SIZE / PAGE_SIZE + 2];
	struct se_cmd cmd;
	u8 sense_data[TRANSPORT_SENSE_BUFFER];
};

/**
 * enum rdma_ch_state - life of a channel, in one direction
 * @CH_CONNECTING: the login has been answered, or is about to be
 * @CH_LIVE: in use
 * @CH_DISCONNECTING: a DREQ is on its way; nothing is taken in any more
 * @CH_DRAINING: queued for release
 * @CH_DISCONNECTED: nothing is posted, and nothing will be
 */
enum rdma_ch_state {
	CH_CONNECTING, CH_LIVE, CH_DISCONNECTING, CH_DRAINING, CH_DISCONNECTED,
};

/* bits of &srpt_rdma_ch.flags */
#define SRPT_CH_KICK		0	/* @kick_cqe is under way */

/**
 * struct srpt_rdma_ch - a channel
 * @kref: the release work, and whoever may come later than that
 * @sport: the port that it came through
 * @qp: its queue pair
 * @cq: both directions complete here, in process context, one at a time
 * @cq_size: entries of @cq that are ours
 * @ib_cm_id: the connection, if it was made with the IB CM
 * @rdma_cm_id: the connection, if it was made with the RDMA CM
 * @pkey: of the login; IB CM only
 * @i_port_id: the initiator port
 * @t_port_id: what it takes this port for
 * @rq_size: credits of the initiator, hence commands at a time
 * @nr_recv: entries of @recv_ring
 * @max_ti_iu_len: largest IU that the initiator takes
 * @max_rsp_size: bytes of a response buffer
 * @req_lim: credits that the initiator has
 * @req_lim_delta: credits that the next response carries in addition
 * @sq_wr_max: work requests for data
 * @use_srq: receives from the device's shared queue
 * @imm_data: the initiator may send data with a command
 * @imm_data_offset: where it starts in the IU
 * @recv_ring: receive buffers; %NULL with an SRQ
 * @ioctx_ring: one for each tag
 * @cmd_wait_list: received and not yet processed; only the completion handler
 *	changes it
 * @nr_fetching: commands whose descriptors are being fetched; only the completion
 *	handler changes it
 * @kick_cqe: completion of srpt_zerolength_write()
 * @flags: bits named SRPT_CH_xxx
 * @sess: the session; &srpt_sessions has it until it ends
 * @sess_entry: in &srpt_sessions
 * @sess_name: name that an ACL has admitted
 * @peer: name of the initiator's address
 * @list: in &srpt_port.channels, guarded by &srpt_port.mutex
 * @tpg: the directory that admitted it; stays as long as @sess
 * @release_work: takes everything down
 * @timeout_work: gives up waiting for the other side
 * @comm_est_work: tells the connection manager that the other side is there
 * @released: the session is gone
 * @last_wqe: the queue pair has failed and takes nothing from the SRQ any more
 * @rdma_work: tries again what is @waiting
 * @lock: guards the members behind it
 * @state: see &enum rdma_ch_state
 * @stuck: commands that could not be posted; they end when nothing of them can
 *	be under way any more
 * @sq_wr_avail: how many of @sq_wr_max are left
 * @nr_transfers: commands that have some of them, or try to get some
 * @waiting: commands that wait for some, or for memory, in this order
 */
struct srpt_rdma_ch {
	struct kref kref;
	struct srpt_port *sport;
	struct ib_qp *qp;
	struct ib_cq *cq;
	int cq_size;
	struct ib_cm_id *ib_cm_id;
	struct rdma_cm_id *rdma_cm_id;
	u16 pkey;
	u8 i_port_id[16];
	u8 t_port_id[16];
	u32 rq_size;
	u32 nr_recv;
	u32 max_ti_iu_len;
	u32 max_rsp_size;
	atomic_t req_lim;
	atomic_t req_lim_delta;
	u32 sq_wr_max;
	bool use_srq;
	bool imm_data;
	u16 imm_data_offset;
	struct srpt_recv_ioctx **recv_ring;
	struct srpt_send_ioctx **ioctx_ring;
	struct list_head cmd_wait_list;
	unsigned int nr_fetching;
	struct ib_cqe kick_cqe;
	unsigned long flags;
	struct se_session *sess;
	struct list_head sess_entry;
	char sess_name[SRPT_NAME_SIZE];
	char peer[SRPT_NAME_SIZE];
	struct list_head list;
	const struct srpt_tpg *tpg;
	struct work_struct release_work;
	struct delayed_work timeout_work;
	struct work_struct comm_est_work;
	struct completion released;
	struct completion last_wqe;

	struct delayed_work rdma_work;

	spinlock_t lock; /* guards the members behind it */
	enum rdma_ch_state state;
	struct list_head stuck;
	u32 sq_wr_avail;
	u32 nr_transfers;
	struct list_head waiting;
};

/**
 * struct srpt_tpg - a directory TARGET/srpt/PORT/TPG
 * @tpg: for the core
 * @tport: the directory above it
 * @entry: in &srpt_tport.tpgs, guarded by &srpt_port.tport_mutex
 * @enabled: initiators may log in; written under &srpt_port.tport_mutex
 */
struct srpt_tpg {
	struct se_portal_group tpg;
	struct srpt_tport *tport;
	struct list_head entry;
	bool enabled;
};

/**
 * struct srpt_tport - a directory TARGET/srpt/PORT
 * @wwn: for the core
 * @sport: the port, whose device it holds a reference to
 * @entry: in &srpt_port.tports, guarded by &srpt_port.tport_mutex
 * @tpgs: directories below it
 * @name: of this directory
 */
struct srpt_tport {
	struct se_wwn wwn;
	struct srpt_port *sport;
	struct list_head entry;
	struct list_head tpgs;
	char name[SRPT_NAME_SIZE];
};

/**
 * struct srpt_port_attrib - what configfs sets, for logins to come
 * @srp_sq_size: work requests of a channel
 * @srp_max_rsp_size: bytes of a response buffer
 * @srp_max_rdma_size: largest RDMA; advertised only
 * @use_srq: receive into the device's shared queue
 */
struct srpt_port_attrib {
	u32 srp_sq_size;
	u32 srp_max_rsp_size;
	u32 srp_max_rdma_size;
	bool use_srq;
};

/**
 * struct srpt_port - a port of an RDMA device
 * @sdev: the device
 * @mad_agent: answers device management queries; %NULL on ports that cannot
 * @port: its number
 * @refs: one for the device, one for each channel
 * @unused: @refs is 0
 * @refresh_work: runs srpt_refresh_port() and srpt_listen_refresh()
 * @tport_mutex: guards @tports and what is below
 * @tports: configfs directories
 * @mutex: guards the members from here to @attrib; and nobody disconnects or
 *	accepts a channel without it
 * @channels: channels, with or without a session
 * @gone: the device is being removed
 * @attrib: see &struct srpt_port_attrib
 */
struct srpt_port {
	struct srpt_device *sdev;
	struct ib_mad_agent *mad_agent;
	u32 port;
	refcount_t refs;
	struct completion unused;
	struct work_struct refresh_work;

	struct mutex tport_mutex; /* guards tports and what is below them */
	struct list_head tports;

	struct mutex mutex; /* guards the members from here to attrib */
	struct list_head channels;
	bool gone;
	struct srpt_port_attrib attrib;
};

/**
 * struct srpt_device - an RDMA device
 * @kref: see the head of this file
 * @device: the device
 * @pd: protection domain of all channels
 * @cm_id: listens for IB CM logins; %NULL if no port speaks InfiniBand
 * @event_handler: for asynchronous events
 * @entry: in &srpt_devices
 * @srq_size: buffers of @srq, if there is one
 * @mutex: guards @srq and @srq_users
 * @srq: shared receive queue; %NULL while no port wants one
 * @srq_ring: its buffers
 * @srq_users: ports that want it, and channels that use it
 * @port: its ports
 */
struct srpt_device {
	struct kref kref;
	struct ib_device *device;
	struct ib_pd *pd;
	struct ib_cm_id *cm_id;
	struct ib_event_handler event_handler;
	struct list_head entry;
	u32 srq_size;

	struct mutex mutex; /* guards srq, srq_ring and srq_users */
	struct ib_srq *srq;
	struct srpt_recv_ioctx **srq_ring;
	u32 srq_users;

	struct srpt_port port[];
};

/* channel.c */
struct srpt_rdma_ch *srpt_alloc_ch(struct srpt_port *sport);
void srpt_get_ch(struct srpt_rdma_ch *ch);
void srpt_put_ch(struct srpt_rdma_ch *ch);
bool srpt_set_ch_state(struct srpt_rdma_ch *ch, enum rdma_ch_state state,
		       unsigned long timeout);
enum rdma_ch_state srpt_ch_state(struct srpt_rdma_ch *ch);
bool srpt_ch_is_open(struct srpt_rdma_ch *ch);
bool srpt_close_ch(struct srpt_rdma_ch *ch);
int srpt_disconnect_ch(struct srpt_rdma_ch *ch);
void srpt_resume_disconnect(struct srpt_rdma_ch *ch);
void srpt_disconnect_ch_unlocked(struct srpt_rdma_ch *ch);
void srpt_free_ch(struct srpt_rdma_ch *ch);

/* cm.c */
int srpt_cm_handler(struct ib_cm_id *cm_id, const struct ib_cm_event *event);
int srpt_rdma_cm_handler(struct rdma_cm_id *cm_id, struct rdma_cm_event *event);
void srpt_cm_rtu_recv(struct srpt_rdma_ch *ch);

/* cmd.c */
struct srpt_send_ioctx *srpt_get_send_ioctx(struct srpt_rdma_ch *ch);
void srpt_put_send_ioctx(struct srpt_send_ioctx *ioctx);
void srpt_handle_cmd(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *recv_ioctx,
		     struct srpt_send_ioctx *send_ioctx);
void srpt_execute_cmd(struct srpt_send_ioctx *ioctx);
void srpt_finish_cmd(struct srpt_send_ioctx *ioctx);
int srpt_abort_cmd(struct srpt_send_ioctx *ioctx);
void srpt_post_failed(struct srpt_send_ioctx *ioctx);
void srpt_finish_stuck(struct srpt_rdma_ch *ch);

/* configfs.c */
extern struct configfs_attribute *srpt_da_attrs[];
extern struct configfs_attribute *srpt_wwn_attrs[];
extern struct configfs_attribute *srpt_tpg_attrib_attrs[];
struct se_wwn *srpt_make_tport(struct target_fabric_configfs *tf,
			       struct config_group *group, const char *name);
void srpt_drop_tport(struct se_wwn *wwn);
struct se_portal_group *srpt_make_tpg(struct se_wwn *wwn, const char *name);
void srpt_drop_tpg(struct se_portal_group *tpg);
int srpt_enable_tpg(struct se_portal_group *se_tpg, bool enable);

/* desc.c */
int srpt_get_desc_tbl(struct srpt_send_ioctx *ioctx, struct srp_cmd *srp_cmd,
		      enum dma_data_direction *dir, struct scatterlist **sg,
		      unsigned int *sg_cnt, u64 *data_len);
void srpt_put_desc_tbl(struct srpt_send_ioctx *ioctx);

/* device.c */
extern struct ib_client srpt_client;
struct srpt_port *srpt_find_port(const char *name);
void srpt_visit_ports(void (*visit)(struct srpt_port *sport));
struct srpt_device *srpt_get_device(struct ib_device *device);
void srpt_put_device(struct srpt_device *sdev);
void srpt_srq_event(struct ib_event *event, void *ctx);
int srpt_get_srq(struct srpt_device *sdev);
void srpt_put_srq(struct srpt_device *sdev);

/* info.c */
extern struct configfs_attribute *srpt_nacl_attrs[];

/* ioctx.c */
extern struct kmem_cache *srpt_req_buf_cache;
struct srpt_ioctx *srpt_alloc_ioctx(struct srpt_device *sdev, int ioctx_size, int dma_size,
				    enum dma_data_direction dir);
void srpt_free_ioctx(struct srpt_device *sdev, struct srpt_ioctx *ioctx,
		     int dma_size, enum dma_data_direction dir);
struct srpt_ioctx **srpt_alloc_ioctx_ring(struct srpt_device *sdev, int ring_size, int ioctx_size,
					  int dma_size, enum dma_data_direction dir);
void srpt_free_ioctx_ring(struct srpt_ioctx **ioctx_ring, struct srpt_device *sdev, int ring_size,
			  int dma_size, enum dma_data_direction dir);
struct srpt_recv_ioctx **srpt_alloc_recv_ring(struct srpt_device *sdev, u32 nr,
					      u32 imm_data_offset);
void srpt_free_recv_ring(struct srpt_device *sdev,
			 struct srpt_recv_ioctx **ring, u32 nr);
int srpt_req_buf_size(void);
void srpt_start_cmd(struct srpt_send_ioctx *ioctx, u64 tag);
enum srpt_command_state srpt_get_cmd_state(struct srpt_send_ioctx *ioctx);
enum srpt_command_state srpt_set_cmd_state(struct srpt_send_ioctx *ioctx,
					   enum srpt_command_state new);
bool srpt_test_and_set_cmd_state(struct srpt_send_ioctx *ioctx,
				 enum srpt_command_state old,
				 enum srpt_command_state new);

/* listen.c */
void srpt_listen_refresh(void);
int srpt_listen_set_port(u16 port);
u16 srpt_listen_port(void);

/* login.c */
int srpt_cm_req_recv(struct srpt_device *const sdev, struct ib_cm_id *ib_cm_id,
		     struct rdma_cm_id *rdma_cm_id, u8 port_num, __be16 pkey,
		     const struct srp_login_req *req, const char *src_addr);

/* mad.c */
void srpt_register_mad_agent(struct srpt_port *sport);
void srpt_unregister_mad_agent(struct srpt_device *sdev);

/* main.c */
extern struct workqueue_struct *srpt_wq;
extern u64 srpt_service_guid;
extern unsigned int srp_max_req_size;
extern int srpt_srq_size;
extern bool srpt_roce_ib_cm;

/* port.c */
void srpt_init_port(struct srpt_device *sdev, struct srpt_port *sport, u32 port);
int srpt_refresh_port(struct srpt_port *sport);
bool srpt_get_port(struct srpt_port *sport);
void srpt_put_port(struct srpt_port *sport);
int srpt_release_sport(struct srpt_port *sport);
void srpt_close_channels(struct srpt_port *sport, const struct srpt_tpg *tpg);
bool srpt_port_has_name(struct srpt_port *sport, const char *name);
bool srpt_port_is_enabled(struct srpt_port *sport);

/* qp.c */
int srpt_create_ch_ib(struct srpt_rdma_ch *ch);
void srpt_destroy_ch_ib(struct srpt_rdma_ch *ch);
int srpt_init_ch_qp(struct srpt_rdma_ch *ch, struct ib_qp *qp);
int srpt_ch_qp_rtr(struct srpt_rdma_ch *ch, struct ib_qp *qp);
int srpt_ch_qp_rts(struct srpt_rdma_ch *ch, struct ib_qp *qp);
int srpt_ch_qp_err(struct srpt_rdma_ch *ch);
int srpt_zerolength_write(struct srpt_rdma_ch *ch);

/* rdma.c */
unsigned int srpt_cut_sg(struct scatterlist *sg, u32 len);
int srpt_rdma_start(struct srpt_send_ioctx *ioctx);
void srpt_rdma_go(struct srpt_send_ioctx *ioctx, int err);
void srpt_rdma_give_back(struct srpt_send_ioctx *ioctx);
void srpt_rdma_read(struct srpt_send_ioctx *ioctx);
void srpt_rdma_retry(struct work_struct *work);
void srpt_finish_waiting(struct srpt_rdma_ch *ch);
int srpt_fetch_table(struct srpt_send_ioctx *ioctx, u64 va, u32 key, u32 len);
void srpt_rdma_read_done(struct ib_cq *cq, struct ib_wc *wc);
struct ib_send_wr *srpt_rdma_write_wrs(struct srpt_send_ioctx *ioctx,
				       struct ib_send_wr *last);

/* recv.c */
int srpt_post_recv(struct srpt_device *sdev, struct srpt_rdma_ch *ch,
		   struct srpt_recv_ioctx *ioctx);
int srpt_post_recv_ring(struct srpt_rdma_ch *ch);
void srpt_return_recv(struct srpt_rdma_ch *ch, struct srpt_recv_ioctx *ioctx);
void srpt_recv_done(struct ib_cq *cq, struct ib_wc *wc);
bool srpt_handle_new_iu(struct srpt_rdma_ch *ch,
			struct srpt_recv_ioctx *recv_ioctx);
void srpt_process_wait_list(struct srpt_rdma_ch *ch);
void srpt_kick_done(struct ib_cq *cq, struct ib_wc *wc);

/* response.c */
void srpt_send_response(struct srpt_send_ioctx *ioctx);
void srpt_drop_response(struct srpt_send_ioctx *ioctx);
void srpt_queue_response(struct se_cmd *cmd);
void srpt_reject_cmd(struct srpt_send_ioctx *ioctx, int err);
void srpt_reject_tm(struct srpt_send_ioctx *ioctx);
void srpt_send_done(struct ib_cq *cq, struct ib_wc *wc);

/* session.c */
int srpt_create_session(struct srpt_rdma_ch *ch);
void srpt_end_session(struct srpt_rdma_ch *ch);
void srpt_close_session(struct se_session *se_sess);

/* target.c */
extern const struct target_core_fabric_ops srpt_template;

/* tmf.c */
void srpt_handle_tsk_mgmt(struct srpt_rdma_ch *ch,
			  struct srpt_recv_ioctx *recv_ioctx,
			  struct srpt_send_ioctx *send_ioctx);

#endif /* SRPT_H */
