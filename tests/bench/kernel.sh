#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rdma_bench, inside the kernel.
#
# usage: tests/bench/kernel.sh rvt|rxe HOW OP SIZE
#
# HOW is where the two ends are, as for verbs.sh.
. "$SUITE/tests/bench/lib.sh"

side=$1 how=$2 op=$3 size=$4
bench_provider "$side"
bench_ends "$side" "$how"
check modprobe rdma_bench "op=$op" "size=$size" device="${ENDS[1]}" address="${ENDS[3]}" \
	peer_device="${ENDS[5]:-${ENDS[1]}}" peer_address="${ENDS[7]:-${ENDS[3]}}"
defer "modprobe -r rdma_bench"
measure cat /sys/module/rdma_bench/parameters/result
