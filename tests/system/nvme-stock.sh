#!/bin/bash
# what: stock nvme_rdma and nvmet_rdma over our provider: 64 MiB written and verified, short cut and packets
# kernels: stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"

modinfo nvmet-rdma > /dev/null 2>&1 || skip "a kernel without NVMe over RDMA"
nvmet=/sys/kernel/config/nvmet
nqn=nqn.2014-08.org.nvmexpress:disk0

# serve_nvme ADDRESS MIB - a file as namespace 1 of $nqn
serve_nvme() {
	local subsystem=$nvmet/subsystems/$nqn port=$nvmet/ports/1
	check truncate -s "$2M" "$WORK/disk"
	check mkdir $subsystem
	defer "rmdir $subsystem"
	echo 1 > $subsystem/attr_allow_any_host
	check mkdir $subsystem/namespaces/1
	defer "rmdir $subsystem/namespaces/1"
	echo 1 > $subsystem/namespaces/1/buffered_io
	printf %s "$WORK/disk" > $subsystem/namespaces/1/device_path
	echo 1 > $subsystem/namespaces/1/enable
	check mkdir $port
	defer "rmdir $port"
	echo rdma > $port/addr_trtype
	echo ipv4 > $port/addr_adrfam
	echo "$1" > $port/addr_traddr
	echo 4420 > $port/addr_trsvcid
	check ln -s $subsystem "$port/subsystems/$nqn"
	defer "rm $port/subsystems/$nqn"
}

# connect_nvme ADDRESS - the disk is $DISK, to be left with disconnect_nvme
connect_nvme() {
	local fabrics answer
	exec {fabrics}<> /dev/nvme-fabrics
	echo "nqn=$nqn,transport=rdma,traddr=$1,trsvcid=4420,nr_io_queues=2" >&$fabrics ||
		fail "no connection to $1"
	read -r answer <&$fabrics
	exec {fabrics}<&-
	say "$answer"
	controller=${answer#instance=}
	controller=nvme${controller%%,*}
	DISK=/dev/${controller}n1
	wait_for "[ -b $DISK ]" 20
}

disconnect_nvme() {
	echo 1 > /sys/class/nvme/"$controller"/delete_controller
	wait_for "[ ! -e /sys/class/nvme/$controller ]" 30
}

load_suite
one_link
check modprobe -a nvmet-rdma nvme-rdma
serve_nvme 10.7.0.2 72
for loopback in 1 0; do
	set_loopback link0 $loopback
	connect_nvme 10.7.0.2
	verify "$DISK" 64
	disconnect_nvme
done
[ "$(counter link0 loopback_bytes)" -gt $((128 << 20)) ] || fail "the short cut was not taken"
[ "$(counter link0 rcvd_bytes)" -gt $((128 << 20)) ] || fail "no packets were sent"
