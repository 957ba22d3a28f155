#!/bin/bash
# what: super-packets that a router on this host puts into a tunnel, and that are parted behind it
# kernels: uml-kasan stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe sends no super-packets"

left() { check ip -n left "$@"; }
right() { check ip -n right "$@"; }

# In namespaces: (rvt0) - left = tunnel = right - there (rvt1)
load_suite
make_netns left
make_netns right
make_netns there
check ip link add p0 type veth peer name p1 netns left
defer "ip link delete dev p0"
left link add q0 type veth peer name q1 netns right
right link add r1 type veth peer name r0 netns there
set_up p0 10.7.0.1/24 fd07::1/64
set_up p1 10.7.0.2/24 fd07::2/64 left
set_up q0 10.9.0.1/24 fd09::1/64 left
set_up q1 10.9.0.2/24 fd09::2/64 right
set_up r1 10.8.0.2/24 fd08::2/64 right
set_up r0 10.8.0.1/24 fd08::1/64 there
for netns in left right; do
	check ip netns exec $netns sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
check ip route add 10.8.0.0/24 via 10.7.0.2
check ip route add fd08::/64 via fd07::2
check ip -n there route add 10.7.0.0/24 via 10.8.0.2
check ip -n there route add fd07::/64 via fd08::2
# here the tunnel ends up, and super-packets have to be parted
check ip netns exec left ethtool -K q0 tx-gso-list off
check ip netns exec right ethtool -K q1 tx-gso-list off
wait_for "netdev_up p0"
add_link rvt0 p0
add_link rvt1 r0 there

# talk FROM TO - from rvt0 to rvt1
talk() {
	local before
	before=$(counter rvt0 sent_super_pkts)
	wait_for "gid_index rvt0 $1 && gid_index rvt1 $2" 20
	start server ip netns exec there vt serve -1 -d rvt1 -a "$2"
	wait_for "grep -q serving $WORK/server.log" 20
	check vt run -d rvt0 -a "$1" -H "$2" 'rc/write/64k/*' 'rc/read/64k/ab' 'uc/write/64k/ab'
	expect_output ' 0 failed'
	finish server
	[ "$(counter rvt0 sent_super_pkts)" -gt "$before" ] || fail "no super-packet was sent"
	[ "$(counter rvt1 icrc_errors)" -eq 0 ] || fail "something changes packets"
}

# through LEFT RIGHT TYPE [OPTION...] - by a tunnel between these addresses
through() {
	say "$*"
	run_quietly ip -n left link add t0 type "$3" local "$1" remote "$2" "${@:4}"
	[ $STATUS -eq 0 ] || { say "the kernel has none"; return; }
	right link add t1 type "$3" local "$2" remote "$1" "${@:4}"
	left link set t0 up
	right link set t1 up
	if [ "$3" = sit ]; then
		left route add fd08::/64 dev t0
		right route add fd07::/64 dev t1
		talk fd07::1 fd08::1
	else
		left addr add 10.6.0.1/24 dev t0
		right addr add 10.6.0.2/24 dev t1
		left route add 10.8.0.0/24 dev t0 via 10.6.0.2
		right route add 10.7.0.0/24 dev t1 via 10.6.0.1
		talk 10.7.0.1 10.8.0.1
	fi
	left link delete t0
	right link delete t1
}

through 10.9.0.1 10.9.0.2 sit
through 10.9.0.1 10.9.0.2 ipip
through 10.9.0.1 10.9.0.2 gre key 7 csum
through 10.9.0.1 10.9.0.2 vxlan id 7 dstport 4789
