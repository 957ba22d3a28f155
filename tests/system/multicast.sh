#!/bin/bash
# what: multicast through a bridge that forwards to members only: groups are joined with IGMP and MLD, and left
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 joins no IP groups"

# The namespace "between" has the bridge with three ports: near leads to rvt0, far to
# rvt1, other to an interface that is in no group.
between() { check ip -n between "$@"; }

# members GROUP PORT... - these ports and no others have asked for it
members() {
	local ports
	ports=$(bridge -n between mdb show dev br0 | sed -nE "s/.* port ([a-z]+) grp $1 .*/\1/p" |
		sort | tr '\n' ' ')
	[ "$ports" = "${*:2}${2:+ }" ]
}

received() { cat /sys/class/net/o0/statistics/rx_packets; }

# datagrams GROUP NEAR FAR - 100 of them, from near to both
datagrams() {
	local group=$1 before
	local -a command=(mckey -m "$1" -C 100 -S 500)
	say "$group"
	start near "${command[@]}" -b "$2"
	wait_for "members $group near" 20
	start far ip netns exec there "${command[@]}" -b "$3"
	wait_for "members $group far near" 20
	before=$(received)
	check "${command[@]}" -s -b "$2"
	expect_output "data transfers complete"
	finish near
	finish far
	[ $(($(received) - before)) -lt 50 ] || fail "the bridge forwards to who is no member"
	wait_for "members $group" 20
}

attach() {
	between link set "$1" master br0
	between link set "$1" type bridge_slave mcast_fast_leave on
	between link set "$1" up
}

load_suite
make_netns there
make_netns between
between link add br0 type bridge mcast_query_response_interval 50 mcast_last_member_interval 20
check ip netns exec between sysctl -qw net.ipv6.conf.br0.accept_dad=0
between link set br0 up
between link set br0 type bridge mcast_querier 1
check ip link add v0 type veth peer name near netns between
check ip link add o0 type veth peer name other netns between
check ip -n there link add v1 type veth peer name far netns between
for port in near far other; do attach $port; done
set_up v0 10.7.0.1/24 fd07::1/64
set_up v1 10.7.0.2/24 fd07::2/64 there
check ip link set o0 up
add_link rvt0 v0
add_link rvt1 v1 there
wait_for "gid_index rvt0 fd07::1 && gid_index rvt1 fd07::2"
datagrams 239.7.5.1 10.7.0.1 10.7.0.2

say "payload, and who gets what; not by membership, which takes a moment"
for port in near far; do between link set $port type bridge_slave mcast_router 2; done
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2
start serve6 ip netns exec there vt serve -d rvt1 -a fd07::2 -p 18516
wait_for "grep -q serving $WORK/serve.log && grep -q serving $WORK/serve6.log" 20
check vt run -d rvt0 -a 10.7.0.1 -H 10.7.0.2 'ud/multicast/*'
expect_output ' 0 failed'
start monitor stdbuf -oL bridge -n between monitor mdb
check vt run -d rvt0 -a fd07::1 -H 10.7.0.2 -p 18516 'ud/multicast/*'
expect_output ' 0 failed'
# the connection manager knows no IPv6 groups, so this has to do
for port in near far; do
	wait_for "grep -q '^dev br0 port $port grp ff0e::1205:f00 ' $WORK/monitor.log" 20
	wait_for "grep -qi '^deleted dev br0 port $port grp ff0e::1205:f00 ' $WORK/monitor.log" 20
done
