#!/bin/bash
# what: payload stays right between us and a stock kernel under loss, duplication, reordering and corruption
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 400
. "$SUITE/tests/interop/lib.sh"

# UC has no second try: short messages have a chance to arrive.  Not WRITEs: once
# it has missed a packet of one, stock rdma_rxe takes no more of them.
cases=('rc/*/mtu+1/*' 'rc/*/64k/*' 'rc/send/1m/*' 'rc/read/1m/*' 'uc/send*/mtu+1/ab' 'ud/*/mtu/ab'
	'basic/atomic*' 'basic/order/*')

# under NETEM... - both ends suffer; TCP for the control connection too
under() {
	netem vec0 limit 100000 "$@"
	sync_point bad
	if [ "$ROLE" = ours ]; then
		check vt run -l -d "$DEV" -a "$ME" -H "$PEER" "${cases[@]}"
		expect_output ' 0 failed'
	fi
	sync_point tried
	netem vec0 off
	sync_point good
}

if [ "$ROLE" = stock ]; then
	start serve vt serve -d "$DEV" -a "$ME"
	wait_for "grep -q serving $WORK/serve.log" 20
fi
sync_point serving
cases+=('rc/read/8m/*')
under loss 1%
unset 'cases[-1]'
under duplicate 3%
under delay 1ms reorder 90% 50%
under corrupt 0.5%
