#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rbench on a ramdisk of the SCSI target; the initiator is the kernel's
# own on both sides.
#
# usage: tests/bench/srp.sh rvt|rxe RBENCH_FILE_OPTION...
#
#   rvt   this suite: ib_srpt over rvt_roce
#   rxe   the kernel's own ib_srpt over rdma_rxe
. "$SUITE/tests/bench/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

side=$1
shift

check modprobe -a target_core_mod ib_cm rdma_cm ib_srp sd_mod
defer "modprobe -r ib_srp"
bench_provider "$side"
bench_module "$side" ib_srpt
bench_one "$side"
ramdisk disk0 16
STORES=("$STORE")
acl=$client
# The stock one takes the target's address for the initiator's.
[ "$side" = rvt ] || acl=$(i_port_id dev0)
serve_srp dev0 "$acl"
log_in dev0
defer log_out
measure rbench file "$1" "${DISKS[0]}" "${@:2}"
