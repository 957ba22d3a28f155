#!/bin/bash
# what: SRP: our target over stock rdma_rxe: logins, verified I/O with and without a shared receive queue
# kernels: uml-kasan stock
# timeout: 180
link_type=rxe
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

load_srp
ours ib_srpt || fail "not our ib_srpt"
one_link
serve_srp link0
for srq in 0 1; do
	write $srq "$tpg/attrib/use_srq"
	log_in link0
	verify "${DISKS[0]}" 4
	log_out
	wait_for no_sessions 30
done
