#!/bin/bash
# what: RDS between two network namespaces over rvt_roce: verified messages and RDMA, pings, lists, name spaces apart
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma
make_netns there
make_veth_pair v0 v1 there 7 9000
add_link rvt0 v0
add_link rvt1 v1 there

# stress ACTIVE-OPTION... - the passive side in the other name space
stress() {
	start stress ip netns exec there rds-stress -r "$far" -p 4000
	wait_for "listening stress there" 20
	check timeout 100 rds-stress -r "$near" -s "$far" -p 4000 -z -v "$@"
	expect_output 'active: [1-9][0-9]* messages'
	finish stress
}

# A name space takes part as long as it has a socket: its connections go two
# seconds after that, which may be sooner than one looks at them.
hold() {
	start holder ip netns exec there rds-ping -i 1 -I "$far" "$near"
	check rds-ping -c 3 -i 2 -I "$near" "$far"
}

for pair in "10.7.0.1 10.7.0.2" "fd07::1 fd07::2"; do
	read -r near far <<< "$pair"
	hold
	stop holder
	stress -q 1024 -d 4 -t 2 -T 1
	stress -q 100000 -a 50000 -d 2 -T 1
	stress -q 256 -D 65536 -d 2 -T 1
	expect_output '[1-9][0-9]* bytes of RDMA'
	stress -q 256 -D 1M -d 2 -T 1 --rdma-use-get-mr 1
done

near=10.7.0.1 far=10.7.0.2
hold
check rds-info
expect_output '10.7.0.1 +10.7.0.2 .*C infiniband'
check rds-info -a -n
expect_output 'fd07::1 +fd07::2 .*C infiniband'
check ip netns exec there rds-info -n
expect_output '10.7.0.2 +10.7.0.1 .*C infiniband'

say "and without sockets, nothing is left there"
stop holder
no_conns() { ! ip netns exec there rds-info -n | grep infiniband; }
wait_for no_conns 20
