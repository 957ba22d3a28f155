#!/bin/bash
# what: SRP: stock ib_srp logs in, a disk appears, holds what is written, and everything goes again
# kernels: uml-kasan uml-leak stock
# timeout: 120
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

load_srp
[ "$link_type" != rvt ] || ours ib_srpt || fail "not our ib_srpt"
one_link
serve_srp link0
log_in link0
[ "$(sessions)" -gt 0 ] || fail "no session in configfs"
cat "$tpg"/acls/*/info
verify "${DISKS[0]}" 8
log_out
wait_for no_sessions
log_in link0
verify "${DISKS[0]}" 2
log_out
