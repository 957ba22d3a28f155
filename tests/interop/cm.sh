#!/bin/bash
# what: RDMA CM programs with a stock kernel's rdma_rxe: both serve, IPv4 and IPv6
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 180
. "$SUITE/tests/interop/lib.sh"

for names in "ME PEER" "ME6 PEER6"; do
	read -r me peer <<< "$names"
	each_way "rping -s -a \$$me -V -C 20 -S 20000" "rping -c -a \$$peer -I \$$me -V -C 20 -S 20000"
	each_way "ucmatose -b \$$me -c 4 -C 20 -S 10000" "ucmatose -s \$$peer -b \$$me -c 4 -C 20 -S 10000"
	each_way "udaddy -b \$$me -c 2 -C 20 -S 500" "udaddy -s \$$peer -b \$$me -c 2 -C 20 -S 500"
	each_way "rstream -b \$$me -S 65536 -C 20" "rstream -s \$$peer -S 65536 -C 20"
done
