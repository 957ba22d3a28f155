#!/bin/bash
# what: NFS over RDMA with a stock kernel, both ways: the server's machine is switched off under I/O, and boots: all that was acknowledged is on its disk, the client goes on, and umount ends
# kernels: uml-kasan uml-leak
# mtu: 1500
# timeout: 600
. "$SUITE/tests/interop/libnfs.sh"
there=$mnt
. "$SUITE/tests/system/libnfsrecover.sh"

# make_disk - of the other machine, which has lost all else when it boots again: a
# file in here, by 9P over TCP
make_disk() {
	mkdir -p "$WORK/disk"
	rm -f "$WORK/disk/image"
	check truncate -s 64M "$WORK/disk/image"
	[ -n "${pid_diod:-}" ] ||
		start diod diod -f -n -N -e "$WORK/disk" -l "$ME:5641" -S -U root -L stderr
	wait_for "ss -ltnH sport = 5641 | grep LISTEN"
}

# mount_disk DIRECTORY - what the other machine has for us, on $export_dir
mount_disk() {
	mkdir -p "$WORK/net"
	check mount -t 9p -o "trans=tcp,port=5641,aname=$1,version=9p2000.L,uname=root,msize=65536" \
		"$PEER" "$WORK/net"
	defer "! mountpoint -q '$WORK/net' || umount -l '$WORK/net'"
	[ -z "${first:-}" ] || check mkfs.ext4 -q "$WORK/net/image"
	check mount -o loop "$WORK/net/image" "$export_dir"
}

# serve ROUND - until it is over, or for the first half of it
serve() {
	sync_point "disk-$1"
	mount_disk "$HEARD"
	start_nfsd
	sync_point "serving-$1" "$export_dir"
	# which does not come to its end for the first time
	sync_point "served-$1"
	check python3 "$WORK/reader.py" "$export_dir/records" "$HEARD"
	stop_nfsd
	check umount "$WORK/net"
	sync_point "over-$1"
}

# use ROUND VERSION
use() {
	local own=$export_dir
	make_disk
	sync_point "disk-$1" "$WORK/disk"
	sync_point "serving-$1"
	export_dir=$HEARD server=$PEER
	mount_nfs "$2"
	start_writing
	say "the other side dies"
	reset_other
	sync_point "disk-$1" "$WORK/disk"
	sync_point "serving-$1"
	stop_writing
	xprt_stats
	[ "$ROLE" = stock ] || [ "${stats[2]}" -gt 1 ] || fail "connected only once: ${stats[*]}"
	within 60 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
	export_dir=$own
	sync_point "served-$1" "$(written)"
	sync_point "over-$1"
}

# whose machine dies, and the version
rounds=("stock 4.2" "ours 4.2" "stock 3" "ours 3")
# Each has one reset, so that this is the round of the reset that began this boot.
begin=$((BOOT - 1))
for ((round = begin > 0 ? begin : 1; round <= ${#rounds[@]}; round++)); do
	read -r victim version <<< "${rounds[round - 1]}"
	say "round $round: version $version, the server is $victim"
	if [ "$victim" = "$ROLE" ]; then
		first=$([ $round -eq $begin ] || echo yes)
		serve $round
	else
		use $round "$version"
	fi
done
