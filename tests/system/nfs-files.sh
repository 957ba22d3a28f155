#!/bin/bash
# what: NFS over RDMA: truncate, append, mmap, O_DIRECT, 10,000 directory entries, locks, ACLs, a sparse file of 1 GiB, parallel writers
# kernels: uml-kasan uml-leak stock
# timeout: 500
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"
. "$SUITE/tests/system/libnfsfiles.sh"

# Other scenarios run this on other devices, and with the other versions.
: "${versions:=3 4.2}"

load_nfs
one_link
lock=lock
start_nfsd
make_entries
for version in $versions; do
	say "version $version"
	mount_nfs "$version"
	use_files "$version"
	check umount "$mnt"
done
