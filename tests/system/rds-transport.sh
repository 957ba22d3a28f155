#!/bin/bash
# what: RDS over a third transport, of which rds knows nothing: sockets, verified messages and pings; it goes, and comes back
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"

load_suite rds
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
expect_fail rds-ping -c 1 -I 10.7.0.1 10.7.0.2
expect_output "Cannot assign requested address"

check modprobe rds_transport_test
defer "modprobe -r -q rds_transport_test"
check rdst 10.7.0.1 10.7.0.2
check rdst 10.7.0.1 10.7.0.1 traffic/in-order traffic/large
say "operations are for those who can"
check rdst 10.7.0.1 10.7.0.2 rdma-without
say "traffic, every byte checked"
start passive rds-stress -z -r 10.7.0.2
wait_for "listening passive" 20
check timeout 60 rds-stress -r 10.7.0.1 -s 10.7.0.2 -v -z -T 2 -q 20000 -d 4 -t 2 -c
expect_output 'active: [1-9][0-9]* messages.*, processors busy [1-9]'
finish passive
check rds-info -n
expect_output '10.7.0.1 +10.7.0.2 .*C test'
check rds-info -c
expect_output 'test_messages +[1-9]'
expect_fail rds-info -T
expect_output 'rds_tcp'

say "who uses it keeps it"
start server rdst 10.7.0.2 10.7.0.1 rdma-server
wait_for "rds-info -k | grep ' 4999 '" 20
expect_fail rmmod rds_transport_test
stop server
check modprobe -r rds_transport_test
expect_fail rds-ping -c 1 -I 10.7.0.1 10.7.0.2
check modprobe rds_transport_test
check rds-ping -c 2 -i 5 -I 10.7.0.1 10.7.0.2
