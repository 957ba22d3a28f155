#!/bin/bash
# what: each allocation of a 9P mount fails once; all errors unwind, and mounting still works
# kernels: uml-kasan uml-leak
# timeout: 240
# expect-log: kmemleak: .* new suspected memory leaks
# expect-leak: sysfs_slab_add
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/lib9p.sh"

faults_in_silence

load_9p
one_link
serve_9p
check python3 "$SUITE/tests/system/mount_faults.py" 9p "$server" "$mnt" \
	"trans=rdma,aname=$export_dir,uname=root,sq=4,rq=4,msize=16384,timeout=5000"
say "$OUTPUT"
expect_output "refusals .*ENOMEM"
mount_9p
check ls "$mnt"
check umount "$mnt"
