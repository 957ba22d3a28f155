#!/bin/bash
# what: NFS over RDMA: all of nfs-files with versions 4.0 and 4.1
# kernels: uml-kasan uml-leak stock
# timeout: 500
versions="4.0 4.1"
. "$SUITE/tests/system/nfs-files.sh"
