#!/bin/bash
# what: RDS: every sysctl and module parameter: its default, its range, and what it does
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"

rds_links() {
	make_dummy d0
	ip addr add 10.7.0.2/24 dev d0
	add_link rvt0 d0
}

load_suite rvt_roce rds rds_rdma
rds_links

# default NAME VALUE - of a sysctl
default() { check sysctl -n "net.rds.$1"; expect_output "^$2\$"; }
setting() { check sysctl -q "net.rds.$1"; }
refused() { expect_fail sysctl -q "net.rds.$1"; expect_output "Invalid argument"; }
counter_of() { rds-info -c | awk -v name="$1" '$1 == name { print $2 }'; }

# messages - of all sizes, verified
messages() { check rdst 10.7.0.1 10.7.0.2 traffic/in-order traffic/large; }

# connection TOS - make one, and use it
connection() { check rds-ping -c 2 -i 2 -Q "$1" -I 10.7.0.1 10.7.0.2; }

# shown TOS REGEX - what rds-info says of that connection
shown() {
	check rds-info -I
	grep -E "^ *10.7.0.1 +10.7.0.2 +$1 " <<< "$OUTPUT" | grep -E "$2" > /dev/null ||
		fail "connection $1 is not '$2':"$'\n'"$OUTPUT"
}

say "defaults and ranges"
default reconnect_max_delay_ms 1000
default max_unacked_packets 8
default max_unacked_bytes 16777216
default ping_enable 1
default ib.max_send_wr 256
default ib.max_recv_wr 1024
default ib.max_unsignaled_wr 16
default ib.flow_control 0
refused reconnect_min_delay_ms=0
refused reconnect_min_delay_ms=2000
setting reconnect_min_delay_ms=100
refused reconnect_max_delay_ms=50
setting reconnect_max_delay_ms=500
refused ib.max_send_wr=0
refused ib.max_recv_wr=0
refused ib.max_send_wr=4294967296
refused ib.max_unsignaled_wr=0
refused ib.max_unsignaled_wr=65

say "pings"
connection 0
setting ping_enable=0
before=$(counter_of recv_drop_no_sock)
expect_fail rds-ping -c 1 -i 2 -I 10.7.0.1 10.7.0.2
[ "$(counter_of recv_drop_no_sock)" -gt "$before" ] || fail "where has the ping gone?"
setting ping_enable=1
connection 0

say "requests to acknowledge"
# asked VALUE - how many of the messages of a case ask for it, if every VALUEth has to
asked() {
	local before=$1
	setting "max_unacked_packets=$1"
	before=$(counter_of send_ack_required)
	check rdst 10.7.0.1 10.7.0.2 traffic/many-readers
	echo $(($(counter_of send_ack_required) - before)) > "$WORK/asked"
}
asked 1
often=$(< "$WORK/asked")
asked 50
seldom=$(< "$WORK/asked")
[ "$often" -gt $((2 * seldom)) ] || fail "$often requests to acknowledge, and then $seldom"
setting max_unacked_packets=8

say "sizes of queues, for new connections, to the smallest"
setting ib.max_send_wr=20
setting ib.max_recv_wr=30
connection 1
shown 1 'send_wr=20 recv_wr=30 '
shown 0 'send_wr=256 recv_wr=1024 '
start passive rds-stress -z -r 10.7.0.2
wait_for "listening passive" 20
check sysctl -q net.rds.ib.max_send_wr=1 net.rds.ib.max_recv_wr=1
delete_link rvt0
add_link rvt0 d0
check timeout 60 rds-stress -r 10.7.0.1 -s 10.7.0.2 -q 20000 -d 2 -D 8192 -v -z -T 2
expect_output 'active: [1-9][0-9]* messages'
finish passive
shown 0 'send_wr=1 recv_wr=1 '

say "completions: of each, of few; credits"
for unsignaled in 1 64; do
	setting ib.max_unsignaled_wr=$unsignaled
	messages
done
setting ib.max_send_wr=256
setting ib.max_recv_wr=64
setting ib.flow_control=1
before=$(counter_of ib_tx_credit_updates)
delete_link rvt0
add_link rvt0 d0
messages
[ "$(counter_of ib_tx_credit_updates)" -gt "$before" ] || fail "no credits were given"
say "more receives than one frame can tell of"
setting ib.max_recv_wr=2048
delete_link rvt0
add_link rvt0 d0
check rdst 10.7.0.1 10.7.0.2 rdma-one-way
shown 0 'recv_wr=2048 '

say "module parameters"
check modprobe -r rds_rdma rds
check modprobe rds send_batch_count=0
check modprobe rds_rdma rds_ib_mr_1m_pool_size=5 rds_ib_mr_8k_pool_size=3 rds_ib_retry_count=100
messages
check rdst 10.7.0.1 10.7.0.2 rdma-limits/regions
