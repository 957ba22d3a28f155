#!/bin/bash
# what: RDS and name spaces that are deleted under verified traffic, with sockets open in them or not, and made again
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma

peers() {
	check ip netns add there
	check ip -n there link set lo up
	make_veth_pair v0 v1 there
	add_link rvt0 v0
	add_link rvt1 v1 there
}

# traffic SECONDS - in the background
traffic() {
	start passive ip netns exec there rds-stress -z -r 10.7.0.2
	wait_for "listening passive there" 20
	start active rds-stress -r 10.7.0.1 -s 10.7.0.2 -v -z -T "$1" -q 5000 -d 4 -t 2 -D 8192
	wait_for "rds-info -n | grep -q '10.7.0.1 *10.7.0.2 .*C infiniband'" 30
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
traffic 8
pause 2
check ip netns delete there
finish active
finish passive
wait_for gone 60

say "its processes are killed, and it goes at once"
peers
traffic 60
pause 2
ends passive
check ip netns delete there
wait_for gone 60
ends active

say "as good as new"
peers
traffic 3
finish active
finish passive
check ip netns delete there
wait_for gone 60
