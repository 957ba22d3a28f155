#!/bin/bash
# what: NFS over RDMA: rsize and wsize from 1 KiB to 1 MiB
# kernels: uml-kasan uml-leak stock
# timeout: 200
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"
. "$SUITE/tests/system/libnfsfiles.sh"

load_nfs
one_link
start_nfsd
use_sizes 3 1024 1048576
use_sizes 4.2 1024 4096 32768 262144 1048576
