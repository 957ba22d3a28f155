#!/bin/bash
# what: 9P: the RDMA device is removed below a mount under I/O; it goes at once, callers get errors, umount works, the gateway listens again
# kernels: uml-kasan uml-leak
# timeout: 120
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"
[ "$link_type" = rvt ] || skip "stock rdma_rxe 6.1 is not removed while a program uses it"

load_9p
one_link
write_tree "$export_dir" 5 2
serve_9p
for how in "rdma link delete link0" "ip link delete dev d0"; do
	say "$how"
	mount_9p
	start writer dd if=/dev/zero of="$mnt/written" bs=64k count=1000000
	start reader sh -c "while cat '$mnt/big' > /dev/null; do :; done"
	sleep 1
	running writer && running reader || fail "no I/O"
	mark_log
	# shellcheck disable=SC2086
	within 20 $how
	[ "$STATUS" -eq 0 ] || fail "$OUTPUT"
	wait_for "! rdma link show link0/1"
	wait_for "! running writer && ! running reader" 20
	log_has 'connection lost: ' || fail "nothing in the log"
	within 5 ls "$mnt"
	[ "$STATUS" -ne 0 ] || fail "a dead mount works"
	[ -d /sys/module/9pnet_rdma ] || fail "the module went too"
	expect_fail rmmod 9pnet_rdma
	within 10 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
	stop diod	# some do not survive that a client goes in the middle of things
	wait_for "grep -q 'device with address $server was removed' $WORK/gateway.log"
	[ "$how" = "rdma link delete link0" ] || break
	add_link link0 d0
	start_diod
	wait_for "grep -q 'listening on $server port 5640 again' $WORK/gateway.log"
	mount_9p
	check cmp "$mnt/big" "$export_dir/big"
	check umount "$mnt"
done
