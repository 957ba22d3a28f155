#!/bin/bash
# what: SRP: SCSI commands by hand: inquiry, VPD pages, reservations, write same, unmap, sense data, residuals
# kernels: uml-kasan
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libsrp.sh"
command -v sg_inq > /dev/null || skip "no sg3-utils"

# Where reservations are kept: the kernel looks from outside of this root, which
# is its /run/root, and the path has to be there for both.
check modprobe target_core_mod
mkdir -p /tmp/reservations/pr /run/root/tmp/reservations
write /run/root/tmp/reservations $target/dbroot
load_srp
one_link
file_disk disk0 8
STORES=("$STORE")
serve_srp link0 "$(i_port_id link0)"
log_in link0
disk=${DISKS[0]}

say "what it says of itself"
check sg_inq "$disk"
expect_output 'LIO-ORG'
for page in sv sn di bl lbpv; do
	check sg_vpd --page=$page "$disk"
done
check sg_vpd --page=di "$disk"
expect_output 'SRP'
check sg_luns "$disk"
check sg_readcap --long "$disk"
check sg_modes "$disk"
check sg_turs --num=20 "$disk"

say "residuals: more room than there is to say, and less"
check sg_raw --request=4096 "$disk" 12 00 00 00 60 00
expect_output 'Received 96 bytes'
check sg_raw --request=5 "$disk" 12 00 00 00 05 00
expect_output 'Received 5 bytes'

say "sense data"
expect_fail sg_raw "$disk" 28 00 ff ff ff ff 00 00 01 00 --request=512
expect_fail sg_vpd --page=0xee "$disk"

say "reservations, SPC-2: RESERVE and RELEASE"
check sg_raw "$disk" 16 00 00 00 00 00
check sg_turs "$disk"
check sg_raw "$disk" 17 00 00 00 00 00

say "persistent reservations"
check sg_persist --out --register --param-sark=0x1234 "$disk"
check sg_persist --out --reserve --param-rk=0x1234 --prout-type=1 "$disk"
check sg_persist --in --read-full-status "$disk"
expect_output '0x1234'
check sg_persist --out --release --param-rk=0x1234 --prout-type=1 "$disk"
check sg_persist --out --register --param-rk=0x1234 --param-sark=0 "$disk"

say "data"
check dd if=/dev/urandom of="$WORK/block" bs=512 count=1 status=none
check sg_write_same --16 --in="$WORK/block" --lba=8 --num=16 "$disk"
check dd if="$disk" of="$WORK/back" bs=512 skip=20 count=1 iflag=direct status=none
check cmp "$WORK/block" "$WORK/back"
check sg_sync "$disk"

say "unmap: the blocks read as zeroes, and the file has room for others"
# backed_kib - that the file takes
backed_kib() { du -k "$WORK/disk0.img" | cut -f 1; }
write 1 "$STORE/attrib/emulate_tpu"
write 1 "$STORE/attrib/emulate_tpws"
check sg_vpd --page=lbpv "$disk"
expect_output 'LBPU.*: 1'
check dd if=/dev/urandom of="$disk" bs=1M count=4 oflag=direct status=none
check sg_sync "$disk"
full=$(backed_kib)
check sg_unmap --lba=2048 --num=4096 "$disk"
[ "$(backed_kib)" -le $((full - 2048)) ] || fail "$(backed_kib) KiB of $full are still there"
check dd if="$disk" of="$WORK/back" bs=512 skip=2048 count=4096 iflag=direct status=none
check cmp -n $((4096 * 512)) "$WORK/back" /dev/zero
check dd if="$disk" of="$WORK/back" bs=512 skip=2047 count=1 iflag=direct status=none
! cmp -s -n 512 "$WORK/back" /dev/zero || fail "the block before is gone, too"
# WRITE SAME with the UNMAP bit does the same.
full=$(backed_kib)
check sg_write_same --16 --unmap --in=/dev/zero --xferlen=512 --lba=6144 --num=1024 "$disk"
[ "$(backed_kib)" -le $((full - 512)) ] || fail "$(backed_kib) KiB of $full are still there"
expect_fail sg_unmap --lba=16383 --num=2 "$disk"
check sg_reset --no-esc --device "$disk"
verify "$disk" 2
log_out
