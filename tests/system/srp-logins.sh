#!/bin/bash
# what: SRP: many logins and logouts, as many that are turned down, and ib_srp's own; nothing is lost on the way
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

: "${LOGINS:=300}"
load_srp
check modprobe rdma_ucm
one_link
serve_srp link0
check badsrp "$server" "$client" "$(service_guid)" "$LOGINS"
wait_for no_sessions 30
for ((i = 0; i < 5; i++)); do
	log_in link0
	log_out
done
log_in link0
verify "${DISKS[0]}" 1
log_out
