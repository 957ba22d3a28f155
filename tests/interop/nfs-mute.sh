#!/bin/bash
# what: NFS over RDMA: a server of which nothing comes back any more: mounting gives up in time, I/O waits and goes on when the server is heard again
# kernels: uml-kasan
# mtu: 1500
# timeout: 600
. "$SUITE/tests/interop/libnfs.sh"
there=$mnt
. "$SUITE/tests/system/libnfsrecover.sh"

# mute NAME SECONDS - the stock side hears, and is not heard for so long; ours
# comes back when it is
mute() {
	sync_point "mute-$1"
	if [ "$ROLE" = stock ]; then
		netem vec0 limit 1000 loss 100%
		pause "$2"
		netem vec0 off
	fi
}

# The message of the CM is repeated for a minute; a connection is given up sooner
# if whoever mounts has no more patience.
use() {
	export_dir=$HEARD server=$PEER
	mute mount
	mkdir -p "$mnt"
	within 70 mount -t nfs -o vers=4.2,proto=rdma,port=20049,soft,timeo=50,retrans=1,retry=0 \
		"$server:/" "$mnt"
	[ "$STATUS" -ne 0 ] || fail "mounted from a server that says nothing"
	! mountpoint -q "$mnt" || fail "there is a mount"
	sync_point heard

	mount_nfs 4.2
	start_writing
	xprt_stats
	before=${stats[2]}
	mute io
	stop_writing
	xprt_stats
	[ "${stats[2]}" -gt "$before" ] || fail "the connection was never given up: ${stats[*]}"
	within 60 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
	sync_point over
}

serve() {
	mute mount 75
	sync_point heard
	mute io 100
	sync_point over
	stop_nfsd
}

if [ "$ROLE" = stock ]; then
	start_nfsd
	sync_point serving "$export_dir"
	serve
else
	sync_point serving
	use
fi
