#!/bin/bash
# what: stock 9pnet_rdma over our provider and gateway, and our 9pnet_rdma over stock rdma_rxe
# kernels: uml-kasan stock
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

works() {
	serve_9p
	mount_9p msize=65536
	check cp -r "$WORK/tree" "$mnt/in"
	same_as "$mnt/in" "$WORK/sums"
	same_as "$export_dir/in" "$WORK/sums"
	check rm -r "$mnt/in"
	check umount "$mnt"
	stop gateway
	stop diod
}

mkdir "$WORK/tree"
write_tree "$WORK/tree" 20 32
sums_of "$WORK/tree" > "$WORK/sums"
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
check modprobe rdma_ucm

say "stock 9pnet_rdma, our provider"
stock=$(find "/lib/modules/$(uname -r)/kernel/net/9p" -name '9pnet_rdma.ko*' -print -quit)
[ -n "$stock" ] || skip "this kernel has no 9pnet_rdma of its own"
load_suite rvt_roce
check modprobe 9pnet
check insmod "$stock"
link_type=rvt add_link link0 d0
works
delete_link link0
check rmmod 9pnet_rdma

say "our 9pnet_rdma, stock rdma_rxe"
check modprobe rdma_rxe
load_suite 9pnet_rdma
link_type=rxe add_link link0 d0
works
delete_link link0
