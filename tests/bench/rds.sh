#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One run of rds-stress between two addresses.
#
# usage: tests/bench/rds.sh rvt|rxe|tcp RDS_STRESS_OPTION...
#
#   rvt   this suite: rds and rds_rdma over rvt_roce
#   rxe   the kernel's own, over rdma_rxe
#   tcp   the kernel's own, over rds_tcp, between two network name spaces: inside
#         one, it would take its loopback transport, and no TCP at all
. "$SUITE/tests/bench/lib.sh"

side=$1
shift
netns=
case $side in
tcp)
	bench_module "$side" rds
	bench_module "$side" rds_tcp
	netns=there
	make_netns $netns
	make_veth_pair v0 v1 $netns 7 9000
	;;
*)
	bench_provider "$side"
	bench_module "$side" rds
	bench_module "$side" rds_rdma
	bench_one "$side"
	;;
esac
start passive in_netns "$netns" rds-stress -r 10.7.0.2
wait_for "listening passive $netns" 20
check timeout 60 rds-stress -r 10.7.0.1 -s 10.7.0.2 -z -T 2 "$@"
finish passive
python3 - "$OUTPUT" <<'END'
import json, re, sys
found = re.search(r"active: ([0-9]+) messages, ([0-9.]+)/s, ([0-9.]+) MB/s, ([0-9]+) bytes of RDMA",
                  sys.argv[1])
print(json.dumps({"what": "rds", "messages": int(found[1]), "messages_per_second": float(found[2]),
                  "bytes_per_second": float(found[3]) * 1e6, "rdma_bytes": int(found[4])}))
END
