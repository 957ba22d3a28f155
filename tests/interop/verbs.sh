#!/bin/bash
# what: every operation, size, error and refusal (vt) with a stock kernel's rdma_rxe, from both ends, payload checked
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 400
. "$SUITE/tests/interop/lib.sh"

# of IPv6 a cross-section: what differs is the header
ipv6_cases=('rc/*/64k/*' 'rc/*/mtu+1/*' 'uc/*/64k/*' 'ud/*' 'basic/atomic*')
if [ "$ROLE" = stock ]; then
	start serve vt serve -d "$DEV" -a "$ME"
	start serve6 vt serve -d "$DEV" -a "$ME6" -p 18516
	wait_for "grep -q serving $WORK/serve.log && grep -q serving $WORK/serve6.log" 20
	sync_point serving
	sync_point "done"
else
	sync_point serving
	check vt run -d "$DEV" -a "$ME" -H "$PEER"
	expect_output ' 0 failed'
	check vt run -d "$DEV" -a "$ME6" -H "$PEER" -p 18516 "${ipv6_cases[@]}"
	expect_output ' 0 failed'
	sync_point "done"
fi
