#!/bin/bash
# what: 100,000 random calls on RDS sockets over rds_rdma, 20,000 over the loopback transport, and 30,000 in which allocations fail
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma
check env CASES=20000 rdst 127.0.0.1 127.0.0.2 rdma-fuzz
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
add_link rvt0 d0
check rdst 10.7.0.1 10.7.0.2 rdma-fuzz
say "without memory"
if [ -w /proc/self/fail-nth ]; then
	faults_in_silence
	check env CASES=10000 rdst 127.0.0.1 127.0.0.2 rdma-faults
	check env CASES=20000 rdst 10.7.0.1 10.7.0.2 rdma-faults
	say "$OUTPUT"
fi
say "and it still works"
check rdst 10.7.0.1 10.7.0.2 traffic/in-order rdma/write
