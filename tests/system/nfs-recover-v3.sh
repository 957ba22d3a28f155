#!/bin/bash
# what: NFS over RDMA: all of nfs-recover with version 3
# kernels: uml-kasan uml-leak stock
# timeout: 300
versions=3
. "$SUITE/tests/system/nfs-recover.sh"
