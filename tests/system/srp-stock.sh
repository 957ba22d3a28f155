#!/bin/bash
# what: stock ib_srp and stock ib_srpt over our provider
# kernels: uml-kasan stock
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

stock=$(find "/lib/modules/$(uname -r)/kernel/drivers/infiniband/ulp/srpt" -name 'ib_srpt.ko*' \
	-print -quit 2> /dev/null)
[ -n "$stock" ] || skip "this kernel has no ib_srpt of its own"

load_suite rvt_roce
check modprobe target_core_mod
check modprobe ib_cm
check modprobe rdma_cm
check insmod "$stock"
check modprobe -a ib_srp sd_mod
one_link
# By port id: it takes the target's own address for that of the initiator.
ramdisk disk0 32
STORES=("$STORE")
serve_srp link0 "$(i_port_id link0)"
log_in link0
verify "${DISKS[0]}" 32
verify "${DISKS[0]}" 32
log_out
