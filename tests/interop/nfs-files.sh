#!/bin/bash
# what: NFS over RDMA with a stock kernel, both ways: all that one does with files; over our provider, and over rdma_rxe on both sides
# kernels: uml-kasan uml-leak
# mtu: 1500
# timeout: 1500
. "$SUITE/tests/interop/libnfs.sh"
there=$mnt
. "$SUITE/tests/system/libnfsfiles.sh"

: "${versions:=3 4.2}" "${providers:=rvt rxe}"

# serve PROVIDER, use PROVIDER - of our side; the other one has rdma_rxe, or our
# provider too if the test says `ours: both`
serve() {
	start_nfsd
	make_entries
	sync_point "exported-$1-$ROLE" "$export_dir"
	sync_point "used-$1-$ROLE"
	stop_nfsd
}

use() {
	local own=$export_dir other version
	other=$([ "$ROLE" = ours ] && echo stock || echo ours)
	sync_point "exported-$1-$other"
	export_dir=$HEARD server=$PEER
	for version in $versions; do
		say "$1, version $version, the server is $other"
		mount_nfs "$version"
		use_files "$version"
		check umount "$mnt"
	done
	use_sizes 4.2 1024 65536 1048576
	export_dir=$own
	sync_point "used-$1-$other"
}

both_ways() {
	case $ROLE in
	stock)	serve "$1"; use "$1" ;;
	ours)	use "$1"; serve "$1" ;;
	esac
}

both_ways rvt
if [ "$providers" = "rvt rxe" ]; then
	change_to_rxe
	both_ways rxe
fi
