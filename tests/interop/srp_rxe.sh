#!/bin/bash
# what: a stock kernel's ib_srp on our target, both over stock rdma_rxe: logins, verified I/O, logouts
# kernels: uml-kasan
# mtu: 1500
# timeout: 240
# shellcheck disable=SC2034 # for lib.sh
link_type=rxe
. "$SUITE/tests/interop/srp.sh"
