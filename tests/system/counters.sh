#!/bin/bash
# what: counters of the port and of single queue pairs, rdma resource -dd, and the list of queue pairs in debugfs
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "about our counters"

# grew NAME BY COMMAND... - the counter of rvt0 grows by just so much
grew() {
	local name=$1 by=$2 before now
	before=$(counter rvt0 "$name")
	"${@:3}"
	now=$(counter rvt0 "$name")
	[ $((now - before)) -eq "$by" ] || fail "$name grew by $((now - before)), not $by"
}

pingpong() { run_pair "ibv_$1_pingpong -e -d rvt0 -g $gid -s $2 -n 50" "ibv_$1_pingpong -e -d rvt0 -g $gid -s $2 -n 50 127.0.0.1"; }

# statistic_of COUNTER - its value in $OUTPUT
statistic_of() { sed -E "s/.*\b$1 ([0-9]+)\b.*/\1/" <<< "${OUTPUT//$'\n'/ }"; }

load_suite
make_netns there
make_veth_pair v0 v1 there
add_link rvt0 v0
add_link rvt1 v1 there
gid=$(gid_index rvt0 10.7.0.1)

say "the short cut is counted exactly, in messages and bytes"
grew loopback_pkts 100 pingpong rc 3000
grew loopback_bytes 300000 pingpong rc 3000
grew loopback_bytes 100000 pingpong ud 1000
grew sent_pkts 0 pingpong uc 3000

say "and so are packets"
set_loopback rvt0 0
grew sent_pkts 300 pingpong uc 3000	# at an MTU of 1024
grew loopback_pkts 0 pingpong uc 3000
grew sent_super_pkts 100 pingpong uc 3000
grew sent_super_pkts 0 pingpong uc 1024
check ethtool -K lo gso off	# the way to an own address
grew sent_super_pkts 0 pingpong uc 3000
check ethtool -K lo gso on
grew sent_bytes $((100 * (12 + 1024 + 4))) pingpong uc 1024

say "a slow link is waited for, and drops nothing"
start slow ip netns exec there vt serve -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/slow.log" 20
stalls=$(counter rvt0 tx_stalls)
check ethtool -K v0 gso off	# a packet each
check tc qdisc add dev v0 root tbf rate 8mbit burst 8kb limit 4mb
check vt stream -d rvt0 -a 10.7.0.1 -H 10.7.0.2 -t 18 -s 16384 -n 30 -T 3 send
check tc -s qdisc show dev v0
expect_output "dropped 0"
check tc qdisc del dev v0 root
check ethtool -K v0 gso on
[ "$(counter rvt0 tx_stalls)" -gt "$stalls" ] || fail "there was no need to wait"
stop slow

say "a counter for each type of queue pair, made by itself"
check rdma statistic qp set link rvt0/1 auto type on
grew sent_pkts 300 pingpong uc 3000	# the total has those that are gone
check rdma statistic qp set link rvt0/1 auto off

say "what every InfiniBand port has"
same() { [ "$(cat /sys/class/infiniband/rvt0/ports/1/counters/"$1")" -eq $(($(counter rvt0 "$2") / $3)) ] || fail "$1 is not $2 / $3"; }
same port_xmit_packets sent_pkts 1
same port_rcv_packets rcvd_pkts 1
same port_xmit_data sent_bytes 4
same port_rcv_data rcvd_bytes 4
same link_downed link_downed 1

say "a counter for one queue pair"
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20
start stream vt stream -d rvt0 -a 10.7.0.1 -H 10.7.0.2 -T 60 write
wait_for "rdma resource show qp link rvt0/1 | grep 'type RC state RTS.*comm vt'" 20
qpn=$(rdma resource show qp link rvt0/1 | sed -nE 's/.*lqpn ([0-9]+) .*type RC .*comm vt.*/\1/p' | head -n 1)
check rdma statistic qp bind link rvt0/1 lqpn "$qpn"
# shellcheck disable=SC2016 # for wait_for
wait_for 'OUTPUT=$(rdma statistic qp show link rvt0/1) && [ "$(statistic_of sent_pkts)" -gt 50 ]' 60
check rdma statistic qp show link rvt0/1
expect_output "sent_pkts [1-9]"
cntn=$(statistic_of cntn)
[ "$(statistic_of sent_bytes)" -gt "$(statistic_of rcvd_bytes)" ] || fail "a WRITE is mostly sent"
[ "$(counter rvt0 sent_pkts)" -ge "$(statistic_of sent_pkts)" ] || fail "the total has less"
check rdma statistic qp unbind link rvt0/1 cntn "$cntn" lqpn "$qpn"

say "what rdma resource tells"
check rdma -dd resource show qp link rvt0/1 lqpn "$qpn"
expect_output "sq_posted [0-9]+"
expect_output "window_psns 128"
expect_output "retries_left 7"
check rdma -dd resource show cq
expect_output "cqes_waiting [0-9]+"
check rdma -dd resource show mr
expect_output "iova 0x[0-9a-f]+ .*access 0x"

say "the list of queue pairs"
mountpoint -q /sys/kernel/debug || check mount -t debugfs none /sys/kernel/debug
check cat /sys/kernel/debug/rvt_roce/rvt0/qps
expect_output "^0x000001 GSI RTS "
expect_output "$(printf '^0x%06x RC RTS .*::ffff:10.7.0.2 .* expected 0x' "$qpn")"
for _ in {1..20}; do cat /sys/kernel/debug/rvt_roce/rvt*/qps; done > "$WORK/lists"
stop stream
stop serve
exec 8< /sys/kernel/debug/rvt_roce/rvt0/qps
delete_link rvt0
! cat <&8 2> /dev/null || fail "the list outlives its device"
exec 8<&-
[ ! -e /sys/kernel/debug/rvt_roce/rvt0 ] || fail "the directory outlives its device"
