# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # variables shared with guest, which have no spaces
#
# The SRP step of the demonstration: see tests/demo/guest.  A disk in memory, which
# the kernel's SCSI target lends to the kernel's initiator, ib_srp; both are here.

title_srp="SRP"
modules_srp=(ib_srpt)

up_srp() {
	say "SRP: a target with a disk of 64 MiB, on RDMA port 5555"
	modprobe -a ib_srp sd_mod
	local target=/sys/kernel/config/target gid
	gid=0x$(tr -d : < /sys/class/infiniband/$device/ports/1/gids/0)
	store=$target/core/rd_mcp_0/disk0
	tpg=$target/srpt/$gid/$gid
	mkdir -p $store
	echo rd_pages=16384 > $store/control
	echo 1 > $store/enable
	mkdir $target/srpt
	mkdir -p "$tpg/lun/lun_0" "$tpg/acls/$address/lun_0"
	ln -s $store "$tpg/lun/lun_0/store"
	ln -s "$tpg/lun/lun_0" "$tpg/acls/$address/lun_0/lun"
	echo 1 > "$tpg/enable"
	echo 5555 > $target/srpt/discovery_auth/rdma_cm_port
	log_in
	say "mkfs.ext4 $disk"
	mkfs.ext4 -q -E nodiscard $disk
	mount $disk /mnt/srp
}

log_in() {
	local guid login
	guid=$(sed 's/^0x//' /sys/module/ib_srpt/parameters/srpt_service_guid)
	login="id_ext=$guid,ioc_guid=$guid,dest=$address:5555"
	say "echo $login > add_target"
	# (which takes its time to forget a target that it has just left)
	wait_for 10 sh -c "echo '$login' > /sys/class/infiniband_srp/srp-$device-1/add_target"
	wait_for 20 find_disk
	find_disk
}

find_disk() {
	local model
	model=$(grep -l RAMDISK /sys/block/sd*/device/model)
	disk=${model#/sys/block/}
	disk=/dev/${disk%%/*}
	[ -b "$disk" ]
}

log_out() {
	local port
	for port in /sys/class/srp_remote_ports/port-*; do
		echo 1 > "$port/delete"
	done
	wait_for 20 sh -c "! ls /sys/class/srp_remote_ports/port-*"
}

run_srp() { round_trip srp; }

again_srp() {
	umount /mnt/srp
	log_out
	log_in
	mount $disk /mnt/srp
}

lines_srp() {
	local channels device=/sys/block/${disk#/dev/}/device
	channels=$(grep -c '^CID:' "$tpg/acls/$address/info")
	echo "$disk, $(sed 's/ *$//' "$device/vendor") $(sed 's/ *$//' "$device/model")," \
		"$(lsblk -dno SIZE $disk | tr -d ' '), channels: $channels"
	round_trip_lines srp
}

down_srp() {
	local target=/sys/kernel/config/target
	umount /mnt/srp
	log_out
	modprobe -r ib_srp
	echo 0 > $target/srpt/discovery_auth/rdma_cm_port
	echo 0 > "$tpg/enable"
	rm "$tpg/acls/$address/lun_0/lun" "$tpg/lun/lun_0/store"
	rmdir "$tpg/acls/$address/lun_0" "$tpg/acls/$address" "$tpg/lun/lun_0" "$tpg" "${tpg%/*}" \
		$target/srpt $store ${store%/*}
}
