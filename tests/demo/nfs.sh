# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # variables shared with guest, which have no spaces
#
# The NFS step of the demonstration: see tests/demo/guest.  The kernel's server
# and the kernel's client, which meet over RDMA; version 4.2 needs no portmapper.

title_nfs="NFS"
modules_nfs=(rpcrdma)

up_nfs() {
	say "NFS: the kernel's server, and its RDMA port 20049"
	# (which makes the files that rpc.mountd wants to open)
	modprobe -a nfsd nfsv4
	exported_nfs=$work/exported-nfs
	mkdir -p $exported_nfs /var/lib/nfs/v4recovery
	# What lies below / here is an overlay, which cannot be exported.
	mount -t tmpfs none $exported_nfs
	: > /var/lib/nfs/etab
	: > /var/lib/nfs/rmtab
	rpc.mountd -F -N 2 -N 3 > $work/mountd.log 2>&1 &
	mountd_pid=$!
	exportfs -o rw,no_root_squash,insecure,no_subtree_check,fsid=0 "*:$exported_nfs"
	mount -t nfsd nfsd /proc/fs/nfsd
	echo "-2 -3 +4" > /proc/fs/nfsd/versions
	echo 10 > /proc/fs/nfsd/nfsv4leasetime
	echo 10 > /proc/fs/nfsd/nfsv4gracetime
	echo "rdma 20049" > /proc/fs/nfsd/portlist
	echo 8 > /proc/fs/nfsd/threads
	echo Y > /proc/fs/nfsd/v4_end_grace
	mount_nfs
}

mount_nfs() {
	say "mount -t nfs -o proto=rdma,vers=4.2 $address:/ /mnt/nfs"
	mount -t nfs -o proto=rdma,port=20049,vers=4.2 $address:/ /mnt/nfs
}

run_nfs() { round_trip nfs; }

again_nfs() {
	umount /mnt/nfs
	mount_nfs
}

lines_nfs() {
	awk '$2 == "/mnt/nfs" {
		printf "%s %s %s", $1, $2, $3
		n = split($4, options, ",")
		for (i = 1; i <= n; i++)
			if (options[i] ~ /^(vers|[rw]size|proto|port)=/)
				printf " %s", options[i] }' /proc/mounts
	echo
	round_trip_lines nfs
}

# What still holds the transport lets go a moment later.
down_nfs() {
	umount /mnt/nfs
	echo 0 > /proc/fs/nfsd/threads
	exportfs -ua
	umount /proc/fs/nfsd $exported_nfs
	kill $mountd_pid
	wait $mountd_pid || :
	wait_for 20 modprobe -r nfsv4 nfsd
}
