#!/bin/bash
# what: NFS over RDMA: both sides drop the connection again and again, in the middle of everything; all files arrive
# kernels: uml-kasan uml-leak
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

knobs=/sys/kernel/debug/fail_sunrpc

# disconnects PROBABILITY - in percent of all messages
disconnects() { echo "$1" > $knobs/probability; }

mountpoint -q /sys/kernel/debug || check mount -t debugfs none /sys/kernel/debug
load_nfs
[ -d $knobs ] || skip "this kernel has no CONFIG_FAIL_SUNRPC"
one_link
start_nfsd
mkdir "$WORK/tree"
write_tree "$WORK/tree" 21 2
sums_of "$WORK/tree" > "$WORK/sums"
echo -1 > $knobs/times
echo 0 > $knobs/verbose
echo Y > $knobs/ignore-cache-wait

for version in 3 4.2; do
	say "version $version"
	mount_nfs $version
	disconnects 3
	defer "disconnects 0"
	check cp -r "$WORK/tree" "$mnt/in"
	check sync
	drop_caches
	sums_of "$mnt/in" > "$WORK/sums-mnt"
	disconnects 0
	check diff "$WORK/sums" "$WORK/sums-mnt"
	same_as "$export_dir/in" "$WORK/sums"
	xprt_stats
	say "connected ${stats[2]} times"
	[ "${stats[2]}" -gt 5 ] || fail "the connection was hardly ever lost"
	check rm -r "$mnt/in"
	within 60 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
done
