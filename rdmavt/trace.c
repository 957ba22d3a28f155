// SPDX-License-Identifier: GPL-2.0
/*
 * The bodies of all trace events.
 */
#define CREATE_TRACE_POINTS
#include "trace_rvt.h"
#include "trace_mr.h"
#include "trace_cq.h"
#include "trace_qp.h"
#include "trace_tx.h"
#include "trace_rc.h"
