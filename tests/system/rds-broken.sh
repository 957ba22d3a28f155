#!/bin/bash
# what: RDS under loss, duplication and corruption, with links that go down, or are deleted and made again: nothing lost, nothing twice
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma
make_netns there
make_veth_pair v0 v1 there
add_link rvt0 v0
add_link rvt1 v1 there

# traffic SECONDS OPTION... - in the background
traffic() {
	start passive ip netns exec there rds-stress -z -r 10.7.0.2
	wait_for "listening passive there" 20
	start active rds-stress -r 10.7.0.1 -s 10.7.0.2 -v -z -T "$@"
	wait_for "rds-info -n | grep -q '10.7.0.1 *10.7.0.2 .*C infiniband'" 30
}

survived() {
	finish active
	finish passive
	say "$(cat "$WORK/active.log")"
}

counter_of() { rds-info -c | awk -v name="$1" '$1 == name { print $2 }'; }

say "a network that loses, repeats and damages"
netem v0 limit 10000 loss 2% duplicate 2% corrupt 0.5%
traffic 8 -q 5000 -d 4 -t 2
survived
netem v0 off

say "a link that goes down for a while"
traffic 12 -q 5000 -d 4
pause 2
check ip link set dev v0 down
pause 4
check ip link set dev v0 up
survived

say "a device that is deleted, and made again, on each side"
before=$(counter_of conn_reset)
traffic 16 -q 5000 -d 4
pause 2
delete_link rvt1
pause 1
add_link rvt1 v1 there
pause 3
delete_link rvt0
pause 1
add_link rvt0 v0
survived
after=$(counter_of conn_reset)
[ "$after" -gt "$before" ] || fail "no connection was reset: $before, $after"
