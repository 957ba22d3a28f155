#!/bin/bash
# what: RDS on a kernel whose IPv6 is switched off: IPv4 works, and an address that cannot be is an error
# kernels: uml-kasan uml-leak
# timeout: 120
# append: ipv6.disable=1
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

[ ! -e /proc/net/if_inet6 ] || fail "this kernel has IPv6"
load_suite rvt_roce rds rds_rdma
check ip link add d0 type dummy
defer "ip link delete d0"
check ip addr add 10.7.0.1/24 dev d0
check ip addr add 10.7.0.2/24 dev d0
check ip link set dev d0 up
add_link rvt0 d0
two_addresses
check rdst 10.7.0.1 10.7.0.2 sockets rdma/info rdma/transport

say "addresses of IPv6"
check rdst 10.7.0.1 fd07::2 rdma-no-ipv6
