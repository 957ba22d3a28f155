#!/bin/bash
# what: NFS over RDMA: each allocation of a mount fails once; all errors unwind, and mounting still works
# kernels: uml-kasan uml-leak
# timeout: 600
# expect-log: kmemleak: .* new suspected memory leaks
# expect-leak: sysfs_slab_add
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

: "${versions:=3 4.2}"

faults_in_silence
load_nfs
one_link
start_nfsd
for version in $versions; do
	options=vers=$version,proto=rdma,port=20049,addr=$server,sec=sys
	case $version in
	3)	path=$export_dir options=$options,nolock,mountproto=tcp,mountport=20048,mountaddr=$server ;;
	*)	path=/ options=$options,clientaddr=$server ;;
	esac
	check python3 "$SUITE/tests/system/mount_faults.py" nfs "$server:$path" "$mnt" "$options"
	say "$OUTPUT"
	expect_output "refusals .*ENOMEM"
	mount_nfs "$version"
	check touch "$mnt/touched"
	check umount "$mnt"
done
