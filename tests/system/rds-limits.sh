#!/bin/bash
# what: RDS: what users without privileges, and peers, can make it take: connections, memory to receive, congestion maps
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
add_link rvt0 d0
setting() { check sysctl -q "net.rds.$1"; }
as_user() { setpriv --reuid "$1" --clear-groups --inh-caps=-all --bounding-set=-all "${@:2}"; }

say "memory to receive with, for the two ends of one connection"
setting ib.max_recv_allocation=1500
check rds-ping -c 2 -i 2 -I 10.7.0.1 10.7.0.2
mark_log
expect_fail timeout 20 rds-ping -c 3 -i 1 -Q 7 -I 10.7.0.1 10.7.0.2
log_has "no memory for a connection: see net.rds.ib.max_recv_allocation" || fail "no advice in the log"
say "the other goes on, and this one comes when there is more"
check rds-ping -c 2 -i 2 -I 10.7.0.1 10.7.0.2
setting ib.max_recv_allocation=80000
check rds-ping -c 4 -i 2 -Q 7 -I 10.7.0.1 10.7.0.2

say "what peers ask for"
setting max_peer_connections=2
mark_log
expect_fail timeout 20 rds-ping -c 3 -i 1 -Q 9 -I 10.7.0.1 10.7.0.2
log_has "raised" || fail "no advice in the log"
setting max_peer_connections=1000
check rds-ping -c 4 -i 2 -Q 9 -I 10.7.0.1 10.7.0.2
say "the other end of a connection with itself is there already"
check rds-ping -c 2 -i 2 -I 10.7.0.1 10.7.0.1
setting max_peer_connections=1
check rdma link delete rvt0
add_link rvt0 d0
check rds-ping -c 5 -i 2 -I 10.7.0.1 10.7.0.1
setting max_peer_connections=1000

say "what users cause, each for itself; whoever may administer networks has no limit"
setting max_user_connections=5
check as_user 65534 rdst 10.7.0.1 10.7.0.2 rdma-limits/connections
check as_user 65533 rdst 10.7.0.1 10.7.0.2 rdma-limits/connections
check rdst 10.7.0.1 10.7.0.2 rdma-limits/unlimited

say "memory under operations and regions, as far as RLIMIT_MEMLOCK allows"
setting max_user_connections=1000
check as_user 65532 rdst 10.7.0.1 10.7.0.99 rdma-locked

say "one address after another: 10000 maps would be 160 MiB"
free_kib() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; }
before=$(free_kib)
check as_user 65534 rdst 10.7.0.1 10.7.0.2 rdma-limits/addresses
after=$(free_kib)
[ $((before - after)) -lt 80000 ] || fail "$before KiB were available, and now $after"
