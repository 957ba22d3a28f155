#!/bin/bash
# what: 9P messages of up to 1 MiB each way, through the gateway, by several processes at a time
# kernels: uml-kasan uml-leak stock
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

start_ramserver() {
	rm -f "$WORK/ram.log"
	start ram "$SUITE/tests/9p/ramserver.py" 5641
	wait_for "grep -q listening $WORK/ram.log" 20
}

mib=4 connections=0
[ "$KERNEL" != stock ] || mib=3
load_9p
one_link
head -c ${mib}M /dev/urandom > "$WORK/data"
start_ramserver
start_gateway
# The largest Twrite has 23 bytes of header in 24 that are kept free; Rread 11.
for msize in 8192 131072 262144 1048576 4194304; do
	say "msize $msize"
	effective=$((msize < 1048576 ? msize : 1048576))
	mount_9p "msize=$msize"
	if [ $effective -ne 131072 ]; then
		grep -q " $mnt 9p .*,msize=$effective," /proc/mounts || fail "$(grep " $mnt " /proc/mounts)"
	fi
	check dd if="$WORK/data" of="$mnt/data" bs=4M status=none
	check cmp "$WORK/data" "$mnt/data"
	check dd if="$mnt/data" of="$WORK/back" bs=4M status=none
	check cmp "$WORK/data" "$WORK/back"
	check rm "$mnt/data"
	check umount "$mnt"
	wait_for "[ \$(grep -c largest $WORK/ram.log) -ge $((++connections)) ]"
	tail -n 1 "$WORK/ram.log" | grep "request $((effective - 1)), reply $((effective - 13))" ||
		fail "$(tail -n 1 "$WORK/ram.log")"
done

say "together"
mount_9p "msize=1048576"
for i in 1 2 3 4; do
	{ dd if="$WORK/data" of="$mnt/data$i" bs=$((1000000 + 70001 * i)) status=none &&
		cmp "$WORK/data" "$mnt/data$i"; } &> "$WORK/$i.out" &
	pids[i]=$!
done
for i in 1 2 3 4; do wait "${pids[i]}" || fail "$(cat "$WORK/$i.out")"; done
check umount "$mnt"

say "the gateway's limit is everybody's"
stop gateway
start_gateway --msize 100000
mount_9p "msize=1048576"
grep -q " $mnt 9p .*,msize=100000," /proc/mounts || fail "$(grep " $mnt " /proc/mounts)"
check dd if="$WORK/data" of="$mnt/data" bs=4M status=none
check cmp "$WORK/data" "$mnt/data"
check umount "$mnt"
