#!/bin/bash
# what: RDS while modules go and come back under verified traffic, and with a peer that starts again and knows nothing
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

load_suite rvt_roce rds rds_rdma
make_netns there
make_veth_pair v0 v1 there
add_both() {
	add_link rvt0 v0
	add_link rvt1 v1 there
}
add_both

left_there() { ip netns exec there rds-info -n | grep infiniband; }

say "what sockets use cannot be unloaded"
peer_traffic -q 5000 -d 4 -t 2
expect_fail modprobe -r rds_rdma
expect_fail rmmod rds
say "the provider can, and comes back"
check modprobe -r rvt_roce
check modprobe rvt_roce
add_both
flows
end_traffic

say "a peer that starts again: our sequences go on, its begin at 1"
for _ in 1 2; do
	wait_for "! left_there" 20
	before=$(sent_so_far)
	[ "$before" -gt 1 ] || fail "this end has started again as well: $before"
	peer_traffic -q 3000 -d 4
	end_traffic
done

say "a peer that is killed in the middle, and messages that wait for its return"
peer_traffic -q 3000 -d 4
kill -9 "$pid_passive"
stop passive
stop active
wait_for "! left_there" 20
start waiting rds-ping -c 1 -i 60 -I 10.7.0.1 10.7.0.2
pause 1
start holder ip netns exec there rds-ping -i 1 -I 10.7.0.2 10.7.0.1
finish waiting
stop holder

say "unloaded with connections that are up, and loaded again"
peer_traffic -q 3000 -d 4
end_traffic
check rmmod rds_rdma
check rds-info -n
! grep infiniband <<< "$OUTPUT" || fail "connections without a transport"
check modprobe rds_rdma
peer_traffic -q 3000 -d 4
end_traffic
