#!/bin/bash
# what: RDS and name spaces that are deleted under verified traffic, with sockets open in them or not, and made again
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

load_suite rvt_roce rds rds_rdma

peers() {
	check ip netns add there
	check ip -n there link set lo up
	make_veth_pair v0 v1 there
	add_link rvt0 v0
	add_link rvt1 v1 there
	peer_traffic -q 5000 -d 4 -t 2 -D 8192
}

# ends NAME... - and whatever they have started
ends() {
	local name variable
	for name in "$@"; do
		variable=pid_$name
		pkill -9 -P "${!variable}" || :
		kill -9 "${!variable}" 2> /dev/null || :
		stop "$name"
	done
}

# The device goes with its interface, and that with the name space.
gone() { ! rdma link show rvt1/1 > /dev/null 2>&1; }

say "its name goes first: the sockets keep it"
peers
defer "! [ -e /run/netns/there ] || ip netns delete there"
check ip netns delete there
flows
end_traffic
wait_for gone 60

say "its processes are killed, and it goes at once"
peers
ends passive
check ip netns delete there
wait_for gone 60
ends active

say "as good as new"
peers
end_traffic
check ip netns delete there
wait_for gone 60
