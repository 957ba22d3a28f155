#!/bin/bash
# what: NFS over RDMA, our client and our server: a tree copied in and out and compared, all versions
# kernels: uml-kasan uml-leak stock
# timeout: 400
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

load_nfs
one_link
start_nfsd
mkdir "$WORK/tree"
write_tree "$WORK/tree" 14 2
sums_of "$WORK/tree" > "$WORK/sums"

for version in 3 4.0 4.1 4.2; do
	say "version $version"
	mount_nfs $version
	check grep -qE " $mnt nfs4? .*proto=rdma" /proc/mounts
	check cp -a "$WORK/tree" "$mnt/in"
	check sync
	check umount "$mnt"
	same_as "$export_dir/in" "$WORK/sums"
	mount_nfs $version
	same_as "$mnt/in" "$WORK/sums"
	xprt_stats
	# sends, replies, read chunks, write chunks or reply chunks, regions
	[ "${stats[5]}" -gt 50 ] && [ "${stats[6]}" -gt 50 ] || fail "sends: ${stats[*]}"
	[ "${stats[11]}" -gt 4 ] || fail "no write chunks: ${stats[*]}"
	[ "${stats[19]}" -eq 0 ] || fail "bad replies: ${stats[*]}"
	# a reply invalidates the one region of a READ; a reply chunk has three
	[ "${stats[24]}" -le "${stats[12]}" ] || fail "no remote invalidation: ${stats[*]}"
	check rm -r "$mnt/in"
	[ -z "$(ls "$mnt")" ] || fail "not empty: $(ls "$mnt")"
	check umount "$mnt"
done
[ "$(cat /proc/sys/sunrpc/svc_rdma/rdma_stat_read)" -gt 0 ] || fail "no Reads"
[ "$(cat /proc/sys/sunrpc/svc_rdma/rdma_stat_write)" -gt 0 ] || fail "no Writes"

say "IPv6"
proto=rdma6 mount_nfs 4.2 "" "$mnt" "[fd07::2]"
check grep -qE " $mnt nfs4 .*proto=rdma6" /proc/mounts
check cp "$WORK/tree/big" "$mnt/big"
check umount "$mnt"
check cmp "$WORK/tree/big" "$export_dir/big"
