#!/bin/bash
# what: NFS over RDMA with the stock rpcrdma on our provider in the other kernel, both ways: all that one does with files
# kernels: uml-kasan uml-leak
# mtu: 1500
# timeout: 900
# ours: both
providers=rvt
. "$SUITE/tests/interop/nfs-files.sh"
