#!/bin/bash
# what: RDS while modules go and come back under verified traffic, and with a peer that starts again and knows nothing
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma
make_netns there
make_veth_pair v0 v1 there
add_both() {
	add_link rvt0 v0
	add_link rvt1 v1 there
}
add_both

# traffic SECONDS OPTION... - in the background
traffic() {
	start passive ip netns exec there rds-stress -z -r 10.7.0.2
	wait_for "listening passive there" 20
	start active rds-stress -r 10.7.0.1 -s 10.7.0.2 -v -z -T "$@"
	wait_for connected 30
}
connected() { rds-info -n | grep -q '10.7.0.1 *10.7.0.2 .*C infiniband'; }
left_there() { ip netns exec there rds-info -n | grep -q infiniband; }
next_tx() { rds-info -n | awk '$1 == "10.7.0.1" && $2 == "10.7.0.2" { print $4 }'; }

say "what sockets use cannot be unloaded"
traffic 14 -q 5000 -d 4 -t 2
expect_fail modprobe -r rds_rdma
expect_fail rmmod rds
say "the provider can, and comes back"
check modprobe -r rvt_roce
pause 2
check modprobe rvt_roce
add_both
finish active
finish passive
say "$(cat "$WORK/active.log")"

say "a peer that starts again: our sequences go on, its begin at 1"
for _ in 1 2 3; do
	wait_for "! left_there" 20
	before=$(next_tx)
	[ "$before" -gt 1 ] || fail "this end has started again as well: $before"
	traffic 3 -q 3000 -d 4
	finish active
	finish passive
	[ "$(next_tx)" -gt "$before" ] || fail "nothing was sent: $before, $(next_tx)"
done

say "a peer that is killed in the middle, and messages that wait for its return"
traffic 30 -q 3000 -d 4
pause 1
kill -9 "$pid_passive"
stop passive
stop active
wait_for "! left_there" 20
start waiting rds-ping -c 1 -i 60 -I 10.7.0.1 10.7.0.2
pause 3
start holder ip netns exec there rds-ping -i 1 -I 10.7.0.2 10.7.0.1
finish waiting
stop holder

say "unloaded with connections that are up, and loaded again"
traffic 3 -q 3000 -d 4
finish active
finish passive
check rmmod rds_rdma
check rds-info -n
! grep infiniband <<< "$OUTPUT" || fail "connections without a transport"
check modprobe rds_rdma
traffic 3 -q 3000 -d 4
finish active
finish passive
