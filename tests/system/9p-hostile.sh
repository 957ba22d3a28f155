#!/bin/bash
# what: a 9P/RDMA server that breaks the rules loses that mount, with a line in the log, and no other
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

load_9p
one_link
start_badserver
mount_9p '' "$WORK/other"

# after NAME LOG_REGEX - look NAME up, while another request waits for its reply
after() {
	say "$1"
	mark_log
	mount_9p timeout=4000
	start waiter stat "$mnt/hang-$1"
	wait_for "grep -q 'waits: hang-$1' $WORK/badserver.log"
	within 30 stat "$mnt/$1"
	[ "$STATUS" -ne 0 ] || fail "stat of $1 succeeded"
	wait_for "! running waiter" 30
	wait "$pid_waiter" && fail "the request that waited succeeded"
	log_has "$server:5640: connection lost: .*$2.*; unmount, and mount again" || fail "no '$2' in the log"
	[ "$(dmesg | sed "0,/$log_mark/d" | grep -c 9pnet_rdma)" -eq 1 ] || fail "more than one line"
	within 5 stat "$mnt/anything"
	[ "$STATUS" -ne 0 ] || fail "a broken connection works"
	within 10 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
	expect_fail stat "$WORK/other/nothing"
	expect_output 'No such file'
}

after unknown-tag 'unexpected reply, with tag'
after duplicate 'unexpected reply, with tag'
# rdma_rxe does not say what was wrong
after oversize 'more than the 65536 bytes|receiving failed'
after bad-size '12 bytes that are no 9P message'
after tiny '3 bytes that are no 9P message'
after wrong-type 'answered a request of type 110 with type 117'
after disconnect 'server disconnected'
expect_fail stat "$WORK/other/nothing"
expect_output 'No such file'
check umount "$WORK/other"
