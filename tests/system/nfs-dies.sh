#!/bin/bash
# what: NFS over RDMA: the server's machine dies without a word and comes back, under I/O: nothing is lost, and umount ends
# kernels: uml-kasan uml-leak stock
# timeout: 400
versions="4.2 3"
troubles=machine_dies
. "$SUITE/tests/system/nfs-recover.sh"
