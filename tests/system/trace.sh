#!/bin/bash
# what: each decision about a work request, a key and a queue pair leaves its trace
# kernels: uml-kasan
# timeout: 200
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "the trace events are those of our rdmavt"

tracing=/sys/kernel/tracing
load_suite
mountpoint -q $tracing || mount -t tracefs none $tracing 2> /dev/null || :
[ -d $tracing/events/rvt_qp ] || skip "this kernel has no trace events"
make_dummy d0
add_link rvt0 d0

# The events that the given vt case must cause.
traces() {
	local case=$1 event

	shift
	echo 0 > $tracing/tracing_on
	echo > $tracing/trace
	for event; do
		echo 1 > "$tracing/events/$event/enable" || fail "there is no event $event"
	done
	echo 1 > $tracing/tracing_on
	check vt run -d rvt0 -a 10.7.0.1 "$case"
	expect_output ' 0 failed'
	echo 0 > $tracing/tracing_on
	for event; do
		echo 0 > "$tracing/events/$event/enable"
		grep -q " ${event#*/}: \[rvt0\]" $tracing/trace ||
			fail "$case leaves no trace ${event#*/}"
	done
}

traces basic/sig_all rvt_tx/rvt_post_one_wr rvt_tx/rvt_qp_send_completion rvt_cq/rvt_cq_enter \
	rvt_qp/rvt_qp_modify rvt_qp/rvt_qpinsert rvt_qp/rvt_qpremove
traces state/post_limits rvt_tx/rvt_post_refused rvt_mr/rvt_lkey_refused
traces protection/rkey rvt_mr/rvt_rkey_refused rvt_qp/rvt_qp_error rvt_qp/rvt_qp_event
traces cq/overflow rvt_cq/rvt_cq_overflow
traces retry/rnr_endless/ab rvt_qp/rvt_rnrnak_add rvt_qp/rvt_rnrnak_timeout rvt_qp/rvt_get_rwqe
traces srq/limit rvt_qp/rvt_srq_limit rvt_qp/rvt_get_rwqe

say "and over packets, what came of it"
set_loopback rvt0 0
traces basic/sig_all rvt_roce/rvt_roce_tx rvt_roce/rvt_roce_rx
traces retry/silent rvt_rc/rvt_rc_timeout rvt_roce/rvt_roce_retry rvt_roce/rvt_roce_rx_drop
traces retry/rnr_once rvt_roce/rvt_roce_sent_nak rvt_roce/rvt_roce_rcvd_nak
traces protection/rkey rvt_roce/rvt_roce_sent_nak rvt_roce/rvt_roce_rcvd_nak rvt_qp/rvt_qp_event
