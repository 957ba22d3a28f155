#!/bin/bash
# what: each mishap of a connection, a datagram or the network moves the counter of its name
# kernels: uml-kasan
# timeout: 240
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "about our counters"

# moves CASE COUNTER... - each of these counters of rvt0 or rvt1
moves() {
	local case=$1 name
	local -A before
	shift
	for name; do before[$name]=$(both "$name"); done
	check vt run -d rvt0 -a 10.7.0.1 -H 10.8.0.2 -t 8 "$case"
	expect_output ' 0 failed'
	for name; do
		[ "$(both "$name")" -gt "${before[$name]}" ] || fail "$case does not move $name"
	done
}

both() { echo $(($(counter rvt0 "$1") + $(counter rvt1 "$1"))); }

# under OPERATION COMMAND COUNTER... - each of these moves while a stream suffers from COMMAND
under() {
	local command=$2 name
	local -A before
	start stream vt stream -b -t 12 -d rvt0 -a $address -H 10.8.0.2 -p $port -T 20 "$1"
	wait_for "rdma resource show qp link rvt0/1 | grep 'type RC state RTS.*comm vt'" 20
	for name in "${@:3}"; do before[$name]=$(both "$name"); done
	eval "check $command"
	for name in "${@:3}"; do
		wait_for "[ \$(both $name) -gt ${before[$name]} ]" 20
		say "$name: $(($(both "$name") - before[$name]))"
	done
	stop stream
}

load_suite
make_netns there
make_veth_pair v0 v1 there
make_veth_pair c0 c1 there 8	# the control connection
add_link rvt0 v0
add_link rvt1 v1 there
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2
start serve6 ip netns exec there vt serve -d rvt1 -a fd07::2 -p 18516
wait_for "grep -q serving $WORK/serve.log && grep -q serving $WORK/serve6.log" 20
address=10.7.0.1 port=18515

say "receivers and connections"
moves retry/rnr_once send_rnr_err rcvd_rnr_err sent_acks
moves retry/rnr_none retry_rnr_exceeded_err
moves retry/silent ack_timeout completer_retry_err retry_exceeded_err drop_no_qp
moves ud/no_receive drop_no_recv
moves ud/small_receive drop_too_long
moves ud/qkey drop_qkey

say "the network"
under write true ack_deferred
under write "netem v0 limit 1000 loss 5%" send_seq_err rcvd_seq_err out_of_seq_request completer_retry_err
under read "ip netns exec there tc qdisc add dev v1 root netem limit 1000 loss 5%" implied_nak
check ip netns exec there tc qdisc del dev v1 root
under write "netem v0 limit 1000 duplicate 20%" duplicate_request
under write "netem v0 limit 2 delay 20ms" send_err
netem v0 off
under write "ip route add 10.7.0.2 dev v0 mtu 700" drop_tx_mtu
check ip route delete 10.7.0.2
# in IPv4 the interface would do without a route
address=fd07::1 port=18516
under write "ip -6 route add blackhole fd07::2" drop_tx_route

say "a packet for an address without a device"
check ip netns exec there ip addr add 10.7.0.9/32 dev lo
count=$(counter rvt1 drop_no_device)
check python3 "$SUITE/tests/system/raw_roce.py" 10.7.0.1 10.7.0.9 one no_qp 7
wait_for "[ \$(counter rvt1 drop_no_device) -eq $((count + 7)) ]"

say "the link"
count=$(counter rvt0 link_downed)
check ip link set dev v0 down
wait_for "[ \$(counter rvt0 link_downed) -eq $((count + 1)) ]"
