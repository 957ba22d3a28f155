#!/bin/bash
# what: NFS over RDMA: loss of 1 %, a link that is down for 20 s, a server that is restarted, a device that is deleted and made anew, all under I/O: nothing is lost, and umount ends
# kernels: uml-kasan uml-leak stock
# timeout: 500
. "$SUITE/tests/system/lib.sh"
. "$SUITE/tests/system/libnfs.sh"
. "$SUITE/tests/system/libnfsrecover.sh"

loss() {
	netem lo loss 1%
	pause 8
	netem lo off
}

link_down() {
	check ip link set dev d0 down
	pause 20
	check ip link set dev d0 up
}

server_restarted() {
	stop_threads
	pause 3
	start_threads 8
}

device_made_anew() {
	delete_link link0
	pause 3
	add_device
}

# Both ends are this device, but the packets are real: they take the way of lo.
add_device() {
	add_link link0 d0
	[ "$link_type" != rvt ] || set_loopback link0 0
}

# Nobody gets to know: all that either side says in the meantime is lost, and
# afterwards the server has never heard of the connection.
machine_dies() {
	netem lo loss 100%
	stop_threads
	pause 5
	netem lo off
	start_threads 8
}

# Other scenarios run this with other versions and troubles.
: "${versions:=4.2}"
: "${troubles:=loss link_down server_restarted device_made_anew}"

load_nfs
make_dummy d0
ip addr add 10.7.0.2/24 dev d0
add_device
start_nfsd
for version in $versions; do
	mount_nfs "$version"
	connections=1
	for trouble in $troubles; do
		survives "$trouble"
		[ "$trouble" = loss ] || [ "$trouble" = link_down ] || connections=$((connections + 1))
	done
	xprt_stats
	[ "${stats[2]}" -ge $connections ] || fail "connected only ${stats[2]} times"
	check rm "$mnt/records"
	within 60 umount "$mnt"
	[ "$STATUS" -eq 0 ] || fail "umount: $OUTPUT"
done
