/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Information units: what is checked in those that come, and how those that go
 * are built. All of it works on memory alone.
 */
#ifndef SRPT_IU_H
#define SRPT_IU_H

#include <linux/dma-direction.h>
#include <scsi/srp.h>
#include "srpt.h"

/**
 * enum srpt_tm_rsp - response codes of task management functions, section 6.9
 * @SRPT_TM_COMPLETE: done
 * @SRPT_TM_NOT_SUPPORTED: nobody here can do that
 * @SRPT_TM_FAILED: not done
 */
enum srpt_tm_rsp {
	SRPT_TM_COMPLETE = 0,
	SRPT_TM_NOT_SUPPORTED = 4,
	SRPT_TM_FAILED = 5,
};

/**
 * struct srpt_data - where the data of a command is
 * @dir: its way, as the core sees it
 * @len: its bytes
 * @nr: descriptors of it in the initiator's memory; 0 for immediate data
 * @desc: those descriptors, in the IU
 * @imm: the data itself, in the IU; or %NULL
 * @table_va: where the descriptors are, if they are not in the IU
 * @table_key: the key to them
 * @table_len: bytes of them; 0 if they are in the IU
 */
struct srpt_data {
	enum dma_data_direction dir;
	u32 len;
	u32 nr;
	const struct srp_direct_buf *desc;
	void *imm;
	u64 table_va;
	u32 table_key;
	u32 table_len;
};

/**
 * struct srpt_login - a login request that has been checked
 * @max_ti_iu_len: what the initiator receives at most
 * @multi: its other channels stay
 * @imm_data: it wants to send immediate data
 */
struct srpt_login {
	u32 max_ti_iu_len;
	bool multi;
	bool imm_data;
};

bool srpt_login_from_rdma(struct srp_login_req *req, const void *data, u8 len);
u32 srpt_check_login(const struct srp_login_req *req, u32 max_req_size,
		     u64 service_guid, struct srpt_login *login);
void srpt_build_login_rsp(struct srp_login_rsp *rsp, const struct srp_login_req *req,
			  const struct srpt_rdma_ch *ch, u32 max_req_size, bool terminated);
void srpt_build_login_rej(struct srp_login_rej *rej, u64 tag, u32 reason);
u64 srpt_iu_tag(const void *iu);
bool srpt_iu_is_whole(const void *iu, u32 len);
int srpt_parse_data(const struct srp_cmd *cmd, u32 iu_len, u32 imm_data_offset,
		    struct srpt_data *data);
int srpt_check_table(const struct srpt_data *data);
u32 srpt_cdb_len(const struct srp_cmd *cmd);
int srpt_task_attr(u8 attr);
u8 srpt_tm_function(u8 func);
u8 srpt_tm_rsp_code(u8 response);
int srpt_build_cmd_rsp(struct srpt_rdma_ch *ch, struct srpt_send_ioctx *ioctx,
		       u64 tag, int status);
int srpt_build_tskmgmt_rsp(struct srpt_rdma_ch *ch,
			   struct srpt_send_ioctx *ioctx, u8 rsp_code, u64 tag);

#endif /* SRPT_IU_H */
