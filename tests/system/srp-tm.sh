#!/bin/bash
# what: SRP: LUN resets, aborts and host resets under I/O; the data is right, credits are not lost
# kernels: uml-kasan
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v fio > /dev/null || skip "no fio"

# commands - that the target knows of, by its account of credits
commands() { sed -n 's/.*Commands: \([0-9]*\) of 128 .*/\1/p' "$tpg"/acls/*/info; }
busy() { [ "$(commands)" -gt 0 ]; }
idle() { [ "$(commands)" = 0 ]; }

# count NAME - the core's account of what it was asked to do to the disk
count() { cat "$disk0/statistics/scsi_tgt_dev/$1"; }
aborts() { echo $(($(count aborts_complete) + $(count aborts_no_task))); }

# under_io SECONDS CMD... - while a disk is being written, read and compared by
# commands that may take so long; CMD may take the time that it needs
under_io() {
	write "$1" "/sys/block/${disk##*/}/device/timeout"
	shift
	touch "$WORK/go"
	start fio sh -ec "while [ -e $WORK/go ]; do
		fio --name=tm --filename=$disk --size=2m --bs=16k --iodepth=32 --ioengine=libaio \
			--direct=1 --rw=randwrite --verify=crc32c --verify_fatal=1 --thread; done"
	# Packets take their time: commands wait for their data.
	netem lo delay 20ms
	wait_for busy 60
	"$@"
	netem lo delay 1ms
	write 30 "/sys/block/${disk##*/}/device/timeout"
	rm "$WORK/go"
	finish fio
	wait_for idle 60
	verify "$disk" 2
}

# The initiator waits for commands that have ended so, until they time out.
reset_lun() {
	local i
	for ((i = 0; i < 3; i++)); do
		wait_for busy 60
		check sg_reset --no-esc --device "$disk"
	done
	[ "$(count resets)" -ge 3 ] || fail "$(count resets) resets"
}

# The abort itself takes longer than the commands beside it may, and Linux does
# not abort a command twice: a second time needs commands that were never late.
time_out() {
	local before
	before=$(aborts)
	netem lo delay 1300ms
	wait_for "[ \$(aborts) -gt $before ]" 60
}

reset_host() {
	check sg_reset --no-esc --host "$disk"
	wait_for busy 60
}

load_srp
one_link
set_loopback link0 0
netem lo delay 1ms
defer "tc qdisc del dev lo root"
file_disk disk0 8
disk0=$STORE
STORES=("$STORE")
serve_srp link0
log_in link0
disk=${DISKS[0]}

say "the LUN is reset"
under_io 4 reset_lun
say "commands time out and are aborted"
under_io 1 time_out
under_io 1 time_out
say "the host is reset: it logs in again"
under_io 30 reset_host
log_out
