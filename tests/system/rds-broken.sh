#!/bin/bash
# what: RDS under loss, duplication and corruption, with links that go down, or are deleted and made again: nothing lost, nothing twice
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

load_suite rvt_roce rds rds_rdma
make_netns there
make_veth_pair v0 v1 there
add_link rvt0 v0
add_link rvt1 v1 there

counter_of() { rds-info -c | awk -v name="$1" '$1 == name { print $2 }'; }

say "a network that loses, repeats and damages"
netem v0 limit 10000 loss 2% duplicate 2% corrupt 0.5%
peer_traffic -q 5000 -d 4 -t 2
flows 200
end_traffic
netem v0 off

say "a link that goes down for a while"
peer_traffic -q 5000 -d 4
check ip link set dev v0 down
pause 3
check ip link set dev v0 up
flows

say "a device that is deleted, and made again, on each side"
before=$(counter_of conn_reset)
delete_link rvt1
add_link rvt1 v1 there
flows
delete_link rvt0
add_link rvt0 v0
flows
after=$(counter_of conn_reset)
[ "$after" -gt $((before + 1)) ] || fail "not reset twice: $before, $after"
end_traffic
