#!/bin/bash
# what: SRP: LUN resets, aborts and host resets under I/O; the data is right, credits are not lost
# kernels: uml-kasan
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v fio > /dev/null || skip "no fio"

load_srp
one_link
# Packets that take their time: commands wait for their data.
set_loopback link0 0
netem lo delay 5ms
defer "tc qdisc del dev lo root"
file_disk disk0 8
STORES=("$STORE")
serve_srp link0
log_in link0
disk=${DISKS[0]}

# commands - that the target knows of, by its account of credits
commands() { sed -n 's/.*Commands: \([0-9]*\) of 128 .*/\1/p' "$tpg"/acls/*/info; }
busy() { [ "$(commands)" -gt 0 ]; }
idle() { [ "$(commands)" = 0 ]; }

start fio fio --name=reset --filename="$disk" --size=4m --bs=16k --iodepth=32 --ioengine=libaio \
	--direct=1 --rw=randwrite --verify=crc32c --verify_fatal=1 --loops=200 --thread \
	--runtime=12 --time_based
wait_for busy 20
for ((i = 0; i < 5; i++)); do
	# A machine that is busy may not have the time for all of them.
	running fio || break
	check sg_reset --no-esc --device "$disk"
	pause 0.3
done
[ $i -gt 0 ] || fail "fio has ended before the first reset: $(cat "$WORK/fio.log")"
finish fio
wait_for idle 20
verify "$disk" 4

say "commands time out and are aborted"
timeout=/sys/block/${disk##*/}/device/timeout
write 1 "$timeout"
start fio fio --name=abort --filename="$disk" --size=2m --bs=16k --iodepth=16 --ioengine=libaio \
	--direct=1 --rw=randwrite --verify=crc32c --verify_fatal=1 --thread --runtime=12 --time_based
wait_for busy 20
for ((i = 0; i < 3; i++)); do
	netem lo delay 1300ms
	pause 2
	netem lo delay 5ms
	pause 1
done
write 30 "$timeout"
finish fio
wait_for idle 30
verify "$disk" 4

say "the host is reset: it logs in again"
start fio fio --name=reset --filename="$disk" --size=4m --bs=16k --iodepth=32 --ioengine=libaio \
	--direct=1 --rw=randwrite --verify=crc32c --verify_fatal=1 --loops=200 --thread \
	--runtime=8 --time_based
wait_for busy 20
check sg_reset --no-esc --host "$disk"
finish fio
wait_for idle 20
verify "$disk" 4
log_out
