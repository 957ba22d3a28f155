#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rbench on a file of a 9P server, diod.
#
# usage: tests/bench/9p.sh rvt|rxe|tcp RBENCH_FILE_OPTION...
#
#   rvt   this suite: 9pnet_rdma over rvt_roce, through the gateway
#   rxe   the kernel's own 9pnet_rdma over rdma_rxe, through the gateway
#   tcp   trans=tcp, straight to diod
. "$SUITE/tests/bench/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

side=$1
shift

load_transport() {
	local stock
	if [ "$1" = rvt ]; then
		check modprobe 9pnet_rdma
		ours 9pnet_rdma || fail "9pnet_rdma is not this suite's"
	else
		stock=$(find "/lib/modules/$(uname -r)/kernel/net/9p" -name '9pnet_rdma.ko*' -print -quit)
		[ -n "$stock" ] || fail "this kernel has no 9pnet_rdma of its own"
		check insmod "$stock"
	fi
	defer "rmmod 9pnet_rdma"
}

start_diod
if [ "$side" = tcp ]; then
	check mount -t 9p -o "trans=tcp,port=5641,msize=65536,version=9p2000.L,uname=root,aname=$export_dir" \
		127.0.0.1 "$mnt"
	defer "umount '$mnt'"
else
	bench_provider "$side"
	load_transport "$side"
	bench_one "$side"
	start_gateway
	mount_9p msize=65536
fi
measure rbench file "$1" "$mnt/file" "${@:2}"
