#!/bin/bash
# what: connections and datagrams over VLAN, bridge, macvlan and bond; a bond fails over under traffic
# kernels: uml-kasan
# timeout: 200
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 works in the initial namespace only"

# talk WHAT - from rvt0 to rvt1 in the other namespace
talk() {
	say "$1"
	wait_for "gid_index rvt0 10.7.0.1 && gid_index rvt1 10.7.0.2" 20
	start server ip netns exec there vt serve -1 -d rvt1 -a 10.7.0.2
	wait_for "grep -q serving $WORK/server.log" 20
	check vt run -d rvt0 -a 10.7.0.1 -H 10.7.0.2 'rc/*/64k/*' 'uc/write/64k/ab' 'ud/send/mtu/*' \
		'basic/order/ab'
	expect_output ' 0 failed'
	finish server
	[ "$(counter rvt0 icrc_errors)" -eq 0 ] || fail "something changes packets"
}

pair() { check ip link add "$1" type veth peer name "$2" netns there; }
up() { check ip link set dev "$1" up; }
there() { check ip -n there "$@"; }

load_suite
make_netns there

pair p0 p1
up p0
there link set p1 up
check ip link add link p0 name p0.5 type vlan id 5
there link add link p1 name p1.5 type vlan id 5
set_up p0.5 10.7.0.1/24 fd07::1/64
set_up p1.5 10.7.0.2/24 fd07::2/64 there
add_link rvt0 p0
add_link rvt1 p1 there
talk "VLAN"
check ip link delete dev p0.5
there link delete p1.5
check ip link add link p0 name p0.5 type vlan id 5 reorder_hdr off
there link add link p1 name p1.5 type vlan id 5 reorder_hdr off
set_up p0.5 10.7.0.1/24 fd07::1/64
set_up p1.5 10.7.0.2/24 fd07::2/64 there
talk "VLAN whose tag is part of what is received"
check ip link delete dev p0
wait_for "! rdma link show rvt0/1 && ! rdma link show rvt1/1"

pair p0 p1
check ip link add br0 type bridge
check ip link set dev p0 master br0
up p0
set_up br0 10.7.0.1/24 fd07::1/64
set_up p1 10.7.0.2/24 fd07::2/64 there
add_link rvt0 br0
add_link rvt1 p1 there
talk "bridge"
check ip link delete dev br0
wait_for "! rdma link show rvt0/1"

check ip link add mv0 link p0 type macvlan mode bridge
set_up mv0 10.7.0.1/24 fd07::1/64
add_link rvt0 mv0
talk "macvlan"
check ip link delete dev mv0
check ip link delete dev p0
wait_for "! rdma link show rvt0/1 && ! rdma link show rvt1/1"

pair p0 p1
pair q0 q1
check ip link add bond7 type bond mode active-backup miimon 50
check ip link set dev p0 master bond7
check ip link set dev q0 master bond7
expect_fail rdma link add rvt0 type rvt netdev p0
expect_output '^error: Device or resource busy$'
there link add br1 type bridge
there link set dev p1 master br1
there link set dev q1 master br1
there link set p1 up
there link set q1 up
set_up bond7 10.7.0.1/24 fd07::1/64
set_up br1 10.7.0.2/24 fd07::2/64 there
add_link rvt0 bond7
add_link rvt1 br1 there
talk "bond"
start serve ip netns exec there vt serve -1 -d rvt1 -a 10.7.0.2
wait_for "grep -q serving $WORK/serve.log" 20
start stream vt stream -d rvt0 -a 10.7.0.1 -H 10.7.0.2 -t 17 -T 6 write
sleep 2
check ip link set dev p0 down
sleep 1
up p0
check ip link set dev q0 down
finish stream
finish serve
check ip link delete dev bond7
wait_for "! rdma link show rvt0/1"
check ip link delete dev p0
check ip link delete dev q0
