#!/bin/bash
# what: RDS and 10,000 frames of a hostile peer over real verbs, while the kernel's workers often get no page
# kernels: uml-kasan uml-leak
# timeout: 600
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

# failing PERCENT - of the pages that the kernel's workers want; they inherit it from
# the second process.  Only pages: without memory for its events, the peer's rdma_ucm
# (6.1) destroys an id in the handler of that id, and waits for itself.
failing() {
	local fault=/sys/kernel/debug/fail_page_alloc pid
	for pid in 2 $(pgrep kworker); do
		echo 1 > "/proc/$pid/make-it-fail" || :
	done 2> /dev/null
	echo Y > $fault/task-filter
	echo -1 > $fault/times
	echo "$1" > $fault/probability
}

hostile_peer
[ -w /proc/self/make-it-fail ] || skip "a kernel without fault injection"
faults_in_silence
# A connection needs some for each work request: with many, hardly one comes up.
check sysctl -q net.rds.ib.flow_control=1 net.rds.ib.max_send_wr=16 net.rds.ib.max_recv_wr=32
failing 5
hostile 10000 2 any
failing 0
say "and it still works"
check sysctl -q net.rds.ib.max_send_wr=256 net.rds.ib.max_recv_wr=1024
good_peer
