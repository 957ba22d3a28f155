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

# moves -q BYTES OPTIONS... - at least 64 MiB, in messages or by RDMA
moves() {
	local bytes=0
	say "64 MiB: $*"
	while [ $bytes -lt $((64 << 20)) ]; do
		start stress rds-stress -r 10.7.0.2
		wait_for "listening stress" 20
		check timeout 60 rds-stress -r 10.7.0.1 -s 10.7.0.2 -z -v -T 2 "$@"
		finish stress
		[[ $OUTPUT =~ active:\ ([0-9]+)\ messages.*,\ ([0-9]+)\ bytes\ of\ RDMA ]] || fail "$OUTPUT"
		bytes=$((bytes + BASH_REMATCH[1] * $2 + BASH_REMATCH[2]))
	done
	say "$bytes bytes"
}
moves -q 200000
moves -q 64 -D 65536
