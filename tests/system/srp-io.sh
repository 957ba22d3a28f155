#!/bin/bash
# what: SRP: fio with verification on eight LUNs, files and memory, several channels, shared and own receive queues
# kernels: uml-kasan stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v fio > /dev/null || skip "no fio"

# job DISK SIZE BLOCK DEPTH - one more for run_jobs
job() {
	jobs+=(--name="job${#jobs[@]}" --filename="$1" --size="$2" --bs="$3" --iodepth="$4" --stonewall)
}

# run_jobs - one after the other, in one program, which takes long to start
run_jobs() {
	check fio --name=global --ioengine=libaio --direct=1 --rw=randwrite --verify=crc32c --verify_fatal=1 \
		--do_verify=1 --randrepeat=1 --output-format=terse --thread "${jobs[@]}"
	jobs=()
}
jobs=()

load_srp ch_count=2
one_link
for n in 0 1 2 3 4 5; do
	ramdisk "disk$n" 8
	STORES+=("$STORE")
done
for n in 6 7; do
	file_disk "file$n" 8
	STORES+=("$STORE")
done
serve_srp link0

say "each block size and depth"
log_in link0
[ ${#DISKS[@]} -eq 8 ] || fail "${#DISKS[@]} disks"
# One for each processor.
channels=$(nproc)
[ "$channels" -le 2 ] || channels=2
[ "$(sessions)" = "$channels" ] || fail "$(sessions) channels"
job "${DISKS[0]}" 64k 512 1
job "${DISKS[0]}" 256k 512 128
job "${DISKS[1]}" 2m 4k 32
job "${DISKS[6]}" 2m 4k 64
job "${DISKS[7]}" 4m 64k 16
job "${DISKS[2]}" 8m 1m 4
job "${DISKS[3]}" 8m 4m 2
run_jobs
say "all LUNs at a time"
for disk in "${DISKS[@]}"; do
	jobs+=(--name="all${#jobs[@]}" --filename="$disk" --size=512k --bs=8k --iodepth=8 --rw=randrw)
done
run_jobs
log_out

say "shared receive queue, no immediate data, small send queue"
write 1 "$tpg/attrib/use_srq"
write 64 "$tpg/attrib/srp_sq_size"
write 40 "$tpg/attrib/srp_max_rsp_size"
log_in link0
job "${DISKS[0]}" 1m 4k 64
job "${DISKS[6]}" 4m 256k 16
run_jobs
# It stays while somebody uses it.
write 0 "$tpg/attrib/use_srq"
job "${DISKS[1]}" 1m 64k 16
run_jobs
log_out
