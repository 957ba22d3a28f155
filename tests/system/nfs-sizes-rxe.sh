#!/bin/bash
# what: NFS over RDMA: rsize and wsize from 1 KiB to 1 MiB over rdma_rxe
# kernels: uml-leak stock
# timeout: 300
link_type=rxe
. "$SUITE/tests/system/nfs-sizes.sh"
