#!/bin/bash
# what: NFS over RDMA: reading 64 MiB in sequence through the page cache does not stall; prints how it compares with O_DIRECT, over our provider, with and without its short cut, and over rdma_rxe
# kernels: uml-kasan uml stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

SIZE=$((64 << 20))

# How much longer than twice as long it may take.
STALL_SECONDS=30

# time_of NAME DD-OPTION... - microseconds for reading the whole file
time_of() {
	local name=$1 begin
	shift
	drop_caches
	begin=${EPOCHREALTIME/[.,]/}
	check dd if="$mnt/large" of=/dev/null bs=1M status=none "$@"
	printf -v "$name" %s $((${EPOCHREALTIME/[.,]/} - begin))
	say "$way, $name: ${!name} us, $((SIZE / ${!name})) MB/s"
}

# reads WAY - which the data takes
reads() {
	local way=$1 direct buffered
	mount_nfs 4.2
	time_of direct iflag=direct
	time_of buffered
	[ "$buffered" -lt $((2 * direct + STALL_SECONDS * 1000000)) ] ||
		fail "buffered reading took $buffered us, O_DIRECT $direct us"
	say "$way: buffered reading has $((100 * direct / buffered)) % of the speed of O_DIRECT"
	check cmp "$export_dir/large" "$mnt/large"
	check umount "$mnt"
}

load_nfs
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
add_link link0 d0
start_nfsd
head -c $SIZE /dev/urandom > "$export_dir/large"
reads "rvt, short cut"
set_loopback link0 0
reads "rvt, packets"
delete_link link0
link_type=rxe
check modprobe rdma_rxe
add_link link0 d0
reads rxe
