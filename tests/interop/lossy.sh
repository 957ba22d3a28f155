#!/bin/bash
# what: payload stays right between us and a stock kernel under loss, duplication, reordering and corruption
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 400
. "$SUITE/tests/interop/liblossy.sh"

# UC has no second try: short messages have a chance to arrive.  Not WRITEs: once
# it has missed a packet of one, stock rdma_rxe takes no more of them.
cases=('rc/*/mtu+1/*' 'rc/*/64k/*' 'rc/send/1m/*' 'rc/read/1m/*' 'uc/send*/mtu+1/ab' 'ud/*/mtu/ab'
	'basic/atomic*' 'basic/order/*')

under "${cases[@]}" 'rc/read/8m/*' -- loss 1%
under "${cases[@]}" -- duplicate 3%
under "${cases[@]}" -- delay 1ms reorder 90% 50%
under "${cases[@]}" -- corrupt 0.5%
