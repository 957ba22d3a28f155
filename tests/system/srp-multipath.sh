#!/bin/bash
# what: SRP: dm-multipath over two RDMA devices: one path goes under I/O, the other carries on, and the first comes back
# kernels: uml-kasan
# timeout: 240
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v dmsetup > /dev/null || skip "no dmsetup"
command -v fio > /dev/null || skip "no fio"

load_srp fast_io_fail_tmo=1 dev_loss_tmo=600 reconnect_delay=2
check dmsetup targets
grep -q multipath <<< "$OUTPUT" || skip "a kernel without dm-multipath"
one_link
one_link 8 link1
ramdisk disk0 16
STORES=("$STORE")
serve_srp link0
tpg0=$tpg
client=10.8.0.1 serve_srp link1

log_in link0
paths=("${DISKS[0]}")
server=10.8.0.2 client=10.8.0.1 log_in link1
paths+=("${DISKS[0]}")
[ "${paths[0]}" != "${paths[1]}" ] || fail "one disk: ${paths[*]}"

# number DISK - major:minor
number() { printf '%d:%d' "0x$(stat -c %t "$1")" "0x$(stat -c %T "$1")"; }
numbers=("$(number "${paths[0]}")" "$(number "${paths[1]}")")
# The second path is for when the first has failed.
# There is no udev to make the node.
export DM_DISABLE_UDEV=1
check dmsetup create mp --table "0 $((16 * 2048)) multipath 1 queue_if_no_path 0 2 1 \
round-robin 0 1 1 ${numbers[0]} 1 round-robin 0 1 1 ${numbers[1]} 1"
defer "rm -f $WORK/go; ! dmsetup status mp > /dev/null 2>&1 || dmsetup remove --force mp"
disk=/dev/mapper/mp
wait_for "[ -b $disk ]"

# path_is N A|F - as the device mapper sees it
path_is() { dmsetup status mp | grep " ${numbers[$1]} $2 " > /dev/null; }
writes() { awk '{ print $5 }' "/sys/block/${paths[$1]##*/}/stat"; }

# writing_to N CMD... - under I/O that goes over path N, which CMD ends
writing_to() {
	local path=$1 before
	shift
	before=$(writes "$path")
	touch "$WORK/go"
	start writer sh -ec "while [ -e $WORK/go ]; do
		fio --name=mp --filename=$disk --size=2m --bs=16k --iodepth=8 --ioengine=libaio --direct=1 \
			--rw=randwrite --verify=crc32c --verify_fatal=1 --thread; done"
	wait_for "[ \$(writes $path) -gt $before ]" 60
	"$@"
	wait_for "path_is $path F" 60
	path_is $((1 - path)) A
	before=$(writes $((1 - path)))
	wait_for "[ \$(writes $((1 - path))) -gt $before ]" 60
	rm "$WORK/go"
	finish writer
	verify $disk 8
}

say "the target disables the first path"
writing_to 0 write 0 "$tpg0/enable"

say "it comes back, and the second one's link is deleted"
write 1 "$tpg0/enable"
wait_for "dd if=${paths[0]} of=/dev/null bs=4k count=1 iflag=direct" 60
check dmsetup message mp 0 reinstate_path "${numbers[0]}"
check dmsetup message mp 0 switch_group 2
writing_to 1 delete_link link1
check dmsetup remove --retry mp
log_out
