#!/bin/bash
# what: NFS over RDMA with a stock kernel: our client and its server, its client and our server; over our provider, and over rdma_rxe on both sides
# kernels: uml-kasan
# mtu: 1500 9000
# timeout: 500
. "$SUITE/tests/interop/libnfs.sh"

mkdir "$WORK/tree"
write_tree "$WORK/tree" 14 2
sums_of "$WORK/tree" > "$WORK/sums"
path=$export_dir

# use VERSION - what the other side exports
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

# both_ways PROVIDER - of our side; the other one always has rdma_rxe
both_ways() {
	local side version
	for side in stock ours; do
		if [ "$ROLE" = $side ]; then
			start_nfsd
			sync_point "exported-$1-$side" "$export_dir"
			sync_point "used-$1-$side"
			stop_nfsd
		else
			sync_point "exported-$1-$side"
			export_dir=$HEARD
			for version in 3 4.2; do
				say "$1, version $version, the server is $side"
				use $version
			done
			export_dir=$path
			sync_point "used-$1-$side"
		fi
	done
}

both_ways rvt
change_to_rxe
both_ways rxe
