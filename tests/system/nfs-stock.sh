#!/bin/bash
# what: stock rpcrdma over our provider, and our rpcrdma over stock rdma_rxe: a tree copied in and out
# kernels: uml-kasan stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

works() {
	local version
	start_nfsd
	for version in 3 4.2; do
		mount_nfs $version
		check cp -a "$WORK/tree" "$mnt/in"
		check umount "$mnt"
		same_as "$export_dir/in" "$WORK/sums"
		mount_nfs $version
		same_as "$mnt/in" "$WORK/sums"
		check rm -r "$mnt/in"
		check umount "$mnt"
	done
	stop_nfsd
}

mkdir "$WORK/tree"
write_tree "$WORK/tree" 14 32
sums_of "$WORK/tree" > "$WORK/sums"
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
check modprobe sunrpc
check modprobe rdma_cm

say "stock rpcrdma, our provider"
stock=$(find "/lib/modules/$(uname -r)/kernel/net/sunrpc" -name 'rpcrdma.ko*' -print -quit)
[ -n "$stock" ] || skip "this kernel has no rpcrdma of its own"
load_suite rvt_roce
check insmod "$stock"
! ours_is_loaded rpcrdma || fail "this is not the stock module"
load_nfs_modules
link_type=rvt add_link link0 d0
works
delete_link link0
unload_nfs
check rmmod rpcrdma

say "our rpcrdma, stock rdma_rxe"
check modprobe rdma_rxe
load_suite rpcrdma
ours_is_loaded rpcrdma || fail "this is not our module"
load_nfs_modules
link_type=rxe add_link link0 d0
works
delete_link link0
unload_nfs
