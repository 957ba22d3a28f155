#!/bin/bash
# what: stock rds and rds_rdma over our provider: verified messages and RDMA
# kernels: uml
# timeout: 180
#
# Without lock checkers, which object to the stock modules; and those go before
# the device, because they free its regions after they have let it go.
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

stock=/lib/modules/$(uname -r)/kernel/net/rds
[ -e "$stock/rds.ko" ] || skip "this kernel has no rds of its own"
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
load_suite rvt_roce
add_link link0 d0
check insmod "$stock/rds.ko"
defer "rmmod rds"
check insmod "$stock/rds_rdma.ko"
defer "rmmod rds_rdma"
two_addresses
