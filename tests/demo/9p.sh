# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # variables shared with guest, which have no spaces
#
# The 9P step of the demonstration: see tests/demo/guest.  A directory, served by
# diod, which knows nothing of RDMA, through the gateway rdma9p.

title_9p="9P"
modules_9p=(9pnet_rdma)

up_9p() {
	say "9P: diod, and the gateway from RDMA port 5640 to it"
	exported_9p=$work/exported-9p
	mkdir $exported_9p
	diod -f -n -N -S -U root -e $exported_9p -l $work/diod.sock -L $work/diod.log &
	diod_pid=$!
	wait_for 20 sh -c "ss -Hxl | grep $work/diod.sock"
	rdma9p --listen $address --port 5640 --to unix:$work/diod.sock > $work/rdma9p.log 2>&1 &
	rdma9p_pid=$!
	wait_for 20 sh -c "rdma resource show cm_id | grep 'state LISTEN.*:5640'"
	mount_9p
}

mount_9p() {
	say "mount -t 9p -o trans=rdma,port=5640 $address /mnt/9p"
	mount -t 9p -o "trans=rdma,port=5640,version=9p2000.L,aname=$exported_9p,uname=root,access=user,msize=1048576" \
		$address /mnt/9p
}

run_9p() { round_trip 9p; }

again_9p() {
	umount /mnt/9p
	mount_9p
}

lines_9p() {
	grep ' /mnt/9p ' /proc/mounts
	round_trip_lines 9p
}

down_9p() {
	umount /mnt/9p
	kill $rdma9p_pid $diod_pid
	wait $rdma9p_pid $diod_pid || :
}
