#!/bin/bash
# what: AF_RDS sockets over our rds_rdma and rvt_roce: one address to itself, two addresses of a host, IPv4 and IPv6
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"

load_suite rvt_roce rds rds_rdma
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
ip addr add fd07::2/64 dev d0 nodad
add_link rvt0 d0

check rdst 10.7.0.1 10.7.0.2
say "RDMA and atomics"
check rdst 10.7.0.1 10.7.0.2 rdma/
say "reads of what is gone afterwards, in packets that take their time"
resets() { rds-info -c | awk '$1 == "conn_reset" { print $2 }'; }
delete_link rvt0	# a new connection, which does not take the short cut
add_link rvt0 d0
set_loopback rvt0 0
check rds-ping -c 2 -i 2 -I 10.7.0.1 10.7.0.2
check ethtool -K lo gso off	# many of them, which the sender has to wait for
netem lo limit 100000 rate 200mbit
before=$(resets)
check rdst 10.7.0.1 10.7.0.2 rdma/use-once
[ "$(resets)" -eq "$before" ] || fail "the connection was reset"
netem lo off
check ethtool -K lo gso on
delete_link rvt0
add_link rvt0 d0
say "what the stock modules refuse (see interop/rds), these grant"
start server rdst 10.7.0.2 10.7.0.1 rdma-server
wait_for "rds-info -k | grep ' 4999 '" 20
check rdst 10.7.0.1 10.7.0.2 rdma-granted-atomic rdma-end
finish server
say "messages to nobody: the send buffer, and what is cancelled"
check rdst 10.7.0.1 10.7.0.99 rdma-waiting
check rdst fd07::1 fd07::99 rdma-waiting/full
say "an address to itself"
check rdst 10.7.0.1 10.7.0.1 sockets/send-errors sockets/sizes sockets/lists traffic
say "IPv6"
check rdst fd07::1 fd07::2 sockets/sizes traffic rdma/info rdma/announced rdma/tos
