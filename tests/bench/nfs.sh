#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034 # for libnfs.sh
#
# One run of rbench on a file of the kernel's NFS server, version 4.2, which has it
# in memory.
#
# usage: tests/bench/nfs.sh rvt|rxe|tcp RBENCH_FILE_OPTION...
#
#   rvt   this suite: rpcrdma over rvt_roce
#   rxe   the kernel's own rpcrdma over rdma_rxe
#   tcp   proto=tcp
. "$SUITE/tests/bench/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

side=$1
shift

check modprobe -a sunrpc rdma_cm
if [ "$side" = tcp ]; then
	nfsd_listens="tcp 20049" proto=tcp
	make_dummy d0
	check ip addr add 10.7.0.2/24 dev d0
	load_nfs_modules
	defer unload_nfs
else
	bench_provider "$side"
	bench_module "$side" rpcrdma
	load_nfs_modules
	defer unload_nfs
	bench_one "$side"
fi
start_nfsd
mount_nfs 4.2 rsize=1048576,wsize=1048576
measure rbench file "$1" "$mnt/file" "${@:2}"
