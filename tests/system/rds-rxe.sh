#!/bin/bash
# what: our rds and rds_rdma over stock rdma_rxe: verified messages and RDMA
# kernels: uml-kasan uml-leak
# timeout: 180
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/librds.sh"

make_dummy d0
ip addr add 10.7.0.2/24 dev d0
load_suite rdma_rxe rds rds_rdma
link_type=rxe add_link link0 d0
two_addresses
