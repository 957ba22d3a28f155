#!/bin/bash
# what: traffic class, hop limit and flow label of a path are in the IP headers, and make the UDP source port
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 works in the initial namespace only"

# hoplimit HOPS - of the routes: the core puts that into all paths
hoplimit() {
	local netns dev=v0
	for netns in '' there; do
		check in_netns "$netns" ip route change 10.7.0.0/24 dev $dev hoplimit "$1"
		check in_netns "$netns" ip -6 route replace fd07::/64 dev $dev metric 1 hoplimit "$1"
		dev=v1
	done
}

# headers ADDRESS TCLASS HOPS FLOW - what is on the wire is what both ends asked for
headers() {
	local port=18515
	[[ $1 != *:* ]] || port=18516
	say "$*"
	hoplimit "$3"
	start watch ip netns exec there python3 "$SUITE/tests/system/watch_roce.py" v1 "${@:2}"
	wait_for "grep -q watching $WORK/watch.log" 20
	check vt run -d rvt0 -a "$1" -H 10.7.0.2 -p "$port" \
		-c "$2" -f "$4" \
		'rc/*/mtu+1/ab' 'uc/send/mtu+1/ab' 'ud/send/mtu/ab' 'basic/many_qps'
	expect_output ' 0 failed'
	kill "$pid_watch"
	finish watch
	say "$(< "$WORK/watch.log")"
}

load_suite
make_netns there
make_veth_pair v0 v1 there
add_link rvt0 v0
add_link rvt1 v1 there
start serve ip netns exec there vt serve -d rvt1 -a 10.7.0.2
start serve6 ip netns exec there vt serve -d rvt1 -a fd07::2 -p 18516
wait_for "grep -q serving $WORK/serve.log && grep -q serving $WORK/serve6.log" 20

# 0xb9 is DSCP 46, and ECN capable
headers 10.7.0.1 0xb9 7 0x12345
headers fd07::1 0xb9 7 0xfedcb
headers 10.7.0.1 0 255 0
[[ $(< "$WORK/watch.log") =~ RC:\ [0-9]+\ packets\ from\ ([0-9]+) ]]
[ "${BASH_REMATCH[1]}" -gt 8 ] || fail "all connections have the same port"
headers fd07::1 0x20 64 0
[ "$(counter rvt0 icrc_errors)" -eq 0 ] || fail "ICRC errors"
