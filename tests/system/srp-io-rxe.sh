#!/bin/bash
# what: SRP: all of srp-io over stock rdma_rxe
# kernels: uml-leak stock
# timeout: 300
link_type=rxe
. "$SUITE/tests/system/srp-io.sh"
