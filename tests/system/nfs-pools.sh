#!/bin/bash
# what: NFS over RDMA: the client has more memory regions the more it does at a time, and frees them when it does less, on the same connection
# kernels: uml-kasan uml-leak stock
# timeout: 300
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

# regions - how many the device has; those of the server stay as they are
regions() {
	local all
	all=$(rdma resource show link0)
	[[ $all =~ \ mr\ ([0-9]+) ]] || fail "no number of regions: $all"
	echo "${BASH_REMATCH[1]}"
}

# work - of 16 threads at a time; what it needs that was not there is in $grown
work() {
	local before
	xprt_stats
	before=${stats[23]}
	check fio --name=work --directory="$mnt" --numjobs=16 --size=3M --bs=1M --rw=write --direct=1 \
		--verify=crc32c --do_verify=1 --verify_fatal=1 --ioengine=psync --fallocate=none \
		--thread --group_reporting
	xprt_stats
	grown=$((stats[23] - before))
}

load_nfs
one_link
start_nfsd 16
mount_nfs 3
check touch "$mnt/touched"
idle=$(regions)
work
busy=$(regions)
say "regions: $idle, then $busy"
[ "$grown" -ge 3 ] || fail "only $grown more"
# it trims at most once while that goes on
[ "$busy" -gt "$idle" ] && [ "$busy" -le $((idle + grown)) ] || fail "$busy, after $idle and $grown"
wait_for "[ \$(regions) -le $((idle + (busy - idle) / 2)) ]" 150
say "half a minute later, or two: $(regions)"
[ "$(regions)" -ge "$idle" ] || fail "fewer than at first: $(regions)"
work
[ "$(regions)" -gt "$idle" ] || fail "there are no more again: $(regions)"
[ "${stats[2]}" -eq 1 ] || fail "this is not the first connection"
check umount "$mnt"
