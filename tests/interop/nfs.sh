#!/bin/bash
# what: NFS over RDMA with a stock kernel: our client and its server, its client and our server; over rdma_rxe and over our provider
# kernels: uml-kasan
# mtu: 9000
# timeout: 400
. "$SUITE/tests/interop/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

case $ROLE in
ours)	load_suite rpcrdma ;;
stock)	check modprobe rpcrdma ;;
esac
[ "$ROLE" = stock ] || ours_is_loaded rpcrdma || fail "this is not our module"
load_nfs_modules
defer unload_nfs
mkdir "$WORK/tree"
write_tree "$WORK/tree" 14 2
sums_of "$WORK/tree" > "$WORK/sums"
path=$export_dir

# served VERSION - the other side mounts, and looks at what it has written
use() {
	server=$PEER
	mount_nfs "$1"
	check cp -a "$WORK/tree" "$mnt/in"
	check umount "$mnt"
	mount_nfs "$1"
	same_as "$mnt/in" "$WORK/sums"
	check truncate -s 12345 "$mnt/in/big"
	echo appended >> "$mnt/in/big"
	drop_caches
	[ "$(tail -c 9 "$mnt/in/big")" = appended ] || fail "not appended"
	check rm -r "$mnt/in"
	xprt_stats
	[ "$ROLE" = stock ] || [ "${stats[19]}" -eq 0 ] || fail "bad replies: ${stats[*]}"
	check umount "$mnt"
}

for side in stock ours; do
	if [ "$ROLE" = $side ]; then
		start_nfsd
		sync_point "exported-$side" "$export_dir"
		sync_point "used-$side"
		stop_nfsd
	else
		sync_point "exported-$side"
		export_dir=$HEARD
		for version in 3 4.2; do
			say "version $version, the server is $side"
			use $version
		done
		export_dir=$path
		sync_point "used-$side"
	fi
done
