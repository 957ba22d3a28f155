#!/bin/bash
# what: NFS over RDMA: loss of 1 %, a link that is down for 20 s, a server that is restarted, a device that is deleted and made anew, all under I/O: nothing is lost, and umount ends
# kernels: uml-kasan stock
# timeout: 500
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"

# Server and client on both ends of a wire. nfsd stays in the initial namespace,
# and so does the mount: the packets take the way through the other one.
wire() {
	make_dummy d0
	ip addr add 10.7.0.2/24 dev d0
	add_link link0 d0
	[ "$link_type" = rvt ] && set_loopback link0 0
}

# Writes numbered records, each of which is on the server's disk before the next:
# what it says it has written must be there in the end.
start_writer() {
	cat > "$WORK/writer.py" <<-'END'
	import os, sys, time
	fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
	number, end = 0, time.time() + float(sys.argv[3])
	while time.time() < end:
	    os.pwrite(fd, b"%08d" % number * 512, number * 4096)
	    os.fsync(fd)
	    number += 1
	    with open(sys.argv[2], "w") as file:
	        file.write(str(number))
	os.close(fd)
	END
	echo 0 > "$WORK/written"
	start writer python3 "$WORK/writer.py" "$mnt/records" "$WORK/written" "$1"
	wait_for "[ \"\$(written)\" -gt 2 ]" 30
}

# (between truncation and the number there is nothing in it)
written() {
	local n
	n=$(cat "$WORK/written")
	echo "${n:-0}"
}

# wait_for_progress SECONDS - the writer goes on
wait_for_progress() {
	local before
	before=$(written)
	wait_for "[ \"\$(written)\" -gt $((before + 2)) ]" "$1"
}

check_records() {
	finish writer
	say "$(written) records"
	check python3 - "$export_dir/records" "$(written)" <<-'END'
	import sys
	data = open(sys.argv[1], "rb").read()
	for number in range(int(sys.argv[2])):
	    assert data[number * 4096:number * 4096 + 4096] == b"%08d" % number * 512, number
	END
}

load_nfs
wire
start_nfsd
mount_nfs "${version:-4.2}"

say "loss of 1 %"
start_writer 12
netem lo loss 1%
pause 8
netem lo off
check_records

say "the link is down for 20 s"
start_writer 45
check ip link set dev d0 down
pause 20
check ip link set dev d0 up
wait_for_progress 60
check_records

say "the server is stopped and started"
start_writer 40
stop_threads
pause 3
start_threads 8
wait_for_progress 60
check_records

say "the device is deleted and made anew"
start_writer 45
delete_link link0
pause 3
add_link link0 d0
wait_for_progress 60
check_records

xprt_stats
[ "${stats[2]}" -ge 3 ] || fail "connected only ${stats[2]} times"
check rm "$mnt/records"
within 60 umount "$mnt"
[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
