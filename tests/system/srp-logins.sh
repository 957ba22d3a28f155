#!/bin/bash
# what: SRP: many logins and logouts, some that are refused, and ib_srp's own; objects and memory are as before
# kernels: uml-kasan uml-leak
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

: "${LOGINS:=300}" "${REFUSED:=30}"

# objects - of all kinds; completion queues are the core's, which keeps them
objects() {
	rdma resource show link0 | sed 's/ cq [0-9]*//'
	rdma resource show cm_id | wc -l
}
as_before() { [ "$(objects)" = "$before" ]; }
kernel_kib() { awk '/^(SUnreclaim|KernelStack|VmallocUsed):/ { n += $2 } END { print n }' /proc/meminfo; }

load_srp
check modprobe rdma_ucm
one_link
serve_srp link0
# What is allocated once is allocated now.
check badsrp "$server" "$client" "$(service_guid)" 20 2
wait_for no_sessions 30
before=$(objects)
kib=$(kernel_kib)
check badsrp "$server" "$client" "$(service_guid)" "$LOGINS" "$REFUSED"
expect_output "$LOGINS logins, $REFUSED refused"
wait_for no_sessions 30
wait_for as_before 30
# A channel takes 2 MB. Checkers keep freed memory, but not so much.
grown=$(($(kernel_kib) - kib))
say "$grown KiB more in the kernel after $LOGINS logins; objects: ${before//$'\n'/, }"
[ $grown -lt $((LOGINS / 4 + 16384)) ] || fail "the kernel has grown by $grown KiB"
for ((i = 0; i < 5; i++)); do
	log_in link0
	log_out
done
log_in link0
verify "${DISKS[0]}" 1
log_out
