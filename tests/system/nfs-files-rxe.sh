#!/bin/bash
# what: NFS over RDMA: all of nfs-files over rdma_rxe, with all versions
# kernels: uml-leak stock
# timeout: 900
link_type=rxe
versions="3 4.0 4.1 4.2"
. "$SUITE/tests/system/nfs-files.sh"
