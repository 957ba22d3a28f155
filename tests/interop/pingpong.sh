#!/bin/bash
# what: ping-pongs of ibverbs-utils with a stock kernel's rdma_rxe: both serve, IPv4 and IPv6, payload checked
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 180
. "$SUITE/tests/interop/lib.sh"

mtu=1024
[ "$MTU" -lt 9000 ] || mtu=4096
for net in "$ME" "$ME6"; do
	gid=$(gid_index "$DEV" "$net")
	for command in "ibv_rc_pingpong -m $mtu -n 200 -e" "ibv_rc_pingpong -m $mtu -n 10 -e -s 1000000" \
			"ibv_uc_pingpong -m $mtu -n 200 -e" "ibv_ud_pingpong -n 200 -e -s 1000" \
			"ibv_srq_pingpong -m $mtu -n 20 -e"; do
		each_way "$command -c -d \$DEV -g $gid" "$command -c -d \$DEV -g $gid \$PEER"
	done
done
