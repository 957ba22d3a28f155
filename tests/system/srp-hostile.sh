#!/bin/bash
# what: SRP: malformed logins, commands and task management of every kind cost an initiator its own channel at most
# kernels: uml-kasan uml-leak
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

load_srp
check modprobe rdma_ucm
one_link
serve_srp link0
for srq in 0 1; do
	write $srq "$tpg/attrib/use_srq"
	start badsrp badsrp "$server" "$client" "$(service_guid)"
	finish badsrp
	! grep WRONG "$WORK/badsrp.log" || fail "see above"
	wait_for no_sessions 30
done
say "and others may still come"
log_in link0
verify "${DISKS[0]}" 1
log_out
