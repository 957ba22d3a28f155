#!/bin/bash
# what: every operation, size and error (vt) between us and a stock kernel under loss, duplication, reordering and corruption
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 1500
. "$SUITE/tests/interop/liblossy.sh"

# A UC message arrives as a whole or not at all, so there is a length up to which
# one can wait for it.  Our WRITEs are left out: once it has missed a packet of
# one, stock rdma_rxe takes no more of them.
rc=('rc/*' 'basic/*')
uc_short=('uc/send*/0/*' 'uc/send*/1/*' 'uc/send*/mtu*/*' 'uc/write*/0/ba' 'uc/write*/1/ba' 'uc/write*/mtu*/ba')
uc_long=('uc/send*/64k/*' 'uc/write*/64k/ba')
ud=('ud/*')

under "${rc[@]}" "${uc_short[@]}" "${uc_long[@]}" "${ud[@]}" -- loss 1%
under "${rc[@]}" "${uc_short[@]}" "${uc_long[@]}" "${ud[@]}" -- duplicate 1%
under "${rc[@]}" "${uc_short[@]}" "${ud[@]}" -- delay 1ms reorder 90% 50%
under "${rc[@]}" "${uc_short[@]}" "${uc_long[@]}" "${ud[@]}" -- corrupt 0.5%
