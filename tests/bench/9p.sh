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

start_diod
if [ "$side" = tcp ]; then
	check mount -t 9p -o "trans=tcp,port=5641,msize=65536,version=9p2000.L,uname=root,aname=$export_dir" \
		127.0.0.1 "$mnt"
	defer "umount '$mnt'"
else
	bench_provider "$side"
	bench_module "$side" 9pnet_rdma
	bench_one "$side"
	start_gateway
	mount_9p msize=65536
fi
measure rbench file "$1" "$mnt/file" "${@:2}"
