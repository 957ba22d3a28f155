#!/bin/bash
# what: SRP: data in pieces of every length, and more room than data, from and to a block device, a file and memory
# kernels: uml-kasan
# timeout: 120
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"

# loop_disk NAME MIB - a block device; the backend is in $STORE
loop_disk() {
	local loop
	truncate -s "$2M" "$WORK/$1.img"
	loop=$(losetup --find --show "$WORK/$1.img") || skip "no loop device"
	defer "losetup -d $loop"
	STORE=$target/core/iblock_0/$1
	mkdir -p "$STORE"
	write "udev_path=$loop" "$STORE/control"
	write 1 "$STORE/enable"
	defer "rmdir '$STORE' '${STORE%/*}'"
}

tag=100

# answers STATUS STEP... - what the target says to that command of channel a
answers() {
	local status=$1
	shift
	tag=$((tag + 1))
	expect ok a "$1" $tag "${@:2}"
	expect "$tag status $status 1" a reply
}

# reads BYTES BLOCKS ROOM LEN... - what is read is what has been written, and what is
# behind that in the initiator's memory stays as it is
reads() {
	expect ok a fill 5a
	answers 0 scatter "${@:2}"
	expect "$1" a numbered
}

load_suite rvt_roce ib_srpt
one_link
loop_disk block 4
STORES+=("$STORE")
file_disk file 4
STORES+=("$STORE")
ramdisk memory 4
STORES+=("$STORE")
serve_srp link0
start_steps

for lun in 0 1 2; do
	say "LUN $lun"
	expect ok a lun $lun
	expect ready a login

	say "more pieces than a bio has room for, which are no multiples of a block"
	expect ok a number
	answers 0 gather 30 6000 32
	reads 6000 30 6000 6000
	reads 6000 30 6000 32
	reads 6000 30 6000 64 19c 7 1003

	say "a block in two pieces"
	reads 200 1 200 64 19c
	expect ok a fill 0
	answers 0 gather 30 6000 6000
	expect ok a number
	answers 0 gather 1 200 1 1ff
	reads 200 2 400 400

	say "more room than data"
	expect ok a number
	answers 0 gather 30 6000 1001
	reads 200 1 1000 1000
	reads 200 1 1000 1f0
	reads 200 1 4000 4000
	reads 1200 9 4000 fff
	reads 0 0 1000 1000

	say "less room"
	answers 2 scatter 2 200 200
	answers 2 scatter 1 100 64

	expect ok a leave
	wait_for no_sessions
done
