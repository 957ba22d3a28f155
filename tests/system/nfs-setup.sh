#!/bin/bash
# what: NFS over RDMA, set up as Debian does: the module comes by all its names, with a mount and with a server that wants it; rpc.nfsd --rdma=20049, and rdma=y in nfs.conf
# kernels: uml-kasan stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

# comes_with CMD... - the module; whether it succeeds or not
comes_with() {
	[ ! -d /sys/module/rpcrdma ] || fail "it is loaded already"
	"$@"
	ours_is_loaded rpcrdma || fail "this does not load the module, or not ours: $*"
}

# goes_away - nobody uses it any more, at the latest soon
goes_away() { wait_for "modprobe -r rpcrdma" 20; }

# Whether it serves, and lets files be used.
serves() {
	[[ $(< /proc/fs/nfsd/portlist) = *"rdma 20049"* ]] || fail "it listens on: $(< /proc/fs/nfsd/portlist)"
	# nothing is to be reclaimed; unless it knows that already
	{ echo Y > /proc/fs/nfsd/v4_end_grace; } 2> /dev/null || :
	mount_nfs "$1"
	echo "$1" > "$mnt/written"
	check umount "$mnt"
	[ "$(< "$export_dir/written")" = "$1" ] || fail "not written: $(< "$export_dir/written")"
}

# stops - and nothing of ours is in use
stops() {
	check rpc.nfsd 0
	[ -z "$(< /proc/fs/nfsd/portlist)" ] || fail "it still listens on: $(< /proc/fs/nfsd/portlist)"
	goes_away
}

check modprobe rdma_cm
load_suite rvt_roce
one_link
for name in rpcrdma xprtrdma svcrdma rpcrdma6; do
	comes_with check modprobe "$name"
	goes_away
done
load_nfs_modules
defer unload_nfs

say "with a mount, whatever becomes of it"
comes_with expect_fail mount -t nfs -o vers=4.2,proto=rdma,retry=0 "$server:/" "$mnt"
expect_output "refused"
goes_away
comes_with expect_fail mount -t nfs -o vers=4.2,proto=rdma6,retry=0 "[fd07::2]:/" "$mnt"
expect_output "refused"
goes_away
comes_with expect_fail mount -t nfs -o vers=4.1,rdma,retry=0 "$server:/" "$mnt"
goes_away

say "with a server"
comes_with start_nfsd
serves 4.2
stops

say "rpc.nfsd --rdma"
comes_with check rpc.nfsd --rdma=20049 4
serves 4.1
stops

say "nfs.conf"
mkdir -p /etc/nfs.conf.d
printf '[nfsd]\nrdma=y\nrdma-port=20049\nthreads=3\n' > /etc/nfs.conf.d/rdma.conf
comes_with check rpc.nfsd
[ "$(< /proc/fs/nfsd/threads)" = 3 ] || fail "threads: $(< /proc/fs/nfsd/threads)"
serves 3
stops
