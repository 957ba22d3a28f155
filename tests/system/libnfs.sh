# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # WORK comes from lib.sh
#
# What NFS scenarios have in common; read after lib.sh.
#
# The server is the kernel's nfsd with our transport, on address $server; it
# exports what is mounted on $export_dir, by default a tmpfs.

: "${server:=10.7.0.2}"
export_dir=$WORK/export
mnt=$WORK/mnt
mkdir -p "$export_dir" "$mnt"

# around the borders of inline messages, pages and chunks
# shellcheck disable=SC2034 # for write_tree
tree_sizes="0 1 3 511 1000 3300 3900 4095 4096 4097 8193 65535 65537 262147"

# load_nfs - the transport under test, the provider, and what nobody autoloads
load_nfs() {
	case $link_type in
	rvt) load_suite rvt_roce rpcrdma ;;
	rxe) load_suite rdma_rxe rpcrdma ;;
	esac
	load_nfs_modules
	defer unload_nfs
}

load_nfs_modules() {
	local module
	for module in nfsd nfsv3 nfsv4; do
		check modprobe $module
	done
}

# ours_is_loaded MODULE - and not the kernel's own of that name
ours_is_loaded() { grep -q O "/sys/module/$1/taint"; }

# What holds the transport.
unload_nfs() {
	local module tries
	for ((tries = 0; tries < 50; tries++)); do
		for module in nfsv4 nfsv3 nfs nfsd rpcsec_gss_krb5 auth_rpcgss lockd; do
			[ ! -d "/sys/module/$module" ] || modprobe -r "$module" 2> /dev/null || :
		done
		[ -d /sys/module/nfsd ] || [ -d /sys/module/nfsv4 ] || return 0
		pause 0.2
	done
}

# start_nfsd [THREADS] - listening for RDMA, or on $nfsd_listens, only
start_nfsd() {
	nfsd_daemons
	mountpoint -q "$export_dir" || check mount -t tmpfs none "$export_dir"
	defer "! mountpoint -q '$export_dir' || umount -l '$export_dir'"
	check exportfs -o rw,no_root_squash,insecure,no_subtree_check,fsid=0,sync "*:$export_dir"
	defer "exportfs -ua"
	check mount -t nfsd nfsd /proc/fs/nfsd
	defer "! mountpoint -q /proc/fs/nfsd || umount /proc/fs/nfsd"
	defer "! mountpoint -q /proc/fs/nfsd || stop_threads"
	start_threads "${1:-8}"
}

# What exports and, for version 3, finds it, and with $lock helps with locks.
nfsd_daemons() {
	mkdir -p /run/rpcbind /run/sendsigs.omit.d /var/lib/nfs/v4recovery /var/lib/nfs/sm
	: > /var/lib/nfs/etab
	: > /var/lib/nfs/rmtab
	start rpcbind rpcbind -f -w
	wait_for "ss -ltnH sport = 111 | grep LISTEN"
	start mountd rpc.mountd -F -p 20048 -t 1
	wait_for "ss -ltnH sport = 20048 | grep LISTEN"
	[ -z "${lock:-}" ] || start_statd
}

# Not to be stopped before nfsd, which would try for a minute to tell it that
# nobody holds locks any more.
start_statd() {
	start statd rpc.statd -F --no-notify -p 20050
	wait_for "ss -ltnH sport = 20050 | grep LISTEN"
}

# start_threads N - nothing is to be reclaimed, but within $reclaim seconds; the
# largest messages, however little memory there is
start_threads() {
	echo 1048576 > /proc/fs/nfsd/max_block_size
	echo 10 > /proc/fs/nfsd/nfsv4leasetime
	echo "${reclaim:-10}" > /proc/fs/nfsd/nfsv4gracetime
	# at least ten, and without a newline
	printf 10 > /sys/module/lockd/parameters/nlm_grace_period
	echo "${nfsd_listens:-rdma 20049}" > /proc/fs/nfsd/portlist
	echo "$1" > /proc/fs/nfsd/threads
	[ -z "${reclaim:-}" ] || return 0
	echo Y > /proc/fs/nfsd/v4_end_grace
	echo Y > /proc/fs/lockd/nlm_end_grace	# until then nothing is delegated either
}

stop_threads() { echo 0 > /proc/fs/nfsd/threads; }

# stop_nfsd - and all that start_nfsd started, before the end
stop_nfsd() {
	stop_threads
	check exportfs -ua
	check umount /proc/fs/nfsd
	check umount "$export_dir"
	stop mountd
	stop rpcbind
}

# mount_nfs VERSION [OPTIONS [DIRECTORY [ADDRESS]]] - $check may be expect_fail,
# $proto rdma6, and $lock lock, for version 3, before start_nfsd
mount_nfs() {
	local dir=${3:-$mnt} path=/ version=$1
	mkdir -p "$dir"
	if [ "$version" = 3 ]; then
		path=$export_dir
		version=3,${lock:-nolock},mountport=20048,mountproto=tcp
	fi
	"${check:-check}" mount -t nfs -o "vers=$version,proto=${proto:-rdma},port=20049${2:+,$2}" \
		"${4:-$server}:$path" "$dir"
	[ "${check:-check}" != check ] ||
		defer "! grep -q ' $dir nfs' /proc/mounts || timeout 60 umount '$dir' || umount -fl '$dir'"
}

# xprt_stats [DIR] - the numbers of the transport's line, as $1 to $27 of an array
xprt_stats() {
	mapfile -t lines < <(awk -v dir="${1:-$mnt}" '
		$1 == "device" { here = $5 == dir }
		here && $1 == "xprt:" && $2 == "rdma" { print }' /proc/self/mountstats)
	read -r -a stats <<< "${lines[0]#*rdma}"
	[ ${#stats[@]} -eq 27 ] || fail "mountstats: ${lines[*]}"
}

# drop_caches - what is read from now on comes over the wire
drop_caches() { echo 3 > /proc/sys/vm/drop_caches; }
