#!/bin/bash
# what: RDMA CM programs (rping, ucmatose, udaddy, rsockets) on one device over IPv4 and IPv6, short cut and packets
# kernels: uml-kasan uml-leak stock
# timeout: 240
. "$SUITE/tests/system/lib.sh"

pings() {
	local address
	for address in 10.7.0.1 fd07::1; do
		run_pair "rping -s -a $address -V -C 20 -S 5000" \
			"rping -c -a $address -V -C 20 -S 5000 -v"
		expect_output 'ping data'
		run_pair "ucmatose -b $address -c 4 -C 50 -S 3000" \
			"ucmatose -s $address -b $address -c 4 -C 50 -S 3000"
		expect_output 'return status 0'
		run_pair "udaddy -b $address -c 2 -C 20 -S 500" \
			"udaddy -s $address -b $address -c 2 -C 20 -S 500"
		expect_output 'return status 0'
		run_pair "rstream -b $address -S 4096 -C 50" "rstream -s $address -S 4096 -C 50"
	done
}

load_suite
make_dummy d0
add_link rvt0 d0
say "short cut inside the device"
pings
[ "$link_type" = rvt ] || exit 0
say "packets"
set_loopback rvt0 0
pings

say "no server"
run_quietly timeout 60 rping -c -a 10.7.0.1 -p 999 -C 1
[ $STATUS -ne 0 ] && [ $STATUS -ne 124 ] || fail "rping without a server: exit status $STATUS"
expect_output 'REJECTED'
