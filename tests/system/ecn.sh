#!/bin/bash
# what: congestion marks are answered with CNPs, and slow the sender down; without ECT nobody hears of it
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe knows no ECN"

# write_with TCLASS - WRITEs to the other namespace
write_with() {
	start server bash -c "exec ip netns exec there ib_write_bw -d rvt1 -x $there -F -n 300 -s 65536 --tclass=$1"
	wait_for "listening server there" 20
	check ib_write_bw -d rvt0 -x "$here" -F -n 300 -s 65536 --tclass="$1" 10.7.0.2
	finish server
}

# read_with TCLASS - READs from the other namespace
read_with() {
	start server bash -c "exec ip netns exec there ib_read_bw -d rvt1 -x $there -F -n 300 -s 16384 --tclass=$1"
	wait_for "listening server there" 20
	check ib_read_bw -d rvt0 -x "$here" -F -n 300 -s 16384 --tclass="$1" 10.7.0.2
	finish server
}

load_suite
make_netns there
make_veth_pair v0 v1 there
make_veth_pair c0 c1 there 8	# what is marked must not be the control connection
add_link rvt0 v0
add_link rvt1 v1 there
here=$(gid_index rvt0 10.7.0.1)
there=$(gid_index rvt1 10.7.0.2)

say "a queue that marks instead of dropping, and a sender that asks for it"
netem v0 limit 100000 loss 5% ecn
write_with 2
marked=$(counter rvt1 rcvd_ecn_marked)
sent=$(counter rvt1 sent_cnp)
[ "$marked" -gt 10 ] || fail "only $marked packets were marked"
[ "$sent" -gt 0 ] || fail "no notification was sent"
[ "$sent" -le "$marked" ] || fail "more notifications than marks"
[ "$(counter rvt0 rcvd_cnp)" -eq "$sent" ] || fail "notifications were lost"
# a slow machine may time out, which only makes duplicates
[ "$(counter rvt1 out_of_seq_request)" -eq 0 ] || fail "packets were lost"
[ "$(counter rvt0 icrc_errors)" -eq 0 ] || fail "the ICRC of a CNP is wrong"

say "one that does not: packets are dropped, and that is that"
write_with 0
[ "$(counter rvt1 rcvd_ecn_marked)" -eq "$marked" ] || fail "somebody set ECT"
[ "$(counter rvt1 sent_cnp)" -eq "$sent" ] || fail "a notification without a mark"
[ "$(counter rvt1 out_of_seq_request)" -gt 0 ] || fail "nothing was lost"

say "READs: the reader asks for less at a time"
netem v0 off
check ip netns exec there tc qdisc replace dev v1 root netem limit 100000 loss 5% ecn
tracing=/sys/kernel/tracing
echo > $tracing/trace
echo 1 > $tracing/events/rvt_roce/rvt_roce_window_cut/enable
marked=$(counter rvt0 rcvd_ecn_marked)
read_with 2
[ "$(counter rvt0 rcvd_ecn_marked)" -gt $((marked + 10)) ] || fail "hardly a response was marked"
echo 0 > $tracing/events/rvt_roce/rvt_roce_window_cut/enable
grep -q ' rvt_roce_window_cut: \[rvt0\] .* window 64' $tracing/trace || fail "the window of the reader was not cut"

say "READ requests that are marked slow nobody but the reader"
check ip netns exec there tc qdisc del dev v1 root
netem v0 limit 100000 loss 5% ecn
echo > $tracing/trace
echo 1 > $tracing/events/rvt_roce/rvt_roce_window_cut/enable
marked=$(counter rvt1 rcvd_ecn_marked)
read_with 2
[ "$(counter rvt1 rcvd_ecn_marked)" -gt "$marked" ] || fail "no request was marked"
echo 0 > $tracing/events/rvt_roce/rvt_roce_window_cut/enable
grep -q ' rvt_roce_window_cut: \[rvt0\]' $tracing/trace || fail "the reader did not hear of it"
! grep ' rvt_roce_window_cut: \[rvt1\]' $tracing/trace || fail "the window of who answers was cut"
